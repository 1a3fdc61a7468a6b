//! A cell is one piece of AWS state that Firebreak can read, set and put back: the unit of custody.
//! Everything that the engine needs to know about it is pure: what equal means, what late binding does, and which AWS calls
//! lead from one value to another.

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use super::{
    Grant, Query, References, Remaining, Survey, Write,
    access::Service,
    application_autoscaling::ApplicationAutoScalingCell,
    autoscaling::AutoScalingCell,
    ec2::Ec2Cell,
    ecs::EcsCell,
    elbv2::Elbv2Cell,
    failure::Failure,
    iam::IamCell,
    lambda::LambdaCell,
    rds::RdsCell,
    s3::S3Cell,
    value::{bind_time, fits_template},
    wafv2::Wafv2Cell,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeSet, ops::Deref};

/// One piece of AWS state, by service. Its value is JSON whose shape each variant's documentation gives.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the variants are the services' names")]
pub enum Cell {
    ApplicationAutoScaling(ApplicationAutoScalingCell),
    AutoScaling(AutoScalingCell),
    Ec2(Ec2Cell),
    Ecs(EcsCell),
    Elbv2(Elbv2Cell),
    Iam(IamCell),
    Lambda(LambdaCell),
    Rds(RdsCell),
    S3(S3Cell),
    Wafv2(Wafv2Cell),
}

/// What a cell is of, what its values mean, and what setting one does in words.
pub trait Meaning {
    /// ARN of the resource that it belongs to. Names of IAM roles and users are unique in an account whatever their path, so
    /// their path is left out: the same thing has one key, even if somebody moves it.
    fn resource(&self, partition: &str, account_id: &str, region: &str) -> String;

    /// The field group within the resource.
    fn field(&self) -> String;

    /// The IAM actions that reading it needs, the one that is called first in front.
    fn grants(&self) -> &'static [Grant];

    /// What setting the value does, in a sentence for people.
    fn sentence(&self, to: &Value) -> String;

    /// The value in a form in which equal meaning is equal JSON.
    fn canonical(&self, value: &Value) -> Value;

    /// Whether two values mean the same.
    fn same(&self, one: &Value, other: &Value) -> bool {
        self.canonical(one) == self.canonical(other)
    }

    /// Fills the late-bound parts of a planned value in: the time of the write, and members that still exist.
    fn bind(&self, planned: &Value, _current: &Value, now: Timestamp) -> Value {
        bind_time(planned, now)
    }

    /// Whether a value could have come from binding the planned value at some time.
    fn fits(&self, planned: &Value, value: &Value) -> bool {
        fits_template(&self.canonical(planned), &self.canonical(value))
    }

    /// Whether a value lies on the way between two others, as a write in several calls leaves it when it is cut.
    fn between(&self, _before: &Value, _after: &Value, _value: &Value) -> bool {
        false
    }

    /// Whether a value still has every part of another, so that no write in several calls has begun to take them away.
    fn keeps(&self, _before: &Value, _value: &Value) -> bool {
        true
    }

    /// The part of a before-value whose change makes a new plan necessary. Counts and members that scaling moves do not, nor
    /// an access key more or less: an attacker who makes one must not void the approval to deactivate them all.
    fn material(&self, before: &Value) -> Value {
        self.canonical(before)
    }

    /// The before-value when the current value is written over once more: members that have come since are added to it,
    /// access keys that have come since only by name.
    fn merge_before(&self, before: &Value, _current: &Value) -> Value {
        before.clone()
    }

    /// What AWS still does on the way to a value that it shows already, for people; none once it has arrived.
    fn on_its_way(&self, _value: &Value) -> Option<String> {
        None
    }

    /// Whether it is of a part that comes and goes while its target lives on (an interface goes with its pod, or is detached):
    /// one that is gone is not open, and is nothing to wait for.
    fn is_of_a_part(&self) -> bool {
        false
    }

    /// Whether members come and go by AWS's own motion (ECS registers a task that replaces another): putting back only adds
    /// what was there, and takes nothing away that is there now, so that it can overwrite nobody's change.
    fn is_additive(&self) -> bool {
        false
    }

    /// Whether it is a policy or statement of Firebreak's own kind: where one is there, some Firebreak has put it.
    fn is_denial(&self) -> bool {
        false
    }

    /// The resources that a value refers to, where they could have been deleted since.
    fn references(&self, _value: &Value) -> Option<References> {
        None
    }

    /// The value without what refers to these, which do not exist any more.
    fn without(&self, value: &Value, _missing: &BTreeSet<String>) -> Remaining {
        Remaining::whole(value)
    }

    /// The wanted value without what of it is missing and refers to resources of other accounts, which cannot be looked up, where
    /// AWS has refused the calls that bring it because it does not find what they name; none where nothing is left out.
    fn without_elsewhere(&self, _wanted: &Value, _current: &Value, _refused: &[Failure]) -> Option<Remaining> {
        None
    }

    /// What AWS gave another name on the way back, for people: the value that was recorded, and what is there now.
    fn put_back(&self, _recorded: &Value, _current: &Value) -> Option<String> {
        None
    }

    /// The cell of the same resource of which this is a part, where that can be held by itself: as long as it is, this part of it
    /// is not put back.
    fn within(&self) -> Option<Cell> {
        None
    }

    /// The question whose answer tells it together with others: where several are asked for, that one is asked once for all of them.
    fn part_of(&self) -> Option<Query> {
        None
    }

    /// Its value, as the answer to that question tells it.
    fn within_answer(&self, _whole: &Value) -> Value {
        Value::Null
    }

    /// The batch read that tells it among others, if AWS has one.
    fn survey(&self) -> Option<Survey> {
        None
    }
}

impl Deref for Cell {
    type Target = dyn Meaning;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::ApplicationAutoScaling(cell) => cell,
            Self::AutoScaling(cell) => cell,
            Self::Ec2(cell) => cell,
            Self::Ecs(cell) => cell,
            Self::Elbv2(cell) => cell,
            Self::Iam(cell) => cell,
            Self::Lambda(cell) => cell,
            Self::Rds(cell) => cell,
            Self::S3(cell) => cell,
            Self::Wafv2(cell) => cell,
        }
    }
}

impl Cell {
    /// The service of the calls that read it: of the first one, where there are several.
    pub fn service(&self) -> Service {
        match self {
            Self::ApplicationAutoScaling(_) => Service::ApplicationAutoScaling,
            Self::AutoScaling(_) => Service::AutoScaling,
            Self::Ec2(_) => Service::Ec2,
            Self::Ecs(_) => Service::Ecs,
            Self::Elbv2(_) => Service::Elbv2,
            Self::Iam(_) => Service::Iam,
            Self::Lambda(_) => Service::Lambda,
            Self::Rds(_) => Service::Rds,
            Self::S3(_) => Service::S3,
            Self::Wafv2(_) => Service::Wafv2,
        }
    }

    /// Whether the state is the same from every region (IAM).
    pub fn is_global(&self) -> bool {
        self.service() == Service::Iam
    }

    /// The AWS calls that lead from one value to the other, in order. Empty when they mean the same.
    pub fn writes(&self, from: &Value, to: &Value) -> Vec<Write> {
        if self.same(from, to) {
            return Vec::new();
        }
        match self {
            Self::ApplicationAutoScaling(cell) => all(cell.writes(to)),
            Self::AutoScaling(cell) => all(cell.writes(from, to)),
            Self::Ec2(cell) => all(cell.writes(from, to)),
            Self::Ecs(cell) => all(cell.writes(from, to)),
            Self::Elbv2(cell) => all(cell.writes(from, to)),
            Self::Iam(cell) => all(cell.writes(from, to)),
            Self::Lambda(cell) => all(cell.writes(from, to)),
            Self::Rds(cell) => all(cell.writes(to)),
            Self::S3(cell) => all(cell.writes(to)),
            Self::Wafv2(cell) => all(cell.writes(to)),
        }
    }

    /// Whether it must not be written before another one has arrived: an instance is stopped only once it stands by.
    pub fn follows(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (
                Self::Ec2(Ec2Cell::InstanceState { instance_id }),
                Self::AutoScaling(AutoScalingCell::InstanceStandby { instance_id: other, .. }),
            ) => instance_id == other,
            _ => false,
        }
    }
}

fn all<W: Into<Write>>(writes: Vec<W>) -> Vec<Write> {
    writes.into_iter().map(Into::into).collect()
}
