"""The pages in docs/, as tests read them: tables, and the commands that they show."""

import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def table(text: str, first: str) -> list[list[str]]:
    """The rows of the tables whose first heading is `first`, cell by cell; `\\|` is a bar within a cell."""
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in text.splitlines()
            if line.startswith("|") or not line]
    found, inside = [], False
    for row in rows:
        inside = row[0] == first or (inside and row != [""])
        if inside and row[0] != first and not set(row[0]) <= {"-"}:
            found.append(row)
    return found


def anchors(path: pathlib.Path) -> set[str]:
    """What the headings of a page are linked by."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands() -> list[tuple[str, str]]:
    """Each `kubectl firebreak ...` with the name of its page, as far as the line, the code span or the comment goes."""
    shown = [(path, line) for path in PAGES for line in path.read_text().splitlines()]
    found = [(path, said) for path, line in shown for said in re.findall(r"kubectl firebreak ([^`#;&|()]+)", line)]
    return [(path.relative_to(ROOT).as_posix(), said) for path, said in found]


def manifests() -> list[tuple[str, dict]]:
    """Each Firebreak object in a page's YAML or in a file of examples/, with the name of where it stands."""
    texts = [(path, text) for path in PAGES for text in re.findall(r"```yaml\n(.*?)```", path.read_text(), re.DOTALL)]
    texts += [(path, path.read_text()) for path in sorted((ROOT / "examples").rglob("*.yaml"))]
    loaded = [(path.relative_to(ROOT).as_posix(), one) for path, text in texts for one in yaml.safe_load_all(text)]
    return [(where, one) for where, one in loaded if isinstance(one, dict) and _ours(one)]


def _ours(one: dict) -> bool:
    return one.get("apiVersion", "").startswith("firebreak.dev/")


def unknown(value, schema: dict, path: str = "") -> list[str]:
    """Fields that the schema does not have, and such as it requires and are not there."""
    if isinstance(value, list):
        return [said for one in value for said in unknown(one, schema.get("items", {}), f"{path}[]")]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    known = schema["properties"]
    wrong = [f"{path}.{name}" for name in value if name not in known]
    wrong += [f"{path}.{name} is missing" for name in schema.get("required", []) if name not in value]
    return wrong + [said for name in value.keys() & known.keys()
                    for said in unknown(value[name], known[name], f"{path}.{name}")]
