"""Which metrics may have their interval from incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.catalog import load
from regard.errors import AuthorError

if TYPE_CHECKING:
    from pathlib import Path

METRIC = """metric: lost
version: 1
title: Minutes lost
kind: across tables
rows:
  lost: {{table: {table}, over: [start_at, end_at]}}
  served: {{table: served, over: [start_at, end_at]}}
leaves:
  lost_min: "{leaf}"
  served_min: "sum(served, overlap * size)"
value: lost_min / (served_min / length)
interval: {{method: {method}, of: [lost_min, served_min], replicate: {replicate}}}
dims: []
"""


def wrong(tmp_path: Path, **fields: str) -> list[tuple[str, str]]:
    """Rule and field of each mistake in a metric of minutes lost with some fields changed."""
    told = {"table": "ledger", "leaf": "sum(lost, overlap * size)", "method": "compound_poisson_rate"}
    (tmp_path / "metrics").mkdir(exist_ok=True)
    (tmp_path / "metrics" / "m.yaml").write_text(METRIC.format(**{**told, "replicate": "incident", **fields}))
    try:
        load(tmp_path).metric("lost")
    except AuthorError as error:
        return [(one.rule, one.field) for one in error.mistakes]
    return []


def test_rows_or_their_parts_must_know_their_incident(tmp_path: Path) -> None:
    """The ledger knows incidents by its parts, an episode by itself; who is served knows none."""
    assert wrong(tmp_path) == []
    assert wrong(tmp_path, table="ledger_share") == []
    assert wrong(tmp_path, table="served") == [("no-incident", "interval.replicate")]


def test_each_method_has_the_replicates_that_fit_it(tmp_path: Path) -> None:
    """Rates of interruption vary by incident and by nothing else; other rates by day; ratios by any."""
    assert wrong(tmp_path, replicate="party") == [("no-replicate", "interval.replicate")]
    assert wrong(tmp_path, method="rate") == [("no-replicate", "interval.replicate")]
    assert wrong(tmp_path, method="ratio") == []
    assert wrong(tmp_path, method="ratio", replicate="day") == []


def test_what_an_incident_adds_is_a_sum(tmp_path: Path) -> None:
    """A leaf that is arithmetic over sums has no amounts of single incidents that add up to it."""
    leaf = "max(sum(lost, overlap * size), 1)"

    assert wrong(tmp_path, leaf=leaf) == [("interval-leaves", "interval.of.0")]
