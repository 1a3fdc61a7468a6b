//! From what was there to what will be, as short as it can be said.

use serde_json::Value;

/// The longest values that are shown side by side.
const SHORT: usize = 60;
/// The longest diff that is shown.
const MAX_LINES: usize = 40;
/// Unchanged lines around a change.
const CONTEXT: usize = 3;
/// The largest table that is worth its time.
const MAX_TABLE: usize = 4_000_000;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Line<'a> {
    Same(&'a str),
    Out(&'a str),
    In(&'a str),
}

/// Lines that tell one value from another.
pub fn lines(before: &Value, after: &Value) -> Vec<String> {
    if before == after {
        return vec![format!("stays {}", brief(after).unwrap_or_else(|| "as it is".into()))];
    }
    match (brief(before), brief(after)) {
        (Some(before), Some(after)) => vec![format!("{before} → {after}")],
        _ => diff(&pretty(before), &pretty(after)),
    }
}

/// The value on a part of a line, if it is short enough.
fn brief(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => "nothing".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".into(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    (text.chars().count() <= SHORT).then_some(text)
}

fn pretty(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

fn diff(before: &str, after: &str) -> Vec<String> {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let summary = || {
        vec![format!(
            "{} lines → {} lines of JSON: -o json shows them",
            before.len(),
            after.len()
        )]
    };
    if before.len().saturating_mul(after.len()) > MAX_TABLE {
        return summary();
    }
    let shown = near_changes(&align(&before, &after));
    if shown.len() > MAX_LINES { summary() } else { shown }
}

/// The longest common subsequence, walked from the front.
fn align<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<Line<'a>> {
    let table = common(before, after);
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while let (Some(out), Some(new)) = (before.get(i), after.get(j)) {
        if out == new {
            lines.push(Line::Same(out));
            (i, j) = (i + 1, j + 1);
        } else if table[i + 1][j] >= table[i][j + 1] {
            lines.push(Line::Out(out));
            i += 1;
        } else {
            lines.push(Line::In(new));
            j += 1;
        }
    }
    lines.extend(before.iter().skip(i).map(|line| Line::Out(line)));
    lines.extend(after.iter().skip(j).map(|line| Line::In(line)));
    lines
}

/// How many lines the rests have in common, by where the rests begin.
fn common(before: &[&str], after: &[&str]) -> Vec<Vec<usize>> {
    let mut table = vec![vec![0; after.len() + 1]; before.len() + 1];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            table[i][j] = match before[i] == after[j] {
                true => table[i + 1][j + 1] + 1,
                false => table[i + 1][j].max(table[i][j + 1]),
            };
        }
    }
    table
}

fn near_changes(lines: &[Line<'_>]) -> Vec<String> {
    let changed = |line: &Line<'_>| !matches!(line, Line::Same(_));
    let mut shown = Vec::new();
    let mut gap = false;
    for (at, line) in lines.iter().enumerate() {
        let around = at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(lines.len());
        if !lines[around].iter().any(changed) {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            shown.push("@@".into());
        }
        shown.push(match line {
            Line::Same(text) => format!("  {text}"),
            Line::Out(text) => format!("- {text}"),
            Line::In(text) => format!("+ {text}"),
        });
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn short_values_stand_side_by_side() {
        for (before, after, text) in [
            (json!(false), json!(true), "false → true"),
            (json!(4), json!(0), "4 → 0"),
            (json!(null), json!("x"), "nothing → x"),
            (json!(["a", "b"]), json!([]), "a, b → none"),
            (json!({"min": 1}), json!({"min": 0}), r#"{"min":1} → {"min":0}"#),
            (json!(true), json!(true), "stays true"),
        ] {
            assert_eq!(lines(&before, &after), [text]);
        }
    }

    #[test]
    fn documents_are_a_diff_of_what_is_near_a_change() {
        let document = |effect: &str| {
            json!({"Statement": [{"Action": "sts:AssumeRole", "Effect": effect, "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
                "Version": "2012-10-17"})
        };
        let expected = [
            "  {",
            r#"    "Statement": ["#,
            "      {",
            r#"        "Action": "sts:AssumeRole","#,
            r#"-       "Effect": "Allow","#,
            r#"+       "Effect": "Deny","#,
            r#"        "Principal": {"#,
            r#"          "Service": "ecs-tasks.amazonaws.com""#,
            "        }",
        ];
        assert_eq!(lines(&document("Allow"), &document("Deny"))[1..], expected[1..]);
    }

    #[test]
    fn a_new_document_is_all_additions_and_a_long_one_is_counted() {
        let rules = |n: usize| json!({"ingress": vec![json!({"protocol": "tcp"}); n]});
        let shown = lines(&Value::Null, &rules(3));
        assert!(shown.iter().all(|line| line.starts_with("+ ")), "{shown:?}");
        assert_eq!(
            lines(&rules(20), &rules(0)),
            ["64 lines → 3 lines of JSON: -o json shows them"]
        );
    }
}
