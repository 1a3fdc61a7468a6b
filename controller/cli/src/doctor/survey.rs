//! Looks at the cluster. Reads, and asks for reviews, which are answered and not stored. What cannot be looked at is kept
//! with its reason; when the API server does not answer at all, it is not asked again.

use super::{
    evidence::{Evidence, Look, Server},
    lens::Lens,
};
use crate::{cluster::Cluster, exit};
use firebreak_core::installation::{ADMISSION, CONTROLLER, Identity, NOTIFIER, RBAC, REQUESTER};
use firebreak_crds::{AwsAccount, EmergencyStop, FailoverPlan, FindingSource, Hold, NotificationChannel, Playbook};
use jiff::{Timestamp, fmt::rfc2822};
use k8s_openapi::api::apps::v1::Deployment;
use serde_json::Value;

/// Everything but AWS.
///
/// # Errors
/// When a file of this build cannot be read.
pub async fn survey(cluster: &Cluster, mut identity: Identity) -> anyhow::Result<Evidence> {
    let server = server(cluster).await;
    let lens = Lens {
        cluster,
        blind: server
            .as_ref()
            .err()
            .map(|_| "the API server does not answer".to_owned()),
    };
    let namespace = &identity.namespace.clone();
    let (deployments, leases) = (
        format!("/apis/apps/v1/namespaces/{namespace}/deployments"),
        format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"),
    );
    let deployment = lens.get(&format!("{deployments}/{CONTROLLER}")).await;
    identity.machine_users = machine_users(&deployment);
    let (own, roles): (Vec<Value>, Vec<Value>) = identity
        .objects(RBAC)?
        .into_iter()
        .filter(|object| object["rules"].is_array() && object["metadata"]["name"] != NOTIFIER)
        .partition(|role| role["metadata"]["name"] == CONTROLLER);
    Ok(Evidence {
        version: env!("CARGO_PKG_VERSION").into(),
        server,
        crds: lens.crds().await,
        policies: lens.shipped(identity.objects(ADMISSION)?).await,
        requester: lens.shipped(identity.objects(REQUESTER)?).await,
        rights: lens.rights(&own, &identity).await,
        roles: lens.shipped(roles).await,
        deployment,
        lease: lens.get(&format!("{leases}/{CONTROLLER}")).await,
        service_account: lens
            .get(&format!(
                "/api/v1/namespaces/{namespace}/serviceaccounts/{}",
                identity.service_account
            ))
            .await,
        stops: lens.list::<EmergencyStop>().await,
        holds: lens.list::<Hold>().await,
        sources: lens.list::<FindingSource>().await,
        playbooks: lens.list::<Playbook>().await,
        channels: lens.list::<NotificationChannel>().await,
        failovers: lens.list::<FailoverPlan>().await,
        notifier: lens.get(&format!("{deployments}/{NOTIFIER}")).await,
        you: lens.you().await,
        powers: lens.powers(&cluster.namespace).await,
        namespace: cluster.namespace.clone(),
        accounts: lens.list::<AwsAccount>().await,
        unreadable: lens.unreadable().await,
        operator_account: None,
        aws: None,
        identity,
    })
}

/// The patterns of machine users that the operator was started with: the policies must carry the same.
fn machine_users(deployment: &Look<Option<Deployment>>) -> Vec<String> {
    let Ok(Some(deployment)) = deployment else {
        return Vec::new();
    };
    let pod = deployment.spec.as_ref().and_then(|spec| spec.template.spec.as_ref());
    let containers = pod.into_iter().flat_map(|pod| &pod.containers);
    let mut variables = containers.flat_map(|one| one.env.iter().flatten());
    let named = variables.find(|one| one.name == "FIREBREAK_MACHINE_USERS");
    let text = named.and_then(|one| one.value.as_deref()).unwrap_or_default();
    text.split(',')
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}

async fn server(cluster: &Cluster) -> Look<Server> {
    let (info, date) = cluster.ask("/version").await.map_err(|error| exit::message(&error))?;
    let minor = info["minor"].as_str().unwrap_or_default();
    let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
    Ok(Server {
        version: info["gitVersion"].as_str().unwrap_or_default().to_owned(),
        minor: digits.parse().ok(),
        date: date.and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(&date).ok()),
        at: Timestamp::now(),
    })
}
