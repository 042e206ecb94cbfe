"""Worked examples: inputs, formulas and the numbers they must give. Data of the product, read from one file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from regard.catalog.catalogue import BUILTIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of an example.

    Attributes:
        name: how formulas of the example refer to it.
        label: what is read.
        cells: numbers, or formulas that begin with `=`; one or several side by side.
        gives: what the formulas must give, None for an input.
    """

    name: str
    label: str
    cells: tuple[str | float, ...]
    gives: tuple[float, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An example.

    Attributes:
        id: its number.
        title, says, source: what it shows, in words, and who says so.
        lines: inputs and formulas, in order.
    """

    id: str
    title: str
    says: str
    source: str
    lines: tuple[Line, ...]


@cache
def examples() -> tuple[Example, ...]:
    """Return the shipped examples, in order."""
    tree: list[dict[str, Any]] = yaml.safe_load((BUILTIN / "examples.yaml").read_text(encoding="utf-8"))
    return tuple(
        Example(
            id=one["example"],
            title=one["title"],
            says=one["says"],
            source=one["source"],
            lines=tuple(_line(line) for line in one["lines"]),
        )
        for one in tree
    )


def _line(line: dict[str, Any]) -> Line:
    gives = line.get("gives")
    return Line(
        name=str(line["name"]),
        label=line["label"],
        cells=tuple(line["values"]) if "values" in line else (line["is"],),
        gives=None if gives is None else tuple(gives) if isinstance(gives, list) else (gives,),
    )
