"""What a name of a mapping stands for in SQL: a field, or a raw column with the type its file gave it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from regard.expr import Type
from regard.sql.expression import Scope, row, text
from regard.sql.mapping import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from regard.expr import Node

DAY_US = 86_400_000_000
FAMILIES: Mapping[str, Type] = {
    "text": Type.TEXT,
    "number": Type.NUMBER,
    "whole": Type.NUMBER,
    "truth": Type.TRUTH,
    "instant": Type.INSTANT,
    "day": Type.DAY,
    "span": Type.DURATION,
}
"""Sorts of raw column that have a type of ours; `clock` (a timestamp without a zone) has none until a zone is said."""
RAW: Mapping[str, str] = {
    "text": "{}",
    "number": "cast({} as double)",
    "whole": "cast({} as bigint)",
    "truth": "{}",
    "instant": "epoch_us({})",
    "clock": "epoch_us({})",
    "day": "cast({} - date '1970-01-01' as integer)",
    "span": "epoch_us({})",
}


@dataclass(frozen=True, slots=True)
class Value:
    """A field or raw column.

    Attributes:
        sql: its value: instants and durations in microseconds, days in days.
        type: its type; None for a timestamp without zone, whose `sql` is microseconds on that wall clock.
        whole: whether a number is stored whole.
        said: its value as text.
        fields: fields whose failure is its failure.
        clean: whether blanks have been made of its missing codes.
    """

    sql: str
    type: Type | None
    whole: bool = False
    said: str = ""
    fields: frozenset[str] = frozenset()
    clean: bool = True


@dataclass(slots=True)
class Names:
    """All names that a rule may use at one step of a mapping."""

    values: dict[str, Value] = field(default_factory=dict)

    def add_raw(self, name: str, family: str) -> None:
        """Let a raw column be used."""
        sql = words.raw(name)
        said = sql if family == "text" else f"cast({sql} as varchar)"
        kind = FAMILIES.get(family)
        self.values[name] = Value(RAW[family].format(sql), kind, family == "whole", said, clean=False)

    def add(
        self,
        name: str,
        kind: Type,
        *,
        whole: bool = False,
        fields: frozenset[str] = frozenset(),
        clean: bool = True,
    ) -> None:
        """Let a field be used."""
        sql = words.name(name)
        self.values[name] = Value(sql, kind, whole, said(sql, kind), fields, clean)

    def types(self) -> dict[str, Type]:
        """Return the names that expressions may use, with their types."""
        return {name: value.type for name, value in self.values.items() if value.type is not None}

    def formula(self, node: Node) -> str:
        """Return a row expression as SQL."""
        return formula(node, self.sql)

    def sql(self, name: str) -> str:
        """Return a name's value for an expression: whole numbers as doubles, so that no product overflows."""
        value = self.values[name]
        if value.type is Type.NUMBER and value.whole:
            return f"cast({value.sql} as double)"
        if value.type is Type.TEXT and not value.clean:
            return f"case when {words.visible(value.sql)} then {value.sql} end"
        return value.sql


def said(sql: str, kind: Type) -> str:
    """Return a value as text: what a key or a joined text is made of."""
    if kind is Type.TEXT:
        return sql
    if kind is Type.INSTANT:
        return f"strftime(make_timestamp({sql}), '%Y-%m-%dT%H:%M:%S.%fZ')"
    if kind is Type.DAY:
        return f"cast(date '1970-01-01' + {sql} as varchar)"
    return f"cast({sql} as varchar)"


def formula(node: Node, name: Callable[[str], str]) -> str:
    """Return a row expression as SQL, with names said by `name`."""
    return text(row(node, Scope(name=lambda column: _verbatim(name(column)))))


def _verbatim(sql: str) -> exp.Expression:
    """Return SQL text as a node that prints as it is; brackets keep it one value."""
    return exp.Var(this=sql if sql.startswith('"') and sql.count('"') == 2 else f"({sql})")  # noqa: PLR2004 - one name
