//! What `verify` names.

use super::{
    kept::{Bucket, PREFIX, catch_up, declared},
    *,
};
use crate::{
    coordinate::incident::ledger::verify::{Chain, Flaw, Verdict, verify},
    digest,
};
use firebreak_crds::incident::LedgerStatus;

type Objects = BTreeMap<String, Result<String, String>>;

/// A ledger of six entries and a report, and what the status says of it.
fn ledger() -> (LedgerStatus, Objects) {
    let (mut world, mut bucket) = (world(&json!({})), Bucket::default());
    for n in 0..2 {
        let word = json!({"verb": "Note", "reason": format!("note {n}")});
        say(&mut world, &format!("d-{n}"), "bob", at(1 + n), &word);
    }
    say(
        &mut world,
        "d-9",
        "bob",
        at(5),
        &json!({"verb": "Resolve", "outcome": "Benign"}),
    );
    catch_up(&mut world, &mut bucket, at(6));
    let objects = bucket.objects.into_iter().map(|(key, text)| (key, Ok(text)));
    (world.subject.status.ledger.unwrap(), objects.collect())
}

fn judge(head: &LedgerStatus, objects: &Objects) -> Verdict {
    verify(&Chain {
        incident: &declared().subject.owner,
        writer: OPERATOR,
        prefix: PREFIX,
        head,
        objects,
    })
}

fn key(seq: u32) -> String {
    format!("{PREFIX}{seq:020}.json")
}

fn change(objects: &mut Objects, seq: u32, change: &Value) {
    let text = objects[&key(seq)].clone().unwrap();
    let changed = merged(serde_json::from_str(&text).unwrap(), change);
    objects.insert(key(seq), Ok(digest::canonical_text(&changed)));
}

#[test]
fn a_ledger_as_it_was_written_is_whole() {
    let (head, objects) = ledger();
    let verdict = judge(&head, &objects);
    assert_eq!((verdict.flaws.as_slice(), verdict.ahead), (&[][..], 0));
    assert_eq!((verdict.entries.len(), head.entries), (6, 6));
    assert_eq!(verify_empty(), Verdict::default());
}

fn verify_empty() -> Verdict {
    judge(&LedgerStatus::default(), &Objects::new())
}

#[test]
fn entries_that_the_status_does_not_have_yet_are_no_flaw() {
    let (head, objects) = ledger();
    let fifth = objects[&key(5)].clone().unwrap();
    let earlier = LedgerStatus {
        entries: 5,
        head: Some(digest::of_bytes(fifth.as_bytes())),
        ..head
    };
    let verdict = judge(&earlier, &objects);
    assert_eq!((verdict.flaws.as_slice(), verdict.ahead), (&[][..], 1));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn each_flaw_is_named() {
    type Case = (&'static str, fn(&mut Objects), fn(&[Flaw]) -> bool);
    let cases: [Case; 11] = [
        (
            "a gap",
            |all| drop(all.remove(&key(3))),
            |flaws| flaws == [Flaw::Gap(3)],
        ),
        (
            "a cut tail",
            |all| all.retain(|name, _| *name < key(5) || name.contains("report")),
            |flaws| flaws.contains(&Flaw::CutTail(5, 6)),
        ),
        ("all of it cut", Objects::clear, |flaws| flaws == [Flaw::CutTail(1, 6)]),
        (
            "a changed entry",
            |all| change(all, 2, &json!({"record": {"what": "nothing"}})),
            |flaws| flaws == [Flaw::Changed(2)],
        ),
        (
            "one more space",
            |all| {
                let text = format!("{} ", all[&key(2)].clone().unwrap());
                all.insert(key(2), Ok(text));
            },
            |flaws| flaws == [Flaw::Changed(2)],
        ),
        (
            "a fork",
            |all| change(all, 6, &json!({"record": {"who": "eve"}})),
            |flaws| flaws == [Flaw::Fork(6)],
        ),
        (
            "a chain that goes on from nowhere",
            |all| {
                change(all, 6, &json!({}));
                let text = all[&key(6)].clone().unwrap();
                all.insert(key(7), Ok(text.replace("\"seq\":6", "\"seq\":7")));
            },
            |flaws| flaws == [Flaw::Fork(7)],
        ),
        (
            "another writer",
            |all| change(all, 6, &json!({"writer": "eve"})),
            |flaws| {
                flaws
                    .iter()
                    .any(|flaw| matches!(flaw, Flaw::Foreign(6, why) if why.contains("eve")))
            },
        ),
        (
            "another Incident",
            |all| change(all, 1, &json!({"incident": {"uid": "inc-2"}})),
            |flaws| {
                flaws
                    .iter()
                    .any(|flaw| matches!(flaw, Flaw::Foreign(1, why) if why.contains("inc-2")))
            },
        ),
        (
            "no entry at all",
            |all| drop(all.insert(key(4), Ok("{".into()))),
            |flaws| {
                flaws.iter().any(|flaw| matches!(flaw, Flaw::Unreadable(4, _))) && flaws.contains(&Flaw::Changed(4))
            },
        ),
        (
            "another report",
            |all| drop(all.insert(format!("{PREFIX}report.md"), Ok("# fine".into()))),
            |flaws| flaws == [Flaw::Report("report.md".into())],
        ),
    ];
    for (what, spoil, named) in cases {
        let (head, mut objects) = ledger();
        spoil(&mut objects);
        let flaws = judge(&head, &objects).flaws;
        assert!(named(&flaws), "{what}: {flaws:?}");
    }
}

#[test]
fn a_chain_that_was_written_again_from_some_entry_on_is_a_fork() {
    let (head, mut objects) = ledger();
    let mut previous = objects[&key(3)]
        .clone()
        .map(|text| digest::of_bytes(text.as_bytes()))
        .unwrap();
    for seq in 4..=6 {
        change(
            &mut objects,
            seq,
            &json!({"previous": previous, "record": {"who": "eve"}}),
        );
        previous = digest::of_bytes(objects[&key(seq)].clone().unwrap().as_bytes());
    }
    assert_eq!(judge(&head, &objects).flaws, [Flaw::Fork(6)]);
}

#[test]
fn what_is_no_part_of_a_ledger_is_named() {
    let (head, mut objects) = ledger();
    for name in ["notes.txt", "7.json", "00000000000000000000.json", "report-00009.md"] {
        objects.insert(format!("{PREFIX}{name}"), Ok("x".into()));
    }
    let flaws = judge(&head, &objects).flaws;
    assert_eq!(flaws.len(), 4, "{flaws:?}");
    assert!(flaws.iter().all(|flaw| matches!(flaw, Flaw::Stray(_))), "{flaws:?}");
}
