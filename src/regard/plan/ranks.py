"""Ranks of the order statistics that hold a quantile: plain arithmetic, shared by every engine."""

from __future__ import annotations

import math
from functools import lru_cache

Z = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""

TAIL = 0.025
"""What 95 % leaves on each side."""

EXACT_TO = 500
"""Up to this many rows ranks are exact binomial; above, the normal approximation is off by at most one rank."""

FACTORIALS = [math.lgamma(k + 1) for k in range(EXACT_TO + 1)]
"""Logarithms of the factorials."""


@lru_cache(maxsize=65_536)
def order_ranks(n: int, q: float) -> tuple[int, int] | None:
    """Return the ranks (from 1) of the order statistics that hold the q quantile with 95 % confidence.

    The lower is the largest l with P(B < l) <= 2.5 %, the upper the smallest u with P(B >= u) <= 2.5 %, B binomial
    (n, q): Conover, Practical Nonparametric Statistics. None when n is too small for either to exist.
    """
    if n > EXACT_TO:
        spread = Z * math.sqrt(n * q * (1 - q))
        return math.floor(n * q - spread), math.ceil(n * q + spread) + 1
    below, lower, upper = 0.0, 0, 0
    yes, no = math.log(q), math.log1p(-q)
    for k in range(n):
        below += math.exp(FACTORIALS[n] - FACTORIALS[k] - FACTORIALS[n - k] + k * yes + (n - k) * no)
        # `below` is P(B <= k), that is P(B < k + 1).
        if below <= TAIL:
            lower = k + 1
        if 1 - below <= TAIL:
            upper = k + 1
            break
    return (lower, upper) if lower and upper else None
