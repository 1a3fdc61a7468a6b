"""What the project is built from, and who may change it on the way: the workflows, cargo-deny, the base image."""

import re

import pytest
import yaml
from people import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs(name: str) -> dict[str, dict]:
    return yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text())["jobs"]


def commands(job: dict) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit_with_its_version(path):
    used = re.findall(r"uses: (\S+)(.*)", path.read_text())
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_may_only_write_what_it_names(path):
    """And no text from outside is spliced into a script: it comes by the environment."""
    assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}
    for job in jobs(path.name).values():
        assert "${{" not in commands(job)


def test_ci_runs_what_anybody_can_run_and_the_advisories():
    assert ".ci/run" in commands(jobs("ci.yml")["test"])
    assert "make deny" in commands(jobs("ci.yml")["dependencies"])
    deny = re.search(r"^deny:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    assert re.search(r"check advisories licenses bans sources", deny)
    assert "if" not in jobs("ci.yml")["dependencies"], "advisories come without a change of ours: each day too"


def test_a_released_image_is_built_signed_and_attested_by_digest():
    build, publish = (jobs("release.yml")[name] for name in ("build", "publish"))
    assert "--sbom=true --provenance=mode=max" in commands(build)
    assert 'cosign sign --yes --recursive "$IMAGE@$DIGEST"' in commands(publish)
    (attested,) = [step["with"] for step in publish["steps"] if "attest-build-provenance" in step.get("uses", "")]
    assert attested["subject-digest"] == "${{ steps.index.outputs.digest }}"
    assert publish["permissions"]["id-token"] == "write" and "id-token" not in build["permissions"]
