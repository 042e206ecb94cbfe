"""What an alarm was worth, against counting by hand (R018)."""

from __future__ import annotations

import numpy as np
import pytest

from regard.stats import alarms


def counted(on, outcome, within):
    """The same by the words of the definition, step by step."""
    n = len(on)
    first, last = [], None
    for t in range(n):
        if on[t]:
            if last is None or t - last > within + 1:
                first.append(t)
            last = t
    soon = [any(outcome[t : t + within + 1]) for t in range(n)]
    begun = [t for t in range(n) if outcome[t] and not (t and outcome[t - 1])]
    return {
        "first": tuple(first),
        "during": sum(outcome[t] > 0 for t in first),
        "ahead": sum(not outcome[t] and soon[t] for t in first),
        "false": sum(not soon[t] for t in first),
        "losses": len(begun),
        "caught": sum(any(on[max(0, t - within) : t + 1]) for t in begun),
        "usual": sum(soon) / n,
    }


@pytest.mark.parametrize("within", [0, 1, 4])
def test_alarms_are_counted_as_by_hand(within):
    """Random alarms and losses, 60 worlds: every count, and the lift, as the definition says it."""
    rng = np.random.default_rng(within)
    for _ in range(60):
        on, outcome = rng.random(40) < 0.15, (rng.random(40) < 0.2).astype(float)
        found, expected = alarms(on, outcome, within), counted(on, outcome, within)
        usual, n = expected.pop("usual"), len(expected["first"])
        assert {name: getattr(found, name) for name in expected} == expected
        assert found.ahead + found.during + found.false == n
        lift = (n - found.false) / n / usual if n and usual else np.nan
        assert found.lift == pytest.approx(lift, nan_ok=True)


def test_without_alarms_there_is_no_share_of_false_ones():
    """Nothing raised: no interval and no lift; with one false alarm of one the interval does not reach 0."""
    assert np.isnan(alarms([False] * 9, [0.0] * 9, 2).false_hi)
    one = alarms([True, *[False] * 8], [0.0] * 9, 2)
    assert (one.false, one.false_hi) == (1, 1.0)
    assert 0 < one.false_lo < 0.5
    assert np.isnan(one.lift)


def test_what_does_not_fit_is_refused():
    """Unequal lengths and a negative window are mistakes of the caller."""
    for on, within in ((4, 1), (3, -1)):
        with pytest.raises(ValueError, match="steps"):
            alarms([True] * on, [0.0] * 3, within)
