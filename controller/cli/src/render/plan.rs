//! A plan for a person who has little time: what is done to what, what hangs on it, who must agree, what to type next.

use super::{Paint, change};
use firebreak_core::{
    approval::Requirement,
    engine::{Run, Standing},
    plan::{Disposition, Plan, Step},
    quarantine::Undo,
    write::Idempotence,
};
use firebreak_crds::{Action, Lease, OnExpiry, Verb};
use serde_json::{Value, json};

/// A plan with everything that is said about it.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// Kind, namespace and name of the object in one word.
    pub object: String,
    /// The plan.
    pub plan: &'a Plan,
    /// The run that it is recorded in; none for a preview.
    pub run: Option<&'a Run>,
    /// Who asked for it.
    pub requested_by: Option<&'a str>,
    /// Who must agree and has.
    pub standing: &'a Standing,
    /// What would keep it from starting now, and what could not be read.
    pub warnings: Vec<String>,
    /// What to type next.
    pub next: Vec<String>,
}

impl View<'_> {
    /// As text.
    pub fn text(&self, paint: Paint) -> String {
        let mut out = self.short(paint);
        let plan = self.plan;
        let dependants = plan.dependants.iter().map(|d| format!("{} {}", d.kind, d.name));
        section(&mut out, paint, "What hangs on it", dependants);
        section(
            &mut out,
            paint,
            "Left without a healthy target",
            plan.empties.iter().cloned(),
        );
        section(&mut out, paint, "Notes", plan.notes.iter().cloned());
        section(&mut out, paint, "Beware", self.warnings.iter().cloned());
        out.push_str(&format!(
            "\n{}\n  {}\n",
            paint.bold("Approvals"),
            self.standing.sentence()
        ));
        section(&mut out, paint, "Next", self.next.iter().cloned());
        out
    }

    /// Target and steps only: what is shown before a question.
    pub fn short(&self, paint: Paint) -> String {
        let mut out = self.head(paint);
        out.push_str(&format!("\n{}\n", paint.bold("Steps")));
        for (at, step) in self.plan.steps.iter().enumerate() {
            out.push_str(&step_text(at + 1, step, paint));
        }
        out
    }

    fn head(&self, paint: Paint) -> String {
        let plan = self.plan;
        let run = match self.run {
            Some(run) => format!("{} ({:?}, {})", run.spec.run, plan.action, run.reference.name),
            None => format!("none yet ({:?}): this is a preview, nothing is written", plan.action),
        };
        let account = format!("{} ({}, {:?})", plan.account_name, plan.account_id, plan.environment);
        let mut out = format!("{}\n", paint.bold(&self.object));
        for (name, value) in [
            ("Target", plan.title.clone()),
            ("", plan.arn.clone()),
            ("Account", account),
            ("Region", plan.region.clone()),
            ("Run", run),
            ("Digest", plan.digest()),
            (
                "Asked by",
                self.requested_by
                    .unwrap_or("nobody that the API server names")
                    .to_owned(),
            ),
        ] {
            out.push_str(&format!("  {name:<9} {value}\n"));
        }
        if plan.action == Action::Contain {
            out.push_str(&format!("  {:<9} {}\n", "Lease", lease(plan.lease.as_ref())));
        }
        out
    }

    /// For machines.
    pub fn json(&self) -> Value {
        json!({
            "object": self.object, "digest": self.plan.digest(), "plan": self.plan,
            "run": self.run.map(|run| json!({"number": run.spec.run, "name": run.reference.name, "status": run.status})),
            "requestedBy": self.requested_by, "approvals": approvals(self.standing),
            "warnings": self.warnings, "next": self.next,
        })
    }
}

/// What an approver agrees to for the end.
fn lease(lease: Option<&Lease>) -> String {
    match lease {
        None => "none: contained until it is released".into(),
        Some(Lease {
            expires_after,
            on_expiry: OnExpiry::Hold,
        }) => format!("{expires_after}; then it stays contained, and people are told"),
        Some(Lease {
            expires_after,
            on_expiry: OnExpiry::Release,
        }) => format!("{expires_after}; then IT IS RELEASED, and this approval covers that"),
    }
}

fn approvals(standing: &Standing) -> Value {
    let Requirement { required, capacities } = &standing.requirement;
    json!({
        "required": required, "capacities": capacities, "given": standing.voices.names(),
        "notCounted": standing.voices.refused, "rejectedBy": standing.voices.rejected, "satisfied": standing.all,
    })
}

fn section(out: &mut String, paint: Paint, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        out.push_str(&format!("\n{}\n", paint.bold(title)));
        lines.iter().for_each(|line| out.push_str(&format!("  {line}\n")));
    }
}

fn step_text(number: usize, step: &Step, paint: Paint) -> String {
    let mut out = format!("  {number}. {}  [{}]\n", step.summary, undo(step.undo, paint));
    for line in change::lines(&step.before, &step.after) {
        out.push_str(&format!("     {}\n", coloured(&line, paint)));
    }
    for line in remarks(step) {
        out.push_str(&format!("     {}\n", paint.dim(&line)));
    }
    out
}

fn coloured(line: &str, paint: Paint) -> String {
    match line.as_bytes().first() {
        Some(b'+') => paint.good(line),
        Some(b'-') => paint.bad(line),
        _ => line.to_owned(),
    }
}

fn undo(undo: Undo, paint: Paint) -> String {
    match undo {
        Undo::Addition => paint.good("only adds: stays after a release"),
        Undo::Reversible => paint.good("reversible"),
        Undo::Destructive => paint.bad("DESTRUCTIVE"),
        Undo::OneWay => paint.bad("ONE WAY: cannot be put back"),
    }
}

fn remarks(step: &Step) -> Vec<String> {
    let mut remarks: Vec<String> = step.disposition.as_ref().map(disposition).into_iter().collect();
    if step.disposition.is_none()
        && let Some(reopens) = step.reopens
    {
        remarks.push(format!("a release puts it back only with --restore {reopens:?}"));
    }
    if step.after.to_string().contains(firebreak_core::cell::APPLY_TIME) {
        remarks.push("$applyTime is the moment of the write".into());
    }
    if step.idempotence == Idempotence::AtLeastOnce {
        remarks.push("after a crash it may happen twice".into());
    }
    if !step.permissions.is_empty() {
        remarks.push(format!("needs {}", step.permissions.join(", ")));
    }
    remarks
}

fn disposition(disposition: &Disposition) -> String {
    match disposition {
        Disposition::Restore => "is put back",
        Disposition::Leave => "stays: others hold it too",
        Disposition::Back => "is back already",
        Disposition::Gone => "the resource does not exist any more",
        Disposition::Conflict => "is left alone: somebody changed it since",
        Disposition::Withheld => "is withheld: it would reopen the compromise, and nobody gave the word (--restore)",
    }
    .into()
}

/// What to type after having read a recorded plan.
pub fn next_for(run: &Run, standing: &Standing, name: &str, namespace: &str) -> Vec<String> {
    let at = format!("{name} -n {namespace}");
    if !run.is_open() {
        return vec![format!("kubectl firebreak status {at}")];
    }
    if standing.all || standing.voices.rejected.is_some() {
        return vec![format!("kubectl firebreak status {at}")];
    }
    vec![
        format!(
            "kubectl firebreak approve {at}{} --digest {}",
            capacity(standing),
            run.plan.digest()
        ),
        format!("kubectl firebreak reject {at} --reason '...'"),
    ]
}

/// The capacity that is still missing, if it is not the default one.
fn capacity(standing: &Standing) -> String {
    let given: Vec<&String> = standing.voices.approvals.iter().map(|(_, capacity)| capacity).collect();
    let missing = standing.requirement.capacities.iter().find(|c| !given.contains(c));
    missing
        .map(|capacity| format!(" --capacity {capacity}"))
        .unwrap_or_default()
}

/// The past participle of a verb.
pub fn done(verb: Verb) -> &'static str {
    match verb {
        Verb::Approve => "approved",
        Verb::Reject => "rejected",
        Verb::BreakGlass => "glass broken",
        Verb::Release => "release asked for",
        Verb::Abandon => "abandonment asked for",
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
