"""Cubes as margins: for each choice of dimensions rows of their own, and none for a group of too few people.

A cube by all its dimensions at once is mostly groups of one or two people, whom its sums describe. As margins it has
rows of the whole, rows by each dimension alone and by each two; where no metric may be shown for a group (K24: its n is
below the workspace's minimum), the group has no row. The whole stays whole, and every slice that is left is what an
engine gives for it: a metric that may be shown has all its sums.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from regard.expr import Name, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from regard.expr import Node
    from regard.model import Metric
    from regard.plan.cube import CubeRows, Lowered, Sums

WHOLE = "\0whole"
"""Stands for a dimension that a row is not cut by; no value of data holds such a character."""

MOST_CUTS = 2
"""Dimensions by which a margin is cut at once: more make groups so small that hardly one could be shown."""

Group = tuple[Any, ...]
"""Number of the period, and the values of some dimensions."""
Truths: TypeAlias = "NDArray[np.bool_]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Who may see what.

    Attributes:
        least: a group whose n is below it is not shown; 0 shows everything.
        personal: whether a metric is about people.
        worth: arithmetic over sums -> what it is for given sums and the number of the period, None for no value.
    """

    least: int
    personal: Callable[[Metric], bool]
    worth: Callable[[Node, Mapping[str, float], int], float | None]


def margins(cubes: Sequence[CubeRows], sums: Sums, lowered: Sequence[Lowered], terms: Terms) -> tuple[CubeRows, ...]:
    """Return the cubes as margins, without the groups that nothing may be shown of.

    Args:
        cubes: by all their dimensions at once.
        sums: what they hold.
        lowered: the metrics that are made of them.
        terms: who may see what.
    """
    sizes = _Sizes(cubes, sums, terms)
    readers = [one for one in lowered if not one.why]
    return tuple(
        _margin(rows, [one for one in readers if set(one.sums) & set(rows.cube.names)], sizes) for rows in cubes
    )


def length(rows: CubeRows) -> int:
    """Return how many rows a cube has as margins, those of groups of too few people among them."""
    lines = list(zip(*rows.hidden.values(), strict=True)) or [()] * len(rows.stretch)
    return sum(len(set(zip(_keys(rows, chosen), lines, strict=True))) for chosen in subsets(tuple(rows.dims)))


def subsets(dims: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield every choice of no more than `MOST_CUTS` dimensions, in their order, that of none first."""
    yield from chain.from_iterable(combinations(dims, size) for size in range(min(len(dims), MOST_CUTS) + 1))


class _Sizes:
    """How many people, or answers, stand behind a metric in a group: its n."""

    def __init__(self, cubes: Sequence[CubeRows], sums: Sums, terms: Terms) -> None:
        self.sums, self.terms = sums, terms
        self.homes = {name: rows for rows in cubes for name in rows.cube.names}
        self.known: dict[tuple[str, tuple[str, ...]], dict[Group, float]] = {}

    def shown(self, one: Lowered, dims: tuple[str, ...], groups: Sequence[Group]) -> Truths:
        """Return of each group whether a metric may be shown for it."""
        count = len(groups)
        if not dims or one.n is None or not self.terms.least or not self.terms.personal(one.metric):
            return np.ones(count, dtype=bool)
        read = {name: self._by(name, dims, groups) for name in names(one.n)}
        if isinstance(one.n, Name):
            return np.asarray(read[one.n.name] >= self.terms.least)
        told = [
            self.terms.worth(one.n, {name: values[i] for name, values in read.items()}, group[0])
            for i, group in enumerate(groups)
        ]
        return np.array([found is not None and found >= self.terms.least for found in told], dtype=bool)

    def _by(self, name: str, dims: tuple[str, ...], groups: Sequence[Group]) -> np.ndarray:
        """Return what a sum is in each group, by those of the dimensions that it is cut by."""
        rows = self.homes.get(name)
        if rows is None:
            return np.zeros(len(groups))
        own = tuple(dim for dim in dims if dim in self.sums.dims[name])
        if (name, own) not in self.known:
            total: dict[Group, float] = {}
            column = rows.sums[rows.cube.bases.index(self.sums.parts[name].base)]
            for key, value in zip(_keys(rows, own), column, strict=True):
                total[key] = total.get(key, 0.0) + value
            self.known[name, own] = total
        places = [0, *(1 + dims.index(dim) for dim in own)]
        found = self.known[name, own]
        return np.array([found.get(tuple(group[place] for place in places), 0.0) for group in groups])


def _keys(rows: CubeRows, dims: tuple[str, ...]) -> Iterator[Group]:
    """Return of each row its period and its values of some dimensions."""
    return zip(rows.stretch, *(rows.dims[dim] for dim in dims), strict=True)


def _read(rows: CubeRows, chosen: tuple[str, ...], sums: Sums) -> list[bool]:
    """Return of each base whether a sum that is cut by these dimensions reads it."""
    wanted = {sums.parts[name].base for name in rows.cube.names if set(chosen) <= set(sums.dims[name])}
    return [base in wanted for base in rows.cube.bases]


def _margin(rows: CubeRows, readers: Sequence[Lowered], sizes: _Sizes) -> CubeRows:
    """Return one cube as margins."""
    if not rows.stretch:
        return rows
    totals = np.array(rows.sums)
    stretch: list[int] = []
    dims: dict[str, list[str | None]] = {dim: [] for dim in rows.dims}
    hidden: dict[str, list[Any]] = {column: [] for column in rows.hidden}
    sums: list[np.ndarray] = []
    for chosen in subsets(tuple(rows.dims)):
        groups: dict[Group, int] = {}
        of = np.array([groups.setdefault(key, len(groups)) for key in _keys(rows, chosen)])
        each = list(groups)
        kept = np.zeros(len(each), dtype=bool)
        for one in readers:
            if set(chosen) <= set(one.dims):
                kept |= sizes.shown(one, chosen, each)
            if kept.all():
                break
        held = np.flatnonzero(kept[of])
        kinds: dict[Group, int] = {}
        lines = list(zip(*(rows.hidden[column] for column in rows.hidden), strict=True)) if rows.hidden else []
        at = np.array(
            [kinds.setdefault((int(of[i]), *(lines[i] if lines else ())), len(kinds)) for i in held], dtype=np.int64
        )
        read = _read(rows, chosen, sizes.sums)
        found = np.array(
            [np.bincount(at, weights=one[held], minlength=len(kinds)) * r for one, r in zip(totals, read, strict=True)]
        )
        counts = [bool(count) for count in np.atleast_1d(found.any(axis=0))]
        sums.append(found[:, np.array(counts, dtype=bool)])
        for number, *values in (kind for kind, count in zip(kinds, counts, strict=True) if count):
            period, *cut = each[number]
            stretch.append(period)
            by = dict(zip(chosen, cut, strict=True))
            for dim, column in dims.items():
                column.append(by.get(dim, WHOLE))
            for value, column in zip(values, hidden.values(), strict=True):
                column.append(value)
    found = np.concatenate(sums, axis=1)
    return replace(
        rows,
        stretch=tuple(stretch),
        dims={dim: tuple(column) for dim, column in dims.items()},
        hidden={name: tuple(column) for name, column in hidden.items()},
        sums=tuple(tuple(map(float, one)) for one in found),
    )
