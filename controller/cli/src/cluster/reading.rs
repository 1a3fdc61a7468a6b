//! Objects of ours, read one by one: one that cannot be read hides no other.

use super::Cluster;
use crate::terminal;
use anyhow::{Context, Result, anyhow};
use firebreak_crds::readable::{self, Item};
use kube::{
    Resource,
    api::{GetParams, ListParams},
    core::Request,
};
use serde::de::DeserializeOwned;
use std::sync::PoisonError;

/// How many objects one answer brings.
const PAGE: u32 = 500;

impl Cluster {
    /// Every object of a kind, those included that cannot be read.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub async fn items<K>(&self, namespace: Option<&str>) -> Result<Vec<Item<K>>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        let what = || format!("listing {}", K::plural(&()));
        let (wire, mut params) = (
            Request::new(K::url_path(&(), namespace)),
            ListParams::default().limit(PAGE),
        );
        let mut all = Vec::new();
        loop {
            let request = wire.list(&params).with_context(what)?;
            let text = self.client.request_text(request).await.with_context(what)?;
            let page = readable::page(&text).with_context(what)?;
            all.extend(page.items);
            match page.next {
                Some(next) => params = params.continue_token(&next),
                None => return Ok(all),
            }
        }
    }

    /// One object, if there is one.
    pub(super) async fn get<K>(&self, namespace: Option<&str>, name: &str) -> Result<Option<K>>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        let request = Request::new(K::url_path(&(), namespace)).get(name, &GetParams::default())?;
        match self.client.request_text(request).await {
            Ok(text) => readable::object(&text).map(Some).map_err(|bad| anyhow!("{bad}")),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps what was left out, each once.
    pub(super) fn note(&self, notes: impl Iterator<Item = String>) {
        let mut all = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        for note in notes {
            if !all.contains(&note) {
                all.push(note);
            }
        }
    }

    /// Tells the person what was left out so far.
    pub fn remark_unread(&self) {
        self.noted()
            .iter()
            .for_each(|note| terminal::remark(&format!("note: {note}")));
    }

    /// What was left out so far.
    pub(super) fn noted(&self) -> Vec<String> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
