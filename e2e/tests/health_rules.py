"""The health rules in examples/gitops, and what each tool makes of an object by them."""

import json
import pathlib
import subprocess

import gitops_build
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "gitops"
KINDS = ("Quarantine", "TrafficPolicy", "Incident", "FailoverPlan", "Playbook", "FindingSource", "NotificationChannel", "AwsAccount")


def kustomization(name: str) -> dict:
    """A Flux Kustomization of the examples: `responses` or `accounts`."""
    return yaml.safe_load((EXAMPLES / "flux" / f"{name}.yaml").read_text())


def expressions() -> list[dict]:
    """Those of all shipped Kustomizations."""
    return [rule for name in ("responses", "accounts") for rule in kustomization(name)["spec"]["healthCheckExprs"]]


def scripts() -> dict[str, str]:
    """By group and kind, as Argo CD looks them up."""
    return {f"firebreak.dev/{kind}": script(kind) for kind in KINDS}


def script(kind: str) -> str:
    return (EXAMPLES / "argocd" / f"{kind.lower()}.lua").read_text()


def verdicts(objects: list[dict]) -> list[dict]:
    """For each object what `kstatus`, `flux` and `argocd` say: a status and a message."""
    case = {"objects": objects, "healthCheckExprs": expressions(), "healthScripts": scripts()}
    done = subprocess.run([gitops_build.judge()], input=json.dumps(case), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def table(kind: str) -> dict[str, tuple[str, str, str]]:
    """What docs/gitops.md promises: state -> kstatus, Flux, Argo CD."""
    section = (ROOT / "docs" / "gitops.md").read_text().split(f"### {kind}\n")[1].split("\n#")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: tuple(row[1:4]) for row in rows[2:]}
