"""After all rows are put aside: what only shows when they are seen together, and with what the lake has."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from regard.expr import Type
from regard.sources import quarantine
from regard.sql import mapping as sql
from regard.sql.mapping import ADDED, own_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.lake import Lake
    from regard.model import Table
    from regard.sources.stage import Position, Stage

QUESTION = ("invite_id", "question_id")
"""Columns that make one answer one (R042)."""


@dataclass(slots=True)
class Crossing:
    """What the tests over several rows found.

    Attributes:
        rejects: source -> rejects, besides those that were put aside.
        refused: source -> rows turned away by them.
        notes: (source, table, note) -> rows left out that are no fault: `repeated`, `updated`.
        doubles: stored answers that a later one replaces: (source, source_id, id of the one that is kept).
    """

    rejects: dict[str, list[quarantine.Reject]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    notes: dict[tuple[str, str, str], int] = field(default_factory=dict)
    doubles: list[tuple[str, str, str]] = field(default_factory=list)


class Crossed:
    """Relations over everything that was put aside, and the tests on them."""

    def __init__(
        self,
        stages: list[tuple[Stage, Position]],
        tables: Mapping[str, Table],
        lake: Lake,
        connection: Any,  # noqa: ANN401 - a DuckDB connection, which only the lake may name
    ) -> None:
        """Make `staged <table>` for each table that has rows put aside, and `stored <table>` for what the lake has."""
        self.stages, self.tables, self.lake, self.connection = stages, tables, lake, connection
        self.groups: dict[str, list[tuple[str, list[str]]]] = {}
        for stage, position in stages:
            for place, mapping in enumerate(stage.source.mappings):
                files = stage.files(place, position)
                if files:
                    self.groups.setdefault(mapping.table, []).append((stage.source.name, files))
        for name, groups in self.groups.items():
            connection.execute(f'create or replace temp view "staged {name}" as {sql.staged(groups)}')
            connection.execute(f'create or replace temp table "dropped {name}" (source varchar, "$n" bigint)')
        self.result = Crossing()

    def run(self) -> Crossing:
        """Test everything; what fails is in `dropped <table>` too, so that `rows` leaves it out."""
        for name in self.groups:
            self._keys(self.tables[name])
        for name in self.groups:
            if all(column in self.tables[name].columns for column in QUESTION):
                self._answers(self.tables[name])
        for name in self.groups:
            self._references(self.tables[name])
            self._registers(self.tables[name])
        return self.result

    def rows(self, table: Table) -> pa.RecordBatchReader:
        """Return the rows of a table that are left, without the stamps of the load."""
        own = [name for name in table.columns if name not in ADDED]
        query = sql.kept(f'"staged {table.name}"', f'"dropped {table.name}"', own)
        return self.connection.sql(query).to_arrow_reader(131_072)

    def count(self, table: str) -> dict[str, int]:
        """Return source -> rows of a table that are left."""
        return dict(self.connection.execute(sql.left(f'"staged {table}"', f'"dropped {table}"')).fetchall())

    # -- tests ----------------------------------------------------------------------------------------------------

    def _keys(self, table: Table) -> None:
        own = [name for name in table.columns if name not in ADDED]
        found = self.connection.sql(sql.keyed(f'"staged {table.name}"', own)).to_arrow_table()
        if not found.num_rows:
            return
        for source, what in zip(found.column("source").to_pylist(), found.column("what").to_pylist(), strict=True):
            if what != "duplicate-key":
                key = (source, table.name, what)
                self.result.notes[key] = self.result.notes.get(key, 0) + 1
        self._reject(
            table, found.filter(pa.compute.equal(found.column("what"), "duplicate-key")), "duplicate-key", "id"
        )
        self._drop(table, found)

    def _answers(self, table: Table) -> None:
        self._store(table)
        query = sql.answered(f'"staged {table.name}"', f'"dropped {table.name}"', f'"stored {table.name}"')
        found = self.connection.sql(query).to_arrow_table()
        if not found.num_rows:
            return
        doubles = found.to_pylist()
        mine = sql.of_sources(f'"stored {table.name}"', f'"staged {table.name}"')
        stored = set(self.connection.execute(mine).fetchall())
        for row in doubles:
            if row["$n"] is None or (row["source"], row["source_id"]) in stored:
                self.result.doubles.append((row["source"], row["source_id"], row["kept"]))
        new = found.filter(pa.compute.is_valid(found.column("$n")))
        self._reject(table, new, "duplicate-response", "question_id")
        self._drop(table, new)

    def _references(self, table: Table) -> None:
        for name, column in table.columns.items():
            target = self.tables.get(column.refers)
            if target is None or column.type is not Type.TEXT or not own_id(target):
                continue
            own = own_id(target)
            self._store(target)
            self._store(self.tables["quarantine"])
            # A row that was turned away is still a row that is: what refers to it is at no fault.
            known = [
                sql.ids(f'"stored {target.name}"', own),
                sql.ids('"stored quarantine"', "row_id", target.name),
            ]
            if target.name in self.groups:
                known.append(sql.ids(f'"staged {target.name}"', own))
            rejects = [file for stage, position in self.stages for file in stage.turned_away(position)]
            if rejects:
                known.append(sql.ids(f"({sql.landed(rejects)})", "row_id", target.name))
            found = self.connection.sql(sql.referring(f'"staged {table.name}"', name, known)).to_arrow_table()
            if found.num_rows:
                self._reject(table, found, "missing-reference", name)
                self._drop(table, found)

    def _registers(self, table: Table) -> None:
        register = self.tables.get("code")
        coded = [(name, column.code) for name, column in table.columns.items() if column.code]
        if register is None or not coded or table.name == "code":
            return
        self._store(register)
        codes = 'select dimension, code from "stored code"'
        if "code" in self.groups:
            codes += ' union select dimension, code from "staged code"'
        self.connection.execute(f"create or replace temp view register as {codes}")
        for name, dimension in coded:
            query = sql.uncoded(f'"staged {table.name}"', name, dimension, "register")
            found = self.connection.sql(query).to_arrow_table()
            if found.num_rows:
                self._reject(table, found, "unknown-code", name)
                self._drop(table, found)

    # -- what they share ------------------------------------------------------------------------------------------

    def _store(self, table: Table) -> None:
        self.lake.view(self.connection, table, self.lake.version(table.name), name=f"stored {table.name}")

    def _drop(self, table: Table, found: pa.Table) -> None:
        self.connection.register("found", found.select(["source", "$n"]))
        self.connection.execute(sql.dropping("found", f'"dropped {table.name}"'))
        self.connection.unregister("found")

    def _reject(self, table: Table, found: pa.Table, rule: str, name: str) -> None:
        """Keep rejects with the rows as they came, which are read once more."""
        if not found.num_rows:
            return
        self.connection.register("found", found.select(["source", "$n"]))
        # One row may be refused by several of these rules; it counts once.
        for source, count in self.connection.execute(sql.fresh("found", f'"dropped {table.name}"')).fetchall():
            self.result.refused[source] = self.result.refused.get(source, 0) + count
        rows = self.connection.sql(sql.chosen(f'"staged {table.name}"', "found")).to_arrow_table().to_pylist()
        self.connection.unregister("found")
        own = own_id(table)
        for stage, position in self.stages:
            mine = [row for row in rows if row["source"] == stage.source.name]
            if not mine:
                continue
            raws = stage.raw_rows({row["$row"] for row in mine if not stage.collapsed(row["$n"])}, position)
            for row in mine:
                column = table.columns.get(name)
                value = (
                    row["source_id"] if name == "id" else quarantine.said(row[name], column.type if column else None)
                )
                raw = raws.get(row["$row"]) or json.dumps(_mapped(row), ensure_ascii=False, default=str)
                reject = quarantine.Reject(
                    table.name,
                    rule,
                    name,
                    value,
                    row["$file"],
                    row["$line"],
                    raw,
                    str(row.get(own) or row["source_id"]),
                )
                self.result.rejects.setdefault(stage.source.name, []).append(reject)


def _mapped(row: Mapping[str, object]) -> dict[str, object]:
    return {
        key: value for key, value in row.items() if value is not None and not key.startswith("$") and " " not in key
    }
