//! Who wins: the spec, a Start, or what the regions' records say.

use super::*;

const EAST: &str = "us-east-1";
const WEST: &str = "us-west-2";

fn regions() -> FailoverRegions {
    FailoverRegions {
        primary: EAST.into(),
        standby: WEST.into(),
    }
}

fn activation(region: &str, serial: u64) -> Activation {
    Activation {
        region: region.into(),
        serial,
        ..Activation::default()
    }
}

fn kept(serial: u64, region: &str, uid: &str) -> Kept {
    Kept::Record(SerialRecord {
        serial,
        region: region.into(),
        uid: uid.into(),
        plan: String::new(),
        ..SerialRecord::default()
    })
}

fn silent() -> Kept {
    Kept::Unreadable("no answer".into())
}

fn decided(spec: Option<(&str, u64)>, start: Option<(&str, u64)>, primary: Kept, standby: Kept) -> Next {
    let (regions, spec) = (regions(), spec.map(|(region, serial)| activation(region, serial)));
    let asked = Asked {
        uid: "u",
        regions: &regions,
        spec: spec.as_ref(),
        start,
    };
    next(&asked, &Records { primary, standby })
}

fn word(next: &Next) -> String {
    match next {
        Next::Rest => "rest".into(),
        Next::Consume(record) => format!("consume {} {}", record.serial, record.region),
        Next::Run(record) => format!("run {} {}", record.serial, record.region),
        Next::Observe(reason, _) | Next::Stalled(reason, _) => format!("{reason:?}"),
    }
}

#[test]
fn only_a_higher_serial_of_a_known_object_begins_a_run() {
    let both = |serial, region, uid| (kept(serial, region, uid), kept(serial, region, uid));
    let cases = [
        // Nobody asks for anything.
        (None, both(3, WEST, "u"), "rest"),
        // The same as was consumed: also after Git or AWS looked different for a while.
        (Some((WEST, 3)), both(3, WEST, "u"), "rest"),
        (Some((EAST, 4)), both(3, WEST, "u"), "run 4 us-east-1"),
        (Some((EAST, 9)), both(3, WEST, "u"), "run 9 us-east-1"),
        // The first sight of an object, with a record of an earlier one and without any.
        (Some((EAST, 4)), both(3, WEST, "earlier"), "consume 4 us-east-1"),
        (Some((WEST, 3)), both(3, WEST, "earlier"), "consume 3 us-west-2"),
        (Some((EAST, 4)), (Kept::Absent, Kept::Absent), "consume 4 us-east-1"),
        // A cluster from an old backup, or one that was cut off.
        (Some((EAST, 2)), both(3, WEST, "u"), "SerialBehind"),
        (Some((EAST, 2)), both(3, WEST, "earlier"), "SerialBehind"),
        (Some((EAST, 3)), both(3, WEST, "u"), "SerialConflict"),
        (Some(("eu-west-1", 4)), both(3, WEST, "u"), "InvalidStep"),
    ];
    for (spec, (primary, standby), wanted) in cases {
        let said = decided(spec, None, primary.clone(), standby.clone());
        assert_eq!(word(&said), wanted, "{spec:?} {primary:?} {standby:?}");
    }
}

#[test]
fn bucket_of_the_region_that_becomes_active_must_be_read_and_the_other_need_not() {
    let to_west = |primary, standby| word(&decided(Some((WEST, 4)), None, primary, standby));
    assert_eq!(to_west(silent(), kept(3, EAST, "u")), "run 4 us-west-2");
    assert_eq!(to_west(kept(3, EAST, "u"), silent()), "SerialUnknown");
    assert_eq!(to_west(silent(), silent()), "SerialUnknown");
    assert_eq!(to_west(silent(), kept(5, EAST, "u")), "SerialBehind");
    assert_eq!(
        to_west(kept(5, EAST, "u"), kept(3, EAST, "u")),
        "SerialBehind",
        "the higher one of both counts"
    );
}

#[test]
fn start_takes_the_next_serial_and_no_other() {
    let with = |spec, start| word(&decided(spec, Some(start), kept(3, WEST, "u"), kept(3, WEST, "u")));
    assert_eq!(with(Some((WEST, 3)), (EAST, 4)), "run 4 us-east-1");
    assert_eq!(with(None, (EAST, 4)), "run 4 us-east-1");
    assert_eq!(
        with(Some((WEST, 3)), (EAST, 6)),
        "SerialBehind",
        "it was meant for another state"
    );
    assert_eq!(with(Some((WEST, 3)), (WEST, 3)), "rest", "it was followed");
}

#[test]
fn git_that_names_what_a_start_consumed_is_recorded_and_not_run() {
    let consumed = || kept(4, EAST, "u");
    assert_eq!(
        word(&decided(Some((EAST, 4)), Some((EAST, 4)), consumed(), consumed())),
        "rest"
    );
    assert_eq!(
        word(&decided(Some((WEST, 4)), Some((EAST, 4)), consumed(), consumed())),
        "SerialConflict"
    );
    assert_eq!(
        word(&decided(Some((WEST, 3)), Some((EAST, 4)), consumed(), consumed())),
        "rest",
        "Git was not changed yet"
    );
    let record = SerialRecord {
        serial: 4,
        region: EAST.into(),
        uid: "u".into(),
        plan: String::new(),
        ..SerialRecord::default()
    };
    assert_eq!(
        lines_for_git(&record),
        "spec:\n  activation:\n    region: us-east-1\n    serial: 4\n"
    );
}

#[test]
fn refusals_name_both_sides_and_the_remedy() {
    let text = |next: Next| match next {
        Next::Observe(_, text) | Next::Stalled(_, text) => text,
        other => panic!("{other:?}"),
    };
    let behind = text(decided(Some((EAST, 2)), None, kept(3, WEST, "u"), kept(3, WEST, "u")));
    assert!(
        behind.contains("serial 3 was consumed, for us-west-2") && behind.contains("serial to 4"),
        "{behind}"
    );
    let conflict = text(decided(Some((EAST, 3)), None, kept(3, WEST, "u"), kept(3, WEST, "u")));
    assert!(
        conflict.contains("not for us-east-1") && conflict.contains("serial to 4"),
        "{conflict}"
    );
    let unknown = text(decided(Some((WEST, 4)), None, kept(3, EAST, "u"), silent()));
    assert!(
        unknown.contains("spec.runStore") && unknown.contains("no answer"),
        "{unknown}"
    );
}
