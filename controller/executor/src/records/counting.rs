//! What all Holds and all runs together tell: what is contained, and what is about to be written.

use super::{Objects, Records, Result, paged};
use firebreak_core::run::{Run, claims, custody, ledger::Ledger};
use firebreak_crds::{
    HOLDER_LABEL_PREFIX, Hold, ORPHAN_LABEL_PREFIX, PlanOutcome, ResponsePlan, Unreadable, readable::Item,
};
use jiff::Timestamp;
use kube::{Api, ResourceExt, api::ListParams};

/// How many plans are read at once where all of them are read: one has up to 256 KiB.
const PLANS_PAGE: u32 = 20;

impl Records {
    /// What is contained and claimed already, from custody and from runs that were begun: a new leader knows the caps that are
    /// used, and what will be written. A run that cannot be read claims nothing: it is not carried on.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn ledger(&self) -> Result<Ledger> {
        let mut ledger = Ledger::default();
        self.each_hold(|hold| enter(&mut ledger, hold)).await?;
        let resume = |run: std::result::Result<&Run, &str>| {
            if let Ok(run) = run {
                ledger.resume(run, begun_at(run));
            }
        };
        self.each_run(resume).await?;
        Ok(ledger)
    }

    /// Shows every run that was begun and is not done, without having all of them in memory at once; of one that cannot be
    /// read what is known of it, in a sentence.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn each_run(&self, mut show: impl FnMut(std::result::Result<&Run, &str>)) -> Result<()> {
        let api: Objects<ResponsePlan> = Objects::new(&self.client, Api::all(self.client.clone()), None, &self.tell);
        let pages = ListParams::default().limit(PLANS_PAGE);
        api.list_each(&pages, |plan| show_open(plan, &mut show)).await
    }

    /// Shows every Hold, without having all of them in memory at once.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn each_hold(&self, mut show: impl FnMut(&Item<Hold>)) -> Result<()> {
        self.cluster().list_each(&paged(), |hold| show(&hold)).await
    }
}

fn show_open(plan: Item<ResponsePlan>, show: &mut impl FnMut(std::result::Result<&Run, &str>)) {
    let plan = match plan {
        Ok(plan) => plan,
        Err(bad) => return show(Err(&bad.to_string())),
    };
    match Run::of(&plan) {
        Ok(run) if claims::of(&run).is_empty() => {}
        Ok(run) => show(Ok(&run)),
        Err(blocked) if was_begun(&plan) => show(Err(&format!("{}: {}", plan.name_any(), blocked.message))),
        Err(_) => {}
    }
}

/// Whether a run that cannot be used wrote, or was about to.
fn was_begun(plan: &ResponsePlan) -> bool {
    let status = plan.status.clone().unwrap_or_default();
    let open = matches!(
        status.outcome,
        None | Some(PlanOutcome::Running | PlanOutcome::Completed)
    );
    open && status.journal.values().any(|record| record.started_at.is_some())
}

/// Counts custody for those who hold it or left it behind; of what cannot be read its labels tell them.
fn enter(ledger: &mut Ledger, hold: &Item<Hold>) {
    match hold {
        Ok(hold) => {
            let since = hold.creation_timestamp().map_or(Timestamp::UNIX_EPOCH, |time| time.0);
            for uid in custody::counted(&hold.spec) {
                ledger.enter(uid, &hold.spec.key.account_id, since);
            }
        }
        Err(bad) => {
            let account = bad.text_at(&["spec", "key", "accountId"]);
            for uid in holders_named(bad) {
                ledger.enter(&uid, &account, Timestamp::UNIX_EPOCH);
            }
        }
    }
}

/// The UIDs that the labels of a Hold name as holders, or as who left it behind.
fn holders_named(bad: &Unreadable) -> Vec<String> {
    let uid = |key: &String| {
        let holder = key.strip_prefix(HOLDER_LABEL_PREFIX);
        holder
            .or_else(|| key.strip_prefix(ORPHAN_LABEL_PREFIX))
            .map(str::to_owned)
    };
    bad.label_keys().iter().filter_map(uid).collect()
}

/// When a run's first step was begun.
fn begun_at(run: &Run) -> Timestamp {
    let times = run
        .status
        .journal
        .values()
        .filter_map(|record| record.started_at.as_ref());
    let first = times.filter_map(|at| at.parse().ok()).min();
    first.unwrap_or(Timestamp::UNIX_EPOCH)
}
