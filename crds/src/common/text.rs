//! Text that others wrote, made fit for people: AWS tags, reasons, user names and error messages may carry terminal escapes, line
//! breaks and bidirectional overrides that forge what stands around them. This is the one place that says what is harmless.

use k8s_openapi::jiff::Timestamp;
use std::fmt::Display;

/// The most characters of one message: conditions, Events, notes and lines on the terminal are cut there.
pub const MAX_MESSAGE: usize = 1024;

/// One line of harmless text: line breaks become spaces, and what is invisible or steers a terminal is spelled out (`\u{1b}`).
pub fn one_line(text: &str) -> String {
    if text.chars().all(is_harmless) {
        return text.to_owned();
    }
    text.chars().fold(String::with_capacity(text.len()), |mut line, c| {
        match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => line.push(' '),
            c if is_harmless(c) => line.push(c),
            c => line.extend(c.escape_unicode()),
        }
        line
    })
}

/// One line of harmless text with at most so many characters; a longer one ends in an ellipsis.
pub fn bounded(text: &str, most: usize) -> String {
    let line = one_line(text);
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// A harmless message of at most [`MAX_MESSAGE`] characters.
pub fn message(text: &str) -> String {
    bounded(text, MAX_MESSAGE)
}

/// JSON in which what a terminal would act on, or not show, is written as JSON's own escapes: it means the same.
pub fn json(text: &str) -> String {
    let mut units = [0; 2];
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c == '\n' || is_harmless(c) {
            true => out.push(c),
            false => {
                let units = c.encode_utf16(&mut units).iter();
                units.for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            }
        }
        out
    })
}

/// A time as people and machines read it: RFC 3339, in whole seconds.
pub fn seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// A recorded time in whole seconds; what is no time stays, made harmless.
pub fn recorded(time: &str) -> String {
    time.parse().map_or_else(|_| one_line(time), seconds)
}

/// A number with its noun: `1 approval`, `2 approvals`.
pub fn counted<N: Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    match number == N::from(1) {
        true => format!("1 {noun}"),
        false => format!("{number} {noun}s"),
    }
}

/// Whether a character shows what it is: neither a control nor invisible nor one that turns the reading direction.
pub fn is_harmless(c: char) -> bool {
    !c.is_control() && !is_invisible(c)
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_escapes_and_line_breaks_lose_their_effect() {
        for (hostile, harmless) in [
            ("\u{1b}[2K\rReady", "\\u{1b}[2K Ready"),
            ("a\nb\tc", "a b c"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{7}\u{8}\u{0}\u{7f}", "\\u{7}\\u{8}\\u{0}\\u{7f}"),
            ("a\u{2028}b", "a b"),
        ] {
            assert_eq!(one_line(hostile), harmless);
        }
    }

    #[test]
    fn overrides_and_invisible_characters_are_spelled_out() {
        for c in [
            '\u{202e}',
            '\u{2066}',
            '\u{200f}',
            '\u{200b}',
            '\u{feff}',
            '\u{ad}',
            '\u{e0041}',
            '\u{fe0f}',
        ] {
            assert_eq!(one_line(&format!("bob{c}")), format!("bob\\u{{{:x}}}", u32::from(c)));
        }
    }

    #[test]
    fn text_of_every_language_stays_as_it_is() {
        for text in ["Änne", "漢字", "שלום", "مرحبا", "✓ → …", "é"] {
            assert_eq!(one_line(text), text);
        }
    }

    #[test]
    fn json_means_the_same_and_steers_no_terminal() {
        let value = serde_json::json!({"by": "bob\u{202e}\u{9b}\u{e0041}"});
        let printed = json(&value.to_string());
        assert!(printed.is_ascii(), "{printed}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).unwrap(), value);
    }

    #[test]
    fn times_are_told_in_whole_seconds() {
        assert_eq!(recorded("2026-11-21T15:11:49.306360305Z"), "2026-11-21T15:11:49Z");
        assert_eq!(recorded("soon\n"), "soon ");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(
            (counted(1_usize, "step"), counted(0_i32, "step")),
            ("1 step".into(), "0 steps".into())
        );
    }

    #[test]
    fn long_text_is_cut_within_the_bound_and_says_so() {
        let cut = message(&"ä\n".repeat(5000));
        assert_eq!(cut.chars().count(), MAX_MESSAGE);
        assert!(cut.ends_with('…'));
        assert_eq!(message("short"), "short");
    }
}
