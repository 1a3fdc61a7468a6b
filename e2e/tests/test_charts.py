"""What the charts render: checked by Helm, by the API server, and against what the operator itself expects."""

import json
import re
import subprocess

import controller
import pytest
import yaml
from charts import CRDS, EVERYTHING, OPERATOR, expected, in_order, only
from people import NAMESPACE, ROOT

pytest_plugins = ["chart_fixtures"]

# Value -> what the complaint must name.
BAD = {
    "replicas=0": "at '/replicas'",
    "replica=3": "'replica' not allowed",
    "image.pulPolicy=Always": "at '/image': additional properties 'pulPolicy'",
    "image.digest=latest": "at '/image/digest'",
    "serviceAccount.name=Firebreak": "at '/serviceAccount/name'",
    r"serviceAccount.annotations.eks\.amazonaws\.com/role-arn=firebreak": "role-arn': 'firebreak' does not match",
    "operator.logFormat=xml": "at '/operator/logFormat': value must be one of 'json', 'text'",
    "operator.iamSettlingSeconds={15,60}": "at '/operator/iamSettlingSeconds': minItems",
    "operator.ownDependencies={a role}": "at '/operator/ownDependencies/0'",
    "notifier.replicas=0": "at '/notifier/replicas'",
    "notifier.slackApi=http://slack.com/api": "at '/notifier/slackApi'",
    "notifier.extraEnv[0].name=FIREBREAK_SLACK_API": "at '/notifier/extraEnv/0/name'",
    "admission.requester=maybe": "at '/admission/requester': value must be one of 'auto', true, false",
    "networkPolicy.aws.to=null": "at '/networkPolicy/aws': missing property 'to'",
    "networkPolicy.apiServer.to={}": "at '/networkPolicy/apiServer/to/0': got string, want object",
    "networkPolicy.egressPorts={443}": "at '/networkPolicy': additional properties 'egressPorts'",
    "extraEnv[0].name=FIREBREAK_NAMESPACE": "at '/extraEnv/0/name'",
    "uninstall.refuseWhileHoldsExist=no": "at '/uninstall/refuseWhileHoldsExist'",
}
COMPONENTS = ("controller", "notifier")
# For a single replica, and for tests.
NO_VALUE = {"FIREBREAK_TRUST_ABSENT_LEASE"}


def admission_and_rbac(objects: list[dict]) -> list[dict]:
    groups = ("admissionregistration.k8s.io", "rbac.authorization.k8s.io")
    return [one for one in objects if one["apiVersion"].partition("/")[0] in groups]


def container_of(rendered: list[dict], component: str = "controller") -> dict:
    return only(rendered, "Deployment", component)["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize("chart", [CRDS, OPERATOR], ids=lambda path: path.name)
def test_helm_has_nothing_to_object(helm, chart):
    assert "0 chart(s) failed" in helm("lint", "--strict", chart)


def test_helm_has_nothing_to_object_with_every_value_set(helm):
    assert "0 chart(s) failed" in helm("lint", "--strict", OPERATOR, values=EVERYTHING)


@pytest.mark.parametrize("value", BAD)
def test_a_bad_value_is_refused_by_name(helm, value):
    assert BAD[value] in helm("template", "any", OPERATOR, "--set", value, fails=True)


def test_the_chart_of_the_kinds_refuses_values(helm):
    assert "'keep' not allowed" in helm("template", "any", CRDS, "--set", "keep=false", fails=True)


def test_every_value_has_a_schema_and_every_schema_a_value():
    schema = json.loads((OPERATOR / "values.schema.json").read_text())
    values = yaml.safe_load((OPERATOR / "values.yaml").read_text())
    assert set(schema["properties"]) - {"global"} == set(values)
    for name, value in values.items():
        if isinstance(value, dict) and value and name != "resources":
            assert set(schema["properties"][name]["properties"]) == set(value), name


def test_every_value_is_explained_and_nothing_else():
    rows = re.findall(r"^\| (`.+?`) \|", (ROOT / "docs" / "install.md").read_text(), re.MULTILINE)
    explained = {name.strip("`") for row in rows for name in row.split(", ")}
    values = yaml.safe_load((OPERATOR / "values.yaml").read_text())
    nested = {name: value for name, value in values.items() if isinstance(value, dict) and value and name != "resources"}
    leaves = {f"{name}.{leaf}" for name, value in nested.items() for leaf in value} | (values.keys() - nested.keys())
    assert explained == leaves


def test_the_kinds_are_rendered_as_they_were_generated_and_kept(helm):
    rendered = in_order(helm.template(CRDS))
    for crd in rendered:
        assert crd["metadata"].pop("annotations") == {"helm.sh/resource-policy": "keep"}
    generated = [yaml.safe_load(path.read_text()) for path in (ROOT / "crds" / "manifests").glob("*.yaml")]
    assert rendered == in_order(generated)


@pytest.mark.parametrize("home, account", [(NAMESPACE, "firebreak-controller"), ("security", "responder")])
def test_roles_and_policies_are_those_that_the_operator_prints(helm, home, account):
    """It compares them in whole, and lets no Decision count while one is another."""
    values = {"admission": {"requester": True}, "serviceAccount": {"name": account}}
    rendered = admission_and_rbac(helm.template(OPERATOR, "--namespace", home, values=values))
    printed = admission_and_rbac(expected("--namespace", home, "--service-account", account))
    assert in_order(rendered) == in_order(printed)
    assert len(rendered) == 41


@pytest.mark.parametrize("wanted, served, there", [
    ("auto", True, True), ("auto", False, False), (True, False, True), (False, True, False)])
def test_requesters_are_recorded_where_the_server_can(helm, wanted, served, there):
    api = ["--api-versions", "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy"] if served else []
    rendered = helm.template(OPERATOR, *api, values={"admission": {"requester": wanted}})
    assert ("MutatingAdmissionPolicy" in [one["kind"] for one in rendered]) == there


@pytest.mark.parametrize("component, verb", [("controller", "run"), ("notifier", "notify")])
def test_every_flag_of_each_program_can_be_set_by_the_chart(helm, component, verb):
    """And nothing that is no flag: a misspelt variable would be ignored in silence."""
    command = [controller.program("firebreak-controller"), verb, "--help"]
    usage = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    flags = set(re.findall(r"\[env: ([A-Z0-9_]+)=", usage))
    container = container_of(helm.template(OPERATOR, values=EVERYTHING), component)
    set_by_chart = {one["name"] for one in container["env"] if one["name"].startswith(("FIREBREAK_", "POD_"))}
    assert set_by_chart == flags - NO_VALUE


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_ports_of_probes_service_and_program_are_one(helm, component):
    rendered = helm.template(OPERATOR)
    container = container_of(rendered, component)
    env = {one["name"]: one.get("value") for one in container["env"]}
    (port,) = container["ports"]
    assert env["FIREBREAK_LISTEN"] == f"0.0.0.0:{port['containerPort']}"
    probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert probes == [{"path": path, "port": port["name"]} for path in ("/livez", "/livez", "/readyz")]
    assert only(rendered, "Service", component)["spec"]["ports"][0]["targetPort"] == port["name"]


def labels_of_pods(rendered: list[dict]) -> dict[str, dict[str, str]]:
    """Of each kind of pod: the operator's, the notifier's, and the one that checks before an uninstall."""
    made = {component: only(rendered, "Deployment", component) for component in COMPONENTS} | {"check": only(rendered, "Job")}
    return {name: one["spec"]["template"]["metadata"]["labels"] for name, one in made.items()}


@pytest.mark.parametrize("component", COMPONENTS)
def test_selectors_choose_the_pods_of_their_program_and_no_other(helm, component):
    rendered = helm.template(OPERATOR, values=EVERYTHING)
    chosen = [only(rendered, "Deployment", component)["spec"]["selector"]["matchLabels"],
              only(rendered, "Service", component)["spec"]["selector"]]
    if component == "controller":
        chosen.append(only(rendered, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"])
    for selector in chosen:
        assert [name for name, labels in labels_of_pods(rendered).items() if selector.items() <= labels.items()] == [component]


def may_reach(rendered: list[dict], labels: dict[str, str]) -> list[dict]:
    """What the NetworkPolicies together let a pod with these labels reach."""
    policies = [one["spec"] for one in rendered if one["kind"] == "NetworkPolicy"]
    return [rule for policy in policies if is_chosen(policy["podSelector"], labels) for rule in policy["egress"]]


def is_chosen(selector: dict, labels: dict[str, str]) -> bool:
    others = selector.get("matchExpressions", [])
    assert all(other["operator"] == "NotIn" for other in others)
    return (selector["matchLabels"].items() <= labels.items()
            and all(labels.get(other["key"]) not in other["values"] for other in others))


def test_only_the_operator_reaches_credentials_and_only_the_notifier_where_channels_lead(helm):
    """Network policies add up."""
    places = {name: [{"ipBlock": {"cidr": f"192.0.2.{number}/32"}}] for number, name in enumerate(("aws", "channels"))}
    values = {"networkPolicy": {name: {"to": to, "ports": [443]} for name, to in places.items()}}
    rendered = helm.template(OPERATOR, values=values)
    reached = {name: [rule["to"] for rule in may_reach(rendered, labels)] for name, labels in labels_of_pods(rendered).items()}
    agent = [{"ipBlock": {"cidr": "169.254.170.23/32"}}, {"ipBlock": {"cidr": "fd00:ec2::23/128"}}]
    assert reached["controller"] == reached["check"] and reached["controller"][2:] == [places["aws"], agent]
    assert reached["notifier"] == [*reached["controller"][:2], places["channels"]]


def test_without_the_notifier_nothing_of_it_is_rendered_but_its_rights(helm):
    """The roles are data that the operator's `manifests` prints too. Values of an earlier version have no word on it."""
    for values in ({"notifier": {"enabled": False}}, {"notifier": None}):
        rendered = helm.template(OPERATOR, values=values)
        left = {one["kind"] for one in rendered if "notifier" in one["metadata"]["name"]}
        assert left == {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}
        assert len([one for one in rendered if one["kind"] == "Deployment"]) == 1


def test_the_notifier_has_its_own_account_and_no_place_for_an_aws_role(helm):
    rendered = helm.template(OPERATOR, values=EVERYTHING)
    account, pod = only(rendered, "ServiceAccount", "notifier"), only(rendered, "Deployment", "notifier")["spec"]["template"]["spec"]
    assert "annotations" not in account["metadata"]
    assert pod["serviceAccountName"] == account["metadata"]["name"] == "firebreak-notifier"
    names = {one["name"] for one in pod["containers"][0]["env"]}
    assert "RUST_BACKTRACE" in names and not [name for name in names if name.startswith("AWS_")]


@pytest.mark.parametrize("component", COMPONENTS)
def test_prometheus_finds_the_metrics_by_the_service(helm, component):
    rendered = helm.template(OPERATOR, values=EVERYTHING)
    monitor, service = only(rendered, "ServiceMonitor", component), only(rendered, "Service", component)
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["metadata"]["namespace"] == service["metadata"]["namespace"]
    assert [one["port"] for one in monitor["spec"]["endpoints"]] == [one["name"] for one in service["spec"]["ports"]]
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


def test_the_service_account_has_a_place_for_its_iam_role_and_may_exist_already(helm):
    account = only(helm.template(OPERATOR, values=EVERYTHING), "ServiceAccount")
    assert account["metadata"]["annotations"] == EVERYTHING["serviceAccount"]["annotations"]
    given = helm.template(OPERATOR, values={"serviceAccount": {"create": False, "name": "terraformed"}})
    assert [one["metadata"]["name"] for one in given if one["kind"] == "ServiceAccount"] == ["firebreak-notifier"]
    assert only(given, "Deployment")["spec"]["template"]["spec"]["serviceAccountName"] == "terraformed"


def test_values_without_machine_users_render_a_policy_that_matches_nobody(helm):
    """Values of an earlier version do not have the key, and `null` takes the default away."""
    def machines(values):
        policies = [one for one in helm.template(OPERATOR, values=values) if one["kind"] == "ValidatingAdmissionPolicy"]
        return re.findall(r"\^\(([^()]*)\)\$", json.dumps(policies)), container_of(helm.template(OPERATOR, values=values))

    for values in ({}, {"operator": {"machineUsers": None}}):
        patterns, container = machines(values)
        assert "" in patterns
        assert "FIREBREAK_MACHINE_USERS" not in [one["name"] for one in container["env"]]
    assert "bot" in machines({"operator": {"machineUsers": ["bot"]}})[0]


def test_the_image_is_pinned_by_digest_where_one_is_given(helm):
    def image(**given):
        return container_of(helm.template(OPERATOR, values={"image": given}))["image"]

    version = yaml.safe_load((OPERATOR / "Chart.yaml").read_text())["appVersion"]
    digest = EVERYTHING["image"]["digest"]
    assert image(repository="mirror.example/firebreak") == f"mirror.example/firebreak:{version}"
    assert image(tag="1.2.3").endswith("/firebreak:1.2.3")
    assert image(tag="1.2.3", digest=digest).endswith(f"/firebreak@{digest}")


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["default", "everything"])
def test_the_api_server_accepts_what_is_rendered_field_by_field(helm, kubectl, namespace, values):
    """Strictly: a field that it does not know is an error."""
    known = [one for one in helm.template(OPERATOR, "--namespace", namespace, values=values)
             if one["kind"] != "ServiceMonitor"]
    crds = helm.template(CRDS)
    give = {"apiVersion": "v1", "kind": "List", "items": [*crds, *known]}
    said = kubectl("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", "-",
                   give=give)
    assert said.count("serverside-applied (server dry run)") == len(crds) + len(known)


@pytest.mark.parametrize("kind, component", [("Deployment", "controller"), ("Deployment", "notifier"), ("Job", "controller")])
def test_each_pod_meets_the_restricted_pod_security_standard(helm, kubectl, namespace, kind, component):
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    template = only(helm.template(OPERATOR), kind, component)["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", **template, "metadata": {"name": "one", "namespace": namespace}}
    kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", give=pod)
    pod["spec"]["containers"][0]["securityContext"].pop("capabilities")
    assert "violates PodSecurity" in kubectl("create", "--dry-run=server", "-f", "-", give=pod, fails=True)


def test_versions_are_those_of_the_workspace():
    workspace = re.search(r'^version = "(.+)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE).group(1)
    for chart in (CRDS, OPERATOR):
        about = yaml.safe_load((chart / "Chart.yaml").read_text())
        assert (about["version"], about["appVersion"]) == (workspace, workspace)
