"""What a reference of a derived table is: plain rows in, plain rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Row = Mapping[str, Any]
"""Column -> value; instants and durations are whole microseconds, days are days since 1970-01-01, a blank is None."""

Inputs = Mapping[str, Sequence[Row]]
"""Table -> its rows, whole and unfiltered: a reference itself leaves out what happened after `until`."""

Arguments = Mapping[str, str | float]
"""Argument -> value; every argument that the table declares is there."""


class Reference(Protocol):
    """The slow honest maker of a derived table; where its SQL disagrees, the SQL is wrong."""

    def __call__(self, inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
        """Return the rows of the table.

        Args:
            inputs: rows of the tables it is made from.
            arguments: its arguments, resolved.
            until: instant at which the story is cut; what happened later does not exist, what was still open then is
                open (its end is blank).
        """


def words(text: str | float) -> frozenset[str]:
    """Return the words of an argument that lists several, separated by commas."""
    return frozenset(word.strip() for word in str(text).split(",") if word.strip())


def by(until: int, at: int | None) -> int | None:
    """Return an instant if it has come by `until`, else blank."""
    return at if at is not None and at <= until else None


def earliest(values: Sequence[Any]) -> Any:  # noqa: ANN401 - of whatever kind the values are
    """Return the smallest of the values that are not blank, or blank."""
    return min((value for value in values if value is not None), default=None)


def total(values: Sequence[Any]) -> Any:  # noqa: ANN401 - of whatever kind the values are
    """Return the sum of the values that are not blank, or blank when all are."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
