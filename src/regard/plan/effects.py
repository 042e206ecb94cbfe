"""What goes with minutes lost, and what an improvement is worth: the nouns of effects, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.plan.answer import Estimate


@dataclass(frozen=True, slots=True)
class Weight:
    """How deep one kind of minute is, as a multiple of another; `se` of the ratio by the delta method."""

    value: float
    lo: float
    hi: float
    se: float


@dataclass(frozen=True, slots=True)
class Response:
    """An outcome by bands of minutes, and its slope; raw, and adjusted by comparing like with like.

    Attributes:
        raw: mean of the outcome in each band.
        adjusted: the same as if every band had all strata in the shares that they have overall (direct
            standardisation); of the strata that the band has.
        slope: change of the outcome with one more unit of dose, least squares.
        slope_adjusted: the same within strata.
    """

    raw: tuple[Estimate, ...]
    adjusted: tuple[Estimate, ...]
    slope: Estimate
    slope_adjusted: Estimate


@dataclass(frozen=True, slots=True)
class Improvement:
    """How a number changed, as a ratio.

    Attributes:
        ratio: now over before, per day where exposures are days; None where either is missing or not above 0.
        lo, hi: its 95 % interval, None when there is none.
        changed: whether the interval leaves out 1; None without one.
        claim: the ratio that was claimed, such as 0.6 for 40 % less; None when nothing was.
        verdict: of the claim, as of a target: `met` (the whole interval is at least as good), `missed` (the whole
            interval is worse), `too close to call`, or `cannot say` without an interval; "" when nothing was claimed.
    """

    ratio: float | None
    lo: float | None
    hi: float | None
    changed: bool | None
    claim: float | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What avoiding minutes costs and brings (R028).

    Attributes:
        per_minute: cost of one avoided customer minute.
        payback: months until the worth of the avoided minutes is the cost; None without a worth per minute.
        payback_lo, payback_hi: the soonest and latest, by the ranges of worth and minutes.
        gain: worth of the minutes avoided over the stretch, less the cost; None without a worth per minute.
    """

    per_minute: float
    payback: float | None = None
    payback_lo: float | None = None
    payback_hi: float | None = None
    gain: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """An outcome of customer-months by minutes lost (R025). Association: nothing here says that one makes the other.

    Attributes:
        outcome: csat, leaving, renewal or tickets.
        over: stretch whose minutes count: the month, or the year to its end or to the day a contract was due.
        where: test on customers that picked them, as written; "" for all.
        bands: what minutes each band holds, in words.
        response: the outcome in each band, and by the hour; shares in percent. A band of too few
            customers is hidden.
        due: money that was at stake in each band: of contracts the value that fell due; None where the band is empty or
            hidden, nothing at all where no money is known.
        currency: of that money.
        months: customer-months behind it.
        strata: groups of like activity that were compared within; 1 where no activity is recorded.
    """

    outcome: str
    over: str
    where: str
    bands: tuple[str, ...]
    response: Response
    due: tuple[float | None, ...]
    currency: str
    months: int
    strata: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How minutes lost to a service follow a series that was measured of it (R018). Association, as `Dose`.

    Attributes:
        service: the service measured.
        series: what was measured of it.
        by: test on the dimensions of the ledger that picks whose minutes; "" for all.
        start_at, end_at: instants, microseconds: the stretch compared, half-open.
        step: length of a step, microseconds.
        steps: how many there are.
        filled: how many of them had no value, so that the last one before was taken.
        minutes: customer minutes lost in the stretch.
        lags: steps by which the series is ahead, from 0.
        correlation: for each of `lags`, rank correlation of what is new in both; None where nothing varies.
        lo, hi: their 95 % intervals, which hold for all lags at once.
        p: for each, the chance of as much without any relation, corrected for having looked at all.
        best: the lag of the strongest correlation, in steps; None where nothing varies.
        clear: whether chance alone would show as much in less than 5 % of cases.
        alarm: value beyond which an alarm would have been raised.
        above: whether beyond means above it.
        raised_at: when each alarm would have begun, instants.
        ahead, during, false: alarms before a loss, while one went on, and with none at all.
        false_lo, false_hi: 95 % interval of the share of false ones; None without alarms.
        losses: how often customers began to lose minutes.
        caught: how often an alarm was on by then, or had been within the longest lag.
        lift: how much likelier a loss is with an alarm than at any time; None where it cannot be told.
    """

    service: str
    series: str
    by: str
    start_at: int
    end_at: int
    step: int
    steps: int
    filled: int
    minutes: float
    lags: tuple[int, ...]
    correlation: tuple[float | None, ...]
    lo: tuple[float | None, ...]
    hi: tuple[float | None, ...]
    p: tuple[float | None, ...]
    best: int | None
    clear: bool
    alarm: float
    above: bool
    raised_at: tuple[int, ...]
    ahead: int
    during: int
    false: int
    false_lo: float | None
    false_hi: float | None
    losses: int
    caught: int
    lift: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one outcome says about weights of depth.

    Attributes:
        outcome: tickets, csat or leaving.
        rows: customer-months behind it.
        weights: kind of loss -> its minutes as a multiple of a full outage's; None where it cannot be told.
        why: why nothing can be told, or "".
    """

    outcome: str
    rows: float
    weights: Mapping[str, Weight | None]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Weights of depth as data propose them; nothing is applied (MODEL.md 4.3).

    Attributes:
        policy: name of the policy.
        version: of the one in force.
        now: kind of loss -> weight in force.
        evidence: one for each outcome.
        proposed: kind of loss -> weight of all outcomes together; None where data cannot tell, so the old one is kept.
    """

    policy: str
    version: int
    now: Mapping[str, float]
    evidence: tuple[Evidence, ...]
    proposed: Mapping[str, Weight | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Improved:
    """A metric before and after, held against a claim (R031).

    Attributes:
        metric: its id.
        title, unit, currency: how it reads.
        before, after: the numbers.
        spans: the two stretches in words.
        per_day: whether totals were compared by the day.
        improvement: the ratio and the verdict.
    """

    metric: str
    title: str
    unit: str
    currency: str
    before: Estimate
    after: Estimate
    spans: tuple[str, str]
    per_day: bool
    improvement: Improvement
