"""The table of methods: what it gives at the edges, and that it refuses rather than guesses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from regard.stats import (
    METHODS,
    bootstrap,
    delete_each,
    estimate,
    jackknife,
    order_ranks,
    overdispersion,
    scale_of,
    wilson,
)

pytestmark = [
    pytest.mark.filterwarnings("error"),
    # What another test left to the garbage collector says nothing of this room.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

NAN = np.nan


def flags(bands, group: int = 0):
    """Flags of one group."""
    return bands.flags_at(group)


counts = st.integers(0, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_a_share_lies_in_its_interval_and_the_interval_in_its_range(kn):
    """The interval of k of n holds the value, stays within 0-100 and has a width; n = 0 gives nan with `empty`."""
    k, n = kn
    bands = estimate("proportion", [100 * k / n if n else NAN], [[k], [n]], scale=100)

    if n == 0:
        assert np.isnan([bands.lo[0], bands.hi[0], bands.se[0], bands.n_eff[0], bands.df[0]]).all()
        assert flags(bands) == ("empty",)
    else:
        assert 0 <= bands.lo[0] <= bands.value[0] <= bands.hi[0] <= 100
        assert bands.lo[0] < bands.hi[0]
        assert flags(bands) == ()


@given(st.integers(0, 100), st.integers(1, 200), st.integers(2, 50))
def test_more_answers_never_widen_a_share(percent, n, times):
    """The same share of more answers has a narrower interval."""
    narrow, wide = wilson(percent / 100, n * times), wilson(percent / 100, n)

    assert narrow[1] - narrow[0] < wide[1] - wide[0]


@example(1, 0, 0)  # one answer at an end: the plain formula gives 98.5 around 100
@example(0, 0, 1)
@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_a_net_share_stays_on_its_scale(up, middle, down):
    """The interval of a net share stays within -100 and 100 and holds the raw value, though not at its centre."""
    n = up + middle + down
    bands = estimate("net_share", [100 * (up - down) / n if n else NAN], [[up], [down], [n]], scale=100)

    if n == 0:
        assert flags(bands) == ("empty",)
        assert np.isnan(bands.lo[0])
    else:
        assert -100 <= bands.lo[0] <= bands.value[0] + 1e-9
        assert bands.value[0] - 1e-9 <= bands.hi[0] <= 100


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 7), (7, 7)])
def test_the_ends_of_a_share_are_exact(k, n):
    """At k = 0 the lower end is 0 and at k = n the upper end is 100, to the last bit."""
    bands = estimate("proportion", [100 * k / n], [[k], [n]], scale=100)

    assert (bands.lo[0] == 0.0) == (k == 0)
    assert (bands.hi[0] == 100.0) == (k == n)


def test_the_complement_is_read_as_such():
    """Churn, 100 x (1 - k / n), has the mirrored interval of retention."""
    kept = estimate("proportion", [86.0], [[860], [1000]], scale=100)
    left = estimate("proportion", [14.0], [[860], [1000]], scale=100)

    assert (left.lo[0], left.hi[0]) == pytest.approx((100 - kept.hi[0], 100 - kept.lo[0]))


@pytest.mark.parametrize(
    ("method", "value", "leaves"),
    [
        ("proportion", 50.0, [[10], [40]]),
        ("net_share", 20.0, [[10], [5], [40]]),
        ("mean", 50.0, [[10], [30], [40]]),
        ("weighted_mean", 3.0, [[10], [5], [5], [10], [21], [5]]),
    ],
)
def test_a_value_that_its_leaves_do_not_give_gets_no_interval(method, value, leaves):
    """A wrong `of:` line is refused with `mismatch` instead of lending the interval of another number."""
    bands = estimate(method, [value], leaves, scale=100)

    assert "mismatch" in flags(bands)
    assert np.isnan([bands.lo[0], bands.hi[0]]).all()


@pytest.mark.parametrize(
    ("method", "value", "leaves"),
    [("proportion", 1.5, [[3], [2]]), ("net_share", 1.0, [[3], [-1], [4]]), ("rate", -2.0, [[-2]])],
)
def test_leaves_outside_their_range_get_no_interval(method, value, leaves):
    """More successes than answers, or a negative count, is `out_of_range`."""
    bands = estimate(method, [value], leaves)

    assert flags(bands) == ("out_of_range",)
    assert np.isnan([bands.lo[0], bands.hi[0]]).all()


def test_a_blanked_value_is_missing_not_empty():
    """A value taken away elsewhere (two scales mixed) is `missing`, and nothing is computed for it."""
    bands = estimate("proportion", [NAN], [[5], [10]])

    assert flags(bands) == ("missing",)
    assert bands.estimate(0, flags=("mixed",)).flags == ("mixed", "missing")
    assert bands.estimate(0).lo is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
@settings(max_examples=60)
def test_mean_from_moments_is_the_t_interval_of_the_rows(rows):
    """The interval from (sum, sum of squares, n) is the t interval of the rows themselves."""
    x = np.array(rows)
    bands = estimate("mean", [x.sum() / len(x)], [[x.sum()], [(x**2).sum()], [len(x)]])
    sd = x.std(ddof=1)

    if "no_spread" in flags(bands):
        assert sd < 2e-6 * np.abs(x).max() or sd == 0
        assert np.isnan(bands.lo[0])
    else:
        assert bands.se[0] == pytest.approx(sd / np.sqrt(len(x)), rel=1e-2)
        assert bands.lo[0] < bands.value[0] < bands.hi[0]


def test_mean_of_known_rows():
    """1, 2, 3, 4 have the mean 2.5 -/+ 3.1824 x 0.6455 (t with 3)."""
    bands = estimate("mean", [2.5], [[10], [30], [4]])

    assert (bands.lo[0], bands.hi[0]) == pytest.approx((0.445739743, 4.554260257))
    assert bands.df[0] == 3


def test_one_answer_and_equal_answers_have_no_mean_interval():
    """One row is too `few`; forty equal rows have `no_spread`; neither claims an interval of no width."""
    bands = estimate("mean", [5.0, 5.0, NAN], [[5, 200, 0], [25, 1000, 0], [1, 40, 0]])

    assert [flags(bands, g) for g in range(3)] == [("few",), ("no_spread",), ("empty",)]
    assert np.isnan(bands.lo).all()


def test_weighted_mean_with_equal_weights_is_the_mean():
    """Equal weights of any size give the t interval of the plain mean."""
    x, w = np.array([1.0, 2, 3, 4]), 2.5
    leaves = [[w * x.sum()], [4 * w], [4 * w**2], [w**2 * x.sum()], [w**2 * (x**2).sum()], [4]]
    bands = estimate("weighted_mean", [2.5], leaves)

    assert (bands.lo[0], bands.hi[0]) == pytest.approx((0.445739743, 4.554260257))
    assert bands.n_eff[0] == pytest.approx(4)


def test_weighted_mean_is_the_linearised_variance_of_its_rows():
    """The sums multiply out to n / (n - 1) x sum w^2 (x - mean)^2 / (sum w)^2."""
    rng = np.random.default_rng(2)
    x, w = rng.normal(7, 2, 50), rng.uniform(0.5, 3, 50)
    mean = w @ x / w.sum()
    leaves = [[w @ x], [w.sum()], [w @ w], [w**2 @ x], [w**2 @ x**2], [50]]
    bands = estimate("weighted_mean", [100 * mean], leaves, scale=100)

    assert bands.se[0] == pytest.approx(100 * np.sqrt(50 / 49 * (w**2 @ (x - mean) ** 2)) / w.sum())


def test_the_jackknife_of_a_mean_of_parties_is_the_textbook_error():
    """One party per replicate: the jackknife of a mean is sd / root(n) with n - 1."""
    x = np.random.default_rng(1).normal(size=20)
    value, without = delete_each(lambda leaves: leaves[0] / leaves[1], [x[None, :], np.ones((1, 20))])
    se, df = jackknife(value, without)

    assert se[0] == pytest.approx(x.std(ddof=1) / np.sqrt(20))
    assert df[0] == 19


def test_absent_replicates_change_nothing():
    """A bucket without rows in the cell adds neither spread nor degrees of freedom, wherever it stands."""
    value = np.array([3.0, 3.0])
    without = np.array([[2.0, 3.5, 3.5, NAN, NAN], [NAN, 2.0, NAN, 3.5, 3.5]])
    se, df = jackknife(value, without)

    assert se[0] == se[1] == pytest.approx(np.sqrt(2 / 3 * 1.5))
    assert df.tolist() == [2, 2]


def test_a_value_that_dies_without_one_replicate_has_no_error():
    """One bucket that holds the whole denominator leaves no value without it: `few`; its neighbours are untouched."""
    n = np.array([[5.0, NAN, 0.0], [5.0, 4.0, 6.0]])
    k = np.array([[NAN, 2.0, 1.0], [1.0, 2.0, 1.0]])

    def share(leaves):
        return np.divide(leaves[0], leaves[1], out=np.full(leaves[0].shape, NAN), where=leaves[1] > 0)

    value, without = delete_each(share, [k, n])
    bands = estimate("ratio", value, without=without)

    assert np.isinf(without[0, 0])
    assert [flags(bands, g) for g in range(2)] == [("few",), ()]
    assert np.isnan(bands.lo[0])
    assert bands.lo[1] < bands.value[1] < bands.hi[1]


def test_a_cell_in_one_bucket_has_no_clustered_interval():
    """Chance between parties cannot be judged from one bucket."""
    bands = estimate("proportion", [60.0], [[3], [5]], without=[[np.inf, NAN, NAN]], scale=100)

    assert flags(bands) == ("few",)
    assert np.isnan([bands.lo[0], bands.n_eff[0]]).all()


def test_equal_buckets_are_not_a_hidden_certainty():
    """Buckets that agree by chance cannot make n_eff exceed n; a share of 100 % keeps Wilson's interval, flagged."""
    bands = estimate("proportion", [50.0, 100.0], [[50, 100], [100, 100]], without=[[50.0] * 4, [100.0] * 4], scale=100)

    assert bands.n_eff.tolist() == [100, 100]
    assert [flags(bands, g) for g in range(2)] == [(), ("no_spread",)]
    assert bands.lo[1] < 100 == bands.hi[1]


@pytest.mark.parametrize("method", sorted(METHODS))
def test_no_groups_give_no_groups(method):
    """Every method takes zero groups."""
    shape = METHODS[method]
    extra = {"without": np.empty((0, 4))} if shape.replicates == "must be" else {}
    extra |= {"parts": np.empty((0, 4))} if shape.parts else {}
    bands = estimate(method, [], [[] for _ in shape.roles], **extra)

    assert len(bands) == 0


@pytest.mark.parametrize("method", sorted(METHODS))
@given(data=st.data())
@settings(max_examples=25)
def test_nothing_leaks(method, data):
    """Whatever numbers come, no method warns, no end is infinite, and a missing end has a flag or a method of none."""
    shape = METHODS[method]
    groups = data.draw(st.integers(1, 3))
    cell = st.one_of(st.just(NAN), st.just(0.0), st.integers(-2, 9).map(float), st.floats(-1e9, 1e9))
    column = st.lists(cell, min_size=groups, max_size=groups)
    block = st.lists(st.lists(cell, min_size=3, max_size=3), min_size=groups, max_size=groups)
    extra = {"without": data.draw(block)} if shape.replicates == "must be" or data.draw(st.booleans()) else {}
    extra |= {"parts": data.draw(block)} if shape.parts else {}
    leaves = [data.draw(column) for _ in shape.roles]
    bands = estimate(method, data.draw(column), leaves, **extra)

    for group in range(groups):
        ends = bands.lo[group], bands.hi[group]
        assert not np.isinf(ends).any()
        settled = method in ("bounds", "range") and math.isclose(leaves[0][group], leaves[1][group], abs_tol=1e-9)
        if np.isnan(ends).any() and method not in ("exact", "none") and not settled:
            assert flags(bands, group)


def test_wrong_calls_raise():
    """An unknown method, missing leaves and arrays of different lengths are the caller's mistakes."""
    with pytest.raises(ValueError, match="did you mean 'net_share'"):
        estimate("net_shares", [1.0])
    with pytest.raises(ValueError, match="reads the leaves"):
        estimate("proportion", [1.0], [[1]])
    with pytest.raises(ValueError, match="2 groups where the value has 1"):
        estimate("proportion", [1.0], [[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="sum of squares"):
        estimate("mean", [1.0], [[1], [2]])
    with pytest.raises(ValueError, match="without"):
        estimate("ratio", [1.0])


def test_scale_is_read_off_the_arithmetic():
    """Percent is 100, a complement is 100, minutes of microseconds 1 / 6e7; no denominator gives nan."""
    leaves = [np.array([3.0, 0.0]), np.array([4.0, 0.0])]

    def safe(top, bottom):
        return np.divide(top, bottom, out=np.full(top.shape, NAN), where=bottom != 0)

    assert scale_of(lambda v: 100 * safe(v[0], v[1]), leaves) == pytest.approx([100, NAN], nan_ok=True)
    assert scale_of(lambda v: 100 * (1 - safe(v[0], v[1])), leaves) == pytest.approx([100, NAN], nan_ok=True)
    assert scale_of(lambda v: safe(v[0], v[1]) / 6e7, leaves) == pytest.approx([1 / 6e7, NAN], nan_ok=True)


def test_overdispersion_of_known_days():
    """Days 0, 0, 6, 6 have chi-square 12 on 3, so phi 4; equal days have 1, never less; absent days do not count."""
    phi, df = overdispersion([[0, 0, 6, 6, NAN], [3, 3, 3, 3, 3], [5, NAN, NAN, NAN, NAN]])

    assert phi.tolist() == [4, 1, 1]
    assert df.tolist() == [3, 4, np.inf]


def test_overdispersion_by_exposure():
    """Days that are as busy as their exposure says show no overdispersion."""
    phi, _ = overdispersion([[10, 20, 30]], [[1, 2, 3]])

    assert phi.tolist() == [1]


def test_a_rate_of_no_event_is_bounded_when_its_scale_is_told():
    """No ticket in 50 customer-years: at most 3.689 / 50, times the scale; without a scale it is `few`."""
    told = estimate("rate", [0.0], [[0], [50.0]], scale=1000)
    untold = estimate("rate", [0.0], [[0], [50.0]])

    assert (told.lo[0], told.hi[0]) == pytest.approx((0, 1000 * 3.688879454 / 50))
    assert flags(untold) == ("few",)


def test_minutes_of_two_incidents_have_no_interval():
    """METRICS 3: fewer than three incidents, minutes without interval, and it is said."""
    bands = estimate("compound_poisson_rate", [30.0, 60.0], [[30, 60]], parts=[[10, 20, 0], [10, 20, 30]])

    assert [flags(bands, g) for g in range(2)] == [("few",), ()]
    assert np.isnan(bands.lo[0])
    rel = np.sqrt(1400) / 60
    assert bands.hi[1] == pytest.approx(60 * np.exp(4.302652729911275 * rel))


@given(st.integers(1, 60), st.sampled_from([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]))
@settings(max_examples=80)
def test_order_ranks_are_the_tightest_that_hold(n, q):
    """Each tail outside the ranks holds at most 2.5 % of the binomial, and one step tighter would hold more."""
    k = np.arange(n + 1)
    steps = np.log((n - k[:-1]) / (k[:-1] + 1) * q / (1 - q))
    mass = np.exp(n * np.log1p(-q) + np.concatenate([[0.0], np.cumsum(steps)]))
    below = np.concatenate([[0.0], np.cumsum(mass)])
    lo, hi = (float(rank) for rank in order_ranks(n, q))
    # Row of rank r is above the quantile when fewer than r rows are at or below it.
    lows = [r for r in range(1, n + 1) if below[r] <= 0.025 + 1e-12]
    highs = [r for r in range(1, n + 1) if 1 - below[r] <= 0.025 + 1e-12]

    if lows and highs:
        assert (lo, hi) == (max(lows), min(highs))
    else:
        assert np.isnan([lo, hi]).all()


def test_order_ranks_refuse_what_is_no_quantile():
    """A quantile of 0 or 1 has no interval by ranks."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        order_ranks(10, 1.0)


def test_ends_from_the_rows_pass_through():
    """Order and survival ends come from the engine; a missing one is `unbounded`, two are `few`."""
    bands = estimate("greenwood", [8.0, 8.0, 8.0, NAN], [[2, 2, NAN, NAN], [12, np.inf, NAN, NAN]])

    assert [flags(bands, g) for g in range(4)] == [(), ("unbounded",), ("few",), ("missing",)]
    assert bands.estimate(1).hi is None


def test_the_bootstrap_repeats_itself():
    """The same seed gives the same interval, another seed a near one."""
    money = np.random.default_rng(4).lognormal(3, 1, 60)

    def aov(leaves):
        return leaves[0] / leaves[1]

    first, again, other = (bootstrap(aov, [money, np.ones(60)], seed=seed) for seed in (1, 1, 2))

    assert (first.lo[0], first.hi[0]) == (again.lo[0], again.hi[0])
    assert first.hi[0] != other.hi[0]
    assert other.hi[0] == pytest.approx(first.hi[0], rel=0.1)
    assert first.hi[0] - first.value[0] > first.value[0] - first.lo[0]


def test_the_bootstrap_of_even_parties_is_near_the_t_interval():
    """Where nothing is skewed the bootstrap agrees with the t interval of the parties."""
    x = np.random.default_rng(8).normal(100, 15, 80)
    bands = bootstrap(lambda leaves: leaves[0] / leaves[1], [x, np.ones(80)], seed=1, draws=5000)
    plain = estimate("mean", [x.mean()], [[x.sum()], [(x**2).sum()], [80]])

    assert bands.lo[0] == pytest.approx(plain.lo[0], abs=0.1 * plain.se[0] * 2)
    assert bands.hi[0] == pytest.approx(plain.hi[0], abs=0.1 * plain.se[0] * 2)


@pytest.mark.parametrize(
    ("amounts", "flag"), [([], "empty"), ([1.0, 2, 3], "few"), ([5.0] * 30, "no_spread"), ([NAN] * 9, "missing")]
)
def test_the_bootstrap_refuses(amounts, flag):
    """No party, too few, no spread, no value: no interval, and the reason."""
    bands = bootstrap(lambda leaves: leaves[0] / np.maximum(leaves[1], 1), [amounts, np.ones(len(amounts))], seed=1)

    assert flags(bands) == (flag,)
    assert np.isnan([bands.lo[0], bands.hi[0]]).all()
