"""The pages in docs/, as tests read them: tables, and the commands that they show."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]


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
