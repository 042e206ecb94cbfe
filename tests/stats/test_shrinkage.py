"""Totals drawn to their mean: closed forms, and that it pays."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regard.stats import Observed, shrink, shrinkage


def observed(*incidents: list[float], **settings: str) -> Observed:
    """Groups of one period, each with what its incidents add."""
    wide = max(len(one) for one in incidents)
    parts = np.array([[[*one, *[0.0] * (wide - len(one))]] for one in incidents])
    return Observed(value=parts.sum(axis=2), parts=parts, settings=settings)


def test_by_hand() -> None:
    """Four estimates 0, 0, 4, 4 of variance 1: spread 16 against 3 by chance, so between = 13 / 3.

    Each gives up a third of 3 / 16 of its distance 2, and its variance is 1 - 3 / 64 + 2 (2 / 16)^2 = 63 / 64.
    """
    found = shrink([0, 0, 4, 4], [1, 1, 1, 1])

    assert found.between == pytest.approx(13 / 3)
    assert found.estimate == pytest.approx([0.125, 0.125, 3.875, 3.875])
    assert found.se == pytest.approx([math.sqrt(63 / 64)] * 4)


def test_groups_that_differ_by_chance_alone_are_one() -> None:
    """Where the spread is no more than chance makes, groups come as near the mean as four groups allow: by a third."""
    found = shrink([1, 1.6, 0.4, 1, math.nan], [1, 1, 1, 1, 1])

    assert found.between == 0
    assert found.estimate[:4] == pytest.approx([1, 1.4, 0.6, 1])
    assert np.isnan(found.estimate[4])


@given(st.lists(st.tuples(st.floats(-20, 20), st.floats(1e-3, 1e3)), min_size=4, max_size=12))
def test_nothing_is_drawn_beyond_the_mean(groups: list[tuple[float, float]]) -> None:
    """Each estimate stays between where it was and the mean of all."""
    y, v = (np.array(column) for column in zip(*groups, strict=True))
    found = shrink(y, v)
    centre = np.average(y, weights=1 / (v + found.between))

    assert np.all((found.estimate - y) * (centre - y) >= -1e-6)
    assert np.all((centre - found.estimate) * (centre - y) >= -1e-6)


def test_it_pays() -> None:
    """Of 12 causes with few incidents each, what is drawn in is nearer to the truth, and its interval holds it."""
    rng = np.random.default_rng(1975)
    raw = drawn = 0.0
    held = count = 0
    for _ in range(300):
        truth = np.exp(rng.normal(4, 0.7, 12))
        incidents = [list(size / 8 * rng.lognormal(-0.32, 0.8, max(rng.poisson(8), 1))) for size in truth]
        found = shrinkage(observed(*incidents))
        total = np.array([sum(one) for one in incidents])
        raw += float(((np.log(total) - np.log(truth)) ** 2).sum())
        drawn += float(((np.log(found.value[:, 0]) - np.log(truth)) ** 2).sum())
        held += int(((found.lo[:, 0] <= truth) & (truth <= found.hi[:, 0])).sum())
        count += len(truth)

    assert drawn < 0.7 * raw
    assert 0.93 <= held / count <= 0.98


def test_without_the_largest_incident() -> None:
    """The value as if the worst incident had not been, and on how many it rests."""
    found = shrinkage(observed([90.0], [4, 3, 5], [0.0], gives="without_largest"))

    assert found.value[:2, 0].tolist() == [0, 7]
    assert np.isnan(found.value[2, 0])
    assert found.n[:, 0].tolist() == [1, 3, 0]


def test_three_groups_are_left_as_they_are() -> None:
    """With fewer than four groups nothing is known of how they differ: as they are, flagged, without interval."""
    found = shrinkage(observed([8.0, 2], [1, 1], [5]))

    assert found.value[:, 0] == pytest.approx([10, 2, 5])
    assert np.isnan(found.lo).all()
    assert found.flags["few"].all()
