"""`$filter`: comparisons, and, or, not, `in`, and three tests of texts, read by a closed grammar into a test of rows.

Nothing of a filter reaches an engine: rows are computed by the metric's definition and tested here. What a filter
says of a column by equality is told apart (`wanted`), so that only the rows it can pass are computed.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from regard.errors import QuestionError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from regard.web.odata.model import EntityType

Row = "Mapping[str, Any]"
Value = str | float | bool | None

LONGEST = 2_000
"""Characters of a filter."""
DEEPEST = 20
"""Parentheses within each other."""
TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<date>\d{4}-\d{2}-\d{2}(?:T[0-9:.]+(?:Z|[+-]\d{2}:\d{2}))?)"
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>[(),]))"
)
KEY = re.compile(r"(\w+)\s*=\s*('(?:[^']|'')*'|[^,']+)")
"""A column of a key and its value."""
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
ALIKE = ("eq", "ne")
TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
CONSTANTS: Mapping[str, Value] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter.

    Attributes:
        test: whether a row passes.
        wanted: column -> values without one of which no row can pass.
    """

    test: Callable[[Mapping[str, Any]], bool]
    wanted: Mapping[str, frozenset[Value]]


EVERYTHING = Filter(lambda _: True, {})


def read_filter(text: str, of: EntityType) -> Filter:
    """Read a filter on rows of a sort.

    Raises:
        QuestionError: it is not of the grammar, or names a column that there is not; the text says where.
    """
    if not text.strip():
        return EVERYTHING
    if len(text) > LONGEST:
        raise QuestionError(f"$filter is longer than {LONGEST} characters")
    return _Reading(text, of).whole()


def keyed(key: str, of: EntityType) -> str:
    """Return the filter that a key of a row stands for: a value alone, or `metric='...',start=2026-01-01,...`.

    Raises:
        QuestionError: it does not name each column of the key once.
    """
    parts = dict(KEY.findall(key))
    if not parts and len(of.key) == 1:
        parts = {of.key[0]: key}
    if sorted(parts) != sorted(of.key):
        raise QuestionError(f"the key of a {of.name} names {', '.join(of.key)}, as in {of.key[0]}='...'")
    return " and ".join(f"{name} eq {parts[name]}" for name in of.key)


class _Reading:
    """The reading of one filter, by descent."""

    def __init__(self, text: str, of: EntityType) -> None:
        self.text, self.of = text, of
        self.tokens = list(self._tokens())
        self.at = 0
        self.depth = 0

    def whole(self) -> Filter:
        found = self.either()
        if self.at < len(self.tokens):
            raise self.wrong("'and', 'or' or the end")
        return found

    def either(self) -> Filter:
        found = self.both()
        while self.word("or"):
            left, right = found, self.both()
            shared = {name: left.wanted[name] | right.wanted[name] for name in left.wanted if name in right.wanted}
            found = Filter(_either(left.test, right.test), shared)
        return found

    def both(self) -> Filter:
        found = self.one()
        while self.word("and"):
            left, right = found, self.one()
            wanted = dict(left.wanted)
            for name, values in right.wanted.items():
                wanted[name] = wanted[name] & values if name in wanted else values
            found = Filter(_both(left.test, right.test), wanted)
        return found

    def one(self) -> Filter:
        self.depth += 1
        if self.depth > DEEPEST:
            raise QuestionError(f"$filter nests deeper than {DEEPEST} parentheses")
        try:
            if self.word("not"):
                test = self.one().test
                return Filter(lambda row: not test(row), {})
            if self.sign("("):
                found = self.either()
                self.need(")")
                return found
            return self.comparison()
        finally:
            self.depth -= 1

    def comparison(self) -> Filter:
        name = self.name()
        if name in TESTS:
            return self.text_test(name)
        self.column(name)
        if self.word("in"):
            return self.member(name)
        word = self.name("eq, ne, gt, ge, lt, le or in")
        if word not in COMPARISONS:
            self.at -= 1
            raise self.wrong("eq, ne, gt, ge, lt, le or in")
        value, compare = self.value(name), COMPARISONS[word]
        wanted = {name: frozenset({value})} if word == "eq" else {}
        if word in ALIKE:
            return Filter(lambda row: compare(row[name], value), wanted)
        # A comparison with null is never true.
        return Filter(lambda row: row[name] is not None and value is not None and compare(row[name], value), {})

    def member(self, name: str) -> Filter:
        self.need("(")
        values = {self.value(name)}
        while self.sign(","):
            values.add(self.value(name))
        self.need(")")
        kept = frozenset(values)
        return Filter(lambda row: row[name] in kept, {name: kept})

    def text_test(self, function: str) -> Filter:
        self.need("(")
        name = self.name("a column")
        self.column(name)
        if self.of.properties[name].type != "Edm.String":
            raise QuestionError(f"$filter: {function} tests texts, and {name} is none")
        self.need(",")
        part, test = self.value(name), TESTS[function]
        self.need(")")
        return Filter(lambda row: row[name] is not None and test(row[name], str(part)), {})

    # -- tokens ------------------------------------------------------------------------------------------------------

    def _tokens(self) -> Iterator[tuple[str, str]]:
        at = 0
        while self.text[at:].strip():
            found = TOKEN.match(self.text, at)
            if found is None:
                raise QuestionError(f"$filter cannot be read at '{self.text[at : at + 20].strip()}'")
            kind = str(found.lastgroup)
            yield kind, found[kind]
            at = found.end()

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def word(self, word: str) -> bool:
        return self._take("name", word)

    def sign(self, sign: str) -> bool:
        return self._take("sign", sign)

    def _take(self, kind: str, text: str) -> bool:
        if self.peek() != (kind, text):
            return False
        self.at += 1
        return True

    def need(self, sign: str) -> None:
        if not self.sign(sign):
            raise self.wrong(f"'{sign}'")

    def name(self, expected: str = "a column") -> str:
        kind, text = self.peek()
        if kind != "name":
            raise self.wrong(expected)
        self.at += 1
        return text

    def column(self, name: str) -> None:
        if name not in self.of.properties:
            hint = did_you_mean(name, self.of.properties)
            raise QuestionError(f"$filter: {self.of.name} has no column '{name}'; {hint}".rstrip("; "))

    def value(self, name: str) -> Value:
        """Return a literal of the type of a column."""
        kind, text = self.peek()
        if kind == "name" and text in CONSTANTS:
            self.at += 1
            return self.typed(name, CONSTANTS[text], text)
        if kind not in ("text", "date", "number"):
            raise self.wrong("a value")
        self.at += 1
        if kind == "text":
            return self.typed(name, text[1:-1].replace("''", "'"), text)
        return self.typed(name, float(text) if kind == "number" else text, text, dated=kind == "date")

    def typed(self, name: str, value: Value, text: str, *, dated: bool = False) -> Value:
        kind = self.of.properties[name].type
        timed = kind in ("Edm.Date", "Edm.DateTimeOffset")
        fits = (
            value is None
            or (isinstance(value, bool) and kind == "Edm.Boolean")
            or (isinstance(value, float) and kind in ("Edm.Double", "Edm.Int64"))
            or (isinstance(value, str) and dated and timed)
            or (isinstance(value, str) and not dated and kind == "Edm.String")
        )
        if not fits:
            raise QuestionError(f"$filter: {name} is {kind}, and {text} is not")
        return value

    def wrong(self, expected: str) -> QuestionError:
        kind, text = self.peek()
        where = "at its end" if kind == "end" else f"at '{text}'"
        return QuestionError(f"$filter: {expected} was expected {where}")


def _either(
    left: Callable[[Mapping[str, Any]], bool], right: Callable[[Mapping[str, Any]], bool]
) -> Callable[[Mapping[str, Any]], bool]:
    return lambda row: left(row) or right(row)


def _both(
    left: Callable[[Mapping[str, Any]], bool], right: Callable[[Mapping[str, Any]], bool]
) -> Callable[[Mapping[str, Any]], bool]:
    return lambda row: left(row) and right(row)
