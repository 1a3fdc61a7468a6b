//! Durations of the spec, and the objectives.

use firebreak_crds::failover_plan::Objectives;

/// What a run is measured against, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The longest time until the other region serves.
    pub rto: u32,
    /// The most data that may be lost, as a time.
    pub rpo: u32,
}

/// The objectives, in their own words or by their tier.
pub fn targets(objectives: &Objectives) -> Target {
    let (rto, rpo) = objectives.tier.unwrap_or_default().seconds();
    Target {
        rto: objectives.rto.as_deref().and_then(seconds).unwrap_or(rto),
        rpo: objectives.rpo.as_deref().and_then(seconds).unwrap_or(rpo),
    }
}

/// The seconds of a duration such as 1h30m; none where it is none (admission refuses that).
pub fn seconds(text: &str) -> Option<u32> {
    let mut rest = text;
    let mut total: u32 = 0;
    for (unit, factor) in [('h', 3600), ('m', 60), ('s', 1)] {
        if let Some((digits, after)) = rest.split_once(unit) {
            total = digits.parse::<u32>().ok()?.checked_mul(factor)?.checked_add(total)?;
            rest = after;
        }
    }
    (rest.is_empty() && !text.is_empty()).then_some(total)
}

/// The shortest text of a duration, such as 1h30m.
pub(super) fn text(seconds: u32) -> String {
    let parts = [(seconds / 3600, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let said: String = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, unit)| format!("{n}{unit}"))
        .collect();
    if said.is_empty() { "0s".into() } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firebreak_crds::failover_plan::ObjectiveTier;

    #[test]
    fn durations_are_read_and_written() {
        for (said, wanted) in [
            ("1h30m", Some(5400)),
            ("15m", Some(900)),
            ("0s", Some(0)),
            ("90s", Some(90)),
            ("", None),
            ("5", None),
            ("1m1h", None),
        ] {
            assert_eq!(seconds(said), wanted, "{said}");
        }
        assert_eq!(
            (text(5400), text(0), text(61)),
            ("1h30m".into(), "0s".into(), "1m1s".into())
        );
    }

    #[test]
    fn own_words_go_before_the_tier() {
        let of = |tier, rto: Option<&str>| {
            targets(&Objectives {
                tier,
                rto: rto.map(str::to_owned),
                rpo: None,
            })
        };
        assert_eq!(of(None, None), Target { rto: 3600, rpo: 900 });
        assert_eq!(
            of(Some(ObjectiveTier::Critical), Some("30m")),
            Target { rto: 1800, rpo: 3600 }
        );
    }
}
