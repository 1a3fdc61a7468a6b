"""Who may say and write what about FailoverPlans, and which plans the API server refuses: each rule with its message.

trudy has every right on firebreak.dev that RBAC can give, so what stops her is a policy alone.
"""

import json

import policy_samples as samples
import pytest
from control import eventually
from people import ADMIN, OPERATOR
from policy_samples import ABSENT, changed, fence, gate, promotion, scaling

pytest_plugins = ["policy_fixtures"]
pytestmark = pytest.mark.usefixtures("policies")

REQUESTED_BY = "firebreak.dev/requested-by"
ALONE = ("Pause", "Resume", "Retry", "Abort")
BOTH = {"primary": "a", "standby": "b"}
SERVICES = {region: {"cluster": "prod", "service": "api"} for region in BOTH}
URLS = {"primary": "https://east.example.com/health", "standby": "https://west.example.com/health"}
METRIC = {"namespace": "Shop", "name": "Errors", "statistic": "Sum", "comparison": "AtMost", "threshold": "0.5"}
SWITCH = {"bucket": "firebreak-switch-west", "key": "west-is-active"}
WEIGHTS = {"listener": "arn:aws:elasticloadbalancing:us-west-2:222222222222:listener/app/shop/1/2",
           "primary": "arn:aws:elasticloadbalancing:us-west-2:222222222222:targetgroup/to-east/1",
           "standby": "arn:aws:elasticloadbalancing:us-west-2:222222222222:targetgroup/to-west/2"}
SOURCES = {"function": "orders", "mappings": ["14e0db71-5d35-4eb5-b481-8945cf9d10c2"]}
ALIAS = {"function": "orders", "alias": "live", "version": "7"}
CUT = {"instance": "orders", "securityGroup": "sg-0123456789abcdef0"}
WEST = {"region": "us-west-2", "serial": 2}


def activated(region: str, serial: int, **more) -> dict:
    return samples.failover_plan(activation={"region": region, "serial": serial} | more)


def stepping(*steps: dict, name: str = "sample") -> dict:
    return samples.failover_plan(name, steps=list(steps))


# Plans

GOOD = {
    "a short one": samples.failover_plan(),
    "active since the first serial": activated("us-east-1", 1),
    "with both acknowledgements": changed(
        activated("us-west-2", 2, acknowledgeDataLoss={"serial": 2, "extent": "Unbounded"}, acknowledgeSplitBrain={"serial": 2}),
        "mode", "Ungraceful"),
    "with objectives of its own": samples.failover_plan(objectives={"tier": "Critical", "rto": "2h", "rpo": "0s"}),
    "with intervals": samples.failover_plan(sampleInterval="30s", minimumInterval="1h30m"),
    "a fence before its promotion": stepping(fence(timeout="20m"), promotion(dependsOn=["fence"])),
    "as many tasks as the other region": stepping(scaling("scale", "MatchActive")),
    "every gate": stepping(
        gate("http", http=URLS), gate("alarm", alarm=BOTH), gate("metric", metric=METRIC), gate("steady", ecsSteady=SERVICES),
        gate("lag", replicaLag=BOTH | {"maxSeconds": 0}),
        gate("targets", healthyTargets={"primary": "arn:aws:elasticloadbalancing:a", "minimum": 2,
                                        "standby": "arn:aws:elasticloadbalancing:b"})),
    "a switch in another account": stepping({"name": "traffic", "accountRef": {"name": "dns"}, "bestEffort": True,
                                             "when": "FailingOver", "timeout": "5m", "healthCheckSwitch": SWITCH}),
    "weights and event sources": stepping(
        {"name": "weights", "elbv2Weights": WEIGHTS}, {"name": "some", "elbv2Weights": WEIGHTS | {"active": 90, "other": 10}},
        {"name": "sources", "lambdaEventSources": {region: SOURCES for region in BOTH}},
        {"name": "alias", "lambdaAlias": {region: ALIAS for region in BOTH}}),
    "waits for people and for a time": stepping(
        {"name": "people", "manualApproval": {"message": "nothing writes to the old database any more"}},
        {"name": "caches", "dependsOn": ["people"], "wait": {"duration": "1m30s"}}),
    "a promotion that compensates": stepping(promotion(onFailure="Compensate", approval=True)),
}

# The plan, and what the message must say.
BAD = [
    (changed(samples.failover_plan(), "regions.standby", "us-east-1"), "the same region: name two"),
    (changed(samples.failover_plan(), "regions.primary", "Virginia"), "primary looks like us-east-1"),
    (changed(samples.failover_plan(), "regions.standby", "us-west-2a"), "standby looks like us-west-2"),
    (changed(samples.failover_plan(), "regions", ABSENT), "spec.regions: Required"),
    (changed(samples.failover_plan(), "accountRef", ABSENT), "spec.accountRef: Required"),
    (changed(samples.failover_plan(), "runStore", ABSENT), "spec.runStore: Required"),
    (changed(samples.failover_plan(), "runStore.standby.bucket", "firebreak-runs-east"), "each region needs a bucket of its own"),
    (changed(samples.failover_plan(), "runStore.primary.bucket", "ab"), "spec.runStore.primary.bucket"),
    (changed(samples.failover_plan(), "mode", "Careful"), '"Graceful", "Ungraceful"'),
    (activated("eu-west-1", 1), "neither spec.regions.primary nor spec.regions.standby: name one of the two"),
    (activated("us-west-2", 0), "spec.activation.serial"),
    (activated("us-west-2", 2, acknowledgeDataLoss={"serial": 1, "extent": "Unbounded"}), "acknowledgeDataLoss.serial is not"),
    (activated("us-west-2", 2, acknowledgeDataLoss={"serial": 2, "extent": "Some"}), '"WithinObjective", "Unbounded"'),
    (activated("us-west-2", 2, acknowledgeSplitBrain={"serial": 3}), "acknowledgeSplitBrain.serial is not activation.serial"),
    (samples.failover_plan(objectives={"rto": "0s"}), "objectives.rto is a duration between 1m and 168h"),
    (samples.failover_plan(objectives={"rpo": "15"}), "objectives.rpo is a duration of at most 168h"),
    (samples.failover_plan(objectives={"tier": "Gold"}), "spec.objectives.tier"),
    (samples.failover_plan(sampleInterval="1s"), "sampleInterval is a duration between 10s and 1h"),
    (samples.failover_plan(minimumInterval="200h"), "minimumInterval is a duration of at most 168h"),
    (samples.failover_plan(steps=[]), "spec.steps"),
    (stepping(*(promotion(f"p{n}") for n in range(21))), "spec.steps: Too many"),
    (stepping(promotion(), promotion()), "Duplicate value"),
    (stepping({"name": "nothing"}), "a step does one thing: set exactly one of fence, ecsScale, rdsPromoteReplica"),
    (stepping(promotion(healthCheckSwitch=SWITCH)), "a step does one thing"),
    (stepping(promotion("Promote it")), "lower-case letters, digits and hyphens"),
    (stepping(promotion(dependsOn=["scale"])), "names a step that is not in spec.steps: correct the name"),
    (stepping(promotion(dependsOn=["promote"])), "dependsOn names the step itself: remove it"),
    (stepping(promotion(bestEffort=True)), "a promotion cannot be left behind; remove it"),
    (stepping(promotion(onFailure="Continue")), "nothing goes on without the database; use Hold or Compensate"),
    (stepping(fence(bestEffort=True)), "a promotion waits for its fence; remove it"),
    (stepping(fence(onFailure="Continue")), "nothing is promoted while the old database may take writes; use Hold or Compensate"),
    (stepping(fence(fence={"primary": CUT | {"securityGroup": "default"}, "standby": CUT})), "looks like sg-0123456789abcdef0"),
    (stepping(fence(fence={"primary": CUT})), "spec.steps[0].fence.standby: Required"),
    (stepping(promotion(onFailure="Ignore")), '"Hold", "Compensate", "Continue"'),
    (stepping(promotion(when="Always")), '"FailingOver", "FailingBack", "Both"'),
    (stepping(promotion(timeout="5s")), "timeout is a duration between 10s and 24h"),
    (stepping(scaling("scale", 0)), "never scaled to 0"),
    (stepping(scaling("scale", "Everything")), "desired is a number from 1 to 9999, or MatchActive"),
    (stepping(scaling("scale", 0)), "a service is never scaled to 0"),
    (stepping({"name": "weights", "elbv2Weights": WEIGHTS | {"active": 0}}), "spec.steps[0].elbv2Weights.active"),
    (stepping({"name": "weights", "elbv2Weights": WEIGHTS | {"standby": WEIGHTS["primary"]}}), "the same target group: name two"),
    (stepping({"name": "weights", "elbv2Weights": WEIGHTS | {"listener": WEIGHTS["primary"]}}), "the ARN of a listener or of a rule"),
    (stepping({"name": "sources", "lambdaEventSources": {"primary": SOURCES}}), "lambdaEventSources.standby: Required"),
    (stepping({"name": "sources", "lambdaEventSources": {region: SOURCES | {"mappings": ["*" * 36]} for region in BOTH}}), "are UUIDs such as"),
    (stepping({"name": "alias", "lambdaAlias": {region: ALIAS | {"version": "$LATEST"} for region in BOTH}}), "$LATEST changes by itself"),
    (stepping({"name": "caches", "wait": {"duration": "25h"}}), "duration is a duration between 1s and 24h"),
    (stepping({"name": "caches", "wait": {"duration": "5m"}, "timeout": "10m"}), "a wait ends by itself"),
    (stepping({"name": "people", "manualApproval": {}, "bestEffort": True}), "remove bestEffort, or the step"),
    (stepping(gate()), "a gate looks at one thing: set exactly one of http, alarm, metric"),
    (stepping(gate(alarm=BOTH, ecsSteady=SERVICES)), "a gate looks at one thing"),
    (stepping(gate(http=URLS | {"primary": "ftp://east.example.com"})), "primary is an http or https URL"),
    (stepping(gate(http=URLS | {"standby": "west.example.com/health"})), "standby is an http or https URL"),
    (stepping(gate(metric=METRIC | {"threshold": "1e9"})), "threshold is a decimal number in quotes"),
    (stepping(gate(alarm=BOTH, consecutive=0)), "spec.steps[0].gate.consecutive"),
    (stepping(gate(alarm=BOTH, intervalSeconds=1)), "spec.steps[0].gate.intervalSeconds"),
    (stepping(promotion(), name="x" * 201), "metadata.name has at most 200 characters"),
    (changed(samples.failover_plan(), "active", "us-west-2"), 'unknown field "spec.active"'),
]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_plan_is_accepted(person, name):
    person("alice").creates(GOOD[name])


@pytest.mark.parametrize(("given", "said"), BAD, ids=lambda one: one if isinstance(one, str) else "")
def test_a_bad_plan_is_refused_with_field_and_remedy(person, given, said):
    assert said in person("alice").cannot_create(given)


def test_the_defaults_are_the_careful_ones(person):
    spec = json.loads(person("alice").creates(samples.failover_plan()))["spec"]
    (promote, _) = spec["steps"]
    assert (spec["mode"], promote["onFailure"], promote["when"]) == ("Graceful", "Hold", "Both")


@pytest.fixture(scope="module")
def shop(person):
    """Alice's plan, active in us-east-1 since serial 1."""
    alice = person("alice")
    alice.creates(activated("us-east-1", 1) | {"metadata": {"name": "shop"}}, for_real=True)
    yield "failoverplan/shop"
    alice.does("delete", "failoverplan/shop", for_real=True)


@pytest.mark.parametrize(("spec", "said"), [
    ({"activation": None}, "spec.activation cannot be taken away"),
    ({"activation": {"region": "us-west-2"}}, "another region needs a higher serial"),
    ({"activation": {"serial": 2, "region": "eu-west-1"}}, "name one of the two"),
    ({"regions": {"standby": "us-east-2"}}, "spec.accountRef and spec.regions are immutable"),
    ({"accountRef": {"name": "staging"}}, "spec.accountRef and spec.regions are immutable"),
])
def test_what_identifies_a_plan_stays_and_a_serial_only_rises(person, shop, spec, said):
    assert said in person("alice").cannot_patch(shop, json.dumps({"spec": spec}))


def test_a_serial_never_goes_down(person):
    alice = person("alice")
    alice.creates(activated("us-west-2", 3) | {"metadata": {"name": "third"}}, for_real=True)
    back = json.dumps({"spec": {"activation": {"serial": 2}}})
    assert "a serial never goes down; raise spec.activation.serial by 1" in alice.cannot_patch("failoverplan/third", back)
    alice.patches("failoverplan/third", json.dumps({"spec": {"activation": {"region": "us-east-1", "serial": 4}}}))
    alice.does("delete", "failoverplan/third", for_real=True)


# Who may write one


@pytest.mark.parametrize("name", ["fay", "bob", "sue", "otto", "ada"])
def test_only_who_responds_writes_plans(person, shop, name):
    assert f'User "{name}" cannot create resource "failoverplans"' in person(name).cannot_create(samples.failover_plan())
    raised = json.dumps({"spec": {"activation": WEST}})
    assert f'User "{name}" cannot patch resource "failoverplans"' in person(name).cannot_patch(shop, raised)


@pytest.mark.parametrize("name", ["alice", "trudy", ADMIN])
def test_nobody_but_firebreak_reports_about_one(person, shop, name):
    said = person(name).cannot_patch(shop, '{"status": {"activeRegion": "us-west-2"}}', "--subresource=status")
    assert "cannot patch resource" in said or "status is written by Firebreak only" in said


def test_who_raises_the_serial_is_the_requester(person, shop):
    def by(answer: str) -> str:
        return json.loads(answer)["metadata"]["annotations"][REQUESTED_BY]

    raised = {"spec": {"activation": WEST}}
    assert by(person("trudy").patches(shop, json.dumps(raised))) == "trudy"
    blamed = raised | {"metadata": {"annotations": {REQUESTED_BY: "bob"}}}
    assert by(person("trudy").patches(shop, json.dumps(blamed))) == "trudy"
    assert by(person("trudy").patches(shop, '{"metadata": {"labels": {"a": "b"}}}')) == "alice"


def test_deleting_one_warns_only_while_a_run_is_under_way(person, shop):
    alice, operator = person("alice"), person(OPERATOR)
    alice.does("delete", shop, "--warnings-as-errors")
    operator.patches(shop, '{"status": {"phase": "Running"}}', "--subresource=status", for_real=True)
    said = alice.does("delete", shop, "--warnings-as-errors", fails=True)
    assert "has a run under way" in said and f"kubectl firebreak failover abort shop -n {alice.namespace}" in said
    alice.does("delete", shop)
    operator.patches(shop, '{"status": {"phase": "Completed"}}', "--subresource=status", for_real=True)
    alice.does("delete", shop, "--warnings-as-errors")


# Who may begin a run


@pytest.mark.parametrize("name", ["alice", "fay", "trudy"])
def test_who_may_start_the_plan_begins_a_run(person, name):
    person(name).creates(samples.start(name))


@pytest.mark.parametrize(("name", "approver_role"), [("bob", "approver"), ("sue", "security"), ("gus", "security")])
def test_to_approve_is_not_to_begin(person, name, approver_role):
    said = person(name).cannot_create(samples.start(name, approverRole=approver_role))
    assert "you may not start the FailoverPlan sample in namespace" in said and "firebreak-failover" in said


def test_a_right_on_one_plan_begins_no_other(kubectl, person, room):
    """And not in another namespace."""
    kubectl("create", "role", "starts-shop", "-n", room, "--verb=start", "--resource=failoverplans.firebreak.dev",
            "--resource-name=shop")
    for kind, role in (("role", "starts-shop"), ("clusterrole", "firebreak-approver")):
        kubectl("create", "rolebinding", f"lea-{role}", "-n", room, f"--{kind}={role}", "--user=lea")
    lea, shop = person("lea"), {"kind": "FailoverPlan", "name": "shop", "uid": "u-1"}
    eventually(lambda: lea.creates(samples.start("lea", approverRole="approver", target=shop), fails=None))
    said = lea.cannot_create(samples.start("lea", approverRole="approver"))
    assert "you may not start the FailoverPlan sample" in said


@pytest.mark.parametrize("machine", ["system:serviceaccount:default:gitops", OPERATOR])
def test_no_machine_begins_a_run_with_a_word(person, machine):
    said = person(machine).does("create", "-f", "-", "--as-group=system:masters", give=samples.start(machine), fails=True)
    assert "sign in as a person" in said


# Who may steer one


@pytest.mark.parametrize("verb", ALONE)
def test_who_is_on_call_steers_a_run(person, verb):
    person("fay").creates(samples.steering("fay", verb, approverRole="responder"))
    person("bob").creates(samples.steering("bob", verb))


@pytest.mark.parametrize("verb", ["Approve", "Reject", "Skip"])
def test_what_is_counted_as_an_approval_takes_an_approver_role(person, verb):
    said = person("fay").cannot_create(samples.steering("fay", verb, approverRole="responder"))
    assert "it approves nothing: name an approver role" in said
    person("bob").creates(samples.steering("bob", verb))


def test_an_approval_may_be_about_one_step(person):
    person("bob").creates(samples.steering("bob", "Approve", step="promote"))


# Which verbs fit which kind

OF_KIND = {
    "FailoverPlan": {"Approve", "Reject", "BreakGlass", "Start", "Pause", "Resume", "Skip", "Retry", "Abort"},
    "Hold": {"Release", "Abandon"},
    "Incident": {"Acknowledge", "Note", "Resolve", "Reopen", "Review"},
    "Quarantine": {"Approve", "Reject", "BreakGlass", "Release", "Abandon"},
}
TAKES = {
    "FailoverPlan": "a FailoverPlan takes Approve, Reject, BreakGlass, Start, Pause, Resume, Skip, Retry or Abort; it holds nothing",
    "Hold": "a Hold takes Release or Abandon; to approve or to reject a plan name its Quarantine",
    "Incident": "an Incident takes Acknowledge, Note, Resolve, Reopen or Review; to approve, reject or release",
    "Quarantine": "a Quarantine takes Approve, Reject, BreakGlass, Release or Abandon; for what is said about an Incident",
}
UNFIT = [(kind, verb) for kind, own in OF_KIND.items() for verb in sorted(set().union(*OF_KIND.values()) - own)]


@pytest.mark.parametrize(("kind", "verb"), UNFIT)
def test_a_verb_that_a_kind_does_not_take_is_refused_by_name(person, kind, verb):
    target = {"kind": kind, "name": "sample", "uid": "u-1", "generation": 1}
    said = person("bob").cannot_create(samples.steering("bob", verb, target=target))
    assert f"spec.verb: {TAKES[kind]}" in said


@pytest.mark.parametrize(("given", "said"), [
    (changed(samples.start("fay"), "start", ABSENT), "spec.start (region and serial) belongs to the verb Start, which needs it"),
    (changed(samples.start("fay"), "start.serial", ABSENT), "spec.start.serial: Required"),
    (changed(samples.start("fay"), "plan", samples.decision("fay")["spec"]["plan"]), "a Start has no plan yet; remove it"),
    (changed(samples.start("fay"), "step", "scale"), "spec.step belongs to the verbs Skip and Retry"),
    (changed(samples.steering("fay", "Pause"), "start", WEST), "spec.start (region and serial) belongs to the verb Start"),
    *((changed(samples.steering("fay", verb), "plan", ABSENT), "spec.plan is required for Pause, Resume, Skip, Retry and Abort")
      for verb in ("Pause", "Resume", "Skip", "Retry", "Abort")),
    *((changed(samples.steering("fay", verb), "step", ABSENT), "spec.step is required for Skip and Retry")
      for verb in ("Skip", "Retry")),
    *((changed(samples.steering("fay", verb), "reason", " "), "spec.reason is required for Skip and for Abort")
      for verb in ("Skip", "Abort")),
    (changed(samples.steering("fay", "Pause"), "step", "scale"), "spec.step belongs to the verbs Skip and Retry"),
    (changed(samples.steering("fay", "Approve"), "restore", ["Sessions"]), "spec.restore belongs to the verb Release"),
], ids=lambda one: one if isinstance(one, str) else "")
def test_a_word_about_a_run_names_what_it_must(person, given, said):
    assert said in person("fay").cannot_create(given)
