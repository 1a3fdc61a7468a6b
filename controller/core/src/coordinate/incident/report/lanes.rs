//! What the picture shows: lanes with bars and marks, in time.

use super::{
    Facts, Response,
    document::{clocks, said, standing},
    escape::label,
};
use crate::coordinate::incident::life;
use firebreak_crds::incident::{DeadlineState, ResponseState, TimelineEvent};
use jiff::Timestamp;

/// The longest label of a mark.
const LABEL: usize = 36;
/// The shortest time that the picture shows.
const SHORTEST: i64 = 600;
/// The most marks of one lane: the others are in the tables.
const MARKS: usize = 24;

/// The whole picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picture {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) lanes: Vec<Lane>,
}

/// One lane.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lane {
    pub(super) title: String,
    pub(super) bars: Vec<Bar>,
    pub(super) marks: Vec<Mark>,
}

/// A span of time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) class: &'static str,
    pub(super) label: String,
}

/// A moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) at: Timestamp,
    pub(super) class: &'static str,
    pub(super) label: String,
}

fn mark(at: Timestamp, class: &'static str, text: &str) -> Mark {
    Mark {
        at,
        class,
        label: label(text, LABEL),
    }
}

/// The lanes of an incident: its clocks, its people, its responses, its deadlines.
pub(super) fn of(facts: &Facts) -> Picture {
    let mut lanes = vec![clock_lane(facts), people(facts)];
    let (_, end) = shown(facts);
    lanes.extend(facts.responses.iter().map(|one| response(one, end)));
    lanes.push(deadlines(facts));
    lanes.retain(|lane| !lane.bars.is_empty() || !lane.marks.is_empty());
    lanes.iter_mut().for_each(|lane| lane.marks.truncate(MARKS));
    let (from, until) = shown(facts);
    Picture { from, until, lanes }
}

/// The time that is shown: from the first event, or not longer before the declaration than the incident lasts, to the end, or now.
fn shown(facts: &Facts) -> (Timestamp, Timestamp) {
    let times = clocks(facts).into_iter().filter_map(|(_, at)| at);
    let told = facts
        .status
        .timeline
        .iter()
        .filter(|entry| entry.event != TimelineEvent::Overdue);
    let told = told.filter_map(|entry| entry.at.parse().ok());
    let all: Vec<Timestamp> = times.chain(told).map(|at: Timestamp| at.min(facts.now)).collect();
    let declared = life::time(facts.status.clocks.declared.as_ref()).unwrap_or(facts.now);
    let is_over = facts.status.clocks.resolved.is_some();
    let last = all
        .iter()
        .max()
        .copied()
        .filter(|_| is_over)
        .unwrap_or(facts.now)
        .max(declared);
    let lasted = (last.as_second() - declared.as_second()).max(SHORTEST);
    let earliest = Timestamp::from_second(declared.as_second() - lasted).unwrap_or(declared);
    let first = all.iter().min().copied().unwrap_or(declared).max(earliest);
    let until = Timestamp::from_second(last.as_second().max(first.as_second() + SHORTEST)).unwrap_or(last);
    (first, until)
}

fn clock_lane(facts: &Facts) -> Lane {
    let class = |name: &str| match name {
        "first activity" | "reported" => "bad",
        "declared" | "acknowledged" | "resolved" => "person",
        "first write" => "act",
        _ => "held",
    };
    let marks = clocks(facts)
        .into_iter()
        .filter_map(|(name, at)| Some(mark(at?, class(name), name)));
    Lane {
        title: "Incident".into(),
        bars: Vec::new(),
        marks: marks.collect(),
    }
}

fn people(facts: &Facts) -> Lane {
    let marks = facts.status.timeline.iter().filter_map(|entry| {
        let who = entry.who.as_deref().unwrap_or("somebody");
        let text = match entry.event {
            TimelineEvent::Note => format!("{who}: {}", entry.what),
            TimelineEvent::Severity => format!("{who}: {}", entry.what),
            TimelineEvent::Acknowledged => format!("{who} acknowledged"),
            TimelineEvent::ResolveAsked => format!("{who} resolved"),
            TimelineEvent::Reopened => format!("{who} opened it again"),
            TimelineEvent::Reviewed => format!("{who} reviewed"),
            TimelineEvent::Declared => format!("{who} declared"),
            _ => return None,
        };
        Some(mark(entry.at.parse().ok()?, "person", &text))
    });
    Lane {
        title: "People".into(),
        bars: Vec::new(),
        marks: marks.collect(),
    }
}

fn response(response: &Response, end: Timestamp) -> Lane {
    let mut marks: Vec<Mark> = response
        .decisions
        .iter()
        .filter_map(|one| {
            let class = if one.verb == firebreak_crds::Verb::Reject {
                "bad"
            } else {
                "person"
            };
            Some(mark(
                life::time(one.given_at.as_ref())?,
                class,
                &format!("{} {}", one.by, said(one.verb)),
            ))
        })
        .collect();
    marks.extend(response.first_write.map(|at| mark(at, "act", "first write")));
    if response.state == ResponseState::Failed {
        marks.push(mark(end, "bad", "failing"));
    }
    marks.sort_by_key(|mark| mark.at);
    Lane {
        title: label(&response.name, LABEL),
        bars: bars(response, end),
        marks,
    }
}

/// Waiting, acting, contained, released: each until the next begins, and the last one until now.
fn bars(response: &Response, end: Timestamp) -> Vec<Bar> {
    let until = |next: &[Option<Timestamp>]| next.iter().flatten().min().copied().unwrap_or(end);
    let Response {
        created,
        first_write,
        contained,
        released,
        ..
    } = *response;
    let spans = [
        (created, until(&[first_write, contained, released]), "wait", "waiting"),
        (first_write, until(&[contained, released]), "act", "being contained"),
        (contained, until(&[released]), "held", "contained"),
        (released, end, "off", "released"),
    ];
    let bars = spans.into_iter().filter_map(|(from, until, class, label)| {
        let from = from?;
        (from <= until).then(|| Bar {
            from,
            until,
            class,
            label: label.into(),
        })
    });
    bars.collect()
}

fn deadlines(facts: &Facts) -> Lane {
    let marks = facts.status.deadlines.iter().filter_map(|one| {
        let class = match one.state {
            DeadlineState::Running => "wait",
            DeadlineState::Met => "held",
            DeadlineState::Late | DeadlineState::Missed => "bad",
        };
        Some(mark(
            one.due.parse().ok()?,
            class,
            &format!("{}: {}", one.name, standing(one)),
        ))
    });
    Lane {
        title: "Deadlines".into(),
        bars: Vec::new(),
        marks: marks.collect(),
    }
}
