"""What goes with minutes lost: dose and response, weights of depth from data, claims of improvement."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from regard.catalog import table_arguments
from regard.errors import QuestionError, did_you_mean
from regard.expr import Call, Clock, Literal, Name, names, show, walk
from regard.model import BUCKETS, DAY_US, Grain
from regard.plan import Calibration, Dose, Estimate, Evidence, Improved
from regard.sql import Scope, column, outcome as sql, row, text
from regard.stats import improvement, pooled, regress, relative, response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from regard.expr import Node
    from regard.model import Metric, Period
    from regard.plan import Response, Weight
    from regard.workspace.answers import Answers
    from regard.workspace.asking import Asking

YEAR = 365
"""Days of a year of losses."""

EDGES = (0.0, 10.0, 60.0, 120.0)
"""Upper ends of the bands of minutes lost (R025) but the last, unless others are asked."""

OVER = {"month": 0, "year": YEAR}
"""Stretch whose minutes count -> its days, of which a month has its own."""

STRATA = 3
"""Thirds of activity within which customers are compared."""

SHARES = frozenset({"leaving", "renewal"})
"""Outcomes that are shares, told in percent."""

SUMS_OF = ("n", "x", "y", "xx", "xy", "due")
"""Sums of a band: rows, dose, outcome, dose squared, dose times outcome, and the money that was at stake."""

HOUR = 60
"""Minutes by which a slope is told."""

FAMILY = {"tickets": "count", "csat": "mean", "leaving": "share"}
"""Outcomes from which weights are drawn -> kind of regression."""

FULL = "outage"
"""Kind of loss to which the others are relative."""

POLICY = "depth"

LENGTH = "length"
SUMS, STILL = frozenset({"count", "sum"}), frozenset({"quantile", "median", "survival"})
"""Leaves that add up over time, and leaves that do not."""


@dataclass(frozen=True)
class Effects:
    """Reads outcomes beside the ledger of one snapshot.

    Attributes:
        asking: the snapshot, opened.
        options: choice -> option, of those that make the ledger; not whose loss is looked at: outcomes are those of
            customers at the top.
    """

    asking: Asking
    options: Mapping[str, str] = field(default_factory=dict)

    def dose(
        self,
        outcome: str,
        *,
        start: date | None = None,
        end: date | None = None,
        over: str = "month",
        edges: Sequence[float] = EDGES,
        where: str = "",
    ) -> Dose:
        """Return an outcome of customer-months by minutes lost in the month, or in the year to its end.

        Of a contract the year is that before its term is due. Losses are known from the first one recorded on: a year
        that begins earlier is not compared.

        Raises:
            AuthorError: mistakes in `where`.
            QuestionError: an unknown outcome or stretch, edges that do not rise from 0 or more, a test on what
                customers do not have, or no month whose outcome is known.
        """
        if outcome not in sql.OUTCOMES:
            raise QuestionError(f"'{outcome}' is no outcome; {did_you_mean(outcome, sql.OUTCOMES)}")
        if over not in OVER:
            raise QuestionError(f"minutes are not counted over a '{over}'; {did_you_mean(over, OVER)}".rstrip("; "))
        if not edges or edges[0] < 0 or any(not high > low for low, high in pairwise([*edges, np.inf])):
            told = ", ".join(f"{edge:g}" for edge in edges) or "nothing"
            raise QuestionError(f"bands end at minutes that rise, from 0 or more, such as 10, 60, 120: not {told}")
        months, after = self._months(outcome, start, end, OVER[over])
        picked = self._picked(where)
        rows = self._rows(sql.dose(self._ledger, outcome, months, after, edges, days=OVER[over], picked=picked))
        if not rows:
            of = f"{outcome} where {where}" if where else outcome
            raise QuestionError(f"no customer-month is known for {of}: there is nothing to compare")
        sums = np.zeros((len(SUMS_OF), BUCKETS, STRATA, len(edges) + 1))
        people = np.zeros(len(edges) + 1)
        for one in rows:
            if one["bucket"] is None:
                people[int(one["band"])] = one["people"]
                continue
            sums[:, int(one["bucket"]), int(one["stratum"]), int(one["band"])] = [one[name] for name in SUMS_OF]
        *leaves, due = sums
        found = response(*leaves, shares=outcome in SHARES)
        config = self.asking.workspace.config
        hidden = (people > 0) & (people < config.privacy_min)  # a band of a few tells of each of them (K24)
        worth = np.where(hidden | (people == 0), np.nan, due.sum(axis=(0, 1)))
        return Dose(
            outcome=outcome,
            over=over,
            where=where,
            bands=_bands(edges),
            response=_hidden(_scaled(found, 100.0 if outcome in SHARES else 1.0), hidden.tolist()),
            due=tuple(None if np.isnan(one) else one for one in worth.tolist()) if due.any() else (),
            currency=config.currency,
            months=int(sums[0].sum()),
            strata=int((sums[0].sum(axis=(0, 2)) > 0).sum()),
        )

    def calibrate(self, *, start: date | None = None, end: date | None = None) -> Calibration:
        """Return weights of depth as tickets, satisfaction and leaving say; nothing is applied."""
        policy = self.asking.workspace.catalogue.policies[POLICY]
        now = {str(key[0]): float(value) for key, value in policy.values.items() if key}
        evidence = tuple(self._evidence(outcome, start, end) for outcome in FAMILY)
        proposed = {}
        for kind in sql.KINDS:
            told = [weight for one in evidence if (weight := one.weights.get(kind)) is not None]
            proposed[kind] = pooled([one.value for one in told], [one.se for one in told], df=BUCKETS - 1)
        proposed.pop(FULL)
        return Calibration(policy=POLICY, version=policy.version, now=now, evidence=evidence, proposed=proposed)

    def _evidence(self, outcome: str, start: date | None, end: date | None) -> Evidence:
        try:
            months, after = self._months(outcome, start, end)
        except QuestionError as error:
            return Evidence(outcome=outcome, rows=0.0, weights={}, why=str(error))
        rows = self._rows(sql.by_kind(self._ledger, outcome, months, after))
        n = float(sum(row["n"] for row in rows))
        there = [kind for kind in sql.KINDS if any(row[kind] for row in rows)]
        if FULL not in there:
            return Evidence(outcome=outcome, rows=n, weights={}, why="no minute of full outage is known with it")
        columns = np.array([[row[kind] for kind in there] for row in rows])
        y, weights = np.array([row["y"] for row in rows]), np.array([row["n"] for row in rows])
        try:
            fit = regress(FAMILY[outcome], columns, y, weights=weights, clusters=[row["bucket"] for row in rows])
        except ValueError as error:
            return Evidence(outcome=outcome, rows=n, weights={}, why=str(error))
        to = there.index(FULL) + 1
        found: dict[str, Weight | None] = {
            kind: relative(fit, at, to) for at, kind in enumerate(there, 1) if kind != FULL
        }
        clear = any(found.values()) or not found
        why = "" if clear else "minutes of full outage do not clearly move it, so nothing can be told relative to them"
        return Evidence(outcome=outcome, rows=n, weights=found, why=why)

    # -- reading -----------------------------------------------------------------------------------------------------

    @property
    def _ledger(self) -> str:
        made = table_arguments(self.asking.workspace.catalogue, ("ledger",), self.options)["ledger"]
        if "customer" in made:
            told = f"customer={made['customer']}"
            raise QuestionError(f"outcomes are those of customers at the top, so minutes are too: not {told}")
        return self.asking.relations.name("ledger", tuple(made.items()))

    def _picked(self, where: str) -> str:
        test = self.asking.workspace.test(where)
        if test is None:
            return "TRUE"
        dims = self.asking.workspace.catalogue.tables["served"].dims
        for dimension in sorted(names(test)):
            if dimension not in dims:
                raise QuestionError(f"customers have no {dimension}; {did_you_mean(dimension, dims)}".rstrip("; "))
        return text(row(test, Scope(name=lambda dimension: column(dims[dimension]))))

    def _rows(self, statement: str) -> list[dict[str, Any]]:
        for table in ("party", "served", "event", "case", "response", "contract_term"):
            self.asking.relations.name(table)
        return self.asking.rows(statement, until=self.asking.until)

    def _months(
        self, outcome: str, start: date | None, end: date | None, days: int = 0
    ) -> tuple[Sequence[Period], int]:
        """Return the whole months whose outcome is known by now, and the end of the one after the last."""
        calendar = self.asking.workspace.calendar
        known = []
        # Before the first loss recorded nobody knows what was lost: such months are not months without loss.
        recorded = self.asking.days("ledger", "start_at", None, None, Grain.MONTH) if days else []
        for month in self.asking.days("ledger", "start_at", start, end, Grain.MONTH):
            after = calendar.shift(month, Grain.MONTH, 1).end_us
            early = bool(recorded) and month.end_us - days * DAY_US < recorded[0].start_us
            if (after if outcome in sql.AHEAD else month.end_us) <= self.asking.until and not early:
                known.append(month)
        if not known and recorded:
            began = f"losses are recorded from {recorded[0].start} on"
            raise QuestionError(f"{began}: no month whose outcome could be known has {days} days of them before it")
        if not known:
            raise QuestionError("no whole month is over whose outcome could be known")
        return known, calendar.shift(known[-1], Grain.MONTH, 1).end_us


def _bands(edges: Sequence[float]) -> tuple[str, ...]:
    """Read bands of minutes by their upper ends; `none` is a band only where the first end is 0."""
    told = [
        "none" if not high else f"up to {high:g}" if not low else f"{low:g} to {high:g}"
        for low, high in pairwise([0.0, *edges])
    ]
    return (*told, f"more than {edges[-1]:g}")


def _hidden(found: Response, hidden: Sequence[bool]) -> Response:
    """Return a response without what it says of bands that are hidden."""
    none = Estimate(value=None, flags=("hidden",))

    def told(bands: Sequence[Estimate]) -> tuple[Estimate, ...]:
        return tuple(none if secret else one for one, secret in zip(bands, hidden, strict=True))

    return replace(found, raw=told(found.raw), adjusted=told(found.adjusted))


def _scaled(found: Response, scale: float) -> Response:
    """Return a response by the hour, shares in percent."""

    def told(one: Estimate, by: float) -> Estimate:
        value, lo, hi, se = (None if each is None else each * by for each in (one.value, one.lo, one.hi, one.se))
        return replace(one, value=value, lo=lo, hi=hi, se=se)

    return replace(
        found,
        raw=tuple(told(one, scale) for one in found.raw),
        adjusted=tuple(told(one, scale) for one in found.adjusted),
        slope=told(found.slope, HOUR * scale),
        slope_adjusted=told(found.slope_adjusted, HOUR * scale),
    )


def improved(before: Answers, after: Answers, claim: float | None) -> Improved:
    """Hold a metric of two stretches, each asked as one period, against a claim.

    Raises:
        QuestionError: stretches of different length, of a metric that neither stays nor grows evenly with them.
    """
    metric = after.metric
    [then], [now] = before.cells, after.cells
    spans = [(cell.period.start, cell.period.end) for cell in (then, now)]
    days = [(end - start).days for start, end in spans]
    grows = growth(metric, metric.value)
    if grows not in (0, 1) and days[0] != days[1]:
        raise QuestionError(
            f"how {metric.id} grows with the length of its period cannot be told: compare stretches of the same length,"
            f" not {days[0]} and {days[1]} days"
        )
    per_day = grows == 1
    return Improved(
        metric=metric.id,
        title=metric.title,
        unit=metric.unit,
        currency=after[0].currency,
        before=then.estimate,
        after=now.estimate,
        spans=(_days(*spans[0]), _days(*spans[1])),
        per_day=per_day and days[0] != days[1],
        improvement=improvement(
            now.estimate,
            then.estimate,
            days=float(days[1]) if per_day else 1.0,
            before_days=float(days[0]) if per_day else 1.0,
            claim=claim,
        ),
    )


def _days(start: date, end: date) -> str:
    return f"{start} to {end - timedelta(days=1)}"


def growth(metric: Metric, node: Node) -> int | None:
    """Return the power of the length of its period with which a number grows: 1 a total, 0 a share or mean.

    None where it cannot be told from the formula, as of distinct customers.
    """
    powers = _powers(metric, node)
    return powers.get(LENGTH, 0) if set(powers) <= {LENGTH} else None


def _powers(metric: Metric, node: Node) -> dict[str, int]:
    """Return with which powers a number grows: of the length, and of what grows with it in a way of its own.

    The latter stands under its own name, so that it cancels where it is both above and below a line.
    """
    if isinstance(node, Literal):
        return {}
    if isinstance(node, Clock):
        return {LENGTH: 1}
    if isinstance(node, Name):
        return _leaf_powers(metric, node.name)
    if isinstance(node, Call):
        args = [_powers(metric, arg) for arg in node.args]
        if node.name in ("*", "/"):
            sign = 1 if node.name == "*" else -1
            found = {name: args[0].get(name, 0) + sign * args[1].get(name, 0) for name in (*args[0], *args[1])}
            return {name: power for name, power in found.items() if power}
        if node.name in ("+", "-", "negate") and all(each == args[0] for each in args):
            return args[0]
    return {show(node): 1}


def _leaf_powers(metric: Metric, name: str) -> dict[str, int]:
    leaf = metric.leaves[name]
    if not isinstance(leaf, Call) or not isinstance(leaf.args[0], Name):
        return {name: 1}
    rows = metric.rows[leaf.args[0].name]
    tested = [leaf, *([rows.where] if rows.where else [])]
    if any(isinstance(part, Clock) for node in tested for part in walk(node)):
        return {name: 1}
    if leaf.name in STILL or rows.window or rows.standing:
        return {}
    if leaf.name in SUMS:
        return {LENGTH: 1} if rows.per is None and rows.keep is None else {leaf.args[0].name: 1}
    return {name: 1}
