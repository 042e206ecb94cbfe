"""The month in sentences, made of the verdicts that stand beside the numbers: nothing is said that they do not say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.present import numbers, words
from regard.present.table import groups

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.model import Metric
    from regard.plan import Answer, AnswerCell

CHANCE = 20
"""Of so many numbers that did not change, one looks changed by chance (95 %)."""
FEW = 3
"""Names in a sentence; of more their number is said."""
MOVED: Mapping[bool | None, str] = {True: "improved", False: "got worse", None: "changed"}
"""Whether a real change goes the good way -> how it is called."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of one number where many are counted.

    Attributes:
        name: how it is called.
        status: met, missed, too close to call, or "" without a target.
        compared: whether there is a period before.
        real: whether it really changed.
        better: whether that goes the good way, None where neither is.
    """

    name: str
    status: str = ""
    compared: bool = False
    real: bool = False
    better: bool | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a summary.

    Attributes:
        text: as it is read.
        metric: id of the metric that it is about, or "".
        tone: one of the tones of `words`; never the only bearer of what it says.
    """

    text: str
    metric: str = ""
    tone: str = words.PLAIN


def at(answer: Answer, label: str) -> list[AnswerCell]:
    """Return the cells of a period, one for each group."""
    return [cell for cells in groups(answer).values() for cell in cells if cell.period.label == label]


def sentences(answers: Sequence[Answer], label: str, *, rate: float | None = None) -> tuple[Sentence, ...]:
    """Return what is worth saying of a period: the count first, then misses, real changes, and what is missing.

    Args:
        answers: of the metrics that count.
        label: of the period, such as 2026-06.
        rate: false discovery rate at which the changes were looked at together; None where each was judged alone.
    """
    told = [(answer, cell) for answer in answers for cell in at(answer, label)]
    missed = [(answer, cell) for answer, cell in told if cell.status == "missed"]
    real = [(answer, cell) for answer, cell in told if _compared(cell) and _real(cell)]
    found = [Sentence(headline(label, [_judged(answer, cell) for answer, cell in told], rate=rate))]
    found += [Sentence(_miss(answer, cell), answer.metric.id, words.BAD) for answer, cell in missed]
    found += [
        Sentence(_change(answer, cell), answer.metric.id, words.arrow(cell.verdict).tone)
        for answer, cell in real
        if (answer, cell) not in missed
    ]
    blank = [(answer, cell) for answer, cell in told if cell.estimate.value is None]
    if blank:
        each = "; ".join(f"{name(answer.metric, cell)}: {words.why_missing(cell.estimate)}" for answer, cell in blank)
        found.append(Sentence(f"Without a number: {each}."))
    return tuple(found)


def name(metric: Metric, cell: AnswerCell) -> str:
    """Return how a number is called: its title, and the part of the whole that it is of."""
    part = ", ".join("(blank)" if value is None else value for value in cell.dims.values())
    return f"{metric.title}: {part}" if part else metric.title


def headline(label: str, found: Sequence[Judged], *, rate: float | None = None, names: bool = False) -> str:
    """Return in one sentence how many numbers meet their targets, and how many really changed.

    Args:
        label: of the period.
        found: the numbers.
        rate: false discovery rate at which the changes were looked at together; None to say nothing of it.
        names: whether those that miss their target or changed are named, where they are few.
    """
    said = []
    aimed = [one for one in found if one.status]
    if aimed:
        counts = [(word, [one for one in aimed if one.status == word]) for word in words.STATUS]
        each = [f"{len(of)} {word}{_named(of, names and word == 'missed')}" for word, of in counts if of]
        said.append(f"of {_many(len(aimed), 'target')} {', '.join(each)}")
    compared = [one for one in found if one.compared]
    real = [one for one in compared if one.real]
    if compared:
        ways = [(word, [one for one in real if one.better is way]) for way, word in MOVED.items()]
        moved = ", ".join(f"{len(of)} really {word}{_named(of, names)}" for word, of in ways if of)
        number = _many(len(compared), "number")
        said.append(f"of {number} compared with the period before {moved or 'none changed beyond chance'}")
    chance = ""
    if real and rate is not None:
        chance = f" Looked at together: of changes called real at most {numbers.share(rate)} are expected to be chance."
    elif real and not names and len(compared) >= CHANCE / 2:
        chance = f" By chance alone about 1 in {CHANCE} would look changed."
    return f"{label}: {'; '.join(said) or 'no number has a target or a period before'}.{chance}"


def _judged(answer: Answer, cell: AnswerCell) -> Judged:
    return Judged(
        name=name(answer.metric, cell),
        status=cell.status or "",
        compared=_compared(cell),
        real=_real(cell),
        better=None if cell.verdict is None else cell.verdict.better,
    )


def _compared(cell: AnswerCell) -> bool:
    return cell.verdict is not None and cell.verdict.change is not None


def _real(cell: AnswerCell) -> bool:
    return cell.verdict is not None and cell.verdict.word == words.CHANGED


def _named(found: Sequence[Judged], names: bool) -> str:
    if not names:
        return ""
    more = f" and {len(found) - FEW} more" if len(found) > FEW else ""
    return f" ({', '.join(one.name for one in found[:FEW])}{more})"


def _miss(answer: Answer, cell: AnswerCell) -> str:
    unit, currency = answer.metric.unit, answer.currency
    change = words.verdict(cell.verdict, unit, currency)
    return (
        f"{name(answer.metric, cell)} misses its target: {words.estimate(cell.estimate, unit, currency)}, "
        f"wanted {words.target(cell.target, unit, currency)}{f'; {change}' if change else ''}."
    )


def _change(answer: Answer, cell: AnswerCell) -> str:
    unit, currency = answer.metric.unit, answer.currency
    held = f"; target {words.target(cell.target, unit, currency)} {cell.status}" if cell.status else ""
    verdict = cell.verdict
    band = (
        f" {numbers.interval(verdict.lo, verdict.hi, unit, number=verdict.change, currency=currency)}"
        if verdict is not None and verdict.lo is not None
        else ""
    )
    return (
        f"{name(answer.metric, cell)} went {words.verdict(verdict, unit, currency)}{band}, "
        f"to {words.estimate(cell.estimate, unit, currency)}{held}."
    )


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
