"""Intervals of shares in cells: Wilson and adjusted Wald as formulas, each beside the number that it gives.

They are what `stats` computes; a sheet uses one only where it gives what the engine says (`close`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

SHARES = ("percent", "points")
"""Units of shares in hundredths."""
CLOSE = 1e-7
"""Share by which a formula may miss the engine and still stand in its place."""
ADDED = 0.75
"""What adjusted Wald adds to both ends; three in all (Rocks 2016)."""

Ends: TypeAlias = "tuple[tuple[str, float], tuple[str, float]]"
"""Formula of the lower and of the upper end, each with what it gives."""


@dataclass(frozen=True, slots=True)
class Said:
    """A number as formulas name it, and what it is.

    Attributes:
        text: an address, or arithmetic in brackets.
        number: what it gives.
    """

    text: str
    number: float


def wilson(value: Said, n: Said, t: Said, scale: float) -> Ends:
    """Return the Wilson interval of a share that is shown times `scale`; n is the effective one."""
    p, q = min(1.0, max(0.0, value.number / scale)), f"({value.text}/{scale:g})"
    middle, half = p * n.number + t.number**2 / 2, t.number * math.sqrt(p * (1 - p) * n.number + t.number**2 / 4)
    m, h = f"{q}*{n.text}+{t.text}^2/2", f"{t.text}*SQRT(MAX(0,{q}*(1-{q})*{n.text})+{t.text}^2/4)"
    lo, hi = (scale * (middle + sign * half) / (n.number + t.number**2) for sign in (-1, 1))
    return (
        (f"MIN({value.text},MAX(0,{scale:g}*({m}-{h})/({n.text}+{t.text}^2)))", min(value.number, max(0.0, lo))),
        (
            f"MAX({value.text},MIN({scale:g},{scale:g}*({m}+{h})/({n.text}+{t.text}^2)))",
            max(value.number, min(scale, hi)),
        ),
    )


def adjusted_wald(value: Said, leaves: tuple[Said, Said, Said], n: Said, t: Said) -> Ends:
    """Return the adjusted Wald interval of a net share in points from how many are up, down and in all."""
    up, down, every = leaves
    a, b = ((x.number / every.number * n.number + ADDED) / (n.number + 4 * ADDED) for x in (up, down))
    half = t.number * math.sqrt((a + b - (a - b) ** 2) / (n.number + 4 * ADDED))
    fa, fb = (f"(({x.text}/{every.text}*{n.text}+{ADDED:g})/({n.text}+{4 * ADDED:g}))" for x in (up, down))
    width = f"{t.text}*SQRT(({fa}+{fb}-({fa}-{fb})^2)/({n.text}+{4 * ADDED:g}))"
    return (
        (f"MIN({value.text},100*MAX(-1,{fa}-{fb}-{width}))", min(value.number, 100 * max(-1.0, a - b - half))),
        (f"MAX({value.text},100*MIN(1,{fa}-{fb}+{width}))", max(value.number, 100 * min(1.0, a - b + half))),
    )


def close(one: float | None, other: float | None) -> bool:
    """Whether a formula gives what the engine says."""
    return one is not None and other is not None and math.isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE)
