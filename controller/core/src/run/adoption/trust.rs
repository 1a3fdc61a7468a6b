//! Who vouches for a mirrored plan, and what stands against taking it up.

use crate::{
    aws::access::Access,
    guard::{self, Scene},
    run::{
        archive::{self, MirroredPlan},
        ledger::Usage,
        plan::Plan,
        step::Touched,
    },
};
use firebreak_crds::{GuardrailSpec, ResponsePlan, ResponsePlanStatus};
use jiff::Timestamp;

/// What is known beside the bucket.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules<'a> {
    /// The cluster's own records of runs, as far as they are left.
    pub plans: &'a [ResponsePlan],
    /// Hashes of the documents that a person vouches for.
    pub named: &'a [String],
    /// Every Guardrail.
    pub guardrails: &'a [GuardrailSpec],
    /// ARN patterns of what Firebreak depends on.
    pub own: &'a [String],
}

/// Who vouches for a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// The cluster's own record of the run has its hash.
    Recorded,
    /// The cluster's own record says that the run is over.
    Over,
    /// The cluster's own record has another hash: it was forged.
    Forged,
    /// A person named it.
    Named,
    /// Nobody.
    Unproven,
}

impl Tie {
    /// Whether its before-values may be believed.
    pub fn holds(self) -> bool {
        matches!(self, Self::Recorded | Self::Named)
    }
}

/// Who vouches for a document with that hash.
pub fn tie(rules: &Rules<'_>, mirrored: &MirroredPlan, hash: &str) -> Tie {
    let same_run =
        |plan: &&ResponsePlan| plan.spec.owner.uid == mirrored.spec.owner.uid && plan.spec.run == mirrored.spec.run;
    let status = rules.plans.iter().find(same_run).and_then(|plan| plan.status.as_ref());
    let stored = status.and_then(|status| status.archive.get(archive::PLAN)?.sha256.as_deref());
    match stored {
        Some(stored) if stored != hash => Tie::Forged,
        Some(_) if status.is_some_and(is_over) => Tie::Over,
        Some(_) => Tie::Recorded,
        None if rules.named.iter().any(|named| named == hash) => Tie::Named,
        None => Tie::Unproven,
    }
}

/// Whether the cluster told the bucket itself that nothing of the run is in custody any more.
fn is_over(status: &ResponsePlanStatus) -> bool {
    let told = status.archive.get(archive::CLOSED);
    told.is_some_and(|record| record.stored_at.is_some())
}

/// What no approval could overrule if it were planned now: grants, regions, protected ARNs, what Firebreak depends on. It is
/// judged for every resource that a step of it would write.
pub fn objection(rules: &Rules<'_>, access: &Access, plan: &Plan) -> Option<String> {
    let resource =
        |cell: &crate::aws::Cell| cell.resource(access.partition(), &access.account.account_id, &access.region);
    let mut plan = plan.clone();
    let written: Vec<Touched> = plan
        .steps
        .iter()
        .map(|step| Touched {
            arn: resource(&step.cell),
            ..Touched::default()
        })
        .collect();
    plan.touches.extend(written);
    let environment = access.account.environment;
    let guardrails: Vec<&GuardrailSpec> = crate::approval::speaking(rules.guardrails, environment).collect();
    let scene = Scene {
        namespace: &access.namespace,
        account: &access.account,
        guardrails: &guardrails,
        plan: &plan,
        own: rules.own,
        own_is_known: true,
        claims: &[],
        usage: Usage::default(),
        approved: true,
        contain_now: false,
        now: Timestamp::UNIX_EPOCH,
    };
    guard::absolute(&scene).map(|blocked| format!("{}: {}", blocked.reason.as_str(), blocked.message))
}
