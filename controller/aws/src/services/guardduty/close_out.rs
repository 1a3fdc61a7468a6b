//! Findings that are over: archived, and marked as useful or not.

use super::{detector, get};
use crate::caller::Caller;
use aws_sdk_guardduty::types::{Feedback, Finding};
use firebreak_core::aws::{
    access::Service,
    failure::Failure,
    guardduty::{CloseOut, ClosedOut},
};
use firebreak_crds::incident::FindingFeedback;
use std::collections::BTreeSet;

const ARCHIVE: &str = "guardduty:ArchiveFindings";
const MARK: &str = "guardduty:UpdateFindingsFeedback";

/// Marks and archives findings, each that is not yet as it is to be; which of them there still are is read first. GuardDuty lets
/// only the administrator account archive (GuardDuty API reference, ArchiveFindings): it refuses a member's detector.
///
/// # Errors
/// A classified [`Failure`]; `Gone` where there is no detector.
pub(crate) async fn close_out(
    reader: &Caller<'_>,
    writer: &Caller<'_>,
    asked: &CloseOut,
) -> Result<ClosedOut, Failure> {
    let detector = detector(reader).await?;
    let found = get(reader, &detector, &asked.findings).await?;
    let ids = |which: &dyn Fn(&Finding) -> bool| -> Vec<String> {
        let all = found.iter().filter(|finding| which(finding));
        all.filter_map(|finding| finding.id.clone()).collect()
    };
    if let Some(feedback) = asked.feedback.map(mark) {
        let unmarked = ids(&|finding| marked(finding) != Some(feedback.as_str()));
        tell(writer, &detector, unmarked, feedback).await?;
    }
    archive(writer, &detector, ids(&|finding| !is_archived(finding))).await?;
    let there: BTreeSet<String> = ids(&|_| true).into_iter().collect();
    let gone = asked.findings.iter().filter(|id| !there.contains(*id));
    Ok(ClosedOut {
        gone: gone.cloned().collect(),
    })
}

fn mark(feedback: FindingFeedback) -> Feedback {
    match feedback {
        FindingFeedback::Useful => Feedback::Useful,
        FindingFeedback::NotUseful => Feedback::NotUseful,
    }
}

fn marked(finding: &Finding) -> Option<&str> {
    finding.service()?.user_feedback()
}

fn is_archived(finding: &Finding) -> bool {
    finding.service().and_then(|service| service.archived()) == Some(true)
}

async fn tell(writer: &Caller<'_>, detector: &str, ids: Vec<String>, feedback: Feedback) -> Result<(), Failure> {
    if ids.is_empty() {
        return Ok(());
    }
    let request = writer
        .session
        .guardduty()
        .update_findings_feedback()
        .detector_id(detector)
        .set_finding_ids(Some(ids))
        .feedback(feedback)
        .send();
    writer.write(Service::GuardDuty, MARK, request).await?;
    Ok(())
}

async fn archive(writer: &Caller<'_>, detector: &str, ids: Vec<String>) -> Result<(), Failure> {
    if ids.is_empty() {
        return Ok(());
    }
    let request = writer
        .session
        .guardduty()
        .archive_findings()
        .detector_id(detector)
        .set_finding_ids(Some(ids))
        .send();
    writer.write(Service::GuardDuty, ARCHIVE, request).await?;
    Ok(())
}
