"""Rows as they were loaded, gathered for the data sheets of a workbook: what may leave, customers by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.catalog.boards import boards
from regard.excel.records import Field, Loaded
from regard.excel.sheets.union import UNIX
from regard.expr import Type
from regard.model.tables import SPINE
from regard.sql import records as sql
from regard.workspace.rows import HIDDEN, OPEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from regard.model import Column, Table
    from regard.workspace.asking import Asking

MOST_ROWS = 20_000
"""Rows of all tables up to which a workbook shows them with every column that may leave."""
DAY_US = 86_400_000_000
CUSTOMER = "customer"
STYLES: Mapping[Type, str] = {Type.INSTANT: "instant", Type.NUMBER: "general"}


def few(asking: Asking) -> bool:
    """Whether a snapshot has few rows in all."""
    total = 0
    for name in _tables(asking):
        [found] = asking.rows(sql.counted(asking.relations.name(name)))
        total += found["n"]
    return total <= MOST_ROWS


def loaded(asking: Asking, days: tuple[date, date], *, every: bool, named: bool) -> tuple[Loaded, ...]:
    """Return the rows of some days.

    Args:
        asking: the snapshot.
        days: first local day, and the day after the last.
        every: whether all tables are shown with every column that may leave; else the few columns of
            `Boards.data`.
        named: whether customers bear their keys.
    """
    calendar = asking.workspace.calendar
    span = calendar.midnight(days[0]), min(asking.until, calendar.midnight(days[1]))
    chosen = {name: _open(table) for name, table in _tables(asking).items()} if every else boards().data
    asking.relations.name("party")
    found = []
    for name, columns in chosen.items():
        table = asking.workspace.catalogue.tables[name]
        statement = sql.loaded(table, columns, named=named)
        asking.relations.name(name)
        values = asking.columns(statement, since=span[0], until=span[1])
        if values and values[0]:
            left_out = _left_out(table, columns, every=every, named=named)
            fields = tuple(_field(table, column, own) for column, own in zip(columns, values, strict=True))
            found.append(Loaded(table=name, means=table.means, grain=table.grain, fields=fields, left_out=left_out))
    return tuple(found)


def _tables(asking: Asking) -> dict[str, Table]:
    """Return the loaded tables whose rows happened at some time and can be cut by something, without the customers.

    What describes a customer would tell the groups of few people that the cubes leave out.
    """
    versions = asking.snapshot.tables
    return {
        name: table
        for name, table in asking.workspace.catalogue.tables.items()
        if (table.at or table.over) and table.dims and table.id != table.party and versions.get(name) is not None
    }


def _open(table: Table) -> tuple[str, ...]:
    """Return the columns that may leave: nothing personal, no text of its own, no key of another row."""

    def may(name: str, column: Column) -> bool:
        ours = name in SPINE or name in HIDDEN
        free = column.type is Type.TEXT and not column.few
        return not (ours or free or column.refers) and column.sensitivity in OPEN

    columns = table.columns.items()
    return tuple(name for name, column in columns if name == table.party or may(name, column))


def _field(table: Table, name: str, values: Sequence[Any]) -> Field:
    column = table.columns[name]
    if name == table.party:
        return Field(
            name=CUSTOMER, means="Who: the customer's number in this workbook.", style="general", values=values
        )
    if column.type is Type.INSTANT:
        values = [None if at is None else (at + UNIX) / DAY_US for at in values]
    return Field(name=name, means=column.means, style=STYLES.get(column.type, "text"), values=values)


def _left_out(table: Table, columns: Sequence[str], *, every: bool, named: bool) -> str:
    """Return what is said of the columns that are not shown."""
    hidden = len(table.columns) - len(columns)
    who = "" if named or not table.party else " Customers are numbered."
    why = "Keys, texts and what is personal are left out."
    if not every:
        shown = sum(map(len, boards().data.values()))
        why = f"Of many rows only {shown} columns are shown in all sheets: {hidden} of this table are left out."
    return f"Times are UTC.{who} {why} Figures are read from the cubes, not from here."
