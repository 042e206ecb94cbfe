"""The how-to of sharing a workbook goes as it is shown: made, verified, made for an executive, refreshed.

The reader is one of flesh: a table of a page that says what to type is typed in LibreOffice.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from regard.excel.read import read
from regard.excel.seal import broken, unsealed
from regard.excel.verify import verify
from tests.docs.test_tutorial import Reader
from tests.excel.office import at_the_desk
from tests.workspace.outages import five

HOW_TO = Path(__file__).parents[2] / "docs/how-to"
TYPED = re.compile(r"^\| `(\w+)` \| (\S+) \|$", re.MULTILINE)
TARGETS = 'targets:\n  - {metric: cml_w, hi: 100, source: "board"}\n'
pytestmark = pytest.mark.slow  # a workbook is made three times, LibreOffice opened twice


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
