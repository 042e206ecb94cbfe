"""Lists of a workbook, gathered: calendar, codes, definitions and who owns them, lineage, findings, notes, runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from regard.catalog.boards import family
from regard.excel.records import Register
from regard.model import Grain, Status
from regard.sql import records as sql

if TYPE_CHECKING:
    from datetime import date

    from regard.workspace.asking import Asking

MOST_CODES, MOST_FINDINGS, MOST_RUNS = 500, 300, 60
"""Rows of a list."""


def registers(asking: Asking, start: date, end: date) -> tuple[Register, ...]:
    """Return the lists, in the order of their sheets."""
    return (
        _calendar(asking, start, end),
        _codes(asking),
        _governance(asking),
        _lineage(asking),
        _findings(asking),
        _notes(asking),
        _runs(asking),
    )


def _when(at: int | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _calendar(asking: Asking, start: date, end: date) -> Register:
    calendar = asking.workspace.calendar
    rows = []
    for grain in (Grain.YEAR, Grain.QUARTER, Grain.MONTH, Grain.WEEK):
        for one in calendar.periods(start, end, grain):
            since, upto = calendar.midnight(one.start), calendar.midnight(one.end)
            state = "whole" if upto <= asking.until else "running" if since < asking.until else "to come"
            hours = (upto - since) / 3_600_000_000
            rows.append(
                (
                    grain.value,
                    one.label,
                    one.start.isoformat(),
                    one.end.isoformat(),
                    (one.end - one.start).days,
                    hours,
                    state,
                )
            )
    return Register(
        name="Calendar",
        title="Calendar",
        purpose=f"Every period of this book in the zone {calendar.zone}: its days, and its hours where clocks change.",
        heads=("grain", "period", "first day", "day after", "days", "hours", "state"),
        rows=tuple(rows),
        widths=(12, 14, 14, 14, 9, 10, 12),
    )


def _codes(asking: Asking) -> Register:
    asking.relations.name("code")
    rows = asking.rows(sql.CODES, most=MOST_CODES)
    names = ("dimension", "code", "label", "parent_code", "owner_team", "calendar")
    return Register(
        name="Codes",
        title="Codes",
        purpose="What dimensions are made of: each code with its label, what it rolls up into and who answers for it.",
        heads=("dimension", "code", "label", "rolls up into", "team", "calendar"),
        rows=tuple(tuple(row[name] for name in names) for row in rows),
        widths=(18, 22, 34, 20, 20, 16),
        empty="This workspace registers no codes: dimensions show the values of the data.",
    )


def _governance(asking: Asking) -> Register:
    known = asking.workspace.catalogue
    rows = []
    for name in known.metrics:
        metric = known.metric(name)
        own = ", ".join(metric.differs)
        rows.append(
            (
                family(metric.family).title,
                metric.title,
                metric.pending or metric.status.value,
                metric.version,
                metric.owner,
                metric.decision,
                metric.min_change,
                metric.show_from_n,
                metric.sensitivity,
                own,
                metric.citation,
            )
        )
    return Register(
        name="Definitions",
        title="Definitions and their owners",
        purpose="Who owns each definition, what it decides, from which change and n on it may speak, and who says so.",
        heads=(
            *("family", "metric", "where it stands", "version", "owner", "decides", "smallest change"),
            *("smallest n", "who may see it", "differs from the shipped one in", "citation"),
        ),
        rows=tuple(rows),
        widths=(22, 44, 16, 9, 16, 50, 10, 10, 12, 24, 50),
    )


def _lineage(asking: Asking) -> Register:
    workspace = asking.workspace
    known = workspace.catalogue
    feeds: dict[str, list[str]] = {}
    for source in workspace.sources:
        for mapping in source.mappings:
            feeds.setdefault(mapping.table, []).append(source.name)
    rows = []
    for name in known.metrics:
        metric = known.metric(name)
        if metric.status is Status.PLANNED:
            continue
        tables = list(dict.fromkeys(rowset.table for rowset in metric.rows.values()))
        loaded = list(dict.fromkeys(table for one in tables for table in _loaded(asking, one)))
        sources = list(dict.fromkeys(source for table in loaded for source in feeds.get(table, [])))
        rows.append(
            (
                family(metric.family).title,
                metric.id,
                metric.title,
                ", ".join(tables),
                ", ".join(loaded),
                ", ".join(sources) or "no source",
                metric.owner,
                metric.hash[:12],
            )
        )
    return Register(
        name="Lineage",
        title="Lineage",
        purpose="Where each number comes from: metric, tables, sources; and the fingerprint of its definition.",
        heads=("family", "metric", "title", "tables", "loaded tables", "sources", "owner", "fingerprint"),
        rows=tuple(rows),
        widths=(22, 26, 44, 26, 26, 30, 16, 15),
    )


def _loaded(asking: Asking, table: str) -> list[str]:
    declared = asking.workspace.catalogue.tables.get(table)
    if declared is None:
        return []
    if not declared.derived:
        return [table]
    return [one for source in declared.derived_from for one in _loaded(asking, source)]


def _findings(asking: Asking) -> Register:
    found = asking.workspace.findings()
    rows = tuple(
        (one.severity, one.kind, one.rule, one.message, one.count, one.status, _when(one.at))
        for one in sorted(found, key=lambda one: (one.status != "open", -one.count))[:MOST_FINDINGS]
    )
    more = f" The first {MOST_FINDINGS:,} of {len(found):,} are shown." if len(found) > MOST_FINDINGS else ""
    return Register(
        name="Findings",
        title="Findings",
        purpose=f"What the loads found wrong, and nobody should overlook.{more}",
        heads=("severity", "kind", "rule", "what", "rows", "status", "first seen"),
        rows=rows,
        widths=(10, 11, 20, 80, 9, 11, 22),
        empty="Nothing was found wrong.",
    )


def _notes(asking: Asking) -> Register:
    rows = tuple(
        (
            note.id,
            note.start,
            note.end,
            note.kind,
            note.effect,
            ", ".join(note.metrics) or "all",
            note.reason,
            note.approver,
        )
        for note in asking.workspace.catalogue.notes
    )
    return Register(
        name="Notes",
        title="Notes",
        purpose="Dated context of the numbers: what was excluded, released or changed, why, and who approved.",
        heads=("note", "from", "to", "kind", "effect", "metrics", "why", "approved by"),
        rows=rows,
        widths=(16, 12, 12, 16, 12, 30, 60, 18),
        empty="No notes are written; they stand in policies/*.yaml of the workspace.",
    )


def _runs(asking: Asking) -> Register:
    rows = tuple(
        (
            run.id,
            run.kind,
            run.source.replace(",", ", "),
            run.status,
            _when(run.started_at),
            _when(run.ended_at),
            run.rows_in,
            run.rows_rejected,
            run.code_version,
        )
        for run in asking.workspace.store.runs(limit=MOST_RUNS)
    )
    return Register(
        name="Run log",
        title="Run log",
        purpose="Which loads made this data, newest first: what they read, what they turned away, with which version.",
        heads=("run", "kind", "source", "status", "began", "ended", "rows read", "turned away", "version"),
        rows=rows,
        widths=(30, 9, 48, 10, 22, 22, 12, 12, 10),
        empty="No load is on record.",
    )
