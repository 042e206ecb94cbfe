"""What the workspace knows, as plain data: definitions, versions, how old everything is, and what is wrong with it."""

from __future__ import annotations

from dataclasses import asdict, fields
from functools import lru_cache
from typing import TYPE_CHECKING

from regard.model import Status
from regard.present import document
from regard.workspace.quality import mended, rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.model import Metric
    from regard.store import Finding
    from regard.workspace import Workspace
    from regard.workspace.freshness import SourceFreshness, TableFreshness

Item = dict[str, object]
SECOND_US = 1_000_000
SEVERITIES = ("error", "warning", "info")
"""The gravest first."""
KEPT = 8
"""Lists of readiness that are kept: one for each scope and version of the data."""


def about(workspace: Workspace) -> Item:
    """Return what the workspace is, and its newest snapshot: the version of the data."""
    snapshot, config = workspace.snapshot(), workspace.config
    return {
        "name": config.name,
        "zone": config.zone,
        "currency": config.currency,
        "snapshot": snapshot.id if snapshot else None,
        "as_of": instant(snapshot.at if snapshot else None),
        "metrics": len(workspace.catalogue.metrics),
        "sources": len(workspace.sources),
    }


def metrics(workspace: Workspace, words: str = "", family: str = "") -> list[Item]:
    """Return definitions in short: those of a family in which every word is found."""
    known = [one for name in workspace.catalogue.metrics if workspace.shows(one := workspace.catalogue.metric(name))]
    wanted = words.casefold().split()
    return [
        _metric(one)
        for one in known
        if family in ("", one.family)
        and all(word in f"{one.id} {one.title} {one.question}".casefold() for word in wanted)
    ]


def definition(workspace: Workspace, name: str, options: Mapping[str, str]) -> Item:
    """Return a definition, opened.

    Raises:
        QuestionError: an option that it does not have.
    """
    opened = workspace.show(name, options)
    questions = {key: choice.question for key, choice in opened.choices.items()}
    told = document.opened(opened.metric, text=opened.text, said=opened.words, questions=questions, sql=opened.sql)
    return told | {"file": _inside(workspace, opened.metric.file)}


def dimensions(workspace: Workspace) -> list[Item]:
    """Return the ways to cut numbers."""
    return [
        {"dimension": one.name, "title": one.title, "means": one.means, "party": one.party}
        for one in workspace.catalogue.dimensions.values()
    ]


def snapshots(workspace: Workspace) -> list[Item]:
    """Return the versions of the data, newest first."""
    return [
        {"snapshot": one.id, "at": instant(one.at), "run": one.run_id, "tables": dict(one.tables)}
        for one in workspace.store.snapshots()
    ]


def findings(
    workspace: Workspace,
    *,
    kind: str | None = None,
    rule: str | None = None,
    status: str | None = "open",
    source: str | None = None,
) -> list[Item]:
    """Return what somebody should look at, the gravest first, then those about most rows."""
    found = [
        one
        for one in workspace.findings(kind=kind, rule=rule, status=status)
        if source is None or one.scope.get("source") == source
    ]
    found.sort(key=lambda one: (_gravity(one), -one.count, one.id))
    return [finding(one) for one in found]


def finding(one: Finding) -> Item:
    """Return a finding as plain data."""
    told = {each.name: getattr(one, each.name) for each in fields(one)}
    return {"id": one.id, **told, "scope": dict(one.scope), "at": instant(one.at)}


def opened(workspace: Workspace, one: Finding, most: int) -> Item:
    """Return a finding with rows that it is about and the line that would mend them; of a limited view without rows."""
    made = None if workspace.scope else mended(workspace, one)
    rows = [] if workspace.scope or one.kind != "dq" else rejected(workspace, one, most)
    return finding(one) | {"examples": rows, "mend": None if made is None else asdict(made)}


def ready(workspace: Workspace) -> list[Item]:
    """Return for every metric whether the data can answer it; asked once for each version of the data.

    Raises:
        QuestionError: nothing was loaded yet.
    """
    snapshot = workspace.snapshot()
    return list(_ready(Versioned(workspace, snapshot.id if snapshot else "")))


def freshness(workspace: Workspace, *, newest: bool = False) -> Item:
    """Return how old sources and tables are, and which metrics rest on each."""
    found = workspace.freshness(newest=newest)
    return {
        "now": instant(found.now),
        "still": found.still,
        "sources": [_source(one) for one in found.sources],
        "tables": [_table(one) for one in found.tables],
    }


def instant(at: int | None) -> str | None:
    """Return an instant as ISO 8601 in UTC, None for none."""
    return None if at is None else document.instant(at)


class Versioned:
    """A workspace at a version of its data: equal to another of the same folder, rights, definitions and version."""

    def __init__(self, workspace: Workspace, version: str) -> None:
        self.workspace = workspace
        self.key = (str(workspace.root), workspace.scope, workspace.upto, id(workspace.catalogue), version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Versioned) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(KEPT)
def _ready(asked: Versioned) -> tuple[Item, ...]:
    return tuple(
        {"metric": one.metric.id, "title": one.metric.title, "state": one.state, "why": one.why, "n": one.n}
        for one in asked.workspace.ready()
    )


def _metric(one: Metric) -> Item:
    return {
        "metric": one.id,
        "version": one.version,
        "title": one.title,
        "question": one.question,
        "family": one.family,
        "level": one.level,
        "unit": one.unit,
        "good": one.good.value,
        "status": one.status.value,
        "owner": one.owner,
        "dims": list(one.dims),
        "answerable": one.status is not Status.PLANNED,
    }


def _source(one: SourceFreshness) -> Item:
    return {
        "source": one.source.name,
        "means": one.source.means,
        "tables": list(dict.fromkeys(mapping.table for mapping in one.source.mappings)),
        "state": one.state,
        "why": one.why,
        "read_at": instant(one.read_at),
        "changed_at": instant(one.changed_at),
        "newest": instant(one.newest),
        "due_at": instant(one.due_at or None),
        "every_s": None if one.source.every is None else one.source.every / SECOND_US,
        "fresh_s": None if one.source.fresh is None else one.source.fresh / SECOND_US,
        "rows": one.rows,
        "refused": one.refused,
    }


def _table(one: TableFreshness) -> Item:
    return {
        "table": one.table,
        "state": one.state,
        "allowed_s": one.allowed / SECOND_US,
        "read_at": instant(one.read_at),
        "sources": list(one.sources),
        "metrics": list(one.metrics),
    }


def _gravity(one: Finding) -> int:
    return SEVERITIES.index(one.severity) if one.severity in SEVERITIES else len(SEVERITIES)


def _inside(workspace: Workspace, file: str) -> str:
    """Return a path as people of the workspace name it, without the folders of the machine above it."""
    own = f"{workspace.root}/"
    return file.removeprefix(own) if file.startswith(own) else file.rpartition("/catalog/builtin/")[2]
