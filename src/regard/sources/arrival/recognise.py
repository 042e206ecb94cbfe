"""Recognisers: which export a file is, told by its headers. They are data, in `recognisers/`; no product is named here.

A recogniser is a mapping with choices left open: instead of one column it names several (`created at | created`), and
instead of one rule a list; the first that the file can fill is taken, and a line that it cannot fill is left out.
One with `about` is a layout: it knows no product, and compares headers by their words (`headers`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from regard.catalog import Field as Known, Record, Sort, read, read_yaml
from regard.errors import AuthorError
from regard.sources.arrival.headers import Headers, choices

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from regard.catalog import Document
    from regard.errors import Mistake
    from regard.sources.arrival.profile import Profile

TABLE = Record(
    name="a table of a recogniser",
    fields={
        "table": Known(sort=Sort.NAME, required=True, means="the table it fills"),
        "id": Known(sort=Sort.ANY, means="columns that make a row itself; $key for what the profile found"),
        "where": Known(sort=Sort.ANY, means="test on a row, or a list of them"),
        "party": Known(sort=Sort.ANY, means="whose row it is: {system, from}, or a list of them"),
        "columns": Known(sort=Sort.ANY, means="our column -> rule, or a list of rules"),
        "questions": Known(sort=Sort.ANY, means="one row for each rating: header -> constants, the first that fits"),
        "must": Known(sort=Sort.TEXTS, means="columns without which the table is not made, beside those never blank"),
        "collapse": Known(sort=Sort.ANY, means="one row for each key, as in a mapping"),
        "guess": Known(sort=Sort.TEXT, means="why the whole table is a guess"),
    },
)
RECOGNISER = Record(
    name="a recogniser",
    fields={
        "recogniser": Known(sort=Sort.NAME, required=True, means="its name"),
        "kind": Known(sort=Sort.TEXT, required=True, means="sort of tool: help desk, shop ..."),
        "means": Known(sort=Sort.TEXT, required=True, means="what the file is, in one sentence"),
        "rank": Known(sort=Sort.WHOLE, least=1, most=3, means="3 a product, 2 a known layout, 1 any file of the sort"),
        "needs": Known(sort=Sort.TEXTS, required=True, means="headers that must be there; `a | b` for one of them"),
        "without": Known(sort=Sort.TEXTS, means="headers that must not be there"),
        "about": Known(sort=Sort.TEXTS, means="words that say nothing in such a file; headers are compared by words"),
        "zone": Known(sort=Sort.TEXT, means="zone that the product writes times in, when they carry none"),
        "fields": Known(sort=Sort.ANY, means="typed names, as in a mapping"),
        "tables": Known(sort=Sort.LIST, record=TABLE, required=True, means="what to make of each row"),
        "notes": Known(sort=Sort.TEXTS, means="what a person should know, written above the mapping"),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recogniser:
    """A known export.

    Attributes:
        name: its name.
        kind: sort of tool.
        means: what the file is, in one sentence.
        rank: 3 a product, 2 a known layout, 1 any file of the sort.
        needs: for each header that must be there, the names that it may have.
        without: headers that must not be there.
        about: words that say nothing in such a file, () where headers are compared as they are.
        zone: zone of its times when they carry none, "" for unknown.
        fields: typed names as written.
        tables: its tables as written.
        notes: what a person should know.
    """

    name: str
    kind: str
    means: str
    rank: int = 1
    needs: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    zone: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    tables: tuple[Mapping[str, object], ...] = ()
    notes: tuple[str, ...] = ()

    def fits(self, headers: Headers) -> bool:
        """Whether a file with these headers is such an export."""
        there = all(headers.find(" | ".join(names)) is not None for names in self.needs)
        return there and not any(headers.find(names) is not None for names in self.without)


@cache
def recognisers() -> tuple[Recogniser, ...]:
    """Return all recognisers that ship, the most particular first.

    Raises:
        AuthorError: one of their files has mistakes.
    """
    mistakes: list[Mistake] = []
    with as_file(files("regard.sources.arrival") / "recognisers") as folder:
        found = read_recognisers(folder, mistakes)
    if mistakes:
        raise AuthorError(mistakes)
    return found


def read_recognisers(folder: Path, mistakes: list[Mistake]) -> tuple[Recogniser, ...]:
    """Return the recognisers of a folder, the most particular first; what is wrong is appended."""
    found = [
        _one(document, mistakes) for path in sorted(folder.glob("*.yaml")) for document in read_yaml(path, mistakes)
    ]
    return tuple(sorted(found, key=lambda one: (-one.rank, -len(one.needs), one.name)))


def recognised(profile: Profile, rank: int = 1) -> Recogniser | None:
    """Return what a file is, None when no recogniser of a rank or a higher one fits; layouts are not among them."""
    headers = Headers(profile.columns, filled=False)
    known = (one for one in recognisers() if one.rank >= rank and not one.about)
    return next((one for one in known if one.fits(headers)), None)


def _one(document: Document, mistakes: list[Mistake]) -> Recogniser:
    written = read(document.root, RECOGNISER, mistakes)
    plain = document.data
    data: Mapping[str, object] = plain if isinstance(plain, dict) else {}
    fields, tables = data.get("fields"), data.get("tables")
    return Recogniser(
        name=written.text("recogniser"),
        kind=written.text("kind"),
        means=written.text("means"),
        rank=written.whole("rank", 1),
        needs=tuple(choices(text) for text in written.texts("needs")),
        without=written.texts("without"),
        about=written.texts("about"),
        zone=written.text("zone"),
        fields=fields if isinstance(fields, dict) else {},
        tables=tuple(one for one in tables if isinstance(one, dict)) if isinstance(tables, list) else (),
        notes=written.texts("notes"),
    )
