"""The picture of an incident's course: its areas are what was lost, however many steps there are."""

from __future__ import annotations

from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from regard.present import chart
from regard.present.incident_chart import times

SVG = "{http://www.w3.org/2000/svg}"
STEPS = [(0.0, {"full outage": 10.0}), (10.0, {"full outage": 4.0, "degraded": 3.0}), (30.0, {"full outage": 0.0})]


def area(points: str) -> float:
    """Return the area of a polygon (shoelace)."""
    corners = [tuple(map(float, each.split(","))) for each in points.split()]
    around = zip(corners, [*corners[1:], corners[0]], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in around)) / 2


def test_areas_are_what_was_lost():
    """Each kind has one area, in proportion to customers times minutes; moments are named once each."""
    moments = [chart.Moment(5.0, "detected"), chart.Moment(5.5, "acknowledged <now>")]
    drawn = chart.course(STEPS, chart.Frame(title="t", description="d"), start=0.0, end=40.0, moments=moments)
    root = ET.fromstring(drawn)  # noqa: S314 - drawn by ourselves
    sizes = {each[0].text: area(each.get("points")) for each in root.iter(f"{SVG}polygon")}
    lost = {"full outage": 10 * 10 + 4 * 20, "degraded": 3 * 20}
    assert sizes["full outage"] / sizes["degraded"] == pytest.approx(lost["full outage"] / lost["degraded"], rel=0.01)
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert texts.count("acknowledged <now>") == 1


def test_many_steps_are_drawn_as_fewer_of_the_same_area():
    """Thousands of steps become hundreds of corners; what was lost stays: 0 to 6 in turn is as much as always 3."""
    many = [(float(i), {"outage": float(i % 7), "degraded": 3.0}) for i in range(7000)]
    drawn = chart.course(many, chart.Frame(title="t", description="d"), start=0.0, end=7000.0)
    root = ET.fromstring(drawn)  # noqa: S314 - drawn by ourselves
    outage, degraded = (each.get("points") for each in root.iter(f"{SVG}polygon"))
    assert len(outage.split()) < 2000
    assert area(outage) == pytest.approx(area(degraded), rel=0.01)


@pytest.mark.parametrize("steps", [[], [(0.0, {})], [(0.0, {"outage": 0.0})]])
def test_nothing_is_drawn_as_nothing(steps):
    """No step and no loss are a picture without areas of any size."""
    ET.fromstring(chart.course(steps, chart.Frame(title="t", description="d"), start=0.0, end=1.0))  # noqa: S314 - as above


def test_axes_of_time_read_on_the_wall():
    """Round times of the zone; the day is said once, over months the first of each."""
    hour, zone = 3_600_000_000, ZoneInfo("Europe/Berlin")
    start = 1_780_000_000_000_000
    assert [text for _, text in times(start, start + 3 * hour, zone)][:2] == ["28 May 22:30", "23:00"]
    months = [text for _, text in times(start, start + 24 * 200 * hour, zone)]
    assert months[0] == "Jun 2026"
    assert len(months) <= 9
