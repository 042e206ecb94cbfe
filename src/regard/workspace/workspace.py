"""Where the parts meet: a folder of text files and its data, opened, checked, loaded and asked."""

from __future__ import annotations

import copy
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeAlias
from zoneinfo import ZoneInfo

from regard import catalog
from regard.errors import AccessError, AuthorError, QuestionError, RegardError, did_you_mean
from regard.expr import MINUTE_US, Node, Type, Types, check as check_types, parse
from regard.lake import Lake
from regard.model import SENSITIVITIES, Grain, Status, instant
from regard.plan import Answer, Question, plan
from regard.sources import load, preview, read_sources
from regard.stewardship import identify
from regard.store import Store
from regard.workspace.added import Addition, Loss, add, propose
from regard.workspace.answers import Answers
from regard.workspace.asking import Asking
from regard.workspace.effects import EDGES, Effects, improved
from regard.workspace.explain import Explained, explain
from regard.workspace.freshness import Freshness, freshness
from regard.workspace.interruption import Interruptions
from regard.workspace.kept_answers import KeptAnswers
from regard.workspace.lags import lag
from regard.workspace.parts import TakenApart, take_apart
from regard.workspace.ready import Ready, ready
from regard.workspace.refresh import due
from regard.workspace.reporting import fill
from regard.workspace.shown import Shown, shown
from regard.workspace.within import planned
from regard.workspace.written import day_of, dims, grain_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.errors import Mistake
    from regard.model import Metric
    from regard.model.interruption import (
        CustomerLedger,
        Escalations,
        ImpactReport,
        IncidentPage,
        Level,
        Running,
        Stretch,
    )
    from regard.model.sources import Source
    from regard.plan import Plan
    from regard.plan.effects import Calibration, Dose, Improved, Lag
    from regard.reports import Report as ReportFilled
    from regard.sources import Preview, Progress, Report
    from regard.store import Finding, Snapshot

CONFIG = "regard.toml"
STORE = "regard.db"
SOURCES = "sources"
Moment: TypeAlias = int | datetime | str | None
"""An instant as callers say it; see `Workspace.moment`."""
COMPARED = ("previous", "year", "")
"""What a period may be compared with (K51); nothing for the last."""


class Workspace:
    """A workspace: its definitions (text) and its data (lake and store).

    Attributes:
        root: the folder that holds `regard.toml`.
        config: what it says.
        catalogue: shipped and own definitions.
        scope: test on dimensions that every question carries, "" for all rows; see `within`.
        upto: class of metrics up to which numbers are shown; see `within`.
    """

    def __init__(self, root: Path) -> None:
        """Open the workspace in a folder; data are touched only when they are asked for.

        Raises:
            AuthorError: when its configuration has mistakes.
        """
        self.root = root.resolve()
        mistakes: list[Mistake] = []
        self.config = catalog.read_config(self.root, mistakes)
        if mistakes:
            raise AuthorError(mistakes)
        self.calendar = self.config.calendar
        self.scope = ""
        self.upto = SENSITIVITIES[-1]

    def __repr__(self) -> str:
        """Return what a Python prompt shows: whose workspace, and where."""
        return f"Workspace({self.config.name!r}, {str(self.root)!r})"

    @classmethod
    def open(cls, path: Path | str = ".") -> Self:
        """Open the workspace that holds a path, searching upward for `regard.toml`.

        Raises:
            RegardError: when there is none.
        """
        start = Path(path).resolve()
        for folder in (start, *start.parents):
            if (folder / CONFIG).is_file():
                return cls(folder)
        raise RegardError(f"no {CONFIG} in {start} or above it; `regard init DIR` makes a workspace")

    def within(self, scope: str, upto: str = SENSITIVITIES[-1]) -> Self:
        """Return the same workspace as somebody sees it who may see only some rows, or not every metric.

        Every question carries the test. What has no such dimension, or shows all rows by its nature, is refused.

        Args:
            scope: test on dimensions that rows must pass, "" for all rows.
            upto: class of metrics up to which numbers are shown.

        Raises:
            AuthorError: the test has mistakes.
        """
        if not scope and upto == SENSITIVITIES[-1]:
            return self
        self.test(scope)
        _ = self.catalogue, self.lake, self.store, self.kept_answers, self._written  # made once, and shared
        limited = copy.copy(self)
        limited.scope, limited.upto = scope, upto
        return limited

    def drafted(self, folder: Path) -> Self:
        """Return the same workspace as it would be with the metrics and policies of a draft laid over its own.

        Raises:
            AuthorError: the draft has mistakes that the workspace does not have.
        """
        _ = self.catalogue, self.lake, self.store  # as they are: a draft changes definitions, never data
        other = copy.copy(self)
        other.__dict__["catalogue"] = catalog.load(self.root, draft=folder)
        own = {str(one) for one in self.catalogue.mistakes}
        if mistakes := [one for one in other.catalogue.mistakes if str(one) not in own]:
            raise AuthorError(mistakes)
        return other

    # -- parts -------------------------------------------------------------------------------------------------------

    @cached_property
    def catalogue(self) -> catalog.Catalogue:
        """Shipped and own definitions."""
        return catalog.load(self.root)

    @cached_property
    def lake(self) -> Lake:
        """The data."""
        return Lake(self.root / self.config.lake)

    @cached_property
    def kept_answers(self) -> KeptAnswers:
        """Answers that were computed before."""
        return KeptAnswers(self.lake)

    @cached_property
    def store(self) -> Store:
        """Runs, snapshots and findings."""
        return Store(self.config.store or self.root / STORE)

    def snapshot(self, as_of: int | None = None) -> Snapshot | None:
        """Return what was known at an instant, the newest by default; None before the first load."""
        return self.store.snapshot(as_of)

    @cached_property
    def _written(self) -> tuple[tuple[Source, ...], list[Mistake]]:
        return read_sources(self.root / SOURCES, self.catalogue.tables)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources whose mappings have no mistakes, in file order."""
        return self._written[0]

    def check(self) -> list[Mistake]:
        """Return every mistake in the workspace's files, in file order."""
        return list(catalog.in_order([*catalog.check(self.root), *self._written[1]]))

    # -- loading -----------------------------------------------------------------------------------------------------

    def load(
        self,
        names: Sequence[str] = (),
        *,
        progress: Progress | None = None,
        limit: float | None = None,
        again: bool = False,
        clock: int | None = None,
    ) -> Report:
        """Load sources and show them as one snapshot; a load that was killed goes on where it was.

        Args:
            names: sources to load, all by default.
            progress: hears how far it is.
            limit: share of the rows of each source that may be turned away before the load counts as failed, by
                default what its mapping says, else `regard.toml`.
            again: read even what has not changed.
            clock: instant of the load, by default where the story ends, or now.

        Raises:
            AuthorError: mistakes in the mappings; nothing was loaded.
            SourceError: a source that cannot be read; nothing was committed.
            RejectsError: too many rows turned away; everything else was committed.
            LoadError: another load is running.
        """
        # What a load stands on: tables, policies and mappings. A mistake in a metric stops the metric, not the load.
        if mistakes := catalog.in_order([*self.catalogue.reading, *self._written[1]]):
            raise AuthorError(mistakes)
        known = {source.name: source for source in self.sources}
        for name in names:
            if name not in known:
                raise QuestionError(f"there is no source '{name}'; {did_you_mean(name, known)}".rstrip("; "))
        chosen = tuple(known[name] for name in dict.fromkeys(names)) or self.sources
        if limit is not None:
            chosen = tuple(replace(source, reject_limit=100 * limit) for source in chosen)
        return load(
            chosen,
            tables=self.catalogue.tables,
            lake=self.lake,
            store=self.store,
            root=self.root,
            clock=clock if clock is not None else self.now(),
            identify=identify,
            limit=self.config.reject_limit / 100,
            again=again,
            code_version=version("regard"),
            progress=progress or _unheard,
        )

    def reject_limit(self, source: Source) -> float:
        """Return the share of the rows of a source that may be turned away."""
        return (self.config.reject_limit if source.reject_limit is None else source.reject_limit) / 100

    def findings(
        self, *, kind: str | None = None, rule: str | None = None, status: str | None = None
    ) -> tuple[Finding, ...]:
        """Return what somebody should look at, all of it or of one kind, rule or status.

        Raises:
            AccessError: somebody asks who does not see all rows.
        """
        self.everything("the list of findings")
        return tuple(self.store.findings(kind=kind, rule=rule, status=status))

    def now(self) -> int:
        """Return the instant of a load: where the workspace says that its story ends, else the clock on the wall."""
        return self.moment(self.config.until or None) or _now()

    def due(self) -> tuple[str, ...]:
        """Return the sources whose cadence (`every`) is over, in file order."""
        return tuple(source.name for source in due(self, _now()))

    def freshness(self, *, newest: bool = False) -> Freshness:
        """Return how old every source and table is (K56).

        Args:
            newest: whether to look for the newest row of each source too, which reads the times of every table.

        Raises:
            QuestionError: the newest rows are asked for and nothing was loaded yet.
        """
        asking = Asking(self) if newest else None
        return freshness(self, now=self.now(), wall=_now(), asking=asking)

    def preview(self, name: str, *, most: int | None = None, shown: int = 3) -> Preview:
        """Return what a load would make of the first rows of a source; nothing is written.

        Raises:
            QuestionError: there is no such source.
            AuthorError: mistakes of the mapping.
            SourceError: the source cannot be read.
        """
        if mistakes := catalog.in_order([*self.catalogue.reading, *self._written[1]]):
            raise AuthorError(mistakes)
        known = {source.name: source for source in self.sources}
        if name not in known:
            raise QuestionError(f"there is no source '{name}'; {did_you_mean(name, known)}".rstrip("; "))
        clock = self.now()
        more = {} if most is None else {"most": most}
        return preview(known[name], self.catalogue.tables, self.root, clock=clock, shown=shown, **more)

    def ready(self) -> list[Ready]:
        """Return for every metric whether the data can answer it: ready, what it needs, or not applicable.

        Raises:
            QuestionError: nothing was loaded yet.
        """
        return [one for one in ready(self, Asking(self)) if self.shows(one.metric)]

    def explain(
        self,
        name: str,
        start: date,
        end: date,
        grain: Grain,
        *,
        options: Mapping[str, str] | None = None,
        expected: tuple[float, float] | None = None,
    ) -> Explained:
        """Open one number: leaves, rows, choices, lineage, and its variants where a value is expected.

        Args:
            name: metric or alias.
            start: first local day of the period.
            end: the day after its last.
            grain: length of the period.
            options: choice -> option.
            expected: what somebody else states, and the worth of its last digit.

        Raises:
            QuestionError: for what cannot be answered.
        """
        return explain(self, Asking(self), self.metric(name, options), (start, end), grain, expected=expected)

    # -- asking ------------------------------------------------------------------------------------------------------

    def ask(
        self,
        *metrics: str,
        by: str | Sequence[str] = (),
        breakdowns: Sequence[Sequence[str]] | None = None,
        grain: str = "month",
        start: date | str | None = None,
        end: date | str | None = None,
        where: str = "",
        options: Mapping[str, str] | None = None,
        as_of: int | datetime | str | None = None,
        until: int | datetime | str | None = None,
        as_now: bool = False,
        compare: str = "previous",
        intervals: bool = True,
    ) -> Answers:
        """Compute metrics.

        Args:
            metrics: ids or aliases.
            by: dimensions to cut by, a list or one text such as "channel,segment"; a shorthand for one breakdown.
            breakdowns: several cuts at once, each a list of dimensions; () is the whole.
            grain: day, week, month, quarter, year or all.
            start: first local day; by default where the data begin.
            end: the local day after the last; by default where the data or the story end.
            where: test on dimensions, such as `segment = 'b2b'`.
            options: choice -> option, such as {"K22": "every"}.
            as_of: what we knew then: the last snapshot at or before.
            until: where the story is cut; by default where `regard.toml` says, else the time of the snapshot.
            as_now: cut by what customers are today instead of what they were at the time.
            compare: previous, year or "" (K51).
            intervals: whether to compute them.

        Returns:
            One answer for each metric, in the order asked.

        Raises:
            QuestionError: for what cannot be answered, saying what would.
            AuthorError: when a definition has mistakes.
        """
        asking = Asking(self, as_of=self.moment(as_of), until=self.moment(until))
        options = dict(options or {})
        wanted = [self.metric(name, options) for name in metrics]
        self._heard(options, metrics)
        if compare not in COMPARED:
            hint = did_you_mean(compare, [name for name in COMPARED if name])
            raise QuestionError(f"nothing is compared with '{compare}'; {hint}")
        cuts = [tuple(b) for b in breakdowns] if breakdowns is not None else [dims(by)]
        test = self.test(where)
        answers: dict[int, Answer] = {}
        for extra in dict.fromkeys(metric.by_default for metric in wanted):
            chosen = [(i, metric) for i, metric in enumerate(wanted) if metric.by_default == extra]
            question = Question(
                metrics=tuple(metric.id for _, metric in chosen),
                breakdowns=tuple(dict.fromkeys((*cut, *(d for d in extra if d not in cut)) for cut in cuts)),
                grain=grain_of(grain),
                start=day_of(start),
                end=day_of(end),
                where=test,
                where_text=where,
                options=options,
                as_now=as_now,
                compare=compare,
                intervals=intervals,
            )
            for (i, _), answer in zip(chosen, asking.answers(question, [m for _, m in chosen]), strict=True):
                answers[i] = answer
        return Answers(answers[i] for i in range(len(wanted)))

    def take_apart(
        self,
        metric: str,
        dimension: str,
        *,
        grain: str = "month",
        start: date | str | None = None,
        end: date | str | None = None,
        where: str = "",
        options: Mapping[str, str] | None = None,
        as_of: Moment = None,
        until: Moment = None,
        compare: str = "previous",
    ) -> TakenApart:
        """Take the number of the last period apart along a dimension: parts, the rest of each, what moved the whole.

        What else may be said is said as for `ask`.

        Raises:
            QuestionError: as `ask`.
        """
        asking = Asking(self, as_of=self.moment(as_of), until=self.moment(until))
        found = self.metric(metric, options)
        self._heard(options or {}, [metric])
        question = Question(
            metrics=(found.id,),
            grain=grain_of(grain),
            start=day_of(start),
            end=day_of(end),
            where=self.test(where),
            where_text=where,
            options=options or {},
            compare=compare,
        )
        return take_apart(asking, question, found, dimension)

    # -- deciding ----------------------------------------------------------------------------------------------------

    def incident(
        self, incident: str, *, options: Mapping[str, str] | None = None, as_of: Moment = None, until: Moment = None
    ) -> IncidentPage:
        """Open an incident: who, when, how deep, and what came of it (R119); choices by which the ledger is made.

        Raises:
            QuestionError: nobody recorded one of that id.
        """
        return self._interruptions(as_of, until, options).incident(incident)

    def course(self, incident: str, *, as_of: Moment = None, until: Moment = None) -> tuple[Level, ...]:
        """Return how many customers were losing service to an incident, from each instant at which that changed."""
        return self._interruptions(as_of, until).course(incident)

    def impact(
        self,
        by: str | Sequence[str] = ("cause",),
        *,
        grain: str = "all",
        start: date | str | None = None,
        end: date | str | None = None,
        options: Mapping[str, str] | None = None,
        as_of: Moment = None,
        until: Moment = None,
    ) -> ImpactReport:
        """Return customer minutes lost by dimensions of the attributed ledger, adding up to the whole (R030).

        Raises:
            QuestionError: a dimension that the ledger does not have, a choice that does not make it, or days in the
                wrong order.
        """
        found = self._interruptions(as_of, until, options)
        return found.impact(dims(by), grain=grain_of(grain), start=day_of(start), end=day_of(end))

    def queue(
        self, *, options: Mapping[str, str] | None = None, as_of: Moment = None, until: Moment = None
    ) -> tuple[Running, ...]:
        """Return open incidents, those first that will cost customers most (R023, R026)."""
        return self._interruptions(as_of, until, options).queue()

    def stretch(
        self,
        start: date | str | None = None,
        end: date | str | None = None,
        *,
        worst: int = 0,
        as_of: Moment = None,
        until: Moment = None,
    ) -> Stretch:
        """Return the ledger of some days: incidents, where their minutes went, and the customers who lost most (R117).

        Args:
            start: first local day; by default 30 days before the end.
            end: the local day after the last; by default the day after the story ends.
            worst: how many customers to name.
            as_of: what we knew then.
            until: where the story is cut.
        """
        found = self._interruptions(as_of, until)
        after = day_of(end) or self.calendar.day_of(found.asking.until - 1) + timedelta(days=1)
        first = day_of(start) or after - timedelta(days=30)
        return found.stretch(self.calendar.midnight(first), self.calendar.midnight(after), worst=worst)

    def ledger(
        self, customer: str, *, options: Mapping[str, str] | None = None, as_of: Moment = None, until: Moment = None
    ) -> CustomerLedger:
        """Return what one customer lost and said; it is named by its key as written, or its surrogate.

        Raises:
            QuestionError: nobody, or several, are known by that name.
        """
        return self._interruptions(as_of, until, options).ledger(customer)

    def escalation(
        self,
        cases: str | Sequence[str],
        *,
        options: Mapping[str, str] | None = None,
        as_of: Moment = None,
        until: Moment = None,
    ) -> Escalations:
        """Return what stands behind tickets, each incident and customer once in their total (R029).

        Raises:
            QuestionError: there is no such ticket.
        """
        found = self._interruptions(as_of, until, options)
        return found.escalation([cases] if isinstance(cases, str) else cases)

    def propose_impact(self, loss: Loss) -> Addition:
        """Return who matches the test of a loss, and the rows that would record it; nothing is written (R019).

        Raises:
            QuestionError: the incident is unknown, nobody matches, or the loss makes no sense.
            AuthorError: the test has mistakes.
        """
        self.everything("who matches a loss")
        return propose(Asking(self), loss, self.root)

    def add_impact(self, addition: Addition) -> tuple[Path, ...]:
        """Write proposed rows into `data/impact/added.csv` and map it as a source; a load takes them in."""
        return add(addition, self.root)

    def report(
        self,
        name: str,
        *,
        incident: str = "",
        day: date | str | None = None,
        as_of: Moment = None,
        until: Moment = None,
        named: bool = True,
    ) -> ReportFilled:
        """Return a report with everything that it shows, for `reports` to print (R111, R116).

        Args:
            name: id of the report.
            incident: which, for a report of an incident.
            day: a day of the period; by default the last that is over.
            as_of: what we knew then.
            until: where the story is cut.
            named: whether single customers may be named.

        Raises:
            QuestionError: there is no such report or incident.
        """
        ledger = self._interruptions(as_of, until)
        return fill(self, name, incident=incident, day=day_of(day), interruptions=ledger, named=named)

    def dose(
        self,
        outcome: str,
        *,
        start: date | str | None = None,
        end: date | str | None = None,
        over: str = "month",
        bands: Sequence[float] = EDGES,
        where: str = "",
        options: Mapping[str, str] | None = None,
        as_of: Moment = None,
    ) -> Dose:
        """Return csat, leaving, renewal or tickets of customer-months by minutes lost: an association (R025).

        Minutes are those of the month, or `over` a year: to its end, of contracts to the day they were due. `bands`
        are the upper ends of all bands of minutes but the last; `where` picks customers.

        Raises:
            QuestionError: an unknown outcome or stretch, bands that do not rise, a choice that does not make the
                ledger, or no month whose outcome is known.
        """
        self.everything("dose and response")
        asking = Asking(self, as_of=self.moment(as_of))
        days = {"start": day_of(start), "end": day_of(end)}
        return Effects(asking, options or {}).dose(outcome, over=over, edges=bands, where=where, **days)

    def lag(
        self,
        service: str,
        series: str,
        *,
        start: date | str | None = None,
        end: date | str | None = None,
        step: int | None = None,
        ahead: int = 60,
        season: str = "none",
        alarm: float | None = None,
        where: str | None = None,
        options: Mapping[str, str] | None = None,
        as_of: Moment = None,
        until: Moment = None,
    ) -> Lag:
        """Return whether a series measured of a service runs ahead of customer minutes lost: an association (R018).

        `step` and `ahead`, the longest lag, are minutes; `where` says whose minutes, by default those of the service;
        `alarm` is the value beyond which one would be raised, by default the rarest 1 % of the series.

        Raises:
            QuestionError: nothing, or too little, was measured or lost, or a choice that does not make the ledger.
        """
        self.everything("what runs ahead of lost minutes")
        quoted = service.replace("'", "''")
        by = f"service = '{quoted}'" if where is None else where
        return lag(
            Asking(self, as_of=self.moment(as_of), until=self.moment(until)),
            service,
            series,
            span=(self._midnight(start), self._midnight(end)),
            step=None if step is None else step * MINUTE_US,
            longest=ahead * MINUTE_US,
            season=season,
            alarm=alarm,
            test=self.test(by),
            by=by,
            options=options,
        )

    def calibrate(
        self,
        policy: str = "depth",
        *,
        start: date | str | None = None,
        end: date | str | None = None,
        options: Mapping[str, str] | None = None,
    ) -> Calibration:
        """Return what data propose for a policy; nothing is applied (MODEL.md 4.3).

        Raises:
            QuestionError: a policy that data cannot check, a choice that does not make the ledger, or no month whose
                outcome is known.
        """
        if policy != "depth":
            raise QuestionError(f"data cannot check the policy '{policy}'; one of: depth")
        self.everything("what data propose")
        return Effects(Asking(self), options or {}).calibrate(start=day_of(start), end=day_of(end))

    def improve(
        self,
        metric: str,
        *,
        before: tuple[date | str, date | str],
        after: tuple[date | str, date | str],
        claim: float | None = None,
        where: str = "",
        options: Mapping[str, str] | None = None,
    ) -> Improved:
        """Compare a metric over two stretches of days as a ratio, and hold a claim against it (R031).

        Args:
            metric: its id or alias.
            before: first local day, and the day after the last.
            after: likewise.
            claim: the ratio claimed, such as 0.6 for 40 % less.
            where: test on dimensions.
            options: choice -> option.

        Raises:
            QuestionError: as `ask`; or a total of minutes over stretches of different length.
        """
        spans = [
            self.ask(metric, grain="all", start=start, end=end, where=where, options=options, compare="")
            for start, end in (before, after)
        ]
        return improved(spans[0], spans[1], claim)

    def _midnight(self, day: date | str | None) -> int | None:
        found = day_of(day)
        return None if found is None else self.calendar.midnight(found)

    def _interruptions(self, as_of: Moment, until: Moment, chosen: Mapping[str, str] | None = None) -> Interruptions:
        return Interruptions(Asking(self, as_of=self.moment(as_of), until=self.moment(until)), chosen or {})

    def metric(self, name: str, options: Mapping[str, str] | None = None) -> Metric:
        """Return a resolved metric that can be computed; options that it does not have are left out for it.

        Raises:
            QuestionError: when there is none of that name, or it is only planned.
            AccessError: its numbers are for people who see more.
        """
        own = self.catalogue.offered(self.catalogue.find(name)) if options else {}
        metric = self.catalogue.metric(name, {k: v for k, v in (options or {}).items() if k in own})
        if metric.status is Status.PLANNED:
            raise QuestionError(f"{metric.id} is planned, not built yet: {metric.pending}")
        if not self.shows(metric):
            raise AccessError(f"{metric.id} is {metric.sensitivity}; you see only metrics up to {self.upto}")
        return metric

    def shows(self, metric: Metric) -> bool:
        """Whether the numbers of a metric are shown to who looks."""
        return SENSITIVITIES.index(metric.sensitivity) <= SENSITIVITIES.index(self.upto)

    def _heard(self, options: Mapping[str, str], metrics: Sequence[str]) -> None:
        """Refuse a choice that no metric asked has: an option that changes nothing would be believed to.

        Raises:
            QuestionError: naming the choices that they have.
        """
        known = self.catalogue
        offered = {choice for name in metrics if options for choice in known.offered(known.find(name))}
        for choice in options:
            if choice not in offered:
                said = f"has the choice {choice}" if choice in known.choices else f"knows a choice '{choice}'"
                hint = f"; choices: {', '.join(sorted(offered))}" if offered else ""
                raise QuestionError(f"no metric asked {said}{hint}")

    def show(self, name: str, options: Mapping[str, str] | None = None) -> Shown:
        """Open a metric: its file, formula, words, choices and SQL, all printed from the object that computes."""
        return shown(self, self.catalogue.metric(name, options))

    def plan(
        self,
        question: Question,
        metrics: Sequence[Metric],
        *,
        until: int,
        whole: bool = False,
        by_party: bool = False,
        seen: Mapping[str, int] | None = None,
    ) -> Plan:
        """Return the plan of a question with this workspace's calendar, tables, policies and scope (see `plan.plan`).

        Raises:
            QuestionError: as `plan.plan`.
            AccessError: it needs rows that have no dimension of the scope, so nobody could tell which are within.
        """
        known = self.catalogue
        make = partial(
            plan,
            metrics=metrics,
            calendar=self.calendar,
            until=until,
            whole=whole,
            by_party=by_party,
            tables=known.tables,
            dimensions=known.dimensions,
            policies=known.lookups(),
            seen=seen,
        )
        return planned(make, question, self.scope)

    def everything(self, what: str) -> None:
        """Refuse somebody who does not see all rows: for what is read other than by questions.

        Raises:
            AccessError: this workspace is limited to a scope.
        """
        if self.scope:
            raise AccessError(f"{what} shows all rows, and you see only those with {self.scope}")

    def moment(self, when: int | datetime | str | None) -> int | None:
        """Return an instant: microseconds as they are, a time without zone by the workspace's, a day as its midnight.

        Raises:
            QuestionError: for a text that is no time.
        """
        if when is None or isinstance(when, int):
            return when
        if isinstance(when, str):
            try:
                if len(when) == len("2026-01-01"):
                    return self.calendar.midnight(date.fromisoformat(when))
                when = datetime.fromisoformat(when)
            except ValueError:
                raise QuestionError(f"'{when}' is no time; write 2026-06-30 or 2026-06-30T12:00:00Z") from None
        return instant(when if when.tzinfo else when.replace(tzinfo=ZoneInfo(self.calendar.zone)))

    def test(self, where: str) -> Node | None:
        """Return a test on dimensions that was written as text; None for none.

        Raises:
            AuthorError: its mistakes.
        """
        if not where.strip():
            return None
        node = parse(where)
        names = dict.fromkeys(self.catalogue.dimensions, Type.TEXT)
        _, mistakes = check_types(node, Types(names, of="the list of dimensions", clocks=False), Type.TRUTH)
        if mistakes:
            raise AuthorError(mistakes)
        return node


def _unheard(source: str, done: int, total: int | None) -> None:
    """Hear how far a load is, and say nothing."""
    del source, done, total


def _now() -> int:
    """Return the wall clock: only a load may ask it, a number never."""
    return time.time_ns() // 1000
