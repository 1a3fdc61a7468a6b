//! Lambda functions, as cells.

use super::{
    LambdaWrite, alias, function, mapping,
    resources::{EVENT_SOURCE_MAPPINGS, FUNCTIONS},
};
use crate::aws::{
    Grant, Meaning, Scope,
    table::table,
    value::{bind_time, fits_template},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::EnumIter;

/// One piece of the state of a Lambda function.
#[derive(EnumIter, Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum LambdaCell {
    /// The version that an alias invokes: `{"version": text, "revision": text, "shares": bool}`, of which only `version` is owned.
    /// `revision` is the condition of a write, and `shares` tells whether another version takes a part of the invocations.
    AliasVersion {
        /// Function name.
        function: String,
        /// Its name.
        alias: String,
    },
    /// One event source mapping of a Lambda function, an alias or a version of it: `{"enabled": bool, "state": text}`, of which only
    /// `enabled` is owned; it is what AWS makes of the mapping, null where that is not known yet. There is none where the mapping
    /// invokes another function.
    EventSourceMapping {
        /// Function name.
        function: String,
        /// UUID of the mapping.
        uuid: String,
    },
    /// A Lambda function's reserved concurrency: an integer, or null when there is none.
    FunctionConcurrency {
        /// Function name.
        function: String,
    },
    /// The event source mappings of a Lambda function, its aliases and versions: `{"enabled": [uuid], "disabled": [uuid]}`, of
    /// which only `enabled` is owned. One that AWS is enabling or disabling counts as what it becomes.
    FunctionEventSources {
        /// Function name.
        function: String,
    },
    /// A Lambda function's provisioned concurrency as it was asked for: an object of counts by alias or version.
    FunctionProvisionedConcurrency {
        /// Function name.
        function: String,
    },
    /// The authentication of a Lambda function's URLs: an object of `NONE` or `AWS_IAM` by alias, `$LATEST` for the function
    /// itself; in a plan, `*` stands for every URL that there is.
    FunctionUrls {
        /// Function name.
        function: String,
    },
}

table! {
    /// The IAM actions that reading it needs, the one that is called first in front.
    grants, CELLS: LambdaCell => &'static [Grant] {
        Self::AliasVersion { .. } => &[FUNCTIONS.allows(&["lambda:GetAlias"])],
        Self::EventSourceMapping { .. } => &[EVENT_SOURCE_MAPPINGS.allows(&["lambda:GetEventSourceMapping"])],
        Self::FunctionConcurrency { .. } => &[FUNCTIONS.allows(&["lambda:GetFunctionConcurrency"])],
        Self::FunctionEventSources { .. } => &[
            Scope::ANYTHING.allows(&["lambda:ListEventSourceMappings"]),
            FUNCTIONS.allows(&["lambda:GetFunctionConfiguration"]),
        ],
        Self::FunctionProvisionedConcurrency { .. } => &[FUNCTIONS.allows(&["lambda:ListProvisionedConcurrencyConfigs"])],
        Self::FunctionUrls { .. } => &[FUNCTIONS.allows(&["lambda:ListFunctionUrlConfigs"])],
    }
}

impl Meaning for LambdaCell {
    fn resource(&self, partition: &str, account_id: &str, region: &str) -> String {
        match self {
            Self::AliasVersion { function, .. }
            | Self::EventSourceMapping { function, .. }
            | Self::FunctionConcurrency { function }
            | Self::FunctionEventSources { function }
            | Self::FunctionProvisionedConcurrency { function }
            | Self::FunctionUrls { function } => {
                format!("arn:{partition}:lambda:{region}:{account_id}:function:{function}")
            }
        }
    }

    fn field(&self) -> String {
        match self {
            Self::AliasVersion { alias, .. } => format!("Alias/{alias}"),
            Self::EventSourceMapping { uuid, .. } => format!("EventSource/{uuid}"),
            Self::FunctionConcurrency { .. } => "Concurrency".into(),
            Self::FunctionEventSources { .. } => "EventSources".into(),
            Self::FunctionProvisionedConcurrency { .. } => "ProvisionedConcurrency".into(),
            Self::FunctionUrls { .. } => "Urls".into(),
        }
    }

    fn grants(&self) -> &'static [Grant] {
        self.grants()
    }

    fn sentence(&self, to: &Value) -> String {
        match self {
            Self::AliasVersion { function, alias } => alias::sentence(function, alias, to),
            Self::EventSourceMapping { function, uuid } => mapping::sentence(function, uuid, to),
            Self::FunctionConcurrency { function } => function::concurrency_sentence(function, to),
            Self::FunctionEventSources { function } => function::sources_sentence(function, to),
            Self::FunctionProvisionedConcurrency { function } => function::provisioned_sentence(function, to),
            Self::FunctionUrls { function } => function::urls_sentence(function, to),
        }
    }

    fn canonical(&self, value: &Value) -> Value {
        match self {
            Self::AliasVersion { .. } => alias::canonical(value),
            Self::EventSourceMapping { .. } => mapping::canonical(value),
            Self::FunctionEventSources { .. } => function::canonical_sources(value),
            Self::FunctionConcurrency { .. }
            | Self::FunctionProvisionedConcurrency { .. }
            | Self::FunctionUrls { .. } => value.clone(),
        }
    }

    fn bind(&self, planned: &Value, current: &Value, now: Timestamp) -> Value {
        match self {
            Self::FunctionEventSources { .. } => function::bind_sources(planned, current),
            Self::FunctionUrls { .. } => function::bind_urls(planned, current),
            Self::AliasVersion { .. }
            | Self::EventSourceMapping { .. }
            | Self::FunctionConcurrency { .. }
            | Self::FunctionProvisionedConcurrency { .. } => bind_time(planned, now),
        }
    }

    fn fits(&self, planned: &Value, value: &Value) -> bool {
        match self {
            Self::FunctionEventSources { .. } => function::sources_fit(planned, value),
            Self::FunctionUrls { .. } => function::bind_urls(planned, value) == *value,
            Self::AliasVersion { .. }
            | Self::EventSourceMapping { .. }
            | Self::FunctionConcurrency { .. }
            | Self::FunctionProvisionedConcurrency { .. } => {
                fits_template(&self.canonical(planned), &self.canonical(value))
            }
        }
    }

    fn between(&self, before: &Value, after: &Value, value: &Value) -> bool {
        match self {
            Self::AliasVersion { .. } | Self::EventSourceMapping { .. } | Self::FunctionConcurrency { .. } => false,
            Self::FunctionEventSources { .. } => function::sources_between(before, after, value),
            Self::FunctionProvisionedConcurrency { .. } => function::provisioned_between(before, after, value),
            Self::FunctionUrls { .. } => function::urls_between(before, after, value),
        }
    }

    fn keeps(&self, before: &Value, value: &Value) -> bool {
        match self {
            Self::AliasVersion { .. } | Self::EventSourceMapping { .. } | Self::FunctionConcurrency { .. } => true,
            Self::FunctionEventSources { .. } => function::keeps_sources(before, value),
            Self::FunctionProvisionedConcurrency { .. } => function::keeps_provisioned(before, value),
            Self::FunctionUrls { .. } => function::keeps_urls(before, value),
        }
    }

    fn material(&self, before: &Value) -> Value {
        match self {
            Self::EventSourceMapping { .. } | Self::FunctionEventSources { .. } => Value::Null,
            Self::AliasVersion { .. }
            | Self::FunctionConcurrency { .. }
            | Self::FunctionProvisionedConcurrency { .. }
            | Self::FunctionUrls { .. } => self.canonical(before),
        }
    }

    fn merge_before(&self, before: &Value, current: &Value) -> Value {
        match self {
            Self::FunctionEventSources { .. } => function::union_sources(before, current),
            Self::FunctionProvisionedConcurrency { .. } => function::union_provisioned(before, current),
            Self::AliasVersion { .. }
            | Self::EventSourceMapping { .. }
            | Self::FunctionConcurrency { .. }
            | Self::FunctionUrls { .. } => before.clone(),
        }
    }

    fn on_its_way(&self, value: &Value) -> Option<String> {
        match self {
            Self::EventSourceMapping { uuid, .. } => mapping::on_its_way(uuid, value),
            Self::AliasVersion { .. }
            | Self::FunctionConcurrency { .. }
            | Self::FunctionEventSources { .. }
            | Self::FunctionProvisionedConcurrency { .. }
            | Self::FunctionUrls { .. } => None,
        }
    }
}

impl LambdaCell {
    pub(in crate::aws) fn writes(&self, from: &Value, to: &Value) -> Vec<LambdaWrite> {
        match self {
            Self::AliasVersion { function, alias } => alias::writes(function, alias, from, to),
            Self::EventSourceMapping { uuid, .. } => mapping::writes(uuid, to),
            Self::FunctionConcurrency { function } => function::concurrency(function, to),
            Self::FunctionEventSources { .. } => function::sources(from, to),
            Self::FunctionProvisionedConcurrency { function } => function::provisioned(function, from, to),
            Self::FunctionUrls { function } => function::urls(function, from, to),
        }
    }
}
