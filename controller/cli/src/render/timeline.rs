//! A timeline for people, line by line, and what is new in it.

use firebreak_crds::{incident::TimelineEntry, text};

/// One entry, on one line whatever others wrote into it.
pub fn line(entry: &TimelineEntry) -> String {
    let who = entry.who.as_deref().unwrap_or("-");
    let parts = [
        text::recorded(&entry.at),
        format!("{:?}", entry.event),
        text::one_line(who),
        text::one_line(&entry.about),
        text::one_line(&entry.what),
    ];
    format!("{}\n", parts.join("  "))
}

/// What was shown of a timeline.
#[derive(Debug, Default)]
pub struct Shown(Vec<TimelineEntry>);

impl Shown {
    /// The entries that were not shown yet, the oldest first. Entries come between others too: their time counts.
    pub fn news(&mut self, timeline: &[TimelineEntry]) -> Vec<TimelineEntry> {
        // The number that the ledger gives an entry later makes no other entry of it.
        let bare = |entry: &TimelineEntry| TimelineEntry {
            entry: None,
            ..entry.clone()
        };
        let new = timeline.iter().filter(|entry| !self.0.contains(&bare(entry)));
        let new: Vec<TimelineEntry> = new.cloned().collect();
        // An entry that was dropped to make room does not come back: what is there now is all that need be kept.
        self.0 = timeline.iter().map(bare).collect();
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(minute: u8, what: &str) -> TimelineEntry {
        let at = format!("2026-01-01T12:{minute:02}:00Z");
        serde_json::from_value(json!({"at": at, "event": "Note", "who": "bob", "about": "note-1", "what": what}))
            .unwrap()
    }

    #[test]
    fn hostile_text_forges_no_line_and_no_colour() {
        let mut hostile = entry(1, "done\n2026-01-01T12:02:00Z  Resolved  alice\u{1b}[32m\u{202e}");
        hostile.who = Some("bob\r\u{1b}[2K".into());
        hostile.about = "a\nb".into();
        let line = line(&hostile);
        assert_eq!(line.matches('\n').count(), 1);
        assert!(!line.contains(['\u{1b}', '\r', '\u{202e}']), "{line}");
    }

    #[test]
    fn an_entry_is_one_line_with_whole_seconds() {
        let mut entry = entry(1, "the key was public");
        entry.at = "2026-01-01T12:01:00.123456Z".into();
        assert_eq!(
            line(&entry),
            "2026-01-01T12:01:00Z  Note  bob  note-1  the key was public\n"
        );
    }

    #[test]
    fn each_entry_is_shown_once_wherever_it_comes() {
        let (a, b, c) = (entry(1, "a"), entry(2, "b"), entry(3, "c"));
        let mut shown = Shown::default();
        assert_eq!(shown.news(&[a.clone(), c.clone()]), [a.clone(), c.clone()]);
        assert_eq!(shown.news(&[a, b.clone(), c.clone()]), std::slice::from_ref(&b));
        assert!(shown.news(&[b.clone(), c.clone()]).is_empty());
        let later = entry(3, "c, once more");
        assert_eq!(shown.news(&[b, c, later.clone()]), std::slice::from_ref(&later));
        let numbered = TimelineEntry {
            entry: Some(3),
            ..later
        };
        assert!(shown.news(&[numbered]).is_empty(), "a number in the ledger is no news");
    }
}
