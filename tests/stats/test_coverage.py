"""The intervals hold the truth as often as they say, shown by simulation with fixed seeds."""

from __future__ import annotations

import numpy as np
import pytest

from regard.stats import bootstrap, delete_each, estimate, jackknife_difference, verdicts

pytestmark = [
    pytest.mark.filterwarnings("error"),
    # What another test left to the garbage collector says nothing of this room.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SIMULATIONS = 4000
BUCKETS = 32


def covered(bands, truth: float) -> float:
    """Share of the groups whose interval holds the truth."""
    return float(np.mean((bands.lo <= truth) & (truth <= bands.hi)))


def quotient(leaves):
    """100 x first / second, nan without a second."""
    top, bottom = np.asarray(leaves[0], float), np.asarray(leaves[1], float)
    return np.divide(100 * top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)


def net(leaves):
    """100 x (first - second) / third."""
    return quotient([np.asarray(leaves[0]) - leaves[1], leaves[2]])


class Survey:
    """Parties that answer one to five times, each with a likelihood of its own to be content; 32 buckets by hash."""

    def __init__(self, parties: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        shape = (SIMULATIONS, parties)
        self.rng = rng
        self.answers = rng.integers(1, 6, size=shape)
        self.likely = rng.beta(2, 1, size=shape)
        self.bucket = rng.integers(0, BUCKETS, size=shape)
        self.present = self.by_bucket(np.ones(shape)) > 0

    def by_bucket(self, amounts):
        """Sum over the parties of each bucket."""
        cell = (np.arange(SIMULATIONS)[:, None] * BUCKETS + self.bucket).ravel()
        sums = np.bincount(cell, weights=np.asarray(amounts, float).ravel(), minlength=SIMULATIONS * BUCKETS)
        return sums.reshape(SIMULATIONS, BUCKETS)

    def leaf(self, amounts):
        """As by_bucket, nan for a bucket without parties."""
        return np.where(self.present, self.by_bucket(amounts), np.nan)


@pytest.mark.parametrize("n", [10, 30, 100])
def test_s5_adjusted_wald_covers(n):
    """S-5: at (.5, .3, .2) the adjusted Wald interval of a net share covers 93-97 % from n = 10 up."""
    up, _, down = np.random.default_rng(5).multinomial(n, [0.5, 0.3, 0.2], size=20_000).T
    bands = estimate("net_share", 100 * (up - down) / n, [up, down, np.full(len(up), n)], scale=100)

    assert 0.93 <= covered(bands, 30.0) <= 0.97


@pytest.mark.parametrize("parties", [100, 400])
def test_repeated_answers_need_the_replicates(parties):
    """METRICS 3: with 32 buckets the clustered intervals cover 93-97 % from 100 parties, the row formula does not."""
    survey = Survey(parties, seed=parties)
    content = survey.rng.binomial(survey.answers, survey.likely)
    upset = survey.rng.binomial(survey.answers - content, 0.4)
    k, down, n = (survey.leaf(x) for x in (content, upset, survey.answers))
    sums = [np.nansum(leaf, axis=1) for leaf in (k, down, n)]

    share, without = delete_each(quotient, [k, n])
    clustered = estimate("proportion", share, [sums[0], sums[2]], without=without, scale=100)
    rows = estimate("proportion", share, [sums[0], sums[2]], scale=100)
    ratio = estimate("ratio", share, without=without)
    points, points_without = delete_each(net, [k, down, n])
    nets = estimate("net_share", points, sums, without=points_without, scale=100)

    assert 0.93 <= covered(clustered, 200 / 3) <= 0.97
    assert 0.93 <= covered(ratio, 200 / 3) <= 0.97
    assert 0.93 <= covered(nets, 100 * (2 / 3 - 0.4 / 3)) <= 0.97
    assert covered(rows, 200 / 3) < 0.91


def test_few_parties_are_not_overstated():
    """With 30 parties the clustered share still covers at least 92 %."""
    survey = Survey(30, seed=30)
    k, n = survey.leaf(survey.rng.binomial(survey.answers, survey.likely)), survey.leaf(survey.answers)
    share, without = delete_each(quotient, [k, n])
    bands = estimate("proportion", share, [np.nansum(k, axis=1), np.nansum(n, axis=1)], without=without, scale=100)

    assert 0.92 <= covered(bands, 200 / 3) <= 0.98


def test_nothing_changed_is_called_a_change_one_time_in_twenty():
    """R064: when the same parties answer twice and nothing changes, 3-7 % are called changed.

    Taking the two periods as independent calls far fewer, and so would miss real changes.
    """
    survey = Survey(150, seed=9)
    waves = []
    for _ in range(2):
        k, n = survey.leaf(survey.rng.binomial(survey.answers, survey.likely)), survey.leaf(survey.answers)
        share, without = delete_each(quotient, [k, n])
        leaves = [np.nansum(k, axis=1), np.nansum(n, axis=1)]
        waves.append((estimate("proportion", share, leaves, without=without, scale=100), without))
    (now, now_without), (before, before_without) = waves

    paired = verdicts(now, before, now_without=now_without, before_without=before_without)
    apart = verdicts(now, before)

    assert 0.03 <= np.mean([v.word == "changed" for v in paired]) <= 0.07
    assert np.mean([v.word == "changed" for v in apart]) < 0.03
    assert float(np.mean(jackknife_difference(now.value, now_without, before.value, before_without).correlation)) > 0.2


@pytest.mark.parametrize(("incidents", "sigma"), [(6, 0.0), (6, 0.6), (12, 0.6), (40, 0.6)])
def test_compound_poisson_covers(incidents, sigma):
    """METRICS 3: minutes of a chance number of incidents of log-normal size are covered about 95 % of the time."""
    rng = np.random.default_rng(incidents)
    count = rng.poisson(incidents, SIMULATIONS)
    size = np.exp(sigma * rng.standard_normal((SIMULATIONS, count.max())))
    size[np.arange(count.max()) >= count[:, None]] = 0
    bands = estimate("compound_poisson_rate", size.sum(axis=1), [size.sum(axis=1)], parts=size)
    told = ~np.isnan(bands.lo)
    truth = incidents * np.exp(sigma**2 / 2)

    assert np.array_equal(told, count >= 3)
    assert 0.93 <= np.mean(((bands.lo <= truth) & (truth <= bands.hi))[told]) <= 0.985


@pytest.mark.parametrize(("mean", "shape"), [(0.3, None), (2, None), (20, 5)])
def test_rate_covers(mean, shape):
    """Counts of 30 days, independent or clumped (negative binomial, variance 5 times the mean), are covered 93-98 %."""
    rng = np.random.default_rng(3)
    size = (SIMULATIONS, 30)
    days = rng.poisson(mean, size) if shape is None else rng.negative_binomial(shape, shape / (shape + mean), size)
    count = days.sum(axis=1)
    truth = mean * 30

    assert 0.93 <= covered(estimate("rate", count, [count], parts=days), truth) <= 0.98
    if shape is not None:
        assert covered(estimate("rate", count, [count]), truth) < 0.75


def test_bootstrap_of_skewed_money_covers():
    """The bootstrap of a skewed mean per party covers at least 90 % with 50 parties (the tail is long)."""
    rng = np.random.default_rng(50)
    held = 0
    for seed in range(300):
        money = rng.lognormal(0, 1, 50)
        bands = bootstrap(lambda leaves: leaves[0] / leaves[1], [money, np.ones(50)], seed=seed, draws=1000)
        held += bands.lo[0] <= np.exp(0.5) <= bands.hi[0]

    assert 0.90 <= held / 300 <= 0.98
