"""Figures that somebody states, held against each other: a ratio must be what its own parts give (X1).

A stated figure is rounded, so it stands for the whole stretch that rounds to it; only where the stretches cannot meet
is there a contradiction.
"""

from __future__ import annotations

import itertools
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.expr import Call, Literal, Reference, show, walk
from regard.store import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from regard.expr import Node

Stretch = tuple[float, float]

ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "min": min,
    "max": max,
}

RULE = "stated-ratio"


@dataclass(frozen=True, slots=True)
class Stated:
    """A figure as somebody states it.

    Attributes:
        text: as written, such as `3.2:1`.
        value: the number.
        step: worth of its last digit; the figure stands for value -/+ step / 2.
    """

    text: str
    value: float
    step: float

    @property
    def stretch(self) -> Stretch:
        """What rounds to it."""
        return self.value - self.step / 2, self.value + self.step / 2


def reconcile(stated: Mapping[str, Stated], formulas: Mapping[str, Node], *, source: str, at: int) -> Iterator[Finding]:
    """Yield a finding for each stated figure that is not what its stated parts give.

    Args:
        stated: metric id -> the figure.
        formulas: metric id -> its value as its author wrote it, with references to other metrics.
        source: who states them.
        at: instant of the finding in microseconds.
    """
    for metric, figure in stated.items():
        formula = formulas.get(metric)
        parts = [] if formula is None else [node.metric for node in walk(formula) if isinstance(node, Reference)]
        if formula is None or not parts or any(part not in stated for part in parts):
            continue
        given = _stretch(formula, stated)
        if given is None or (given[0] <= figure.stretch[1] and figure.stretch[0] <= given[1]):
            continue
        middle = _stretch(formula, {name: Stated(each.text, each.value, 0) for name, each in stated.items()})
        value = middle[0] if middle else given[0]
        of = ", ".join(f"{part} {stated[part].text}" for part in dict.fromkeys(parts))
        gives = f"{show(formula)} of its own figures ({of}) is {value:.4g}"
        yield Finding(
            kind="reconcile",
            rule=RULE,
            scope={"source": source, "metric": metric},
            at=at,
            observed=figure.text,
            expected=f"{value:.4g}",
            message=f"{source} states {metric} as {figure.text}, but {gives}",
        )


def _stretch(node: Node, stated: Mapping[str, Stated]) -> Stretch | None:
    """Return the least and most that a formula can give; None where it cannot be said."""
    if isinstance(node, Literal) and isinstance(node.value, (int, float)):
        return float(node.value), float(node.value)
    if isinstance(node, Reference):
        return stated[node.metric].stretch
    if not isinstance(node, Call) or node.name not in ARITHMETIC or len(node.args) != 2:  # noqa: PLR2004 - of two
        return None
    left, right = (_stretch(arg, stated) for arg in node.args)
    if left is None or right is None or (node.name == "/" and right[0] <= 0 <= right[1]):
        return None
    ends = [ARITHMETIC[node.name](a, b) for a, b in itertools.product(left, right)]
    return min(ends), max(ends)
