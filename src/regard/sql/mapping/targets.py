"""How one rule makes one field or column: what was given, what it became, and when it is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from regard.expr import Type
from regard.model.sources import Cell, Constant, First, Formula, Joined, Lookup, PartyKey
from regard.sql.mapping import casts, words
from regard.sql.mapping.names import DAY_US, Names, Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.model.sources import Rule

PLAIN = Cell(name="")
NORMAL: Mapping[str, str] = {
    "trim": f"trim({{}}, {words.BLANKS})",
    "lower": "lower({})",
    "upper": "upper({})",
    "nfc": "nfc_normalize({})",
    "digits": "regexp_replace({}, '[^0-9]', '', 'g')",
}


@dataclass(frozen=True, slots=True)
class Target:
    """One field or column on its way.

    Attributes:
        name: its name.
        given: (name, SQL) over the names of the step before: what came, blanks already NULL.
        typed: (name, SQL) over what was given; the last is the value.
        refused: test over both whether something was given that did not become a value.
        rule: SQL that names the rule broken then.
        note: SQL that names what is worth noting, or "".
        join: (relation, alias, ON) needed by `typed`, or None.
        fields: fields whose failure is its failure.
    """

    name: str
    given: tuple[tuple[str, str], ...]
    typed: tuple[tuple[str, str], ...]
    refused: str = ""
    rule: str = ""
    note: str = ""
    join: tuple[str, str, str] | None = None
    fields: frozenset[str] = field(default_factory=frozenset)


def target(  # noqa: PLR0911 - one exit for each sort of rule
    name: str, kind: Type, rule: Rule, names: Names, lookups: Mapping[str, str], *, whole: bool = False, zone: str = ""
) -> Target:
    """Return how a rule makes a value of a type.

    Args:
        name: of the field or column.
        kind: its type.
        rule: where the value comes from.
        names: what the rule may mention.
        lookups: looked-up file -> relation with columns `key` and `value`.
        whole: whether a number must be whole.
        zone: zone of times without one, for rules that do not say.
    """
    if isinstance(rule, Cell):
        return _cell(name, kind, rule, names, whole=whole)
    if isinstance(rule, Constant):
        return _text(
            name, kind, words.value(rule.text.strip()), Cell(name="", zone=rule.zone), frozenset(), whole=whole
        )
    if isinstance(rule, Formula):
        return _formula(name, kind, rule, names, whole=whole)
    if isinstance(rule, Joined):
        trim = kind is not Type.TEXT
        parts = ", ".join(cell_text(names, cell, trim=trim) for cell in rule.cells)
        sql = f"nullif(concat_ws({words.value(rule.by)}, {parts}), '')" if len(rule.cells) > 1 else parts
        return _text(name, kind, sql, replace(PLAIN, zone=zone), _fields(names, rule.cells), whole=whole)
    if isinstance(rule, First):
        return _first(name, kind, rule, names, whole=whole, zone=zone)
    if isinstance(rule, Lookup):
        return _lookup(name, kind, rule, names, lookups[rule.file + "\n" + rule.key + "\n" + rule.value], whole=whole)
    return _party(name, rule, names)


def cell_text(names: Names, cell: Cell, *, trim: bool = False) -> str:
    """Return a cell as text: missing codes are NULL, normalised where asked, trimmed where only its value counts."""
    value = names.values[cell.name]
    sql = value.said
    missing = dict.fromkeys(("", *cell.missing))
    trimmed = words.trimmed(sql)
    if not value.clean or cell.missing:
        if trim and len(missing) == 1:
            sql = f"nullif({trimmed}, '')"
        else:
            test = f"{trimmed} not in ({words.values(missing)})" if len(missing) > 1 else words.visible(sql)
            sql = f"case when {test} then {trimmed if trim else sql} end"
    elif trim and value.type is Type.TEXT:
        sql = trimmed
    for change in cell.normalise:
        sql = NORMAL[change].format(sql)
    return f"nullif({sql}, '')" if cell.normalise else sql


def _fields(names: Names, cells: Sequence[Cell]) -> frozenset[str]:
    return frozenset().union(*(names.values[cell.name].fields for cell in cells))


def _given(name: str) -> str:
    return words.name(f"{name} given")


def _lost(name: str) -> str:
    return f"{_given(name)} is not null and {words.name(name)} is null"


def _text(name: str, kind: Type, sql: str, cell: Cell, fields: frozenset[str], *, whole: bool) -> Target:
    """Text to value: value map, bands, cast."""
    given: tuple[tuple[str, str], ...] = ((f"{name} given", sql),)
    text, rule = _given(name), ""
    if cell.values is not None:
        trimmed = words.trimmed(text) if cell.unknown == "keep" and kind is Type.TEXT else text
        arms = " ".join(f"when {words.value(key)} then {words.value(to)}" for key, to in cell.values)
        rest = f" else {text}" if cell.unknown == "keep" else ""
        known = f"{trimmed} in ({words.values(key for key, _ in cell.values)})"
        rule = f"not ({known})"
        if cell.unknown == "blank":
            known = f"{words.name(f'{name} came')} in ({words.values(key for key, _ in cell.values)})"
            given = (
                (f"{name} came", sql),
                (f"{name} given", f"case when {known} then {words.name(f'{name} came')} end"),
            )
        text = f"case {trimmed} {arms}{rest} end"
        if cell.unknown != "quarantine":
            rule = ""
    if cell.bands:
        return _bands(name, kind, text, given, cell, fields, whole=whole)
    typed = casts.cast(name, text, kind, cell, whole=whole)
    said = typed.rule
    if rule:
        said = f"case when {rule} then 'unknown-value' else {typed.rule} end" if typed.rule else "'unknown-value'"
    return Target(name, given, typed.columns, _lost(name) if said else "", said, typed.note, None, fields)


def _bands(
    name: str,
    kind: Type,
    text: str,
    given: tuple[tuple[str, str], ...],
    cell: Cell,
    fields: frozenset[str],
    *,
    whole: bool,
) -> Target:
    number = casts.cast(f"{name} number", text, Type.NUMBER, cell)
    size = words.name(f"{name} number")
    arms = " ".join(f"when {size} >= {low!r} then {words.value(label)}" for label, low in reversed(cell.bands))
    typed = casts.cast(name, f"case {arms} end", kind, cell, whole=whole)
    lost = f"{_given(name)} is not null and {size} is null"
    return Target(name, given, (*number.columns, *typed.columns), lost, number.rule, "", None, fields)


def _cell(name: str, kind: Type, cell: Cell, names: Names, *, whole: bool) -> Target:
    value = names.values[cell.name]
    asked = cell.values is not None or cell.normalise or cell.bands
    if value.type is Type.TEXT or kind is Type.TEXT or asked:
        trim = kind is not Type.TEXT or (cell.values is not None and cell.unknown != "keep")
        text = cell_text(names, cell, trim=trim)
        return _text(name, kind, text, cell, value.fields, whole=whole)
    return typed_cell(name, kind, value, cell, whole=whole)


def typed_cell(name: str, kind: Type, value: Value, cell: Cell, *, whole: bool) -> Target:
    """Return a value that already has a type, such as a column of a Parquet file."""
    given = ((f"{name} given", _present(value, cell)),)
    came = _given(name)
    if value.type is None or (value.type is Type.DAY and kind is Type.INSTANT):
        clock = came if value.type is None else f"cast({came} as bigint) * {DAY_US}"
        if kind is Type.DAY:
            typed = ((name, f"cast(floor({came} / {DAY_US}) as integer)"),)
            return Target(name, given, typed, _lost(name), "'not-a-day'", "", None, value.fields)
        made = casts.clock(name, clock, cell.zone)
        return Target(name, given, made.columns, _lost(name), made.rule, made.note, None, value.fields)
    sql, rule = came, words.value(f"not-a-{kind}")
    if kind is Type.NUMBER and whole and not value.whole:
        fits = f"isfinite({came}) and {came} = floor({came}) and abs({came}) < 9007199254740992"
        sql = f"case when {fits} then cast({came} as bigint) end"
        rule = f"case when isfinite({came}) then 'not-whole' else 'not-finite' end"
    elif kind is Type.NUMBER and not whole:
        double = f"cast({came} as double)"
        sql, rule = f"case when isfinite({double}) then {double} end", "'not-finite'"
    elif kind is Type.DURATION and value.type is Type.NUMBER:
        double = f"cast({came} as double)"
        fits = f"isfinite({double}) and abs({double}) * {cell.unit} < 9e18"
        sql = f"case when {fits} then cast(round({double} * {cell.unit}) as bigint) end"
    elif kind is Type.TRUTH and value.type is Type.NUMBER:
        sql = f"case when {came} = 1 then true when {came} = 0 then false end"
    elif kind is Type.INSTANT and value.type is Type.NUMBER:
        made = casts.cast(name, f"cast({came} as varchar)", kind, cell)
        return Target(name, given, made.columns, _lost(name), made.rule, made.note, None, value.fields)
    return Target(name, given, ((name, sql),), _lost(name), rule, "", None, value.fields)


def _present(value: Value, cell: Cell) -> str:
    if not cell.missing:
        return value.sql
    if value.type is Type.NUMBER:
        codes = [number for text in cell.missing if (number := _number(text)) is not None]
        if not codes:
            return value.sql
        return f"case when {value.sql} not in ({', '.join(codes)}) then {value.sql} end"
    return f"case when {value.said} not in ({words.values(cell.missing)}) then {value.sql} end"


def _number(text: str) -> str | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return repr(number) if math.isfinite(number) else None


def _formula(name: str, kind: Type, rule: Formula, names: Names, *, whole: bool) -> Target:
    from regard.expr import names as mentioned  # noqa: PLC0415 - the word is taken here

    fields = frozenset().union(*(names.values[item].fields for item in mentioned(rule.node) if item in names.values))
    value = Value(f"({names.formula(rule.node)})", kind, False, "", fields)
    if kind is Type.NUMBER:
        return typed_cell(name, kind, value, PLAIN, whole=whole)
    sql = value.sql
    if kind in (Type.INSTANT, Type.DURATION, Type.DAY):
        sql = f"try_cast(round({sql}) as {casts.sql_type(kind)})"
    given = ((f"{name} given", sql),)
    return Target(name, given, ((name, _given(name)),), "", "", "", None, fields)


def _first(name: str, kind: Type, rule: First, names: Names, *, whole: bool, zone: str) -> Target:
    values = [names.values[cell.name] for cell in rule.cells]
    fields = _fields(names, rule.cells)
    if kind is not Type.TEXT and all(value.type is kind for value in values):
        parts = ", ".join(_present(value, cell) for value, cell in zip(values, rule.cells, strict=True))
        value = Value(f"coalesce({parts})", kind, all(v.whole for v in values), "", fields)
        return typed_cell(name, kind, value, PLAIN, whole=whole)
    parts = ", ".join(cell_text(names, cell, trim=kind is not Type.TEXT) for cell in rule.cells)
    cell = replace(rule.cells[0], name="", missing=(), normalise=(), zone=rule.cells[0].zone or zone)
    return _text(name, kind, f"coalesce({parts})", cell, fields, whole=whole)


def _lookup(name: str, kind: Type, rule: Lookup, names: Names, relation: str, *, whole: bool) -> Target:
    given = ((f"{name} given", cell_text(names, rule.cell, trim=True)),)
    alias = words.name(f"{name} found")
    found = f'{alias}."value"'
    if rule.cell.unknown == "keep":
        found = f'case when {alias}."key" is null then {_given(name)} else {found} end'
    value, known = words.name(f"{name} value"), words.name(f"{name} known")
    typed = casts.cast(name, value, kind, rule.cell, whole=whole)
    columns = ((f"{name} known", f'{alias}."key" is not null'), (f"{name} value", found), *typed.columns)
    lost = f"{value} is not null and {words.name(name)} is null"
    if rule.cell.unknown == "quarantine":
        lost = f"{_given(name)} is not null and (not {known} or {lost})"
    broken = f"case when not {known} then 'unknown-value' else {typed.rule} end" if typed.rule else "'unknown-value'"
    on = f'{alias}."key" = {_given(name)}'
    fields = names.values[rule.cell.name].fields
    return Target(name, given, columns, lost, broken, typed.note, (relation, alias, on), fields)


def _party(name: str, rule: PartyKey, names: Names) -> Target:
    parts = [cell_text(names, cell) for cell in rule.cells]
    # A key with a blank part is no key: `||` makes it NULL.
    key = " || ':' || ".join(f"({part})" for part in parts)
    given = ((f"{name} given", key),)
    typed = (
        (f"{name} number", key_number(f"{words.value(rule.system + ':')} || {_given(name)}")),
        (name, words.name(f"{name} number")),
    )
    return Target(name, given, typed, "", "", "", None, _fields(names, rule.cells))


def key_number(text: str) -> str:
    """Return the surrogate of a key: the first eight bytes of its md5 as a whole number, masked to 63 bits."""
    return f"cast(cast('0x' || left(md5({text}), 16) as ubigint) & 9223372036854775807 as bigint)"
