//! Who must agree, and whose word does not count.

use crate::support::{
    Bench,
    words::{self, AUTHOR, Having, guardrail, guardrail_all, guardrail_contain, rule},
};
use firebreak_cloud::memory::{ACCOUNT, sample};
use firebreak_core::run::plan::Plan;
use firebreak_crds::{
    ApprovalRule, DecisionTarget, DesiredState, Guardrail, PlanReference, REQUESTED_BY, ResponsePlan, Verb,
};
use serde_json::{json, to_value};

fn bench(rules: Guardrail) -> Bench {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&rules);
    bench.quarantined("q", words::role("payments-task"));
    bench
}

async fn waits(bench: &Bench, why: &str) {
    assert_eq!(bench.settle("q").await, "AwaitingApproval", "{why}");
    assert_eq!(bench.says("q", "Approved"), "False/AwaitingApproval", "{why}");
    assert_eq!(bench.wrote(), [""; 0], "{why}");
    assert_eq!(bench.holds(), [], "{why}");
}

#[tokio::test]
async fn a_run_waits_until_two_people_have_approved_it() {
    let bench = bench(guardrail_all(2));
    waits(&bench, "nobody has spoken").await;
    bench.approve("q", "ann@example.com");
    waits(&bench, "one has spoken").await;
    assert_eq!(bench.quarantine("q").status.unwrap().approvals.as_deref(), Some("1/2"));
    bench.approve("q", "bob@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(bench.says("q", "Approved"), "True/Approved");
    assert_eq!(bench.wrote(), ["iam:AttachRolePolicy"]);
    let names = bench.plan("q").status.unwrap().approved_by;
    assert_eq!(names, ["ann@example.com (security)", "bob@example.com (security)"]);
}

#[tokio::test]
async fn words_that_do_not_count_are_named_and_nothing_is_written() {
    type Word = fn(&Bench);
    let words: [(&str, Word, &str); 6] = [
        (
            "the requester's own",
            |b| b.approve("q", AUTHOR),
            "the requester cannot approve",
        ),
        (
            "the same person's again",
            |b| b.approve("q", "ann@example.com"),
            "approved by ann",
        ),
        (
            "one for another content",
            |b| {
                b.say("q", "bob@example.com", |d| {
                    d.plan.as_mut().unwrap().digest = "sha256:0".into()
                })
            },
            "another content",
        ),
        (
            "one for another run",
            |b| {
                b.say("q", "bob@example.com", |d| {
                    d.plan.as_mut().unwrap().uid = "another".into()
                })
            },
            "another run's plan",
        ),
        (
            "an expired one",
            |b| {
                b.say("q", "bob@example.com", |d| {
                    d.expires_at = Some("2026-01-01T00:00:30Z".into())
                });
                b.pass(31);
            },
            "has expired",
        ),
        (
            "one whose expiry cannot be read",
            |b| b.say("q", "bob@example.com", |d| d.expires_at = Some("tomorrow".into())),
            "has expired",
        ),
    ];
    for (name, word, said) in words {
        let bench = bench(guardrail_all(2));
        waits(&bench, name).await;
        bench.approve("q", "ann@example.com");
        word(&bench);
        waits(&bench, name).await;
        let message = bench.message("q", "Approved");
        assert!(message.contains(said), "{name}: {message}");
    }
}

#[tokio::test]
async fn a_word_that_was_given_before_the_policies_were_in_force_does_not_count() {
    let bench = bench(guardrail_all(1));
    bench.admit(|admission| admission.decisions_bound_since = None);
    waits(&bench, "no policies").await;
    bench.approve("q", "ann@example.com");
    waits(&bench, "no policies").await;
    let now = bench.now();
    bench.admit(|admission| admission.decisions_bound_since = Some(now));
    bench.pass(5);
    bench.approve("q", "bob@example.com");
    waits(&bench, "5 s are not enough for every API server").await;
    bench.pass(5);
    bench.approve("q", "carol@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn required_approver_role_must_be_among_those_who_approve() {
    let bench = bench(guardrail("roles", |spec| {
        let mut one = rule(1);
        one.approver_roles = vec!["incident-commander".into()];
        spec.approvals = vec![one];
    }));
    waits(&bench, "nobody has spoken").await;
    bench.approve("q", "ann@example.com");
    waits(&bench, "in another role").await;
    bench.say("q", "bob@example.com", |d| {
        d.approver_role = "incident-commander".into()
    });
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn a_requester_that_nobody_vouches_for_costs_one_more_approval() {
    for unattributed in [
        (|b: &Bench| b.admit(|admission| admission.requester_stamped = false)) as fn(&Bench),
        |b| b.change("q", |q| q.metadata.annotations = None),
        |b| {
            b.change("q", |q| {
                let robot = "system:serviceaccount:team:flux".to_owned();
                q.metadata.annotations = Some([(REQUESTED_BY.to_owned(), robot)].into());
            });
        },
    ] {
        let bench = bench(guardrail_all(1));
        unattributed(&bench);
        waits(&bench, "nobody has spoken").await;
        bench.approve("q", "ann@example.com");
        waits(&bench, "one is not enough").await;
        bench.approve("q", "bob@example.com");
        assert_eq!(bench.settle("q").await, "Contained");
    }
}

#[tokio::test]
async fn without_any_guardrail_two_people_must_agree() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.quarantined("q", words::role("payments-task"));
    waits(&bench, "nobody has spoken").await;
    bench.approve("q", "ann@example.com");
    waits(&bench, "one has spoken").await;
    bench.approve("q", "bob@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn of_several_guardrails_the_strictest_counts() {
    let bench = bench(guardrail_all(1));
    bench.api.seed(&words::guardrail_free());
    waits(&bench, "nobody has spoken").await;
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn a_rejected_run_stays_rejected_until_the_spec_changes() {
    let bench = bench(guardrail_all(1));
    waits(&bench, "nobody has spoken").await;
    bench.say("q", "ann@example.com", |d| d.verb = Verb::Reject);
    assert_eq!(bench.settle("q").await, "Rejected");
    bench.approve("q", "bob@example.com");
    bench.keep("q", 600).await;
    assert_eq!(
        (bench.ready_reason("q").as_str(), bench.plans("q").len()),
        ("Rejected", 1)
    );
    assert_eq!(bench.wrote(), [""; 0]);
    bench.change("q", |q| q.spec.reason = Some("it is real".into()));
    waits(&bench, "a new run").await;
    assert_eq!(bench.plans("q").len(), 2);
}

#[tokio::test]
async fn broken_glass_is_enough_and_is_said() {
    let bench = bench(guardrail_all(2));
    waits(&bench, "nobody has spoken").await;
    bench.say("q", "ann@example.com", |d| d.verb = Verb::BreakGlass);
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(bench.says("q", "Approved"), "True/BreakGlass");
}

#[tokio::test]
async fn a_forged_plan_is_never_run_and_the_object_says_so() {
    let bench = bench(guardrail_all(1));
    waits(&bench, "nobody has spoken").await;
    let name = bench.plan("q").metadata.name.unwrap();
    bench.approve("q", "ann@example.com");
    bench.api.edit::<ResponsePlan>(Some(words::TEAM), &name, |plan| {
        plan.spec.payload["steps"][0]["cell"]["iam"]["role"] = json!("orders-task");
    });
    bench.keep("q", 60).await;
    assert_eq!(bench.wrote(), [""; 0]);
    assert_eq!(bench.says("q", "Stalled"), "True/PlanInvalid");
}

#[tokio::test]
async fn a_forged_plan_with_a_fitting_digest_is_not_what_would_be_planned_and_is_superseded() {
    let bench = bench(guardrail_all(1));
    waits(&bench, "nobody has spoken").await;
    let name = bench.plan("q").metadata.name.unwrap();
    bench.api.edit::<ResponsePlan>(Some(words::TEAM), &name, |record| {
        let mut plan: Plan = serde_json::from_value(record.spec.payload.clone()).unwrap();
        let cell = json!({"iam": {"kind": "rolePolicyAttachment", "role": "orders-task",
            "policyArn": "arn:aws:iam::123456789012:policy/FirebreakDenyAll"}});
        plan.steps[0].cell = serde_json::from_value(cell).unwrap();
        record.spec.digest = plan.digest();
        record.spec.payload = to_value(&plan).unwrap();
    });
    bench.approve("q", "ann@example.com");
    waits(&bench, "the forgery is superseded by a new run").await;
    assert_eq!(bench.plans("q").len(), 2);
}

#[tokio::test]
async fn an_approval_serves_one_run_only() {
    let bench = bench(guardrail_contain(1));
    waits(&bench, "nobody has spoken").await;
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "Released");
    bench.aws.clear_calls();
    bench.change("q", |q| q.spec.state = DesiredState::Contained);
    waits(&bench, "the approval was for the first run").await;
    let digests: Vec<String> = bench.plans("q").into_iter().map(|plan| plan.spec.digest).collect();
    assert_eq!(digests[0], digests[2], "although the plan says the same");
    assert!(
        bench.message("q", "Approved").contains("not counted") || bench.message("q", "Approved").starts_with("0 of 1")
    );
}

#[tokio::test]
async fn a_release_needs_its_own_approvals_and_the_containment_is_held_meanwhile() {
    let bench = bench(guardrail_all(1));
    waits(&bench, "nobody has spoken").await;
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    assert_eq!(bench.says("q", "Contained"), "True/Contained");
    bench.aws.change(|world| {
        let deny = "arn:aws:iam::123456789012:policy/FirebreakDenyAll";
        assert!(crate::support::worlds::payments(world).attached_policies.remove(deny));
    });
    bench.aws.clear_calls();
    bench.keep("q", 120).await;
    assert_eq!(
        bench.wrote(),
        ["iam:AttachRolePolicy"],
        "drift is put right while the release waits"
    );
    bench.approve("q", "bob@example.com");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn half_released_is_not_contained_again_while_the_rest_waits_for_approval() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_all(1));
    bench.quarantined("q", words::role_with("payments-task", &["DenyAll", "RevokeSessions"]));
    bench.settle("q").await;
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
    bench.let_go("q");
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "bob@example.com");
    assert_eq!(bench.settle("q").await, "RestoreWithheld");
    bench.aws.clear_calls();
    bench.let_go_of_everything("q");
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.keep("q", 600).await;
    assert_eq!(bench.wrote(), [""; 0], "what was released is not held any more");
    assert_eq!(bench.says("q", "Contained").split('/').next(), Some("False"));
    bench.approve("q", "bob@example.com");
    assert_eq!(bench.settle("q").await, "Released");
    assert_eq!(bench.aws.world(), sample());
}

#[tokio::test]
async fn editor_of_the_spec_after_the_plan_asks_too_and_cannot_approve() {
    let bench = Bench::of(sample());
    bench.api.seed(&words::account());
    bench.api.seed(&guardrail_all(1));
    bench
        .api
        .seed(&words::quarantine("q", words::role("payments-task")).observing());
    bench.settle("q").await;
    bench.change("q", |q| {
        q.spec.mode = firebreak_crds::Mode::Enforce;
        let annotations = q.metadata.annotations.get_or_insert_default();
        annotations.insert(REQUESTED_BY.into(), "trudy@example.com".into());
    });
    bench.settle("q").await;
    bench.approve("q", "trudy@example.com");
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    assert_eq!(bench.wrote(), [""; 0]);
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
}

#[tokio::test]
async fn a_word_from_another_namespace_does_not_count() {
    let bench = bench(guardrail_all(1));
    bench.settle("q").await;
    let plan = bench.plan("q");
    let object = bench.quarantine("q");
    let target = DecisionTarget {
        kind: "Quarantine".into(),
        name: "q".into(),
        uid: object.metadata.uid.unwrap(),
        generation: object.metadata.generation,
    };
    bench.decision("elsewhere", target, "ann@example.com", |decision| {
        decision.plan = Some(PlanReference {
            name: plan.metadata.name.unwrap(),
            uid: plan.metadata.uid.unwrap(),
            digest: plan.spec.digest,
        });
    });
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
}

#[tokio::test]
async fn person_who_decided_the_release_cannot_approve_it() {
    let bench = bench(guardrail_all(1));
    bench.settle("q").await;
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "Contained");
    bench.decide("q", "ann@example.com", |decision| decision.verb = Verb::Release);
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "ann@example.com");
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    bench.approve("q", "bob@example.com");
    assert_eq!(bench.settle("q").await, "Released");
}

#[tokio::test]
async fn requester_may_break_the_glass_when_nobody_else_is_there() {
    let bench = bench(guardrail_all(2));
    bench.settle("q").await;
    let soon = bench.now() + jiff::SignedDuration::from_hours(1);
    bench.say("q", AUTHOR, |decision| {
        decision.verb = Verb::BreakGlass;
        decision.reason = Some("nobody answers".into());
        decision.expires_at = Some(soon.to_string());
    });
    assert_eq!(bench.settle("q").await, "Contained");
    assert_eq!(bench.says("q", "Approved"), "True/BreakGlass");
}

#[tokio::test]
async fn reversible_and_destructive_steps_ask_different_numbers_of_people() {
    let rules = guardrail("classes", |spec| {
        let of = |destructive, required| ApprovalRule {
            destructive: Some(destructive),
            ..rule(required)
        };
        spec.approvals = vec![of(false, 0), of(true, 2)];
    });
    for (method, reason) in [("Isolate", "Contained"), ("ScaleToZero", "AwaitingApproval")] {
        let bench = Bench::of(sample());
        bench.api.seed(&words::account());
        bench.api.seed(&rules);
        bench.quarantined("q", words::service(method));
        assert_eq!(bench.settle("q").await, reason, "{method}");
    }
}

#[tokio::test]
async fn an_approval_that_has_expired_since_still_covers_what_was_contained_under_it() {
    let bench = bench(guardrail_contain(1));
    assert_eq!(bench.settle("q").await, "AwaitingApproval");
    assert_eq!(
        bench.says("q", "Stalled").split('/').next(),
        Some("False"),
        "waiting for people is no fault"
    );
    let soon = bench.now() + jiff::SignedDuration::from_mins(5);
    bench.say("q", "ann@example.com", |decision| {
        decision.expires_at = Some(soon.to_string())
    });
    assert_eq!(bench.settle("q").await, "Contained");
    bench.keep("q", 900).await;
    bench.aws.change(|world| {
        let roles = &mut world.accounts.get_mut(ACCOUNT).unwrap().roles;
        roles.get_mut("payments-task").unwrap().attached_policies.clear();
    });
    bench.keep("q", 120).await;
    assert_eq!(bench.says("q", "InSync"), "True/DriftReasserted");
    assert_eq!(bench.ready_reason("q"), "Contained");
}
