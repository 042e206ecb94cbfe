"""Ends that are known, not estimated: bounds of what was counted in part, the range of an index over its policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from regard.stats.bands import ROUNDING, Bands

if TYPE_CHECKING:
    from collections.abc import Callable

    from regard.stats.bands import Sample


def limits(method: str) -> Callable[[Sample], Bands]:
    """Return a method that takes its ends from two leaves in the metric's unit: no chance is in them.

    Where both ends are the same, nothing is open, and none is given. Ends that do not hold the value are not its own:
    none, flag `mismatch`; where one does not exist there is none either, flag `unbounded`.
    """

    def run(sample: Sample) -> Bands:
        lo, hi = sample.leaves
        missing = np.isnan(sample.value)
        room = ROUNDING * np.maximum(np.maximum(np.abs(lo), np.abs(hi)), 1.0)
        known = ~missing & ~np.isnan(lo) & ~np.isnan(hi)
        wrong = known & ((sample.value < lo - room) | (sample.value > hi + room))
        given = known & ~wrong & (hi - lo > room)
        none = np.full_like(sample.value, np.nan)
        return Bands(
            method=method,
            value=sample.value,
            lo=np.where(given, lo, np.nan),
            hi=np.where(given, hi, np.nan),
            se=none,
            n_eff=none,
            df=none,
            flags={"missing": missing, "mismatch": wrong, "unbounded": ~missing & (np.isnan(lo) | np.isnan(hi))},
        )

    return run
