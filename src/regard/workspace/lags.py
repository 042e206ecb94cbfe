"""Whether a series that was measured of a service runs ahead of the minutes that customers lose to it (R018)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from regard.catalog import table_arguments
from regard.errors import QuestionError, did_you_mean
from regard.expr import MINUTE_US, names
from regard.model import DAY_US
from regard.plan import Lag
from regard.sql import Scope, column, lag as sql, row, text
from regard.stats import alarms, lagged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from regard.expr import Node
    from regard.workspace.asking import Asking

LEVEL = 0.05
"""What chance may show this often is not called clear."""

MOST_FILLED = 0.1
"""Share of the steps that may lack a value, the last one being taken for them."""

MOST_STEPS = 1_000_000

RARE = 0.99
"""Where nobody says when an alarm is raised: beyond what the series shows in so much of the time."""

SEASONS = {"none": 0, "day": DAY_US, "week": 7 * DAY_US}
"""What a series may repeat itself after, microseconds."""


def lag(
    asking: Asking,
    service: str,
    series: str,
    *,
    span: tuple[int | None, int | None] = (None, None),
    step: int | None = None,
    longest: int = 60 * MINUTE_US,
    season: str = "none",
    alarm: float | None = None,
    test: Node | None = None,
    by: str = "",
    options: Mapping[str, str] | None = None,
) -> Lag:
    """Return how customer minutes lost follow a series.

    Args:
        asking: the snapshot, opened.
        service: the service measured.
        series: what was measured of it.
        span: instants between which they are compared, each by default where both are known.
        step: length of a step, microseconds; by default the usual time between measurements, in whole minutes.
        longest: by how much the series may be ahead, microseconds.
        season: what both repeat themselves after: none, day or week.
        alarm: value beyond which an alarm would be raised.
        test: on dimensions of the ledger: whose minutes; None for all.
        by: the same as written.
        options: choice -> option, of those that make the ledger.

    Raises:
        QuestionError: nothing was measured under these names, too little of it, no minute was lost, or a choice that
            does not make the ledger.
    """
    asking.relations.name("service_metric")
    start, end = _span(asking, _known(asking, service, series), span)
    bound = {"service": service, "series": series, "start": start, "end": end, "until": asking.until}
    step = step or _spacing(asking, bound)
    steps = (end - start) // step
    if steps > MOST_STEPS:
        raise QuestionError(f"{steps:,} steps are too many; say fewer days, or a longer step")
    end = start + steps * step
    bound |= {"step": step, "end": end}
    values, filled = _readings(asking, bound, steps)
    lost = lost_by_step(asking, bound, steps, picked(asking, test), options)
    if not lost.any():
        raise QuestionError(f"no customer minute was lost{f' where {by}' if by else ''} while {series} was measured")
    far = longest // step
    try:
        found = lagged(values, lost, far, season=SEASONS[season] // step)
    except ValueError:
        raise QuestionError(
            f"{steps:,} steps of {step / MINUTE_US:g} minutes are too few for lags up to {longest / MINUTE_US:g}"
            " minutes: say more days, a shorter step, or a shorter longest lag"
        ) from None
    lo, hi = found.bounds()
    best = found.best
    above = best is None or bool(found.correlation[best] >= 0)
    level = float(np.quantile(values, RARE if above else 1 - RARE)) if alarm is None else alarm
    raised = alarms(values > level if above else values < level, lost, far)
    return Lag(
        service=service,
        series=series,
        by=by,
        start_at=start,
        end_at=end,
        step=step,
        steps=steps,
        filled=filled,
        minutes=float(lost.sum()),
        lags=tuple(range(far + 1)),
        correlation=_told(found.correlation),
        lo=_told(lo),
        hi=_told(hi),
        p=_told(found.p_all),
        best=best,
        clear=best is not None and bool(found.p_all[best] < LEVEL),
        alarm=level,
        above=above,
        raised_at=tuple(start + each * step for each in raised.first),
        ahead=raised.ahead,
        during=raised.during,
        false=raised.false,
        false_lo=_number(raised.false_lo),
        false_hi=_number(raised.false_hi),
        losses=raised.losses,
        caught=raised.caught,
        lift=_number(raised.lift),
    )


def _known(asking: Asking, service: str, series: str) -> tuple[int, int]:
    """Return the first and last instant of a series.

    Raises:
        QuestionError: there is none of these names.
    """
    rows = asking.rows(sql.KNOWN, until=asking.until)
    if not rows:
        raise QuestionError(
            "no series of services is loaded: map one onto the table service_metric (at, service, series, value)"
        )
    services = dict.fromkeys(str(each["service"]) for each in rows)
    if service not in services:
        raise QuestionError(f"nothing was measured of '{service}'; {did_you_mean(service, services)}".rstrip("; "))
    of = {str(each["series"]): each for each in rows if each["service"] == service}
    if series not in of:
        raise QuestionError(f"'{series}' was not measured of {service}; {did_you_mean(series, of)}".rstrip("; "))
    return int(of[series]["first_at"]), int(of[series]["last_at"])


def _span(asking: Asking, known: tuple[int, int], span: tuple[int | None, int | None]) -> tuple[int, int]:
    """Return whole minutes within what is asked and measured, and before the end of the story.

    Raises:
        QuestionError: nothing is left.
    """
    first, last = known
    start = max(-(-first // MINUTE_US) * MINUTE_US, span[0] if span[0] is not None else first)
    measured = (last // MINUTE_US + 1) * MINUTE_US
    end = min(asking.until, measured, span[1] if span[1] is not None else measured)
    if start >= end:
        raise QuestionError("nothing was measured in these days")
    return start, end


def _spacing(asking: Asking, bound: dict[str, object]) -> int:
    [usual] = asking.rows(sql.SPACING, **bound)
    return max(1, round((usual["gap"] or 0) / MINUTE_US)) * MINUTE_US


def _readings(asking: Asking, bound: dict[str, object], steps: int) -> tuple[NDArray[np.float64], int]:
    """Return the mean of each step, a step without one having the last before it, and how many those are.

    Raises:
        QuestionError: too many have none.
    """
    values = np.full(steps, np.nan)
    for each in asking.rows(sql.READINGS, **bound):
        values[each["step"]] = each["value"]
    there = np.isfinite(values)
    missing = int(steps - there.sum())
    if missing > MOST_FILLED * steps or not there[:1].any():
        raise QuestionError(
            f"{missing:,} of {steps:,} steps have no value: say a longer step, or days in which all were measured"
        )
    last = np.maximum.accumulate(np.where(there, np.arange(steps), 0))
    return values[last], missing


def lost_by_step(
    asking: Asking, bound: dict[str, object], steps: int, test: str, options: Mapping[str, str] | None = None
) -> NDArray[np.float64]:
    """Return the customer minutes lost in each step.

    Args:
        asking: the snapshot, opened.
        bound: `start`, `end`, `until` (instants) and `step` (microseconds).
        steps: how many there are.
        test: SQL that picks the pieces; see `picked`.
        options: choice -> option, of those that make the ledger.
    """
    made = table_arguments(asking.workspace.catalogue, ("ledger_share",), options or {})["ledger_share"]
    shares = asking.relations.name("ledger_share", tuple(made.items()))
    turned, missed = np.zeros(steps), np.zeros(steps)
    for each in asking.rows(sql.lost(shares, test), **bound):
        turned[each["step"]], missed[each["step"]] = each["rate"], each["missed"]
    lost = np.cumsum(turned) * (int(str(bound["step"])) / MINUTE_US) - missed
    # What turned on and off again leaves a rest of rounding, which would be ranked like a loss.
    return np.where(lost > 1e-9 * max(1.0, float(np.abs(lost).max(initial=0.0))), lost, 0.0)


def picked(asking: Asking, test: Node | None) -> str:
    """Return SQL of the pieces whose minutes count.

    Raises:
        QuestionError: the test is on a dimension that the ledger does not have.
    """
    if test is None:
        return sql.PICKED
    dims = asking.workspace.catalogue.tables["ledger_share"].dims
    for dimension in sorted(names(test)):
        if dimension not in dims:
            raise QuestionError(f"the ledger has no {dimension}; {did_you_mean(dimension, dims)}".rstrip("; "))
    scope = Scope(name=lambda dimension: column(dims[dimension]))
    return f"{sql.PICKED} AND ({text(row(test, scope))})"


def _told(numbers: Sequence[float] | NDArray[np.float64]) -> tuple[float | None, ...]:
    return tuple(_number(each) for each in numbers)


def _number(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
