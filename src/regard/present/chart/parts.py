"""Numbers side by side: bars with whiskers, causes in order, steps from one total to another, phases in a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.present import numbers
from regard.present.chart.svg import (
    PARTS,
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
    tip,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.present.chart.series import End, Point

HEADED, BARE, BELOW, UNIT = 28, 8, 22, 15
"""Room above the first line where the picture is headed or is not, below the last, and for a long unit below that."""
LINE = 26
HALF_BAR = 0.3
"""Height of a line, and half of a bar's thickness as a part of it."""
LONGEST_LABEL = 0.38
"""Part of the width that labels may take; a longer one is cut, and a pointer reads all of it."""
KEY = 20
"""Height of a key."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step from one total to another.

    Attributes:
        label: beside it.
        value: how much it adds; of a total, how much it is.
        total: whether it stands on the ground instead of on the step before.
    """

    label: str
    value: float
    total: bool = False


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a row of phases: which kind it is, how long it takes."""

    kind: str
    value: float


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where the lines of a picture stand: labels on the left, texts on the right, bars between them."""

    labels: Sequence[str]
    said: Sequence[str]
    width: float
    top: float
    line: float

    @property
    def left(self) -> float:
        longest = max((len(each) for each in self.labels), default=0) * SIGN + 10
        return min(longest, self.width * LONGEST_LABEL)

    @property
    def right(self) -> float:
        return self.width - max((len(each) for each in self.said), default=0) * SIGN - 12

    @property
    def bottom(self) -> float:
        return self.top + self.line * len(self.labels)

    def middle(self, i: int) -> float:
        return self.top + self.line * (i + 0.5)

    def texts(self, i: int) -> list[Svg]:
        room = int((self.left - 10) / SIGN)
        label = self.labels[i]
        cut = label if len(label) <= max(room, 2) else f"{label[: max(room - 1, 1)]}\N{HORIZONTAL ELLIPSIS}"
        found = [text(self.left - 8, self.middle(i) + 4, cut, anchor="end")]
        if cut != label:
            hit = {"x": 0.0, "y": self.middle(i) - self.line / 2, "width": self.left, "height": self.line}
            found.append(mark("rect", "hit", tip(label), **hit))
        return [*found, text(self.right + 8, self.middle(i) + 4, self.said[i])]

    def bar(self, i: int, start: float, end: float, look: str) -> Svg:
        start, end = min(start, end), max(start, end)
        return box(start, self.middle(i) - HALF_BAR * self.line, end - start, 2 * HALF_BAR * self.line, look)


def bars(
    points: Sequence[Point],
    frame: Frame,
    *,
    target: End = (None, None),
) -> str:
    """Return a bar for each number with its interval as a whisker, one below the other; a gap keeps its label.

    Args:
        points: in the order in which they are shown.
        frame: title, words, unit, size.
        target: lower and upper end of where the values should be.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    width = frame.width or 640
    known = drawable(each for p in points for each in (p.value, p.lo, p.hi))
    texts = [
        _bare(numbers.value(p.value, frame.unit, lo=p.lo, hi=p.hi, currency=frame.currency), frame.unit) for p in points
    ]
    rows = _Rows([p.label for p in points], texts, width, HEADED if frame.headed else BARE, LINE)
    ends = drawable(target)
    along = axis([0.0, *known, *ends], rows.left, rows.right, unit=frame.unit, currency=frame.currency)
    parts = _grid(along, rows)
    for i, point in enumerate(points):
        parts += rows.texts(i)
        if point.value is None:
            continue
        parts.append(rows.bar(i, along.scale(0.0), along.scale(point.value), "bar"))
        if point.lo is not None and point.hi is not None:
            y = rows.middle(i)
            parts.append(line(along.scale(point.lo), y, along.scale(point.hi), y, "whisker"))
    parts += [line(along.scale(e), rows.top - 4, along.scale(e), rows.bottom, "target") for e in ends]
    return picture(parts, frame, width, _height(rows, along))


def pareto(
    points: Sequence[Point],
    frame: Frame,
) -> str:
    """Return amounts from the largest to the smallest with the share that they make up together (Juran).

    Args:
        points: amounts that add up, none below 0; a missing one is left out of the sum and keeps its label.
        frame: title, words, unit, size.

    Raises:
        ValueError: an amount is NaN, infinite or negative.
    """
    width = frame.width or 640
    found = sorted(points, key=lambda p: -(p.value if p.value is not None else float("-inf")))
    known = drawable(p.value for p in found)
    if any(each < 0 for each in known):
        raise ValueError("amounts below 0 make up no whole")
    whole = sum(known)
    shares: list[float | None] = []
    so_far = 0.0
    for point in found:
        so_far += point.value or 0.0
        shares.append(so_far / whole if whole and point.value is not None else None)
    said = [_bare(numbers.value(p.value, frame.unit, currency=frame.currency), frame.unit) for p in found]
    texts = [
        f"{words}, {numbers.share(min(s, 1.0))}" if s is not None else numbers.MISSING
        for words, s in zip(said, shares, strict=True)
    ]
    rows = _Rows([p.label for p in found], texts, width, HEADED if frame.headed else BARE, LINE)
    along = axis([0.0, *known], rows.left, rows.right, unit=frame.unit, currency=frame.currency)
    parts = _grid(along, rows)
    part = Scale(0, 1, rows.left, rows.right)
    for i, point in enumerate(found):
        parts += rows.texts(i)
        if point.value is not None:
            parts.append(rows.bar(i, along.scale(0.0), along.scale(point.value), "bar"))
    ends = [(part(s), rows.middle(i)) for i, s in enumerate(shares) if s is not None]
    if len(ends) > 1:
        parts.append(path("target", "polyline", ends))
    parts += [mark("circle", "ring", cx=x, cy=y, r=2.5) for x, y in ends]
    return picture(parts, frame, width, _height(rows, along))


def waterfall(
    steps: Sequence[Step],
    frame: Frame,
) -> str:
    """Return steps from one total to another, each standing where the one before ended.

    Args:
        steps: in order.
        frame: title, words, unit, size.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    width = frame.width or 640
    drawable(step.value for step in steps)
    spans: list[tuple[float, float]] = []
    level = 0.0
    for step in steps:
        start = 0.0 if step.total else level
        level = start + step.value
        spans.append((start, level))
    texts = [
        _bare(
            numbers.value(step.value, frame.unit, currency=frame.currency)
            if step.total
            else numbers.change(step.value, frame.unit, currency=frame.currency),
            frame.unit,
        )
        for step in steps
    ]
    rows = _Rows([step.label for step in steps], texts, width, HEADED if frame.headed else BARE, LINE)
    # The ground is drawn only where it is near: two totals that hardly differ would hide their steps.
    # Where the first step itself stands on it, a ground left out would cut that step short.
    levels = drawable(end for span in spans for end in span if span[0] or end)
    ground = [0.0] if steps and not steps[0].total else []
    along = axis([*ground, *_near(levels)], rows.left, rows.right, unit=frame.unit, currency=frame.currency)
    parts = _grid(along, rows)
    for i, (step, (start, end)) in enumerate(zip(steps, spans, strict=True)):
        parts += rows.texts(i)
        look = "total" if step.total else "more" if step.value > 0 else "less"
        parts.append(rows.bar(i, along.scale(start), along.scale(end), look))
        if i + 1 < len(steps) and not steps[i + 1].total:
            below = rows.middle(i + 1) + HALF_BAR * LINE
            parts.append(line(along.scale(end), rows.middle(i) - HALF_BAR * LINE, along.scale(end), below, "grid"))
    return picture(parts, frame, width, _height(rows, along))


def phases(
    rows_: Sequence[tuple[str, Sequence[Phase]]],
    frame: Frame,
) -> str:
    """Return rows of phases end to end, such as how long it took to notice, to help and to restore.

    Args:
        rows_: label and phases of each row, in order; a kind has one colour in all rows, and stands in the key.
        frame: title, words, unit, size.

    Raises:
        ValueError: a length is NaN, infinite or negative.
    """
    width = frame.width or 640
    lengths = drawable(phase.value for _, each in rows_ for phase in each)
    if any(each < 0 for each in lengths):
        raise ValueError("a phase takes no time below 0")
    kinds = list(dict.fromkeys(phase.kind for _, each in rows_ for phase in each))
    sums = [sum(phase.value for phase in each) for _, each in rows_]
    top = (HEADED if frame.headed else BARE) + (KEY if kinds else 0)
    rows = _Rows([label for label, _ in rows_], [numbers.value(s, frame.unit) for s in sums], width, top, LINE)
    along = axis([0.0, *sums], rows.left, rows.right, unit=frame.unit)
    parts = [*_key(kinds, HEADED if frame.headed else BARE, width), *_grid(along, rows)]
    for i, (_, each) in enumerate(rows_):
        parts += rows.texts(i)
        start = 0.0
        for phase in each:
            look = _colour(kinds.index(phase.kind))
            ends = along.scale(start), along.scale(start + phase.value)
            y, tall = rows.middle(i) - HALF_BAR * LINE, 2 * HALF_BAR * LINE
            words = f"{phase.kind}: {numbers.value(phase.value, frame.unit)}"
            parts.append(box(ends[0], y, ends[1] - ends[0], tall, look, tip(words)))
            start += phase.value
    return picture(parts, frame, width, _height(rows, along))


def _bare(said: str, unit: str) -> str:
    """Return a number as read without a long unit, which stands once below."""
    how = numbers.unit(unit)
    long = [after for after in (how.after, how.change) if len(after) > SHORT_UNIT]
    return next((said.removesuffix(after) for after in long if said.endswith(after)), said)


def _height(rows: _Rows, along: Axis) -> float:
    return rows.bottom + BELOW + (UNIT if along.above else 0)


def _near(levels: Sequence[float]) -> list[float]:
    """Return the levels with 0 where it is no further from them than four times their spread."""
    if not levels:
        return [0.0]
    lo, hi = min(levels), max(levels)
    far = min(abs(lo), abs(hi)) > 4 * (hi - lo) and lo * hi > 0
    return [*levels] if far and hi > lo else [0.0, *levels]


def _grid(along: Axis, rows: _Rows) -> list[Svg]:
    found: list[Svg] = []
    room = (rows.right - rows.left) / max(len(along.marks) - 1, 1)
    every = max(1, round(along.room / max(room, 1) + 0.49))
    for i, (each, words) in enumerate(zip(along.marks, along.texts, strict=True)):
        x = along.scale(each)
        found.append(line(x, rows.top - 2, x, rows.bottom, "axis" if each == 0 else "grid"))
        if i % every == 0:
            found.append(text(x, rows.bottom + 15, words, anchor="middle", look="tick"))
    if along.above:
        found.append(text(rows.left, rows.bottom + 15 + UNIT, along.above, look="tick"))
    return found


def _colour(place: int) -> str:
    return f"part{place % PARTS + 1}"


def _key(kinds: Sequence[str], y: float, width: float) -> list[Svg]:
    """Return what each colour means, as far as there is room in one line."""
    found: list[Svg] = []
    x = 0.0
    for i, kind in enumerate(kinds):
        if x + 20 + len(kind) * SIGN > width and i:
            break
        found += [box(x, y - 4, 11, 11, _colour(i)), text(x + 16, y + 6, kind, look="tick")]
        x += 30 + len(kind) * SIGN
    return found
