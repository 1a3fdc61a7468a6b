//! The bench itself: executors that can be killed and started again, and time that passes as the executor asks for.

use crate::fake_api::FakeApi;
use firebreak_cloud::{
    courier::Courier,
    memory::{MemoryAws, World},
};
use firebreak_core::{
    approval::Admission, coordinate::notification::Endpoints, engine::Rest, respond::Respondent, run::ledger::Ledger,
    settings::Settings,
};
use firebreak_executor::{
    AdmissionCheck, Executor, MayWrite, OwnDependencies, ReconcileError, Reporter, clock::Clock, failover::Courses,
    findings::Looks, notifier::Notifier, records::Records, shared_reads::SharedReads,
};
use jiff::{SignedDuration, Timestamp};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

/// The most passes until an object must have come to rest.
const MAX_PASSES: usize = 400;

/// The clock of the AWS in memory is everybody's clock.
struct OneClock(Arc<MemoryAws>);

impl Clock for OneClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// The lease, which a test takes away.
#[derive(Clone)]
pub struct Lead(Arc<AtomicBool>);

impl Lead {
    pub fn set(&self, leads: bool) {
        self.0.store(leads, Ordering::SeqCst);
    }
}

impl MayWrite for Lead {
    fn may_write(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Clone)]
struct Policies(Arc<Mutex<Admission>>);

#[async_trait::async_trait]
impl AdmissionCheck for Policies {
    async fn admission(&self) -> Admission {
        *self.0.lock().unwrap()
    }
}

struct Itself;

impl OwnDependencies for Itself {
    fn patterns(&self) -> Option<Vec<String>> {
        Some(vec![
            "arn:aws:iam::123456789012:role/firebreak".into(),
            "arn:aws:s3:::firebreak-*".into(),
        ])
    }
}

struct Nobody;

impl Reporter for Nobody {}

/// Everything together. The executor is replaced by [`Bench::restart`], the rest stays.
pub struct Bench {
    pub api: FakeApi,
    pub aws: Arc<MemoryAws>,
    pub lead: Lead,
    pub executor: Executor,
    admission: Policies,
}

impl Bench {
    /// A bench around a world, without any Kubernetes object.
    pub fn of(world: World) -> Self {
        let (api, aws) = (FakeApi::new(), Arc::new(MemoryAws::new(world)));
        let admission = Policies(Arc::new(Mutex::new(Admission {
            decisions_bound_since: Some(Timestamp::UNIX_EPOCH),
            requester_stamped: true,
            asked_reserved: true,
        })));
        api.set_now(aws.now());
        let lead = Lead(Arc::new(AtomicBool::new(true)));
        let executor = executor(api.client(), &aws, &lead, &admission);
        Self {
            api,
            aws,
            lead,
            executor,
            admission,
        }
    }

    /// The sample world, in which nobody needs to be asked.
    pub fn free() -> Self {
        let bench = Self::of(firebreak_cloud::memory::sample());
        bench.api.seed(&super::words::account());
        bench.api.seed(&super::words::guardrail_free());
        bench
    }

    /// A second operator on the same clusters, which believes that it leads too.
    pub fn rival(&self) -> Executor {
        executor(self.api.client(), &self.aws, &self.lead, &self.admission)
    }

    /// A notifier on the same cluster.
    pub fn notifier(&self, courier: Arc<dyn Courier>, endpoints: Endpoints) -> Notifier {
        Notifier {
            records: Records::new(self.api.client(), super::words::HOME),
            courier,
            clock: Arc::new(OneClock(self.aws.clone())),
            leadership: Arc::new(self.lead.clone()),
            endpoints,
        }
    }

    /// The process died: a new one starts, with nothing in memory.
    pub fn restart(&mut self) {
        let client = self.api.restart();
        self.aws.clear_faults();
        self.api.heal();
        self.executor = executor(client, &self.aws, &self.lead, &self.admission);
    }

    /// What a new leader does first: it learns from custody what is contained.
    pub async fn recount(&mut self) {
        *self.executor.ledger.get_mut().unwrap() = self.executor.records.ledger().await.unwrap();
    }

    /// What admission guarantees from now on.
    pub fn admit(&self, change: impl FnOnce(&mut Admission)) {
        change(&mut self.admission.0.lock().unwrap());
    }

    pub fn now(&self) -> Timestamp {
        self.aws.now()
    }

    /// Lets so many seconds pass for everybody.
    pub fn pass(&self, seconds: i64) {
        let later = self.now() + SignedDuration::from_secs(seconds);
        self.aws.set_now(later);
        self.api.set_now(later);
    }

    /// One pass over the object; an error is worth a second.
    pub async fn respond(&self, name: &str) -> Result<Option<Rest>, ReconcileError> {
        self.executor
            .respond(Respondent::Quarantine, super::words::TEAM, name, None)
            .await
    }

    /// One pass, or none if the process was killed in it.
    pub async fn respond_or_die(&self, name: &str) -> Option<Result<Option<Rest>, ReconcileError>> {
        tokio::select! {
            biased;
            done = self.respond(name) => Some(done),
            () = self.api.crashed() => None,
            () = self.aws.crashed() => None,
        }
    }

    /// Passes over the object, with the pauses that it asks for, until it is contained, released, gone or waits for somebody.
    /// Panics if it never does.
    pub async fn settle(&self, name: &str) -> String {
        for _ in 0..MAX_PASSES {
            match self.respond(name).await {
                Ok(None) => return "Gone".into(),
                Ok(Some(_)) if !self.exists(name) => return "Gone".into(),
                Ok(Some(_)) if self.is_at_rest(name) => return self.ready_reason(name),
                Ok(Some(rest)) => self.pass(i64::try_from(rest.after).unwrap()),
                Err(ReconcileError::Restless) => panic!("{name} did not come to rest in one pass"),
                Err(_) => self.pass(1),
            }
        }
        panic!("{name} never came to rest: {:#?}", self.quarantine(name).status)
    }

    /// Settles; whenever people are needed, two of them approve.
    pub async fn settle_with_approvals(&self, name: &str) -> String {
        let reason = self.settle(name).await;
        if reason != "AwaitingApproval" {
            return reason;
        }
        self.approve(name, "ann@example.com");
        self.approve(name, "bob@example.com");
        self.settle(name).await
    }

    /// Passes over the object as often as it asks to be looked at, for so many seconds.
    pub async fn keep(&self, name: &str, seconds: i64) {
        let end = self.now() + SignedDuration::from_secs(seconds);
        while self.now() < end {
            let wish = match self.respond(name).await {
                Ok(None) => return,
                Ok(Some(rest)) => i64::try_from(rest.after).unwrap(),
                Err(ReconcileError::Restless) => panic!("{name} did not come to rest in one pass"),
                Err(_) => 1,
            };
            let left = end.as_second() - self.now().as_second();
            self.pass(wish.clamp(1, left.max(1)));
        }
    }

    /// One look at every Hold that no object holds, as the operator takes it.
    /// The answer is whether each of them came to an end.
    pub async fn tend_all(&self) -> bool {
        let mut ended = true;
        for hold in self.holds() {
            let tended = self
                .executor
                .reconcile_orphan(hold.metadata.name.as_deref().unwrap(), None);
            ended &= tended.await.is_ok();
        }
        ended
    }

    /// Whether nothing goes on by itself: nothing is being written, verified, settled or tried again soon.
    fn is_at_rest(&self, name: &str) -> bool {
        let moving = self.condition(name, "Reconciling").is_some_and(|c| c.status == "True");
        let passing = [
            "Throttled",
            "Unreachable",
            "Applying",
            "Verifying",
            "Settling",
            "Releasing",
        ];
        !moving && !passing.contains(&self.ready_reason(name).as_str())
    }
}

/// Whatever a test is about, nothing of people's objects was changed but our finalizers and status.
impl Drop for Bench {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.api.trespasses(), [""; 0]);
        }
    }
}

fn executor(client: kube::Client, aws: &Arc<MemoryAws>, lead: &Lead, admission: &Policies) -> Executor {
    Executor {
        records: Records::new(client, super::words::HOME),
        cloud: aws.clone(),
        clock: Arc::new(OneClock(aws.clone())),
        leadership: Arc::new(lead.clone()),
        admission: Arc::new(admission.clone()),
        reporter: Arc::new(Nobody),
        ledger: Mutex::new(Ledger::default()),
        counted: tokio::sync::OnceCell::new(),
        own: Arc::new(Itself),
        settings: Settings::default(),
        shared: SharedReads::new(Settings::default().resync_seconds),
        courses: Courses::default(),
        looks: Looks::default(),
    }
}
