"""Everything that a metric may refer to, gathered before the first one is resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.catalog.policies import Terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.catalog.metrics import Definition
    from regard.catalog.policies import RegisteredChoice
    from regard.model import Dimension, Policy, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything that a metric may refer to.

    Attributes:
        tables, dimensions, policies, choices: by name.
        terms: the closed lists of words.
        versions: version of each derived table's making.
        definitions: metrics as written, by id.
        lost: ids whose file could not be read or whose definition was refused: naming them is no second mistake.
        lost_tables: likewise.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    choices: Mapping[str, RegisteredChoice] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)
    versions: Mapping[str, int] = field(default_factory=dict)
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    lost_tables: frozenset[str] = frozenset()
