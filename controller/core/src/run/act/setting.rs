//! A value that can be read, set and put back.

use super::{Deed, Probe};
use crate::aws::Cell;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A value that a step sets.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    /// What is set.
    pub what: Settable,
    /// What was there when it was planned.
    pub before: Value,
    /// What will be there.
    pub after: Value,
    /// Whether a larger value stays.
    pub rule: Rule,
}

/// What becomes of a value that is not the planned one.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It is set.
    Exactly,
    /// A smaller number is raised; a larger one stays, and so does nothing (null).
    AtLeast,
    /// A larger number is lowered; a smaller one stays, and so does nothing (null).
    AtMost,
}

/// What can be set.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Settable {
    /// A cell, as held kinds set it.
    Cell(Cell),
    /// Whether an object exists that a health check reads: true or false.
    SwitchObject {
        /// Name of the bucket.
        bucket: String,
        /// Its key.
        key: String,
    },
}

impl Settable {
    /// The question how it stands.
    pub fn probe(&self) -> Probe {
        match self {
            Self::Cell(cell) => Probe::Cell(cell.clone()),
            Self::SwitchObject { bucket, key } => Probe::SwitchObject {
                bucket: bucket.clone(),
                key: key.clone(),
            },
        }
    }

    /// Whether two values mean the same.
    pub fn same(&self, one: &Value, other: &Value) -> bool {
        match self {
            Self::Cell(cell) => cell.same(one, other),
            Self::SwitchObject { .. } => one == other,
        }
    }

    /// What AWS still does on the way to a value that it shows, for people; none once it has arrived.
    pub fn on_its_way(&self, value: &Value) -> Option<String> {
        match self {
            Self::Cell(cell) => cell.on_its_way(value),
            Self::SwitchObject { .. } => None,
        }
    }

    /// Whether a value lies on the way between two others.
    pub fn between(&self, before: &Value, after: &Value, value: &Value) -> bool {
        match self {
            Self::Cell(cell) => cell.between(before, after, value),
            Self::SwitchObject { .. } => false,
        }
    }

    /// What leads from one value to the other.
    pub fn deed(&self, from: &Value, to: &Value) -> Deed {
        match self {
            Self::Cell(cell) => Deed::Write(cell.writes(from, to)),
            Self::SwitchObject { bucket, key } => switch(bucket.clone(), key.clone(), to == &Value::Bool(true)),
        }
    }

    fn material(&self, before: &Value) -> Value {
        match self {
            Self::Cell(cell) => cell.material(before),
            Self::SwitchObject { .. } => before.clone(),
        }
    }
}

fn switch(bucket: String, key: String, there: bool) -> Deed {
    match there {
        true => Deed::PutObject { bucket, key },
        false => Deed::DeleteObject { bucket, key },
    }
}

impl Setting {
    /// The value to write where this one is there now: never a smaller number than is there.
    pub fn bind(&self, current: &Value) -> Value {
        match self.rule {
            Rule::Exactly => self.after.clone(),
            Rule::AtLeast => larger(current, &self.after),
            Rule::AtMost => smaller(current, &self.after),
        }
    }

    /// Whether a value is as good as the one that was bound.
    pub fn satisfies(&self, value: &Value, bound: &Value) -> bool {
        match self.rule {
            Rule::Exactly => self.what.same(value, bound),
            Rule::AtLeast => larger(value, bound) == *value,
            Rule::AtMost => smaller(value, bound) == *value,
        }
    }

    /// Whether a value may still be led to the bound one: it is what was found, or on its way, or a number beyond it.
    pub fn may_go_on(&self, value: &Value, found: &Value) -> bool {
        match self.rule {
            Rule::Exactly => self.what.same(value, found) || self.what.between(found, &self.after, value),
            Rule::AtLeast | Rule::AtMost => value.is_number(),
        }
    }

    pub(super) fn material(&self) -> Value {
        json!({"what": self.what, "before": self.what.material(&self.before), "after": self.after, "rule": self.rule})
    }
}

/// The larger of two numbers. What is no number stays: a service that nothing scales has no minimum to raise.
fn larger(current: &Value, wanted: &Value) -> Value {
    match (current.as_i64(), wanted.as_i64()) {
        (Some(current), Some(wanted)) => json!(current.max(wanted)),
        (None, _) | (_, None) => current.clone(),
    }
}

/// The smaller of two numbers. What is no number stays.
fn smaller(current: &Value, wanted: &Value) -> Value {
    match (current.as_i64(), wanted.as_i64()) {
        (Some(current), Some(wanted)) => json!(current.min(wanted)),
        (None, _) | (_, None) => current.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raised_to(after: i64) -> Setting {
        Setting {
            what: Settable::SwitchObject {
                bucket: "b".into(),
                key: "k".into(),
            },
            before: json!(0),
            after: json!(after),
            rule: Rule::AtLeast,
        }
    }

    #[test]
    fn number_is_raised_and_never_lowered() {
        for (current, bound) in [
            (json!(2), json!(5)),
            (json!(5), json!(5)),
            (json!(9), json!(9)),
            (Value::Null, Value::Null),
        ] {
            assert_eq!(raised_to(5).bind(&current), bound, "{current}");
        }
        let setting = raised_to(5);
        for (value, good) in [(json!(4), false), (json!(5), true), (json!(6), true)] {
            assert_eq!(setting.satisfies(&value, &json!(5)), good, "{value}");
        }
        assert!(setting.satisfies(&Value::Null, &Value::Null));
    }

    #[test]
    fn number_is_lowered_and_never_raised() {
        let setting = Setting {
            rule: Rule::AtMost,
            ..raised_to(0)
        };
        for (current, bound) in [(json!(2), json!(0)), (json!(0), json!(0)), (Value::Null, Value::Null)] {
            assert_eq!(setting.bind(&current), bound, "{current}");
            assert_eq!(setting.satisfies(&current, &bound), current == bound, "{current}");
        }
        assert!(setting.may_go_on(&json!(1), &json!(2)) && !setting.may_go_on(&Value::Null, &json!(2)));
    }

    #[test]
    fn switch_puts_and_deletes_its_object() {
        let what = Settable::SwitchObject {
            bucket: "b".into(),
            key: "k".into(),
        };
        assert!(matches!(what.deed(&json!(false), &json!(true)), Deed::PutObject { .. }));
        assert!(matches!(
            what.deed(&json!(true), &json!(false)),
            Deed::DeleteObject { .. }
        ));
    }
}
