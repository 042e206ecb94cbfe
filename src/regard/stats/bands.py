"""What an interval method is given and what it gives back: arrays over groups, a missing number is nan with a flag."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from regard.plan.answer import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats: TypeAlias = NDArray[np.float64]
Truths: TypeAlias = NDArray[np.bool_]

LEVEL = 0.95
"""Confidence of every interval shown."""

ROUNDING = 1e-9
"""Relative difference below which two numbers made by different sums are the same number."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bands:
    """Intervals of G groups, in the unit of their values.

    Attributes:
        method: which method of `METHODS` made them; it decides how two of them are compared.
        value: the values themselves, nan where there is none.
        lo, hi: ends of the interval, nan where the method gives none; one may be missing alone (`unbounded`).
        se: standard error of the raw value; nan where the method gives none.
        n_eff: number of independent simple answers worth as much; nan where that has no meaning.
        df: degrees of freedom behind `lo` and `hi`; inf for a normal quantile, nan without an interval.
        flags: why -> truth per group. `empty` no rows; `missing` rows but no value; `few` too few rows, groups or
            incidents for an interval; `no_spread` nothing varies, so chance cannot be judged from the rows themselves;
            `unbounded` one end does not exist; `out_of_range` leaves that the method cannot stand for (k > n, negative
            counts); `mismatch` the value is not what the method's leaves give, so the interval would not be its own.
    """

    method: str
    value: Floats
    lo: Floats
    hi: Floats
    se: Floats
    n_eff: Floats
    df: Floats
    flags: Mapping[str, Truths] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.value)

    def take(self, groups: NDArray[np.intp]) -> Bands:
        """Return the bands of some groups, in the order given."""
        arrays = {name: getattr(self, name)[groups] for name in ("value", "lo", "hi", "se", "n_eff", "df")}
        return Bands(method=self.method, **arrays, flags={name: truths[groups] for name, truths in self.flags.items()})

    def flags_at(self, group: int) -> tuple[str, ...]:
        """Name what must be said of one group, in the order of the table above."""
        return tuple(name for name, truths in self.flags.items() if truths[group])

    def estimate(
        self, group: int, *, n: float | None = None, coverage: float | None = None, flags: tuple[str, ...] = ()
    ) -> Estimate:
        """Turn one group into an Estimate, nan into None; `flags` known elsewhere come first."""
        return Estimate(
            value=number(self.value[group]),
            lo=number(self.lo[group]),
            hi=number(self.hi[group]),
            se=number(self.se[group]),
            n=n,
            n_eff=number(self.n_eff[group]),
            coverage=coverage,
            flags=tuple(dict.fromkeys(flags + self.flags_at(group))),
            df=number(self.df[group]),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """What a method reads: G values, their leaves, and replicates where rows are not independent.

    Attributes:
        value: length G.
        leaves: in the order of the method's roles, each of length G.
        jack: (se, df) of the delete-a-group jackknife, or None when rows count as independent.
        parts: G x R amounts of the first leaf by day or by incident, nan where a day is outside the cell; or None.
        exposures: G x R exposure of each part, or None for equal ones.
        scale: the value is `scale` x the plain share, mean or rate; None where it was not told.
        level: confidence of the interval.
    """

    value: Floats
    leaves: tuple[Floats, ...]
    jack: tuple[Floats, Floats] | None = None
    parts: Floats | None = None
    exposures: Floats | None = None
    scale: Floats | None = None
    level: float = LEVEL

    @property
    def unit_scale(self) -> Floats:
        """The scale, 1 where it was not told."""
        return np.ones_like(self.value) if self.scale is None else self.scale


def floats(array: ArrayLike) -> Floats:
    """Read anything numeric as float64, None as nan."""
    return np.asarray(array, dtype=np.float64)


def number(x: float | np.floating) -> float | None:
    """Turn nan and infinity into None, anything else into a plain float."""
    return float(x) if np.isfinite(x) else None


def over(top: Floats, bottom: Floats) -> Floats:
    """Divide, giving nan where the bottom is 0 or either is nan, without a warning."""
    top, bottom = np.broadcast_arrays(top, bottom)
    out = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=out, where=(bottom != 0) & ~np.isnan(bottom))
    return out


def root(x: Floats) -> Floats:
    """Square root of what should not be negative: rounding below 0 becomes 0, nan stays."""
    return np.sqrt(np.maximum(x, 0.0))


def alike(a: Floats, b: Floats) -> Truths:
    """Say where two numbers are the same but for rounding; nan is alike to nothing."""
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), ROUNDING)
    return np.asarray(np.abs(a - b) <= ROUNDING * size)


def critical(df: ArrayLike, level: float = LEVEL) -> Floats:
    """Two-sided quantile of Student's t, of the normal where df is inf, nan where df is nan or below 1."""
    freedom = floats(df)
    tail = (1 + level) / 2
    usable = np.where(np.isfinite(freedom) & (freedom >= 1), freedom, 1.0)
    student = np.where(freedom >= 1, stdtrit(usable, tail), np.nan)
    return np.asarray(np.where(np.isposinf(freedom), ndtri(tail), student), dtype=np.float64)
