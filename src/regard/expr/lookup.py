"""What `lookup(policy, column...)` reads, and what a set of keys is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

JOINT = "+"
"""Stands between the members of a set in a text; the empty text is the empty set."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A policy as an expression reads it.

    Attributes:
        values: keys -> value, one key for each column; () holds the default where there is one.
        sets: `max` or `sum` where the key is a set, such as `degraded+outage`, that is worth the largest or the sum of
            its members' values (a member that stands in it twice counts twice; the empty set is worth 0); "" where
            each key is one value.
    """

    values: Mapping[tuple[Any, ...], Any]
    sets: str = ""

    def of(self, keys: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a value of the language
        """Return the value of some keys: blank where a key is blank, or neither it nor a default has a value."""
        if None in keys:
            return None
        if not self.sets:
            return self.values.get(keys, self.values.get(()))
        if not keys[0]:
            return 0
        members = [self.values.get((member,), self.values.get(())) for member in keys[0].split(JOINT)]
        if None in members:
            return None
        return max(members) if self.sets == "max" else sum(members)
