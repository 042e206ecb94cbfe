"""What the store remembers, as plain records: a run, a snapshot, a finding."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNNING, STOPPED, DONE, FAILED = "running", "stopped", "done", "failed"
UNFINISHED = (RUNNING, STOPPED)
"""A run that was killed still says `running`; one that was interrupted in order says `stopped`. Both can resume."""
FINDING_STATUSES = ("open", "ack", "resolved", "dismissed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of something that leaves traces (MODEL.md 2.5).

    Attributes:
        id: sortable by time.
        kind: load, compute, export or audit.
        source: the source it read, or "".
        status: running, stopped, done or failed.
        started_at, ended_at: instants in microseconds; `ended_at` is None while it runs.
        rows_in, rows_rejected: rows read, and rows put into quarantine.
        code_version: of regard.
        config_hash: of everything the author wrote that decides the result.
        input_hashes: name of an input -> hash of its content.
        positions: how far it got, by the keys it chose itself.
    """

    id: str
    kind: str
    source: str
    status: str
    started_at: int
    ended_at: int | None = None
    rows_in: int = 0
    rows_rejected: int = 0
    code_version: str = ""
    config_hash: str = ""
    input_hashes: Mapping[str, str] = field(default_factory=dict)
    positions: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The versions of all tables that are seen together (METRICS.md section 5).

    Attributes:
        id: sortable by time.
        at: instant in microseconds at which we knew this; each snapshot's lies after the one before.
        tables: table -> version, of every table that has one.
        run_id: the run that made it.
    """

    id: str
    at: int
    tables: Mapping[str, int]
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that somebody should look at (MODEL.md 2.5).

    Attributes:
        kind: dq, anomaly, alert, reconcile or privacy.
        rule: name of the rule that found it.
        scope: what it is about, such as table, field and reason.
        row: the row it is about, or "" when it is about many.
        at: instant in microseconds at which it was first found.
        observed, expected: what was and what should have been, as text.
        message: one sentence for people.
        severity: error, warning or info.
        status: open, ack, resolved or dismissed.
        count: rows it is about, in the run that found it last.
        run_id: the run that found it last, or "".
        true_positive: whether somebody judged it right, None while nobody did.
        case_id: the action it caused, or "".
    """

    kind: str
    rule: str
    scope: Mapping[str, str] = field(default_factory=dict)
    row: str = ""
    at: int
    observed: str = ""
    expected: str = ""
    message: str = ""
    severity: str = "warning"
    status: str = "open"
    count: int = 1
    run_id: str = ""
    true_positive: bool | None = None
    case_id: str = ""

    @property
    def id(self) -> str:
        """Hash of kind, rule, scope and row: the same thing found again is the same finding."""
        what = written([self.kind, self.rule, dict(self.scope), self.row])
        return hashlib.sha256(what.encode()).hexdigest()[:20]


def written(value: object) -> str:
    """Return JSON in one way only, so that equal values are equal texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
