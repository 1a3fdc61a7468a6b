//! What would become of findings: a tree for each, and what machines read.

use super::{Paint, tree::Tree};
use crate::findings::Given;
use firebreak_core::coordinate::{
    finding::Finding,
    source::{Answer, Becomes, How, Outcome, Placed, Rehearsed},
};
use firebreak_crds::text;
use serde_json::{Value, json};

/// A tree for each finding, and a line that counts them.
pub fn text(all: &[Rehearsed], given: &[Given], paint: Paint) -> String {
    let trees = all.iter().map(|one| tree(one, source(one, given), paint).text() + "\n");
    trees.chain([sum(all)]).collect()
}

/// The same for machines.
pub fn json(all: &[Rehearsed], given: &[Given]) -> Value {
    all.iter().map(|one| record(one, source(one, given))).collect()
}

fn source<'a>(one: &Rehearsed, given: &'a [Given]) -> &'a str {
    given.get(one.index).map_or("", |given| given.source.as_str())
}

fn tree(one: &Rehearsed, source: &str, paint: Paint) -> Tree {
    let branches = match &one.outcome {
        Outcome::Placed(placed) => vec![Tree::with(happens(&one.outcome, paint), responses(placed, paint))],
        _ => vec![Tree::leaf(happens(&one.outcome, paint))],
    };
    Tree::with(head(one, source, paint), branches)
}

fn head(one: &Rehearsed, source: &str, paint: Paint) -> String {
    match &one.finding {
        Ok(finding) => format!(
            "{}  {:?}  {}",
            paint.bold(&finding.type_),
            finding.severity,
            text::one_line(&about(finding))
        ),
        Err(rejected) => {
            let id = rejected.id.as_deref().unwrap_or("without an id");
            format!("{}  {}", paint.bold(source), text::bounded(id, 256))
        }
    }
}

fn about(finding: &Finding) -> String {
    finding.arn(&finding.about())
}

/// In a line, what happens.
fn happens(outcome: &Outcome, paint: Paint) -> String {
    let said = said(outcome);
    match outcome {
        Outcome::LeftOut(firebreak_core::coordinate::source::Skipped::Invalid(_)) | Outcome::Refused(_) => {
            paint.bad(&said)
        }
        Outcome::Placed(_) => paint.good(&said),
        Outcome::LeftOut(_) | Outcome::Undeclared(_) | Outcome::Unmatched | Outcome::Suppressed { .. } => {
            paint.wait(&said)
        }
    }
}

fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::LeftOut(_) | Outcome::Undeclared(_) => format!("left out: {}", why(outcome).unwrap_or_default()),
        Outcome::Unmatched => "no playbook".into(),
        Outcome::Suppressed { playbook, by } => format!(
            "suppressed by {} of Playbook {playbook} until {}: {}",
            by.name,
            text::recorded(&by.until),
            by.reason
        ),
        Outcome::Refused(why) => format!("refused by the API server: {why}"),
        Outcome::Placed(placed) => {
            let again = if placed.reopens { ", and opens it again" } else { "" };
            let incident = &placed.incident;
            let what = match placed.how {
                How::Opens => format!("opens Incident {incident}"),
                How::Joins => format!("joins Incident {incident}"),
                How::Updates => format!("updates what Incident {incident} knows of it"),
                How::Stays => format!("is in Incident {incident} already (--no-incidents shows how it came there)"),
            };
            format!("{what}{again}, by Playbook {}", placed.playbook)
        }
    }
}

/// Why it opens nothing.
fn why(outcome: &Outcome) -> Option<String> {
    Some(match outcome {
        Outcome::LeftOut(why) => why.to_string(),
        Outcome::Undeclared(id) => format!("there is no AwsAccount with the id {id}"),
        Outcome::Refused(why) => why.clone(),
        Outcome::Suppressed { by, .. } => by.reason.clone(),
        Outcome::Unmatched | Outcome::Placed(_) => return None,
    })
}

fn responses(placed: &Placed, paint: Paint) -> Vec<Tree> {
    let each = placed.answers.each.iter().map(|answer| response(answer, paint));
    let left = placed.answers.left.iter().map(|left| {
        let why = paint.wait(&format!("left out: {}", left.why));
        format!("{}  {why}", text::one_line(&left.name))
    });
    each.chain(left).map(Tree::leaf).collect()
}

fn response(answer: &Answer, paint: Paint) -> String {
    let draft = &answer.draft;
    let what = format!(
        "{}  {} {}  {}",
        draft.response.name,
        draft.kind,
        draft.arn,
        mode(answer)
    );
    let why = answer.becomes.why().unwrap_or_default();
    let becomes = match answer.becomes {
        Becomes::Acts => paint.good("acts"),
        Becomes::Waits(_) => paint.wait(&format!("waits for people: {why}")),
        Becomes::Known => paint.dim(&format!("is there: {why}")),
        Becomes::Unwitnessed => paint.wait(&format!("needs a second signal: {why}")),
        Becomes::Withheld | Becomes::Full => paint.wait(&format!("left out: {why}")),
    };
    format!("{}  {becomes}", text::one_line(&what))
}

fn mode(answer: &Answer) -> String {
    let template = answer.draft.response.quarantine.as_ref();
    template.map_or_else(String::new, |template| format!("{:?}", template.mode))
}

/// How many findings became what.
fn sum(all: &[Rehearsed]) -> String {
    let words = [
        "Opens",
        "Joins",
        "Updates",
        "Stays",
        "Suppressed",
        "Unmatched",
        "LeftOut",
        "Refused",
        "Invalid",
    ];
    let counts = words.iter().filter_map(|wanted| {
        let many = all.iter().filter(|one| word(one) == *wanted).count();
        (many > 0).then(|| format!("{many} {}", spoken(wanted)))
    });
    let counts: Vec<String> = counts.collect();
    let findings = text::counted(all.len() as u64, "finding");
    match counts.is_empty() {
        true => format!("{findings}\n"),
        false => format!("{findings}: {}\n", counts.join(", ")),
    }
}

fn spoken(word: &str) -> &'static str {
    match word {
        "Opens" => "opened",
        "Joins" => "joined",
        "Updates" => "updated",
        "Stays" => "there already",
        "Suppressed" => "suppressed",
        "Unmatched" => "without a playbook",
        "LeftOut" => "left out",
        "Refused" => "refused",
        _ => "not valid",
    }
}

/// What became of it, in a word.
fn word(one: &Rehearsed) -> &'static str {
    match &one.outcome {
        Outcome::LeftOut(_) if one.finding.is_err() => "Invalid",
        Outcome::LeftOut(_) | Outcome::Undeclared(_) => "LeftOut",
        Outcome::Unmatched => "Unmatched",
        Outcome::Suppressed { .. } => "Suppressed",
        Outcome::Refused(_) => "Refused",
        Outcome::Placed(placed) => match placed.how {
            How::Opens => "Opens",
            How::Joins => "Joins",
            How::Updates => "Updates",
            How::Stays => "Stays",
        },
    }
}

fn record(one: &Rehearsed, source: &str) -> Value {
    let placed = match &one.outcome {
        Outcome::Placed(placed) => Some(placed),
        _ => None,
    };
    let suppression = match &one.outcome {
        Outcome::Suppressed { by, .. } => Some(by),
        _ => None,
    };
    let playbook = match &one.outcome {
        Outcome::Placed(placed) => Some(&placed.playbook),
        Outcome::Suppressed { playbook, .. } => Some(playbook),
        _ => None,
    };
    json!({
        "source": source, "finding": one.finding.as_ref().ok().map(of_finding), "outcome": word(one),
        "why": why(&one.outcome), "playbook": playbook, "suppression": suppression,
        "incident": placed.map(|placed| &placed.incident), "reopens": placed.is_some_and(|placed| placed.reopens),
        "responses": placed.map_or_else(Vec::new, |placed| of_responses(placed)),
    })
}

fn of_finding(finding: &Finding) -> Value {
    json!({
        "id": finding.id, "type": finding.type_, "severity": finding.severity, "title": finding.title,
        "accountId": finding.account_id, "region": finding.region, "about": about(finding),
    })
}

fn of_responses(placed: &Placed) -> Vec<Value> {
    let each = placed.answers.each.iter().map(|answer| {
        json!({
            "name": answer.draft.response.name, "kind": answer.draft.kind, "arn": answer.draft.arn, "mode": mode(answer),
            "becomes": becomes(&answer.becomes), "why": answer.becomes.why(),
        })
    });
    let left = placed.answers.left.iter().map(|left| {
        json!({"name": left.name, "kind": null, "arn": null, "mode": null, "becomes": "LeftOut", "why": left.why})
    });
    each.chain(left).collect()
}

fn becomes(becomes: &Becomes) -> &'static str {
    match becomes {
        Becomes::Acts => "Acts",
        Becomes::Waits(_) => "Waits",
        Becomes::Known => "Known",
        Becomes::Unwitnessed => "NeedsSecondSignal",
        Becomes::Withheld | Becomes::Full => "LeftOut",
    }
}

#[cfg(test)]
#[path = "playbook_tests.rs"]
mod tests;
