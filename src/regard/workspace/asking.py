"""One snapshot, opened: where questions become plans, plans become cells, and cells become answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from regard.engines import Duck
from regard.errors import QuestionError
from regard.plan import Answer, collect, ran
from regard.sql import Facts, upkeep
from regard.workspace import methods
from regard.workspace.estimates import MOST_CELLS, Terms, answer_cells, small_cells
from regard.workspace.freshness import loaded
from regard.workspace.kept import Kept
from regard.workspace.lacking import Lacking, mapped, read
from regard.workspace.limited import Limited
from regard.workspace.relations import Relations, extent
from regard.workspace.turned_away import FLAG, TurnedAway, bearing, turned_away

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from pyarrow import Table

    from regard.model import Grain, Metric, Period, Target
    from regard.plan import Cells, Plan, Question
    from regard.workspace.relations import Arguments
    from regard.workspace.workspace import Workspace


class Asking:
    """One snapshot, opened for questions that belong together; its connection lives as long as it does."""

    def __init__(self, workspace: Workspace, *, as_of: int | None = None, until: int | None = None) -> None:
        """Open the snapshot that was newest at an instant.

        Raises:
            QuestionError: when there was none.
        """
        self.workspace = workspace
        snapshot = workspace.snapshot(as_of)
        if snapshot is None:
            when = "yet" if as_of is None else "at that time"
            if not workspace.sources:
                raise QuestionError(
                    f"nothing was loaded {when}: no mapping in {workspace.root.name}/sources is in use; one that is "
                    "commented out was begun for a file that was not recognised: it says what it lacks"
                )
            raise QuestionError(f"nothing was loaded {when}; `regard load` loads the sources of {workspace.root.name}")
        self.snapshot = snapshot
        self.newest: dict[str, int] = {}
        self.first: dict[tuple[str, Arguments, str], int | None] = {}
        cut = workspace.moment(workspace.config.until or None)
        self.said = until is not None or cut is not None
        self.until = until if until is not None else min(cut or self.snapshot.at, self.snapshot.at)
        self.series: dict[str, Table] = {}

    @cached_property
    def relations(self) -> Relations:
        """The tables of the snapshot; opened when something must be computed, not when an answer is kept."""
        workspace = self.workspace
        return Relations(
            lake=workspace.lake,
            catalogue=workspace.catalogue,
            snapshots=[self.snapshot, *(one for one in workspace.store.snapshots() if one.at < self.snapshot.at)],
            until=self.until,
            zone=workspace.calendar.zone,
            connection=workspace.lake.connect(),
        )

    @cached_property
    def lacking(self) -> Lacking:
        """What metrics lack in this snapshot."""
        return Lacking(self.relations, self.mapped)

    @cached_property
    def mapped(self) -> frozenset[tuple[str, str]]:
        """(table, column) of what a source fills, if it has anything for it."""
        return mapped(self.workspace.sources)

    @cached_property
    def turned_away(self) -> tuple[TurnedAway, ...]:
        """Sources of whose last load too much was turned away; of an earlier snapshot that is not known."""
        newest = self.workspace.snapshot()
        return turned_away(self.workspace) if newest is not None and newest.id == self.snapshot.id else ()

    def remarks(self, metric: Metric) -> tuple[str, ...]:
        """Return what is to be said beside every number of a metric."""
        return bearing(self.turned_away, metric, self.workspace)

    def plan(self, question: Question, metrics: Sequence[Metric], *, by_party: bool = False) -> Plan:
        """Return the plan of a question over this snapshot (see `Workspace.plan`).

        A row that waits for something (a year in which to buy again) is counted when the wait is over in what is known.
        Where nobody says how far the story goes, that is the newest row of what the table is made of: an export read
        years later says nothing of those years.
        """
        return self.workspace.plan(
            question,
            metrics,
            until=self.until,
            whole=self.relations.whole,
            by_party=by_party,
            seen=self.seen(metrics),
        )

    def seen(self, metrics: Sequence[Metric]) -> dict[str, int]:
        """Return table -> up to where its rows are known, of the tables in which something has to wait."""
        waiting = {r.table for m in metrics for r in m.rows.values() if r.delay or r.matures}
        return {} if self.said else {table: self._newest(table) for table in sorted(waiting)}

    def _newest(self, table: str) -> int:
        """Return the instant of the newest row, up to where the story is cut, of those that a table is made of."""
        if table not in self.newest:
            tables = self.workspace.catalogue.tables
            times = {name: at for name in (*loaded(tables, table), table) if (at := tables[name].at)}
            found = extent(self.relations, times, upto=self.until)
            self.newest[table] = self.until if found is None else found[1]
        return self.newest[table]

    @cached_property
    def limited(self) -> Limited:
        """The tables as far as somebody may see who looks at the workspace, for statements that are no questions."""
        return Limited(self.relations, self.workspace.scope)

    @property
    def whole(self) -> bool:
        """Whether the story is cut where what we know ends."""
        return self.until >= self.snapshot.at

    def rows(self, statement: str, **bound: object) -> list[dict[str, Any]]:
        """Run a statement over the tables of the snapshot; of the values only those that it mentions are bound.

        Raises:
            AccessError: somebody asks who does not see all rows.
        """
        self.workspace.everything("this")
        return self.limited.rows(statement, **bound)

    def columns(self, statement: str, **bound: object) -> list[tuple[Any, ...]]:
        """Run a statement as `rows` does, and return its columns in order; none where it gives no row."""
        self.workspace.everything("this")
        cursor = self.relations.connection.execute(statement, bound)
        return list(zip(*cursor.fetchall(), strict=True))

    def days(self, table: str, column: str, start: date | None, end: date | None, grain: Grain) -> tuple[Period, ...]:
        """Return the periods between two days, by default from the first row of a table to where the story is cut.

        Raises:
            QuestionError: no day is left.
        """
        calendar = self.workspace.calendar
        found = extent(self.relations, {table: column})
        last = calendar.day_of(self.until - 1)
        if found is None and start is None:
            return ()
        first = start or calendar.day_of(found[0] if found else self.until)
        after = end or last + timedelta(days=1)
        if first >= after:
            if start is None or end is None:
                return ()
            raise QuestionError(f"the question begins on {first} and ends before {after}: no day is left")
        return calendar.periods(first, after, grain)

    def answers(self, question: Question, metrics: Sequence[Metric]) -> Iterator[Answer]:
        """Yield one answer for each metric, its breakdowns one after another: those kept, and the others computed."""
        keeper = self.workspace.kept_answers
        keys = keeper.keys(self, question, metrics)
        found = [keeper.get(key, self, metric) for key, metric in zip(keys, metrics, strict=True)]
        lacking = [(key, metric) for key, metric, one in zip(keys, metrics, found, strict=True) if one is None]
        made: Iterator[Answer] = iter(())
        if lacking:
            made = self._computed(self._dated(question, metrics), [metric for _, metric in lacking])
        for key, one in zip(keys, found, strict=True):
            answer = one
            if answer is None:
                answer = next(made)
                keeper.put(key, answer)
            yield answer

    def _computed(self, question: Question, metrics: Sequence[Metric]) -> Iterator[Answer]:
        """Yield one answer for each metric to a question with its days, computed together."""
        made = self.plan(question, metrics)
        results = Duck(self.relations.connection, self.relations.name, Kept(self.relations)).run(made)
        cells = collect(made, results)
        small = self._small(question, made, cells)
        begins = self._begins(made)
        config = self.workspace.config
        wide = len(question.breakdowns)
        for i, metric in enumerate(metrics):
            own = cells[i * wide : (i + 1) * wide]
            series, sql = self._series(made, metric)
            remarks, mixed = self.remarks(metric), self.lacking.currencies(metric, config.currency)
            terms = Terms(
                targets=self.targets(metric),
                show_from_n=config.show_from_n,
                privacy_min=config.privacy_min,
                filtered=question.where is not None,
                begins=begins,
                since=self._since(metric) if question.compare else None,
                flags=(*((FLAG,) if remarks else ()), *(("currencies",) if mixed else ())),
                lacking=self.lacking(metric),
            )
            yield Answer(
                metric=metric,
                cells=[
                    cell
                    for part, elements in zip(own, series, strict=False)
                    for cell in answer_cells(
                        made,
                        part,
                        terms,
                        small.get((metric.id, part.breakdown)),
                        methods.found(made, part, elements),
                    )
                ],
                by=tuple(dict.fromkeys(d for b in question.breakdowns for d in b)),
                grain=question.grain.value,
                calendar=self.workspace.calendar,
                as_of=self.snapshot.at,
                until=self.until,
                snapshot=self.snapshot.id,
                sql=(*ran(made, results, metric), *sql),
                filters=made.question.where_text,
                currency=config.currency,
                notes=(*remarks, *mixed),
            )

    def _series(self, made: Plan, metric: Metric) -> tuple[list[methods.Elements | None], tuple[str, ...]]:
        """Return the series that the method of a metric reads, for each breakdown, and the statements that ran."""
        if metric.series is None or metric.series.grain != methods.MINUTE or not made.stretches:
            return methods.series(made, metric, self.plain)
        question = replace(made.question, metrics=(metric.id,))
        alone = self.plan(question, [metric])
        relation = self.relations.name(alone.scans[0].table, alone.scans[0].arguments)
        if Facts(alone, alone.scans[0], relation).joined:
            self.relations.name("party", ())
        return methods.minutes(alone, self.relations.connection, relation)

    def plain(self, question: Question, metric: Metric) -> tuple[list[Cells], tuple[str, ...]]:
        """Return the cells of a question about one metric before anything is judged, and the statements that ran."""
        made = self.plan(question, [metric])
        # Several methods read the same series: days of many years, asked once.
        duck = Duck(self.relations.connection, self.relations.name, Kept(self.relations), self.series)
        results = duck.run(made)
        return collect(made, results), results.sql

    def _begins(self, made: Plan) -> dict[tuple[str, str], int]:
        """Return where the rows begin that trailing windows look back on."""
        rows = [m.rows for m in made.measures.values() if m.rows.window is not None and m.rows.at]
        found = {(one.table, one.at): extent(self.relations, {one.table: one.at}) for one in rows}
        return {key: edges[0] for key, edges in found.items() if edges is not None}

    def _since(self, metric: Metric) -> int | None:
        """Return the first instant at which every row set of a metric's value that ever has rows has some."""
        found = []
        for name in read(metric):
            rows = metric.rows[name]
            column = rows.at or (rows.over or rows.span or ("",))[0]
            key = (rows.table, rows.arguments, column)
            if key not in self.first:
                view = self.relations.name(rows.table, rows.arguments)
                [(first, _)] = self.relations.connection.execute(upkeep.bounds(view, column)).fetchall()
                self.first[key] = first
            found.append(self.first[key])
        known = [first for first in found if first is not None]
        return max(known, default=None)

    def _small(
        self, question: Question, made: Plan, cells: Sequence[Cells]
    ) -> dict[tuple[str, tuple[str, ...]], Cells]:
        """Return the cells of metrics that have small ones, with one replicate for each party instead of 32 buckets.

        Asked only where there are few rows in all and few such cells: then it costs little, and somebody reads them.
        Each metric and breakdown decides for itself, so that a number does not depend on what is asked beside it.
        """
        found = [part for part in cells if 0 < small_cells(made, part) <= MOST_CELLS]
        wanted = {part.metric.id: part.metric for part in found}
        if not wanted:
            return {}
        again = self.plan(
            replace(question, metrics=tuple(wanted), breakdowns=tuple(dict.fromkeys(part.breakdown for part in found))),
            list(wanted.values()),
            by_party=True,
        )
        parts = collect(again, Duck(self.relations.connection, self.relations.name).run(again))
        kept = {(part.metric.id, part.breakdown) for part in found}
        return {key: part for part in parts if (key := (part.metric.id, part.breakdown)) in kept}

    def targets(self, metric: Metric) -> tuple[Target, ...]:
        """Return the targets that the workspace has made its own; the seeds' are offered, never active so."""
        return tuple(target for target in self.workspace.catalogue.targets if target.metric == metric.id)

    def _dated(self, question: Question, metrics: Sequence[Metric]) -> Question:
        """Return the question with its days set: where none is said, from the first to the last row of its tables."""
        if question.start and question.end:
            return _ordered(question)
        tables = self.workspace.catalogue.tables
        columns = {}
        for metric in metrics:
            for rows in metric.rows.values():
                column = rows.at or (rows.over or rows.span or ("",))[0]
                columns[rows.table] = column
        found = extent(self.relations, {table: column for table, column in columns.items() if table in tables})
        calendar = self.workspace.calendar
        last = calendar.day_of(self.until - 1)
        # Rows that wait for their period have none before the first wait is over.
        wait = min((rows.delay for metric in metrics for rows in metric.rows.values()), default=0)
        first = calendar.day_of(found[0] + wait) if found else last
        if found and all(not rows.over and not rows.span for m in metrics for rows in m.rows.values()):
            last = min(last, calendar.day_of(found[1]))
        start = question.start or min(first, last)
        end = question.end or last + timedelta(days=1)
        return _ordered(replace(question, start=start, end=end))


def _ordered(question: Question) -> Question:
    """Return a dated question whose first day comes before its end."""
    if question.start and question.end and question.start >= question.end:
        raise QuestionError(f"the question begins on {question.start} and ends before {question.end}: no day is left")
    return question
