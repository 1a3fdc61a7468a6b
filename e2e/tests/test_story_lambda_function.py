"""A Lambda function is frozen and put back, end to end: real API server, real operator, the emulator as AWS."""

import json

import pytest
import stories
from control import eventually

pytest_plugins = ["story_fixtures"]

EVERYTHING = ("FunctionUrl",)
FREEZE = ["DeleteProvisionedConcurrencyConfig", "UpdateEventSourceMapping", "PutFunctionConcurrency",
          "UpdateFunctionUrlConfig"]


def mapping(story) -> str:
    """Id of the mapping that is on."""
    listed = story.aws("lambda").list_event_source_mappings(FunctionName="payments-refund")["EventSourceMappings"]
    return next(each["UUID"] for each in listed if each["State"] == "Enabled")


def provisioned(story) -> None:
    """An alias that is kept warm: AWS refuses concurrency 0 while it is."""
    functions = story.aws("lambda")
    version = functions.publish_version(FunctionName="payments-refund")["Version"]
    functions.create_alias(FunctionName="payments-refund", Name="live", FunctionVersion=version)
    functions.put_provisioned_concurrency_config(FunctionName="payments-refund", Qualifier="live",
                                                 ProvisionedConcurrentExecutions=5)


def owned(story, *, on: str, live: bool = False) -> set[str]:
    """Paths in a snapshot that a freeze changes."""
    arn = story.world["functionArn"]
    paths = {"functions.payments-refund.reserved", f"functions.payments-refund.urls.{arn}.AuthType",
             f"eventSources.{on}.State"}
    return paths | ({f"functions.payments-refund.provisioned.{arn}:live"} if live else set())


def test_a_function_is_frozen_in_its_own_fields_only_and_put_back_exactly(development):
    story, on = development, mapping(development)
    before = story.snapshot()
    request = story.asks(stories.function(story.world)).is_contained()
    assert set(story.differs(before)) == owned(story, on=on)
    request.released(EVERYTHING).is_released()
    assert story.differs(before) == {}
    assert story.holds() == []


def test_provisioned_concurrency_is_removed_first_and_comes_back_last(development):
    story, on = development, mapping(development)
    provisioned(story)
    before = story.snapshot()
    request = story.asks(stories.function(story.world)).is_contained()
    assert [call["action"] for call in story.writes()] == FREEZE
    assert set(story.differs(before)) == owned(story, on=on, live=True)
    request.released(EVERYTHING).is_released()
    undone = [call["action"] for call in story.writes()][len(FREEZE):]
    assert undone == ["UpdateFunctionUrlConfig", "PutFunctionConcurrency", "UpdateEventSourceMapping",
                      "PutProvisionedConcurrencyConfig"]
    assert story.differs(before) == {}


def test_concurrency_that_was_not_reserved_is_given_back_and_not_set(development):
    story = development
    story.aws("lambda").delete_function_concurrency(FunctionName="payments-refund")
    before = story.snapshot()
    request = story.asks(stories.function(story.world)).is_contained()
    assert story.aws("lambda").get_function_concurrency(FunctionName="payments-refund")[
        "ReservedConcurrentExecutions"] == 0
    request.released(EVERYTHING).is_released()
    assert "DeleteFunctionConcurrency" in [call["action"] for call in story.writes()]
    assert story.differs(before) == {}


def test_an_open_url_is_opened_again_only_on_explicit_word(development):
    story, before = development, development.snapshot()
    request = story.asks(stories.function(story.world)).is_contained()
    request.released()
    request.says("Ready", "False", "RestoreWithheld", "FunctionUrl")
    path = f"functions.payments-refund.urls.{story.world['functionArn']}.AuthType"
    assert story.differs(before) == {path: ["NONE", "AWS_IAM"]}
    request.patched(restoreOnRelease=["FunctionUrl"]).is_released()
    assert story.differs(before) == {}


def test_people_are_told_what_goes_on_and_whose_sessions_live(development):
    story = development
    request = story.asks(stories.function(story.world)).is_contained()
    notes = " ".join(request.seen()["status"]["notes"])
    assert "up to 3 s each" in notes
    assert "Sessions of execution role payments-task are revoked: no" in notes
    assert f"event source arn:aws:sqs:us-east-1:{story.world['accountId']}:payments-refund" in notes


def test_no_environment_variable_is_recorded(development):
    story = development
    request = story.asks(stories.function(story.world)).is_contained()
    plans = story.cluster.items(f"{stories.API}/namespaces/{story.namespace}/responseplans")
    assert story.world["secretValue"] not in json.dumps([request.seen(), plans, story.holds()])


def test_what_somebody_undoes_is_done_again_and_said(development):
    story = development
    request = story.asks(stories.function(story.world)).is_contained()
    story.aws("lambda").delete_function_concurrency(FunctionName="payments-refund")

    def throttled() -> bool:
        found = story.aws("lambda").get_function_concurrency(FunctionName="payments-refund")
        return found.get("ReservedConcurrentExecutions") == 0

    eventually(throttled, stories.PATIENCE, 0.2)
    request.says("InSync", "True", "DriftReasserted", "throttle")


def test_a_foreign_change_is_left_alone_at_release_and_named(development):
    story = development
    request = story.asks(stories.function(story.world)).is_contained()
    request.patched(mode="Observe").says("Ready", "True", "Observing")
    story.aws("lambda").put_function_concurrency(FunctionName="payments-refund", ReservedConcurrentExecutions=7)
    request.says("InSync", "False", "DriftDetected")
    request.patched(mode="Enforce", state="Released", restoreOnRelease=list(EVERYTHING))
    request.says("Ready", "False", "ReleaseConflict", "payments-refund")
    found = story.aws("lambda").get_function_concurrency(FunctionName="payments-refund")
    assert found["ReservedConcurrentExecutions"] == 7


def test_the_example_is_contained_and_released(production, example):
    story, before = production, production.snapshot()
    spec = example("quarantine-a-function/quarantine.yaml")["spec"] | {"accountRef": {"name": story.account}}
    request = story.asks(**spec).approved(("bob", "approver"), ("sue", "security")).is_contained()
    request.released(EVERYTHING).approved(("bob", "approver"), action="Release").is_released()
    assert story.differs(before) == {}


def missing(story):
    return {"lambdaFunction": {"functionName": "nothing"}}


REFUSED = {
    missing: ("TargetNotFound", "there is no function nothing"),
}


def test_protected_tag_of_a_function_asks_for_an_approver(development):
    story, tags = development, {"firebreak.dev/protected": "yes"}
    story.aws("lambda").tag_resource(Resource=story.world["functionArn"], Tags=tags)
    story.asks(stories.function(story.world)).warns("firebreak.dev/protected")


@pytest.mark.parametrize("wrong", REFUSED, ids=lambda wrong: wrong.__name__)
def test_a_function_that_may_not_be_frozen_is_refused_and_the_message_says_why(development, wrong):
    reason, message = REFUSED[wrong]
    request = development.asks(wrong(development))
    request.says("Ready", "False", reason, message)
    request.says("Stalled", "True", reason)
    assert development.writes() == [] and development.holds() == []


def test_an_answer_that_was_lost_is_found_by_reading(development):
    story, before = development, development.snapshot()
    story.control.fail("PutFunctionConcurrency", "ServiceException", status=500, when="after",
                       account=story.world["accountId"])
    request = story.asks(stories.function(story.world)).is_contained()
    request.released(EVERYTHING).is_released()
    assert story.differs(before) == {}
