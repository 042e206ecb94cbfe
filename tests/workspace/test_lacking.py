"""A number made of nothing is no number: what lacks a table or column says so, wherever it is asked (ADR 12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regard.cli import main
from regard.model import Status
from regard.present import document, table, words
from regard.workspace.workbook import gather
from tests.workspace.alone import SOURCES, alone
from tests.workspace.outages import CUSTOMERS, LOSSES, UNTIL, Outages, served

if TYPE_CHECKING:
    from regard.workspace import Workspace

READY = {
    "orders": """acquisition_rate aov churn_inactive new_customers purchase_freq reactivations repeat_rate
        repeat_rate_ever retention_inactive""",
    "survey": "csat_index csat_mean csat_net csat_top2",
    "cases": """backlog backlog_age backlog_age_p90 resolution_in_target resolution_time resolution_time_km
        resolution_time_median resolution_time_p90""",
    "incidents": "incident_count",
}
"""Source -> every metric that it can answer by itself; whatever else gives a number makes it of nothing."""


@pytest.fixture(scope="module", params=SOURCES)
def one(request, tmp_path_factory) -> tuple[str, Workspace]:
    """The name of a source, and the workspace that has nothing else."""
    return request.param, alone(tmp_path_factory.mktemp("alone") / request.param, request.param)


def test_ready_and_ask_agree_on_every_metric(one):
    """Ready is what gives a number; what needs something gives none and names it, in the same words."""
    name, workspace = one
    states = {found.metric.id: found for found in workspace.ready()}
    built = [metric for metric, found in states.items() if found.metric.status is not Status.PLANNED]
    answers = workspace.ask(*built, grain="year", compare="", intervals=False)
    given = {answer.metric.id for answer in answers if any(cell.estimate.value is not None for cell in answer.cells)}
    assert sorted(metric for metric in built if states[metric].state == "ready") == READY[name].split()
    assert given == set(READY[name].split())
    for answer in answers:
        found = states[answer.metric.id]
        if found.state == "needs":
            assert found.why, answer.metric.id
            assert {cell.estimate.why for cell in answer.cells} <= {f"unknown: needs {found.why}"}, answer.metric.id
            assert all("lacking" in cell.estimate.flags for cell in answer.cells), answer.metric.id


@pytest.fixture(scope="module")
def orders(tmp_path_factory) -> Workspace:
    """Orders and nothing else."""
    return alone(tmp_path_factory.mktemp("orders") / "it", "orders")


def test_every_surface_says_what_is_lacking(orders, capsys):
    """Terminal, JSON, CSV, scorecard, explain and workbook: no 0, but the table or column that is not there."""
    answers = orders.ask("cac", "return_rate", grain="all", compare="")
    needs = {"cac": "unknown: needs table cost", "return_rate": "unknown: needs column returned_at of table order"}
    for answer, (metric, why) in zip(answers, needs.items(), strict=True):
        [cell] = document.document(answer)["cells"]
        assert (cell["value"], cell["n"], cell["flags"], cell["why"]) == (None, None, ["lacking"], why)
        assert why in document.to_csv([answer])
        assert words.summary(answer, answer.cells[0]).endswith(f"({why}).")
        assert table.scorecard([answer]).rows[0][1].spoken == why
        for typed in (["explain", metric, "--period", "2024"], ["ask", metric, "--grain", "all"]):
            with pytest.raises(SystemExit, match=r"^0$"):
                main(["-C", str(orders.root), *typed])
            assert why in capsys.readouterr().out
    material = gather(orders)
    assert {metric: material.left[metric] for metric in needs} == needs
    assert not set(needs) & {metric.id for metric in material.metrics}


def test_a_column_that_is_mapped_and_blank_tells_of_events_that_never_happened(tmp_path):
    """No order came back, and the file would say so: that is a rate of 0, not an unknown."""
    workspace = alone(tmp_path / "it", "orders", more="returned_at: back")
    [cell] = workspace.ask("return_rate", grain="all", compare="").cells
    assert cell.estimate.value == 0
    assert cell.estimate.n


def test_losses_without_incidents_are_all_there_is(tmp_path):
    """Incidents only label losses: where losses are recorded and no incident is, none hides an unknown impact."""
    company = Outages(tmp_path, until=UNTIL)
    company.has(customers=served(CUSTOMERS), losses=[{**one, "incident": None} for one in LOSSES])
    [cell] = company.workspace.ask("cml", grain="all", compare="").cells
    assert cell.estimate.value
