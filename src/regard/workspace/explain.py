"""One number, opened: its leaves, its rows, the choices that made it, where its rows came from; and its variants.

The same scan computes the leaves and every variant, so that what is explained is what was computed.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from regard.errors import AuthorError, QuestionError
from regard.expr import Call, Name, words
from regard.model import Interval, Status
from regard.plan import Question
from regard.present.document import document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from regard.model import Grain, Metric
    from regard.plan import Answer, AnswerCell
    from regard.workspace.asking import Asking
    from regard.workspace.workspace import Workspace

MOST = 400
"""Combinations of options that are computed; of more, those that differ from the default in at most two choices."""
TWO = 2
ROWS = "rows."


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf: its value, and what it counts in plain words."""

    name: str
    value: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows of a table came from.

    Attributes:
        table: the loaded table.
        source: the source.
        rows: rows that it has there, of all times.
        files: file or query -> hash of what was read.
    """

    table: str
    source: str
    rows: int
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Variant:
    """A registered way to compute a metric, and what it gives.

    Attributes:
        metric: id of the metric that it is.
        options: choice -> option, where it is not the default.
        value: what it gives, None where it gives nothing.
        off: how far that is from what was expected.
        same: whether it is what was expected, as far as that was written.
    """

    metric: str
    options: Mapping[str, str]
    value: float | None
    off: float | None
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A number, opened.

    Attributes:
        answer: the answer that holds it.
        cell: the number.
        leaves: what its arithmetic is over.
        rows: row set -> (table, rows that count, loaded tables that it is made of).
        origins: where those came from.
        run: of the load, with the version of the code.
        variants: every registered variant, nearest first; only where a value was expected.
    """

    answer: Answer
    cell: AnswerCell
    leaves: tuple[Leaf, ...]
    rows: Mapping[str, tuple[str, float | None, tuple[str, ...]]]
    origins: tuple[Origin, ...]
    run: str = ""
    variants: tuple[Variant, ...] = field(default=())

    def document(self) -> dict[str, object]:
        """Return it as the JSON document that `regard explain --json` prints."""
        rows = {
            name: {"table": table, "rows": count, "made_of": list(inputs)}
            for name, (table, count, inputs) in self.rows.items()
        }
        return {
            "answer": document(self.answer),
            "leaves": [asdict(one) for one in self.leaves],
            "rows": rows,
            "origins": [asdict(one) for one in self.origins],
            "run": self.run,
            "variants": [asdict(one) for one in self.variants],
        }


def explain(
    workspace: Workspace,
    asking: Asking,
    metric: Metric,
    days: tuple[date, date],
    grain: Grain,
    *,
    expected: tuple[float, float] | None = None,
) -> Explained:
    """Open the number of a metric in one period.

    Args:
        workspace: whose definitions.
        asking: the snapshot.
        metric: the resolved definition.
        days: first day of the period, and the day after its last.
        grain: length of the period.
        expected: what somebody else states, and the worth of its last digit.

    Raises:
        QuestionError: the metric has no number in the period.
    """
    question = Question(metrics=(metric.id,), breakdowns=((),), grain=grain, start=days[0], end=days[1], compare="")
    plain = replace(metric, by_default=())
    [answer] = asking.answers(question, [plain])
    if not answer.cells:
        raise QuestionError(f"{metric.id} has no number from {days[0]} to {days[1]}")
    parts = [_part(plain, name, Name(name)) for name in plain.leaves]
    parts += [_part(plain, ROWS + name, Call("count", (Name(name),))) for name in plain.rows]
    values = _values(asking, question, parts)
    inputs = {name: _inputs(workspace, rows.table) for name, rows in plain.rows.items()}
    tables = tuple(dict.fromkeys(table for found in inputs.values() for table in found))
    return Explained(
        answer=answer,
        cell=answer.cells[0],
        leaves=tuple(Leaf(name, values[f"{plain.id} {name}"], words(leaf)) for name, leaf in plain.leaves.items()),
        rows={
            name: (rows.table, values[f"{plain.id} {ROWS}{name}"], inputs[name]) for name, rows in plain.rows.items()
        },
        # How many rows a source gave is told of all rows, so not to somebody who sees only some.
        origins=() if workspace.scope else tuple(_origins(workspace, asking, tables)),
        run=asking.snapshot.run_id,
        variants=() if expected is None else tuple(_ranked(workspace, asking, question, metric, expected)),
    )


def _part(metric: Metric, name: str, node: Name | Call) -> Metric:
    """Return a metric that is one leaf of another, or the count of one of its row sets."""
    leaves = metric.leaves if isinstance(node, Name) else {**metric.leaves, name: node}
    return replace(
        metric,
        id=f"{metric.id} {name}",
        leaves=leaves,
        value=Name(name),
        n=None,
        coverage=None,
        repeat={},
        interval=Interval(method="exact"),
    )


def _values(asking: Asking, question: Question, metrics: Sequence[Metric]) -> dict[str, float | None]:
    """Return id -> value of each metric in the period; one that cannot be computed has none."""
    asked = replace(question, metrics=tuple(one.id for one in metrics), intervals=False)
    try:
        answers = list(asking.answers(asked, metrics))
    except (QuestionError, AuthorError):
        if len(metrics) == 1:
            return {metrics[0].id: None}
        return {name: value for one in metrics for name, value in _values(asking, question, [one]).items()}
    return {
        one.id: answer.cells[0].estimate.value if answer.cells else None
        for one, answer in zip(metrics, answers, strict=True)
    }


# -- lineage ----------------------------------------------------------------------------------------------------------


def _inputs(workspace: Workspace, table: str) -> tuple[str, ...]:
    declared = workspace.catalogue.tables[table]
    if not declared.derived:
        return (table,)
    known = [name for name in declared.derived_from if name in workspace.catalogue.tables]
    return tuple(dict.fromkeys(one for name in known for one in _inputs(workspace, name)))


def _origins(workspace: Workspace, asking: Asking, tables: Sequence[str]) -> Iterator[Origin]:
    """Yield where the rows of loaded tables came from: their sources, with the files of the last load of each."""
    files: dict[str, dict[str, str]] = {}
    for run in workspace.store.runs(kind="load", status="done", limit=200):
        mine: dict[str, dict[str, str]] = {}
        for key, digest in run.input_hashes.items():
            source, _, file = key.partition(":")
            mine.setdefault(source, {})[file] = digest
        files = {**mine, **files}
    for table in tables:
        view = asking.relations.name(table)
        rows = asking.relations.connection.execute(
            f'select source, count(*) from "{view}" group by source order by source'  # noqa: S608 - a declared name
        ).fetchall()
        for source, count in rows:
            yield Origin(table, source, count, files.get(source, {}))


# -- variants ---------------------------------------------------------------------------------------------------------


def _ranked(
    workspace: Workspace, asking: Asking, question: Question, metric: Metric, expected: tuple[float, float]
) -> list[Variant]:
    """Return every registered variant with what it gives, nearest to the expected value first."""
    found = {one.id: (options, one) for options, one in _variants(workspace, metric)}
    values = _values(asking, question, [one for _, one in found.values()])
    aim, step = expected
    made = []
    for key, (options, one) in found.items():
        value = values[key]
        off = None if value is None else value - aim
        same = off is not None and abs(off) <= step / 2 + 1e-9
        made.append(Variant(one.id.partition(" ")[0], options, value, off, same))
    return sorted(made, key=lambda one: (one.off is None, abs(one.off or 0), len(one.options), one.metric))


def _variants(workspace: Workspace, metric: Metric) -> Iterator[tuple[dict[str, str], Metric]]:
    """Yield each different definition: all combinations of options, and the metrics that share the catalogue line."""
    known = workspace.catalogue
    seen: set[str] = set()
    ids = [metric.id] + [name for name in known.metrics if name != metric.id and known.metric(name).code == metric.code]
    for name in ids:
        default = {choice.id: choice.default for choice in known.metric(name).choices}
        for options in _combined(known.offered(name), default):
            try:
                one = known.metric(name, options)
            except (QuestionError, AuthorError):
                continue  # options that cannot be had together
            if one.status is Status.PLANNED or one.hash in seen:
                continue
            seen.add(one.hash)
            plain = replace(
                one, id=f"{one.id} {len(seen)}", by_default=(), interval=Interval(method="exact"), repeat={}
            )
            yield {choice: option for choice, option in options.items() if default.get(choice) != option}, plain


def _combined(offered: Mapping[str, tuple[str, ...]], default: Mapping[str, str]) -> Iterator[dict[str, str]]:
    names = list(offered)
    count = 1
    for each in offered.values():
        count *= len(each)
    for chosen in itertools.product(*(offered[name] for name in names)):
        options = dict(zip(names, chosen, strict=True))
        changed = {name: option for name, option in options.items() if default.get(name) != option}
        if count <= MOST or len(changed) <= TWO:
            yield changed
