"""A regional failover, end to end, with the plugin: to the standby region and back, and what keeps it from going wrong."""

import failovers
import pytest
from control import eventually
from failovers import EAST, WEST
from plugin_answers import DONE, REFUSED
from seeding import regions
from seeding.access import administrator

pytest_plugins = ["plugin_fixtures"]


@pytest.fixture
def shop(example, plugin):
    """`shop(story, **spec)`: the example's plan in two regions, which has been seen and waits for nothing."""

    def prepared(story, fenced: bool = False, **spec) -> failovers.Failover:
        there, world = regions.seed(story.world), story.world
        roles = {"read": world["readRoleArn"], "contain": world["containRoleArn"], "failover": world["failoverRoleArn"]}
        environment = story.cluster.get(f"/apis/firebreak.dev/v1alpha1/awsaccounts/{story.account}")["spec"]["environment"]
        story.has_account(environment, regions=[EAST, WEST], roles=roles)
        given = failovers.spec(example("regional-failover/failover-plan.yaml"), story, there, fenced, **spec)
        plan = failovers.Failover(story, there, plugin).created(given)
        plan.says("Ready", "True", "Standby")
        plan.says("Protected", "True")
        plan.says("StandbyReady", "True")
        return plan

    return prepared


def test_a_shop_fails_over_with_the_plugin_and_back(production, shop):
    plan = shop(production)
    before = plan.world()
    plan.started("fay", WEST)
    assert plan.moved() == []
    plan.tells("alice", "approve", "--approver-role", "approver", "--yes").ends(REFUSED, "alice")
    plan.agreed(("bob", "approver"), ("sue", "security")).ends_in(WEST)
    plan.says("WithinObjectives", "True")
    over = plan.world()
    assert over[EAST] == before[EAST], "the region that is left is not touched"
    assert (over[WEST]["counts"], over[WEST]["sources"]) == ({"api": 2}, {regions.REPLICA: ""})
    assert over[WEST]["scalableTargets"]["service/prod/api"]["min"] == 2 and over["switch"] == [regions.SWITCH_KEY]
    plan.says("Protected", "False", "Unprotected")
    plan.protects_again().started("fay", EAST).agreed(("bob", "approver"), ("sue", "security")).ends_in(EAST)
    back = plan.world()
    assert back[EAST] == before[EAST] and back["switch"] == []
    assert back[WEST] == over[WEST], "nothing is scaled down, and the old writer stays as it is"
    plan.tells("otto", "history").ends(DONE, WEST, EAST)


def test_what_would_be_missing_on_the_day_is_found_before_it(development, shop):
    plan = shop(development)
    plan.tells("otto", "readiness").ends(DONE, "nothing that can be read stands in the way")
    plan.has_also(failovers.never())
    plan.says("StandbyReady", "False", "StandbyNotReady", message="alarm none in us-west-2 shows nothing")
    told = plan.tells("otto", "readiness")  # the answer, and by its exit code what it says
    assert told.code == REFUSED and "never: alarm none" in told.out and "not known to be ready" in told.err
    drilled = plan.tells("alice", "drill")
    assert drilled.code == REFUSED and "never: alarm none" in drilled.out and "4 of 5 steps ready" in drilled.out
    plan.says("DrillFresh", "False", "DrillStale")
    assert plan.moved() == []


def test_the_old_database_is_fenced_before_its_replica_is_promoted(development, shop):
    plan = shop(development, fenced=True)
    east, fence = plan.story.world, plan.there["fences"]["primary"]
    clients = administrator(east["endpoint"], east["accountId"], EAST)
    regions.connects(clients, regions.DATABASE, now=3, soon=0)
    assert plan.groups(EAST, regions.DATABASE) == [east["neighbourSecurityGroup"]]
    plan.activated(WEST, 2, acknowledgeSplitBrain=None).ends_in(WEST)
    assert plan.moved() == ["UpdateService", "RegisterScalableTarget", "ModifyDBInstance", "RebootDBInstance", "PromoteReadReplica",
                            "PutObject"]
    assert plan.groups(EAST, regions.DATABASE) == [fence]
    (fenced,) = plan.seen()["status"]["fenced"]
    told = {"region": EAST, "instance": regions.DATABASE, "had": [east["neighbourSecurityGroup"]], "securityGroup": fence}
    assert told.items() <= fenced.items()


def test_nothing_is_promoted_while_clients_are_connected_and_an_abort_opens_the_fence(development, shop):
    plan = shop(development, fenced=True)
    east = plan.story.world
    regions.connects(administrator(east["endpoint"], east["accountId"], EAST), regions.DATABASE, now=3, soon=3)
    steps = [one | {"timeout": "20s"} if one["name"] == "fence" else one for one in plan.seen()["spec"]["steps"]]
    plan.story.cluster.patches(plan.path, {"spec": {"steps": steps}}, "alice")
    plan.activated(WEST, 2, acknowledgeSplitBrain=None)
    plan.says("Stalled", "True", "StepFailed", "Skip fence with acknowledgeSplitBrain")
    plan.tells("fay", "skip", "fence", "--reason", "it is late", "--approver-role", "responder", "--yes").ends(
        REFUSED, "--acknowledge-split-brain")
    plan.tells("fay", "abort", "--reason", "clients are connected", "--approver-role", "responder", "--yes").ends(DONE)
    plan.says("Stalled", "True", "RolledBack")
    assert plan.groups(EAST, regions.DATABASE) == [east["neighbourSecurityGroup"]]
    assert "PromoteReadReplica" not in plan.moved()


def test_a_group_that_lets_something_in_is_no_fence(development, shop):
    plan = shop(development, fenced=True)
    steps = plan.seen()["spec"]["steps"]
    fence = next(one for one in steps if one["name"] == "fence")
    fence["fence"]["primary"]["securityGroup"] = plan.story.world["albSecurityGroup"]
    plan.story.cluster.patches(plan.path, {"spec": {"steps": steps}}, "alice")
    plan.activated(WEST, 2, acknowledgeSplitBrain=None)
    plan.says("Stalled", "True", "InvalidStep", "has ingress rules")
    assert plan.moved() == []


def test_the_steps_run_in_the_order_in_which_they_can_be_put_back(development, shop):
    plan = shop(development).started("fay", WEST).ends_in(WEST)
    assert plan.moved() == ["UpdateService", "RegisterScalableTarget", "PromoteReadReplica", "PutObject"]


def test_an_incident_begins_a_run_that_others_approve(production, shop):
    plan = shop(production)
    plan.serial = plan.seen()["status"]["serial"] + 1
    wanted = {"name": plan.name, "region": WEST, "serial": plan.serial, "acknowledgeSplitBrain": True}
    production.declares("us-east-1 is failing", by="alice", severity="Critical", startFailover=wanted)
    plan.says("Ready", "False", "AwaitingApproval")
    plan.tells("alice", "approve", "--approver-role", "approver", "--yes").ends(REFUSED, "alice")
    plan.agreed(("bob", "approver"), ("sue", "security")).ends_in(WEST)


def test_two_lines_of_a_commit_begin_a_run_and_a_revert_begins_none(development, shop):
    plan = shop(development).activated(WEST, 2).ends_in(WEST)
    moved = plan.moved()
    with pytest.raises(AssertionError, match="a serial never goes down"):
        plan.activated(EAST, 1)
    with pytest.raises(AssertionError, match="another region needs a higher serial"):
        plan.activated(EAST, 2)
    assert plan.moved() == moved


def test_the_first_sight_of_a_plan_moves_nothing(development, shop):
    plan = shop(development, activation={"region": WEST, "serial": 7, "acknowledgeSplitBrain": {"serial": 7}})
    assert (plan.seen()["status"]["serial"], plan.moved()) == (7, [])


def test_nothing_is_promoted_while_the_old_writer_may_take_writes(development, shop):
    plan = shop(development)
    before = plan.world()
    plan.story.cluster.patches(plan.path, {"spec": {"activation": {"region": WEST, "serial": 2}}}, "alice")
    plan.says("Stalled", "True", "SplitBrainNotAcknowledged", "acknowledgeSplitBrain")
    assert (plan.moved(), plan.world()) == ([], before)


def test_data_is_lost_on_peoples_word_only(development, shop):
    plan = shop(development, mode="Ungraceful")
    plan.started("fay", WEST).says("Stalled", "True", "DataLossNotAcknowledged", "acknowledgeDataLoss")
    assert plan.moved() == []
    plan.activated(WEST, 2, acknowledgeDataLoss={"serial": 2, "extent": "WithinObjective"}).ends_in(WEST)


@pytest.fixture
def held(development, shop):
    """A plan whose run scales, and promotes nothing before a gate that nothing lets through."""
    plan = shop(development)
    steps = [one | {"dependsOn": ["never"]} if one["name"] == "promote" else one for one in plan.seen()["spec"]["steps"]]
    plan.story.cluster.patches(plan.path, {"spec": {"steps": [*steps, failovers.never("never", "scale")]}}, "alice")
    plan.says("Ready", "True", "Standby")
    return plan


def test_a_run_is_aborted_before_the_promotion_and_everything_is_back(held):
    plan, before = held, held.world()
    plan.started("fay", WEST).progresses("scale", "Done")
    assert plan.world()[WEST]["counts"] == {"api": 2}
    plan.tells("fay", "abort", "--reason", "a false alarm", "--approver-role", "responder", "--yes").ends(DONE)
    plan.says("Stalled", "True", "RolledBack")
    assert plan.world() == before


def test_a_paused_run_begins_nothing_until_it_is_resumed(held):
    plan = held.started("fay", WEST).progresses("scale", "Done")
    moved = plan.moved()
    plan.tells("fay", "pause", "--approver-role", "responder", "--yes").ends(DONE)
    plan.says("Ready", "False", "Paused", "fay")
    plan.tells("bob", "skip", "never", "--reason", "there is no such alarm", "--approver-role", "approver", "--yes").ends(DONE)
    plan.progresses("never", "Done")
    assert plan.moved() == moved == ["UpdateService", "RegisterScalableTarget"]
    plan.tells("fay", "resume", "--approver-role", "responder", "--yes").ends(DONE)
    plan.ends_in(WEST)


def test_starting_changes_no_plan_and_approving_starts_none(staging, shop):
    plan = shop(staging)
    start = ("--to", WEST, "--acknowledge-split-brain", "--yes")
    plan.tells("bob", "start", *start, "--approver-role", "approver").ends(REFUSED, "firebreak-failover")
    with pytest.raises(AssertionError, match="cannot patch resource .{1,3}failoverplans"):
        plan.activated(WEST, 2, by="fay")
    assert plan.moved() == []


def test_deleting_a_plan_moves_neither_traffic_nor_capacity(development, shop):
    plan = shop(development).started("fay", WEST).ends_in(WEST)
    over = plan.world()
    plan.deleted()
    eventually(plan.gone, seconds=60, every=0.2)
    assert plan.world() == over
