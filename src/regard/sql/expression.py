"""Row expressions as SQL: the second printer of the metric language.

Blanks follow the evaluator: a comparison with NULL counts as false wherever that can be seen (under `not`, or as a
value), arithmetic with NULL or by zero is NULL, and so is the smaller or larger of NULL and anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from regard.expr import JOINT, TESTS, Call, Clock, Literal, Name, Node, Parameter, Type, policy_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from regard.expr import Lookup

BINARY: Mapping[str, type[exp.Expression]] = {
    "+": exp.Add,
    "-": exp.Sub,
    "*": exp.Mul,
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
    "and": exp.And,
    "or": exp.Or,
}
DOUBLE = exp.DataType.build("double")


@dataclass(frozen=True, slots=True)
class Scope:
    """How names are said in SQL.

    Attributes:
        name: column of the language -> SQL expression.
        clock: `period.start`, `period.end`, `until` -> SQL expression of an instant.
        parameters: `$parameter` -> value.
        policies: what `lookup` reads, by name.
    """

    name: Callable[[str], exp.Expression]
    clock: Mapping[str, exp.Expression] = field(default_factory=dict)
    parameters: Mapping[str, float | str] = field(default_factory=dict)
    policies: Mapping[str, Lookup] = field(default_factory=dict)


def column(name: str, table: str = "") -> exp.Expression:
    """Return a column, quoted where its name needs it."""
    return exp.column(exp.to_identifier(name), table=table or None)


def literal(value: object) -> exp.Expression:
    """Return a value as a literal, safely quoted."""
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.true() if value else exp.false()
    if isinstance(value, (int, float)):
        return exp.Literal.number(repr(value)) if value >= 0 else exp.Neg(this=exp.Literal.number(repr(-value)))
    return exp.Literal.string(str(value))


def text(expression: exp.Expression, dialect: str = "duckdb") -> str:
    """Return an expression as text of a dialect; it is made to be said once, so it need not be copied first."""
    return expression.sql(dialect=dialect, copy=False)


def row(node: Node, scope: Scope) -> exp.Expression:
    """Return a row expression as SQL."""
    if isinstance(node, Literal):
        return literal(node.value)
    if isinstance(node, Name):
        return scope.name(node.name)
    if isinstance(node, Parameter):
        return literal(scope.parameters[node.name])
    if isinstance(node, Clock):
        return scope.clock[node.name].copy()
    if not isinstance(node, Call):
        raise TypeError(node)
    return _call(node, scope)


def read(node: Node) -> set[str]:
    """Return the columns that a row expression reads; the name of a policy is none."""
    if isinstance(node, Name):
        return {node.name}
    if not isinstance(node, Call):
        return set()
    args = node.args[1:] if node.name == "lookup" else node.args
    return {name for arg in args for name in read(arg)}


def is_test(node: Node) -> bool:
    """Whether a row expression is a test, by its outermost node (a column may be one too: its type decides)."""
    return (isinstance(node, Call) and node.name in TESTS) or (isinstance(node, Literal) and node.type is Type.TRUTH)


def _call(node: Call, scope: Scope) -> exp.Expression:
    if node.name == "lookup":
        return _lookup(node, scope)
    args = [row(arg, scope) for arg in node.args]
    if node.name in ("=", "!="):
        # Two truths are compared by what they are worth, and an unknown comparison is worth false.
        args = [_known(arg, sql) if is_test(arg) else sql for arg, sql in zip(node.args, args, strict=True)]
    if node.name in BINARY:
        return BINARY[node.name](this=_wrapped(args[0]), expression=_wrapped(args[1]))
    return PRINTERS[node.name](node, args)


def _if(_: Call, args: list[exp.Expression]) -> exp.Expression:
    return exp.Case(ifs=[exp.If(this=args[0], true=args[1])], default=args[2])


def _not(node: Call, args: list[exp.Expression]) -> exp.Expression:
    return exp.Not(this=_known(node.args[0], args[0]))


def _is_blank(node: Call, args: list[exp.Expression]) -> exp.Expression:
    blank = exp.Is(this=_wrapped(args[0]), expression=exp.Null())
    return blank if node.name == "is blank" else exp.Not(this=blank)


def _divided(_: Call, args: list[exp.Expression]) -> exp.Expression:
    over = exp.Nullif(this=args[1], expression=literal(0))
    return exp.Div(this=exp.Cast(this=args[0], to=DOUBLE.copy()), expression=over, typed=True, safe=False)


def _lesser(node: Call, args: list[exp.Expression]) -> exp.Expression:
    blank = exp.or_(*(exp.Is(this=_wrapped(arg.copy()), expression=exp.Null()) for arg in args))
    kind = exp.Least if node.name == "min" else exp.Greatest
    chosen = kind(this=args[0], expressions=[args[1]], ignore_nulls=True)
    return exp.Case(ifs=[exp.If(this=blank, true=exp.Null())], default=chosen)


PRINTERS: Mapping[str, Callable[[Call, list[exp.Expression]], exp.Expression]] = {
    "if": _if,
    "not": _not,
    "negate": lambda _, args: exp.Neg(this=_wrapped(args[0])),
    "is blank": _is_blank,
    "is not blank": _is_blank,
    "in": lambda _, args: exp.In(this=_wrapped(args[0]), expressions=args[1:]),
    "/": _divided,
    "min": _lesser,
    "max": _lesser,
}


def _known(node: Node, sql: exp.Expression) -> exp.Expression:
    """Return a test whose NULL is made false."""
    if isinstance(node, Call) and node.name in ("is blank", "is not blank"):
        return exp.paren(sql)
    return exp.Coalesce(this=sql, expressions=[exp.false()])


def _wrapped(sql: exp.Expression) -> exp.Expression:
    return exp.paren(sql) if isinstance(sql, (exp.Binary, exp.Not, exp.Neg, exp.In, exp.Case)) else sql


def _lookup(node: Call, scope: Scope) -> exp.Expression:
    """Return a policy as a CASE over its few keys: it is data, and small, so it needs no table in the engine."""
    policy = scope.policies[policy_name(node)]
    keys = [row(arg, scope) for arg in node.args[1:]]
    if policy.sets:
        return _set_lookup(policy, keys[0])
    blank = exp.or_(*(exp.Is(this=_wrapped(key.copy()), expression=exp.Null()) for key in keys))
    ifs = [exp.If(this=blank, true=exp.Null())]
    for values, result in policy.values.items():
        if values:
            same = (
                exp.EQ(this=_wrapped(key.copy()), expression=literal(v)) for key, v in zip(keys, values, strict=True)
            )
            ifs.append(exp.If(this=exp.and_(*same), true=literal(result)))
    return exp.Case(ifs=ifs, default=literal(policy.values.get(())))


def _set_lookup(policy: Lookup, key: exp.Expression) -> exp.Expression:
    """Return what a set is worth: how often each of the few members stands in it, counted by what it leaves behind.

    With the joint doubled and one more at each end every member stands between two of its own, so that two alike side
    by side are found as two: `degraded+degraded` is `+degraded++degraded+`.
    """
    members = {str(keys[0]): value for keys, value in policy.values.items() if keys}
    joint = literal(JOINT)
    doubled = exp.func("replace", key.copy(), joint.copy(), literal(JOINT * 2))
    padded = exp.DPipe(this=exp.DPipe(this=joint.copy(), expression=doubled), expression=joint.copy())

    def times(member: str) -> exp.Expression:
        name = literal(f"{JOINT}{member}{JOINT}")
        left = exp.Length(this=exp.func("replace", padded.copy(), name, literal("")))
        return _over(exp.Sub(this=exp.Length(this=padded.copy()), expression=left), len(member) + 2)

    known = _total([times(member) for member in members])
    joints = exp.Sub(
        this=exp.Length(this=key.copy()),
        expression=exp.Length(this=exp.func("replace", key.copy(), joint.copy(), literal(""))),
    )
    others = exp.Sub(this=exp.Add(this=_wrapped(joints), expression=literal(1)), expression=_wrapped(known))
    default = policy.values.get(())
    zero, more = literal(0), exp.GT(this=_wrapped(others.copy()), expression=literal(0))
    ifs = [
        exp.If(this=exp.Is(this=_wrapped(key.copy()), expression=exp.Null()), true=exp.Null()),
        exp.If(this=exp.EQ(this=_wrapped(key.copy()), expression=literal("")), true=zero),
    ]
    if default is None:
        ifs.append(exp.If(this=more, true=exp.Null()))
    if policy.sets == "sum":
        worth = [(times(member), value) for member, value in members.items()]
        worth += [] if default is None else [(others, default)]
        products = [exp.Mul(this=_wrapped(count), expression=_wrapped(literal(value))) for count, value in worth]
        return exp.Case(ifs=ifs, default=_total(products))
    tests = [(value, exp.GT(this=_wrapped(times(member)), expression=literal(0))) for member, value in members.items()]
    tests += [] if default is None else [(default, more)]
    # The largest first, so that the first that holds is the answer.
    tests.sort(key=lambda pair: -float(pair[0]))
    return exp.Case(ifs=[*ifs, *(exp.If(this=test, true=literal(value)) for value, test in tests)])


def _over(number: exp.Expression, length: int) -> exp.Expression:
    """Return a whole number divided by one that divides it."""
    return exp.Cast(this=exp.Div(this=_wrapped(number), expression=literal(length)), to=exp.DataType.build("bigint"))


def _total(numbers: Sequence[exp.Expression]) -> exp.Expression:
    """Return a sum."""
    result = numbers[0] if numbers else literal(0)
    for number in numbers[1:]:
        result = exp.Add(this=result, expression=_wrapped(number))
    return result
