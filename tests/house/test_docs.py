"""The documentation is true: links lead somewhere and examples give what they say."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("examples/**/*.md")])
RUN = [page for page in PAGES if re.search(r"^>>> ", page.read_text(), re.MULTILINE)]


def name(page: Path) -> str:
    """Return a path as a reader would say it."""
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """Return a page without its code and comments, where a bracket is no link."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"<!--.*?-->|`[^`\n]*`(?!\])", "", text, flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the names of a page's headings, as they are written in links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    """Every relative link of a page names a file that exists and, after a #, a heading in it."""
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            dead.append(target)
    assert dead == []


@pytest.mark.parametrize("page", RUN, ids=name)
def test_examples_give_what_they_say(page):
    """Every line that a page shows at a Python prompt prints what the page says it prints."""
    examples = doctest.DocTestParser().get_doctest(page.read_text(), {"__name__": "docs"}, name(page), str(page), 0)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples, out=report.append)
    assert result.failed == 0, "".join(report)
    assert result.attempted > 0


def test_some_page_is_run():
    """The page that explains the one rule shows it running."""
    assert "docs/explanation/how-it-works.md" in map(name, RUN)


def test_every_page_is_reached():
    """Every page of docs is linked from another page: a page that nobody can find is not documentation."""
    reached = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(page))
        if not re.match(r"[a-z]+:", target)
    }
    assert [
        name(page)
        for page in PAGES
        if page.is_relative_to(ROOT / "docs") and page not in reached | {ROOT / "docs/index.md"}
    ] == []


def test_every_decision_is_listed():
    """Each decision record has its own number and stands in the index under it."""
    records = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    numbers = [record.name[:4] for record in records]
    assert len(set(numbers)) == len(numbers)
    index = (ROOT / "docs" / "adr" / "index.md").read_text()
    assert [record.name for record in records if f"[{record.name[:4]}]({record.name})" not in index] == []


def test_make_targets_in_the_docs_exist():
    """Every `make` command that a page names is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = {word for page in PAGES for word in re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.MULTILINE)}
    assert told
    assert told <= targets
