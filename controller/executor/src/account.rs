//! AwsAccounts: whether the read role leads to the expected account, and that no account goes while custody in it remains.

use crate::{
    executor::{Executor, ReconcileError},
    records::RecordError,
};
use firebreak_core::aws::{
    Answer, Query,
    access::Access,
    sts::{CallerIdentity, StsRead},
};
use firebreak_crds::{
    AwsAccount, AwsAccountStatus, ConditionType, IN_USE_FINALIZER, Reason,
    condition::{self, Wanted},
};
use kube::ResourceExt;

impl Executor {
    /// Looks at one AwsAccount: its finalizer, its identity, its Holds.
    ///
    /// # Errors
    /// [`ReconcileError`]: start over, later.
    pub async fn look_at_account(&self, name: &str) -> Result<(), ReconcileError> {
        let Some((account, held)) = self.account_and_custody(name).await? else {
            return Ok(());
        };
        let (account, held) = match has_finalizer(&account) && !self.is_in_use(&account, held) {
            true => match self.let_account_go(name).await? {
                Some(seen) => seen,
                None => return Ok(()),
            },
            false => (self.keep_while_in_use(account, held > 0).await?, held),
        };
        if account.metadata.deletion_timestamp.is_some() && held == 0 {
            return Ok(());
        }
        let ready = self.identity(&account).await;
        let mut says = vec![stalled(&ready), ready];
        says.extend(self.exclusive(&account).await);
        let before = account.status.clone().unwrap_or_default();
        let generation = account.metadata.generation.unwrap_or(1);
        let status = AwsAccountStatus {
            observed_generation: Some(generation),
            conditions: condition::merge(&before.conditions, &says, generation, self.clock.now()),
            holds: Some(u32::try_from(held).unwrap_or(u32::MAX)),
        };
        if account.status.as_ref() != Some(&status) {
            self.lead()?;
            self.records.write_account_status(&account, status).await?;
        }
        Ok(())
    }

    /// Before the first custody in an account: the account must not go before it. One that is going already is left to:
    /// custody carries all that a release needs.
    pub(crate) async fn keep_account(&self, name: &str) -> Result<(), ReconcileError> {
        if let Some(account) = self.records.account(name).await? {
            self.keep_while_in_use(account, true).await?;
        }
        Ok(())
    }

    /// The account, and how much custody there is in it.
    async fn account_and_custody(&self, name: &str) -> Result<Option<(AwsAccount, usize)>, ReconcileError> {
        let account = match self.records.account(name).await {
            Err(RecordError::Unreadable(bad)) => return Err(self.say_unread(bad).await),
            account => account?,
        };
        let Some(account) = account else { return Ok(None) };
        let held = self.records.holds_in(&account).await?;
        Ok(Some((account, held)))
    }

    /// Whether something is in custody in the account, or claimed: a run that has begun takes custody of more.
    fn is_in_use(&self, account: &AwsAccount, held: usize) -> bool {
        held > 0 || self.claims(&account.spec.account_id)
    }

    /// Takes the finalizer away if the account is still not in use when nobody takes custody.
    async fn let_account_go(&self, name: &str) -> Result<Option<(AwsAccount, usize)>, ReconcileError> {
        let _nobody_takes = self.records.letting_go(name).await;
        let Some((account, held)) = self.account_and_custody(name).await? else {
            return Ok(None);
        };
        if self.is_in_use(&account, held) {
            return Ok(Some((account, held)));
        }
        self.lead()?;
        Ok(Some((self.records.set_in_use(&account, false).await?, held)))
    }

    /// Adds the finalizer where it is missing; only [`Self::let_account_go`] takes it away.
    async fn keep_while_in_use(&self, account: AwsAccount, in_use: bool) -> Result<AwsAccount, ReconcileError> {
        if !in_use || has_finalizer(&account) || account.metadata.deletion_timestamp.is_some() {
            return Ok(account);
        }
        self.lead()?;
        Ok(self.records.set_in_use(&account, true).await?)
    }

    async fn identity(&self, account: &AwsAccount) -> Wanted {
        let expected = &account.spec.account_id;
        let access = Access {
            account: account.spec.clone(),
            region: account.spec.regions.first().cloned().unwrap_or_default(),
            namespace: String::new(),
            name: account.name_any(),
            uid: account.uid().unwrap_or_default(),
        };
        let say = |reason, text: String| Wanted::no(ConditionType::Ready, reason, text);
        match self.observe(&access, &Query::Sts(StsRead::CallerIdentity)).await {
            Answer::Found(value) => match serde_json::from_value::<CallerIdentity>(value) {
                Ok(caller) if &caller.account == expected => Wanted::yes(
                    ConditionType::Ready,
                    Reason::Verified,
                    format!("the read role leads to account {expected}"),
                ),
                Ok(caller) => say(
                    Reason::WrongAccount,
                    format!(
                        "spec.roles.read leads to account {} instead of {expected}",
                        caller.account
                    ),
                ),
                Err(error) => say(Reason::InternalError, error.to_string()),
            },
            Answer::Denied(why) => say(Reason::AccessDenied, why),
            Answer::NotFound => say(Reason::AccessDenied, "spec.roles.read cannot be assumed".into()),
            Answer::Throttled => Wanted::unknown(
                ConditionType::Ready,
                Reason::Throttled,
                "AWS throttles, or the account's budget of calls is used up",
            ),
            Answer::Unreachable(why) => Wanted::unknown(ConditionType::Ready, Reason::Unreachable, why),
        }
    }
}

fn has_finalizer(account: &AwsAccount) -> bool {
    account
        .finalizers()
        .iter()
        .any(|finalizer| finalizer == IN_USE_FINALIZER)
}

/// A person is needed where AWS answered, and the answer was not the expected account.
fn stalled(ready: &Wanted) -> Wanted {
    match ready.status {
        Some(false) => Wanted::yes(ConditionType::Stalled, ready.reason, ready.message.clone()),
        None => Wanted::no(ConditionType::Stalled, ready.reason, "it passes by itself"),
        Some(true) => Wanted::no(ConditionType::Stalled, ready.reason, "nobody needs to do anything"),
    }
}
