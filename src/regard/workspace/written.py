"""What callers write as text, as the language has it: dimensions, the length of periods, days."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from regard.errors import QuestionError, did_you_mean
from regard.model import Grain

if TYPE_CHECKING:
    from collections.abc import Sequence


def dims(by: str | Sequence[str]) -> tuple[str, ...]:
    """Return dimensions that are a list, or one text with commas."""
    return tuple(dim.strip() for dim in by.split(",") if dim.strip()) if isinstance(by, str) else tuple(by)


def grain_of(text: str) -> Grain:
    """Return the grain of a name.

    Raises:
        QuestionError: there is none of that name.
    """
    try:
        return Grain(text)
    except ValueError:
        raise QuestionError(f"there is no grain '{text}'; {did_you_mean(text, [g.value for g in Grain])}") from None


def day_of(day: date | str | None) -> date | None:
    """Return a local day that may be written as text; None for none.

    Raises:
        QuestionError: a text that is no day.
    """
    if isinstance(day, str):
        try:
            return date.fromisoformat(day)
        except ValueError:
            raise QuestionError(f"'{day}' is no day; write it as 2026-06-30") from None
    return day
