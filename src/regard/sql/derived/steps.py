"""How a derived table is written: named steps, each with a line that says what it is, then the rows."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Protocol

from sqlglot import exp

from regard.derived.reference import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from regard.derived import Arguments

FOREVER = 9_223_372_036_854_775_807
"""An end that never comes, where two ends are compared; never stands in a row of the table."""


class Statement(Protocol):
    """Prints the query that makes a derived table from tables and views named like its inputs."""

    def __call__(self, arguments: Arguments, until: int) -> str:
        """Return the query.

        Canonical SQL in the spelling of DuckDB, for instants and durations as whole microseconds; what happened after
        `until` is left out by the query itself.

        Args:
            arguments: the table's arguments, resolved.
            until: instant at which the story is cut.
        """


@dataclass(frozen=True, slots=True)
class Step:
    """A named step.

    Attributes:
        name: how later steps call it.
        means: what its rows are.
        select: the query.
    """

    name: str
    means: str
    select: str


def query(steps: Sequence[Step], select: str, *, recursive: bool = False) -> str:
    """Return one statement of the steps and the select that ends them."""
    written = ",\n".join(f"-- {step.means}\n{step.name} AS (\n{indent(tidy(step.select), '  ')}\n)" for step in steps)
    return f"WITH {'RECURSIVE ' if recursive else ''}\n{written}\n{tidy(select)}" if steps else tidy(select)


def tidy(select: str) -> str:
    """Return a query without the indentation of the Python around it."""
    return dedent(select).strip("\n").rstrip()


def text(value: str) -> str:
    """Return a text as a literal."""
    return exp.Literal.string(value).sql("duckdb")


def double(value: str | float) -> str:
    """Return a number as a literal of double precision (engines take a bare 0.7 for a decimal)."""
    return f"CAST({float(value)!r} AS DOUBLE)"


def listed(values: Iterable[str]) -> str:
    """Return texts as the inside of an IN list, in order; of none, a list that holds nothing."""
    return ", ".join(text(value) for value in sorted(values)) or "NULL"


def named(argument: str | float) -> str:
    """Return the words of an argument as the inside of an IN list."""
    return listed(words(argument))


def columns(table: str, names: Iterable[str]) -> str:
    """Return columns of one table, as they are."""
    return ", ".join(f"{table}.{name}" for name in names)


def come(column: str, until: int) -> str:
    """Return an instant if it has come by `until`, else NULL."""
    return f"CASE WHEN {column} <= {until} THEN {column} END"


def sooner(a: str, b: str) -> str:
    """Return the smaller of two, a blank giving way to the other (engines differ on LEAST with NULL)."""
    return f"LEAST(COALESCE({a}, {b}), COALESCE({b}, {a}))"
