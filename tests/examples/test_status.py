"""`examples/status`: what the product says of GitHub's incidents against pandas on the published lines."""

from __future__ import annotations

import json
from collections import Counter

import pandas as pd
import pytest

from tests.examples.conftest import EXAMPLES, derived_rows, rows_of


@pytest.fixture(scope="module")
def incidents() -> pd.DataFrame:
    """The published incidents, one a line."""
    lines = (EXAMPLES / "status" / "data" / "incidents.jsonl").read_text(encoding="utf-8").splitlines()
    table = pd.DataFrame([json.loads(line) for line in lines])
    for name in ("started_at", "resolved_at"):
        table[name] = pd.to_datetime(table[name])
    table["first"] = [pd.Timestamp(min(update["at"] for update in updates)) for updates in table["updates"]]
    for edge in ("start_at", "end_at"):
        table[f"harm_{edge}"] = pd.to_datetime([window and window[edge] for window in table["impact_window"]])
    before = table["started_at"] - table["harm_start_at"]
    table["believed"] = (before < pd.Timedelta(hours=48)) & (table["harm_start_at"] <= table["resolved_at"])
    return table


def micros(instant: pd.Timestamp) -> int:
    """An instant as the lake keeps it."""
    return int(instant.value // 1000)


def test_every_incident_and_every_update_arrives(status, incidents):
    """819 incidents with 4,570 updates, none turned away; and `regard check` is silent."""
    workspace, report = status
    assert workspace.check() == []
    assert report.refused == 0
    assert report.sources[0].loaded == {"incident": len(incidents), "event": incidents["updates"].map(len).sum()}
    assert len(incidents) == 819


def test_incidents_by_service(status, incidents):
    """An incident of one component has it as its service; of several, `several`: no incident counts twice."""
    workspace, _ = status

    def service(components):
        if not isinstance(components, list):
            return "not said"
        return components[0] if len(components) == 1 else "several"

    got = dict(rows_of(workspace, "incident", "select service, count(*) from incident group by all"))
    assert got == Counter(incidents["components"].map(service))


def test_clocks_are_those_of_the_page_and_of_its_post_mortems(status, incidents):
    """Begun, told, watched and over, for each of 801 incidents that are no maintenance."""
    workspace, _ = status
    got = rows_of(
        workspace,
        "incident",
        "select incident_id, started_at, declared_at, mitigated_at, resolved_at from incident where not planned",
    )
    unplanned = incidents[incidents["impact"] != "maintenance"].set_index("id")
    assert len(got) == len(unplanned) == 801
    for name, started, declared, mitigated, resolved in got:
        line = unplanned.loc[name]
        watched = [pd.Timestamp(update["at"]) for update in line["updates"] if update["status"] == "Monitoring"]
        harmless = [line["harm_end_at"]] if line["believed"] else []
        assert started == micros(line["harm_start_at"] if harmless else line["started_at"])
        assert declared == micros(line["first"])
        assert resolved == micros(max([line["resolved_at"], *harmless]))
        assert mitigated == (micros(min(harmless or watched)) if harmless or watched else None)
    assert unplanned["impact_window"].notna().sum() - unplanned["believed"].sum() == 4


def test_maintenance_begins_when_it_began_and_not_when_it_was_announced(status, incidents):
    """18 windows of planned work: the announcement is the notice, `In progress` the beginning."""
    workspace, _ = status
    got = rows_of(
        workspace, "incident", "select incident_id, notice_at, started_at, resolved_at from incident where planned"
    )
    planned = incidents[incidents["impact"] == "maintenance"].set_index("id")
    assert len(got) == len(planned) == 18
    for name, notice, started, resolved in got:
        at = {update["status"]: pd.Timestamp(update["at"]) for update in planned.loc[name, "updates"]}
        assert (notice, started, resolved) == tuple(micros(at[s]) for s in ("Scheduled", "In progress", "Completed"))


def test_assumed_minutes_are_marked_as_assumed(assumed, incidents):
    """With the assumption on, every piece of the ledger is `assumed`; shares times time, with overlaps joined."""
    workspace, _ = assumed
    got = derived_rows(
        workspace,
        "ledger",
        "select evidence, sum(size * (end_at - start_at)) / 60e6, min(size), max(size), min(party_size)"
        " from rows group by all",
    )
    real = incidents[incidents["impact"].isin(["minor", "major", "critical"])]
    start = real["harm_start_at"].where(real["believed"], real["started_at"])
    end = real["harm_end_at"].where(real["believed"], real["resolved_at"])
    affected = 1000 * real["impact"].map({"minor": 0.02, "major": 0.2, "critical": 0.7})
    naive = (affected * ((end - start) / pd.Timedelta(minutes=1))).sum()
    [(evidence, minutes, least, most, customers)] = got
    assert (evidence, customers) == ("assumed", 1000)
    assert least == pytest.approx(20)
    assert most <= 1000
    assert 0.9 * naive < minutes < naive


def test_minutes_lost_are_unknown_and_not_zero(status):
    """R001: no metric of what customers lost has a value, and each says why."""
    workspace, _ = status
    for answer in workspace.ask("cml", "cml_per_customer", "int_freq", grain="year"):
        assert {cell.estimate.value for cell in answer.cells} == {None}
        assert all("table impact" in cell.estimate.why for cell in answer.cells), answer.metric.id


def test_how_long_the_page_took_to_speak(status, incidents):
    """R013: of incidents with a post-mortem, half were told 41 minutes or more after harm began."""
    workspace, _ = status
    real = incidents[(incidents["impact"] != "maintenance")]
    felt = real["harm_start_at"].where(real["believed"], real["started_at"])
    told = ((real["first"] - felt) / pd.Timedelta(minutes=1)).clip(lower=0)
    assert round(told[real["believed"]].median()) == 41
    (answer,) = workspace.ask("time_to_know", grain="all", intervals=False)
    assert answer.cells[0].estimate.value == pytest.approx(told.median())
    (detected,) = workspace.ask("time_to_detect", grain="all", intervals=False)
    assert detected.cells[0].estimate.value is None


def test_uptime_by_the_record(status, incidents):
    """R015: the share of 2025 in which no incident of Actions alone was running, its overlaps joined."""
    workspace, _ = status
    own = incidents[(incidents["impact"] != "maintenance") & (incidents["components"].map(str) == "['Actions']")]
    start = own["harm_start_at"].where(own["believed"], own["started_at"])
    end = own["resolved_at"].where(~own["believed"] | (own["harm_end_at"] < own["resolved_at"]), own["harm_end_at"])
    year = (pd.Timestamp("2025-01-01", tz="UTC"), pd.Timestamp("2026-01-01", tz="UTC"))
    spans = pd.DataFrame({"start": start.clip(*year), "end": end.clip(*year)}).sort_values("start")
    reached = spans["end"].cummax().shift(1).fillna(year[0])
    down = (spans["end"] - spans["start"].clip(lower=reached)).clip(lower=pd.Timedelta(0)).sum()
    (answer,) = workspace.ask("incident_uptime", by=["service"], grain="year", start="2025-01-01", end="2026-01-01")
    got = {cell.dims["service"]: cell.estimate.value for cell in answer.cells}
    assert got["Actions"] == pytest.approx(100 * (1 - down / (year[1] - year[0])), rel=1e-9)
    assert round(got["Actions"], 1) == 99.2


def test_nothing_is_said_of_customers_until_somebody_assumes_it(status, assumed):
    """As shipped, no row of impact is made. The assumption that can be switched on says of every row that it is one."""
    workspace, _ = status
    assert workspace.lake.version("impact") is None
    workspace, report = assumed
    assert workspace.check() == []
    assert report.refused == 0
    evidence = rows_of(workspace, "impact", "select evidence, count(*), sum(end_at is null) from impact group by all")
    assert evidence == [("assumed", 770, 0)]
