//! What is known of the cluster when a decision is made.

use super::carried;
use crate::{
    approval::Admission,
    aws::{Site, access::Access, failure::Failure},
    blocked::{Blocked, Stop},
    guard::Claim,
    respond::{Done, Intent, Responder, Scope, Terms},
    run::{Run, claims, custody, ledger::Usage, plan::Step},
    settings::Settings,
};
use firebreak_crds::{
    Action, Asked, AwsAccountSpec, CUSTODY_FINALIZER, Decision, GuardrailSpec, HoldSpec, Mode, ObjectMeta, OwnerRef,
    PlanOutcome, REQUESTED_BY, Reason, bounds,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The object that is decided about.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Kind, namespace, name and UID.
    pub owner: OwnerRef,
    /// Generation of the spec.
    pub generation: i64,
    /// Since when it is being deleted.
    pub deleting_since: Option<Timestamp>,
    /// Whether it carries the custody finalizer.
    pub has_finalizer: bool,
    /// Who last changed the spec, if the API server stamped it.
    pub requested_by: Option<String>,
    /// Who asked for it, as what an Incident created carries it.
    pub carried: Option<Asked>,
    /// What its spec asks for.
    pub response: Responder,
}

impl Subject {
    /// The object with that metadata and that spec.
    pub fn of(meta: &ObjectMeta, spec: impl Into<Responder>) -> Self {
        let response = spec.into();
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let annotation = meta.annotations.as_ref().and_then(|all| all.get(REQUESTED_BY)).cloned();
        let finalizers = meta.finalizers.clone().unwrap_or_default();
        Self {
            owner: OwnerRef {
                kind: response.kind().to_owned(),
                namespace: text(&meta.namespace),
                name: text(&meta.name),
                uid: text(&meta.uid),
            },
            generation: meta.generation.unwrap_or(1),
            deleting_since: meta.deletion_timestamp.as_ref().map(|time| time.0),
            has_finalizer: finalizers.iter().any(|f| f == CUSTODY_FINALIZER),
            requested_by: annotation.map(|name| bounds::cut(&name, bounds::USERNAME)),
            carried: carried::read(meta),
            response,
        }
    }

    /// What its spec says, as every response does.
    pub fn terms(&self) -> Terms<'_> {
        self.response.terms()
    }

    /// Whether it may write.
    pub fn enforces(&self) -> bool {
        self.terms().mode == Mode::Enforce
    }

    /// Whether its spec asks for what it does, and it is not being deleted.
    pub fn wants_to_act(&self) -> bool {
        self.response.intent() == Intent::Do && self.deleting_since.is_none()
    }
}

/// Everything that a decision depends on, besides AWS and the time.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// The object.
    pub subject: Subject,
    /// The AwsAccount that it names, if it exists.
    pub account: Option<AwsAccountSpec>,
    /// What is said where the evidence bucket names another cluster for the account.
    pub another_cluster: Option<String>,
    /// Every Guardrail.
    pub guardrails: Vec<GuardrailSpec>,
    /// The reason of an EmergencyStop, if there is one.
    pub stop: Option<String>,
    /// Decisions about the object.
    pub decisions: Vec<Decision>,
    /// What admission guarantees.
    pub admission: Admission,
    /// The object's runs, oldest first.
    pub runs: Vec<Run>,
    /// Names of the Holds that the object holds.
    pub mine: Vec<String>,
    /// Holds that were read, by name; none where it does not exist.
    pub holds: BTreeMap<String, Option<HoldSpec>>,
    /// ARN patterns of the operator itself and of all that it depends on.
    pub own: Vec<String>,
    /// Whether the operator knows its own identity: while it does not, it cuts nothing off.
    pub own_is_known: bool,
    /// What objects of other kinds hold in the account.
    pub claims: Vec<Claim>,
    /// What runs of other objects claim of what these Holds keep, or will, by the Hold's name.
    pub claimed: BTreeMap<String, Vec<claims::Claim>>,
    /// What AWS has refused for good in this pass, by the plan's name and the step's id, call by call: it is not asked twice.
    pub refused: BTreeMap<(String, String), Vec<Failure>>,
    /// What the account has contained already, without this object.
    pub usage: Usage,
    /// Whether this containment is counted against the caps.
    pub reserved: bool,
    /// The operator's settings.
    pub settings: Settings,
}

impl World {
    /// What AWS has refused of a step for good in this pass, one failure for each call.
    pub fn refusals(&self, plan: &str, step: &str) -> &[Failure] {
        let key = (plan.to_owned(), step.to_owned());
        self.refused.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The account: as the AwsAccount says, or as custody remembers it.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub fn account(&self) -> Result<&AwsAccountSpec, Blocked> {
        let remembered = self.custody().next();
        let named = self.account.as_ref();
        let same = |account: &&AwsAccountSpec| remembered.is_none_or(|kept| kept.account_id == account.account_id);
        named.filter(same).or(remembered).ok_or_else(|| {
            let name = self.subject.terms().account;
            Blocked::new(
                Reason::AccountNotFound,
                format!("spec.accountRef.name: there is no AwsAccount {name}"),
            )
        })
    }

    /// The accounts as the object's custody remembers them: an AwsAccount of the same name may be another account by now.
    fn custody(&self) -> impl Iterator<Item = &AwsAccountSpec> {
        let mine = |(name, _): &(&String, &Option<HoldSpec>)| self.mine.contains(name);
        self.holds
            .iter()
            .filter(mine)
            .filter_map(|(_, hold)| Some(&hold.as_ref()?.account))
    }

    /// The object's own site.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub fn site(&self) -> Result<Site, Blocked> {
        Ok(Site::new(&self.account()?.account_id, self.subject.terms().region))
    }

    /// As whom AWS is called for this object at its own site.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub fn access(&self) -> Result<Access, Blocked> {
        self.access_at(&self.site()?)
    }

    /// As whom AWS is called for this object at a site.
    ///
    /// # Errors
    /// `AccountNotFound`, also where the site is in another account than the object's.
    pub fn access_at(&self, site: &Site) -> Result<Access, Blocked> {
        let (owner, account) = (&self.subject.owner, self.account()?);
        if account.account_id != site.account_id {
            let text = format!(
                "account {} is not the account of this object: nothing is called there",
                site.account_id
            );
            return Err(Blocked::new(Reason::AccountNotFound, text));
        }
        Ok(Access {
            account: account.clone(),
            region: site.region.clone(),
            namespace: owner.namespace.clone(),
            name: owner.name.clone(),
            uid: owner.uid.clone(),
        })
    }

    /// How the object's kind calls it that it is done.
    pub fn done(&self) -> &'static Done {
        self.subject.response.done()
    }

    /// What a response may know.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub fn scope(&self) -> Result<Scope<'_>, Blocked> {
        Ok(Scope {
            account: self.account()?,
            settings: &self.settings,
            uid: &self.subject.owner.uid,
            run: self.run_number(),
            earlier: self.earlier(),
            holds: &self.holds,
        })
    }

    fn earlier(&self) -> &[Step] {
        let contained = |run: &&Run| run.spec.action == Action::Contain && run.has_begun();
        let last = self.runs.iter().rfind(contained);
        last.map(|run| run.plan.steps.as_slice()).unwrap_or_default()
    }

    /// The number of the containment that is under way, or of the run that would be next.
    fn run_number(&self) -> u32 {
        let contains = |run: &&Run| run.spec.action == Action::Contain && run.is_open();
        let next = self.latest().map_or(1, |run| run.spec.run + 1);
        self.latest().filter(contains).map_or(next, |run| run.spec.run)
    }

    /// Makes sure that these Holds were read.
    ///
    /// # Errors
    /// [`Stop::Fetch`] with the missing ones.
    pub fn know(&self, names: impl IntoIterator<Item = String>) -> Result<(), Stop> {
        let missing: Vec<String> = names
            .into_iter()
            .filter(|name| !self.holds.contains_key(name))
            .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Stop::Fetch(missing))
        }
    }

    /// A Hold that was read; none when it does not exist.
    pub fn hold(&self, name: &str) -> Option<&HoldSpec> {
        self.holds.get(name).and_then(Option::as_ref)
    }

    /// Whether this object holds it.
    pub fn holds_it(&self, name: &str) -> bool {
        self.hold(name)
            .is_some_and(|hold| custody::is_held_by(hold, &self.subject.owner.uid))
    }

    /// Who stands against setting a step's cell to its value: who holds it at another one, or has a run that is about to.
    pub fn contested(&self, step: &Step) -> Option<Blocked> {
        let claims = step.hold.as_ref().and_then(|name| self.claimed.get(name));
        let claim = claims::against(claims.map(Vec::as_slice).unwrap_or_default(), step);
        let claimed = |owner: &OwnerRef| {
            let who = format!("{}/{}", owner.namespace, owner.name);
            another(&format!("{who} is about to hold"), step)
        };
        self.held_otherwise(step)
            .or_else(|| claim.map(|claim| claimed(&claim.owner)))
    }

    /// Who holds a step's cell at another value.
    pub fn held_otherwise(&self, step: &Step) -> Option<Blocked> {
        let hold = self.hold(step.hold.as_ref()?)?;
        let owner = &self.subject.owner;
        if custody::others(hold, owner).len() >= bounds::HOLDERS {
            let text = format!(
                "{} is held by {} others, and no more can share it: release one of them first",
                step.cell.field(),
                bounds::HOLDERS
            );
            return Some(Blocked::new(Reason::HeldByAnother, text));
        }
        let who = custody::contested(hold, &step.cell, &step.after, owner)?;
        Some(another(&format!("{who} holds"), step))
    }

    /// The newest run.
    pub fn latest(&self) -> Option<&Run> {
        self.runs.last()
    }

    /// The run that holds the target cut off: the last one that was begun, if it contains. Once a release has begun, what
    /// it put back is not to be held any more. A run that was superseded half-way holds what it wrote until another begins.
    pub fn containment(&self) -> Option<&Run> {
        let begun = self.runs.iter().rfind(|run| run.has_begun())?;
        (begun.spec.action == Action::Contain && (begun.is_open() || self.left_in_custody(begun))).then_some(begun)
    }

    /// The last run that cut something off, whether or not it has been released since.
    pub fn last_containment(&self) -> Option<&Run> {
        self.runs.iter().rfind(|run| {
            run.spec.action == Action::Contain && run.has_begun() && (run.is_open() || self.left_in_custody(run))
        })
    }

    fn left_in_custody(&self, run: &Run) -> bool {
        run.status.outcome == Some(PlanOutcome::Superseded) && !self.mine.is_empty()
    }
}

fn another(who: &str, step: &Step) -> Blocked {
    let text = format!("{who} {} at another value: release it first", step.cell.field());
    Blocked::new(Reason::HeldByAnother, text)
}
