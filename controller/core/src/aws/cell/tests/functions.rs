//! Functions.

use super::*;

fn of_function(make: fn(String) -> Cell) -> Cell {
    make("refund".into())
}

#[test]
fn a_concurrency_that_cannot_be_read_is_not_taken_for_none_or_zero() {
    let cell = of_function(|function| Cell::Lambda(LambdaCell::FunctionConcurrency { function }));
    assert_eq!(cell.writes(&json!(0), &json!("many")), []);
    let none = Write::Lambda(LambdaWrite::DeleteFunctionConcurrency {
        function: "refund".into(),
    });
    assert_eq!(cell.writes(&json!(0), &Value::Null), [none]);
}

#[test]
fn a_mapping_that_comes_meanwhile_is_disabled_and_enabled_again() {
    let cell = of_function(|function| Cell::Lambda(LambdaCell::FunctionEventSources { function }));
    let before = json!({"enabled": ["a"], "disabled": ["b"]});
    let now = json!({"enabled": ["new"], "disabled": ["a", "b"]});
    assert!(!cell.fits(&json!({"enabled": []}), &now));
    let before = cell.merge_before(&before, &now);
    let off = json!({"enabled": [], "disabled": ["a", "b", "new"]});
    let released = cell.bind(&before, &off, Timestamp::UNIX_EPOCH);
    assert_eq!(released["enabled"], json!(["a", "new"]));
}

#[test]
fn a_url_that_comes_meanwhile_is_closed_and_stays_so() {
    let cell = of_function(|function| Cell::Lambda(LambdaCell::FunctionUrls { function }));
    let plan = json!({EVERY_URL: SIGNED});
    let before = json!({"live": "NONE"});
    let now = json!({"live": "AWS_IAM", "blue": "NONE"});
    assert!(!cell.fits(&plan, &now));
    let closed = cell.bind(&plan, &now, Timestamp::UNIX_EPOCH);
    assert_eq!(closed, json!({"live": "AWS_IAM", "blue": "AWS_IAM"}));
    let released = cell.bind(&before, &closed, Timestamp::UNIX_EPOCH);
    assert_eq!(released, json!({"live": "NONE", "blue": "AWS_IAM"}));
}

#[test]
fn a_url_that_is_gone_is_not_written_and_the_functions_own_has_no_qualifier() {
    let cell = of_function(|function| Cell::Lambda(LambdaCell::FunctionUrls { function }));
    assert_eq!(cell.writes(&json!({}), &json!({"live": "NONE"})), []);
    let own = Write::Lambda(LambdaWrite::UpdateFunctionUrlConfig {
        function: "refund".into(),
        qualifier: None,
        auth_type: "AWS_IAM".into(),
    });
    let plan = json!({"$LATEST": "AWS_IAM"});
    assert_eq!(cell.writes(&json!({"$LATEST": "NONE"}), &plan), [own]);
}

#[test]
fn a_function_has_its_own_arn_in_its_region() {
    let cell = of_function(|function| Cell::Lambda(LambdaCell::FunctionUrls { function }));
    let arn = cell.resource("aws", "123456789012", "eu-west-1");
    assert_eq!(arn, "arn:aws:lambda:eu-west-1:123456789012:function:refund");
    assert!(!cell.is_global());
}
