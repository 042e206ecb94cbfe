"""Major event days against numbers computed elsewhere (IEEE Std 1366)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regard.stats import Observed, major_days, threshold

SAIDI = [0 if i % 13 == 0 else {400: 60, 900: 85, 1500: 30}.get(i, (1 + 37 * i % 101) / 20) for i in range(1, 1827)]
"""TRUTH I-3: five years of daily minutes, every thirteenth day without a loss, three days that stand out."""


def found(gives: str, series: list[float], own: tuple[int, int], before: tuple[int, int]) -> tuple[float, bool]:
    """What the method gives of one group and period, and whether it is provisional."""
    observed = Observed(
        value=np.zeros((1, 1)),
        series={"value": np.array([series], dtype=float)},
        own=np.array([own]),
        before=np.array([before]),
        settings={"gives": gives},
    )
    result = major_days(observed)
    return float(result.value[0, 0]), bool(result.flags["provisional"][0, 0])


def test_reference_of_five_years() -> None:
    """TRUTH I-3: alpha, beta and threshold of the 1686 days that are not zero; days 400, 900 and 1500 are major."""
    alpha, beta, limit = threshold(SAIDI)

    assert sum(day > 0 for day in SAIDI) == 1686
    assert (alpha, beta) == (pytest.approx(0.6563447957, abs=1e-9), pytest.approx(0.9348424679, abs=1e-9))
    assert limit == pytest.approx(19.95442585, abs=1e-7)
    assert [i for i, day in enumerate(SAIDI, start=1) if day > limit] == [400, 900, 1500]
    assert sum(SAIDI) == pytest.approx(4464.75, rel=1e-12)
    assert found("without", SAIDI, (0, 1826), (0, 0)) == (pytest.approx(4289.75, rel=1e-12), True)
    assert found("days", SAIDI, (0, 1826), (0, 0)) == (3, True)


@pytest.mark.parametrize(
    ("days", "limit"),
    [
        ([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4], 33.79),
        ([1, math.e, math.e**2, 0], math.exp(3.5)),
        ([1, math.e, math.nan, math.e**2], 33.11545195869231),
    ],
)
def test_reference_thresholds(days: list[float], limit: float) -> None:
    """Golden G6 and TRUTH I-3: a day without loss has no logarithm and is left out, an unknown one too."""
    assert threshold(days).value == pytest.approx(limit, abs=5e-3 if limit == 33.79 else 1e-12)


def test_the_years_before_judge_the_coming_year() -> None:
    """The sixth year is judged by the five before it, whatever happens in it: a bad day does not excuse itself."""
    year = [1.0, 25.0, 19.0, 1e6, *[0.0] * 361]
    limit = pytest.approx(19.95442585, abs=1e-7)

    assert found("threshold", SAIDI + year, (1826, 2191), (0, 1826)) == (limit, False)
    assert found("without", SAIDI + year, (1826, 2191), (0, 1826)) == (20, False)
    assert found("days", SAIDI + year, (1826, 2191), (0, 1826)) == (2, False)


def test_less_than_five_years_is_provisional() -> None:
    """A window whose first year is empty gives a threshold, flagged; so do the days at hand where no year is before."""
    short = [0.0] * 800 + SAIDI[800:]

    assert found("threshold", short, (1826, 1826), (0, 1826))[1]
    assert found("threshold", SAIDI, (0, 1826), (0, 0)) == (pytest.approx(19.95442585, abs=1e-7), True)


def test_nothing_known_and_nothing_lost() -> None:
    """No known day has no total and no threshold; one day with a loss is never major, for nothing stands beside it."""
    assert math.isnan(found("without", [math.nan] * 3, (0, 3), (0, 0))[0])
    assert math.isnan(found("threshold", [0.0, 4.0, 0.0], (0, 3), (0, 0))[0])
    assert found("without", [0.0, 4.0, math.nan], (0, 3), (0, 0)) == (4, True)


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=60), st.integers(0, 60))
def test_what_is_left_and_what_is_taken_are_the_total(days: list[float], cut: int) -> None:
    """Without its major days a total is never larger, and differs from it by at least the threshold of each."""
    own = (min(cut, len(days)), len(days))
    left, _ = found("without", days, own, (0, own[0]))
    limit, _ = found("threshold", days, own, (0, own[0]))
    major, _ = found("days", days, own, (0, own[0]))

    if own[0] < own[1]:
        taken = sum(days[own[0] :]) - left
        assert taken >= -1e-6
        # Days of next to nothing beside days of minutes push the threshold beyond all numbers: then none is taken.
        least = major * limit if major else 0.0
        assert taken >= (0 if math.isnan(limit) else least * (1 - 1e-9) - 1e-6)
