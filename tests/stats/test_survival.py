"""Kaplan-Meier against its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regard.stats import kaplan_meier, survival_quantile

pytestmark = [
    pytest.mark.filterwarnings("error"),
    # What another test left to the garbage collector says nothing of this room.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

spans = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=0, max_size=25)


def by_definition(rows):
    """Walk the times one by one, as the papers write it: (time, at risk, events, S, Greenwood se)."""
    out, survival, summed = [], 1.0, 0.0
    for time in sorted({t for t, over in rows if over}):
        at_risk = sum(1 for t, _ in rows if t >= time)
        events = sum(1 for t, over in rows if over and t == time)
        survival *= (at_risk - events) / at_risk
        summed += math.inf if at_risk == events else events / (at_risk * (at_risk - events))
        out.append((time, at_risk, events, survival, survival * math.sqrt(summed) if survival else math.nan))
    return out


@given(spans)
def test_kaplan_meier_is_its_definition(rows):
    """Steps, numbers at risk, survival and Greenwood's error are those of a plain walk over the times."""
    curve = kaplan_meier([t for t, _ in rows], [over for _, over in rows])
    mine = np.column_stack([curve.time, curve.at_risk, curve.events, curve.survival, curve.se])

    assert mine == pytest.approx(np.array(by_definition(rows)).reshape(-1, 5), nan_ok=True)


@given(spans, st.sampled_from([0.1, 0.25, 0.5, 0.9]))
def test_quantile_is_the_first_time_low_enough(rows, q):
    """The value is the first time at which S <= 1 - q, None when there is none; its ends, where they exist, hold it."""
    found = survival_quantile([t for t, _ in rows], [over for _, over in rows], q)
    low = [time for time, _, _, survival, _ in by_definition(rows) if survival <= 1 - q + 1e-12]

    assert found.value == (low[0] if low else None)
    if found.value is not None:
        assert found.lo is not None
        assert found.lo <= found.value
        assert found.hi is None or found.hi >= found.value
    else:
        assert found.hi is None


@given(spans)
def test_ends_of_the_median_are_those_times_the_band_crosses_one_half(rows):
    """Brookmeyer-Crowley: the ends are where log(-log S) -/+ 1.96 se first passes log(-log 0.5)."""
    found = survival_quantile([t for t, _ in rows], [over for _, over in rows])
    goal = math.log(-math.log(0.5))
    lows, highs = [], []
    for time, _, _, survival, se in by_definition(rows):
        if survival > 0:
            centre, half = math.log(-math.log(survival)), 1.959963984540054 * se / (survival * -math.log(survival))
            lows += [time] if centre + half >= goal - 1e-9 else []
            highs += [time] if centre - half >= goal - 1e-9 else []
        else:
            lows.append(time)

    assert found.lo == (lows[0] if lows else None)
    assert found.hi == (highs[0] if highs else None)


def test_reached_within_rounding():
    """S of 0.8 x 0.625 is one half, whatever the last bit says."""
    times, done = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]

    assert survival_quantile(times, done, 0.2).value == 2
    assert survival_quantile([1] * 3 + [2] * 4 + [3] * 3, [1] * 7 + [0] * 3, 0.7).value == 2


def test_bad_spans_raise():
    """A missing time, two lengths and no quantile are the caller's mistakes."""
    with pytest.raises(ValueError, match="without a time"):
        kaplan_meier([1.0, math.nan], [True, True])
    with pytest.raises(ValueError, match="one length"):
        kaplan_meier([1.0], [True, False])
    with pytest.raises(ValueError, match="between 0 and 1"):
        survival_quantile([1.0], [True], 1.0)
