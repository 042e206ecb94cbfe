"""What customers lose: stages of loss brought to those who bear them, and cut into pieces in which nothing changes.

Shared by the references of `ledger`, `ledger_share` and `episode`. Slow and plain: every piece looks at every row.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from regard.derived.reference import by, words
from regard.derived.versions import cut, of_grain, version_at, versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from regard.derived.reference import Arguments, Inputs, Row
    from regard.derived.versions import History

KINDS = ("outage", "data_loss", "degraded", "workaround", "cosmetic")
"""Kinds of loss, the worst first."""

EVIDENCE = ("observed", "listed", "estimated", "assumed")
"""How we know, the best first."""

BASES = ("connected", "active", "expected")
"""Who counts as affected (K03)."""

RELIEFS = ("none", "restored", "workaround")
"""How a stage ended; of two that end at once the earlier in this order (but none) decides."""

SCOPE = ("plan", "region", "segment", "tier")
"""What describes a cohort, in the order of its name."""

EVERYBODY = "everybody"
"""Name of the cohort that nothing narrows."""

LEVELS = 5
"""A parent is sought over so many levels."""

SETTLED = 1_000_000_000
"""Counts that are added or multiplied are settled to a billionth of a customer: then any order gives the same."""

BUCKETS = 32

Incident = tuple[str, int]
"""(id, number of the described incident, or 0): what a row says is behind it."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A stage of loss of one bearer: a customer, or a cohort whose members are unknown.

    Attributes:
        party: the customer; None for a cohort.
        cohort: name of the cohort, "" for a customer.
        scope: what the cohort is narrowed to, in the order of `SCOPE`; () for a customer.
        user: the party below the customer that lost, where that matters (K02).
        start, end: when; a blank end goes on.
        incident: what is behind it, or None.
        planned: whether that is planned work.
        kind, depth, journey, basis, evidence, relief: as written.
        n, n_lo, n_hi, share: how many were affected, as written, n of bounds alone their middle; n and share blank for
            all.
        population: members of a cohort when it began; None for a customer.
        bucket: replicate.
        row: number that tells it from others that became equal when they were cut.
    """

    party: int | None
    cohort: str
    scope: tuple[str | None, ...]
    user: int | None
    start: int
    end: int | None
    incident: Incident | None
    planned: bool
    kind: str
    depth: float | None
    journey: str | None
    basis: str
    evidence: str
    relief: str
    n: int | None
    n_lo: int | None
    n_hi: int | None
    share: float | None
    population: int | None
    bucket: int
    row: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of loss of one bearer in which nothing changes.

    Attributes:
        since: where the stretch began before it was cut along the versions of the customer.
        start, end: when; a blank end goes on.
        version: version of the customer at the start, or None.
        rows: the stages that count in it.
        planned_only: whether nothing but planned work is active, where that is kept apart.
        users: share of the customer's users affected, where rows of users count by their share (K02), else None.
    """

    since: int
    start: int
    end: int | None
    version: Row | None
    rows: tuple[Loss, ...]
    planned_only: bool
    users: float | None

    @property
    def people(self) -> int:
        """How many customers the bearer stands for."""
        known = [loss.population for loss in self.rows if loss.population is not None]
        return max(known) if known else (self.version["size"] if self.version else 1)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many customers are affected: the estimate, the fewest and the most."""

    size: float
    lo: float
    hi: float


class Incidents:
    """Finds the incident that a row means: an id of one source is plain to all, else it is that of the row's source."""

    def __init__(self, incidents: Sequence[Row]) -> None:
        """Number the incidents in the order of their keys."""
        self.rows: dict[int, Row] = dict(enumerate(sorted(incidents, key=_key), start=1))
        self.places: dict[str, dict[str, int]] = defaultdict(dict)
        for number, row in self.rows.items():
            self.places[row["incident_id"]].setdefault(row["source"], number)

    def find(self, source: str, incident_id: str | None) -> Incident | None:
        """Return what is behind a row; an incident that nobody describes has the number 0."""
        if incident_id is None:
            return None
        sources = self.places.get(incident_id, {})
        number = next(iter(sources.values())) if len(sources) == 1 else sources.get(source, 0)
        return incident_id, number

    def described(self, incident: Incident | None) -> Row | None:
        """Return the row of an incident, or None."""
        return self.rows.get(incident[1]) if incident else None


def _key(row: Row) -> tuple[str, str]:
    return row["source"], row["source_id"]


def settled(number: float) -> float:
    """Return a count without the noise of its last digits."""
    return math.floor(number * SETTLED + 0.5) / SETTLED


# ---------------------------------------------------------------------------------------------------------------------
# Who bears what


def losses(inputs: Inputs, arguments: Arguments, until: int) -> list[Loss]:
    """Return the stages of loss that make a piece, each of its bearer; rows that say the same are one."""
    incidents = Incidents(inputs["incident"])
    history = versions(inputs["party"], until)
    harmless = words(arguments["harmless"])
    found: set[Loss] = set()
    for row in inputs["impact"]:
        nothing = row["depth"] == 0 if row["depth"] is not None else row["kind"] in harmless
        empty = row["end_at"] is not None and row["end_at"] <= row["start_at"]
        if row["start_at"] > until or empty or nothing or arguments["basis"] not in ("all", row["basis"]):
            continue
        loss = _written(row, incidents, until)
        if loss.party is None:
            found.update(_of_cohort(loss, history, arguments))
        else:
            found.update(_of_customer(loss, history, arguments))
    cohorts = sorted({loss.cohort for loss in found if loss.cohort})
    numbers = {cohort: number % BUCKETS for number, cohort in enumerate(cohorts, start=1)}
    return [
        replace(loss, start=start, end=end, bucket=numbers.get(loss.cohort, loss.bucket), row=row)
        for row, loss in enumerate(found)
        for start, end in _while_served(loss, history, until)
    ]


def _while_served(loss: Loss, history: History, until: int) -> list[tuple[int, int | None]]:
    """Return the parts of a stage in which its customer was entitled to service: nobody else has anything to lose.

    Where no version is in force the one before decides, and before the first the first does: that a customer was not
    yet described is no sign that it was not served. One that nobody describes is taken to be.
    """
    mine = history.get(loss.party, []) if loss.party is not None else []
    if not mine:
        return [(loss.start, loss.end)]
    spans: list[tuple[float, float]] = []
    for place, version in enumerate(mine):
        follower = mine[place + 1]["from_at"] if place + 1 < len(mine) else math.inf
        left = by(until, version["served_to"])
        since = max(version["from_at"] if place else -math.inf, _or(version["served_from"], -math.inf))
        upto = min(follower, _or(left, math.inf))
        if since >= upto:
            continue
        if spans and spans[-1][1] == since:
            since = spans.pop()[0]
        spans.append((since, upto))
    end = _or(loss.end, math.inf)
    parts = [(max(loss.start, since), min(end, upto)) for since, upto in spans]
    return [(int(s), None if e == math.inf else int(e)) for s, e in parts if s < e]


def _or(instant: int | None, otherwise: float) -> float:
    return otherwise if instant is None else instant


def _written(row: Row, incidents: Incidents, until: int) -> Loss:
    incident = incidents.find(row["source"], row["incident_id"])
    described = incidents.described(incident)
    return Loss(
        party=row["party_id"],
        cohort="" if row["party_id"] is not None else _name(row),
        scope=() if row["party_id"] is not None else tuple(row[name] for name in SCOPE),
        user=None,
        start=row["start_at"],
        end=by(until, row["end_at"]),
        incident=incident,
        planned=bool(described and described["planned"]),
        **{name: row[name] for name in ("kind", "depth", "journey", "basis", "evidence", "relief")},
        n=counted(row),
        **{name: row[name] for name in ("n_lo", "n_hi", "share", "bucket")},
        population=None,
    )


def counted(row: Row) -> int | None:
    """Return how many a row of impact says were affected: its count, else the middle of its bounds (R020)."""
    if row["n_parties"] is not None or row["share"] is not None or row["n_lo"] is None or row["n_hi"] is None:
        n: int | None = row["n_parties"]
        return n
    return int(row["n_lo"] + row["n_hi"] + 1) // 2


def _name(row: Row) -> str:
    return ", ".join(f"{name}={row[name]}" for name in SCOPE if row[name] is not None) or EVERYBODY


def _of_customer(loss: Loss, history: History, arguments: Arguments) -> list[Loss]:
    """Bring a stage to the customer of the grain asked (K01); what users lose their customer loses (K02)."""
    version = version_at(history, loss.party, loss.start)
    if arguments["customer"] != "top":
        return [loss] if of_grain(version, arguments["customer"]) else []
    root = loss.party
    for _ in range(LEVELS):
        version = version_at(history, root, loss.start)
        if version is None or version["parent_id"] is None:
            break
        root = version["parent_id"]
    if root == loss.party:
        return [loss]
    version = version_at(history, root, loss.start)
    bucket = version["bucket"] if version else loss.bucket
    user = None if arguments["lift"] == "any" else loss.party
    return [replace(loss, party=root, user=user, n=None, n_lo=None, n_hi=None, share=None, bucket=bucket)]


def _of_cohort(loss: Loss, history: History, arguments: Arguments) -> list[Loss]:
    """Bring a stage to the members of a cohort when all lose, else to the cohort."""
    members = {
        party: version
        for party in history
        if (version := version_at(history, party, loss.start))
        and _served(version, loss.start)
        and of_grain(version, arguments["customer"])
        and all(asked in (None, version[name]) for name, asked in zip(SCOPE, loss.scope, strict=True))
    }
    population = sum(version["size"] for version in members.values())
    n = loss.n if loss.n is not None or loss.share is None else loss.share * population
    if n is not None and n > 0 and not population:
        # Nobody is described, but somebody counted: the count itself is all that is known.
        return [replace(loss, population=max(math.ceil(n), loss.n_hi or 0), bucket=0)]
    if n is not None and n < population:
        return [replace(loss, population=population, bucket=0)]
    everybody = replace(loss, cohort="", scope=(), n=None, n_lo=None, n_hi=None, share=None)
    return [replace(everybody, party=party, bucket=version["bucket"]) for party, version in members.items()]


def _served(version: Row, at: int) -> bool:
    """Whether a party was entitled to service."""
    begun = bool(version["served_from"] is not None and version["served_from"] <= at)
    return begun and (version["served_to"] is None or bool(at < version["served_to"]))


# ---------------------------------------------------------------------------------------------------------------------
# Pieces


def pieces(inputs: Inputs, arguments: Arguments, until: int) -> dict[tuple[int | None, str], list[Piece]]:
    """Return the pieces of each bearer, in order."""
    history = versions(inputs["party"], until)
    bearers: dict[tuple[int | None, str], list[Loss]] = defaultdict(list)
    for loss in losses(inputs, arguments, until):
        bearers[loss.party, loss.cohort].append(loss)
    found = {}
    for (party, cohort), mine in bearers.items():
        found[party, cohort] = [
            Piece(start, s, e, version, *counting)
            for start, end in _stretches(mine)
            for counting in _counting(_active(mine, start), start, history, arguments)
            for s, e, version in cut(history, party, start, end)
        ]
    return found


def _stretches(mine: Sequence[Loss]) -> list[tuple[int, int | None]]:
    """Return the time between all starts and ends; after the last it goes on."""
    edges = sorted({loss.start for loss in mine} | {loss.end for loss in mine if loss.end is not None})
    return list(zip(edges, [*edges[1:], None], strict=True))


def _active(mine: Sequence[Loss], at: int) -> list[Loss]:
    return [loss for loss in mine if loss.start <= at and (loss.end is None or at < loss.end)]


def _counting(
    active: Sequence[Loss], at: int, history: History, arguments: Arguments
) -> list[tuple[tuple[Loss, ...], bool, float | None]]:
    """Return none or one of: the rows that count, whether they are planned work alone, the share of users affected."""
    if arguments["lift"] == "all" and active:
        everyone = _users(active, at, history) == 1
        active = [loss for loss in active if loss.user is None or everyone]
    if not active:
        return []
    apart = arguments["planned"] == "apart"
    planned_only = apart and all(loss.planned for loss in active)
    rows = tuple(loss for loss in active if planned_only or not apart or not loss.planned)
    users = None
    if any(loss.user is not None for loss in rows):
        users = 1.0 if arguments["lift"] == "all" else _users(rows, at, history)
    return [(rows, planned_only, users)]


def _users(rows: Sequence[Loss], at: int, history: History) -> float:
    """Return the share of a customer's served users that lose something; all, where it has none."""
    customer = rows[0].party
    below: set[int | None] = set()
    level = {customer}
    for _ in range(LEVELS):
        now = {party: version_at(history, party, at) for party in history}
        level = {party for party, version in now.items() if version and version["parent_id"] in level}
        below |= level
    served = {
        party for party in below - {customer} if (version := version_at(history, party, at)) and _served(version, at)
    }
    affected = {loss.user for loss in rows if loss.user is not None} & served
    return len(affected) / len(served) if served else 1.0


# ---------------------------------------------------------------------------------------------------------------------
# What is active in a piece


def marks(rows: Iterable[Loss]) -> dict[object, list[Loss]]:
    """Return rows by incident; a row that nobody declared stands for itself, users by their share stand together."""
    found: dict[object, list[Loss]] = defaultdict(list)
    for loss in rows:
        alone: object = "users" if loss.user is not None else loss
        found[alone if loss.user is not None or loss.incident is None else loss.incident].append(loss)
    return found


def whole(piece: Piece) -> bool:
    """Whether all that the bearer stands for are affected."""
    return piece.users == 1 or any(_all(loss, piece.people) for loss in piece.rows if loss.user is None)


def _all(loss: Loss, people: int) -> bool:
    count = loss.n if loss.n is not None else None if loss.share is None else loss.share * people
    return count is None or count >= people


def tally(piece: Piece) -> dict[object, Counts]:
    """Return how many each incident affects in a piece that is not whole."""
    people = piece.people

    def added(rows: Sequence[Loss], first: str) -> float:
        counted = [(getattr(loss, first), loss.n, loss.share) for loss in rows]
        known = [(given if given is not None else n, share) for given, n, share in counted]
        shares = sum(share for n, share in known if n is None and share is not None)
        total = sum(n for n, _ in known if n is not None) + people * shares
        return min(people, settled(total))

    found: dict[object, Counts] = {}
    for mark, rows in marks(piece.rows).items():
        if mark == "users":
            some = settled(people * (piece.users or 0.0))
            found[mark] = Counts(some, some, some)
        else:
            found[mark] = Counts(added(rows, "n"), added(rows, "n_lo"), added(rows, "n_hi"))
    return found


def together(counts: Iterable[Counts], people: int) -> Counts:
    """Return how many several incidents affect: bounds, and between them what independence says."""
    each = list(counts)
    most = max(one.size for one in each)
    limit = min(people, settled(sum(one.size for one in each)))
    spared = math.prod(1 - one.size / people for one in each)
    size = max(most, min(limit, settled(people * (1 - spared))))
    hi = min(people, settled(sum(one.hi for one in each)))
    return Counts(size, min(size, max(one.lo for one in each)), max(size, hi))


def affected(piece: Piece) -> Counts:
    """Return how many are affected in a piece."""
    people = float(piece.people)
    return Counts(people, people, people) if whole(piece) else together(tally(piece).values(), piece.people)


def kinds(piece: Piece, overlap: str | float) -> tuple[str, float]:
    """Return the kinds of loss without a depth of their own, and the depth that losses give themselves (K04)."""
    if overlap == "max":
        each = {loss.kind for loss in piece.rows if loss.depth is None}
        return "+".join(sorted(each)), max((loss.depth for loss in piece.rows if loss.depth is not None), default=0.0)
    groups = _causes(piece.rows).values()
    listed = [kind for rows in groups for kind in {loss.kind for loss in rows if loss.depth is None}]
    deepest = [max((loss.depth for loss in rows if loss.depth is not None), default=0.0) for rows in groups]
    return "+".join(sorted(listed)), min(1.0, settled(sum(deepest)))


def _causes(rows: Iterable[Loss]) -> dict[object, list[Loss]]:
    """Return rows by incident; a row that nobody declared stands for itself."""
    found: dict[object, list[Loss]] = defaultdict(list)
    for loss in rows:
        found[loss.incident or loss].append(loss)
    return found


def one_of(values: Iterable[str]) -> str:
    """Return the value that all have, or `mixed`."""
    each = set(values)
    return each.pop() if len(each) == 1 else "mixed"


def bearer(piece: Piece) -> dict[str, Any]:
    """Return the columns that say who bears a piece: what a version, or a cohort's name, tells."""
    first, version = piece.rows[0], piece.version
    told = dict(zip(SCOPE, first.scope or (None,) * len(SCOPE), strict=True)) | {"lifecycle": None}
    if version:
        told = {name: version[name] for name in told}
    return told | {
        "party_id": first.party,
        "cohort": first.cohort,
        "party_size": piece.people,
        "criticality": version["criticality"] if version else 1.0,
        "value_amount": version["value_amount"] if version else None,
        "bucket": version["bucket"] if version else min(loss.bucket for loss in piece.rows),
    }


def told(piece: Piece, arguments: Arguments) -> dict[str, Any]:
    """Return the columns of a piece."""
    counts = affected(piece)
    listed, own_depth = kinds(piece, arguments["overlap"])
    return bearer(piece) | {
        "start_at": piece.start,
        "end_at": piece.end,
        "kinds": listed,
        "kind": min((loss.kind for loss in piece.rows), key=KINDS.index),
        "own_depth": own_depth,
        "planned_only": piece.planned_only,
        "unreported": all(loss.incident is None for loss in piece.rows),
        "evidence": min((loss.evidence for loss in piece.rows), key=EVIDENCE.index),
        "basis": one_of(loss.basis for loss in piece.rows),
        "incidents": len({loss.incident for loss in piece.rows if loss.incident is not None}),
        "size": counts.size,
        "size_lo": counts.lo,
        "size_hi": counts.hi,
    }


def described(incident: Row | None) -> dict[str, Any]:
    """Return the columns that an incident gives to what it caused."""
    names = {"service": "service", "cause": "cause", "team": "owner_team", "severity": "severity"}
    return {name: incident[column] if incident else None for name, column in names.items()}


def weights(text: str | float) -> dict[str, float]:
    """Return how deep each kind is, from text such as `degraded=0.5, outage=1`.

    Raises:
        ValueError: for the name of a policy: whoever plans a question puts its values in the place of the name.
    """
    pairs = [word.partition("=") for word in words(text)]
    if not all(sign for _, sign, _ in pairs):
        raise ValueError(f"{text!r} is not the weights of a policy")
    return {kind: float(weight) for kind, _, weight in pairs}
