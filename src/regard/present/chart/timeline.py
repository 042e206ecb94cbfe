"""What happened when: spans in lanes and moments, on one axis of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.present.chart.svg import PARTS, SIGN, Frame, Scale, Svg, box, drawable, line, mark, picture, text, tip

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADED, BARE, BELOW, LANE = 28, 8, 22, 24
MOMENTS = 16
"""Height of the line above the lanes in which moments are named."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time.

    Attributes:
        lane: where it is drawn; lanes stand in the order in which they first come.
        start, end: on the axis; an end that is None goes on.
        label: read by a pointer.
        kind: which of the colours, from 0.
    """

    lane: str
    start: float
    end: float | None
    label: str
    kind: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, such as when it was noticed."""

    at: float
    label: str


def timeline(
    spans: Sequence[Span],
    frame: Frame,
    *,
    start: float,
    end: float,
    moments: Sequence[Moment] = (),
    marks: Sequence[tuple[float, str]] = (),
) -> str:
    """Return spans in lanes between two times.

    Args:
        spans: in any order; what lies outside is cut.
        frame: title, words, unit, size.
        start: of the axis.
        end: likewise.
        moments: upright lines across all lanes, each with its name above.
        marks: the texts of the axis and where they stand, made by whoever knows the calendar.

    Raises:
        ValueError: a time is NaN or infinite, or the axis ends before it begins.
    """
    width = frame.width or 640
    drawable([start, end, *(t for s in spans for t in (s.start, s.end)), *(m.at for m in moments)])
    if end < start:
        raise ValueError(f"the axis ends at {end}, before it begins at {start}")
    lanes = list(dict.fromkeys(span.lane for span in spans))
    left = min(max((len(lane) for lane in lanes), default=0) * SIGN + 10, width * 0.3)
    top = (HEADED if frame.headed else BARE) + (MOMENTS if moments else 0)
    bottom = top + LANE * max(len(lanes), 1)
    along = Scale(start, end, left, width - 8)
    parts: list[Svg] = []
    for at, words in marks:
        x = along(at)
        parts += [
            line(x, top, x, bottom, "grid"),
            text(x, bottom + 15, words, anchor=_anchor(x, words, width), look="tick"),
        ]
    room = int((left - 10) / SIGN)
    for i, lane in enumerate(lanes):
        cut = lane if len(lane) <= max(room, 2) else f"{lane[: max(room - 1, 1)]}\N{HORIZONTAL ELLIPSIS}"
        y = top + LANE * i
        parts += [
            text(left - 8, y + LANE / 2 + 4, cut, anchor="end"),
            line(left, y + LANE, width - 8, y + LANE, "grid"),
        ]
    for span in spans:
        y = top + LANE * lanes.index(span.lane)
        first, last = along(span.start), along(end if span.end is None else span.end)
        look = f"part{span.kind % PARTS + 1}"
        parts.append(box(first, y + 5, max(last - first, 2), LANE - 10, look, tip(span.label)))
    taken = float("-inf")
    for moment in sorted(moments, key=lambda each: each.at):
        x = along(moment.at)
        parts.append(line(x, top - 2, x, bottom, "version"))
        # A name that would run into the one before is read by a pointer alone.
        if x >= taken:
            parts.append(text(x, top - 5, moment.label, anchor=_anchor(x, moment.label, width), look="tick"))
            taken = x + len(moment.label) * SIGN + 8
        parts.append(mark("rect", "hit", tip(moment.label), x=x - 5, y=top, width=10.0, height=bottom - top))
    return picture(parts, frame, width, bottom + BELOW)


def _anchor(x: float, words: str, width: float) -> str:
    return "end" if x + len(words) * SIGN > width else "start"
