"""Two numbers side by side, two periods or two parts: the difference, its interval, and what could have been seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.errors import QuestionError
from regard.model import first_day, last_day
from regard.present import numbers, words
from regard.stats import METHODS, minimum_detectable_change, verdict
from regard.web.views.look import story_end
from regard.web.views.metric import DIFFERENCES, last_period

if TYPE_CHECKING:
    from datetime import date

    from regard.model import Metric
    from regard.plan import Answer, AnswerCell, Verdict
    from regard.web.views.look import Look
    from regard.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two.

    Attributes:
        label: which.
        value, interval, n: as read.
        href: where it opens.
        why: why there is no value.
    """

    label: str
    value: str
    interval: str
    n: str
    href: str
    why: str
    cell: AnswerCell
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two numbers of a metric, compared.

    Attributes:
        metric: the definition.
        sides: the two, the later or named first one last.
        difference: as read, or "".
        interval: of the difference.
        word: whether it is real, in the words of every other change.
        verdict: the same as data.
        period: of both, where parts are compared.
        least: the smallest true difference that these numbers would show in four of five cases; None without chance.
        detectable: the same as read, or "".
    """

    metric: Metric
    sides: tuple[Side, Side]
    difference: str
    interval: str
    word: str
    verdict: Verdict
    least: float | None
    detectable: str
    period: str = ""


def compared(
    workspace: Workspace, metric: Metric, look: Look, first: str, second: str, dimension: str = ""
) -> Compared:
    """Compare two periods, or two parts along a dimension.

    Args:
        workspace: as far as somebody may see.
        metric: the resolved definition.
        look: how it is looked at; its days hold where parts are compared.
        first: the earlier period (a day, month or year), or the part that is held against.
        second: the later period, or the part that is asked about.
        dimension: along which parts are compared; "" for periods.

    Raises:
        QuestionError: a period that is none, or a dimension that the metric does not have.
    """
    sides = tuple(_side(workspace, metric, look, name, dimension) for name in (first, second))
    before, now = sides
    unit, currency = metric.unit, now.answer.currency
    found = verdict(
        now.cell.estimate,
        before.cell.estimate,
        metric.min_change,
        metric.good.value,
        method=metric.interval.method if metric.interval.method in METHODS else "none",
        needed=metric.show_from_n,
    )
    errors = [one.cell.estimate.se for one in (now, before)]
    least = None
    if all(error is not None and error > 0 for error in errors):
        least = float(minimum_detectable_change(errors[0] or 0.0, errors[1] or 0.0))
    return Compared(
        metric=metric,
        sides=(before, now),
        difference=numbers.change(found.change, unit, lo=found.lo, hi=found.hi, currency=currency),
        interval=numbers.interval(found.lo, found.hi, unit, number=found.change, currency=currency),
        word=DIFFERENCES[found.word] if dimension else words.verdict(found, unit, currency),
        period=last_period(workspace, metric, look)[2] if dimension else "",
        verdict=found,
        least=least,
        detectable="" if least is None else numbers.change(least, unit, currency=currency, signed=False),
    )


def periods(workspace: Workspace) -> tuple[str, str]:
    """Return the two last complete months of the story: what is compared where nothing is said."""
    end = story_end(workspace).replace(day=1)
    months = []
    for _ in range(2):
        end = _month_before(end)
        months.append(f"{end:%Y-%m}")
    return months[1], months[0]


def _month_before(day: date) -> date:
    return day.replace(year=day.year - (day.month == 1), month=12 if day.month == 1 else day.month - 1)


def _side(workspace: Workspace, metric: Metric, look: Look, name: str, dimension: str) -> Side:
    where = look
    if dimension:
        if dimension not in metric.dims:
            raise QuestionError(f"{metric.id} cannot be cut by '{dimension}'; one of: {', '.join(metric.dims)}")
        where = look.only(dimension, name)
        start, end, _ = last_period(workspace, metric, look)
        href = where.link(f"/metric/{metric.id}")
    else:
        start, end = first_day(name), last_day(name)
        href = look.link(f"/metric/{metric.id}", to=name)
    answers = workspace.ask(
        metric.id,
        grain="all",
        start=start,
        end=end,
        where=where.test,
        options=dict(look.options),
        as_of=look.as_of or None,
        compare="",
    )
    if not answers[0].cells:
        raise QuestionError(f"{metric.title} has no number for {name}")
    cell = answers[0].cells[0]
    found, currency = cell.estimate, answers[0].currency
    band = numbers.interval(found.lo, found.hi, metric.unit, number=found.value, currency=currency)
    return Side(
        label=name,
        value=numbers.value(found.value, metric.unit, lo=found.lo, hi=found.hi, currency=currency),
        interval="" if band == numbers.MISSING else band,
        n=numbers.count(found.n),
        href=href,
        why=words.why_missing(found) or words.flags(found.flags),
        cell=cell,
        answer=answers[0],
    )
