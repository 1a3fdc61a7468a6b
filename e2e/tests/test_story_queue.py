"""What EventBridge puts on a queue becomes an Incident within seconds, end to end; what is malformed or forged does not act."""

import findings
import mailing
from watching import DENY_OWNER, Watched, names

pytest_plugins = ["story_fixtures"]


def grants(story, *kinds: str) -> dict:
    return {"grants": [{"namespaces": [story.namespace], "kinds": list(kinds), "arnPatterns": ["*"]}]}


def test_an_event_on_the_queue_opens_an_incident_that_contains(development):
    story = development
    story.has_account("Development", **grants(story, "findings", "findingQueue", "iamRole"))
    queue = mailing.made(story)
    mailing.played(story, "Act", DENY_OWNER)
    watch = Watched(story, mailing.listens(story, queue.arn))
    finding = queue.finds()
    incident = watch.opened()
    names(incident, finding)
    incident.says("Confirmed", "True", "FindingRead")
    watch.response().is_contained()
    queue.is_empty()
    watch.source.has_counted(read=1, opened=1)
    received = watch.source.seen()["status"]["queue"]
    assert received["handled"] == 1 and received["deadLetterQueue"].endswith(":firebreak-findings-dead")


def test_a_malformed_message_ends_on_the_dead_letter_queue_with_its_reason(development):
    story = development
    queue = mailing.made(story)
    mailing.played(story, "Act", DENY_OWNER)
    watch = Watched(story, mailing.listens(story, queue.arn))
    queue.takes("nonsense")
    assert queue.rejected() == [{"body": "nonsense", "reason": "the body is no JSON"}]
    queue.is_empty()
    watch.source.has_counted(read=1, leftOut=1)
    assert watch.source.seen()["status"]["queue"]["rejected"] == 1
    assert story.cluster.items(story.incidents) == []


def test_what_is_forged_opens_nothing_that_acts(development):
    story, before = development, development.snapshot()
    queue = mailing.made(story)
    mailing.played(story, "Act", DENY_OWNER)
    queue.publishes(findings.sample("iam_exfiltration", story.world, severity=9.9))
    queue.was_received()
    watch = Watched(story, mailing.listens(story, queue.arn))
    incident = watch.opened()
    incident.says("Confirmed", "False", "FindingNotRead")
    response = watch.response()
    assert response.seen()["spec"]["mode"] == "Observe"
    response.says("Ready", "True", "Observing")
    queue.is_empty()
    assert story.differs(before) == {}


def test_a_queue_that_is_not_granted_is_not_read(development):
    story = development
    story.has_account("Development", **grants(story, "findings", "iamRole"))
    queue = mailing.made(story)
    queue.finds()
    source = mailing.listens(story, queue.arn, is_granted=False)
    source.says("Ready", "False", "AccountNotGranted", "findingQueue")
    source.says("Receiving", "False")
    calls = story.control.calls(account=story.world["accountId"], reads=True, service="sqs")
    assert [call for call in calls if "bed-administrator" not in call["principal"]] == []
    story.has_account("Development", **grants(story, "findings", "findingQueue", "iamRole"))
    source.says("Ready", "True")
