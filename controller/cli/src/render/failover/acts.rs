//! The steps of a run whose steps run side by side, each with all that is approved about it.

use super::{gate, lasted, path};
use crate::{
    failover::run::in_order,
    render::{
        Paint, change,
        plan::{coloured, section, told},
    },
};
use firebreak_core::{
    aws::Idempotence,
    run::{
        act::{Act, ActStep, Job, Leads, Rule, Setting},
        plan::Plan,
        step::Undo,
    },
};
use firebreak_crds::failover_plan::{DataLossExtent, FailoverMode, OnFailure};

/// Where the run leads, and what people said that it may cost: names and values.
pub fn terms(leads: &Leads) -> Vec<(&'static str, String)> {
    let mode = match leads.mode {
        FailoverMode::Graceful => "Graceful: nothing is promoted before the replica has everything",
        FailoverMode::Ungraceful => "Ungraceful: what the replica does not have is lost",
    };
    let loss = match leads.data_loss {
        None => "not acknowledged",
        Some(DataLossExtent::WithinObjective) => "acknowledged, as much as objectives.rpo says",
        Some(DataLossExtent::Unbounded) => "ACKNOWLEDGED, WHATEVER IT COSTS",
    };
    let brain = match leads.split_brain {
        false => "not acknowledged",
        true => "ACKNOWLEDGED: the old database may still take writes, and they are lost",
    };
    vec![
        ("Leads to", format!("{} (serial {})", leads.to, leads.serial)),
        ("Mode", mode.into()),
        ("Data loss", loss.into()),
        ("Split brain", brain.into()),
    ]
}

/// The steps, from where there is no way back, and the longest path.
pub fn text(plan: &Plan, out: &mut String, paint: Paint) {
    let acts = in_order(plan);
    out.push_str(&format!(
        "\n{}\n",
        paint.bold("Steps, side by side as far as what they wait for allows")
    ));
    for (at, act) in acts.iter().enumerate() {
        out.push_str(&act_text(at + 1, act, paint));
    }
    let one_way: Vec<&str> = acts
        .iter()
        .filter(|act| act.is_one_way())
        .map(|act| act.id.as_str())
        .collect();
    if !one_way.is_empty() {
        let line = format!(
            "from the begin of {} on, nothing is put back: an abort stops the run, and leaves capacity and traffic as they are",
            one_way.join(", ")
        );
        out.push_str(&format!(
            "\n{}\n  {}\n",
            paint.bold("No way back"),
            paint.bad(&told(&line))
        ));
    }
    section(out, paint, "Longest path", path::lines(plan).into_iter());
}

fn act_text(number: usize, act: &ActStep, paint: Paint) -> String {
    let mut out = format!(
        "  {number}. {}: {}  [{}]\n",
        told(&act.id),
        told(&act.summary),
        undo(act, paint)
    );
    for line in subject(act) {
        out.push_str(&format!("     {}\n", coloured(&told(&line), paint)));
    }
    for line in remarks(act) {
        out.push_str(&format!("     {}\n", paint.dim(&told(&line))));
    }
    out
}

fn undo(act: &ActStep, paint: Paint) -> String {
    match act.undo {
        _ if act.is_gate() => waits(act).into(),
        Undo::OneWay => paint.bad("ONE WAY: CANNOT BE UNDONE"),
        Undo::Addition => paint.good("only adds"),
        Undo::Reversible => paint.good("reversible"),
        Undo::Destructive => paint.bad("DESTRUCTIVE"),
    }
}

fn waits(act: &ActStep) -> &'static str {
    match &act.act {
        Act::Await(awaited) if gate::asks_nothing(awaited) => "only waits",
        Act::Await(_) | Act::Set(_) | Act::Do(_) => "gate: only looks",
    }
}

/// What is set, done or waited for.
fn subject(act: &ActStep) -> Vec<String> {
    match &act.act {
        Act::Set(setting) => set(setting),
        Act::Do(Job::RdsPromotion(promotion)) => vec![
            format!(
                "replica {} ({}) of {} in {}/{}",
                promotion.instance,
                promotion.resource_id,
                promotion.source,
                promotion.source_account,
                promotion.source_region
            ),
            format!("it keeps its backups for {} days", promotion.backup_retention_days),
        ],
        Act::Do(Job::RdsReboot(reboot)) => vec![format!(
            "instance {}, without a failover to its standby",
            reboot.instance
        )],
        Act::Await(awaited) => gate::lines(awaited),
    }
}

fn set(setting: &Setting) -> Vec<String> {
    let mut lines = change::lines(&setting.before, &setting.after);
    match setting.rule {
        Rule::Exactly => {}
        Rule::AtLeast => lines.push("a larger number stays".into()),
        Rule::AtMost => lines.push("a smaller number stays".into()),
    }
    lines
}

fn remarks(act: &ActStep) -> Vec<String> {
    let mut remarks = vec![format!("in {}/{}", act.site.account_id, act.site.region)];
    if !act.needs.is_empty() {
        remarks.push(format!("waits for {}", act.needs.join(", ")));
    }
    if let Some(section) = &act.section {
        remarks.push(format!(
            "is not parted from the others of section {section}: a pause or an abort in it takes effect at its end"
        ));
    }
    if act.approval {
        remarks.push("waits for approvals of its own, as many as the start".into());
    }
    remarks.push(format!(
        "takes at most {}; {}",
        lasted(i64::from(act.timeout_seconds)),
        failure(act)
    ));
    match act.idempotence {
        Idempotence::Idempotent => {}
        Idempotence::Conditional => remarks.push("it is not asked for again without a look".into()),
        Idempotence::AtLeastOnce => remarks.push("after a crash it may happen twice".into()),
    }
    if !act.permissions.is_empty() {
        remarks.push(format!("needs {}", act.permissions.join(", ")));
    }
    remarks
}

fn failure(act: &ActStep) -> &'static str {
    match (act.best_effort, act.on_failure) {
        (true, _) => "nothing waits for it (bestEffort)",
        (false, OnFailure::Hold) => "when it fails, what waits for it waits for a person (Hold)",
        (false, OnFailure::Compensate) => {
            "when it fails, the run goes back, unless a one-way step was begun (Compensate)"
        }
        (false, OnFailure::Continue) => "when it fails, the run goes on without it (Continue)",
    }
}

#[cfg(test)]
#[path = "acts_tests.rs"]
mod tests;
