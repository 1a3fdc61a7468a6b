//! `timeline`: what happened in an Incident, and with -w what happens from now on.

use super::{
    FOR_MACHINES, Output, Setting, document,
    follow::{self, Flow, Viewer},
};
use crate::{
    cluster::Cluster,
    render::timeline::{Shown, line},
    terminal,
};
use anyhow::Result;
use clap::Args;
use firebreak_crds::{Incident, incident::TimelineEntry};
use kube::ResourceExt;
use serde_json::json;
use std::time::Duration;

/// What `timeline` is told.
#[derive(Args, Debug)]
pub struct Timeline {
    /// The Incident: NAME or incident/NAME
    #[arg(value_name = "INCIDENT", value_parser = super::incident_name)]
    pub name: String,
    /// Print new entries as they come, until it is deleted or you press ctrl-c
    #[arg(short = 'w', long)]
    pub watch: bool,
}

impl Timeline {
    /// Prints what happened, the oldest first.
    ///
    /// # Errors
    /// When there is no such Incident, or it cannot be read.
    pub async fn run(self, setting: &Setting) -> Result<()> {
        let cluster = Cluster::connect(&setting.connection).await?;
        let incident = cluster.incident(&self.name).await?;
        if !self.watch {
            let timeline = incident.status.unwrap_or_default().timeline;
            return setting.answer(|| json!(timeline), |_| timeline.iter().map(line).collect());
        }
        let mut reader = Reader {
            uid: incident.uid(),
            output: setting.output,
            shown: Shown::default(),
            pause: follow::PAUSE,
        };
        tokio::select! {
            ended = follow::follow(&mut reader, &cluster, incident) => ended,
            stop = tokio::signal::ctrl_c() => Ok(stop?),
        }
    }
}

/// Who looks at one Incident.
struct Reader {
    uid: Option<String>,
    output: Option<Output>,
    shown: Shown,
    pause: Duration,
}

impl Viewer<Incident> for Reader {
    /// Prints what is new. Another Incident of that name, and a reader who went away, end it.
    fn show(&mut self, incident: &Incident) -> Result<Flow> {
        if incident.uid() != self.uid {
            return self.gone(&incident.name_any());
        }
        let timeline = incident
            .status
            .iter()
            .flat_map(|status| status.timeline.iter().cloned());
        for entry in self.shown.news(&timeline.collect::<Vec<_>>()) {
            if !terminal::still_read(&printed(&entry, self.output)?)? {
                return Ok(Flow::Ended);
            }
        }
        Ok(Flow::On)
    }

    fn gone(&mut self, name: &str) -> Result<Flow> {
        terminal::remark(&format!(
            "incident/{name} was deleted: what it responded with stays as it is"
        ));
        Ok(Flow::Ended)
    }

    fn pause(&self) -> Duration {
        self.pause
    }
}

/// One entry; for machines each is a document of its own.
fn printed(entry: &TimelineEntry, output: Option<Output>) -> Result<String> {
    let Some(output) = output.filter(|output| FOR_MACHINES.contains(output)) else {
        return Ok(line(entry));
    };
    document(output, &json!(entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cluster::script::Script, fixtures};

    fn entry() -> TimelineEntry {
        serde_json::from_value(
            json!({"at": "2026-01-01T12:00:00Z", "event": "Note", "about": "n", "what": "a\u{1b}\nb"}),
        )
        .unwrap()
    }

    #[test]
    fn machines_get_a_document_for_each_entry() {
        let json = printed(&entry(), Some(Output::Json)).unwrap();
        assert_eq!(serde_json::from_str::<TimelineEntry>(&json).unwrap(), entry());
        let yaml = printed(&entry(), Some(Output::Yaml)).unwrap();
        assert!(yaml.starts_with("---\n") && !yaml.contains('\u{1b}'), "{yaml}");
        assert_eq!(printed(&entry(), None).unwrap().lines().count(), 1);
    }

    #[test]
    fn another_incident_of_that_name_ends_it() {
        let mut viewer = Reader {
            uid: Some("i-1".into()),
            output: None,
            shown: Shown::default(),
            pause: Duration::ZERO,
        };
        let mut incident = fixtures::incident();
        assert_eq!(viewer.show(&incident).unwrap(), Flow::On);
        incident.metadata.uid = Some("i-2".into());
        assert_eq!(viewer.show(&incident).unwrap(), Flow::Ended);
    }

    #[tokio::test]
    async fn watching_ends_when_it_is_deleted() {
        let mut incident = fixtures::incident();
        let deleted = json!([{"type": "MODIFIED", "object": incident}, {"type": "DELETED", "object": incident}]);
        let script = Script::of([(200, deleted)]);
        incident.status = serde_json::from_value(json!({"timeline": [entry()]})).ok();
        let mut viewer = Reader {
            uid: incident.uid(),
            output: None,
            shown: Shown::default(),
            pause: Duration::ZERO,
        };
        follow::follow(&mut viewer, &script.cluster(), incident).await.unwrap();
        assert_eq!(script.requests().len(), 1);
    }

    #[tokio::test]
    async fn a_watch_that_ended_goes_on_from_what_is_read_then() {
        let mut incident = fixtures::incident();
        let mut later = json!(incident);
        later["metadata"]["resourceVersion"] = "9".into();
        let missing =
            json!({"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404, "message": "gone"});
        let script = Script::of([(200, json!([])), (200, later), (200, json!([])), (404, missing)]);
        incident.metadata.resource_version = Some("7".into());
        let mut viewer = Reader {
            uid: incident.uid(),
            output: None,
            shown: Shown::default(),
            pause: Duration::ZERO,
        };
        follow::follow(&mut viewer, &script.cluster(), incident).await.unwrap();
        let lines: Vec<String> = script.requests().into_iter().map(|(line, _)| line).collect();
        assert!(
            lines[0].contains("resourceVersion=7") && lines[2].contains("resourceVersion=9"),
            "{lines:?}"
        );
        assert_eq!(lines.len(), 4);
    }
}
