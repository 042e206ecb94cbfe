"""The table of interval methods, and the one call that uses it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from regard.errors import did_you_mean
from regard.stats.bands import LEVEL, Bands, Floats, Sample, floats
from regard.stats.limits import limits
from regard.stats.means import mean, ratio, weighted_mean
from regard.stats.order import order
from regard.stats.proportions import net_share, proportion, weighted_net_share, weighted_proportion
from regard.stats.rates import compound_poisson_rate, rate
from regard.stats.resampling import jackknife
from regard.stats.survival import greenwood

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike


class Compare(StrEnum):
    """How two values of one method are compared (`change.compare`)."""

    ENDS = "ends"
    CENTRES = "centres"
    ERRORS = "errors"
    LOGS = "logs"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One row of the table.

    Attributes:
        run: makes the bands.
        roles: what the leaves are, in order; a trailing `?` marks one that may be left out.
        compare: how two periods are compared.
        parts: what a column of `parts` is, `` when the method reads none.
        replicates: whether `without` is `no`, `may be` or `must be` given.
        words: for people.
    """

    run: Callable[[Sample], Bands]
    roles: tuple[str, ...]
    compare: Compare
    parts: str = ""
    replicates: str = "no"
    words: str


def _nothing(method: str) -> Callable[[Sample], Bands]:
    def run(sample: Sample) -> Bands:
        none = np.full_like(sample.value, np.nan)
        missing = {"missing": np.isnan(sample.value)}
        return Bands(method=method, value=sample.value, lo=none, hi=none, se=none, n_eff=none, df=none, flags=missing)

    return run


METHODS: Mapping[str, Method] = {
    "proportion": Method(
        run=proportion,
        roles=("k", "n"),
        compare=Compare.ENDS,
        replicates="may be",
        words="Wilson 95 %; where parties repeat, n is shrunk by the design effect of the jackknife",
    ),
    "net_share": Method(
        run=net_share,
        roles=("up", "down", "n"),
        compare=Compare.CENTRES,
        replicates="may be",
        words="adjusted Wald 95 % (Rocks 2016); where parties repeat, n is shrunk by the design effect",
    ),
    "weighted_proportion": Method(
        run=weighted_proportion,
        roles=("sum w k", "sum w", "sum w^2"),
        compare=Compare.ENDS,
        replicates="may be",
        words="Wilson 95 % on Kish's effective n",
    ),
    "weighted_net_share": Method(
        run=weighted_net_share,
        roles=("sum w up", "sum w down", "sum w", "sum w^2"),
        compare=Compare.CENTRES,
        replicates="may be",
        words="adjusted Wald 95 % on Kish's effective n",
    ),
    "mean": Method(
        run=mean,
        roles=("sum", "sum of squares?", "n"),
        compare=Compare.ERRORS,
        replicates="may be",
        words="t interval; where parties repeat, of the jackknife",
    ),
    "weighted_mean": Method(
        run=weighted_mean,
        roles=("sum w x", "sum w", "sum w^2", "sum w^2 x", "sum w^2 x^2", "n"),
        compare=Compare.ERRORS,
        replicates="may be",
        words="t interval of the linearised weighted mean",
    ),
    "ratio": Method(
        run=ratio,
        roles=(),
        compare=Compare.ERRORS,
        replicates="must be",
        words="delete-a-group jackknife, t with groups - 1",
    ),
    "rate": Method(
        run=rate,
        roles=("count", "exposure?"),
        compare=Compare.LOGS,
        parts="day",
        words="quasi-Poisson on the log scale, overdispersion from days; exact Poisson below 10",
    ),
    "compound_poisson_rate": Method(
        run=compound_poisson_rate,
        roles=("total", "exposure?"),
        compare=Compare.LOGS,
        parts="incident",
        words="compound Poisson on the log scale, t with incidents - 1",
    ),
    "order": Method(
        run=order,
        roles=("lo", "hi"),
        compare=Compare.ENDS,
        words="binomial order statistics",
    ),
    "greenwood": Method(
        run=greenwood,
        roles=("lo", "hi"),
        compare=Compare.ENDS,
        words="Kaplan-Meier, Greenwood, log(-log) band (Brookmeyer and Crowley)",
    ),
    "bounds": Method(
        run=limits("bounds"),
        roles=("lo", "hi"),
        compare=Compare.NEVER,
        words="between the least and the most that what is known as counts allows; no chance in it",
    ),
    "range": Method(
        run=limits("range"),
        roles=("lo", "hi"),
        compare=Compare.NEVER,
        words="what the index would be by the mildest and by the strictest policy; no chance in it",
    ),
    "exact": Method(run=_nothing("exact"), roles=(), compare=Compare.NEVER, words="counted, not sampled: no interval"),
    "none": Method(run=_nothing("none"), roles=(), compare=Compare.NEVER, words="no interval is known"),
}


def estimate(
    method: str,
    value: ArrayLike,
    leaves: Sequence[ArrayLike] = (),
    *,
    without: ArrayLike | None = None,
    parts: ArrayLike | None = None,
    exposures: ArrayLike | None = None,
    scale: ArrayLike | None = None,
    level: float = LEVEL,
) -> Bands:
    """Put an interval around the values of G groups.

    Args:
        method: a name in `METHODS`.
        value: length G in the metric's unit, nan where there is none.
        leaves: in the order of the method's roles, each of length G. `exact`, `none` and `ratio` read none.
        without: G x R, the value with each replicate left out (`delete_each`): nan where the replicate is absent, inf
            where it is present but the value does not exist without it. Given where parties repeat.
        parts: G x R amounts of the first leaf by day (`rate`; 0 for a day without events, nan for one outside the
            cell) or by incident (`compound_poisson_rate`; 0 or nan for an incident outside the cell).
        exposures: G x R exposure of each day, or None for equal days.
        scale: what the plain share or mean is multiplied by to give the value (100 for percent and points), one number
            or one per group; `scale_of` finds it. For `rate` only needed to bound a count of 0.
        level: confidence.

    Returns:
        Bands of length G. A value that is not scale x (its leaves' share or mean) gets no interval and the flag
        `mismatch`, so a wrong `of:` line cannot dress one number in the interval of another.

    Raises:
        ValueError: an unknown method, a wrong number of leaves, or arrays of different lengths.
    """
    if method not in METHODS:
        message = f"no interval method is called '{method}'; {did_you_mean(method, METHODS)}"
        raise ValueError(message)
    roles = METHODS[method].roles
    fewest = sum(not role.endswith("?") for role in roles)
    if roles and not fewest <= len(leaves) <= len(roles):
        message = f"{method} reads the leaves ({', '.join(roles)}), not {len(leaves)} of them"
        raise ValueError(message)
    values = np.atleast_1d(floats(value))
    values = np.where(np.isfinite(values), values, np.nan)
    groups = len(values)
    table = {"without": without, "parts": parts, "exposures": exposures}
    wide = {name: np.atleast_2d(floats(array)) for name, array in table.items() if array is not None}
    long = tuple(np.atleast_1d(floats(leaf)) for leaf in leaves)
    for name, array in [*((f"leaf {i}", leaf) for i, leaf in enumerate(long)), *wide.items()]:
        if len(array) != groups:
            message = f"{name} has {len(array)} groups where the value has {groups}"
            raise ValueError(message)
    with np.errstate(over="ignore", invalid="ignore"):
        sample = Sample(
            value=values,
            leaves=long,
            jack=None if without is None else jackknife(values, wide["without"]),
            parts=wide.get("parts"),
            exposures=wide.get("exposures"),
            scale=None if scale is None else np.broadcast_to(floats(scale), values.shape),
            level=level,
        )
        return _finite(METHODS[method].run(sample))


def _finite(bands: Bands) -> Bands:
    """Take away the interval of a group whose sums left the range of floating point, and say so."""
    burst = np.isinf(bands.lo) | np.isinf(bands.hi) | np.isinf(bands.se)
    if not burst.any():
        return bands
    lo, hi, se, n_eff, df = (
        np.where(burst, np.nan, array) for array in (bands.lo, bands.hi, bands.se, bands.n_eff, bands.df)
    )
    flags = {**bands.flags, "out_of_range": burst | bands.flags.get("out_of_range", np.zeros_like(burst))}
    return replace(bands, lo=lo, hi=hi, se=se, n_eff=n_eff, df=df, flags=flags)


def scale_of(
    value: Callable[[Sequence[Floats]], Floats], leaves: Sequence[ArrayLike], *, part: int = 0, whole: int = -1
) -> Floats:
    """Find what a metric's arithmetic multiplies the plain share or mean leaves[part] / leaves[whole] by.

    The share is moved by one and the value watched; so neither unit nor formula need be read. The scale of a
    complement (1 - share) is given as positive.

    Args:
        value: the metric's arithmetic over leaves of length G.
        leaves: all the leaves that `value` takes.
        part: which of them is the top of the share or mean.
        whole: which of them is its bottom.

    Returns:
        Length G; nan where the whole is 0.
    """
    given = [floats(leaf) for leaf in leaves]
    zero, one = list(given), list(given)
    zero[part], one[part] = np.zeros_like(given[part]), given[whole]
    usable = given[whole] != 0
    moved = np.where(usable, floats(value(one)) - floats(value(zero)), np.nan)
    return np.abs(moved)
