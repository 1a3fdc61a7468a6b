//! `lambdaAlias`: an alias of the region that becomes active invokes a published version, under the condition that nobody has changed
//! the alias meanwhile.

use super::{act, sight::told};
use crate::{
    aws::{Cell, lambda::LambdaCell},
    blocked::Blocked,
    respond::failover::{Course, Halt, design::Part},
    run::act::{Act, Look, Probe, Rule, Settable, Setting, Sightings},
};
use firebreak_crds::{
    Reason,
    failover_plan::{FailoverStep, LambdaAlias},
};
use serde_json::json;

const TIMEOUT_SECONDS: u32 = 300;

pub(super) fn design(
    course: &Course<'_>,
    step: &FailoverStep,
    aliases: &LambdaAlias,
    sightings: &Sightings,
) -> Result<Part, Halt> {
    let (to, _) = course.names(&aliases.primary, &aliases.standby);
    let site = course.site(step, &course.leads.to)?;
    let cell = Cell::Lambda(LambdaCell::AliasVersion {
        function: to.function.clone(),
        alias: to.alias.clone(),
    });
    let field = course.field(step, "lambdaAlias");
    let refused = |why: &str| {
        let (alias, function, region) = (&to.alias, &to.function, &site.region);
        Blocked::new(
            Reason::InvalidStep,
            format!("{field}: alias {alias} of function {function} in {region} {why}"),
        )
    };
    if to.version.is_empty() || !to.version.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(refused("can invoke a published version only: name its number").into());
    }
    let look = Look::new(&site, Probe::Cell(cell.clone()));
    let before = told(sightings, &look, &to.alias)?.ok_or_else(|| refused("does not exist: correct the names"))?;
    if before["shares"] == true {
        return Err(refused("shares its invocations with another version: end that first").into());
    }
    let after = json!({"version": to.version});
    let summary = cell.sentence(&after);
    let partition = crate::aws::partition::of_arn(&course.account(step)?.roles.read);
    let arn = cell.resource(partition, &site.account_id, &site.region);
    let set = Act::Set(Setting {
        what: Settable::Cell(cell),
        before,
        after,
        rule: Rule::Exactly,
    });
    Ok(Part {
        acts: vec![act(step, None, site, set, summary, TIMEOUT_SECONDS)],
        touches: vec![arn],
        notes: Vec::new(),
    })
}
