from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, strategies as st

from regard.present import chart

SVG = "{http://www.w3.org/2000/svg}"


def read(drawn):
    """Return a picture of ours as a tree."""
    return ET.fromstring(drawn)  # noqa: S314 - drawn by ourselves


POINTS = [
    chart.Point("2026-01", 84.0, 82.0, 86.0),
    chart.Point("2026-02", None),
    chart.Point("2026-03", 86.0, 84.0, 88.0),
    chart.Point("2026-04", 87.3, 85.1, 89.2),
]


def test_a_trend_is_a_picture_with_words():
    """A picture has a title and a description, runs nothing and fetches nothing."""
    drawn = chart.trend(POINTS, title="Happy <customers>", description="up & up", unit="percent", target=(85, None))
    root = read(drawn)
    assert (root.find(f"{SVG}title").text, root.find(f"{SVG}desc").text) == ("Happy <customers>", "up & up")
    assert root.get("role") == "img"
    assert {each.tag.removeprefix(SVG) for each in root.iter()}.isdisjoint({"script", "image", "foreignObject", "a"})
    assert "href" not in drawn


def test_a_gap_stays_a_gap():
    """A period without a value breaks the line and the band."""
    root = read(chart.trend(POINTS, title="t", description="d"))
    assert [len(line.get("points").split()) for line in root.iter(f"{SVG}polyline")] == [1, 2]
    assert len(list(root.iter(f"{SVG}circle"))) == 3
    assert len(list(root.iter(f"{SVG}polygon"))) == 1


def test_higher_numbers_stand_higher():
    """The line rises where the numbers rise."""
    root = read(chart.trend([chart.Point("a", 1), chart.Point("b", 2)], title="t", description="d"))
    [line] = root.iter(f"{SVG}polyline")
    first, last = (tuple(map(float, point.split(","))) for point in line.get("points").split())
    assert first[0] < last[0]
    assert first[1] > last[1]


def test_bars_say_their_values():
    """Each bar has its label and its value as text, a missing one too."""
    made = chart.bars(
        [chart.Point("phone", 35, 33, 37), chart.Point("chat", None)], title="t", description="d", unit="percent"
    )
    root = read(made)
    said = [each.text for each in root.iter(f"{SVG}text")]
    assert said == ["t", "phone", "35.0 %", "chat", "-"]
    assert len(list(root.iter(f"{SVG}rect"))) == 1


def test_the_page_decides_on_dark_or_light():
    """Texts and lines take the colour of the page; fills come from the colour-blind-safe palette only."""
    palette = {chart.BLUE, chart.ORANGE, chart.GREEN, chart.VERMILION, chart.SKY, chart.PURPLE, chart.YELLOW}
    root = read(chart.trend(POINTS, title="t", description="d", target=(80, 90)))
    used = {each.get(name) for each in root.iter() for name in ("fill", "stroke") if each.get(name)}
    assert used <= palette | {"currentColor", "none"}
    assert {each.get("fill") for each in root.iter(f"{SVG}text")} == {"currentColor"}


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12))
def test_ticks_enclose_what_is_drawn(a, b):
    """A few round numbers, the first not above the lowest value, the last not below the highest."""
    lo, hi = min(a, b), max(a, b)
    marks = chart.ticks(lo, hi)
    room = 1e-6 * max(abs(lo), abs(hi), 1e-300)
    assert 2 <= len(marks) <= 8
    assert marks[0] <= lo + room
    assert marks[-1] >= hi - room


@pytest.mark.parametrize("draw", [chart.trend, chart.bars])
def test_nothing_to_draw_is_a_picture_too(draw):
    """No points, or only missing ones, give a valid picture."""
    for points in ([], [chart.Point("a", None)], [chart.Point("a", 0.0)]):
        assert read(draw(points, title="t", description="d")).tag == f"{SVG}svg"


@pytest.mark.parametrize("draw", [chart.trend, chart.bars])
def test_nan_is_not_drawn(draw):
    """NaN is refused: a gap is None."""
    with pytest.raises(ValueError, match="None"):
        draw([chart.Point("a", math.nan)], title="t", description="d")
