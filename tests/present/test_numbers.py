from __future__ import annotations

import math
import re

import pytest
from hypothesis import assume, given, strategies as st

from regard.present import numbers

EURO = "\N{EURO SIGN}"


@pytest.mark.parametrize(
    ("number", "unit", "lo", "hi", "currency", "text"),
    [
        (87.31, "percent", 85.12, 89.17, "", "87.3 %"),
        (52.43, "points", 48.1, 56.6, "", "52.4"),
        (2.312, "score", 2.25, 2.37, "", "2.31"),
        (1.8123, "h", 1.6, 2.0, "", "1.8 h"),
        (18.53, "h", 16.1, 20.9, "", "18.5 h"),
        (2684.2, "money", 2431.0, 2937.0, "USD", "$2,680"),
        (142.3, "money", 131.0, 153.0, "USD", "$142"),
        (142.3, "money", None, None, "CHF", "CHF 142"),
        (-8.25, "money", None, None, "EUR", f"-{EURO}8.25"),
        (18.873, "ratio", 16.9, 20.8, "", "18.9 : 1"),
        (9288, "count", None, None, "", "9,288"),
        (9288, "count", 9100, 9480, "", "9,288"),
        (3.25, "count", None, None, "", "3.2"),
        (0.0, "percent", 0.0, 1.2, "", "0.0 %"),
        (-0.0, "points", None, None, "", "0.0"),
        (-0.04, "percent", None, None, "", "-0.040 %"),
        (-0.04, "percent", -3.0, 3.0, "", "0.0 %"),
        (0.034, "percent", 0.029, 0.039, "", "0.034 %"),
        (1e-12, "ratio", None, None, "", "1e-12 : 1"),
        (1e300, "count", None, None, "", "1e+300"),
        (-123456789.0, "points", None, None, "", "-123,456,789"),
        (4.5, "per customer and year", None, None, "", "4.50 per customer and year"),
        (None, "percent", None, None, "", "-"),
    ],
)
def test_a_value_reads_with_its_unit(number, unit, lo, hi, currency, text):
    """A value has its unit, its thousands and no more digits than its interval justifies."""
    assert numbers.value(number, unit, lo=lo, hi=hi, currency=currency) == text


@pytest.mark.parametrize(
    ("number", "unit", "currency", "text"),
    [
        (2.1, "percent", "", "+2.1 pp"),
        (3.2, "points", "", "+3.2 points"),
        (-0.2, "h", "", "-0.2 h"),
        (-2.1, "h", "", "-2.1 h"),
        (120, "money", "USD", "+$120"),
        (-8, "money", "USD", "-$8.00"),
        (0.1, "ratio", "", "+0.1"),
        (-0.0, "percent", "", "0.0 pp"),
        (None, "percent", "", "-"),
    ],
)
def test_a_change_reads_in_its_own_unit(number, unit, currency, text):
    """Percentages change in points, money and time in their own unit, always with a sign (X2, K50)."""
    assert numbers.change(number, unit, currency=currency) == text


def test_a_change_takes_its_digits_from_its_interval():
    """A change of 2.148 that may be anything from -1 to 5 is shown as 2.1."""
    assert numbers.change(2.148, "h", lo=-1.0, hi=5.3) == "+2.1 h"
    assert numbers.change(-8.3, "money", lo=-40.0, hi=23.0, currency="USD") == "-$8"


def test_an_interval_has_the_digits_of_its_value():
    """Both ends are read with the decimals of the value, so that they can be compared by eye."""
    assert numbers.interval(85.12, 89.17, "percent", number=87.31) == "[85.1, 89.2]"
    assert numbers.interval(2431.0, 2937.0, "money", number=2684.2, currency="USD") == "[$2,430, $2,940]"


def test_an_open_end_is_shown_as_open():
    """An interval of which one end does not exist says so; one without ends is a missing value."""
    assert numbers.interval(None, 3.0, "h", number=1.0) == "[.., 3.0]"
    assert numbers.interval(None, None, "h", number=1.0) == "-"


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(wrong):
    """NaN and infinity never reach people: they are a mistake of ours, not a missing value."""
    for call in (
        lambda: numbers.value(wrong, "percent"),
        lambda: numbers.change(wrong, "percent"),
        lambda: numbers.value(1.0, "percent", lo=wrong, hi=2.0),
        lambda: numbers.interval(0.0, wrong, "h", number=1.0),
        lambda: numbers.share(wrong),
        lambda: numbers.written(wrong),
    ):
        with pytest.raises(ValueError, match="a missing value is None"):
            call()


@pytest.mark.parametrize(
    ("part", "text"),
    [(1, "100 %"), (0, "0 %"), (0.5, "50 %"), (0.999, "99.9 %"), (0.9999999, "> 99.99 %"), (0.00001, "< 0.01 %")],
)
def test_nearly_all_is_not_all(part, text):
    """A coverage of 99.9 % does not read as 100 %, nor one of next to nothing as 0 %."""
    assert numbers.share(part) == text


@pytest.mark.parametrize(("n", "text"), [(1204.0, "1,204"), (12.34, "12.3"), (12345.6, "12,346"), (None, "-")])
def test_what_a_number_rests_on_is_counted(n, text):
    """The n has thousands; a weighted one keeps a decimal while it is small."""
    assert numbers.count(n) == text


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [(85.0, "percent", "85 %"), (2.5, "score", "2.5"), (2500, "money", "$2,500"), (-0.5, "money", "-$0.5")],
)
def test_a_written_number_keeps_its_digits(number, unit, text):
    """The end of a target is shown just as its author wrote it."""
    assert numbers.written(number, unit, currency="USD") == text


FINITE = st.floats(-1e307, 1e307)


@given(FINITE, st.sampled_from([*numbers.UNITS, "h", "days", "per visit"]))
def test_every_number_reads_back(number, unit):
    """What is read is within half a unit of its last digit, or two figures, of what is meant, and has its sign."""
    text = numbers.value(number, unit, currency="USD").replace(",", "").replace("$", "")
    match = re.match(r"-?[\d.]+(e[+-]\d+)?", text)
    assert match
    read = float(match[0])
    assert read == pytest.approx(number, rel=0.06, abs=0.051)
    assert read == 0 or (read > 0) == (number > 0)


@given(FINITE, st.floats(1e-6, 1e6), st.sampled_from(["percent", "points", "h", "money", "ratio"]))
def test_no_digit_beyond_the_interval(number, half, unit):
    """The last digit shown is worth at least a hundredth of the interval's half-width."""
    assume(abs(number) < 1e12)
    lo, hi = number - half, number + half
    assume(hi > lo)
    places = numbers.decimals(number, unit, lo=lo, hi=hi)
    assert 10.0**-places >= (hi - lo) / 2 / 100 * (1 - 1e-9)
