//! Is there an object that this version cannot read? The operator skips it, and says so on it; of limits the strictest counts.

use super::{Evidence, Finding, or_well};

const CHECK: &str = "objects";

/// Every object that cannot be read.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let unreadable = match &seen.unreadable {
        Ok(unreadable) => unreadable,
        Err(why) => {
            return vec![Finding::unknown(
                CHECK,
                why,
                "bind firebreak-auditor to the person who asks, in the whole cluster",
            )];
        }
    };
    let told = unreadable.iter().map(|bad| {
        Finding::failure(
            CHECK,
            bad.to_string(),
            format!(
                "put that field right, or upgrade to the version that knows it: kubectl get {} {} -o yaml{}",
                bad.kind.to_lowercase(),
                bad.name,
                in_namespace(&bad.namespace),
            ),
        )
    });
    or_well(CHECK, told.collect(), "every object can be read")
}

fn in_namespace(namespace: &str) -> String {
    match namespace.is_empty() {
        true => String::new(),
        false => format!(" -n {namespace}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };
    use firebreak_crds::{Decision, readable};

    #[test]
    fn an_object_that_cannot_be_read_is_named() {
        let mut seen = testing::healthy();
        assert_eq!(check(&seen)[0].outcome, Outcome::Ok);
        let odd = r#"{"metadata": {"name": "no", "namespace": "team"}, "spec": {"verb": "Perhaps"}}"#;
        seen.unreadable = Ok(vec![*readable::object::<Decision>(odd).unwrap_err()]);
        let found = check(&seen).remove(0);
        assert_eq!(found.outcome, Outcome::Failure);
        assert!(
            found
                .message
                .starts_with("Decision team/no cannot be read by this version"),
            "{}",
            found.message
        );
        assert!(found.fix.unwrap().ends_with("kubectl get decision no -o yaml -n team"));
    }
}
