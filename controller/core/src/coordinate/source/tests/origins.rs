//! Where findings were read: what is archived later goes there, and nowhere else.

use super::*;
use crate::coordinate::finding::Origin;

fn origin(account: &str) -> Origin {
    Origin {
        account: account.into(),
        region: "us-east-1".into(),
    }
}

fn id(finding: &Value) -> &str {
    finding["arn"].as_str().unwrap()
}

#[test]
fn each_finding_is_remembered_with_where_it_was_read() {
    let (first, second) = (sample("iam_exfiltration"), another("iam_exfiltration", 1));
    let stage = Stage::new(&[first.clone(), second.clone()]).settled();
    let read = &stage.record().read;
    assert_eq!(read.len(), 2);
    assert!(
        [first, second].iter().all(|one| read[id(one)] == origin("production")),
        "{read:?}"
    );
}

#[test]
fn finding_of_a_member_is_remembered_by_the_account_that_told_it() {
    let finding = sample("iam_exfiltration");
    let mut stage = Stage::new(&[]);
    let mut security = match &stage.world.accounts["production"] {
        Account::Known(account) => account.clone(),
        other => panic!("{other:?}"),
    };
    security.account_id = "999999999999".into();
    stage.world.accounts.insert("security".into(), Account::Known(security));
    let told_by = Site {
        account: "security".into(),
        region: "us-east-1".into(),
    };
    stage.world.polled = [(told_by, Ok(vec![finding.clone()]))].into();
    let stage = stage.settled();
    assert_eq!(stage.record().read[id(&finding)], origin("security"));
    let responses = &stage.only().spec.responses;
    let acts_in = responses
        .iter()
        .map(|one| one.quarantine.as_ref().unwrap().account_ref.name.as_str());
    assert!(acts_in.clone().count() > 0 && acts_in.clone().all(|name| name == "production"));
}

#[test]
fn where_it_was_read_first_stays_and_what_people_took_out_is_forgotten() {
    let first = sample("iam_exfiltration");
    let mut stage = Stage::new(std::slice::from_ref(&first)).settled();
    let mut updated = first.clone();
    updated["severity"] = json!(9.0);
    let elsewhere = Site {
        account: "another".into(),
        ..site()
    };
    stage.world.polled = [(elsewhere, Ok(vec![updated]))].into();
    let mut stage = stage.settled();
    assert_eq!(stage.record().read[id(&first)], origin("production"));
    let second = another("iam_exfiltration", 1);
    for seen in stage.world.incidents.values_mut() {
        seen.spec.findings.clear();
    }
    stage.world.polled = [(site(), Ok(vec![second.clone()]))].into();
    let stage = stage.settled();
    let read: Vec<&str> = stage.record().read.keys().map(String::as_str).collect();
    assert_eq!(read, [id(&second)]);
}
