"""Numbers published or computed elsewhere, each with its source."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from regard.stats import (
    adjusted_wald,
    compare,
    estimate,
    kaplan_meier,
    kish,
    minimum_detectable_change,
    needed_n,
    net_share_sd,
    net_share_se,
    order_ranks,
    poisson,
    rate_ratio,
    share_sd,
    survival_quantile,
    verdict,
    verdicts,
    wilson,
)

pytestmark = [
    pytest.mark.filterwarnings("error"),
    # What another test left to the garbage collector says nothing of this room.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Z = 1.959963984540054
REFERENCE = Path(__file__).parents[1] / "reference"


def nps(promoters: float, detractors: float, n: float):
    """Bands of one wave in points."""
    value = 100 * (promoters - detractors) / n
    return estimate("net_share", [value], [[promoters], [detractors], [n]], scale=100)


def csat(k: float, n: float):
    """Bands of one share in percent."""
    return estimate("proportion", [100 * k / n], [[k], [n]], scale=100)


def test_s1_adjusted_wald_of_a_net_share():
    """S-1 (Rocks 2016): 50 promoters and 20 detractors of 100 give the adjusted centre and ends, and the Wald se."""
    centre, lo, hi = adjusted_wald(0.5, 0.2, 100)
    half = Z * float(net_share_se(0.5, 0.2, 100))

    assert float(centre) == pytest.approx(0.29126213592, abs=1e-10)
    assert (float(lo), float(hi)) == pytest.approx((0.14051130179, 0.44201297006), abs=1e-10)
    assert (0.3 - half, 0.3 + half) == pytest.approx((0.14692191925, 0.45307808075), abs=1e-10)


def test_s2_difference_of_two_net_shares():
    """S-2: 50/20 of 100 against 70/80 of 200: the adjusted difference bounds the change, p is that of the plain one."""
    now, before = nps(50, 20, 100), nps(70, 80, 200)

    change = compare(now, before)

    assert change.change[0] == pytest.approx(35.0)
    assert (change.lo[0], change.hi[0]) == pytest.approx((14.86832838, 53.23631556), abs=1e-7)
    assert change.p[0] == pytest.approx(0.000417466, abs=1e-9)
    assert math.hypot(now.se[0], before.se[0]) == pytest.approx(9.918417212, abs=1e-8)
    centre, half = (change.lo[0] + change.hi[0]) / 2, (change.hi[0] - change.lo[0]) / 2
    assert (centre, Z * centre / half) == pytest.approx((34.05232197, 3.4790109966), abs=1e-7)


def test_s3_minimum_detectable_change():
    """S-3: at 40 % promoters, 25 % detractors, 400 a wave: 15.6926 points; 5 points need 3941 a wave."""
    sd = net_share_sd(0.40, 0.25, scale=100)

    assert float(minimum_detectable_change(sd / 20)) == pytest.approx(15.6926, abs=5e-5)
    assert float(needed_n(sd, 5)) == 3941


@pytest.mark.parametrize(("k", "n", "lo", "hi"), [(81, 263, 0.2552885199, 0.3662095770), (0, 20, 0.0, 0.1611251581)])
def test_s4_wilson(k, n, lo, hi):
    """S-4 (Newcombe 1998): Wilson's interval of 81/263 and of 0/20."""
    assert tuple(float(end) for end in wilson(k / n, n)) == pytest.approx((lo, hi), abs=1e-9)


def test_s4_newcombe_difference():
    """S-4 (Newcombe 1998 method 10): 56/70 - 48/80."""
    change = compare(csat(56, 70), csat(48, 80))

    assert (change.lo[0], change.hi[0]) == pytest.approx((5.24314724, 33.38726540), abs=1e-7)


def test_g8_nps_interval():
    """G8: 310/104/86 of 500 is 44.8 with se 3.4389 and [37.8, 51.3]."""
    bands = nps(310, 86, 500)

    assert (bands.value[0], bands.se[0]) == pytest.approx((44.8, 3.4388835397553086))
    assert (bands.lo[0], bands.hi[0]) == pytest.approx((37.80917863923234, 51.25642772259668))


def test_g8_the_headline_trend_of_the_seed_is_no_detectable_change():
    """G8, R064: NPS 49.2 -> 52.4 at 500 a wave has z 0.73 and p .464; 3 584 a wave are needed to see it."""
    now, before = nps(316, 54, 500), nps(306, 60, 500)

    (said,) = verdicts(now, before, 5, good="up")

    assert said.word == "no detectable change"
    assert said.change == pytest.approx(3.2)
    assert said.better is None
    assert said.p == pytest.approx(0.4641270332479759)
    assert 3.2 / math.hypot(now.se[0], before.se[0]) == pytest.approx(0.7320680507183737)
    sds = net_share_sd([316 / 500, 306 / 500], [54 / 500, 60 / 500], scale=100)
    assert float(needed_n(sds[0], 3.2, sds[1], power=0.5)) == 3584


def test_g8_by_estimates():
    """G8: two Estimates say what two Bands say."""
    now, before = nps(316, 54, 500), nps(306, 60, 500)

    by_estimate = verdict(now.estimate(0, n=500), before.estimate(0, n=500), 5, "up", method="net_share")

    assert by_estimate == verdicts(now, before, 5, good="up")[0]


def test_g9_wilson_of_csat():
    """G9: 873/1000 -> 85.1-89.2; 87/100 -> 79.0-92.2."""
    big, small = csat(873, 1000), csat(87, 100)

    assert (big.lo[0], big.hi[0]) == pytest.approx((85.09252474282142, 89.22199907415616))
    assert (small.lo[0], small.hi[0]) == pytest.approx((79.01964855992357, 92.24283257275948))


def test_g14_median_with_open_tickets():
    """G14: six resolved tickets and two still open at 30 h have a median of 8 h, not the 7 h of the resolved ones."""
    median = survival_quantile([2, 4, 6, 8, 10, 12, 30, 30], [1, 1, 1, 1, 1, 1, 0, 0])

    assert median.value == 8


def test_g17_rate_ratio():
    """G17: 60 incidents against 100 is 0.60 [0.44, 0.83]; with overdispersion 3 it is [0.34, 1.04]."""
    plain, clumped = rate_ratio([60, 12], [100, 20]), rate_ratio(60, 100, phi=3)

    assert plain.ratio == pytest.approx([0.6, 0.6])
    assert plain.lo == pytest.approx([0.435662942532619, 0.29331643163832627])
    assert plain.hi == pytest.approx([0.8263268799205845, 1.227343446083845])
    assert (float(clumped.lo), float(clumped.hi)) == pytest.approx((0.34466334377754954, 1.0444974973385883))


def test_g21_survival_of_a_cohort():
    """G21: cancels on days 10, 20, 20, 35 of ten, six still there at 60: S is .9, .7, .6."""
    curve = kaplan_meier([10, 20, 20, 35] + [60] * 6, [True] * 4 + [False] * 6)

    assert curve.survival == pytest.approx([0.9, 0.7, 0.6])
    assert (curve.at(9.9), curve.at(10), curve.at(1000)) == pytest.approx((1.0, 0.9, 0.6))


@pytest.mark.parametrize(
    ("n", "half", "smallest"), [(100, 6.59, 13.32), (400, 3.3, 6.66), (1000, 2.08, 4.21), (5000, 0.93, 1.88)]
)
def test_g29_what_a_csat_survey_can_see(n, half, smallest):
    """G29: half-width and minimum detectable change of a CSAT near 87 %."""
    se = float(share_sd(0.87, scale=100)) / math.sqrt(n)

    assert round(Z * se, 2) == half
    assert round(float(minimum_detectable_change(se)), 2) == smallest


def test_w1_kish():
    """W-1: weights 1,1,1,1,2,2,3,5 are worth 5.565217391 answers, design effect 1.4375."""
    w = np.array([1, 1, 1, 1, 2, 2, 3, 5])
    worth = float(kish(w.sum(), (w**2).sum()))

    assert worth == pytest.approx(5.565217391, abs=1e-9)
    assert len(w) / worth == pytest.approx(1.4375)


def test_g15_kish_of_a_post_stratified_sample():
    """G15: 60 enterprise and 40 small answers weighted to a 20/80 population are worth 60; 70 % and 90 % give 86."""
    w = np.r_[np.full(60, 0.2 / 60), np.full(40, 0.8 / 40)]
    good = np.r_[np.ones(42), np.zeros(18), np.ones(36), np.zeros(4)]
    bands = estimate("weighted_proportion", [86.0], [[w @ good], [w.sum()], [w @ w]], scale=100)

    assert bands.n_eff[0] == pytest.approx(60)
    assert (bands.lo[0], bands.hi[0]) == pytest.approx([100 * float(end) for end in wilson(0.86, 60)])


def test_d3_lung():
    """D-3: Kaplan-Meier median 310 days and S(365) = 0.4092416; log(-log) ends 284 and 361 as SAS and R print them."""
    with (REFERENCE / "lung.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    times, died = [float(row["time"]) for row in rows], [row["status"] == "2" for row in rows]

    assert survival_quantile(times, died) == (310, 284, 361)
    assert kaplan_meier(times, died).at(365) == pytest.approx(0.4092416, abs=5e-8)


def test_garwood_of_no_event():
    """No event in a period bounds the mean at 3.689 (Garwood 1936), three events at [0.6187, 8.7673]."""
    lo, hi = poisson([0, 3])

    assert lo == pytest.approx([0, 0.618672], abs=1e-6)
    assert hi == pytest.approx([3.688879, 8.767273], abs=1e-6)


def test_ranks_of_a_median():
    """Ranks of the median in the tables (Conover 1999): none of 5, 1 and 6 of 6, 2 and 9 of 10, 40 and 61 of 100."""
    lo, hi = order_ranks([5, 6, 10, 100], 0.5)

    assert np.array_equal(lo, [np.nan, 1, 2, 40], equal_nan=True)
    assert np.array_equal(hi, [np.nan, 6, 9, 61], equal_nan=True)
