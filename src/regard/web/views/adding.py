"""The pages on which data are added: files, their guessed mappings with what may be chosen, a preview, the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.expr import Type
from regard.model import moment
from regard.present import numbers
from regard.sources.arrival import lacking, slots
from regard.workspace import receive

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.model import Table
    from regard.sources import Preview, Report
    from regard.sources.arrival import Arrived, Question
    from regard.workspace import Workspace

ASK, FILL, INTO = "ask|", "fill|", "into|"
"""How the names of the form's fields begin: an answer, a column's choice, a table's choice."""
SHOWN = 40
"""Characters of a cell that are shown."""


def begin(workspace: Workspace) -> dict[str, Any]:
    """Return the page on which files are dropped."""
    return {
        "waiting": receive.waiting(workspace),
        "kinds": tuple(receive.KINDS),
        "most": receive.MOST_BYTES >> 20,
        "sources": [(one.name, one.means) for one in workspace.sources],
    }


def said(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a person chose: answers, tables, and columns."""
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    answers = {}
    for name, value in fields.items():
        if name.startswith(ASK):
            source, _, text = name.removeprefix(ASK).partition("|")
            answers[source, text] = value.strip()
    return {
        "answers": answers,
        "tables": {name.removeprefix(INTO): value for name, value in fields.items() if name.startswith(INTO)},
        "choices": {name.removeprefix(FILL): value for name, value in fields.items() if name.startswith(FILL)},
    }


def mapping(workspace: Workspace, names: Sequence[str], chosen: Mapping[str, Any], *, preview: bool) -> dict[str, Any]:
    """Return the page of mappings, with what they make of the files where that is asked for.

    Raises:
        QuestionError: there is no such file.
        SourceError: one cannot be read.
    """
    found, asked = receive.look(workspace, names, **chosen)
    return {
        "arrived": [_arrived(workspace, one, asked, chosen, preview=preview) for one in found],
        "tables": [(name, workspace.catalogue.tables[name].means) for name in receive.loadable(workspace)],
    }


def done(workspace: Workspace, report: Report) -> dict[str, Any]:
    """Return the page that says what a load did."""
    return {
        "report": report,
        "rows": report.rows,
        "refused": report.refused,
        "loaded": [(one.name, table, count) for one in report.sources for table, count in one.loaded.items()],
        "snapshot": workspace.snapshot(),
    }


def _arrived(
    workspace: Workspace, one: Arrived, asked: Sequence[Question], chosen: Mapping[str, Any], *, preview: bool
) -> dict[str, Any]:
    tables = workspace.catalogue.tables
    draft = one.draft
    every = slots(one, tables)
    seen, mistakes = receive.shown(workspace, one) if preview and draft.tables else (None, [])
    likely = [slot for slot in every if slot.needed or slot.rule or not slot.column]
    return {
        "name": one.name,
        "file": draft.profile.path.name,
        "rows": numbers.count(draft.profile.rows),
        "whole": draft.profile.whole,
        "taken": draft.recogniser.means if draft.recogniser else "",
        "note": draft.note,
        "notes": draft.profile.notes,
        "into": chosen["tables"].get(one.name, ""),
        "known": draft.recogniser is not None,
        "questions": [
            (f"{ASK}{each.source}|{each.text}", each, chosen["answers"].get((each.source, each.text), each.guess))
            for each in dict.fromkeys(asked)
            if each.source == one.name
        ],
        "zone": None
        if draft.recogniser or draft.zone is None
        else (f"{ASK}{one.name}|{receive.ZONE}", draft.zone.value),
        "likely": [(f"{FILL}{slot.key}", slot) for slot in likely],
        "more": [(f"{FILL}{slot.key}", slot) for slot in every if slot not in likely and slot.offered],
        "lacking": lacking(one, tables),
        "columns": [_column(name, column) for name, column in draft.profile.columns.items()],
        "text": one.text,
        "guesses": one.guesses,
        "mistakes": [str(mistake) for mistake in mistakes],
        "seen": None if seen is None else _seen(seen, tables),
    }


def _column(name: str, column: Any) -> dict[str, Any]:  # noqa: ANN401 - a column of a profile
    examples = "" if column.personal else ", ".join(_short(text) for text, _ in column.top[:3])
    return {"name": name, "kind": column.kind, "personal": column.personal, "examples": examples}


def _seen(seen: Preview, tables: Mapping[str, Table]) -> dict[str, Any]:
    return {
        "rows": seen.rows,
        "refused": seen.refused,
        "mapped": [
            (name, count, _heads(rows), [_cells(row, _heads(rows), tables[name]) for row in rows])
            for name, (count, rows) in seen.mapped.items()
        ],
        "rejected": seen.rejected,
    }


def _heads(rows: Sequence[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _cells(row: Mapping[str, object], heads: Sequence[str], table: Table) -> list[str]:
    return [_said(row.get(name), table, name) for name in heads]


def _said(value: object, table: Table, name: str) -> str:
    """Return a value as people write it; of a personal column only that it is there."""
    column = table.columns.get(name)
    if value is None:
        return ""
    if column is not None and column.sensitivity in ("personal", "special"):
        return "(personal)"
    if column is not None and column.type is Type.INSTANT and isinstance(value, int):
        return moment(value).strftime("%Y-%m-%d %H:%M:%SZ")
    return _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
