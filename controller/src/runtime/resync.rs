//! When to look again although nothing changed: a base period, moved by up to a fifth so that objects do not march in step.

use super::jitter::fraction;
use std::time::Duration;

/// `base` ± 20 %, always the same for one object.
pub fn resync(base: Duration, uid: &str) -> Duration {
    base.mul_f64(0.8 + 0.4 * fraction(uid, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resync_stays_within_a_fifth_and_differs_between_objects() {
        let base = Duration::from_secs(300);
        let all: Vec<Duration> = (0..100).map(|n| resync(base, &format!("uid-{n}"))).collect();
        assert!(all.iter().all(|d| (240.0..360.0).contains(&d.as_secs_f64())));
        assert_ne!(all[0], all[1]);
        assert_eq!(resync(base, "uid-0"), all[0]);
    }
}
