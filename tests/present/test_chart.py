"""Charts: valid, finite, said in words, the same bytes each time, whatever the numbers and names."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings, strategies as st

from regard.present import chart
from regard.present.chart.svg import LOOKS

SVG = "{http://www.w3.org/2000/svg}"
PLACES = frozenset({"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "points", "viewBox"})


def read(drawn):
    """Return a picture of ours as a tree."""
    return ET.fromstring(drawn)  # noqa: S314 - drawn by ourselves


def places(root):
    """Return every coordinate of a picture."""
    for each in root.iter():
        for name, value in each.attrib.items():
            if name in PLACES:
                yield from (float(part) for part in re.split(r"[ ,]+", value) if part)


POINTS = [
    chart.Point("2026-01", 84.0, 82.0, 86.0),
    chart.Point("2026-02", None),
    chart.Point("2026-03", 86.0, 84.0, 88.0),
    chart.Point("2026-04", 87.3, 85.1, 89.2),
]

PICTURES = {
    "trend": chart.trend,
    "bars": chart.bars,
    "pareto": lambda points, frame: chart.pareto(
        [chart.Point(p.label, None if p.value is None else abs(p.value)) for p in points], frame
    ),
    "waterfall": lambda points, frame: chart.waterfall(
        [chart.Step(p.label, p.value, i == 0) for i, p in enumerate(points) if p.value is not None], frame
    ),
    "phases": lambda points, frame: chart.phases(
        [(p.label, [chart.Phase(p.label, abs(p.value or 0)), chart.Phase("rest", 1)]) for p in points], frame
    ),
    "timeline": lambda points, frame: chart.timeline(
        [chart.Span(p.label, p.value or 0, p.hi, p.label, i) for i, p in enumerate(points)],
        frame,
        start=-1.0,
        end=1.0,
        moments=[chart.Moment(0.0, p.label) for p in points],
        marks=[(0.5, p.label) for p in points],
    ),
    "sparkline": lambda points, frame: chart.sparkline([p.value for p in points], frame),
    "bullet": lambda points, frame: chart.bullet(points[0] if points else chart.Point("", None), frame),
}
"""Every kind of chart, drawn from a list of points."""

NUMBERS = st.one_of(st.floats(-1e12, 1e12), st.sampled_from([0.0, -0.0, 5e-324, 1e-300, 1e199, -1e199, 0.1 + 0.2]))
TEXTS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["<script>alert(1)</script>", '"/><image href="x"/>', "&amp;]]>", "\x00\x08\ud800", "=1+1", "'"]),
)


@st.composite
def points(draw):
    """Draw a point whose interval, if it has one, holds its value."""
    value = draw(st.one_of(st.none(), NUMBERS))
    if value is None or draw(st.booleans()):
        return chart.Point(draw(TEXTS), value)
    lo, hi = sorted((draw(NUMBERS), draw(NUMBERS)))
    return chart.Point(draw(TEXTS), value, min(lo, value), max(hi, value), open=draw(st.booleans()), says=draw(TEXTS))


@pytest.mark.parametrize("kind", PICTURES)
@settings(max_examples=40)
@given(st.lists(points(), max_size=7), TEXTS, TEXTS)
def test_whatever_comes_it_is_a_picture(kind, given_points, title, description):
    """Any numbers and names give well-formed SVG with finite places, that runs and fetches nothing, always alike."""
    drawn = PICTURES[kind](given_points, chart.Frame(title=title, description=description))
    root = read(drawn)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert all(math.isfinite(place) for place in places(root))
    assert {each.tag for each in root.iter()} <= {
        f"{SVG}{name}" for name in ("svg", "title", "desc", "text", "line", "rect", "circle", "polyline", "polygon")
    }
    assert not any(name.startswith("on") or "href" in name or name == "style" for e in root.iter() for name in e.attrib)
    assert drawn == PICTURES[kind](given_points, chart.Frame(title=title, description=description))


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e300])
def test_no_number_is_not_drawn(kind, number):
    """NaN, infinity and what is beyond drawing are refused: a missing number is None."""
    with pytest.raises(ValueError, match=r"drawn|place"):
        PICTURES[kind]([chart.Point("a", number, None, number)], chart.Frame(title="t", description="d"))


def test_a_trend_is_a_picture_with_words():
    """A picture has a title and a description, escaped."""
    root = read(
        chart.trend(
            POINTS, chart.Frame(title="Happy <customers>", description="up & up", unit="percent"), target=(85, None)
        )
    )
    assert (root.find(f"{SVG}title").text, root.find(f"{SVG}desc").text) == ("Happy <customers>", "up & up")


def test_a_gap_stays_a_gap():
    """A period without a value breaks the line and the band; a number alone between gaps is a dot with a whisker."""
    root = read(chart.trend(POINTS, chart.Frame(title="t", description="d")))
    assert [len(e.get("points").split()) for e in root.iter(f"{SVG}polyline")] == [2]
    assert len(list(root.iter(f"{SVG}circle"))) == 3
    assert len(list(root.iter(f"{SVG}polygon"))) == 1


def test_a_number_that_may_change_is_hollow():
    """A running period is a ring, and the way to it is dashed."""
    points = [chart.Point("a", 1.0), chart.Point("b", 2.0), chart.Point("c", 3.0, open=True)]
    root = read(chart.trend(points, chart.Frame(title="t", description="d")))
    assert [e.get("class") for e in root.iter(f"{SVG}circle")] == ["c-dot", "c-dot", "c-ring"]
    assert [e.get("class") for e in root.iter(f"{SVG}polyline")] == ["c-line", "c-open"]


def test_targets_stand_as_steps():
    """A target that changes is drawn where it held, and nowhere else (R123)."""
    target = [(80.0, None), (80.0, None), (85.0, None), (None, None)]
    root = read(chart.trend(POINTS, chart.Frame(title="t", description="d"), target=target))
    lines = [e for e in root.iter(f"{SVG}line") if e.get("class") == "c-target"]
    assert [e.get("y1") == e.get("y2") for e in lines] == [True, True]
    assert float(lines[0].get("x2")) == float(lines[1].get("x1"))
    assert float(lines[0].get("y1")) > float(lines[1].get("y1"))
    with pytest.raises(ValueError, match="targets"):
        chart.trend(POINTS, chart.Frame(title="t", description="d"), target=[(1.0, None)])


def test_what_happened_meanwhile_is_there():
    """An incident is a shaded stretch that tells its name to a pointer, a new definition an upright line with text."""
    root = read(
        chart.trend(
            POINTS,
            chart.Frame(title="t", description="d"),
            shades=[chart.Shade(1.0, 1.2, "INC-1: login down")],
            rules=[chart.Rule(2.5, "version 2")],
        )
    )
    [shade] = [e for e in root.iter(f"{SVG}rect") if e.get("class") == "c-shade"]
    assert shade.find(f"{SVG}title").text == "INC-1: login down"
    assert "version 2" in [e.text for e in root.iter(f"{SVG}text")]


def test_higher_numbers_stand_higher():
    """The line rises where the numbers rise."""
    root = read(chart.trend([chart.Point("a", 1), chart.Point("b", 2)], chart.Frame(title="t", description="d")))
    [line] = root.iter(f"{SVG}polyline")
    first, last = (tuple(map(float, point.split(","))) for point in line.get("points").split())
    assert first[0] < last[0]
    assert first[1] > last[1]


def test_bars_say_their_values():
    """Each bar has its label and its value as text, a missing one too."""
    made = chart.bars(
        [chart.Point("phone", 35, 33, 37), chart.Point("chat", None)],
        chart.Frame(title="t", description="d", unit="percent"),
    )
    root = read(made)
    said = [each.text for each in root.iter(f"{SVG}text") if each.get("class") == "c-label"]
    assert said == ["phone", "35.0 %", "chat", "-"]
    assert len([e for e in root.iter(f"{SVG}rect") if e.get("class") == "c-bar"]) == 1


def test_pareto_orders_and_adds_up():
    """The largest stands first; the shares run to all of it."""
    root = read(
        chart.pareto([chart.Point("b", 25), chart.Point("a", 75)], chart.Frame(title="t", description="d", unit="min"))
    )
    said = [each.text for each in root.iter(f"{SVG}text") if each.get("class") == "c-label"]
    assert said == ["a", "75.0 min, 75 %", "b", "25.0 min, 100 %"]
    with pytest.raises(ValueError, match="whole"):
        chart.pareto([chart.Point("a", -1)], chart.Frame(title="t", description="d"))


def test_a_waterfall_stands_on_the_step_before():
    """Each step begins where the one before ended."""
    steps = [
        chart.Step("before", 10, total=True),
        chart.Step("up", 5),
        chart.Step("down", -3),
        chart.Step("now", 12, total=True),
    ]
    root = read(chart.waterfall(steps, chart.Frame(title="t", description="d")))
    bars = [e for e in root.iter(f"{SVG}rect") if e.get("class") in {"c-more", "c-less", "c-total"}]
    spans = [(float(e.get("x")), float(e.get("x")) + float(e.get("width"))) for e in bars]
    assert [e.get("class") for e in bars] == ["c-total", "c-more", "c-less", "c-total"]
    assert spans[1][0] == pytest.approx(spans[0][1], abs=0.02)
    assert spans[2][1] == pytest.approx(spans[1][1], abs=0.02)
    assert spans[2][0] == pytest.approx(spans[3][1], abs=0.02)


def test_the_page_decides_on_dark_or_light():
    """Every mark has a class of the list; texts and lines take the colour of the page by themselves."""
    root = read(chart.trend(POINTS, chart.Frame(title="t", description="d"), target=(80, 90)))
    classes = {e.get("class") for e in root.iter()} - {None, "chart"}
    assert classes <= {f"c-{look}" for look in LOOKS}
    assert {e.get("fill") for e in root.iter(f"{SVG}text")} == {"currentColor"}


def test_the_same_numbers_give_the_same_bytes():
    """A chart kept under version control changes only when its numbers do."""
    drawn = chart.sparkline([1.0, None, 3.0], chart.Frame(title="Spark", description="1 to 3"), target=(2.0, None))
    assert drawn == (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 36" role="img" class="chart" '
        'font-family="system-ui, sans-serif" font-size="12"><title>Spark</title><desc>1 to 3</desc>'
        '<line class="c-target" x1="0" y1="18" x2="150" y2="18" stroke="#009E73" stroke-width="1.5" '
        'stroke-dasharray="5 3" fill="none"/><circle class="c-dot" cx="3" cy="32" r="1.5" fill="#0072B2"/>'
        '<circle class="c-dot" cx="146" cy="4" r="1.5" fill="#0072B2"/>'
        '<circle class="c-dot" cx="146" cy="4" r="3" fill="#0072B2"/></svg>'
    )


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12))
def test_ticks_enclose_what_is_drawn(a, b):
    """A few round numbers, the first not above the lowest value, the last not below the highest."""
    lo, hi = min(a, b), max(a, b)
    marks = chart.ticks(lo, hi)
    room = 1e-6 * max(abs(lo), abs(hi), 1e-300)
    assert 2 <= len(marks) <= 8
    assert marks[0] <= lo + room
    assert marks[-1] >= hi - room
