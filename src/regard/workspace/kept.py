"""Cells that are kept: the histogram of a scan, for every question that can be answered from it.

A histogram says nothing of what was asked but its dimensions and columns, so it is kept under what it says and the
state of its table. When the table was mended, so is the histogram: what went is taken away, what came is added.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from regard.model import Grain
from regard.model.time import EPOCH_DAY
from regard.plan import stretch_of
from regard.sql import Facts, Steps, daily, keepable, reads, steps, upkeep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.plan import Plan, Scan
    from regard.workspace.relations import Relations, State

CELLS = "cells"


@dataclass(frozen=True)
class Kept:
    """Keeps histograms in the lake, for the engine.

    Attributes:
        relations: the tables of the snapshot.
    """

    relations: Relations

    def __call__(self, plan: Plan, scan: Scan) -> tuple[str, Steps] | None:
        """Return a relation that holds the histogram of a scan, and the steps; None where it cannot be kept."""
        grain = Grain.DAY if daily(scan) else plan.question.grain
        if not keepable(plan, scan) or not _aligned(plan, scan, grain):
            return None
        state = self.relations.state(scan.table, scan.arguments)
        asked = _own_bounds(plan, scan)
        made = steps(plan, scan, state.view, asked)
        key = self._key(plan, scan, grain, made, state.key)
        if self.relations.lake.path(CELLS, key) is None:
            # A column that runs differs in rows that no mending took away or brought.
            runs = reads(scan) & plan.tables[scan.table].runs.keys()
            before = self._key(plan, scan, grain, made, state.before) if state.before and not runs else ""
            if before and self.relations.lake.path(CELLS, before) is not None:
                query = self._mended(plan, scan, grain, state, before)
            else:
                found = self._extent(state.view, scan)
                query = steps(plan, scan, state.view, _bounds(plan, grain, [*found, asked[0], asked[-1] - 1])).histogram
            self.relations.lake.publish(CELLS, key, self.relations.connection, query)
        view = f"kept_{key}"
        self.relations.lake.show(self.relations.connection, view, [self.relations.lake.derived(CELLS, key)])
        return view, made

    def _mended(self, plan: Plan, scan: Scan, grain: Grain, state: State, before: str) -> str:
        earlier = f"kept_{before}"
        self.relations.lake.show(self.relations.connection, earlier, [self.relations.lake.derived(CELLS, before)])
        # What went is in the earlier histogram, whose elements are named by the days they begin on.
        [days] = self.relations.connection.execute(upkeep.bounds(earlier, "e")).fetchall()
        known = [plan.calendar.midnight(EPOCH_DAY + timedelta(days=day)) for day in days if day is not None]
        asked = _own_bounds(plan, scan)
        known += [*self._extent(state.come, scan), asked[0], asked[-1] - 1]
        bounds = _bounds(plan, grain, known)
        gone, come = (steps(plan, scan, view, bounds) for view in (state.gone, state.come))
        return upkeep.difference(gone.keys, gone.sums, earlier, gone.histogram, come.histogram)

    def _key(self, plan: Plan, scan: Scan, grain: Grain, made: Steps, state: str) -> str:
        rows = scan.measures[0].rows
        joined = Facts(plan, scan, scan.table).joined
        party = self.relations.state("party").key if joined else ""
        told = (
            made.says, grain, plan.calendar, rows.at, rows.delay, state, party,
            plan.until if joined or not plan.whole or plan.tables[scan.table].ahead else "", plan.question.as_now,
            plan.horizon(rows) if rows.delay else "",
        )  # fmt: skip
        return hashlib.sha256(repr(told).encode()).hexdigest()[:24]

    def _extent(self, view: str, scan: Scan) -> list[int]:
        """Return the first and last instant that decides the period of a row, or nothing when there is no row."""
        rows = scan.measures[0].rows
        [found] = self.relations.connection.execute(upkeep.bounds(view, rows.at)).fetchall()
        return [edge + rows.delay for edge in found if edge is not None]


def _bounds(plan: Plan, grain: Grain, known: Sequence[int]) -> tuple[int, ...]:
    """Return the bounds of all elements that some instants, and what lies between them, can touch."""
    calendar = plan.calendar
    periods = calendar.periods(calendar.day_of(min(known)), calendar.day_of(max(known)) + timedelta(days=1), grain)
    return tuple(sorted({edge for p in periods for edge in (p.start_us, p.end_us)}))


def _own_bounds(plan: Plan, scan: Scan) -> tuple[int, ...]:
    periods = [stretch_of(plan, scan.measures[0].rows, i) for i in scan.stretches]
    return tuple(sorted({edge for p in periods for edge in (p.start_us, p.end_us)}))


def _aligned(plan: Plan, scan: Scan, grain: Grain) -> bool:
    """Whether every stretch of a scan is a run of whole periods of a grain."""
    if grain is Grain.DAY:
        return True
    if grain is Grain.ALL:
        return False
    calendar = plan.calendar
    periods = [stretch_of(plan, scan.measures[0].rows, i) for i in scan.stretches]
    return all(calendar.period_of(edge, grain).start == edge for p in periods for edge in (p.start, p.end))
