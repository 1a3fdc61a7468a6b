//! GuardDuty: the findings of a region, and what becomes of them.

use super::{MemoryAws, state::State};
use firebreak_core::aws::{
    access::Access,
    failure::Failure,
    guardduty::{CLOSE_OUT_ACTIONS, CloseOut, ClosedOut, FindingsAsked, no_detector},
};
use firebreak_crds::incident::FindingFeedback;
use jiff::Timestamp;
use serde_json::Value;

impl MemoryAws {
    /// GuardDuty tells of a finding in a region of an account from now on, or of its update where it told of it before.
    pub fn put_finding(&self, account: &str, region: &str, finding: Value) {
        self.change(|world| {
            let known = world.accounts.entry(account.to_owned()).or_default();
            known.id = account.to_owned();
            known.region_or_empty(region).put_finding(finding);
        });
    }
}

/// One call that changes findings.
#[derive(Clone, Debug, PartialEq)]
pub enum FindingsWrite {
    /// These are marked.
    Mark(Vec<String>, FindingFeedback),
    /// These are archived.
    Archive(Vec<String>),
}

impl FindingsWrite {
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::Archive(_) => CLOSE_OUT_ACTIONS[0],
            Self::Mark(..) => CLOSE_OUT_ACTIONS[1],
        }
    }
}

/// Which of the findings there are.
pub(super) fn standing(state: &State, access: &Access, asked: &CloseOut) -> Result<ClosedOut, Failure> {
    let region = state.region(access, &access.region);
    if region.without_detector {
        return Err(no_detector(&access.region));
    }
    let is_gone = |id: &&String| region.findings.iter().all(|finding| finding["id"] != **id);
    let gone = asked.findings.iter().filter(is_gone).cloned().collect();
    Ok(ClosedOut { gone })
}

/// The calls that bring findings to where they are to be; none about what is there.
pub(super) fn writes(state: &State, access: &Access, asked: &CloseOut) -> Vec<FindingsWrite> {
    let region = state.region(access, &access.region);
    let of = |wants: &dyn Fn(&Value) -> bool| -> Vec<String> {
        let found = region.findings.iter().filter(|one| wants(one));
        let ids = found.filter_map(|one| Some(one["id"].as_str()?.to_owned()));
        ids.filter(|id| asked.findings.contains(id)).collect()
    };
    let marks = asked.feedback.map(|feedback| {
        let unmarked = of(&|one| one["service"]["userFeedback"] != word(feedback));
        FindingsWrite::Mark(unmarked, feedback)
    });
    let archives = FindingsWrite::Archive(of(&|one| !is_archived(one)));
    let says = |write: &FindingsWrite| match write {
        FindingsWrite::Mark(ids, _) | FindingsWrite::Archive(ids) => !ids.is_empty(),
    };
    marks.into_iter().chain([archives]).filter(says).collect()
}

fn word(feedback: FindingFeedback) -> &'static str {
    match feedback {
        FindingFeedback::Useful => "USEFUL",
        FindingFeedback::NotUseful => "NOT_USEFUL",
    }
}

pub(super) fn write(state: &mut State, access: &Access, write: &FindingsWrite) -> Result<(), Failure> {
    let region = state.asked(access).map_err(|refusal| refusal.in_call(write.action()))?;
    let (ids, field, value) = match write {
        FindingsWrite::Mark(ids, feedback) => (ids, "userFeedback", Value::from(word(*feedback))),
        FindingsWrite::Archive(ids) => (ids, "archived", Value::from(true)),
    };
    for finding in &mut region.findings {
        if finding["id"].as_str().is_some_and(|id| ids.iter().any(|one| one == id)) {
            finding["service"][field] = value.clone();
        }
    }
    Ok(())
}

/// What is no time, or no number, is kept back by nothing: AWS would not say it, and who reads it must bear it.
pub(super) fn list(state: &State, access: &Access, asked: &FindingsAsked) -> Result<Vec<Value>, Failure> {
    let region = state.region(access, &access.region);
    if region.without_detector {
        return Err(no_detector(&access.region));
    }
    let since = asked.updated_since.as_millisecond();
    let mut found: Vec<Value> = region.findings;
    found.retain(|finding| {
        !is_archived(finding) && updated(finding).is_none_or(|at| at >= since) && is_bad(finding, asked)
    });
    found.sort_by_key(updated);
    found.truncate(asked.most);
    Ok(found)
}

/// Those of them that there are.
pub(super) fn named(state: &State, access: &Access, ids: &[String]) -> Result<Vec<Value>, Failure> {
    let region = state.region(access, &access.region);
    if region.without_detector {
        return Err(no_detector(&access.region));
    }
    let is_asked = |finding: &Value| ids.iter().any(|id| finding["id"] == id.as_str());
    Ok(region.findings.into_iter().filter(is_asked).collect())
}

fn is_archived(finding: &Value) -> bool {
    finding["service"]["archived"] == true
}

fn is_bad(finding: &Value, asked: &FindingsAsked) -> bool {
    let severity = finding["severity"].as_f64();
    severity.is_none_or(|severity| severity >= f64::from(asked.lowest()))
}

/// In milliseconds since 1970, as GuardDuty compares it.
fn updated(finding: &Value) -> Option<i64> {
    let at: Timestamp = finding["updatedAt"].as_str()?.parse().ok()?;
    Some(at.as_millisecond())
}
