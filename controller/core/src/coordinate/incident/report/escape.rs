//! Text that others wrote, as Markdown and as HTML: it stays text.

use firebreak_crds::text;

/// The longest text of one cell or line.
const LONGEST: usize = 2048;

/// As HTML, in an element or in an attribute between double quotes.
pub(super) fn html(value: &str) -> String {
    let line = text::bounded(value, LONGEST);
    line.chars().fold(String::with_capacity(line.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}

/// As Markdown, in a line or in a cell of a table.
pub(super) fn markdown(value: &str) -> String {
    let line = text::bounded(value, LONGEST);
    line.chars().fold(String::with_capacity(line.len()), |mut out, c| {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
        out
    })
}

/// At most so many characters of a line, for labels.
pub(super) fn label(value: &str, most: usize) -> String {
    text::bounded(value, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "a\n| b |<script>alert(\"x\")</script>[c](https://e) `d` '&\u{202e}";
        let html = html(hostile);
        assert!(!html.contains(['<', '>', '"', '\'', '\n', '\u{202e}']), "{html}");
        let markdown = markdown(hostile);
        assert!(
            !markdown.contains(['\n', '<', '\u{202e}']) && markdown.contains("\\| b \\|"),
            "{markdown}"
        );
        assert!(markdown.contains("\\[c\\]") && markdown.contains("\\`d\\`"));
        assert_eq!(super::html(&"x".repeat(9000)).chars().count(), LONGEST);
    }
}
