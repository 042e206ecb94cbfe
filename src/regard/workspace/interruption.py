"""Deciding with the ledger: an incident opened, minutes by cause, the queue, one customer, one ticket.

Everything is read from the derived tables that the metrics are computed from, so a page's totals are the ledger's.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from regard.catalog import table_arguments
from regard.errors import QuestionError, did_you_mean
from regard.expr import MINUTE_US
from regard.model import DAY_US, Grain
from regard.model.interruption import (
    Bounds,
    Cause,
    CustomerLedger,
    Entry,
    Escalation,
    Escalations,
    ImpactReport,
    IncidentPage,
    Level,
    Listed,
    Mark,
    Money,
    Part,
    Phase,
    Record,
    Running,
    Scores,
    Similar,
    Stretch,
    Suffered,
    Tickets,
    Toll,
    Wait,
)
from regard.plan import suppressed
from regard.sql import interruption as sql, stretch as stretched
from regard.stats import estimate, mean_difference, residual

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from regard.plan import Estimate
    from regard.workspace.asking import Asking

Row = dict[str, Any]

DEPTH, LEAST, MOST = "depth", "depth_least", "depth_most"
"""Policies of depth: the one in force, and the two ends of the range."""

SATISFACTION = "csat"
"""Kind of question whose answers are compared before and after."""

YEAR = 365
"""Days of the year over which interruptions of a customer are counted."""

MADE = ("ledger", "ledger_share", "episode")
"""Derived tables that choices make otherwise."""

SIMILAR = 5
"""Earlier incidents shown."""

LIKE = 5
"""Fewest earlier incidents of a severity from which its durations are told."""

CLOCKS = (
    ("detected", "detected_at"),
    ("acknowledged", "acknowledged_at"),
    ("declared", "declared_at"),
    ("first word to customers", "status_posted_at"),
    ("mitigated", "mitigated_at"),
    ("resolved", "resolved_at"),
)
"""Moments of the operator's record, in the order of the story."""

PHASES = (
    ("before detection", "detected_at"),
    ("from detection to acknowledgement", "acknowledged_at"),
    ("to mitigation", "mitigated_at"),
    ("to restoration", ""),
)
"""Phases, each to a moment of the record; the last to the last restoration."""


@dataclass(frozen=True)
class Interruptions:
    """Reads the ledger of one snapshot.

    Attributes:
        asking: the snapshot, opened.
        options: choice -> option, of those by which the ledger is made.
    """

    asking: Asking
    options: Mapping[str, str] = field(default_factory=dict)

    # -- an incident -------------------------------------------------------------------------------------------------

    def incident(self, incident: str) -> IncidentPage:
        """Open an incident.

        Raises:
            QuestionError: nobody recorded one of that id.
        """
        row = self._record(incident)
        found = self._rows(sql.toll(self._shares), incidents=[incident])
        whole = next((each for each in found if not each["by"]), None)
        marks = _marks(row, whole, self.asking.until)
        pieces = self._rows(sql.depths(self._shares), incidents=[incident]) if whole else []
        return IncidentPage(
            record=_record(row),
            toll=self._toll(whole, [incident]) if whole else None,
            evidence=_summed(pieces, "evidence"),
            parts=self._parts([each for each in found if each["by"]]),
            marks=marks,
            phases=self._phases(row) if whole else (),
            untold=self._untold(row) if whole else None,
            kinds=_summed(pieces, "kind"),
            index=Bounds(*(self._index(pieces, policy) for policy in (DEPTH, LEAST, MOST))) if whole else None,
            waits=self._waits(incident) if whole else (),
            tickets=self._tickets(incident),
            scores=self._scores(incident),
            similar=self._similar(row),
            until=self.asking.until,
            currency=self.asking.workspace.config.currency,
        )

    def _record(self, incident: str) -> Row:
        rows = self._rows(sql.record(), "incident", incidents=[incident])
        rows = [row for row in rows if row["started_at"] < self.asking.until]
        if not rows:
            known = [row["incident_id"] for row in self._history]
            raise QuestionError(f"there is no incident '{incident}'; {did_you_mean(incident, known)}".rstrip("; "))
        # What has not happened yet where the story is cut is left out.
        until = self.asking.until
        cut = {key: None if key.endswith("_at") and (value or 0) > until else value for key, value in rows[0].items()}
        # Its last status was set when it ended: of one that had not ended yet it is not known.
        return cut | ({"last_status": None} if rows[0]["resolved_at"] != cut["resolved_at"] else {})

    def _parts(self, rows: Sequence[Row]) -> tuple[Part, ...]:
        """Return the parts of the whole by each dimension, without those that tell of too few customers (K24)."""
        hidden: dict[int, bool] = {}
        for by in dict.fromkeys(row["by"] for row in rows):
            own = [i for i, row in enumerate(rows) if row["by"] == by]
            secret = self._hidden([(rows[i]["name"],) for i in own], [rows[i]["n_hi"] for i in own])
            hidden |= dict(zip(own, secret, strict=True))
        return tuple(
            Part(
                by=row["by"],
                name=row["name"],
                customers=None if hidden[i] else _bounds(row, "n"),
                minutes=None if hidden[i] else row["minutes"],
            )
            for i, row in enumerate(rows)
        )

    def _hidden(self, groups: Sequence[tuple[str | None, ...]], customers: Sequence[float]) -> list[bool]:
        """Return which parts of one whole must not be told, by how many customers each is of."""
        people = np.array(customers, dtype=np.float64)[:, None]
        least = self.asking.workspace.config.privacy_min
        return [bool(one) for one in suppressed(groups, people, least)[:, 0]]

    def _toll(self, row: Row, incidents: Sequence[str]) -> Toll:
        [named] = self._rows(sql.tickets(self._shares), "case", "party", incidents=list(incidents))
        return Toll(
            customers=_bounds(row, "n"),
            minutes=_bounds(row, "minutes"),
            money=Money(amount=row["amount"], known=row["known"]),
            tickets=named["linked"],
            running=row["burning"],
        )

    def _phases(self, row: Row) -> tuple[Phase, ...]:
        """Return minutes by phase; the moments are taken in order, so that one out of order makes a phase of none."""
        known = [(name, row[column]) for name, column in PHASES if column and row[column] is not None]
        bounds = [int(edge) for edge in np.maximum.accumulate([at for _, at in known])] if known else []
        [found] = self._rows(sql.phases(self._shares, bounds), incidents=[row["incident_id"]])
        minutes = dict(zip([*(name for name, _ in known), PHASES[-1][0]], found.values(), strict=True))
        return tuple(Phase(name=name, minutes=minutes.get(name)) for name, _ in PHASES)

    def _untold(self, row: Row) -> float | None:
        if row["status_posted_at"] is None:
            return None
        statement = sql.phases(self._shares, [row["status_posted_at"]])
        return float(self._rows(statement, incidents=[row["incident_id"]])[0]["phase_0"])

    def _index(self, pieces: Iterable[Row], policy: str) -> float:
        return float(sum(row["minutes"] * self._depth(row, policy) for row in pieces))

    def _depth(self, row: Row, policy: str = DEPTH) -> float:
        """Return how deep a piece is: the deepest of its kinds by a policy, or what a loss says of itself."""
        values = self.asking.workspace.catalogue.policies[policy].values
        deep = [values[(kind,)] for kind in row["kinds"].split("+") if kind]
        return max([*deep, float(row["own_depth"])])

    def _waits(self, incident: str) -> tuple[Wait, ...]:
        [row] = self._rows(sql.waits(self._name("episode")), incidents=[incident])
        return tuple(
            Wait(
                name=name,
                median=row[f"{key}_median"],
                p90=row[f"{key}_p90"],
                reached=row[f"{key}_came"],
                of=row["n"],
            )
            for name, key in (("relief", "relief"), ("a first word", "know"))
        )

    def _tickets(self, incident: str) -> Tickets:
        [row] = self._rows(sql.tickets(self._shares), "case", "party", incidents=[incident])
        matched, usual = row["matched"], float(row["usual"])
        sure = max(0.0, 1 - usual / matched) if matched else None
        return Tickets(linked=row["linked"], matched=matched, usual=usual, confidence=sure)

    def _scores(self, incident: str) -> Scores:
        rows = self._rows(sql.scores(self._shares), "response", "party", incidents=[incident], question=SATISFACTION)
        sides = {row["side"]: row for row in rows}
        if any(0 < row["people"] < self.asking.workspace.config.privacy_min for row in rows):
            return Scores(hidden=True)
        before, after = (_mean(sides.get(side)) for side in ("before", "after"))
        change = mean_difference(after, before) if before and after else (None, None, None)
        return Scores(
            before=before.value if before else None,
            after=after.value if after else None,
            n_before=sides.get("before", {}).get("n", 0),
            n_after=sides.get("after", {}).get("n", 0),
            change=change[0],
            lo=change[1],
            hi=change[2],
        )

    def _similar(self, row: Row) -> tuple[Similar, ...]:
        found = []
        for other in self._history:
            alike = [name for name in ("service", "cause") if row[name] and row[name] == other[name]]
            earlier = other["started_at"] < row["started_at"] and other["incident_id"] != row["incident_id"]
            if not alike or not earlier or other["planned"] != row["planned"]:
                continue
            found.append((len(alike), other["started_at"], other, ", ".join(alike)))
        found.sort(key=lambda each: (-each[0], -each[1], each[2]["incident_id"]))
        return tuple(
            Similar(
                incident=other["incident_id"],
                title=other["title"],
                alike=alike,
                at=other["started_at"],
                lasted=_lasted(other),
                minutes=other["minutes"],
            )
            for _, _, other, alike in found[:SIMILAR]
        )

    # -- minutes by cause --------------------------------------------------------------------------------------------

    def impact(
        self, by: Sequence[str], *, grain: Grain = Grain.ALL, start: date | None = None, end: date | None = None
    ) -> ImpactReport:
        """Return customer minutes by dimensions, adding up to the whole.

        Raises:
            QuestionError: a dimension that the ledger does not have.
        """
        table = self.asking.workspace.catalogue.tables["ledger_share"]
        for name in by:
            if name not in table.dims:
                hint = did_you_mean(name, table.dims) or f"dimensions: {', '.join(table.dims)}"
                raise QuestionError(f"minutes are not attributed by '{name}'; {hint}")
        shares = self._shares  # refuses whoever cannot see losses, before anything is said of them
        # Where no impact is recorded at all the days are those of the incidents, whose minutes are then unknown.
        periods = self.asking.days("ledger_share", "start_at", start, end, grain) or self.asking.days(
            "incident", "started_at", start, end, grain
        )
        if not periods:
            now = self.asking.until
            return ImpactReport(by=tuple(by), rows=(), totals={}, planned=0.0, blind=(), start_at=now, end_at=now)
        bounds = [*(period.start_us for period in periods), periods[-1].end_us]
        columns = [table.dims[name] for name in by]
        rows = self._rows(sql.attributed(shares, columns, bounds))
        blind = self._rows(sql.blind(shares), "incident", "impact", start=bounds[0], end=bounds[-1])
        events: dict[tuple[int, tuple[str | None, ...]], list[Row]] = defaultdict(list)
        customers = {}
        for row in rows:
            key = (row["period"], tuple(row[column] for column in columns))
            if row["whole"]:
                customers[key] = row["customers"]
            elif row["minutes"] is not None:
                events[key].append(row)
        made: list[Cause] = []
        totals = {}
        for number, period in enumerate(periods):
            own = {dims: found for (at, dims), found in events.items() if at == number}
            total = sum(row["minutes"] for found in own.values() for row in found)
            totals[period.label] = float(total)
            so_far = 0.0
            ordered = sorted(own.items(), key=lambda each: (-sum(r["minutes"] for r in each[1]), str(each[0])))
            known = [customers.get((number, dims), 0.0) for dims, _ in ordered]
            hidden = self._hidden([dims for dims, _ in ordered], known)
            for (dims, found), people, secret in zip(ordered, known, hidden, strict=True):
                so_far += sum(row["minutes"] for row in found)
                told = None if secret else people
                made.append(self._cause(dict(zip(by, dims, strict=True)), period.label, found, total, so_far, told))
        return ImpactReport(
            by=tuple(by),
            rows=tuple(made),
            totals=totals,
            planned=float(sum(row["planned"] or 0.0 for row in rows)),
            blind=tuple(row["incident_id"] for row in blind),
            start_at=bounds[0],
            end_at=bounds[-1],
        )

    def _cause(
        self,
        dims: Mapping[str, str | None],
        period: str,
        events: Sequence[Row],
        total: float,
        so_far: float,
        customers: float | None,
    ) -> Cause:
        parts = np.array([[row["minutes"] for row in events]])
        minutes = float(parts.sum())
        chance = estimate("compound_poisson_rate", [minutes], [[minutes], [1.0]], parts=parts).estimate(0)
        return Cause(
            dims=dims,
            period=period,
            minutes=Bounds(
                minutes,
                float(sum(row["minutes_lo"] for row in events)),
                float(sum(row["minutes_hi"] for row in events)),
            ),
            lo=chance.lo,
            hi=chance.hi,
            share=minutes / total if total else None,
            running=so_far / total if total else None,
            incidents=sum(bool(row["named"]) for row in events),
            customers=customers,
            without_largest=minutes - float(parts.max()),
        )

    # -- the queue ---------------------------------------------------------------------------------------------------

    def queue(self) -> tuple[Running, ...]:
        """Return open incidents, those first that will cost customers most; those without any impact recorded last."""
        burning = defaultdict(list)
        for row in self._rows(sql.burning(self._shares)):
            burning[row["incident_id"]].append(row)
        found = [
            self._running(row, burning[row["incident_id"]])
            for row in self._history
            if row["running"] or (row["resolved_at"] is None and not row["planned"])
        ]
        return tuple(sorted(found, key=lambda one: (one.expected is None, -(one.expected or 0), one.record.incident)))

    def _running(self, row: Row, pieces: Sequence[Row]) -> Running:
        since = row["started_at"] if row["first_at"] is None else row["first_at"]
        age = (self.asking.until - since) / MINUTE_US
        past = [
            (lasted, other["severity"])
            for other in self._history
            if other["planned"] == row["planned"]
            and other["incident_id"] != row["incident_id"]
            and (lasted := _lasted(other)) is not None
        ]
        remaining, basis = expected_rest(age, past, row["severity"])
        burn = None if row["first_at"] is None else float(row["burn"])
        return Running(
            record=_record(row),
            age=age,
            burn=burn,
            weighted=None if burn is None else float(sum(one["critical"] * self._depth(one) for one in pieces)),
            so_far=row["minutes"],
            remaining=remaining,
            expected=None if burn is None else burn * remaining,
            basis=basis,
            kinds=tuple(sorted({one["kind"] for one in pieces})),
        )

    @cached_property
    def _history(self) -> list[Row]:
        return self._rows(sql.spans(self._shares), "incident")

    def course(self, incident: str) -> tuple[Level, ...]:
        """Return how many customers were losing service to an incident, from each instant at which that changed."""
        now: dict[str, float] = defaultdict(float)
        found: list[Level] = []
        for row in self._rows(stretched.course(self._shares), incidents=[incident]):
            now[row["kind"]] += float(row["step"])
            level = Level(at=row["edge_at"], kinds={kind: max(many, 0.0) for kind, many in now.items()})
            if found and found[-1].at == level.at:
                found.pop()
            found.append(level)
        return tuple(found)

    # -- a stretch of days -------------------------------------------------------------------------------------------

    def stretch(self, start: int, end: int, *, worst: int = 0) -> Stretch:
        """Return the ledger of the instants [start, end): incidents, phases, and so many of the worst served (R117)."""
        end = min(end, self.asking.until)
        bound = {"start": start, "end": end}
        records = {row["incident_id"]: row for row in self._history}
        taken = self._rows(stretched.incidents(self._shares), "incident", **bound)
        moments = [column for _, column in PHASES if column]
        [found] = self._rows(stretched.phases(self._shares, moments), "incident", **bound)
        suffered = (
            self._rows(
                stretched.worst_served(self._shares, self._name("episode")),
                "party",
                year=end - YEAR * DAY_US,
                most=worst,
                **bound,
            )
            if worst
            else []
        )
        listed = [_listed(records[row["incident_id"]], row) for row in taken if row["incident_id"] in records]
        return Stretch(
            start_at=start,
            end_at=end,
            incidents=tuple(sorted(listed, key=lambda one: one.record.planned)),
            phases=tuple(Phase(name=name, minutes=float(found[f"phase_{i}"])) for i, (name, _) in enumerate(PHASES)),
            unnamed=float(found["unnamed"]),
            worst=tuple(
                Suffered(
                    party_id=row["party_id"],
                    customer=row["source_party"] or str(row["party_id"]),
                    segment=row["segment"],
                    tier=row["tier"],
                    minutes=float(row["minutes"]),
                    times=row["times"],
                    times_year=row["times_year"],
                    value=row["value_amount"],
                )
                for row in suffered
            ),
            currency=self.asking.workspace.config.currency,
        )

    # -- one customer, one ticket ------------------------------------------------------------------------------------

    def ledger(self, customer: str) -> CustomerLedger:
        """Return what one customer lost and said.

        Raises:
            QuestionError: nobody, or several, are known by that name.
        """
        party = self._party(customer)
        top = party["top"]
        losses = self._rows(sql.losses(self._name("ledger"), self._shares), party=top)
        episodes = self._rows(sql.interruptions(self._name("episode")), party=top)
        words = self._rows(sql.said(), "case", "response", "party", party=top)
        entries = [*map(_loss, losses), *map(_interruption, episodes), *map(_said, words)]
        order = {"interruption": 0, "loss": 1, "planned work": 1}
        entries.sort(key=lambda entry: (entry.at, order.get(entry.what, 2), entry.note))
        return CustomerLedger(
            party_id=top,
            customer=party["source_party"],
            dims={name: party[name] for name in ("segment", "tier", "region", "plan", "lifecycle")},
            minutes=float(sum(row["minutes"] for row in losses if not row["planned_only"])),
            planned=float(sum(row["minutes"] for row in losses if row["planned_only"])),
            interruptions=len(episodes),
            sustained=sum(row["sustained"] for row in episodes),
            entries=tuple(entries),
            until=self.asking.until,
        )

    def _party(self, customer: str) -> Row:
        rows = self._rows(sql.found(False), "party", name=customer)
        if not rows and customer.isdigit():
            rows = self._rows(sql.found(True), "party", party=int(customer))
        if not rows:
            raise QuestionError(
                f"no customer '{customer}' is known; write the key as its source does, or its surrogate"
            )
        if len(rows) > 1:
            several = ", ".join(f"{row['party_id']} ({row['kind']})" for row in rows)
            raise QuestionError(f"several customers are called '{customer}'; ask one by its surrogate: {several}")
        return rows[0]

    def escalation(self, cases: Sequence[str]) -> Escalations:
        """Return what stands behind tickets, each and together.

        Raises:
            QuestionError: there is no such ticket.
        """
        rows = {
            row["case_id"]: row
            for row in self._rows(sql.case_incident(self._shares), "case", "party", cases=list(dict.fromkeys(cases)))
        }
        for case in cases:
            if case not in rows:
                raise QuestionError(f"there is no ticket '{case}'")
        wanted = list(dict.fromkeys(row["incident_id"] for row in rows.values() if row["incident_id"]))
        tolls = {incident: self.toll([incident]) for incident in wanted}
        records = {row["incident_id"]: row for row in self._history}
        cards = []
        for case in cases:
            row = rows[case]
            incident = row["incident_id"]
            cards.append(
                Escalation(
                    case=case,
                    opened_at=row["opened_at"],
                    incident=incident,
                    how=row["how"],
                    record=_record(records[incident]) if incident in records else None,
                    toll=tolls.get(incident) if incident else None,
                )
            )
        return Escalations(
            cards=tuple(cards),
            incidents=tuple(wanted),
            total=self.toll(wanted) if wanted else None,
            currency=self.asking.workspace.config.currency,
        )

    def toll(self, incidents: Sequence[str]) -> Toll | None:
        """Return what incidents took together, each customer once; None where no impact of any is recorded."""
        rows = self._rows(sql.toll(self._shares), incidents=list(incidents))
        whole = next((row for row in rows if not row["by"]), None)
        return self._toll(whole, incidents) if whole else None

    # -- reading -----------------------------------------------------------------------------------------------------

    @cached_property
    def _shares(self) -> str:
        return self._name("ledger_share")

    @cached_property
    def _arguments(self) -> dict[str, dict[str, str | float]]:
        return table_arguments(self.asking.workspace.catalogue, MADE, self.options)

    def _name(self, table: str) -> str:
        return self.asking.limited.name(table, tuple(self._arguments.get(table, {}).items()))

    def _rows(self, statement: str, *tables: str, **bound: object) -> list[Row]:
        """Run a statement that reads some tables; only what it mentions is bound."""
        for table in tables:
            self._name(table)
        return self.asking.limited.rows(statement, until=self.asking.until, **bound)


def expected_rest(age: float, past: Sequence[tuple[float, str | None]], severity: str | None) -> tuple[float, str]:
    """Return how many minutes an incident of some age may go on, and where that is from.

    The mean residual life, as where minutes are projected, at this very age: of its severity where there are `LIKE` of
    those, else of all. Where none lasted so long: as long again as it has, which is said.

    Args:
        age: minutes since it began.
        past: (minutes, severity) of earlier ones.
        severity: of this one.
    """
    for name, lasted in (
        (f" of severity {severity}", [minutes for minutes, of in past if severity and of == severity]),
        ("", [minutes for minutes, _ in past]),
    ):
        longer = [minutes - age for minutes in lasted if minutes > age]
        if len(lasted) >= (LIKE if name else 1) and longer:
            count = f"{len(longer)} of {len(lasted)} earlier incidents{name}"
            mean, _ = residual(np.array([float(len(longer))]), np.array([sum(longer)]))
            return float(mean[0]), f"{count} lasted longer; what was left of them, on average"
    told = f"none of {len(past)} earlier incidents lasted so long" if past else "no earlier incident is known"
    return age, f"{told}; taken as long again as it has lasted"


def _record(row: Row) -> Record:
    return Record(
        incident=row["incident_id"],
        title=row["title"],
        severity=row["severity"],
        cause=row["cause"],
        service=row["service"],
        team=row["owner_team"],
        status=row["last_status"],
        postmortem=row["postmortem_url"],
        planned=bool(row["planned"]),
    )


def _listed(record: Row, taken: Row) -> Listed:
    return Listed(
        record=_record(record),
        at=record["started_at"] if record["first_at"] is None else record["first_at"],
        lasted=_lasted(record),
        minutes=None if record["minutes"] is None else float(taken["minutes"] or 0.0),
        customers=None if record["minutes"] is None else float(taken["customers"] or 0.0),
        running=bool(record["running"]),
    )


def _bounds(row: Row, name: str) -> Bounds:
    return Bounds(float(row[name]), float(row[f"{name}_lo"]), float(row[f"{name}_hi"]))


def _summed(rows: Iterable[Row], key: str) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for row in rows:
        found[row[key]] += row["minutes"]
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def _marks(row: Row, whole: Row | None, until: int) -> tuple[Mark, ...]:
    first = whole["start_at"] if whole else None
    over = whole["stop_at"] if whole and not whole["burning"] else None
    known = [("recorded beginning", "operator", row["started_at"]), ("first impact", "customers", first)]
    known += [(name, "operator", row[column]) for name, column in CLOCKS]
    known += [("last restoration", "customers", over)]
    said = [
        Mark(
            name=name,
            clock=clock,
            at=at,
            after=None if at is None or first is None else (at - first) / MINUTE_US,
        )
        for name, clock, at in known
    ]
    return tuple(sorted(said, key=lambda mark: until + 1 if mark.at is None else mark.at))


def _lasted(row: Row) -> float | None:
    """Return how long an incident lasted for customers, else by its record; None while it runs."""
    if row["running"] or row["resolved_at"] is None:
        return None
    if row["first_at"] is not None:
        return float(row["last_at"] - row["first_at"]) / MINUTE_US
    return float(row["resolved_at"] - row["started_at"]) / MINUTE_US


def _mean(row: Row | None) -> Estimate | None:
    if row is None:
        return None
    n = row["n"]
    leaves = [[row["total"]], [row["squares"]], [n]]
    return estimate("mean", [row["total"] / n], leaves).estimate(0, n=n)


def _loss(row: Row) -> Entry:
    return Entry(
        at=row["start_at"],
        end_at=row["end_at"],
        what="planned work" if row["planned_only"] else "loss",
        kind=row["kind"],
        minutes=float(row["minutes"]),
        incidents=tuple(row["incidents"]),
        note=f"evidence: {row['evidence']}" + ("" if row["incidents"] else "; no incident declared"),
    )


def _interruption(row: Row) -> Entry:
    lost = f"{row['lost']:,.0f} min lost over {row['elapsed']:,.0f}"
    again = f", in {row['pieces']} stretches" if row["pieces"] > 1 else ""
    relief = ", relief by a workaround" if row["relieved"] and row["by_workaround"] else ""
    return Entry(
        at=row["start_at"],
        end_at=row["end_at"],
        what="interruption",
        kind="sustained" if row["sustained"] else "momentary",
        minutes=None,
        incidents=(row["incident_id"],) if row["incident_id"] else (),
        note=f"{lost}{again}{relief}",
    )


def _said(row: Row) -> Entry:
    if row["what"] == "answer":
        scale = f" of {row['scale_min']:g} to {row['scale_max']:g}" if row["scale_max"] is not None else ""
        note = f"{row['name']}: {row['score']:g}{scale}" if row["score"] is not None else row["name"]
    else:
        note = row["name"]
    return Entry(
        at=row["opened_at"],
        end_at=row["end_at"],
        what=row["what"],
        kind=row["kind"],
        minutes=None,
        incidents=(row["incident_id"],) if row["incident_id"] else (),
        note=note,
    )
