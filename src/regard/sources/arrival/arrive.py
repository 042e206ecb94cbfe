"""From files to mappings: profile each, recognise it, draft, and propose what only a person may decide."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from regard.sources.arrival.draft import drafted
from regard.sources.arrival.headers import folded
from regard.sources.arrival.likeness import closest, nearest
from regard.sources.arrival.nouns import ADDED, LINE, UNSAID, Draft, Filled, Line, Question
from regard.sources.arrival.profile import Profile, profile
from regard.sources.arrival.propose import proposals
from regard.sources.arrival.reading import reading
from regard.sources.arrival.recognise import recognised
from regard.sources.arrival.write import text
from regard.sql.mapping import own_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from regard.model import Table
    from regard.sources.arrival.recognise import Recogniser

PEOPLE = "party"
"""The table that says how many customers there are."""
ALIKE = 0.9
"""Share of keys that two exports of one thing have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A file with the mapping that was made for it.

    Attributes:
        draft: what was found and decided.
        place: path of the file as the mapping has it.
        text: the mapping file.
    """

    draft: Draft
    place: str
    text: str

    @property
    def name(self) -> str:
        """Name of the source."""
        return self.draft.name

    @property
    def guesses(self) -> int:
        """How many lines are marked as guesses."""
        return len(re.findall(r"# guessed: ", self.text))


def arrive(
    paths: Sequence[Path],
    root: Path,
    tables: Mapping[str, Table],
    *,
    ask: Callable[[Question], str | None] = lambda _: None,
    zone: str = "",
) -> list[Arrived]:
    """Make a mapping for each file.

    Args:
        paths: the files.
        root: the workspace that the mappings are for.
        tables: the tables of the catalogue.
        ask: asks a person what cannot be known; None takes the guess.
        zone: zone of times without one, "" to ask.

    Raises:
        SourceError: a file cannot be read; nothing was written.
    """
    profiles = [profile(path) for path in paths]
    names = _names(profiles)
    places = [place(one.path, root) for one in profiles]
    known = [recognised(one, 2) or closest(one, tables) or recognised(one) for one in profiles]
    peers = {
        found.name: (one, where) for one, found, where in zip(profiles, known, places, strict=True) if found is not None
    }
    peopled = any(PEOPLE in _tables(found) for found in known)
    result: list[Arrived] = []
    twins = _twins(profiles, known)
    for name, one, found, where in zip(names, profiles, known, places, strict=True):
        twin = twins.get(one.path)
        if twin is not None:
            draft = Draft(name, one, found, note=f"the same rows as {twin.path.name}, which is loaded instead")
        else:
            draft = drafted(name, one, found, peers, tables, ask, zone)
            if not peopled:
                draft.aside = [one for one in draft.tables if _of_everybody(one)]
                draft.tables = [one for one in draft.tables if one not in draft.aside]
            if not draft.tables:
                draft.near = _near(one, tables)
        result.append(Arrived(draft=draft, place=where, text=text(draft, where, proposals(draft))))
    return result


def _tables(found: Recogniser | None) -> set[object]:
    return {one["table"] for one in found.tables} if found is not None else set()


def _of_everybody(one: Filled) -> bool:
    """Whether rows say a share of all customers: where no file says how many there are, that would be nobody."""
    filled = {line.name for line in one.columns}
    return one.table == "impact" and "share" in filled and "n_parties" not in filled and not one.party


def _near(one: Profile, tables: Mapping[str, Table]) -> Filled:
    """Begin the mapping of a file that nobody knows: the table it is most like, and what a person has to say."""
    name, columns = nearest(one, tables)
    if not name:
        lines = [Line("id", *_id(one))]
        return Filled(UNSAID, lines=lines, columns=[Line(UNSAID, UNSAID, "our column: a column of the file")])
    table = tables[name]
    made = [
        Line(
            ours,
            {"from": theirs, **options}
            if (options := reading(one.columns[theirs], table.columns[ours].type))
            else theirs,
        )
        for ours, theirs in columns.items()
    ]
    made += [
        Line(column.name, UNSAID, f"which column? {column.means}")
        for column in table.columns.values()
        if not column.blank and column.default is None and column.name not in {*columns, *ADDED, own_id(table)}
    ]
    return Filled(name, lines=[Line("id", *_id(one))], columns=made)


def _id(one: Profile) -> tuple[object]:
    key = list(one.key or LINE)
    return (key[0] if len(key) == 1 else key,)


def _twins(profiles: Sequence[Profile], known: Sequence[Recogniser | None]) -> dict[Path, Profile]:
    """Return the files whose rows another file has too, each with that other: the one that tells more is kept."""
    kept: list[tuple[Profile, Recogniser | None]] = []
    found: dict[Path, Profile] = {}
    for one, taken in sorted(zip(profiles, known, strict=True), key=lambda pair: -len(pair[0].columns)):
        twin = next((other for other, theirs in kept if theirs is taken is not None and _alike(one, other)), None)
        if twin is None:
            kept.append((one, taken))
        else:
            found[one.path] = twin
    return found


def _alike(one: Profile, other: Profile) -> bool:
    """Whether a file has the same rows as another that was taken for the same: same keys, and the same beside them."""
    if len(one.key) != 1 or len(other.key) != 1:
        return False
    theirs = {folded(name): name for name in other.columns if name not in other.key}
    shared = [(name, theirs[folded(name)]) for name in one.columns if name not in one.key and folded(name) in theirs]
    places = {key: row for row, key in enumerate(other.texts(other.key[0]))}
    found = [(row, places[key]) for row, key in enumerate(one.texts(one.key[0])) if key in places]
    if not shared or len(found) < ALIKE * one.rows:
        return False
    pairs = [(one.texts(mine), other.texts(their)) for mine, their in shared]
    same = sum(mine[row] == their[place] for mine, their in pairs for row, place in found)
    return same >= ALIKE * len(found) * len(shared)


def place(path: Path, root: Path) -> str:
    """Return a path as a mapping has it: from the workspace where it lies inside, else in full."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def ends(found: Sequence[Arrived]) -> datetime | None:
    """Return the midnight after the newest thing that happened, None when nothing says or not all rows were seen."""
    if any(one.draft.last is not None and not one.draft.profile.whole for one in found):
        return None
    last = [one.draft.last for one in found if one.draft.last is not None]
    return None if not last else max(last).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _names(profiles: Sequence[Profile]) -> list[str]:
    """Return names of sources after their files, all different."""
    found: list[str] = []
    for one in profiles:
        name = re.sub(r"[^a-z0-9]+", "_", one.path.name.split(".")[0].lower()).strip("_") or "source"
        name = name if name[0].isalpha() else f"file_{name}"
        same = sum(re.fullmatch(rf"{re.escape(name)}(_\d+)?", other) is not None for other in found)
        found.append(f"{name}_{same + 1}" if same else name)
    return found
