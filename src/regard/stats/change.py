"""Whether a change is real: an interval of the difference, and a word that asks for size as well as for certainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, stdtr, stdtridf

from regard.plan.answer import Estimate, Verdict
from regard.stats.bands import LEVEL, ROUNDING, Bands, Floats, Truths, critical, floats, number, over, root
from regard.stats.methods import METHODS, Compare
from regard.stats.proportions import ADDED
from regard.stats.resampling import Difference, jackknife_difference

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

CHANGED = "changed"
SMALL = "changed but small"
NOT_DETECTED = "no detectable change"
CANNOT_SAY = "cannot say"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Changes:
    """Differences of G pairs, in the metric's unit.

    Attributes:
        change: now - before, of the raw values; nan where either is missing.
        lo, hi: ends of its interval; nan where an end of either value is missing.
        p: two-sided; nan without an interval.
    """

    change: Floats
    lo: Floats
    hi: Floats
    p: Floats


@np.errstate(over="ignore", invalid="ignore")
def compare(
    now: Bands,
    before: Bands,
    *,
    now_without: ArrayLike | None = None,
    before_without: ArrayLike | None = None,
    level: float = LEVEL,
) -> Changes:
    """Put an interval around now - before.

    By method (`METHODS[...].compare`):

    * ends (shares, quantiles, survival, bootstrap): Newcombe's square-and-add of the two intervals, so that an
      asymmetric or bounded interval keeps its shape (Newcombe 1998 method 10, TRUTH S-4; Zou and Donner 2008);
    * centres (net shares): the adjusted difference, that is square-and-add around the two shrunk centres (TRUTH S-2);
    * errors (means, ratios): difference -/+ t x root(se^2 + se^2), Welch's degrees of freedom;
    * logs (rates): p from the difference of logs, ends in the metric's unit by square-and-add; they agree on the
      sign but for third-order terms;
    * never (`exact`, `none`, `bounds`, `range`): no interval and no p, for there is no chance in them; but where the
      ranges of both periods are known and lie apart, the least and the most that the change can be.

    With `now_without` and `before_without` both periods share their replicates: the jackknife of the difference gives
    the correlation (square-and-add takes it in), the se, the degrees of freedom and p. Without, the periods count as
    independent, which is wide of the mark on the safe side when the same parties answer in both.

    p is that of a z (t) test on the plain standard errors, raw values included for net shares (golden G8, TRUTH S-2);
    where one of them is 0 or unknown it is read back from the interval.

    Args:
        now: bands of the later period.
        before: bands of the earlier one, of the same method, length and level.
        now_without: G x R as for `estimate`, or None.
        before_without: the same, with the same replicate in the same column.
        level: the level both were made at.

    Raises:
        ValueError: the two differ in method or length.
    """
    if now.method != before.method or len(now) != len(before):
        message = f"{now.method} of {len(now)} groups cannot be compared with {before.method} of {len(before)}"
        raise ValueError(message)
    how = METHODS[now.method].compare if now.method in METHODS else Compare.ENDS
    shared = None
    if now_without is not None and before_without is not None:
        shared = jackknife_difference(now.value, now_without, before.value, before_without)
    change = now.value - before.value
    lo, hi = _square_and_add(now, before, how, shared)
    se, df = root(now.se**2 + before.se**2), _welch(now, before)
    if shared is not None:
        se, df = shared.se, shared.df
    tested = (now.se > 0) & (before.se > 0) & (se > 0) & ~np.isnan(df)
    if how is Compare.ERRORS:
        exists = tested & ~np.isnan(lo) & ~np.isnan(hi)
        half = critical(df, level) * se
        lo, hi = np.where(exists, change - half, lo), np.where(exists, change + half, hi)
    top, bottom = change, se
    if how is Compare.LOGS and shared is None:
        top, bottom, df = _logs(now, before)
        tested = np.isfinite(top) & (bottom > 0)
    p = np.where(tested, _two_sided(over(np.where(tested, top, np.nan), bottom), df), np.nan)
    side = np.where(change >= 0, change - lo, hi - change)
    read_back = _two_sided(critical(np.inf, level) * over(change, side), np.full_like(change, np.inf))
    p = np.where(np.isnan(p), np.where((change == 0) & ~np.isnan(side), 1.0, read_back), p)
    unsaid = (np.isnan(lo) & np.isnan(hi)) | (how is Compare.NEVER)
    return Changes(change=change, lo=lo, hi=hi, p=np.where(unsaid, np.nan, p))


def _square_and_add(now: Bands, before: Bands, how: Compare, shared: Difference | None) -> tuple[Floats, Floats]:
    """Combine the arms of two intervals as the legs of a triangle, less their correlation."""
    rho = 0.0 if shared is None else shared.correlation
    if how is Compare.NEVER:
        least, most = now.lo - before.hi, now.hi - before.lo
        apart = (least > 0) | (most < 0)
        return np.where(apart, least, np.nan), np.where(apart, most, np.nan)
    arms = []
    centres = []
    for bands in (now, before):
        centre = bands.value
        down, up = centre - bands.lo, bands.hi - centre
        if how is Compare.CENTRES:
            # Even around value x n / (n + 3) unless cut at an end of the scale: the longer arm is whole.
            centre = bands.value * over(bands.n_eff, bands.n_eff + ADDED)
            down = up = np.maximum(centre - bands.lo, bands.hi - centre)
        centres.append(centre)
        arms.append((down, up))
    change = centres[0] - centres[1]
    (down_now, up_now), (down_before, up_before) = arms
    below = root(down_now**2 + up_before**2 - 2 * rho * down_now * up_before)
    above = root(up_now**2 + down_before**2 - 2 * rho * up_now * down_before)
    return change - below, change + above


def _welch(now: Bands, before: Bands) -> Floats:
    """Degrees of freedom of a sum of two variances, inf when both are known."""
    a, b = now.se**2, before.se**2
    lost = over(a**2, now.df) + over(b**2, before.df)
    known = np.isposinf(now.df) & np.isposinf(before.df)
    return np.where(known, np.inf, over((a + b) ** 2, lost))


def _logs(now: Bands, before: Bands) -> tuple[Floats, Floats, Floats]:
    """Difference of logs, its se and degrees of freedom; nan where a rate is 0."""
    positive = (now.value > 0) & (before.value > 0)
    safe = [np.where(positive, bands.value, 1.0) for bands in (now, before)]
    errors = [over(bands.se, value) for bands, value in zip((now, before), safe, strict=True)]
    a, b = errors[0] ** 2, errors[1] ** 2
    lost = over(a**2, now.df) + over(b**2, before.df)
    df = np.where(np.isposinf(now.df) & np.isposinf(before.df), np.inf, over((a + b) ** 2, lost))
    top = np.where(positive, np.log(safe[0]) - np.log(safe[1]), np.nan)
    return top, root(a + b), df


def _two_sided(z: Floats, df: Floats) -> Floats:
    size = -np.abs(z)
    usable = np.where(np.isfinite(df) & (df > 0), df, 1.0)
    return np.asarray(2 * np.where(np.isposinf(df), ndtr(size), stdtr(usable, size)), dtype=np.float64)


def verdicts(
    now: Bands,
    before: Bands,
    minimum: ArrayLike | None = None,
    *,
    good: str = "none",
    now_without: ArrayLike | None = None,
    before_without: ArrayLike | None = None,
    now_n: ArrayLike | None = None,
    before_n: ArrayLike | None = None,
    needed: float = 0,
    level: float = LEVEL,
) -> list[Verdict]:
    """Say of G pairs whether the change is real: certain *and* large enough to matter (R064).

    * `changed`: the interval of the difference leaves out 0, and |change| >= minimum (or there is no minimum);
    * `changed but small`: it leaves out 0, but |change| < minimum;
    * `no detectable change`: it holds 0;
    * `cannot say`: a value or the end that faces 0 is missing, or either n is below `needed`.

    Args:
        now: bands of the later period.
        before: bands of the earlier one, of the same method.
        minimum: practical minimum in the metric's unit, one number or one per pair; None or nan for none.
        good: `up`, `down`, `band` or `none` (`model.Good`).
        now_without: replicates that both periods share, see `compare`.
        before_without: the same, in the same columns.
        now_n: n of the later period, where `needed` is set.
        before_n: n of the earlier one.
        needed: smallest n of either period that may speak.
        level: the level both were made at.

    Returns:
        One Verdict per pair; `better` only where a change was detected and `good` is up or down.
    """
    changes = compare(now, before, now_without=now_without, before_without=before_without, level=level)
    silent = np.zeros(len(now), dtype=bool)
    for n in (now_n, before_n):
        if n is not None:
            silent |= ~(np.broadcast_to(floats(n), silent.shape) >= needed)
    least = np.broadcast_to(floats(np.nan if minimum is None else minimum), silent.shape)
    words = _words(changes, least, silent)
    return [_verdict(str(word), changes, i, good) for i, word in enumerate(words)]


def _words(changes: Changes, minimum: Floats, silent: Truths) -> list[str]:
    facing = np.where(changes.change > 0, changes.lo, np.where(changes.change < 0, -changes.hi, 0.0))
    neither = np.isnan(changes.lo) & np.isnan(changes.hi)
    unknown = silent | np.isnan(changes.change) | np.isnan(facing) | neither
    # Rounding of sums must not turn 2.1 - 0 into less than 2.1.
    small = np.abs(changes.change) < minimum * (1 - ROUNDING)
    words = np.select([unknown, facing <= 0, small], [CANNOT_SAY, NOT_DETECTED, SMALL], default=CHANGED)
    return [str(word) for word in words]


def _verdict(word: str, changes: Changes, i: int, good: str) -> Verdict:
    change = number(changes.change[i])
    better = None
    if word in (CHANGED, SMALL) and change and good in ("up", "down"):
        better = (change > 0) == (good == "up")
    lo, hi, p = number(changes.lo[i]), number(changes.hi[i]), number(changes.p[i])
    return Verdict(word=word, change=change, lo=lo, hi=hi, p=p, better=better)


def verdict(
    now: Estimate,
    before: Estimate,
    minimum: float | None = None,
    good: str = "none",
    *,
    method: str = "mean",
    needed: float = 0,
) -> Verdict:
    """Say of one pair whether the change is real; `verdicts` for two Estimates, of periods that share no replicates.

    An Estimate carries no degrees of freedom; they are read back from the width of its interval and its se.

    Args:
        now: the later estimate.
        before: the earlier one, of the same metric.
        minimum: practical minimum in the metric's unit, or None.
        good: `up`, `down`, `band` or `none`.
        method: the metric's interval method.
        needed: smallest n of either that may speak.
    """
    return verdicts(
        _bands(now, method),
        _bands(before, method),
        minimum,
        good=good,
        now_n=None if not needed else [_nan(now.n)],
        before_n=None if not needed else [_nan(before.n)],
        needed=needed,
    )[0]


def _nan(x: float | None) -> float:
    return np.nan if x is None else x


def _bands(estimate: Estimate, method: str) -> Bands:
    n = estimate.n if estimate.n_eff is None else estimate.n_eff
    fields = (estimate.value, estimate.lo, estimate.hi, estimate.se, n)
    value, lo, hi, se, n_eff = (floats([_nan(x)]) for x in fields)
    df = np.full_like(value, np.inf)
    if method in METHODS and METHODS[method].compare is Compare.ERRORS:
        wide = over(hi - lo, 2 * se)
        # Narrower than the normal by rounding only: the normal it is.
        student = wide > critical(np.inf) * (1 + ROUNDING)
        df = np.where(student, stdtridf((1 + LEVEL) / 2, np.where(student, wide, 2.0)), np.inf)
    return Bands(method=method, value=value, lo=lo, hi=hi, se=se, n_eff=n_eff, df=df)
