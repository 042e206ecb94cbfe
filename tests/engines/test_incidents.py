"""Intervals of interruption totals and rates: the unit is the incident, and how many there were is chance itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from regard.model import Interval, RowSet
from regard.workspace.estimates import Terms, answer_cells
from tests.engines import company
from tests.engines.asking import cells, metric, planned

AT = RowSet(table="span", at="start_at")
COMPOUND = Interval(method="compound_poisson_rate", of=("leaf",), replicate="incident")
START = company.FIRST + 20 * company.DAY_US
T_3 = 3.182446305284263
"""Student's t of 3 degrees of freedom, two-sided 95 %."""


def span(party: int, size: int, *incidents: tuple[float, str | None], hour: int = 0) -> dict[str, Any]:
    """A span that begins in March, shared among incidents."""
    begin = START + hour * company.HOUR
    return {
        "party_id": party, "start_at": begin, "end_at": begin + company.HOUR, "size": size, "rate": 1.0, "tier": None,
        "bucket": party, "kinds": "", "parts": [(share, incident, "dns") for share, incident in incidents],
    }  # fmt: skip


SPANS = [
    span(1, 4, (1.0, "a")),
    span(2, 8, (0.5, "a"), (0.5, "b")),
    span(3, 2, (1.0, "c"), hour=5),
    span(4, 1, (1.0, None), hour=7),
    span(5, 1, (1.0, None), hour=7),
]
"""Incidents a (8), b (4), c (2), and one event without incident that struck two at one instant (2)."""


def march(asked: Any, *breakdown: str) -> list[Any]:
    """The estimates of March, group by group."""
    made = planned(asked, breakdown)
    found = answer_cells(made, cells(made, SPANS)[0], Terms())
    return [cell.estimate for cell in found if cell.period.label == "2026-03"]


@pytest.mark.parametrize("breakdown", [(), ("cause",)])
def test_the_interval_is_that_of_a_compound_poisson_total(breakdown: tuple[str, ...]) -> None:
    """Total 16 of events that add 8, 4, 2 and 2: exp(t(3) root(88) / 16) either way, whichever table is read."""
    [found] = march(metric("sum(r, size)", AT, interval=COMPOUND), *breakdown)
    half = T_3 * math.sqrt(8**2 + 4**2 + 2**2 + 2**2) / 16

    assert found.value == 16
    assert (found.lo, found.hi) == pytest.approx((16 * math.exp(-half), 16 * math.exp(half)), rel=1e-9)
    assert found.n_eff == pytest.approx(16**2 / 88)


def test_by_incident_each_is_alone_and_says_so() -> None:
    """A single incident has no interval, and the reason stands beside it."""
    found = march(metric("sum(r, size)", AT, interval=COMPOUND), "incident")

    assert [(one.value, one.lo, one.flags) for one in found] == [
        (8, None, ("few",)),
        (4, None, ("few",)),
        (2, None, ("few",)),
        (2, None, ("few",)),
    ]


def test_a_mean_given_the_incidents_is_jackknifed_over_them() -> None:
    """What an interruption lasts on average varies as incidents come and go: one is left out after another."""
    asked = metric("mean(r, size)", AT, interval=Interval(method="ratio", replicate="incident"))
    found = cells(planned(asked, ()), SPANS)[0]
    assert found.without is not None
    assert found.present is not None

    total, n = {"a": 8, "b": 4, "c": 2, "t": 2}, {"a": 1.5, "b": 0.5, "c": 1, "t": 2}
    wanted = sorted((16 - total[i]) / (5 - n[i]) for i in total)
    assert sorted(found.without[0, 0][found.present[0, 0]]) == pytest.approx(wanted)


def test_rows_that_know_no_incident_have_no_interval() -> None:
    """Without incidents nothing is known of the chance in a total of interruptions: no interval, no failure."""
    rows = RowSet(table="fact", at="at")
    made = planned(metric("count(r)", rows, interval=COMPOUND), ())
    facts = [{**dict.fromkeys(company.FACT.columns), "at": START, "bucket": 1, "party_id": 1}]
    found = answer_cells(made, cells(made, SPANS, facts)[0], Terms())

    assert (found[0].estimate.value, found[0].estimate.lo, found[0].estimate.hi) == (1, None, None)
    assert np.isnan(cells(made, SPANS, facts)[0].of[0]).sum() == 0
