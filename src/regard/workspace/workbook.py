"""The live workbook: what it shows is asked here, and handed to the room that writes it."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from regard.engines import Duck
from regard.errors import AccessError, QuestionError, did_you_mean
from regard.excel import write
from regard.excel.compile import compile_book
from regard.excel.editions import AUDIENCES, EDITIONS
from regard.excel.formula import sayable
from regard.excel.material import Material
from regard.excel.read import read
from regard.excel.recalculate import recalculated
from regard.excel.records import Records
from regard.excel.refresh import edited, refresh, revalued
from regard.excel.sheets import meta
from regard.expr import Scope, evaluate
from regard.expr.nodes import LENGTH
from regard.model import Status, add_months
from regard.plan import Question
from regard.plan.cube import Cube, CubeRows, Lowered, Sums, by_kind, cube_plan, cube_rows
from regard.plan.margins import Terms, length, margins
from regard.stats.bands import critical
from regard.workspace.asking import Asking
from regard.workspace.records import gathered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from regard.expr import Node
    from regard.model import Metric
    from regard.plan import Answer, Plan
    from regard.workspace.workspace import Workspace

    Told = Callable[[str, int, int], None]

SLICERS = ("channel", "product", "segment", "region")
"""Dimensions that can be chosen in the workbook."""
PERIODS = 13
"""A year and the month before it, so that each month has the same month of the year before."""

MOST_ROWS = 20_000
"""Rows of one cube: more make the file slow to open, so a parameter that needs them stays as it is."""
MOST_LIVE = 25_000
"""Formulas beside the rows of all cubes together; beyond, the largest cube gives up its own first."""
MOST_FORMULAS = 90_000
"""Formulas of a workbook of a company with many rows: what LibreOffice calculates in half a minute."""


def _unheard(what: str, done: int, every: int) -> None:
    """Hear how far the work is, and say nothing."""
    del what, done, every


def workbook(
    workspace: Workspace,
    path: Path,
    *,
    start: date | None = None,
    end: date | None = None,
    where: str = "",
    edition: str = "core",
    audience: str = "analyst",
    named: bool = False,
    rows: bool | None = None,
    told: Told = _unheard,
) -> Path:
    """Write the workbook of a workspace.

    Args:
        workspace: whose.
        path: the file, which is overwritten.
        start: first local day, by default that of the 13th month before the end.
        end: the local day after the last, by default where the story ends.
        where: test on dimensions that every number is asked with.
        edition: one of `EDITIONS`.
        audience: one of `AUDIENCES`.
        named: whether customers bear their keys; by default they are numbered, and raw rows are left out.
        rows: whether data sheets have every column that may leave, or a few; by default by how many rows there are.
        told: hears what is being done, and how far it is.

    Raises:
        QuestionError: nothing was loaded, there is no such edition, or rows are asked for of a part.
        RegardError: the file cannot be written.
    """
    if edition not in EDITIONS:
        raise QuestionError(f"there is no edition '{edition}'; {did_you_mean(edition, EDITIONS)}".rstrip("; "))
    if audience not in AUDIENCES:
        raise QuestionError(f"no workbook is for '{audience}'; {did_you_mean(audience, AUDIENCES)}".rstrip("; "))
    material = gather(workspace, start=start, end=end, where=where, named=named, rows=rows, told=told)
    book = AUDIENCES[audience](compile_book(material, EDITIONS[edition].builders))
    write(book, path, told=lambda done, every: told("writing sheets", done, every))
    EDITIONS[edition].finish(path, book)
    return path


def refreshed(workspace: Workspace, path: Path, out: Path, *, told: Told = _unheard) -> int:
    """Bring the numbers of today into a workbook that somebody has made their own.

    It is asked for the scope that it was made with, and for as many months up to where the story ends now. Where its
    inputs were edited, what its formulas say is calculated anew, since the engine's numbers are those of the baseline.

    Args:
        workspace: whose.
        path: the workbook.
        out: where to write; may be the same.
        told: hears what is being done, and how far it is.

    Returns:
        How many cells hold something else than before.

    Raises:
        WorkbookError: something other than inputs was changed in it, or today's workbook is laid out otherwise.
        SetupError: inputs were edited, and LibreOffice is not installed.
    """
    contents = read(path)
    about = meta.about(contents)
    edition = next((name for name, one in EDITIONS.items() if one.made(contents)), "core")
    with tempfile.TemporaryDirectory(prefix="regard-") as folder:
        fresh = Path(folder) / f"fresh{path.suffix}"
        workbook(
            workspace,
            fresh,
            where=about.get("scope", ""),
            edition=edition,
            named=about.get("customers") == meta.NAMED,
            rows=meta.ROWS.get(about.get("rows", "")),
            told=told,
        )
        count = refresh(path, fresh, out)
    if edited(contents):
        told("calculating edited inputs", 0, 1)
        revalued(out, recalculated(out), out)
    return count


def gather(
    workspace: Workspace,
    *,
    start: date | None = None,
    end: date | None = None,
    where: str = "",
    named: bool = False,
    rows: bool | None = None,
    told: Told = _unheard,
) -> Material:
    """Ask everything that a workbook shows; arguments as those of `workbook`.

    Raises:
        QuestionError: nothing was loaded yet, or rows are asked for of a part.
    """
    if rows and (where or workspace.scope):
        raise QuestionError("data sheets are of all rows: leave out --rows, or the test of which numbers are shown")
    return _Gathering(workspace, start, end, where, told, named=named, rows=rows).material()


def _quantiles(answer: Answer) -> dict[str, float]:
    """Return period -> how many standard errors wide the interval of the whole is."""
    return {
        cell.period.label: float(critical(np.inf if cell.estimate.df is None else cell.estimate.df))
        for cell in answer.cells
        if cell.estimate.lo is not None and not cell.dims
    }


class _Gathering:
    """One workbook's questions, over one snapshot."""

    def __init__(
        self,
        workspace: Workspace,
        start: date | None,
        end: date | None,
        where: str,
        told: Told,
        *,
        named: bool,
        rows: bool | None,
    ) -> None:
        self.named, self.rows = named, rows
        self.workspace = workspace
        self.known = workspace.catalogue
        self.asking = Asking(workspace)
        self.told = told
        calendar = workspace.calendar
        last = calendar.day_of(self.asking.until - 1)
        self.end = end or add_months(last.replace(day=1), 1)
        self.start = start or add_months(self.end.replace(day=1), -PERIODS)
        self.where, self.where_text = workspace.test(where), where
        self.left: dict[str, str] = {}
        self.made: dict[Cube, CubeRows] = {}
        self.lengths: tuple[float, ...] = ()

    def material(self) -> Material:
        """Ask, and gather what came back."""
        known = self.known
        resolved = [known.metric(name) for name in known.metrics]
        self.left = {metric.id: metric.pending for metric in resolved if metric.status is Status.PLANNED}
        for metric in resolved:
            # A formula over sums of nothing would say 0.
            if metric.id not in self.left and (lacking := self.asking.lacking(metric)):
                self.left[metric.id] = f"unknown: needs {lacking}"
        metrics = [metric for metric in resolved if metric.id not in self.left and self._asked(metric, ())]
        slicers = tuple(dict.fromkeys((*SLICERS, *(dim for metric in metrics for dim in metric.by_default))))
        dims = {metric.id: self._dims(metric) for metric in metrics}
        sums = Sums(known.tables)
        lowered = [sums.lower(self._plan(metric, dims[metric.id]), metric, dims[metric.id]) for metric in metrics]
        sums.keep(sayable)
        whole = self._whole(metrics)
        terms = Terms(least=self.workspace.config.privacy_min, personal=self._personal, worth=self._worth)
        cubes = margins(self._cubes(sums, lowered, slicers), sums, lowered, terms)
        config = self.workspace.config
        return Material(
            company=config.name,
            currency=config.currency,
            calendar=self.workspace.calendar,
            grain="month",
            stretches=self._plan(metrics[0], ()).stretches if metrics else (),
            as_of=self.asking.snapshot.at,
            until=self.asking.until,
            snapshot=self.asking.snapshot.id,
            version=version("regard"),
            scope=self.where_text,
            named=self.named,
            privacy_min=config.privacy_min,
            metrics=tuple(metrics),
            left=self.left,
            answers=whole,
            cuts=self._stamped([one for one in lowered if one.why]),
            quantiles={name: _quantiles(answer) for name, answer in whole.items()},
            lowered={one.metric.id: one for one in lowered},
            sums=sums,
            cubes=cubes,
            base_slicers=SLICERS,
            slicers=slicers,
            targets=known.targets,
            choices=known.choices,
            policies=known.policies,
            lookups=known.lookups(),
            dimensions=known.dimensions,
            tables=known.tables,
            records=self._records(),
        )

    def _records(self) -> Records:
        """Return everything besides metrics; of a part of the rows nothing, for those sheets are of all of them."""
        if self.where or self.workspace.scope:
            return Records()
        return gathered(self.workspace, self.told, shown=(self.start, self.end), named=self.named, rows=self.rows)

    def _question(self, metrics: Sequence[Metric], breakdowns: Sequence[tuple[str, ...]], **more: bool) -> Question:
        return Question(
            metrics=tuple(metric.id for metric in metrics),
            breakdowns=tuple(breakdowns),
            start=self.start,
            end=self.end,
            where=self.where,
            where_text=self.where_text,
            compare="previous" if more.get("intervals") else "",
            intervals=more.get("intervals", False),
        )

    def _plan(self, metric: Metric, dims: tuple[str, ...]) -> Plan:
        question = self._question([metric], [dims])
        return self.asking.plan(question, [metric])

    def _asked(self, metric: Metric, dims: tuple[str, ...]) -> bool:
        """Whether a metric can be asked here; where it cannot even be filtered, why is written down."""
        try:
            self._plan(metric, dims)
        except (AccessError, QuestionError) as error:
            if not dims:
                self.left[metric.id] = str(error)
            return False
        return True

    def _dims(self, metric: Metric) -> tuple[str, ...]:
        """Return the dimensions that can be chosen for a metric."""
        if metric.method:
            # Its value for each slice would be a run of its method each, and nobody adds them up.
            return ()
        wanted = (*SLICERS, *(dim for dim in metric.by_default if dim not in SLICERS))
        if self._asked(metric, wanted):
            return wanted
        return tuple(dim for dim in wanted if self._asked(metric, (dim,)))

    def _whole(self, metrics: Sequence[Metric]) -> dict[str, Answer]:
        """Return what the engine says of the whole, with intervals and changes."""
        self.told("asking metrics", 0, 2)
        question = self._question(metrics, [()], intervals=True)
        found = {answer.metric.id: answer for answer in self.asking.answers(question, metrics)}
        self.told("asking metrics", 1, 2)
        return found

    def _stamped(self, stamped: Sequence[Lowered]) -> dict[str, Answer]:
        """Return the values by each single dimension of metrics that no sums give."""
        by_dims: dict[tuple[str, ...], list[Metric]] = defaultdict(list)
        for one in stamped:
            if one.dims:
                by_dims[one.dims].append(one.metric)
        found: dict[str, Answer] = {}
        for dims, metrics in by_dims.items():
            question = self._question(metrics, [(dim,) for dim in dims])
            found |= {answer.metric.id: answer for answer in self.asking.answers(question, metrics)}
        self.told("asking metrics", 2, 2)
        return found

    def _cubes(self, sums: Sums, lowered: Sequence[Lowered], slicers: tuple[str, ...]) -> tuple[CubeRows, ...]:
        """Return the cubes; hidden columns that make one too large are given up, with the parameters they serve."""
        wanted = sorted({name for one in lowered if not one.why for name in one.sums})
        metrics = [one.metric for one in lowered if not one.why]
        if not metrics:
            return ()
        plan = replace(self._plan(metrics[0], ()), seen=self.asking.seen(metrics))
        stretches = range(plan.asked)
        self.lengths = tuple(stretch.length for stretch in plan.stretches)
        while True:
            cubes = sums.cubes(wanted, stretches, slicers)
            found = []
            for done, cube in enumerate(cubes):
                self.told("adding up", done, len(cubes))
                found.append(self._rows(plan, cube))
            large = self._large(sums, found)
            for cube in large:
                sums.fix(cube)
            if not large:
                self.told("adding up", len(cubes), len(cubes))
                return tuple(found)

    def _large(self, sums: Sums, found: Sequence[CubeRows]) -> list[Cube]:
        """Return the cubes that have too many rows, or beside whose rows, as margins, would stand too many formulas."""
        large = [one.cube for one in found if one.cube.hidden and len(one.stretch) > MOST_ROWS]
        beside = {
            one.cube: length(one) * sum(sums.parts[name].factor is not None for name in one.cube.names)
            for one in found
            if one.cube not in large and one.cube.hidden and not by_kind(one.cube, self.known.tables[one.cube.table])
        }
        total = sum(beside.values())
        for cube, count in sorted(beside.items(), key=lambda pair: -pair[1]):
            if total <= MOST_LIVE:
                break
            large.append(cube)
            total -= count
        return large

    def _personal(self, metric: Metric) -> bool:
        """Whether a metric is about people."""
        return any(self.known.tables[rows.table].party for rows in metric.rows.values())

    def _worth(self, node: Node, sums: Mapping[str, float], period: int) -> float | None:
        """Return what arithmetic over sums is in a period."""
        scope = Scope(parameters={}, policies={}, clock={LENGTH: self.lengths[period]})
        found = evaluate(node, dict(sums), scope)
        return None if found is None else float(found)

    def _rows(self, plan: Plan, cube: Cube) -> CubeRows:
        if cube not in self.made:
            asked = cube_plan(plan, cube)
            results = Duck(self.asking.relations.connection, self.asking.relations.name).run(asked)
            self.made[cube] = cube_rows(cube, results, self.known.tables[cube.table])
        return self.made[cube]
