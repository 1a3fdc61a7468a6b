//! A plan for a person who has little time: what is done to what, what stops with it, who must agree, what to type next.

use super::{
    Paint, change,
    failover::{acts, path},
    harmless,
};
use firebreak_core::{
    approval::Requirement,
    aws::Idempotence,
    engine::Standing,
    run::{
        Run,
        plan::{Disposition, Plan, Step},
        step::Undo,
    },
};
use firebreak_crds::{Action, Expiry, OnExpiry, Verb, text};
use serde_json::{Value, json};

/// The most characters of one line.
const MOST_SHOWN: usize = 2000;

/// How wide the names of values are: of a containment, and of a failover.
const NARROW: usize = 9;
const WIDE: usize = 11;

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
        let mut out = self.decided(paint);
        section(&mut out, paint, "Next", self.next.iter().cloned());
        out
    }

    /// All that a person who decides must have read; what is shown before a question.
    pub fn decided(&self, paint: Paint) -> String {
        let plan = harmless::cleaned(self.plan);
        let mut out = self.head(&plan, paint);
        match plan.acts.is_empty() {
            true => steps(&plan, &mut out, paint),
            false => acts::text(&plan, &mut out, paint),
        }
        self.impact(&plan, &mut out, paint);
        out.push_str(&format!(
            "\n{}\n  {}\n",
            paint.bold("Approvals"),
            told(&self.standing.sentence())
        ));
        out
    }

    /// What else stops, what else people should know, and what stands in the way.
    fn impact(&self, plan: &Plan, out: &mut String, paint: Paint) {
        section(out, paint, "Dependents", plan.impact_lines().into_iter());
        section(
            out,
            paint,
            "Left without a healthy target",
            plan.empties.iter().cloned(),
        );
        section(out, paint, "Notes", plan.notes.iter().cloned());
        let warnings = plan.warnings.iter().chain(&self.warnings).cloned();
        section(out, paint, "Warnings", warnings);
    }

    fn head(&self, plan: &Plan, paint: Paint) -> String {
        let run = match self.run {
            Some(run) => format!("{} ({:?}, {})", run.spec.run, plan.action, run.reference.name),
            None => format!("none yet ({:?}): this is a preview, nothing is written", plan.action),
        };
        let account = format!("{} ({}, {:?})", plan.account_name, plan.account_id, plan.environment);
        let requester = self.requested_by.unwrap_or("nobody whom the API server names");
        let mut lines = vec![("Target", plan.title.clone())];
        lines.extend((!plan.arn.is_empty()).then(|| ("", plan.arn.clone())));
        lines.extend(plan.leads.iter().flat_map(acts::terms));
        lines.extend([
            ("Account", account),
            ("Region", plan.region.clone()),
            ("Run", run),
            ("Digest", self.plan.digest()),
            ("Requester", requester.to_owned()),
        ]);
        let mut out = format!("{}\n", paint.bold(&self.object));
        let width = if plan.leads.is_some() { WIDE } else { NARROW };
        for (name, value) in lines {
            out.push_str(&format!("  {name:<width$} {}\n", told(&value)));
        }
        if plan.leads.is_none() {
            out.push_str(&self.ends(plan));
        }
        out
    }

    /// How a containment ends, and what else an approver agrees to.
    fn ends(&self, plan: &Plan) -> String {
        let mut out = String::new();
        if plan.action == Action::Contain {
            out.push_str(&format!("  {:<NARROW$} {}\n", "Expiry", expiry(plan.expiry.as_ref())));
        }
        let payload = serde_json::to_value(plan).unwrap_or_default();
        let known = plan.version > 1;
        for (name, value) in terms(&payload).into_iter().filter(|_| known) {
            out.push_str(&format!("  {name:<NARROW$} {}\n", told(&value)));
        }
        out
    }

    /// For machines.
    pub fn json(&self) -> Value {
        json!({
            "object": self.object, "digest": self.plan.digest(), "plan": self.plan,
            "run": self.run.map(|run| json!({"number": run.spec.run, "name": run.reference.name, "status": run.status})),
            "requestedBy": self.requested_by, "approvals": approvals(self.standing),
            "warnings": self.plan.warnings.iter().chain(&self.warnings).collect::<Vec<_>>(), "next": self.next,
            "longestPath": path::longest(self.plan),
        })
    }
}

/// What an approver agrees to besides the steps, where the recorded payload says it: version 1 did not.
fn terms(payload: &Value) -> Vec<(&'static str, String)> {
    let word = |field: &str| payload[field].as_str().map(str::to_owned);
    let mode = word("mode").map(|mode| match mode.as_str() {
        "Observe" => "Observe: nothing is written while it only observes".into(),
        _ => mode,
    });
    let restore = payload["restore"].as_array().map(|listed| restored(listed));
    let all = [
        ("Mode", mode),
        ("Severity", word("severity")),
        ("Reason", word("reason")),
        ("Restores", restore),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// What a release puts back although it would reopen the compromise.
fn restored(listed: &[Value]) -> String {
    let names: Vec<&str> = listed.iter().filter_map(Value::as_str).collect();
    match names.is_empty() {
        true => "nothing that would reopen the compromise".into(),
        false => format!("{}, which would reopen the compromise", names.join(", ")),
    }
}

/// What an approver agrees to for the end.
fn expiry(expiry: Option<&Expiry>) -> String {
    match expiry {
        None => "none: contained until it is released".into(),
        Some(Expiry {
            after,
            then: OnExpiry::Hold,
        }) => format!("{after}; then it stays contained, and people are told"),
        Some(Expiry {
            after,
            then: OnExpiry::Release,
        }) => format!("{after}; then IT IS RELEASED, and this approval covers that"),
    }
}

fn approvals(standing: &Standing) -> Value {
    let Requirement {
        required,
        approver_roles,
    } = &standing.requirement;
    json!({
        "required": required, "approverRoles": approver_roles, "given": standing.voices.names(),
        "notCounted": standing.voices.refused, "rejectedBy": standing.voices.rejected, "satisfied": standing.all,
    })
}

pub(super) fn section(out: &mut String, paint: Paint, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        out.push_str(&format!("\n{}\n", paint.bold(title)));
        lines
            .iter()
            .for_each(|line| out.push_str(&format!("  {}\n", told(line))));
    }
}

/// One line of text that others may have written; a longer one is cut, and says where the rest is.
pub(super) fn told(text: &str) -> String {
    let line = text::one_line(text);
    match line.chars().count() {
        long if long > MOST_SHOWN => {
            let shown: String = line.chars().take(MOST_SHOWN).collect();
            format!("{shown}… ({} more characters: -o json shows them)", long - MOST_SHOWN)
        }
        _ => line,
    }
}

fn steps(plan: &Plan, out: &mut String, paint: Paint) {
    out.push_str(&format!("\n{}\n", paint.bold("Steps")));
    for (at, step) in plan.steps.iter().enumerate() {
        out.push_str(&step_text(at + 1, step, paint));
    }
}

fn step_text(number: usize, step: &Step, paint: Paint) -> String {
    let mut out = format!("  {number}. {}  [{}]\n", told(&step.summary), undo(step.undo, paint));
    for line in change::lines(&step.before, &step.after) {
        out.push_str(&format!("     {}\n", coloured(&told(&line), paint)));
    }
    for line in remarks(step) {
        out.push_str(&format!("     {}\n", paint.dim(&told(&line))));
    }
    out
}

pub(super) fn coloured(line: &str, paint: Paint) -> String {
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
    if step.after.to_string().contains(firebreak_core::aws::APPLY_TIME) {
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

/// The past participle of a verb.
pub fn done(verb: Verb) -> &'static str {
    match verb {
        Verb::Approve => "approved",
        Verb::Reject => "rejected",
        Verb::BreakGlass => "glass broken",
        Verb::Release => "release asked for",
        Verb::Abandon => "abandonment asked for",
        Verb::Acknowledge => "acknowledged",
        Verb::Note => "noted",
        Verb::Resolve => "resolved",
        Verb::Reopen => "opened again",
        Verb::Review => "reviewed",
        Verb::Start => "start asked for",
        Verb::Pause => "pause asked for",
        Verb::Resume => "resumption asked for",
        Verb::Skip => "skip asked for",
        Verb::Retry => "retry asked for",
        Verb::Abort => "abort asked for",
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
