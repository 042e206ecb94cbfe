"""Text to tree: the grammar of the metric language, with a place and a suggestion in every refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isinf
from typing import TYPE_CHECKING, Literal as OneOf, NoReturn

from regard.errors import AuthorError, Mistake, did_you_mean
from regard.expr.nodes import (
    CELL_FUNCTIONS,
    CLOCKS,
    GRAIN_FUNCTIONS,
    LEAF_FUNCTIONS,
    LENGTH,
    OPERATORS,
    ROW_FUNCTIONS,
    UNITS_US,
    Arity,
    Call,
    Clock,
    Literal,
    Name,
    Node,
    Parameter,
    Reference,
    Type,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST_US = 10_000 * 366 * 86_400_000_000
"""Microseconds of all years that a date can have: engines count them in 64 bits."""

Level = OneOf["row", "leaf", "cell"]
"""Where an expression stands: over a row, as a leaf over a row set, or over leaves."""

FUNCTIONS: Mapping[str, Mapping[str, Arity]] = {
    "row": ROW_FUNCTIONS,
    "leaf": LEAF_FUNCTIONS | GRAIN_FUNCTIONS,
    "cell": CELL_FUNCTIONS | LEAF_FUNCTIONS | GRAIN_FUNCTIONS,
}
LONGEST = 10_000
DEEPEST = 100
TOKEN = re.compile(
    r"""\s+
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | '(?P<text>(?:[^']|'')*)'
    | "(?P<quoted>(?:[^"]|"")+)"
    | \$(?P<parameter>[A-Za-z_]\w*)
    | @(?P<reference>[A-Za-z_]\w*)
    | (?P<word>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    | (?P<sign><=|>=|!=|<>|==|[-+*/(),=<>])""",
    re.VERBOSE,
)
SYNONYMS = {"<>": "!=", "==": "="}
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "blank", "true", "false"})
COMPARING = OPERATORS["="]
POWERS = {
    name: OPERATORS[name] for name in ("or", "and", "=", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/")
} | {
    "==": COMPARING,
    "<>": COMPARING,
    "is": COMPARING,
    "not": COMPARING,
}
"""How tightly a token binds as an infix operator (`not` begins `not in`)."""
MONTHS = {"month", "months", "mo"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text: its sort (a group of `TOKEN`), what it says, and where it begins."""

    sort: str
    text: str
    at: int


def parse(text: str, level: Level = "row") -> Node:
    """Read one expression.

    Args:
        text: the expression.
        level: `row` (columns), `leaf` (one leaf function on a row set) or `cell` (leaves, and leaf functions inline).

    Raises:
        AuthorError: with one mistake that has the column and, where there is one, a suggestion.
    """
    reader = _Reader(text, level)
    node = reader.expression(0)
    reader.finish()
    return node


def tokens(text: str) -> list[Token]:
    """Cut the text into tokens; the last one is of sort `end`."""
    if len(text) > LONGEST:
        _refuse(text, 0, "too-long", f"the expression has {len(text)} characters, more than {LONGEST}")
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            hint = "close the text with '" if text[at] == "'" else ""
            _refuse(text, at, "unknown-sign", f"'{text[at]}' is no sign of the language", hint)
        sort = match.lastgroup
        if sort is not None:
            found.append(Token(sort, match.group(sort), at))
        at = match.end()
    found.append(Token("end", "", len(text)))
    return found


def _refuse(text: str, at: int, rule: str, message: str, hint: str = "") -> NoReturn:
    shown = text if len(text) <= 120 else text[:117] + "..."  # noqa: PLR2004 - one line of a terminal
    raise AuthorError([Mistake(rule=rule, message=message, column=at + 1, value=shown, hint=hint)])


class _Reader:
    """Recursive descent with binding powers."""

    def __init__(self, text: str, level: Level) -> None:
        self.text = text
        self.level = level
        self.tokens = tokens(text)
        self.place = 0
        self.depth = 0

    @property
    def here(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        token = self.here
        self.place += 1
        return token

    def refuse(self, token: Token, message: str, hint: str = "", rule: str = "syntax") -> NoReturn:
        _refuse(self.text, token.at, rule, message, hint)

    def said(self, token: Token) -> str:
        return f"'{token.text}'" if token.sort != "end" else "the end"

    def accept(self, *texts: str) -> Token | None:
        token = self.here
        if token.sort in ("sign", "word") and token.text in texts:
            self.place += 1
            return token
        return None

    def expect(self, text: str) -> Token:
        token = self.accept(text)
        if token is None:
            self.refuse(self.here, f"'{text}' expected, found {self.said(self.here)}")
        return token

    def finish(self) -> None:
        if self.here.sort != "end":
            hint = "join two tests with 'and' or 'or'" if self.here.sort in ("word", "number", "text") else ""
            self.refuse(self.here, f"{self.said(self.here)} was not expected here", hint)

    def expression(self, floor: int) -> Node:
        """Read operators that bind tighter than `floor`."""
        self.depth += 1
        if self.depth > DEEPEST:
            self.refuse(self.here, f"more than {DEEPEST} levels deep", rule="too-deep")
        left = self.prefix()
        while (power := self.power()) > floor:
            left = self.infix(left, power)
            if power == COMPARING and self.power() == COMPARING:
                self.refuse(self.here, "comparisons cannot be chained", "write 'a < b and b < c'")
        self.depth -= 1
        return left

    def power(self) -> int:
        """Return how tightly the operator at this place binds, 0 when there is none."""
        token = self.here
        if token.sort not in ("sign", "word"):
            return 0
        return POWERS.get(token.text, 0)

    def prefix(self) -> Node:
        if token := self.accept("not"):
            return Call("not", (self.expression(OPERATORS["not"]),), at=token.at)
        if token := self.accept("-"):
            inner = self.expression(OPERATORS["*"])
            if isinstance(inner, Literal) and inner.type in (Type.NUMBER, Type.DURATION) and float(inner.value) >= 0:
                return Literal(-inner.value, inner.type, at=token.at)  # type: ignore[operator]  # a number, by its type
            return Call("negate", (inner,), at=token.at)
        return self.atom()

    def infix(self, left: Node, power: int) -> Node:
        token = self.take()
        negated = False
        if token.text == "is":
            negated = self.accept("not") is not None
            self.expect("blank")
            return Call("is not blank" if negated else "is blank", (left,), at=token.at)
        if token.text == "not":
            self.expect("in")
            negated = True
        if token.text in ("in", "not"):
            self.expect("(")
            choices = [self.expression(0)]
            while self.accept(","):
                choices.append(self.expression(0))
            self.expect(")")
            test = Call("in", (left, *choices), at=token.at)
            return Call("not", (test,), at=token.at) if negated else test
        right = self.expression(power)
        name = SYNONYMS.get(token.text, token.text)
        return Call(name, (left, right), at=token.at)

    def atom(self) -> Node:
        token = self.take()
        if token.sort in self.readers:
            return self.readers[token.sort](token)
        if token.text == "(":
            inner = self.expression(0)
            self.expect(")")
            return inner
        hint = "the expression is empty" if not self.text.strip() else ""
        return self.refuse(token, f"a value was expected, found {self.said(token)}", hint)

    @property
    def readers(self) -> Mapping[str, Callable[[Token], Node]]:
        """How each sort of token that begins a value is read."""
        return {
            "number": self.number,
            "text": lambda token: Literal(token.text.replace("''", "'"), Type.TEXT, at=token.at),
            "quoted": lambda token: Name(token.text.replace('""', '"'), at=token.at),
            "parameter": lambda token: Parameter(token.text, at=token.at),
            "reference": self.reference,
            "word": self.word,
        }

    def reference(self, token: Token) -> Node:
        if self.level != "cell":
            self.refuse(token, f"@{token.text} can stand only in a value, not in a {self.level} expression")
        return Reference(token.text, at=token.at)

    def number(self, token: Token) -> Node:
        value = float(token.text)
        if isinf(value):
            self.refuse(token, f"{token.text} is greater than any number that can be computed with", rule="too-large")
        number: float | int = int(token.text) if token.text.isdigit() else value
        unit = self.here
        if unit.sort == "word" and unit.text in UNITS_US:
            self.place += 1
            if value * UNITS_US[unit.text] >= LONGEST_US:
                message = f"{token.text} {unit.text} is longer than any time between two days"
                self.refuse(token, message, rule="too-large")
            return Literal(round(value * UNITS_US[unit.text]), Type.DURATION, at=token.at)
        if unit.sort == "word" and unit.text in MONTHS:
            self.place += 1
            return Literal(f"{token.text} months", Type.TEXT, at=token.at)
        if unit.sort == "word" and unit.text not in KEYWORDS:
            hint = did_you_mean(unit.text, UNITS_US)
            self.refuse(unit, f"'{unit.text}' is no unit of time", hint or "s, min, h, d, w", rule="unknown-unit")
        return Literal(number, Type.NUMBER, at=token.at)

    def word(self, token: Token) -> Node:
        if token.text in ("true", "false"):
            return Literal(token.text == "true", Type.TRUTH, at=token.at)
        if self.here.sort == "sign" and self.here.text == "(":
            return self.call(token)
        if token.text in KEYWORDS:
            self.refuse(token, f"a value was expected, found '{token.text}'")
        if token.text in CLOCKS or (token.text == LENGTH and self.level == "cell"):
            return Clock(token.text, at=token.at)
        return Name(token.text, at=token.at)

    def call(self, token: Token) -> Node:
        functions = FUNCTIONS[self.level]
        if token.text not in functions:
            hint = did_you_mean(token.text, functions)
            self.refuse(token, f"'{token.text}' is no function of a {self.level} expression", hint, "unknown-function")
        self.expect("(")
        outer = self.level
        args: list[Node] = []
        leaf = token.text in LEAF_FUNCTIONS or token.text in GRAIN_FUNCTIONS
        if not self.accept(")"):
            while True:
                # Inside a leaf function stands a row set, then expressions over its rows.
                self.level = "row" if leaf else outer
                args.append(self.expression(0))
                if self.accept(")"):
                    break
                self.expect(",")
        self.level = outer
        count = functions[token.text]
        fits = (
            len(args) >= 1 if count is None
            else count[0] <= len(args) <= count[1] if isinstance(count, tuple)
            else len(args) == count
        )  # fmt: skip
        if not fits:
            wanted = (
                "one or more" if count is None else " to ".join(map(str, count)) if isinstance(count, tuple) else count
            )
            self.refuse(token, f"{token.text}() takes {wanted} arguments, found {len(args)}", rule="arguments")
        return Call(token.text, tuple(args), at=token.at)
