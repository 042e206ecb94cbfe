"""The engine asked as an edited workbook is edited, and the two held against each other."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from regard.engines import Duck
from regard.excel.book import Cell
from regard.excel.sheets import calc, policies, slicers
from regard.expr import Lookup
from regard.plan import Question, collect, plan, suppressed
from regard.plan.margins import WHOLE
from regard.workspace.asking import Asking
from tests.excel.recalculation import found

NOTHING = ""


@dataclass(frozen=True)
class Edits:
    """What is changed in a workbook.

    Attributes:
        parameters: (metric, name) -> value.
        policies: (policy, key) -> value.
        chosen: dimension -> value chosen as slicer.
    """

    parameters: dict
    policies: dict
    chosen: dict


class Withheld(tuple):
    """What the engine hides since it would give another group away; a workbook may show it."""

    __slots__ = ()


def random_edits(material, book, seed, *, slices=2):
    """Edit every live assumption at random within its bounds, and choose some slices that have rows."""
    draw = random.Random(seed)
    parameters, policies = {}, {}
    for one in book.inputs:
        if one.kind == "parameter" and live(book, one):
            low = one.baseline / 2 if one.lo is None else one.lo
            high = one.baseline * 2 if one.hi is None else one.hi
            parameters[one.subject, one.key] = draw.choice(
                [low, high, (low + high) / 2, round(draw.uniform(low, high))]
            )
        if one.kind == "policy":
            [key] = [k for k in material.policies[one.subject].values if ",".join(map(str, k)) == one.key]
            policies[one.subject, key] = draw.choice([one.baseline + 1, draw.randint(0, 4), round(draw.random(), 2)])
    counts = {dim: common(material, dim) for dim in material.base_slicers}
    dims = sorted(dim for dim, found in counts.items() if found)
    chosen = {dim: draw.choice(counts[dim]) for dim in draw.sample(dims, min(slices, len(dims)))}
    return Edits(parameters, policies, chosen)


def common(material, dim):
    """Return the two values of a dimension that most rows of cubes have."""
    rows = Counter(value for cube in material.cubes for value in cube.dims.get(dim, ()) if value not in (None, WHOLE))
    return [value for value, _ in rows.most_common(2)]


def live(book, one):
    """Whether an input is one that figures follow."""
    return "input" in book.sheet(one.sheet).cells[one.row, one.column].style


@contextmanager
def edited(material, book, edits):
    """Lend the book as somebody edited it."""
    before = {}

    def put(sheet, row, column, value):
        cells = book.sheet(sheet).cells
        before[sheet, row, column] = cells[row, column]
        cells[row, column] = Cell(value, cells[row, column].style)

    for one in book.inputs:
        if one.kind == "parameter" and (one.subject, one.key) in edits.parameters:
            put(one.sheet, one.row, one.column, edits.parameters[one.subject, one.key])
        if one.kind == "policy":
            for (policy, key), value in edits.policies.items():
                if policy == one.subject and ",".join(map(str, key)) == one.key:
                    put(one.sheet, one.row, one.column, value)
    for dim, value in edits.chosen.items():
        place, values = book.places["slicer", dim], material.members[dim]
        put(place.sheet, place.top, place.left, slicers.labels(values)[values.index(value)])
    try:
        yield book
    finally:
        for (sheet, row, column), cell in before.items():
            book.sheet(sheet).cells[row, column] = cell


def engine(workspace, material, edits):
    """Return (metric, number of the period) -> (value, n) that the engine gives; "" for a blank, absent for no cell."""
    asking = Asking(workspace)
    lookups = dict(material.lookups)
    for (policy, key), value in edits.policies.items():
        known = lookups[policy]
        lookups[policy] = Lookup({**known.values, key: value}, known.sets)
    by_dims = defaultdict(list)
    for metric, one in material.lowered.items():
        if one.metric.method:
            # What a method gives is not in the cells; its cached values are held to the answers by another test.
            continue
        own = dict(one.metric.parameters)
        for (owner, name), value in edits.parameters.items():
            if owner == metric:
                own[name] = replace(own[name], value=value)
        dims = tuple(dim for dim in edits.chosen if dim in one.dims)
        by_dims[dims].append(replace(one.metric, parameters=own))
    given = {}
    for dims, metrics in by_dims.items():
        question = Question(
            metrics=tuple(metric.id for metric in metrics), breakdowns=(dims,), start=material.periods[0].start,
            end=material.periods[-1].end, compare="", intervals=False,
        )  # fmt: skip
        made = plan(
            question, metrics, calendar=workspace.calendar, until=asking.until, whole=asking.relations.whole,
            tables=material.tables, dimensions=material.dimensions, policies=lookups,
        )  # fmt: skip
        cells = collect(made, Duck(asking.relations.connection, asking.relations.name).run(made))
        group = tuple(edits.chosen[dim] for dim in dims)
        for part in cells:
            if group not in part.groups:
                continue
            g = part.groups.index(group)
            personal = any(material.tables[rows.table].party for rows in part.metric.rows.values())
            secret = suppressed(part.groups, part.n, material.privacy_min) if dims else None
            for s in range(made.asked):
                n = part.n[g, s]
                # Of nobody a live sheet says no more than of a few.
                nobody = not material.lowered[part.metric.id].why and n == 0
                hidden = dims and personal and (0 < n < material.privacy_min or nobody)
                kind = Withheld if dims and personal and secret[g, s] else tuple
                value = part.value[g, s]
                blank = hidden or part.mixed[g, s] or not np.isfinite(value)
                given[part.metric.id, s] = kind(
                    (NOTHING if blank else float(value), NOTHING if hidden or not np.isfinite(n) else float(n))
                )
    return given


def intervals(workspace, material, edits):
    """Return (metric, number of the period) -> (from, to) that the engine gives where cells can follow it."""
    names = [metric for metric, one in material.lowered.items() if calc.alive(material, one) == "all"]
    names = [name for name in names if all(dim in material.lowered[name].dims for dim in edits.chosen)]
    # Asked by its name, a metric reads the policies as they are.
    edited_too = {user for users in policies.used_policies(material).values() for user in users}
    names = [name for name in names if not edits.policies or name not in edited_too]
    given = {}
    for name in names:
        one = material.lowered[name]
        own = dict(one.metric.parameters)
        for (owner, key), value in edits.parameters.items():
            if owner == name:
                own[key] = replace(own[key], value=value)
        dims = tuple(dim for dim in edits.chosen if dim in one.dims)
        question = Question(
            metrics=(name,), breakdowns=(dims,), start=material.periods[0].start,
            end=material.periods[-1].end, compare="",
        )  # fmt: skip
        [answer] = Asking(workspace).answers(question, [replace(one.metric, parameters=own)])
        labels = [period.label for period in material.periods]
        for cell in answer.cells:
            if cell.dims == {dim: edits.chosen[dim] for dim in dims}:
                ends = (cell.estimate.lo, cell.estimate.hi)
                given[name, labels.index(cell.period.label)] = tuple(NOTHING if end is None else end for end in ends)
    return given


def shown(material, book, contents, keys=("value", "n")):
    """Return (metric, number of the period) -> (value, n) that a recalculated workbook shows."""
    given = {}
    for metric in material.lowered:
        for s in range(len(material.stretches)):
            values = []
            for key in keys:
                place = book.places[key, metric]
                values.append(found(contents, place.sheet, place.top + s, place.left))
            given[metric, s] = tuple(values)
    return given


def differences(material, edits, expected, given):
    """Return where workbook and engine disagree; a metric that lacks a chosen dimension must be blank."""
    wrong = []
    beside = {metric: left_out(material, one, edits) for metric, one in material.lowered.items()}
    for (metric, s), pair in given.items():
        one = material.lowered[metric]
        lacks = any(dim not in one.dims for dim in edits.chosen)
        several = one.why and len(edits.chosen) > 1
        if lacks or several:
            if pair != (NOTHING, NOTHING):
                wrong.append((metric, s, "must be blank", pair))
            continue
        told = expected.get((metric, s))
        if pair[0] == NOTHING and (isinstance(told, Withheld) or s in beside[metric]):
            continue
        if told is not None and not all(same(a, b) for a, b in zip(told, pair, strict=True)):
            wrong.append((metric, s, told, pair))
    return wrong


def left_out(material, one, edits):
    """Return the periods in which a cube that a metric reads lacks what is chosen, since it would tell another group.

    Which groups those are is held to the rule by the tests of margins.
    """
    found = set()
    for rows in material.cubes:
        for name in set(rows.cube.names) & set(one.sums):
            own = material.sums.dims[name]
            wanted = tuple(edits.chosen[dim] if dim in edits.chosen and dim in own else WHOLE for dim in rows.dims)
            found |= {s for s, values in rows.withheld if values == wanted}
    return found


def same(a, b):
    """Whether two values are the same to nine figures, blanks included."""
    if NOTHING in (a, b):
        return a == b
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
