//! Of which Incidents a channel is told, and when it is left in peace.

use super::world::{Seen, World, later, seconds};
use firebreak_crds::{NotificationChannelSpec, Severity, notification_channel::QuietHours};
use jiff::{Timestamp, civil::Time, tz::TimeZone};

const DAY: i64 = 24 * 3600;

/// Whether a channel is told of an Incident by its own spec.
pub(super) fn hears(spec: &NotificationChannelSpec, seen: &Seen) -> bool {
    (spec.drills || !seen.drill) && severities(spec).contains(&seen.severity)
}

/// The severities that a channel is told of.
pub fn severities(spec: &NotificationChannelSpec) -> &[Severity] {
    use Severity::{Critical, High, Medium};
    match spec {
        _ if !spec.severities.is_empty() => &spec.severities,
        spec if spec.heartbeat.is_some() => &[],
        spec if spec.pager_duty.is_some() => &[Critical],
        spec if spec.webhook.is_some() => &[Critical, High, Medium],
        _ => &[Critical, High],
    }
}

/// When another channel hands an Incident over to this one: nobody has acknowledged it then. None where none does.
pub(super) fn handed_over(world: &World, seen: &Seen) -> Option<Timestamp> {
    if seen.acknowledged || seen.is_over() {
        return None;
    }
    let own = &world.subject.owner.name;
    let handing = world.others.values().filter(|other| hears(other, seen));
    let times = handing.filter_map(|other| {
        let escalation = other.escalation.as_ref().filter(|one| one.to.contains(own))?;
        Some(later(seen.since, seconds(&Some(escalation.after.clone()))?))
    });
    times.min()
}

/// When nothing is told of an Incident of this severity any more; none when it is told now.
pub(super) fn quiet_until(hours: Option<&QuietHours>, severity: Severity, now: Timestamp) -> Option<Timestamp> {
    let hours = hours.filter(|_| severity < Severity::High)?;
    let second = |text: &str| {
        text.parse::<Time>()
            .ok()
            .map(|time| i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60)
    };
    let (from, until) = (second(&hours.from)?, second(&hours.until)?);
    let zoned = now.to_zoned(TimeZone::UTC);
    let today = i64::from(zoned.hour()) * 3600 + i64::from(zoned.minute()) * 60 + i64::from(zoned.second());
    let since = (today - from).rem_euclid(DAY);
    let length = (until - from).rem_euclid(DAY);
    (since < length).then(|| later(now, length - since))
}
