"""Many numbers together: the false discovery rate against its own paper, contributions that sum to the change."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regard.stats import contributions, discoveries

PUBLISHED = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip
"""Benjamini and Hochberg 1995, section 3.2: thrombolysis in myocardial infarction; four are rejected at 0.05."""


def test_the_papers_example():
    """Four of the fifteen are discoveries; by Bonferroni there would be three."""
    assert list(discoveries(PUBLISHED)) == [True] * 4 + [False] * 11


def test_the_order_does_not_matter():
    """Each p value keeps its place; what was not tested is no discovery and none of the several."""
    shuffled = [*PUBLISHED[::-1], math.nan]
    assert list(discoveries(shuffled)) == [False] * 11 + [True] * 4 + [False]
    assert list(discoveries([math.nan])) == [False]
    assert list(discoveries([])) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_no_more_than_one_by_one(p):
    """What is a discovery among several is one by itself; of one alone the level decides."""
    found = discoveries(p)
    assert all(each <= 0.05 for each, truth in zip(p, found, strict=True) if truth)
    assert list(discoveries(p[:1])) == [p[0] <= 0.05]


SHARES = st.floats(0, 100)
COUNTS = st.floats(1, 1e6)


@given(st.lists(st.tuples(SHARES, SHARES, COUNTS, COUNTS), min_size=1, max_size=8))
def test_contributions_of_a_mean_sum_to_its_change(parts):
    """What the parts add, by their own change and by the mix, is what the whole changed by."""
    now, before, n_now, n_before = (np.array(column) for column in zip(*parts, strict=True))
    whole_now, whole_before = np.average(now, weights=n_now), np.average(before, weights=n_before)
    found = contributions(now, before, whole_now, whole_before, n_now=n_now, n_before=n_before)
    assert found is not None
    assert (found.own + found.mix).sum() == pytest.approx(whole_now - whole_before, abs=1e-6)


def test_mix_alone():
    """Where no part's own number changed, the mix has it all: more phone, which is worse, pulls the whole down."""
    found = contributions([90, 60], [90, 60], 75, 84, n_now=[50, 50], n_before=[80, 20])
    assert found is not None
    assert list(found.own) == [0, 0]
    assert found.mix.sum() == pytest.approx(-9)
    assert (found.mix < 0).all()


def test_amounts_need_no_weights():
    """Minutes add up: each part's change is what it adds."""
    found = contributions([5, 7], [1, 9], 12, 10, n_now=[1, 1], n_before=[1, 1])
    assert found is not None
    assert (list(found.own), list(found.mix)) == ([4, -2], [0, 0])


def test_what_is_new_changes_the_mix():
    """A part that was not there before has no change of its own."""
    found = contributions([90, 60], [90, math.nan], 75, 90, n_now=[50, 50], n_before=[80, 0])
    assert found is not None
    assert list(found.own) == [0, 0]
    assert found.mix.sum() == pytest.approx(-15)


def test_what_is_not_made_of_its_parts_has_no_split():
    """A median is neither the sum nor the weighted mean of the medians of its parts."""
    assert contributions([1, 9], [1, 8], 2, 2, n_now=[5, 5], n_before=[5, 5]) is None
    assert contributions([1, 9], [math.nan, math.nan], 2, 2, n_now=[5, 5], n_before=[0, 0]) is None
