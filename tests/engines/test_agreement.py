"""The oracle and DuckDB give the same cells on random companies and random metrics."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from regard.engines import Duck, Oracle
from regard.plan import INCIDENT, Cells, Plan, collect
from tests.engines import company

Row = dict[str, Any]


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    """One connection for all cases: opening one for each would take most of the time."""
    return duckdb.connect(config={"threads": 1})


def same(left: Any, right: Any) -> bool:
    """Whether two arrays of numbers are equal up to the rounding of their sums, blanks included."""
    if left is None or right is None:
        return left is None and right is None
    return left.shape == right.shape and bool(np.allclose(left, right, rtol=1e-9, atol=1e-9, equal_nan=True))


def by_value(without: Any, present: Any) -> Any:
    """The values without each incident in order of size, since engines may number the incidents of a cell apart."""
    most = present.sum(axis=2).max(initial=0)
    ordered = np.sort(np.where(np.isnan(without), -1e300, np.where(present, without, 1e300)), axis=2)
    return ordered[:, :, :most]


def field(cells: Cells, name: str) -> Any:
    """An attribute of cells; of `without`, the replicates that have rows in any cell, since an engine may tell more."""
    found = getattr(cells, name)
    if name == "without" and found is not None and cells.metric.interval.replicate == INCIDENT:
        return by_value(found, cells.present)
    if name == "parts" and found is not None:
        return np.stack([found.sum(axis=2), (found**2).sum(axis=2), (found > 1e-12).sum(axis=2)])
    return found[:, :, cells.present.any(axis=(0, 1))] if name == "without" and found is not None else found


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(company.questions(), company.facts(), company.spans(), company.versions())
def test_the_oracle_and_duckdb_give_the_same_cells(
    connection: duckdb.DuckDBPyConnection, plan: Plan, facts: list[Row], spans: list[Row], versions: list[Row]
) -> None:
    """Every value, n, end, replicate and flag agrees, whatever the metric, the grain, the zone and the data."""
    connection.register("fact", company.arrow(company.FACT, facts))
    connection.register("span", company.arrow(company.SPAN, spans))
    parts = company.shares(spans)
    connection.register("span_share", company.arrow(company.SPAN_SHARE, parts))
    connection.register("party", pa.Table.from_pylist(versions, schema=company.VERSIONS))
    tables = {"fact": facts, "span": spans, "span_share": parts}

    results = Duck(connection, lambda table, _: table).run(plan)
    fast = collect(plan, results)
    slow = collect(plan, Oracle(lambda table, _: tables[table], versions).run(plan))

    for left, right in zip(fast, slow, strict=True):
        assert left.groups == right.groups, results.sql
        for name in ("value", "n", "squares", "without", "parts", "lo", "hi", "unripe", "mixed"):
            assert left.flags.keys() == right.flags.keys()
            assert all(same(raised, right.flags[name]) for name, raised in left.flags.items())
            assert same(field(left, name), field(right, name)), (name, left.metric, "\n\n".join(results.sql))
