"""Numbers along time: a trend with what surrounds it, and its small sisters for a tile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.present.chart.svg import (
    SHORT_UNIT,
    SIGN,
    Axis,
    Frame,
    Scale,
    Svg,
    axis,
    box,
    drawable,
    line,
    mark,
    path,
    picture,
    text,
    ticks,
    tip,
)
from regard.present.numbers import unit as unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

End = tuple[float | None, float | None]
"""Lower and upper end of where a number should be; None for no end."""

TOP, HEADED, BOTTOM, RIGHT = 14, 30, 24, 10
"""Room around a trend, in user units; above it more where it is headed."""

NOTE = 15
"""Height of a line of notes above a trend."""


@dataclass(frozen=True, slots=True)
class Point:
    """One number of a picture.

    Attributes:
        label: under or beside it.
        value: None leaves a gap.
        lo, hi: ends of its interval, or None.
        open: whether it may still change (a period that runs): drawn hollow.
        says: what a pointer reads on it, or "" for the label.
    """

    label: str
    value: float | None
    lo: float | None = None
    hi: float | None = None
    open: bool = False
    says: str = ""


@dataclass(frozen=True, slots=True)
class Shade:
    """A stretch of time that is shaded, such as an incident.

    Attributes:
        start, end: in points, 0 being the middle of the first and 0.5 its end.
        label: what it was; read by a pointer.
    """

    start: float
    end: float
    label: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A moment that is marked by an upright line, such as a new version of a definition.

    Attributes:
        at: in points, as for `Shade`.
        label: written at its top.
    """

    at: float
    label: str


def trend(
    points: Sequence[Point],
    frame: Frame,
    *,
    target: End | Sequence[End] = (None, None),
    shades: Sequence[Shade] = (),
    rules: Sequence[Rule] = (),
) -> str:
    """Return a line with its interval as a band, its target as steps, and what happened meanwhile.

    Args:
        points: in order of time, evenly spaced.
        frame: title, words, unit, size.
        target: where the value should be, once for all points or one for each.
        shades: stretches that are shaded.
        rules: moments that are marked.

    Raises:
        ValueError: a number is NaN or infinite, or there is not one target for each point.
    """
    width, height = frame.width or 640, frame.height or 240
    aims = _aims(target, len(points))
    noted = bool(rules) + (len(unit_of(frame.unit).after) > SHORT_UNIT)
    top = (HEADED if frame.headed else TOP) + NOTE * noted
    known = drawable(each for p in points for each in (p.value, p.lo, p.hi))
    up = axis(
        [*known, *drawable(end for aim in aims for end in aim)],
        height - BOTTOM,
        top,
        unit=frame.unit,
        currency=frame.currency,
    )
    left = up.room
    half = (width - RIGHT - left) / max(len(points), 1) / 2
    across = Scale(0, max(len(points) - 1, 1), left + half, width - RIGHT - half)
    if len(points) == 1:
        across = Scale(0, 0, left, width - RIGHT)
    edges = Scale(-0.5, len(points) - 0.5, left, width - RIGHT)
    parts = [*_aim_area(aims, up.scale, edges), *_across(up, left, width - RIGHT)]
    for shade in shades:
        start, end = edges(shade.start), edges(shade.end)
        parts.append(box(start, top, max(end - start, 2), height - BOTTOM - top, "shade", tip(shade.label)))
    parts += _aim_lines(aims, up.scale, edges)
    for run in _runs(points):
        parts += _run(run, across, up.scale)
    parts += _rules(rules, edges, top, height - BOTTOM, width)
    parts += _along(points, across, half, height)
    parts += [
        mark("rect", "hit", tip(p.says or p.label), x=across(i) - half, y=top, width=2 * half, height=height - top)
        for i, p in enumerate(points)
        if p.says
    ]
    if up.above:
        parts.append(text(0, top - 5, up.above, look="tick"))
    return picture(parts, frame, width, height)


def sparkline(
    values: Sequence[float | None],
    frame: Frame,
    *,
    target: End = (None, None),
    last_open: bool = False,
) -> str:
    """Return a word-sized trend: a line, where it should be, and a dot at its end.

    Args:
        values: in order of time; None leaves a gap.
        frame: title, words, unit, size.
        target: where the values should be; an end far from them is left out rather than flattening the line.
        last_open: whether the last number may still change.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    width, height = frame.width or 150, frame.height or 36
    known = drawable(values)
    lo, hi = (min(known), max(known)) if known else (0.0, 1.0)
    reach = (hi - lo) or abs(hi) or 1.0
    near = [end for end in drawable(target) if lo - reach <= end <= hi + reach]
    lo, hi = min([lo, *near]), max([hi, *near])
    up = Scale(lo, hi, height - 4, 4)
    across = Scale(0, max(len(values) - 1, 1), 3, width - 4)
    parts = [line(0, up(end), width, up(end), "target") for end in near]
    points = [Point("", value) for value in values]
    if last_open and points:
        points[-1] = Point("", values[-1], open=True)
    last = max((i for i, value in enumerate(values) if value is not None), default=-1)
    for run in _runs(points):
        ends = [(across(i), up(p.value)) for i, p in run if p.value is not None]
        parts.append(path("line", "polyline", ends) if len(ends) > 1 else _dot(*ends[0], r=1.5))
    if last >= 0:
        end = values[last]
        parts.append(_dot(across(last), up(end if end is not None else lo), r=3, hollow=points[last].open))
    return picture(parts, frame, width, height, headed=False)


def bullet(
    point: Point,
    frame: Frame,
    *,
    target: End = (None, None),
) -> str:
    """Return where a number stands against its target: a dot with its interval on a strip, the target shaded.

    The strip need not begin at 0, since a dot tells by its place and not by its length (Few 2006).

    Args:
        point: the number.
        frame: title, words, unit, size.
        target: where it should be.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    width, height = frame.width or 150, frame.height or 18
    known = drawable((point.value, point.lo, point.hi, *target))
    marks = ticks(min(known), max(known)) if known else [0.0, 1.0]
    along = Scale(marks[0], marks[-1], 1, width - 1)
    middle = height / 2
    parts = [box(0, middle - 4, width, 8, "track")]
    low, high = target
    if low is not None or high is not None:
        start = 0 if low is None else along(low)
        end = width if high is None else along(high)
        parts.append(box(start, middle - 7, end - start, 14, "aim"))
        parts += [line(along(e), middle - 8, along(e), middle + 8, "target") for e in (low, high) if e is not None]
    if point.lo is not None and point.hi is not None:
        parts.append(line(along(point.lo), middle, along(point.hi), middle, "whisker"))
    if point.value is not None:
        parts.append(_dot(along(point.value), middle, r=4, hollow=point.open))
    return picture(parts, frame, width, height, headed=False)


def _aims(target: End | Sequence[End], points: int) -> list[End]:
    several = [each for each in target if isinstance(each, tuple)]
    if len(several) == len(target):
        if len(several) != points:
            raise ValueError(f"{len(several)} targets for {points} points")
        return several
    low, high = target
    return [(low, high)] * points  # type: ignore[list-item]  # a target that is no list is a pair of ends


def _aim_runs(aims: Sequence[End]) -> list[tuple[int, int, End]]:
    """Return the stretches over which a target is the same: first point, last point, target."""
    found: list[tuple[int, int, End]] = []
    for i, aim in enumerate(aims):
        if found and found[-1][2] == aim:
            found[-1] = (found[-1][0], i, aim)
        else:
            found.append((i, i, aim))
    return [run for run in found if run[2] != (None, None)]


def _aim_area(aims: Sequence[End], up: Scale, edges: Scale) -> list[Svg]:
    found = []
    for first, last, (low, high) in _aim_runs(aims):
        start, end = edges(first - 0.5), edges(last + 0.5)
        top, bottom = up.end if high is None else up(high), up.start if low is None else up(low)
        found.append(box(start, top, end - start, bottom - top, "aim"))
    return found


def _aim_lines(aims: Sequence[End], up: Scale, edges: Scale) -> list[Svg]:
    return [
        line(edges(first - 0.5), up(end), edges(last + 0.5), up(end), "target")
        for first, last, aim in _aim_runs(aims)
        for end in aim
        if end is not None
    ]


def _across(up: Axis, left: float, right: float) -> list[Svg]:
    found: list[Svg] = []
    for each, words in zip(up.marks, up.texts, strict=True):
        y = up.scale(each)
        found += [line(left, y, right, y, "grid"), text(left - 6, y + 4, words, anchor="end", look="tick")]
    return found


def _run(run: Sequence[tuple[int, Point]], across: Scale, up: Scale) -> list[Svg]:
    """Draw a stretch without gaps: band, line, dots; the way to a number that may still change is dashed."""
    found = []
    band = [(across(i), up(p.hi), up(p.lo)) for i, p in run if p.lo is not None and p.hi is not None]
    if len(band) > 1:
        edge = [(x, high) for x, high, _ in band] + [(x, low) for x, _, low in reversed(band)]
        found.append(path("band", "polygon", edge))
    elif band:
        [(x, high, low)] = band
        found.append(line(x, high, x, low, "whisker"))
    ends = [(across(i), up(p.value), p.open) for i, p in run if p.value is not None]
    closed = [(x, y) for x, y, is_open in ends if not is_open]
    if len(closed) > 1:
        found.append(path("line", "polyline", closed))
    found += [
        path("open", "polyline", [ends[i - 1][:2], (x, y)]) for i, (x, y, is_open) in enumerate(ends) if is_open and i
    ]
    return found + [_dot(x, y, hollow=is_open) for x, y, is_open in ends]


def _dot(x: float, y: float, *, r: float = 2.5, hollow: bool = False) -> Svg:
    return mark("circle", "ring" if hollow else "dot", cx=x, cy=y, r=r)


def _rules(rules: Sequence[Rule], edges: Scale, top: float, bottom: float, width: float) -> list[Svg]:
    found: list[Svg] = []
    for rule in rules:
        x = edges(rule.at)
        late = x + len(rule.label) * SIGN > width
        found += [
            line(x, top - 4, x, bottom, "version"),
            text(x - 3 if late else x + 3, top - 4, rule.label, anchor="end" if late else "start", look="tick"),
        ]
    return found


def _along(points: Sequence[Point], across: Scale, half: float, height: float) -> list[Svg]:
    """Write as many labels below as there is room for, the last one always; an edge pushes its label inwards."""
    if not points:
        return []
    longest = max(len(point.label) for point in points) * SIGN
    every = max(1, math.ceil((longest + 10) / (2 * half)))
    left, right = across.start - half, across.end + half
    found: list[Svg] = []
    free = math.inf
    for i in range(len(points) - 1, -1, -every):
        wide = len(points[i].label) * SIGN
        start = min(max(across(i) - wide / 2, left), max(right - wide, left))
        if start + wide + 6 <= free:
            found.append(text(start + wide / 2, height - 6, points[i].label, anchor="middle", look="tick"))
            free = start
    return found[::-1]


def _runs(points: Sequence[Point]) -> list[list[tuple[int, Point]]]:
    """Return the stretches without a gap."""
    runs: list[list[tuple[int, Point]]] = [[]]
    for i, point in enumerate(points):
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append((i, point))
    return [run for run in runs if run]
