"""What the incident sheet and the definitions side by side show, gathered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.catalog.boards import boards as shipped
from regard.errors import QuestionError
from regard.excel.records import Versus
from regard.model import Status
from regard.sql import records as sql
from regard.workspace.interruption import Interruptions

if TYPE_CHECKING:
    from datetime import date

    from regard.model.interruption import IncidentPage
    from regard.workspace.asking import Asking

MOST_INCIDENTS = 20
"""Incidents that can be chosen."""


def incidents(asking: Asking) -> tuple[IncidentPage, ...]:
    """Return the costliest incidents, opened; none where no incident is recorded."""
    for name in ("ledger_share", "incident"):
        asking.relations.name(name)
    found = asking.rows(sql.COSTLIEST, until=asking.until, most=MOST_INCIDENTS)
    reader = Interruptions(asking)
    pages = []
    for row in found:
        try:
            pages.append(reader.incident(row["incident_id"]))
        except QuestionError:
            # Losses name an incident that nobody described: there is no record to open.
            continue
    return tuple(pages)


def versus(asking: Asking, start: date, end: date) -> tuple[Versus, ...]:
    """Return the shipped pairs of definitions that this workspace can compute."""
    workspace = asking.workspace
    found = []
    for pair in shipped().versus:
        metrics = [workspace.catalogue.metric(name) for name in (pair.a, pair.b)]
        if any(metric.status is Status.PLANNED for metric in metrics):
            continue
        asked = [
            workspace.ask(name, start=start, end=end, options=options, until=asking.until, intervals=False)[0]
            for name, options in ((pair.a, {}), (pair.b, pair.options))
        ]
        values = [{c.period.label: c.estimate.value for c in one.cells if not any(c.dims.values())} for one in asked]
        labels = tuple(sorted({*values[0], *values[1]}))
        told = ", ".join(f"{choice} = {option}" for choice, option in pair.options.items())
        found.append(
            Versus(
                title=pair.title,
                a=metrics[0].title,
                b=f"{metrics[1].title} ({told})" if told else metrics[1].title,
                unit=metrics[0].unit,
                periods=labels,
                values=tuple((values[0].get(label), values[1].get(label)) for label in labels),
                why=" ".join(metric.decision for metric in metrics if metric.decision),
            )
        )
    return tuple(found)
