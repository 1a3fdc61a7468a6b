//! What a promotion takes, and what it may cost.

use super::*;

#[test]
fn only_a_replica_of_the_active_writer_is_promoted() {
    let west =
        |instance: DbInstance| case(json!([promote()])).answer(WEST, database("orders-west"), Answer::found(&instance));
    let cases = [
        west(replica(None)),
        west(replica(Some("another"))),
        case(json!([promote()])).answer(WEST, database("orders-west"), Answer::NotFound),
        case(json!([promote()])).answer(EAST, database("orders"), Answer::found(&replica(Some("third")))),
        west(replica(None)).with(|case| drop(case.writers.insert("promote".into(), "db-older".into()))),
    ];
    for stale in cases {
        let blocked = stale.blocked();
        assert_eq!(blocked.reason, Reason::NotAReplicaOfActive);
        assert!(
            blocked
                .message
                .contains("make it a read replica of orders in us-east-1 first"),
            "{}",
            blocked.message
        );
    }
}

#[test]
fn what_an_earlier_run_promoted_last_is_the_writer_already() {
    let made = case(json!([promote(), after(switch(), &["promote"])]))
        .answer(WEST, database("orders-west"), Answer::found(&replica(None)))
        .with(|case| drop(case.writers.insert("promote".into(), "db-west".into())))
        .made();
    assert_eq!(ids(&made), [("traffic", vec![])]);
    assert!(made.notes[0].contains("is the writer already"));
}

#[test]
fn promotion_without_a_fence_needs_the_split_brain_acknowledgement() {
    let blocked = case(json!([promote()]))
        .with(|case| case.leads.split_brain = false)
        .blocked();
    assert_eq!(blocked.reason, Reason::SplitBrainNotAcknowledged);
    assert!(
        blocked
            .message
            .contains("spec.activation.acknowledgeSplitBrain {serial: 7}"),
        "{}",
        blocked.message
    );
}

#[test]
fn graceful_needs_a_source_that_answers_and_ungraceful_does_not() {
    let lost = |mode, data_loss| {
        case(json!([promote()]))
            .answer(EAST, database("orders"), silent())
            .with(|case| {
                (case.leads.mode, case.leads.data_loss) = (mode, data_loss);
            })
    };
    assert!(
        lost(FailoverMode::Graceful, None)
            .blocked()
            .message
            .contains("spec.mode Graceful")
    );
    let made = lost(FailoverMode::Ungraceful, Some(DataLossExtent::Unbounded)).made();
    assert_eq!(
        ids(&made),
        [("promote", vec![])],
        "nothing waits for the region that is lost"
    );
}

#[test]
fn data_loss_is_judged_on_the_last_lag_while_the_source_answered() {
    let sample = |seconds| LagSample {
        region: WEST.into(),
        replica: "orders-west".into(),
        seconds,
        at: "2026-03-01T07:59:00Z".into(),
    };
    let with = |extent, lags: Vec<LagSample>| {
        case(json!([promote()])).with(|case| {
            (case.leads.mode, case.leads.data_loss) = (FailoverMode::Ungraceful, extent);
            (case.lags, case.objectives) = (lags, json!({"rpo": "1m"}));
        })
    };
    let within = Some(DataLossExtent::WithinObjective);
    let elsewhere = LagSample {
        region: EAST.into(),
        ..sample(1)
    };
    let refused = [
        (with(None, vec![sample(0)]), "nobody has said that it may"),
        (with(within, vec![]), "is not known"),
        (with(within, vec![elsewhere]), "is not known"),
        (
            with(within, vec![sample(61)]),
            "more may be lost than objectives.rpo (1m) allows",
        ),
    ];
    for (case, said) in refused {
        let blocked = case.blocked();
        assert_eq!(blocked.reason, Reason::DataLossNotAcknowledged);
        assert!(
            blocked.message.contains(said) && blocked.message.contains("serial: 7"),
            "{}",
            blocked.message
        );
    }
    for fine in [
        with(within, vec![sample(60)]),
        with(Some(DataLossExtent::Unbounded), vec![]),
    ] {
        assert_eq!(ids(&fine.made()), [("promote", vec![])]);
    }
    assert!(
        with(within, vec![sample(60)]).made().acts[0]
            .summary
            .contains("was 60 s behind at 2026-03-01T07:59:00Z")
    );
}
