"""The recipes of `docs/how-to/map-incidents.md`: each export is loaded by its mapping into the rows shown."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from regard.workspace import Workspace

PAGE = Path(__file__).parents[2] / "docs/how-to/map-incidents.md"
BLOCK = re.compile(r"^```(?:csv|jsonl|yaml)\n# (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SETTINGS = 'name = "Recipes"\nzone = "UTC"\nuntil = "2026-04-01"\n'


def recipes():
    """Return the sections that show files, by their headings."""
    sections = re.split(r"^## (.*)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    shown = {title: BLOCK.findall(text) for title, text in zip(sections[::2], sections[1::2], strict=True)}
    return {title: blocks for title, blocks in shown.items() if blocks}


RECIPES = recipes()


def said(value):
    """Return a cell as the page writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_gives_the_rows_it_shows(tmp_path, title):
    """Nothing is turned away, nothing in the text is a mistake, and the rows are those of the page, all of them."""
    (tmp_path / "regard.toml").write_text(SETTINGS)
    files = [(name, text) for name, text in RECIPES[title] if "/" in name]
    for name, text in files:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# {name}\n{text}" if name.endswith(".yaml") else text, encoding="utf-8")
    workspace = Workspace.open(tmp_path)
    assert workspace.check() == []
    assert workspace.load().refused == 0

    shown = [(name, list(csv.DictReader(text.splitlines()))) for name, text in RECIPES[title] if "/" not in name]
    assert shown
    for name, rows in shown:
        table = workspace.catalogue.tables[name]
        connection = workspace.lake.connect()
        workspace.lake.view(connection, table, workspace.lake.version(name))
        instants = {column.name for column in table.columns.values() if column.type.name == "INSTANT"}
        made = connection.sql(f'select * from "{name}"').to_arrow_table().to_pylist()
        got = [
            {column: instant(row[column]) if column in instants else said(row[column]) for column in rows[0]}
            for row in made
        ]
        assert sorted(got, key=str) == sorted(rows, key=str)


def instant(micros):
    """Return an instant as the page writes it."""
    if micros is None:
        return ""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


def test_there_is_a_recipe_for_every_kind_of_export():
    """Ten: page, tracker, split feed, stages, telemetry, tickets, and the affected by list, filter, share and count."""
    assert len(RECIPES) == 10
