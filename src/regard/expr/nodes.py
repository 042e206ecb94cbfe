"""The nodes of the metric language: a closed set, each a frozen record without behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Type(StrEnum):
    """What a value is. Instants and durations are whole microseconds, days are days since 1970-01-01."""

    NUMBER = "number"
    TEXT = "text"
    TRUTH = "truth"
    INSTANT = "instant"
    DAY = "day"
    DURATION = "duration"


MINUTE_US = 60_000_000
UNITS_US = {"s": 1_000_000, "min": MINUTE_US, "h": 60 * MINUTE_US, "d": 1440 * MINUTE_US, "w": 7 * 1440 * MINUTE_US}
"""Units of a duration in microseconds. Months and years are not durations: they are windows (`model.Window`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of the tree.

    Attributes:
        at: character of the source text at which the node begins, counted from 0; two nodes that differ only in
            their place are equal.
    """

    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, a text, true or false, or a duration in microseconds."""

    value: float | int | str | bool
    type: Type


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A column of the row (in a row expression), a row set (first argument of a leaf) or a leaf (in a value)."""

    name: str


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """A `$parameter` of the metric; never reaches the rows of an engine (see METRICS: hidden dimensions)."""

    name: str


@dataclass(frozen=True, slots=True)
class Reference(Node):
    """`@metric`: another metric, expanded when the catalogue is read."""

    metric: str


@dataclass(frozen=True, slots=True)
class Clock(Node):
    """`period.start`, `period.end` or `until`, all instants; and the cell value `length`, a number of minutes."""

    name: str


@dataclass(frozen=True, slots=True)
class Call(Node):
    """An operator or function applied to arguments; `OPERATORS` and `FUNCTIONS` say which there are."""

    name: str
    args: tuple[Node, ...]


CLOCKS = ("period.start", "period.end", "until")
LENGTH = "length"
OPERATORS = {
    "or": 1, "and": 2, "not": 3,
    "=": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4, "is blank": 4, "is not blank": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "negate": 7,
}  # fmt: skip
"""Operators and how tightly each binds; `in` has the choices as its further arguments."""

Arity: TypeAlias = "int | tuple[int, int] | None"
"""Number of arguments of a function; a pair is from and to, None one or more."""

ROW_FUNCTIONS: dict[str, Arity] = {"min": 2, "max": 2, "if": 3, "lookup": None}
LEAF_FUNCTIONS: dict[str, Arity] = {"count": 1, "sum": 2, "share": 2, "mean": 2}
GRAIN_FUNCTIONS: dict[str, Arity] = {"distinct": 2, "quantile": (3, 4), "median": 2, "survival": 4}
CELL_FUNCTIONS: dict[str, Arity] = {"total": 2, "trailing": 2, "min": 2, "max": 2}
"""Functions by the level they stand at."""


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and everything below it, parents first."""
    yield node
    if isinstance(node, Call):
        for arg in node.args:
            yield from walk(arg)


def rewrite(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """Return the tree with every node for which `change` returns one replaced, top down; a replaced node is final."""
    new = change(node)
    if new is not None:
        return new
    if isinstance(node, Call):
        args = tuple(rewrite(arg, change) for arg in node.args)
        return node if args == node.args else Call(node.name, args, at=node.at)
    return node


def names(node: Node) -> set[str]:
    """Return the names (columns, leaves or row sets) that the tree mentions."""
    return {item.name for item in walk(node) if isinstance(item, Name)}


def parameters(node: Node) -> set[str]:
    """Return the `$parameters` that the tree mentions."""
    return {item.name for item in walk(node) if isinstance(item, Parameter)}


def conjuncts(node: Node | None) -> tuple[Node, ...]:
    """Split a test at its top-level `and`s; None is the empty conjunction."""
    if node is None:
        return ()
    if isinstance(node, Call) and node.name == "and":
        return tuple(part for arg in node.args for part in conjuncts(arg))
    return (node,)
