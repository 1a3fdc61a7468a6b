//! How often AWS is called: a budget per account, region, service and direction, and a pause after a throttle. Each key
//! stands alone, so one throttled account never slows another, and throttled reads never hold a containment back.

use firebreak_core::aws::access::Service;
use governor::{
    Jitter, Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};

/// How long a call waits for its budget before it counts as throttled.
const PATIENCE: Duration = Duration::from_secs(10);
/// The first pause after a throttle; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause, jitter included.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How many budgets are kept; the least recently used one goes first.
const MOST_KEYS: usize = 4096;

/// Whether a call changes something: AWS counts the two apart, and so do the budgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Reads.
    Read,
    /// Writes.
    Write,
    /// Reads of many resources at once: few, and each stands for many single reads, which must not keep them waiting.
    Survey,
}

/// What has a budget of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The account id.
    pub account: String,
    /// The region; global services have one for all.
    pub region: String,
    /// The service.
    pub service: Service,
    /// Reads, writes or surveys.
    pub direction: Direction,
}

/// The call may not be made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// When it is worth asking again.
    pub after: Duration,
}

/// The budgets and pauses of all accounts.
#[derive(Default)]
pub struct Limits(std::sync::Mutex<HashMap<Key, Budget>>);

type Rate = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<std::time::Instant>>;

struct Budget {
    rate: Arc<Rate>,
    /// Who waits for the budget, in the order of coming.
    line: Arc<Mutex<()>>,
    paused_until: Option<Instant>,
    throttles: u32,
    used: Instant,
}

impl Limits {
    /// Waits for the key's budget, within limits. Who came first is admitted first.
    ///
    /// # Errors
    /// [`Refused`] during a pause, and when the budget is used up for longer than ten seconds.
    pub async fn admit(&self, key: &Key) -> Result<(), Refused> {
        let deadline = Instant::now() + PATIENCE;
        let line = self.with(key, |budget| Arc::clone(&budget.line));
        let Ok(_turn) = timeout_at(deadline, line.lock()).await else {
            return Err(Refused { after: FIRST_PAUSE });
        };
        loop {
            let Some(wait) = self.wait(key)? else { return Ok(()) };
            if Instant::now() + wait > deadline {
                return Err(Refused { after: wait });
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Pauses the key because AWS throttled it, longer each time in a row.
    pub fn throttled(&self, key: &Key) {
        let now = Instant::now();
        self.with(key, |budget| {
            let pause = Jitter::up_to(FIRST_PAUSE) + FIRST_PAUSE.saturating_mul(1 << budget.throttles.min(5));
            budget.paused_until = Some(now + pause.min(LONGEST_PAUSE));
            budget.throttles = budget.throttles.saturating_add(1);
        });
    }

    /// Forgets earlier throttles, because AWS answered.
    pub fn answered(&self, key: &Key) {
        self.with(key, |budget| budget.throttles = 0);
    }

    /// None when the call may be made, else how long to wait for the budget.
    fn wait(&self, key: &Key) -> Result<Option<Duration>, Refused> {
        let now = Instant::now();
        self.with(key, |budget| {
            if let Some(until) = budget.paused_until.filter(|until| *until > now) {
                return Err(Refused { after: until - now });
            }
            Ok(budget
                .rate
                .check()
                .err()
                .map(|not_yet| not_yet.wait_time_from(TokioClock.now())))
        })
    }

    fn with<T>(&self, key: &Key, then: impl FnOnce(&mut Budget) -> T) -> T {
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !budgets.contains_key(key) {
            make_room(&mut budgets);
        }
        let budget = budgets.entry(key.clone()).or_insert_with(|| Budget::new(key));
        budget.used = Instant::now();
        then(budget)
    }
}

fn make_room(budgets: &mut HashMap<Key, Budget>) {
    if budgets.len() < MOST_KEYS {
        return;
    }
    let oldest = budgets
        .iter()
        .min_by_key(|(_, budget)| budget.used)
        .map(|(key, _)| key.clone());
    if let Some(key) = oldest {
        budgets.remove(&key);
    }
}

impl Budget {
    fn new(key: &Key) -> Self {
        let now = Instant::now();
        let quota = quota(key.service, key.direction);
        Self {
            rate: Arc::new(RateLimiter::direct_with_clock(quota, TokioClock)),
            line: Arc::default(),
            paused_until: None,
            throttles: 0,
            used: now,
        }
    }
}

/// Well below what AWS documents or is known to allow, since people and other tools share the account's budget.
fn quota(service: Service, direction: Direction) -> Quota {
    let (per_second, burst) = match (service, direction) {
        (Service::ApplicationAutoScaling, Direction::Read) => (5, 10),
        (Service::ApplicationAutoScaling, Direction::Write) => (2, 5),
        (Service::AutoScaling, Direction::Read) => (5, 10),
        (Service::AutoScaling, Direction::Write) => (2, 5),
        (Service::CloudWatch, Direction::Read) => (5, 20),
        (Service::CloudWatch, Direction::Write) => (1, 2),
        (Service::Ec2, Direction::Read) => (10, 40),
        (Service::Ec2, Direction::Write) => (4, 20),
        (Service::Ecs, Direction::Read) => (15, 40),
        (Service::Ecs, Direction::Write) => (4, 20),
        (Service::Elbv2, Direction::Read) => (10, 30),
        (Service::Elbv2, Direction::Write) => (3, 15),
        (Service::GuardDuty, Direction::Read) => (5, 10),
        (Service::GuardDuty, Direction::Write) => (1, 2),
        (Service::Iam, Direction::Read) => (15, 20),
        (Service::Iam, Direction::Write) => (4, 8),
        (Service::Lambda, Direction::Read) => (10, 15),
        (Service::Lambda, Direction::Write) => (4, 8),
        (Service::Rds, Direction::Read) => (5, 20),
        (Service::Rds, Direction::Write) => (2, 4),
        (Service::S3, Direction::Read) => (10, 30),
        (Service::S3, Direction::Write) => (2, 6),
        (Service::Sqs, Direction::Read) => (20, 40),
        (Service::Sqs, Direction::Write) => (20, 40),
        (Service::Sts, _) => (50, 100),
        // AWS WAF developer guide, "AWS WAF quotas": 5 calls that read and one that writes in a second, of the account in a region.
        (Service::Wafv2, Direction::Read) => (4, 8),
        (Service::Wafv2, Direction::Write) => (1, 2),
        (Service::Ec2 | Service::Ecs, Direction::Survey) => (5, 50),
        (_, Direction::Survey) => (2, 10),
    };
    Quota::per_second(at_least_one(per_second)).allow_burst(at_least_one(burst))
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

/// Tokio's clock, so that tests can move it.
#[derive(Clone, Copy)]
struct TokioClock;

impl Clock for TokioClock {
    type Instant = std::time::Instant;

    fn now(&self) -> Self::Instant {
        Instant::now().into_std()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn key(account: &str, direction: Direction) -> Key {
        Key {
            account: account.into(),
            region: "us-east-1".into(),
            service: Service::Iam,
            direction,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_account_is_paused_and_the_others_are_not() {
        let limits = Limits::default();
        limits.throttled(&key("1", Direction::Read));
        assert!(limits.admit(&key("1", Direction::Read)).await.is_err());
        assert_eq!(limits.admit(&key("2", Direction::Read)).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn throttled_reads_do_not_hold_writes_back() {
        let limits = Limits::default();
        limits.throttled(&key("1", Direction::Read));
        assert_eq!(limits.admit(&key("1", Direction::Write)).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_survey_does_not_wait_for_single_reads() {
        let limits = Limits::default();
        while limits.admit(&key("1", Direction::Read)).now_or_never().is_some() {}
        assert_eq!(limits.admit(&key("1", Direction::Survey)).now_or_never(), Some(Ok(())));
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_to_thirty_seconds_and_end() {
        let limits = Limits::default();
        let key = key("1", Direction::Read);
        let mut last = Duration::ZERO;
        for _ in 0..12 {
            limits.throttled(&key);
            last = limits.admit(&key).await.unwrap_err().after;
            assert!(last <= LONGEST_PAUSE);
        }
        assert_eq!(last, LONGEST_PAUSE);
        tokio::time::sleep(LONGEST_PAUSE).await;
        assert_eq!(limits.admit(&key).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_makes_the_next_pause_short_again() {
        let limits = Limits::default();
        let key = key("1", Direction::Read);
        (0..6).for_each(|_| limits.throttled(&key));
        limits.answered(&key);
        limits.throttled(&key);
        assert!(limits.admit(&key).await.unwrap_err().after <= 2 * FIRST_PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_used_up_budget_makes_calls_wait_for_their_turn() {
        let limits = Limits::default();
        let key = key("1", Direction::Write);
        let started = Instant::now();
        for _ in 0..12 {
            assert_eq!(limits.admit(&key).await, Ok(()));
        }
        let waited = started.elapsed();
        assert!(waited >= Duration::from_millis(900), "{waited:?}");
        assert!(waited <= Duration::from_millis(1500), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_when_a_call_becomes_free_does_not_overtake_who_waited_for_it() {
        let (limits, key) = (Limits::default(), key("1", Direction::Write));
        while limits.admit(&key).now_or_never().is_some() {}
        let mut first = Box::pin(limits.admit(&key));
        assert_eq!(first.as_mut().now_or_never(), None);
        tokio::time::advance(Duration::from_millis(300)).await;
        assert_eq!(limits.admit(&key).now_or_never(), None);
        assert_eq!(first.now_or_never(), Some(Ok(())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_would_wait_for_more_than_ten_seconds_is_refused() {
        let (limits, key, begun) = (Limits::default(), key("1", Direction::Write), Instant::now());
        let answers = futures::future::join_all((0..60).map(|_| limits.admit(&key))).await;
        let admitted = answers.iter().filter(|answer| answer.is_ok()).count();
        assert!((47..=49).contains(&admitted), "8 at once and 4 a second: {admitted}");
        assert!(begun.elapsed() <= PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_of_budgets_is_bounded() {
        let limits = Limits::default();
        for account in 0..MOST_KEYS + 10 {
            limits.answered(&key(&account.to_string(), Direction::Read));
        }
        assert_eq!(limits.0.lock().unwrap().len(), MOST_KEYS);
    }
}
