"""What is still open: burn and expected remaining minutes, by the mean residual life of the past."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regard.stats import Observed, projection, residual

PAST = [10.0, 20.0, 40.0, 100.0]
AGES = [0, 30, 60, 200]


def observed(past: list[float], opened: dict[float, float], **settings: str) -> Observed:
    """One group and period: past interruptions, and what of the burn is in interruptions of each age."""
    leaves = {"burn": sum(opened.values())}
    for age in AGES:
        leaves[f"open_{age}"] = opened.get(age, 0)
        leaves[f"lasting_{age}"] = sum(one > age for one in past)
        leaves[f"beyond_{age}"] = sum(one - age for one in past if one > age)
    grids = {name: np.array([[float(number)]]) for name, number in leaves.items()}
    return Observed(value=np.zeros((1, 1)), leaves=grids, settings=settings)


def told(*arguments: object, **settings: str) -> tuple[float, float, bool]:
    """Value, n and whether it is estimated."""
    found = projection(observed(*arguments, **settings))  # type: ignore[arg-type]
    estimated = found.flags.get("estimated", np.zeros((1, 1), dtype=bool))
    return float(found.value[0, 0]), float(found.n[0, 0]), bool(estimated[0, 0])


def test_by_hand() -> None:
    """Of 10, 20, 40 and 100 minutes: new ones last 42.5 more, those half an hour old 40 more, as do hour-old ones."""
    assert told(PAST, {0: 5, 30: 2}, gives="burn") == (420, 4, False)
    assert told(PAST, {0: 5, 30: 2}, gives="remaining") == (5 * 42.5 + 2 * 40, 4, False)
    assert told(PAST, {60: 3}, gives="remaining") == (120, 4, False)


def test_what_is_older_than_anything_before() -> None:
    """It takes the figure of the oldest age that is known, and says that it is estimated."""
    assert told(PAST, {200: 1}, gives="remaining") == (40, 4, True)


def test_without_a_past_nothing_is_projected() -> None:
    """No number is made up where nothing was seen; with nothing open nothing remains."""
    value, n, estimated = told([], {0: 1}, gives="remaining")

    assert np.isnan(value)
    assert (n, estimated) == (0, False)
    assert told([], {}, gives="remaining") == (0, 0, False)


@given(st.lists(st.floats(1, 1e4), min_size=1, max_size=30))
def test_residual_life_of_the_new_is_the_mean(past: list[float]) -> None:
    """At age 0 it is the mean of the past, and at every age the figure is one of the past's own."""
    leaves = observed(past, {}).leaves
    lasting, beyond = (np.array([leaves[f"{word}_{age}"][0, 0] for age in AGES]) for word in ("lasting", "beyond"))
    mean, borrowed = residual(lasting, beyond)

    assert mean[0] == pytest.approx(np.mean(past))
    assert not borrowed[0]
    assert borrowed.tolist() == [max(past) <= age for age in AGES]
