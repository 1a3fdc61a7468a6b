//! What a design may know besides what was read.

use crate::{aws::Site, blocked::Blocked, run::act::Leads};
use firebreak_crds::{
    AwsAccountSpec, FailoverPlanSpec, Reason,
    failover_plan::{FailoverDirection, FailoverStep, FenceSite, LagSample, StepWhen},
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What a design may know besides what was read.
#[derive(Clone, Copy, Debug)]
pub struct Course<'a> {
    /// The object's spec.
    pub spec: &'a FailoverPlanSpec,
    /// The AwsAccounts, by name.
    pub accounts: &'a BTreeMap<String, AwsAccountSpec>,
    /// Where the run leads, and what it may cost.
    pub leads: &'a Leads,
    /// The last steady counts of the services of the region that is left, by the step's name: sampled while it answered.
    pub counts: &'a BTreeMap<String, Counted>,
    /// The counts that the recorded plan has bound, by the step's name, as long as its run was not begun: a service that scales by
    /// itself must not void the approvals again and again.
    pub bound: &'a BTreeMap<String, i64>,
    /// The database that Firebreak promoted last, by the step's name: its `DbiResourceId`.
    pub writers: &'a BTreeMap<String, String>,
    /// The last lag of each replica that was sampled while its source answered.
    pub lags: &'a [LagSample],
    /// The present.
    pub now: Timestamp,
}

/// A count, and when it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many tasks ran, as many as were wanted.
    pub count: i64,
    /// When that was asked for.
    pub at: Timestamp,
}

impl<'a> Course<'a> {
    /// Where it leads.
    pub fn direction(&self) -> FailoverDirection {
        match self.leads.to == self.spec.regions.standby {
            true => FailoverDirection::FailingOver,
            false => FailoverDirection::FailingBack,
        }
    }

    /// Whether a step belongs to it.
    pub fn has(&self, step: &FailoverStep) -> bool {
        match step.when {
            StepWhen::Both => true,
            StepWhen::FailingOver => self.direction() == FailoverDirection::FailingOver,
            StepWhen::FailingBack => self.direction() == FailoverDirection::FailingBack,
        }
    }

    /// Of two names, that of the region that becomes active and that of the region that is left.
    pub fn names<'n, T: ?Sized>(&self, primary: &'n T, standby: &'n T) -> (&'n T, &'n T) {
        match self.direction() {
            FailoverDirection::FailingOver => (standby, primary),
            FailoverDirection::FailingBack => (primary, standby),
        }
    }

    /// The steps of the run that cut a database off, and what each of them cuts off.
    pub fn fences(&self) -> impl Iterator<Item = (&'a FailoverStep, &'a FenceSite)> {
        let own = self.spec.steps.iter().filter(|step| self.has(step));
        own.filter_map(|step| {
            let fence = step.fence.as_ref()?;
            let (_, cut) = self.names(&fence.primary, &fence.standby);
            Some((step, cut))
        })
    }

    /// Whether a step waits for another one, directly or not.
    pub fn waits_for(&self, step: &FailoverStep, other: &str) -> bool {
        let mut open: Vec<&str> = step.depends_on.iter().map(String::as_str).collect();
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            if name == other {
                return true;
            }
            if seen.insert(name) {
                let named = self.spec.steps.iter().filter(|step| step.name == name);
                open.extend(named.flat_map(|step| &step.depends_on).map(String::as_str));
            }
        }
        false
    }

    /// The region that is left.
    pub fn left(&self) -> &'a str {
        self.spec.regions.other(&self.leads.to)
    }

    /// The account that a step acts in.
    ///
    /// # Errors
    /// `AccountNotFound`, with the field; `RegionNotListed`, `DataResidency`.
    pub fn account(&self, step: &FailoverStep) -> Result<&'a AwsAccountSpec, Blocked> {
        let own = step
            .account_ref
            .as_ref()
            .map(|account| (&account.name, self.field(step, "accountRef.name")));
        let (name, field) = own.unwrap_or((&self.spec.account_ref.name, "spec.accountRef.name".to_owned()));
        let account = self.accounts.get(name).ok_or_else(|| {
            Blocked::new(
                Reason::AccountNotFound,
                format!("{field}: there is no AwsAccount {name}"),
            )
        })?;
        let (to, rests) = (&self.leads.to, &account.data_residency);
        if !account.regions.contains(to) {
            let why =
                format!("AwsAccount {name} does not list {to} in spec.regions: add it there, or choose another region");
            return Err(Blocked::new(Reason::RegionNotListed, why));
        }
        match rests.is_empty() || rests.contains(to) {
            true => Ok(account),
            false => Err(Blocked::new(
                Reason::DataResidency,
                format!(
                    "AwsAccount {name} lets data rest in {} only, and {to} would become active",
                    rests.join(", ")
                ),
            )),
        }
    }

    /// A site of a step's account.
    ///
    /// # Errors
    /// As [`Self::account`].
    pub fn site(&self, step: &FailoverStep, region: &str) -> Result<Site, Blocked> {
        Ok(Site::new(&self.account(step)?.account_id, region))
    }

    /// The path of a field of a step, for people.
    pub fn field(&self, step: &FailoverStep, field: &str) -> String {
        format!("spec.steps[{}].{field}", step.name)
    }
}
