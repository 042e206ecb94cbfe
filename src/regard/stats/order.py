"""Quantiles: which of the sorted rows bound them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import bdtr, bdtrik

from regard.stats.bands import LEVEL, Bands, Floats, Sample, floats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def order_ranks(n: ArrayLike, q: float, *, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Ranks, from 1, of the sorted rows that bound the quantile q; exact by the binomial, for any distribution.

    The number of rows at or below the true quantile is binomial(n, q); each tail outside the two ranks holds at most
    (1 - level) / 2.

    Args:
        n: rows, any shape.
        q: between 0 and 1, open.
        level: confidence.

    Returns:
        Lower and upper rank, both nan where n is too small to bound the quantile from both sides (a median needs 6).

    Raises:
        ValueError: q is not between 0 and 1.

    Source: David and Nagaraja 2003, section 7.1.
    """
    if not 0 < q < 1:
        message = f"a quantile lies between 0 and 1, not at {q}"
        raise ValueError(message)
    size = floats(n)
    whole = np.where(size >= 1, size, 1.0)
    tail = (1 - level) / 2
    lo = _binomial_quantile(tail, whole, q)
    hi = _binomial_quantile(1 - tail, whole, q) + 1
    bounded = (size >= 1) & (lo >= 1) & (hi <= whole)
    return np.where(bounded, lo, np.nan), np.where(bounded, hi, np.nan)


def _binomial_quantile(p: float, n: Floats, q: float) -> Floats:
    """Smallest k with P(B <= k) >= p; the inverse in real numbers may land one too high, so one step back is tried."""
    k = np.ceil(bdtrik(p, n, q))
    k = np.where(np.isnan(k), 0.0, k)
    back = np.maximum(k - 1, 0)
    return np.asarray(np.where(bdtr(back, n.astype(np.int64), q) >= p, back, k), dtype=np.float64)


def given(sample: Sample, method: str) -> Bands:
    """Pass through ends that were found among the rows: leaves (lo, hi)."""
    lo, hi = (np.where(np.isfinite(end), end, np.nan) for end in sample.leaves)
    missing = np.isnan(sample.value)
    none = np.full_like(sample.value, np.nan)
    neither = np.isnan(lo) & np.isnan(hi)
    return Bands(
        method=method,
        value=sample.value,
        lo=lo,
        hi=hi,
        se=none,
        n_eff=none,
        df=np.where(neither, np.nan, np.inf),
        flags={
            "missing": missing,
            "few": neither & ~missing,
            "unbounded": (np.isnan(lo) ^ np.isnan(hi)),
        },
    )


def order(sample: Sample) -> Bands:
    """Interval of a quantile whose bounding rows the engine has picked by `order_ranks`: leaves (lo, hi)."""
    return given(sample, "order")
