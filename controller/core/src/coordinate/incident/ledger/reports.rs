//! The report beside the ledger: put once each time that the incident is resolved. Its hashes are written into the status before
//! it is put, so that it is recognised after a crash; once it is there, its hash is an entry.

use super::{
    super::{
        life::time,
        report::{self, Change, Facts},
        world::{Subject, World},
    },
    keeping, open,
    place::{Place, Site},
    progress::{Answer, Ledger, blocked},
};
use crate::{blocked::Blocked, digest, run::archive::Document};
use firebreak_crds::{
    IncidentStatus, Reason,
    incident::{LedgerStatus, StoredReport},
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The name of a report's document.
const NAME: &str = "report";

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people with a terminal, or a wiki.
    Markdown,
    /// For people with a browser.
    Html,
}

/// Every form.
pub(super) const FORMS: [Form; 2] = [Form::Markdown, Form::Html];

/// A file that is there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored {
    number: u32,
    form: Form,
    hash: String,
    at: Timestamp,
}

/// A report to make and to put.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    number: u32,
    resolved_at: Timestamp,
    /// Where it goes.
    pub site: Box<Site>,
    /// What is known, with the status as it is to be written.
    pub world: Box<World>,
}

/// A file of a report, before it is put.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Its form.
    pub form: Form,
    /// Its key and content.
    pub document: Document,
}

/// The next report, where the incident is over and everything else is in the ledger.
pub(in super::super) fn next(world: &World, status: &IncidentStatus, now: Timestamp) -> Option<Offer> {
    let site = open(world, now)?;
    let resolved_at = end(status)?;
    (is_due(world, status) && keeping::behind(status) == 0).then(|| Offer {
        number: number(status.ledger.as_ref(), resolved_at),
        resolved_at,
        site: Box::new(site.clone()),
        world: Box::new(World {
            subject: Subject {
                status: status.clone(),
                ..world.subject.clone()
            },
            ..world.clone()
        }),
    })
}

fn end(status: &IncidentStatus) -> Option<Timestamp> {
    time(status.clocks.resolved.as_ref())
}

/// Whether the end has no report yet.
pub(super) fn is_due(world: &World, status: &IncidentStatus) -> bool {
    let Some(end) = end(status).filter(|_| matches!(world.ledger.place, Place::At(_))) else {
        return false;
    };
    let known = status.ledger.as_ref().and_then(|ledger| of(ledger, end));
    known.is_none_or(|report| report.stored_at.is_none())
}

fn of(ledger: &LedgerStatus, end: Timestamp) -> Option<&StoredReport> {
    let mut all = ledger.reports.iter();
    all.find(|one| time(Some(&one.resolved_at)) == Some(end))
}

fn number(ledger: Option<&LedgerStatus>, end: Timestamp) -> u32 {
    let known = ledger.and_then(|ledger| of(ledger, end)).map(|report| report.number);
    let last = ledger.and_then(|ledger| ledger.reports.last());
    known.unwrap_or_else(|| last.map_or(0, |report| report.number).saturating_add(1))
}

/// The name of a file of a report.
pub(super) fn file_name(number: u32, form: Form) -> String {
    let ending = match form {
        Form::Markdown => "md",
        Form::Html => "html",
    };
    match number {
        1 => format!("{NAME}.{ending}"),
        _ => format!("{NAME}-{number:05}.{ending}"),
    }
}

impl Offer {
    /// Its files, with what each response changed. It is written as of the end, so that a second try makes the same one.
    pub fn files(&self, changes: BTreeMap<String, Vec<Change>>) -> [File; 2] {
        let facts = Facts::of(&self.world, changes, self.resolved_at);
        let file = |form, body| File {
            form,
            document: Document {
                name: NAME,
                key: format!("{}{}", self.site.prefix, file_name(self.number, form)),
                body,
            },
        };
        [
            file(Form::Markdown, report::markdown(&facts)),
            file(Form::Html, report::html(&facts)),
        ]
    }

    /// The status that says what is about to be put.
    pub fn status(&self, files: &[File]) -> IncidentStatus {
        let mut status = self.world.subject.status.clone();
        let Some(ledger) = &mut status.ledger else {
            return status;
        };
        if of(ledger, self.resolved_at).is_none() {
            ledger.reports.push(StoredReport {
                number: self.number,
                resolved_at: self.resolved_at.to_string(),
                ..StoredReport::default()
            });
        }
        let report = ledger.reports.iter_mut().find(|report| report.number == self.number);
        if let Some(report) = report {
            files.iter().for_each(|file| offer(report, file));
        }
        status.bounded()
    }

    /// Takes the answer about a file; whether the next one is to be put.
    pub fn took(
        &self,
        written: &IncidentStatus,
        ledger: &mut Ledger,
        file: &File,
        answer: Answer,
        now: Timestamp,
    ) -> bool {
        let hash = match answer {
            Answer::Stored(hash) => hash,
            Answer::Taken(text) => digest::of_bytes(text.as_bytes()),
            Answer::Failed(failure) => {
                ledger.problem = Some(blocked(&failure));
                return false;
            }
        };
        let known = written.ledger.as_ref().and_then(|ledger| of(ledger, self.resolved_at));
        if !known.is_some_and(|report| offered(report, file.form).contains(&hash)) {
            ledger.problem = Some(foreign(&file.document.key, &hash));
            return false;
        }
        ledger.reports.push(Stored {
            number: self.number,
            form: file.form,
            hash,
            at: now,
        });
        true
    }
}

fn offer(report: &mut StoredReport, file: &File) {
    let hash = digest::of_bytes(file.document.body.as_bytes());
    let offered = match file.form {
        Form::Markdown => &mut report.offered_markdown,
        Form::Html => &mut report.offered_html,
    };
    if !offered.contains(&hash) {
        offered.push(hash);
    }
}

fn offered(report: &StoredReport, form: Form) -> &[String] {
    match form {
        Form::Markdown => &report.offered_markdown,
        Form::Html => &report.offered_html,
    }
}

fn foreign(key: &str, hash: &str) -> Blocked {
    let message = format!(
        "{key} is there already with another content ({hash}), which was not written here: find out who did, and remove it"
    );
    Blocked::new(Reason::LedgerForked, message)
}

/// What was put in this pass, in the status.
pub(super) fn taken(world: &World, ledger: &mut LedgerStatus) {
    for stored in &world.ledger.reports {
        let found = ledger.reports.iter_mut().find(|report| report.number == stored.number);
        let Some(report) = found else { continue };
        match stored.form {
            Form::Markdown => report.markdown = Some(stored.hash.clone()),
            Form::Html => report.html = Some(stored.hash.clone()),
        }
        if report.markdown.is_some() && report.html.is_some() && report.stored_at.is_none() {
            report.stored_at = Some(stored.at.to_string());
            (report.offered_markdown, report.offered_html) = (Vec::new(), Vec::new());
            if world.ledger.problem.is_none() {
                (ledger.problem, ledger.failed_at) = (None, None);
            }
        }
    }
}

/// What the timeline tells of reports: when each was stored, its name, and the hash of each file.
pub(in super::super) fn told(world: &World) -> Vec<(Timestamp, String, String)> {
    let mut ledger = world.subject.status.ledger.clone().unwrap_or_default();
    taken(world, &mut ledger);
    let each = ledger.reports.iter().filter_map(|report| {
        let at = time(report.stored_at.as_ref())?;
        let files = [(Form::Markdown, &report.markdown), (Form::Html, &report.html)];
        let files = files.map(|(form, hash)| {
            let hash = hash.as_deref().unwrap_or_default();
            format!("{} {hash}", file_name(report.number, form))
        });
        Some((at, format!("report {}", report.number), files.join("; ")))
    });
    each.collect()
}
