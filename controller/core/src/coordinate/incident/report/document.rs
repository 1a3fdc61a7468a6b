//! What the report says, section by section, before it is Markdown or HTML.

use super::{Change, Facts, Response};
use crate::coordinate::incident::life;
use firebreak_crds::{
    TakenDecision, Verb,
    incident::{Deadline, DeadlineState, IncidentFinding, IncidentTask, TimelineEntry},
    text,
};
use jiff::Timestamp;

/// One section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    pub(super) table: Option<Table>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) head: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
}

/// Every section that has something to say.
pub(super) fn sections(facts: &Facts) -> Vec<Section> {
    let mut all = vec![summary(facts), times(facts), deadlines(facts)];
    all.extend(facts.responses.iter().map(response));
    all.extend([
        approvals(facts),
        findings(facts),
        affected(facts),
        tasks(facts),
        timeline(facts),
    ]);
    let says = |section: &Section| {
        !section.lines.is_empty() || section.table.as_ref().is_some_and(|table| !table.rows.is_empty())
    };
    all.into_iter().filter(says).collect()
}

/// Severity, state and outcome, in a line.
pub(super) fn headline(facts: &Facts) -> String {
    let state = facts
        .status
        .state
        .map_or("not observed yet".to_owned(), |state| format!("{state:?}"));
    let outcome = outcome(facts).map(|outcome| format!(", {outcome}")).unwrap_or_default();
    let drill = if facts.spec.drill { "Drill. " } else { "" };
    let contained = facts.status.contained.as_deref().unwrap_or("0/0");
    format!(
        "{drill}{:?}, {state}{outcome}. Contained: {contained} responses.",
        facts.spec.severity
    )
}

fn outcome(facts: &Facts) -> Option<String> {
    let ruled = facts.status.ruling.as_ref().and_then(|ruling| ruling.outcome);
    ruled.or(facts.spec.outcome).map(|outcome| format!("{outcome:?}"))
}

fn table(title: &str, head: &[&'static str], rows: Vec<Vec<String>>) -> Section {
    Section {
        title: title.to_owned(),
        lines: Vec::new(),
        table: Some(Table {
            head: head.to_vec(),
            rows,
        }),
    }
}

fn summary(facts: &Facts) -> Section {
    let spec = &facts.spec;
    let mut lines: Vec<String> = spec.summary.iter().cloned().collect();
    let mut rows = vec![("Incident", format!("{}/{}", facts.namespace, facts.name))];
    rows.extend(spec.commander.clone().map(|who| ("Commander", who)));
    rows.extend(
        spec.roles
            .iter()
            .map(|role| ("Role", format!("{}: {}", role.role, role.who))),
    );
    rows.extend(spec.merged_into.clone().map(|other| ("Goes on in", other)));
    rows.extend(spec.runbook.clone().map(|runbook| ("Runbook", runbook)));
    rows.extend(facts.status.waiting_for.clone().map(|what| ("Waits for", what)));
    rows.extend(facts.status.next_deadline.clone().map(|what| ("Next deadline", what)));
    if !facts.status.left.is_empty() {
        lines.push(format!(
            "Created here and left as they are, because their responses were removed: {}.",
            facts.status.left.join(", ")
        ));
    }
    let rows = rows
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    Section {
        lines,
        ..table("Summary", &["", ""], rows)
    }
}

/// The clocks, with their names.
pub(super) fn clocks(facts: &Facts) -> [(&'static str, Option<Timestamp>); 8] {
    let clocks = &facts.status.clocks;
    let at = |text: &Option<String>| life::time(text.as_ref());
    [
        ("first activity", at(&clocks.first_activity)),
        ("reported", at(&clocks.reported)),
        ("declared", at(&clocks.declared)),
        ("acknowledged", at(&clocks.acknowledged)),
        ("first write", at(&clocks.first_write)),
        ("contained", at(&clocks.contained)),
        ("recovered", at(&clocks.recovered)),
        ("resolved", at(&clocks.resolved)),
    ]
}

fn times(facts: &Facts) -> Section {
    let declared = life::time(facts.status.clocks.declared.as_ref());
    let rows = clocks(facts).into_iter().map(|(name, at)| {
        let after = at.zip(declared).map(|(at, declared)| distance(declared, at));
        let after = after.unwrap_or_default();
        vec![
            capital(name),
            at.map_or("not yet".into(), text::seconds),
            after,
            target(facts, name),
        ]
    });
    table(
        "Times against targets",
        &["What", "When", "After the declaration", "Target"],
        rows.collect(),
    )
}

fn target(facts: &Facts, clock: &str) -> String {
    let named = (clock == "acknowledged").then(|| facts.status.deadlines.iter().find(|one| one.name == "acknowledge"));
    named.flatten().map_or(String::new(), |one| {
        format!("by {}: {}", text::recorded(&one.due), standing(one))
    })
}

pub(super) fn standing(deadline: &Deadline) -> &'static str {
    match deadline.state {
        DeadlineState::Running => "running",
        DeadlineState::Met => "met",
        DeadlineState::Late => "met too late",
        DeadlineState::Missed => "missed",
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// How long after, or before, a moment: in its two greatest units.
pub(super) fn distance(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.as_second() - from.as_second();
    let whole = seconds.unsigned_abs();
    let units = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)];
    let mut rest = whole;
    let parts = units.iter().filter_map(|(name, unit)| {
        let count = rest / unit;
        rest %= unit;
        (count > 0).then(|| format!("{count} {name}"))
    });
    let told: Vec<String> = parts.take(2).collect();
    match (told.is_empty(), seconds < 0) {
        (true, _) => "0 s".into(),
        (false, true) => format!("{} before", told.join(" ")),
        (false, false) => told.join(" "),
    }
}

fn deadlines(facts: &Facts) -> Section {
    let rows = facts.status.deadlines.iter().map(|one| {
        let met = one.met_at.as_deref().map(text::recorded);
        vec![
            one.name.clone(),
            text::recorded(&one.due),
            met.unwrap_or_default(),
            standing(one).into(),
        ]
    });
    table("Deadlines", &["What", "Due", "Done", "State"], rows.collect())
}

fn response(response: &Response) -> Section {
    let why = response
        .waits_for
        .as_ref()
        .map(|why| format!(" ({why})"))
        .unwrap_or_default();
    let when = |name: &str, at: Option<Timestamp>| at.map(|at| format!("{name} {}", text::seconds(at)));
    let times = [
        when("created", response.created),
        when("first write", response.first_write),
        when("contained", response.contained),
        when("released", response.released),
    ];
    let times: Vec<String> = times.into_iter().flatten().collect();
    let mut lines = vec![format!(
        "Quarantine {} is {}{why}.",
        response.object,
        life::word(response.state)
    )];
    lines.extend(response.target.clone());
    lines.extend((!times.is_empty()).then(|| format!("{}.", capital(&times.join(", ")))));
    let rows = response.changes.iter().map(|change: &Change| {
        let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "not known".into());
        vec![change.what.clone(), or(&change.before), or(&change.after)]
    });
    Section {
        lines,
        ..table(
            &format!("Response {}", response.name),
            &["Change", "Before", "After"],
            rows.collect(),
        )
    }
}

fn approvals(facts: &Facts) -> Section {
    let each = facts.responses.iter().flat_map(|response| {
        let row = |one: &TakenDecision| {
            let at = one.given_at.as_deref().map(text::recorded).unwrap_or_default();
            vec![
                at,
                one.by.clone(),
                one.approver_role.clone(),
                said(one.verb).into(),
                response.name.clone(),
            ]
        };
        response.decisions.iter().map(row)
    });
    let mut rows: Vec<Vec<String>> = each.collect();
    rows.sort();
    let asked = &facts.status.asked;
    let mut lines = Vec::new();
    if !asked.by.is_empty() {
        lines.push(format!(
            "Asked for by {}: none of them counts as an approver.",
            asked.by.join(", ")
        ));
    }
    if asked.unattributed {
        lines.push("Not everybody who asked is known: each response needs one more approver.".into());
    }
    Section {
        lines,
        ..table("Who approved what", &["When", "Who", "As", "What", "Response"], rows)
    }
}

/// What a person did, in a word or two.
pub(super) fn said(verb: Verb) -> &'static str {
    match verb {
        Verb::Approve => "approved",
        Verb::Reject => "rejected",
        Verb::BreakGlass => "broke the glass",
        Verb::Release => "asked for its release",
        Verb::Abandon => "gave custody up",
        Verb::Acknowledge => "acknowledged",
        Verb::Note => "noted",
        Verb::Resolve => "resolved",
        Verb::Reopen => "opened again",
        Verb::Review => "reviewed",
        Verb::Start => "started a failover",
        Verb::Pause => "paused the run",
        Verb::Resume => "let the run go on",
        Verb::Skip => "skipped a step",
        Verb::Retry => "had a step begun again",
        Verb::Abort => "aborted the run",
    }
}

fn findings(facts: &Facts) -> Section {
    let rows = facts.spec.findings.iter().map(|finding: &IncidentFinding| {
        let or = |value: &Option<String>| value.clone().unwrap_or_default();
        let seen = [&finding.first_seen, &finding.last_seen].map(|time| time.as_deref().map(text::recorded));
        let severity = finding
            .severity
            .map(|severity| format!("{severity:?}"))
            .unwrap_or_default();
        let [first, last] = seen.map(Option::unwrap_or_default);
        vec![
            or(&finding.product),
            or(&finding.type_),
            severity,
            or(&finding.title),
            first,
            last,
            finding.id.clone(),
        ]
    });
    table(
        "Findings",
        &["Product", "Type", "Severity", "Title", "First seen", "Last seen", "Id"],
        rows.collect(),
    )
}

fn affected(facts: &Facts) -> Section {
    table(
        "Affected",
        &["ARN"],
        facts.spec.affected.iter().map(|arn| vec![arn.clone()]).collect(),
    )
}

fn tasks(facts: &Facts) -> Section {
    let mut tasks: Vec<&IncidentTask> = facts.spec.tasks.iter().collect();
    tasks.sort_by_key(|task| task.done);
    let rows = tasks.into_iter().map(|task| {
        let or = |value: &Option<String>| value.clone().unwrap_or_default();
        let state = if task.done { "done" } else { "open" };
        let due = task.due.as_deref().map(text::recorded).unwrap_or_default();
        vec![state.into(), task.name.clone(), or(&task.text), or(&task.owner), due]
    });
    table("Tasks", &["State", "Task", "What", "Owner", "Due"], rows.collect())
}

fn timeline(facts: &Facts) -> Section {
    let rows = facts.status.timeline.iter().map(|entry: &TimelineEntry| {
        let who = entry.who.clone().unwrap_or_default();
        vec![text::recorded(&entry.at), who, entry.what.clone()]
    });
    table("Timeline", &["When", "Who", "What"], rows.collect())
}
