//! Holds: custody of what was changed.

use super::{Objects, Records, Result, paged};
use firebreak_crds::{
    AwsAccount, CUSTODY_FINALIZER, HOLDER_KIND_LABEL_PREFIX, HOLDER_LABEL_PREFIX, Hold, HoldSpec, ORPHAN_LABEL_PREFIX,
    readable::Item,
};
use kube::{ResourceExt, api::ListParams};
use std::sync::Arc;

impl Records {
    /// The Holds of one holder.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn holds_of(&self, uid: &str) -> Result<Vec<Item<Hold>>> {
        let selector = ListParams::default().labels(&format!("{HOLDER_LABEL_PREFIX}{uid}=true"));
        self.cluster().list(&selector).await
    }

    /// Whether an object left custody behind.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn left_orphans(&self, uid: &str) -> Result<bool> {
        let selector = ListParams::default().labels(&format!("{ORPHAN_LABEL_PREFIX}{uid}=true"));
        let orphans: Vec<Item<Hold>> = self.cluster().list(&selector).await?;
        Ok(!orphans.is_empty())
    }

    /// How much custody there is in an account; what cannot be read counts.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn holds_in(&self, account: &AwsAccount) -> Result<usize> {
        let selector = paged().fields(&format!("spec.key.accountId={}", account.spec.account_id));
        let (name, mut count) = (account.name_any(), 0);
        let add = |hold: Item<Hold>| {
            let of = hold.map_or_else(
                |bad| bad.text_at(&["spec", "accountName"]),
                |hold| hold.spec.account_name,
            );
            count += usize::from(of == name);
        };
        self.cluster().list_each(&selector, add).await?;
        Ok(count)
    }

    /// Custody of which no object of this kind is a holder.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn holds_beside(&self, kind: &str) -> Result<Arc<Vec<HoldSpec>>> {
        let selector = ListParams::default().labels(&format!("!{HOLDER_KIND_LABEL_PREFIX}{kind}"));
        let others = async {
            let holds: Vec<Item<Hold>> = self.cluster().list(&selector).await?;
            Ok(Arc::new(holds.into_iter().flatten().map(|hold| hold.spec).collect()))
        };
        self.together.holds_beside.answer(kind, others).await
    }

    /// Every Hold.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn holds(&self) -> Result<Vec<Item<Hold>>> {
        self.cluster().list(&paged()).await
    }

    /// A Hold, live.
    ///
    /// # Errors
    /// [`RecordError`](super::RecordError).
    pub async fn hold(&self, name: &str) -> Result<Option<Hold>> {
        self.cluster().get_opt(name).await
    }

    /// Takes custody.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict) when somebody has it.
    pub async fn create_hold(&self, name: &str, spec: HoldSpec) -> Result<Hold> {
        self.cluster().create(&Hold::in_custody(name, spec.bounded())).await
    }

    /// Changes custody, if nobody changed it since.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict).
    pub async fn update_hold(&self, hold: &Hold, spec: HoldSpec) -> Result<Hold> {
        let mut changed = Hold {
            spec: spec.bounded(),
            ..hold.clone()
        };
        changed.label();
        self.cluster().replace(&hold.name_any(), &changed).await
    }

    /// Ends custody, if nobody changed it since. The finalizer goes first: a Hold without it is still a record.
    ///
    /// # Errors
    /// [`RecordError::Conflict`](super::RecordError::Conflict).
    pub async fn delete_hold(&self, hold: &Hold) -> Result<()> {
        let api: Objects<Hold> = self.cluster();
        let mut free = hold.clone();
        free.finalizers_mut().retain(|finalizer| finalizer != CUSTODY_FINALIZER);
        let free = api.replace(&hold.name_any(), &free).await?;
        api.delete(&free.metadata).await
    }
}
