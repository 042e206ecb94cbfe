"""The catalogue of metrics: what each asks, who owns it, what it decides; found by any of its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.present import describe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regard.workspace import Workspace

FAMILIES = {
    "INT": "Customer interruption",
    "AVL": "Availability",
    "VOC": "Voice of the customer",
    "SUP": "Support",
    "WEB": "Website",
    "COM": "Commerce",
    "FIN": "Finance",
    "LEAD": "Leading signs",
    "DRV": "Drivers",
    "ACT": "Action",
    "GOV": "Governance",
}
"""Family of the catalogue -> how people call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A metric in the catalogue, as read."""

    id: str
    title: str
    question: str
    family: str
    unit: str
    good: str
    level: str
    status: str
    version: int
    owner: str
    decision: str
    own: bool
    target: bool
    """Whether the workspace has a target for it."""


def lines(workspace: Workspace, search: str = "") -> dict[str, list[Line]]:
    """Return family -> metrics that have every word of a search in their id, title, question, words or aliases."""
    known = workspace.catalogue
    aimed = {target.metric for target in workspace.catalogue.targets}
    aliases: dict[str, list[str]] = {}
    for alias, name in known.aliases.items():
        aliases.setdefault(name, []).append(alias)
    wanted = search.casefold().split()
    found: dict[str, list[Line]] = {}
    for name in known.metrics:
        metric = known.metric(name)
        if not workspace.shows(metric):
            continue
        texts = (name, metric.title, metric.question, metric.family, metric.words, metric.decision, metric.code)
        if not _has(wanted, (*texts, FAMILIES.get(metric.family, ""), *aliases.get(name, ()))):
            continue
        line = Line(
            id=name,
            title=metric.title,
            question=metric.question,
            family=metric.family,
            unit=metric.unit,
            good=describe.GOOD[metric.good.value],
            level=metric.level,
            status=metric.status.value,
            version=metric.version,
            owner=metric.owner,
            decision=metric.decision,
            own=bool(metric.differs) or metric.status.value == "local",
            target=name in aimed,
        )
        found.setdefault(FAMILIES.get(metric.family, metric.family), []).append(line)
    return found


def _has(wanted: Iterable[str], texts: Iterable[str]) -> bool:
    together = " ".join(texts).casefold()
    return all(word in together for word in wanted)
