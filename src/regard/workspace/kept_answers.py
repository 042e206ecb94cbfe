"""Answers that are kept: a number with its interval, target and verdict is computed once for a state of the data.

An answer is kept under everything that decides it: the resolved definition, the question, whose rows, the versions of
the tables it rests on, what fills them and how much of that was turned away, where the story is cut, how numbers are
judged, and the code that computes. So it can only be what would be computed anew, and a page, a report or a command
that asks again reads it. What is asked beside a metric does not bear on it, so each metric is kept alone.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from regard.model import Period
from regard.plan import Answer, AnswerCell, Estimate, Verdict
from regard.workspace.freshness import loaded
from regard.workspace.lacking import mapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from regard.lake import Lake
    from regard.model import Metric, Target
    from regard.model.sources import Source
    from regard.plan import Question
    from regard.workspace.asking import Asking

ANSWERS = "answers"
"""The name under which answers are kept in the lake."""
LARGEST = 5_000
"""Cells of an answer above which it is not kept: it is read once, by a program, and takes long to write."""
ROOM = 50_000
"""Cells of the answers that a process has at hand; the others are read from the lake."""
DEFINITIONS = 1_000
"""Definitions whose hash is at hand."""
LOOK_S = 3_600.0
"""Seconds after which it is looked again whether an answer at hand is still in the lake, so that it stays there."""
COMPUTING = ("expr", "model", "plan", "sql", "derived", "lake", "engines", "stats", "workspace")
"""Rooms whose code decides a number."""


@dataclass(frozen=True, slots=True)
class Key:
    """Names an answer.

    Attributes:
        text: hash of everything that decides it.
        targets: the targets that it may be held against, in order.
    """

    text: str
    targets: tuple[Target, ...]


class KeptAnswers:
    """The answers of one workspace: files of its lake, the latest of them at hand."""

    def __init__(self, lake: Lake) -> None:
        """Read and write below a lake."""
        self._lake = lake
        self._definitions: dict[int, tuple[Metric, str, tuple[str, ...]]] = {}
        self._near: OrderedDict[str, tuple[Answer, float]] = OrderedDict()
        self._filled: tuple[tuple[Source, ...], dict[str, list[tuple[str, str]]]] = ((), {})
        self._size = 0
        self._lock = Lock()

    def keys(self, asking: Asking, question: Question, metrics: Sequence[Metric]) -> list[Key]:
        """Return what names the answer of each metric to a question that is asked of a snapshot."""
        workspace, known = asking.workspace, asking.workspace.catalogue
        # Where no days are said the data of all that is asked decide them; else each metric stands alone.
        beside = () if question.start and question.end else tuple(sorted(metric.id for metric in metrics))
        tables = [self._definition(asking, metric)[1] for metric in metrics]
        if beside:
            every = dict.fromkeys(name for own in tables for name in own)
            tables = [tuple(every)] * len(metrics)
        terms = workspace.config
        alike = (
            code(), known.basis, workspace.calendar, workspace.scope, beside,
            asking.until, asking.whole, terms.show_from_n, terms.privacy_min, terms.currency,
            replace(question, metrics=(), options={}),
        )  # fmt: skip
        first = hashlib.sha256(repr(alike).encode())
        filled = self._fills(workspace.sources)
        found = []
        for metric, own in zip(metrics, tables, strict=True):
            targets = asking.targets(metric)
            told = first.copy()
            versions = [(name, asking.snapshot.tables.get(name)) for name in own]
            fills = [column for name in own for column in filled.get(name, ())]
            beside_it = (asking.said, fills, asking.remarks(metric))
            told.update(repr((self._definition(asking, metric)[0], targets, versions, beside_it)).encode())
            found.append(Key(told.hexdigest()[:40], targets))
        return found

    def standing(self, asking: Asking, metric: Metric) -> str:
        """Return the hash of what a metric stands on: its definition, whose rows, the versions of its tables.

        Not of where the story is cut: for what is true of the rows whenever they are looked at.
        """
        workspace = asking.workspace
        definition, own = self._definition(asking, metric)
        versions = [(name, asking.snapshot.tables.get(name)) for name in own]
        fills = sorted(one for one in asking.mapped if one[0] in own)
        told = (
            code(), workspace.catalogue.basis, workspace.calendar, workspace.scope, workspace.config.until,
            workspace.config.privacy_min, definition, versions, fills,
        )  # fmt: skip
        return hashlib.sha256(repr(told).encode()).hexdigest()[:40]

    def get(self, key: Key, asking: Asking, metric: Metric) -> Answer | None:
        """Return an answer as the snapshot that is asked gives it, or None when it is not kept."""
        with self._lock:
            found, looked = self._near.get(key.text, (None, 0.0))
            if found is not None:
                self._near.move_to_end(key.text)
        if found is None:
            told = self._lake.told(ANSWERS, key.text)
            if told is None:
                return None
            found = read(told, key, asking, metric)
            self._remember(key, found)
        elif time.monotonic() - looked > LOOK_S:
            if not self._lake.has(ANSWERS, key.text):
                return None
            self._remember(key, found)
        if found.snapshot == asking.snapshot.id:
            return found
        return replace(found, as_of=asking.snapshot.at, snapshot=asking.snapshot.id)

    def put(self, key: Key, answer: Answer) -> None:
        """Keep an answer, unless it is too large."""
        if len(answer.cells) <= LARGEST:
            self._lake.keep(ANSWERS, key.text, written(answer, key))
            self._remember(key, answer)

    def _definition(self, asking: Asking, metric: Metric) -> tuple[str, tuple[str, ...]]:
        """Return the hash of a resolved definition, and the loaded tables that decide its answers.

        The catalogue gives the same object again and again.
        """
        known = self._definitions.get(id(metric))
        if known is None or known[0] is not metric:
            if len(self._definitions) >= DEFINITIONS:
                self._definitions.clear()
            told = hashlib.sha256(repr(metric).encode()).hexdigest()
            # The metric is held beside its hash, so that no other object can have its id.
            known = self._definitions[id(metric)] = (metric, told, _tables(asking, metric))
        return known[1:]

    def _fills(self, sources: tuple[Source, ...]) -> dict[str, list[tuple[str, str]]]:
        """Return table -> what sources fill of it, in order; a workspace gives the same sources again and again."""
        of, filled = self._filled
        if of is not sources:
            filled = _by_table(mapped(sources))
            self._filled = (sources, filled)
        return filled

    def _remember(self, key: Key, answer: Answer) -> None:
        with self._lock:
            before, _ = self._near.pop(key.text, (None, 0.0))
            self._near[key.text] = (answer, time.monotonic())
            self._size += len(answer.cells) - (len(before.cells) if before else -1)
            while self._size > ROOM and len(self._near) > 1:
                _, (gone, _) = self._near.popitem(last=False)
                self._size -= len(gone.cells) + 1


def _by_table(mapped: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """Return table -> what sources fill of it, in order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in sorted(mapped):
        found.setdefault(one[0], []).append(one)
    return found


def _tables(asking: Asking, metric: Metric) -> tuple[str, ...]:
    """Return the loaded tables that decide an answer: those its row sets rest on, their finer forms, the customers."""
    tables = asking.workspace.catalogue.tables
    named = [rows.table for rows in metric.rows.values()]
    named += [finer[0] for name in named if (finer := tables[name].finer) is not None]
    return tuple(dict.fromkeys([*(one for name in named for one in loaded(tables, name)), "party"]))


@lru_cache(maxsize=1)
def code() -> str:
    """Return what changes when the code does that computes, or the libraries that draw and estimate."""
    told = hashlib.sha256(f"{version('numpy')} {version('scipy')} {version('duckdb')}".encode())
    package = Path(__file__).parents[1]
    for room in COMPUTING:
        for file in sorted((package / room).rglob("*.py")):
            told.update(file.read_bytes())
    return told.hexdigest()


# --- as plain values ------------------------------------------------------------------------------------------------


def written(answer: Answer, key: Key) -> dict[str, Any]:
    """Return an answer as JSON has it: numbers as Python prints them, which is exact."""
    periods = list(dict.fromkeys(cell.period for cell in answer.cells))
    place = {period: i for i, period in enumerate(periods)}
    aims = {id(target): i for i, target in enumerate(key.targets)}
    return {
        "by": answer.by,
        "grain": answer.grain,
        "filters": answer.filters,
        "sql": answer.sql,
        "notes": answer.notes,
        "periods": [[p.label, p.start.isoformat(), p.end.isoformat(), p.start_us, p.end_us] for p in periods],
        "cells": [
            [
                place[cell.period],
                dict(cell.dims),
                _plain(cell.estimate),
                None if cell.target is None else aims[id(cell.target)],
                cell.status,
                _plain(cell.previous),
                _plain(cell.verdict),
            ]
            for cell in answer.cells
        ],
    }


def read(told: Mapping[str, Any], key: Key, asking: Asking, metric: Metric) -> Answer:
    """Return an answer that was written."""
    periods = [
        Period(label, date.fromisoformat(start), date.fromisoformat(end), start_us, end_us)
        for label, start, end, start_us, end_us in told["periods"]
    ]
    return Answer(
        metric=metric,
        cells=[
            AnswerCell(
                period=periods[period],
                dims=dims,
                estimate=_estimate(estimate),
                target=None if target is None else key.targets[target],
                status=status,
                previous=None if previous is None else _estimate(previous),
                verdict=None if verdict is None else Verdict(**dict(zip(VERDICT, verdict, strict=True))),
            )
            for period, dims, estimate, target, status, previous, verdict in told["cells"]
        ],
        by=tuple(told["by"]),
        grain=told["grain"],
        calendar=asking.workspace.calendar,
        as_of=asking.snapshot.at,
        until=asking.until,
        snapshot=asking.snapshot.id,
        sql=tuple(told["sql"]),
        filters=told["filters"],
        currency=asking.workspace.config.currency,
        notes=tuple(told["notes"]),
    )


ESTIMATE = tuple(one.name for one in fields(Estimate))
VERDICT = tuple(one.name for one in fields(Verdict))


def _plain(noun: Estimate | Verdict | None) -> list[Any] | None:
    return None if noun is None else list(asdict(noun).values())


def _estimate(values: list[Any]) -> Estimate:
    named = dict(zip(ESTIMATE, values, strict=True))
    return Estimate(**{**named, "flags": tuple(named["flags"])})
