"""What a file is most like that no recogniser knows: each layout is tried, and the one that says most of it is taken.

A layout is tried by drafting its mapping, so that what counts is not a header alone but that its cells can be read.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from regard.expr import Type
from regard.sources.arrival.draft import drafted
from regard.sources.arrival.headers import PART, Headers, known_words, words
from regard.sources.arrival.nouns import ADDED, LINE
from regard.sources.arrival.reading import reading
from regard.sources.arrival.recognise import recognisers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.model import Table
    from regard.sources.arrival.nouns import Draft
    from regard.sources.arrival.profile import Column, Profile
    from regard.sources.arrival.recognise import Recogniser

NAMED = 3
"""What a header (or the file) that begins with a word of the trade counts for: `Ticket subject`."""
SPARE = ("identity", "quarantine")
"""Tables that no file fills."""
MOST_NAMED = 3
"""Headers that count so; more say no more."""


def closest(profile: Profile, tables: Mapping[str, Table]) -> Recogniser | None:
    """Return the layout that a file is most like, None when none can be filled.

    Args:
        profile: the file.
        tables: the tables of the catalogue.
    """
    best: tuple[int, Recogniser | None] = (0, None)
    for layout in recognisers():
        if layout.about and layout.fits(Headers(profile.columns, layout.about)):
            draft = drafted("", profile, layout, {}, tables, lambda _: None, "UTC")
            score = _score(draft, layout) if _main(draft, layout) else 0
            best = max(best, (score, layout), key=lambda one: one[0])
    return best[1]


def nearest(profile: Profile, tables: Mapping[str, Table]) -> tuple[str, dict[str, str]]:
    """Return the table that a file is most like, though it cannot be filled, with our columns and those of the file.

    Args:
        profile: the file.
        tables: the tables of the catalogue.

    Returns:
        ("", {}) when no table has two columns in it.
    """
    found: dict[str, dict[str, str]] = {}
    for table in (one for one in tables.values() if not one.derived and one.name not in SPARE):
        names = {name: name.replace("_", " ") for name in table.columns if name not in ADDED}
        found[table.name] = _filled(profile, table, names, (table.name,))
    for layout in recognisers():
        if layout.about:
            table = tables[str(layout.tables[0]["table"])]
            columns = layout.tables[0].get("columns")
            names = {name: _names(rule, layout) for name, rule in columns.items()} if isinstance(columns, dict) else {}
            made = _filled(profile, table, names, layout.about)
            found[table.name] = max(found[table.name], made, key=len)
    best = max(found, key=lambda name: len(found[name]), default="")
    return (best, found[best]) if best and len(found[best]) > 1 else ("", {})


def _readable(kind: Type, column: Column) -> bool:
    return reading(column, kind) is not None and not (kind is Type.TEXT and column.timed)


def _filled(profile: Profile, table: Table, names: Mapping[str, str], about: Sequence[str]) -> dict[str, str]:
    """Return our columns of a table that a file could fill, each with the column that would; none serves twice."""
    headers = Headers(profile.columns, about)
    made: dict[str, str] = {}
    for name, text in names.items():
        kind = table.columns[name].type
        one = headers.find(text, partial(_readable, kind)) if text else None
        if one is not None and one.name not in made.values() and reading(one, kind) is not None:
            made[name] = one.name
    return made


def _names(rule: object, layout: Recogniser) -> str:
    """Return the names of headers that a rule of a layout has, through a field."""
    said = rule.get("from", "") if isinstance(rule, dict) else "" if isinstance(rule, list) else rule
    behind = layout.fields.get(str(said))
    first = behind[0] if isinstance(behind, list) else behind
    return str(first.get("from", "")) if isinstance(first, dict) else str(said)


def _main(draft: Draft, layout: Recogniser) -> bool:
    """Whether the table that a layout is about is made, and its id tells rows apart as the layout says."""
    wanted = layout.tables[0]
    made = next((one for one in draft.tables if one.table == wanted["table"]), None)
    if made is None:
        return False
    ids = [line.value for line in made.lines if line.name == "id"]
    return wanted.get("id", "$key") == "$key" or [*LINE] not in ids


def _score(draft: Draft, layout: Recogniser) -> int:
    """Return how much of a file a layout says: columns that it uses, and headers of its trade."""
    same = known_words().same
    about = {same.get(word, word) for word in layout.about}
    named = sum(_first(header) in about for header in draft.profile.columns)
    across = any(len(one.questions) == 1 for one in draft.tables)  # one row for each answer is the simpler reading
    return len(draft.used) - across + NAMED * (min(named, MOST_NAMED) + bool(words(draft.profile.path.stem) & about))


def _first(header: str) -> str:
    """Return the word that a header begins with."""
    found = PART.search(header)
    word = found[0].casefold() if found else ""
    return known_words().same.get(word, word)
