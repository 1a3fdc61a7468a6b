//! ARN patterns in which `*` stands for any characters.

/// Whether the text matches the pattern.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_characters_and_nothing_else_does() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "arn:aws:iam::1:role/a", true),
            ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/a", true),
            ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/ab", false),
            ("arn:*:role/app-*", "arn:aws:iam::1:role/app-x", true),
            ("arn:*:role/app-*", "arn:aws:iam::1:role/web-x", false),
            ("a*a", "a", false),
            ("a.c", "abc", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
