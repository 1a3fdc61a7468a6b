//! Leader election by a Lease, in client-go's way: whether somebody else's lease has run out is measured on our own
//! monotonic clock, from the last time that we saw the record *change*; no two machines' clocks are ever compared.
//! AWS checks no epoch, so a new leader also waits out the longest attempt that its predecessor may have in flight.

use super::leadership::{Leadership, Term};
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
    jiff::Timestamp,
};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep_until, timeout_at};

/// Who, where and for how long.
#[derive(Clone, Debug)]
pub struct LeaseSettings {
    /// Namespace of the Lease.
    pub namespace: String,
    /// Name of the Lease.
    pub name: String,
    /// This process; see `identity`.
    pub identity: String,
    /// How long a lease is valid without renewal.
    pub duration: Duration,
    /// How long the leader tries to renew before it gives up.
    pub renew_deadline: Duration,
    /// How often it tries, and how often candidates look.
    pub retry: Duration,
    /// The longest that one attempt (an AWS call) takes. None is begun when less than this is left of the lease.
    pub attempt_deadline: Duration,
    /// What a new leader waits before it acts, after the old lease has run out: at least `attempt_deadline`.
    pub takeover_wait: Duration,
    /// Act at once when there is no Lease at all. Otherwise somebody may have deleted it under a living leader, and a
    /// whole lease and `takeover_wait` are waited out.
    pub trust_absence: bool,
}

/// The settings contradict each other.
#[derive(Debug, thiserror::Error)]
#[error("the lease's times do not fit: {0}")]
pub struct Unsafe(&'static str);

impl LeaseSettings {
    /// 15 s, renewed every 2 s, given up after 10 s; attempts of at most 8 s.
    pub fn new(namespace: &str, name: &str, identity: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            identity: identity.to_owned(),
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry: Duration::from_secs(2),
            attempt_deadline: Duration::from_secs(8),
            takeover_wait: Duration::from_secs(8),
            trust_absence: false,
        }
    }

    fn checked(self) -> Result<Self, Unsafe> {
        let rules = [
            (
                self.renew_deadline < self.duration,
                "renew_deadline is shorter than duration",
            ),
            (self.retry < self.renew_deadline, "retry is shorter than renew_deadline"),
            (
                self.attempt_deadline + self.retry < self.duration,
                "attempt_deadline and retry are shorter than duration",
            ),
            (
                self.attempt_deadline <= self.takeover_wait,
                "takeover_wait is as long as attempt_deadline",
            ),
        ];
        match rules.iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err(Unsafe(rule)),
            None => Ok(self),
        }
    }
}

/// A name for this process that no other has, not even its own predecessor in the same pod.
pub fn identity(pod: &str) -> String {
    let started = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos());
    format!("{pod}_{}_{started:x}", std::process::id())
}

/// How leadership ended. The process is to exit in both cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was taken, or could not be renewed in time.
    Lost,
    /// It was given back.
    Released,
}

/// What a try to renew came to.
enum Renewal {
    Renewed,
    Taken,
    Unknown,
}

/// A candidate.
pub struct Elector {
    api: Api<Lease>,
    settings: LeaseSettings,
    leadership: Leadership,
    /// Our own lease as we last wrote it, or the other's as we last saw it.
    lease: Lease,
    seen_at: Instant,
}

impl Elector {
    /// A candidate and the handle that tells everybody else how it stands. Use the request client.
    pub fn new(client: Client, settings: LeaseSettings) -> Result<(Self, Leadership), Unsafe> {
        let settings = settings.checked()?;
        let leadership = Leadership::standby(settings.duration, settings.attempt_deadline);
        let api = Api::namespaced(client, &settings.namespace);
        let (lease, seen_at) = (Lease::default(), Instant::now());
        Ok((
            Self {
                api,
                settings,
                leadership: leadership.clone(),
                lease,
                seen_at,
            },
            leadership,
        ))
    }

    /// Waits for the lease, keeps it, and gives it back when `release` resolves. Let `release` resolve only when no work
    /// runs any more. Whatever the end, `Leadership` says no from then on.
    pub async fn run(mut self, release: impl Future<Output = ()>) -> Ended {
        let released = tokio::select! {
            biased;
            () = release => true,
            () = self.lead() => false,
        };
        self.leadership.set(Term::Over);
        if !released {
            tracing::error!("the lease is lost: this process stops acting");
            return Ended::Lost;
        }
        self.release().await;
        Ended::Released
    }

    async fn lead(&mut self) {
        while !self.try_acquire().await {
            tokio::time::sleep(self.settings.retry).await;
        }
        self.keep().await;
    }

    async fn try_acquire(&mut self) -> bool {
        let until = Instant::now() + self.settings.renew_deadline;
        match timeout_at(until, self.api.get_opt(&self.settings.name)).await {
            Ok(Ok(Some(lease))) => self.take(lease).await,
            Ok(Ok(None)) => self.create().await,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the lease could not be read");
                false
            }
            Err(_) => false,
        }
    }

    async fn create(&mut self) -> bool {
        let metadata = ObjectMeta {
            name: Some(self.settings.name.clone()),
            ..ObjectMeta::default()
        };
        let lease = Lease {
            metadata,
            spec: Some(self.spec(None)),
        };
        let wait = self.settings.duration + self.settings.takeover_wait;
        let wait = if self.settings.trust_absence {
            Duration::ZERO
        } else {
            wait
        };
        self.begin(lease, wait, true).await
    }

    /// Takes a lease that was given back, or that nobody has renewed for its whole duration while we watched.
    async fn take(&mut self, lease: Lease) -> bool {
        let given_back = holder(&lease).is_empty();
        if !given_back && lease.spec != self.lease.spec {
            (self.lease, self.seen_at) = (lease, Instant::now());
            return false;
        }
        let seconds = lease
            .spec
            .as_ref()
            .and_then(|spec| spec.lease_duration_seconds)
            .unwrap_or_default();
        let valid = Duration::from_secs(seconds.max(0).unsigned_abs().into()).max(self.settings.duration);
        if !given_back && self.seen_at.elapsed() < valid {
            return false;
        }
        let wait = if given_back {
            Duration::ZERO
        } else {
            self.settings.takeover_wait
        };
        let spec = Some(self.spec(lease.spec.as_ref()));
        self.begin(Lease { spec, ..lease }, wait, false).await
    }

    /// Writes the lease conditionally; on success we lead, and act after `wait`.
    async fn begin(&mut self, lease: Lease, wait: Duration, create: bool) -> bool {
        let (sent, sent_wall) = (Instant::now(), SystemTime::now());
        let params = PostParams::default();
        let until = sent + self.settings.renew_deadline;
        let written = match create {
            true => timeout_at(until, self.api.create(&params, &lease)).await,
            false => timeout_at(until, self.api.replace(&self.settings.name, &params, &lease)).await,
        };
        let Ok(Ok(lease)) = written else { return false };
        let epoch = lease
            .spec
            .as_ref()
            .and_then(|spec| spec.lease_transitions)
            .unwrap_or_default();
        tracing::info!(epoch, acts_in_seconds = wait.as_secs(), "this process has the lease");
        self.lease = lease;
        self.leadership.set(Term::Leading {
            renewed: sent,
            renewed_wall: sent_wall,
            acts_from: sent + wait,
            epoch,
        });
        true
    }

    async fn keep(&mut self) {
        loop {
            tokio::time::sleep(self.settings.retry).await;
            let Some(renewed) = self.leadership.renewed() else {
                return;
            };
            let give_up = renewed + self.settings.renew_deadline;
            // Also after a freeze: a leader that has slept through its deadline does not even ask.
            if Instant::now() >= give_up {
                return;
            }
            match timeout_at(give_up, self.renew()).await {
                Ok(Renewal::Renewed | Renewal::Unknown) => {}
                Ok(Renewal::Taken) | Err(_) => return,
            }
        }
    }

    async fn renew(&mut self) -> Renewal {
        match self.write().await {
            Err(kube::Error::Api(status)) if status.code == 409 => {
                // Somebody wrote: another leader, or we ourselves in a call whose answer was lost.
                match self.api.get_opt(&self.settings.name).await {
                    Ok(Some(lease)) if holder(&lease) == self.settings.identity => self.lease = lease,
                    Ok(_) => return Renewal::Taken,
                    Err(_) => return Renewal::Unknown,
                }
                self.write().await.map_or(Renewal::Unknown, |()| Renewal::Renewed)
            }
            Err(kube::Error::Api(status)) if status.code == 404 => Renewal::Taken,
            Err(error) => {
                tracing::warn!(%error, "the lease could not be renewed");
                Renewal::Unknown
            }
            Ok(()) => Renewal::Renewed,
        }
    }

    /// One conditional write. The lease counts from before it was sent: anyone who sees it, sees it later.
    async fn write(&mut self) -> Result<(), kube::Error> {
        let (sent, sent_wall) = (Instant::now(), SystemTime::now());
        let lease = Lease {
            spec: Some(self.spec(self.lease.spec.as_ref())),
            ..self.lease.clone()
        };
        let until = sent + self.settings.retry.max(Duration::from_secs(5));
        let written = timeout_at(
            until,
            self.api.replace(&self.settings.name, &PostParams::default(), &lease),
        )
        .await;
        self.lease = written.map_err(|elapsed| kube::Error::Service(elapsed.into()))??;
        self.leadership.renew(sent, sent_wall);
        Ok(())
    }

    /// Gives the lease back, if it is still ours.
    async fn release(&mut self) {
        for _ in 0..2 {
            let until = Instant::now() + self.settings.retry;
            let found = timeout_at(until, self.api.get_opt(&self.settings.name)).await;
            let Ok(Ok(Some(lease))) = found else { return };
            if holder(&lease) != self.settings.identity {
                return;
            }
            let spec = LeaseSpec {
                holder_identity: None,
                ..self.spec(lease.spec.as_ref())
            };
            let lease = Lease {
                spec: Some(spec),
                ..lease
            };
            let params = PostParams::default();
            let replace = self.api.replace(&self.settings.name, &params, &lease);
            if matches!(timeout_at(until, replace).await, Ok(Ok(_))) {
                return;
            }
            sleep_until(until).await;
        }
    }

    fn spec(&self, before: Option<&LeaseSpec>) -> LeaseSpec {
        let now = Some(MicroTime(Timestamp::now()));
        let same = before.is_some_and(|spec| spec.holder_identity.as_ref() == Some(&self.settings.identity));
        let transitions = before.and_then(|spec| spec.lease_transitions).unwrap_or_default();
        LeaseSpec {
            holder_identity: Some(self.settings.identity.clone()),
            lease_duration_seconds: i32::try_from(self.settings.duration.as_secs()).ok(),
            lease_transitions: Some(if same || before.is_none() {
                transitions
            } else {
                transitions + 1
            }),
            acquire_time: if same {
                before.and_then(|spec| spec.acquire_time.clone())
            } else {
                now.clone()
            },
            renew_time: now,
            ..before.cloned().unwrap_or_default()
        }
    }
}

fn holder(lease: &Lease) -> &str {
    lease
        .spec
        .as_ref()
        .and_then(|spec| spec.holder_identity.as_deref())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_would_let_two_leaders_act_are_refused() {
        let good = LeaseSettings::new("firebreak", "leader", "a");
        assert!(good.clone().checked().is_ok());
        let bad = [
            LeaseSettings {
                attempt_deadline: Duration::from_secs(14),
                ..good.clone()
            },
            LeaseSettings {
                takeover_wait: Duration::from_secs(1),
                ..good.clone()
            },
            LeaseSettings {
                renew_deadline: Duration::from_secs(15),
                ..good.clone()
            },
            LeaseSettings {
                retry: Duration::from_secs(10),
                ..good
            },
        ];
        assert!(bad.into_iter().all(|settings| settings.checked().is_err()));
    }

    #[test]
    fn a_process_is_not_its_predecessor() {
        assert_ne!(identity("firebreak-0"), identity("firebreak-0"));
    }
}
