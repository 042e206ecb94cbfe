"""Types, checked when the catalogue is read, so that no expression fails when it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from regard.errors import Mistake, did_you_mean
from regard.expr.nodes import Call, Clock, Literal, Name, Node, Parameter, Type
from regard.expr.show import show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

N, X, B, I, Y, D = Type.NUMBER, Type.TEXT, Type.TRUTH, Type.INSTANT, Type.DAY, Type.DURATION  # noqa: E741 - one letter each, for the table of signatures

ARITHMETIC: Mapping[str, Mapping[tuple[Type, Type], Type]] = {
    "+": {(N, N): N, (D, D): D, (I, D): I, (D, I): I, (Y, N): Y},
    "-": {(N, N): N, (D, D): D, (I, I): D, (I, D): I, (Y, Y): N, (Y, N): Y},
    "*": {(N, N): N, (D, N): D, (N, D): D},
    "/": {(N, N): N, (D, D): N, (D, N): D},
}
"""What the arithmetic of two types gives; a pair that is not here is a mistake."""

ORDERED = {"<", "<=", ">", ">="}


@dataclass(frozen=True, slots=True)
class Types:
    """What an expression may mention.

    Attributes:
        columns: names of columns (or leaves) with their types.
        parameters: `$parameters` with their types.
        policies: policies with the number of their keys.
        sets: columns that hold a set of values in a text.
        taking: policies whose key is a set.
        clocks: whether `period.start` and its like may be used.
        of: what the names are called in a message, such as "table response".
    """

    columns: Mapping[str, Type]
    parameters: Mapping[str, Type] = field(default_factory=dict)
    policies: Mapping[str, int] = field(default_factory=dict)
    sets: frozenset[str] = frozenset()
    taking: frozenset[str] = frozenset()
    clocks: bool = True
    of: str = "the row"


def check(node: Node, types: Types, wanted: Type | None = None) -> tuple[Type | None, list[Mistake]]:
    """Return the type of a row or cell expression and all mistakes in it.

    Args:
        node: the expression.
        types: what it may mention.
        wanted: the type it must have, or None.

    Returns:
        The type, None when mistakes leave it open, and the mistakes, each with its column.
    """
    found: list[Mistake] = []
    result = _check(node, types, found)
    if wanted is not None and result is not None and result is not wanted and not found:
        _add(found, node, "wrong-type", f"{show(node)} is a {result}, a {wanted} is needed")
    return result, found


def _add(found: list[Mistake], node: Node, rule: str, message: str, hint: str = "") -> None:
    found.append(Mistake(rule=rule, message=message, column=node.at + 1, value=show(node), hint=hint))


def _check(node: Node, types: Types, found: list[Mistake]) -> Type | None:
    if isinstance(node, Literal):
        return node.type
    if isinstance(node, Call):
        return _check_call(node, types, found)
    return _check_name(node, types, found)


def _check_name(node: Node, types: Types, found: list[Mistake]) -> Type | None:
    if isinstance(node, Name):
        if node.name not in types.columns:
            hint = did_you_mean(node.name, types.columns)
            _add(found, node, "unknown-column", f"{types.of} has no '{node.name}'", hint)
        return types.columns.get(node.name)
    if isinstance(node, Parameter):
        if node.name not in types.parameters:
            hint = did_you_mean(node.name, types.parameters) or "declare it under parameters"
            _add(found, node, "unknown-parameter", f"${node.name} is not declared", hint)
        return types.parameters.get(node.name)
    if isinstance(node, Clock) and node.name != "length":
        if not types.clocks:
            _add(found, node, "no-clock", f"{node.name} cannot be used here")
        return I
    return N


def _check_call(node: Call, types: Types, found: list[Mistake]) -> Type | None:
    if node.name == "lookup":
        return _check_lookup(node, types, found)
    if node.name in ("total", "trailing"):
        return _check(node.args[0], types, found)
    got = [_check(arg, types, found) for arg in node.args]
    known = [kind for kind in got if kind is not None]
    if len(known) < len(got):
        return B if node.name in TESTS else None
    if node.name not in RULES:
        _add(found, node, "unknown-function", f"'{node.name}' cannot stand here")
        return None
    return RULES[node.name](node, known, found)


def _arithmetic(node: Call, got: list[Type], found: list[Mistake]) -> Type | None:
    result = ARITHMETIC[node.name].get((got[0], got[1]))
    if result is None:
        hint = "compare or count a test instead" if B in got else ""
        _add(found, node, "wrong-type", f"{got[0]} {node.name} {got[1]} has no meaning", hint)
    return result


def _negate(node: Call, got: list[Type], found: list[Mistake]) -> Type | None:
    if got[0] in (N, D):
        return got[0]
    _add(found, node, "wrong-type", f"{show(node.args[0])} is a {got[0]}")
    return None


def _truths(node: Call, got: list[Type], found: list[Mistake]) -> Type:
    for arg, kind in zip(node.args, got, strict=True):
        if kind is not B:
            _add(found, arg, "wrong-type", f"{show(arg)} is a {kind}, a test is needed", "write a comparison")
    return B


def _blank(node: Call, got: list[Type], found: list[Mistake]) -> Type:
    del node, got, found
    return B


def _if(node: Call, got: list[Type], found: list[Mistake]) -> Type | None:
    if got[0] is not B:
        _add(found, node.args[0], "wrong-type", f"{show(node.args[0])} is a {got[0]}, a test is needed")
    return _alike(node, got[1:], found)


def _compared(node: Call, got: list[Type], found: list[Mistake]) -> Type:
    kind = _alike(node, got, found)
    if node.name in ORDERED and kind is B:
        _add(found, node, "wrong-type", f"truths have no order: {show(node)}")
    return B


def _lesser(node: Call, got: list[Type], found: list[Mistake]) -> Type | None:
    kind = _alike(node, got, found)
    if kind is B:
        _add(found, node, "wrong-type", f"truths have no order: {show(node)}")
    return kind


Rule: TypeAlias = "Callable[[Call, list[Type], list[Mistake]], Type | None]"


TESTS = frozenset({"and", "or", "not", "in", "is blank", "is not blank", "=", "!=", "<", "<=", ">", ">="})
"""Operators that give a truth."""


def _check_lookup(node: Call, types: Types, found: list[Mistake]) -> Type | None:
    first = node.args[0]
    if not isinstance(first, Name) or first.name not in types.policies:
        hint = did_you_mean(show(first), types.policies)
        _add(found, node, "unknown-policy", f"there is no policy '{show(first)}'", hint)
    elif types.policies[first.name] != len(node.args) - 1:
        wanted = types.policies[first.name]
        _add(
            found,
            node,
            "arguments",
            f"policy {first.name} is looked up by {wanted} columns, found {len(node.args) - 1}",
        )
    kinds = [_check(arg, types, found) for arg in node.args[1:]]
    if isinstance(first, Name) and first.name in types.policies:
        _check_sets(first.name, node.args[1:], kinds, types, found)
    return N


def _check_sets(
    policy: str, args: tuple[Node, ...], kinds: list[Type | None], types: Types, found: list[Mistake]
) -> None:
    """Check that a set is looked up where a set is worth something, and only a text where a set is wanted."""
    for arg, kind in zip(args, kinds, strict=True):
        if policy not in types.taking and isinstance(arg, Name) and arg.name in types.sets:
            message = f"'{arg.name}' is a set, and policy {policy} does not say what a set is worth"
            _add(found, arg, "set-lookup", message, "write `sets: max` or `sets: sum` in the policy")
        elif policy in types.taking and kind not in (X, None):
            _add(found, arg, "wrong-type", f"{show(arg)} is a {kind}, policy {policy} is looked up by texts")


def _alike(node: Call, got: list[Type], found: list[Mistake]) -> Type | None:
    if len(set(got)) == 1:
        return got[0]
    kinds = ", ".join(dict.fromkeys(str(kind) for kind in got))
    hint = "write instants as differences, such as 'a - b < 2 h'" if I in got and D in got else ""
    _add(found, node, "wrong-type", f"{show(node)} compares different types ({kinds})", hint)
    return None


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(ARITHMETIC, _arithmetic),
    **dict.fromkeys(("and", "or", "not"), _truths),
    **dict.fromkeys(("is blank", "is not blank"), _blank),
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "in"), _compared),
    **dict.fromkeys(("min", "max"), _lesser),
    "negate": _negate,
    "if": _if,
}
"""What each operator and function asks of its arguments, and what it gives."""
