"""Verdicts of change (R064) and of targets (K55)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regard.model import Target
from regard.plan.answer import Estimate
from regard.stats import (
    bootstrap,
    compare,
    delete_each,
    estimate,
    jackknife_difference,
    meets,
    status,
    verdict,
    verdicts,
)

pytestmark = [
    pytest.mark.filterwarnings("error"),
    # What another test left to the garbage collector says nothing of this room.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

NAN = np.nan


def share(*pairs):
    """Bands of several shares in percent."""
    k, n = (np.array(side, float) for side in zip(*pairs, strict=True))
    return estimate("proportion", 100 * k / n, [k, n], scale=100)


def test_certain_and_large_enough():
    """R064: a change must be certain and large; one of the two gives `changed but small` or `no detectable change`."""
    now, before = share((900, 1000), (90_000, 100_000), (45, 50)), share((800, 1000), (89_000, 100_000), (40, 50))
    said = verdicts(now, before, 2, good="up")

    assert [v.word for v in said] == ["changed", "changed but small", "no detectable change"]
    assert [v.better for v in said] == [True, True, None]
    assert [v.change for v in said] == pytest.approx([10, 1, 10])


def test_down_is_good_for_some():
    """A fall is better where down is good, worse where up is good, and neither for a band."""
    now, before = share((80, 1000)), share((160, 1000))

    assert [verdicts(now, before, good=good)[0].better for good in ("down", "up", "band", "none")] == [
        True,
        False,
        None,
        None,
    ]


def test_without_a_minimum_certainty_is_enough():
    """A metric that names no practical minimum is judged by chance alone."""
    assert verdicts(share((90_000, 100_000)), share((89_000, 100_000)), None)[0].word == "changed"


def test_a_change_of_just_the_minimum_is_large_enough():
    """K50: 87.3 - 85.2 is 2.1 points, though in floating point it is a little less."""
    now, before = share((873_000, 1_000_000)), share((852_000, 1_000_000))

    assert 87.3 - 85.2 < 2.1
    assert verdicts(now, before, 2.1)[0].word == "changed"


def test_cannot_say():
    """Too few, a missing value, and a number without interval: `cannot say`, and no p."""
    one, two = share((29, 29)), share((10, 40))
    few = verdicts(one, two, 5, now_n=[29], before_n=[40], needed=30)[0]
    gone = verdicts(estimate("proportion", [NAN], [[0], [0]]), share((1, 2)))[0]
    exact = verdicts(estimate("exact", [9.0]), estimate("exact", [7.0]))[0]

    assert [v.word for v in (few, gone, exact)] == ["cannot say"] * 3
    assert (exact.change, exact.lo, exact.p, gone.change) == (2.0, None, None, None)


def test_equal_values_are_no_detectable_change():
    """The same share twice has p = 1, also at 100 %, where the plain error is 0."""
    said = verdicts(share((50, 100), (40, 40)), share((50, 100), (40, 40)))

    assert [v.word for v in said] == ["no detectable change"] * 2
    assert [v.p for v in said] == [1, 1]


@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_the_interval_of_a_change_turns_with_the_change(n, m, data):
    """Swapping now and before mirrors the interval, keeps p and holds the change itself."""
    a = share((data.draw(st.integers(0, n)), n))
    b = share((data.draw(st.integers(0, m)), m))
    there, back = compare(a, b), compare(b, a)

    assert there.lo[0] == pytest.approx(-back.hi[0], abs=1e-9)
    assert there.p[0] == pytest.approx(back.p[0])
    assert there.lo[0] - 1e-9 <= there.change[0] <= there.hi[0] + 1e-9
    assert -100 - 1e-9 <= there.lo[0] <= there.hi[0] <= 100 + 1e-9


def test_means_by_welch():
    """Means of 1..4 and 11..20: Welch's t on 11.755 degrees of freedom, as scipy.stats.ttest_ind gives it."""
    x, y = np.arange(1, 5.0), np.arange(11, 21.0)
    bands = [estimate("mean", [v.mean()], [[v.sum()], [(v**2).sum()], [len(v)]]) for v in (x, y)]
    change = compare(*bands)

    assert change.change[0] == pytest.approx(-13)
    assert (change.lo[0], change.hi[0]) == pytest.approx((-15.521701867674766, -10.478298132325234))
    assert change.p[0] == pytest.approx(1.1959392124735774e-07)


def test_means_by_estimates_know_their_degrees_of_freedom():
    """An Estimate tells its degrees of freedom by its width, so both ways agree."""
    x, y = np.arange(1, 5.0), np.arange(2, 12.0)
    bands = [estimate("mean", [v.mean()], [[v.sum()], [(v**2).sum()], [len(v)]]) for v in (x, y)]
    mine, theirs = verdict(*(b.estimate(0) for b in bands), 1, "up"), verdicts(*bands, 1, good="up")[0]

    assert (mine.word, mine.lo, mine.hi, mine.p) == (
        theirs.word,
        pytest.approx(theirs.lo),
        pytest.approx(theirs.hi),
        pytest.approx(theirs.p),
    )


def test_an_estimate_without_error_is_compared_by_its_ends():
    """A median has ends but no error: they suffice; with one end missing on the side of 0 it cannot be said."""
    now, before = Estimate(value=8.0, lo=7.0, hi=9.0), Estimate(value=4.0, lo=3.0, hi=5.0)
    open_end = Estimate(value=4.0, lo=3.0, hi=None)

    said = verdict(now, before, 1, "down", method="order")

    assert (said.word, said.better) == ("changed", False)
    assert said.lo == pytest.approx(4 - np.sqrt(2))
    assert said.p is not None
    assert said.p < 0.05
    assert verdict(now, open_end, 1, method="greenwood").word == "cannot say"
    assert verdict(open_end, now, 1, method="greenwood").word == "cannot say"


def test_rates_are_compared_by_their_logs():
    """G17: 60 events after 100 are a change, p by the difference of logs; 12 after 20 are not."""
    now, before = estimate("rate", [60.0, 12.0], [[60, 12]]), estimate("rate", [100.0, 20.0], [[100, 20]])
    said = verdicts(now, before, good="down")

    assert [v.word for v in said] == ["changed", "no detectable change"]
    assert said[0].p == pytest.approx(0.00176, abs=5e-5)
    assert said[0].better is True


def test_a_rate_that_falls_to_nothing_is_judged_by_its_ends():
    """The log of 0 does not exist; the exact ends still tell 0 from 100, and not 0 from 1."""
    now, before = estimate("rate", [0.0, 0.0], [[0, 0], [1, 1]], scale=1), estimate("rate", [100.0, 1.0], [[100, 1]])

    assert [v.word for v in verdicts(now, before)] == ["changed", "no detectable change"]


def test_shared_replicates_take_the_covariance_in():
    """A ratio compared over the same buckets has the error of the bucketwise difference."""
    rng = np.random.default_rng(6)
    level = rng.normal(10, 3, (1, 32))
    n = np.ones((1, 32))
    periods = [delete_each(lambda v: v[0] / v[1], [level + rng.normal(shift, 0.3, (1, 32)), n]) for shift in (0.5, 0.0)]
    (now, now_without), (before, before_without) = periods
    joint = jackknife_difference(now, now_without, before, before_without)
    bands = [estimate("ratio", value, without=without) for value, without in periods]

    apart = compare(*bands)
    together = compare(*bands, now_without=now_without, before_without=before_without)

    assert joint.correlation[0] > 0.9
    assert joint.df[0] == 31
    assert together.hi[0] - together.change[0] == pytest.approx(2.039513 * joint.se[0])
    assert apart.lo[0] < 0 < together.lo[0]


def test_replicates_of_one_period_only_count_too():
    """A bucket seen in one period alone moves that period's value and counts among the replicates."""
    joint = jackknife_difference([3.0], [[2.0, 4.0, NAN]], [1.0], [[NAN, 1.5, 0.5]])

    assert joint.se[0] == pytest.approx(np.sqrt(2 / 3 * (1 + 0.25 + 0.25)))
    assert joint.df[0] == 2


def test_different_methods_are_not_compared():
    """A mean against a share is a mistake of the caller; the bootstrap compares by its ends."""
    with pytest.raises(ValueError, match="cannot be compared"):
        compare(share((1, 2)), estimate("mean", [1.0], [[2], [3], [2]]))
    x = np.random.default_rng(3).normal(10, 1, 50)
    now, before = (bootstrap(lambda v: v[0] / v[1], [x + up, np.ones(50)], seed=1) for up in (3, 0))
    assert verdicts(now, before)[0].word == "changed"


BAND = Target(metric="channel_share", lo=20, hi=30)
MORE = Target(metric="channel_share", lo=10, lo_incl=False)


@pytest.mark.parametrize(
    ("value", "target", "good"),
    [
        (100 * 200 / 1000, BAND, True),
        (20 - 1e-12, BAND, True),
        (30.0, BAND, True),
        (30.1, BAND, False),
        (19.9, BAND, False),
        (5.0, MORE, False),
        (10.0, MORE, False),
        (10.1, MORE, True),
    ],
)
def test_x23_ends_are_open_or_closed_as_stated(value, target, good):
    """X23, K55: chat at exactly 20 % meets a closed 20-30 band; self-service at 5 % (or 10 %) misses > 10 %."""
    assert meets(value, target) is good
    assert status(value, None, None, target) == ("met" if good else "missed")


@pytest.mark.parametrize(
    ("value", "lo", "hi", "said"),
    [
        (25.0, 22.0, 28.0, "met"),
        (20.5, 18.0, 23.0, "too close to call"),
        (19.5, 17.0, 22.0, "too close to call"),
        (15.0, 12.0, 18.0, "missed"),
        (40.0, 35.0, 45.0, "missed"),
        (25.0, 15.0, 35.0, "too close to call"),
        (25.0, 22.0, None, "too close to call"),
        (35.0, 32.0, None, "missed"),
        (None, None, None, None),
        (NAN, None, None, None),
    ],
)
def test_status_asks_the_whole_interval(value, lo, hi, said):
    """Met when all of the interval is in the target, missed when none is, else too close to call."""
    assert status(value, lo, hi, BAND) == said


def test_csat_above_85_needs_a_thousand_answers():
    """G9: 87.3 % of 1000 meets > 85; 87 % of 100 is too close to call."""
    target = Target(metric="csat_top2", lo=85, lo_incl=False)
    bands = share((873, 1000), (87, 100))

    assert [status(bands.value[g], bands.lo[g], bands.hi[g], target) for g in range(2)] == ["met", "too close to call"]


def test_an_interval_that_only_touches_an_open_end_misses():
    """Ends at 10 with a target above 10: nothing of the interval is in it."""
    assert status(8.0, 6.0, 10.0, MORE) == "missed"
    assert status(8.0, 6.0, 10.0, Target(metric="m", lo=10)) == "too close to call"
