"""The nouns of a source as its mapping file says them: where rows come from, and what makes them rows of our tables.

All resolved and frozen. Names in a rule are as written: a field of the source, or a raw column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.expr import Node, Type

PSEUDO = ("$file", "$line")
"""Raw columns that every source has: the file's name, and the line (or row) in it counted from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Where rows come from.

    Attributes:
        kind: csv, parquet, jsonl, excel or sql.
        place: path pattern relative to the workspace, or the url of a database with its `${NAME}`s unfilled.
        options: the options of the kind, as written: delimiter, quote, encoding, skip, header, names, sheet, query,
            table, watermark, each, split.
    """

    kind: str
    place: str
    options: Mapping[str, str | int | bool | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The value of a field or raw column, and how to read it; options apply in the order of the attributes.

    Attributes:
        name: field or raw column.
        missing: texts that mean blank, the source's own included; compared after trimming.
        normalise: changes of the text: trim, lower, upper, nfc, digits.
        values: text -> text, or None for none.
        unknown: what a text not in `values` is: quarantine, keep or blank.
        decimal, thousands: how a number is written.
        around: texts that may stand before or after a number, such as the sign of a currency.
        unit: microseconds of one unit of a duration written as a number, 0 when none is said.
        formats: how a time is written, tried in order; () is ISO 8601.
        zone: zone of a time without one, "" for none.
        bands: (label, lowest number), ascending; the label stands for the number.
    """

    name: str
    missing: tuple[str, ...] = ()
    normalise: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] | None = None
    unknown: str = "quarantine"
    decimal: str = "."
    thousands: str = ""
    around: tuple[str, ...] = ()
    unit: int = 0
    formats: tuple[str, ...] = ()
    zone: str = ""
    bands: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """The same text for every row, read like a cell of its column."""

    text: str
    zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A row expression over fields and raw columns."""

    node: Node
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Texts joined; blank parts are left out."""

    cells: tuple[Cell, ...]
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The first of several cells that is not blank."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What another file says about a cell.

    Attributes:
        cell: the cell that is looked up.
        file: path of a CSV file relative to the workspace.
        key, value: its columns.
    """

    cell: Cell
    file: str
    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyKey:
    """A party, by a key that is a key within a system.

    Attributes:
        system: the system, in lower case.
        cells: parts of the key, joined with `:`.
    """

    system: str
    cells: tuple[Cell, ...]


Rule = Cell | Constant | Formula | Joined | First | Lookup | PartyKey
"""Where the value of a column or field comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A typed name for raw columns, usable in every rule and expression of its source.

    Attributes:
        name: its name.
        rule: where its value comes from.
        type, whole: what its value is.
        said: whether the file says the type; the type of a formula need not be said.
        line: where it stands in the file.
    """

    name: str
    rule: Rule
    type: Type
    whole: bool = False
    said: bool = True
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpivot:
    """One row for each of several raw columns.

    Attributes:
        columns: raw column -> constants (name -> text) of its rows.
        to: name of the cell's value.
        blank: whether rows whose cell is blank are kept.
    """

    columns: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    to: str
    blank: bool = True

    @property
    def constants(self) -> tuple[str, ...]:
        """Names of the constants, in order of appearance."""
        return tuple(dict.fromkeys(name for _, constants in self.columns for name, _ in constants))


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """One value of a group of lines.

    Attributes:
        name: its name.
        function: sum, min, max, mean, count, distinct, first, last, any or all.
        args: its arguments, row expressions; of first and last the second is the order.
        text: as written.
    """

    name: str
    function: str
    args: tuple[Node, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collapse:
    """One row for each key, from several lines."""

    by: tuple[str, ...]
    columns: tuple[Aggregate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMap:
    """What one source makes of its rows for one table.

    Attributes:
        table: name of the table.
        id: fields or raw columns that make `source_id`, joined with `:`; () when the rule of the table's own id does.
        where: test on a row, None for every row.
        columns: our column -> rule, in the order written; `party` is one of them.
        unpivot, collapse: as their classes say, or None.
        line: where it stands in the file.
        places: our column -> line of its rule.
    """

    table: str
    id: tuple[str, ...] = ()
    where: Node | None = None
    columns: tuple[tuple[str, Rule], ...] = ()
    unpivot: Unpivot | None = None
    collapse: Collapse | None = None
    line: int = 0
    places: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source: a mapping file, resolved.

    Attributes:
        name: what stands in the column `source`.
        means: one sentence.
        read: where the rows are.
        zone: zone of times without one, "" for none.
        missing: texts that mean blank in every column.
        skew: microseconds by which its clocks may be off.
        fresh: microseconds after which its newest row is stale, None when nothing is said.
        every: microseconds after which the schedule reads it again, None when only `regard load` does.
        reject_limit: percent of its rows that may be turned away, None for what the workspace says.
        optional: raw columns that may be lacking.
        fields: typed names.
        mappings: one for each table it feeds.
        file: path of the mapping file.
        text: the mapping as written: what the load's record of inputs is made of.
    """

    name: str
    means: str = ""
    read: Read
    zone: str = ""
    missing: tuple[str, ...] = ()
    skew: int = 0
    fresh: int | None = None
    every: int | None = None
    reject_limit: float | None = None
    optional: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    mappings: tuple[TableMap, ...] = ()
    file: str = ""
    text: str = ""
