"""Which of many changes are real when a reader looks at all of them at once: one rule for pages, boards and reports."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from regard.stats import discoveries

if TYPE_CHECKING:
    from collections.abc import Sequence


def remain(found: Sequence[float | None]) -> list[bool]:
    """Return for each change whether it may still be called real beside all the others.

    Of many numbers that did not change, one in twenty looks changed; so those stay of which at most one in twenty is
    expected to be chance (Benjamini and Hochberg 1995). A change without a p value (counted in full, ranges that lie
    apart) is no matter of chance and stays.

    Args:
        found: p values of the changes that stand together, None for one without.
    """
    kept = discoveries([math.nan if p is None else p for p in found])
    return [p is None or bool(keep) for p, keep in zip(found, kept, strict=True)]
