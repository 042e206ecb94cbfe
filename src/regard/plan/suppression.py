"""Which cells are hidden because they tell of too few people, and which others so that those cannot be worked out.

One hidden part among parts that are shown is no secret: it is the whole less the others. So where the people of all
hidden parts together are too few, or there is one such part alone, the smallest that is shown is hidden too (cell
suppression, as statistical offices do it). What is asked in two ways must not differ either: a cell is hidden with the
margin that it belongs to.
"""

from __future__ import annotations

from collections import defaultdict
from heapq import heapify, heappop, heappush
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

Item = TypeVar("Item")
Key = tuple[str | None, ...]
"""The values of some dimensions."""
Cut = tuple[int, ...]
"""Which dimensions a table is cut by, by their places, in order."""
Sizes: TypeAlias = "Mapping[Key, tuple[float, ...]]"
"""Group -> how many people it is, by each way of counting them; the largest count decides."""


def suppressed(keys: Sequence[Key], people: NDArray[np.float64], least: int) -> NDArray[np.bool_]:
    """Return which cells of a breakdown must be hidden.

    Args:
        keys: G groups, each the values of the same dimensions; together they are the whole, which is shown.
        people: G x S, on how many people each group rests in each of S periods; blanks as NaN.
        least: fewer than so many people are too few.

    Returns:
        G x S, true where the cell is hidden. A cell of nobody is shown: it tells of nobody.
    """
    known = np.nan_to_num(np.asarray(people, dtype=np.float64))
    out = np.zeros(known.shape, dtype=bool)
    if not len(keys) or not keys[0]:
        return out
    every = tuple(range(len(keys[0])))
    cuts = [cut for size in range(1, len(every) + 1) for cut in combinations(every, size)]
    for s in np.flatnonzero(((known > 0) & (known < least)).any(axis=0)):
        sums: dict[Cut, dict[Key, float]] = {cut: defaultdict(float) for cut in cuts}
        for i in np.flatnonzero(known[:, s] > 0).tolist():
            for cut, found in sums.items():
                found[tuple(keys[i][place] for place in cut)] += float(known[i, s])
        secret = hidden({cut: {key: (n,) for key, n in found.items()} for cut, found in sums.items()}, least)[every]
        out[:, s] = [n > 0 and key in secret for key, n in zip(keys, known[:, s], strict=True)]
    return out


def hidden(cuts: Mapping[Cut, Sizes], least: int) -> dict[Cut, set[Key]]:
    """Return which groups must be hidden where the same people are cut in several ways, and the whole is shown.

    Args:
        cuts: dimensions -> the groups that there are. With a cut all cuts by fewer of its dimensions are given.
        least: fewer than so many people are too few.
    """
    forced: dict[Cut, set[Key]] = {cut: set() for cut in cuts}
    lines = {cut: _lines(sizes) for cut, sizes in cuts.items()}
    while True:
        out: dict[Cut, set[Key]] = {}
        for cut in sorted(cuts, key=len):
            sizes = cuts[cut]
            secret = {key for key, counts in sizes.items() if max(counts, default=0.0) < least} | forced[cut]
            for place in range(len(cut)):
                margin = out.get(_without(cut, place))
                if margin:
                    secret |= {key for key in sizes if _without(key, place) in margin}
            if secret:
                _protect(sizes, lines[cut], secret, least)
            out[cut] = secret
        # A margin of one group alone is that group: it hides with it, and what stands beside it is judged anew.
        told = [
            (_without(cut, place), key)
            for cut, secret in out.items()
            if secret and len(cut) > 1
            for (place, key), line in lines[cut].items()
            if len(line) == 1 and line[0] in secret and key not in out[_without(cut, place)]
        ]
        if not told:
            return out
        for cut, key in told:
            forced[cut].add(key)


def _lines(sizes: Sizes) -> dict[tuple[int, Key], list[Key]]:
    """Return the groups that differ in one dimension alone: its place and the values of the others -> the groups."""
    lines: dict[tuple[int, Key], list[Key]] = defaultdict(list)
    for place in range(len(next(iter(sizes), ()))):
        for key in sizes:
            lines[place, _without(key, place)].append(key)
    return lines


def _protect(sizes: Sizes, lines: Mapping[tuple[int, Key], Sequence[Key]], secret: set[Key], least: int) -> None:
    """Hide more groups until no line gives a hidden one away."""
    number = {line: i for i, line in enumerate(lines)}
    members = list(lines.values())
    todo = [i for i, line in enumerate(members) if not secret.isdisjoint(line)]
    heapify(todo)
    while todo:
        another = _another(sizes, secret, members[todo[0]], least)
        if another is None:
            heappop(todo)
            continue
        secret.add(another)
        for place in range(len(another)):  # hiding in one line may uncover another
            heappush(todo, number[place, _without(another, place)])


def _another(sizes: Sizes, secret: Collection[Key], line: Sequence[Key], least: int) -> Key | None:
    """Return the smallest shown group of a line where what is hidden in it could be worked out; None where not."""
    shown = [key for key in line if key not in secret]
    unknown = [sizes[key] for key in line if key in secret]
    if not unknown or not shown:
        return None
    if len(unknown) > 1 and max(map(sum, zip(*unknown, strict=True)), default=0.0) >= least:
        return None
    return min(shown, key=lambda key: max(sizes[key]))


def _without(key: tuple[Item, ...], place: int) -> tuple[Item, ...]:
    return key[:place] + key[place + 1 :]
