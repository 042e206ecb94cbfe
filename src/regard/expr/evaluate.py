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

Value = Any
"""A number, text, truth, or None for blank."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can see besides its row.

    Attributes:
        clock: `period.start`, `period.end`, `until` as instants, `length` in minutes.
        parameters: values of the `$parameters`.
        policies: `lookup` tables: name -> (keys -> value), where keys is a tuple with one value for each column.
    """

    clock: Mapping[str, Value] = field(default_factory=dict)
    parameters: Mapping[str, Value] = field(default_factory=dict)
    policies: Mapping[str, Mapping[tuple[Value, ...], Value]] = field(default_factory=dict)


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


def _call(node: Call, row: Mapping[str, Value], scope: Scope) -> Value:  # noqa: PLR0911 - one exit for each sort of node
    name, args = node.name, node.args
    if name == "and":
        return bool(evaluate(args[0], row, scope)) and bool(evaluate(args[1], row, scope))
    if name == "or":
        return bool(evaluate(args[0], row, scope)) or bool(evaluate(args[1], row, scope))
    if name == "if":
        return evaluate(args[1] if evaluate(args[0], row, scope) else args[2], row, scope)
    if name == "lookup":
        keys = tuple(evaluate(arg, row, scope) for arg in args[1:])
        policy = scope.policies[policy_name(node)]
        return None if None in keys else policy.get(keys, policy.get(()))
    values = [evaluate(arg, row, scope) for arg in args]
    if name == "not":
        return not values[0]
    if name == "is blank":
        return values[0] is None
    if name == "is not blank":
        return values[0] is not None
    if name == "negate":
        return None if values[0] is None else -values[0]
    if name == "in":
        return values[0] is not None and any(values[0] == choice for choice in values[1:] if choice is not None)
    if name in COMPARISON:
        return None not in values and COMPARISON[name](*values)
    if name in ARITHMETIC:
        result = None if None in values else ARITHMETIC[name](*values)
        return None if isinstance(result, float) and not math.isfinite(result) else result
    raise ValueError(name)


def policy_name(node: Call) -> str:
    """Return the policy that a `lookup` reads."""
    first = node.args[0]
    if not isinstance(first, Name):
        raise TypeError(first)
    return first.name
