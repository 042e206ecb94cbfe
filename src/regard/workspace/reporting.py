"""Reports are filled here: what a template should show is asked, once for all sections, and handed to `reports`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import dropwhile
from typing import TYPE_CHECKING, ClassVar

from regard.errors import AccessError, QuestionError, did_you_mean
from regard.model import Grain, moment
from regard.model.reports import INCIDENT, ReportTemplate, Section
from regard.plan import Question
from regard.present import words
from regard.reports import Filled, Fresh, IncidentFacts, Report, Seasonal
from regard.sql.stretch import newest
from regard.stats import RATE, decompose, forecast
from regard.workspace.judging import remain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from regard.model import Metric, Period
    from regard.plan import Answer, AnswerCell
    from regard.workspace.asking import Asking
    from regard.workspace.interruption import Interruptions
    from regard.workspace.workspace import Workspace

AMONG_MANY = "may be chance among so many"
"""Word of a change that looked real alone and does not among all numbers of a report."""

CYCLE: Mapping[Grain, int] = {Grain.DAY: 7, Grain.WEEK: 52, Grain.MONTH: 12, Grain.QUARTER: 4, Grain.YEAR: 1}
"""Periods in a cycle: days of a week, else what a year has."""

TRENDS = frozenset({"summary", "tiles", "scorecard", "trend"})
"""Sections whose numbers stand in a row of periods; they are asked together."""


def fill(
    workspace: Workspace,
    name: str,
    *,
    incident: str = "",
    day: date | None = None,
    interruptions: Interruptions,
    named: bool = True,
) -> Report:
    """Return a report with everything that it shows.

    Args:
        workspace: whose numbers.
        name: id of the report.
        incident: which, for a report of an incident.
        day: a local day of the period; by default the last period that is over where the story is cut.
        interruptions: the ledger of the snapshot.
        named: whether single customers may be named.

    Raises:
        QuestionError: there is no such report; an incident is missing, or named where none belongs.
        AccessError: the incident cannot be limited to what somebody sees.
    """
    known = workspace.catalogue.reports
    if name not in known:
        raise QuestionError(f"there is no report '{name}'; {did_you_mean(name, known)}".rstrip("; "))
    template = known[name]
    if template.of == INCIDENT and not incident:
        raise QuestionError(f"the report '{name}' is about one incident: name its id")
    if template.of != INCIDENT and incident:
        raise QuestionError(f"the report '{name}' is about a period, not about an incident such as '{incident}'")
    asking = interruptions.asking
    period = None if template.of == INCIDENT else _period(asking, template.grain, day)
    filling = _Filling(workspace, template, period, incident, interruptions, named)
    sections = tuple(filling.section(section) for section in template.sections)
    subject = period.label if period else f"incident {incident}"
    return Report(
        template=template,
        company=workspace.config.name,
        period=period,
        subject=subject,
        sections=sections,
        as_of=asking.snapshot.at,
        until=asking.until,
        zone=workspace.calendar.zone,
        snapshot=asking.snapshot.id,
        currency=workspace.config.currency,
        rate=RATE,
        scope=workspace.scope,
        titles={key: dimension.title for key, dimension in workspace.catalogue.dimensions.items()},
        command=" ".join(
            [
                "regard report",
                name,
                *([f"--period {period.start}"] if period else [incident]),
                f"--as-of {_iso(asking.snapshot.at)}",
                f"--until {_iso(asking.until)}",
            ]
        ),
        version=version("regard"),
    )


@dataclass
class _Filling:
    """A report while it is filled."""

    workspace: Workspace
    template: ReportTemplate
    period: Period | None
    incident: str
    interruptions: Interruptions
    named: bool

    def __post_init__(self) -> None:
        self._trends: dict[str, Mapping[str, Answer]] = {}
        self._facts: IncidentFacts | None = None

    def section(self, section: Section) -> Filled:
        """Return a section with what it shows, or why somebody may not see it; an incident is refused as a whole."""
        try:
            return self._fillers[section.show](self, section)
        except AccessError as error:
            if self.template.of == INCIDENT:
                raise
            return Filled(section=section, missing=str(error))

    # -- metrics -----------------------------------------------------------------------------------------------------

    def _metrics(self, section: Section) -> Filled:
        """Fill a section of numbers; those without a breakdown are asked together with all others of the report."""
        wanted, reasons = self._open(section.metrics)
        if section.show in TRENDS and not section.by:
            trends = self._trend(section.where)
            return Filled(section=section, answers=[trends[name] for name in wanted], missing=reasons)
        period = self._asked
        answers = self.workspace.ask(
            *wanted,
            by=section.by,
            grain=self.template.grain.value,
            start=self._before(section.periods) if section.show in TRENDS else period.start,
            end=period.end,
            where=section.where,
            as_of=self.interruptions.asking.snapshot.at,
            until=self.interruptions.asking.until,
        )
        return Filled(section=section, answers=answers, missing=reasons)

    def _trend(self, where: str) -> Mapping[str, Answer]:
        """Return the answers of all sections with periods in a row and the same filter, by id: asked once."""
        if where not in self._trends:
            sections = [one for one in self.template.sections if one.show in TRENDS and one.where == where]
            names = dict.fromkeys(name for one in sections if not one.by for name in self._open(one.metrics)[0])
            answers = self.workspace.ask(
                *names,
                grain=self.template.grain.value,
                start=self._before(max(one.periods for one in sections)),
                end=self._asked.end,
                where=where,
                as_of=self.interruptions.asking.snapshot.at,
                until=self.interruptions.asking.until,
            )
            judged = together(answers, self._asked.label)
            self._trends[where] = {answer.metric.id: answer for answer in judged}
        return self._trends[where]

    def _season(self, section: Section) -> Filled:
        """Fill a section of seasons: of each metric its periods, without their season, and what comes next (R118)."""
        wanted, reasons = self._open(section.metrics)
        answers = self.workspace.ask(
            *wanted,
            grain=self.template.grain.value,
            start=self._before(section.periods),
            end=self._asked.end,
            where=section.where,
            as_of=self.interruptions.asking.snapshot.at,
            until=self.interruptions.asking.until,
            compare="",
        )
        following = self.workspace.calendar.shift(self._asked, self.template.grain, 1).label
        found = [seasonal(answer, self.template.grain, following) for answer in answers]
        return Filled(section=section, seasonal=found, missing=reasons)

    def _known(self, names: Sequence[str]) -> tuple[list[str], str]:
        """Return the ids behind names that can be asked, and why the others cannot."""
        found, reasons = [], []
        for name in names:
            try:
                found.append(self.workspace.metric(name).id)
            except (QuestionError, AccessError) as error:
                reasons.append(str(error))
        return list(dict.fromkeys(found)), "; ".join(reasons)

    def _open(self, names: Sequence[str]) -> tuple[list[str], str]:
        """Return the ids behind names that can be asked by who looks, and why the others cannot."""
        known, reasons = self._known(names)
        if not self.workspace.scope:
            return known, reasons
        found, told = [], [reasons] if reasons else []
        for name in known:
            question = Question(
                metrics=(name,), grain=self.template.grain, start=self._asked.start, end=self._asked.end, compare=""
            )
            try:
                self.workspace.plan(question, [self.workspace.metric(name)], until=self.interruptions.asking.until)
            except AccessError as error:
                told.append(str(error))
            else:
                found.append(name)
        return found, "; ".join(told)

    @property
    def _asked(self) -> Period:
        if self.period is None:
            raise QuestionError(f"the report '{self.template.id}' is about an incident and has no period")
        return self.period

    def _before(self, periods: int) -> date:
        """Return the first day of so many periods that end with the one asked."""
        return self.workspace.calendar.shift(self._asked, self.template.grain, 1 - periods).start

    def _method(self, section: Section) -> Filled:
        """Fill the notes on method: of the metrics named, or else of all that the report shows."""
        shown = [name for one in self.template.sections for name in one.metrics]
        wanted, reasons = self._known(section.metrics or shown)
        metrics: list[Metric] = [self.workspace.metric(name) for name in wanted]
        told = {
            metric.id: {
                key: self.workspace.catalogue.words(node)
                for key, node in {
                    "value": metric.value,
                    **({"n": metric.n} if metric.n else {}),
                    **metric.leaves,
                }.items()
            }
            for metric in metrics
        }
        return Filled(section=section, metrics=metrics, words=told, missing=reasons)

    # -- the ledger --------------------------------------------------------------------------------------------------

    def _causes(self, section: Section) -> Filled:
        impact = self.interruptions.impact(section.by, start=self._asked.start, end=self._asked.end)
        return Filled(section=section, impact=impact)

    def _stretch(self, section: Section) -> Filled:
        worst = section.most if section.show == "worst_served" else 0
        if worst and not self.named:
            return Filled(section=section, missing="single customers are named to those who may see rows.")
        period = self._asked
        return Filled(section=section, stretch=self.interruptions.stretch(period.start_us, period.end_us, worst=worst))

    def _queue(self, section: Section) -> Filled:
        return Filled(section=section, queue=self.interruptions.queue())

    def _incident(self, section: Section) -> Filled:
        if self._facts is None:
            self._facts = IncidentFacts(
                page=self.interruptions.incident(self.incident), course=self.interruptions.course(self.incident)
            )
        return Filled(section=section, incident=self._facts)

    # -- the data ----------------------------------------------------------------------------------------------------

    def _findings(self, section: Section) -> Filled:
        found = self.workspace.findings(status="open")
        kinds = section.kinds or tuple({one.kind for one in found})
        return Filled(section=section, findings=[one for one in found if one.kind in kinds])

    def _freshness(self, section: Section) -> Filled:
        return Filled(section=section, fresh=fresh(self.interruptions.asking))

    def _text(self, section: Section) -> Filled:
        return Filled(section=section)

    _fillers: ClassVar[Mapping[str, Callable[[_Filling, Section], Filled]]] = {
        "text": _text,
        "summary": _metrics,
        "tiles": _metrics,
        "scorecard": _metrics,
        "trend": _metrics,
        "season": _season,
        "bars": _metrics,
        "table": _metrics,
        "causes": _causes,
        "phases": _stretch,
        "incidents": _stretch,
        "worst_served": _stretch,
        "queue": _queue,
        "incident": _incident,
        "findings": _findings,
        "freshness": _freshness,
        "definitions": _method,
        "method": _method,
    }


def together(answers: Sequence[Answer], label: str) -> list[Answer]:
    """Return answers whose changes of a period are called real only where they remain so among all of them."""
    changes = [
        (i, j, cell.verdict)
        for i, answer in enumerate(answers)
        for j, cell in enumerate(answer.cells)
        if cell.period.label == label and cell.verdict is not None
    ]
    cells = [list(answer.cells) for answer in answers]
    for (i, j, verdict), real in zip(changes, remain([verdict.p for _, _, verdict in changes]), strict=True):
        if verdict.word in words.DETECTED and not real:
            cells[i][j] = replace(cells[i][j], verdict=replace(verdict, word=AMONG_MANY))
    return [replace(answer, cells=own) for answer, own in zip(answers, cells, strict=True)]


def seasonal(answer: Answer, grain: Grain, following: str) -> Seasonal:
    """Return a metric with its season taken out, or why that cannot be done."""
    groups: dict[tuple[tuple[str, str | None], ...], list[AnswerCell]] = {}
    for cell in answer.cells:
        groups.setdefault(tuple(cell.dims.items()), []).append(cell)
    cells = next(iter(groups.values()), [])
    # Before the data begin there is nothing; a gap within them is a gap.
    cells = list(dropwhile(lambda cell: cell.estimate.value is None, cells))
    values = [cell.estimate.value for cell in cells]
    known = [value for value in values if value is not None]
    if len(groups) > 1:
        return Seasonal(answer=answer, cells=cells, said="It is cut into groups; name one by `where`.")
    if len(known) < len(values):
        gaps = len(values) - len(known)
        return Seasonal(answer=answer, cells=cells, said=f"{gaps} of its periods have no number, so no season is told.")
    try:
        apart = decompose(known, CYCLE[grain])
    except ValueError:
        need = f"{len(known)} periods; a season needs two cycles, that is {2 * CYCLE[grain]}"
        return Seasonal(answer=answer, cells=cells, said=f"There are {need}: no season is told (X18).")
    adjusted = [value - season for value, season in zip(known, apart.season, strict=True)]
    said = "Season by STL (Cleveland et al. 1990), the same in every cycle."
    try:
        ahead = forecast(known, CYCLE[grain])
    except ValueError:
        said += f" A forecast needs three cycles, {3 * CYCLE[grain]} periods."
        return Seasonal(answer=answer, cells=cells, adjusted=adjusted, said=said)
    if ahead is None:
        said += " No forecast: over the last cycle this way was no better than the value of a cycle before."
        return Seasonal(answer=answer, cells=cells, adjusted=adjusted, said=said)
    less = round(100 * (1 - ahead.error / ahead.naive)) if ahead.naive else 0
    said += f" Over the last cycle its forecasts were off by {less} % less than the value of a cycle before."
    return Seasonal(
        answer=answer,
        cells=cells,
        adjusted=adjusted,
        next_label=following,
        next=(ahead.value, ahead.lo, ahead.hi),
        said=said,
    )


def _iso(at: int) -> str:
    return moment(at).isoformat().replace("+00:00", "Z")


def fresh(asking: Asking) -> tuple[Fresh, ...]:
    """Return for each loaded table of a snapshot how many rows it has and when the newest happened."""
    found = []
    for name in sorted(asking.snapshot.tables):
        table = asking.workspace.catalogue.tables.get(name)
        if table is None or table.derived:
            continue
        view = asking.relations.name(name)
        [row] = asking.rows(newest(view, table.at), until=asking.until)
        found.append(Fresh(table=name, newest_at=row["newest"], rows=row["rows"]))
    return tuple(found)


def _period(asking: Asking, grain: Grain, day: date | None) -> Period:
    """Return the period of a day, by default the last that is over where the story is cut."""
    calendar = asking.workspace.calendar
    if day is not None:
        return calendar.period_of(day, grain)
    running = calendar.period_of(calendar.day_of(asking.until), grain)
    return calendar.shift(running, grain, -1)
