"""How numbers read: the one place that turns a value into digits, with its unit, sign and thousands.

Locale-free and deterministic. A number is shown with no more digits than its interval justifies: two figures of the
half-width of the interval, and no more decimals than its unit is ever read with, unless the number is so small that
nothing would be left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MISSING = "-"
"""Stands where there is no number; the reason is a flag and stands beside it."""

LARGEST = 1e15
"""From here on thousands help nobody: written with a power of ten."""

FINEST = 6
"""More decimals than these are written with a power of ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """How a unit is read.

    Attributes:
        after: follows a value.
        change: follows a change (percentages change in points, X2 and K50).
        decimals: the most that a value of usual size is read with.
        large: from this size on no decimals are read.
        whole: counted one by one, so never rounded to tens or hundreds.
        money: whether the currency stands before (and what follows is per something).
    """

    after: str = ""
    change: str = ""
    decimals: int = 1
    large: float = 10_000
    whole: bool = False
    money: bool = False


UNITS: Mapping[str, Unit] = {
    "percent": Unit(after=" %", change=" pp"),
    "points": Unit(change=" points"),
    "index": Unit(change=" points"),
    "score": Unit(decimals=2),
    "ratio": Unit(after=" : 1"),
    "count": Unit(decimals=0, whole=True),
    "money": Unit(decimals=2, large=100, money=True),
    "money per minute": Unit(after=" / min", change=" / min", decimals=2, large=100, money=True),
    "": Unit(decimals=2),
    **{name: Unit(after=f" {name}", change=f" {name}") for name in ("days", "h", "min", "s", "ms", "us")},
}
"""Units that read otherwise than by their own name after the number."""

SYMBOLS: Mapping[str, str] = {
    "USD": "$",
    "EUR": "\N{EURO SIGN}",
    "GBP": "\N{POUND SIGN}",
    "JPY": "\N{YEN SIGN}",
    "INR": "\N{INDIAN RUPEE SIGN}",
    "KRW": "\N{WON SIGN}",
}
"""ISO 4217 code -> sign, where the sign alone leaves no doubt to most readers; other codes are written out."""


def unit(name: str) -> Unit:
    """Return how a unit is read; one that is not in the table follows its numbers by name."""
    return UNITS.get(name) or Unit(after=f" {name}", change=f" {name}", decimals=2, large=100)


def value(
    number: float | None,
    unit_name: str = "",
    *,
    lo: float | None = None,
    hi: float | None = None,
    currency: str = "",
) -> str:
    """Read a value with its unit: `87.3 %`, `52.4`, `$2,680`, `1.8 h`, `18.9 : 1`; `-` when there is none.

    Args:
        number: in the metric's unit.
        unit_name: name of the unit.
        lo: lower end of its interval, in the same unit; it decides how many digits are justified.
        hi: upper end likewise.
        currency: ISO code, for money.

    Raises:
        ValueError: a number is NaN or infinite: such numbers never reach people.
    """
    if number is None:
        return MISSING
    how = unit(unit_name)
    return _dressed(number, how, decimals(number, unit_name, lo=lo, hi=hi), how.after, currency)


def change(
    number: float | None,
    unit_name: str = "",
    *,
    lo: float | None = None,
    hi: float | None = None,
    currency: str = "",
    signed: bool = True,
) -> str:
    """Read a change in its own unit, with its sign: `+2.1 pp`, `+3.2 points`, `-0.2 h`, `+$120`; `-` for none.

    Args:
        number: now less before, in the metric's unit.
        unit_name: name of the metric's unit.
        lo: lower end of the change's interval.
        hi: upper end likewise.
        currency: ISO code, for money.
        signed: False leaves the sign to words such as "up" and "down".

    Raises:
        ValueError: as `value`.
    """
    if number is None:
        return MISSING
    how = unit(unit_name)
    size = number if signed else abs(number)
    text = _dressed(size, how, decimals(number, unit_name, lo=lo, hi=hi), how.change, currency)
    return f"+{text}" if signed and number > 0 and any(digit in text for digit in "123456789") else text


def written(number: float, unit_name: str = "", *, currency: str = "", bare: bool = False) -> str:
    """Read a number that a person wrote, such as the end of a target, with just the digits it was written with.

    Args:
        number: as written.
        unit_name: name of the unit.
        currency: ISO code, for money.
        bare: leave out what follows the number.
    """
    how = unit(unit_name)
    text = f"{_finite(number):,}".removesuffix(".0")
    if how.money:
        text = f"{'-' if number < 0 else ''}{symbol(currency)}{text.removeprefix('-')}"
    return text if bare else text + how.after


def interval(
    lo: float | None, hi: float | None, unit_name: str = "", *, number: float | None = None, currency: str = ""
) -> str:
    """Read an interval with the digits of the value it is around: `[85.1, 89.2]`; `-` when there is none.

    An end that is missing reads as `..`: the interval goes on for ever on that side.
    """
    if lo is None and hi is None:
        return MISSING
    how = unit(unit_name)
    places = decimals(number, unit_name, lo=lo, hi=hi)
    ends = (".." if end is None else _dressed(end, how, places, "", currency) for end in (lo, hi))
    return f"[{', '.join(ends)}]"


def count(number: float | None) -> str:
    """Read what a number rests on: `1,204`; a weighted count keeps one decimal while it is small."""
    if number is None:
        return MISSING
    places = 0 if float(number).is_integer() or abs(number) >= unit("percent").large else 1
    return digits(number, places)


def share(part: float | None) -> str:
    """Read a share of 0 to 1 as percent; `100 %` and `0 %` only when all or none is meant: `99.9 %` is not all."""
    if part is None:
        return MISSING
    percent = 100 * _finite(part)
    if percent in {0, 100}:
        return f"{percent:.0f} %"
    for places in (0, 1, 2):
        text = digits(percent, places)
        if float(text) not in {0, 100}:
            return f"{text} %"
    return "< 0.01 %" if percent < 1 else "> 99.99 %"


def decimals(number: float | None, unit_name: str = "", *, lo: float | None = None, hi: float | None = None) -> int:
    """Return how many decimals a number is read with; negative for tens (-1), hundreds (-2), ...

    Two figures of the half-width of the interval, but no more decimals than the unit is read with, unless the number
    is so small that two figures of it need more. Without an interval only the second half of the rule.
    """
    how = unit(unit_name)
    size = max(abs(float(_finite(each))) for each in ((lo, hi, 0) if number is None else (number,)) if each is not None)
    # What is counted has no decimals, but a mean or an estimate of a count may have.
    usual = 1 if how.whole and not size.is_integer() else how.decimals
    most = 0 if size >= how.large else usual
    if 0 < size < 10.0**-most:
        most = max(most, _figures(size))
    half = _half_width(number, lo, hi)
    places = min(most, _figures(half)) if half > 0 else most
    return max(places, 0) if how.whole else places


def digits(number: float, places: int) -> str:
    """Read a bare number with thousands and so many decimals (tens, hundreds, ... when negative).

    Raises:
        ValueError: it is NaN or infinite.
    """
    number = _finite(number)
    if abs(number) >= LARGEST or places > FINEST:
        return f"{number:.2g}" if number else "0"
    number = round(number, places) if places < 0 else number
    text = f"{number:,.{max(places, 0)}f}"
    # What rounds to nothing has no sign: -0.04 is 0.0.
    return text if any(digit in text for digit in "123456789") else text.removeprefix("-")


def symbol(currency: str) -> str:
    """Return what stands before an amount: the sign of the currency, or its code and a space."""
    return SYMBOLS.get(currency) or (f"{currency} " if currency else "")


def _dressed(number: float, how: Unit, places: int, after: str, currency: str) -> str:
    text = digits(number, places)
    if how.money:
        sign = "-" if text.startswith("-") else ""
        text = f"{sign}{symbol(currency)}{text.removeprefix('-')}"
    return text + after


def _half_width(number: float | None, lo: float | None, hi: float | None) -> float:
    if lo is not None and hi is not None:
        return abs(_finite(hi) - _finite(lo)) / 2
    end = hi if lo is None else lo
    return abs(_finite(end) - _finite(number)) if end is not None and number is not None else 0.0


def _figures(size: float) -> int:
    """Return the decimals that show two figures of a positive number."""
    return 1 - math.floor(math.log10(size))


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{number} is no number that people read: a missing value is None, with a flag that says why")
    return number
