"""The metric language: what parses, what it means, what is refused and how."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from regard.errors import AuthorError
from regard.expr import (
    Call,
    Literal,
    Lookup,
    Name,
    Node,
    Parameter,
    Scope,
    Type,
    Types,
    check,
    evaluate,
    parse,
    show,
    words,
)

NUMBERS = st.one_of(st.integers(0, 10**6), st.floats(0, 1e6, allow_nan=False).map(lambda x: x + 0.25))
LEAVES: st.SearchStrategy[Node] = st.one_of(
    NUMBERS.map(lambda x: Literal(x, Type.NUMBER)),
    st.text(max_size=8).map(lambda x: Literal(x, Type.TEXT)),
    st.booleans().map(lambda x: Literal(x, Type.TRUTH)),
    st.integers(0, 10**12).map(lambda x: Literal(x, Type.DURATION)),
    st.sampled_from(["a", "b_2", "total.n", "Order ID", "and", 'quo"te', "größe", "length"]).map(Name),
    st.just(Parameter("p")),
)


def trees(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Trees of every operator and row function over smaller trees."""
    two = st.sampled_from(["+", "-", "*", "/", "=", "!=", "<", "<=", ">", ">=", "and", "or", "min", "max"])
    return st.one_of(
        st.builds(lambda name, a, b: Call(name, (a, b)), two, inner, inner),
        st.builds(lambda a: Call("not", (a,)), inner),
        st.builds(lambda a: Call("is blank", (a,)), inner),
        st.builds(lambda a: Call("is not blank", (a,)), inner),
        st.builds(lambda a, b, c: Call("in", (a, b, c)), inner, inner, inner),
        st.builds(lambda a, b, c: Call("if", (a, b, c)), inner, inner, inner),
        st.builds(lambda a: a if isinstance(a, Literal) else Call("negate", (a,)), inner),
        st.builds(lambda a: Call("lookup", (Name("policy"), a)), inner),
    )


@given(st.recursive(LEAVES, trees, max_leaves=12))
def test_what_is_printed_parses_back_to_the_same_tree(tree: Node) -> None:
    """The canonical text of any tree parses to that tree."""
    text = show(tree)

    assert parse(text) == tree, text


@given(st.recursive(LEAVES, trees, max_leaves=6))
def test_every_tree_has_plain_words(tree: Node) -> None:
    """No tree of the language is without words for people."""
    assert words(tree)


@given(st.text(max_size=40))
def test_any_text_parses_or_is_refused_with_a_place(text: str) -> None:
    """Junk is refused with one mistake that names the column, never with a crash."""
    try:
        parse(text)
    except AuthorError as error:
        (mistake,) = error.mistakes

        assert 1 <= mistake.column <= len(text) + 1


@pytest.mark.parametrize(
    ("text", "row", "value"),
    [
        ("a = 3", {"a": None}, False),
        ("not a = 3", {"a": None}, True),
        ("a != 3", {"a": None}, False),
        ("a + 1", {"a": None}, None),
        ("1 / a", {"a": 0}, None),
        ("min(a, 1)", {"a": None}, None),
        ("a in (1, 2)", {"a": None}, False),
        ("a not in (1, 2)", {"a": 3}, True),
        ("if(a is blank, 1, 2)", {"a": None}, 1),
        ("2 + 3 * 4 - 6 / 2", {}, 11),
        ("10 - 2 - 3", {}, 5),
        ("-a * 2", {"a": 4}, -8),
        ("90 min / 1 h", {}, 1.5),
        ("a or b and c", {"a": True, "b": False, "c": False}, True),
        ("lookup(boxes, a)", {"a": 5}, 2),
        ("lookup(boxes, a)", {"a": 9}, 0),
        ("lookup(boxes, a)", {"a": None}, None),
        ("a >= $from", {"a": 9}, True),
        ("period.end - a < 1 h", {"a": 7_200_000_000}, True),
    ],
)
def test_blanks_durations_and_order_of_operations(text: str, row: dict[str, object], value: object) -> None:
    """A comparison with a blank is false, arithmetic with a blank or by zero is blank."""
    scope = Scope(
        clock={"period.end": 10_000_000_000},
        parameters={"from": 9},
        policies={"boxes": Lookup({(5,): 2, (): 0})},
    )

    assert evaluate(parse(text), row, scope) == value


@pytest.mark.parametrize(
    ("level", "text", "column", "rule", "hint"),
    [
        ("row", "a b", 3, "syntax", "join"),
        ("row", "a and", 6, "syntax", ""),
        ("row", "1 hours", 3, "unknown-unit", ""),
        ("row", "is(a)", 1, "unknown-function", ""),
        ("row", "mni(a, 1)", 1, "unknown-function", "min"),
        ("row", "min(a)", 1, "arguments", ""),
        ("row", "a < b < c", 7, "syntax", "and"),
        ("row", "'open", 1, "unknown-sign", "close"),
        ("row", "a ; b", 3, "unknown-sign", ""),
        ("row", "", 1, "syntax", "empty"),
        ("row", "@nps", 1, "syntax", ""),
        ("row", "sum(rows, x)", 1, "unknown-function", ""),
        ("leaf", "summ(rows, x)", 1, "unknown-function", "sum"),
        ("row", "(" * 200 + "a" + ")" * 200, 101, "too-deep", ""),
        ("row", "a" * 20_000, 1, "too-long", ""),
    ],
)
def test_a_refusal_names_place_rule_and_remedy(level: str, text: str, column: int, rule: str, hint: str) -> None:
    """A mistake in an expression carries its column, its rule and where possible what to write."""
    with pytest.raises(AuthorError) as caught:
        parse(text, level)  # type: ignore[arg-type]

    (mistake,) = caught.value.mistakes
    assert (mistake.column, mistake.rule) == (column, rule)
    assert hint in mistake.hint


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("scoer > 3", "unknown-column"),
        ("score > 'high'", "wrong-type"),
        ("answered_at > 3", "wrong-type"),
        ("answered_at + answered_at", "wrong-type"),
        ("score + (score > 3)", "wrong-type"),
        ("score and kind = 'a'", "wrong-type"),
        ("if(score, 1, 2)", "wrong-type"),
        ("$thresh < score", "unknown-parameter"),
        ("lookup(boxs, score)", "unknown-policy"),
        ("lookup(boxes, score, kind)", "arguments"),
        ("kind in ('a', 3)", "wrong-type"),
    ],
)
def test_types_are_checked_when_the_text_is_read(text: str, rule: str) -> None:
    """What could fail or mislead at run time is a mistake at reading."""
    columns = {"score": Type.NUMBER, "kind": Type.TEXT, "answered_at": Type.INSTANT}

    _, mistakes = check(parse(text), Types(columns, {"threshold": Type.NUMBER}, {"boxes": 1}))

    assert [mistake.rule for mistake in mistakes] == [rule]


def test_a_right_expression_has_its_type() -> None:
    """Two instants differ by a duration, and a duration over an hour is a number."""
    types = Types({"a": Type.INSTANT, "b": Type.INSTANT})

    assert check(parse("(b - a) / 1 h"), types, Type.NUMBER) == (Type.NUMBER, [])
    assert check(parse("b - a"), types) == (Type.DURATION, [])
    assert check(parse("period.start - a > 1 d"), types) == (Type.TRUTH, [])


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_arithmetic_never_yields_nan_or_infinity(a: float, b: float) -> None:
    """What is not a finite number is blank."""
    for sign in "+-*/":
        value = evaluate(parse(f"a {sign} b"), {"a": a, "b": b})

        assert value is None or math.isfinite(value)


@pytest.mark.parametrize(
    ("kinds", "largest", "together"),
    [
        ("", 0, 0),
        ("outage", 1, 1),
        ("degraded+outage", 1, 1.5),
        ("degraded+degraded", 0.5, 1),
        ("degraded+new", None, None),
        (None, None, None),
    ],
)
def test_what_a_set_of_keys_is_worth(kinds: str | None, largest: float | None, together: float | None) -> None:
    """The largest or the sum of its members' values, each as often as it stands there; blank where one is unknown."""
    values = {("outage",): 1, ("degraded",): 0.5}
    scope = Scope(policies={"depth": Lookup(values, "max"), "depth_sum": Lookup(values, "sum")})

    assert evaluate(parse("lookup(depth, kinds)"), {"kinds": kinds}, scope) == largest
    assert evaluate(parse("lookup(depth_sum, kinds)"), {"kinds": kinds}, scope) == together


def test_a_default_stands_for_every_member_that_is_unknown() -> None:
    """With a default an unknown member is worth that, as often as there are such members."""
    values = {("outage",): 1, (): 0.25}
    scope = Scope(policies={"most": Lookup(values, "max"), "all": Lookup(values, "sum")})

    assert evaluate(parse("lookup(most, kinds)"), {"kinds": "new+newer"}, scope) == 0.25
    assert evaluate(parse("lookup(all, kinds)"), {"kinds": "new+newer+outage"}, scope) == 1.5


def test_plain_words_say_what_a_set_is_worth() -> None:
    """People read the largest of several depths, or all of them together, never one depth of several kinds."""
    node = parse("size * lookup(depth, kinds)")

    assert words(node) == "size times the depth of kinds"
    assert words(node, sets={"depth": "max"}) == "size times the largest depth among the kinds"
    assert words(node, sets={"depth": "sum"}) == "size times the depth of all the kinds together"


def test_a_set_is_looked_up_only_where_it_is_worth_something() -> None:
    """A set in a policy of single keys, and a number in a policy of sets, are mistakes at the argument."""
    columns = {"kinds": Type.TEXT, "score": Type.NUMBER}
    policies = {"single": 1, "depth": 1}
    types = Types(columns, policies=policies, sets=frozenset({"kinds"}), taking=frozenset({"depth"}))

    assert check(parse("lookup(depth, kinds)"), types) == (Type.NUMBER, [])
    [set_] = check(parse("lookup(single, kinds)"), types)[1]
    [number] = check(parse("lookup(depth, score)"), types)[1]
    assert (set_.rule, set_.column) == ("set-lookup", 16)
    assert (number.rule, number.column) == ("wrong-type", 15)
