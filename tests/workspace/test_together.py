"""Metrics that are asked together are what they are alone, however much of a statement they share (R034)."""

from __future__ import annotations

import pytest

from regard.workspace import Workspace
from tests.workspace.outages import five

LIKE = """
metric: {name}
version: 1
status: local
like: cemi
title: {name}
{more}
"""
MORE = {
    "hit_once": "parameters: {k: {value: 1, min: 1, max: 100, editable: true}}",
    "hit_twice": "parameters: {k: {value: 2, min: 1, max: 100, editable: true}}",
    "hit_long": (
        "parameters: {k: {value: 1, min: 1, max: 100}, size_to: {value: 0, min: 0, max: 9}}\n"
        "rows: {hit: {table: episode, where: 'sustained and party_size > $size_to', at: start_at, window: 12 months,\n"
        "  per: {keys: [party_id, cohort, party_size], sums: {times: 'size / party_size'}}}}"
    ),
    "hit_never": (
        "parameters: {k: {value: 1, min: 1, max: 100}, size_to: {value: 9, min: 0, max: 9}}\n"
        "rows: {hit: {table: episode, where: 'sustained and party_size > $size_to', at: start_at, window: 12 months,\n"
        "  per: {keys: [party_id, cohort, party_size], sums: {times: 'size / party_size'}}}}"
    ),
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Five customers, and metrics that differ in nothing but the value of a parameter."""
    company = five(tmp_path_factory.mktemp("together"))
    for name, more in MORE.items():
        company.write(f"metrics/{name}.yaml", LIKE.format(name=name, more=more))
    return Workspace.open(company.load().root)


def test_a_parameter_is_that_of_its_own_metric(workspace):
    """Thresholds on what is summed by customer, and in the test of the rows, are not taken from a neighbour."""
    march = {"start": "2026-03-01", "end": "2026-04-01"}
    alone = {name: workspace.ask(name, **march)[0].cells[0].estimate.value for name in ("cemi", *MORE)}
    again = Workspace.open(workspace.root)
    again.kept_answers.get = lambda *_: None  # what is kept would hide what is computed
    together = {answer.metric.id: answer.cells[0].estimate.value for answer in again.ask(*alone, **march)}
    assert together == alone
    assert alone["hit_once"] > alone["hit_twice"] >= alone["cemi"]
    assert alone["hit_long"] > alone["hit_never"] == 0
