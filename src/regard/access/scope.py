"""Data scopes: which rows somebody may see, said as dimensions and their values.

A scope is data, not code: it becomes a test in the metric language, and the workspace adds that test to every question.
A question about something that does not have the dimension cannot be answered within the scope, and is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows whose every listed dimension has one of its listed values; without dimensions, all rows.

    Attributes:
        values: dimension -> values, at least one each.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what could not become a test.

        Raises:
            QuestionError: a name that no dimension can have, or a dimension without values.
        """
        for name, values in self.values.items():
            if not _NAME.fullmatch(name):
                raise QuestionError(f"'{name}' is no dimension; a scope reads like: channel = phone, chat")
            if not values or not all(values):
                raise QuestionError(f"the scope names no value of '{name}'; it reads like: {name} = one, another")

    @classmethod
    def read(cls, text: str) -> Scope:
        """Read a scope as people write it: `channel = phone, chat; segment = b2b`; nothing is all rows.

        Raises:
            QuestionError: it does not read so.
        """
        values: dict[str, tuple[str, ...]] = {}
        for part in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
            name, equals, listed = (piece.strip() for piece in part.partition("="))
            if not equals or name in values:
                raise QuestionError(f"'{part}' is no part of a scope; it reads like: channel = phone, chat")
            values[name] = tuple(sorted({value.strip() for value in listed.split(",") if value.strip()}))
        return cls(dict(sorted(values.items())))

    @property
    def everything(self) -> bool:
        """Whether it leaves nothing out."""
        return not self.values

    @property
    def test(self) -> str:
        """The scope in the metric language, "" for all rows."""
        return " and ".join(f"{name} in ({', '.join(map(_quoted, values))})" for name, values in self._sorted())

    def __str__(self) -> str:
        """Read as people write it, "" for all rows."""
        return "; ".join(f"{name} = {', '.join(values)}" for name, values in self._sorted())

    def _sorted(self) -> list[tuple[str, list[str]]]:
        return [(name, sorted(set(values))) for name, values in sorted(self.values.items())]


def _quoted(value: str) -> str:
    """Return a value as a text of the metric language."""
    return "'" + value.replace("'", "''") + "'"
