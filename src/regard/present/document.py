"""Answers as data: the JSON document, rows of CSV, an Arrow table, a table for a notebook; each carries its context.

A missing number is null with a flag that says why, never 0 and never NaN. A month later a reader of any of these still
knows the definition, the snapshot and the filters (R125).
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

import pyarrow as pa

from regard.expr import show
from regard.model import moment
from regard.present import words
from regard.present.table import Table, of_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from regard.model import Metric, Target
    from regard.plan import Answer, AnswerCell

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so may be run as a formula by a spreadsheet (CWE-1236)."""

SHORT = 12
"""Signs of a hash that people compare; the document has all."""

QUOTED = ',"\r\n'
"""Signs because of which a field stands in quotes (RFC 4180)."""

COLUMNS: Mapping[str, pa.DataType] = {
    "metric": pa.string(),
    "version": pa.int64(),
    "unit": pa.string(),
    "period": pa.string(),
    "start": pa.date32(),
    "end": pa.date32(),
    "value": pa.float64(),
    "lo": pa.float64(),
    "hi": pa.float64(),
    "n": pa.float64(),
    "n_eff": pa.float64(),
    "coverage": pa.float64(),
    "flags": pa.string(),
    "why": pa.string(),
    "target_lo": pa.float64(),
    "target_hi": pa.float64(),
    "target": pa.string(),
    "status": pa.string(),
    "previous": pa.float64(),
    "change": pa.float64(),
    "change_lo": pa.float64(),
    "change_hi": pa.float64(),
    "change_verdict": pa.string(),
    "currency": pa.string(),
    "filters": pa.string(),
    "as_of": pa.string(),
    "until": pa.string(),
    "zone": pa.string(),
    "snapshot": pa.string(),
    "definition": pa.string(),
}
"""Columns of the flat form; the dimensions stand after `end`."""

BEFORE_DIMENSIONS = 6


def document(answer: Answer) -> dict[str, object]:
    """Return an answer as the JSON document of the stable contract.

    Raises:
        ValueError: a number of the answer is NaN or infinite.
    """
    metric = answer.metric
    return {
        "metric": metric.id,
        "version": metric.version,
        "unit": metric.unit,
        "good": metric.good.value,
        "as_of": instant(answer.as_of),
        "zone": answer.calendar.zone,
        "cells": [_cell(cell) for cell in answer.cells],
        "definition": definition(metric),
        "snapshot": answer.snapshot,
        "filters": {
            "where": answer.filters,
            "by": list(answer.by),
            "grain": answer.grain,
            "until": instant(answer.until),
            "options": dict(metric.options_set),
        },
        "currency": answer.currency,
        "notes": list(answer.notes),
    }


def definition(metric: Metric) -> dict[str, object]:
    """Return what was computed, so that a reader can tell two definitions apart."""
    return {
        "title": metric.title,
        "question": metric.question,
        "value": show(metric.value),
        "leaves": {name: show(leaf) for name, leaf in metric.leaves.items()},
        "parameters": {name: setting.value for name, setting in metric.parameters.items()},
        "options": {choice.id: dict(metric.options_set).get(choice.id, choice.default) for choice in metric.choices},
        "interval": metric.interval.method,
        "min_change": metric.min_change,
        "status": metric.status.value,
        "differs": list(metric.differs),
        "citation": metric.citation,
        "hash": metric.hash,
    }


def opened(
    metric: Metric,
    *,
    text: str,
    said: Mapping[str, str],
    questions: Mapping[str, str],
    sql: Sequence[str] = (),
) -> dict[str, object]:
    """Return an opened metric as the JSON document that `regard show --json` prints.

    Args:
        metric: the resolved definition.
        text: its YAML as written.
        said: its value, n and leaves in plain words.
        questions: choice -> the question on which people differ.
        sql: the statements it runs for one month.
    """
    return {
        "metric": metric.id,
        "version": metric.version,
        "status": metric.status.value,
        "kind": metric.kind.value,
        "unit": metric.unit,
        "good": metric.good.value,
        "family": metric.family,
        "code": metric.code,
        "owner": metric.owner,
        "decision": metric.decision,
        "dims": list(metric.dims),
        "file": metric.file,
        "line": metric.line,
        "text": text,
        "words": dict(said),
        "definition": definition(metric),
        "choices": {
            each.id: {"question": questions[each.id], "options": list(each.options), "in_force": each.default}
            for each in metric.choices
        },
        "sql": list(sql),
    }


def csv(heads: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV with a head; texts that a spreadsheet would run are made harmless."""
    return "".join(",".join(_field(harmless(value)) for value in line) + "\n" for line in (heads, *lines))


def instant(microseconds: int) -> str:
    """Return an instant as ISO 8601 in UTC: `2026-07-31T10:00:00Z`."""
    return moment(microseconds).isoformat().replace("+00:00", "Z")


def rows(answers: Iterable[Answer]) -> list[dict[str, object]]:
    """Return one flat row for each cell, with a column for every dimension that any of the answers is cut by."""
    answers = list(answers)
    return [_row(answer, cell, dimensions(answers)) for answer in answers for cell in answer.cells]


def dimensions(answers: Iterable[Answer]) -> tuple[str, ...]:
    """Return the dimensions by which answers are cut, in the order in which they come."""
    return tuple(dict.fromkeys(name for answer in answers for name in answer.by))


def to_arrow(answers: Iterable[Answer]) -> pa.Table:
    """Return one row for each cell as an Arrow table; numbers are doubles, blanks null."""
    answers = list(answers)
    found = rows(answers)
    types = _types(dimensions(answers))
    return pa.Table.from_pylist(found, schema=pa.schema(list(types.items())))


def to_csv(answers: Iterable[Answer]) -> str:
    """Return one line for each cell, with a head; texts that a spreadsheet would run are made harmless."""
    answers = list(answers)
    heads = list(_types(dimensions(answers)))
    return csv(heads, ([row[head] for head in heads] for row in rows(answers)))


def harmless(value: object) -> object:
    """Return a value as it may stand in a spreadsheet: a text that could be a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(DANGEROUS):
        return f"'{value}"
    return value


def html(answers: Sequence[Answer], titles: Mapping[str, str] | None = None) -> str:
    """Return answers as HTML that needs nothing else, for a notebook; every text in it is escaped."""
    return "\n".join(_html_table(of_answer(answer, titles=titles), context(answer)) for answer in answers)


def context(answer: Answer, *, definition: bool = True) -> str:
    """Return in one line what a number hangs on: snapshot, cut, zone, definition, filters (R125).

    Args:
        answer: the answer.
        definition: whether to name the definition; not where several metrics stand together.
    """
    parts = [f"as of {instant(answer.as_of)}"]
    if answer.until != answer.as_of:
        parts.append(f"until {instant(answer.until)}")
    parts += [f"zone {answer.calendar.zone}", f"snapshot {answer.snapshot}" if answer.snapshot else ""]
    parts += [f"definition {answer.metric.hash[:SHORT]}" if definition and answer.metric.hash else ""]
    parts += [f"{choice}={option}" for choice, option in answer.metric.options_set]
    parts += [f"differs from the shipped: {', '.join(answer.metric.differs)}" if answer.metric.differs else ""]
    parts += [f"where {answer.filters}" if answer.filters else ""]
    return ", ".join(part for part in parts if part)


def _cell(cell: AnswerCell) -> dict[str, object]:
    found, change = cell.estimate, cell.verdict
    flags = list(found.flags) or (["missing"] if found.value is None else [])
    return {
        "period": cell.period.label,
        "dims": dict(cell.dims),
        "value": _number(found.value),
        "lo": _number(found.lo),
        "hi": _number(found.hi),
        "n": _number(found.n),
        "n_eff": _number(found.n_eff),
        "coverage": _number(found.coverage),
        "flags": flags,
        "why": found.why or None,
        "target": _target(cell.target),
        "status": cell.status,
        "previous": None if cell.previous is None else _number(cell.previous.value),
        "change": None if change is None else _number(change.change),
        "change_verdict": None if change is None else change.word,
    }


def _target(target: Target | None) -> dict[str, object] | None:
    if target is None:
        return None
    return {
        "lo": _number(target.lo),
        "lo_incl": target.lo_incl,
        "hi": _number(target.hi),
        "hi_incl": target.hi_incl,
        "kind": target.kind,
        "source": target.source,
        "assumed": target.assumed,
    }


def _row(answer: Answer, cell: AnswerCell, cut: Sequence[str]) -> dict[str, object]:
    told = _cell(cell)
    metric, change, target = answer.metric, cell.verdict, cell.target
    options = ", ".join(f"{choice}={option}" for choice, option in metric.options_set)
    return {
        "metric": metric.id,
        "version": metric.version,
        "unit": metric.unit,
        "period": cell.period.label,
        "start": cell.period.start,
        "end": cell.period.end,
        **{name: cell.dims.get(name) for name in cut},
        **{name: told[name] for name in ("value", "lo", "hi", "n", "n_eff", "coverage")},
        "flags": " ".join([*cell.estimate.flags] or (["missing"] if cell.estimate.value is None else [])),
        "why": told["why"],
        "target_lo": None if target is None else _number(target.lo),
        "target_hi": None if target is None else _number(target.hi),
        "target": words.target(target, metric.unit, answer.currency) or None,
        "status": cell.status,
        "previous": told["previous"],
        "change": told["change"],
        "change_lo": None if change is None else _number(change.lo),
        "change_hi": None if change is None else _number(change.hi),
        "change_verdict": told["change_verdict"],
        "currency": answer.currency,
        "filters": "; ".join(part for part in (answer.filters, options) if part),
        "as_of": instant(answer.as_of),
        "until": instant(answer.until),
        "zone": answer.calendar.zone,
        "snapshot": answer.snapshot,
        "definition": metric.hash,
    }


def _types(cut: Sequence[str]) -> dict[str, pa.DataType]:
    named = list(COLUMNS.items())
    return dict([*named[:BEFORE_DIMENSIONS], *((name, pa.string()) for name in cut), *named[BEFORE_DIMENSIONS:]])


def _field(value: object) -> str:
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in QUOTED) else text


def _number(number: float | None) -> float | None:
    if number is None:
        return None
    if not math.isfinite(number):
        raise ValueError(f"{number} in an answer: a missing number is None, with a flag that says why")
    return number


def _html_table(table: Table, below: str) -> str:
    sides = ["right" if column.right else "left" for column in table.columns]
    head = "".join(
        f'<th scope="col" style="text-align:{side}">{escape(column.title)}</th>'
        for side, column in zip(sides, table.columns, strict=True)
    )
    body = "\n".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:{side}"{_spoken(cell.spoken)}>{escape(cell.text)}</td>'
            for side, cell in zip(sides, row, strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    notes = "".join(f"<br>{escape(note)}" for note in table.notes)
    return (
        f"<table><caption>{escape(table.title)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n"
        f"</table><p><small>{escape(below)}{notes}</small></p>"
    )


def _spoken(text: str) -> str:
    return f' title="{escape(text)}"' if text else ""
