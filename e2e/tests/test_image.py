"""The Dockerfile, as far as it can be judged without an engine: what it is built from, who it runs as, what it holds."""

import json
import re

import pytest
import yaml
from people import ROOT


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its arguments in one line, and arguments that have a default filled in."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    found = [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]
    defaults = dict(rest.split("=", 1) for word, rest in found if word == "ARG")
    return [(word, re.sub(r"\$\{(\w+)\}", lambda name: defaults[name[1]], rest)) for word, rest in found]


def stages() -> list[list[tuple[str, str]]]:
    parted: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            parted.append([])
        if parted:
            parted[-1].append((word, rest))
    return parted


@pytest.fixture
def last() -> dict[str, str]:
    """The last stage: what the image is. Instructions that come once."""
    return dict(stages()[-1])


def test_it_is_built_by_the_compiler_of_the_workspace_and_made_of_nothing_else(last):
    (channel,) = re.findall(r'^channel = "(.+)"', (ROOT / "rust-toolchain.toml").read_text(), re.MULTILINE)
    image = rf"docker\.io/library/rust:{re.escape(channel)}-alpine\d+\.\d+@sha256:[0-9a-f]{{64}} AS build"
    assert re.fullmatch(image, stages()[0][0][1])
    assert last["FROM"] == "scratch"
    assert "RUN" not in last and len(stages()) == 2


def test_it_is_not_root_by_number(last):
    user, group = last["USER"].split(":")
    assert int(user) >= 1000 and int(group) >= 1000


def test_it_runs_the_operator_that_the_workspace_builds(last):
    (entrypoint,) = json.loads(last["ENTRYPOINT"])
    copied = [rest.split() for word, rest in stages()[-1] if word == "COPY"]
    (source,) = [one[1] for one in copied if one[-1] == entrypoint]
    manifest = (ROOT / "controller" / "Cargo.toml").read_text()
    (package,) = re.findall(r'^\[package\]\nname = "(.+)"', manifest, re.MULTILINE)
    assert (ROOT / "controller" / "src" / "main.rs").exists()
    assert entrypoint == f"/{package}" and source == f"/src/target/release/{package}"
    build = dict(stages()[0])["RUN"]
    assert f"--bin {package}" in build and "--locked" in build and "--release" in build


def test_it_knows_whom_to_trust(last):
    copied = [rest for word, rest in stages()[-1] if word == "COPY"]
    assert any(rest.endswith(" /etc/ssl/certs/ca-certificates.crt") for rest in copied)


def test_the_build_gets_all_that_the_workspace_is_made_of_and_no_toolchain_file():
    given = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    members = json.loads(re.search(r"^members = (\[.+\])", (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1])
    source = (ROOT / "controller" / "core" / "src" / "installation.rs").read_text()
    embedded = [f"charts/{path}" for path in re.findall(r'include_str!\("../../../charts/(.+)"\)', source)]
    for path in ["Cargo.toml", "Cargo.lock", "LICENSE", *members, *embedded]:
        assert (ROOT / path).exists()
        assert any(path == one or path.startswith(f"{one}/") for one in given), path
    assert len(embedded) == 4 and "rust-toolchain.toml" not in given


def test_its_version_is_that_of_the_chart():
    version = yaml.safe_load((ROOT / "charts" / "firebreak" / "Chart.yaml").read_text())["appVersion"]
    assert f"VERSION={version}" in [rest for word, rest in stages()[-1] if word == "ARG"]
