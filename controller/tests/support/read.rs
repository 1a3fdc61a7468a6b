//! What a test looks at: conditions, records, and what was written to AWS.

use super::{Bench, words::TEAM};
use firebreak_cloud::{
    Cloud,
    memory::{
        Outcome, World,
        world::{Phase, Region},
    },
};
use firebreak_core::{
    aws::{Answer, Query, access::Access},
    run::custody,
};
use firebreak_crds::{Condition, Hold, Quarantine, ResponsePlan};
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Bench {
    pub fn quarantine(&self, name: &str) -> Quarantine {
        self.api
            .get(Some(TEAM), name)
            .unwrap_or_else(|| panic!("no Quarantine {name}"))
    }

    pub fn exists(&self, name: &str) -> bool {
        self.api.get::<Quarantine>(Some(TEAM), name).is_some()
    }

    pub fn condition(&self, name: &str, kind: &str) -> Option<Condition> {
        let status = self.quarantine(name).status?;
        status.conditions.into_iter().find(|c| c.type_ == kind)
    }

    /// `True/Contained` of a condition; empty when there is none.
    pub fn says(&self, name: &str, kind: &str) -> String {
        self.condition(name, kind)
            .map(|c| format!("{}/{}", c.status, c.reason))
            .unwrap_or_default()
    }

    pub fn message(&self, name: &str, kind: &str) -> String {
        self.condition(name, kind).map(|c| c.message).unwrap_or_default()
    }

    pub fn ready_reason(&self, name: &str) -> String {
        self.condition(name, "Ready").map(|c| c.reason).unwrap_or_default()
    }

    pub fn holds(&self) -> Vec<Hold> {
        self.api.all()
    }

    /// Whether AWS shows what a Hold says should be there.
    pub async fn is_in_force(&self, hold: &Hold) -> bool {
        let cell = custody::read_cell(&hold.spec).unwrap();
        let access = Access {
            account: hold.spec.account.clone(),
            region: hold.spec.region.clone(),
            namespace: TEAM.into(),
            name: "reader".into(),
            uid: "reader".into(),
        };
        match self.aws.observe(&access, &Query::Cell(cell.clone())).await {
            Answer::Found(value) => cell.fits(&hold.spec.after, &value),
            other => panic!("{}: {other:?}", hold.spec.key.field),
        }
    }

    /// What AWS does not show although a Hold says that it should be there.
    pub async fn not_in_force(&self) -> Vec<String> {
        let mut fields = Vec::new();
        for hold in self.holds() {
            if !self.is_in_force(&hold).await {
                fields.push(hold.spec.key.field);
            }
        }
        fields
    }

    /// The runs of an object, oldest first, wherever they are.
    pub fn plans(&self, name: &str) -> Vec<ResponsePlan> {
        let mut plans: Vec<ResponsePlan> = self.api.all();
        plans.retain(|plan| plan.spec.owner.name == name);
        plans.sort_by_key(|plan| (plan.metadata.creation_timestamp.clone(), plan.spec.run));
        plans
    }

    /// The AWS writes that were made, by IAM action.
    pub fn wrote(&self) -> Vec<&'static str> {
        self.aws.writes().iter().map(|call| call.permission).collect()
    }

    /// The AWS writes that succeeded, by IAM action.
    pub fn wrote_well(&self) -> Vec<&'static str> {
        let writes = self.aws.writes();
        let done = writes.iter().filter(|call| call.outcome == Outcome::Done);
        done.map(|call| call.permission).collect()
    }

    /// The world in the form in which two worlds are compared: without the ids, addresses and times of tasks that a service
    /// replaced, but with how many run, are registered and are protected.
    pub fn shape(&self) -> Value {
        self.aws.look(shape)
    }

    /// Everything that is stored in Kubernetes, as text.
    pub fn everything(&self) -> String {
        let all = (
            self.api.all::<Quarantine>(),
            self.api.all::<ResponsePlan>(),
            self.api.all::<Hold>(),
        );
        serde_json::to_string(&all).unwrap()
    }
}

/// See [`Bench::shape`].
pub fn shape(world: &World) -> Value {
    let regions = world.accounts.values().flat_map(|account| account.regions.values());
    let moving: Vec<Value> = regions
        .map(|region| json!({"region": region.name, "services": services(region)}))
        .collect();
    json!({ "still": world.without_motion(), "moving": moving })
}

fn services(region: &Region) -> Vec<Value> {
    let all = region
        .clusters
        .iter()
        .flat_map(|(cluster, content)| content.services.keys().map(move |service| (cluster, service)));
    all.map(|(cluster, service)| {
        let tasks = region.tasks(cluster, service);
        let ips: BTreeSet<&String> = tasks.iter().map(|task| &task.ip).collect();
        let registered: Vec<Value> = region
            .target_groups
            .iter()
            .map(|(arn, group)| json!([arn, group.targets.iter().filter(|t| ips.contains(&t.id)).count()]))
            .collect();
        json!({
            "service": format!("{cluster}/{service}"),
            "tasks": tasks.len(),
            "running": tasks.iter().filter(|task| task.phase == Phase::Running).count(),
            "registered": registered,
        })
    })
    .collect()
}

/// Where two JSON values differ: the paths, with `/` between their parts.
pub fn differences(one: &Value, other: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(one, other, String::new(), &mut found);
    found
}

fn compare(one: &Value, other: &Value, path: String, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let (x, y) = (a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null));
                compare(x, y, format!("{path}/{key}"), found);
            }
        }
        (a, b) if a == b => {}
        _ => found.push(path),
    }
}
