//! SQS: queues that give each message at least once.

use super::{
    MemoryAws,
    calls::Request,
    refusal::Refusal,
    state::State,
    world::{Post, StandardQueue},
};
use firebreak_core::aws::{
    access::Access,
    failure::{Failure, FailureClass},
    sqs::{self, HIDDEN, MOST, Message, Queue, REASON, Received},
};

impl MemoryAws {
    /// There is a queue of that ARN from now on, with that dead-letter queue beside it where one is named.
    ///
    /// # Panics
    /// When it is no ARN of a queue.
    pub fn put_queue(&self, arn: &str, dead_letters: Option<&str>) {
        for (arn, dead_letters) in [(Some(arn), dead_letters), (dead_letters, None)] {
            let Some(arn) = arn else { continue };
            self.change_queue(arn, |queue| queue.dead_letters = dead_letters.map(str::to_owned));
        }
    }

    /// Somebody puts a message on a queue.
    pub fn put_message(&self, arn: &str, body: &str) {
        self.change_queue(arn, |queue| queue.put(body));
    }

    /// What is on a queue, received or not.
    pub fn posts(&self, arn: &str) -> Vec<Post> {
        self.change_queue(arn, |queue| queue.posts.clone())
    }

    /// Gives every message again at once, as a queue may that gives each at least once.
    pub fn give_again(&self, arn: &str) {
        self.change_queue(arn, |queue| {
            queue.posts.iter_mut().for_each(|post| post.hidden_until = 0)
        });
    }

    #[allow(clippy::expect_used, reason = "a test that names no queue is wrong")]
    fn change_queue<T>(&self, arn: &str, change: impl FnOnce(&mut StandardQueue) -> T) -> T {
        let queue: Queue = arn.parse().expect("the ARN of a queue");
        self.change(|world| {
            let account = world.accounts.entry(queue.account_id.clone()).or_default();
            account.id = queue.account_id;
            let region = account.region_or_empty(&queue.region);
            change(region.queues.entry(queue.name).or_default())
        })
    }

    /// A call about a queue, with whatever fault waits for it.
    pub(super) async fn about_queue<T>(
        &self,
        access: &Access,
        request: Request,
        work: impl Fn(&mut State) -> Result<T, Refusal> + Send,
    ) -> Result<T, Failure> {
        let call = request.permissions().first().copied().unwrap_or_default();
        access.queue_role(call)?;
        let act = |state: &mut State| {
            state.admit(access, &request)?;
            work(state).map_err(|refusal| refusal.in_call(call))
        };
        self.call(access, &request, act).await
    }
}

fn found<'a>(state: &'a mut State, access: &Access, queue: &Queue) -> Result<&'a mut StandardQueue, Refusal> {
    let none = || Refusal::new(FailureClass::Gone, "QueueDoesNotExist", queue.to_string());
    if queue.account_id != access.account.account_id || queue.region != access.region {
        return Err(none());
    }
    state.asked(access)?.queues.get_mut(&queue.name).ok_or_else(none)
}

pub(super) fn receive(state: &mut State, access: &Access, queue: &Queue) -> Result<Received, Refusal> {
    let (now, made) = (state.now.as_second(), state.made);
    let found = found(state, access, queue)?;
    let visible = found.posts.iter_mut().filter(|post| post.hidden_until <= now);
    let messages = visible.take(MOST).enumerate().map(|(at, post)| {
        post.receives += 1;
        post.hidden_until = now + i64::from(HIDDEN);
        post.receipt = format!("receipt-{made}-{at}");
        Message {
            receipt: post.receipt.clone(),
            body: post.body.clone(),
            receives: post.receives,
        }
    });
    let messages = messages.collect();
    let policy = found
        .dead_letters
        .as_ref()
        .map(|arn| format!(r#"{{"deadLetterTargetArn":"{arn}"}}"#));
    Ok(Received {
        messages,
        dead_letters: policy.and_then(|policy| sqs::dead_letters(queue, &policy)),
    })
}

/// The receipt of an earlier time deletes nothing, and is no error.
pub(super) fn delete(state: &mut State, access: &Access, queue: &Queue, receipts: &[String]) -> Result<(), Refusal> {
    let found = found(state, access, queue)?;
    found.posts.retain(|post| !receipts.contains(&post.receipt));
    Ok(())
}

pub(super) fn put(state: &mut State, access: &Access, to: &Queue, body: &str, why: &str) -> Result<(), Refusal> {
    let found = found(state, access, to)?;
    found.posts.push(Post {
        body: body.to_owned(),
        attributes: [(REASON.to_owned(), why.to_owned())].into(),
        ..Post::default()
    });
    Ok(())
}
