//! `healthCheckSwitch`: an object in the standby region behind a pre-made, inverted Route 53 health check of the primary record.
//! While it is there, the record counts as unhealthy, and traffic goes to the standby region. When the standby region itself is
//! lost, its bucket does not answer, the inverted check turns healthy, and traffic goes back: data plane only, both ways.

use super::{act, sight::perhaps};
use crate::{
    respond::failover::{Course, Halt, design::Part},
    run::act::{Act, Look, Probe, Rule, Settable, Setting, Sightings},
};
use firebreak_crds::failover_plan::{FailoverStep, HealthCheckSwitch};
use serde_json::{Value, json};

const TIMEOUT_SECONDS: u32 = 300;

pub(super) fn design(
    course: &Course<'_>,
    step: &FailoverStep,
    switch: &HealthCheckSwitch,
    sightings: &Sightings,
) -> Result<Part, Halt> {
    let standby = &course.spec.regions.standby;
    let site = course.site(step, standby)?;
    let (bucket, key) = (switch.bucket.clone(), switch.key.clone());
    // On the way back it lies in the region that is left, which need not answer.
    let probe = Probe::SwitchObject {
        bucket: bucket.clone(),
        key: key.clone(),
    };
    let before = perhaps(sightings, &Look::new(&site, probe))?.unwrap_or(Value::Null);
    let there = course.leads.to == *standby;
    let summary = match there {
        true => format!("Put s3://{bucket}/{key}: traffic goes to {standby}"),
        false => format!(
            "Delete s3://{bucket}/{key}: traffic goes to {}",
            course.spec.regions.primary
        ),
    };
    let partition = crate::aws::partition::of_arn(&course.account(step)?.roles.read);
    let arn = format!("arn:{partition}:s3:::{bucket}");
    let set = Setting {
        what: Settable::SwitchObject { bucket, key },
        before,
        after: json!(there),
        rule: Rule::Exactly,
    };
    Ok(Part {
        acts: vec![act(step, None, site, Act::Set(set), summary, TIMEOUT_SECONDS)],
        touches: vec![arn],
        notes: Vec::new(),
    })
}
