"""Numbers taken apart: parts, rest and whole agree to the last digit, on a company with every kind of metric (R121)."""

from __future__ import annotations

import pytest

MONTH = {"start": "2026-06-01", "end": "2026-07-01"}
ADDITIVE = [("nps", "segment"), ("csat_top2", "region"), ("churn", "segment"), ("ces_mean", "segment")]


@pytest.mark.parametrize(("metric", "dimension"), ADDITIVE)
def test_the_rest_is_what_a_filter_gives(loaded, metric, dimension):
    """The whole less a part, interval included, is the answer to the question without the part."""
    workspace, _ = loaded
    found = workspace.take_apart(metric, dimension, **MONTH)
    shown = [part for part in found.parts if part.rest is not None and part.rest.value is not None]
    assert shown
    for part in shown[:2]:
        value = part.cell.dims[dimension]
        [cell] = workspace.ask(metric, where=f"{dimension} != '{value}'", **MONTH).cells
        assert part.rest.value == pytest.approx(cell.estimate.value, rel=1e-9)
        assert part.rest.n == pytest.approx(cell.estimate.n)
        if min(part.rest.n, cell.estimate.n) >= 1000:
            assert (part.rest.lo, part.rest.hi) == pytest.approx((cell.estimate.lo, cell.estimate.hi), rel=1e-6)


@pytest.mark.parametrize(("metric", "dimension"), ADDITIVE)
def test_what_parts_add_is_what_the_whole_changed_by(loaded, metric, dimension):
    """Contributions sum to the change (R133); the parts' n to the whole's (R121)."""
    workspace, _ = loaded
    found = workspace.take_apart(metric, dimension, start="2026-05-01", end="2026-07-01")
    assert found.whole.period.label == "2026-06"
    if all(part.cell.estimate.value is not None for part in found.parts):
        assert sum(part.cell.estimate.n for part in found.parts) == pytest.approx(found.whole.estimate.n)
    added = [part.contribution for part in found.parts]
    if None not in added:
        assert sum(added) == pytest.approx(found.whole.verdict.change, abs=1e-6)


def test_a_median_has_no_rest(loaded):
    """What cannot be taken away from the whole has no rest, no difference and no contribution."""
    workspace, _ = loaded
    found = workspace.take_apart("frt_median", "channel", **MONTH)
    assert {part.rest for part in found.parts} == {None}
    assert {part.difference for part in found.parts} == {None}


def test_a_hidden_part_stays_hidden(loaded):
    """A part of too few customers has neither a value nor a rest, for the whole less the rest would tell it."""
    workspace, _ = loaded
    found = workspace.take_apart("aov", "product", **MONTH)
    hidden = [part for part in found.parts if "hidden" in part.cell.estimate.flags]
    assert hidden
    assert {(part.cell.estimate.value, part.rest, part.contribution) for part in hidden} == {(None, None, None)}


def test_a_real_difference_is_found(loaded):
    """Who bought is told from who did not: the planted checkout trouble is worse than all other journeys."""
    workspace, _ = loaded
    found = workspace.take_apart("user_uptime", "journey", **MONTH)
    [checkout] = [part for part in found.parts if part.cell.dims["journey"] == "checkout"]
    assert checkout.real
    assert checkout.difference.change < 0
    assert checkout.difference.better is False
