//! Whom a bucket's policy lets in, as S3 judges a request: a denial outweighs every permission, and a negated operator holds where its
//! key is missing. Of conditions, it knows the keys that say who asks.

use super::world::Bucket;
use firebreak_core::pattern;
use serde_json::Value;

/// Who asks for an object.
#[derive(Clone, Copy, Debug)]
pub enum Asker<'a> {
    /// Nobody who gave a name.
    Anonymous,
    /// A role, by its ARN.
    Role(&'a str),
    /// A service of AWS by its own name, such as `cloudfront.amazonaws.com` with origin access control.
    Service(&'a str),
}

impl Bucket {
    /// Whether its policy lets this asker read objects. What others grant in their own policies is not looked at.
    pub fn lets_in(&self, asker: Asker<'_>) -> bool {
        let statements = self.policy.as_ref().map(|policy| list(&policy["Statement"]));
        let with = |effect: &str| {
            let applies = |it: &Value| it["Effect"] == effect && names(it, asker) && holds(it, asker);
            statements.iter().flatten().any(applies)
        };
        with("Allow") && !with("Deny")
    }
}

fn names(statement: &Value, asker: Asker<'_>) -> bool {
    let principal = &statement["Principal"];
    let listed = |kind: &str, who: &str| list(&principal[kind]).iter().any(|it| it == who);
    let everybody = *principal == "*" || listed("AWS", "*");
    everybody
        || match asker {
            Asker::Anonymous => false,
            Asker::Role(arn) => listed("AWS", arn),
            Asker::Service(name) => listed("Service", name),
        }
}

fn holds(statement: &Value, asker: Asker<'_>) -> bool {
    let operators = statement["Condition"].as_object().cloned().unwrap_or_default();
    operators.iter().all(|(operator, keys)| {
        let keys = keys.as_object().cloned().unwrap_or_default();
        keys.iter()
            .all(|(key, values)| compares(operator, value_of(key, asker), &list(values)))
    })
}

/// The value of a key; none where the request has none. Keys that do not say who asks are taken as they are wanted.
fn value_of(key: &str, asker: Asker<'_>) -> Known {
    let some = |text: &str| Known::Is(text.to_owned());
    match (key, asker) {
        ("aws:PrincipalArn", Asker::Role(arn)) => some(arn),
        ("aws:PrincipalServiceName", Asker::Service(name)) => some(name),
        ("aws:PrincipalIsAWSService", Asker::Service(_)) => some("true"),
        ("aws:PrincipalIsAWSService", Asker::Role(_)) => some("false"),
        ("aws:PrincipalArn" | "aws:PrincipalServiceName" | "aws:PrincipalIsAWSService", _) => Known::Missing,
        // Everybody asks by TLS.
        ("aws:SecureTransport", _) => some("true"),
        _ => Known::NotModelled,
    }
}

enum Known {
    Is(String),
    Missing,
    NotModelled,
}

fn compares(operator: &str, known: Known, values: &[Value]) -> bool {
    let any = |text: &str| {
        let wanted = values.iter().filter_map(Value::as_str);
        wanted.into_iter().any(|pattern| pattern::matches(pattern, text))
    };
    match known {
        Known::NotModelled => true,
        Known::Missing => operator.contains("Not") || operator.ends_with("IfExists"),
        Known::Is(text) => any(&text) != operator.contains("Not"),
    }
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_denial_outweighs_and_a_missing_key_is_unlike_everything() {
        let bucket = |condition: Value| {
            Bucket::default().policy(json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"},
                {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition}]}))
        };
        let service = bucket(json!({"StringNotLike": {"aws:PrincipalServiceName": ["logs.*.amazonaws.com"]}}));
        assert!(service.lets_in(Asker::Service("logs.eu-west-1.amazonaws.com")));
        assert!(!service.lets_in(Asker::Service("cloudfront.amazonaws.com")));
        assert!(!service.lets_in(Asker::Anonymous));
        let every = bucket(json!({"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}));
        assert!(every.lets_in(Asker::Service("cloudfront.amazonaws.com")));
        assert!(!every.lets_in(Asker::Role("arn:aws:iam::1:role/a")));
    }
}
