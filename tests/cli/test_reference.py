from __future__ import annotations

import re
from pathlib import Path

from regard.catalog import load
from regard.cli.app import COMMANDS
from regard.cli.pages import pages, text

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def test_the_reference_is_current():
    """Every page of docs/reference is what the product says of itself now; `make docs` writes them (R034)."""
    stale = [
        name
        for name, page in pages().items()
        if not (REFERENCE / name).is_file() or (REFERENCE / name).read_text() != page
    ]
    assert stale == []


def test_every_command_is_documented():
    """Each command has its part on the page of commands."""
    heads = re.findall(r"^## (\w+)$", (REFERENCE / "cli.md").read_text(), re.MULTILINE)
    assert [head for head in heads if head in COMMANDS] == list(COMMANDS)


def test_everything_in_the_catalogue_is_documented():
    """Each metric, table, dimension and choice stands in the reference."""
    made, catalogue = pages(), load()
    metrics = "".join(page for name, page in made.items() if name.startswith("metrics/"))
    assert [name for name in catalogue.metrics if f"\n## {name}\n" not in metrics] == []
    assert [name for name in catalogue.tables if f"\n## {name}\n" not in made["tables.md"]] == []
    assert [name for name in catalogue.dimensions if f"| `{name}` |" not in made["dimensions.md"]] == []
    assert [name for name in catalogue.choices if f"\n## {name}\n" not in made["choices.md"]] == []


def test_no_page_names_a_machine():
    """Pages are the same wherever they are written: no path of anybody's machine."""
    here = str(Path(__file__).parents[2])
    assert [name for name, page in pages().items() if here in page] == []


def test_docs_writes_and_checks(run, tmp_path):
    """`regard docs` writes the pages; with --check it writes nothing and says which are stale."""
    assert run("docs", tmp_path).code == 0
    assert run("docs", tmp_path, "--check").out == ""
    (tmp_path / "cli.md").write_text("old")
    told = run("docs", tmp_path, "--check")
    assert (told.code, told.out) == (1, f"not current: {tmp_path / 'cli.md'}\n")
    assert (tmp_path / "cli.md").read_text() == "old"


def test_text_is_no_markup():
    """A definition cannot break a table or make a link."""
    assert text("a|b <i> *c* [d](e)") == r"a\|b &lt;i> \*c\* [d] (e)"
