"""Pages on how far the data can be trusted say what the command line says, and link what they touch."""

from __future__ import annotations

import re

from regard.present import numbers


def test_every_source_and_table_is_shown_with_its_age(demo, client):
    """All sources and tables of the workspace, with state, coverage and the metrics that they touch."""
    page = client.get("/data-quality").text
    found = demo.freshness()
    for one in found.sources:
        assert one.source.name in page
    for table in found.tables:
        assert f"<code>{table.table}</code>" in page
        for metric in table.metrics:
            assert f'href="/metric/{metric}"' in page
    refused = sum(one.count for one in demo.findings(kind="dq", status="open") if one.severity == "error")
    assert refused > 0
    assert "in quarantine" in page


def test_findings_are_those_of_the_store(demo, client):
    """The list has every open finding, and the one opened has rows as they came and what would mend it."""
    page = client.get("/findings").text
    known = demo.findings(status="open")
    assert len(set(re.findall(r'href="/finding/(\w+)"', page))) == len(known)
    grave = next(one for one in known if one.severity == "error" and one.kind == "dq" and one.scope.get("field"))
    shown = client.get(f"/finding/{grave.id}").text
    assert grave.scope["source"] in shown
    assert "Rows, as they came" in shown
    assert client.get("/finding/nosuch").status_code == 400
    assert client.get("/findings?status=lost").status_code == 400


def test_a_finding_is_judged(demo, client):
    """Whoever looks after data says where a finding stands; without the page's own token nothing changes."""
    one = demo.findings(status="open")[-1]
    path = f"/finding/{one.id}"
    assert client.post(path, data={"status": "ack"}).status_code == 403
    token = re.search(r'name="csrf" value="([^"]+)"', client.get(path).text)[1]
    assert client.post(path, data={"status": "fine", "csrf": token}).status_code == 400
    for status in ("ack", "open"):
        assert client.post(path, data={"status": status, "csrf": token}).status_code == 200
        assert status in {each.status for each in demo.findings() if each.id == one.id}


def test_readiness_is_that_of_the_command(demo, client):
    """The page counts what `regard ready` counts."""
    page = client.get("/ready").text
    states = [one.state for one in demo.ready()]
    for state, said in (("ready", "ready"), ("needs", "need data"), ("not applicable", "not applicable")):
        assert f"{states.count(state)} {said}" in page


def test_a_number_is_opened(demo, client):
    """The page opens the number that the answer gives, and refuses in words what cannot be opened."""
    page = client.get("/explain?metric=aov&period=2026-Q1").text
    (cell,) = demo.ask("aov", grain="quarter", start="2026-01-01", end="2026-04-01").cells
    assert numbers.count(cell.estimate.n) in page
    assert "Where its rows came from" in page
    assert "did you mean" in client.get("/explain?metric=aovv&period=2026").text
    assert "is no day, month or year" in client.get("/explain?metric=aov&period=soon").text
