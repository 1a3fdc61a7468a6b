//! The objects of one kind, over the wire: they are read one by one, so that one that cannot be read stops no other, and
//! those that people own are changed only by patches that name what they change and hold only for the version that was read.

use crate::records::RecordError;
use firebreak_crds::{
    KINDS, Kind,
    readable::{self, Item, Unreadable},
};
use http::{HeaderValue, header::CONTENT_TYPE};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{
    Api, Client, Resource,
    api::{DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams, Preconditions},
    core::Request,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    fmt::Debug,
    sync::{Arc, LazyLock},
};

/// Who wrote a record, in its `managedFields`.
const FIELD_MANAGER: &str = "firebreak-controller";
/// How often a list is begun again whose pages expired.
const LIST_ATTEMPTS: u32 = 3;
/// Kinds whose status is only what the operator reports, and is made again where it cannot be read.
static REPORTING: LazyLock<Vec<String>> = LazyLock::new(|| {
    let reporting = KINDS.iter().filter(|kind| kind.reports());
    reporting.map(Kind::kind).collect()
});

type Result<T> = std::result::Result<T, RecordError>;

/// Is told of each object that cannot be read.
pub type Tell = Arc<dyn Fn(&Unreadable) + Send + Sync>;

/// The objects of a kind, in a namespace or in all.
pub(crate) struct Objects<K> {
    client: Client,
    wire: Request,
    typed: Api<K>,
    tell: Tell,
}

impl<K> Objects<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Serialize,
{
    /// Those behind `typed`; `namespace` is the one that it is for.
    pub(crate) fn new(client: &Client, typed: Api<K>, namespace: Option<&str>, tell: &Tell) -> Self {
        Self {
            client: client.clone(),
            wire: Request::new(K::url_path(&(), namespace)),
            typed,
            tell: Arc::clone(tell),
        }
    }

    /// One object, if there is one.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`] when this version cannot read it.
    pub(crate) async fn get_opt(&self, name: &str) -> Result<Option<K>> {
        let request = self.wire.get(name, &GetParams::default()).map_err(built)?;
        match self.client.request_text(request).await {
            Ok(text) => Ok(Some(self.read(&text)?)),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Every object that is asked for; page after page where the parameters have a limit.
    pub(crate) async fn list(&self, params: &ListParams) -> Result<Vec<Item<K>>> {
        let mut attempts = 0;
        loop {
            let mut found = Vec::new();
            attempts += 1;
            let ended = self.list_each(params, |item| found.push(item)).await;
            match ended {
                Err(RecordError::Api(error)) if attempts < LIST_ATTEMPTS && is_expired(&error) => {}
                ended => return ended.map(|()| found),
            }
        }
    }

    /// Shows every object that is asked for, one page in memory at a time.
    pub(crate) async fn list_each(&self, params: &ListParams, mut show: impl FnMut(Item<K>)) -> Result<()> {
        let mut params = params.clone();
        loop {
            let page = self.page(&params).await?;
            page.items.into_iter().for_each(&mut show);
            match page.next {
                Some(next) if params.limit.is_some() => params = params.continue_token(&next),
                _ => return Ok(()),
            }
        }
    }

    /// The first page of what is asked for.
    pub(crate) async fn list_first(&self, params: &ListParams) -> Result<Vec<Item<K>>> {
        Ok(self.page(params).await?.items)
    }

    async fn page(&self, params: &ListParams) -> Result<readable::Page<K>> {
        let text = self.client.request_text(self.wire.list(params).map_err(built)?).await?;
        let page: readable::Page<K> = readable::page(&text).map_err(kube::Error::SerdeError)?;
        let unreadable = page.items.iter().filter_map(|item| item.as_ref().err());
        unreadable.for_each(|bad| (self.tell)(bad));
        Ok(page)
    }

    /// Creates an object.
    pub(crate) async fn create(&self, object: &K) -> Result<K> {
        Ok(self.typed.create(&ours(), object).await?)
    }

    /// Replaces one of Firebreak's own records, if nobody wrote it since.
    pub(crate) async fn replace(&self, name: &str, object: &K) -> Result<K> {
        Ok(self.typed.replace(name, &ours(), object).await?)
    }

    /// Replaces the status of one of Firebreak's own records, if nobody wrote it since.
    pub(crate) async fn replace_status(&self, name: &str, object: &K) -> Result<K> {
        Ok(self.typed.replace_status(name, &ours(), object).await?)
    }

    /// Changes only what is named of an object, if nobody wrote it since.
    pub(crate) async fn patch(&self, meta: &ObjectMeta, changes: Vec<Value>) -> Result<K> {
        let changes = Patch::Merge(conditional(meta, changes)?);
        let request = self.wire.patch(&name(meta), &as_ours(), &changes).map_err(built)?;
        self.send_patch(request).await
    }

    /// Replaces the status of an object and nothing else, if nobody wrote the object since.
    pub(crate) async fn patch_status(&self, meta: &ObjectMeta, status: &impl Serialize) -> Result<K> {
        let status = serde_json::to_value(status).map_err(kube::Error::SerdeError)?;
        let set = json!({"op": "add", "path": "/status", "value": status});
        let changes = Patch::Merge(conditional(meta, vec![set])?);
        let request = self.wire.patch_subresource("status", &name(meta), &as_ours(), &changes);
        self.send_patch(request.map_err(built)?).await
    }

    /// Applies what is named of an object, by server-side apply and without force: what another field manager owns with another
    /// value is a conflict.
    pub(crate) async fn apply(&self, name: &str, manager: &str, body: &Value) -> Result<K> {
        let request = self.wire.patch(name, &PatchParams::apply(manager), &Patch::Apply(body));
        let text = self.client.request_text(request.map_err(built)?).await?;
        self.read(&text)
    }

    /// A JSON patch: kube's own type for it would take one more crate.
    async fn send_patch(&self, mut request: http::Request<Vec<u8>>) -> Result<K> {
        let json_patch = HeaderValue::from_static("application/json-patch+json");
        request.headers_mut().insert(CONTENT_TYPE, json_patch);
        let text = self.client.request_text(request).await?;
        self.read(&text)
    }

    /// Deletes exactly what was read.
    pub(crate) async fn delete(&self, meta: &ObjectMeta) -> Result<()> {
        let exactly = DeleteParams::default().preconditions(Preconditions {
            uid: meta.uid.clone(),
            resource_version: meta.resource_version.clone(),
        });
        match self.typed.delete(&name(meta), &exactly).await {
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            other => Ok(other.map(drop)?),
        }
    }

    fn read(&self, text: &str) -> Result<K> {
        let read = readable::object(text).or_else(|bad| match REPORTING.iter().any(|kind| *kind == K::kind(&())) {
            true => readable::without_status(text),
            false => Err(bad),
        });
        read.map_err(|bad| {
            (self.tell)(&bad);
            RecordError::Unreadable(bad)
        })
    }
}

/// The metadata of an object that cannot be read, for a patch of it.
pub(crate) fn meta_of(bad: &Unreadable) -> ObjectMeta {
    ObjectMeta {
        name: Some(bad.name.clone()),
        namespace: Some(bad.namespace.clone()).filter(|namespace| !namespace.is_empty()),
        uid: Some(bad.uid.clone()),
        resource_version: Some(bad.resource_version.clone()),
        finalizers: Some(bad.finalizers()),
        ..ObjectMeta::default()
    }
}

/// The patch that adds a finalizer, or takes it away: none where it is so already.
pub(crate) fn finalizer(meta: &ObjectMeta, name: &str, present: bool) -> Vec<Value> {
    let all = meta.finalizers.as_deref().unwrap_or_default();
    match (all.iter().position(|one| one == name), present) {
        (None, true) if all.is_empty() => vec![json!({"op": "add", "path": "/metadata/finalizers", "value": [name]})],
        (None, true) => vec![json!({"op": "add", "path": "/metadata/finalizers/-", "value": name})],
        (Some(_), false) if all.len() == 1 => vec![json!({"op": "remove", "path": "/metadata/finalizers"})],
        (Some(at), false) => vec![json!({"op": "remove", "path": format!("/metadata/finalizers/{at}")})],
        (Some(_), true) | (None, false) => Vec::new(),
    }
}

/// The API server answers Conflict to a patch that names another resourceVersion than the present one. No two objects of
/// one name ever have the same, so it stands for the UID too.
fn conditional(meta: &ObjectMeta, changes: Vec<Value>) -> Result<Value> {
    let version = meta.resource_version.as_ref().filter(|version| !version.is_empty());
    let version = version.ok_or_else(|| RecordError::Conflict(name(meta)))?;
    let condition = json!({"op": "replace", "path": "/metadata/resourceVersion", "value": version});
    Ok(std::iter::once(condition).chain(changes).collect())
}

fn name(meta: &ObjectMeta) -> String {
    meta.name.clone().unwrap_or_default()
}

fn is_expired(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 410)
}

fn built(error: kube::core::request::Error) -> RecordError {
    RecordError::from(kube::Error::BuildRequest(error))
}

/// Names the writer in `managedFields`, for auditors.
fn ours() -> PostParams {
    PostParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PostParams::default()
    }
}

fn as_ours() -> PatchParams {
    PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(finalizers: &[&str]) -> ObjectMeta {
        ObjectMeta {
            finalizers: Some(finalizers.iter().map(|name| (*name).to_owned()).collect()),
            ..ObjectMeta::default()
        }
    }

    #[test]
    fn a_finalizer_patch_leaves_the_finalizers_of_others_alone() {
        let paths = |found: Vec<Value>| {
            found
                .iter()
                .map(|one| format!("{} {}", one["op"], one["path"]))
                .collect::<String>()
        };
        let patch = |finalizers: &[&str], present| paths(finalizer(&with(finalizers), "f", present));
        assert_eq!(patch(&[], true), r#""add" "/metadata/finalizers""#);
        assert_eq!(patch(&["a"], true), r#""add" "/metadata/finalizers/-""#);
        assert_eq!(patch(&["a", "f", "b"], false), r#""remove" "/metadata/finalizers/1""#);
        assert_eq!(patch(&["f"], false), r#""remove" "/metadata/finalizers""#);
        assert_eq!(patch(&["f"], true) + &patch(&["a"], false), "");
    }

    #[test]
    fn a_patch_without_a_version_is_not_sent() {
        assert!(matches!(
            conditional(&ObjectMeta::default(), Vec::new()),
            Err(RecordError::Conflict(_))
        ));
    }
}
