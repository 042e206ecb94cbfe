"""How decisions about interruption read: an incident's page, minutes by cause, the queue, a customer's own ledger.

Tables and sentences as plain strings, and the same as JSON and as the section of a post-mortem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from regard.model import moment
from regard.present import document, numbers, words
from regard.present.table import Cell, Column, Table, without_empty

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from regard.model.interruption import (
        Bounds,
        CustomerLedger,
        Escalations,
        ImpactReport,
        IncidentPage,
        Listed,
        Money,
        Phase,
        Record,
        Running,
        Scores,
        Suffered,
        Tickets,
        Toll,
    )

HOUR, DAY = 60, 1440
BLANK = "(blank)"
UNKNOWN = "unknown"
SHOWN = 8
"""Parts of a breakdown that a page shows; the document has all."""

KINDS: Mapping[str, str] = {
    "outage": "full outage",
    "data_loss": "data loss",
    "degraded": "degraded",
    "workaround": "by a workaround",
    "cosmetic": "cosmetic",
}
"""Kind of loss -> how it reads."""

OPEN: Mapping[str, str] = {"answer": numbers.MISSING, "ticket": "open"}
"""Entry of a customer's ledger -> what stands for its end where it has none."""

HOW: Mapping[str, str] = {
    "linked": "the ticket names it",
    "likely": "likely: its customer was losing service when it was opened",
    "possible": "possible: the loss of its customer had ended within a day before",
    "": "no incident is found",
}
"""How a ticket was brought to an incident -> how it reads."""


def as_document(noun: object) -> object:
    """Return a noun as JSON: instants as ISO text in UTC, everything else by its own name.

    Instants are the fields `at`, `until` and those that end with `_at`.
    """
    if is_dataclass(noun) and not isinstance(noun, type):
        found: dict[str, object] = {}
        for each in fields(noun):
            value = getattr(noun, each.name)
            instant = each.name in {"at", "until"} or each.name.endswith("_at")
            if instant and isinstance(value, tuple):
                found[each.name] = [document.instant(at) for at in value]
            else:
                found[each.name] = document.instant(value) if instant and value is not None else as_document(value)
        return found
    if isinstance(noun, Mapping):
        return {name: as_document(value) for name, value in noun.items()}
    if isinstance(noun, tuple):
        return [as_document(value) for value in noun]
    return noun


def length(minutes: float | None) -> str:
    """Read a length: `12 s`, `42 min`, `3.5 h`, `2.1 days`; `-` when there is none."""
    if minutes is None:
        return numbers.MISSING
    size = abs(minutes)
    if 0 < size < 1:
        return f"{numbers.digits(minutes * 60, 0 if float(minutes * 60).is_integer() else 1)} s"
    for unit, above in (("days", 2 * DAY), ("h", 2 * HOUR)):
        if size >= above:
            return f"{numbers.digits(minutes / {'days': DAY, 'h': HOUR}[unit], 1)} {unit}"
    return f"{numbers.digits(minutes, 0 if float(minutes).is_integer() else 1)} min"


def minutes(amount: float | None) -> str:
    """Read customer minutes: whole ones where there are many."""
    if amount is None:
        return numbers.MISSING
    return numbers.digits(amount, 0 if abs(amount) >= HOUR or float(amount).is_integer() else 1)


def many(number: float, noun: str) -> str:
    """Read a count of something: `1 customer`, `1,204 customers`."""
    return f"{numbers.count(number)} {noun}{'' if number == 1 else 's'}"


def bounds(found: Bounds | None) -> str:
    """Read a number with the bounds that it lies between: `49,200 (42,000 to 60,000)`."""
    if found is None:
        return numbers.MISSING
    if found.exact:
        return minutes(found.value)
    return f"{minutes(found.value)} ({minutes(found.lo)} to {minutes(found.hi)})"


def when(at: int | None, zone: ZoneInfo) -> str:
    """Read an instant on a wall clock: `2026-03-05 14:20`, with seconds where there are any; `-` for none."""
    if at is None:
        return numbers.MISSING
    told = moment(at).astimezone(zone)
    return told.strftime("%Y-%m-%d %H:%M:%S" if told.second else "%Y-%m-%d %H:%M")


# ----------------------------------------------------------------------------------------------------------------------
# An incident


def incident_title(record: Record) -> str:
    """Return the head of an incident's page."""
    name = f": {record.title}" if record.title else ""
    return f"Incident {record.incident}{name}"


def incident_facts(record: Record) -> str:
    """Return what the operator recorded, in one line."""
    said = [f"severity {record.severity}" if record.severity else "", record.service, record.cause]
    said += [f"team {record.team}" if record.team else "", "planned work" if record.planned else "", record.status]
    return ", ".join(part for part in said if part)


def incident_headline(page: IncidentPage) -> str:
    """Return the toll in a sentence, or what to do where it is unknown."""
    if page.toll is None:
        return (
            "No impact on customers is recorded, so the customer minutes lost are unknown, not zero. "
            f"Say who was affected: {add_command(page.record.incident)}"
        )
    toll = page.toll
    planned = " This is planned work, which stands apart from all other minutes." if page.record.planned else ""
    now = f" {many(toll.running, 'customer')} losing service now." if toll.running else ""
    counted = "" if toll.customers.exact else " Members are known as counts only, so it is an estimate within bounds."
    by = many(toll.customers.value, "customer") if toll.customers.exact else f"{bounds(toll.customers)} customers"
    return f"{bounds(toll.minutes)} customer minutes lost by {by}.{planned}{counted}{now}"


def add_command(incident: str) -> str:
    """Return the command that adds the impact of an incident."""
    return (
        f"regard impact add {incident} --who \"segment = '...'\" --from TIME --to TIME --kind outage --evidence listed"
    )


def incident_tables(page: IncidentPage, zone: ZoneInfo) -> Iterator[Table]:
    """Yield the tables of a page, in its order, those without rows left out."""
    tables = (
        marks_table(page, zone),
        parts_table(page),
        kinds_table(page),
        phases_table(page.phases),
        similar_table(page, zone),
    )
    yield from (table for table in tables if table.rows)


def incident_sentences(page: IncidentPage) -> tuple[str, ...]:
    """Return what else the page says, one sentence each."""
    said = []
    if page.toll is not None:
        known = ", ".join(f"{kind} {minutes(amount)}" for kind, amount in page.evidence.items())
        said.append(f"Evidence, in customer minutes: {known}.")
    if page.index is not None:
        range_ = f" ({minutes(page.index.lo)} if only full outages count, {minutes(page.index.hi)} if all losses do)"
        said.append(
            f"Weighted by depth: {minutes(page.index.value)}{', by any policy' if page.index.exact else range_}."
        )
    if page.untold is not None:
        said.append(f"{minutes(page.untold)} customer minutes passed before the first word to customers.")
    for wait in page.waits:
        if wait.of:
            told = f"median {length(wait.median)}, 9 in 10 within {length(wait.p90)}" if wait.reached else "none yet"
            said.append(f"Wait for {wait.name}: {told} ({wait.reached} of {wait.of} interruptions).")
    said.append(ticket_sentence(page.tickets))
    said.append(score_sentence(page.scores))
    if page.toll is not None:
        said.append(money_sentence(page.toll.money, page.currency))
    if page.record.postmortem:
        said.append(f"Post-mortem: {page.record.postmortem}")
    return tuple(part for part in said if part)


def ticket_sentence(found: Tickets) -> str:
    """Return what tickets there are, and how sure it is that they belong here."""
    named = "1 ticket names it" if found.linked == 1 else f"{found.linked} tickets name it"
    if not found.matched or found.confidence is None:
        return f"Tickets: {named}; no other of the affected fits in time."
    usual = numbers.value(found.usual, "count")
    return (
        f"Tickets: {named}; {found.matched} more came from affected customers in that time, where {usual} are usual, "
        f"so {numbers.share(found.confidence)} of them are likely its."
    )


def score_sentence(found: Scores) -> str:
    """Return satisfaction of the affected before and after; why not where it cannot be shown."""
    if found.hidden:
        return "Satisfaction of the affected: hidden, too few of them answered."
    if not found.n_before and not found.n_after:
        return "Satisfaction of the affected: nobody answered within 30 days before or after."
    before, after = (numbers.value(each, "index") for each in (found.before, found.after))
    told = f"{before} of 100 before (n {found.n_before}), {after} after (n {found.n_after}), 30 days each"
    if found.change is None:
        return f"Satisfaction of the affected: {told}."
    change = numbers.change(found.change, "index", lo=found.lo, hi=found.hi)
    if found.lo is None or found.hi is None:
        return f"Satisfaction of the affected: {told}; {change}, too few to tell whether that is chance."
    sure = "changed" if found.lo > 0 or found.hi < 0 else "no detectable change"
    return f"Satisfaction of the affected: {told}; {change} {numbers.interval(found.lo, found.hi)}: {sure}."


def money_sentence(found: Money, currency: str) -> str:
    """Return what the affected are worth."""
    if found.amount is None:
        return ""
    amount = numbers.value(found.amount, "money", currency=currency)
    return f"Money in scope: {amount} a year of {many(found.known, 'affected customer')}, each counted once."


def marks_table(page: IncidentPage, zone: ZoneInfo) -> Table:
    """Return the moments of an incident in order of the story."""
    columns = (Column("when"), Column("after first impact", right=True), Column("what"), Column("clock", weight=1))
    rows = tuple(
        (Cell(when(mark.at, zone)), Cell(length(mark.after)), Cell(mark.name), Cell(mark.clock, words.FAINT))
        for mark in page.marks
        if mark.at is not None
    )
    unknown = ", ".join(mark.name for mark in page.marks if mark.at is None)
    return Table("When", columns, rows, (f"Not yet, or not recorded: {unknown}.",) if unknown else ())


def parts_table(page: IncidentPage) -> Table:
    """Return the affected by segment, region and tier."""
    rows, notes = [], []
    for by in dict.fromkeys(part.by for part in page.parts):
        own = [part for part in page.parts if part.by == by]
        if all(part.name is None for part in own):
            continue
        rows += [
            (
                Cell(by),
                Cell(BLANK if part.name is None else part.name, words.FAINT if part.name is None else words.PLAIN),
                Cell("hidden" if part.customers is None else bounds(part.customers)),
                Cell(minutes(part.minutes)),
            )
            for part in own[:SHOWN]
        ]
        if len(own) > SHOWN:
            notes.append(f"{len(own) - SHOWN} more by {by}; --json has all.")
    if any(part.customers is None for part in page.parts):
        notes.append(f"hidden: {words.flag('hidden').partition(': ')[2]}")
    columns = (
        Column("by"), Column("part"), Column("customers", right=True), Column("customer minutes", right=True),
    )  # fmt: skip
    return Table("Who", columns, tuple(rows), tuple(notes))


def kinds_table(page: IncidentPage) -> Table:
    """Return customer minutes by worst kind of loss."""
    total = sum(page.kinds.values())
    columns = (Column("loss"), Column("customer minutes", right=True), Column("share", right=True))
    rows = tuple(
        (Cell(KINDS.get(kind, kind)), Cell(minutes(amount)), Cell(numbers.share(amount / total if total else None)))
        for kind, amount in page.kinds.items()
    )
    return Table("How deep", columns, rows)


def phases_table(phases: Sequence[Phase], unnamed: float = 0.0) -> Table:
    """Return customer minutes by phase, with those for which nobody declared an incident last."""
    total = sum(phase.minutes or 0 for phase in phases) + unnamed
    told = [(phase.name, phase.minutes) for phase in phases] + ([("no incident declared", unnamed)] if unnamed else [])
    columns = (Column("phase"), Column("customer minutes", right=True), Column("share", right=True))
    rows = tuple(
        (
            Cell(name),
            Cell("not recorded" if lost is None else minutes(lost)),
            Cell(numbers.share(None if lost is None or not total else lost / total)),
        )
        for name, lost in told
    )
    return Table("Where the minutes went", columns, rows)


def similar_table(page: IncidentPage, zone: ZoneInfo) -> Table:
    """Return earlier incidents like this one."""
    columns = (
        Column("incident"),
        Column("began", weight=2),
        Column("same", weight=3),
        Column("lasted", right=True),
        Column("customer minutes", right=True),
        Column("title", weight=1, wrap=True),
    )
    rows = tuple(
        (
            Cell(one.incident),
            Cell(when(one.at, zone)),
            Cell(one.alike),
            Cell(length(one.lasted)),
            Cell(UNKNOWN if one.minutes is None else minutes(one.minutes)),
            Cell(one.title or ""),
        )
        for one in page.similar
    )
    return Table("Earlier ones like it", columns, rows)


def postmortem(page: IncidentPage, zone: ZoneInfo) -> str:
    """Return the section about customers of a post-mortem, as Markdown (R119)."""
    lines = [
        f"## Impact on customers: {escaped(incident_title(page.record))}",
        "",
        escaped(incident_headline(page)),
        "",
    ]
    for table in incident_tables(page, zone):
        lines += [f"### {table.title}", "", *markdown(table), ""]
    lines += [f"* {escaped(sentence)}" for sentence in incident_sentences(page)]
    lines += [
        "",
        f"Cut at {when(page.until, zone)} ({zone.key}). Customer minutes that several incidents took are shared.",
    ]
    return "\n".join(lines) + "\n"


def markdown(table: Table) -> list[str]:
    """Return a table as lines of Markdown."""
    heads = [escaped(column.title) for column in table.columns]
    rules = ["---:" if column.right else "---" for column in table.columns]
    rows = [[escaped(cell.text) for cell in row] for row in table.rows]
    lines = [f"| {' | '.join(row)} |" for row in (heads, rules, *rows)]
    return [*lines, *(f"\n{escaped(note)}" for note in table.notes)]


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    for sign in ("\\", "|", "<", "*", "_", "`", "["):
        text = text.replace(sign, "&lt;" if sign == "<" else f"\\{sign}")
    return text.replace("\n", " ")


# ----------------------------------------------------------------------------------------------------------------------
# Minutes by cause, the queue


def impact_table(report: ImpactReport, titles: Mapping[str, str]) -> Table:
    """Return a row for each group, the greatest first, and the whole of each period."""
    columns = (
        Column("period", weight=6),
        *(Column(titles.get(name, name)) for name in report.by),
        Column("customer minutes", right=True),
        Column("95 % interval", right=True, weight=4),
        Column("share", right=True),
        Column("running", right=True, weight=5),
        Column("incidents", right=True, weight=3),
        Column("customers", right=True, weight=2),
        Column("without its largest", right=True, weight=1),
    )
    rows = []
    for period, total in report.totals.items():
        own = [row for row in report.rows if row.period == period]
        rows += [
            (
                Cell(period),
                *(_dim(row.dims[name]) for name in report.by),
                Cell(bounds(row.minutes)),
                Cell(numbers.interval(row.lo, row.hi, "count")),
                Cell(numbers.share(row.share)),
                Cell(numbers.share(row.running)),
                Cell(numbers.count(row.incidents)),
                Cell("hidden" if row.customers is None else numbers.count(row.customers)),
                Cell(minutes(row.without_largest)),
            )
            for row in own
        ]
        if report.by and own:
            blank = Cell("")
            whole = [Cell(period), Cell("all", words.FAINT), *[blank] * (len(report.by) - 1), Cell(minutes(total))]
            rows.append((*whole, *[blank] * 6))
    return without_empty(Table("Customer minutes lost", columns, tuple(rows), impact_notes(report)))


def impact_notes(report: ImpactReport) -> tuple[str, ...]:
    """Return what must be said beside the minutes: planned work, and incidents nobody knows the impact of."""
    notes = []
    if report.planned:
        notes.append(f"Planned work stands apart: {minutes(report.planned)} customer minutes.")
    if report.blind:
        some = ", ".join(report.blind[:SHOWN]) + (" ..." if len(report.blind) > SHOWN else "")
        notes.append(
            f"{many(len(report.blind), 'incident')} without any recorded impact ({some}):"
            " what they took is unknown and not in these minutes; `regard impact add` records it."
        )
    return tuple(notes)


def listed_table(listed: Sequence[Listed], zone: ZoneInfo) -> Table:
    """Return incidents of a stretch of days, those first that took most; those of unknown impact last."""
    columns = (
        Column("incident"),
        Column("began"),
        Column("lasted", right=True),
        Column("customers", right=True),
        Column("customer minutes", right=True),
        Column("severity", weight=4),
        Column("service", weight=3),
        Column("cause", weight=2),
        Column("title", weight=1, wrap=True),
    )
    rows = tuple(
        (
            Cell(one.record.incident),
            Cell(when(one.at, zone)),
            Cell("going on" if one.running else length(one.lasted)),
            Cell(UNKNOWN if one.customers is None else numbers.count(round(one.customers, 1))),
            Cell(UNKNOWN if one.minutes is None else minutes(one.minutes)),
            Cell(one.record.severity or ""),
            Cell(one.record.service or ""),
            Cell("planned work" if one.record.planned else one.record.cause or ""),
            Cell(one.record.title or ""),
        )
        for one in listed
    )
    return without_empty(Table("Incidents", columns, rows))


def worst_table(worst: Sequence[Suffered], currency: str) -> Table:
    """Return the customers who lost most, with how often they were interrupted."""
    columns = (
        Column("customer"),
        Column("segment", weight=3),
        Column("tier", weight=2),
        Column("minutes lost", right=True),
        Column("interruptions", right=True),
        Column("in the last year", right=True),
        Column("yearly value", right=True, weight=1),
    )
    rows = tuple(
        (
            Cell(one.customer),
            Cell(one.segment or ""),
            Cell(one.tier or ""),
            Cell(minutes(one.minutes)),
            Cell(numbers.count(one.times)),
            Cell(numbers.count(one.times_year)),
            Cell(numbers.value(one.value, "money", currency=currency)),
        )
        for one in worst
    )
    return without_empty(Table("Customers who lost most", columns, rows))


def queue_table(queue: Sequence[Running]) -> Table:
    """Return open incidents, first what will cost customers most."""
    columns = (
        Column("incident"),
        Column("expected customer minutes", right=True),
        Column("now", right=True),
        Column("so far", right=True, weight=3),
        Column("age", right=True, weight=5),
        Column("severity", weight=4),
        Column("service", weight=2),
        Column("why", wrap=True, weight=1),
    )
    rows = tuple(
        (
            Cell(one.record.incident),
            Cell(UNKNOWN if one.expected is None else minutes(one.expected)),
            Cell(UNKNOWN if one.burn is None else f"{minutes(one.burn)} / min"),
            Cell(minutes(one.so_far)),
            Cell(length(one.age)),
            Cell(one.record.severity or ""),
            Cell(one.record.service or ""),
            Cell(queue_reason(one)),
        )
        for one in queue
    )
    return Table("Open incidents, first what will cost customers most", columns, rows)


def queue_reason(one: Running) -> str:
    """Return why an incident stands where it does."""
    planned = "planned work; " if one.record.planned else ""
    if one.burn is None:
        return f"{planned}no impact recorded: {add_command(one.record.incident)}"
    kinds = ", ".join(KINDS.get(kind, kind) for kind in one.kinds)
    what = f"{many(one.burn, 'customer')} losing service ({kinds})" if one.burn else "nobody is losing service now"
    return f"{planned}{what}; about {length(one.remaining)} more: {one.basis}"


# ----------------------------------------------------------------------------------------------------------------------
# One customer, tickets


def customer_title(found: CustomerLedger) -> str:
    """Return the head of a customer's ledger."""
    dims = ", ".join(f"{name} {value}" for name, value in found.dims.items() if value)
    return f"Customer {found.customer} ({found.party_id}{', ' + dims if dims else ''})"


def customer_headline(found: CustomerLedger) -> str:
    """Return what the customer lost in a sentence."""
    planned = f" and {minutes(found.planned)} to planned work" if found.planned else ""
    momentary = found.interruptions - found.sustained
    return (
        f"{minutes(found.minutes)} minutes lost{planned} in {many(found.interruptions, 'interruption')}: "
        f"{found.sustained} sustained, {momentary} momentary."
    )


def customer_table(found: CustomerLedger, zone: ZoneInfo) -> Table:
    """Return the lines of a customer's ledger in order of time."""
    columns = (
        Column("from"), Column("to", weight=4), Column("what"), Column("kind", weight=5),
        Column("minutes", right=True), Column("incident", weight=3), Column("note", weight=2, wrap=True),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(when(entry.at, zone)),
            Cell(OPEN.get(entry.what, "going on") if entry.end_at is None else when(entry.end_at, zone)),
            Cell(entry.what),
            Cell(KINDS.get(entry.kind, entry.kind)),
            Cell("" if entry.minutes is None else minutes(entry.minutes)),
            Cell(", ".join(entry.incidents)),
            Cell(entry.note),
        )
        for entry in found.entries
    )
    return Table("", columns, rows)


def escalation_table(found: Escalations) -> Table:
    """Return a row for each ticket and one for all together."""
    columns = (
        Column("ticket"),
        Column("incident"),
        Column("customers", right=True),
        Column("customer minutes", right=True),
        Column("value", right=True, weight=3),
        Column("tickets", right=True, weight=2),
        Column("how sure", weight=1, wrap=True),
    )
    rows = [
        (
            Cell(card.case),
            Cell(card.incident or numbers.MISSING),
            *_toll(card.toll, found.currency, known=card.incident is not None),
            Cell(HOW[card.how]),
        )
        for card in found.cards
    ]
    if len(found.cards) > 1:
        count = len(found.incidents)
        said = f"{many(count, 'incident')}, each once"
        rows.append((Cell("together"), Cell(said), *_toll(found.total, found.currency, known=bool(count)), Cell("")))
    return Table("", columns, tuple(rows))


def _toll(toll: Toll | None, currency: str, *, known: bool) -> tuple[Cell, Cell, Cell, Cell]:
    if toll is None:
        text = UNKNOWN if known else numbers.MISSING
        return Cell(text), Cell(text), Cell(text), Cell(numbers.MISSING)
    return (
        Cell(bounds(toll.customers)),
        Cell(bounds(toll.minutes)),
        Cell(numbers.value(toll.money.amount, "money", currency=currency)),
        Cell(numbers.count(toll.tickets)),
    )


def _dim(value: str | None) -> Cell:
    return Cell(BLANK, words.FAINT) if value is None else Cell(value)
