//! A Guardrail that this version cannot read in whole: what can be read of it counts as it says, and everything else as the
//! strictest that it could say. It never counts for less than the Guardrail that was meant.

use firebreak_crds::{
    ApprovalRule, Automation, Caps, FreezeWindow, GuardrailSpec, MirrorUnavailable, NeverAuto, Protected, ResponseTime,
    Severity,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The most approvals that a rule can ask for.
const MOST: u8 = 10;

/// What an unreadable Guardrail's spec counts for.
pub fn strictest(spec: &Value) -> GuardrailSpec {
    GuardrailSpec {
        environments: all_or_none(&spec["environments"]),
        approvals: approvals(&spec["approvals"]),
        contain_now: some(&spec["containNow"]),
        mirror_unavailable: read(&spec["mirrorUnavailable"], Some(MirrorUnavailable::Block)),
        protected: protected(&spec["protected"]),
        caps: caps(&spec["caps"]),
        residency: read(&spec["residency"], vec!["none that can be read".into()]),
        freeze_windows: windows(&spec["freezeWindows"]),
        response_times: response_times(&spec["responseTimes"]),
        automation: automation(&spec["automation"]),
    }
}

/// What cannot be read of it lets nothing go by itself.
fn automation(value: &Value) -> Automation {
    let nothing = value.as_object().is_none() && !value.is_null();
    let each = |name: &str, least| {
        if nothing {
            Some(least)
        } else {
            read(&value[name], Some(least))
        }
    };
    let everything = NeverAuto {
        arn_patterns: vec!["*".into()],
        ..NeverAuto::default()
    };
    Automation {
        max_open_per_hour: each("maxOpenPerHour", 1),
        max_responses_per_hour: each("maxResponsesPerHour", 0),
        never_auto: if nothing {
            everything
        } else {
            read(&value["neverAuto"], everything)
        },
    }
}

/// Where a time cannot be read, a person must respond within the shortest time that can be set.
fn response_times(times: &Value) -> Vec<ResponseTime> {
    let read = |time: &Value| serde_json::from_value::<ResponseTime>(time.clone()).ok();
    let each: Option<Vec<ResponseTime>> = times.as_array().and_then(|times| times.iter().map(read).collect());
    let shortest = |severity| ResponseTime {
        severity,
        within: "1m".into(),
    };
    match times {
        Value::Null => Vec::new(),
        _ => each.unwrap_or_else(|| Severity::ALL.map(shortest).to_vec()),
    }
}

/// What is not there is as if it had been left out; what is there and cannot be read is as bad as it gets.
fn read<T: DeserializeOwned + Default>(value: &Value, worst: T) -> T {
    match value {
        Value::Null => T::default(),
        value => serde_json::from_value(value.clone()).unwrap_or(worst),
    }
}

/// A list that narrows down: one word that cannot be read, and it narrows nothing.
fn all_or_none<T: DeserializeOwned>(list: &Value) -> Vec<T> {
    read(list, Vec::new())
}

/// A list that permits: what cannot be read permits nothing.
fn some<T: DeserializeOwned>(list: &Value) -> Vec<T> {
    let each = list.as_array().into_iter().flatten();
    each.filter_map(|one| serde_json::from_value(one.clone()).ok())
        .collect()
}

fn approvals(rules: &Value) -> Vec<ApprovalRule> {
    match rules {
        Value::Null => Vec::new(),
        Value::Array(rules) => rules.iter().map(rule).collect(),
        other => vec![rule(other)],
    }
}

fn rule(rule: &Value) -> ApprovalRule {
    let approver_roles = some(&rule["approverRoles"]);
    let required = match rule["required"].as_u64() {
        Some(required) => u8::try_from(required).unwrap_or(MOST),
        None => MOST,
    };
    ApprovalRule {
        action: read(&rule["action"], None),
        destructive: read(&rule["destructive"], None),
        severities: all_or_none(&rule["severities"]),
        required: required.max(unreadable(&rule["approverRoles"], approver_roles.len())),
        approver_roles,
    }
}

/// The most approvals, where a list has something that was not read.
fn unreadable(list: &Value, read: usize) -> u8 {
    let whole = list.is_null() || list.as_array().is_some_and(|all| all.len() == read);
    if whole { 0 } else { MOST }
}

fn protected(value: &Value) -> Protected {
    let everything = Protected {
        arns: vec!["*".into()],
        tags: Vec::new(),
    };
    read(value, everything)
}

fn caps(value: &Value) -> Caps {
    let nothing = value.as_object().is_none() && !value.is_null();
    let cap = |name: &str| if nothing { Some(0) } else { read(&value[name], Some(0)) };
    Caps {
        max_contained: cap("maxContained"),
        max_dependents: cap("maxDependents"),
        max_starts_per_hour: cap("maxStartsPerHour"),
    }
}

fn windows(list: &Value) -> Vec<FreezeWindow> {
    let always = || FreezeWindow {
        name: "that cannot be read".into(),
        from: String::new(),
        until: "it is repaired".into(),
    };
    match list {
        Value::Null => Vec::new(),
        Value::Array(windows) => windows
            .iter()
            .map(|one| serde_json::from_value(one.clone()).unwrap_or_else(|_| always()))
            .collect(),
        _ => vec![always()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::{Case, Requirement, contain_now};
    use firebreak_crds::{Action, Environment, Severity};
    use proptest::prelude::*;
    use serde_json::json;

    fn written() -> Value {
        json!({
            "environments": ["Production"],
            "approvals": [
                {"action": "Release", "required": 3, "approverRoles": ["security", "legal"]},
                {"severities": ["Low", "Medium"], "destructive": false, "required": 1},
                {"required": 2},
            ],
            "containNow": ["High", "Critical"],
            "mirrorUnavailable": "Block",
            "protected": {"arns": ["arn:aws:iam::*:role/root"], "tags": [{"key": "protected"}]},
            "caps": {"maxContained": 5, "maxStartsPerHour": 7},
            "residency": ["eu-west-1"],
            "freezeWindows": [{"name": "feast", "from": "2026-12-24T00:00:00Z", "until": "2026-12-27T00:00:00Z"}],
            "responseTimes": [{"severity": "Critical", "within": "15m"}, {"severity": "Low", "within": "24h"}],
            "automation": {"maxOpenPerHour": 5, "maxResponsesPerHour": 3, "neverAuto": {"kinds": ["ec2Instance"]}},
        })
    }

    fn cases() -> Vec<(Case, bool)> {
        let mut all = Vec::new();
        for severity in [Severity::Low, Severity::Medium, Severity::High, Severity::Critical] {
            for (action, destructive) in [
                (Action::Contain, false),
                (Action::Contain, true),
                (Action::Release, false),
            ] {
                let environment = Environment::Production;
                let case = Case {
                    environment,
                    action,
                    severity,
                    unattributed: false,
                };
                all.push((case, destructive));
            }
        }
        all
    }

    /// Every place in a value, as a JSON pointer.
    fn places(value: &Value, at: &str) -> Vec<String> {
        let within: Vec<String> = match value {
            Value::Object(map) => map
                .iter()
                .flat_map(|(key, v)| places(v, &format!("{at}/{key}")))
                .collect(),
            Value::Array(list) => (0..list.len())
                .flat_map(|n| places(&list[n], &format!("{at}/{n}")))
                .collect(),
            _ => Vec::new(),
        };
        std::iter::once(at.to_owned())
            .filter(|at| !at.is_empty())
            .chain(within)
            .collect()
    }

    #[test]
    fn a_guardrail_that_can_be_read_counts_as_it_says() {
        let meant: GuardrailSpec = serde_json::from_value(written()).unwrap();
        assert_eq!(strictest(&written()), meant);
        assert_eq!(strictest(&Value::Null), GuardrailSpec::default());
    }

    proptest! {
        #[test]
        fn an_unreadable_part_never_makes_a_guardrail_laxer(place in 0_usize..1000, odd in 0_usize..6) {
            let all = places(&written(), "");
            let odd = [json!("Unheard"), json!(-7), json!(1e300), json!({"a": 1}), json!([{}]), json!(true)][odd].clone();
            let mut spoiled = written();
            *spoiled.pointer_mut(&all[place % all.len()]).unwrap() = odd;
            prop_assume!(serde_json::from_value::<GuardrailSpec>(spoiled.clone()).is_err());
            let (meant, counts) = (strictest(&written()), strictest(&spoiled));
            for (case, destructive) in cases() {
                let [before, after] = [&meant, &counts].map(|spec| Requirement::of(std::slice::from_ref(spec), case, destructive));
                prop_assert!(after.required >= before.required, "{spoiled}");
                prop_assert!(after.required == usize::from(MOST) || after.approver_roles.is_superset(&before.approver_roles));
                let [before, after] = [&meant, &counts].map(|spec| contain_now(std::slice::from_ref(spec), case));
                prop_assert!(before || !after, "{spoiled}");
            }
            prop_assert!(counts.protected == meant.protected || counts.protected.arns == ["*"]);
            prop_assert!(counts.caps.max_contained <= meant.caps.max_contained && counts.caps.max_contained.is_some());
            prop_assert!(counts.residency == meant.residency || counts.residency == ["none that can be read"]);
            prop_assert_eq!(counts.freeze_windows.len(), 1);
            let shortest = counts.response_times.len() == 4 && counts.response_times.iter().all(|time| time.within == "1m");
            prop_assert!(counts.response_times == meant.response_times || shortest, "{spoiled}");
            let [may, meant] = [&counts.automation, &meant.automation];
            prop_assert!(may.max_open_per_hour <= meant.max_open_per_hour && may.max_open_per_hour.is_some());
            prop_assert!(may.max_responses_per_hour <= meant.max_responses_per_hour && may.max_responses_per_hour.is_some());
            prop_assert!(may.never_auto == meant.never_auto || may.never_auto.arn_patterns == ["*"]);
        }
    }
}
