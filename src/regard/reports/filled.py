"""A report with everything that it shows: its template, and for each section what was answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.model import Metric, Period
    from regard.model.interruption import ImpactReport, IncidentPage, Level, Running, Stretch
    from regard.model.reports import ReportTemplate, Section
    from regard.plan import Answer, AnswerCell
    from regard.store import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """How fresh a table is.

    Attributes:
        table: its name.
        newest_at: time of the newest row before the end of the story; None where rows have no time, or there are none.
        rows: how many there are.
    """

    table: str
    newest_at: int | None
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFacts:
    """An incident opened, and how many customers it took from at once.

    Attributes:
        page: the incident.
        course: how many from when.
    """

    page: IncidentPage
    course: tuple[Level, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seasonal:
    """A metric with its season taken out (R118).

    Attributes:
        answer: the metric as measured.
        cells: its periods in order.
        adjusted: for each period the value without its season; () where no season can be told.
        next_label: of the period that comes next.
        next: value, lower and upper end of what is expected there, season and all; None where nothing can be said.
        said: what was found, and why there is no more.
    """

    answer: Answer
    cells: Sequence[AnswerCell]
    adjusted: Sequence[float] = ()
    next_label: str = ""
    next: tuple[float, float, float] | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A section with what was answered; only what its kind shows is set.

    Attributes:
        section: what it should show.
        answers: of its metrics, in their order; where they stand in rows of periods, a change of the report's period
            is called real only if it remains so among all of them.
        seasonal: of its metrics, with their seasons taken out.
        impact: customer minutes by its dimensions.
        stretch: the ledger of the period.
        queue: open incidents.
        incident: the incident.
        findings: what somebody should look at.
        fresh: how fresh the tables are.
        metrics: whose method is told, each once.
        words: metric -> name of its value, its n or a leaf -> plain words.
        missing: why there is nothing to show, or "".
    """

    section: Section
    answers: Sequence[Answer] = ()
    seasonal: Sequence[Seasonal] = ()
    impact: ImpactReport | None = None
    stretch: Stretch | None = None
    queue: Sequence[Running] = ()
    incident: IncidentFacts | None = None
    findings: Sequence[Finding] = ()
    fresh: Sequence[Fresh] = ()
    metrics: Sequence[Metric] = ()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: str = ""

    @property
    def refused(self) -> bool:
        """Whether nothing was answered, for a reason: an empty list would say that there is nothing."""
        told = (self.answers, self.seasonal, self.impact, self.stretch, self.incident, self.metrics)
        return bool(self.missing) and not any(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report, filled.

    Attributes:
        template: what it should show.
        company: whose numbers they are.
        period: the period that it is about; None of a report of an incident.
        subject: what it is about in words: the period, or the incident.
        sections: in order.
        as_of: instant of the snapshot.
        until: instant at which the story is cut.
        zone: IANA name of the reporting zone.
        snapshot: id of the snapshot.
        currency: ISO code of money, or "".
        scope: test on dimensions that every row passes, "" for all rows.
        rate: false discovery rate at which the changes of the period were looked at together.
        titles: dimension -> how people call it.
        command: what makes this very report again.
        version: of the product.
    """

    template: ReportTemplate
    company: str
    period: Period | None
    subject: str
    sections: Sequence[Filled]
    as_of: int
    until: int
    zone: str
    snapshot: str
    currency: str = ""
    scope: str = ""
    rate: float | None = None
    titles: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    version: str = ""
