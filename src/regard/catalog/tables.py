"""Tables and dimensions: from YAML to `model.Table` and `model.Dimension`. The only place where tables are declared."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from regard.catalog.fields import NAME, Field, Record, Sort, Written, read
from regard.catalog.policies import POLICY_NAMED, told
from regard.errors import did_you_mean
from regard.expr import Type, Types
from regard.model import BUCKETS, SENSITIVITIES, SPINE, Column, Dimension, Table, Teller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.catalog.places import Document, Item
    from regard.errors import Mistake
    from regard.model import Policy

TYPES: Mapping[str, Type] = {
    "integer": Type.NUMBER,
    "number": Type.NUMBER,
    "text": Type.TEXT,
    "truth": Type.TRUTH,
    "instant": Type.INSTANT,
    "day": Type.DAY,
    "duration": Type.DURATION,
}
"""Types as a file writes them; `integer` is a whole number."""

PYTHON: Mapping[Type, tuple[type, ...]] = {Type.NUMBER: (int, float), Type.TEXT: (str,), Type.TRUTH: (bool,)}
"""What a default of each type is in a file; other types have none."""

COLUMN = Record(
    name="a column",
    fields={
        "type": Field(sort=Sort.TEXT, required=True, choices=tuple(TYPES), means="what its values are"),
        "blank": Field(sort=Sort.TRUTH, means="whether a row may lack it; yes when not said"),
        "few": Field(sort=Sort.TRUTH, means="whether it has few distinct values"),
        "set": Field(sort=Sort.TRUTH, means="whether it holds several values, joined by +"),
        "choices": Field(sort=Sort.TEXTS, means="the values allowed"),
        "lo": Field(sort=Sort.NUMBER, means="smallest value allowed"),
        "hi": Field(sort=Sort.NUMBER, means="largest value allowed"),
        "default": Field(sort=Sort.SCALAR, means="what a load puts in when the source leaves it blank"),
        "code": Field(sort=Sort.NAME, means="dimension in whose register its values stand"),
        "refers": Field(sort=Sort.NAME, means="table whose id it holds"),
        "sensitivity": Field(sort=Sort.TEXT, choices=SENSITIVITIES, means="privacy class; internal when not said"),
        "unit": Field(sort=Sort.TEXT, means="unit of a number"),
        "apart": Field(sort=Sort.TRUTH, means="whether rows with one value of it say nothing of another value"),
        "told_by": Field(
            sort=Sort.TEXTS,
            single=True,
            means="of a derived column, what must be there for it to say anything, any of: table, table.column, "
            "table.column = value; ` if argument = value or value` where it hangs on an argument",
        ),
        "means": Field(sort=Sort.TEXT, required=True, means="what it says, in one sentence"),
    },
)
TELLER = re.compile(
    r"(?P<table>\w+)(?:\.(?P<column>\w+)(?: = (?P<value>\S+))?)?(?: if (?P<argument>\w+) = (?P<among>\w+(?: or \w+)*))?"
)
TABLE = Record(
    name="a table",
    fields={
        "table": Field(sort=Sort.NAME, required=True, means="its name"),
        "means": Field(sort=Sort.TEXT, required=True, means="what it is for, in one sentence"),
        "grain": Field(sort=Sort.TEXT, required=True, means="what one row is"),
        "version": Field(sort=Sort.WHOLE, least=1, means="version of what makes a derived table"),
        "from": Field(sort=Sort.TEXTS, single=True, means="tables a derived table is made from"),
        "keys": Field(sort=Sort.TEXTS, single=True, means="columns that identify a row"),
        "id": Field(sort=Sort.NAME, means="column by which other tables refer to a row"),
        "at": Field(sort=Sort.NAME, means="instant at which the row happened"),
        "over": Field(sort=Sort.TEXTS, means="columns of the span: [start, end]"),
        "party": Field(sort=Sort.NAME, means="column with the party"),
        "arguments": Field(sort=Sort.ANY, means="arguments of a derived table with their defaults"),
        "open": Field(sort=Sort.TEXT, means="test for rows that grow with the story and are made anew"),
        "runs": Field(sort=Sort.NAMED_TEXTS, means="column that grows with the story -> its value when asked"),
        "ahead": Field(sort=Sort.TRUTH, means="whether rows may stand later than the story goes"),
        "finer": Field(
            sort=Sort.RECORD,
            record=Record(
                name="a finer table",
                fields={
                    "table": Field(sort=Sort.NAME, required=True, means="table of the same rows, each in parts"),
                    "share": Field(sort=Sort.NAME, required=True, means="its column with the share of each part"),
                },
            ),
            means="table to read instead where a dimension is asked that only it has",
        ),
        "dirties": Field(sort=Sort.TEXT, choices=("party", "row", "all"), means="what a changed input row makes stale"),
        "dims": Field(sort=Sort.NAMED_TEXTS, means="dimension -> column"),
        "orders": Field(sort=Sort.TEXTS, means="tests on a row that must not be false: lifecycle order"),
        "columns": Field(
            sort=Sort.NAMED,
            required=True,
            record=COLUMN,
            means="its columns, without the spine and without bucket",
        ),
    },
)
DIMENSION = Record(
    name="a dimension",
    fields={
        "title": Field(sort=Sort.TEXT, required=True, means="how people call it"),
        "party": Field(sort=Sort.TRUTH, means="whether it is a column of the party"),
        "means": Field(sort=Sort.TEXT, required=True, means="what its values are"),
    },
)
DIMENSIONS = Record(
    name="the file of dimensions",
    fields={"dimensions": Field(sort=Sort.NAMED, required=True, record=DIMENSION, means="dimensions by name")},
)

BEFORE = (
    Column(name="source", type=Type.TEXT, blank=False, few=True, means="Source the row came from."),
    Column(name="source_id", type=Type.TEXT, blank=False, means="Key of the row in its source."),
    Column(name="loaded_at", type=Type.INSTANT, blank=False, means="When we learned it."),
    Column(name="run_id", type=Type.TEXT, blank=False, means="Load that brought it."),
)
AFTER = Column(
    name="bucket",
    type=Type.NUMBER,
    whole=True,
    blank=False,
    few=True,
    lo=0,
    hi=BUCKETS - 1,
    means="Replicate of the party, from md5 of its key.",
)
"""Columns that every loaded table begins and ends with."""


@dataclass(slots=True)
class Tables:
    """Tables and dimensions as they are read.

    Attributes:
        tables: by name.
        dimensions: by name.
        written: each table as written, for the checks that need all tables.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    dimensions: dict[str, Dimension] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)

    def add_dimensions(self, document: Document, mistakes: list[Mistake]) -> None:
        """Read the file of dimensions."""
        for name, written in read(document.root, DIMENSIONS, mistakes).named("dimensions").items():
            self.dimensions[name] = Dimension(
                name=name,
                title=written.text("title"),
                party=written.truth("party"),
                means=written.text("means"),
            )

    def add_table(self, document: Document, mistakes: list[Mistake]) -> None:
        """Read one table."""
        written = read(document.root, TABLE, mistakes)
        name = written.text("table")
        if not name:
            return
        if name in self.tables:
            message = f"the table '{name}' is declared twice, first in {self.tables[name].file}"
            mistakes.append(written.mistake("twice", message, "table", hint="give one of them another name"))
            return
        self.tables[name] = _table(written, document.file, mistakes)
        self.written[name] = written

    def settle(self, policies: Mapping[str, Policy], mistakes: list[Mistake]) -> None:
        """Put what a policy says in the place of its name, where a default of a derived table names one."""
        for name, table in self.tables.items():
            arguments = dict(table.arguments)
            for argument, value in table.arguments.items():
                if isinstance(value, str) and value.startswith(POLICY_NAMED):
                    policy = value.removeprefix(POLICY_NAMED).strip()
                    arguments[argument], wrong = told(policy, policies)
                    if wrong:
                        hint = did_you_mean(policy, policies)
                        mistake = self.written[name].mistake("unknown-policy", wrong, "arguments", argument, hint=hint)
                        mistakes.append(mistake)
            if arguments != table.arguments:
                self.tables[name] = replace(table, arguments=arguments)

    def check(self, mistakes: list[Mistake]) -> None:
        """Check what needs all tables: references, dimensions, expressions."""
        for name, written in self.written.items():
            _Check(written, self.tables[name], self, mistakes).run()


def _table(written: Written, file: str, mistakes: list[Mistake]) -> Table:
    columns = {name: _column(name, inner, mistakes) for name, inner in written.named("columns").items()}
    for name in columns:
        if not NAME.match(name):
            hint = "lower-case letters, digits and _"
            mistakes.append(written.mistake("bad-name", f"'{name}' is not a name", "columns", name, hint=hint))
    origins = written.texts("from")
    if not origins and "from" not in written.wrong:
        for name in [name for name in (*SPINE, AFTER.name) if name in columns]:
            message = f"'{name}' is added to every loaded table"
            mistakes.append(written.mistake("spine", message, "columns", name, hint="leave it out"))
        spine = {column.name: column for column in BEFORE}
        columns = spine | {n: c for n, c in columns.items() if n not in spine} | {AFTER.name: AFTER}
    over = written.texts("over")
    if "over" in written.values and len(over) != 2:  # noqa: PLR2004 - a span has two ends
        mistakes.append(written.mistake("span", "a span has a start and an end", "over", hint="[start_at, end_at]"))
    return Table(
        name=written.text("table"),
        grain=written.text("grain"),
        columns=columns,
        keys=written.texts("keys") or ("source", "source_id"),
        id=written.text("id"),
        at=written.text("at"),
        over=(over[0], over[1]) if len(over) == 2 else None,  # noqa: PLR2004 - a pair
        party=written.text("party"),
        dims=written.named_texts("dims"),
        orders=written.texts("orders"),
        derived_from=origins,
        arguments=_arguments(written, mistakes),
        dirties=written.text("dirties", "party"),
        open=written.text("open"),
        runs=written.named_texts("runs"),
        finer=_finer(written),
        ahead=written.truth("ahead"),
        means=written.text("means"),
        file=file,
    )


def _finer(written: Written) -> tuple[str, str] | None:
    finer = written.record("finer")
    return None if finer is None else (finer.text("table"), finer.text("share"))


def _column(name: str, written: Written, mistakes: list[Mistake]) -> Column:
    declared = written.text("type", "text")
    column = Column(
        name=name,
        type=TYPES[declared],
        whole=declared == "integer",
        blank=written.truth("blank", default=True),
        few=written.truth("few"),
        set=written.truth("set"),
        choices=written.texts("choices"),
        lo=written.number("lo"),
        hi=written.number("hi"),
        code=written.text("code"),
        refers=written.text("refers"),
        sensitivity=written.text("sensitivity", "internal"),
        unit=written.text("unit"),
        apart=written.truth("apart"),
        told_by=_tellers(written, mistakes),
        means=written.text("means"),
    )
    if "type" in written.wrong:
        return column
    for ends in ("lo", "hi"):
        if written.number(ends) is not None and column.type is not Type.NUMBER:
            message = f"'{ends}' is for numbers, {name} is a {declared}"
            mistakes.append(written.mistake("no-number", message, ends, hint="leave it out"))
    if column.choices and column.type is not Type.TEXT:
        message = f"'choices' are for texts, {name} is a {declared}"
        mistakes.append(written.mistake("no-text", message, "choices", hint="leave them out"))
    return replace(column, default=_default(written, column, mistakes))


def _tellers(written: Written, mistakes: list[Mistake]) -> tuple[Teller, ...]:
    found = []
    for place, text in enumerate(written.texts("told_by")):
        said = TELLER.fullmatch(text)
        if said is None:
            hint = "case_step, case.reopened_count, event.kind = renew, or case.first_reply_at if reply = any or bot"
            mistakes.append(written.mistake("told-by", f"'{text}' names nothing", "told_by", place, hint=hint))
            continue
        parts = {name: part or "" for name, part in said.groupdict().items()}
        among = tuple(parts.pop("among").split(" or ")) if parts["argument"] else ()
        parts.pop("among", None)
        found.append(Teller(**parts, among=among))
    return tuple(found)


def _default(written: Written, column: Column, mistakes: list[Mistake]) -> float | str | bool | None:
    if "default" not in written.values:
        return None
    item: Item = written.at("default")
    value = item.text if column.type is Type.TEXT else item.value
    kinds = PYTHON.get(column.type, ())
    if not isinstance(value, kinds) or (isinstance(value, bool) and column.type is not Type.TRUTH):
        message = f"the default of a {column.type} cannot be '{item.text}'"
        mistakes.append(written.mistake("wrong-type", message, "default", hint=f"a {column.type}"))
        return None
    if column.choices and value not in column.choices:
        hint = did_you_mean(str(value), column.choices)
        mistakes.append(written.mistake("bad-choice", f"'{value}' is not a choice", "default", hint=hint))
        return None
    return value if isinstance(value, (str, bool, int, float)) else None


def _arguments(written: Written, mistakes: list[Mistake]) -> dict[str, str | float]:
    found: dict[str, str | float] = {}
    for name, item in written.at("arguments").mapping.items() if "arguments" in written.values else ():
        if isinstance(item.value, (int, float, str)) and not isinstance(item.value, bool):
            found[name] = item.value
        else:
            message = f"the default of argument '{name}' must be a text or a number"
            mistakes.append(written.mistake("wrong-type", message, "arguments", name))
    return found


class _Check:
    """Checks what needs all tables, for one of them."""

    def __init__(self, written: Written, table: Table, known: Tables, mistakes: list[Mistake]) -> None:
        self.written = written
        self.table = table
        self.known = known
        self.mistakes = mistakes
        self.columns = {name: column.type for name, column in table.columns.items()}

    def say(self, rule: str, message: str, *steps: str | int, hint: str = "") -> None:
        self.mistakes.append(self.written.mistake(rule, message, *steps, hint=hint))

    def column(self, name: str, *steps: str | int, kind: Type | None = None) -> None:
        """Check that a column is there, and of the right type."""
        if name not in self.columns:
            message = f"table {self.table.name} has no column '{name}'"
            self.say("unknown-column", message, *steps, hint=did_you_mean(name, self.columns))
        elif kind is not None and self.columns[name] is not kind:
            hint = did_you_mean(name, [other for other, own in self.columns.items() if own is kind])
            self.say("wrong-type", f"'{name}' is a {self.columns[name]}, an {kind} is needed", *steps, hint=hint)

    def table_named(self, name: str, *steps: str | int) -> None:
        """Check that a table is there."""
        if name and name not in self.known.tables:
            hint = did_you_mean(name, self.known.tables)
            self.say("unknown-table", f"there is no table '{name}'", *steps, hint=hint)

    def dimension(self, name: str, *steps: str | int) -> None:
        """Check that a dimension is there."""
        if name and name not in self.known.dimensions:
            hint = did_you_mean(name, self.known.dimensions)
            self.say("unknown-dimension", f"there is no dimension '{name}'", *steps, hint=hint)

    def run(self) -> None:
        """Check everything."""
        table = self.table
        for place, name in enumerate(self.written.texts("keys")):
            self.column(name, "keys", place)
        for name, origin, kind in (
            (table.id, "id", None),
            (table.party, "party", None),
            (table.at, "at", Type.INSTANT),
        ):
            if name:
                self.column(name, origin, kind=kind)
        for place, name in enumerate(table.over or ()):
            self.column(name, "over", place, kind=Type.INSTANT)
        for place, name in enumerate(table.derived_from):
            self.table_named(name, "from", place)
        self.finer()
        for dimension, name in table.dims.items():
            self.dimension(dimension, "dims", dimension)
            self.column(name, "dims", dimension)
        for name, inner in self.written.named("columns").items():
            self.table_named(inner.text("refers"), "columns", name, "refers")
            self.dimension(inner.text("code"), "columns", name, "code")
            for place, teller in enumerate(table.columns[name].told_by if name in table.columns else ()):
                self.teller(teller, "columns", name, "told_by", place)
        types = Types(columns=self.columns, clocks=False, of=f"table {table.name}")
        for place in range(len(table.orders)):
            self.written.expression(("orders", place), types, Type.TRUTH, self.mistakes)
        self.growing()

    def teller(self, teller: Teller, *steps: str | int) -> None:
        """Check that what tells a column is there."""
        self.table_named(teller.table, *steps)
        other = self.known.tables.get(teller.table)
        if other is not None and teller.column and teller.column not in other.columns:
            hint = did_you_mean(teller.column, other.columns)
            self.say("unknown-column", f"table {other.name} has no column '{teller.column}'", *steps, hint=hint)
        if teller.argument and teller.argument not in self.table.arguments:
            hint = did_you_mean(teller.argument, self.table.arguments)
            message = f"table {self.table.name} has no argument '{teller.argument}'"
            self.say("unknown-argument", message, *steps, hint=hint)

    def growing(self) -> None:
        """Check what says how rows grow with the story: expressions that may read arguments and `until`."""
        kinds = {
            name: Type.TEXT if isinstance(value, str) else Type.NUMBER for name, value in self.table.arguments.items()
        }
        types = Types(columns=self.columns, parameters=kinds, of=f"table {self.table.name}")
        if self.table.open:
            self.written.expression(("open",), types, Type.TRUTH, self.mistakes)
        for name in self.table.runs:
            self.column(name, "runs", name)
            self.written.expression(("runs", name), types, self.columns.get(name), self.mistakes)

    def finer(self) -> None:
        """Check that the finer table holds the same rows in parts, which have all that the rows have."""
        table, (name, share) = self.table, self.table.finer or ("", "")
        self.table_named(name, "finer", "table")
        parts = self.known.tables.get(name)
        if parts is None:
            return
        lacking = [
            *(f"column {own}" for own, column in table.columns.items() if not _alike(parts.columns.get(own), column)),
            *(f"dimension {own}" for own in table.dims if table.dims[own] != parts.dims.get(own)),
            *(f"argument {own}" for own, value in table.arguments.items() if parts.arguments.get(own) != value),
            *(
                f"{word} {getattr(table, word)}"
                for word in ("at", "over", "party")
                if getattr(table, word) != getattr(parts, word)
            ),
        ]
        if lacking:
            message = f"table {name} differs from {table.name} in {', '.join(lacking)}"
            self.say("finer", message, "finer", "table", hint="parts have all that their rows have")
        column = parts.columns.get(share)
        if column is None or column.type is not Type.NUMBER or column.blank:
            message = f"table {name} has no share '{share}' that is a number and never blank"
            self.say("finer", message, "finer", "share", hint=did_you_mean(share, parts.columns))


def _alike(part: Column | None, row: Column) -> bool:
    return part is not None and (part.type, part.set) == (row.type, row.set)
