"""Cubes as margins: for each choice of dimensions rows of their own, and none for a group of too few people.

A cube by all its dimensions at once is mostly groups of one or two people, whom its sums describe. As margins it has
rows of the whole, rows by each dimension alone and by each two; where no metric may be shown for a group (K24: its n is
below the workspace's minimum), the group has no row, nor has another beside it that would give it away
(`suppression`). The whole stays whole, and every slice that is left is what an engine gives for it: a metric that may
be shown has all its sums.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from regard.expr import Name, names
from regard.plan.suppression import hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from regard.expr import Node
    from regard.model import Metric
    from regard.plan.cube import CubeRows, Lowered, Sums
    from regard.plan.suppression import Cut, Key

WHOLE = "\0whole"
"""Stands for a dimension that a row is not cut by; no value of data holds such a character."""

MOST_CUTS = 2
"""Dimensions by which a margin is cut at once: more make groups so small that hardly one could be shown."""

Group = tuple[Any, ...]
"""Number of the period, and the values of some dimensions."""


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

    def of(self, readers: Sequence[Lowered], dims: tuple[str, ...], groups: Sequence[Group]) -> NDArray[np.float64]:
        """Return groups x ways of counting: the n of each metric that can be cut so; no limit where one needs none."""
        counts = dict.fromkeys(self._limited(one) for one in readers if set(dims) <= set(one.dims))
        if not counts:
            return np.zeros((len(groups), 1))
        if None in counts or not self.terms.least:
            return np.full((len(groups), 1), np.inf)
        return np.array([self._count(node, dims, groups) for node in counts if node is not None]).T

    def _limited(self, one: Lowered) -> Node | None:
        """Return what decides whether a metric may be shown for a group; None where it always may."""
        return one.n if self.terms.personal(one.metric) else None

    def _count(self, n: Node, dims: tuple[str, ...], groups: Sequence[Group]) -> NDArray[np.float64]:
        read = {name: self._by(name, dims, groups) for name in names(n)}
        if isinstance(n, Name):
            return read[n.name]
        told = [
            self.terms.worth(n, {name: values[i] for name, values in read.items()}, group[0])
            for i, group in enumerate(groups)
        ]
        return np.array([0.0 if found is None else found for found in told])

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


def _secret(
    groups: Mapping[tuple[str, ...], Sequence[Group]], readers: Sequence[Lowered], sizes: _Sizes
) -> tuple[dict[tuple[str, ...], set[Group]], list[tuple[tuple[str, ...], Group]]]:
    """Return of each choice of dimensions the groups that have no rows, and which of them are not few themselves."""
    out: dict[tuple[str, ...], set[Group]] = {chosen: set() for chosen in groups}
    dims = list(dict.fromkeys(dim for chosen in groups for dim in chosen))
    cuts = {tuple(map(dims.index, chosen)): chosen for chosen in groups if chosen}
    periods: dict[int, dict[Cut, dict[Key, tuple[float, ...]]]] = {}
    for cut, chosen in cuts.items():
        for group, counts in zip(groups[chosen], sizes.of(readers, chosen, groups[chosen]).tolist(), strict=True):
            of_period = periods.setdefault(group[0], {one: {} for one in cuts})
            if max(counts) > 0:
                of_period[cut][group[1:]] = tuple(counts)
            else:  # of nobody: it tells of nobody, and nothing beside it need hide
                out[chosen].add(group)
    beside: list[tuple[tuple[str, ...], Group]] = []
    for period, own in periods.items():
        for cut, keys in hidden(own, sizes.terms.least).items():
            out[cuts[cut]] |= {(period, *key) for key in keys}
            large = (key for key, counts in own[cut].items() if key in keys and max(counts) >= sizes.terms.least)
            beside += [(cuts[cut], (period, *key)) for key in large]
    return out, beside


def _margin(rows: CubeRows, readers: Sequence[Lowered], sizes: _Sizes) -> CubeRows:
    """Return one cube as margins."""
    if not rows.stretch:
        return rows
    totals = np.array(rows.sums)
    stretch: list[int] = []
    dims: dict[str, list[str | None]] = {dim: [] for dim in rows.dims}
    columns: dict[str, list[Any]] = {column: [] for column in rows.hidden}
    sums: list[np.ndarray] = []
    groups = {chosen: list(dict.fromkeys(_keys(rows, chosen))) for chosen in subsets(tuple(rows.dims))}
    secret, beside = _secret(groups, readers, sizes)
    for chosen in subsets(tuple(rows.dims)):
        each = groups[chosen]
        place = {group: i for i, group in enumerate(each)}
        of = np.array([place[key] for key in _keys(rows, chosen)])
        kept = np.array([group not in secret[chosen] for group in each], dtype=bool)
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
            for value, column in zip(values, columns.values(), strict=True):
                column.append(value)
    found = np.concatenate(sums, axis=1)
    return replace(
        rows,
        stretch=tuple(stretch),
        dims={dim: tuple(column) for dim, column in dims.items()},
        hidden={name: tuple(column) for name, column in columns.items()},
        sums=tuple(tuple(map(float, one)) for one in found),
        withheld=tuple(
            (group[0], tuple(dict(zip(chosen, group[1:], strict=True)).get(dim, WHOLE) for dim in rows.dims))
            for chosen, group in beside
        ),
    )
