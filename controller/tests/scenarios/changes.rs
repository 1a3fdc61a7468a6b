//! What happens to AWS between the plan, the approval and the write.

use crate::{
    fake_api::{Match, Verb},
    support::{
        Bench,
        read::{differences, shape},
        words::{self, guardrail_contain},
        worlds::{self, Change, payments, rebuilt, region},
    },
};
use firebreak_cloud::memory::{ACCOUNT, Outcome, World, cidr_rule, sample, world::Service};
use firebreak_core::aws::{Write, iam::IamWrite};
use jiff::Timestamp;
use serde_json::{Value, json};

async fn approved(target: Value) -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_contain(1));
    bench.quarantined("q", target);
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "ann@example.com");
    bench
}

fn open_a_port(world: &mut World) {
    let group = region(world).security_groups.get_mut("sg-api").unwrap();
    group.ingress.insert(cidr_rule("tcp", 22, "198.51.100.7/32"));
}

#[tokio::test]
async fn a_material_change_after_the_approval_makes_a_new_run_that_needs_its_own() {
    let changes: [(Value, Change); 3] = [
        (words::service("Isolate"), open_a_port),
        (words::role_with("payments-task", &["DenyAll"]), |world| {
            worlds::inline(world, worlds::DENY_ALL, worlds::denied("s3:*", None));
        }),
        (words::role_with("payments-task", &["ReplaceTrust"]), |world| {
            payments(world).facts.trust = world_of_lambda();
        }),
    ];
    for (target, change) in changes {
        let bench = approved(target.clone()).await;
        bench.aws.change(change);
        assert_eq!(bench.settle("q").await, "AwaitingApproval", "{target}");
        assert_eq!(bench.wrote(), [""; 0], "{target}");
        assert_eq!(bench.plans("q").len(), 2, "{target}");
        bench.approve("q", "bob@example.com");
        assert_eq!(bench.settle("q").await, "Contained", "{target}");
        bench.let_go_of_everything("q");
        assert_eq!(bench.settle("q").await, "Released", "{target}");
        let mut as_changed = sample();
        change(&mut as_changed);
        bench.pass(300);
        assert_eq!(differences(&shape(&as_changed), &bench.shape()), [""; 0], "{target}");
    }
}

fn world_of_lambda() -> Value {
    firebreak_cloud::memory::world::IamRole::of_service("lambda.amazonaws.com")
        .facts
        .trust
}

#[tokio::test]
async fn a_change_that_does_not_matter_wakes_nobody() {
    let changes: [(Value, Change); 4] = [
        (words::role("payments-task"), |world| {
            payments(world).facts.tags.insert("team".into(), "other".into());
            payments(world).facts.last_used = Some("2026-01-01T00:00:00Z".into());
        }),
        (words::role("payments-task"), |world| {
            payments(world)
                .attached_policies
                .insert("arn:aws:iam::aws:policy/Other".into());
        }),
        (words::service("Isolate"), |world| {
            rebuilt(
                region(world),
                Service::of("api:1", 4)
                    .network(&["subnet-b"], &["sg-api"])
                    .behind("api", 8080),
            );
        }),
        (words::service("ScaleToZero"), |world| {
            let api = region(world).service_mut("prod", "api").unwrap();
            api.desired_count = 5;
            api.tags.insert("flapping".into(), "tag".into());
        }),
    ];
    for (target, change) in changes {
        let bench = approved(target.clone()).await;
        bench.aws.change(change);
        bench.pass(60);
        let before = bench.shape();
        assert_eq!(bench.settle("q").await, "Contained", "{target}");
        assert_eq!(bench.plans("q").len(), 1, "{target}");
        bench.let_go("q");
        assert_eq!(bench.settle("q").await, "Released", "{target}");
        bench.pass(300);
        assert_eq!(differences(&before, &bench.shape()), [""; 0], "{target}");
    }
}

#[tokio::test]
async fn the_late_bound_time_is_that_of_the_write_not_of_the_plan() {
    let bench = approved(words::role_with("payments-task", &["RevokeSessions"])).await;
    bench.pass(1800);
    assert_eq!(bench.settle("q").await, "Contained");
    let writes = bench.aws.writes();
    let Some(Write::Iam(IamWrite::PutRolePolicy { document, .. })) = writes[0].write() else {
        panic!("{writes:?}");
    };
    let older = &document["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"];
    let bound: Timestamp = older.as_str().unwrap().parse().unwrap();
    assert!(
        bound > writes[0].at && bound.as_second() <= writes[0].at.as_second() + 2,
        "{bound} {}",
        writes[0].at
    );
    assert_eq!(bench.plans("q").len(), 1);
}

/// Custody is taken or the step is journalled, and then the process sleeps while somebody changes AWS.
#[tokio::test]
async fn a_material_change_between_custody_and_the_write_is_neither_overwritten_nor_forgotten() {
    let moments = [
        Match::verb(Verb::Create, "holds"),
        Match::verb(Verb::Update, "responseplans").subresource("status"),
    ];
    for moment in moments {
        for (target, change) in [
            (words::service("Isolate"), open_a_port as fn(&mut World)),
            (words::role_with("payments-task", &["DenyAll"]), |world| {
                worlds::inline(world, worlds::DENY_ALL, worlds::denied("s3:*", None));
            }),
        ] {
            for nth in 1..=4 {
                let what = format!("{target} at {moment:?} {nth}");
                let bench = approved(target.clone()).await;
                let aws = bench.aws.clone();
                bench.api.just_before(moment.clone().nth(nth), move |api| {
                    aws.change(change);
                    aws.advance(5);
                    api.advance_seconds(5);
                });
                let reason = bench.settle("q").await;
                if reason == "AwaitingApproval" {
                    bench.approve("q", "bob@example.com");
                    assert_eq!(bench.settle("q").await, "Contained", "{what}");
                }
                if bench.plans("q").len() > 4 {
                    panic!("{what}: {} runs", bench.plans("q").len());
                }
                bench.let_go_of_everything("q");
                let reason = bench.settle("q").await;
                bench.pass(300);
                let (mut as_changed, late) = (sample(), bench.shape());
                change(&mut as_changed);
                let changed_later = differences(&shape(&sample()), &late).is_empty();
                let kept = differences(&shape(&as_changed), &late).is_empty();
                assert!(
                    kept || changed_later,
                    "{what}: {reason} {:?}",
                    differences(&shape(&as_changed), &late)
                );
                assert_eq!(reason, "Released", "{what}");
            }
        }
    }
}

#[tokio::test]
async fn killed_after_custody_was_taken_it_keeps_what_is_there_when_it_writes() {
    for (target, change) in [
        (words::service("Isolate"), open_a_port as fn(&mut World)),
        (words::role_with("payments-task", &["DenyAll"]), |world| {
            worlds::inline(world, worlds::DENY_ALL, worlds::denied("s3:*", None));
        }),
    ] {
        for moment in [
            Match::verb(Verb::Create, "holds").nth(if target["ecsService"].is_object() { 3 } else { 1 }),
            Match::verb(Verb::Update, "responseplans").subresource("status").nth(1),
        ] {
            let what = format!("{target} {moment:?}");
            let mut bench = approved(target.clone()).await;
            bench.api.fault(moment, crate::fake_api::Effect::CrashAfter);
            if bench.respond_or_die("q").await.is_some() {
                panic!("{what}: it lives");
            }
            bench.restart();
            bench.pass(3600);
            bench.aws.change(change);
            if bench.settle("q").await == "AwaitingApproval" {
                bench.approve("q", "bob@example.com");
                assert_eq!(bench.settle("q").await, "Contained", "{what}");
            }
            bench.let_go_of_everything("q");
            assert_eq!(bench.settle("q").await, "Released", "{what}");
            bench.pass(300);
            let mut as_changed = sample();
            change(&mut as_changed);
            assert_eq!(differences(&shape(&as_changed), &bench.shape()), [""; 0], "{what}");
        }
    }
}

fn token_times(bench: &Bench) -> Vec<(i64, Timestamp)> {
    let done = bench
        .aws
        .writes()
        .into_iter()
        .filter(|call| call.outcome == Outcome::Done);
    done.filter_map(|call| match call.write() {
        Some(Write::Iam(IamWrite::PutRolePolicy { document, .. })) => {
            let older = &document["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"];
            Some((call.at.as_second(), older.as_str()?.parse().ok()?))
        }
        _ => None,
    })
    .collect()
}

#[tokio::test]
async fn a_write_that_was_held_up_carries_the_time_at_which_it_is_made() {
    let bench = approved(words::role_with("payments-task", &["RevokeSessions"])).await;
    bench.aws.deny("iam:PutRolePolicy");
    bench.keep("q", 1800).await;
    bench.aws.allow("iam:PutRolePolicy");
    assert_eq!(bench.settle("q").await, "Contained");
    let (at, bound) = token_times(&bench)[0];
    assert!(
        bound.as_second() > at,
        "sessions minted until {at} are revoked, not only until {bound}"
    );
}

#[tokio::test]
async fn sessions_are_revoked_at_the_write_and_twice_again_and_not_later() {
    let bench = approved(words::role_with("payments-task", &["RevokeSessions"])).await;
    bench.settle("q").await;
    bench.keep("q", 3600).await;
    let times = token_times(&bench);
    let since: Vec<i64> = times.iter().map(|(at, _)| at - times[0].0).collect();
    assert_eq!(since.len(), 3, "{since:?}");
    assert!(
        (60..=65).contains(&since[1]) && (300..=310).contains(&since[2]),
        "{since:?}"
    );
    assert!(times.windows(2).all(|pair| pair[0].1 < pair[1].1));
}

#[tokio::test]
async fn a_renewal_that_a_stop_held_up_for_long_is_left_out() {
    let bench = approved(words::role_with("payments-task", &["RevokeSessions"])).await;
    while token_times(&bench).is_empty() {
        bench.respond("q").await.unwrap();
        bench.pass(1);
    }
    bench.stop();
    bench.keep("q", 86_400).await;
    bench.go_on();
    bench.aws.clear_calls();
    bench.keep("q", 600).await;
    assert_eq!(token_times(&bench), [], "a day's sessions live on");
}

#[tokio::test]
async fn a_renewal_that_spreads_slowly_does_not_take_contained_back() {
    let bench = approved(words::role_with("payments-task", &["RevokeSessions"])).await;
    bench.aws.set_staleness(firebreak_cloud::memory::Staleness::Seconds(12));
    assert_eq!(bench.settle("q").await, "Contained");
    for _ in 0..400 {
        bench.keep("q", 1).await;
        assert_eq!(bench.says("q", "Contained"), "True/Contained");
    }
    assert_eq!(token_times(&bench).len(), 3);
}

#[tokio::test]
async fn contained_is_said_after_the_second_read_of_iam_and_not_before() {
    let bench = approved(words::role_with("payments-task", &["DenyAll"])).await;
    bench.keep("q", 58).await;
    assert_eq!(bench.says("q", "Contained"), "False/Settling");
    assert_eq!(bench.says("q", "Ready"), "False/Settling");
    bench.keep("q", 4).await;
    assert_eq!(bench.says("q", "Contained"), "True/Contained");
}

#[tokio::test]
async fn what_a_run_wrote_before_it_was_superseded_is_held_and_said() {
    let bench = approved(words::role_with(
        "payments-task",
        &["DenyAll", "RevokeSessions", "ReplaceTrust"],
    ))
    .await;
    let aws = bench.aws.clone();
    let once = std::sync::atomic::AtomicBool::new(false);
    bench.aws.on_call(move |call| {
        if call.is_write() && !once.swap(true, std::sync::atomic::Ordering::SeqCst) {
            aws.change(|world| worlds::inline(world, worlds::DENY_ALL, worlds::denied("s3:*", None)));
        }
    });
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    assert_eq!(bench.plans("q").len(), 2);
    let trust = bench.wrote();
    assert_eq!(trust, ["iam:UpdateAssumeRolePolicy"]);
    let before = sample()
        .role(firebreak_cloud::memory::ACCOUNT, "payments-task")
        .unwrap()
        .facts
        .trust
        .clone();
    bench
        .aws
        .change(move |world| payments(world).facts.trust = before.clone());
    bench.keep("q", 600).await;
    assert_eq!(
        bench.wrote(),
        ["iam:UpdateAssumeRolePolicy"; 2],
        "it is put right under its own approval"
    );
    for kind in ["Contained", "InSync", "Applied"] {
        assert!(!bench.message("q", kind).contains("nothing was written"), "{kind}");
    }
}

#[tokio::test]
async fn bounds_that_a_schedule_moved_neither_void_the_approval_nor_are_lost() {
    for method in ["Isolate", "SwapSecurityGroups", "ScaleToZero"] {
        let bench = approved(words::service(method)).await;
        bench.aws.change(|world| {
            let target = region(world).scalable_targets.get_mut("prod/api").unwrap();
            (target.min, target.max) = (2, 8);
        });
        bench.pass(60);
        let before = bench.shape();
        assert_eq!(bench.settle("q").await, "Contained", "{method}");
        assert_eq!(bench.plans("q").len(), 1, "{method}");
        bench.let_go("q");
        assert_eq!(bench.settle("q").await, "Released", "{method}");
        bench.pass(300);
        assert_eq!(differences(&before, &bench.shape()), [""; 0], "{method}");
    }
}

/// AWS shows a deleted principal as its unique id, and takes no policy that names one (IAM user guide, "Principal").
#[tokio::test]
async fn a_trust_policy_whose_principal_was_deleted_since_is_not_put_back_in_part() {
    let bench = Bench::free();
    let partner = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:role/orders-task")});
    bench.aws.change(|world| {
        let trusted = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": partner, "Action": "sts:AssumeRole"}]});
        payments(world).facts.trust = trusted;
    });
    bench.quarantined("q", words::role_with("payments-task", &["ReplaceTrust"]));
    assert_eq!(bench.settle("q").await, "Contained");
    let contained = bench.aws.world();
    let gone = bench
        .aws
        .change(|world| world.accounts.get_mut(ACCOUNT).unwrap().roles.remove("orders-task"));
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "WriteRefused");
    let message = bench.message("q", "Ready");
    assert!(message.contains("principal"), "{message}");
    assert_eq!(bench.holds().len(), 1, "what was there before stays in custody");
    let mut trust = None;
    bench.aws.change(|world| {
        trust = Some(payments(world).facts.trust.clone());
        world
            .accounts
            .get_mut(ACCOUNT)
            .unwrap()
            .roles
            .insert("orders-task".into(), gone.unwrap());
    });
    assert_eq!(
        trust,
        contained
            .role(ACCOUNT, "payments-task")
            .map(|role| role.facts.trust.clone())
    );
    bench.keep("q", 120).await;
    assert_eq!(bench.settle("q").await, "Released");
}
