//! What the operator or the notifier says of an object of ours: the condition Ready, where it speaks of the spec as it is now.

use super::Finding;
use firebreak_crds::Condition;
use kube::{Resource, ResourceExt};

/// A warning of an object that is not ready; none where it is.
pub fn judge<K>(
    check: &'static str,
    object: &K,
    observed: Option<i64>,
    conditions: &[Condition],
    who: &str,
) -> Option<Finding>
where
    K: Resource<DynamicType = ()>,
{
    let name = format!(
        "{} {}/{}",
        K::kind(&()),
        object.namespace().unwrap_or_default(),
        object.name_any()
    );
    let ready = conditions.iter().find(|condition| condition.type_ == "Ready");
    let Some(ready) = ready.filter(|_| observed.is_some() && observed == object.meta().generation) else {
        let message = format!("{name}: {who} has not looked at it as it is now");
        return Some(Finding::unknown(
            check,
            message,
            "see the checks operator, leader and channels",
        ));
    };
    let message = format!("{name}: {}: {}", ready.reason, ready.message);
    let fix = format!("docs/reasons.md says what to do about {}", ready.reason);
    (ready.status != "True").then(|| Finding::warning(check, message, fix))
}
