"""The nouns of deciding about interruption: an incident opened, minutes by cause, a queue, one customer's own ledger.

Instants (`at`, `..._at`, `until`) are microseconds since 1970-01-01 UTC, lengths are minutes, money is in the reporting
currency. Customer minutes are attributed: where several incidents take the same minute it is shared among them (K05),
so that parts add up to the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Bounds:
    """A number with the least and the most that it can be; all three alike where it is known exactly."""

    value: float
    lo: float
    hi: float

    @property
    def exact(self) -> bool:
        """Whether it is known exactly."""
        return self.lo == self.hi


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the affected.

    Attributes:
        by: what the parts are by, such as segment.
        name: the part; None where it is blank.
        customers: how many; None where it is hidden because they are too few (K24).
        minutes: their customer minutes; None likewise.
    """

    by: str
    name: str | None
    customers: Bounds | None
    minutes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment of an incident.

    Attributes:
        name: what happened.
        clock: `customers` or `operator`: whose clock says so.
        at: when; None when it has not happened or nobody recorded it.
        after: minutes since the first impact; None without either.
    """

    name: str
    clock: str
    at: int | None
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A phase of an incident in customer minutes (R013).

    Attributes:
        name: to which moment it runs.
        minutes: lost in it; None where the moment is not recorded, and then they are in the next phase.
    """

    name: str
    minutes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """How long affected customers waited for something.

    Attributes:
        name: relief, or the first word.
        median, p90: minutes, of those who got it; None while nobody has.
        reached: interruptions in which it came.
        of: interruptions.
    """

    name: str
    median: float | None
    p90: float | None
    reached: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tickets:
    """Tickets behind an incident.

    Attributes:
        linked: tickets that name it.
        matched: others, opened by affected customers from their first loss to a day after their last.
        usual: how many of `matched` the same customers would have opened anyway, by their four weeks before.
        confidence: share of `matched` beyond the usual: how likely one of them is the incident's; None of none.
    """

    linked: int
    matched: int
    usual: float
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Satisfaction of affected customers before and after, as a share of its scale from 0 to 100.

    Attributes:
        before, after: means; None without answers, or hidden.
        n_before, n_after: answers.
        change: after - before, with its interval `lo`, `hi`; None where it cannot be told.
        hidden: whether too few people answered to show it (K24).
    """

    before: float | None = None
    after: float | None = None
    n_before: int = 0
    n_after: int = 0
    change: float | None = None
    lo: float | None = None
    hi: float | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What affected customers are worth, each once.

    Attributes:
        amount: sum of their yearly value.
        known: customers whose value is known.
    """

    amount: float | None
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """An earlier incident of the same service or cause.

    Attributes:
        incident: its id.
        title: its name.
        alike: in what it is alike, such as `service, cause`.
        at: when it began.
        lasted: minutes from first to last impact, or by the record where no impact is recorded; None while it runs.
        minutes: customer minutes; None where no impact is recorded.
    """

    incident: str
    title: str | None
    alike: str
    at: int
    lasted: float | None
    minutes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An incident as the operator recorded it.

    Attributes:
        incident, title, severity, cause, service, team, status, postmortem: as recorded.
        planned: whether it is planned work: then its minutes stand apart from all others (K11).
    """

    incident: str
    title: str | None = None
    severity: str | None = None
    cause: str | None = None
    service: str | None = None
    team: str | None = None
    status: str | None = None
    postmortem: str | None = None
    planned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """What one or more incidents cost customers.

    Attributes:
        customers: affected, each once.
        minutes: customer minutes lost to them.
        money: what the affected are worth.
        tickets: tickets that name them.
        running: customers who are losing service now.
    """

    customers: Bounds
    minutes: Bounds
    money: Money
    tickets: int
    running: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPage:
    """An incident opened: who, when, how deep, and what came of it (R119).

    Attributes:
        record: the operator's record.
        toll: what it cost; None where no impact is recorded: then it is unknown, not zero.
        evidence: how we know -> customer minutes.
        parts: affected by segment, region and tier.
        marks: moments in order of the story.
        phases: customer minutes by phase; they sum to the toll's.
        untold: customer minutes lost before the first word to customers; None where no word is recorded.
        kinds: worst kind of loss -> customer minutes.
        index: minutes weighted by depth, with the range over all policies that make sense.
        waits: what customers waited for.
        tickets, scores: what they said.
        similar: earlier incidents, the most alike first.
        until: where the story is cut.
        currency: of money.
    """

    record: Record
    toll: Toll | None
    evidence: Mapping[str, float]
    parts: tuple[Part, ...]
    marks: tuple[Mark, ...]
    phases: tuple[Phase, ...]
    untold: float | None
    kinds: Mapping[str, float]
    index: Bounds | None
    waits: tuple[Wait, ...]
    tickets: Tickets
    scores: Scores
    similar: tuple[Similar, ...]
    until: int
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Minutes of one group of a breakdown (R027, R030).

    Attributes:
        dims: dimension -> value, None where it is blank.
        period: label of the period.
        minutes: customer minutes with the bounds of counted cohorts.
        lo, hi: 95 % interval of the minutes by chance, incidents being the events; None of fewer than three.
        share, running: share of the period's whole, and of this and all greater ones.
        incidents: how many are behind it.
        customers: affected, each once; None where it is hidden because they are too few.
        without_largest: minutes without its largest incident.
    """

    dims: Mapping[str, str | None]
    period: str
    minutes: Bounds
    lo: float | None
    hi: float | None
    share: float | None
    running: float | None
    incidents: int
    customers: float | None
    without_largest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactReport:
    """Customer minutes by dimensions, adding up to the whole (R030).

    Attributes:
        by: dimensions.
        rows: groups, the greatest of each period first.
        totals: period -> customer minutes of the whole.
        planned: customer minutes of planned work, apart.
        blind: incidents of these days without any recorded impact: their minutes are unknown.
        start_at, end_at: the stretch.
    """

    by: tuple[str, ...]
    rows: tuple[Cause, ...]
    totals: Mapping[str, float]
    planned: float
    blind: tuple[str, ...]
    start_at: int
    end_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An open incident in the queue (R023, R026).

    Attributes:
        record: the operator's record.
        age: minutes since the first impact, or since the recorded beginning.
        burn: customers losing service now, that is customer minutes a minute; None where no impact is recorded.
        weighted: the same weighted by depth and criticality.
        so_far: customer minutes until now; None likewise.
        remaining: minutes it is expected to go on.
        expected: customer minutes that are still to come, burn x remaining; None without burn.
        basis: where `remaining` is from, in words.
        kinds: kinds of loss now.
    """

    record: Record
    age: float
    burn: float | None
    weighted: float | None
    so_far: float | None
    remaining: float
    expected: float | None
    basis: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of a customer's own ledger.

    Attributes:
        at: when.
        end_at: until when; None of a moment, or while it goes on.
        what: loss, planned work, interruption, ticket or answer.
        kind: kind of loss, of ticket or of question.
        minutes: lost (of a loss; for the customers that the party stands for together); None otherwise.
        incidents: behind it.
        note: the rest in words.
    """

    at: int
    end_at: int | None
    what: str
    kind: str
    minutes: float | None
    incidents: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerLedger:
    """What one customer lost and said, in order of time.

    Attributes:
        party_id: the surrogate.
        customer: the key as its source wrote it.
        dims: what the customer is today.
        minutes: lost in all, planned work left out.
        planned: lost to planned work.
        interruptions: how many, sustained and momentary.
        sustained: how many of them were sustained.
        entries: the lines.
        until: where the story is cut.
    """

    party_id: int
    customer: str
    dims: Mapping[str, str | None]
    minutes: float
    planned: float
    interruptions: int
    sustained: int
    entries: tuple[Entry, ...]
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """What stands behind a ticket (R029).

    Attributes:
        case: its id.
        opened_at: when it was opened.
        incident: the incident behind it; None when none is found.
        how: linked, likely (its customer was losing service when it was opened), possible (the loss had ended within a
            day before), or "" when nothing is found.
        record: the operator's record of the incident; None when there is none.
        toll: of the incident; None when it is unknown.
    """

    case: str
    opened_at: int
    incident: str | None
    how: str
    record: Record | None
    toll: Toll | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalations:
    """Several tickets, and what stands behind them together, each incident and customer once.

    Attributes:
        cards: one for each ticket, in the order asked.
        incidents: behind them, each once.
        total: their toll together; None when nothing is found.
        currency: of money.
    """

    cards: tuple[Escalation, ...]
    incidents: tuple[str, ...]
    total: Toll | None
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How many customers were losing service from an instant on.

    Attributes:
        at: when.
        kinds: worst kind of loss -> customers, each by the share attributed, so that the area is customer minutes.
    """

    at: int
    kinds: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An incident of a stretch of days.

    Attributes:
        record: the operator's record.
        at: when it began for customers; by the record where no impact is recorded.
        lasted: minutes from first to last impact, or by the record; None while it runs.
        minutes: customer minutes lost in the stretch; None where no impact is recorded: unknown, not zero.
        customers: affected in the stretch; None likewise.
        running: whether customers are losing service now.
    """

    record: Record
    at: int
    lasted: float | None
    minutes: float | None
    customers: float | None
    running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Suffered:
    """A customer by what it lost in a stretch of days (R014).

    Attributes:
        party_id: the surrogate.
        customer: the key as its source wrote it.
        segment, tier: at the time of its last loss.
        minutes: lost in the stretch, planned work left out.
        times: interruptions that began in the stretch.
        times_year: interruptions in the year that ends with it.
        value: yearly value; None where it is unknown.
    """

    party_id: int
    customer: str
    segment: str | None
    tier: str | None
    minutes: float
    times: int
    times_year: int
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The ledger of a stretch of days: its incidents, where the minutes went, who lost most (R117).

    Attributes:
        start_at, end_at: the stretch, cut at the end of the story.
        incidents: those that took most first, those of unknown impact last; planned work after all others.
        phases: customer minutes of all incidents by phase; they sum to the minutes of incidents.
        unnamed: customer minutes for which nobody declared an incident.
        worst: the customers who lost most; () where they are not asked for.
        currency: of money.
    """

    start_at: int
    end_at: int
    incidents: tuple[Listed, ...]
    phases: tuple[Phase, ...]
    unnamed: float
    worst: tuple[Suffered, ...]
    currency: str = ""
