//! The report of a sample incident, and of a hostile one.

use super::{super::tests as worlds, *};
use serde_json::json;

/// A stolen role: two responses, one of them released, two approvals, a missed and a running deadline.
fn sample() -> Facts {
    let at = |minute: i64| worlds::at(minute).to_string();
    let mut world = worlds::world(&json!({
        "commander": "ann", "roles": [{"role": "communications", "who": "bob"}],
        "summary": "The task role of payments is used from an address outside AWS.",
        "responses": [worlds::response("a", &[]), worlds::response("b", &["a"])],
        "findings": [{"id": "arn:aws:guardduty:us-east-1:222222222222:detector/d/finding/f", "product": "GuardDuty",
            "type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", "severity": "High",
            "title": "Credentials used from 198.51.100.7", "firstSeen": at(-12), "reportedAt": at(-4)}],
        "affected": ["arn:aws:iam::222222222222:role/payments-task"],
        "regulations": [{"name": "GDPR"}], "runbook": "https://wiki.example.com/runbooks/credentials",
        "tasks": [{"name": "rotate-keys", "owner": "bob", "due": at(30)}, {"name": "tell-support", "done": true}],
    }));
    worlds::settle(&mut world, worlds::at(0));
    worlds::say(
        &mut world,
        "d-1",
        "carol",
        worlds::at(3),
        &json!({"verb": "Acknowledge"}),
    );
    worlds::contain(&mut world, "a", worlds::at(9));
    let word = |by: &str, minute| json!({"verb": "Approve", "by": by, "approverRole": "security", "name": by, "givenAt": at(minute)});
    let child = worlds::child_mut(&mut world, "a");
    child.record.first_write = Some(worlds::at(7));
    child.record.decisions = serde_json::from_value(json!([word("bob", 5), word("carol", 6)])).unwrap();
    worlds::settle(&mut world, worlds::at(9));
    worlds::say(
        &mut world,
        "d-2",
        "bob",
        worlds::at(14),
        &json!({"verb": "Note", "reason": "The key was on a laptop."}),
    );
    worlds::child_mut(&mut world, "b").record.first_write = Some(worlds::at(15));
    worlds::contain(&mut world, "b", worlds::at(21));
    worlds::settle(&mut world, worlds::at(21));
    worlds::release(&mut world, "b", worlds::at(40));
    worlds::settle(&mut world, worlds::at(45));
    let change = Change {
        what: "attach the deny policy".into(),
        before: Some("not attached".into()),
        after: Some("attached".into()),
    };
    Facts::of(&world, BTreeMap::from([("a".to_owned(), vec![change])]), worlds::at(45))
}

#[test]
fn both_forms_say_everything() {
    let facts = sample();
    let (markdown, html) = (markdown(&facts), html(&facts));
    for said in [
        "Credentials used from outside",
        "Critical, Acknowledged. Contained: 1/2 responses.",
        "The task role of payments is used",
        "communications: bob",
        "12 min before",
        "2026-03-01T08:15:00Z: met",
        "GDPR notification",
        "Response a",
        "attach the deny policy",
        "not attached",
        "Who approved what",
        "Asked for by ann: none of them counts as an approver.",
        "GuardDuty",
        "rotate-keys",
        "The key was on a laptop.",
    ] {
        let (plain, escaped) = (markdown.replace('\\', ""), html.replace("&#39;", "'"));
        assert!(plain.contains(said), "{said}: {plain}");
        assert!(escaped.contains(said), "{said}: {escaped}");
    }
    assert!(markdown.contains("| open | rotate-keys |"), "{markdown}");
    assert!(html.contains("<a href=\"https://wiki.example.com/runbooks/credentials\""));
}

#[test]
fn the_picture_has_a_lane_for_each_and_labels_that_do_not_cover_each_other() {
    let facts = sample();
    let picture = lanes::of(&facts);
    let lanes: Vec<&str> = picture.lanes.iter().map(|lane| lane.title.as_str()).collect();
    assert_eq!(lanes, ["Incident", "People", "a", "b", "Deadlines"]);
    let a = &picture.lanes[2];
    let bars: Vec<&str> = a.bars.iter().map(|bar| bar.label.as_str()).collect();
    assert_eq!(bars, ["waiting", "being contained", "contained"]);
    let marks: Vec<&str> = a.marks.iter().map(|mark| mark.label.as_str()).collect();
    assert_eq!(marks, ["bob approved", "carol approved", "first write"]);
    assert_eq!((picture.from, picture.until), (worlds::at(-12), worlds::at(45)));
    let svg = picture::svg(&picture);
    assert!(svg.contains("GDPR notification: running, 2 d 23 h later →"), "{svg}");
    assert!(
        svg.contains(">task rotate-keys: missed<") && svg.contains(">acknowledge: met<"),
        "{svg}"
    );
}

#[test]
fn hostile_text_forges_no_element_no_cell_and_no_line() {
    let hostile = "</title><script>alert(1)</script>\n# forged\n| a | b |\u{202e}\u{1b}[31m\" onload=\"x' https://e";
    let mut facts = sample();
    let text = || hostile.to_owned();
    facts.spec.title = text();
    facts.spec.summary = Some(text());
    facts.spec.commander = Some(text());
    facts.spec.runbook = Some(format!("https://e/\"><img src=x {hostile}"));
    facts.spec.findings[0].title = Some(text());
    facts.spec.findings[0].id = text();
    facts.spec.affected = vec![text()];
    facts.spec.tasks[0].name = text();
    facts
        .status
        .timeline
        .iter_mut()
        .for_each(|entry| (entry.what, entry.who) = (text(), Some(text())));
    facts.status.deadlines[0].name = text();
    facts.status.asked.by = vec![text()];
    facts.responses[0].name = text();
    facts.responses[0].decisions[0].by = text();
    facts.responses[0].changes[0].before = Some(text());
    let (markdown, html) = (markdown(&facts), html(&facts));
    for odd in ["<script", "<img", "\u{202e}", "\u{1b}", "\" onload=\""] {
        assert!(!html.contains(odd), "{odd}");
    }
    for odd in ["<script", "<img", "\u{202e}", "\u{1b}", "\n# forged", "| a | b |"] {
        assert!(!markdown.contains(odd), "{odd}");
    }
    assert_eq!(html.matches("<section>").count(), html.matches("</section>").count());
    let heads = markdown.lines().filter(|line| line.starts_with("# ")).count();
    assert_eq!(heads, 1);
}

#[test]
fn a_report_is_self_contained_bounded_and_the_same_twice() {
    let mut facts = sample();
    let html = html(&facts);
    for odd in ["<script", "src=", "url(", "@import", "<link", "<iframe"] {
        assert!(!html.contains(odd), "{odd}");
    }
    assert!(html.contains("default-src 'none'"));
    assert_eq!(html, super::html(&facts));
    facts.spec.title = "x".repeat(1_000_000);
    assert!(super::html(&facts).len() < 200_000);
}

#[test]
fn an_incident_of_which_nothing_is_known_has_a_report_too() {
    let mut world = worlds::world(&json!({}));
    world.subject.status = IncidentStatus::default();
    let facts = Facts::of(&world, BTreeMap::new(), worlds::at(0));
    assert!(markdown(&facts).contains("not observed yet"));
    assert!(html(&facts).contains("<svg"));
}

#[test]
fn times_far_away_stand_at_the_edge() {
    let mut facts = sample();
    facts.status.clocks.first_activity = Some(worlds::at(-60 * 24 * 30).to_string());
    let picture = lanes::of(&facts);
    assert_eq!(picture.from, worlds::at(-45));
    assert!(picture::svg(&picture).contains("← first activity (29 d 23 h before)"));
    facts.status.clocks.first_activity = Some("-009999-01-02T01:59:59Z".into());
    assert!(picture::svg(&lanes::of(&facts)).contains("← first activity"));
}
