//! An attacker in the AWS account tags, adds what hangs on the target, and flaps both: it costs one more approver, and keeps
//! nobody from cutting off what people approved.

use crate::support::{
    Bench,
    words::{self, guardrail, rule},
    worlds::{payments, region},
};
use firebreak_cloud::memory::{World, sample};
use firebreak_crds::{Guardrail, GuardrailSpec, Severity, TagMatch, Verb};

const TAG: &str = "tier";

/// Anyone who controls the account tags the role, or takes the tag off again.
fn tag(world: &mut World, on: bool) {
    let tags = &mut payments(world).facts.tags;
    match on {
        true => tags.insert(TAG.into(), "crown-jewels".into()),
        false => tags.remove(TAG),
    };
}

/// So many more functions run with the role.
fn grow(world: &mut World, round: usize, functions: usize) {
    let region = region(world);
    for at in 0..functions {
        *region = std::mem::take(region).with_function(&format!("f-{round}-{at}"), "payments-task");
    }
}

fn rails(required: u8, change: impl FnOnce(&mut GuardrailSpec)) -> Guardrail {
    guardrail("strict", |spec| {
        spec.approvals = vec![rule(required)];
        spec.protected.tags = vec![TagMatch {
            key: TAG.into(),
            value: None,
        }];
        spec.caps.max_dependents = Some(15);
        change(spec);
    })
}

fn bench(required: u8, change: fn(&mut World)) -> Bench {
    let mut world = sample();
    change(&mut world);
    let bench = Bench::of(world);
    bench.api.seed(&words::account());
    bench.api.seed(&rails(required, |_| ()));
    bench
}

#[tokio::test]
async fn protected_tag_and_many_dependents_ask_for_one_more_approver() {
    let tagged: fn(&mut World) = |world| tag(world, true);
    let crowded: fn(&mut World) = |world| grow(world, 0, 16);
    for (change, warning) in [(tagged, "carries the tag tier"), (crowded, "caps.maxDependents 15")] {
        for required in [0, 1] {
            let bench = bench(required, change);
            bench.quarantined("q", words::role("payments-task"));
            assert_eq!(bench.settle("q").await, "AwaitingApproval", "{warning}");
            let status = bench.quarantine("q").status.unwrap();
            assert!(
                status.notes.iter().any(|note| note.contains(warning)),
                "{:?}",
                status.notes
            );
            assert_eq!(status.approvals, Some(format!("0/{}", required + 1)));
            bench.approve("q", "ann@example.com");
            if required == 1 {
                assert_eq!(
                    bench.settle("q").await,
                    "AwaitingApproval",
                    "{warning}: one is not enough"
                );
                bench.approve("q", "bob@example.com");
            }
            assert_eq!(bench.settle("q").await, "Contained", "{warning}");
        }
    }
}

#[tokio::test]
async fn three_thousand_dependents_do_not_make_the_plan_too_large() {
    let bench = bench(1, |world| grow(world, 0, 3000));
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle_with_approvals("q").await, "Contained");
    let payload = bench.plan("q").spec.payload;
    let (listed, more) = (
        payload["dependents"].as_array().unwrap().len(),
        payload["moreDependents"].as_u64(),
    );
    assert!(listed < 100 && more > Some(2900), "{listed} {more:?}");
}

/// Approvals come in one by one while AWS moves between any two looks.
async fn flapping(bench: &Bench, rounds: usize, word: impl Fn(usize)) -> usize {
    for round in 0..rounds {
        bench.aws.change(|world| {
            tag(world, round % 2 == 0);
            grow(world, round, 5);
        });
        word(round);
        let _ = bench.respond("q").await;
        bench.pass(60);
        if !bench.wrote().is_empty() {
            return round;
        }
    }
    panic!("{:?}", bench.message("q", "Ready"));
}

#[tokio::test]
async fn approved_run_gets_through_against_flapping_tags_and_dependents() {
    let bench = bench(2, |_| ());
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    let round = flapping(&bench, 9, |round| match round {
        2 => bench.approve("q", "ann@example.com"),
        4 => bench.approve("q", "bob@example.com"),
        6 => bench.approve("q", "eve@example.com"),
        _ => {}
    })
    .await;
    assert_eq!(round, 6, "the third approver is the price of the tag");
    assert!(bench.plans("q").len() <= 2, "planned again once, when it first warned");
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn break_glass_gets_through_against_flapping_tags_and_dependents() {
    let bench = bench(2, |_| ());
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    let glass = |round| {
        if round == 1 {
            bench.say("q", "eve@example.com", |d| d.verb = Verb::BreakGlass);
        }
    };
    assert_eq!(flapping(&bench, 4, glass).await, 1);
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn what_warns_after_an_approval_voids_nothing() {
    let bench = bench(1, |_| ());
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "ann@example.com");
    bench.aws.change(|world| {
        tag(world, true);
        grow(world, 0, 40);
    });
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(bench.plans("q").len(), 1);
}

#[tokio::test]
async fn contain_now_waits_for_people_where_something_warns() {
    let bench = bench(1, |world| tag(world, true));
    bench.api.edit::<Guardrail>(None, "strict", |guardrail| {
        guardrail.spec.contain_now = vec![Severity::Medium];
    });
    bench.quarantined("q", words::role("payments-task"));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    assert_eq!(bench.wrote(), [""; 0]);
    bench.aws.change(|world| tag(world, false));
    bench.approve("q", "ann@example.com");
    bench.approve("q", "bob@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn tagged_security_group_warns_of_the_service_that_uses_it() {
    let bench = bench(0, |world| {
        let group = region(world).security_groups.get_mut("sg-api").unwrap();
        group.tags.insert(TAG.into(), "crown-jewels".into());
    });
    bench.quarantined("q", words::service("Isolate"));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
}
