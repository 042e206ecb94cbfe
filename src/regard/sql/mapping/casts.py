"""How a text becomes a value of a type, and by which rule it is refused when it does not.

Each cast is strict: it says exactly which texts it reads, so that nothing is guessed. The texts are those of the
reference page of the mapping language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.expr import Type
from regard.sql.mapping import words, zones

if TYPE_CHECKING:
    from regard.model.sources import Cell

DAY_US = 86_400_000_000
EXCEL_EPOCH = 25_569
"""Serial number of 1970-01-01 in a sheet (ECMA-376 18.17.4.1, the 1900 date system from March 1900 on)."""
TRUE = ("true", "yes", "y", "t", "1")
FALSE = ("false", "no", "n", "f", "0")
CLOCK = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
OFFSET = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)? ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)"
)
MIDNIGHT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ]00:00(?::00(?:\.0+)?)?)?"
ENDLESS = r"[+-]?(?:nan|inf|infinity)"
SPAN = r"[+-]?[0-9]{1,7}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1000, "epoch_us": 1}
EARLIEST, LATEST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""Instants of the years 1 to 9999; a number outside them is no time."""
SQL_TYPES = {
    Type.NUMBER: "double",
    Type.TEXT: "varchar",
    Type.TRUTH: "boolean",
    Type.INSTANT: "bigint",
    Type.DAY: "integer",
    Type.DURATION: "bigint",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A value made of a text.

    Attributes:
        columns: (name, SQL) to select, in order; the value itself is the last, those before it help it.
        rule: SQL that names the rule broken when the text is there and the value is not; "" when that cannot be.
        note: SQL that names what is worth noting about the value, or "".
    """

    columns: tuple[tuple[str, str], ...]
    rule: str
    note: str = ""


def sql_type(kind: Type, *, whole: bool = False) -> str:
    """Return the SQL type of a value."""
    return "bigint" if kind is Type.NUMBER and whole else SQL_TYPES[kind]


def cast(column: str, text: str, kind: Type, cell: Cell, *, whole: bool = False) -> Typed:
    """Return a text as a value.

    Args:
        column: name of the value.
        text: SQL of the text, trimmed where the type is not text, blanks already NULL.
        kind: type of the value.
        cell: how it is written.
        whole: whether a number must be whole.
    """
    if kind is Type.TEXT:
        return Typed(((column, text),), "")
    if kind is Type.NUMBER:
        return _whole(column, text, cell) if whole else _number(column, text, cell)
    if kind is Type.TRUTH:
        sql = (
            f"case when lower({text}) in ({words.values(TRUE)}) then true "
            f"when lower({text}) in ({words.values(FALSE)}) then false end"
        )
        return Typed(((column, sql),), value_rule("not-a-truth"))
    if kind is Type.DAY:
        return _day(column, text, cell)
    if kind is Type.INSTANT:
        return _instant(column, text, cell)
    return _duration(column, text, cell)


def value_rule(rule: str) -> str:
    """Return a rule's name as SQL."""
    return words.value(rule)


def number_pattern(cell: Cell) -> tuple[str, str]:
    """Return the patterns of a number (whole part, the rest), as it is written in the cell."""
    decimal = re.escape(cell.decimal)
    digits = "[0-9]+"
    if cell.thousands:
        digits = f"(?:[0-9]+|[0-9]{{1,3}}(?:{re.escape(cell.thousands)}[0-9]{{3}})+)"
    return digits, decimal


def plain(text: str, cell: Cell) -> str:
    """Return a number's text with a decimal point and nothing between thousands."""
    if cell.thousands:
        text = f"replace({text}, {words.value(cell.thousands)}, '')"
    return text if cell.decimal == "." else f"replace({text}, {words.value(cell.decimal)}, '.')"


def number(text: str, cell: Cell) -> tuple[str, str]:
    """Return (test whether a trimmed text is a number, its value as a double that may be infinite)."""
    digits, decimal = number_pattern(cell)
    pattern = f"[+-]?(?:{digits}(?:{decimal}[0-9]*)?|{decimal}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    return f"regexp_full_match({text}, {words.value(pattern)})", f"try_cast({plain(text, cell)} as double)"


def _number(column: str, text: str, cell: Cell) -> Typed:
    test, double = number(text, cell)
    sql = f"case when {test} and isfinite({double}) then {double} end"
    endless = f"regexp_full_match(lower({text}), {words.value(ENDLESS)})"
    return Typed(((column, sql),), f"case when {test} or {endless} then 'not-finite' else 'not-a-number' end")


def _whole(column: str, text: str, cell: Cell) -> Typed:
    digits, decimal = number_pattern(cell)
    test, _ = number(text, cell)
    pattern = words.value(f"[+-]?{digits}(?:{decimal}0*)?")
    integer = f"try_cast(split_part({plain(text, cell)}, '.', 1) as bigint)"
    sql = f"case when regexp_full_match({text}, {pattern}) then {integer} end"
    endless = f"regexp_full_match(lower({text}), {words.value(ENDLESS)})"
    rule = f"case when {test} then 'not-whole' when {endless} then 'not-finite' else 'not-a-number' end"
    return Typed(((column, sql),), rule)


def _day(column: str, text: str, cell: Cell) -> Typed:
    forms = []
    for form in cell.formats or ("iso",):
        if form == "iso":
            pattern = words.value(MIDNIGHT)
            forms.append(f"case when regexp_full_match({text}, {pattern}) then try_cast(left({text}, 10) as date) end")
        elif form == "excel":
            serial = f"try_cast(floor(try_cast({text} as double)) as integer)"
            sql = f"case when {serial} between 1 and 2958465 then date '1970-01-01' + ({serial} - {EXCEL_EPOCH}) end"
            forms.append(sql)
        else:
            forms.append(f"try_cast(try_strptime({text}, {words.value(form)}) as date)")
    found = forms[0] if len(forms) == 1 else f"coalesce({', '.join(forms)})"
    sql = f"cast({found} - date '1970-01-01' as integer)"
    return Typed(((column, sql),), value_rule("not-a-day"))


def _instant(column: str, text: str, cell: Cell) -> Typed:
    """Times come in two sorts: exact (offset, Z, epoch) and on a wall clock, which needs a zone."""
    exact, local = [], []
    for form in cell.formats or ("iso",):
        if form == "iso":
            squeezed = f"replace({text}, ' Z', 'Z')"
            squeezed = f"regexp_replace({squeezed}, ' ([+-][0-9:]+)$', '\\1')"
            exact.append(
                f"case when regexp_full_match({text}, {words.value(OFFSET)}) "
                f"then epoch_us(try_cast({squeezed} as timestamptz)) end"
            )
            local.append(
                f"case when regexp_full_match({text}, {words.value(CLOCK)}) "
                f"then epoch_us(try_cast({text} as timestamp)) end"
            )
        elif form in EPOCHS:
            scaled = f"round(try_cast({text} as double) * {EPOCHS[form]})"
            exact.append(f"case when {scaled} between {EARLIEST} and {LATEST} then cast({scaled} as bigint) end")
        elif form == "excel":
            serial = f"try_cast({text} as double)"
            # A serial number is a double of days: finer than a millisecond it is noise.
            milliseconds = f"cast(round(({serial} - {EXCEL_EPOCH}) * 86400000) as bigint)"
            local.append(f"case when {serial} between 1 and 2958465.99999999 then {milliseconds} * 1000 end")
        elif "%z" in form:
            exact.append(f"epoch_us(try_strptime({text}, {words.value(form)}))")
        else:
            local.append(f"epoch_us(try_strptime({text}, {words.value(form)}))")
    columns = []
    if exact:
        columns.append((f"{column} exact", _first(exact)))
    if local:
        columns.append((f"{column} clock", _first(local)))
    found = words.name(f"{column} exact") if exact else "cast(null as bigint)"
    clock = words.name(f"{column} clock")
    if not local:
        return Typed((*columns, (column, found)), value_rule("not-a-time"))
    if not cell.zone:
        rule = f"case when {clock} is not null then 'naive-time' else 'not-a-time' end"
        return Typed((*columns, (column, found)), rule)
    zoned = f"{clock} - {zones.ahead(clock, cell.zone)}"
    sql = f"coalesce({found}, {zoned})" if exact else zoned
    return Typed((*columns, (column, sql)), value_rule("not-a-time"), zones.note(clock, cell.zone))


def clock(column: str, local: str, zone: str) -> Typed:
    """Return a typed wall clock time (microseconds on that clock) as an instant; without a zone it is refused."""
    name = words.name(f"{column} clock")
    if not zone:
        return Typed(((f"{column} clock", local), (column, "cast(null as bigint)")), value_rule("naive-time"))
    sql = f"{name} - {zones.ahead(name, zone)}"
    return Typed(((f"{column} clock", local), (column, sql)), value_rule("naive-time"), zones.note(name, zone))


def _first(forms: list[str]) -> str:
    return forms[0] if len(forms) == 1 else f"coalesce({', '.join(forms)})"


def _duration(column: str, text: str, cell: Cell) -> Typed:
    hours, minutes, seconds = (f"split_part(ltrim({text}, '+-'), ':', {n})" for n in (1, 2, 3))
    spelled = f"(try_cast({hours} as bigint) * 3600 + try_cast({minutes} as bigint) * 60) * 1000000"
    spelled = f"{spelled} + cast(round(try_cast({seconds} as double) * 1000000) as bigint)"
    sign = f"case when starts_with({text}, '-') then -1 else 1 end"
    arms = f"when regexp_full_match({text}, {words.value(SPAN)}) then ({sign}) * ({spelled})"
    if cell.unit:
        test, double = number(text, cell)
        arms += (
            f" when {test} and abs({double}) * {cell.unit} < 9e18 then cast(round({double} * {cell.unit}) as bigint)"
        )
    return Typed(((column, f"case {arms} end"),), value_rule("not-a-duration"))
