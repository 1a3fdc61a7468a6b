//! How much data a promotion may cost: judged on the last lag that was sampled while the source answered. What a replica says
//! of a source that is gone tells nothing: PostgreSQL's lag grows with the time since the last transaction.

use super::{Course, objectives, targets};
use crate::blocked::Blocked;
use firebreak_crds::{
    Reason,
    failover_plan::{DataLossExtent, FailoverMode, LagSample},
};

/// Whether the run may lose what the replica does not have; for people, what that is.
///
/// # Errors
/// `DataLossNotAcknowledged`, with what to set.
pub fn judge(course: &Course<'_>, replica: &str) -> Result<String, Blocked> {
    let known = course
        .lags
        .iter()
        .find(|lag| lag.replica == replica && lag.region == course.leads.to);
    let said = told(known);
    match (course.leads.mode, course.leads.data_loss) {
        (FailoverMode::Graceful, _) => Ok("nothing is lost that was written before the replica caught up".into()),
        (FailoverMode::Ungraceful, Some(DataLossExtent::Unbounded)) => Ok(format!("any loss was acknowledged; {said}")),
        (FailoverMode::Ungraceful, Some(DataLossExtent::WithinObjective)) => within(course, known, &said),
        (FailoverMode::Ungraceful, None) => Err(blocked(
            course,
            &format!("mode Ungraceful may lose data, and nobody has said that it may; {said}"),
        )),
    }
}

fn within(course: &Course<'_>, known: Option<&LagSample>, said: &str) -> Result<String, Blocked> {
    let rpo = targets(&course.spec.objectives).rpo;
    match known {
        Some(lag) if lag.seconds <= rpo => Ok(format!("at most objectives.rpo may be lost; {said}")),
        Some(_) => Err(blocked(
            course,
            &format!(
                "more may be lost than objectives.rpo ({}) allows; {said}",
                objectives::text(rpo)
            ),
        )),
        None => Err(blocked(
            course,
            &format!("whether objectives.rpo is kept is not known; {said}"),
        )),
    }
}

fn told(known: Option<&LagSample>) -> String {
    match known {
        Some(lag) => format!(
            "{} was {} s behind at {}, when its source last answered",
            lag.replica, lag.seconds, lag.at
        ),
        None => "its lag was never sampled while its source answered".into(),
    }
}

fn blocked(course: &Course<'_>, why: &str) -> Blocked {
    let serial = course.leads.serial;
    let message = format!(
        "{why}: set spec.activation.acknowledgeDataLoss {{serial: {serial}, extent: Unbounded}} (a Start says it in spec.start), or mode Graceful while the source answers"
    );
    Blocked::new(Reason::DataLossNotAcknowledged, message)
}
