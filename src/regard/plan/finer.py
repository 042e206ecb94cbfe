"""Rows in parts: where a dimension is asked that only a finer table has, its parts are read and weighed by share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from regard.expr import TESTS, Call, Literal, Name, Node, Type
from regard.model import Per
from regard.plan.question import QUANTILE, SUM

if TYPE_CHECKING:
    from regard.model import RowSet, Table

ZERO = Literal(0, Type.NUMBER)
ONE = Literal(1, Type.NUMBER)


def read_from(rows: RowSet, own: Table, table: Table) -> RowSet:
    """Return a row set over its own table or the finer one, with the arguments that table has; `per` sums are weighed.

    An argument that only the finer table has (how its shares are made) says nothing where whole rows are read.
    """
    arguments = tuple(pair for pair in rows.arguments if pair[0] in table.arguments)
    per = rows.per
    if table is not own and per is not None:
        per = Per(per.keys, tuple((name, weighed(node, own)) for name, node in per.sums))
    return replace(rows, table=table.name, arguments=arguments, per=per)


def weighed_leaf(what: str, of: tuple[Node, ...], own: Table) -> tuple[Node, ...]:
    """Return what a measure over parts computes: sums and the weights of a quantile by share, all else as it was."""
    if what == SUM:
        return (weighed(of[0], own),)
    if what == QUANTILE and len(of) > 2:  # noqa: PLR2004 - value, q, weight
        return (*of[:2], weighed(of[2], own))
    return of


def weighed(node: Node, own: Table) -> Node:
    """Return what a part adds to a sum over the rows of a table: a number times its share, a test its share."""
    assert own.finer is not None  # noqa: S101 - for the type checker; only a table with parts is read so
    share = Name(own.finer[1])
    if node == ONE:
        return share
    if isinstance(node, Call) and node.name == "if":
        # Inside, so that a sum under a test stays one.
        return Call("if", (node.args[0], weighed(node.args[1], own), weighed(node.args[2], own)))
    if is_test(node, own):
        return Call("if", (node, share, ZERO))
    return ZERO if node == ZERO else Call("*", (node, share))


def is_test(node: Node, own: Table) -> bool:
    """Whether a row expression is a test, a truth column included."""
    if isinstance(node, Name):
        column = own.columns.get(node.name)
        return column is not None and column.type is Type.TRUTH
    if isinstance(node, Literal):
        return node.type is Type.TRUTH
    return isinstance(node, Call) and node.name in TESTS
