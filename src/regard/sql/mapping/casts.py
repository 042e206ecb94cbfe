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
    from collections.abc import Mapping

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
WORDED = (
    r"(?:([0-9]{1,5}) ?d(?:ays?)?,? ?)?(?:([0-9]{1,6}) ?h(?:ours?|rs?)?,? ?)?"
    r"(?:([0-9]{1,7}) ?m(?:in(?:ute)?s?)?,? ?)?(?:([0-9]{1,9}) ?s(?:ec(?:ond)?s?)?)?"
)
"""A length of time in words: 1d 2h, 2h 5m, 3 hours 7 minutes."""
EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1000, "epoch_us": 1}
LETTERS: Mapping[str, float] = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "CET": 1, "CEST": 2,
}  # fmt: skip
"""Zones by their letters -> hours ahead of UTC: those of RFC 5322 4.3, and the two of central Europe. Others are in use
for several zones, so that a pattern with them is a wall clock that needs `zone`."""
DIRECTIVE = re.compile(r"%-?[A-Za-z]")
ORDERS = (re.compile(r"%d([-/])%m"), r"%m\1%d"), (re.compile(r"%m([-/])%d"), r"%d\1%m")
"""Both orders of day and month in which the same text may be read."""
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


def bare(text: str, cell: Cell) -> str:
    """Return a number's text without what may stand around it; a sign may stand before it: -$5.00."""
    if not cell.around:
        return text
    signs = "|".join(re.escape(sign) for sign in sorted(cell.around, key=len, reverse=True))
    text = f"regexp_replace({text}, {words.value(f'^([+-]?)(?:{signs}) ?')}, '\\1')"
    return f"regexp_replace({text}, {words.value(f' ?(?:{signs})$')}, '')"


def plain(text: str, cell: Cell) -> str:
    """Return a number's text with a decimal point, nothing between thousands and nothing around it."""
    text = bare(text, cell)
    if cell.thousands:
        text = f"replace({text}, {words.value(cell.thousands)}, '')"
    return text if cell.decimal == "." else f"replace({text}, {words.value(cell.decimal)}, '.')"


def number(text: str, cell: Cell) -> tuple[str, str]:
    """Return (test whether a trimmed text is a number, its value as a double that may be infinite)."""
    digits, decimal = number_pattern(cell)
    pattern = f"[+-]?(?:{digits}(?:{decimal}[0-9]*)?|{decimal}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    test = f"regexp_full_match({bare(text, cell)}, {words.value(pattern)})"
    return test, f"try_cast({plain(text, cell)} as double)"


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
    sql = f"case when regexp_full_match({bare(text, cell)}, {pattern}) then {integer} end"
    endless = f"regexp_full_match(lower({text}), {words.value(ENDLESS)})"
    rule = f"case when {test} then 'not-whole' when {endless} then 'not-finite' else 'not-a-number' end"
    return Typed(((column, sql),), rule)


def written_zone(form: str) -> int | None:
    """Return the seconds that the letters at the end of a pattern are ahead of UTC; None when they say no zone."""
    found = re.search(r"[A-Z]+\Z", DIRECTIVE.sub("", form))
    hours = LETTERS.get(found[0]) if found else None
    return None if hours is None else round(hours * 3600)


def exact_format(form: str) -> bool:
    """Whether times of a format carry their zone (ISO 8601 may or may not)."""
    return form in EPOCHS or "%z" in form or ("%" in form and written_zone(form) is not None)


def other_order(form: str) -> str:
    """Return a pattern with day and month changed over; "" where no other order is in use (01.02. is in February)."""
    return next((order.sub(other, form) for order, other in ORDERS if order.search(form)), "")


def _contradict(forms: Mapping[str, str]) -> tuple[list[str], str]:
    """Return values of formats to be tried in order, and a test whether two that differ by order alone contradict.

    Whoever names both orders of day and month says that the column has both: what each reads as another day is nobody's
    to choose, and is refused.

    Args:
        forms: format -> SQL of its value, NULL when it reads nothing.
    """
    tests = [
        f"{forms[form]} <> {forms[other]}" for form in forms if form < (other := other_order(form)) and other in forms
    ]
    return list(forms.values()), " or ".join(tests)


def _day(column: str, text: str, cell: Cell) -> Typed:
    found: dict[str, str] = {}
    for form in cell.formats or ("iso",):
        if form == "iso":
            pattern = words.value(MIDNIGHT)
            found[form] = f"case when regexp_full_match({text}, {pattern}) then try_cast(left({text}, 10) as date) end"
        elif form == "excel":
            serial = f"try_cast(floor(try_cast({text} as double)) as integer)"
            sql = f"case when {serial} between 1 and 2958465 then date '1970-01-01' + ({serial} - {EXCEL_EPOCH}) end"
            found[form] = sql
        else:
            found[form] = f"try_cast(try_strptime({text}, {words.value(form)}) as date)"
    forms, twice = _contradict(found)
    sql = f"cast({_first(forms)} - date '1970-01-01' as integer)"
    return Typed(((column, _unless(twice, sql)),), _or_twice(twice, value_rule("not-a-day")))


def _unless(twice: str, sql: str) -> str:
    return f"case when not coalesce({twice}, false) then {sql} end" if twice else sql


def _or_twice(twice: str, rule: str) -> str:
    return f"case when {twice} then 'two-readings' else {rule} end" if twice else rule


def _instant(column: str, text: str, cell: Cell) -> Typed:
    """Times come in two sorts: exact (offset, Z, epoch) and on a wall clock, which needs a zone."""
    exact: dict[str, str] = {}
    local: dict[str, str] = {}
    for form in cell.formats or ("iso",):
        if form == "iso":
            squeezed = f"replace({text}, ' Z', 'Z')"
            squeezed = f"regexp_replace({squeezed}, ' ([+-][0-9:]+)$', '\\1')"
            exact[form] = (
                f"case when regexp_full_match({text}, {words.value(OFFSET)}) "
                f"then epoch_us(try_cast({squeezed} as timestamptz)) end"
            )
            local[form] = (
                f"case when regexp_full_match({text}, {words.value(CLOCK)}) "
                f"then epoch_us(try_cast({text} as timestamp)) end"
            )
        elif form in EPOCHS:
            scaled = f"round(try_cast({text} as double) * {EPOCHS[form]})"
            exact[form] = f"case when {scaled} between {EARLIEST} and {LATEST} then cast({scaled} as bigint) end"
        elif form == "excel":
            serial = f"try_cast({text} as double)"
            # A serial number is a double of days: finer than a millisecond it is noise.
            milliseconds = f"cast(round(({serial} - {EXCEL_EPOCH}) * 86400000) as bigint)"
            local[form] = f"case when {serial} between 1 and 2958465.99999999 then {milliseconds} * 1000 end"
        else:
            ahead = (written_zone(form) or 0) * 1_000_000
            read = f"epoch_us(try_strptime({text}, {words.value(form)}))"
            (exact if exact_format(form) else local)[form] = f"{read} - {ahead}" if ahead else read
    exacts, exact_twice = _contradict(exact)
    locals_, local_twice = _contradict(local)
    twice = " or ".join(filter(None, (exact_twice, local_twice)))
    columns = []
    if exact:
        columns.append((f"{column} exact", _first(exacts)))
    if local:
        columns.append((f"{column} clock", _first(locals_)))
    found = words.name(f"{column} exact") if exact else "cast(null as bigint)"
    clock = words.name(f"{column} clock")
    if not local:
        return Typed((*columns, (column, _unless(twice, found))), _or_twice(twice, value_rule("not-a-time")))
    if not cell.zone:
        rule = f"case when {clock} is not null then 'naive-time' else 'not-a-time' end"
        return Typed((*columns, (column, _unless(twice, found))), _or_twice(twice, rule))
    zoned = f"{clock} - {zones.ahead(clock, cell.zone)}"
    sql = f"coalesce({found}, {zoned})" if exact else zoned
    rule = _or_twice(twice, value_rule("not-a-time"))
    return Typed((*columns, (column, _unless(twice, sql))), rule, zones.note(clock, cell.zone))


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
    extracted = (f"regexp_extract({text}, {words.value(WORDED)}, {place})" for place in (1, 2, 3, 4))
    parts = zip(extracted, (86_400, 3600, 60, 1), strict=True)
    worded = " + ".join(f"coalesce(try_cast({part} as bigint), 0) * {size}" for part, size in parts)
    arms += f" when regexp_full_match({text}, {words.value(WORDED)}) then ({worded}) * 1000000"
    if cell.unit:
        test, double = number(text, cell)
        arms += (
            f" when {test} and abs({double}) * {cell.unit} < 9e18 then cast(round({double} * {cell.unit}) as bigint)"
        )
    return Typed(((column, f"case {arms} end"),), value_rule("not-a-duration"))
