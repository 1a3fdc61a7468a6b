//! Findings that GuardDuty has, asked for as a FindingSource asks.

use super::ground::{Asked, Ground};
use crate::{exit::refused, findings::Given};
use anyhow::{Result, anyhow};
use firebreak_cloud::Cloud;
use firebreak_core::{
    aws::failure::{Failure, FailureClass},
    coordinate::source::{self, Ask, asks},
};
use jiff::Timestamp;

/// The most findings of one region.
const MOST: usize = 1000;
/// The call by which a role is assumed.
const ASSUME_ROLE: &str = "sts:AssumeRole";

/// Findings, and what people should know about them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answered {
    /// The findings.
    pub findings: Vec<Given>,
    /// What is not among them.
    pub notes: Vec<String>,
}

/// Every question.
///
/// # Errors
/// Refused, where there is no such AwsAccount, or it does not let the namespace read findings there.
pub fn questions(ground: &Ground, world: &source::World, asked: &Asked, now: Timestamp) -> Result<Vec<Ask>> {
    let (asks, problems) = asks(&ground.subject(Some(asked), now), &world.accounts);
    match problems.into_values().next() {
        Some(problem) => Err(refused(problem.message)),
        None => Ok(asks.into_iter().map(larger).collect()),
    }
}

fn larger(mut ask: Ask) -> Ask {
    ask.asked.most = MOST;
    ask
}

/// Reads every region. One in which GuardDuty is off tells nothing, and keeps no other back.
///
/// # Errors
/// The first failure.
pub async fn answers(cloud: &dyn Cloud, asks: &[Ask]) -> Result<Answered, Failure> {
    let mut all = Answered::default();
    for ask in asks {
        let place = format!("{}/{}", ask.site.account, ask.site.region);
        match cloud.findings(&ask.access, &ask.asked).await {
            Ok(values) => {
                if values.len() >= ask.asked.most {
                    all.notes.push(format!(
                        "{place} has more: only the earliest {} are tested",
                        values.len()
                    ));
                }
                let given = values.into_iter().enumerate().map(|(at, value)| Given {
                    source: format!("{place}[{at}]"),
                    value,
                });
                all.findings.extend(given);
            }
            Err(failure) if failure.class == FailureClass::Gone => all.notes.push(failure.to_string()),
            Err(failure) => return Err(failure),
        }
    }
    Ok(all)
}

/// Whether the read role does not let the person in.
pub fn is_shut_out(failure: &Failure) -> bool {
    failure.class == FailureClass::Denied && failure.call == ASSUME_ROLE
}

/// What the person hears.
pub fn told(failure: &Failure) -> anyhow::Error {
    let remedy = "AWS is asked with your own credentials: choose some that may read the account, for example with AWS_PROFILE=NAME, or sign in again";
    match failure.class {
        FailureClass::Denied => refused(format!("{failure}; {remedy}")),
        _ => anyhow!("{failure}; {remedy}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixtures,
        playbook::testing::{finding, ground},
    };
    use firebreak_cloud::memory::{MemoryAws, World, world::Region};
    use jiff::SignedDuration;

    fn asked(regions: &[&str]) -> Asked {
        Asked {
            account: "production".into(),
            regions: regions.iter().map(ToString::to_string).collect(),
            since: SignedDuration::from_hours(168),
        }
    }

    fn questions_of(asked: &Asked) -> Result<Vec<Ask>> {
        let ground = ground();
        questions(&ground, &ground.world(fixtures::now()), asked, fixtures::now())
    }

    #[test]
    fn it_is_asked_as_far_back_as_was_said_in_every_region_of_the_account() {
        let asks = questions_of(&asked(&[])).unwrap();
        assert_eq!((asks.len(), asks[0].asked.most), (1, MOST));
        assert_eq!(asks[0].asked.updated_since.to_string(), "2025-12-25T12:00:00Z");
        assert_eq!(
            (asks[0].site.region.as_str(), asks[0].access.namespace.as_str()),
            ("us-east-1", "payments")
        );
    }

    #[test]
    fn what_a_finding_source_could_not_ask_is_refused() {
        let mut other = asked(&[]);
        other.account = "staging".into();
        for (asked, says) in [
            (asked(&["eu-west-1"]), "does not list eu-west-1"),
            (other, "there is no AwsAccount staging"),
        ] {
            let error = questions_of(&asked).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(crate::exit::code(&error), crate::exit::REFUSED);
        }
    }

    #[tokio::test]
    async fn findings_come_through_the_port_and_a_region_without_guardduty_is_noted() {
        let mut value = finding("iam_user_key");
        value["updatedAt"] = "2026-01-01T00:00:00Z".into();
        let asks = questions_of(&asked(&[])).unwrap();
        let aws = MemoryAws::sample();
        aws.put_finding("123456789012", "us-east-1", value.clone());
        let answered = answers(&aws, &asks).await.unwrap();
        assert_eq!(answered.findings[0].source, "production/us-east-1[0]");
        assert_eq!(answered.findings[0].value["id"], value["id"]);
        let off = World::new().with_account("123456789012", |account| {
            account.with_region("us-east-1", Region::without_detector)
        });
        let off = MemoryAws::new(off);
        let answered = answers(&off, &asks).await.unwrap();
        assert!(
            answered.findings.is_empty() && answered.notes[0].contains("no detector in us-east-1"),
            "{answered:?}"
        );
    }
}
