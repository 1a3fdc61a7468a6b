//! What an account does not answer is not asked by everybody: after a few calls in a row without any answer, reads of that
//! service in that region fail at once, and one call at a time tries whether it answers again. Writes are always tried.

use firebreak_core::aws::access::Service;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Calls in a row without an answer, after which it opens.
const SILENT_CALLS: u32 = 3;
/// For how long it opens first; each further silent call doubles it.
const FIRST_REST: Duration = Duration::from_secs(2);
/// For how long it opens at most: so late is noticed that AWS answers again.
const LONGEST_REST: Duration = Duration::from_secs(15);
/// A call that is given up earlier says nothing about AWS.
const SILENCE: Duration = Duration::from_secs(2);
/// How many breakers are kept; any that is closed can go.
const MOST_KEYS: usize = 4096;

/// What has a breaker of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Site {
    /// The account id.
    pub(crate) account: String,
    /// The region; global services have one for all.
    pub(crate) region: String,
    /// The service.
    pub(crate) service: Service,
}

/// The breakers of all accounts.
#[derive(Default)]
pub(crate) struct Breakers(Mutex<HashMap<Site, Silence>>);

#[derive(Default)]
struct Silence {
    calls: u32,
    until: Option<Instant>,
}

impl Breakers {
    /// Lets a call through.
    ///
    /// # Errors
    /// When it is worth asking again, while AWS does not answer.
    pub(crate) fn admit(&self, site: &Site) -> Result<(), Duration> {
        let mut sites = self.sites();
        let Some(silence) = sites.get_mut(site) else {
            return Ok(());
        };
        let now = Instant::now();
        match silence.until {
            Some(until) if until > now => Err(until - now),
            Some(_) => {
                // This one tries; the others wait for what it finds, as long as a call can take.
                silence.until = Some(now + LONGEST_REST);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Watches a call. Unless an answer is noted before it is dropped, it was silent.
    pub(crate) fn watch(&self, site: Site) -> Watched<'_> {
        Watched {
            breakers: self,
            site,
            began: Instant::now(),
            answered: false,
        }
    }

    fn answered(&self, site: &Site) {
        self.sites().remove(site);
    }

    fn silent(&self, site: &Site) {
        let mut sites = self.sites();
        if sites.len() >= MOST_KEYS {
            sites.retain(|_, silence| silence.until.is_some());
        }
        let silence = sites.entry(site.clone()).or_default();
        silence.calls = silence.calls.saturating_add(1);
        silence.until = silence
            .calls
            .checked_sub(SILENT_CALLS)
            .map(|more| Instant::now() + rest(more));
    }

    fn sites(&self) -> MutexGuard<'_, HashMap<Site, Silence>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rest(more: u32) -> Duration {
    FIRST_REST.saturating_mul(1 << more.min(8)).min(LONGEST_REST)
}

/// A call that is under way.
pub(crate) struct Watched<'a> {
    breakers: &'a Breakers,
    site: Site,
    began: Instant,
    answered: bool,
}

impl Watched<'_> {
    /// AWS has answered, whatever the answer was.
    pub(crate) fn answered(mut self) {
        self.answered = true;
    }

    /// No answer came, for a reason that is known.
    pub(crate) fn silent(mut self) {
        self.began = Instant::now() - SILENCE;
        self.answered = false;
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        match self.answered {
            true => self.breakers.answered(&self.site),
            false if self.began.elapsed() >= SILENCE => self.breakers.silent(&self.site),
            false => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(account: &str, region: &str, service: Service) -> Site {
        Site {
            account: account.into(),
            region: region.into(),
            service,
        }
    }

    fn here() -> Site {
        site("1", "us-east-1", Service::Ec2)
    }

    async fn hangs(breakers: &Breakers) {
        let _watched = breakers.watch(here());
        tokio::time::sleep(SILENCE).await;
    }

    #[tokio::test(start_paused = true)]
    async fn three_silent_calls_open_it_for_this_site_only() {
        let breakers = Breakers::default();
        for _ in 0..SILENT_CALLS {
            assert_eq!(breakers.admit(&here()), Ok(()));
            hangs(&breakers).await;
        }
        assert!(breakers.admit(&here()).is_err());
        for other in [
            site("2", "us-east-1", Service::Ec2),
            site("1", "us-west-2", Service::Ec2),
            site("1", "us-east-1", Service::Ecs),
        ] {
            assert_eq!(breakers.admit(&other), Ok(()), "{other:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_at_a_time_tries_again_and_an_answer_closes_it() {
        let breakers = Breakers::default();
        for _ in 0..10 {
            hangs(&breakers).await;
        }
        assert!(breakers.admit(&here()).unwrap_err() <= LONGEST_REST);
        tokio::time::sleep(LONGEST_REST).await;
        assert_eq!(breakers.admit(&here()), Ok(()));
        assert!(breakers.admit(&here()).is_err(), "one is trying");
        breakers.watch(here()).answered();
        assert_eq!((breakers.admit(&here()), breakers.admit(&here())), (Ok(()), Ok(())));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_tried_and_vanished_does_not_keep_it_open_for_ever() {
        let breakers = Breakers::default();
        for _ in 0..3 {
            hangs(&breakers).await;
        }
        tokio::time::sleep(LONGEST_REST).await;
        drop(breakers.watch(here()));
        assert_eq!(breakers.admit(&here()), Ok(()), "the one that tries");
        tokio::time::sleep(LONGEST_REST).await;
        assert_eq!(breakers.admit(&here()), Ok(()), "another one");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_given_up_early_says_nothing() {
        let breakers = Breakers::default();
        for _ in 0..10 {
            drop(breakers.watch(here()));
        }
        assert_eq!(breakers.admit(&here()), Ok(()));
    }
}
