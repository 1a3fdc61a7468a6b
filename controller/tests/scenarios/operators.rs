//! Leadership, two operators, and objects that come back under the same name.

use crate::{
    fake_api::{Match, Verb},
    support::{Bench, words, worlds::specs},
};
use firebreak_cloud::memory::sample;
use firebreak_core::respond::Respondent;
use firebreak_crds::Quarantine;
use kube::ResourceExt;

#[tokio::test]
async fn operator_that_does_not_lead_writes_nothing() {
    let bench = Bench::free();
    bench.quarantined("q", words::role("payments-task"));
    bench.api.forget_calls();
    bench.lead.set(false);
    assert!(bench.respond("q").await.is_err());
    assert_eq!(bench.api.call_names(&Match::writes()), [""; 0]);
    assert_eq!(bench.wrote(), [""; 0]);
}

#[tokio::test]
async fn leadership_that_is_lost_in_the_middle_stops_every_further_write() {
    for spec in specs() {
        for nth in 1..=3 {
            let what = format!("{} after write {nth}", spec.name);
            let bench = Bench::of(sample());
            bench.api.seed(&words::account());
            bench.api.seed(&words::guardrail_contain(1));
            bench.quarantined("q", (spec.target)());
            if bench.settle("q").await != "AwaitingApproval" {
                continue;
            }
            bench.approve("q", "ann@example.com");
            let (lead, seen) = (bench.lead.clone(), std::sync::atomic::AtomicUsize::new(0));
            bench.aws.on_call(move |call| {
                if call.is_write() && seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1 == nth {
                    lead.set(false);
                }
            });
            let mut lost = false;
            for _ in 0..100 {
                match bench.respond("q").await {
                    Ok(Some(rest)) => bench.pass(rest.after.min(30) as i64),
                    Ok(None) => break,
                    Err(_) => {
                        lost = true;
                        break;
                    }
                }
            }
            let written = bench.wrote().len();
            assert!(written <= nth, "{what}");
            if lost {
                bench.api.forget_calls();
                assert!(bench.respond("q").await.is_err() || written < nth, "{what}");
                assert_eq!(bench.api.call_names(&Match::writes()), [""; 0], "{what}");
                bench.aws.on_call(|_| {});
                bench.lead.set(true);
                assert_eq!(bench.settle("q").await, "Contained", "{what}");
            }
        }
    }
}

#[tokio::test]
async fn two_operators_on_one_object_end_as_one_would() {
    for spec in specs() {
        let bench = Bench::free();
        let rival = bench.rival();
        bench.quarantined("q", (spec.target)());
        for released in [false, true] {
            if released {
                bench.let_go_of_everything("q");
            }
            for _ in 0..120 {
                let (one, two) = futures::join!(
                    bench.respond("q"),
                    rival.respond(Respondent::Quarantine, words::TEAM, "q", None)
                );
                let _ = (one, two);
                bench.pass(3);
                if bench.ready_reason("q") == "AwaitingApproval" {
                    bench.approve("q", "ann@example.com");
                }
            }
            let expected = if released { "Released" } else { "Contained" };
            assert_eq!(bench.ready_reason("q"), expected, "{}", spec.name);
        }
        assert_eq!(bench.holds(), [], "{}", spec.name);
        assert_eq!(bench.plans("q").len(), 2, "{}", spec.name);
        if !spec.replaces_tasks {
            bench.pass(300);
            assert_eq!(bench.aws.world(), sample(), "{}", spec.name);
        }
    }
}

#[tokio::test]
async fn an_object_that_is_made_again_under_the_same_name_is_another_one() {
    let bench = Bench::free();
    let first = bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "Contained");
    bench.api.remove::<Quarantine>(Some(words::TEAM), "q");
    let second = bench.quarantined("q", words::role("payments-task"));
    assert_ne!(first.uid(), second.uid());
    let old = bench
        .executor
        .respond(Respondent::Quarantine, words::TEAM, "q", first.uid().as_deref())
        .await;
    assert!(old.unwrap().is_none(), "the first one does not exist any more");
    assert_eq!(bench.settle("q").await, "Contained");
    let holders: Vec<String> = bench.holds()[0]
        .spec
        .holders
        .iter()
        .map(|holder| holder.owner.uid.clone())
        .collect();
    assert!(holders.contains(&second.uid().unwrap()));
    assert_eq!(bench.plans("q").len(), 2, "each has its own runs");
}

#[tokio::test]
async fn an_object_that_changes_while_it_is_acted_on_is_decided_again() {
    let bench = Bench::free();
    bench.quarantined("q", words::role("payments-task"));
    bench.api.just_before(Match::verb(Verb::Create, "holds"), |api| {
        api.edit::<Quarantine>(Some(words::TEAM), "q", |q| {
            q.spec.state = firebreak_crds::DesiredState::Released;
        });
    });
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.wrote(), [""; 0]);
    assert_eq!(bench.holds(), []);
}
