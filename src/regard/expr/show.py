"""Tree to text: the canonical form, which parses back to the same tree, and plain words for people."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from regard.expr.nodes import (
    CLOCKS,
    LENGTH,
    OPERATORS,
    UNITS_US,
    Call,
    Clock,
    Literal,
    Name,
    Node,
    Parameter,
    Reference,
    Type,
)
from regard.expr.parse import KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PLAIN = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z")
INFIX = {name for name in OPERATORS if name not in ("not", "negate", "in", "is blank", "is not blank")}
ATOM = 9


def show(node: Node) -> str:
    """Return the canonical text; `parse(show(node))` gives the node back."""
    return _show(node)[0]


def _show(node: Node) -> tuple[str, int]:
    """Return the text and how tightly it binds."""
    if isinstance(node, Literal):
        return _literal(node), 7 if isinstance(node.value, (int, float)) and node.value < 0 else ATOM
    if isinstance(node, Name):
        reserved = node.name in KEYWORDS or node.name in CLOCKS or node.name == LENGTH
        plain = PLAIN.match(node.name) and not reserved
        return (node.name if plain else '"' + node.name.replace('"', '""') + '"'), ATOM
    if isinstance(node, Parameter):
        return f"${node.name}", ATOM
    if isinstance(node, Reference):
        return f"@{node.metric}", ATOM
    if isinstance(node, Clock):
        return node.name, ATOM
    if isinstance(node, Call):
        return _call(node)
    raise TypeError(node)


def _call(node: Call) -> tuple[str, int]:
    power = OPERATORS.get(node.name)
    if power is None:
        return f"{node.name}({', '.join(show(arg) for arg in node.args)})", ATOM
    first = _within(node.args[0], power if node.name in INFIX and power != OPERATORS["="] else power + 1)
    if node.name == "not":
        return f"not {_within(node.args[0], power)}", power
    if node.name == "negate":
        return f"-{_within(node.args[0], ATOM)}", power
    if node.name == "in":
        return f"{first} in ({', '.join(show(arg) for arg in node.args[1:])})", power
    if node.name in ("is blank", "is not blank"):
        return f"{first} {node.name}", power
    return f"{first} {node.name} {_within(node.args[1], power + 1)}", power


def _within(node: Node, power: int) -> str:
    text, own = _show(node)
    return text if own >= power else f"({text})"


def _literal(node: Literal) -> str:
    if node.type is Type.TEXT:
        return "'" + str(node.value).replace("'", "''") + "'"
    if node.type is Type.TRUTH:
        return "true" if node.value else "false"
    if node.type is Type.DURATION:
        return duration(int(node.value))
    return repr(node.value)


def duration(microseconds: int) -> str:
    """Return a duration in the largest unit that divides it."""
    for unit in sorted(UNITS_US, key=UNITS_US.__getitem__, reverse=True):
        if unit != "w" and microseconds % UNITS_US[unit] == 0:
            return f"{microseconds // UNITS_US[unit]} {unit}"
    # Written with all its digits, since an exponent would lose none but reads as noise.
    return f"{microseconds / UNITS_US['s']:.6f} s"


COMPARE = {"=": "is", "!=": "is not", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"}
SIGN = {"+": "plus", "-": "less", "*": "times", "/": "divided by"}
PHRASES: dict[str, str] = {
    "not": "not ({0})",
    "negate": "minus {0}",
    "and": "{0} and {1}",
    "or": "({0} or {1})",
    "is blank": "{0} is missing",
    "is not blank": "{0} is known",
    "if": "{1} if {0}, else {2}",
    "count": "the number of {0}",
    "distinct": "the number of different {1} among {0}",
    "median": "the median {1} of {0}",
    "survival": "the time by which a share of {3} of {0} is done (by Kaplan-Meier on {1}, open ones counted)",
    "total": "the total of {0} over every {1}",
    "trailing": "{0} over the {1} that end with the period",
    "sum": "the sum of {1} over {0}",
    "sum test": "the number of {0} for which {1}",
    "share test": "the share of {0} for which {1}",
    "mean": "the mean {1} of {0}",
    "quantile": "the {2} quantile of {1} over {0}",
    "min": "the smaller of {0} and {1}",
    "max": "the larger of {0} and {1}",
    **{name: f"{{0}} {word} {{1}}" for name, word in (COMPARE | SIGN).items()},
}


def words(
    node: Node,
    name: Callable[[str], str] = lambda text: text.replace("_", " "),
    sets: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the tree in plain words.

    Args:
        node: the tree.
        name: how a column, row set or leaf is called.
        sets: policy -> `max` or `sum`, of those whose key is a set.
    """
    if isinstance(node, Call):
        return _words_of_call(node, name, sets)
    if isinstance(node, Literal):
        return f"'{node.value}'" if node.type is Type.TEXT else _literal(node)
    if isinstance(node, Clock):
        return CLOCK_WORDS[node.name]
    if isinstance(node, (Name, Parameter)):
        return name(node.name)
    if isinstance(node, Reference):
        return name(node.metric)
    raise TypeError(node)


CLOCK_WORDS = {
    "until": "the time at which the story is cut",
    "length": "the minutes of the period",
    "period.start": "the start of the period",
    "period.end": "the end of the period",
}


def _words_of_call(node: Call, name: Callable[[str], str], sets: Mapping[str, str]) -> str:
    said = [words(arg, name, sets) for arg in node.args]
    if node.name == "lookup" and isinstance(node.args[0], Name) and sets.get(node.args[0].name):
        return SETS[sets[node.args[0].name]].format(*said)
    if node.name in SIGN:
        pairs = enumerate(zip(said, node.args, strict=True))
        said = [f"({text})" if _compound(arg, node, side) else text for side, (text, arg) in pairs]
    if node.name in LISTS:
        return LISTS[node.name].format(said[0], ", ".join(said[1:]))
    asked = node.name if node.name not in ("sum", "share") else f"{node.name} test" if _is_test(node.args[1]) else "sum"
    weighed = f", weighed by {said[3]}" if node.name == "quantile" and len(said) > 3 else ""  # noqa: PLR2004 - the weight stands fourth
    return PHRASES[asked].format(*said) + weighed


LISTS = {"in": "{0} is one of {1}", "lookup": "the {0} of {1}"}
SETS = {"max": "the largest {0} among the {1}", "sum": "the {0} of all the {1} together"}
"""How the lookup of a set is said, by what it is worth."""


def _compound(arg: Node, parent: Call, side: int) -> bool:
    """Whether an operand needs parentheses: it binds less tightly, or as tightly on the right-hand side."""
    return isinstance(arg, Call) and arg.name in SIGN and OPERATORS[arg.name] < OPERATORS[parent.name] + side


def _is_test(node: Node) -> bool:
    tests = {"and", "or", "not", "in", "is blank", "is not blank", *COMPARE}
    return (isinstance(node, Call) and node.name in tests) or (isinstance(node, Literal) and node.type is Type.TRUTH)
