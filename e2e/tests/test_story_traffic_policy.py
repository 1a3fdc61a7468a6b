"""Addresses are blocked and let in again, end to end: real API server, real operator, the emulator as AWS."""

import shutil
import subprocess

import pytest
import stories
from control import eventually
from plugin_answers import DONE

pytest_plugins = ["plugin_fixtures", "story_fixtures"]

FOREIGN = {"ipv4": ["192.0.2.0/24"], "ipv6": ["2001:db8:1::/48"]}
FOUR, SIX = "198.51.100.7/32", "2001:db8:17::/64"
VISIBLE = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "shop"}


class WebAcl:
    """A web ACL with a rule of somebody else's."""

    def __init__(self, story: stories.Story, name: str = "shop"):
        self.waf, self.name = story.aws("wafv2"), name
        theirs = {"Name": "countries", "Priority": 0, "Action": {"Block": {}}, "VisibilityConfig": VISIBLE,
                  "Statement": {"GeoMatchStatement": {"CountryCodes": ["KP"]}}}
        made = self.waf.create_web_acl(Name=name, Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=VISIBLE,
                                       Rules=[theirs])
        self.id = made["Summary"]["Id"]

    @property
    def at(self) -> dict:
        return {"Name": self.name, "Scope": "REGIONAL", "Id": self.id}

    @property
    def rules(self) -> list[dict]:
        return self.waf.get_web_acl(**self.at)["WebACL"]["Rules"]

    def prepared(self) -> "WebAcl":
        """As the script of `traffic prepare` does it, with what others have blocked already."""
        rules = []
        for priority, (family, addresses) in enumerate(FOREIGN.items()):
            made = self.waf.create_ip_set(Name=f"firebreak-{family}-{self.id}", Scope="REGIONAL",
                                          IPAddressVersion=family.upper(), Addresses=addresses, Description="theirs and ours")
            rules.append({"Name": f"FirebreakBlock{family.capitalize()}", "Priority": priority, "Action": {"Block": {}},
                          "Statement": {"IPSetReferenceStatement": {"ARN": made["Summary"]["ARN"]}}, "VisibilityConfig": VISIBLE})
        return self.rewritten(lambda theirs: rules + [one | {"Priority": one["Priority"] + 2} for one in theirs])

    def rewritten(self, change) -> "WebAcl":
        """Somebody edits the rules, as everybody must: all of them at once."""
        found = self.waf.get_web_acl(**self.at)
        self.waf.update_web_acl(**self.at, DefaultAction={"Allow": {}}, VisibilityConfig=VISIBLE,
                                Rules=change(found["WebACL"]["Rules"]), LockToken=found["LockToken"])
        return self

    def set_at(self, family: str) -> dict:
        sets = self.waf.list_ip_sets(Scope="REGIONAL")["IPSets"]
        (one,) = [one for one in sets if one["Name"] == f"firebreak-{family}-{self.id}"]
        return {"Name": one["Name"], "Scope": "REGIONAL", "Id": one["Id"]}

    def addresses(self, family: str) -> list[str]:
        return self.waf.get_ip_set(**self.set_at(family))["IPSet"]["Addresses"]

    def readdressed(self, family: str, change) -> None:
        """Somebody edits a set, as everybody must: all of it at once."""
        at = self.set_at(family)
        found = self.waf.get_ip_set(**at)
        self.waf.update_ip_set(**at, Addresses=change(found["IPSet"]["Addresses"]), LockToken=found["LockToken"])

    def whole(self) -> dict:
        """Everything that must stay as it is, in every field."""
        sets = {family: self.waf.get_ip_set(**self.set_at(family))["IPSet"] for family in FOREIGN}
        return {"acl": self.waf.get_web_acl(**self.at)["WebACL"], "sets": sets}


def block(story: stories.Story, acl: WebAcl, *cidrs: str, **spec) -> stories.Blocked:
    return story.blocks({"name": acl.name, "id": acl.id}, *cidrs, **spec)


def test_addresses_are_blocked_in_our_sets_only_and_let_in_again_exactly(development):
    story, acl = development, WebAcl(development).prepared()
    before = acl.whole()
    policy = block(story, acl, FOUR, SIX).is_enforced()
    assert acl.addresses("ipv4") == [*FOREIGN["ipv4"], FOUR] and acl.addresses("ipv6") == [*FOREIGN["ipv6"], SIX]
    assert acl.whole()["acl"] == before["acl"]
    assert len(story.holds()) == 2
    assert {call["action"] for call in story.writes() if call["action"].startswith("Update")} == {"UpdateIPSet"}
    policy.released().is_released()
    assert acl.whole() == before and story.holds() == []


def test_two_people_approve_the_ranges_and_their_end(production):
    story, acl = production, WebAcl(production).prepared()
    policy = block(story, acl, FOUR, expiry={"after": "1m", "then": "Release"})
    policy.approved(("bob", "approver"), ("sue", "security"))
    policy.is_enforced()
    assert FOUR in acl.addresses("ipv4")
    eventually(lambda: acl.addresses("ipv4") == FOREIGN["ipv4"], seconds=150, every=1)
    policy.is_released()


def test_a_range_that_was_taken_out_is_put_back_and_what_others_add_stays(development):
    story, acl = development, WebAcl(development).prepared()
    policy = block(story, acl, FOUR).is_enforced()
    acl.readdressed("ipv4", lambda all: ["203.0.113.9/32", *[one for one in all if one != FOUR]])
    policy.says("InSync", "True", "DriftReasserted")
    assert acl.addresses("ipv4") == ["203.0.113.9/32", *FOREIGN["ipv4"], FOUR]
    policy.released().is_released()
    assert acl.addresses("ipv4") == ["203.0.113.9/32", *FOREIGN["ipv4"]]


def test_a_web_acl_that_was_not_prepared_is_said_with_the_command(development, plugin):
    story, acl = development, WebAcl(development)
    policy = block(story, acl, FOUR)
    said = policy.says("Ready", "False", "NotPrepared")["message"]
    command = said.split("kubectl firebreak ")[1]
    script = plugin(story, "alice", *command.split()).out
    assert f"--name firebreak-ipv4-{acl.id}" in script and f"--name {acl.name} --id {acl.id}" in script
    assert subprocess.run([shutil.which("sh") or "sh", "-n"], input=script, text=True).returncode == 0
    acl.prepared()
    policy.patched(reason="look again").is_enforced()


def test_a_rule_that_lets_requests_in_first_is_told(development):
    story, acl = development, WebAcl(development).prepared()
    policy = block(story, acl, FOUR).is_enforced()
    allow = {"Name": "partners", "Priority": 0, "Action": {"Allow": {}}, "VisibilityConfig": VISIBLE,
             "Statement": {"GeoMatchStatement": {"CountryCodes": ["CH"]}}}
    acl.rewritten(lambda all: [allow, *[one | {"Priority": one["Priority"] + 1} for one in all]])
    policy.says("Enforced", "False", "Bypassed", "rule partners")
    acl.rewritten(lambda all: [one for one in all if one["Name"] != "partners"])
    policy.says("Enforced", "True", "Enforced")


def test_what_the_account_names_is_never_blocked(development):
    story, acl = development, WebAcl(development).prepared()
    story.has_account("Development", neverBlock=[{"cidr": "198.51.100.0/28", "what": "the VPN of the offices"}])
    policy = block(story, acl, FOUR)
    policy.says("Ready", "False", "NeverBlocked", "198.51.100.0/28 (the VPN of the offices)")
    assert acl.addresses("ipv4") == FOREIGN["ipv4"] and story.writes(action="UpdateIPSet") == []


def test_people_see_and_decide_about_a_policy_with_the_plugin(staging, plugin):
    story, acl = staging, WebAcl(staging).prepared()
    policy = block(story, acl, FOUR)
    policy.says("Ready", "False", "AwaitingApproval")
    name = f"trafficpolicy/{policy.name}"
    plugin(story, "bob", "plan", name).ends(
        DONE, f"Put {FOUR} into IP set firebreak-ipv4-{acl.id}", f"kubectl firebreak approve {name} -n {story.namespace}")
    plugin(story, "bob", "approve", name, "--yes").ends(DONE)
    policy.is_enforced()
    plugin(story, "bob", "status", name).ends(DONE, f"TrafficPolicy {story.namespace}/{policy.name}", "Enforced")
    (machine,) = plugin(story, "bob", "status", name, "-o", "json").json()
    assert machine["trafficPolicy"]["metadata"]["name"] == policy.name
    plugin(story, "bob", "release", name, "--yes").ends(DONE)
    policy.approved(("sue", "approver"), action="Release").is_released()
    assert acl.addresses("ipv4") == FOREIGN["ipv4"]


def test_a_preview_of_a_policy_stores_nothing(staging, plugin):
    story, acl = staging, WebAcl(staging).prepared()
    spec = {"accountRef": {"name": story.account}, "region": story.world["region"], "block": [{"cidr": FOUR}],
            "webAcl": {"name": acl.name, "id": acl.id}}
    given = {"apiVersion": "firebreak.dev/v1alpha1", "kind": "TrafficPolicy", "spec": spec,
             "metadata": {"name": "preview", "namespace": story.namespace}}
    shown = plugin(story, "alice", "plan", "-f", "-", "--allow-endpoint-overrides", give=given)
    shown.ends(DONE, f"Put {FOUR} into IP set", "0 of 1 approval")
    assert story.cluster.items(story.traffic_policies) == [] and story.writes() == []


@pytest.mark.parametrize("change, message", [
    ({"scope": "CLOUDFRONT", "region": "eu-west-1"}, "spec.region is us-east-1"),
    ({"block": [{"cidr": "198.51.100.7/24"}]}, "canonical form"),
    ({"block": [{"cidr": "198.51.100.7"}]}, "canonical form"),
    ({"block": [{"cidr": "2001:DB8::/64"}]}, "canonical form"),
    ({"block": [{"cidr": "198.0.0.0/8"}]}, "too wide"),
    ({"block": [{"cidr": "2001:d00::/24"}]}, "too wide"),
    ({"block": []}, "should have at least 1 items"),
    ({"webAcl": {"name": "shop", "id": "shop"}}, "webAcl.id"),
])
def test_the_api_server_refuses_what_cannot_be_meant(development, change, message):
    spec = {"accountRef": {"name": "x"}, "region": "us-east-1", "block": [{"cidr": FOUR}],
            "webAcl": {"name": "shop", "id": "a1b2c3d4-5678-90ab-cdef-0123456789ab"}} | change
    with pytest.raises(AssertionError, match=message):
        development.applies("TrafficPolicy", "refused", spec, "alice")
