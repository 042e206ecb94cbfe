"""The scorecard and its upkeep as regard does them, each a step that runs in a process of its own."""

from __future__ import annotations

import json
import resource
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from bench import data, hand
from regard.engines import Duck
from regard.plan import Question, collect
from regard.workspace import Asking, Workspace
from regard.workspace.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from regard.plan import Cells, Plan

T = TypeVar("T")
Numbers = dict[str, tuple[float, ...]]


@dataclass
class Clock:
    """What a step took: seconds of the wall and of all threads, and the numbers that it gave, to be compared."""

    wall: float = 0.0
    cpu: float = 0.0
    numbers: Numbers = field(default_factory=dict)
    more: dict[str, object] = field(default_factory=dict)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measure what is done inside."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu

    def twice(self, work: Callable[[], T]) -> T:
        """Do something twice and measure the second time: the first also loads libraries and warms caches."""
        work()
        with self.running():
            return work()

    def told(self) -> str:
        """Return everything as JSON, with the most memory that the process ever had, in GiB."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
        known = {"wall": self.wall, "cpu": self.cpu, "peak": peak, "numbers": self.numbers, **self.more}
        return json.dumps(known)


def asking(root: Path, *, first: bool = True) -> Asking:
    """Open the snapshot of the first load, or the newest."""
    workspace = Workspace(root)
    snapshots = workspace.store.snapshots()
    return Asking(workspace, as_of=min(s.at for s in snapshots) if first else None)


def question(asked: hand.Asked) -> Question:
    """Return the scorecard as a question."""
    return Question(
        metrics=hand.METRICS,
        breakdowns=hand.SETS,
        start=data.START,
        end=data.END,
        options={} if asked.latest else {"K22": "every"},
        compare="",
        intervals=asked.intervals,
    )


def planned(opened: Asking, asked: hand.Asked) -> Plan:
    """Return the plan of the scorecard."""
    one = question(asked)
    metrics = [opened.workspace.metric(name, one.options) for name in one.metrics]
    return opened.workspace.plan(one, metrics, until=opened.until, whole=opened.relations.whole)


# --- steps ------------------------------------------------------------------------------------------------------------


def load(root: Path, clock: Clock, responses: str, cases: str, what: str) -> None:
    """Load the company up to its last day, or that day."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "regard.toml").write_text(data.CONFIG)
    size = data.Size(int(responses), int(cases))
    _, last, end = data.edges()
    with clock.running():
        after, before = (None, last) if what == "first" else (last, end)
        clock.more["tables"] = data.load(Workspace(root), size, after=after, before=before)


def derive(root: Path, clock: Clock, table: str) -> None:
    """Make a derived table."""
    opened = asking(root)
    with clock.running():
        opened.relations.name(table)


def scan(root: Path, clock: Clock, variant: str, which: str = "first") -> None:
    """Compute the scorecard from the facts, planning and the arithmetic on its cells included."""
    _score(asking(root, first=which == "first"), clock, variant, kept=False)


def cells(root: Path, clock: Clock, variant: str) -> None:
    """Compute the scorecard from kept cells."""
    _score(asking(root), clock, variant, kept=True)


def _score(opened: Asking, clock: Clock, variant: str, *, kept: bool) -> None:
    asked = hand.VARIANTS[variant]
    for way in hand.WAYS:  # views of tables that are there
        opened.relations.name(way.table)
    duck = Duck(opened.relations.connection, opened.relations.name)
    if kept:
        duck = Duck(opened.relations.connection, opened.relations.name, Kept(opened.relations))

    def score() -> list[Cells]:
        plan = planned(opened, asked)
        return collect(plan, duck.run(plan))

    clock.numbers = _numbers(clock.twice(score))


def ask(root: Path, clock: Clock, variant: str, which: str) -> None:
    """Ask the scorecard as a user does, on the first snapshot or the newest; what is missing is made and kept."""
    asked = question(hand.VARIANTS[variant])
    workspace = Workspace(root)
    first = min(snapshot.at for snapshot in workspace.store.snapshots())
    with clock.running():
        answers = workspace.ask(
            *asked.metrics,
            breakdowns=asked.breakdowns,
            start=asked.start,
            end=asked.end,
            options=asked.options,
            compare=asked.compare,
            intervals=asked.intervals,
            as_of=first if which == "first" else None,
        )
    clock.more["kept"] = sum("-- kept" in sql for sql in answers[0].sql)
    clock.numbers = {
        _key(answer.metric.id, number, cell.dims): (_number(cell.estimate.value), cell.estimate.n or 0.0)
        for answer in answers
        for cell in answer.cells
        for number in [(cell.period.start.year - data.START.year) * 12 + cell.period.start.month - data.START.month]
    }


def by_hand(root: Path, clock: Clock, variant: str, form: str) -> None:
    """Run the hand-written queries on the same tables, with the connection that regard uses."""
    opened = asking(root)
    for one in hand.WAYS:
        opened.relations.name(one.table)
    queries = hand.queries(hand.VARIANTS[variant], hand.FORMS[form])
    connection = opened.relations.connection
    for table in clock.twice(lambda: [connection.sql(query).to_arrow_table() for query in queries]):
        clock.numbers.update(_of_hand(table.to_pylist()))


def pandas(root: Path, clock: Clock) -> None:
    """Run the scorecard in pandas on the same files."""
    from bench import frames  # noqa: PLC0415 - its memory would be counted to the others

    opened = asking(root)
    files = []
    for table in ("response_seq", "case_clock"):
        declared = opened.workspace.catalogue.tables[table]
        arguments = tuple(sorted(declared.arguments.items()))
        key = opened.relations.key(declared, arguments, opened.relations.snapshots[0])
        files.append(opened.workspace.lake.derived(table, key))
    with clock.running():
        clock.numbers = frames.scorecard(*files)


STEPS: dict[str, Callable[..., None]] = {
    "load": load, "derive": derive, "scan": scan, "cells": cells, "ask": ask, "hand": by_hand, "pandas": pandas,
}  # fmt: skip


# --- numbers, to be compared ------------------------------------------------------------------------------------------


def _key(metric: str, month: int, dims: dict) -> str:
    return "|".join([metric, str(month), *(dims.get(d, "*") or "" for d in hand.SETS[0])])


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _numbers(found: list[Cells]) -> Numbers:
    """Return value and n of each cell; where computed, the sum of squares or the values without a replicate, too."""
    numbers: Numbers = {}
    for one in found:
        for i, group in enumerate(one.groups):
            dims = dict(zip(one.breakdown, group, strict=True))
            for month in range(one.value.shape[1]):
                more = []
                if one.squares is not None:
                    more = [float(one.squares[i, month])]
                if one.without is not None and one.present is not None:
                    more = [float(v) for v in one.without[i, month][one.present[i, month]]]
                numbers[_key(one.metric.id, month, dims)] = (
                    float(one.value[i, month]), float(one.n[i, month]), *more,
                )  # fmt: skip
    return numbers


def _of_hand(rows: list[dict]) -> Numbers:
    scales = {name: metric.scale for way in hand.WAYS for name, metric in way.metrics.items()}
    numbers: Numbers = {}
    left: dict[str, list[tuple[int, float, float]]] = {}
    sums: dict[str, tuple[float, float]] = {}
    for row in rows:
        dims = {d: row[d] for d in hand.SETS[0] if not row[f"no_{d}"]}
        for name in (column.removesuffix("_n") for column in row if column.endswith("_n")):
            key = _key(name, row["month"], dims)
            total, n = float(row[f"{name}_total"] or 0), row[f"{name}_n"]
            if "bucket" in row and not row["no_bucket"]:
                left.setdefault(key, []).append((row["bucket"], total, n))
                continue
            sums[key] = (total, n)
            squares = [float(row[f"{name}_squares"] or 0)] if f"{name}_squares" in row else []
            numbers[key] = (_quotient(scales[name], total, n), float(n), *squares)
    for key, parts in left.items():
        (total, n), scale = sums[key], scales[key.split("|", 1)[0]]
        rest = [_quotient(scale, total - t, n - k) for _, t, k in sorted(parts) if t or k]
        numbers[key] = (*numbers[key], *rest)
    return numbers


def _quotient(scale: float, total: float, n: float) -> float:
    return scale * total / n if n else float("nan")
