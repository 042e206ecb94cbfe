"""Keeps the data from growing for ever: drops results that nobody reads, and versions of tables nobody can ask for.

What was known at a time (`--as-of`) is a snapshot, and a snapshot needs the files of its versions. Every snapshot of
the last days stays, the newest however old they are, and of each earlier month the last: reports of months that are
over can be made again for ever. The others are given up, and the files that only they needed go an hour later, when
nobody who began to read them can still be at it. Everything else that is dropped can be computed again.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.errors import LoadError
from regard.expr import MINUTE_US
from regard.lake import DAY_S, Gone
from regard.model import DAY_US

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.model import Calendar
    from regard.store import Snapshot
    from regard.workspace.workspace import Workspace

LOG = logging.getLogger(__name__)
GRACE_US = 60 * MINUTE_US
"""How long a snapshot that was given up may still have readers."""
STAMP = "tidied"
"""Name of the file of the lake whose time says when it was last tidied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """What a tidying removed, or would remove.

    Attributes:
        results: kept results that nobody had read for long.
        versions: files of tables that no snapshot needs.
        snapshots: those whose data were given up, oldest first.
    """

    results: Gone
    versions: Gone
    snapshots: tuple[Snapshot, ...]


def tidy(workspace: Workspace, *, days: int | None = None, dry_run: bool = False) -> Tidied:
    """Remove what nobody reads any more, and what nobody can ask for.

    May be cut at any point, and run beside readers.

    Args:
        workspace: whose data.
        days: how long results stay that nobody reads, and every snapshot; by default what `regard.toml` says.
        dry_run: whether to remove nothing and only tell.

    Raises:
        LoadError: a load is running.
    """
    lake, store = workspace.lake, workspace.store
    days = workspace.config.keep_days if days is None else days
    every = store.snapshots()
    going = given_up(every, workspace.calendar, days, workspace.config.keep_versions, time.time_ns() // 1000)
    if dry_run:
        needed: dict[str, set[int]] = {}
        for one in (one for one in every if one not in going):
            for table, version in one.tables.items():
                needed.setdefault(table, set()).add(version)
        versions = lake.vacuum(needed, days=days, dry_run=True)
    else:
        with lake.writing("tidy"):
            store.give_up([one.id for one in going])
            versions = lake.vacuum(store.versions(grace=GRACE_US), days=days)
    return Tidied(results=lake.drop_unread(days, dry_run=dry_run), versions=versions, snapshots=going)


def tidy_daily(workspace: Workspace) -> Tidied | None:
    """Tidy up after a load, unless somebody did within a day or is loading again; None then."""
    stamp = workspace.lake.root / STAMP
    if stamp.exists() and time.time() - stamp.stat().st_mtime < DAY_S:
        return None
    try:
        done = tidy(workspace)
    except LoadError as error:
        LOG.info("not tidied: %s", error)
        return None
    stamp.touch()
    return done


def given_up(
    snapshots: Sequence[Snapshot], calendar: Calendar, days: int, newest: int, now: int
) -> tuple[Snapshot, ...]:
    """Return the snapshots that need not stay, oldest first.

    Args:
        snapshots: all that there are, newest first.
        calendar: whose months.
        days: younger ones stay.
        newest: how many of the newest stay.
        now: instant in microseconds.
    """
    months = set()
    found = []
    for place, one in enumerate(snapshots):
        day = calendar.day_of(one.at)
        last = (day.year, day.month) not in months
        months.add((day.year, day.month))
        if place >= newest and one.at < now - days * DAY_US and not last:
            found.append(one)
    return tuple(reversed(found))
