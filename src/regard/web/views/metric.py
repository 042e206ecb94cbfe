"""One metric, opened: its number, its trend with what happened meanwhile, what it is made of, and what it means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

from regard.errors import AccessError, AuthorError, QuestionError
from regard.excel.formula import cell as excel_cell
from regard.expr import MINUTE_US, names
from regard.model import Status
from regard.present import chart, describe, document, numbers, sparkline, table, words
from regard.web.views.drawing import HALF, WIDE, Drawing, drawing
from regard.web.views.tiles import Tile, tile, titles_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.model import Metric
    from regard.plan import Answer, AnswerCell
    from regard.web.views.look import Look
    from regard.workspace import Workspace
    from regard.workspace.parts import Part, TakenApart

MOST = 30
"""Parts that are shown; of more, the largest, and how many are left out."""
DRAWN = 12
"""Parts that are drawn."""
DIFFERENCES = {
    "changed": "differs",
    "changed but small": "differs little",
    "no detectable change": "no detectable difference",
    "cannot say": "cannot say",
}
"""Word of a change -> the same of a difference between two parts."""
MOMENTS = frozenset({"definition_change", "model_change", "release", "price"})
"""Kinds of notes that are a moment, not a stretch."""
WORST = 5
"""Incidents that are shaded: those that took most."""
UNCUT = "party"
"""A dimension along which a number is taken apart only down to rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened while a number was what it was.

    Attributes:
        kind: incident, or the kind of a note.
        start, end: instants; no end while it goes on.
        said: in words.
        moment: whether it is a moment, such as a changed definition, not a stretch.
        href: where it opens, or "".
    """

    kind: str
    start: int
    end: int | None
    said: str
    moment: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """A line of the table of parts, as read.

    Attributes:
        name: value of the dimension.
        href: where the part opens.
        value, interval, n, target, status: of the part.
        mark: sign and tone of the status.
        rest, difference, word: the rest, the part less the rest, and whether that is real.
        real: whether it remains so among all parts.
        tone: good, bad or plain.
        added, own, mix: what it added to the change of the whole.
        why: why there is no value.
    """

    name: str
    href: str
    value: str
    interval: str
    n: str
    status: str
    mark: words.Mark
    rest: str
    difference: str
    word: str
    real: bool
    tone: str
    added: str
    own: str
    mix: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a number is made of, along one dimension.

    Attributes:
        dimension, title: along which.
        period: of the number.
        rows: the largest n first.
        left_out: parts that are not shown.
        whole: value and n of the whole, as read.
        change: of the whole, as read.
        adds: how the parts make the whole, in words.
        has_rest, has_added: whether there is a rest to hold them against, and a split of the change.
        bars, steps: pictures.
    """

    dimension: str
    title: str
    period: str
    rows: tuple[PartRow, ...]
    left_out: int
    whole: tuple[str, str]
    change: str
    adds: str
    has_rest: bool
    has_added: bool
    bars: Drawing | None
    steps: Drawing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPage:
    """A metric's page.

    Attributes:
        metric: the definition that was used.
        tile: its number.
        answer: what it shows.
        trend: the picture.
        figures: the same as a table.
        dims: name and title of each dimension along which it may be taken apart.
        happenings: notes and incidents within the days shown.
        excel: its value as an Excel formula over its leaves, or "".
        definition: its parts in words: (head, lines).
        text: as written.
        sql: what it runs.
        context: what the numbers hang on.
        counting: what n counts, where one customer may count several times.
    """

    metric: Metric
    tiles: tuple[Tile, ...]
    answer: Answer | None
    trend: Drawing | None
    figures: table.Table | None
    dims: tuple[tuple[str, str], ...]
    happenings: tuple[Happening, ...]
    excel: str
    definition: tuple[tuple[str, tuple[str, ...]], ...]
    text: str
    sql: tuple[str, ...] = ()
    context: str = ""
    counting: str = ""
    trouble: str = ""
    drawings: tuple[Drawing, ...] = ()


def metric_page(workspace: Workspace, name: str, look: Look) -> MetricPage:
    """Open a metric.

    Raises:
        QuestionError: there is none of that name, or nothing was loaded yet.
    """
    shown = workspace.show(name, look.options)
    metric = shown.metric
    titles = titles_of(workspace)
    dims = tuple((one, titles.get(one, one)) for one in metric.dims if one in titles and one != UNCUT)
    opened = MetricPage(
        metric=metric,
        tiles=(),
        answer=None,
        trend=None,
        figures=None,
        dims=dims,
        happenings=(),
        excel=_excel(metric),
        definition=tuple(
            (head, tuple(lines)) for head, lines in describe.metric(metric, shown.words, workspace.catalogue)
        ),
        text=shown.text,
        sql=shown.sql,
    )
    if metric.status is Status.PLANNED:
        return replace(opened, trouble=f"This metric is planned, not built yet: {metric.pending}")
    try:
        [answer] = workspace.ask(metric.id, **look.asked(workspace))
    except (QuestionError, AuthorError) as error:
        return replace(opened, trouble=str(error))
    groups = list(table.groups(answer).values())
    happenings = tuple(_happenings(workspace, metric, answer))
    pictures = [draw_trend(answer, cells, happenings, headed=len(groups) > 1) for cells in groups]
    drawn = [one for one in pictures if one is not None]
    return replace(
        opened,
        tiles=tuple(tile(answer, cells, look, titles=titles) for cells in groups if cells),
        answer=answer,
        trend=drawn[0] if len(drawn) == 1 else None,
        drawings=tuple(drawn) if len(drawn) > 1 else (),
        figures=table.of_answer(answer, titles=titles),
        happenings=happenings,
        context=document.context(answer),
        counting=describe.counting(metric, workspace.catalogue.tables),
        trouble="" if answer.cells else "There is no row in these periods.",
    )


def _excel(metric: Metric) -> str:
    """Return the value as an Excel formula, its leaves by their names; "" where a cell of Excel cannot hold it."""
    try:
        said = {name: name for name in (*metric.leaves, *names(metric.value), "length")}
        return f'=IFERROR({excel_cell(metric.value, said)},"")'
    except (TypeError, KeyError):
        return ""


def draw_trend(
    answer: Answer,
    cells: Sequence[AnswerCell],
    happenings: Sequence[Happening] = (),
    *,
    headed: bool = False,
    context: str = "",
    width: float = WIDE,
) -> Drawing | None:
    """Return the trend of one group: interval, stepwise target, notes as shades or lines, running periods hollow."""
    metric, currency = answer.metric, answer.currency
    part = words.group(cells[0].dims) if cells else ""
    title = f"{metric.title}, {part}" if part else metric.title
    points = [
        chart.Point(
            cell.period.label,
            cell.estimate.value,
            cell.estimate.lo,
            cell.estimate.hi,
            open="partial" in cell.estimate.flags,
            says=f"{cell.period.label}: {words.estimate(cell.estimate, metric.unit, currency)}",
        )
        for cell in cells
    ]
    target = [(None, None) if cell.target is None else (cell.target.lo, cell.target.hi) for cell in cells]
    shades, rules = _marks(cells, happenings)
    said = "; ".join(part for part in (_trend_said(answer, cells), context) if part)

    def drawn(width: float) -> str:
        return chart.trend(
            points,
            chart.Frame(
                title=title,
                description=said,
                unit=metric.unit,
                currency=currency,
                width=width,
                height=260,
                headed=headed,
            ),
            target=target,
            shades=shades,
            rules=rules,
        )

    return drawing(drawn, said, width)


def _trend_said(answer: Answer, cells: Sequence[AnswerCell]) -> str:
    values = [cell.estimate.value for cell in cells]
    labels = [cell.period.label for cell in cells]
    return sparkline.spoken(labels, values, answer.metric.unit, answer.currency)


def _marks(cells: Sequence[AnswerCell], happenings: Sequence[Happening]) -> tuple[list[chart.Shade], list[chart.Rule]]:
    """Return what lasted as stretches that are shaded, and what was a moment as lines."""
    shades: list[chart.Shade] = []
    rules: list[chart.Rule] = []
    for one in happenings:
        start = _position(cells, one.start)
        if one.moment:
            rules.append(chart.Rule(start, one.kind))
        else:
            end = len(cells) - 0.5 if one.end is None else _position(cells, one.end)
            shades.append(chart.Shade(start, end, one.said))
    return shades, rules


def _position(cells: Sequence[AnswerCell], at: int) -> float:
    """Return where an instant stands among periods: 0 is the middle of the first."""
    for i, cell in enumerate(cells):
        period = cell.period
        if at < period.end_us:
            return i - 0.5 + max(0.0, (at - period.start_us) / (period.end_us - period.start_us))
    return len(cells) - 0.5


def _happenings(workspace: Workspace, metric: Metric, answer: Answer) -> list[Happening]:
    """Return the notes about a metric within the days of an answer, and the incidents that took most in them."""
    if not answer.cells:
        return []
    first = min(cell.period.start for cell in answer.cells)
    last = max(cell.period.end for cell in answer.cells)
    midnight = answer.calendar.midnight
    found = [
        Happening(
            kind=note.kind.replace("_", " "),
            start=midnight(date.fromisoformat(note.start[:10])),
            end=midnight(date.fromisoformat(note.end[:10])) if note.end else None,
            said=note.reason or note.kind.replace("_", " "),
            moment=note.kind in MOMENTS,
        )
        for note in workspace.catalogue.notes
        if (not note.metrics or metric.id in note.metrics)
        and note.start < last.isoformat()
        and (not note.end or first.isoformat() < note.end)
    ]
    try:
        ledger = workspace.stretch(first, last)
    except (AccessError, QuestionError):
        return found
    # The ledger gives those that took most first; those of unknown impact cannot be said to matter.
    worst = [one for one in ledger.incidents if one.minutes and not one.record.planned][:WORST]
    return found + [
        Happening(
            kind="incident",
            start=one.at,
            end=None if one.lasted is None else one.at + round(one.lasted * MINUTE_US),
            said=f"{one.record.incident} {one.record.title or ''}".strip()
            + f": {numbers.count(round(one.minutes or 0))} customer minutes",
            href=f"/incident/{quote(one.record.incident, safe='')}",
        )
        for one in sorted(worst, key=lambda each: each.at)
    ]


def taken(workspace: Workspace, name: str, dimension: str, look: Look) -> TakenApart:
    """Take the last complete period of a metric apart along a dimension.

    Raises:
        QuestionError: the metric cannot be cut by the dimension, or there is nothing to cut.
    """
    metric = workspace.metric(name, look.options)
    start, end, _ = last_period(workspace, metric, look)
    return workspace.take_apart(
        metric.id,
        dimension,
        grain=look.grain,
        start=start,
        end=end,
        where=look.test,
        options=dict(look.options),
        as_of=look.as_of or None,
        compare=look.compare,
    )


def parts(workspace: Workspace, name: str, dimension: str, look: Look) -> Parts:
    """Return the last complete period of a metric, taken apart along a dimension, as read.

    Raises:
        QuestionError: as `taken`.
    """
    found = taken(workspace, name, dimension, look)
    metric, period = found.answer.metric, found.whole.period.label
    titles = titles_of(workspace)
    rows = tuple(_part_row(found, part, look) for part in found.parts)
    unit, currency = metric.unit, found.answer.currency
    whole = found.whole
    has_added = any(part.own is not None for part in found.parts)
    title = titles.get(dimension, dimension)
    return Parts(
        dimension=dimension,
        title=title,
        period=period,
        rows=rows[:MOST],
        left_out=max(0, len(rows) - MOST),
        whole=(
            numbers.value(whole.estimate.value, unit, lo=whole.estimate.lo, hi=whole.estimate.hi, currency=currency),
            numbers.count(whole.estimate.n),
        ),
        change="" if whole.verdict is None else numbers.change(whole.verdict.change, unit, currency=currency),
        adds=_adds(found),
        has_rest=any(part.rest is not None for part in found.parts),
        has_added=has_added,
        bars=_bars(found, title),
        steps=_steps(found, title) if has_added and len(found.parts) > 1 else None,
    )


def last_period(workspace: Workspace, metric: Metric, look: Look) -> tuple[date, date, str]:
    """Return first day, day after the last, and label of the last complete period that a look shows.

    Raises:
        QuestionError: there is no period with a number.
    """
    asked = look.asked(workspace) | {"compare": ""}
    [answer] = workspace.ask(metric.id, intervals=False, **asked)
    cells = next((cells for cells in table.groups(answer).values() if cells), [])
    if not cells:
        raise QuestionError("there is no row in these periods")
    period = cells[table.headline(cells)].period
    return period.start, period.end, period.label


def _adds(found: TakenApart) -> str:
    if any("hidden" in part.cell.estimate.flags for part in found.parts):
        return "Parts of too few customers are hidden, so nothing is said that would tell them."
    if all(part.own is None for part in found.parts):
        return "This number is neither the sum nor the weighted mean of its parts: what each added cannot be said."
    if any(part.mix for part in found.parts):
        return (
            "The whole is the mean of its parts, weighted by n. What a part added to the change is split into its own "
            "change and the change of its weight (Kitagawa 1955); together they sum to the change of the whole."
        )
    return "The parts add up to the whole, and what they added sums to its change."


def _part_row(found: TakenApart, part: Part, look: Look) -> PartRow:
    metric, currency = found.answer.metric, found.answer.currency
    unit, cell = metric.unit, part.cell
    value = cell.dims[found.dimension]
    one = cell.estimate
    difference = part.difference
    rest = part.rest
    better = None if difference is None or not part.real else difference.better

    moved = found.whole.verdict
    lo, hi = (None, None) if moved is None else (moved.lo, moved.hi)

    def read(number: float | None) -> str:
        # As many digits as the change of the whole: more would claim to know its parts better.
        return "" if number is None else numbers.change(number, unit, lo=lo, hi=hi, currency=currency)

    band = numbers.interval(one.lo, one.hi, unit, number=one.value, currency=currency)
    return PartRow(
        name="(blank)" if value is None else value,
        href=look.only(found.dimension, value).link(f"/metric/{metric.id}"),
        value=numbers.value(one.value, unit, lo=one.lo, hi=one.hi, currency=currency),
        interval="" if band == numbers.MISSING else band,
        n=numbers.count(one.n),
        status=cell.status or "",
        mark=words.status(cell.status),
        rest="" if rest is None else numbers.value(rest.value, unit, lo=rest.lo, hi=rest.hi, currency=currency),
        difference=""
        if difference is None
        else numbers.change(difference.change, unit, lo=difference.lo, hi=difference.hi, currency=currency),
        word=_difference_word(part),
        real=part.real,
        tone={True: words.GOOD, False: words.BAD, None: words.PLAIN}[better],
        added=read(part.contribution),
        own=read(part.own),
        mix=read(part.mix),
        why=words.why_missing(one) or words.flags(one.flags),
    )


def _difference_word(part: Part) -> str:
    if part.difference is None:
        return ""
    if part.difference.word == words.CHANGED and not part.real:
        return "may be chance among so many"
    return DIFFERENCES[part.difference.word]


def _bars(found: TakenApart, title: str) -> Drawing | None:
    metric, currency = found.answer.metric, found.answer.currency
    points = [
        chart.Point(
            "(blank)" if (value := part.cell.dims[found.dimension]) is None else value,
            part.cell.estimate.value,
            part.cell.estimate.lo,
            part.cell.estimate.hi,
        )
        for part in found.parts[:DRAWN]
    ]
    targets = {part.cell.target for part in found.parts}
    aim = next(iter(targets)) if len(targets) == 1 else None
    said = "; ".join(
        f"{p.label} {numbers.value(p.value, metric.unit, lo=p.lo, hi=p.hi, currency=currency)}" for p in points
    )

    def draw(width: float) -> str:
        return chart.bars(
            points,
            chart.Frame(
                title=f"{metric.title} by {title.lower()}",
                description=said,
                unit=metric.unit,
                currency=currency,
                width=width,
                headed=False,
            ),
            target=(None, None) if aim is None else (aim.lo, aim.hi),
        )

    return drawing(draw, said, HALF)


def _steps(found: TakenApart, title: str) -> Drawing | None:
    metric, currency, whole = found.answer.metric, found.answer.currency, found.whole
    if whole.previous is None or whole.previous.value is None or whole.estimate.value is None:
        return None
    added = sorted(
        ((part.contribution or 0.0, part.cell.dims[found.dimension]) for part in found.parts),
        key=lambda one: -abs(one[0]),
    )
    steps = [chart.Step("before", whole.previous.value, total=True)]
    steps += [chart.Step("(blank)" if name is None else name, value) for value, name in added[: DRAWN - 1]]
    rest = sum(value for value, _ in added[DRAWN - 1 :])
    steps += [chart.Step("others", rest)] if len(added) >= DRAWN else []
    steps.append(chart.Step(whole.period.label, whole.estimate.value, total=True))
    said = "; ".join(f"{s.label} {numbers.change(s.value, metric.unit, currency=currency)}" for s in steps[1:-1])

    def draw(width: float) -> str:
        return chart.waterfall(
            steps,
            chart.Frame(
                title=f"What each {title.lower()} added to the change",
                description=said,
                unit=metric.unit,
                currency=currency,
                width=width,
                headed=False,
            ),
        )

    return drawing(draw, said, HALF)
