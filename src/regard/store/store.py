"""The store: runs and how far they got, snapshots of the lake, findings. SQLite by default, PostgreSQL by url."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from regard.errors import QuestionError
from regard.model import moment
from regard.store import schema
from regard.store.audit import AuditLog
from regard.store.comments import Comments
from regard.store.database import Database
from regard.store.nouns import DONE, FINDING_STATUSES, RUNNING, STOPPED, UNFINISHED, Finding, Run, Snapshot, written
from regard.store.people import People
from regard.store.schema import FINDING, FINDING_PART, POSITION, RUN, SNAPSHOT, SNAPSHOT_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy import Column, Connection, Row, Table

ENDED = ("done", "failed", STOPPED)
BATCH = 500
"""Rows of an IN list: below the limit of every database."""


class Store:
    """What regard remembers beside the lake. Its tables are made when it is first opened, upgraded when older.

    Any number of processes may use one store: writers wait for each other, readers never do.

    Attributes:
        audit: what was done, and by whom.
        people: who may sign in.
        comments: what people wrote beside things.
    """

    def __init__(self, url: str | Path, *, clock: Callable[[], int] | None = None) -> None:
        """Open a store.

        Args:
            url: path of a SQLite file, `sqlite:///...` or `postgresql://...`.
            clock: gives the instant in microseconds; the machine's by default. Times that the store gives out go
                forward even where the clock goes back.

        Raises:
            SetupError: no such database, a driver missing, or a store made by a newer regard.
        """
        self._clock = clock or (lambda: time.time_ns() // 1000)
        self._database = Database(url)
        with self._database.reading() as connection:
            have = schema.found(connection)
        schema.refuse_newer(have)
        if have != schema.VERSION:
            with self._database.writing() as connection:
                schema.prepare(connection)
        self.audit = AuditLog(self._database, self._clock)
        self.people = People(self._database, self.audit, self._clock)
        self.comments = Comments(self._database, self.audit, self._clock)

    def __enter__(self) -> Self:
        """Use the store for a while."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def state(self) -> str:
        """Return what changes whenever there is something new to show: a load, a change that somebody made.

        A run that has only begun shows nothing new yet: pages that are kept stay good while sources are read.
        """
        return self._database.unchanged("state", self._state)

    def _state(self) -> str:
        with self._database.reading() as connection:
            newest = select(RUN.c.run_id, RUN.c.status).order_by(RUN.c.started_at.desc()).limit(1)
            newest = newest.where(RUN.c.status != RUNNING)
            told = [connection.execute(select(func.max(SNAPSHOT.c.at))).scalar(), *connection.execute(newest).all()]
        return f"{told} {self.audit.changed()}"

    # --- runs --------------------------------------------------------------------------------------------------------

    def begin_run(
        self, kind: str, source: str, *, code_version: str, config_hash: str, input_hashes: Mapping[str, str]
    ) -> str:
        """Write down that a run begins; returns its id, which sorts by time and may name a file."""
        with self._database.writing() as connection:
            at = self._after(connection, RUN.c.started_at)
            run_id = _named("run", at)
            connection.execute(
                insert(RUN).values(
                    run_id=run_id,
                    kind=kind,
                    source=source,
                    status=RUNNING,
                    started_at=at,
                    rows_in=0,
                    rows_rejected=0,
                    code_version=code_version,
                    config_hash=config_hash,
                    input_hashes=written(dict(input_hashes)),
                )
            )
        return run_id

    def resume_run(
        self, kind: str, source: str, *, code_version: str, config_hash: str, input_hashes: Mapping[str, str]
    ) -> Run | None:
        """Return the newest run that did not end and had exactly these inputs, with how far it got, or None."""
        query = (
            select(RUN)
            .where(
                RUN.c.kind == kind,
                RUN.c.source == source,
                RUN.c.code_version == code_version,
                RUN.c.config_hash == config_hash,
                RUN.c.input_hashes == written(dict(input_hashes)),
                RUN.c.status.in_(UNFINISHED),
            )
            .order_by(RUN.c.started_at.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            return next(iter(_runs(connection, connection.execute(query).all())), None)

    def checkpoint(self, run_id: str, key: str, position: object) -> None:
        """Write down how far a run got; the position is any JSON value and replaces the key's former one."""
        where = {"run_id": run_id, "key": key}
        with self._database.writing() as connection:
            connection.execute(delete(POSITION).where(*(POSITION.c[name] == value for name, value in where.items())))
            connection.execute(insert(POSITION).values(**where, position=written(position)))

    def finish_run(self, run_id: str, status: str, *, rows_in: int = 0, rows_rejected: int = 0) -> None:
        """Write down that a run ended: done, failed, or stopped (which can be resumed).

        Raises:
            ValueError: another status, or no such run.
        """
        if status not in ENDED:
            raise ValueError(f"a run ends as one of {', '.join(ENDED)}, not {status!r}")
        with self._database.writing() as connection:
            values = {"status": status, "ended_at": self._clock(), "rows_in": rows_in, "rows_rejected": rows_rejected}
            if not connection.execute(update(RUN).where(RUN.c.run_id == run_id).values(**values)).rowcount:
                raise ValueError(f"no run {run_id!r}")

    def runs(
        self, *, kind: str | None = None, source: str | None = None, status: str | None = None, limit: int | None = None
    ) -> tuple[Run, ...]:
        """Return runs, newest first."""
        query = select(RUN).order_by(RUN.c.started_at.desc()).limit(limit)
        query = query.where(*_equal(RUN, kind=kind, source=source, status=status))
        with self._database.reading() as connection:
            return _runs(connection, connection.execute(query).all())

    def last_runs(self, kind: str, key: str) -> Mapping[str, Run]:
        """Return, for each position that begins with a text, the newest run that ended well and wrote it down.

        Args:
            kind: load, compute, export or audit.
            key: how the keys of the positions begin, such as `done `.
        """
        return self._database.unchanged(f"last runs {kind} {key}", partial(self._last_runs, kind, key))

    def _last_runs(self, kind: str, key: str) -> dict[str, Run]:
        newest = (
            select(POSITION.c.key, func.max(RUN.c.started_at).label("started_at"))
            .join(RUN, RUN.c.run_id == POSITION.c.run_id)
            .where(RUN.c.kind == kind, RUN.c.status == DONE, POSITION.c.key.startswith(key, autoescape=True))
            .group_by(POSITION.c.key)
        )
        with self._database.reading() as connection:
            wanted = {row.key: row.started_at for row in connection.execute(newest)}
            found: dict[int, Run] = {}
            every = sorted(set(wanted.values()))
            for start in range(0, len(every), BATCH):
                query = select(RUN).where(RUN.c.started_at.in_(every[start : start + BATCH]))
                found |= {run.started_at: run for run in _runs(connection, connection.execute(query).all())}
        return {name: found[at] for name, at in wanted.items()}

    # --- snapshots ---------------------------------------------------------------------------------------------------

    def add_snapshot(self, tables: Mapping[str, int], run_id: str) -> Snapshot:
        """Make versions visible together, with those of tables not named carried forward.

        A run that asks again for what the newest snapshot already shows, having made it itself, gets that one: so a
        load that was killed just after may be run again.
        """
        with self._database.writing() as connection:
            newest = _snapshot(connection, None)
            merged = {**(newest.tables if newest else {}), **tables}
            if newest and newest.run_id == run_id and newest.tables == merged:
                return newest
            at = self._after(connection, SNAPSHOT.c.at)
            made = Snapshot(id=_named("snap", at), at=at, tables=merged, run_id=run_id)
            connection.execute(insert(SNAPSHOT).values(snapshot_id=made.id, at=at, run_id=run_id))
            rows = [{"snapshot_id": made.id, "table_name": name, "version": merged[name]} for name in sorted(merged)]
            if rows:
                connection.execute(insert(SNAPSHOT_TABLE), rows)
        return made

    def snapshot(self, as_of: int | None = None) -> Snapshot | None:
        """Return the last snapshot at or before an instant in microseconds, the newest by default, or None.

        Raises:
            QuestionError: its data were tidied away; an earlier one would tell of another time.
        """
        if as_of is None:
            return self._database.unchanged("snapshot", partial(self._snapshot, None))
        return self._snapshot(as_of)

    def _snapshot(self, as_of: int | None) -> Snapshot | None:
        with self._database.reading() as connection:
            return _snapshot(connection, as_of)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """Return all snapshots whose data are there, newest first."""
        with self._database.reading() as connection:
            there = select(SNAPSHOT).where(SNAPSHOT.c.gone_at.is_(None)).order_by(SNAPSHOT.c.at.desc())
            heads = connection.execute(there).all()
            tables: dict[str, dict[str, int]] = {}
            for row in connection.execute(select(SNAPSHOT_TABLE)):
                tables.setdefault(row.snapshot_id, {})[row.table_name] = row.version
        return tuple(
            Snapshot(id=head.snapshot_id, at=head.at, tables=tables.get(head.snapshot_id, {}), run_id=head.run_id)
            for head in heads
        )

    def give_up(self, ids: Collection[str]) -> None:
        """Give up the data of snapshots: from now on nobody can ask them. The newest one stays, whoever asks.

        Args:
            ids: of the snapshots.
        """
        with self._database.writing() as connection:
            newest = _snapshot(connection, None)
            going = sorted({*ids} - ({newest.id} if newest else set()))
            for start in range(0, len(going), BATCH):
                some = SNAPSHOT.c.snapshot_id.in_(going[start : start + BATCH])
                given_up = update(SNAPSHOT).where(some, SNAPSHOT.c.gone_at.is_(None)).values(gone_at=self._clock())
                connection.execute(given_up)

    def versions(self, *, grace: int = 0) -> dict[str, set[int]]:
        """Return the versions that snapshots name, by table: what a vacuum of the lake must keep.

        Args:
            grace: microseconds for which a snapshot that was given up may still have readers.
        """
        kept: dict[str, set[int]] = {}
        columns = (SNAPSHOT_TABLE.c.table_name, SNAPSHOT_TABLE.c.version)
        read = or_(SNAPSHOT.c.gone_at.is_(None), SNAPSHOT.c.gone_at > self._clock() - grace)
        with self._database.reading() as connection:
            for name, version in connection.execute(select(*columns).join(SNAPSHOT).where(read).distinct()):
                kept.setdefault(name, set()).add(version)
        return kept

    # --- findings ----------------------------------------------------------------------------------------------------

    def add_findings(self, findings: Iterable[Finding], *, run_id: str = "", part: str = "") -> int:
        """Write down findings; the same thing found again is one finding. Returns how many are new.

        Counts of one thing add up within a run, over its parts; a part that is reported twice (a load that resumed)
        counts once. A later run's count takes the place of an earlier run's, and opens again what was resolved.

        Args:
            findings: what was found.
            run_id: the run that found it.
            part: the piece of its work that this is, such as the number of a chunk.
        """
        merged: dict[str, Finding] = {}
        for finding in findings:
            before = merged.get(finding.id)
            merged[finding.id] = (
                replace(finding, count=finding.count + before.count, at=min(finding.at, before.at))
                if before
                else finding
            )
        with self._database.writing() as connection:
            known = _statuses(connection, merged)
            new = [_row(found, run_id) for key, found in merged.items() if key not in known]
            if new:
                connection.execute(insert(FINDING), new)
            again = [_again(found, run_id, *known[key]) for key, found in merged.items() if key in known]
            if again:
                columns: dict[str, Any] = {name: bindparam(name) for name in again[0] if name != "key"}
                one = FINDING.c.finding_id == bindparam("key")
                connection.execute(update(FINDING).where(one).values(columns), again)
            _count(connection, merged, run_id, part)
        return len(new)

    def findings(
        self,
        *,
        kind: str | None = None,
        rule: str | None = None,
        status: str | None = None,
        run_id: str | None = None,
        limit: int | None = None,
    ) -> tuple[Finding, ...]:
        """Return findings, newest first."""
        if kind is not None and rule is None and status is None and run_id is None and limit is None:
            # Every board asks whether figures contradict each other.
            return self._database.unchanged(f"findings {kind}", partial(self._findings, None, kind=kind))
        return self._findings(limit, kind=kind, rule=rule, status=status, run_id=run_id)

    def _findings(self, limit: int | None, **equal: str | None) -> tuple[Finding, ...]:
        query = select(FINDING).where(*_equal(FINDING, **equal))
        query = query.order_by(FINDING.c.at.desc(), FINDING.c.finding_id).limit(limit)
        with self._database.reading() as connection:
            return tuple(_finding(row) for row in connection.execute(query))

    def set_status(
        self, finding_id: str, status: str, *, true_positive: bool | None = None, case_id: str | None = None
    ) -> None:
        """Say where a finding stands and, where known, whether it was right and which case it caused.

        Raises:
            ValueError: another status, or no such finding.
        """
        if status not in FINDING_STATUSES:
            raise ValueError(f"a finding is one of {', '.join(FINDING_STATUSES)}, not {status!r}")
        values: dict[str, object] = {"status": status}
        values |= {} if true_positive is None else {"true_positive": true_positive}
        values |= {} if case_id is None else {"case_id": case_id}
        with self._database.writing() as connection:
            where = FINDING.c.finding_id == finding_id
            if not connection.execute(update(FINDING).where(where).values(**values)).rowcount:
                raise ValueError(f"no finding {finding_id!r}")

    def _after(self, connection: Connection, column: Column[int]) -> int:
        """Return the time, or where the clock went back, the microsecond after the last time given."""
        last = connection.execute(select(func.max(column))).scalar()
        return self._clock() if last is None else max(self._clock(), last + 1)


def _named(kind: str, at: int) -> str:
    return f"{kind}-{moment(at):%Y%m%dT%H%M%S.%fZ}"


def _equal(table: Table, **values: str | None) -> list[Any]:
    return [table.c[name] == value for name, value in values.items() if value is not None]


def _runs(connection: Connection, rows: Iterable[Row[Any]]) -> tuple[Run, ...]:
    found = list(rows)
    positions: dict[str, dict[str, object]] = {}
    for start in range(0, len(found), BATCH):
        ids = [row.run_id for row in found[start : start + BATCH]]
        for row in connection.execute(select(POSITION).where(POSITION.c.run_id.in_(ids))):
            positions.setdefault(row.run_id, {})[row.key] = json.loads(row.position)
    return tuple(
        Run(
            id=row.run_id,
            kind=row.kind,
            source=row.source,
            status=row.status,
            started_at=row.started_at,
            ended_at=row.ended_at,
            rows_in=row.rows_in,
            rows_rejected=row.rows_rejected,
            code_version=row.code_version,
            config_hash=row.config_hash,
            input_hashes=json.loads(row.input_hashes),
            positions=positions.get(row.run_id, {}),
        )
        for row in found
    )


def _snapshot(connection: Connection, as_of: int | None) -> Snapshot | None:
    query = select(SNAPSHOT).order_by(SNAPSHOT.c.at.desc()).limit(1)
    head = connection.execute(query if as_of is None else query.where(SNAPSHOT.c.at <= as_of)).one_or_none()
    if head is None:
        return None
    if head.gone_at is not None:
        there = select(SNAPSHOT.c.at).where(SNAPSHOT.c.gone_at.is_(None))
        before = connection.execute(
            there.where(SNAPSHOT.c.at < head.at).order_by(SNAPSHOT.c.at.desc()).limit(1)
        ).scalar()
        after = connection.execute(there.where(SNAPSHOT.c.at > head.at).order_by(SNAPSHOT.c.at).limit(1)).scalar()
        near = " or ".join(f"{moment(at):%Y-%m-%dT%H:%M:%S.%fZ}" for at in (before, after) if at is not None)
        raise QuestionError(f"what was known then was tidied away; ask for {near}")
    rows = connection.execute(select(SNAPSHOT_TABLE).where(SNAPSHOT_TABLE.c.snapshot_id == head.snapshot_id))
    tables = {row.table_name: row.version for row in rows}
    return Snapshot(id=head.snapshot_id, at=head.at, tables=tables, run_id=head.run_id)


def _statuses(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return status and last run of the findings that are known."""
    known: dict[str, tuple[str, str]] = {}
    every = list(ids)
    for start in range(0, len(every), BATCH):
        columns = (FINDING.c.finding_id, FINDING.c.status, FINDING.c.run_id)
        query = select(*columns).where(FINDING.c.finding_id.in_(every[start : start + BATCH]))
        known |= {row.finding_id: (row.status, row.run_id) for row in connection.execute(query)}
    return known


def _row(finding: Finding, run_id: str) -> dict[str, object]:
    return {
        "finding_id": finding.id,
        "kind": finding.kind,
        "rule": finding.rule,
        "scope": written(dict(finding.scope)),
        "row": finding.row,
        "at": finding.at,
        "observed": finding.observed,
        "expected": finding.expected,
        "message": finding.message,
        "severity": finding.severity,
        "status": finding.status,
        "count": finding.count,
        "run_id": run_id,
        "true_positive": finding.true_positive,
        "case_id": finding.case_id,
    }


def _again(finding: Finding, run_id: str, status: str, last_run: str) -> dict[str, object]:
    return {
        "key": finding.id,
        "observed": finding.observed,
        "expected": finding.expected,
        "message": finding.message,
        "severity": finding.severity,
        "status": "open" if status == "resolved" and run_id != last_run else status,
        "run_id": run_id,
    }


def _count(connection: Connection, merged: Mapping[str, Finding], run_id: str, part: str) -> None:
    if not merged:
        return
    keys = [{"key": key, "of_run": run_id, "of_part": part} for key in merged]
    same_run = (FINDING_PART.c.finding_id == bindparam("key"), FINDING_PART.c.run_id == bindparam("of_run"))
    connection.execute(delete(FINDING_PART).where(*same_run, FINDING_PART.c.part == bindparam("of_part")), keys)
    rows = [{"finding_id": key, "run_id": run_id, "part": part, "count": f.count} for key, f in merged.items()]
    connection.execute(insert(FINDING_PART), rows)
    total = select(func.sum(FINDING_PART.c.count)).where(*same_run).scalar_subquery()
    by_run = [{"key": key, "of_run": run_id} for key in merged]
    connection.execute(update(FINDING).where(FINDING.c.finding_id == bindparam("key")).values(count=total), by_run)


def _finding(row: Row[Any]) -> Finding:
    values = dict(row._mapping)  # noqa: SLF001 - the documented name; a row is a tuple, whose `count` is a method
    values["scope"] = json.loads(values["scope"])
    del values["finding_id"]
    return Finding(**values)
