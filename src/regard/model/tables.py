"""The nouns of stored data: column, table, dimension. Declared in the catalogue, never here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from regard.expr import Type

SPINE = ("source", "source_id", "loaded_at", "run_id")
"""Columns that every loaded table begins with; (`source`, `source_id`) is its natural key."""

SENSITIVITIES = ("public", "internal", "personal", "special")
"""Classes of columns and of metrics, in the order in which fewer people see them."""

BUCKETS = 32
"""Party replicates: how many buckets `bucket` has (METRICS.md section 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """What must be there for a column of a derived table to say anything.

    Attributes:
        table: a loaded table.
        column: its column that must have values, "" where any row will do.
        value: the value that some row must have in it, "" where any will do.
        argument, among: the derived table's argument and the values of it with which this tells; "" and () for all.
    """

    table: str
    column: str = ""
    value: str = ""
    argument: str = ""
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    Attributes:
        name: its name.
        type: what its values are.
        whole: whether a number is whole (stored as a 64-bit integer).
        blank: whether a row may lack it.
        few: whether it has few distinct values, so that it may become a hidden dimension of the cells.
        set: whether a text holds several values, in alphabetical order with + between.
        choices: the values that are allowed, or () for any.
        lo, hi: smallest and largest value allowed, or None.
        code: dimension in whose register its values stand, or "".
        refers: table whose id column (`Table.id`) it holds, or "".
        default: what a load puts in when the source leaves it blank, or None.
        sensitivity: public, internal, personal or special.
        unit: unit of a number, or "".
        apart: whether rows with different values of it are like different tables, so that rows of one say nothing of
            another (no booking of marketing among those of support).
        told_by: of a derived column, what tells it where that is not the column of the same name: of several any one
            is enough. Where none is there, the column says nothing, whatever stands in it.
        means: what it says, in one sentence.
    """

    name: str
    type: Type
    whole: bool = False
    blank: bool = True
    few: bool = False
    set: bool = False
    choices: tuple[str, ...] = ()
    lo: float | None = None
    hi: float | None = None
    code: str = ""
    refers: str = ""
    default: float | str | bool | None = None
    sensitivity: str = "internal"
    unit: str = ""
    apart: bool = False
    told_by: tuple[Teller, ...] = ()
    means: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of the lake: loaded from sources, or derived from other tables.

    Attributes:
        name: its name.
        grain: what one row is.
        columns: its columns by name; a loaded table begins with the spine and ends with `bucket`.
        keys: columns that identify a row within the snapshot.
        id: column by which rows of other tables refer to a row of this one, or "".
        at: the instant at which the row happened, if there is one: what a load checks for future times, what
            row-group pruning uses.
        over: columns (start, end) of a span table; a blank end is still open.
        party: column with the party's surrogate, or "" when rows belong to no party.
        dims: dimension name -> column of this table; party dimensions a derived table carries are listed too.
        orders: tests on a row (metric language) that must not be false: lifecycle order, R043.
        derived_from: tables it is made from; empty for a loaded table.
        arguments: names of the arguments of a derived table with their defaults.
        dirties: what a change of one input row dirties: `party` (all rows of the party), `row`, or `all` where a row
            of one party may bear on those of others.
        open: test for rows of a derived table whose values grow with the story (how long a case is open); such rows
            are made anew for every snapshot. "" when no row does, `true` when any may. May read arguments as `$name`.
        runs: column -> its value when asked, in the metric language, from its row, `until` and arguments: what grows
            with the story but can be told from a row that is kept.
        ahead: whether rows may stand later than the story goes, such as customers who are served from next month.
        means: what the table is for.
        file: where it is declared.
    """

    name: str
    grain: str
    columns: Mapping[str, Column]
    keys: tuple[str, ...] = ("source", "source_id")
    id: str = ""
    at: str = ""
    over: tuple[str, str] | None = None
    party: str = ""
    dims: Mapping[str, str] = field(default_factory=dict)
    orders: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    arguments: Mapping[str, str | float] = field(default_factory=dict)
    dirties: str = "party"
    finer: tuple[str, str] | None = None
    """(table, column): a table of the same rows, each in parts whose shares sum to 1, with more dimensions."""
    open: str = ""
    runs: Mapping[str, str] = field(default_factory=dict)
    ahead: bool = False
    means: str = ""
    file: str = ""

    @property
    def derived(self) -> bool:
        """Whether regard makes the table itself."""
        return bool(self.derived_from)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A way to cut numbers, conformed by name across tables.

    Attributes:
        name: its name, as in `--by segment`.
        title: how people call it.
        party: whether it is a column of the party, taken as of the time of the row.
        means: what its values are.
    """

    name: str
    title: str
    party: bool = False
    means: str = ""


def has_dimension(table: Table, dimension: str, dimensions: Mapping[str, Dimension]) -> bool:
    """Whether rows of the table can be cut by a dimension: it has a column for it, or it has parties that do."""
    known = dimensions.get(dimension)
    return dimension in table.dims or bool(known and known.party and table.party)


def table_for(
    table: Table, needed: Collection[str], tables: Mapping[str, Table], dimensions: Mapping[str, Dimension]
) -> Table:
    """Return the table to read for some dimensions: the finer one where it has one of them that the table lacks."""
    if table.finer is None:
        return table
    parts = tables[table.finer[0]]
    lacking = (name for name in needed if not has_dimension(table, name, dimensions))
    return parts if any(has_dimension(parts, name, dimensions) for name in lacking) else table
