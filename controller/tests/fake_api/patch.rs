//! The three ways of patching: merge patch, JSON patch, and server-side apply in a simple form.

use serde_json::{Map, Value};

/// RFC 7386.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        match value {
            Value::Null => drop(target.remove(key)),
            value => merge(target.entry(key.clone()).or_insert(Value::Null), value),
        }
    }
}

/// What this manager applied before and does not any more, as a merge patch of nulls.
pub fn withdrawn(before: &Value, now: &Value) -> Value {
    let (Value::Object(before), Value::Object(now)) = (before, now) else {
        return Value::Object(Map::new());
    };
    let gone = before.iter().filter_map(|(key, old)| match now.get(key) {
        None => Some((key.clone(), Value::Null)),
        Some(new) if old.is_object() => Some((key.clone(), withdrawn(old, new))),
        Some(_) => None,
    });
    Value::Object(
        gone.filter(|(_, v)| v.as_object().is_none_or(|o| !o.is_empty()))
            .collect(),
    )
}

/// RFC 6902 without `copy` and `move`; the error says which operation failed.
pub fn json_patch(target: &mut Value, operations: &Value) -> Result<(), String> {
    operations.as_array().into_iter().flatten().try_for_each(|operation| {
        one(target, operation).ok_or_else(|| format!("the JSON patch operation failed: {operation}"))
    })
}

fn one(target: &mut Value, operation: &Value) -> Option<()> {
    let path = operation["path"].as_str()?;
    let value = operation.get("value").cloned();
    match operation["op"].as_str()? {
        "test" => (target.pointer(path).unwrap_or(&Value::Null) == &value?).then_some(()),
        "replace" => target.pointer_mut(path).map(|at| *at = value.unwrap_or(Value::Null)),
        "add" => add(target, path, value?),
        "remove" => remove(target, path),
        _ => None,
    }
}

fn parent<'a>(target: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let (parent, leaf) = path.rsplit_once('/')?;
    Some((target.pointer_mut(parent)?, leaf.replace("~1", "/").replace("~0", "~")))
}

fn add(target: &mut Value, path: &str, value: Value) -> Option<()> {
    match parent(target, path)? {
        (Value::Object(map), leaf) => drop(map.insert(leaf, value)),
        (Value::Array(list), leaf) if leaf == "-" => list.push(value),
        (Value::Array(list), leaf) => {
            let at = leaf.parse().ok().filter(|at| *at <= list.len())?;
            list.insert(at, value);
        }
        _ => return None,
    }
    Some(())
}

fn remove(target: &mut Value, path: &str) -> Option<()> {
    match parent(target, path)? {
        (Value::Object(map), leaf) => map.remove(&leaf).map(drop),
        (Value::Array(list), leaf) => {
            let at = leaf.parse().ok().filter(|at| *at < list.len())?;
            list.remove(at);
            Some(())
        }
        _ => None,
    }
}
