//! What AWS refuses of an orphan's writes: said with its remedy, and tried again slowly where it refuses for good.

use super::{Orphan, said};
use crate::{
    aws::failure::{Failure, FailureClass},
    engine::journal::second,
};
use firebreak_crds::{HoldSpec, text};
use jiff::Timestamp;

/// Seconds after which a write is tried again that AWS refused for good: a person's fix is not told.
const AGAIN_SECONDS: i64 = 300;

/// What AWS refused is said at the Hold: nobody else speaks for it. A refusal for good names its remedy and is tried again a
/// while later; it does not count as drift that was put right. What does not fit the state of something else (a limit below
/// the provisioned concurrency that other custody is about to take away) may fit soon, and is tried at the usual pace.
pub fn refused(orphan: &Orphan, intent: &HoldSpec, failure: &Failure, now: Timestamp) -> HoldSpec {
    let Some(remedy) = remedy(failure, &intent.account_name) else {
        return said(intent, &format!("AWS refused a write: {failure}"));
    };
    let slowly = failure.class != FailureClass::Invalid;
    let pace = match slowly {
        true => format!("every {} minutes", AGAIN_SECONDS / 60),
        false => "as long as custody lasts".into(),
    };
    let message = format!(
        "AWS refused a write: {}: {}; it is tried again {pace}. To end that, {remedy}, or give custody up with {}. AWS says: {}",
        failure.call,
        failure.code,
        orphan.give_up(),
        failure.message
    );
    HoldSpec {
        refused_at: slowly.then(|| text::seconds(now)),
        reasserted_at: orphan.hold.reasserted_at.clone(),
        ..said(intent, &message)
    }
}

/// What a person can do about a refusal for good; none where it passes by itself.
fn remedy(failure: &Failure, account: &str) -> Option<String> {
    Some(match failure.class {
        FailureClass::Denied => format!("allow {} to the role that AwsAccount {account} names", failure.call),
        FailureClass::Limit => "raise the quota, or remove what uses it up".into(),
        FailureClass::Invalid | FailureClass::Gone | FailureClass::Unmodifiable => "put the value right in AWS".into(),
        FailureClass::Conflict | FailureClass::Throttled | FailureClass::Transient | FailureClass::NotYet => {
            return None;
        }
    })
}

/// Whether the Hold has not said yet that AWS refuses this for good.
pub fn is_news(before: &HoldSpec, failure: &Failure) -> bool {
    let code = format!("{}: {};", failure.call, failure.code);
    let said = before.message.as_deref().is_some_and(|message| message.contains(&code));
    failure.class.is_for_good() && !said
}

/// Seconds until a write that AWS refused for good is tried again; none where none was.
pub fn again(hold: &HoldSpec, now: Timestamp) -> Option<u64> {
    let since = now.as_second() - second(hold.refused_at.as_deref())?;
    u64::try_from(AGAIN_SECONDS - since).ok().filter(|left| *left > 0)
}
