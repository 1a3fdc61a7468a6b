//! Access keys of a user.

use super::*;

fn user_keys() -> Cell {
    Cell::Iam(IamCell::UserAccessKeys { user: "ci".into() })
}

#[test]
fn an_expired_key_is_never_activated() {
    let before = json!({"active": ["A", "B"], "inactive": [], "expired": []});
    let now = json!({"active": [], "inactive": ["A"], "expired": ["B"]});
    let activate = Write::Iam(IamWrite::UpdateAccessKey {
        user: "ci".into(),
        access_key_id: "A".into(),
        active: true,
    });
    assert_eq!(user_keys().writes(&now, &before), [activate]);
    let bound = user_keys().bind(&before, &now, Timestamp::UNIX_EPOCH);
    assert_eq!(bound["active"], json!(["A"]));
}

#[test]
fn a_key_that_was_inactive_before_stays_so() {
    let before = json!({"active": ["A"], "inactive": ["B"], "expired": []});
    let contained = json!({"active": [], "inactive": ["A", "B"], "expired": []});
    let bound = user_keys().bind(&before, &contained, Timestamp::UNIX_EPOCH);
    assert_eq!(bound, json!({"active": ["A"], "inactive": ["B"], "expired": []}));
}

#[test]
fn a_key_made_while_people_approve_does_not_void_their_approval() {
    let one = json!({"active": ["A"], "inactive": [], "expired": []});
    let two = json!({"active": ["A", "B"], "inactive": [], "expired": []});
    assert_eq!(user_keys().material(&one), user_keys().material(&two));
}

#[test]
fn a_user_has_one_key_of_custody_wherever_its_path_is() {
    let arn = user_keys().resource("aws-us-gov", "123456789012", "us-gov-west-1");
    assert_eq!(arn, "arn:aws-us-gov:iam::123456789012:user/ci");
    assert!(user_keys().is_global());
}
