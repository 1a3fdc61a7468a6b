//! Do our clock and the API server's agree? Expiry times and leases are compared between machines.

use super::{Evidence, Finding};

const CHECK: &str = "clock";
/// In seconds: beyond it somebody is wrong. The server's Date has whole seconds, and answers take a while.
pub const TOLERATED: i64 = 5;
pub const FIX: &str = "synchronise the clocks (NTP, chrony): AWS refuses requests that are five minutes off";

/// Our clock against the API server's.
pub fn check(seen: &Evidence) -> Vec<Finding> {
    let times = seen
        .server
        .as_ref()
        .ok()
        .and_then(|server| Some((server.at, server.date?)));
    vec![match times {
        None => Finding::unknown(
            CHECK,
            "the API server did not say what time it is",
            "ask it directly, not through a proxy that drops the Date header",
        ),
        Some((at, date)) => match at.as_second() - date.as_second() {
            off if off.abs() <= TOLERATED => Finding::ok(CHECK, format!("within {TOLERATED} s of the API server's")),
            off if off > 0 => Finding::warning(CHECK, format!("this machine is {off} s ahead of the API server"), FIX),
            off => Finding::warning(CHECK, format!("this machine is {} s behind the API server", -off), FIX),
        },
    }]
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Outcome, testing},
        *,
    };
    use jiff::SignedDuration;

    #[test]
    fn more_than_five_seconds_are_told() {
        for (seconds, outcome, says) in [
            (0, Outcome::Ok, "within 5 s"),
            (5, Outcome::Ok, "within 5 s"),
            (-5, Outcome::Ok, "within 5 s"),
            (6, Outcome::Warning, "6 s ahead"),
            (-90, Outcome::Warning, "90 s behind"),
        ] {
            let mut seen = testing::healthy();
            let server = seen.server.as_mut().unwrap();
            server.at = server.date.unwrap() + SignedDuration::from_secs(seconds);
            let found = check(&seen);
            assert_eq!(found[0].outcome, outcome, "{seconds}");
            assert!(found[0].message.contains(says), "{}", found[0].message);
        }
    }
}
