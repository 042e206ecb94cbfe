"""What is hidden because it tells of too few people cannot be worked out from what is shown beside it (R046, K24)."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pytest

from regard.plan import suppressed
from tests.workspace.alone import alone

if TYPE_CHECKING:
    from collections.abc import Sequence

NAN = float("nan")


@pytest.mark.parametrize(
    ("people", "hidden"),
    [
        ([50, 60, 70], []),
        ([4, 60, 70, 80], [0, 1]),  # one alone is the whole less the others: the smallest shown goes too
        ([4, 3, 70, 80], [0, 1, 2]),  # two that are seven people together are seven people
        ([6, 7, 70, 80], [0, 1]),
        ([4, 0, 70, 80], [0, 2]),  # a part of nobody hides nobody
        ([4, NAN, 70], [0, 2]),
        ([4], [0]),
        ([4, 70], [0, 1]),
    ],
)
def test_one_hidden_part_takes_another_with_it(people, hidden):
    """Fewer than ten people are too few."""
    keys = [(str(i),) for i in range(len(people))]
    found = suppressed(keys, np.array(people, dtype=float)[:, None], 10)[:, 0]
    assert list(np.flatnonzero(found)) == hidden


def test_each_period_is_judged_by_itself():
    """A part that is small in one month hides in that month alone; the whole (no dimension) is never hidden."""
    assert suppressed([("a",), ("b",)], np.array([[4.0, 40.0], [50.0, 50.0]]), 10).tolist() == [[True, False]] * 2
    assert not suppressed([()], np.array([[4.0]]), 10).any()


@pytest.mark.parametrize("seed", range(40))
def test_neither_lines_nor_margins_give_a_hidden_cell_away(seed):
    """In a table of two dimensions every line that hides something hides enough, as do its margins."""
    dice = random.Random(seed)
    keys = [(a, b) for a in "pqrs" for b in "xyz" if dice.random() < 0.9]
    people = np.array([dice.choice([0, 2, 5, 9, 12, 40, 90]) for _ in keys], dtype=float)
    hidden = suppressed(keys, people[:, None], 10)[:, 0]
    assert all(hidden[(people > 0) & (people < 10)])
    for place in (0, 1):
        lines: dict[str, list[int]] = defaultdict(list)
        for row, key in enumerate(keys):
            lines[key[place]].append(row)
        for rows in lines.values():
            assert _safe(people[rows], hidden[rows])
        margins = np.array([people[rows].sum() for rows in lines.values()])
        secret = suppressed([(name,) for name in lines], margins[:, None], 10)[:, 0]
        # A margin that is hidden where it is asked for alone cannot be added up from its cells here.
        for rows, alone_hidden in zip(lines.values(), secret, strict=True):
            assert not alone_hidden or all(hidden[row] for row in rows if people[row])


def _safe(people: Sequence[float], hidden: Sequence[bool]) -> bool:
    """Whether the hidden cells of a line are none, all there are, or enough people together."""
    secret = [n for n, is_hidden in zip(people, hidden, strict=True) if is_hidden]
    shown = [n for n, is_hidden in zip(people, hidden, strict=True) if n and not is_hidden]
    return not secret or not shown or (len(secret) > 1 and sum(secret) >= 10)


def test_ask_hides_what_would_give_a_hidden_part_away(tmp_path):
    """Three shops of 4, 20 and 30 orders: the shop of 4 is hidden, and the shop of 20, for the whole is shown."""
    sizes = {"kiosk": 4, "mall": 20, "web": 30}
    shops = [shop for shop, size in sizes.items() for _ in range(size)]
    lines = [f"{i},c{i},2024-03-{1 + i % 28:02d},,10,{shop}," for i, shop in enumerate(shops)]
    workspace = alone(tmp_path / "it", "orders", more="channel: score", lines=lines)
    cells = workspace.ask("aov", grain="all", breakdowns=[(), ("channel",)], compare="").cells
    shown = {cell.dims.get("channel", "whole"): cell.estimate.value for cell in cells}
    assert shown == {"whole": 10, "kiosk": None, "mall": None, "web": 10}
    # The same rows asked for by a filter are as few.
    [few] = workspace.ask("aov", grain="all", where="channel = 'kiosk'", compare="").cells
    assert few.estimate.flags == ("hidden",)
