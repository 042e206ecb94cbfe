"""A draft becomes the text of a mapping: commented, every guess marked, what stands in the file told above it."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING

from regard.sources.arrival.ratings import averaged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from regard.sources.arrival.nouns import Draft, Filled, Line
    from regard.sources.arrival.profile import Column, Profile

EVERYBODY = (
    "Who was affected is not said, so minutes lost are unknown. To take every customer as affected, load a file of",
    "customers (table party), and take the `# ` before each line below away:",
)
WIDE = 62
"""Where comments begin, if the line is not longer."""
SHOWN = 120
"""Columns of a file that are described; of a wider one the rest is counted."""
WHOLE = 1e15
"""Whole numbers below this are exact."""
CUT = re.compile(r"\d{1,2}:\d\d\.\d\Z")
"""What is left of a time or duration that a sheet shows as minutes and seconds: `03:17.4`."""
AGO = re.compile(r"\bago\b|^(yesterday|today|just now)", re.IGNORECASE)
PLAIN = re.compile(r"[A-Za-z_$][\w$./-]*( [\w$./-]+)*\Z", re.ASCII)
"""A text that YAML reads as itself."""
NOT_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def text(draft: Draft, place: str, proposals: Sequence[str] = ()) -> str:
    """Return a mapping file.

    Args:
        draft: what was found.
        place: path of the file as the mapping is to have it.
        proposals: lines for a person to take up, written as comments.
    """
    found = [*_above(draft), *(_mapping(draft, place) if draft.tables else _unknown(draft, place))]
    for one in draft.aside:
        found += ["", *(f"# {line}" for line in (*EVERYBODY, *_table(one)))]
    if proposals:
        found += ["", *(f"# {line}".rstrip() for line in proposals)]
    return "\n".join(line.rstrip() for line in found) + "\n"


def flow(value: object) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(one) for one in value) + "]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:g}" if isinstance(value, float) else str(value)
    said = str(value)
    if PLAIN.match(said) and said.casefold() not in NOT_TEXT:
        return said
    return json.dumps(said, ensure_ascii=False)


def _adds(table: Filled) -> bool:
    """Whether several lines become one row, with sums or counts of them."""
    made = table.collapse["columns"].values() if table.collapse else ()
    return any(str(text).startswith(("sum(", "count(", "mean(")) for text in made)


def _above(draft: Draft) -> Iterator[str]:
    profile, known = draft.profile, draft.recogniser
    rows = f"{profile.rows:,} rows" + ("" if profile.whole else " looked at, there are more")
    yield f"# {profile.path.name}: {rows}; " + (
        f"taken for: {known.means} ({known.kind})" if known else "not recognised"
    )
    key = (
        f"one row for each {' and '.join(profile.key)}" if profile.key else "no column, and no two, tell its rows apart"
    )
    yield f"# {_flat(key)}. Lines marked `guessed` are guesses: read those first."
    for note in (*profile.notes, *(known.notes if known else ())):
        yield f"# Note: {note}"
    if profile.repeats and any(_adds(table) for table in draft.tables):
        yield "# Note: where lines are put together (`collapse`), each that stands there once more is added once more"
    if draft.note:
        yield f"# Not loaded: {draft.note}."
    for name, column in draft.unread.items():
        if name not in draft.used:
            meant = f" for {column}" if column else ""
            yield f"# Not read: '{_flat(name)}'{meant}: {_why_not(profile.columns[name])}."
    for table, column in draft.lacking:
        yield f"# Not filled: {table}, which needs {column}, and nothing here is that."
    yield "#"
    columns = list(profile.columns.values())
    wide = min(max((len(one.name) for one in columns), default=0), 36)
    for one in columns[:SHOWN]:
        yield f"#   {'*' if one.name in draft.used else ' '} {_flat(one.name):<{wide}}  {_said(one, profile)}"
    if len(columns) > SHOWN:
        yield f"#     and {len(columns) - SHOWN} more columns"
    if draft.used:
        yield "#   (* is used below; of personal columns no value is repeated here)"


def _why_not(column: Column) -> str:
    """Return what stands in a column that could not be read as what its header says."""
    if column.personal:
        return f"its cells are {column.kind}"
    shown = " | ".join(_flat(text)[:32] for text, _ in column.top[:3])
    said = f"its cells are {column.kind}, such as {shown}"
    if averaged(column):
        return f"{said}: means of several answers, and no answers"
    if column.top and all(CUT.match(text) for text, _ in column.top):
        return (
            f"{said}: a sheet showed minutes and seconds, and left the rest out when it wrote the file; export it again"
        )
    if column.top and sum(count for text, count in column.top if AGO.search(text)) > column.filled / 2:
        return f"{said}: nobody can tell from when that counts; export the times themselves"
    return said


def _number(value: float) -> str:
    """Return a number in full where it is whole: an id of 14 digits is no power of ten."""
    return f"{value:.0f}" if value == int(value) and abs(value) < WHOLE else f"{value:g}"


def _flat(text: str) -> str:
    """Return a text on one line, without what a comment cannot hold."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _said(column: Column, profile: Profile) -> str:
    """Return what stands in a column, in a few words."""
    words = [column.kind]
    if column.personal:
        words.append(f"personal ({column.personal})")
    if column.timed and isinstance(column.low, datetime) and isinstance(column.high, datetime):
        words.append(f"{column.low:%Y-%m-%d} to {column.high:%Y-%m-%d}")
        words.append(("some without zone" if column.mixed else "no zone") if column.naive else "with zone")
    elif column.kind in ("whole", "number") and not column.personal:
        words.append(" to ".join(_number(one) for one in (column.low, column.high) if isinstance(one, float)))
    elif column.distinct <= 6 and not column.personal:  # noqa: PLR2004 - as many as fit a line
        words.append(" | ".join(_flat(text)[:24] for text, _ in column.top))
    else:
        words.append(f"{column.distinct:,} different")
    if column.blank:
        words.append(f"{100 * column.blank / max(profile.rows, 1):.3g} % blank")
    if column.missing:
        words.append("blank is also " + ", ".join(column.missing))
    if column.stray:
        words.append(f"{column.stray} that are not {column.kind}")
    return ", ".join(words)


def _mapping(draft: Draft, place: str) -> Iterator[str]:
    yield f"source: {draft.name}"
    yield f"means: {flow(draft.recogniser.means if draft.recogniser else draft.profile.path.name)}"
    yield f"read: {flow(_read(draft.profile, place))}"
    if draft.zone is not None:
        yield _line("", draft.zone)
    if draft.fields:
        yield "fields:"
        yield from (_line("  ", line) for line in draft.fields)
    yield "tables:"
    for one in draft.tables:
        yield from _table(one)


def _table(one: Filled) -> Iterator[str]:
    yield f"  - table: {flow(one.table)}"
    yield from (_line("    ", line) for line in one.lines)
    if one.questions:
        yield "    unpivot:"
        yield "      columns:                          # one row for each; take out what is no rating"
        yield from (_line("        ", line) for line in one.questions)
        yield from (f"        # {flow(line.name)}: {flow(line.value)}" for line in one.doubtful)
        yield f"      to: {one.into}"
        yield "      blank: keep"
    if one.collapse is not None:
        yield "    collapse:"
        yield f"      by: {flow(one.collapse['by'])}"
        yield "      columns:"
        columns = one.collapse["columns"]
        yield from (f"        {flow(name)}: {flow(rule)}" for name, rule in columns.items())
    if one.columns:
        yield "    columns:"
        yield from (_line("      ", line) for line in one.columns)


def _line(indent: str, line: Line) -> str:
    said = f"{indent}{flow(line.name)}: {flow(line.value)}"
    return f"{said:<{WIDE}}  # {line.why}" if line.why else said


def _read(profile: Profile, place: str) -> Mapping[str, object]:
    return {profile.read.kind: place, **profile.read.options}


def _unknown(draft: Draft, place: str) -> Iterator[str]:
    """Yield a mapping of a file that nobody knows: whole, but commented out, for a person to complete."""
    if draft.near is None:
        return
    yield "#"
    yield "# Nothing is loaded from this file until the `# ` before each line below is taken away. `regard check` names"
    yield '# every "?" that is still to be said; `regard show TABLE` tells the columns of a table.'
    yield f"# source: {draft.name}"
    yield f"# means: {flow(draft.profile.path.name)}"
    yield f"# read: {flow(_read(draft.profile, place))}"
    yield f"# zone: {draft.zone.value if draft.zone else 'UTC'}"
    yield "# tables:"
    yield from (f"# {line}" for line in _table(draft.near))
