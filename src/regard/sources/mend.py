"""What would mend a finding: the line of the mapping as it would have to be, tried before it is shown.

Only a proposal: a person decides whether `TEL` is the telephone, or dirt. The table `MENDS` says for each rule what its
values ask for; where nothing in a mapping can help, it says what does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from regard.catalog import parse_yaml
from regard.sources.arrival import times
from regard.sources.arrival.profile import CODES
from regard.sources.arrival.write import flow
from regard.sources.bind import NUMBER
from regard.sources.written import read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from regard.errors import Mistake
    from regard.model import Table
    from regard.model.sources import Source

MOST = 6
"""Values that are named in a line."""
LINE = re.compile(r"^(?P<before>\s*(?:- )?(?P<name>[\w\"' .]+): )(?P<rule>[^#]*?)(?P<after>\s*(?:#.*)?)$")


@dataclass(frozen=True, slots=True)
class Mend:
    """What would mend a finding.

    Attributes:
        place: `file:line` of the line to change, "" when no line helps.
        line: the line as it would have to be, "" when no line helps.
        why: what it does, or what helps instead.
    """

    place: str
    line: str
    why: str


def mend(
    source: Source, table: str, rule: str, field: str, values: Sequence[str], tables: Mapping[str, Table]
) -> Mend | None:
    """Return what would mend rows that a rule turned away; None where nothing is known of the rule.

    Args:
        source: the mapping.
        table: the table that the rows were meant for.
        rule: what they broke.
        field: where.
        values: cells that broke it, the most frequent first.
        tables: tables by name.
    """
    if rule not in MENDS:
        return None
    option, why = MENDS[rule](list(values[:MOST]))
    if not option:
        return Mend("", "", why.format(field=field, table=table))
    line = _line(source, table, field)
    if rule == "naive-time":
        number = next((i for i, text in enumerate(_lines(source), 1) if text.startswith("read:")), 0)
        return Mend(f"{source.file}:{number}", f"zone: {option['zone']}", why.format(field=field, table=table))
    for key, value in option.items():
        changed = _changed(source, line, key, value) if line else None
        if changed and _right(source, line, changed, tables):
            return Mend(f"{source.file}:{line}", changed.strip(), why.format(field=field, table=table))
    return Mend(
        f"{source.file}:{line}" if line else "", "", f"{why.format(field=field, table=table)}: {flow(option)[1:-1]}"
    )


def _lines(source: Source) -> list[str]:
    """Return the lines of a mapping file, as it is now."""
    return Path(source.file).read_text(encoding="utf-8").splitlines()


def _line(source: Source, table: str, field: str) -> int:
    """Return the line on which a column of a table, or a field, gets its value; 0 when none does."""
    own = next((one.line for one in source.fields if one.name == field), 0)
    return next((one.places[field] for one in source.mappings if one.table == table and field in one.places), own)


def _changed(source: Source, line: int, key: str, value: object) -> str | None:
    """Return a line of a mapping with an option added; None when it is not written on one line."""
    text = _lines(source)[line - 1]
    found = LINE.match(text)
    if found is None:
        return None
    rule = found["rule"].strip()
    if not rule.startswith("{"):
        value = _besides(key, value)
        return f"{found['before']}{{from: {rule}, {key}: {flow(value)}}}"
    inside = re.search(rf"\b{key}: ([\[{{])", rule)
    alone = re.search(rf"\b{key}: (\"[^\"]*\"|[^,\[{{}}]+)", rule)
    if alone is not None:
        both = f"[{alone[1].strip()}, {flow(value).strip('[]')}]"
        return f"{found['before']}{rule[: alone.start(1)]}{both}{rule[alone.end(1) :]}"
    if inside is None:
        value = _besides(key, value)
        return f"{found['before']}{rule[:-1]}, {key}: {flow(value)}}}" if rule.endswith("}") else None
    close = rule.index({"[": "]", "{": "}"}[inside[1]], inside.end())
    return f"{found['before']}{rule[:close]}, {flow(value)[1:-1]}{rule[close:]}"


def _besides(key: str, value: object) -> object:
    """Return the value of an option that a rule does not have yet: what it reads without it is read still."""
    if key != "format":
        return value
    return list(dict.fromkeys(("iso", *(value if isinstance(value, list) else (value,)))))


def _right(source: Source, line: int, changed: str, tables: Mapping[str, Table]) -> bool:
    """Whether a mapping with a changed line has no mistakes."""
    lines = _lines(source)
    lines[line - 1] = changed
    mistakes: list[Mistake] = []
    documents = parse_yaml("\n".join(lines) + "\n", source.file, mistakes)
    # A ? that is left for a person to say is no mistake of the proposal.
    made = bool(documents) and (read_source(documents[0], tables, mistakes) is not None or bool(mistakes))
    return made and all(mistake.rule == "unsaid" for mistake in mistakes)


def _values(values: Sequence[str]) -> tuple[dict[str, object], str]:
    return {"values": dict.fromkeys(values, "?")}, "say what each value means (in place of ?)"


def _missing(values: Sequence[str]) -> tuple[dict[str, object], str]:
    return {
        "missing": [one.removesuffix(".0") for one in values]
    }, "if these stand for no value; else they are dirt, and stay out"


def _number(values: Sequence[str]) -> tuple[dict[str, object], str]:
    for decimal, thousands in ((",", "."), (",", ""), (".", ",")):
        plain = [one.replace(thousands, "") if thousands else one for one in values]
        if all(NUMBER.match(one.replace(decimal, ".")) for one in plain if one):
            options: dict[str, object] = {"decimal": decimal} if decimal != "." else {"thousands": thousands}
            return options, "how these numbers are written"
    return _missing(values)


def _time(values: Sequence[str]) -> tuple[dict[str, object], str]:
    """Say how times are written; a text with digits is never called blank: it may be a time that nobody knows yet."""
    if not any(sign.isdigit() for one in values for sign in one) or all(one.casefold() in CODES for one in values):
        return _missing(values)
    timely = [one for one in values if one.casefold() not in CODES]
    way = times.written(timely)
    if way.mixed:
        first, second = way.mixed
        why = f"written by two hands: {first} has the month first, {second} the day; mend {{field}} where it comes from"
        return {}, why
    if any(times.read(one, way.formats) is None for one in timely):
        return {}, "say how {field} is written (`format: ...`, a strptime pattern); rows that hold no time stay out"
    formats = way.formats or ("iso",)
    return {"format": formats[0] if len(formats) == 1 else list(formats)}, "how these times are written"


def _told(why: str) -> Callable[[Sequence[str]], tuple[dict[str, object], str]]:
    return lambda values: ({}, why)  # noqa: ARG005 - the same whatever stood there


MENDS: Mapping[str, Callable[[Sequence[str]], tuple[dict[str, object], str]]] = {
    "unknown-value": _values,
    "not-a-number": _number,
    "not-whole": _missing,
    "not-finite": _missing,
    "not-a-truth": _values,
    "not-a-time": _time,
    "not-a-day": _time,
    "two-readings": _told(
        "{field} has both orders of day and month: name one in `format`, or mend it where it comes from"
    ),
    "not-a-duration": _missing,
    "out-of-range": _missing,
    "out-of-scale": _missing,
    "naive-time": lambda values: ({"zone": "UTC"}, "whose clock wrote {field}? write its zone below `read`"),  # noqa: ARG005 - called like the others
    "blank": _told("rows without {field} do not belong: `where: ...` leaves them out, or fill it where they come from"),
    "unknown-code": _told("register the value in the table `code`, or map it to one that is registered by `values`"),
    "missing-reference": _told("load the source of what {field} names, or leave the line of {field} out"),
    "out-of-sequence": _told(
        "times of one row contradict each other: mend them at the source, or allow for clocks: `skew: 5 min`"
    ),
    "inconsistent": _told("columns of one row contradict each other: mend them at the source"),
    "future-time": _told("does `until` in regard.toml end the story too early, or is the zone another?"),
    "duplicate-key": _told("`id` must tell rows apart: add a column to it, such as [id, line]"),
    "duplicate-response": _told("a customer answered twice: the later answer stands, nothing is to be mended"),
    "part-refused": _told("mend the line that was turned away; this row follows"),
}
"""Rule -> what its values ask for: options of the line, or none and what helps instead."""
