from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from regard.expr import parse
from regard.stewardship.reconcile import Stated, reconcile

RATIO = {"ratio": parse("@worth / @cost", "cell")}
WORTH, COST = Stated("$2,680", 2680, 1), Stated("$142", 142, 1)


def found(stated, formulas=RATIO):
    """Return the findings about some stated figures."""
    return list(reconcile(stated, formulas, source="the sheet", at=1))


def test_a_ratio_that_is_not_its_parts_is_found():
    """3.2 : 1 is not what $2,680 and $142 give: that is 18.87 (X1, G11)."""
    [finding] = found({"ratio": Stated("3.2:1", 3.2, 0.1), "worth": WORTH, "cost": COST})
    assert (finding.kind, finding.observed, finding.expected) == ("reconcile", "3.2:1", "18.87")
    assert finding.message == (
        "the sheet states ratio as 3.2:1, but @worth / @cost of its own figures (worth $2,680, cost $142) is 18.87"
    )
    assert finding.scope == {"source": "the sheet", "metric": "ratio"}


@pytest.mark.parametrize(("text", "value", "step"), [("18.9:1", 18.9, 0.1), ("19:1", 19, 1), ("18.87", 18.87, 0.01)])
def test_rounding_is_no_contradiction(text, value, step):
    """A figure stands for all that rounds to it, and so do its parts."""
    assert found({"ratio": Stated(text, value, step), "worth": WORTH, "cost": COST}) == []


def test_what_cannot_be_held_against_anything_is_left_alone():
    """A part that is not stated, a formula without parts, a cost that may be 0: no finding."""
    ratio = Stated("3.2", 3.2, 0.1)
    assert found({"ratio": ratio, "worth": WORTH}) == []
    assert found({"ratio": ratio, "worth": WORTH, "cost": Stated("0", 0, 1)}) == []
    assert found({"ratio": ratio}, {"ratio": parse("a / b", "cell")}) == []


WHOLE = st.integers(1, 10_000)


@given(WHOLE, WHOLE, WHOLE)
def test_true_figures_are_never_accused(a, b, c):
    """However they are rounded, figures that come from one truth do not contradict each other."""
    formulas = {"x": parse("(@a + 2 * @b) / @c - @b", "cell")}
    truth = (a + 0.3 + 2 * (b - 0.4)) / (c + 0.2) - (b - 0.4)
    parts = {name: Stated(str(n), n, 1) for name, n in (("a", a), ("b", b), ("c", c))}
    assert found({"x": Stated("?", round(truth, 1), 0.1), **parts}, formulas) == []
