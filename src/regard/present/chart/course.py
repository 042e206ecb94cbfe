"""How many at once, by kind, over time: areas in steps, so that what is drawn is what was lost."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from regard.present.chart.svg import (
    PARTS,
    SIGN,
    Frame,
    Scale,
    Svg,
    axis,
    drawable,
    line,
    mark,
    path,
    picture,
    text,
    tip,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.present.chart.timeline import Moment

HEADED, BARE, BELOW, KEY, NAMES = 28, 10, 24, 20, 15
"""Heights: above the picture with and without a head, below it, of the key, of a line of names of moments."""

ROWS = 4
"""Lines of names, so that moments close to each other do not run into each other."""

FINEST = 320
"""More steps than these are drawn as so many, each the mean of its stretch: the area stays what it was."""


def course(
    steps: Sequence[tuple[float, Mapping[str, float]]],
    frame: Frame,
    *,
    start: float,
    end: float,
    moments: Sequence[Moment] = (),
    marks: Sequence[tuple[float, str]] = (),
) -> str:
    """Return stacked areas in steps between two times, with moments across them.

    Args:
        steps: (from when, kind -> how many) in order of time; each holds until the next, the last until the end.
        frame: title, words, unit, size.
        start: of the axis.
        end: likewise.
        moments: upright lines, each with its name above.
        marks: the texts of the axis of time and where they stand, made by whoever knows the calendar.

    Raises:
        ValueError: a number is NaN or infinite, or the axis ends before it begins.
    """
    width, height = frame.width or 720, frame.height or 260
    drawable([start, end, *(at for at, _ in steps), *(n for _, kinds in steps for n in kinds.values())])
    if end < start:
        raise ValueError(f"the axis ends at {end}, before it begins at {start}")
    kinds = list(dict.fromkeys(kind for _, each in steps for kind in each))
    steps = _coarser(steps, kinds, start, end)
    rows = _named(moments, Scale(start, end, 60, width - 10), width)
    top = (HEADED if frame.headed else BARE) + KEY + NAMES * (1 + max((row for _, _, row in rows), default=-1))
    up = axis([0.0, *(sum(each.values()) for _, each in steps)], height - BELOW, top)
    left = max(up.room, 60.0)
    along = Scale(start, end, left, width - 10)
    parts: list[Svg] = _key(kinds, HEADED if frame.headed else BARE)
    for value, words in zip(up.marks, up.texts, strict=True):
        y = up.scale(value)
        parts += [line(left, y, width - 10, y, "grid"), text(left - 6, y + 4, words, anchor="end", look="tick")]
    if frame.unit:
        parts.append(text(0, top - 6, frame.unit, look="tick"))
    floor = [0.0] * len(steps)
    for place, kind in enumerate(kinds):
        ceiling = [below + each.get(kind, 0.0) for below, (_, each) in zip(floor, steps, strict=True)]
        parts.append(_area(steps, floor, ceiling, along, up.scale, end, f"part{place % PARTS + 1}", kind))
        floor = ceiling
    for at, words in marks:
        x = along(at)
        parts += [line(x, height - BELOW, x, height - BELOW + 4, "axis")]
        parts.append(text(x, height - 6, words, anchor=_anchor(x, words, width), look="tick"))
    parts.append(line(left, height - BELOW, width - 10, height - BELOW, "axis"))
    for moment, name, row in rows:
        x = along(moment.at)
        y = top - 4 - NAMES * row
        parts += [line(x, y + 2, x, height - BELOW, "version")]
        parts.append(text(x, y, name, anchor=_anchor(x, name, width), look="tick"))
        parts.append(mark("rect", "hit", tip(moment.label), x=x - 5, y=top, width=10.0, height=height - BELOW - top))
    return picture(parts, frame, width, height)


def _area(
    steps: Sequence[tuple[float, Mapping[str, float]]],
    floor: Sequence[float],
    ceiling: Sequence[float],
    along: Scale,
    up: Scale,
    end: float,
    look: str,
    kind: str,
) -> Svg:
    over: list[tuple[float, float]] = []
    under: list[tuple[float, float]] = []
    for i, (at, _) in enumerate(steps):
        until = steps[i + 1][0] if i + 1 < len(steps) else end
        for edge in (at, until):
            over.append((along(edge), up(ceiling[i])))
            under.append((along(edge), up(floor[i])))
    drawn = path(look, "polygon", [*over, *reversed(under)])
    # The name is read by a pointer on the area.
    return Svg(drawn.replace("/>", f">{tip(kind)}</polygon>"))


def _coarser(
    steps: Sequence[tuple[float, Mapping[str, float]]], kinds: Sequence[str], start: float, end: float
) -> Sequence[tuple[float, Mapping[str, float]]]:
    """Return steps that are not too many: where they are, the mean of each of `FINEST` stretches."""
    if len(steps) <= FINEST:
        return steps
    width = (end - start) / FINEST
    times = [at for at, _ in steps]
    found: list[tuple[float, Mapping[str, float]]] = []
    for i in range(FINEST):
        first, last = start + i * width, start + (i + 1) * width
        inside = range(max(bisect_right(times, first) - 1, 0), bisect_right(times, last))
        sums = dict.fromkeys(kinds, 0.0)
        for place in inside:
            begins = max(times[place], first)
            ends = min(times[place + 1] if place + 1 < len(times) else end, last)
            for kind, many in steps[place][1].items():
                sums[kind] += many * max(ends - begins, 0.0) / width
        found.append((first, sums))
    return found


def _named(moments: Sequence[Moment], along: Scale, width: float) -> list[tuple[Moment, str, int]]:
    """Return moments in order of time with the line in which each is named: the lowest that has room."""
    taken = [float("-inf")] * ROWS
    found = []
    for moment in sorted(moments, key=lambda each: each.at):
        x, room = along(moment.at), len(moment.label) * SIGN * 0.9
        first = x - room if _anchor(x, moment.label, width) == "end" else x
        row = next((i for i, until in enumerate(taken) if first >= until), None)
        if row is None:
            found.append((moment, "", 0))
            continue
        taken[row] = first + room + 8
        found.append((moment, moment.label, row))
    return found


def _key(kinds: Sequence[str], y: float) -> list[Svg]:
    found: list[Svg] = []
    x = 0.0
    for place, kind in enumerate(kinds):
        found.append(mark("rect", f"part{place % PARTS + 1}", x=x, y=y - 10, width=12.0, height=12.0))
        found.append(text(x + 17, y, kind))
        x += 17 + len(kind) * SIGN + 16
    return found


def _anchor(x: float, words: str, width: float) -> str:
    return "end" if x + len(words) * SIGN > width else "start"
