"""What each kind of section looks like: one function a kind, from what was answered to HTML."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from regard.expr import show
from regard.model.reports import LANDSCAPE
from regard.present import chart, document, interruption, numbers, summary, table, words
from regard.present.incident_chart import causes_chart, course_chart, phases_chart, similar_chart
from regard.present.sparkline import spoken
from regard.present.table import Cell, Column, Table
from regard.reports import markup
from regard.reports.markup import Html, joined, paragraph, said, tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from regard.model import Metric, Target
    from regard.model.interruption import Phase
    from regard.plan import Answer, AnswerCell
    from regard.reports.filled import Filled, IncidentFacts, Report, Seasonal

WIDTH = {"landscape": 1120.0, "portrait": 780.0}
"""Widths of pictures in user units, so that their texts are read at about the size of the page's."""


BESIDE = 0.48
"""Part of the width that a picture has beside its table."""

HALF = 56
"""Characters of a table that stands in half of a page's width."""

LONG_FORMULA = 90
"""A formula in words that is longer than this is no single sentence any more."""

LONG_UNIT = 4
"""A unit longer than this does not stand as large as its number."""


def body(filled: Filled, report: Report) -> Html:
    """Return what a section shows, below its title; why not, where there is nothing."""
    parts = [paragraph(filled.section.text)] if filled.section.text else []
    if filled.missing:
        parts.append(paragraph(f"Not shown: {filled.missing}", "note"))
    if filled.refused:
        return joined(parts)
    return joined([*parts, PRINTERS[filled.section.show](filled, report)])


# ----------------------------------------------------------------------------------------------------------------------
# Numbers


def _summary(filled: Filled, report: Report) -> Html:
    label = report.period.label if report.period else ""
    found = summary.sentences(filled.answers, label, rate=report.rate)
    lead, rest = found[:1], found[1 : 1 + filled.section.most]
    left = len(found) - len(lead) - len(rest)
    if left:
        rest = (*rest, summary.Sentence(f"{left} more {'is' if left == 1 else 'are'} told by the numbers below."))
    items = [tag("li", said(one.text), class_=f"t-{one.tone}" if one.tone else None) for one in rest]
    return joined(
        [*(paragraph(one.text, "lead") for one in lead), *([tag("ul", *items, class_="said")] if items else [])]
    )


def _tiles(filled: Filled, report: Report) -> Html:
    label = report.period.label if report.period else ""
    periods = filled.section.periods
    tiles = [
        _tile(answer, cell, cells, periods, report)
        for answer in filled.answers
        for cells in table.groups(answer).values()
        for cell in cells
        if cell.period.label == label
    ]
    return tag("div", *tiles, class_="tiles")


def _tile(answer: Answer, cell: AnswerCell, cells: Sequence[AnswerCell], periods: int, report: Report) -> Html:
    unit, currency = answer.metric.unit, answer.currency
    found = cell.estimate
    place = next(i for i, each in enumerate(cells) if each.period == cell.period)
    trend = cells[max(0, place + 1 - periods) : place + 1]
    values = [each.estimate.value for each in trend]
    told = spoken([each.period.label for each in trend], values, unit, currency)
    band = numbers.interval(found.lo, found.hi, unit, number=found.value, currency=currency)
    status, arrow = words.status(cell.status), words.arrow(cell.verdict)
    missed = cell.status == "missed"
    number = numbers.value(found.value, unit, lo=found.lo, hi=found.hi, currency=currency)
    after = numbers.unit(unit).after
    bare = number.removesuffix(after) if len(after) > LONG_UNIT else number
    why = words.why_missing(found)
    aim = words.target(cell.target, unit, currency)
    held = f"{status.sign} {cell.status}: {aim}" if cell.status else (f"target {aim}" if aim else "no target")
    change = words.verdict(cell.verdict, unit, currency)
    n = f"n {numbers.count(found.n)}" if found.n is not None else ""
    flags = words.flags(found.flags) if found.value is not None else ""
    end = _ends(cell.target)
    return tag(
        "article",
        tag(
            "h3",
            tag("a", said(summary.name(answer.metric, cell)), href=f"#{_anchor(answer.metric)}")
            if _has_method(report, answer.metric)
            else said(summary.name(answer.metric, cell)),
            tag("small", said(f" v{answer.metric.version}")),
        ),
        tag(
            "p",
            tag("strong", said(bare), class_="figure"),
            tag("span", said(f"{number.removeprefix(bare)} {band if band != numbers.MISSING else why}")),
            class_="big",
        ),
        tag("p", said(f"{arrow.sign} {change}" if change else "nothing to compare with"), class_=f"t-{arrow.tone}"),
        markup.drawn(
            chart.sparkline(
                values, chart.Frame(title=answer.metric.title, description=told, width=200, height=28), target=end
            )
        ),
        markup.drawn(
            chart.bullet(
                chart.Point(cell.period.label, found.value, found.lo, found.hi),
                chart.Frame(
                    title=f"{answer.metric.title} against its target",
                    description=f"{number}, {held}",
                    width=200,
                    height=16,
                ),
                target=end,
            )
        ),
        paragraph(held, f"t-{status.tone}"),
        tag("p", said(" ".join(filter(None, (answer.metric.question, n, flags)))), class_="foot"),
        class_="tile missed" if missed and cell.verdict and cell.verdict.word == words.CHANGED else "tile",
    )


def _scorecard(filled: Filled, report: Report) -> Html:
    until = report.period.end if report.period else None
    shown = [
        replace(answer, cells=[c for c in answer.cells if until is None or c.period.end <= until])
        for answer in filled.answers
    ]
    return markup.table(table.scorecard(shown, periods=filled.section.periods))


def _trend(filled: Filled, report: Report) -> Html:
    return tag(
        "div",
        *(
            _trend_of(answer, cells, filled.section.periods, report)
            for answer in filled.answers
            for cells in table.groups(answer).values()
        ),
        class_="pictures",
    )


def _trend_of(answer: Answer, cells: Sequence[AnswerCell], periods: int, report: Report) -> Html:
    unit, currency = answer.metric.unit, answer.currency
    shown = [cell for cell in cells if report.period is None or cell.period.end <= report.period.end][-periods:]
    if not shown:
        return paragraph(f"{answer.metric.title}: there are no rows in these periods.", "note")
    title = summary.name(answer.metric, shown[-1])
    told = spoken([cell.period.label for cell in shown], [c.estimate.value for c in shown], unit, currency)
    picture = chart.trend(
        [
            chart.Point(
                cell.period.label,
                cell.estimate.value,
                cell.estimate.lo,
                cell.estimate.hi,
                open=bool(table.RUNNING & set(cell.estimate.flags)),
            )
            for cell in shown
        ],
        chart.Frame(
            title=title,
            description=told,
            unit=unit,
            currency=currency,
            width=WIDTH[report.template.paper] / 2,
            height=190,
        ),
        target=[_ends(cell.target) for cell in shown],
    )
    return tag("div", markup.drawn(picture), paragraph(words.summary(answer, shown[-1]), "note"))


def _season(filled: Filled, report: Report) -> Html:
    return joined(tag("div", *_seasonal(one, report), class_="pictures") for one in filled.seasonal)


def _seasonal(one: Seasonal, report: Report) -> Iterator[Html]:
    """Yield a metric as measured, and beside it without its season, with what comes next."""
    unit, currency = one.answer.metric.unit, one.answer.currency
    labels = [cell.period.label for cell in one.cells]

    def drawn_half(points: Sequence[chart.Point], head: str, told: str) -> str:
        wide = WIDTH[report.template.paper] / 2
        return chart.trend(
            points, chart.Frame(title=head, description=told, unit=unit, currency=currency, width=wide, height=190)
        )

    points = [
        chart.Point(cell.period.label, cell.estimate.value, cell.estimate.lo, cell.estimate.hi) for cell in one.cells
    ]
    told = spoken(labels, [point.value for point in points], unit, currency)
    if one.next is not None:
        value, lo, hi = one.next
        points.append(chart.Point(one.next_label, value, lo, hi, open=True))
        number = numbers.value(value, unit, lo=lo, hi=hi, currency=currency)
        band = numbers.interval(lo, hi, unit, number=value, currency=currency)
        told = f"{told}; expected {number} {band} in {one.next_label}"
    title = one.answer.metric.title
    yield tag(
        "div",
        markup.drawn(drawn_half(points, f"{title}, as measured", told)),
        paragraph(f"{told}.", "note"),
    )
    if not one.adjusted:
        yield paragraph(one.said, "note")
        return
    without = [chart.Point(label, value) for label, value in zip(labels, one.adjusted, strict=True)]
    told = spoken(labels, list(one.adjusted), unit, currency)
    yield tag(
        "div",
        markup.drawn(drawn_half(without, f"{title}, season removed", told)),
        paragraph(one.said, "note"),
    )


def _bars(filled: Filled, report: Report) -> Html:
    label = report.period.label if report.period else ""
    found = []
    for answer in filled.answers:
        unit, currency = answer.metric.unit, answer.currency
        cells = summary.at(answer, label)[: filled.section.most]
        if not cells:
            found.append(paragraph(f"{answer.metric.title}: there are no rows in {label}.", "note"))
            continue
        told = "; ".join(f"{words.group(cell.dims)} {words.estimate(cell.estimate, unit, currency)}" for cell in cells)
        picture = chart.bars(
            [chart.Point(_part(cell), cell.estimate.value, cell.estimate.lo, cell.estimate.hi) for cell in cells],
            chart.Frame(
                title=f"{answer.metric.title}, {label}",
                description=told,
                unit=unit,
                currency=currency,
                width=WIDTH[report.template.paper] / 2,
            ),
        )
        found.append(tag("div", markup.drawn(picture), markup.table(_judged(answer, cells, report))))
    return tag("div", *found, class_="pictures")


def _judged(answer: Answer, cells: Sequence[AnswerCell], report: Report) -> Table:
    """Return the parts of a metric with n, target and change: the table beside its bars."""
    made = table.of_answer(replace(answer, cells=cells), titles=report.titles)
    kept = [i for i, column in enumerate(made.columns) if column.title not in {"period", "coverage"}]
    return table.fit(replace(table.pick(made, kept), title=""), HALF)


def _table(filled: Filled, report: Report) -> Html:
    label = report.period.label if report.period else ""
    return joined(
        markup.table(
            table.of_answer(replace(answer, cells=summary.at(answer, label)), titles=report.titles),
            most=filled.section.most,
        )
        for answer in filled.answers
    )


# ----------------------------------------------------------------------------------------------------------------------
# The ledger


def _causes(filled: Filled, report: Report) -> Html:
    impact = filled.impact
    if impact is None or not impact.rows:
        return paragraph("No customer minutes are recorded in this time.", "note")
    made = interruption.impact_table(impact, report.titles)
    # The period stands in the head of the report, the running share in the picture.
    kept = table.pick(made, [i for i, column in enumerate(made.columns) if column.title not in {"period", "running"}])
    wide = WIDTH[report.template.paper] * (BESIDE if report.template.paper == LANDSCAPE else 1)
    picture = causes_chart(impact, report.titles, most=filled.section.most, width=wide, headed=False)
    told = markup.table(Table("", kept.columns, kept.rows, kept.notes), most=filled.section.most)
    return tag("div", markup.drawn(picture), tag("div", told), class_="beside")


def _phases(filled: Filled, report: Report) -> Html:
    stretch = filled.stretch
    if stretch is None:
        return Html("")
    return _phased(stretch.phases, stretch.unnamed, report)


def _incidents(filled: Filled, report: Report) -> Html:
    if filled.stretch is None or not filled.stretch.incidents:
        return paragraph("No incident began or took minutes in this time.", "note")
    made = interruption.listed_table(filled.stretch.incidents, ZoneInfo(report.zone))
    return markup.table(replace(made, title=""), most=filled.section.most)


def _worst(filled: Filled, report: Report) -> Html:
    if filled.stretch is None or not filled.stretch.worst:
        return paragraph("No named customer lost minutes in this time.", "note")
    made = interruption.worst_table(filled.stretch.worst, report.currency)
    return markup.table(replace(made, title=""), most=filled.section.most)


def _queue(filled: Filled, report: Report) -> Html:
    del report
    if not filled.queue:
        return paragraph("No incident is open.", "note")
    made = interruption.queue_table(filled.queue)
    return markup.table(replace(made, title=""), most=filled.section.most)


def _incident(filled: Filled, report: Report) -> Html:
    wanted = filled.section.parts or tuple(PARTS)
    return joined(PARTS[part](filled, report) for part in wanted)


def _opened(filled: Filled) -> IncidentFacts:
    """Return the incident of a section.

    Raises:
        ValueError: the section was filled without one.
    """
    if filled.incident is None:
        raise ValueError(f"the section '{filled.section.show}' has no incident")
    return filled.incident


def _headline(filled: Filled, report: Report) -> Html:
    del report
    page = _opened(filled).page
    return joined(
        [
            paragraph(interruption.incident_headline(page), "lead"),
            paragraph(interruption.incident_facts(page.record), "note"),
        ]
    )


def _timeline(filled: Filled, report: Report) -> Html:
    facts = _opened(filled)
    zone = ZoneInfo(report.zone)
    picture = course_chart(facts.page, facts.course, zone, width=WIDTH[report.template.paper])
    drawn = [markup.drawn(picture)] if picture else []
    return joined([*drawn, markup.table(replace(interruption.marks_table(facts.page, zone), title=""))])


def _of_page(print_: Callable[[Filled, ZoneInfo], Table]) -> Callable[[Filled, Report], Html]:
    def printed(filled: Filled, report: Report) -> Html:
        made = print_(filled, ZoneInfo(report.zone))
        if not made.rows:
            return paragraph("Nothing is recorded.", "note")
        return markup.table(Table("", made.columns, made.rows, made.notes))

    return printed


def _page_phases(filled: Filled, report: Report) -> Html:
    page = _opened(filled).page
    if not page.phases:
        return paragraph("Nothing is recorded.", "note")
    return _phased(page.phases, 0.0, report)


def _phased(phases: Sequence[Phase], unnamed: float, report: Report) -> Html:
    wide = WIDTH[report.template.paper] * (BESIDE if report.template.paper == LANDSCAPE else 1)
    picture = phases_chart(phases, unnamed=unnamed, width=wide, headed=False)
    told = markup.table(replace(interruption.phases_table(phases, unnamed), title=""))
    return tag("div", markup.drawn(picture), tag("div", told), class_="beside")


def _sentences(name: str) -> Callable[[Filled, Report], Html]:
    def printed(filled: Filled, report: Report) -> Html:
        del report
        page = _opened(filled).page
        told = {
            "tickets": interruption.ticket_sentence(page.tickets),
            "scores": interruption.score_sentence(page.scores),
            "money": interruption.money_sentence(page.toll.money, page.currency) if page.toll else "",
        }[name]
        return paragraph(told) if told else Html("")

    return printed


def _similar(filled: Filled, report: Report) -> Html:
    page = _opened(filled).page
    if not page.similar:
        return paragraph("No earlier incident has the same service or cause.", "note")
    picture = similar_chart(page, width=WIDTH[report.template.paper])
    drawn = [markup.drawn(picture)] if picture else []
    made = interruption.similar_table(page, ZoneInfo(report.zone))
    return joined([*drawn, markup.table(Table("", made.columns, made.rows, made.notes))])


# ----------------------------------------------------------------------------------------------------------------------
# The data, the method


def _findings(filled: Filled, report: Report) -> Html:
    del report
    if not filled.findings:
        return paragraph("Nothing is open.", "note")
    columns = (Column("what", wrap=True), Column("kind"), Column("rows", right=True))
    rows = tuple(
        (Cell(one.message or one.rule, wrap), Cell(f"{one.kind}: {one.rule}"), Cell(numbers.count(one.count)))
        for one, wrap in ((one, words.UNSURE if one.severity == "warning" else words.PLAIN) for one in filled.findings)
    )
    return markup.table(Table("", columns, rows), most=filled.section.most)


def _freshness(filled: Filled, report: Report) -> Html:
    zone = ZoneInfo(report.zone)
    columns = (Column("table"), Column("newest row"), Column("rows", right=True))
    rows = tuple(
        (Cell(one.table), Cell(interruption.when(one.newest_at, zone)), Cell(numbers.count(one.rows)))
        for one in filled.fresh
    )
    note = f"Read as of {document.instant(report.as_of)}; the story is cut at {document.instant(report.until)}."
    return markup.table(Table("", columns, rows, (note,)))


def _method(filled: Filled, report: Report) -> Html:
    del report
    return joined(_definition(metric, filled.words.get(metric.id, {})) for metric in filled.metrics)


def _definitions(filled: Filled, report: Report) -> Html:
    del report
    listed = [
        part
        for metric in filled.metrics
        for part in (
            tag("dt", said(metric.title), id=_anchor(metric)),
            tag("dd", said(_sentence(metric, filled.words.get(metric.id, {}).get("value", "")))),
        )
    ]
    return tag("dl", *listed, class_="definitions")


def _sentence(metric: Metric, formula: str) -> str:
    """Return what a number is in a line; a formula that is longer than that is left to the command that shows it."""
    told = f"{metric.question} {formula[:1].upper()}{formula[1:]}." if len(formula) <= LONG_FORMULA else metric.question
    return f"{told} ({metric.id}, version {metric.version}, {metric.hash[: document.SHORT]}: regard show {metric.id})"


def _definition(metric: Metric, told: Mapping[str, str]) -> Html:
    rows = [
        ("asks", metric.question),
        ("is", told.get("value", "")),
        ("formula", show(metric.value)),
        *((name, text) for name, text in told.items() if name != "value"),
        ("interval", f"95 %, {metric.interval.method.replace('_', ' ')}"),
        (
            "a change matters from",
            "" if metric.min_change is None else numbers.change(metric.min_change, metric.unit, signed=False),
        ),
        (
            "choices",
            ", ".join(f"{each.id}={dict(metric.options_set).get(each.id, each.default)}" for each in metric.choices),
        ),
        ("source", metric.citation),
        ("definition", f"{metric.id}, version {metric.version}, {metric.hash[: document.SHORT]}"),
    ]
    listed = [part for name, text in rows if text for part in (tag("dt", said(name)), tag("dd", said(text)))]
    return tag("article", tag("h3", said(metric.title)), tag("dl", *listed), id=_anchor(metric), class_="method")


def _anchor(metric: Metric) -> str:
    return f"method-{metric.id}"


def _has_method(report: Report, metric: Metric) -> bool:
    return any(metric.id == each.id for filled in report.sections for each in filled.metrics)


def _part(cell: AnswerCell) -> str:
    return ", ".join("(blank)" if value is None else value for value in cell.dims.values()) or "all"


def _ends(target: Target | None) -> tuple[float | None, float | None]:
    return (None, None) if target is None else (target.lo, target.hi)


PARTS: Mapping[str, Callable[[Filled, Report], Html]] = {
    "headline": _headline,
    "timeline": _timeline,
    "who": _of_page(lambda filled, _: interruption.parts_table(_opened(filled).page)),
    "depth": _of_page(lambda filled, _: interruption.kinds_table(_opened(filled).page)),
    "phases": _page_phases,
    "tickets": _sentences("tickets"),
    "scores": _sentences("scores"),
    "money": _sentences("money"),
    "similar": _similar,
}
"""Part of an incident -> how it looks; the names are those of the catalogue."""

PRINTERS: Mapping[str, Callable[[Filled, Report], Html]] = {
    "text": lambda *_: Html(""),
    "summary": _summary,
    "tiles": _tiles,
    "scorecard": _scorecard,
    "trend": _trend,
    "season": _season,
    "bars": _bars,
    "table": _table,
    "causes": _causes,
    "phases": _phases,
    "incidents": _incidents,
    "worst_served": _worst,
    "queue": _queue,
    "incident": _incident,
    "findings": _findings,
    "freshness": _freshness,
    "definitions": _definitions,
    "method": _method,
}
"""Kind of section -> how it looks; the names are those of the catalogue."""
