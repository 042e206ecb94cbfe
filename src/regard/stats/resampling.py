"""Chance without formulas: the delete-a-group jackknife over replicates, and the bootstrap over parties."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from regard.stats.bands import LEVEL, Bands, Floats, Truths, critical, floats, over, root

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

BOOTSTRAP_FROM = 5
"""Fewest parties that a bootstrap is drawn from."""

CHUNK = 4_000_000
"""Most drawn parties held in memory at once."""


class Difference(NamedTuple):
    """Jackknife of a difference of two periods, arrays of length G: se, df, and the correlation of the two values."""

    se: Floats
    df: Floats
    correlation: Floats


def delete_each(
    value: Callable[[Sequence[Floats]], Floats], by_replicate: Sequence[ArrayLike]
) -> tuple[Floats, Floats]:
    """Compute a value from all replicates, and again with each one left out.

    Args:
        value: the metric's arithmetic; takes leaves of any shape, gives values of that shape, nan where there is none.
        by_replicate: each leaf as G x R; nan where the replicate has no rows in the leaf.

    Returns:
        The values (G) and the values without each replicate (G x R): nan where the replicate is absent from every leaf,
        inf where it is present but the value does not exist without it.
    """
    leaves = [floats(leaf) for leaf in by_replicate]
    absent = np.logical_and.reduce([np.isnan(leaf) for leaf in leaves])
    filled = [np.nan_to_num(leaf) for leaf in leaves]
    whole = floats(value([leaf.sum(axis=1) for leaf in filled]))
    without = floats(value([_others(leaf) for leaf in filled]))
    without = np.where(np.isfinite(without), without, np.inf)
    return whole, np.where(absent, np.nan, without)


def _others(leaf: Floats) -> Floats:
    """Sum all columns but one, from both sides, so that nothing but zeros gives exactly 0 (a subtraction would not)."""
    edge = np.zeros((leaf.shape[0], 1))
    before = np.hstack([edge, np.cumsum(leaf, axis=1)[:, :-1]])
    after = np.hstack([np.cumsum(leaf[:, ::-1], axis=1)[:, -2::-1], edge])
    return before + after


def jackknife(value: ArrayLike, without: ArrayLike) -> tuple[Floats, Floats]:
    """Standard error of any value by leaving out one replicate after another.

    Variance = (m - 1) / m x sum over the m replicates present of (value without r - value)^2, with df = m - 1. A
    replicate absent from the cell leaves the value as it is: it adds nothing to the sum and tells nothing of the
    spread, so it counts neither in m nor in the degrees of freedom. (Counting it would make a cell of three parties
    look as well measured as one of thirty-two.)

    Args:
        value: length G.
        without: G x R as `delete_each` gives it: nan absent, inf present but without it there is no value.

    Returns:
        se and df, each of length G; nan where fewer than two replicates are present or one of them is inf.

    Source: Kott 2001, "The delete-a-group jackknife".
    """
    deviation, present, known = _deviations(floats(value), floats(without))
    return _spread(deviation, present, known)


def jackknife_difference(
    now: ArrayLike, now_without: ArrayLike, before: ArrayLike, before_without: ArrayLike
) -> Difference:
    """Jackknife of now - before when both periods share their replicates, covariance included.

    A replicate present in one period only leaves the other's value as it is; m counts those present in either.

    Args:
        now: values of the later period, length G.
        now_without: G x R as `delete_each` gives it.
        before: values of the earlier period, length G.
        before_without: G x R, the same replicate in the same column.
    """
    a, in_a, known_a = _deviations(floats(now), floats(now_without))
    b, in_b, known_b = _deviations(floats(before), floats(before_without))
    se, df = _spread(a - b, in_a | in_b, known_a & known_b)
    correlation = over((a * b).sum(axis=1), root((a**2).sum(axis=1) * (b**2).sum(axis=1)))
    return Difference(se, df, np.clip(np.nan_to_num(correlation), -1.0, 1.0))


def _deviations(value: Floats, without: Floats) -> tuple[Floats, Truths, Truths]:
    present = ~np.isnan(without)
    known = ~np.isnan(value) & ~np.isinf(without).any(axis=1)
    usable = present & known[:, None]
    deviation = np.where(usable, np.where(usable, without, 0.0) - np.nan_to_num(value)[:, None], 0.0)
    return deviation, present, known


def _spread(deviation: Floats, present: Truths, known: Truths) -> tuple[Floats, Floats]:
    m = present.sum(axis=1).astype(np.float64)
    exists = known & (m > 1)
    se = root(over(m - 1, m) * (deviation**2).sum(axis=1))
    return np.where(exists, se, np.nan), np.where(exists, m - 1, np.nan)


def bootstrap(
    value: Callable[[Sequence[Floats]], Floats],
    leaves_by_party: Sequence[ArrayLike],
    *,
    seed: int,
    draws: int = 2000,
    level: float = LEVEL,
) -> Bands:
    """Interval of one cell from one row per party: bias-corrected and accelerated (BCa) bootstrap.

    For cells of fewer than some hundred parties whose value is arithmetic over sums (money, ratios, means). A share
    does better with `estimate("proportion", ..., without=...)` and one replicate per party. Fewer than 5 parties: no
    interval. The quantiles are widened to those of t with P - 1 (Hesterberg 2015), without which small cells come out
    too narrow.

    Args:
        value: the metric's arithmetic over leaves of any shape.
        leaves_by_party: each leaf as an array over the P parties of the cell.
        seed: the same seed, leaves and draws give the same interval.
        draws: how many times P parties are drawn.
        level: confidence.

    Returns:
        Bands of one group, method `bootstrap`.

    Source: Efron and Tibshirani 1993, chapter 14.
    """
    rows = np.column_stack([floats(leaf) for leaf in leaves_by_party])
    parties = len(rows)
    whole = float(floats(value([leaf[None] for leaf in rows.sum(axis=0)]))[0]) if parties else np.nan
    if parties < BOOTSTRAP_FROM or not np.isfinite(whole):
        return _one(whole, flag="empty" if parties == 0 else "missing" if not np.isfinite(whole) else "few")
    drawn = _draw(value, rows, draws, np.random.default_rng(seed))
    defined = drawn[np.isfinite(drawn)]
    if len(defined) < 0.95 * draws:
        return _one(whole, flag="few")
    if np.ptp(defined) <= 1e-12 * max(abs(whole), 1e-300):
        return _one(whole, flag="no_spread")
    single = floats(value([_others(rows[:, i][None, :])[0] for i in range(rows.shape[1])]))
    pull = np.nan_to_num(np.nanmean(single[np.isfinite(single)]) - single, posinf=0.0, neginf=0.0)
    skew = float((pull**3).sum() / (6 * max((pull**2).sum(), 1e-300) ** 1.5))
    below = (np.sum(defined < whole) + 0.5 * np.sum(defined == whole)) / len(defined)
    bias = float(ndtri(np.clip(below, 1 / draws, 1 - 1 / draws)))
    wide = float(critical(parties - 1, level)) * np.sqrt(parties / (parties - 1))
    ends = []
    for side in (-wide, wide):
        moved = bias + side
        ends.append(float(np.quantile(defined, ndtr(bias + moved / max(1 - skew * moved, 1e-9)))))
    return _one(whole, lo=ends[0], hi=ends[1], se=float(defined.std(ddof=1)), n=parties)


def _draw(value: Callable[[Sequence[Floats]], Floats], rows: Floats, draws: int, rng: np.random.Generator) -> Floats:
    parties = len(rows)
    even = np.full(parties, 1 / parties)
    step = max(1, CHUNK // parties)
    sums = [rng.multinomial(parties, even, size=min(step, draws - at)) @ rows for at in range(0, draws, step)]
    drawn = np.vstack(sums)
    return floats(value([drawn[:, i] for i in range(drawn.shape[1])]))


def _one(
    value: float,
    *,
    lo: float = np.nan,
    hi: float = np.nan,
    se: float = np.nan,
    n: float = np.nan,
    flag: str = "",
) -> Bands:
    return Bands(
        method="bootstrap",
        value=floats([value if np.isfinite(value) else np.nan]),
        lo=floats([lo]),
        hi=floats([hi]),
        se=floats([se]),
        n_eff=floats([n]),
        df=floats([n - 1]),
        flags={flag: np.array([True])} if flag else {},
    )
