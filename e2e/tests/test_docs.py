"""What the pages promise is what the files say: roles, refusals, reasons and commands. No cluster is needed."""

import pathlib
import re

import docs_pages
import people
import pytest
import yaml
from docs_pages import ROOT

CORE, CLI = ROOT / "controller" / "core" / "src", ROOT / "controller" / "cli" / "src"


def roles() -> dict[str, list[dict]]:
    """The ClusterRoles for people, with their rules."""
    given = [one for one in yaml.safe_load_all(people.manifest("rbac")) if one and one["kind"] == "ClusterRole"]
    programs = ("firebreak-controller", "firebreak-notifier")
    return {one["metadata"]["name"]: one["rules"] for one in given if one["metadata"]["name"] not in programs}


def kinds_of_ours(rules: list[dict]) -> bool:
    return all(rule["apiGroups"] == ["firebreak.dev"] for rule in rules)


def row(name: str, rules: list[dict]) -> list[str]:
    """What the table must say of a role."""
    reads, writes, approver_roles = [], {}, []
    for rule in rules:
        assert rule["apiGroups"] == ["firebreak.dev"]
        if "approve" in rule["verbs"]:
            approver_roles += rule["resourceNames"]
            continue
        if {"get", "list", "watch"} <= set(rule["verbs"]):
            reads += ["everything"] if rule["resources"] == ["*"] else rule["resources"]
        verbs = ", ".join(sorted(set(rule["verbs"]) - {"get", "list", "watch"}))
        writes.setdefault(verbs, []).extend(rule["resources"] if verbs else [])
    said = [f"{', '.join(sorted(kinds))} ({verbs})" for verbs, kinds in writes.items() if verbs]
    return [f"`{name}`", ", ".join(reads), ", ".join(said) or "nothing", ", ".join(approver_roles) or "none"]


def test_the_roles_that_the_docs_promise_are_those_of_the_chart():
    said = docs_pages.table(docs_pages.page("tenancy.md"), "ClusterRole")
    assert said == [row(name, rules) for name, rules in roles().items() if kinds_of_ours(rules)]


def test_beside_its_own_kinds_a_role_only_reads_and_the_docs_say_what():
    page = docs_pages.page("tenancy.md")
    for name, rules in roles().items():
        if not kinds_of_ours(rules):
            assert f"`{name}`" in page
            assert all(set(rule["verbs"]) <= {"get", "list", "watch"} for rule in rules)
            assert all(f"`{kind}`" in page for rule in rules for kind in rule["resources"])


def test_every_role_for_people_is_named_where_they_are_bound():
    notes = (ROOT / "charts" / "firebreak" / "templates" / "NOTES.txt").read_text()
    for page in (docs_pages.page("install.md"), notes):
        missing = [name for name in roles() if name not in page and name.removeprefix("firebreak") not in page]
        assert not missing, missing


def test_the_transcript_of_plan_has_every_line_that_the_command_prints():
    printed = (CLI / "render" / "plan.rs").read_text()
    names = re.findall(r'\("([A-Z][a-z]+)", ', printed) + ["Expiry"]
    transcript = docs_pages.page("cli.md").split("\n## plan\n")[1].split("\nSteps\n")[0]
    assert {"Mode", "Restores", "Target"} <= set(names)
    assert [name for name in names if f"\n  {name} " not in transcript] == []


def templates() -> list[re.Pattern]:
    """Every text that a guard, an approval, the engine or a policy can say, with the variable parts open."""
    sources = [path.read_text() for path in (*CORE.glob("guard/*.rs"), *CORE.glob("engine/**/*.rs"), CORE / "approval.rs")]
    texts = [text for source in sources for text in re.findall(r'"((?:[^"\\]|\\.)*)"', source)]
    open_parts = [re.split(r"\{[^}]*\}", text) for text in texts if len(text) > 20]
    rules = [rule for one in yaml.safe_load_all(people.manifest("admission"))
             for rule in one["spec"].get("validations", [])]
    open_parts += [[rule["message"]] for rule in rules]
    open_parts += [_spoken(rule["messageExpression"]) for rule in rules if "messageExpression" in rule]
    return [re.compile(".+".join(map(re.escape, parts)), re.DOTALL) for parts in open_parts]


def _spoken(expression: str) -> list[str]:
    """The literal parts of a CEL concatenation; what is between and behind them is open."""
    parts = re.findall(r"'([^']*)'", expression)
    return parts if expression.rstrip().endswith("'") else [*parts, ""]


def refusals() -> list[str]:
    section = docs_pages.page("tenancy.md").split("## What a refusal looks like\n")[1].split("\n## ")[0]
    cells = [row[-1] for first in ("who does what", "reason") for row in docs_pages.table(section, first)]
    return [cell.strip("`") for cell in cells if " is forbidden: User " not in cell]


@pytest.mark.parametrize("message", refusals())
def test_each_refusal_in_the_docs_is_one_that_the_code_makes(message):
    assert any(template.fullmatch(message) for template in templates()), message


def test_every_reason_is_explained_once_with_what_to_look_at_and_what_to_do():
    source = (ROOT / "crds" / "src" / "common" / "condition.rs").read_text()
    known = re.findall(r"\w+", source.split("pub enum Reason {")[1].split("}")[0])
    rows = docs_pages.table(docs_pages.page("reasons.md"), "reason")
    assert [row[0].strip("`") for row in rows] == known
    for reason, *cells in rows:
        assert len(cells) == 3 and all(cells), reason


def verbs() -> dict[str, pathlib.Path]:
    """Each verb of the plugin, out of its list, and the file in which its arguments are."""
    enum = (CLI / "args.rs").read_text().split("pub enum Verb {")[1].split("\n}")[0]
    listed = re.findall(r"^    ([A-Z]\w+)(?:\((?:Box<)?cmd::(\w+)::.*)?,", enum, re.M)
    files = {re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower(): file for name, file in listed}
    return {verb: CLI / "cmd" / f"{file or verb}.rs" for verb, file in files.items()}


def flags(verb: str) -> set[str]:
    """The long flags of a verb of the plugin, out of its source."""
    own = verbs()[verb]
    files = [CLI / "args.rs", own, *own.with_suffix("").glob("*.rs"), CLI / "cmd" / "decide.rs"]
    text = "\n".join(path.read_text() for path in files)
    named = re.findall(r"#\[arg\([^]]*\blong\b[^]]*\)\]\s*pub (\w+)", text)
    return {name.replace("_", "-") for name in named} | set(re.findall(r'long = "([a-z-]+)"', text))


@pytest.mark.parametrize("page, said", docs_pages.commands())
def test_each_command_that_is_shown_exists(page, said):
    verb = re.match(r"[a-z-]*", said).group()
    if not verb:
        return
    assert verb in verbs(), f"{page}: {said}"
    assert set(re.findall(r"--([a-z-]+)", said)) <= flags(verb), f"{page}: {said}"


@pytest.mark.parametrize("path", docs_pages.PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_link_leads_nowhere(path):
    text = re.sub(r"`[^`]*`", "", path.read_text())
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", text):
        there = path.parent / target if target else path
        assert "://" in target or there.exists(), target
        assert not anchor or "://" in target or anchor in docs_pages.anchors(there), f"{target}#{anchor}"


@pytest.mark.parametrize("where, given", docs_pages.manifests(), ids=lambda one: one if isinstance(one, str) else one["kind"])
def test_each_manifest_that_is_shown_has_the_fields_of_its_kind(where, given):
    crds = [yaml.safe_load(path.read_text())["spec"] for path in (ROOT / "crds" / "manifests").glob("*.yaml")]
    schemas = {crd["names"]["kind"]: crd["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"] for crd in crds}
    assert docs_pages.unknown(given["spec"], schemas[given["kind"]]) == [], where
