//! What a Start asks for, as a person reads it before they say yes, and what follows for Git.

use crate::render::{Paint, harmless, plan::section};
use firebreak_core::respond::failover::{
    serials::{SerialRecord, lines_for_git},
    targets,
};
use firebreak_crds::{
    FailoverPlan, Start,
    failover_plan::{DataLossExtent, LagSample},
    text,
};
use kube::ResourceExt;

use super::lasted;

/// The question, without its question mark.
pub fn asked(object: &FailoverPlan, start: &Start, warnings: &[String], paint: Paint) -> String {
    let object = &harmless::cleaned(object);
    let status = object.status.clone().unwrap_or_default();
    let target = targets(&object.spec.objectives);
    let name = format!(
        "FailoverPlan {}/{}",
        object.namespace().unwrap_or_default(),
        object.name_any()
    );
    let mut out = format!("{}\n", paint.bold(&name));
    let active = status.active_region.unwrap_or_else(|| "not known".into());
    for (name, value) in [
        ("Leads to", format!("{} (serial {})", start.region, start.serial)),
        (
            "From",
            format!("{}; active is {active}", object.spec.regions.other(&start.region)),
        ),
        ("Mode", format!("{:?}", object.spec.mode)),
        ("Data loss", loss(start)),
        ("Split brain", brain(start)),
        (
            "Objective",
            format!(
                "RTO {}, RPO {}",
                lasted(i64::from(target.rto)),
                lasted(i64::from(target.rpo))
            ),
        ),
    ] {
        out.push_str(&format!("  {name:<11} {}\n", text::one_line(&value)));
    }
    let lags = status.lags.iter().filter(|lag| lag.region == start.region);
    section(&mut out, paint, "Last lag, while its source answered", lags.map(lag));
    section(&mut out, paint, "Warnings", warnings.iter().cloned());
    out
}

fn loss(start: &Start) -> String {
    match start.acknowledge_data_loss {
        None => "not acknowledged".into(),
        Some(DataLossExtent::WithinObjective) => "you acknowledge as much as objectives.rpo says".into(),
        Some(DataLossExtent::Unbounded) => "YOU ACKNOWLEDGE ANY LOSS".into(),
    }
}

fn brain(start: &Start) -> String {
    match start.acknowledge_split_brain {
        false => "not acknowledged".into(),
        true => "YOU ACKNOWLEDGE that the old database may still take writes, which are lost".into(),
    }
}

/// A lag, on one line.
pub fn lag(sample: &LagSample) -> String {
    format!(
        "{} in {}: {} behind at {}",
        sample.replica,
        sample.region,
        lasted(i64::from(sample.seconds)),
        text::recorded(&sample.at)
    )
}

/// What Git is told, so that it says what is.
pub fn git(start: &Start) -> String {
    lines_for_git(&SerialRecord {
        serial: start.serial,
        region: start.region.clone(),
        ..SerialRecord::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failover::testing;

    fn start() -> Start {
        Start {
            region: "us-west-2".into(),
            serial: 8,
            acknowledge_data_loss: Some(DataLossExtent::Unbounded),
            acknowledge_split_brain: true,
        }
    }

    #[test]
    fn start_shows_where_to_and_what_it_may_cost() {
        let text = asked(&testing::running(), &start(), &["look out".into()], Paint(false));
        let expected = "\
FailoverPlan payments/orders
  Leads to    us-west-2 (serial 8)
  From        us-east-1; active is us-east-1
  Mode        Graceful
  Data loss   YOU ACKNOWLEDGE ANY LOSS
  Split brain YOU ACKNOWLEDGE that the old database may still take writes, which are lost
  Objective   RTO 1h, RPO 15m

Last lag, while its source answered
  orders-west in us-west-2: 4s behind at 2026-01-01T11:59:30Z

Warnings
  look out
";
        assert_eq!(text, expected);
    }

    #[test]
    fn git_is_told_the_two_lines() {
        assert_eq!(
            git(&start()),
            "spec:\n  activation:\n    region: us-west-2\n    serial: 8\n"
        );
    }
}
