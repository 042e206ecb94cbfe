"""What the store remembers, as plain records: runs, snapshots, findings, people and what they did."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in.

    Attributes:
        id: never changes.
        name: what they sign in with, unique.
        role: name of the role.
        scope: on which rows, as people write it, "" for all.
        password: its slow hash, "" while there is none.
        disabled: whether they may no longer.
        created_at, signed_in_at: instants in microseconds.
    """

    id: str
    name: str
    role: str
    scope: str = ""
    password: str = field(default="", repr=False)
    disabled: bool = False
    created_at: int = 0
    signed_in_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that is signed in.

    Attributes:
        key: hash of its secret.
        account: whose it is.
        forms: what its forms carry.
        created_at, seen_at: instants in microseconds.
        address, agent: where it was signed in from, and with what.
    """

    key: str
    account: Account
    forms: str = field(repr=False)
    created_at: int
    seen_at: int
    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a program is signed in with.

    Attributes:
        id: of the token.
        account: whose it is.
        title: what it is for.
        starts: its first characters, to tell tokens apart.
        created_at, expires_at, used_at: instants in microseconds.
    """

    id: str
    account: Account
    title: str
    starts: str
    created_at: int
    expires_at: int
    used_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What somebody wrote beside something.

    Attributes:
        id: random.
        subject: what it is about, as `noun:id`.
        author: who wrote it, by name.
        at: instant in microseconds.
        text: without the personal data that have a form.
    """

    id: str
    subject: str
    author: str
    at: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that somebody did, before it is written down.

    Attributes:
        actor: who, by name.
        address: from where, "" on this machine.
        action: what, as `noun.verb`.
        object: to what.
        reason: why, where it was said.
    """

    actor: str
    action: str
    object: str = ""
    address: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the audit log.

    Attributes:
        number: counted from 1, without gaps.
        at: instant in microseconds.
        deed: who did what.
        before, after: what changed, as JSON, "" for nothing.
        previous: hash of the entry before, "" for the first.
        hash: of everything above.
    """

    number: int
    at: int
    deed: Deed
    before: str = ""
    after: str = ""
    previous: str = ""
    hash: str = ""

    def sealed(self) -> str:
        """Return the hash that an entry with this content has, whatever it says its hash is."""
        deed = self.deed
        told = [self.number, self.at, deed.actor, deed.address, deed.action, deed.object, deed.reason]
        return hashlib.sha256(written([*told, self.before, self.after, self.previous]).encode()).hexdigest()


def written(value: object) -> str:
    """Return JSON in one way only, so that equal values are equal texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
