"""From cells to answers: the one place where an interval, a target and a verdict are put beside a number."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from regard.expr import names
from regard.plan import INCIDENT, PARTY, AnswerCell, Estimate, replicates, stretch_of, suppressed
from regard.stats import METHODS, Bands, bootstrap, estimate, status, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from regard.model import Metric, Target
    from regard.plan import Cells, Plan, Verdict
    from regard.stats import Found

    Numbers = NDArray[np.float64]

SHARES = frozenset({"percent", "points"})
"""Units in which a value is a hundred times a share."""

FEW_PARTIES = 100
"""Below so many parties each is a replicate of its own (METRICS section 3: buckets cover 92 to 93 % there)."""

LOOK_BELOW = 1000
"""A cell with more rows than this has hardly fewer parties than `FEW_PARTIES`."""

AFFORDABLE = 200_000
"""Rows in all above which nobody waits for one replicate a party."""

MOST_CELLS = 150
"""More small cells than anybody reads one by one: there the buckets must do."""

SEED = 20_110_915
"""The same rows give the same interval."""

USUAL_N = 30
"""The least n of a metric that names none of its own: then the workspace's holds (K24)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What decides how a number is judged, besides its metric.

    Attributes:
        targets: the active targets.
        show_from_n: below this n a number is flagged as resting on few, where its metric names no least n of its own.
        privacy_min: a part of the whole with fewer people than this is hidden (K24).
        siblings: whether the groups of a breakdown are parts of one whole, so that what is hidden of one must not be
            worked out from the others.
        filtered: whether somebody asked for certain rows only, so that the whole is a part too.
        begins: (table, column) -> first instant of its rows, for windows that reach back.
        since: first instant at which all that the metric reads has rows; a period before it is nothing to compare with.
        flags: what every number of the metric bears, such as that many rows of a source were turned away.
        lacking: what the metric needs that is not there, in words; then there is no number, for it would be made of
            nothing (ADR 12).
    """

    targets: Sequence[Target] = ()
    show_from_n: int = 30
    privacy_min: int = 0
    siblings: bool = True
    filtered: bool = False
    begins: Mapping[tuple[str, str], int] = field(default_factory=dict)
    since: int | None = None
    flags: tuple[str, ...] = ()
    lacking: str = ""


def answer_cells(
    plan: Plan, cells: Cells, terms: Terms, by_party: Cells | None = None, found: Found | None = None
) -> list[AnswerCell]:
    """Return the cells of one metric on one breakdown as answers, group by group, period by period.

    Args:
        plan: the plan they come from.
        cells: the cells.
        terms: what decides how they are judged.
        by_party: the same cells with one replicate for each party, where some of them are small.
        found: what the method of a metric by method gives for them.
    """
    judged = _Judged(plan, cells, terms, found)
    if by_party is not None:
        judged.mend(by_party)
    return list(judged.answers())


def small_cells(plan: Plan, cells: Cells) -> int:
    """Return how many cells of a metric rest on few rows, where parties one by one would do better than buckets."""
    if replicates(cells.metric, plan.tables) != PARTY or not plan.question.intervals:
        return 0
    n = cells.n[np.isfinite(cells.n)]
    return int(((n > 0) & (n < LOOK_BELOW)).sum()) if n.sum() <= AFFORDABLE else 0


class _Judged:
    def __init__(self, plan: Plan, cells: Cells, terms: Terms, found: Found | None = None) -> None:
        self.plan = plan
        # What the method gives stands in the place of the arithmetic that it reads.
        n = cells.n if found is None or cells.metric.n is not None else found.n
        self.people = cells.n
        self.cells = cells if found is None else replace(cells, value=found.value, n=n, without=None)
        self.terms = terms
        self.hidden = self._hidden()
        self.groups, self.stretches = cells.value.shape
        self.value = np.where(cells.mixed, np.nan, cells.value)
        self.without = self._left_out()
        self.bands = self._bands() if found is None else found.bands(cells.metric.method)
        measures = (plan.measures[name].rows for name in names(cells.tree))
        windowed = [rows for rows in measures if rows.window is not None and rows.at]
        self.windows = [(rows, terms.begins.get((rows.table, rows.at), 0)) for rows in windowed]
        delayed = [plan.horizon(rows) for rows in cells.metric.rows.values() if rows.delay]
        self.horizon = min(delayed) + 1 if delayed else math.inf
        """Up to where the rows are known that had to wait for their period."""
        own = cells.metric.show_from_n
        self.needed = terms.show_from_n if own == USUAL_N else own

    # -- intervals ---------------------------------------------------------------------------------------------------

    def _left_out(self) -> Numbers | None:
        """Return G x R values without each replicate, as `stats` reads them: NaN absent, infinity no value left."""
        cells = self.cells
        if cells.without is None or cells.present is None:
            return None
        flat = cells.without.reshape(self.groups * self.stretches, cells.without.shape[2])
        present = cells.present.reshape(flat.shape)
        return np.where(present, np.where(np.isnan(flat), np.inf, flat), np.nan)

    def _bands(self) -> Bands:
        cells = self.cells
        metric = cells.metric
        method = metric.interval.method
        value = self.value.ravel()
        leaves = [leaf.ravel() for leaf in cells.of]
        parts = None
        without = self.without
        if not self.plan.question.intervals:
            return estimate("none", value)
        if method in ("order", "greenwood"):
            leaves = [np.full_like(value, np.nan) if end is None else end.ravel() for end in (cells.lo, cells.hi)]
        if method == "mean" and cells.squares is not None and len(leaves) == 2:  # noqa: PLR2004 - sum and n
            leaves.insert(1, cells.squares.ravel())
        if METHODS[method].parts:
            parts, without = self._parts(), None
            if parts is None and METHODS[method].parts == "incident":
                method, leaves = "none", []
        if METHODS[method].replicates == "must be" and without is None:
            method, leaves = "none", []
        if METHODS[method].replicates == "no":
            without = None
        return estimate(method, value, leaves, without=without, parts=parts, scale=self._scale(method, value, leaves))

    def _parts(self) -> Numbers | None:
        """Return G x R amounts of the first leaf by incident, or by day, NaN for days outside the cell."""
        parts = self.cells.parts
        if parts is None:
            return None
        if self.cells.metric.interval.replicate == INCIDENT:
            return parts.reshape(self.groups * self.stretches, parts.shape[2])
        out = parts.copy()
        for i, stretch in enumerate(self.plan.stretches):
            days = (
                math.ceil(stretch.length / 1440)
                if stretch.running
                else (stretch.period.end - stretch.period.start).days
            )
            out[:, i, days:] = np.nan
        return out.reshape(self.groups * self.stretches, parts.shape[2])

    def _scale(self, method: str, value: Numbers, leaves: Sequence[Numbers]) -> float | Numbers | None:
        """Return what a plain share or mean is multiplied by to give the value (100, or the unit of a duration)."""
        if self.cells.metric.unit in SHARES:
            return 100.0
        if method not in ("mean", "proportion", "weighted_mean", "weighted_proportion") or len(leaves) < 2:  # noqa: PLR2004 - a sum and its count
            return None
        below = leaves[1] if method.startswith("weighted") else leaves[-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            scales = value * below / leaves[0]
        known = scales[np.isfinite(scales)]
        return float(np.median(known)) if len(known) else None

    def mend(self, by_party: Cells) -> None:
        """Put the interval of parties drawn one by one where there are too few of them for buckets."""
        if by_party.present is None:
            return
        groups = {group: i for i, group in enumerate(by_party.groups)}
        arrays = {name: getattr(self.bands, name).copy() for name in ("lo", "hi", "se", "n_eff", "df")}
        flags = {name: truths.copy() for name, truths in self.bands.flags.items()}
        for g, group in enumerate(self.cells.groups):
            for s in range(self.stretches):
                here = groups.get(group)
                parties = 0 if here is None else int(by_party.present[here, s].sum())
                if here is None or not 0 < parties < FEW_PARTIES:
                    continue
                made, place = self._one(by_party, here, s), g * self.stretches + s
                for name, array in arrays.items():
                    array[place] = getattr(made, name)[0]
                for name in {*flags, *made.flags}:
                    flags.setdefault(name, np.zeros(len(self.bands), dtype=bool))[place] = name in made.flags_at(0)
        self.bands = replace(self.bands, **arrays, flags=flags)

    def _one(self, by_party: Cells, g: int, s: int) -> Bands:
        """Return the bands of one cell from its parties: a bootstrap, or of a share one left out at a time."""
        assert by_party.present is not None  # noqa: S101 - for the type checker; the caller has looked
        here = by_party.present[g, s]
        method = self.cells.metric.interval.method
        if method in ("proportion", "net_share"):
            leaves = [leaf[g, s : s + 1] for leaf in by_party.of]
            without = None if by_party.without is None else by_party.without[g, s][here][None, :]
            return estimate(method, by_party.value[g, s : s + 1], leaves, without=without, scale=100.0)
        names = list(by_party.shares)
        parts = [by_party.shares[name][g, s][here] for name in names]
        return bootstrap(lambda sums: by_party.value_of(g, s, dict(zip(names, sums, strict=True))), parts, seed=SEED)

    # -- answers -----------------------------------------------------------------------------------------------------

    def answers(self) -> Iterator[AnswerCell]:
        plan, cells = self.plan, self.cells
        estimates = [self._estimate(g, s) for g in range(self.groups) for s in range(self.stretches)]
        found = self._verdicts()
        for g, group in enumerate(cells.groups):
            dims = dict(zip(cells.breakdown, group, strict=True))
            for s in range(plan.asked):
                now = estimates[g * self.stretches + s]
                before = self._before(s)
                target = self._target(cells.metric, dims, s)
                judged = status(now.value, now.lo, now.hi, target) if target else None
                yield AnswerCell(
                    period=plan.stretches[s].period,
                    dims=dims,
                    estimate=now,
                    target=target,
                    status=judged,
                    previous=None if before is None else estimates[g * self.stretches + before],
                    verdict=None if before is None else self._verdict(g, s, before, found.get((g, s))),
                )

    def _estimate(self, g: int, s: int) -> Estimate:
        cells, stretch = self.cells, self.plan.stretches[s]
        if self.terms.lacking:
            return Estimate(value=None, flags=("lacking",), why=f"unknown: needs {self.terms.lacking}")
        n = _known(cells.n[g, s])
        flags = [name for name, raised in cells.flags.items() if raised[g, s]]
        if cells.mixed[g, s]:
            flags.append("mixed")
        if cells.unripe[g, s] > 0 or stretch.period.end_us > self.horizon:
            flags.append("immature")
        if stretch.running:
            flags.append("partial")
        if self._short_window(s):
            flags.append("short_window")
        if n is not None and 0 < n < self.needed:
            flags.append("few")
        flags += self.terms.flags
        if self.hidden[g, s]:
            return Estimate(value=None, flags=("hidden",))
        return self.bands.estimate(
            g * self.stretches + s, n=n, coverage=_known(cells.coverage[g, s]), flags=tuple(flags)
        )

    def _verdict(self, g: int, s: int, before: int, found: Verdict | None) -> Verdict | None:
        """Return what a comparison says, nothing of hidden cells, and no word on a window that still fills up."""
        if found is None or self.terms.lacking or self.hidden[g, s] or self.hidden[g, before]:
            return None
        filling = self._short_window(s) or self._short_window(before)
        return replace(found, word="cannot say", better=None) if filling else found

    def _before(self, s: int) -> int | None:
        """Return what a stretch is compared with; nothing where that ends before there are data: it would be a 0."""
        before = self.plan.previous[s]
        if before is None or self.terms.since is None:
            return before
        return None if self.plan.stretches[before].period.end_us <= self.terms.since else before

    def _short_window(self, s: int) -> bool:
        """Whether a trailing window begins before the data do, so that it is still filling up."""
        return any(stretch_of(self.plan, rows, s).start_us < begins for rows, begins in self.windows)

    def _hidden(self) -> NDArray[np.bool_]:
        """Return G x S: whether a cell is a part of the whole that says too much about too few people."""
        part = bool(self.cells.breakdown) or self.terms.filtered
        personal = any(self.plan.tables[rows.table].party for rows in self.cells.metric.rows.values())
        if not (part and personal):
            return np.zeros(self.people.shape, dtype=bool)
        if self.cells.breakdown and self.terms.siblings:
            return suppressed(self.cells.groups, self.people, self.terms.privacy_min)
        return (self.people > 0) & (self.people < self.terms.privacy_min)

    def _verdicts(self) -> dict[tuple[int, int], Verdict]:
        """Return what each comparison of an asked stretch with its predecessor says."""
        pairs = [
            (g, s, before)
            for g in range(self.groups)
            for s in range(self.plan.asked)
            if (before := self._before(s)) is not None
        ]
        if not pairs:
            return {}
        now = np.array([g * self.stretches + s for g, s, _ in pairs])
        then = np.array([g * self.stretches + b for g, _, b in pairs])
        n = self.cells.n.ravel()
        share = self.without is not None and self.cells.metric.interval.replicate == "party"
        words = verdicts(
            self.bands.take(now),
            self.bands.take(then),
            self.cells.metric.min_change,
            good=self.cells.metric.good.value,
            now_without=self.without[now] if share and self.without is not None else None,
            before_without=self.without[then] if share and self.without is not None else None,
            now_n=n[now],
            before_n=n[then],
            needed=self.needed,
        )
        return {(g, s): word for (g, s, _), word in zip(pairs, words, strict=True)}

    def _target(self, metric: Metric, dims: dict[str, str | None], s: int) -> Target | None:
        """Return the active target of a cell: the one whose scope fits best, if it holds on the period's first day."""
        day = self.plan.stretches[s].period.start.isoformat()
        fitting = [
            target
            for target in self.terms.targets
            if target.metric == metric.id
            and all(dims.get(name) == value for name, value in target.scope)
            and (not target.effective_from or target.effective_from <= day)
            and (not target.effective_to or day < target.effective_to)
            # A target of the whole says nothing about a part: 40 % by phone is no target for another channel.
            and len(target.scope) == len([d for d in metric.by_default if d in dims])
        ]
        return max(fitting, key=lambda target: (len(target.scope), target.effective_from), default=None)


def _known(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None
