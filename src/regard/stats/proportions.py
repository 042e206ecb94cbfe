"""Shares and net shares: intervals that stay honest near the ends and at small n."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from regard.stats.bands import LEVEL, Bands, Floats, Sample, Truths, alike, critical, floats, over, root

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

ADDED = 3.0
"""Imagined answers added by the adjusted Wald interval, a quarter of them up and a quarter down (Rocks 2016)."""


def wilson(share: ArrayLike, n: ArrayLike, *, df: ArrayLike = np.inf, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Wilson's score interval of a share.

    Args:
        share: k / n, between 0 and 1; any shape.
        n: answers, or their effective number; need not be whole.
        df: degrees of freedom behind an effective n; a t quantile then takes the place of the normal one.
        level: confidence.

    Returns:
        Lower and upper ends within [0, 1] that hold the share; nan where n is 0 or df below 1.

    Source: Wilson 1927; Newcombe 1998 method 3.
    """
    p, size, z = np.broadcast_arrays(floats(share), floats(n), critical(df, level))
    size = np.where(size > 0, size, np.nan)
    z2 = z * z
    # Multiplied through by n, so that an effective n next to nothing divides nothing.
    below = size + z2
    centre = (p * size + z2 / 2) / below
    half = z / below * root(p * (1 - p) * size + z2 / 4)
    lo = np.where((p <= 0) & ~np.isnan(centre), 0.0, np.minimum(np.maximum(centre - half, 0.0), p))
    hi = np.where((p >= 1) & ~np.isnan(centre), 1.0, np.maximum(np.minimum(centre + half, 1.0), p))
    return lo, hi


def adjusted_wald(
    up: ArrayLike, down: ArrayLike, n: ArrayLike, *, df: ArrayLike = np.inf, level: float = LEVEL
) -> tuple[Floats, Floats, Floats]:
    """Adjusted Wald interval of a net share: 3 imagined answers, of which 3/4 up and 3/4 down.

    Its centre lies nearer 0 than the raw net share; that is what makes it cover at small n.

    Args:
        up: the share that counts for; any shape.
        down: the share that counts against.
        n: answers, or their effective number.
        df: degrees of freedom behind an effective n.
        level: confidence.

    Returns:
        Centre, lower and upper end of up - down; the ends are kept within [-1, 1]; nan where n is 0.

    Source: Rocks 2016, "Interval estimation for the Net Promoter Score".
    """
    size = np.where(floats(n) > 0, floats(n), np.nan)
    more = size + ADDED
    ups = (floats(up) * size + ADDED / 4) / more
    downs = (floats(down) * size + ADDED / 4) / more
    centre = ups - downs
    half = critical(df, level) * root((ups + downs - centre**2) / more)
    return centre, np.maximum(centre - half, -1.0), np.minimum(centre + half, 1.0)


def net_share_se(up: ArrayLike, down: ArrayLike, n: ArrayLike) -> Floats:
    """Plain standard error of up - down (shares of n): the root of (up + down - (up - down)^2) / n."""
    ups, downs = floats(up), floats(down)
    return root(over(ups + downs - (ups - downs) ** 2, floats(n)))


def kish(sum_w: ArrayLike, sum_w2: ArrayLike) -> Floats:
    """Effective number of answers under weights, (sum w)^2 / sum w^2; supposes weights unrelated to the answer.

    Source: Kish 1965. The design effect is n divided by it.
    """
    return over(floats(sum_w) ** 2, floats(sum_w2))


def effective_n(n: Floats, simple_se: Floats, se: Floats) -> Floats:
    """Shrink n by the design effect, the ratio of the clustered to the simple variance.

    A design effect below 1 is taken as 1: repeated answers of one party cannot tell more than as many parties would.
    Where nothing varies (simple_se 0) the design effect cannot be seen and n stays.
    """
    clustered = over(np.asarray(simple_se**2), np.asarray(se**2))
    shrunk = n * np.minimum(np.where(np.isnan(clustered), 1.0, clustered), 1.0)
    return np.asarray(np.where((simple_se > 0) | np.isnan(se), np.where(np.isnan(se), np.nan, shrunk), n))


def proportion(sample: Sample) -> Bands:
    """Interval of a share from leaves (k, n); a value that is the complement, 1 - k / n, is read as such."""
    k, n = sample.leaves
    return _share(sample, "proportion", k, n, n)


def weighted_proportion(sample: Sample) -> Bands:
    """Interval of a weighted share from leaves (sum w k, sum w, sum w^2): Wilson on Kish's effective n."""
    wk, w, w2 = sample.leaves
    return _share(sample, "weighted_proportion", wk, w, kish(w, w2))


def net_share(sample: Sample) -> Bands:
    """Interval of a net share from leaves (up, down, n)."""
    up, down, n = sample.leaves
    return _net(sample, "net_share", (up, down, n), n)


def weighted_net_share(sample: Sample) -> Bands:
    """Interval of a weighted net share from leaves (sum w up, sum w down, sum w, sum w^2), on Kish's effective n."""
    up, down, w, w2 = sample.leaves
    return _net(sample, "weighted_net_share", (up, down, w), kish(w, w2))


def _share(sample: Sample, method: str, part: Floats, whole: Floats, n: Floats) -> Bands:
    scale = sample.unit_scale
    p = over(part, whole)
    straight, turned = alike(sample.value, scale * p), alike(sample.value, scale * (1 - p))
    p = np.where(turned & ~straight, 1 - p, p)
    wrong = (part < 0) | (part > whole * (1 + 1e-12))
    usable = ~wrong & (straight | turned)
    p, n = np.where(usable, np.clip(p, 0.0, 1.0), np.nan), np.where(usable, n, np.nan)
    simple = root(over(p * (1 - p), n))
    n_eff, se, df = _clustered(sample, n, simple)
    lo, hi = wilson(p, n_eff, df=df, level=sample.level)
    return Bands(
        method=method,
        value=sample.value,
        # The value itself bounds the ends, so that rounding of scale * p never leaves it outside.
        lo=np.minimum(lo * scale, sample.value),
        hi=np.maximum(hi * scale, sample.value),
        se=se * scale,
        n_eff=n_eff,
        df=np.where(np.isnan(lo), np.nan, df),
        flags=_flags(sample, whole, wrong=wrong, agrees=straight | turned, se=simple, lo=lo),
    )


def _net(sample: Sample, method: str, leaves: tuple[Floats, Floats, Floats], n: Floats) -> Bands:
    scale = sample.unit_scale
    up, down = over(leaves[0], leaves[2]), over(leaves[1], leaves[2])
    agrees = alike(sample.value, scale * (up - down))
    wrong = (leaves[0] < 0) | (leaves[1] < 0) | (leaves[0] + leaves[1] > leaves[2] * (1 + 1e-12))
    n = np.where(agrees & ~wrong, n, np.nan)
    simple = net_share_se(up, down, n)
    n_eff, se, df = _clustered(sample, n, simple)
    _, lo, hi = adjusted_wald(up, down, n_eff, df=df, level=sample.level)
    return Bands(
        method=method,
        value=sample.value,
        # Of a single answer at an end the formula leaves the value itself outside (100 against 98.5).
        lo=np.minimum(lo * scale, sample.value),
        hi=np.maximum(hi * scale, sample.value),
        se=se * scale,
        n_eff=n_eff,
        df=np.where(np.isnan(lo), np.nan, df),
        flags=_flags(sample, leaves[2], wrong=wrong, agrees=agrees, se=simple, lo=lo),
    )


def _clustered(sample: Sample, n: Floats, simple: Floats) -> tuple[Floats, Floats, Floats]:
    """Return effective n, se and df (shares, not yet scaled) with the jackknife where there is one."""
    if sample.jack is None:
        return n, simple, np.where(np.isnan(n), np.nan, np.inf)
    se, df = sample.jack
    se = over(se, sample.unit_scale)
    n_eff = effective_n(n, simple, se)
    # With the design effect floored at 1 the standard error is never below the simple one either.
    return n_eff, np.where(np.isnan(n_eff), np.nan, np.maximum(se, simple)), np.where(np.isnan(n_eff), np.nan, df)


def _flags(
    sample: Sample, whole: Floats, *, wrong: Truths, agrees: Truths, se: Floats, lo: Floats
) -> dict[str, Truths]:
    empty = ~(whole > 0) & ~wrong
    missing = np.isnan(sample.value) & ~empty
    usable = ~(empty | missing | wrong)
    return {
        "empty": empty,
        "missing": missing,
        "few": usable & agrees & np.isnan(lo),
        "no_spread": usable & (se == 0) & (sample.jack is not None),
        "out_of_range": wrong,
        "mismatch": usable & ~agrees,
    }
