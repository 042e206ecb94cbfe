"""What pages show that is made of several answers, as plain data for programs: boards, parts, comparisons, reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.present import document, interruption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.model.reports import ReportTemplate
    from regard.plan import AnswerCell, Estimate
    from regard.reports import Filled, Report, Seasonal
    from regard.web.views.boards import Board
    from regard.web.views.compare import Compared, Side
    from regard.workspace.parts import Part, TakenApart

Item = dict[str, object]
LEDGER = ("impact", "stretch", "queue", "incident", "findings", "fresh")
"""What a section of a report may hold besides answers; each is told by its own names."""


def described(template: ReportTemplate) -> Item:
    """Return a board or report in short."""
    return {
        "id": template.id,
        "title": template.title,
        "means": template.means,
        "of": template.of,
        "grain": template.grain.value,
        "own": template.own,
    }


def board(made: Board) -> tuple[Item, list[Item]]:
    """Return what a board says as a whole, and its numbers in the order of the page."""
    head: Item = {
        "board": made.id,
        "title": made.title,
        "summary": made.summary,
        "context": made.context,
        "conflicts": list(made.conflicts),
    }
    return head, [{"group": group.title, **one.plain(), "why": one.why} for group in made.groups for one in group.tiles]


def parts(found: TakenApart) -> tuple[Item, list[Item]]:
    """Return a number, and its parts beside all the rest of each."""
    answer, whole = found.answer, found.whole
    head: Item = {
        "metric": answer.metric.id,
        "version": answer.metric.version,
        "unit": answer.metric.unit,
        "dimension": found.dimension,
        "period": whole.period.label,
        "whole": {"label": "", **_estimate(whole.estimate)},
        "change": None if whole.verdict is None else whole.verdict.change,
        "context": document.context(answer),
    }
    return head, [_part(one, found.dimension) for one in found.parts]


def _part(one: Part, dimension: str) -> Item:
    cell, apart = one.cell, one.difference
    return {
        "member": cell.dims[dimension],
        **_estimate(cell.estimate),
        "status": cell.status,
        "rest": None if one.rest is None else one.rest.value,
        "difference": None if apart is None else apart.change,
        "difference_lo": None if apart is None else apart.lo,
        "difference_hi": None if apart is None else apart.hi,
        "verdict": None if apart is None else apart.word,
        "real": one.real,
        "own": one.own,
        "mix": one.mix,
    }


def compared(found: Compared, by: str | None) -> Item:
    """Return two numbers, held against each other."""
    first, second = found.sides
    change = found.verdict
    return {
        "metric": found.metric.id,
        "version": found.metric.version,
        "unit": found.metric.unit,
        "by": by,
        "period": found.period,
        "a": _side(first),
        "b": _side(second),
        "difference": change.change,
        "lo": change.lo,
        "hi": change.hi,
        "p": change.p,
        "verdict": change.word,
        "detectable": found.least,
        "context": document.context(second.answer),
    }


def flat(told: Item) -> Item:
    """Return a comparison as one line: what its sides say stands under `a_` and `b_`."""
    line: Item = {}
    for name, value in told.items():
        line |= {f"{name}_{key}": each for key, each in value.items()} if isinstance(value, dict) else {name: value}
    return line


def report(filled: Report) -> Item:
    """Return a report with the numbers behind each of its sections."""
    return {
        "report": filled.template.id,
        "title": filled.template.title,
        "subject": filled.subject,
        "as_of": document.instant(filled.as_of),
        "until": document.instant(filled.until),
        "zone": filled.zone,
        "snapshot": filled.snapshot,
        "scope": filled.scope,
        "sections": [_section(one) for one in filled.sections],
    }


def _section(filled: Filled) -> Item:
    told: Item = {"show": filled.section.show, "title": filled.section.title, "text": filled.section.text}
    if filled.missing:
        told["missing"] = filled.missing
    if filled.answers:
        told["answers"] = [document.document(one) for one in filled.answers]
    if filled.seasonal:
        told["seasonal"] = [_seasonal(one) for one in filled.seasonal]
    if filled.metrics:
        told["metrics"] = [{"metric": one.id, "words": dict(filled.words.get(one.id, {}))} for one in filled.metrics]
    for name in LEDGER:
        held = getattr(filled, name)
        if held:
            told[name] = interruption.as_document(tuple(held) if isinstance(held, list) else held)
    return told


def _seasonal(one: Seasonal) -> Item:
    return {
        "metric": one.answer.metric.id,
        "periods": [cell.period.label for cell in one.cells],
        "values": _values(one.cells),
        "adjusted": list(one.adjusted),
        "next": one.next_label if one.next is not None else None,
        "expected": list(one.next) if one.next is not None else None,
        "said": one.said,
    }


def _values(cells: Sequence[AnswerCell]) -> list[float | None]:
    return [cell.estimate.value for cell in cells]


def _side(side: Side) -> Item:
    return {"label": side.label, **_estimate(side.cell.estimate)}


def _estimate(found: Estimate) -> Item:
    return {"value": found.value, "lo": found.lo, "hi": found.hi, "n": found.n, "flags": list(found.flags)}
