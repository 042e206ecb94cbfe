"""The how-tos of the workbook go as they are shown: made, shared, edited in LibreOffice by hand, sent back, reviewed.

One company and one workbook serve all four pages, in the order in which a reader would come to them.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from regard.errors import WorkbookError
from regard.excel.package import Package
from regard.excel.read import read, where
from regard.excel.seal import broken, unsealed
from regard.excel.verify import verify
from regard.workspace import Workspace
from regard.workspace.proposal import propose
from regard.workspace.workbook import refreshed
from tests.docs.test_tutorial import Reader
from tests.excel.office import at_the_desk
from tests.workspace.outages import five

HOW_TO = Path(__file__).parents[2] / "docs/how-to"
TYPED = re.compile(r"^\| `(\w+)` \| (\S+) \|$", re.MULTILINE)
TARGETS = 'targets:\n  - {metric: cml_w, hi: 100, source: "board"}\n'
pytestmark = pytest.mark.slow  # a workbook is made three times, LibreOffice opened six times


class Person(Reader):
    """A reader who also has a spreadsheet program, and does there what a table of a page says."""

    def __init__(self, home: Path) -> None:
        """Sit down; the commands are those of the code beside these tests."""
        super().__init__(home)
        self.environment["PYTHONPATH"] = str(HOW_TO.parents[1] / "src")

    def goes_through(self, name: str) -> list[str]:
        """Do what a page says, in order; return each line that it shows and that did not come."""
        text = (HOW_TO / name).read_text(encoding="utf-8")
        typed = dict(TYPED.findall(text))
        head, rows, tail = text.partition("| go to | type |")
        page = self.here.parent / name
        page.write_text(head)
        missing = self.follow(page)
        if rows:
            assert typed
            at_the_desk(self.here.parent, self.here / "company.xlsx", save=self.here / "ana.xlsx", type_=typed)
            page.write_text(tail)
            missing += self.follow(page)
        return missing


@pytest.fixture(scope="module")
def person(tmp_path_factory):
    """Return the reader in a company of five customers, in git, with a workbook already shared."""
    person = Person(tmp_path_factory.mktemp("share") / "home")
    folder = person.here / "company"
    folder.mkdir()
    person.here = five(folder).load().root
    (person.here / "policies").mkdir(exist_ok=True)
    (person.here / "policies" / "targets.yaml").write_text(TARGETS)
    for command in ("git init --quiet", "git config user.name Ana", "git config user.email ana@example.org"):
        person.type(command)
    return person


@pytest.fixture(scope="module")
def shared(person):
    """Return the reader after the first page, with what the page promised in vain."""
    return person, person.goes_through("share-a-workbook.md")


@pytest.fixture(scope="module")
def tried(shared):
    """Return the reader after the second page, likewise."""
    person, _ = shared
    return person, person.goes_through("try-a-different-weight.md")


def test_a_workbook_is_shared_as_shown(shared):
    """It is made, verified, made for an executive, and refreshed."""
    person, missing = shared
    assert missing == []
    book = read(person.here / "company.xlsx")
    assert broken(book, unsealed(book)) == []
    assert len(book.pages) > 50


def test_an_executive_gets_few_sheets_and_no_rows(shared):
    """At most six, no tables; what the formulas that are left give is what the file says."""
    person, _ = shared
    board = read(person.here / "board.xlsx")
    assert 1 < len(board.pages) <= 6
    assert board.tables == {}
    assert verify(person.here / "board.xlsx").good
    assert board.outside == []


def test_refreshing_with_nothing_new_changes_no_part(shared, tmp_path):
    """The same data: the same bytes, part by part, but for what says when it was made."""
    person, _ = shared
    path = person.here / "company.xlsx"
    assert refreshed(Workspace.open(person.here), path, tmp_path / "again.xlsx") == 0
    one, other = Package(path), Package(tmp_path / "again.xlsx")
    assert {part: other.read(part) for part in other.parts} == {part: one.read(part) for part in one.parts}


def test_a_weight_is_tried_as_shown(tried):
    """Typed into the cells that the page names; the diff tells exactly that."""
    person, missing = tried
    assert missing == []
    assert (person.here / "ana.xlsx").is_file()


def test_it_is_sent_back_as_shown(tried):
    """Three weights and a target edited as a person would: a draft with exactly those, their effect; then adopted."""
    person, _ = tried
    workspace = Workspace.open(person.here)
    sealed = unsealed(read(person.here / "ana.xlsx")).inputs
    target = next(one for one in sealed if one.kind == "target" and one.key == "hi" and one.subject == "cml_w")
    cell = where(target.sheet, (target.row, target.column))
    back = person.here / "bo.xlsx"
    at_the_desk(person.here.parent, person.here / "ana.xlsx", save=back, type_={cell: "60"})
    draft = propose(workspace, back)
    assert sorted(str(one.value) for one in draft.edits) == ["0.0", "0.25", "0.4", "60.0"]
    before, after = (
        ws.ask("cml_w", start="2026-03-01", end="2026-04-01")[0].cells[0]
        for ws in (workspace, drafted(workspace, draft))
    )
    effect = next(one for one in draft.effects if (one.metric, one.period, dict(one.dims)) == ("cml_w", "2026-03", {}))
    assert (effect.was, effect.now) == (before.estimate.value, after.estimate.value)
    assert (effect.was_status, effect.now_status) == (before.status, after.status)
    assert effect.was != effect.now

    # A formula changed as well: refused, with the cell named, and nothing is written.
    page, at, _ = next(one for one in read(back).formulas() if one[0].state == "visible")
    tampered = person.here / "tampered.xlsx"
    at_the_desk(person.here.parent, back, save=tampered, type_={where(page.name, at): "=1+1"})
    with pytest.raises(WorkbookError, match=re.escape(f"{where(page.name, at)}: its formula now reads =1+1")):
        propose(workspace, tampered)

    assert person.goes_through("send-it-back.md") == []


def drafted(workspace, draft):
    """Return the workspace with the draft laid over it."""
    folder = draft.write(workspace.root)
    return workspace.drafted(folder)


def test_it_is_reviewed_in_git_as_shown(tried):
    """The diff driver shows one line a change; the tests beside the workbook run."""
    person, _ = tried
    assert person.goes_through("review-a-workbook-in-git.md") == []
