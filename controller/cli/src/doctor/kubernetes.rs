//! Is there an API server, and is it new enough?

use super::{Evidence, Finding};

const CHECK: &str = "kubernetes";
/// ValidatingAdmissionPolicy is v1 since then.
const OLDEST: u32 = 30;
/// MutatingAdmissionPolicy is v1 since then.
const STAMPS: u32 = 36;

/// Reachable, and its version.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let server = match &seen.server {
        Ok(server) => server,
        Err(why) => {
            let fix = "check --kubeconfig and --context, and that kubectl version answers";
            return vec![Finding::failure(
                CHECK,
                format!("the API server does not answer: {why}"),
                fix,
            )];
        }
    };
    let version = &server.version;
    vec![match server.minor {
        None => Finding::unknown(
            CHECK,
            format!("{version} is no version that is known"),
            format!("use Kubernetes 1.{OLDEST} or later"),
        ),
        Some(minor) if minor < OLDEST => Finding::failure(
            CHECK,
            format!("{version}: admission policies need 1.{OLDEST}"),
            format!("upgrade the cluster to 1.{OLDEST} or later"),
        ),
        Some(minor) if minor < STAMPS => Finding::warning(
            CHECK,
            format!("{version}: nobody stamps who asked, so every request costs one more approver"),
            format!("upgrade the cluster to 1.{STAMPS} or later"),
        ),
        Some(_) => Finding::ok(CHECK, version),
    }]
}

/// Whether it is known to lack MutatingAdmissionPolicy.
pub fn is_too_old_to_stamp(seen: &Evidence) -> bool {
    let minor = seen.server.as_ref().ok().and_then(|server| server.minor);
    minor.is_some_and(|minor| minor < STAMPS)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };

    #[test]
    fn versions_are_judged_by_what_they_lack() {
        for (minor, outcome) in [
            (Some(29), Outcome::Failure),
            (Some(30), Outcome::Warning),
            (Some(35), Outcome::Warning),
            (Some(36), Outcome::Ok),
            (None, Outcome::Unknown),
        ] {
            let mut seen = testing::healthy();
            seen.server.as_mut().unwrap().minor = minor;
            assert_eq!(check(&seen)[0].outcome, outcome, "{minor:?}");
        }
    }

    #[test]
    fn a_server_that_does_not_answer_is_a_failure() {
        let found = check(&testing::blind());
        assert_eq!(found[0].outcome, Outcome::Failure);
        assert!(found[0].message.contains("nothing can be seen"));
    }
}
