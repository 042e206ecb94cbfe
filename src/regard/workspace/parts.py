"""A number taken apart: its parts along a dimension, each held against all the rest, and what moved the whole.

The rest is the whole less the part, from the same cells, so that parts, rest and whole agree to the last digit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from regard.engines import Duck
from regard.model import Kind
from regard.plan import collect_rest
from regard.stats import contributions, discoveries, verdict
from regard.workspace.estimates import Terms, answer_cells
from regard.workspace.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.model import Metric, Period
    from regard.plan import Answer, AnswerCell, Estimate, Question, Verdict
    from regard.workspace.asking import Asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a whole.

    Attributes:
        cell: its number, as any question gives it.
        rest: the number of all that is not in it; None where it cannot be taken away from the whole.
        difference: the part less the rest, with a verdict; None without a rest.
        real: whether the difference is one that remains when all parts are looked at together (false discovery rate).
        own: what it added to the change of the whole because its own number changed; None where that has no answer.
        mix: what it added because its weight in the whole changed.
    """

    cell: AnswerCell
    rest: Estimate | None = None
    difference: Verdict | None = None
    real: bool = False
    own: float | None = None
    mix: float | None = None

    @property
    def contribution(self) -> float | None:
        """What it added to the change of the whole."""
        return None if self.own is None or self.mix is None else self.own + self.mix


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenApart:
    """A number of one period, taken apart along a dimension.

    Attributes:
        answer: the answer that holds whole and parts.
        dimension: along which.
        whole: the number.
        parts: its parts, the largest n first.
    """

    answer: Answer
    dimension: str
    whole: AnswerCell
    parts: tuple[Part, ...]


def take_apart(asking: Asking, question: Question, metric: Metric, dimension: str) -> TakenApart:
    """Take the last period of a question apart.

    Args:
        asking: the snapshot.
        question: about one metric, with its days; what it is cut by is replaced.
        metric: the resolved definition.
        dimension: along which.

    Raises:
        QuestionError: the metric cannot be cut by the dimension.
    """
    question = replace(question, breakdowns=((), (dimension,)))
    plain = replace(metric, by_default=())
    [answer] = asking.answers(question, [plain])
    last = max((cell.period for cell in answer.cells), key=lambda period: period.start_us)
    here = [cell for cell in answer.cells if cell.period == last]
    [whole] = [cell for cell in here if not cell.dims]
    cells = sorted((cell for cell in here if cell.dims), key=_largest_first)
    rests = {} if metric.by_default else _rests(asking, question, plain, last)
    # The rest of a hidden part would tell what is hidden: the whole less the rest.
    rests = {key: rest for key, rest in rests.items() if key not in {_key(cell) for cell in cells if _hidden(cell)}}
    differences = [_difference(cell, rests.get(_key(cell)), plain) for cell in cells]
    real = discoveries([math.nan if d is None or d.p is None else d.p for d in differences])
    shares = _contributions(whole, cells)
    return TakenApart(
        answer=answer,
        dimension=dimension,
        whole=whole,
        parts=tuple(
            Part(
                cell=cell,
                rest=rests.get(_key(cell)),
                difference=differences[i],
                real=bool(real[i]) and (found := differences[i]) is not None and found.word == "changed",
                own=None if shares is None else shares[i][0],
                mix=None if shares is None else shares[i][1],
            )
            for i, cell in enumerate(cells)
        ),
    )


def _key(cell: AnswerCell) -> tuple[str | None, ...]:
    return tuple(cell.dims.values())


def _hidden(cell: AnswerCell) -> bool:
    return "hidden" in cell.estimate.flags or (cell.previous is not None and "hidden" in cell.previous.flags)


def _largest_first(cell: AnswerCell) -> tuple[float, str]:
    return -(cell.estimate.n or 0), str(next(iter(cell.dims.values())))


def _rests(asking: Asking, question: Question, metric: Metric, last: Period) -> dict[tuple[str | None, ...], Estimate]:
    """Return group -> the estimate of all that is not in it, in one period."""
    if metric.kind is Kind.METHOD:
        return {}
    alone = replace(question, start=last.start, end=last.end, compare="")
    made = asking.plan(alone, [metric])
    results = Duck(asking.relations.connection, asking.relations.name, Kept(asking.relations)).run(made)
    cells = collect_rest(made, results)
    if cells is None:
        return {}
    config = asking.workspace.config
    terms = Terms(
        show_from_n=config.show_from_n, privacy_min=config.privacy_min, siblings=False, lacking=asking.lacking(metric)
    )
    return {_key(cell): cell.estimate for cell in answer_cells(made, cells, terms)}


def _difference(cell: AnswerCell, rest: Estimate | None, metric: Metric) -> Verdict | None:
    if rest is None or rest.value is None or cell.estimate.value is None:
        return None
    return verdict(
        cell.estimate,
        rest,
        metric.min_change,
        metric.good.value,
        method=metric.interval.method,
        needed=metric.show_from_n,
    )


def _contributions(whole: AnswerCell, cells: Sequence[AnswerCell]) -> list[tuple[float, float]] | None:
    """Return what each part added to the change of the whole; None where that has no answer, or would tell a secret."""
    before = whole.previous
    if not cells or any(map(_hidden, cells)) or before is None or before.value is None or whole.estimate.value is None:
        return None
    earlier = [cell.previous for cell in cells]
    found = contributions(
        [_number(cell.estimate.value) for cell in cells],
        [math.nan if one is None else _number(one.value) for one in earlier],
        whole.estimate.value,
        before.value,
        n_now=[cell.estimate.n or 0.0 for cell in cells],
        n_before=[0.0 if one is None else one.n or 0.0 for one in earlier],
    )
    return None if found is None else [(float(o), float(m)) for o, m in zip(found.own, found.mix, strict=True)]


def _number(value: float | None) -> float:
    return math.nan if value is None else value
