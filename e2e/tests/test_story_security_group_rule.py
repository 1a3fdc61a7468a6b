"""A rule of a security group is revoked and put back, end to end: real API server, real operator, the emulator as AWS."""

import pytest
import stories
from control import eventually

pytest_plugins = ["story_fixtures"]

PUBLIC = ("PublicAccess",)
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
       "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "just for a moment"}]}
REVOKE, ADD = "RevokeSecurityGroupIngress", "AuthorizeSecurityGroupIngress"


def group(story) -> str:
    return story.world["serviceSecurityGroup"]


def rules(story) -> dict[str, dict]:
    """The group's rules for traffic in, by id."""
    mine = [{"Name": "group-id", "Values": [group(story)]}]
    listed = story.aws("ec2").describe_security_group_rules(Filters=mine)["SecurityGroupRules"]
    return {each["SecurityGroupRuleId"]: each for each in listed if not each["IsEgress"]}


def opened(story, **more) -> str:
    """An attacker opens a port to everybody; the id of the rule."""
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "made-by", "Value": "mallory"}]}]
    made = story.aws("ec2").authorize_security_group_ingress(GroupId=group(story), IpPermissions=[SSH | more],
                                                             TagSpecifications=tags)
    return made["SecurityGroupRules"][0]["SecurityGroupRuleId"]


def target(story, rule: str) -> dict:
    return {"securityGroupRule": {"groupId": group(story), "ruleId": rule}}


def at_port(story, port: int) -> list[str]:
    return [name for name, rule in rules(story).items() if rule["FromPort"] == port]


def test_one_rule_is_revoked_and_comes_back_with_description_and_tags(development):
    story, rule = development, opened(development)
    before, was = story.snapshot(), rules(development)[rule]
    request = story.asks(target(story, rule)).is_contained()
    assert set(story.differs(before)) == {f"securityGroups.{group(story)}.ingress"}
    assert at_port(story, 22) == [] and len(at_port(story, 8080)) == 1
    request.released(PUBLIC).is_released()
    assert story.differs(before) == {} and story.holds() == []
    (again,) = at_port(story, 22)
    now = rules(story)[again]
    assert {**now, "SecurityGroupRuleId": rule} == was
    assert [call["action"] for call in story.writes()] == [REVOKE, ADD]


def test_the_plan_and_the_release_say_which_id_it_had_and_has(development):
    story, rule = development, opened(development)
    request = story.asks(target(story, rule)).is_contained()
    notes = " ".join(request.seen()["status"]["notes"])
    assert f"Rule {rule} is the ingress rule tcp 22 from 0.0.0.0/0; a release adds it under a new id" in notes
    request.released(PUBLIC).is_released()
    (again,) = at_port(story, 22)
    assert again != rule
    request.says("Released", "True", "Released", f"which was {rule}, has the new id {again}")


def test_what_shares_the_group_is_shown(development):
    story, rule = development, opened(development)
    request = story.asks(target(story, rule)).is_contained()
    notes = " ".join(request.seen()["status"]["notes"])
    assert "Stops working with it: " in notes and "(eni-" in notes


def test_an_equal_rule_that_is_added_again_is_revoked_again(development):
    story, rule = development, opened(development)
    request = story.asks(target(story, rule)).is_contained()
    opened(story, IpRanges=[{"CidrIp": "0.0.0.0/0", "Description": "and again"}])
    eventually(lambda: at_port(story, 22) == [], stories.PATIENCE, 0.2)
    request.says("InSync", "True", "DriftReasserted", "revoke")


def test_a_rule_that_lets_everybody_in_comes_back_only_on_explicit_word(development):
    story, rule = development, opened(development)
    request = story.asks(target(story, rule)).is_contained()
    request.released()
    request.says("Ready", "False", "RestoreWithheld", "PublicAccess")
    assert at_port(story, 22) == []
    request.patched(restoreOnRelease=["PublicAccess"]).is_released()


def test_a_wider_rule_of_the_same_group_keeps_it_from_being_contained(development):
    story, rule = development, opened(development)
    (wide,) = story.aws("ec2").authorize_security_group_ingress(
        GroupId=group(story), IpPermissions=[SSH | {"ToPort": 1024}])["SecurityGroupRules"]
    request = story.asks(target(story, rule))
    request.says("Contained", "False", "", wide["SecurityGroupRuleId"])
    story.aws("ec2").revoke_security_group_ingress(GroupId=group(story),
                                                   SecurityGroupRuleIds=[wide["SecurityGroupRuleId"]])
    request.is_contained()


def test_a_rule_waits_for_the_isolation_of_its_group_and_both_come_back(development):
    story = development
    before = story.snapshot(identities=False)
    (rule,) = at_port(story, 8080)
    request = story.asks(target(story, rule)).is_contained()
    isolation = story.asks(stories.service(story.world)).is_contained()
    request.released()
    request.says("Ready", "False", "RestoreWithheld", isolation.name)
    assert at_port(story, 8080) == []
    isolation.released().is_released()
    request.is_released()
    story.becomes(before)


def missing_group(story):
    return {"securityGroupRule": {"groupId": "sg-00000000000000000", "ruleId": "sgr-00000000000000000"}}


def missing_rule(story):
    return target(story, "sgr-00000000000000000")


REFUSED = {
    missing_group: ("TargetNotFound", "there is no security group sg-00000000000000000"),
    missing_rule: ("TargetNotFound", "has no rule sgr-00000000000000000"),
}


@pytest.mark.parametrize("wrong", REFUSED, ids=lambda wrong: wrong.__name__)
def test_what_cannot_be_revoked_is_refused_and_the_message_says_why(development, wrong):
    reason, message = REFUSED[wrong]
    request = development.asks(wrong(development))
    request.says("Ready", "False", reason, message)
    request.says("Stalled", "True", reason)
    assert development.writes() == [] and development.holds() == []


def test_the_example_is_contained_and_released(production, example):
    story, rule = production, opened(production)
    before = story.snapshot()
    spec = example("quarantine-a-rule/quarantine.yaml")["spec"]
    spec |= {"accountRef": {"name": story.account}, "target": target(story, rule)}
    request = story.asks(**spec).approved(("bob", "approver"), ("sue", "security")).is_contained()
    request.released(PUBLIC).approved(("bob", "approver"), action="Release").is_released()
    assert story.differs(before) == {}


def test_an_answer_that_was_lost_is_found_by_reading(development):
    story, rule = development, opened(development)
    before = story.snapshot()
    story.control.fail(ADD, "InternalError", status=500, when="after", account=story.world["accountId"])
    request = story.asks(target(story, rule)).is_contained()
    request.released(PUBLIC).is_released()
    assert story.differs(before) == {} and len(at_port(story, 22)) == 1
