//! The fake API server keeps the promises that the other tests build on; a real `kube::Client` asks it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod fake_api;

use fake_api::{Effect, FakeApi, Match, Verb};
use firebreak_crds::{Guardrail, Quarantine};
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions, WatchEvent, WatchParams},
    core::PartialObjectMeta,
};
use serde_json::{Value, json};

fn quarantine(name: &str) -> Quarantine {
    serde_json::from_value(json!({
        "apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine",
        "metadata": { "name": name, "namespace": "team", "labels": { "tier": "web" } },
        "spec": {
            "accountRef": { "name": "production" }, "region": "us-east-1",
            "target": { "ecsService": { "cluster": "prod", "service": name, "method": "Isolate" } },
        },
        "status": { "observedGeneration": 7 },
    }))
    .unwrap()
}

fn setup() -> (FakeApi, Client, Api<Quarantine>) {
    let api = FakeApi::new();
    let client = api.client();
    let quarantines = Api::namespaced(client.clone(), "team");
    (api, client, quarantines)
}

fn code<T: std::fmt::Debug>(result: kube::Result<T>) -> u16 {
    match result {
        Err(kube::Error::Api(status)) => status.code,
        other => panic!("expected a Status, got {other:?}"),
    }
}

fn reason<T: std::fmt::Debug>(result: kube::Result<T>) -> String {
    match result {
        Err(kube::Error::Api(status)) => status.reason.clone(),
        other => panic!("expected a Status, got {other:?}"),
    }
}

#[tokio::test]
async fn create_sets_metadata_drops_status_and_refuses_a_second_of_the_name() {
    let (_api, _, quarantines) = setup();
    let made = quarantines
        .create(&PostParams::default(), &quarantine("api"))
        .await
        .unwrap();
    assert!(made.status.is_none());
    assert_eq!(made.metadata.generation, Some(1));
    assert_eq!(
        made.metadata.creation_timestamp.as_ref().unwrap().0.to_string(),
        "2026-01-01T00:00:00Z"
    );
    assert!(made.uid().is_some() && made.resource_version().is_some());
    let again = quarantines.create(&PostParams::default(), &quarantine("api")).await;
    assert_eq!(reason(again), "AlreadyExists");
}

#[tokio::test]
async fn spec_and_status_are_written_apart_and_only_a_spec_change_moves_the_generation() {
    let (_api, _, quarantines) = setup();
    let mut made = quarantines
        .create(&PostParams::default(), &quarantine("api"))
        .await
        .unwrap();
    made.status = quarantine("api").status;
    made.spec.reason = Some("smuggled".to_owned());
    let made = quarantines
        .replace_status("api", &PostParams::default(), &made)
        .await
        .unwrap();
    assert_eq!((made.metadata.generation, made.spec.reason.as_deref()), (Some(1), None));
    assert_eq!(made.status.as_ref().unwrap().observed_generation, Some(7));

    let mut edited = made.clone();
    edited.spec.reason = Some("leak".to_owned());
    edited.status = None;
    let edited = quarantines
        .replace("api", &PostParams::default(), &edited)
        .await
        .unwrap();
    assert_eq!(edited.metadata.generation, Some(2));
    assert!(edited.status.is_some());
    assert_eq!(
        code(quarantines.replace("api", &PostParams::default(), &made).await),
        409
    );
}

#[tokio::test]
async fn a_write_that_changes_nothing_has_no_new_version() {
    let (_api, _, quarantines) = setup();
    let made = quarantines
        .create(&PostParams::default(), &quarantine("api"))
        .await
        .unwrap();
    let same = quarantines.replace("api", &PostParams::default(), &made).await.unwrap();
    assert_eq!(same.resource_version(), made.resource_version());
}

#[tokio::test]
async fn a_kind_without_status_subresource_has_none() {
    let (api, client, _) = setup();
    let metadata = kube::api::ObjectMeta {
        name: Some("x".into()),
        ..Default::default()
    };
    api.seed(&ConfigMap {
        metadata,
        ..Default::default()
    });
    let maps: Api<ConfigMap> = Api::all(client);
    let patch = Patch::Merge(json!({ "status": {} }));
    assert_eq!(code(maps.patch_status("x", &PatchParams::default(), &patch).await), 404);
}

#[tokio::test]
async fn the_three_kinds_of_patch_work_and_honour_versions_and_tests() {
    let (_api, _, quarantines) = setup();
    let made = quarantines
        .create(&PostParams::default(), &quarantine("api"))
        .await
        .unwrap();
    let params = PatchParams::apply("firebreak").force();
    let merged =
        Patch::Merge(json!({ "metadata": { "resourceVersion": made.resource_version() }, "spec": { "reason": "a" } }));
    let merged_once = quarantines
        .patch("api", &PatchParams::default(), &merged)
        .await
        .unwrap();
    assert_eq!(merged_once.spec.reason.as_deref(), Some("a"));
    let stale = Patch::Merge(json!({ "metadata": { "resourceVersion": "1" }, "spec": { "reason": "b" } }));
    assert_eq!(
        code(quarantines.patch("api", &PatchParams::default(), &stale).await),
        409
    );

    let ops = |from: &str| -> Patch<Value> {
        let ops = json!([{ "op": "test", "path": "/spec/reason", "value": from }, { "op": "replace", "path": "/spec/reason", "value": "c" }]);
        Patch::Json(serde_json::from_value(ops).unwrap())
    };
    assert_eq!(
        code(quarantines.patch("api", &PatchParams::default(), &ops("z")).await),
        422
    );
    let patched = quarantines
        .patch("api", &PatchParams::default(), &ops("a"))
        .await
        .unwrap();
    assert_eq!(patched.spec.reason.as_deref(), Some("c"));

    let status = |body: Value| {
        Patch::Apply(json!({ "apiVersion": "firebreak.dev/v1alpha1", "kind": "Quarantine", "status": body }))
    };
    let one = status(json!({ "observedGeneration": 1, "target": "ecs" }));
    quarantines.patch_status("api", &params, &one).await.unwrap();
    let two = quarantines
        .patch_status("api", &params, &status(json!({ "observedGeneration": 2 })))
        .await
        .unwrap();
    let value = serde_json::to_value(two.status).unwrap();
    assert_eq!(
        (&value["observedGeneration"], value.get("target")),
        (&json!(2), None),
        "what a manager leaves out goes"
    );
}

#[tokio::test]
async fn an_object_with_finalizers_goes_when_the_last_one_goes() {
    let (api, _, quarantines) = setup();
    let mut object = quarantine("api");
    object.metadata.finalizers = Some(vec!["firebreak.dev/custody".to_owned()]);
    let made = quarantines.create(&PostParams::default(), &object).await.unwrap();
    let wrong = DeleteParams::default().preconditions(Preconditions {
        uid: Some("other".to_owned()),
        ..Default::default()
    });
    assert_eq!(code(quarantines.delete("api", &wrong).await), 409);
    quarantines.delete("api", &DeleteParams::default()).await.unwrap();
    let marked = quarantines.get("api").await.unwrap();
    assert!(marked.metadata.deletion_timestamp.is_some());
    assert_eq!(marked.metadata.generation, made.metadata.generation.map(|g| g + 1));
    let two = Patch::Merge(json!({ "metadata": { "finalizers": ["firebreak.dev/custody", "x.dev/y"] } }));
    assert_eq!(code(quarantines.patch("api", &PatchParams::default(), &two).await), 422);
    let none = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    quarantines.patch("api", &PatchParams::default(), &none).await.unwrap();
    assert!(api.get::<Quarantine>(Some("team"), "api").is_none());
}

#[tokio::test]
async fn nothing_is_created_in_a_namespace_that_is_going() {
    let (api, _, quarantines) = setup();
    api.seed(&Namespace {
        metadata: kube::api::ObjectMeta {
            name: Some("team".into()),
            ..Default::default()
        },
        ..Default::default()
    });
    api.delete::<Namespace>(None, "team");
    let refused = quarantines.create(&PostParams::default(), &quarantine("api")).await;
    match refused {
        Err(kube::Error::Api(status)) => {
            assert_eq!(status.code, 403);
            assert_eq!(
                status.details.as_ref().unwrap().causes[0].reason,
                "NamespaceTerminating"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn lists_select_by_label_and_by_selectable_field_only() {
    let (api, client, quarantines) = setup();
    for name in ["a", "b", "c"] {
        api.seed(&quarantine(name));
    }
    api.edit::<Quarantine>(Some("team"), "b", |q| {
        drop(q.labels_mut().insert("tier".into(), "db".into()))
    });
    let names = |params: ListParams| {
        let quarantines = quarantines.clone();
        async move {
            quarantines
                .list(&params)
                .await
                .unwrap()
                .iter()
                .map(ResourceExt::name_any)
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(names(ListParams::default().labels("tier=web")).await, ["a", "c"]);
    assert_eq!(names(ListParams::default().labels("tier in (db),!gone")).await, ["b"]);
    assert_eq!(names(ListParams::default().labels("tier notin (db)")).await, ["a", "c"]);
    assert_eq!(names(ListParams::default().fields("metadata.name=c")).await, ["c"]);
    assert_eq!(
        names(ListParams::default().fields("spec.accountRef.name=production")).await,
        ["a", "b", "c"]
    );
    assert_eq!(
        code(quarantines.list(&ListParams::default().fields("spec.region=x")).await),
        400
    );
    let page = quarantines.list(&ListParams::default().limit(2)).await.unwrap();
    assert_eq!(page.items.len(), 2);
    let rest = quarantines
        .list(
            &ListParams::default()
                .limit(2)
                .continue_token(page.metadata.continue_.as_ref().unwrap()),
        )
        .await;
    assert_eq!(rest.unwrap().items.len(), 1);
    let metadata: Api<PartialObjectMeta<Quarantine>> = Api::all(client);
    assert_eq!(metadata.list(&ListParams::default()).await.unwrap().items.len(), 3);
}

fn seen(event: WatchEvent<Quarantine>) -> String {
    match event {
        WatchEvent::Added(q) => format!("+{}", q.name_any()),
        WatchEvent::Modified(q) => format!("~{}", q.name_any()),
        WatchEvent::Deleted(q) => format!("-{}", q.name_any()),
        WatchEvent::Bookmark(_) => "bookmark".to_owned(),
        WatchEvent::Error(status) => status.code.to_string(),
    }
}

#[tokio::test]
async fn a_watch_replays_from_a_version_and_then_follows() {
    let (api, _, quarantines) = setup();
    api.seed(&quarantine("before"));
    let from = quarantines
        .list(&ListParams::default())
        .await
        .unwrap()
        .metadata
        .resource_version
        .unwrap();
    api.seed(&quarantine("missed"));
    let mut watch = quarantines.watch(&WatchParams::default(), &from).await.unwrap().boxed();
    assert_eq!(seen(watch.try_next().await.unwrap().unwrap()), "+missed");
    api.edit::<Quarantine>(Some("team"), "before", |q| q.spec.reason = Some("x".into()));
    assert_eq!(seen(watch.try_next().await.unwrap().unwrap()), "~before");
    api.drop_next_events("quarantines", 1);
    api.delete::<Quarantine>(Some("team"), "before");
    api.repeat_next_events("quarantines", 1);
    api.delete::<Quarantine>(Some("team"), "missed");
    assert_eq!(seen(watch.try_next().await.unwrap().unwrap()), "-missed");
    assert_eq!(seen(watch.try_next().await.unwrap().unwrap()), "-missed");
    api.expire_watches("quarantines");
    assert_eq!(seen(watch.try_next().await.unwrap().unwrap()), "410");
    assert!(watch.try_next().await.unwrap().is_none());
    let mut gone = quarantines.watch(&WatchParams::default(), &from).await;
    assert_eq!(
        code(
            gone.as_mut()
                .map(|_| ())
                .map_err(|e| std::mem::replace(e, kube::Error::LinesCodecMaxLineLengthExceeded))
        ),
        410
    );
}

#[tokio::test]
async fn an_object_that_leaves_a_selection_is_deleted_for_that_watch() {
    let (api, _, quarantines) = setup();
    api.seed(&quarantine("a"));
    let params = WatchParams::default().labels("tier=web");
    let mut watch = quarantines.watch(&params, "0").await.unwrap().boxed();
    assert_eq!(seen(watch.try_next().await.unwrap().unwrap()), "+a");
    api.edit::<Quarantine>(Some("team"), "a", |q| q.labels_mut().clear());
    assert_eq!(seen(watch.try_next().await.unwrap().unwrap()), "-a");
}

#[tokio::test]
async fn faults_strike_the_call_that_they_name_and_no_other() {
    let (api, _, quarantines) = setup();
    api.fault(
        Match::verb(Verb::Create, "quarantines").nth(2),
        Effect::RefuseAfter(504),
    );
    api.fault(Match::verb(Verb::Get, "quarantines").times(2), Effect::Refuse(429));
    quarantines
        .create(&PostParams::default(), &quarantine("a"))
        .await
        .unwrap();
    assert_eq!(
        code(quarantines.create(&PostParams::default(), &quarantine("b")).await),
        504
    );
    assert!(
        api.get::<Quarantine>(Some("team"), "b").is_some(),
        "504 after the effect"
    );
    assert_eq!(code(quarantines.get("a").await), 429);
    assert_eq!(code(quarantines.get("a").await), 429);
    assert!(quarantines.get("a").await.is_ok());
    api.just_before(Match::verb(Verb::Delete, "quarantines"), |api| {
        api.edit::<Quarantine>(Some("team"), "a", |q| q.finalizers_mut().push("x.dev/y".into()));
    });
    quarantines.delete("a", &DeleteParams::default()).await.unwrap();
    assert!(
        quarantines
            .get("a")
            .await
            .unwrap()
            .metadata
            .deletion_timestamp
            .is_some()
    );
    assert_eq!(
        api.call_names(&Match::writes()),
        [
            "Create quarantines team/a",
            "Create quarantines team/b",
            "Delete quarantines team/a"
        ]
    );
}

#[tokio::test]
async fn stale_reads_show_the_old_state_and_writes_still_meet_the_new_one() {
    let (api, _, quarantines) = setup();
    api.seed(&quarantine("a"));
    api.serve_stale("quarantines");
    api.edit::<Quarantine>(Some("team"), "a", |q| q.spec.reason = Some("new".into()));
    let old = quarantines.get("a").await.unwrap();
    assert_eq!(old.spec.reason, None);
    assert_eq!(code(quarantines.replace("a", &PostParams::default(), &old).await), 409);
    api.serve_fresh("quarantines");
    assert_eq!(quarantines.get("a").await.unwrap().spec.reason.as_deref(), Some("new"));
}

#[tokio::test]
async fn a_crashed_process_never_hears_again_and_its_successor_sees_what_it_did() {
    let (api, client, quarantines) = setup();
    api.fault(Match::writes().nth(2), Effect::CrashAfter);
    let process = async {
        for name in ["a", "b", "c"] {
            quarantines
                .create(&PostParams::default(), &quarantine(name))
                .await
                .unwrap();
        }
    };
    tokio::select! {
        () = process => panic!("it should have died"),
        () = api.crashed() => {}
    }
    let heir: Api<Quarantine> = Api::all(api.restart());
    let names: Vec<_> = heir
        .list(&ListParams::default())
        .await
        .unwrap()
        .iter()
        .map(ResourceExt::name_any)
        .collect();
    assert_eq!(names, ["a", "b"]);
    let ghost: Api<ConfigMap> = Api::namespaced(client, "team");
    let late = tokio::select! { biased; _ = ghost.get("x") => true, () = tokio::task::yield_now() => false };
    assert!(!late);
}

#[tokio::test]
async fn cluster_scoped_and_unknown_kinds_are_kept_too() {
    let (api, client, _) = setup();
    let spec = serde_json::from_value(json!({})).unwrap();
    api.seed(&Guardrail::new("strict", spec));
    let guardrails: Api<Guardrail> = Api::all(client.clone());
    assert_eq!(guardrails.list(&ListParams::default()).await.unwrap().items.len(), 1);
    let maps: Api<ConfigMap> = Api::namespaced(client, "team");
    let generated = ConfigMap {
        metadata: kube::api::ObjectMeta {
            generate_name: Some("run-".into()),
            ..Default::default()
        },
        ..Default::default()
    };
    let made = maps.create(&PostParams::default(), &generated).await.unwrap();
    assert!(made.name_any().starts_with("run-0"));
}

#[tokio::test]
async fn object_may_be_served_without_its_metadata() {
    let (api, client, _) = setup();
    api.seed_raw(&fake_api::bare::marked(
        serde_json::to_value(quarantine("api")).unwrap(),
    ));
    let base = "/apis/firebreak.dev/v1alpha1/namespaces/team/quarantines";
    let get = async |path: &str| {
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        client.request::<Value>(request).await.unwrap()
    };
    let (one, list) = (get(&format!("{base}/api")).await, get(base).await);
    for object in [&one, &list["items"][0]] {
        assert_eq!(
            (&object["metadata"], &object["kind"]),
            (&Value::Null, &json!("Quarantine"))
        );
    }
    assert!(list["metadata"]["resourceVersion"].is_string(), "the list has its own");
    let events =
        client.request_events::<Value>(http::Request::get(format!("{base}?watch=1")).body(Vec::new()).unwrap());
    let mut events = std::pin::pin!(events.await.unwrap());
    let WatchEvent::Added(object) = events.next().await.unwrap().unwrap() else {
        panic!("it is added");
    };
    assert_eq!(object["metadata"], Value::Null);
}
