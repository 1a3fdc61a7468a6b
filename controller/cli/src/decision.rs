//! A Decision, as a pure function of who says what about which object and plan. Its name follows from its content, so
//! that saying it twice is saying it once.

use firebreak_core::digest;
use firebreak_crds::{
    Decision, DecisionSpec, DecisionTarget, OwnerRef, PlanReference, Reopens, Start, Verb, incident::IncidentOutcome,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// The approver role that break-glass is given in; admission knows no other.
pub const BREAK_GLASS: &str = "breakglass";
/// The most characters of a username in a name: with a name of 200 characters and a verb it stays below 253.
const MAX_BY: usize = 28;

/// What somebody says.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// What is decided.
    pub verb: Verb,
    /// In which approver role.
    pub approver_role: String,
    /// Why.
    pub reason: Option<String>,
    /// Until when it counts.
    pub expires_at: Option<Timestamp>,
    /// With Release: what may be put back although it reopens the compromise.
    pub restore: Vec<Reopens>,
    /// With Resolve: what the incident was.
    pub outcome: Option<IncidentOutcome>,
    /// With Start: where to, and as which activation.
    pub start: Option<Start>,
    /// With Skip, Retry, and Approve of one step: the step.
    pub step: Option<String>,
    /// With Skip of a fence: that the old database may still take writes.
    pub split_brain: bool,
}

impl Word {
    /// The verb alone: in no role yet, and with nothing beside it.
    pub fn of(verb: Verb) -> Self {
        Self {
            verb,
            approver_role: String::new(),
            reason: None,
            expires_at: None,
            restore: Vec::new(),
            outcome: None,
            start: None,
            step: None,
            split_brain: false,
        }
    }
}

/// What it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    /// The object.
    pub owner: OwnerRef,
    /// Its generation, where the word counts until the spec changes.
    pub generation: Option<i64>,
    /// The plan, for verbs that are about one.
    pub plan: Option<PlanReference>,
}

/// The Decision. `turn` tells it from an earlier one with the same content that does not count any more.
pub fn decision(about: &About, word: &Word, by: &str, turn: u32) -> Decision {
    let spec = DecisionSpec {
        by: by.to_owned(),
        verb: word.verb,
        target: DecisionTarget {
            kind: about.owner.kind.clone(),
            name: about.owner.name.clone(),
            uid: about.owner.uid.clone(),
            generation: about.generation,
        },
        plan: about.plan.clone(),
        approver_role: word.approver_role.clone(),
        reason: word.reason.clone(),
        expires_at: word.expires_at.map(|time| time.to_string()),
        restore: word.restore.clone(),
        start: word.start.clone(),
        step: word.step.clone(),
        acknowledge_split_brain: word.split_brain,
        outcome: word.outcome,
    };
    let mut decision = Decision::new(&name(&spec, turn), spec);
    decision.metadata.namespace = Some(about.owner.namespace.clone());
    decision
}

fn name(spec: &DecisionSpec, turn: u32) -> String {
    // The generation is part of what Release and Abandon mean; an approval means the plan, and a Start its serial, whatever the
    // generation.
    let generation = spec
        .target
        .generation
        .filter(|_| spec.plan.is_none() && spec.start.is_none());
    let content = json!([
        spec.target.uid,
        generation,
        spec.plan,
        spec.approver_role,
        spec.by,
        spec.restore,
        turn
    ]);
    // What is said about an incident is what it says: two notes are two Decisions.
    let said = json!([content, spec.reason, spec.outcome]);
    let steers = match spec.acknowledge_split_brain {
        true => json!([content, spec.start, spec.step, true]),
        false => json!([content, spec.start, spec.step]),
    };
    let content = match spec.verb.is_about_incident() {
        true => said,
        false if spec.start.is_some() || spec.step.is_some() => steers,
        false => content,
    };
    let unique = digest::short(&content.to_string(), 10);
    format!(
        "{}-{}-{}-{unique}",
        spec.target.name,
        slug(spec.verb),
        sanitised(&spec.by)
    )
}

fn slug(verb: Verb) -> &'static str {
    match verb {
        Verb::Approve => "approve",
        Verb::Reject => "reject",
        Verb::BreakGlass => "break-glass",
        Verb::Release => "release",
        Verb::Abandon => "abandon",
        Verb::Acknowledge => "acknowledge",
        Verb::Note => "note",
        Verb::Resolve => "resolve",
        Verb::Reopen => "reopen",
        Verb::Review => "review",
        Verb::Start => "start",
        Verb::Pause => "pause",
        Verb::Resume => "resume",
        Verb::Skip => "skip",
        Verb::Retry => "retry",
        Verb::Abort => "abort",
    }
}

fn sanitised(by: &str) -> String {
    let dashed: String = by
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let words: Vec<&str> = dashed.split('-').filter(|word| !word.is_empty()).collect();
    let short: String = words.join("-").chars().take(MAX_BY).collect();
    match short.trim_end_matches('-') {
        "" => "somebody".into(),
        name => name.into(),
    }
}

/// A duration such as `4h` or `1h30m`, longer than nothing.
///
/// # Errors
/// For people.
pub fn duration(text: &str) -> Result<SignedDuration, String> {
    let fix = || format!("{text} is not a duration such as 30m, 4h or 1h30m");
    let duration: SignedDuration = text.parse().map_err(|_| fix())?;
    if duration.is_positive() {
        Ok(duration)
    } else {
        Err(fix())
    }
}

/// Whether an earlier Decision has expired.
pub fn has_expired(decision: &Decision, now: Timestamp) -> bool {
    let expires = decision.spec.expires_at.as_ref().map(|text| text.parse::<Timestamp>());
    expires.is_some_and(|time| time.is_ok_and(|time| time <= now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About {
            owner: OwnerRef {
                kind: "Quarantine".into(),
                namespace: "incident".into(),
                name: "payments".into(),
                uid: "u-1".into(),
            },
            generation: Some(3),
            plan: Some(PlanReference {
                name: "payments-u1-run-1".into(),
                uid: "p-1".into(),
                digest: format!("sha256:{}", "a".repeat(64)),
            }),
        }
    }

    fn word(verb: Verb, approver_role: &str) -> Word {
        Word {
            approver_role: approver_role.into(),
            reason: Some("seen".into()),
            ..Word::of(verb)
        }
    }

    fn name_of(about: &About, word: &Word, by: &str, turn: u32) -> String {
        decision(about, word, by, turn).metadata.name.unwrap()
    }

    #[test]
    fn it_binds_object_generation_plan_and_person() {
        let made = decision(&about(), &word(Verb::Approve, "security"), "Ann@Example.com", 0);
        assert_eq!(made.spec.by, "Ann@Example.com");
        assert_eq!(made.spec.target.uid, "u-1");
        assert_eq!(made.spec.target.generation, Some(3));
        assert_eq!(made.spec.plan, about().plan);
        assert_eq!(made.metadata.owner_references, None);
        assert_eq!(made.metadata.namespace.as_deref(), Some("incident"));
        let name = made.metadata.name.unwrap();
        assert!(name.starts_with("payments-approve-ann-example-com-"), "{name}");
        kube::core::cel::validate_cel(&decision(&about(), &word(Verb::Approve, "security"), "ann", 0)).unwrap();
    }

    #[test]
    fn saying_it_twice_has_one_name_and_another_word_another() {
        let (about, said) = (about(), word(Verb::Approve, "approver"));
        let first = name_of(&about, &said, "ann", 0);
        let later = Word {
            reason: None,
            expires_at: Some(Timestamp::UNIX_EPOCH),
            ..said.clone()
        };
        let mut changed = about.clone();
        changed.generation = Some(4);
        assert_eq!(first, name_of(&about, &later, "ann", 0));
        assert_eq!(first, name_of(&changed, &said, "ann", 0));
        let mut replanned = about.clone();
        replanned.plan.as_mut().unwrap().digest = format!("sha256:{}", "b".repeat(64));
        for other in [
            name_of(&about, &said, "ANN", 0),
            name_of(&about, &said, "ann", 1),
            name_of(&about, &word(Verb::Approve, "security"), "ann", 0),
            name_of(&about, &word(Verb::Reject, "approver"), "ann", 0),
            name_of(&replanned, &said, "ann", 0),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn a_release_belongs_to_a_generation_and_to_what_it_puts_back() {
        let mut about = about();
        about.plan = None;
        let plain = word(Verb::Release, "approver");
        let trust = Word {
            restore: vec![Reopens::TrustPolicy],
            ..plain.clone()
        };
        let first = name_of(&about, &plain, "ann", 0);
        assert_ne!(first, name_of(&about, &trust, "ann", 0));
        about.generation = Some(4);
        assert_ne!(first, name_of(&about, &plain, "ann", 0));
    }

    #[test]
    fn names_stay_names_whatever_the_username() {
        let mut about = about();
        about.owner.name = "q".repeat(200);
        for by in ["oidc:https://idp.example.com#ann.lee@example.com", "Änne", "---", "a"] {
            let name = name_of(&about, &word(Verb::BreakGlass, BREAK_GLASS), by, 0);
            assert!(name.len() <= 253, "{name}");
            assert!(
                name.chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                "{name}"
            );
        }
    }

    #[test]
    fn durations_are_read_or_refused_with_the_fix() {
        assert_eq!(duration("4h").unwrap(), SignedDuration::from_hours(4));
        assert_eq!(duration("1h30m").unwrap(), SignedDuration::from_mins(90));
        for text in ["soon", "-4h", "0s", ""] {
            assert!(
                duration(text)
                    .unwrap_err()
                    .ends_with("is not a duration such as 30m, 4h or 1h30m")
            );
        }
    }

    #[test]
    fn two_notes_are_two_decisions_and_one_said_twice_is_one() {
        let of = |reason: &str, outcome| {
            let word = Word {
                approver_role: "responder".into(),
                reason: Some(reason.into()),
                outcome,
                ..Word::of(Verb::Note)
            };
            decision(&about(), &word, "ann", 0).metadata.name
        };
        assert_eq!(of("one", None), of("one", None));
        assert_ne!(of("one", None), of("two", None));
        assert_ne!(of("one", None), of("one", Some(IncidentOutcome::Benign)));
    }

    #[test]
    fn start_is_named_by_region_and_serial_whatever_the_spec_is_by_then() {
        let start = |serial, region: &str| Word {
            start: Some(Start {
                region: region.into(),
                serial,
                ..Start::default()
            }),
            ..word(Verb::Start, "approver")
        };
        let mut about = about();
        about.plan = None;
        let first = name_of(&about, &start(7, "us-west-2"), "ann", 0);
        for other in [start(8, "us-west-2"), start(7, "us-east-1")] {
            assert_ne!(first, name_of(&about, &other, "ann", 0));
        }
        about.generation = Some(9);
        assert_eq!(first, name_of(&about, &start(7, "us-west-2"), "ann", 0));
    }

    #[test]
    fn words_about_two_steps_are_two_decisions() {
        let skip = |step: &str| Word {
            step: Some(step.into()),
            ..word(Verb::Skip, "approver")
        };
        let of = |step| name_of(&about(), &skip(step), "ann", 0);
        assert_eq!(of("promote"), of("promote"));
        assert_ne!(of("promote"), of("scale"));
        let made = decision(&about(), &skip("promote"), "ann", 0);
        assert_eq!(made.spec.step.as_deref(), Some("promote"));
        let mut about = about();
        about.owner.kind = "FailoverPlan".into();
        kube::core::cel::validate_cel(&decision(&about, &skip("promote"), "ann", 0)).unwrap();
    }
}
