//! Findings of GuardDuty: which there are, what each of them says, and what becomes of those that are over.

mod close_out;
mod detail;

pub(crate) use close_out::close_out;

use crate::caller::{Caller, repeated};
use aws_sdk_guardduty::types::{Condition, Finding, FindingCriteria, OrderBy, SortCriteria};
use firebreak_core::aws::{
    access::Service,
    failure::{Failure, FailureClass},
    guardduty::{FindingsAsked, no_detector},
};
use jiff::Timestamp;
use serde_json::Value;

const DETECTORS: &str = "guardduty:ListDetectors";
const LIST: &str = "guardduty:ListFindings";
const GET: &str = "guardduty:GetFindings";
/// The most that GuardDuty takes: ids that it lists in a page, and findings that it tells at once.
const PAGE: usize = 50;
/// The most pages that are listed: as many as the most findings that are asked for take.
const PAGES: usize = 20;
const UPDATED: &str = "updatedAt";

/// Findings, the earliest update first: fewer than are asked for only where there are no more. One that is updated meanwhile may
/// have left its place in the list, before others that were not listed yet: it is left out, and comes again.
///
/// # Errors
/// A classified [`Failure`]; `Gone` where there is no detector.
pub(crate) async fn findings(caller: &Caller<'_>, asked: &FindingsAsked) -> Result<Vec<Value>, Failure> {
    let detector = detector(caller).await?;
    let began = Timestamp::now();
    let (mut found, mut token) = (Vec::new(), None);
    for _ in 0..PAGES {
        let (ids, next) = list(caller, &detector, asked, token.clone()).await?;
        let told = get(caller, &detector, &ids).await?;
        found.extend(told.into_iter().filter(|finding| stands(finding, began)));
        match next {
            None => break,
            Some(_) if found.len() >= asked.most => break,
            next if next == token => return Err(repeated(LIST)),
            next => token = next,
        }
    }
    found.sort_by_key(updated);
    found.truncate(asked.most);
    Ok(found.iter().map(detail::of).collect())
}

/// Those of these findings that there are, in any order.
///
/// # Errors
/// A classified [`Failure`]; `Gone` where there is no detector.
pub(crate) async fn named(caller: &Caller<'_>, ids: &[String]) -> Result<Vec<Value>, Failure> {
    let detector = detector(caller).await?;
    let found = match get(caller, &detector, ids).await {
        Err(failure) if failure.class == FailureClass::Invalid => each(caller, &detector, ids).await?,
        found => found?,
    };
    Ok(found.iter().map(detail::of).collect())
}

/// One by one: what GuardDuty does not take as an id keeps no other finding back.
async fn each(caller: &Caller<'_>, detector: &str, ids: &[String]) -> Result<Vec<Finding>, Failure> {
    let mut found = Vec::new();
    for id in ids {
        match get(caller, detector, std::slice::from_ref(id)).await {
            Err(failure) if failure.class == FailureClass::Invalid => {}
            told => found.extend(told?),
        }
    }
    Ok(found)
}

/// A region has one detector, or none.
async fn detector(caller: &Caller<'_>) -> Result<String, Failure> {
    let request = caller.session.guardduty().list_detectors().send();
    let found = caller.read(Service::GuardDuty, DETECTORS, request).await?;
    let first = found.detector_ids.unwrap_or_default().into_iter().next();
    first.ok_or_else(|| no_detector(caller.region))
}

async fn list(
    caller: &Caller<'_>,
    detector: &str,
    asked: &FindingsAsked,
    token: Option<String>,
) -> Result<(Vec<String>, Option<String>), Failure> {
    let earliest = SortCriteria::builder()
        .attribute_name(UPDATED)
        .order_by(OrderBy::Asc)
        .build();
    let request = caller
        .session
        .guardduty()
        .list_findings()
        .detector_id(detector)
        .finding_criteria(criteria(asked))
        .sort_criteria(earliest)
        .max_results(PAGE as i32)
        .set_next_token(token)
        .send();
    let page = caller.read(Service::GuardDuty, LIST, request).await?;
    let next = page.next_token.filter(|next| !next.is_empty());
    Ok((page.finding_ids.unwrap_or_default(), next))
}

fn criteria(asked: &FindingsAsked) -> FindingCriteria {
    let from = |least| Condition::builder().greater_than_or_equal(least).build();
    FindingCriteria::builder()
        .criterion(UPDATED, from(asked.updated_since.as_millisecond()))
        .criterion("severity", from(asked.lowest().into()))
        .criterion("service.archived", Condition::builder().equals("false").build())
        .build()
}

/// In any order; what is gone since it was listed is left out.
async fn get(caller: &Caller<'_>, detector: &str, ids: &[String]) -> Result<Vec<Finding>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let request = caller
        .session
        .guardduty()
        .get_findings()
        .detector_id(detector)
        .set_finding_ids(Some(ids.to_vec()))
        .send();
    let page = caller.read(Service::GuardDuty, GET, request).await?;
    Ok(page.findings.unwrap_or_default())
}

/// Whether it is where it was listed.
fn stands(finding: &Finding, began: Timestamp) -> bool {
    let archived = finding.service().and_then(|service| service.archived());
    archived != Some(true) && updated(finding).is_none_or(|at| at <= began)
}

fn updated(finding: &Finding) -> Option<Timestamp> {
    finding.updated_at()?.parse().ok()
}
