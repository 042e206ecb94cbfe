"""Bounds and ranges: ends that are known, and what a comparison of two of them may say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regard.stats import estimate, verdicts

numbers = st.floats(-1e6, 1e6)


@pytest.mark.parametrize("method", ["bounds", "range"])
def test_two_incidents_known_as_counts(method: str) -> None:
    """G2: of 400 and 700 among 1000 for an hour, 42,000 to 60,000 minutes were lost, 49,200 if chance mixed them."""
    made = estimate(method, [49_200, 49_200, math.nan], [[42_000, 49_200, 1], [60_000, 49_200, 2]])

    assert (made.lo[0], made.hi[0]) == (42_000, 60_000)
    assert np.isnan([made.lo[1], made.hi[1], made.se[0], made.df[0]]).all()
    assert made.flags_at(1) == ()
    assert made.flags_at(2) == ("missing",)


@given(numbers, numbers, numbers)
def test_ends_hold_the_value_or_are_not_given(value: float, lo: float, hi: float) -> None:
    """Whatever the leaves say, no value stands outside of its ends; ends that are not its own are told."""
    made = estimate("bounds", [value], [[lo], [hi]])

    if np.isnan(made.lo[0]):
        assert made.flags_at(0) == ("mismatch",) or hi - lo == pytest.approx(0, abs=1e-2)
    else:
        room = 1e-9 * max(abs(lo), abs(hi), 1)
        assert lo - room <= value <= hi + room


def test_a_change_is_sure_only_where_the_ranges_lie_apart() -> None:
    """158 [113, 213] against 90 [60, 110] has changed by 3 to 153; against 120 [60, 140] nothing can be said."""
    now = estimate("range", [158, 158, 158, 158], [[113] * 4, [213] * 4])
    before = estimate("range", [90, 120, 250, 90], [[60, 60, 220, 90], [110, 140, 300, 90]])
    found = verdicts(now, before, good="down")

    assert [one.word for one in found] == ["changed", "cannot say", "changed", "cannot say"]
    assert [(one.lo, one.hi) for one in found[:2]] == [(3, 153), (None, None)]
    assert [one.better for one in found] == [False, None, True, None]
    assert all(one.p is None for one in found)


def test_a_sure_change_may_still_be_small() -> None:
    """The practical minimum holds for bounds as for intervals."""
    now = estimate("bounds", [158], [[150], [160]])
    before = estimate("bounds", [140], [[130], [145]])

    assert verdicts(now, before, 20)[0].word == "changed but small"
