//! Lambda functions and what invokes them.

use super::super::world::{EventSourceMapping, Function, Region};
use firebreak_core::aws::lambda::Function as FunctionFacts;

impl Region {
    /// Adds a Lambda function with the name of its role.
    #[must_use]
    pub fn with_function(mut self, name: &str, role: &str) -> Self {
        let facts = FunctionFacts {
            arn: format!("arn:aws:lambda:{}:{}:function:{name}", self.name, self.account),
            role: format!("arn:aws:iam::{}:role/{role}", self.account),
            timeout_seconds: 30,
            ..FunctionFacts::default()
        };
        let function = Function {
            facts,
            ..Function::default()
        };
        self.functions.insert(name.into(), function);
        self
    }

    /// Changes a Lambda function: its concurrency and URLs.
    #[must_use]
    pub fn with_function_like(mut self, name: &str, change: impl FnOnce(&mut Function)) -> Self {
        if let Some(function) = self.functions.get_mut(name) {
            change(function);
        }
        self
    }

    /// Adds a mapping from a queue to a function, or to an alias of it such as `refund:live`.
    #[must_use]
    pub fn with_event_source(mut self, uuid: &str, queue: &str, invokes: &str, enabled: bool) -> Self {
        let (function, qualifier) = match invokes.split_once(':') {
            Some((function, qualifier)) => (function, Some(qualifier.to_owned())),
            None => (invokes, None),
        };
        let mapping = EventSourceMapping {
            function: function.into(),
            qualifier,
            source: format!("arn:aws:sqs:{}:{}:{queue}", self.name, self.account),
            enabled,
            ..EventSourceMapping::default()
        };
        self.event_source_mappings.insert(uuid.into(), mapping);
        self
    }
}
