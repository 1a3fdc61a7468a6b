//! What proves that a database is cut off.

use super::{Subject, Verdict, known};
use crate::aws::{
    Answer, Cell,
    cloudwatch::Datapoint,
    ec2::{IdentifiedRule, SecurityGroup},
    rds::{DbInstance, RdsCell},
};
use jiff::Timestamp;
use serde_json::Value;

/// Whether the group is the only one in force, and nothing was connected in a minute that began after the gate: CloudWatch tells
/// of earlier minutes first.
pub(super) fn fenced(subject: &Subject, groups: &Answer, connections: &Answer, began: Timestamp) -> Verdict {
    let Subject::Fenced { instance, group } = subject else {
        return Verdict::Inconclusive("it was answered twice".into());
    };
    let cell = Cell::Rds(RdsCell::InstanceSecurityGroups {
        instance: instance.clone(),
    });
    match (known::<Value>(groups), known::<Datapoint>(connections)) {
        (Err(why), _) | (_, Err(why)) => why,
        (Ok(groups), Ok(_)) if !cell.same(&groups, &RdsCell::only(group)) => Verdict::Fail(format!(
            "{instance} has the security groups {groups}, and not {group} alone"
        )),
        (Ok(_), Ok(minute)) if minute.began < Some(began) => {
            Verdict::Inconclusive("the last minute of its connections began before the reboot had ended".into())
        }
        (Ok(_), Ok(minute)) if minute.value == 0.0 => Verdict::Pass,
        (Ok(_), Ok(minute)) => Verdict::Fail(format!("{} clients are connected to {instance}", minute.value)),
    }
}

/// Whether a group can be a fence of the database: it is in its VPC, and has no ingress rule.
pub(super) fn lets_nothing_in(subject: &Subject, group: &Answer, rules: &Answer, instance: &Answer) -> Verdict {
    let Subject::LetsNothingIn {
        group: id,
        instance: name,
    } = subject
    else {
        return Verdict::Inconclusive("it was answered thrice".into());
    };
    if [group, rules].contains(&&Answer::NotFound) {
        return Verdict::Fail(format!("there is no security group {id}"));
    }
    if *instance == Answer::NotFound {
        return Verdict::Fail(format!("there is no database {name}"));
    }
    match (
        known::<SecurityGroup>(group),
        known::<Vec<IdentifiedRule>>(rules),
        known::<DbInstance>(instance),
    ) {
        (Err(why), _, _) | (_, Err(why), _) | (_, _, Err(why)) => why,
        (Ok(_), Ok(rules), Ok(_)) if rules.iter().any(|rule| !rule.egress) => {
            let count = rules.iter().filter(|rule| !rule.egress).count();
            Verdict::Fail(format!(
                "security group {id} has ingress rules ({count}): it lets something in"
            ))
        }
        (Ok(group), Ok(_), Ok(instance)) => in_its_vpc(id, name, &group.vpc_id, instance.vpc_id.as_deref()),
    }
}

fn in_its_vpc(id: &str, name: &str, vpc: &str, wanted: Option<&str>) -> Verdict {
    match wanted {
        Some(wanted) if wanted == vpc => Verdict::Pass,
        Some(wanted) => Verdict::Fail(format!("security group {id} lies in {vpc}, and {name} in {wanted}")),
        None => Verdict::Inconclusive(format!("AWS did not tell the VPC of {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn said(verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Pass => "Pass",
            Verdict::Fail(_) => "Fail",
            Verdict::Inconclusive(_) => "Inconclusive",
        }
    }

    #[test]
    fn database_is_fenced_once_a_later_minute_has_no_connection() {
        let subject = Subject::Fenced {
            instance: "orders".into(),
            group: "sg-0".into(),
        };
        let only = json!({"sg-0": "active"});
        let minute = |value: f64, began: i64| Answer::found(&json!({"value": value, "began": at(began)}));
        for (groups, connections, wanted) in [
            (only.clone(), minute(0.0, 100), "Pass"),
            (only.clone(), minute(0.0, 99), "Inconclusive"),
            (only.clone(), Answer::found(&json!({"value": 0.0})), "Inconclusive"),
            (only.clone(), Answer::NotFound, "Inconclusive"),
            (only.clone(), Answer::Throttled, "Inconclusive"),
            (only, minute(2.0, 160), "Fail"),
            (json!({"sg-0": "adding", "sg-1": "removing"}), minute(0.0, 160), "Fail"),
            (json!({"sg-0": "active", "sg-1": "active"}), minute(0.0, 160), "Fail"),
        ] {
            let verdict = fenced(&subject, &Answer::Found(groups.clone()), &connections, at(100));
            assert_eq!(said(&verdict), wanted, "{groups} {connections:?}");
        }
        let verdict = fenced(
            &subject,
            &Answer::Unreachable("no answer".into()),
            &minute(0.0, 160),
            at(100),
        );
        assert_eq!(said(&verdict), "Inconclusive");
    }

    #[test]
    fn group_with_a_door_or_elsewhere_is_no_fence() {
        let subject = Subject::LetsNothingIn {
            group: "sg-0".into(),
            instance: "orders".into(),
        };
        let group = |vpc: &str| Answer::found(&json!({"vpcId": vpc, "rules": 1, "tags": {}}));
        let rules = |egress: bool| Answer::found(&json!([{"id": "sgr-1", "egress": egress, "protocol": "-1"}]));
        let database = Answer::found(&DbInstance {
            vpc_id: Some("vpc-1".into()),
            ..DbInstance::default()
        });
        let unknown = Answer::found(&DbInstance::default());
        for (group, rules, instance, wanted) in [
            (group("vpc-1"), rules(true), &database, "Pass"),
            (group("vpc-1"), rules(false), &database, "Fail"),
            (group("vpc-2"), rules(true), &database, "Fail"),
            (Answer::NotFound, Answer::NotFound, &database, "Fail"),
            (group("vpc-1"), rules(true), &Answer::NotFound, "Fail"),
            (group("vpc-1"), rules(true), &unknown, "Inconclusive"),
            (group("vpc-1"), Answer::Denied("no".into()), &database, "Inconclusive"),
        ] {
            let verdict = lets_nothing_in(&subject, &group, &rules, instance);
            assert_eq!(said(&verdict), wanted, "{group:?} {rules:?} {instance:?}");
        }
    }
}
