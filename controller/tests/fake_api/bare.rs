//! Objects that are served without their metadata, as no server would: who serves them is broken.

use serde_json::{Value, json};

/// The field of a stored object that says so.
const MARK: &str = "servedWithoutMetadata";

/// The object, to be served without its metadata.
pub fn marked(mut object: Value) -> Value {
    object[MARK] = json!(true);
    object
}

/// What a client gets of an object, a list or an event of a watch.
pub fn served(mut answer: Value) -> Value {
    strip(&mut answer);
    if let Some(object) = answer.get_mut("object") {
        strip(object);
    }
    if let Some(Value::Array(items)) = answer.get_mut("items") {
        items.iter_mut().for_each(strip);
    }
    answer
}

fn strip(object: &mut Value) {
    if let Some(fields) = object.as_object_mut()
        && fields.remove(MARK).is_some()
    {
        fields.remove("metadata");
    }
}
