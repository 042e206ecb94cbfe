"""Durations some of which have not ended: Kaplan-Meier, Greenwood, quantiles after Brookmeyer and Crowley."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import ndtri

from regard.stats.bands import LEVEL, Bands, Floats, Sample, floats, over, root
from regard.stats.order import given

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

REACHED = 1e-12
"""S(t) this near to 1 - q has reached it: 0.8 x 0.75 x ... is seldom one half to the last bit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Survival:
    """Steps of a Kaplan-Meier curve, one for each distinct time at which something ended.

    Attributes:
        time: in the unit given, ascending.
        at_risk: spans that had lasted up to this time, those cut exactly here included.
        events: spans that ended at this time.
        survival: share still going just after this time.
        se: Greenwood's standard error of `survival`; nan once nobody is left.
    """

    time: Floats
    at_risk: Floats
    events: Floats
    survival: Floats
    se: Floats

    def at(self, time: float) -> float:
        """Share still going just after a time; 1 before the first step."""
        step = int(np.searchsorted(self.time, time, side="right"))
        return 1.0 if step == 0 else float(self.survival[step - 1])


class Quantile(NamedTuple):
    """A quantile of durations with its interval; None where the curve never goes so low."""

    value: float | None
    lo: float | None
    hi: float | None


def kaplan_meier(times: ArrayLike, done: ArrayLike) -> Survival:
    """Estimate what share of spans still goes on at each time when some are not over yet.

    Args:
        times: how long each span lasted, to its end or to the moment it was last seen; any unit.
        done: truth per span: it ended (True), or was cut (False).

    Raises:
        ValueError: a time is missing, or the two differ in length.

    Source: Kaplan and Meier 1958; Greenwood 1926.
    """
    span, ended = floats(times), np.asarray(done, dtype=bool)
    if span.shape != ended.shape or span.ndim != 1:
        message = f"times and done must be two lists of one length, not {span.shape} and {ended.shape}"
        raise ValueError(message)
    if np.isnan(span).any():
        message = "a span without a time cannot be placed on the curve"
        raise ValueError(message)
    time, events = np.unique(span[ended], return_counts=True)
    deaths = events.astype(np.float64)
    at_risk = len(span) - np.searchsorted(np.sort(span), time, side="left").astype(np.float64)
    survival = np.cumprod(1 - deaths / at_risk)
    # The last step may leave nobody; Greenwood's sum then has a zero below and the se does not exist.
    return Survival(
        time=time,
        at_risk=at_risk,
        events=deaths,
        survival=floats(survival),
        se=survival * root(np.cumsum(over(deaths, at_risk * (at_risk - deaths)))),
    )


def survival_quantile(times: ArrayLike, done: ArrayLike, q: float = 0.5, *, level: float = LEVEL) -> Quantile:
    """Duration by which a share q of the spans has ended, with the interval of Brookmeyer and Crowley (1982).

    The value is the first time at which S(t) <= 1 - q. Its ends are the first times at which the lower and the upper
    band of S, on the log(-log) scale, are <= 1 - q; where the band never goes so low the end is None.

    Raises:
        ValueError: as `kaplan_meier`, or q is not between 0 and 1.
    """
    if not 0 < q < 1:
        message = f"a quantile lies between 0 and 1, not at {q}"
        raise ValueError(message)
    curve = kaplan_meier(times, done)
    inner = (curve.survival > 0) & (curve.survival < 1)
    safe = np.where(inner, curve.survival, 0.5)
    log = np.log(safe)
    half = ndtri((1 + level) / 2) * np.where(inner, curve.se, 0.0) / (safe * np.abs(log))
    lower = np.where(inner, safe ** np.exp(half), 0.0)
    # Once nobody is left the upper band has no width of its own; it stays where it was.
    upper = np.minimum.accumulate(np.where(inner, safe ** np.exp(-half), 1.0))
    return Quantile(*(_first(curve.time, line, 1 - q) for line in (curve.survival, lower, upper)))


def _first(time: Floats, line: Floats, level: float) -> float | None:
    reached = np.flatnonzero(line <= level + REACHED)
    return float(time[reached[0]]) if len(reached) else None


def greenwood(sample: Sample) -> Bands:
    """Interval of a survival quantile that `survival_quantile`, or an engine by the same rule, has found."""
    return given(sample, "greenwood")
