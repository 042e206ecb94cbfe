"""A trend in one line of text, and the same trend in words for whoever cannot see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.present import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCKS = "".join(chr(0x2580 + eighths) for eighths in range(1, 9))
"""From one eighth to the full block."""
BLANK = "\N{MIDDLE DOT}"
"""Stands where a period has no value: a gap in the data is shown, not closed."""


def sparkline(values: Sequence[float | None]) -> str:
    """Return one character for each value, the lowest at the bottom, the highest on top; all alike in the middle."""
    known = [value for value in values if value is not None]
    if not known:
        return BLANK * len(values)
    low, high = min(known), max(known)
    return "".join(BLANK if value is None else BLOCKS[_step(value, low, high)] for value in values)


def bar(value: float | None, most: float, width: int = 20) -> str:
    """Return a bar of blocks, `width` long where the value is the most; nothing for a blank or what is not above 0."""
    return "" if value is None or value <= 0 or most <= 0 else BLOCKS[-1] * max(1, round(width * value / most))


def spoken(labels: Sequence[str], values: Sequence[float | None], unit: str = "", currency: str = "") -> str:
    """Return a trend in words: `12 periods, 84.0 % in 2025-07 to 87.3 % in 2026-06, lowest ..., highest ...`."""
    known = [(label, value) for label, value in zip(labels, values, strict=True) if value is not None]
    if not known:
        return "no values"

    def say(at: tuple[str, float]) -> str:
        return f"{numbers.value(at[1], unit, currency=currency)} in {at[0]}"

    if len(known) == 1:
        return say(known[0])
    lowest, highest = min(known, key=lambda at: at[1]), max(known, key=lambda at: at[1])
    missing = len(values) - len(known)
    gaps = f", {missing} without a value" if missing else ""
    return (
        f"{len(values)} periods, {say(known[0])} to {say(known[-1])}, "
        f"lowest {say(lowest)}, highest {say(highest)}{gaps}"
    )


def _step(value: float, low: float, high: float) -> int:
    if low == high:
        return len(BLOCKS) // 2 - 1
    # Halves first, so that the distance of the largest doubles does not overflow.
    part = (value / 2 - low / 2) / (high / 2 - low / 2)
    return min(int(part * len(BLOCKS)), len(BLOCKS) - 1)
