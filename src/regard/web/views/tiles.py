"""A tile: everything that must be read together with one number, as plain data; a page and the API print the same.

One verdict decides a tile. Words, emphasis, border and order all read it: `status` and `verdict` of the answer, and
whether the change is still real when all tiles of the page are looked at together.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from regard.errors import AccessError, AuthorError, QuestionError
from regard.present import chart, numbers, sparkline, table, words
from regard.workspace.judging import remain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.plan import Answer, AnswerCell
    from regard.web.views.look import Look
    from regard.workspace import Workspace

CALM, WATCH, ACT = 0, 1, 2
"""What a tile asks for: nothing; a look; action, since it misses its target and really got worse."""
TREND = 26
"""Periods of a sparkline at most."""
DRAWINGS = 2048
"""Pictures that are at hand: the same numbers make the same picture, whoever looks."""
AT_HAND, NARROW = 1024, 200
"""Answers whose tiles are at hand, and the cells of the largest of them: what nobody looks at twice takes no room."""
SHORT = 3
"""A unit no longer than this stands beside its number as large as it."""
EXACT = frozenset({"exact", "bounds", "range"})
"""Interval methods of numbers in which there is no chance."""
STATES: Mapping[str, str] = {
    "hidden": "suppressed",
    "partial": "provisional",
    "provisional": "provisional",
    "immature": "provisional",
    "stale": "stale",
    "few": "few",
    "open": "provisional",
}
"""Flag -> the state of a tile that bears it, in one word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number with its context.

    Attributes:
        metric, title, version: the definition.
        part: of the whole, in words, or "".
        question: what it answers.
        period: of the number.
        value: as read, with its unit; `-` when there is none.
        figure, unit: the same in two parts, so that a long unit does not shout.
        number, lo, hi: the same as numbers, None when there is none.
        why: why there is none, or "".
        interval: as read, or "".
        exact: whether there is none because all was counted.
        change: as read with its sign, or "".
        verdict: word of the change, or "".
        real: whether the change is real, also beside all other tiles.
        better: whether it goes the good way, None where neither is.
        arrow: sign and tone of the change.
        target, source: what it should be, and who says so.
        status: met, missed, too close to call, or "".
        n, coverage: as read, or "".
        state: suppressed, provisional, stale, few, or "".
        remarks: what flags say.
        action: CALM, WATCH or ACT.
        size: of the change against its own chance, to order tiles of one action.
        href: where the number opens.
        labels, values: the trend.
        trend: the same in words.
        spark, bullet: pictures.
    """

    metric: str
    title: str
    version: int
    part: str = ""
    question: str = ""
    period: str = ""
    value: str = numbers.MISSING
    figure: str = numbers.MISSING
    unit: str = ""
    number: float | None = None
    lo: float | None = None
    hi: float | None = None
    why: str = ""
    interval: str = ""
    exact: bool = False
    change: str = ""
    verdict: str = ""
    real: bool = False
    better: bool | None = None
    arrow: words.Mark = words.NO_WORD
    target: str = ""
    source: str = ""
    status: str = ""
    n: str = ""
    coverage: str = ""
    state: str = ""
    remarks: tuple[str, ...] = ()
    action: int = CALM
    size: float = 0.0
    p: float | None = None
    href: str = ""
    labels: tuple[str, ...] = ()
    values: tuple[float | None, ...] = ()
    trend: str = ""
    spark: Markup = field(default_factory=Markup)
    bullet: Markup = field(default_factory=Markup)

    @property
    def mark(self) -> words.Mark:
        """Sign and tone of the status."""
        return words.status(self.status or None)

    @property
    def name(self) -> str:
        """Title and part."""
        return f"{self.title}: {self.part}" if self.part else self.title

    def plain(self) -> dict[str, object]:
        """Return what a program wants of it."""
        return {
            "metric": self.metric,
            "title": self.title,
            "part": self.part,
            "version": self.version,
            "period": self.period,
            "value": self.number,
            "lo": self.lo,
            "hi": self.hi,
            "read": self.value,
            "change": self.change,
            "verdict": self.verdict,
            "real": self.real,
            "target": self.target,
            "status": self.status,
            "n": self.n,
            "state": self.state,
            "remarks": list(self.remarks),
            "trend": dict(zip(self.labels, self.values, strict=True)),
        }


def tiles(answer: Answer, look: Look, *, titles: Mapping[str, str] | None = None) -> list[Tile]:
    """Return one tile for each group of an answer: its last complete period, with the trend up to it."""
    seen = Seen(answer, look, titles or {})
    return list(_at_hand(seen) if len(answer.cells) <= NARROW else _tiles(seen))


class Seen:
    """An answer as it is looked at: equal to another of the same numbers, in which the same tiles are seen.

    The numbers of an answer that is kept are one and the same list, whichever page, role or snapshot asks for it.
    """

    def __init__(self, answer: Answer, look: Look, titles: Mapping[str, str]) -> None:
        # What is told apart by its id is held here, so that nothing else can have that id.
        self.answer, self.look, self.titles = answer, look, titles
        called = tuple(titles.get(name, name) for name in answer.by)
        links = tuple(look.parameters())
        self.key = (id(answer.cells), id(answer.metric), answer.by, answer.currency, called, links)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seen) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)


def _tiles(seen: Seen) -> tuple[Tile, ...]:
    groups = table.groups(seen.answer).values()
    return tuple(tile(seen.answer, cells, seen.look, titles=seen.titles) for cells in groups if cells)


_at_hand = lru_cache(maxsize=AT_HAND)(_tiles)


def tile(answer: Answer, cells: Sequence[AnswerCell], look: Look, *, titles: Mapping[str, str]) -> Tile:
    """Return the tile of one group.

    Args:
        answer: whose.
        cells: of the group, in order of time.
        look: how it is looked at: its links go on so.
        titles: dimension -> how people call it.
    """
    metric, currency = answer.metric, answer.currency
    unit = metric.unit
    at = table.headline(cells)
    now = cells[at]
    found, verdict = now.estimate, now.verdict
    shown = cells[max(0, at + 1 - TREND) : at + 1]
    labels = tuple(cell.period.label for cell in shown)
    values = tuple(cell.estimate.value for cell in shown)
    inner = look
    for name, part in now.dims.items():
        inner = inner.only(name, part)
    target = (None, None) if now.target is None else (now.target.lo, now.target.hi)
    spoken = sparkline.spoken(labels, values, unit, currency)
    whole = _part(now.dims, titles)
    name = f"{metric.title}: {whole}" if whole else metric.title
    status, aim = now.status or "", words.target(now.target, unit, currency)
    real = verdict is not None and verdict.word == words.CHANGED
    value = numbers.value(found.value, unit, lo=found.lo, hi=found.hi, currency=currency)
    after = numbers.unit(unit).after.strip()
    after = after if len(after) > SHORT else ""
    better = None if verdict is None else verdict.better
    return Tile(
        metric=metric.id,
        title=metric.title,
        version=metric.version,
        part=whole,
        question=metric.question,
        period=now.period.label,
        value=value,
        figure=value.removesuffix(after).rstrip() if after else value,
        unit=after if found.value is not None else "",
        number=found.value,
        lo=found.lo,
        hi=found.hi,
        why=words.why_missing(found),
        interval=_bare(numbers.interval(found.lo, found.hi, unit, number=found.value, currency=currency)),
        exact=metric.interval.method in EXACT,
        change="" if verdict is None else _change(answer, now),
        verdict="" if verdict is None or found.value is None else verdict.word,
        real=real,
        better=better,
        arrow=words.arrow(verdict),
        target=aim,
        source=words.target_source(now.target),
        status=status,
        n=_bare(numbers.count(found.n)),
        coverage=_bare(numbers.share(found.coverage)) if found.coverage is not None and found.coverage < 1 else "",
        state=next((STATES[flag] for flag in found.flags if flag in STATES), ""),
        remarks=tuple(words.flag(flag) for flag in found.flags) if found.value is not None else (),
        action=_action(status, real=real, better=better),
        size=_size(now),
        p=None if verdict is None or found.value is None else verdict.p,
        href=inner.link(f"/metric/{metric.id}"),
        labels=labels,
        values=values,
        trend=spoken,
        spark=_spark(values, name, spoken, target),
        bullet=_bullet(
            chart.Point(name, found.value, found.lo, found.hi), words.estimate(found, unit, currency), aim, target
        ),
    )


def judged(found: Sequence[Tile]) -> list[Tile]:
    """Return tiles of one page with the changes real that remain so when all are looked at together."""
    kept = remain([one.p for one in found])
    return [
        replace(one, real=False, action=_action(one.status, real=False, better=one.better))
        if one.real and not keep
        else one
        for one, keep in zip(found, kept, strict=True)
    ]


def aged(one: Tile) -> Tile:
    """Return a tile whose data have not been delivered lately: it says so."""
    return replace(one, state=one.state or "stale", remarks=(*one.remarks, words.flag("stale")))


def ask_each(workspace: Workspace, names: Sequence[str], asked: Mapping[str, object]) -> dict[str, Answer | str]:
    """Return metric as named -> its answer, or why it cannot be answered; asked together wherever that is possible."""
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return {}
    try:
        return dict(zip(wanted, workspace.ask(*wanted, **asked), strict=True))  # type: ignore[arg-type]  # words of a question, each of its own type
    except (QuestionError, AuthorError, AccessError) as error:
        if len(wanted) == 1:
            return {wanted[0]: str(error)}
    half = len(wanted) // 2
    return ask_each(workspace, wanted[:half], asked) | ask_each(workspace, wanted[half:], asked)


def unanswered(workspace: Workspace, name: str, why: str, look: Look) -> Tile:
    """Return the tile of a metric that cannot be answered here, saying why."""
    metric = workspace.catalogue.metric(workspace.catalogue.find(name))
    return Tile(
        metric=metric.id,
        title=metric.title,
        version=metric.version,
        question=metric.question,
        why=why,
        href=look.link(f"/metric/{metric.id}"),
    )


def titles_of(workspace: Workspace) -> dict[str, str]:
    """Return how people call each dimension."""
    return {name: dimension.title for name, dimension in workspace.catalogue.dimensions.items()}


def _action(status: str, *, real: bool, better: bool | None) -> int:
    if status == "missed":
        return ACT if real and better is False else WATCH
    return WATCH if real and better is False else CALM


def _size(cell: AnswerCell) -> float:
    found = cell.verdict
    if found is None or found.change is None or found.lo is None or found.hi is None or found.hi <= found.lo:
        return 0.0
    return abs(found.change) / (found.hi - found.lo)


def _change(answer: Answer, cell: AnswerCell) -> str:
    found = cell.verdict
    if found is None or cell.estimate.value is None:
        return ""
    text = numbers.change(found.change, answer.metric.unit, lo=found.lo, hi=found.hi, currency=answer.currency)
    return _bare(text)


def _part(dims: Mapping[str, str | None], titles: Mapping[str, str]) -> str:
    if len(dims) == 1:
        return next(iter("(blank)" if part is None else part for part in dims.values()))
    return ", ".join(f"{titles.get(name, name)} {'(blank)' if p is None else p}" for name, p in dims.items())


@lru_cache(maxsize=DRAWINGS)
def _spark(values: tuple[float | None, ...], name: str, spoken: str, target: chart.End) -> Markup:
    drawn = chart.sparkline(values, chart.Frame(title=f"{name}, trend", description=spoken), target=target)
    return Markup(drawn)  # noqa: S704 - drawn by `present.chart`, which escapes


@lru_cache(maxsize=DRAWINGS)
def _bullet(point: chart.Point, said: str, aim: str, target: chart.End) -> Markup:
    name = point.label
    drawn = chart.bullet(
        point,
        chart.Frame(title=f"{name} against its target", description=f"{said}; target {aim}" if aim else said),
        target=target,
    )
    return Markup(drawn)  # noqa: S704 - drawn by `present.chart`, which escapes


def _bare(text: str) -> str:
    return "" if text == numbers.MISSING else text
