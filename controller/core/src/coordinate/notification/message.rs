//! What a message says, before a provider's form: name, severity, type, what happened, and a link. Nothing in it approves anything.

use super::{changes::Change, news::News, world::World};
use firebreak_crds::{Severity, text};

const TYPE: usize = 128;

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    /// Which Incident: its UID.
    pub uid: String,
    /// Namespace and name.
    pub incident: String,
    /// How bad it is.
    pub severity: Severity,
    /// The type of its first finding.
    pub type_: Option<String>,
    /// Whether it is a drill.
    pub drill: bool,
    /// What happened, each in a few words.
    pub facts: Vec<String>,
    /// Where it can be looked at.
    pub link: Option<String>,
}

impl Message {
    /// What is told of an Incident.
    pub(super) fn of(world: &World, news: &News<'_>) -> Self {
        let namespace = &world.subject.owner.namespace;
        let name = news
            .seen
            .map(|seen| seen.name.as_str())
            .or(news.before.map(|told| told.name.as_str()));
        let name = text::bounded(name.unwrap_or_default(), 253);
        let before = news.before.and_then(|told| told.severity);
        let uid = news
            .seen
            .map(|seen| seen.uid.as_str())
            .or(news.before.map(|told| told.uid.as_str()));
        Self {
            uid: uid.unwrap_or_default().to_owned(),
            severity: news.seen.map_or(before.unwrap_or_default(), |seen| seen.severity),
            type_: news
                .seen
                .and_then(|seen| seen.type_.as_deref())
                .map(|type_| text::bounded(type_, TYPE)),
            drill: news.seen.is_some_and(|seen| seen.drill),
            facts: news
                .changes
                .iter()
                .map(Change::words)
                .map(|words| text::bounded(&words, 512))
                .collect(),
            link: link(world, &name),
            incident: format!("{namespace}/{name}"),
        }
    }

    /// What is told to try a channel out.
    pub(super) fn test(world: &World) -> Self {
        let owner = &world.subject.owner;
        Self {
            uid: format!("{}/test/{}", owner.uid, world.subject.spec.test),
            incident: format!("{}/{}", owner.namespace, owner.name),
            severity: Severity::Low,
            type_: None,
            drill: true,
            facts: vec![format!(
                "test message {} of this NotificationChannel: nothing is to be done",
                world.subject.spec.test
            )],
            link: None,
        }
    }

    /// The whole of it in a line.
    pub(super) fn headline(&self) -> String {
        let drill = if self.drill { "Drill: " } else { "" };
        format!(
            "{drill}{:?} Incident {}: {}",
            self.severity,
            self.incident,
            self.facts.join("; ")
        )
    }
}

/// Names of Kubernetes objects need no escape in a URL.
fn link(world: &World, name: &str) -> Option<String> {
    let link = world.subject.spec.link.as_ref()?;
    Some(
        link.replace("{namespace}", &world.subject.owner.namespace)
            .replace("{name}", name),
    )
}
