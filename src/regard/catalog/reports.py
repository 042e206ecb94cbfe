"""Reports as written: from YAML to `ReportTemplate`, with everything wrong in them named at its place (R116, R124)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.catalog.fields import Field, Record, Sort, Written, read
from regard.catalog.places import yaml_files
from regard.errors import did_you_mean
from regard.expr import Type, Types
from regard.model import Grain, Status
from regard.model.reports import INCIDENT, LANDSCAPE, MOST, PERIOD, PERIODS, PORTRAIT, ReportTemplate, Section

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from regard.catalog.metrics import Definition
    from regard.catalog.places import Document
    from regard.errors import Mistake
    from regard.model import Dimension


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What a section may show.

    Attributes:
        means: what it is, in one line of the reference.
        needs: fields without which it shows nothing.
        takes: fields that it heeds besides.
        of: the sort of report in which it may stand; "" for both.
        parts: what it may be told to show of it.
    """

    means: str
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    of: str = PERIOD
    parts: tuple[str, ...] = ()


INCIDENT_PARTS = ("headline", "timeline", "who", "depth", "phases", "tickets", "scores", "money", "similar")
SHOWS: Mapping[str, Show] = {
    "text": Show(means="sentences of the author", needs=("text",), of=""),
    "summary": Show(
        means="what changed and which targets are missed, in plain words", needs=("metrics",), takes=("where", "most")
    ),
    "tiles": Show(
        means="one tile a metric: number, interval, target, change, trend",
        needs=("metrics",),
        takes=("where", "periods"),
    ),
    "scorecard": Show(
        means="one line a metric: number, interval, target, change, trend",
        needs=("metrics",),
        takes=("by", "where", "periods"),
    ),
    "trend": Show(
        means="one picture a metric: its periods, intervals and target",
        needs=("metrics",),
        takes=("where", "periods"),
    ),
    "season": Show(
        means="each metric as measured and without its season, and what comes next; needs two cycles, 24 months",
        needs=("metrics",),
        takes=("where", "periods"),
    ),
    "bars": Show(
        means="one picture a metric: a bar for each part, with interval and target",
        needs=("metrics", "by"),
        takes=("where", "most"),
    ),
    "table": Show(
        means="all numbers of a metric, cut by dimensions", needs=("metrics",), takes=("by", "where", "most")
    ),
    "causes": Show(means="customer minutes by causes, the greatest first", needs=("by",), takes=("most",)),
    "phases": Show(means="customer minutes by phase of the incidents: where they went"),
    "incidents": Show(means="the incidents, those first that took most", takes=("most",)),
    "worst_served": Show(means="the customers who lost most, and how often", takes=("most",)),
    "queue": Show(means="open incidents, those first that will cost most", takes=("most",), of=""),
    "incident": Show(
        means="one incident: who, when, how deep, and what came of it",
        takes=("parts", "most"),
        of=INCIDENT,
        parts=INCIDENT_PARTS,
    ),
    "findings": Show(means="what somebody should look at in the data", takes=("kinds", "most"), of=""),
    "freshness": Show(means="how fresh the numbers are, table by table", of=""),
    "definitions": Show(means="one sentence a metric: what it is", takes=("metrics",), of=""),
    "method": Show(means="what each number means and how it is made", takes=("metrics",), of=""),
}
"""The closed list of sections."""

ALWAYS = frozenset({"show", "title", "text", "new_page"})
"""Fields of every section."""

SECTION = Record(
    name="a section",
    fields={
        "show": Field(sort=Sort.TEXT, required=True, choices=tuple(SHOWS), means="what it shows"),
        "title": Field(sort=Sort.TEXT, means="above it"),
        "text": Field(sort=Sort.TEXT, means="sentences of yours, above what it shows"),
        "metrics": Field(sort=Sort.TEXTS, single=True, means="ids or names of metrics, in the order shown"),
        "by": Field(sort=Sort.TEXTS, single=True, means="dimensions it is cut by"),
        "where": Field(sort=Sort.TEXT, means="test on dimensions: only these rows"),
        "parts": Field(sort=Sort.TEXTS, single=True, choices=INCIDENT_PARTS, means="parts of an incident; all of them"),
        "kinds": Field(sort=Sort.TEXTS, single=True, means="kinds of findings, such as reconcile; all when not said"),
        "periods": Field(
            sort=Sort.WHOLE, least=2, most=120, means=f"how many periods a trend shows; {PERIODS} when not said"
        ),
        "most": Field(sort=Sort.WHOLE, least=1, most=500, means=f"lines that a list shows; {MOST} when not said"),
        "new_page": Field(sort=Sort.TRUTH, means="whether it begins a page"),
    },
)
REPORT = Record(
    name="a report",
    fields={
        "report": Field(sort=Sort.NAME, required=True, means="its one id"),
        "title": Field(sort=Sort.TEXT, required=True, means="at its head"),
        "means": Field(sort=Sort.TEXT, means="what it is for"),
        "of": Field(sort=Sort.TEXT, choices=(PERIOD, INCIDENT), means="what it is about; period when not said"),
        "grain": Field(
            sort=Sort.TEXT,
            choices=tuple(grain.value for grain in Grain if grain is not Grain.ALL),
            means="length of the period; month when not said",
        ),
        "paper": Field(
            sort=Sort.TEXT, choices=(LANDSCAPE, PORTRAIT), means="how its pages lie; portrait when not said"
        ),
        "contents": Field(sort=Sort.TRUTH, means="whether a list of its sections stands at the head"),
        "sections": Field(sort=Sort.LIST, required=True, record=SECTION, means="what it shows, in order"),
    },
)


@dataclass(slots=True)
class Reports:
    """Report files, as they are read.

    Attributes:
        templates: by id; a workspace's file takes the place of a shipped one.
        mistakes: what is wrong in the files themselves; a load does not hang on it.
        written: each section as written, for the checks that need metrics and dimensions.
    """

    templates: dict[str, ReportTemplate] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    written: dict[str, list[Written]] = field(default_factory=dict)

    def add_folder(self, folder: Path, reader: Callable[[Path, list[Mistake]], list[Document]], *, own: bool) -> None:
        """Read the files of a folder, in order of their names."""
        for path in yaml_files(folder):
            for document in reader(path, self.mistakes):
                self.add(document, own=own)

    def add(self, document: Document, *, own: bool) -> None:
        """Read one document of a folder of reports."""
        found: list[Mistake] = []
        written = read(document.root, REPORT, found)
        name, sections = written.text("report"), written.records("sections")
        of = written.text("of", PERIOD)
        for one in sections:
            found += _fitting(one, of)
        known = self.templates.get(name)
        if known is not None and (known.own or not own):
            message = f"the report '{name}' is written twice, first in {known.file}"
            found.append(written.mistake("twice", message, "report", hint="give one of them another name"))
            known = None
            name = ""
        if "sections" in written.values and not sections:
            found.append(written.mistake("missing-field", "a report without sections shows nothing", "sections"))
        self.mistakes += found
        if not name:
            return
        self.written[name] = sections
        self.templates[name] = ReportTemplate(
            id=name,
            title=written.text("title", name),
            means=written.text("means"),
            of=of,
            grain=Grain(written.text("grain", Grain.MONTH)),
            paper=written.text("paper", PORTRAIT),
            contents=written.truth("contents"),
            sections=tuple(_section(one, document.file) for one in sections if one.text("show")),
            own=own,
            file=document.file,
            line=document.root.entry.line,
        )

    def about(
        self,
        definitions: Mapping[str, Definition],
        aliases: Mapping[str, str],
        dimensions: Mapping[str, Dimension],
        attributed: Collection[str],
    ) -> list[Mistake]:
        """Return what is wrong with the metrics and dimensions that reports name.

        Args:
            definitions: metrics by id.
            aliases: other name in lower case -> id.
            dimensions: by name.
            attributed: dimensions by which customer minutes are attributed.
        """
        found: list[Mistake] = []
        types = Types(dict.fromkeys(dimensions, Type.TEXT), of="the list of dimensions", clocks=False)
        for sections in self.written.values():
            for one in sections:
                for place, name in enumerate(one.texts("metrics")):
                    found += _metric(one, place, name, definitions, aliases)
                known: Collection[str] = attributed if one.text("show") == "causes" else dimensions
                for place, name in enumerate(one.texts("by")):
                    if name not in known:
                        what = "minutes are not attributed by" if known is attributed else "there is no dimension"
                        hint = did_you_mean(name, known) or f"one of: {', '.join(known)}"
                        found.append(one.mistake("unknown-dimension", f"{what} '{name}'", "by", place, hint=hint))
                if one.text("where"):
                    one.expression(("where",), types, Type.TRUTH, found)
        return found


def _fitting(one: Written, of: str) -> list[Mistake]:
    """Return what is wrong with a section alone: fields that it needs or does not heed, another sort of report."""
    name = one.text("show")
    if not name:
        return []
    show, found = SHOWS[name], []
    if show.of and show.of != of:
        said = f"'{name}' stands in a report of {'an incident' if show.of == INCIDENT else 'a period'}"
        hint = f"of: {show.of}, or one of: {', '.join(each for each, other in SHOWS.items() if other.of in ('', of))}"
        found.append(one.mistake("wrong-report", said, "show", hint=hint))
    for wanted in show.needs:
        if wanted not in one.item.mapping:
            means = SECTION.fields[wanted].means
            found.append(one.mistake("missing-field", f"'{name}' needs '{wanted}'", wanted, hint=means))
    heeded = ALWAYS | set(show.needs) | set(show.takes)
    for given in one.item.mapping:
        if given in SECTION.fields and given not in heeded:
            hint = f"it has: {', '.join(sorted(heeded - {'show'}))}"
            found.append(one.mistake("unused-field", f"'{name}' does not heed '{given}'", given, hint=hint))
    return found


def _metric(
    one: Written, place: int, name: str, definitions: Mapping[str, Definition], aliases: Mapping[str, str]
) -> list[Mistake]:
    known = name if name in definitions else aliases.get(name.lower(), "")
    if not known:
        hint = did_you_mean(name, (*definitions, *aliases))
        return [one.mistake("unknown-metric", f"there is no metric '{name}'", "metrics", place, hint=hint)]
    status = definitions[known].tree.mapping.get("status")
    if status is not None and status.text == Status.RETIRED:
        message = f"the metric '{known}' is retired and enters no report"
        return [one.mistake("retired-metric", message, "metrics", place, hint="name what took its place")]
    return []


def _section(one: Written, file: str) -> Section:
    return Section(
        show=one.text("show"),
        title=one.text("title"),
        text=one.text("text"),
        metrics=one.texts("metrics"),
        by=one.texts("by"),
        where=one.text("where"),
        parts=one.texts("parts"),
        kinds=one.texts("kinds"),
        periods=one.whole("periods", PERIODS),
        most=one.whole("most", MOST),
        new_page=one.truth("new_page"),
        file=file,
        line=one.item.entry.line,
    )
