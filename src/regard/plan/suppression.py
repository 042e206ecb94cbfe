"""Which cells are hidden because they tell of too few people, and which others so that those cannot be worked out.

One hidden part among parts that are shown is no secret: it is the whole less the others. So where the people of all
hidden parts together are too few, or there is one such part alone, the smallest that is shown is hidden too (cell
suppression, as statistical offices do it). What is asked in two ways must not differ either: a cell is hidden with the
margin that it belongs to.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

Key = tuple[str | None, ...]


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
    few = ((known > 0) & (known < least)).any(axis=0) if len(keys) and keys[0] else np.zeros(known.shape[1], dtype=bool)
    for s in np.flatnonzero(few):
        out[:, s] = _hidden(keys, known[:, s], least)
    return out


def _hidden(keys: Sequence[Key], people: NDArray[np.float64], least: int) -> NDArray[np.bool_]:
    wide = len(keys[0])
    hidden = (people > 0) & (people < least)
    for kept in combinations(range(wide), wide - 1) if wide > 1 else ():
        margins: dict[Key, list[int]] = _by(keys, kept)
        sums = np.array([people[rows].sum() for rows in margins.values()])
        for rows, secret in zip(margins.values(), _hidden(list(margins), sums, least), strict=True):
            hidden[rows] |= secret
    lines = [rows for free in range(wide) for rows in _by(keys, [i for i in range(wide) if i != free]).values()]
    while any(_hide_another(hidden, people, rows, least) for rows in lines):
        pass  # hiding in one line may uncover another
    return hidden & (people > 0)


def _hide_another(hidden: NDArray[np.bool_], people: NDArray[np.float64], rows: Sequence[int], least: int) -> bool:
    """Hide the smallest shown cell of a line where what is hidden in it could be worked out; whether it was needed."""
    here = [row for row in rows if people[row] > 0]
    secret = [row for row in here if hidden[row]]
    shown = [row for row in here if not hidden[row]]
    if not secret or not shown or (len(secret) > 1 and people[secret].sum() >= least):
        return False
    hidden[min(shown, key=lambda row: people[row])] = True
    return True


def _by(keys: Sequence[Key], places: Iterable[int]) -> dict[Key, list[int]]:
    """Return the rows of each group of the given dimensions."""
    kept = list(places)
    found: dict[Key, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        found[tuple(key[i] for i in kept)].append(row)
    return found
