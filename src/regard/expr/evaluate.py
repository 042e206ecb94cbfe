"""The slow honest evaluator: one node, one row, plain Python. Where an engine disagrees with it, the engine is wrong.

A blank is None. A comparison with a blank is false; arithmetic with a blank, and a division by zero, is blank; the
smaller or larger of a blank and anything is blank.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from regard.expr.nodes import Call, Clock, Literal, Name, Node, Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from regard.expr.lookup import Lookup

Value = Any
"""A number, text, truth, or None for blank."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can see besides its row.

    Attributes:
        clock: `period.start`, `period.end`, `until` as instants, `length` in minutes.
        parameters: values of the `$parameters`.
        policies: what `lookup` reads, by name.
    """

    clock: Mapping[str, Value] = field(default_factory=dict)
    parameters: Mapping[str, Value] = field(default_factory=dict)
    policies: Mapping[str, Lookup] = field(default_factory=dict)


NOTHING = Scope()


def _divide(a: Value, b: Value) -> Value:
    return None if b == 0 else a / b


ARITHMETIC: Mapping[str, Callable[[Value, Value], Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "min": min,
    "max": max,
}
COMPARISON: Mapping[str, Callable[[Value, Value], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def evaluate(node: Node, row: Mapping[str, Value], scope: Scope = NOTHING) -> Value:
    """Return the value of a row or cell expression.

    Args:
        node: the expression; `lookup`'s first argument is the policy's name.
        row: columns of the row, or leaves of the cell.
        scope: clock, parameters and policies.

    Raises:
        KeyError: for a name that is not there, which the check at reading should have found.
    """
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Name):
        return row[node.name]
    if isinstance(node, Parameter):
        return scope.parameters[node.name]
    if isinstance(node, Clock):
        return scope.clock[node.name]
    if not isinstance(node, Call):
        raise TypeError(node)
    return _call(node, row, scope)


def _call(node: Call, row: Mapping[str, Value], scope: Scope) -> Value:
    if node.name in LAZY:
        return LAZY[node.name](node, row, scope)
    values = [evaluate(arg, row, scope) for arg in node.args]
    if node.name in COMPARISON:
        return None not in values and COMPARISON[node.name](*values)
    if node.name in ARITHMETIC:
        result = None if None in values else ARITHMETIC[node.name](*values)
        return None if isinstance(result, float) and not math.isfinite(result) else result
    return ANY[node.name](values)


def _and(node: Call, row: Mapping[str, Value], scope: Scope) -> bool:
    return bool(evaluate(node.args[0], row, scope)) and bool(evaluate(node.args[1], row, scope))


def _or(node: Call, row: Mapping[str, Value], scope: Scope) -> bool:
    return bool(evaluate(node.args[0], row, scope)) or bool(evaluate(node.args[1], row, scope))


def _if(node: Call, row: Mapping[str, Value], scope: Scope) -> Value:
    return evaluate(node.args[1] if evaluate(node.args[0], row, scope) else node.args[2], row, scope)


def _lookup(node: Call, row: Mapping[str, Value], scope: Scope) -> Value:
    keys = tuple(evaluate(arg, row, scope) for arg in node.args[1:])
    return scope.policies[policy_name(node)].of(keys)


LAZY: Mapping[str, Callable[[Call, Mapping[str, Value], Scope], Value]] = {
    "and": _and,
    "or": _or,
    "if": _if,
    "lookup": _lookup,
}
"""Functions that do not need the value of every argument, or whose first is a name."""

ANY: Mapping[str, Callable[[list[Value]], Value]] = {
    "not": lambda values: not values[0],
    "is blank": lambda values: values[0] is None,
    "is not blank": lambda values: values[0] is not None,
    "negate": lambda values: None if values[0] is None else -values[0],
    "in": lambda values: values[0] is not None and values[0] in [choice for choice in values[1:] if choice is not None],
}
"""Functions that look at blanks themselves."""


def policy_name(node: Call) -> str:
    """Return the policy that a `lookup` reads."""
    first = node.args[0]
    if not isinstance(first, Name):
        raise TypeError(first)
    return first.name
