"""Questions of the API as the workspace takes them, and the parts of their answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from regard.model import first_day, last_day, period
from regard.workspace import Answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from regard.plan import Answer
    from regard.web.api.schemas import Asked
    from regard.workspace import Workspace
    from regard.workspace.explain import Explained

COMPARED: Mapping[str, str] = {"previous": "previous", "year": "year", "none": ""}


def asked(workspace: Workspace, question: Asked, options: Mapping[str, str]) -> Answers:
    """Answer a question.

    Raises:
        QuestionError: it cannot be answered; the text says what would do.
        AuthorError: its test has mistakes.
    """
    start, end = days(question.from_, question.to)
    return workspace.ask(
        *dict.fromkeys(question.metric),
        by=tuple(dict.fromkeys(question.by)),
        grain=question.grain,
        start=start,
        end=end,
        where=question.where,
        options=options,
        as_of=question.as_of,
        until=question.until,
        as_now=question.as_now,
        compare=COMPARED[question.compare],
        intervals=question.intervals,
    )


def days(first: str | None, last: str | None) -> tuple[date | None, date | None]:
    """Return the first day and the day after the last.

    Raises:
        QuestionError: one is no day.
    """
    return (first_day(first) if first else None, last_day(last) if last else None)


def part(answers: Sequence[Answer], offset: int, limit: int) -> Answers:
    """Return the answers with some of their numbers, counted over all of them; none loses its definition."""
    found = []
    for answer in answers:
        found.append(replace(answer, cells=answer.cells[max(offset, 0) : max(offset + limit, 0)]))
        offset -= len(answer.cells)
    return Answers(found)


def explained(workspace: Workspace, name: str, said: str, options: Mapping[str, str]) -> Explained:
    """Open the number of a metric in a period.

    Raises:
        QuestionError: it cannot be opened, or the period is none.
    """
    start, end, grain = period(said, workspace.calendar)
    return workspace.explain(name, start, end, grain, options=options)
