"""Rows in parts: which table is read, and that parts add up to their rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from regard.errors import QuestionError
from regard.expr import parse
from regard.model import Per, RowSet
from tests.engines import company
from tests.engines.asking import ROWS, cells, metric, planned

Row = dict[str, Any]

LEAVES = ["sum(r, overlap * size)", "sum(r, rate * part)", "sum(r, if(size > 1, overlap, 0))"]
AT = RowSet(table="span", at="start_at")
SUMS = Per(("party_id",), (("wins", parse("1")), ("big", parse("size > 1"))))
OTHERS = [
    ("count(r)", AT),
    ("sum(r, tier = 'gold')", AT),
    ("mean(r, rate)", AT),
    ("distinct(r, party_id)", AT),
    ("quantile(r, rate, 0.5, size)", AT),
    ("sum(r, wins > 1)", replace(AT, per=SUMS)),
    ("sum(r, big)", replace(AT, per=SUMS)),
]


@settings(max_examples=150, deadline=None)
@given(company.spans(), st.sampled_from([*((leaf, ROWS) for leaf in LEAVES), *OTHERS]))
def test_the_whole_is_the_same_whichever_table_is_read(spans: list[Row], asked: tuple[str, RowSet]) -> None:
    """What is asked of the whole does not depend on what else is asked: rows or their parts, the number is one."""
    alone = cells(planned(metric(*asked), ()), spans)[0]
    beside = cells(planned(metric(*asked), (), ("cause",)), spans)[0]

    assert np.allclose(alone.value, beside.value, equal_nan=True)


@settings(max_examples=100, deadline=None)
@given(company.spans(), st.sampled_from(LEAVES))
def test_parts_add_up_to_their_rows(spans: list[Row], leaf: str) -> None:
    """By a dimension of the parts alone, the groups of a sum add up to the sum over the rows."""
    whole = cells(planned(metric(leaf), ()), spans)[0]
    groups = cells(planned(metric(leaf), ("cause", "incident")), spans)[0]

    assert np.allclose(whole.value[0], groups.value.sum(axis=0))


def test_the_finer_table_is_read_only_where_it_is_needed() -> None:
    """Each table is read with the arguments it has; a dimension or filter of the parts alone makes the planner turn."""
    plain = planned(metric("count(r)"), ("tier",)).scans
    cut = planned(metric("count(r)"), ("tier", "cause")).scans
    filtered = planned(metric("count(r)"), (), where="cause = 'dns'").scans

    assert {(s.table, s.arguments) for s in plain} == {("span", (("grain", "user"),))}
    assert {(s.table, s.arguments) for s in cut} == {("span_share", (("grain", "user"), ("sharing", "first")))}
    assert {s.table for s in filtered} == {"span_share"}


def test_what_neither_table_has_is_refused_by_name() -> None:
    """A dimension that neither the rows nor their parts have is refused, and the hint says what they can be cut by."""
    with pytest.raises(QuestionError, match="table span has no such dimension; it can be cut by cause"):
        planned(metric("count(r)", dims=("cause", "channel")), ("channel",))


def test_a_share_of_the_total_over_a_dimension_of_the_parts() -> None:
    """`total(leaf, cause)` stands beside each cause, and the shares of the causes sum to 1."""
    day = company.DAY_US
    start = company.FIRST + 20 * day
    base = {"party_id": 1, "start_at": start, "end_at": start + day, "size": 3, "rate": 1.0, "tier": None, "bucket": 1}
    spans = [{**base, "parts": company.PARTS[3]}, {**base, "party_id": 2, "bucket": 2, "parts": company.PARTS[1]}]

    found = cells(planned(metric("sum(r, overlap * size)", value="leaf / total(leaf, cause)"), ("cause",)), spans)[0]

    assert dict(zip(found.groups, found.value[:, 0], strict=True)) == {("deploy",): 0.5, ("dns",): 0.25, (None,): 0.25}
