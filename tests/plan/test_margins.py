"""Cubes as margins: the whole stays whole, slices are sums of rows, groups of few people have no rows (K24, R130)."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from regard.expr import Literal, Name, Scope, Type, evaluate, parse
from regard.model import RowSet
from regard.plan import SUM, Measure, Scan
from regard.plan.cube import Cube, CubeRows, Sums
from regard.plan.margins import WHOLE, Terms, margins, subsets
from regard.plan.unfold import Unfolded
from tests.engines.asking import metric
from tests.plan.test_suppression import found_out

LEAST = 10
DIMS = ("channel", "segment")


def measure(of):
    """A sum over a table."""
    return Measure(rows=RowSet(table="fact", at="at"), what=SUM, of=(parse(of),))


def made(seed, people=True, least=LEAST, drawn=(1, 1, 2, 9)):
    """Return random rows by channel, segment and score, as a cube, and it as margins."""
    draw = random.Random(seed)
    lines = sorted(
        {
            (draw.randrange(3), draw.choice(["chat", "email", None]), draw.choice("ABCDE"), draw.randrange(4)): None
            for _ in range(90)
        },
        key=str,
    )
    counts = [float(draw.choice(drawn)) for _ in lines]
    scores = [count * line[3] for count, line in zip(counts, lines, strict=True)]
    bases = (measure("1"), measure("score"))
    cube = Cube(
        table="fact", dims=DIMS, hidden=("score",), bases=bases, names=("s0", "s1"),
        scan=Scan(table="fact", arguments=(), measures=bases, sets=((*DIMS, "column:score"),), stretches=(0, 1, 2)),
    )  # fmt: skip
    stretch, channel, segment, score = zip(*lines, strict=True)
    rows = CubeRows(
        cube=cube, stretch=stretch, dims={"channel": channel, "segment": segment}, hidden={"score": score},
        sums=(tuple(counts), tuple(scores)),
    )  # fmt: skip
    sums = Sums({})
    sums.parts = {"s0": Unfolded(bases[0]), "s1": Unfolded(bases[1], Name("score"), ("score",))}
    sums.dims = {"s0": DIMS, "s1": DIMS}
    one = lowered("s0")
    terms = Terms(
        least=least,
        personal=lambda _: people,
        worth=lambda node, own, _: evaluate(node, dict(own), Scope(parameters={}, policies={})),
    )
    [out] = margins([rows], sums, [one], terms)
    again = replace(one, n=parse("s0 + 0"))
    assert margins([rows], sums, [again], terms) == (out,)
    return rows, out


def lowered(n):
    """Return a mean of scores whose n is a sum."""
    from regard.plan.cube import Lowered

    return Lowered(metric=metric("m"), dims=DIMS, value=parse("s1 / s0"), n=Name(n))


def groups(rows):
    """Return group -> its sums, over the hidden columns."""
    found = {}
    for i, stretch in enumerate(rows.stretch):
        key = (stretch, *(rows.dims[dim][i] for dim in DIMS))
        told = found.setdefault(key, [[] for _ in rows.sums])
        for total, column in zip(told, rows.sums, strict=True):
            total.append(column[i])
    return {key: tuple(map(math.fsum, told)) for key, told in found.items()}


def test_every_choice_of_dimensions_has_rows_of_its_own():
    """The whole first; no dimension twice."""
    assert list(subsets(DIMS)) == [(), ("channel",), ("segment",), ("channel", "segment")]


def test_the_whole_stays_whole_and_slices_are_what_rows_add_up_to():
    """For random rows: of each period, and of each group that is left, the sums are those of its rows."""
    for seed in range(20):
        rows, out = made(seed)
        plain = groups(rows)
        for (stretch, *own), told in groups(out).items():
            of = [
                sums
                for (other, *values), sums in plain.items()
                if other == stretch and all(mine in (WHOLE, value) for mine, value in zip(own, values, strict=True))
            ]
            assert told == tuple(math.fsum(column) for column in zip(*of, strict=True))
        assert {key[0] for key in groups(out) if set(key[1:]) == {WHOLE}} == set(rows.stretch)


def test_no_row_describes_fewer_people_than_the_minimum_nor_gives_such_away():
    """Groups of fewer than ten are not there, nor can they be worked out; what is not about people keeps them all."""
    left_out = beside = 0
    for seed in range(20):
        rows, out = made(seed)
        for period in range(3):
            cuts, unknown = {}, set()
            for own in subsets(DIMS):
                cut = tuple(map(DIMS.index, own))
                cuts[cut] = {}
                for (stretch, *values), (n, _) in groups(rows).items():
                    key = tuple(values[place] for place in cut)
                    if stretch == period:
                        cuts[cut][key] = (cuts[cut].get(key, (0.0,))[0] + n,)
                for key, (n,) in cuts[cut].items():
                    there = (period, *(key[cut.index(i)] if i in cut else WHOLE for i in range(2))) in groups(out)
                    assert not there or not own or n >= LEAST
                    assert there or own
                    left_out += n < LEAST
                    beside += not there and n >= LEAST
                    if not there:
                        unknown.add((cut, key))
                    # What is left out though it is large enough is told, so that nobody takes it for nothing.
                    told = (period, tuple(key[cut.index(i)] if i in cut else WHOLE for i in range(2))) in out.withheld
                    assert told == (not there and n >= LEAST)
            assert found_out(cuts, unknown) == set()
    assert left_out > 100
    assert beside > 20
    rows, out = made(1, people=False)
    assert len(groups(out)) > len(groups(rows))
    assert Literal(1, Type.NUMBER) == rows.cube.bases[0].of[0]


def test_a_group_of_nobody_hides_nobody():
    """It has no rows, since no metric says anything of it; where nothing is too few, all others have theirs."""
    empty = 0
    for seed in range(10):
        rows, out = made(seed, least=1, drawn=(0, 0, 1, 4))
        sizes = {}
        for (stretch, *values), (n, _) in groups(rows).items():
            for own in subsets(DIMS):
                cut = tuple(v if dim in own else WHOLE for dim, v in zip(DIMS, values, strict=True))
                sizes[stretch, *cut] = sizes.get((stretch, *cut), 0.0) + n
        assert set(groups(out)) == {key for key, n in sizes.items() if n}
        empty += sum(not n for n in sizes.values())
    assert empty > 50
