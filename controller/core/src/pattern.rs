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

/// Whether an ARN matches the pattern as AWS compares: names of IAM without regard to case, all others letter by letter.
pub fn matches_arn(pattern: &str, arn: &str) -> bool {
    match is_iam(arn) {
        true => matches(&pattern.to_ascii_lowercase(), &arn.to_ascii_lowercase()),
        false => matches(pattern, arn),
    }
}

/// Whether two ARNs name one resource, as AWS compares.
pub fn same_arn(one: &str, other: &str) -> bool {
    one == other || (is_iam(one) && one.eq_ignore_ascii_case(other))
}

fn is_iam(arn: &str) -> bool {
    arn.split(':').nth(2).is_some_and(|service| service == "iam")
}

/// Whether some text matches both patterns.
pub fn meet(one: &str, other: &str) -> bool {
    let other: Vec<char> = other.chars().collect();
    // How far of `other` can be taken by what was taken of `one`.
    let mut reached = vec![false; other.len() + 1];
    reached[0] = true;
    spread(&mut reached, &other);
    for c in one.chars() {
        reached = step(&reached, c, &other);
        spread(&mut reached, &other);
    }
    reached.last().copied().unwrap_or(false)
}

/// A star takes nothing, too.
fn spread(reached: &mut [bool], other: &[char]) {
    for (at, c) in other.iter().enumerate() {
        reached[at + 1] |= reached[at] && *c == '*';
    }
}

fn step(before: &[bool], c: char, other: &[char]) -> Vec<bool> {
    let mut after = vec![false; before.len()];
    for (at, reached) in before.iter().enumerate().filter(|(_, reached)| **reached) {
        let next = other.get(at);
        match c {
            // A star of this side stays where it is, or takes what comes next.
            '*' => after[at..].iter_mut().for_each(|place| *place |= *reached),
            _ if next == Some(&'*') => after[at] = true,
            _ if next == Some(&c) => after[at + 1] = true,
            _ => {}
        }
    }
    after
}

#[cfg(test)]
mod tests {
    use super::{matches, matches_arn, meet, same_arn};

    #[test]
    fn names_of_iam_are_compared_without_regard_to_case() {
        let role = "arn:aws:iam::1:role/svc/App-Task";
        for (pattern, arn, expected) in [
            ("arn:aws:iam::1:role/*/app-task", role, true),
            ("arn:aws:iam::1:role/SVC/APP-*", role, true),
            ("arn:aws:iam::1:role/web-*", role, false),
            ("*:FUNCTION:Pay", "arn:aws:lambda:us-east-1:1:function:pay", false),
            ("*:function:pay", "arn:aws:lambda:us-east-1:1:function:pay", true),
        ] {
            assert_eq!(matches_arn(pattern, arn), expected, "{pattern} {arn}");
        }
        assert!(same_arn(role, "arn:aws:iam::1:role/svc/app-task"));
        assert!(!same_arn(role, "arn:aws:iam::2:role/svc/app-task"));
        assert!(!same_arn(
            "arn:aws:lambda:r:1:function:A",
            "arn:aws:lambda:r:1:function:a"
        ));
    }

    #[test]
    fn patterns_meet_where_some_text_matches_both() {
        for (one, other, expected) in [
            ("a", "a", true),
            ("a", "b", false),
            ("*", "anything", true),
            ("role/app-*", "role/*app-x", true),
            ("role/app-*", "role/*web-x", true),
            ("role/app-*", "role/web-x", false),
            ("role/svc/*", "role/*app-x", true),
            ("role/svc-*-y", "role/*app-x", false),
            ("a*b", "*", true),
            ("*a", "*b", false),
            ("", "*", true),
            ("", "a", false),
        ] {
            assert_eq!(meet(one, other), expected, "{one} {other}");
            assert_eq!(meet(other, one), expected, "{other} {one}");
        }
    }

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
