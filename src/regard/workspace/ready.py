"""Which metrics the data can answer: ready, or what is lacking, or not applicable; found by asking, not by guessing.

What was found is kept for as long as the tables of a metric stay what they are: after a load only those whose tables it
changed are asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.errors import AccessError, AuthorError, QuestionError
from regard.expr import show
from regard.model import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.model import Metric
    from regard.workspace.asking import Asking
    from regard.workspace.workspace import Workspace

READY, NEEDS, NOT = "ready", "needs", "not applicable"


@dataclass(frozen=True, slots=True)
class Ready:
    """Whether a metric can be answered.

    Attributes:
        metric: its definition.
        state: ready, needs or not applicable.
        why: what is lacking, or why it does not apply; "" when it is ready.
        n: on how many rows its value over all time rests, None when it is not ready.
    """

    metric: Metric
    state: str
    why: str = ""
    n: float | None = None


def ready(workspace: Workspace, asking: Asking) -> list[Ready]:
    """Return for every metric whether it can be answered from a snapshot, in the catalogue's order."""
    metrics = [workspace.catalogue.metric(name) for name in workspace.catalogue.metrics]
    keys = {one.id: workspace.kept_answers.standing(asking, one) for one in metrics}
    known = {one.id: workspace.lake.told(READY, keys[one.id]) for one in metrics}
    found = {one.metric.id: one for one in _found(workspace, asking, [m for m in metrics if known[m.id] is None])}
    for one in found.values():
        workspace.lake.keep(READY, keys[one.metric.id], [one.state, one.why, one.n])
    return [found.get(one.id) or Ready(one, *(known[one.id] or ())) for one in metrics]


def _found(workspace: Workspace, asking: Asking, metrics: Sequence[Metric]) -> list[Ready]:
    """Return whether metrics can be answered, by asking."""
    lacking = {one.id: asking.lacking(one) for one in metrics if one.status is not Status.PLANNED}
    whole = [one for one in metrics if lacking.get(one.id) == ""]
    numbers = _asked(workspace, whole, "all")
    # Who stood there when all time began tells nothing: month by month.
    monthly = _asked(workspace, [one for one in whole if not numbers.get(one.id)], "month")
    numbers |= {name: n for name, n in monthly.items() if n is not None}
    return [_one(metric, lacking.get(metric.id), numbers.get(metric.id)) for metric in metrics]


def _one(metric: Metric, lacking: str | None, n: float | None) -> Ready:
    if lacking is None:
        return Ready(metric, NOT, f"planned, not built yet: {metric.pending}")
    if lacking:
        return Ready(metric, NEEDS, lacking)
    if n is not None:
        return Ready(metric, READY, n=n)
    tests = [show(rows.where) for rows in metric.rows.values() if rows.where is not None]
    return Ready(
        metric, NOT, f"no row passes: {'; '.join(dict.fromkeys(tests))}" if tests else "there is no row to count"
    )


def _asked(workspace: Workspace, metrics: Sequence[Metric], grain: str) -> dict[str, float | None]:
    """Return metric -> on how many rows its value rests, at most, of the periods of a grain."""
    try:
        return _together(workspace, metrics, grain)
    except (AccessError, AuthorError, QuestionError):
        found: dict[str, float | None] = {}
        for one in metrics:
            try:
                found |= _together(workspace, [one], grain)
            except (AccessError, AuthorError, QuestionError):
                found[one.id] = None
        return found


def _together(workspace: Workspace, metrics: Sequence[Metric], grain: str) -> dict[str, float | None]:
    if not metrics:
        return {}
    answers = workspace.ask(*(one.id for one in metrics), grain=grain, compare="", intervals=False)
    return {
        answer.metric.id: max(
            (cell.estimate.n or 0 for cell in answer.cells if cell.estimate.value is not None), default=None
        )
        for answer in answers
    }
