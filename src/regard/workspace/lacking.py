"""What a metric lacks in a snapshot: the tables and columns without which its number would be made of nothing.

A sum of no rows is 0, and so is a count of a column that no source fills; both look like an answer. Whether one may be
given is decided here, for questions, `ready`, pages, reports and workbooks alike: unknown is never zero (ADR 12).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from regard.expr import Call, Literal, Name, Type, conjuncts, walk
from regard.model import Teller
from regard.sql import upkeep
from regard.workspace.freshness import loaded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from regard.expr import Node
    from regard.model import Metric, RowSet, Table
    from regard.model.sources import Source, TableMap
    from regard.workspace.relations import Relations

FILLED = "filled"
"""The name under which the lake keeps what is filled in a table."""
MOST = 3
"""Things lacking that are named."""
ALL = ""
"""Stands for all rows among the columns."""
MONEY, CURRENCY, RATE = "money", "currency", "rate"
"""Unit of amounts, and the columns that say what they were charged in and how they were converted (K62)."""
EVENTS = (Type.INSTANT, Type.TRUTH)
"""Types of columns that say whether something happened: mapped and never filled, it never did."""


@dataclass(frozen=True)
class Lacking:
    """Tells what metrics lack.

    Attributes:
        relations: the tables of a snapshot.
        mapped: what is mapped, for a column that is mapped and blank everywhere tells of events that never happened.
    """

    relations: Relations
    mapped: frozenset[tuple[str, str]]

    def __call__(self, metric: Metric) -> str:
        """Return in words what a metric needs that is not there, "" when nothing is."""
        found: dict[str, None] = {}
        every = read(metric)
        for name, nodes in every.items():
            if self._labels(metric.rows[name], [metric.rows[other] for other in every]):
                continue
            cut = [self._tables[metric.rows[name].table].dims.get(dim, "") for dim in metric.by_default]
            found |= dict.fromkeys(self._of_rows(metric.rows[name], [*nodes, *map(Name, filter(None, cut))]))
        return ", ".join(list(found)[:MOST])

    def _labels(self, rows: RowSet, every: Sequence[RowSet]) -> bool:
        """Whether a row set is of a table without rows that only labels the rows of another, which stand without it.

        Losses recorded without any incident are all there is: no incident is one whose impact nobody knows.
        """
        first, *_ = loaded(self._tables, rows.table)
        if self.filled(first)[ALL] or self._tables[first].party:
            return False
        leading = dict.fromkeys(loaded(self._tables, one.table)[0] for one in every)
        return any(
            self.filled(other)[ALL] and any(column.refers == first for column in self._tables[other].columns.values())
            for other in leading
        )

    def currencies(self, metric: Metric, reported: str) -> tuple[str, ...]:
        """Return what to say beside amounts that are added though they are in other currencies than reports."""
        found: dict[str, None] = {}
        for name, nodes in read(metric).items():
            columns = self._tables[metric.rows[name].table].columns
            names = {part.name for node in nodes for part in walk(node) if isinstance(part, Name)}
            if not any(columns[one].unit == MONEY for one in names if one in columns):
                continue
            for table in loaded(self._tables, metric.rows[name].table):
                written = self.values(table, CURRENCY)
                if len({*written, reported} - {""}) > 1 and written:
                    said = f"Amounts of table {table} in {', '.join(written)} are added as they are"
                    found[f"{said}: map what they are in {reported or 'one currency'}, with its rate."] = None
        return tuple(found)

    # -- a row set ---------------------------------------------------------------------------------------------------

    def _of_rows(self, rows: RowSet, nodes: Sequence[Node]) -> Iterator[str]:
        table, inputs = self._tables[rows.table], loaded(self._tables, rows.table)
        columns, begins = table.columns, table.at or (table.over or ("",))[0]
        # Rows come from the first table that they are made of, where nothing else is said to tell where they begin.
        several = begins in columns and columns[begins].told_by
        bare = not self.filled(inputs[0])[ALL] and not self._sourced(inputs[0])
        if not several and bare and (len(inputs) == 1 or self._nothing(rows)):
            yield f"table {inputs[0]}"
            return
        for test in conjuncts(rows.where):
            if (kinds := self._apart(rows.table, test)) is not None and not kinds[1]:
                yield kinds[0]
                return
        needed: list[tuple[str, ...]] = [(name,) for name in (rows.at, *(rows.over or ())[:1], *(rows.span or ())[:1])]
        needed += [(name,) for test in conjuncts(rows.where) for name in _required(test)]
        needed += [one for node in nodes for one in _together(node)]
        for names in dict.fromkeys(tuple(name for name in one if name in columns) for one in needed):
            tellers = [self.tellers(rows, name) for name in names]
            if tellers and all(one and not any(map(self._tells, one)) for one in tellers):
                yield " or ".join(dict.fromkeys(_said(teller) for one in tellers for teller in one))

    def tellers(self, rows: RowSet, column: str) -> tuple[Teller, ...]:
        """Return what tells a column of a row set's table: as declared, or the columns of that name, or `NAME_at`.

        `returned` of a derived table is made from `returned_at`; `segment` of the ledger from that of cohorts or
        customers.
        """
        table = self._tables[rows.table]
        if declared := table.columns[column].told_by:
            arguments = {**table.arguments, **dict(rows.arguments)}
            return tuple(one for one in declared if not one.argument or arguments.get(one.argument) in one.among)
        # A table that has no rows at all is not what the derived rows were made from.
        inputs = [one for one in loaded(self._tables, rows.table) if self.filled(one)[ALL]]
        named = (
            tuple(Teller(table=one, column=name) for one in inputs if name in self._tables[one].columns)
            for name in (column, f"{column}_at")
        )
        return next(filter(None, named), ())

    def _tells(self, teller: Teller) -> bool:
        filled = self.filled(teller.table)
        if teller.value:
            return teller.value in self.values(teller.table, teller.column)
        if filled[teller.column]:
            return True
        declared = self._tables[teller.table].columns.get(teller.column)
        return declared is not None and declared.type in EVENTS and (teller.table, teller.column) in self.mapped

    def _apart(self, table: str, test: Node) -> tuple[str, bool] | None:
        """Return what a test asks of a column whose values are apart, and whether any row has it; None for others."""
        if not (isinstance(test, Call) and test.name in ("=", "in") and isinstance(test.args[0], Name)):
            return None
        column = test.args[0].name
        declared = self._tables[table].columns.get(column)
        wanted = [str(one.value) for one in test.args[1:] if isinstance(one, Literal)]
        if declared is None or not declared.apart or not wanted:
            return None
        return f"rows with {column} {' or '.join(wanted)} in table {table}", any(
            one in self.values(table, column) for one in wanted
        )

    def _sourced(self, table: str) -> bool:
        """Whether a source fills a table: that it has no rows then says that nothing happened."""
        return any(one == table for one, _ in self.mapped)

    def _nothing(self, rows: RowSet) -> bool:
        """Whether a derived table has no rows."""
        view = self.relations.name(rows.table, rows.arguments)
        return not self.relations.connection.execute(upkeep.any_row(view)).fetchall()

    # -- what stands in the tables -----------------------------------------------------------------------------------

    def filled(self, table: str) -> Mapping[str, int]:
        """Return column of a loaded table -> rows that have a value, and under "" all rows."""
        return self._kept(table)[0]

    def values(self, table: str, column: str) -> tuple[str, ...]:
        """Return the values that stand in a column whose values are apart."""
        return self._kept(table)[1].get(column, ())

    def _kept(self, table: str) -> tuple[Mapping[str, int], Mapping[str, tuple[str, ...]]]:
        if table not in self._known:
            state = self.relations.state(table)
            declared = self._tables[table].columns
            apart = {name: "" for name, column in declared.items() if column.apart}
            if CURRENCY in declared and RATE in declared:
                apart[CURRENCY] = RATE
            query = upkeep.filled(state.view, list(declared), apart)
            # Under the question too: what is asked of a table may change while its rows do not.
            key = f"{state.key}-{hashlib.sha256(query.encode()).hexdigest()[:8]}"
            path = self.relations.lake.publish(FILLED, key, self.relations.connection, query)
            [row] = pq.read_table(path).to_pylist()
            counts = dict(zip((ALL, *declared), row["counts"], strict=True))
            self._known[table] = counts, {name: tuple(row[f"values_{name}"] or ()) for name in apart}
        return self._known[table]

    @cached_property
    def _known(self) -> dict[str, tuple[Mapping[str, int], Mapping[str, tuple[str, ...]]]]:
        return {}

    @cached_property
    def _tables(self) -> Mapping[str, Table]:
        return self.relations.catalogue.tables


def mapped(sources: Iterable[Source]) -> frozenset[tuple[str, str]]:
    """Return (table, column) of what sources fill."""
    return frozenset((one.table, name) for source in sources for one in source.mappings for name in _fills(one))


def read(metric: Metric) -> dict[str, list[Node]]:
    """Return row set -> the leaves over it that value and n are made of; what serves a flag alone is not needed."""
    found: dict[str, list[Node]] = {}
    waiting = [metric.value, *([metric.n] if metric.n is not None else [])]
    seen: set[str] = set()
    while waiting:
        for part in walk(waiting.pop()):
            if isinstance(part, Name) and part.name in metric.leaves and part.name not in seen:
                seen.add(part.name)
                waiting.append(metric.leaves[part.name])
            if isinstance(part, Call) and part.args and isinstance(part.args[0], Name):
                name = part.args[0].name
                if name in metric.rows:
                    per = metric.rows[name].per
                    found.setdefault(name, []).extend([part, *(node for _, node in (per.sums if per else ()))])
    return found


def _required(test: Node) -> Iterable[str]:
    """Return the columns that a test needs to have values to let any row pass: `not x` and `x is blank` need none."""
    if isinstance(test, Call) and test.name in ("not", "is blank", "or", "!="):
        return ()
    return [part.name for part in walk(test) if isinstance(part, Name)]


def _together(node: Node) -> Iterator[tuple[str, ...]]:
    """Yield the columns of a leaf, those of one `or` together: one of them is enough to tell."""
    if isinstance(node, Call) and node.name == "or":
        yield tuple(dict.fromkeys(part.name for part in walk(node) if isinstance(part, Name)))
    elif isinstance(node, Name):
        yield (node.name,)
    elif isinstance(node, Call):
        for one in node.args:
            yield from _together(one)


def _said(teller: Teller) -> str:
    if not teller.column:
        return f"table {teller.table}"
    if teller.value:
        return f"rows with {teller.column} {teller.value} in table {teller.table}"
    return f"column {teller.column} of table {teller.table}"


def _fills(mapping: TableMap) -> set[str]:
    """Return the columns that a mapping fills."""
    made = {name for name, _ in mapping.columns}
    made |= {*mapping.unpivot.constants, mapping.unpivot.to} if mapping.unpivot else set()
    return made | ({one.name for one in mapping.collapse.columns} if mapping.collapse else set())
