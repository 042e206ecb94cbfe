"""A mapping meets the columns of its rows: names that are not there and types that do not fit, before a row is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from regard.errors import Mistake, did_you_mean
from regard.expr import Type, Types, check, names as mentioned
from regard.model.sources import PSEUDO, Cell, Constant, First, Formula, PartyKey
from regard.sql.mapping import FAMILIES, cells_of, completed, identifying, used

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from regard.expr import Node
    from regard.model import Column, Table
    from regard.model.sources import Aggregate, Field, Rule, Source, TableMap

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
WHOLE = re.compile(r"[+-]?\d+(\.0*)?\Z")
TRUTHS = frozenset({"true", "yes", "y", "t", "1", "false", "no", "n", "f", "0"})
TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)? ?(Z|[+-]\d\d(:?\d\d)?)?\Z")
DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
FITTING: Mapping[tuple[Type, Type], str] = {
    (Type.DAY, Type.INSTANT): "",
    (Type.NUMBER, Type.TRUTH): "",
    (Type.NUMBER, Type.INSTANT): "format",
    (Type.NUMBER, Type.DURATION): "unit",
}
"""Pairs (what a value is, what it should become) that fit besides equal ones and texts, and the option they need."""


def bind(
    source: Source, raw: Mapping[str, str], tables: Mapping[str, Table], of: str = ""
) -> tuple[Source, list[Mistake]]:
    """Resolve a mapping against the columns of its rows.

    Args:
        source: the mapping.
        raw: raw columns with their sort (`regard.sql.mapping.FAMILIES`, or `clock`).
        tables: tables by name.
        of: what has these columns, such as a file's name; the source when not said.

    Returns:
        The source with the type of every field known, and all mistakes.
    """
    binder = _Binder(source, dict(raw), tables, of or f"source {source.name}")
    fields = binder.fields()
    for mapping in source.mappings:
        binder.mapping(mapping)
    return replace(source, fields=fields), binder.mistakes


def wanted(source: Source) -> tuple[str, ...]:
    """Return the names that a mapping uses and that are no fields: its raw columns, in order."""
    fields = {one.name for one in source.fields}
    own = {one.name for one in source.fields if one.name in used(one.rule)}
    names: list[str] = [name for one in source.fields for name in sorted(used(one.rule))]
    for mapping in source.mappings:
        made: set[str] = set()
        if mapping.unpivot:
            made |= {*mapping.unpivot.constants, mapping.unpivot.to}
            names += [column for column, _ in mapping.unpivot.columns]
        later = [name for _, rule in mapping.columns for name in sorted(used(rule))] + list(mapping.id)
        before = sorted(mentioned(mapping.where)) if mapping.where is not None else []
        if mapping.collapse:
            before += list(mapping.collapse.by)
            before += [
                name for item in mapping.collapse.columns for arg in item.args for name in sorted(mentioned(arg))
            ]
            later = []
        names += [name for name in (*before, *later) if name not in made]
    chosen = [name for name in names if (name not in fields or name in own) and name not in PSEUDO]
    return tuple(dict.fromkeys(chosen))


@dataclass(slots=True)
class _Binder:
    source: Source
    raw: dict[str, str]
    tables: Mapping[str, Table]
    of: str
    mistakes: list[Mistake] = field(default_factory=list)
    types: dict[str, Type | None] = field(default_factory=dict)
    lines: set[tuple[int, str]] = field(default_factory=set)

    def wrong(self, line: int, rule: str, message: str, path: str, hint: str = "", value: str = "") -> None:
        if (line, message) not in self.lines:
            self.lines.add((line, message))
            place = {"file": self.source.file, "line": line, "field": path, "value": value}
            self.mistakes.append(Mistake(rule=rule, message=message, hint=hint, **place))  # type: ignore[arg-type]  # a place's own fields

    # -- names ----------------------------------------------------------------------------------------------------

    def fields(self) -> tuple[Field, ...]:
        self.types = {name: FAMILIES.get(family) for name, family in self.raw.items()}
        self.types |= {name: Type.TEXT for name in self.source.optional if name not in self.types}
        self.types |= {"$file": Type.TEXT, "$line": Type.NUMBER}
        done: list[Field] = []
        later = {one.name for one in self.source.fields}
        for one in self.source.fields:
            path = f"fields.{one.name}"
            hidden = [name for name in used(one.rule) if name in later and name != one.name and name not in self.types]
            for name in hidden:
                self.wrong(one.line, "unknown-column", f"'{name}' stands below '{one.name}'", path, "move it up", name)
            if not hidden:
                self.rule(one.rule, one.line, path)
            kind, whole = (one.type, one.whole) if one.said else self.natural(one.rule)
            if one.said:
                self.fits(one.rule, kind, one.line, path)
            done.append(replace(one, type=kind, whole=whole, said=True))
            self.types[one.name] = kind
        return tuple(done)

    def natural(self, rule: Rule) -> tuple[Type, bool]:
        """Return the type of a field that does not say it: that of its formula, or of its typed raw column."""
        if isinstance(rule, Formula):
            return check(rule.node, self.known())[0] or Type.TEXT, False
        if isinstance(rule, Cell) and rule.values is None and not rule.normalise and not rule.bands:
            return self.types.get(rule.name) or Type.TEXT, self.raw.get(rule.name) == "whole"
        return Type.TEXT, False

    def known(self) -> Types:
        columns = {name: kind for name, kind in self.types.items() if kind is not None}
        return Types(columns=columns, clocks=False, of=self.of)

    def name(self, name: str, line: int, path: str) -> bool:
        if name in self.types:
            return True
        hint = did_you_mean(name, [known for known in self.types if known not in PSEUDO])
        doubled = [known for known in self.raw if re.fullmatch(re.escape(name) + r" \(\d+\)", known, re.IGNORECASE)]
        if doubled:
            hint = f"several columns have this name: say which, {' or '.join(repr(one) for one in doubled)}"
        message = f"{self.of} has no column '{name}'"
        self.wrong(line, "unknown-column", message, path, hint, name)
        return False

    def rule(self, rule: Rule, line: int, path: str) -> None:
        if isinstance(rule, Formula):
            self.formula(rule.node, line, f"{path}.expr")
            return
        for cell in cells_of(rule):
            self.name(cell.name, line, path)

    def formula(self, node: Node, line: int, path: str, wanted: Type | None = None) -> Type | None:
        kind, found = check(node, self.known(), wanted)
        for one in found:
            hint = one.hint
            if one.value in self.raw and self.raw[one.value] == "clock":
                hint = "give it a zone under fields: {from: ..., cast: instant}"
            elif one.rule == "wrong-type" and Type.TEXT in {self.types.get(name) for name in mentioned(node)}:
                hint = hint or "say the type of a text column under fields: {from: ..., cast: number}"
            self.wrong(line, one.rule, one.message, path, hint, one.value)
        return kind

    # -- a table --------------------------------------------------------------------------------------------------

    def mapping(self, mapping: TableMap) -> None:
        table = self.tables[mapping.table]
        before = dict(self.types)
        path = f"tables.{mapping.table}"
        self.unpivoted(mapping, path)
        if mapping.where is not None:
            self.formula(mapping.where, mapping.line, f"{path}.where", Type.TRUTH)
        self.collapsed(mapping, path)
        for name in identifying(mapping):
            self.name(name, mapping.line, f"{path}.id")
        written = dict(mapping.columns)
        for name, rule in completed(mapping, table):
            line = mapping.places.get(name, mapping.line)
            here = f"{path}.columns.{name}"
            if name in written:
                self.rule(rule, line, here)
            self.column(rule, table.columns[name], line, here)
        self.types = before

    def unpivoted(self, mapping: TableMap, path: str) -> None:
        if mapping.unpivot is None:
            return
        made = (*mapping.unpivot.constants, mapping.unpivot.to)
        for name in made:
            if name in self.types:
                message = f"'{name}' is a field or raw column already"
                self.wrong(mapping.line, "twice", message, f"{path}.unpivot", "", name)
        for name, _ in mapping.unpivot.columns:
            self.name(name, mapping.line, f"{path}.unpivot.columns")
        self.types |= dict.fromkeys(made, Type.TEXT)

    def collapsed(self, mapping: TableMap, path: str) -> None:
        if mapping.collapse is None:
            return
        made: dict[str, Type | None] = {"$file": Type.TEXT, "$line": Type.NUMBER}
        for name in mapping.collapse.by:
            if self.name(name, mapping.line, f"{path}.collapse.by"):
                made[name] = self.types[name]
        for item in mapping.collapse.columns:
            made[item.name] = self.aggregate(item, mapping.line, f"{path}.collapse.columns.{item.name}")
        self.types = made

    def aggregate(self, item: Aggregate, line: int, path: str) -> Type | None:
        kinds = [self.formula(arg, line, path) for arg in item.args]
        if item.function in ("count", "distinct"):
            return Type.NUMBER
        if item.function in ("any", "all"):
            if kinds[0] not in (Type.TRUTH, None):
                self.wrong(line, "wrong-type", f"{item.text} needs a test", path)
            return Type.TRUTH
        if item.function in ("sum", "mean"):
            if kinds[0] not in (Type.NUMBER, Type.DURATION, Type.TRUTH, None):
                hint = "say the type of a text column under fields: {from: ..., cast: number}"
                self.wrong(line, "wrong-type", f"{item.text} needs numbers, it has a {kinds[0]}", path, hint)
            return Type.NUMBER if kinds[0] is Type.TRUTH else kinds[0]
        return kinds[0]

    def column(self, rule: Rule, column: Column, line: int, path: str) -> None:
        if isinstance(rule, Formula):
            kind = check(rule.node, self.known())[0]
            if kind is not None and kind is not column.type:
                self.wrong(line, "wrong-type", f"{rule.text} is a {kind}, {column.name} is a {column.type}", path)
            return
        if isinstance(rule, PartyKey):
            if not (column.type is Type.NUMBER and column.whole):
                self.wrong(line, "wrong-type", f"{column.name} does not hold a party", path)
            return
        self.fits(rule, column.type, line, path)
        for text in _outputs(rule):
            self.text(text, column, line, path)

    def fits(self, rule: Rule, kind: Type, line: int, path: str) -> None:
        """Check that what a rule reads can become a value of a type."""
        if isinstance(rule, Formula):
            found = check(rule.node, self.known())[0]
            if found is not None and found is not kind:
                self.wrong(line, "wrong-type", f"{rule.text} is a {found}, not a {kind}", path)
        elif isinstance(rule, (Cell, First)) and kind is not Type.TEXT:
            for cell in cells_of(rule):
                self.cell(cell, kind, line, path)

    def cell(self, cell: Cell, kind: Type, line: int, path: str) -> None:
        have = self.types.get(cell.name)
        if have is None and self.raw.get(cell.name) == "clock" and kind not in (Type.INSTANT, Type.DAY):
            self.wrong(line, "wrong-type", f"'{cell.name}' is a time, a {kind} is needed", path)
        if have is None or have in (Type.TEXT, kind) or cell.values is not None or cell.bands:
            return
        option = FITTING.get((have, kind))
        if option is None:
            self.wrong(line, "wrong-type", f"'{cell.name}' is a {have}, a {kind} is needed", path)
        elif (option == "unit" and not cell.unit) or (option == "format" and not cell.formats):
            hint = "unit: min" if option == "unit" else "format: epoch_s, epoch_ms or excel"
            self.wrong(line, "missing-field", f"'{cell.name}' is a number: how does it say a {kind}?", path, hint)

    def text(self, text: str, column: Column, line: int, path: str) -> None:
        """Check a constant, or a value of a value map."""
        patterns = {Type.NUMBER: WHOLE if column.whole else NUMBER, Type.INSTANT: TIME, Type.DAY: DAY}
        wrong = column.type in patterns and not patterns[column.type].match(text)
        wrong |= column.type is Type.TRUTH and text.lower() not in TRUTHS
        if wrong:
            word = "whole number" if column.whole else str(column.type)
            self.wrong(line, "wrong-type", f"'{text}' is not a {word}, as {column.name} is", path, "", text)
        elif column.choices and text not in column.choices:
            hint = did_you_mean(text, column.choices)
            self.wrong(line, "bad-choice", f"'{text}' is not among the values of {column.name}", path, hint, text)


def _outputs(rule: Rule) -> Iterable[str]:
    if isinstance(rule, Constant):
        return (rule.text,)
    if isinstance(rule, Cell) and rule.values is not None and not rule.formats and not rule.unit and not rule.bands:
        return tuple(dict.fromkeys(to for _, to in rule.values))
    if isinstance(rule, Cell) and rule.bands:
        return tuple(label for label, _ in rule.bands)
    return ()
