//! Everything behind the lock: the world, the clock, the faults and the log.

use super::{
    calls::{Call, Outcome, Request},
    databases, ecs,
    faults::{Fault, Faults},
    functions, iam, instances, looks, reads,
    refusal::Refusal,
    s3, scheduler,
    staleness::Stale,
    standby, targets, waf,
    world::{Bucket, IamRole, IamUser, Region, World},
};
use firebreak_core::{
    aws::{
        Answer, Query, Survey, Write,
        access::Access,
        failure::{Failure, FailureClass, Receipt},
        iam::IamWrite,
        s3::S3Write,
    },
    run::act::{Deed, Probe},
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// Seconds that the clock goes on one by one; what is further away is reached in one leap, since all has settled then.
const FINE_SECONDS: i64 = 3600;

/// The region that is asked.
fn region_of<'a>(access: &'a Access, request: &'a Request) -> &'a str {
    match request {
        Request::Read(query) => query.region().unwrap_or(&access.region),
        _ => &access.region,
    }
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) world: World,
    pub(super) now: Timestamp,
    pub(super) stale: Stale<IamRole>,
    pub(super) stale_buckets: Stale<Bucket>,
    pub(super) stale_users: Stale<IamUser>,
    pub(super) faults: Faults,
    pub(super) calls: Vec<Call>,
    pub(super) made: u64,
    /// Content of the evidence buckets' objects, by `bucket/key`.
    pub(super) objects: BTreeMap<String, String>,
    /// The moment of tokio's clock at which it was `now`, if time goes on with that clock.
    pub(super) goes_with: Option<Instant>,
}

impl State {
    pub(super) fn enter(&mut self, access: &Access, request: &Request) -> (Call, Option<Fault>) {
        self.made += 1;
        let call = Call::new(self.made, self.now, access, request);
        self.calls.push(call.clone());
        let fault = self.faults.take(&call);
        (call, fault)
    }

    pub(super) fn finish(&mut self, number: u64, outcome: Outcome) {
        if let Some(call) = self.calls.iter_mut().rev().find(|call| call.number == number) {
            call.outcome = outcome;
        }
    }

    pub(super) fn read(&mut self, access: &Access, query: &Query) -> Result<Answer, Failure> {
        self.admit(access, &Request::Read(query.clone()))?;
        Ok(reads::answer(self, access, query))
    }

    /// In one page, whatever is asked.
    pub(super) fn survey(
        &mut self,
        access: &Access,
        survey: Survey,
        queries: &[Query],
    ) -> Result<Vec<(Query, Answer)>, Failure> {
        self.admit(access, &Request::Survey(survey))?;
        let answers = queries
            .iter()
            .map(|query| (query.clone(), reads::answer(self, access, query)));
        Ok(answers
            .filter(|(_, answer)| matches!(answer, Answer::Found(_)))
            .collect())
    }

    pub(super) fn write(&mut self, access: &Access, write: &Write) -> Result<Receipt, Failure> {
        self.admit(access, &Request::Write(write.clone()))?;
        self.effect(access, write)
            .map_err(|refusal| refusal.in_call(write.call().action))?;
        Ok(Receipt {
            request_id: Some(format!("memory-{:06}", self.made)),
        })
    }

    pub(super) fn look(&mut self, access: &Access, probe: &Probe) -> Result<Answer, Failure> {
        if !matches!(probe, Probe::Http { .. }) {
            self.admit(access, &Request::Look(probe.clone()))?;
        }
        Ok(looks::answer(self, access, probe))
    }

    pub(super) fn perform(&mut self, access: &Access, deed: &Deed) -> Result<String, Failure> {
        self.admit(access, &Request::Deed(deed.clone()))?;
        looks::act(self, access, deed).map_err(|refusal| refusal.in_call(deed.first_action()))?;
        Ok(format!("memory-{:06}", self.made))
    }

    /// What stands in the way of a request before AWS looks at it.
    pub(super) fn admit(&self, access: &Access, request: &Request) -> Result<(), Failure> {
        let permissions = request.permissions();
        let call = permissions.first().copied().unwrap_or_default();
        let refused = self.right_account(access, request).and_then(|()| {
            self.faults
                .refuse(&access.account.account_id, region_of(access, request), &permissions)
        });
        refused.map_err(|refusal| refusal.in_call(call))
    }

    fn right_account(&self, access: &Access, request: &Request) -> Result<(), Refusal> {
        let wanted = access.account.account_id.as_str();
        let reached = access.role_arn(request.role()).split(':').nth(4).unwrap_or_default();
        match self.world.accounts.contains_key(wanted) && reached == wanted {
            true => Ok(()),
            false => {
                let message = format!("account {wanted} is not the one that the role reaches");
                Err(Refusal::new(FailureClass::Denied, "WrongAccount", message))
            }
        }
    }

    pub(super) fn effect(&mut self, access: &Access, write: &Write) -> Result<(), Refusal> {
        let now = self.now.as_second();
        match write {
            Write::ApplicationAutoScaling(write) => ecs::write_scaling(self.asked(access)?, write),
            Write::AutoScaling(write) => standby::write(self.asked(access)?, write, now),
            Write::Ec2(write) => instances::write(self.asked(access)?, write, now),
            Write::Ecs(write) => ecs::write(self.asked(access)?, write, now),
            Write::Elbv2(write) => targets::write(self.asked(access)?, write, now),
            Write::Iam(write) => self.write_iam(&access.account.account_id, write),
            Write::Lambda(write) => functions::write(self.asked(access)?, write, now),
            Write::Rds(write) => databases::write(self.asked(access)?, write, now),
            Write::S3(write) => self.write_s3(access, write),
            Write::Wafv2(write) => waf::write(self.asked(access)?, write),
        }
    }

    /// The region that is asked.
    pub(super) fn asked(&mut self, access: &Access) -> Result<&mut Region, Refusal> {
        let id = access.account.account_id.as_str();
        let account = self.world.accounts.get_mut(id);
        let account = account.ok_or_else(|| Refusal::gone("NoSuchAccount", id))?;
        Ok(account.region_or_empty(&access.region))
    }

    fn write_iam(&mut self, account: &str, write: &IamWrite) -> Result<(), Refusal> {
        let now = self.now.as_second();
        match iam::of(write) {
            iam::Of::Role(name) => {
                let before = self.world.role(account, name).cloned();
                iam::write(&mut self.world, account, write)?;
                let after = self.world.role(account, name);
                self.stale.keep_if_changed(account, name, before, after, now);
            }
            iam::Of::User(name) => {
                let before = self.world.user(account, name).cloned();
                iam::write(&mut self.world, account, write)?;
                let after = self.world.user(account, name);
                self.stale_users.keep_if_changed(account, name, before, after, now);
            }
        }
        Ok(())
    }

    fn write_s3(&mut self, access: &Access, write: &S3Write) -> Result<(), Refusal> {
        let (account, name) = (&access.account.account_id, s3::bucket_of(write));
        let before = self.world.bucket(access, name).cloned();
        let seen = self.bucket(access, name);
        s3::write(&mut self.world, access, seen.as_ref(), write)?;
        let after = self.world.bucket(access, name);
        self.stale_buckets
            .keep_if_changed(account, name, before, after, self.now.as_second());
        Ok(())
    }

    /// A role as a read sees it, which may be late.
    pub(super) fn role(&mut self, access: &Access, name: &str) -> Option<IamRole> {
        let account = &access.account.account_id;
        let late = self.stale.read(account, name, self.now.as_second());
        late.or_else(|| self.world.role(account, name).cloned())
    }

    /// A bucket as a read sees it, which may be late.
    pub(super) fn bucket(&mut self, access: &Access, name: &str) -> Option<Bucket> {
        let account = &access.account.account_id;
        let late = self.stale_buckets.read(account, name, self.now.as_second());
        late.or_else(|| self.world.bucket(access, name).cloned())
    }

    /// A user as a read sees it, which may be late.
    pub(super) fn user(&mut self, access: &Access, name: &str) -> Option<IamUser> {
        let account = &access.account.account_id;
        let late = self.stale_users.read(account, name, self.now.as_second());
        late.or_else(|| self.world.user(account, name).cloned())
    }

    /// A region of the account; one that the world does not have is empty.
    pub(super) fn region(&self, access: &Access, name: &str) -> Region {
        self.world
            .region(&access.account.account_id, name)
            .cloned()
            .unwrap_or_default()
    }

    /// Lets the time pass that has passed by tokio's clock, if they go together.
    pub(super) fn catch_up(&mut self) {
        let Some(then) = self.goes_with else { return };
        let passed = SignedDuration::try_from(then.elapsed()).unwrap_or_default();
        self.goes_with = Some(Instant::now());
        self.go_to(self.now.checked_add(passed).unwrap_or(Timestamp::MAX));
    }

    /// Moves the clock to `to`, and everything with it. Backwards, only the clock moves.
    pub(super) fn go_to(&mut self, to: Timestamp) {
        let (from, until) = (self.now.as_second(), to.as_second());
        self.now = to;
        for now in from + 1..=until.min(from + FINE_SECONDS) {
            self.tick(now);
        }
        if until > from + FINE_SECONDS {
            self.tick(until);
        }
    }

    fn tick(&mut self, now: i64) {
        let regions = self
            .world
            .accounts
            .values_mut()
            .flat_map(|account| account.regions.values_mut());
        regions.for_each(|region| {
            databases::tick(region, now);
            functions::tick(region, now);
            scheduler::tick(region, now);
        });
    }
}
