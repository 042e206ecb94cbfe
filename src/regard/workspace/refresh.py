"""Reads sources again when their time has come: each at its own cadence, in one process of all that serve a workspace.

A reading is a load like any other: it appears as one snapshot or not at all, so whoever asks meanwhile asks the one
before. A source that cannot be read holds up no other; it is a finding until it can be read again.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.errors import LoadError, RegardError
from regard.sources import DONE_KEY, RejectsError
from regard.store import Finding
from regard.workspace.tidying import tidy_daily

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from regard.model.sources import Source
    from regard.sources import Report
    from regard.workspace.workspace import Workspace

LOG = logging.getLogger(__name__)
LOOK_S = 15.0
"""Seconds between two looks at what is due."""
UNREADABLE = "unreadable-source"
"""Rule of the finding that a source could not be read."""
PATIENCE = 6
"""A source that could not be read is tried again after its cadence, at most doubled so many times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What one look did.

    Attributes:
        loaded: sources that were read.
        failed: source -> why it could not be read.
        snapshots: ids of the snapshots that appeared.
        waited: why nothing was read although something was due, such as another load; "" when nothing stood in the way.
    """

    loaded: tuple[str, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)
    snapshots: tuple[str, ...] = ()
    waited: str = ""


def due(workspace: Workspace, now: int) -> tuple[Source, ...]:
    """Return the sources with a cadence that is over, in file order; one that was never read is due at once.

    Args:
        workspace: whose sources.
        now: instant on the wall, in microseconds.
    """
    runs = workspace.store.last_runs("load", DONE_KEY)
    found = []
    for source in workspace.sources:
        if source.every is None:
            continue
        run = runs.get(f"{DONE_KEY}{source.name}")
        if run is None or now >= (run.ended_at or run.started_at) + source.every:
            found.append(source)
    return tuple(found)


class Refresher:
    """The schedule of a workspace."""

    def __init__(
        self,
        workspace: Callable[[], Workspace],
        *,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
        look_s: float = LOOK_S,
    ) -> None:
        """Prepare it; nothing runs yet.

        Args:
            workspace: gives the workspace as its files are now.
            clock: the instant on the wall in microseconds.
            look_s: seconds between two looks.
        """
        self._workspace, self._clock, self._look_s = workspace, clock, look_s
        self._failures: dict[str, tuple[int, int]] = {}
        """Source -> (instant of its last failure, how many in a row)."""

    def run(self, stop: Event) -> None:
        """Look again and again until told to stop; where another process runs the schedule, stand by for it to end."""
        while not stop.is_set():
            try:
                with self._workspace().lake.scheduling() as mine:
                    while mine and not stop.is_set():
                        if self.look().loaded:
                            tidy_daily(self._workspace())
                        stop.wait(self._look_s)
            except RegardError as error:
                LOG.warning("the schedule could not look: %s", error)
            stop.wait(self._look_s)

    def look(self) -> Refreshed:
        """Read what is due, all of it as one snapshot if it can be.

        Mistakes of a file and sources that cannot be read are told as findings and never raised: the next look is
        soon.
        """
        workspace = self._workspace()
        now = self._clock()
        names = [one.name for one in due(workspace, now) if self._patient(one, now)]
        if not names:
            return Refreshed()
        try:
            return self._done(workspace, names, [self._load(workspace, names)])
        except LoadError as error:
            return Refreshed(waited=str(error))
        except RegardError as error:
            if len(names) == 1:
                return self._failed(workspace, {names[0]: error}, Refreshed())
        # One of them stands in the way: each alone, so that the others are read.
        done: list[str] = []
        reports: list[Report] = []
        failures: dict[str, RegardError] = {}
        for name in names:
            try:
                reports.append(self._load(workspace, [name]))
                done.append(name)
            except RegardError as error:
                failures[name] = error
        return self._failed(workspace, failures, self._done(workspace, done, reports))

    @staticmethod
    def _load(workspace: Workspace, names: Sequence[str]) -> Report:
        try:
            return workspace.load(names)
        except RejectsError as error:
            return error.report

    def _done(self, workspace: Workspace, names: Sequence[str], reports: Sequence[Report]) -> Refreshed:
        for name in names:
            self._failures.pop(name, None)
        for one in workspace.store.findings(rule=UNREADABLE, status="open"):
            if one.scope.get("source") in names:
                workspace.store.set_status(one.id, "resolved")
        made = tuple(report.snapshot for report in reports if report.commits and report.snapshot)
        return Refreshed(loaded=tuple(names), snapshots=made)

    def _failed(self, workspace: Workspace, failures: dict[str, RegardError], so_far: Refreshed) -> Refreshed:
        now = self._clock()
        for name, error in failures.items():
            self._failures[name] = (now, self._failures.get(name, (0, 0))[1] + 1)
            LOG.warning("source %s could not be read: %s", name, error)
        workspace.store.add_findings(
            Finding(
                kind="dq",
                rule=UNREADABLE,
                scope={"source": name},
                at=now,
                observed=str(error),
                expected="a source that can be read",
                message=f"{name} could not be read when it was due: {error}",
                severity="error",
            )
            for name, error in failures.items()
            if not isinstance(error, LoadError)
        )
        told = {name: str(error) for name, error in failures.items()}
        return Refreshed(loaded=so_far.loaded, failed=told, snapshots=so_far.snapshots)

    def _patient(self, source: Source, now: int) -> bool:
        """Whether a source that failed before was left alone for long enough."""
        if source.name not in self._failures or source.every is None:
            return True
        at, times = self._failures[source.name]
        return bool(now >= at + source.every * 2 ** min(times - 1, PATIENCE))
