//! FailoverPlans in words: the plan of a run, how it goes, and the runs that are over.

pub mod acts;
pub mod drills;
mod gate;
pub mod history;
pub mod path;
pub mod readiness;
pub mod start;
pub mod tree;
pub mod watch;

/// The shortest text of a time in seconds, such as 1h2m5s.
pub fn lasted(seconds: i64) -> String {
    let parts = [(seconds / 3600, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let said: String = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    if said.is_empty() { "0s".into() } else { said }
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_as_short_as_they_can_be() {
        for (seconds, text) in [(0, "0s"), (61, "1m1s"), (3600, "1h"), (3725, "1h2m5s"), (90_000, "25h")] {
            assert_eq!(super::lasted(seconds), text);
        }
    }
}
