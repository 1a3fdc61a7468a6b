//! Golden texts of the plans of FailoverPlans.

use super::*;
use crate::{
    failover::{run::current, standing, testing},
    render::plan::View,
};
use firebreak_core::{aws::Site, engine::Standing, run::Run};

fn run() -> (Run, Standing) {
    let (records, object) = (testing::records(), testing::running());
    let run = current(&records, &object).unwrap();
    let standing = standing::of_run(&records, &object, &run, testing::now());
    (run, standing)
}

fn shown(plan: &Plan, paint: Paint) -> String {
    let (run, standing) = run();
    let view = View {
        object: "FailoverPlan payments/orders".into(),
        plan,
        run: Some(&run),
        requested_by: Some("ann"),
        standing: &standing,
        warnings: Vec::new(),
        next: Vec::new(),
    };
    view.text(paint)
}

#[test]
fn plan_of_a_failover_reads_as_it_is_carried_out() {
    let plan = testing::plan();
    let expected = format!(
        "FailoverPlan payments/orders
  Target      Make us-west-2 active
  Leads to    us-west-2 (serial 8)
  Mode        Graceful: nothing is promoted before the replica has everything
  Data loss   not acknowledged
  Split brain ACKNOWLEDGED: the old database may still take writes, and they are lost
  Account     production (123456789012, Production)
  Region      us-west-2
  Run         2 (FailOver, orders-f1-run-2)
  Digest      {}
  Requester   ann

Steps, side by side as far as what they wait for allows
  1. scale: Set the desired count of web/api to 6, if it has fewer  [reversible]
     2 → 6
     a larger number stays
     in 123456789012/us-west-2
     takes at most 10m; when it fails, what waits for it waits for a person (Hold)
  2. scale.steady: Wait until web/api is steady  [gate: only looks]
     ECS service web/api runs all the tasks that it wants, and at least one
     passes with 2 in a row, sampled every 10 s; fails once 3 have failed
     in 123456789012/us-west-2
     waits for scale
     takes at most 10m; when it fails, what waits for it waits for a person (Hold)
  3. promote: Promote orders-west to a writer  [ONE WAY: CANNOT BE UNDONE]
     replica orders-west (db-WEST) of orders-east in 123456789012/us-east-1
     it keeps its backups for 7 days
     in 123456789012/us-west-2
     waits for scale.steady
     waits for approvals of its own, as many as the start
     takes at most 45m; when it fails, what waits for it waits for a person (Hold)
     it is not asked for again without a look
     needs rds:PromoteReadReplica
  4. healthy: Wait until alarm api-west is OK  [gate: only looks]
     CloudWatch alarm api-west is OK
     passes with 2 in a row, sampled every 10 s; fails once 3 have failed
     in 123456789012/us-west-2
     waits for promote
     takes at most 10m; when it fails, the run goes on without it (Continue)
  5. switch: Put object active into bucket switch-west  [reversible]
     false → true
     in 123456789012/us-west-2
     waits for healthy
     takes at most 10m; when it fails, what waits for it waits for a person (Hold)

No way back
  from the begin of promote on, nothing is put back: an abort stops the run, and leaves capacity and traffic as they are

Longest path
  scale → scale.steady → promote → healthy → switch
  at most 1h25m in all: the sum of its time-outs, a bound and no forecast; the time in which it waits for approvals comes on top; a promotion that takes longer goes on

Notes
  scale: 6 tasks, as spec.steps says

Approvals
  0 of 2 approvals; at least one must be from `security`
",
        plan.digest()
    );
    assert_eq!(shown(&plan, Paint(false)), expected);
}

#[test]
fn acknowledged_loss_is_loud() {
    let mut leads = testing::plan().leads.unwrap();
    leads.mode = FailoverMode::Ungraceful;
    leads.data_loss = Some(DataLossExtent::Unbounded);
    let said = terms(&leads);
    assert!(
        said[1]
            .1
            .starts_with("Ungraceful: what the replica does not have is lost")
    );
    assert_eq!(said[2].1, "ACKNOWLEDGED, WHATEVER IT COSTS");
}

#[test]
fn hostile_text_forges_neither_lines_nor_colours() {
    let hostile = "x\u{1b}[2K\r\n  3. promote  \u{1b}[32mreversible\u{1b}[0m\u{202e}\u{9b}2J";
    let with = |text: &str| {
        let mut plan = testing::plan();
        (plan.title, plan.notes) = (text.into(), vec![text.into()]);
        for act in &mut plan.acts {
            (act.summary, act.site) = (text.into(), Site::new(text, text));
            act.permissions = vec![text.into()];
        }
        plan
    };
    for paint in [Paint(false), Paint(true)] {
        let (plain, text) = (shown(&with("x"), paint), shown(&with(hostile), paint));
        assert_eq!(text.lines().count(), plain.lines().count(), "{text}");
        assert_eq!(
            text.matches('\u{1b}').count(),
            plain.matches('\u{1b}').count(),
            "{text}"
        );
        assert!(!text.contains(['\r', '\u{202e}', '\u{9b}']), "{text}");
    }
}

#[test]
fn machines_get_the_longest_path_too() {
    let (run, standing) = run();
    let plan = testing::plan();
    let view = View {
        object: String::new(),
        plan: &plan,
        run: Some(&run),
        requested_by: None,
        standing: &standing,
        warnings: Vec::new(),
        next: Vec::new(),
    };
    assert_eq!(view.json()["longestPath"]["boundSeconds"], 5100);
}
