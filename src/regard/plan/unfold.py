"""A sum in two parts: what no parameter touches, and a factor over hidden columns that all parameters stand in.

The law: over all values of the hidden columns, the sum of base x factor is the measure. An engine computes the base by
the hidden columns once; whoever changes a parameter or a policy only works the factor out again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from regard.expr import Call, Clock, Literal, Name, Node, Parameter, Type, conjuncts, walk
from regard.plan.finer import is_test
from regard.plan.question import SUM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from regard.model import Table
    from regard.plan.question import Measure

ONE = Literal(1, Type.NUMBER)
ZERO = Literal(0, Type.NUMBER)


@dataclass(frozen=True, slots=True)
class Unfolded:
    """A sum in two parts.

    Attributes:
        base: the sum without parameters and policies.
        factor: a number over the hidden columns, blank where the rows count nothing; None when it is 1.
        hidden: columns of the table that the factor reads, in alphabetical order.
    """

    base: Measure
    factor: Node | None = None
    hidden: tuple[str, ...] = ()


def unfold(measure: Measure, table: Table) -> Unfolded | None:
    """Return a measure in two parts, or None where it has none: it is no sum over rows, or its factor reads a clock.

    Args:
        measure: the measure.
        table: the table whose rows it sums.
    """
    rows = measure.rows
    if measure.what != SUM or rows.per is not None:
        return None
    value, tests = _under_tests(measure.of[0], table)
    factors = list(_factors(value))
    touched = [(node, over) for node, over in factors if touches(node)]
    own = [test for test in conjuncts(rows.where) if touches(test)]
    above = [test for test in tests if touches(test)]
    if not (touched or own or above):
        return Unfolded(measure)
    factor = _if([*own, *above], _product(touched))
    if any(isinstance(part, Clock) for part in walk(factor)):
        return None
    read = columns(factor)
    if not read <= table.columns.keys():
        return None
    kept = [test for test in conjuncts(rows.where) if not touches(test)]
    free = [test for test in tests if not touches(test)]
    base = replace(
        measure,
        rows=replace(rows, where=_all(kept)),
        of=(_if(free, _product([pair for pair in factors if pair not in touched])),),
        parameters=(),
    )
    return Unfolded(base, factor, tuple(sorted(read)))


def touches(node: Node) -> bool:
    """Whether an expression reads a parameter or a policy."""
    return any(isinstance(part, Parameter) or (isinstance(part, Call) and part.name == "lookup") for part in walk(node))


def columns(node: Node) -> set[str]:
    """Return the columns that an expression reads; the name of a policy is none."""
    if isinstance(node, Name):
        return {node.name}
    if not isinstance(node, Call):
        return set()
    args = node.args[1:] if node.name == "lookup" else node.args
    return {name for arg in args for name in columns(arg)}


def _under_tests(value: Node, table: Table) -> tuple[Node, list[Node]]:
    """Return what is summed and the tests under which: a sum of `if(test, x, 0)` is a sum of x under a test."""
    tests: list[Node] = []
    while isinstance(value, Call) and value.name == "if" and value.args[2] == ZERO:
        tests += conjuncts(value.args[0])
        value = value.args[1]
    if is_test(value, table):
        tests += conjuncts(value)
        value = ONE
    return value, tests


def _factors(value: Node, *, over: bool = False) -> Iterator[tuple[Node, bool]]:
    """Yield the factors of a product, and whether it is divided by them."""
    if isinstance(value, Call) and value.name in ("*", "/"):
        yield from _factors(value.args[0], over=over)
        yield from _factors(value.args[1], over=over != (value.name == "/"))
    elif value != ONE:
        yield value, over


def _product(factors: Sequence[tuple[Node, bool]]) -> Node:
    found: Node = ONE
    for node, over in sorted(factors, key=lambda pair: pair[1]):
        found = node if found == ONE and not over else Call("/" if over else "*", (found, node))
    return found


def _all(tests: Sequence[Node]) -> Node | None:
    if not tests:
        return None
    found = tests[0]
    for test in tests[1:]:
        found = Call("and", (found, test))
    return found


def _if(tests: Sequence[Node], value: Node) -> Node:
    test = _all(tests)
    if test is None:
        return value
    return test if value == ONE else Call("if", (test, value, ZERO))
