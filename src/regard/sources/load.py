"""A load: read, map, test, put aside, commit all tables, show them as one snapshot. Killed anywhere, it goes on.

Order of a load: look at the inputs (hashes, headers, mistakes), put each source aside chunk by chunk, test what needs
all rows, upsert every table, write the snapshot, write the findings, end the run. Every step before the snapshot can be
done again with the same result; readers see only the snapshot.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from regard.errors import AuthorError, RegardError
from regard.lake.connection import connect
from regard.sources import findings, lookups, quarantine
from regard.sources.bind import bind
from regard.sources.crossing import Crossed, Crossing
from regard.sources.readers import CHUNK_ROWS, Room, parts as open_parts
from regard.sources.readers.places import folders
from regard.sources.report import RejectsError, Report, SourceReport
from regard.sources.stage import Position, Stage, restored, saved
from regard.sql import mapping as sql
from regard.sql.derived.user_segment import measured_twice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from regard.errors import Mistake
    from regard.lake import Commit, Lake
    from regard.model import Table
    from regard.model.sources import Source
    from regard.sources.readers import Part
    from regard.store import Run, Store

CODE = "2"
"""Version of what this room makes of the same inputs: a new one reads everything again."""
MEMORY = "2GB"
DONE_KEY = "done "
"""How the positions of a load begin that say what became of a source; its name follows."""


class Progress(Protocol):
    """Hears how far a load is."""

    def __call__(self, source: str, done: int, total: int | None) -> None:
        """Hear that so many raw rows of a source are done, of about so many."""
        ...


class Identify(Protocol):
    """Makes rows of the table `identity` (of `stewardship`)."""

    def __call__(self, keys: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
        """Turn batches of `system`, `key`, `party_id` into rows."""
        ...


@dataclass(frozen=True, slots=True)
class Input:
    """A source that is looked at.

    Attributes:
        source: bound to the columns of its parts.
        parts: what it reads.
        key: hash of everything its rows depend on; "" when that cannot be told without reading.
        hashes: part or looked-up file -> hash.
    """

    source: Source
    parts: tuple[Part, ...]
    key: str
    hashes: Mapping[str, str]


def _silent(source: str, done: int, total: int | None) -> None:
    """Say nothing."""


def load(
    sources: Sequence[Source],
    *,
    tables: Mapping[str, Table],
    lake: Lake,
    store: Store,
    root: Path,
    clock: int,
    identify: Identify,
    progress: Progress = _silent,
    limit: float = 1.0,
    again: bool = False,
    code_version: str = "",
    environment: Mapping[str, str] | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> Report:
    """Load sources into the lake, as one snapshot.

    A source whose inputs, mapping and tables are those of its last load is skipped. A load that was killed goes on
    where it was, with the clock it began with.

    Args:
        sources: what to load.
        tables: all tables by name.
        lake: where the rows go.
        store: where runs, snapshots and findings go.
        root: the workspace, from which paths are told.
        clock: instant of the load in microseconds: `loaded_at`, and the test on the future.
        identify: makes the rows of `identity`.
        progress: hears how far it is.
        limit: share of the rows of a source that may be turned away, where it does not say itself (`reject_limit`);
            above it, the good rows are committed all the same and RejectsError is raised. What was turned away is as it
            was after the load before.
        again: read even what has not changed.
        code_version: of regard, for the record.
        environment: environment variables for urls; those of the process when not given.
        chunk_rows: rows put aside at a time.

    Raises:
        AuthorError: mistakes of the mappings against the columns of their rows; nothing was loaded.
        SourceError: a source that cannot be read; nothing was committed.
        RejectsError: more rows of a source turned away than its limit allows; everything else was committed.
        LoadError: another load is running.
    """
    names = ",".join(source.name for source in sources)
    with lake.writing(f"load {names}"):
        loading = _Loading(
            tables, lake, store, root, identify, progress, code_version,
            os.environ if environment is None else environment, chunk_rows,
        )  # fmt: skip
        report = loading.run(sources, clock, again=again)
    own = {source.name: limit if source.reject_limit is None else source.reject_limit / 100 for source in sources}
    # One that is left alone since nothing changed is still as bad as it was.
    over = [one.exceeds(own[one.name]) for one in report.sources if one.refused > own[one.name] * one.rows]
    if over:
        raise RejectsError(f"{'; '.join(over)}. The other rows are loaded; `regard findings` says why", report)
    return report


def peek(
    source: Source,
    *,
    tables: Mapping[str, Table],
    lake: Lake,
    root: Path,
    environment: Mapping[str, str] | None = None,
) -> tuple[dict[str, str], list[Mistake]]:
    """Return the raw columns of a source with their sorts, and the mistakes of its mapping against them.

    Raises:
        SourceError: the source cannot be read.
    """
    connection = connect(lake.root, MEMORY, also=folders(source.read, root), ordered=True)
    try:
        room = Room(root, lake.root / "tmp", connection)
        parts = open_parts(source.read, room, os.environ if environment is None else environment)
        mistakes = [mistake for part in parts for mistake in bind(source, _columns(source, part), tables, part.name)[1]]
        columns = {name: sort for part in parts for name, sort in part.columns.items()}
        return columns, list(dict.fromkeys(mistakes))
    finally:
        connection.close()


class _Loading:
    """One load."""

    def __init__(
        self,
        tables: Mapping[str, Table],
        lake: Lake,
        store: Store,
        root: Path,
        identify: Identify,
        progress: Progress,
        code_version: str,
        environment: Mapping[str, str],
        chunk_rows: int,
    ) -> None:
        self.tables, self.lake, self.store, self.root = tables, lake, store, root
        self.identify, self.progress = identify, progress
        self.version = f"{code_version}/{CODE}" if code_version else CODE
        self.environment, self.chunk_rows = environment, chunk_rows

    def run(self, sources: Sequence[Source], clock: int, *, again: bool) -> Report:
        """Do it; see `load`."""
        also = sorted({folder for source in sources for folder in folders(source.read, self.root)})
        connection = connect(self.lake.root, MEMORY, also=also, ordered=True)
        try:
            room = Room(self.root, self.lake.root / "tmp", connection, self.chunk_rows)
            inputs = self._inputs(sources, room)
            before = {one.source.name: self._last(one.source.name) for one in inputs}
            fresh = [one for one in inputs if again or not self._unchanged(one, before[one.source.name], clock)]
            if fresh and not again:
                others = [one for one in inputs if one not in fresh and self._crossed(before[one.source.name])]
                fresh = [one for one in inputs if one in fresh or one in others]
            return self._run(inputs, fresh, before, connection, clock)
        finally:
            connection.close()

    # -- looking --------------------------------------------------------------------------------------------------

    def _inputs(self, sources: Sequence[Source], room: Room) -> list[Input]:
        found: list[Input] = []
        mistakes: list[Mistake] = []
        for source in sources:
            parts = open_parts(source.read, room, self.environment)
            bound = source
            for part in parts:
                bound, mine = bind(source, _columns(source, part), self.tables, part.name)
                mistakes += [mistake for mistake in mine if mistake not in mistakes]
            for key in lookups.keys(source):
                table = lookups.read(key, self.root, source, mistakes)
                room.connection.register(lookups.relation(key), table)
            hashes = {part.name: part.digest for part in parts} | lookups.digests(source, self.root)
            declared = [repr(self.tables[mapping.table]) for mapping in source.mappings]
            known = all(hashes.values())
            key = _hash([self.version, source.text, hashes, declared]) if known else ""
            found.append(Input(bound, parts, key, hashes))
        if mistakes:
            raise AuthorError(sorted(mistakes, key=lambda mistake: (mistake.file, mistake.line)))
        return found

    def _last(self, name: str) -> tuple[Run, dict[str, Any]] | None:
        """Return the last load that ended well and had this source, with what it said of it."""
        for run in self.store.runs(kind="load", status="done", limit=500):
            said = run.positions.get(f"{DONE_KEY}{name}")
            if isinstance(said, dict):
                return run, said
        return None

    def _unchanged(self, one: Input, before: tuple[Run, dict[str, Any]] | None, clock: int) -> bool:
        if before is None or not one.key:
            return False
        run, said = before
        if said["key"] != one.key:
            return False
        # Rows that came too early for the last load may be right for this one.
        if clock > said["clock"] and any("|future-time|" in key for key in said["rejected"]):
            return False
        if self._crossed(before):
            snapshot = self.store.snapshot()
            if snapshot is not None and snapshot.run_id != run.id:
                return False
        return all(self.lake.version(table) is not None for table, count in said["loaded"].items() if count)

    @staticmethod
    def _crossed(before: tuple[Run, dict[str, Any]] | None) -> bool:
        """Whether rows of a source were turned away for what other sources said."""
        rules = ("|missing-reference|", "|unknown-code|")
        return before is not None and any(rule in key for key in before[1]["rejected"] for rule in rules)

    # -- doing ----------------------------------------------------------------------------------------------------

    def _run(
        self,
        inputs: list[Input],
        fresh: list[Input],
        before: Mapping[str, tuple[Run, dict[str, Any]] | None],
        connection: Any,  # noqa: ANN401 - a DuckDB connection
        clock: int,
    ) -> Report:
        names = ",".join(one.source.name for one in inputs)
        record: dict[str, Any] = {
            "code_version": self.version,
            "config_hash": _hash(
                [(one.source.text, [repr(self.tables[m.table]) for m in one.source.mappings]) for one in inputs]
            ),
            "input_hashes": {
                f"{one.source.name}:{name}": digest for one in inputs for name, digest in one.hashes.items()
            },
        }
        found = self.store.resume_run("load", names, **record) if fresh else None
        for run in self.store.runs(kind="load", status="running"):
            if found is None or run.id != found.id:
                self.store.finish_run(run.id, "failed")
        run_id = found.id if found else self.store.begin_run("load", names, **record)
        positions = dict(found.positions) if found else {}
        if isinstance(positions.get("clock"), int):
            clock = positions["clock"]  # type: ignore[assignment]  # looked at above
        else:
            self.store.checkpoint(run_id, "clock", clock)
        self._sweep(run_id)
        try:
            return self._load(run_id, inputs, fresh, before, connection, clock, positions)
        except KeyboardInterrupt:
            self.store.finish_run(run_id, "stopped")
            raise
        except RegardError:
            self.store.finish_run(run_id, "failed")
            raise

    def _sweep(self, run_id: str) -> None:
        """Forget what earlier loads put aside: whoever held the lock before is gone."""
        folder = self.lake.root / "staging"
        for path in folder.iterdir() if folder.exists() else ():
            if path.name != run_id:
                self.lake.staging(path.name).clear()

    def _load(
        self,
        run_id: str,
        inputs: list[Input],
        fresh: list[Input],
        before: Mapping[str, tuple[Run, dict[str, Any]] | None],
        connection: Any,  # noqa: ANN401 - a connection of the lake
        clock: int,
        positions: Mapping[str, object],
    ) -> Report:
        staging = self.lake.staging(run_id)
        stages: list[tuple[Stage, Position]] = []
        for one in fresh:
            name = one.source.name
            relations = {key: lookups.relation(key) for key in lookups.keys(one.source)}
            stage = Stage(one.source, one.parts, self.tables, staging, connection, relations, clock, self.chunk_rows)
            position = restored(positions.get(f"at {name}"))
            self.progress(name, position.rows, stage.total)
            stage.run(position, self._saver(run_id, name), self._teller(name, stage.total))
            stages.append((stage, position))
        crossed = Crossed(stages, self.tables, self.lake, connection)
        crossing = crossed.run()
        commits = self._commit(run_id, stages, crossed, crossing, clock) if stages else ()
        snapshot = self._snapshot(run_id, commits)
        counts = {table: crossed.count(table) for table in crossed.groups}
        reports = {stage.source.name: _report(stage, position, crossing, counts) for stage, position in stages}
        self._tell(run_id, reports, connection, clock)
        every = []
        for one in inputs:
            name = one.source.name
            if name in reports:
                report = replace(reports[name], inputs=one.hashes)
                said = _said(report, one.key, clock)
            else:
                last = before[name]
                said = dict(last[1]) if last else {}
                report = _recalled(name, said, one.hashes)
            self.store.checkpoint(run_id, f"{DONE_KEY}{name}", said)
            every.append(report)
        done = Report(
            run_id=run_id,
            clock=clock,
            resumed=bool(positions),
            sources=tuple(every),
            commits=commits,
            snapshot=snapshot,
        )
        self.store.finish_run(run_id, "done", rows_in=done.rows, rows_rejected=done.refused)
        staging.clear()
        return done

    def _saver(self, run_id: str, name: str) -> Callable[[Position], None]:
        return lambda position: self.store.checkpoint(run_id, f"at {name}", saved(position))

    def _teller(self, name: str, total: int | None) -> Callable[[int], None]:
        return lambda done: self.progress(name, done, total)

    # -- committing -----------------------------------------------------------------------------------------------

    def _commit(
        self, run_id: str, stages: list[tuple[Stage, Position]], crossed: Crossed, crossing: Crossing, clock: int
    ) -> tuple[Commit, ...]:
        commits = []
        for name in sorted(crossed.groups):
            table = self.tables[name]
            rows = crossed.rows(table)
            commits.append(self.lake.upsert(table, _dated(rows, clock), run_id=run_id))
        commits += self._doubles(run_id, crossed, crossing, clock)
        commits += self._identities(run_id, stages, crossed, clock)
        commits += self._quarantine(run_id, stages, crossed, crossing, clock)
        return tuple(commits)

    def _doubles(self, run_id: str, crossed: Crossed, crossing: Crossing, clock: int) -> list[Commit]:
        """Mark stored answers that a later answer replaces: they stay, and count no longer."""
        table = self.tables.get("response")
        if not crossing.doubles or table is None:
            return []
        pairs = pa.table(dict(zip(("source", "source_id", "kept"), zip(*crossing.doubles, strict=True), strict=True)))
        connection = crossed.connection
        self.lake.view(connection, table, self.lake.version(table.name), name="stored answers")
        connection.register("pairs", pairs)
        rows = connection.sql(sql.doubled('"stored answers"', "pairs")).to_arrow_table()
        connection.unregister("pairs")
        rows = rows.drop_columns(["loaded_at", "run_id"])
        return [self.lake.upsert(table, _dated(rows.to_reader(), clock), run_id=run_id)]

    def _identities(
        self, run_id: str, stages: list[tuple[Stage, Position]], crossed: Crossed, clock: int
    ) -> list[Commit]:
        groups = [
            (system, column, f"{column} given", files)
            for stage, position in stages
            for place in range(len(stage.source.mappings))
            if (files := stage.files(place, position))
            for column, system in stage.parties(place)
        ]
        if not groups:
            return []
        connection = crossed.connection
        connection.execute(f"create or replace temp table parties as {sql.parties(groups)}")
        keys = connection.sql("select * from parties order by system, key").to_arrow_reader(131_072)
        table = self.tables["identity"]
        rows = (batch for made in self.identify(keys) for batch in made.to_batches())
        return [self.lake.upsert(table, _dated(rows, clock), run_id=run_id)]

    def _quarantine(
        self, run_id: str, stages: list[tuple[Stage, Position]], crossed: Crossed, crossing: Crossing, clock: int
    ) -> list[Commit]:
        """Write the rejects, and mark as mended those of earlier loads that were not found again."""
        table, connection = self.tables["quarantine"], crossed.connection
        files = [file for stage, position in stages for file in stage.turned_away(position)]
        extra = [quarantine.rows(source, rejects, self.tables) for source, rejects in crossing.rejects.items()]
        connection.register("late rejects", pa.concat_tables([quarantine.SCHEMA.empty_table(), *extra]))
        late = 'select * from "late rejects"'
        every = f"{sql.landed(files)} union all by name {late}" if files else late
        connection.execute(f"create or replace temp table rejects as {every}")
        self.lake.view(connection, table, self.lake.version(table.name), name="stored rejects")
        names = [stage.source.name for stage, _ in stages]
        gone = connection.sql(sql.stale('"stored rejects"', "rejects", names)).to_arrow_table()
        gone = gone.drop_columns(["loaded_at", "run_id"])
        mended = pa.repeat(pa.scalar(clock, pa.int64()), gone.num_rows)
        gone = gone.set_column(gone.schema.get_field_index("mended_at"), "mended_at", mended)
        now = connection.sql("select * from rejects order by source, source_id").to_arrow_table()
        connection.unregister("late rejects")
        if not now.num_rows and not gone.num_rows:
            return []
        both = pa.concat_tables([now, gone], promote_options="permissive")
        return [self.lake.upsert(table, _dated(both.to_reader(), clock), run_id=run_id)]

    def _snapshot(self, run_id: str, commits: tuple[Commit, ...]) -> str:
        """Show the new versions together; where none is new, the newest snapshot stands."""
        versions = {commit.table: commit.version for commit in commits}
        newest = self.store.snapshot()
        if newest is not None and all(newest.tables.get(name) == version for name, version in versions.items()):
            return newest.id
        return self.store.add_snapshot(versions, run_id).id if versions else ""

    # -- telling --------------------------------------------------------------------------------------------------

    def _tell(self, run_id: str, reports: Mapping[str, SourceReport], connection: Any, clock: int) -> None:  # noqa: ANN401 - a connection of the lake
        found = [one for report in reports.values() for one in findings.of(report, clock)]
        if "identity" in self.tables and self.lake.version("identity") is not None and reports:
            self.lake.view(connection, self.tables["identity"], self.lake.version("identity"), name="stored identity")
            query = sql.colliding('"stored identity"')
            found += [findings.collision(number, keys, clock) for number, keys in connection.execute(query).fetchall()]
        if "event" in self.tables and self.lake.version("event") is not None and reports:
            self.lake.view(connection, self.tables["event"], self.lake.version("event"), name="stored event")
            left_out = connection.execute(measured_twice('"stored event"')).fetchall()
            found += findings.measured_twice(left_out, clock)
        self.store.add_findings(found, run_id=run_id)
        now = {one.id for one in found}
        for one in self.store.findings(kind="dq", status="open"):
            if one.id not in now and (one.scope.get("source") in reports or one.rule == findings.MEASURED_TWICE):
                self.store.set_status(one.id, "resolved")


def _columns(source: Source, part: Part) -> dict[str, str]:
    return dict(part.columns) | {name: "text" for name in source.optional if name not in part.columns}


def _hash(value: object) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _dated(rows: Iterable[pa.RecordBatch], clock: int) -> Iterator[pa.RecordBatch]:
    """Stamp rows with the instant of the load."""
    for batch in rows:
        at = pa.repeat(pa.scalar(clock, pa.int64()), batch.num_rows)
        yield pa.RecordBatch.from_arrays([*batch.columns, at], names=[*batch.schema.names, "loaded_at"])


def _report(
    stage: Stage, position: Position, crossing: Crossing, counts: Mapping[str, Mapping[str, int]]
) -> SourceReport:
    name = stage.source.name
    rejected = {_key(key): count for key, count in position.rejected.items()}
    for reject in crossing.rejects.get(name, ()):
        key = (reject.table, reject.rule, reject.field)
        rejected[key] = rejected.get(key, 0) + 1
    notes = {_key(key): count for key, count in position.notes.items()}
    notes |= {(table, what, "id"): count for (source, table, what), count in crossing.notes.items() if source == name}
    loaded = {mapping.table: counts.get(mapping.table, {}).get(name, 0) for mapping in stage.source.mappings}
    refused = position.refused + crossing.refused.get(name, 0)
    return SourceReport(name=name, rows=position.rows, loaded=loaded, rejected=rejected, refused=refused, notes=notes)


def _key(text: str) -> tuple[str, str, str]:
    table, rule, name = text.split("|")
    return table, rule, name


def _said(report: SourceReport, key: str, clock: int) -> dict[str, Any]:
    """Return what the store keeps of a source's load."""
    return {
        "key": key,
        "clock": clock,
        "rows": report.rows,
        "refused": report.refused,
        "loaded": dict(report.loaded),
        "rejected": {"|".join(name): count for name, count in report.rejected.items()},
        "notes": {"|".join(name): count for name, count in report.notes.items()},
    }


def _recalled(name: str, said: Mapping[str, Any], hashes: Mapping[str, str]) -> SourceReport:
    return SourceReport(
        name=name,
        skipped=True,
        rows=said.get("rows", 0),
        refused=said.get("refused", 0),
        loaded=said.get("loaded", {}),
        rejected={_key(key): count for key, count in said.get("rejected", {}).items()},
        notes={_key(key): count for key, count in said.get("notes", {}).items()},
        inputs=hashes,
    )
