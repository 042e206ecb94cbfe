"""The workbook of a company with many rows stays small, and its data sheets hold nothing personal (R112, R130)."""

from __future__ import annotations

from collections import Counter

import pytest

from regard.errors import QuestionError
from regard.excel.book import Formula
from regard.excel.sheets.loaded import ROWS
from regard.excel.write import written
from regard.model.tables import SPINE
from regard.workspace.asking import Asking
from regard.workspace.loaded import few, loaded
from regard.workspace.workbook import MOST_FORMULAS, MOST_LIVE, gather

COLUMNS = 16


def formulas(book):
    """How many formulas each sheet has."""
    return Counter(sheet.name for sheet in book.sheets for _, value in written(sheet) if isinstance(value, Formula))


def test_formulas_have_a_budget(compiled):
    """What no assumption touches is a value; what one touches is worked out by kind of row where kinds are few."""
    found = formulas(compiled)
    assert sum(found.values()) < MOST_FORMULAS
    beside = sum(count for name, count in found.items() if name.startswith("Cube "))
    assert 0 < beside <= MOST_LIVE
    assert any(name.startswith("Live ") for name in found)


def test_many_rows_stand_in_few_columns(harbor, gathered, compiled):
    """Values only, 16 columns in all sheets together, and the sheet says that it was cut."""
    assert not few(Asking(harbor))
    assert gathered.records.every_column is False
    sheets = [sheet for sheet in compiled.sheets if sheet.name.startswith(f"{ROWS} ")]
    tables = [table for sheet in sheets for table in sheet.tables]
    assert len(sheets) > 1
    assert sum(len(table.columns) for table in tables) <= COLUMNS
    assert all(not column.formula for table in tables for column in table.columns)
    assert all("left out" in sheet.purpose for sheet in sheets)


@pytest.fixture(scope="module")
def every(harbor, gathered):
    """All rows that may leave."""
    days = gathered.periods[0].start, gathered.periods[-1].end
    return {one.table: one for one in loaded(Asking(harbor), days, every=True, named=False)}


def test_rows_hold_every_column_that_may_leave(harbor, every):
    """No personal column, no text of its own, no key, nothing that describes the customers; customers by number."""
    tables = harbor.catalogue.tables
    assert {"response", "case", "order", "impact"} <= set(every)
    assert "party" not in every
    for one in every.values():
        columns = tables[one.table].columns
        names = [field.name for field in one.fields]
        assert len(names) > 1
        assert not set(names) & {*SPINE, "bucket", "source_party", "text", "assignee"}
        assert all(columns[name].sensitivity in ("public", "internal") for name in names if name != "customer")
    customers = [who for who in every["order"].fields[0].values if who is not None]
    assert max(customers) < 10_000


def test_rows_are_those_that_were_loaded(harbor, gathered, every):
    """Of the days of the workbook, each once; an instant is the day that a sheet counts."""
    asking = Asking(harbor)
    asking.relations.name("order")
    since, until = (harbor.calendar.midnight(day) for day in (gathered.periods[0].start, gathered.periods[-1].end))
    [row] = asking.rows(
        'select count(*) as n, min(ordered_at) as first, sum(net) as net from "order" '
        "where ordered_at >= $since and ordered_at < least($until, $cut)",
        since=since, until=until, cut=asking.until,
    )  # fmt: skip
    fields = {field.name: field.values for field in every["order"].fields}
    assert len(fields["net"]) == row["n"]
    assert sum(fields["net"]) == pytest.approx(row["net"])
    assert min(fields["ordered_at"]) == pytest.approx(row["first"] / 86_400_000_000 + 25_569)


def test_rows_are_of_everybody(harbor):
    """Rows of a part are refused, and the message says what to leave out."""
    with pytest.raises(QuestionError, match="leave out --rows"):
        gather(harbor, where="segment = 'family'", rows=True)
