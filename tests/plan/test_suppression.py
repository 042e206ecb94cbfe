"""What is hidden because it tells of too few people cannot be worked out from what is shown beside it (R046, K24)."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from regard.plan import suppressed
from regard.plan.suppression import hidden
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


@given(
    st.dictionaries(st.tuples(*[st.sampled_from("abc")] * 3), st.tuples(*[st.integers(0, 14)] * 2), min_size=1),
    st.integers(2, 3),
)
def test_no_hidden_group_can_be_worked_out_from_sums_over_one_dimension(people, most):
    """Whoever knows every shown group of every cut, and the whole, solves equation after equation and finds none."""
    cuts, whole = {}, tuple(map(sum, zip(*people.values(), strict=True)))
    assume(max(whole) >= 10)
    for cut in (cut for size in range(1, most + 1) for cut in combinations(range(3), size)):
        sums: dict[tuple[str, ...], tuple[float, ...]] = {}
        for key, counts in people.items():
            own = tuple(key[place] for place in cut)
            sums[own] = tuple(a + b for a, b in zip(sums.get(own, (0, 0)), counts, strict=True))
        cuts[cut] = sums
    secret = hidden(cuts, 10)
    few = {(cut, key) for cut, sums in cuts.items() for key, counts in sums.items() if max(counts) < 10}
    unknown = {(cut, key) for cut, keys in secret.items() for key in keys}
    assert few <= unknown
    assert found_out(cuts, unknown) == set()
    # A part of a hidden group is hidden too.
    for cut, keys in secret.items():
        for more, sums in cuts.items():
            if set(cut) < set(more):
                parts = {key for key in sums if tuple(key[more.index(place)] for place in cut) in keys}
                assert parts <= secret[more]


def found_out(cuts, unknown):
    """Return which unknown groups follow from sums over one dimension, those found used for the next."""
    equations = []
    for cut, sums in cuts.items():
        for place in range(len(cut)):
            margin = cut[:place] + cut[place + 1 :]
            lines = defaultdict(list)
            for key in sums:
                lines[key[:place] + key[place + 1 :]].append((cut, key))
            equations += [{*parts, (margin, key)} for key, parts in lines.items()]
    left = set(unknown)
    while found := {part for one in equations if len(part_of := one & left) == 1 for part in part_of}:
        left -= found
    return unknown - left


def test_a_margin_of_one_group_hides_with_it():
    """Shop c is small, b hides beside it, and b is all that the web sells: the web is hidden, or it would tell b."""
    cells = {("store", "a"): 50.0, ("store", "d"): 60.0, ("web", "b"): 20.0, ("phone", "c"): 4.0, ("phone", "a"): 30.0}
    found = suppressed(list(cells), np.array(list(cells.values()))[:, None], 10)[:, 0]
    assert found[2]
    by_shop = {("store",): (110.0,), ("web",): (20.0,), ("phone",): (34.0,)}
    by_kind = {("a",): (80.0,), ("b",): (20.0,), ("c",): (4.0,), ("d",): (60.0,)}
    secret = hidden({(0,): by_shop, (1,): by_kind, (0, 1): {key: (n,) for key, n in cells.items()}}, 10)
    assert {("b",), ("c",)} <= secret[1,]
    assert ("web",) in secret[0,]


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
