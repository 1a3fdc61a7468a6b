//! Custody whose object is gone: the second subject of effects. Asks the pure engine, performs what it says, asks again.

use crate::executor::{Executor, FRESH, ReconcileError};
use firebreak_core::{
    aws::{Write, access::Access, failure::Failure},
    engine::orphan::{self, Orphan, OrphanEffect},
    facts::Facts,
    run::custody,
};
use firebreak_crds::{AwsAccountSpec, Hold, HoldSpec, HoldState, readable::Item};
use kube::ResourceExt;

/// The most effects of one look: a bound against a decision that never rests.
const MAX_EFFECTS: usize = 32;
/// Seconds after which custody that was just written is looked at again.
const SOON: u64 = 31;

impl Executor {
    /// Brings one orphaned Hold as far as it goes now. At most one write is made at a time: what AWS does not show yet
    /// is not written again. The answer is after how many seconds to look again, where that is before the next resync.
    ///
    /// # Errors
    /// [`ReconcileError`]: start over, later.
    pub async fn reconcile_orphan(&self, name: &str, uid: Option<&str>) -> Result<Option<u64>, ReconcileError> {
        self.count_once().await?;
        let hold = self
            .records
            .hold(name)
            .await?
            .filter(|hold| uid.is_none() || hold.uid().as_deref() == uid);
        let Some(mut hold) = hold.filter(|hold| hold.spec.holders.is_empty()) else {
            return Ok(None);
        };
        let (mut wrote, mut read_again) = (false, None);
        let account = self.account_of(&hold).await;
        let (mut facts, access) = (Facts::default(), access(&hold, account.as_ref()));
        for _ in 0..MAX_EFFECTS {
            let world = self.orphan(&hold, account.clone()).await?;
            match orphan::decide(&world, &facts, self.clock.now()) {
                OrphanEffect::Ask(questions) => {
                    for ask in questions {
                        let asked = self.clock.now();
                        let answer = self.observe(&access, &ask.query).await;
                        facts.insert_asked(ask, answer, asked);
                    }
                }
                OrphanEffect::Update(spec) => {
                    self.lead()?;
                    hold = self.records.update_hold(&hold, *spec).await?;
                }
                OrphanEffect::Delete => {
                    self.lead()?;
                    self.records.delete_hold(&hold).await?;
                    self.uncount(&hold).await?;
                    return Ok(None);
                }
                OrphanEffect::Write { .. } if wrote => return Ok(Some(SOON)),
                OrphanEffect::Write { .. } if !facts.older_than(FRESH, self.clock.now(), read_again).is_empty() => {
                    (read_again, facts) = (Some(self.clock.now()), Facts::default());
                }
                OrphanEffect::Write { hold: intent, writes } => {
                    self.lead()?;
                    hold = self.keep_intent(hold, *intent).await?;
                    if let Some(failure) = self.write_for(&access, &writes).await? {
                        return self.refused(&hold, &world, failure).await.map(Some);
                    }
                    (wrote, facts) = (true, Facts::default());
                }
                OrphanEffect::Rest if wrote => return Ok(Some(SOON)),
                OrphanEffect::Rest => return Ok(orphan::again(&hold.spec, self.clock.now())),
            }
        }
        Err(ReconcileError::Restless)
    }

    async fn keep_intent(&self, hold: Hold, intent: HoldSpec) -> Result<Hold, ReconcileError> {
        match hold.spec == intent {
            true => Ok(hold),
            false => Ok(self.records.update_hold(&hold, intent).await?),
        }
    }

    /// Writes, until AWS refuses one.
    async fn write_for(&self, access: &Access, writes: &[Write]) -> Result<Option<Failure>, ReconcileError> {
        for write in writes {
            self.lead()?;
            if let Err(failure) = self.attempt(access, write).await {
                return Ok(Some(failure));
            }
        }
        Ok(None)
    }

    /// What AWS refused is said, to people once; what it refuses for good is tried again after so many seconds.
    async fn refused(&self, hold: &Hold, orphan: &Orphan, failure: Failure) -> Result<u64, ReconcileError> {
        let now = self.clock.now();
        let said = orphan::refused(orphan, &hold.spec, &failure, now);
        let kept = self.records.update_hold(hold, said).await?;
        if orphan::is_news(&orphan.hold, &failure) {
            self.reporter.custody_refused(&kept);
        }
        let again = orphan::again(&kept.spec, now).filter(|_| failure.class.is_for_good());
        again.ok_or(ReconcileError::Aws(failure))
    }

    /// The last of an object's orphaned custody is over: it does not count against the caps any more.
    async fn uncount(&self, hold: &Hold) -> Result<(), ReconcileError> {
        if let Some(orphaned) = &hold.spec.orphaned {
            self.forget(&orphaned.from.uid).await?;
        }
        Ok(())
    }

    /// The AwsAccount that the Hold names, where it is still the same account. What cannot be read does not stand in the way:
    /// then the copy in the Hold counts.
    async fn account_of(&self, hold: &Hold) -> Option<AwsAccountSpec> {
        let found = self.records.account(&hold.spec.account_name).await.ok().flatten();
        let spec = found.map(|account| account.spec);
        spec.filter(|spec| spec.account_id == hold.spec.key.account_id)
    }

    async fn orphan(&self, hold: &Hold, account: Option<AwsAccountSpec>) -> Result<Orphan, ReconcileError> {
        let uid = hold.uid().unwrap_or_default();
        let home = &self.records.home;
        let (decisions, guardrails, stop, admission, first) = futures::join!(
            self.records.decisions(home, &uid),
            self.records.guardrails(),
            self.records.stop(),
            self.admission.admission(),
            self.first_of(hold),
        );
        Ok(Orphan {
            hold: hold.spec.clone(),
            name: hold.name_any(),
            home: home.clone(),
            account,
            first: first?.map(|first| first.spec),
            decisions: decisions?.about,
            guardrails: guardrails?.to_vec(),
            stop: stop?,
            admission,
            people: self.settings.people,
            machines: self.settings.machines.clone(),
            uid,
        })
    }

    async fn first_of(&self, hold: &Hold) -> Result<Option<Hold>, ReconcileError> {
        match custody::first_of(&hold.spec) {
            Some(name) => Ok(self.records.hold(&name).await?),
            None => Ok(None),
        }
    }

    /// How many Holds there are in each state, for the metrics.
    ///
    /// # Errors
    /// [`ReconcileError`].
    pub async fn holds_by_state(&self) -> Result<[(HoldState, i64); 4], ReconcileError> {
        let states = [
            HoldState::Held,
            HoldState::Orphaned,
            HoldState::Conflict,
            HoldState::Withheld,
        ];
        let mut counts = states.map(|state| (state, 0));
        let count = |hold: &Item<Hold>| {
            let held = hold.as_ref().ok().map(|hold| hold.spec.state);
            let of = counts.iter_mut().filter(|(state, _)| Some(*state) == held);
            of.for_each(|(_, count)| *count += 1);
        };
        self.records.each_hold(count).await?;
        Ok(counts)
    }
}

fn access(hold: &Hold, account: Option<&AwsAccountSpec>) -> Access {
    Access {
        account: account.unwrap_or(&hold.spec.account).clone(),
        region: hold.spec.region.clone(),
        namespace: String::new(),
        name: hold.name_any(),
        uid: hold.uid().unwrap_or_default(),
    }
}
