"""Metrics by method: what a named method is given and what it gives back.

A method reads cells, not rows: the metric's arithmetic of each group and period, by element of a series where it says
so, and what each incident adds. What is asked of it is in the metric's parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from regard.stats.bands import Bands, Floats, Truths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observed:
    """What a method reads: G groups, S periods.

    Attributes:
        value: G x S, the metric's arithmetic of each period.
        parts: G x S x R, what each incident adds to the first leaf of its interval; None where nothing is told apart.
        leaves: name -> G x S, the metric's leaves of each period.
        series: name -> G x T, the same by element of the series, and the arithmetic as `value`; empty without a series.
        own: S x 2, the first element of each period and the one after its last.
        before: S x 2, likewise of the window before the period's year.
        settings: the metric's parameters.
    """

    value: Floats
    parts: Floats | None = None
    leaves: Mapping[str, Floats] = field(default_factory=dict)
    series: Mapping[str, Floats] = field(default_factory=dict)
    own: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))
    before: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))
    settings: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What a method gives, each G x S, nan where there is none.

    Attributes:
        value: the number.
        lo, hi: ends of its interval.
        n: what it rests on.
        flags: why -> truth.
    """

    value: Floats
    lo: Floats
    hi: Floats
    n: Floats
    flags: Mapping[str, Truths] = field(default_factory=dict)

    def bands(self, method: str) -> Bands:
        """Return the same as bands of G x S groups, one group after another."""
        value, lo, hi = (array.ravel() for array in (self.value, self.lo, self.hi))
        none = np.full_like(value, np.nan)
        flags = {"missing": np.isnan(value)} | {name: truths.ravel() for name, truths in self.flags.items()}
        return Bands(method=method, value=value, lo=lo, hi=hi, se=none, n_eff=none, df=none, flags=flags)
