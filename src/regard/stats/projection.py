"""What is still open: how much it burns now, and what it is expected to cost until it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from regard.stats.bands import Floats, Truths, over
from regard.stats.series import Found

if TYPE_CHECKING:
    from regard.stats.series import Observed

MINUTES_PER_HOUR = 60


def residual(lasting: Floats, beyond: Floats) -> tuple[Floats, Truths]:
    """Return the mean residual life of what has come to each of C ages, and where an earlier age had to stand in.

    Of those that lasted longer than an age, the mean of what they lasted beyond it. What is as old as nothing has been
    before takes the figure of the oldest age that is known: it is then too low rather than too high, as a rule.

    Args:
        lasting: ... x C, how many lasted longer than each age, ages in order.
        beyond: ... x C, the minutes that they lasted beyond it, together.
    """
    mean = over(beyond, lasting)
    borrowed = np.isnan(mean)
    for age in range(1, mean.shape[-1]):
        mean[..., age] = np.where(borrowed[..., age], mean[..., age - 1], mean[..., age])
    return mean, borrowed


def projection(observed: Observed) -> Found:
    """Tell the burn of what is open at the end of each period, or the minutes expected until all of it is over.

    Reads the leaf `burn`, what is lost in a minute (customers times depth) now; and for each class of age, named by the
    minute at which it begins, `open_60` (what of the burn is in interruptions of that age), `lasting_60` and
    `beyond_60` (how many past interruptions lasted longer than that, and the minutes beyond, together). The remaining
    minutes are the sum of open x mean residual life. An interruption is taken to be as old as its class begins.

    The setting `gives` says what is given: `burn`, per hour; or `remaining`. n is how many past interruptions stand
    behind it. Where nothing of the past lasted as long, the flag `estimated`; where there is no past, no number.
    """
    burn = observed.leaves["burn"]
    names = [name.removeprefix("open_") for name in observed.leaves if name.startswith("open_")]
    ages = sorted(names, key=float)
    opened, lasting, beyond = (
        np.stack([observed.leaves[f"{word}_{age}"] for age in ages], axis=-1) for word in ("open", "lasting", "beyond")
    )
    none = np.full_like(burn, np.nan)
    if observed.settings.get("gives", "burn") == "burn":
        return Found(value=burn * MINUTES_PER_HOUR, lo=none, hi=none, n=lasting[..., 0])
    mean, borrowed = residual(lasting, beyond)
    value = np.where(opened > 0, opened * mean, 0.0).sum(axis=-1)
    return Found(
        value=value,
        lo=none,
        hi=none,
        n=lasting[..., 0],
        flags={"estimated": (borrowed & (opened > 0)).any(axis=-1) & np.isfinite(value)},
    )
