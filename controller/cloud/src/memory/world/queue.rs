//! SQS queues.

use serde::Serialize;
use std::collections::BTreeMap;

/// A standard queue: at least once, in no order.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct StandardQueue {
    /// The ARN in its redrive policy, if it has one.
    pub dead_letters: Option<String>,
    /// What is on it, received or not.
    pub posts: Vec<Post>,
}

/// A message on a queue.
#[derive(Serialize, Clone, Debug, Default, PartialEq)]
pub struct Post {
    /// Its body.
    pub body: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
    /// How often it was received.
    pub receives: u32,
    /// By what it is deleted: of the last receipt.
    pub receipt: String,
    /// In seconds since 1970: until then it is hidden.
    pub hidden_until: i64,
}

impl StandardQueue {
    /// Puts a message on it.
    pub fn put(&mut self, body: &str) {
        self.posts.push(Post {
            body: body.to_owned(),
            ..Post::default()
        });
    }
}
