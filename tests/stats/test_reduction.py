"""Whether interruptions fell, and by as much as was claimed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regard.stats import reduction

EVEN_NOW, EVEN_BEFORE = [2.0] * 30, [3.0, 4.0, 3.0] * 10
"""60 against 100 interruptions in 30 days each, spread so evenly that nothing but the count is chance."""


def test_sixty_against_a_hundred() -> None:
    """Golden G17: 0.60 [0.44, 0.83] where days vary as chance makes them; with t of 58 days a little wider."""
    found = reduction(EVEN_NOW, EVEN_BEFORE, claim=-0.4)

    assert (found.ratio, found.phi, found.df) == (0.6, 1, 58)
    half = 2.001717483 * math.sqrt(1 / 60 + 1 / 100)
    assert (found.lo, found.hi) == pytest.approx((0.6 * math.exp(-half), 0.6 * math.exp(half)), rel=1e-7)
    assert (round(found.lo, 2), found.word, found.claim) == (0.43, "fell", "too close to call")


def test_days_that_come_in_clumps_say_less() -> None:
    """The same 60 against 100 in clumps: variance over three times the count, and no fall can be shown."""
    now = [6.0, 0, 0] * 10
    before = [10.0, 0, 0] * 10
    found = reduction(now, before, claim=-0.4)

    chi = sum(30 * np.var(one) / np.mean(one) for one in (now, before))
    assert found.phi == pytest.approx(chi / 58)
    assert found.ratio == 0.6
    assert (found.word, found.claim) == ("no detectable change", "too close to call")


@pytest.mark.parametrize(
    ("now", "before", "claim", "word", "judged"),
    [
        ([1.0] * 100, [10.0] * 100, -0.4, "fell", "met"),
        ([8.0] * 100, [10.0] * 100, -0.4, "fell", "missed"),
        ([10.0] * 100, [8.0] * 100, -0.4, "rose", "missed"),
        ([20.0] * 100, [10.0] * 100, 0.5, "rose", "met"),
        ([10.0] * 100, [10.0] * 100, None, "no detectable change", None),
        ([0.0] * 100, [10.0] * 100, -0.4, "cannot say", None),
    ],
)
def test_what_is_said_of_a_claim(
    now: list[float], before: list[float], claim: float | None, word: str, judged: str | None
) -> None:
    """A claim is met where the whole interval goes as far, missed where none of it does."""
    found = reduction(now, before, claim=claim)

    assert (found.word, found.claim) == (word, judged)


def test_customers_interrupted_are_counted_by_incident() -> None:
    """Totals of what incidents add: variance is the sum of squares, freedom that of the fewer incidents (Welch)."""
    found = reduction([10, 20, 30], [50, 10, 40, 20], spread="compound", exposure=2, before_exposure=1)

    shares = 1400 / 60**2, 4600 / 120**2
    assert found.ratio == pytest.approx(0.25)
    assert found.df == pytest.approx(sum(shares) ** 2 / (shares[0] ** 2 / 2 + shares[1] ** 2 / 3))
    assert reduction([10, 20], [50, 10, 40], spread="compound").word == "cannot say"


@pytest.mark.parametrize(("spread", "k"), [("negative binomial", 1.0), ("negative binomial", 5.0), ("quasi", 1e9)])
def test_intervals_hold_the_truth(spread: str, k: float) -> None:
    """Of 2000 pairs of 60 days that truly fell by 40 %, 93 to 97 % of the intervals hold 0.6."""
    rng = np.random.default_rng(17)
    now, before = (rng.poisson(rng.gamma(k, mean / k, (2000, 60))) for mean in (1.2, 2.0))
    found = [reduction(a, b, spread=spread) for a, b in zip(now, before, strict=True)]

    assert 0.93 <= np.mean([one.lo <= 0.6 <= one.hi for one in found]) <= 0.97


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=20),
    st.lists(st.integers(0, 50), min_size=1, max_size=20),
    st.sampled_from(["quasi", "negative binomial", "compound"]),
)
def test_turned_round_it_says_the_reverse(now: list[int], before: list[int], spread: str) -> None:
    """Now over before and before over now are one comparison: interval, p and word mirror each other."""
    one, other = reduction(now, before, spread=spread), reduction(before, now, spread=spread)

    mirrored = (1 / other.ratio, 1 / other.hi, 1 / other.lo, other.p)
    assert (one.ratio, one.lo, one.hi, one.p) == pytest.approx(mirrored, nan_ok=True)
    assert one.word == {"fell": "rose", "rose": "fell"}.get(other.word, other.word)


def test_what_is_no_series_of_counts_is_refused() -> None:
    """Counts below 0, none at all, and a spread that does not exist are the caller's mistakes."""
    for now, spread in (([-1.0], "quasi"), ([], "quasi"), ([math.nan], "quasi"), ([1.0], "poisson")):
        with pytest.raises(ValueError, match=r"a series of counts|a spread is one of"):
            reduction(now, [1.0], spread=spread)
