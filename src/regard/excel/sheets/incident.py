"""One incident at a time, chosen from a list: who, when, how deep, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.excel.book import Chart, Column, Formula, Range, Series, Sheet, Table, Validation, address
from regard.excel.sheets.union import instant

if TYPE_CHECKING:
    from regard.excel.book import Book, Value
    from regard.excel.material import Material
    from regard.model.interruption import IncidentPage

GROUP = "Reports"
INCIDENT, DATA = "Incident", "Incident data"
RECORD = ("title", "severity", "service", "cause", "team", "status")
FAR = {"phase": "Minutes by phase", "kind": "Minutes by kind of loss"}


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the incident sheet and its data; nothing where no incident has a recorded loss."""
    del book
    pages = tuple(sorted(material.records.incidents, key=lambda page: page.record.planned))
    if not pages:
        return []
    columns = _columns(pages, material.currency)
    data = Sheet(
        name=DATA,
        title="Incident data",
        purpose="What the incident sheet shows of each incident that can be chosen, the costliest first.",
        group=GROUP,
        widths={0: 18, 1: 40},
        across=4,
    )
    top = data.head(back="Cover")
    table = Table(name="t_incident_page", columns=columns, row=top)
    data.tables.append(table)
    data.freeze, data.repeat = (top + 1, 1), (top, top)
    return [_sheet(pages, table), data]


def _columns(pages: tuple[IncidentPage, ...], currency: str) -> list[Column]:
    found: dict[str, list[Value]] = {}
    looks: dict[str, str] = {}

    def add(name: str, values: list[Value], look: str = "") -> None:
        found[name], looks[name] = ["" if value is None else value for value in values], look

    add("incident", [page.record.incident for page in pages])
    for name in RECORD:
        add(name, [getattr(page.record, name) for page in pages])
    add("planned", ["planned work" if page.record.planned else "unplanned" for page in pages])
    tolls = [page.toll for page in pages]
    add("customers", [toll.customers.value if toll else None for toll in tolls], "whole")
    add("customer minutes", [toll.minutes.value if toll else None for toll in tolls], "number")
    add("at least", [toll.minutes.lo if toll else None for toll in tolls], "number")
    add("at most", [toll.minutes.hi if toll else None for toll in tolls], "number")
    add("by depth", [page.index.value if page.index else None for page in pages], "number")
    add(
        f"yearly value{f' {currency}' if currency else ''}",
        [toll.money.amount if toll else None for toll in tolls],
        "money",
    )
    add("tickets", [toll.tickets if toll else None for toll in tolls], "whole")
    for what in pages[0].waits:
        for part in ("median", "p90"):
            add(
                f"{what.name} {part}",
                [next((getattr(w, part) for w in page.waits if w.name == what.name), None) for page in pages],
                "number",
            )
    add("untold minutes", [page.untold for page in pages], "number")
    for mark in dict.fromkeys(mark.name for page in pages for mark in page.marks):
        add(
            f"at: {mark}",
            [next((instant(m.at) for m in page.marks if m.name == mark), None) for page in pages],
            "instant",
        )
        add(f"after: {mark}", [next((m.after for m in page.marks if m.name == mark), None) for page in pages], "number")
    for phase in dict.fromkeys(phase.name for page in pages for phase in page.phases):
        add(
            f"phase: {phase}",
            [next((p.minutes for p in page.phases if p.name == phase), None) for page in pages],
            "number",
        )
    for kind in dict.fromkeys(kind for page in pages for kind in page.kinds):
        add(f"kind: {kind}", [page.kinds.get(kind) for page in pages], "number")
    return [Column(name=name, values=values, style=looks[name]) for name, values in found.items()]


def _sheet(pages: tuple[IncidentPage, ...], table: Table) -> Sheet:
    sheet = Sheet(
        name=INCIDENT,
        title="An incident",
        purpose="Choose an incident: what customers lost to it, how deep and in which phase, and how long they waited.",
        group=GROUP,
        tall=False,
    )
    top = sheet.head(back="Cover")
    chosen = address(top, 1)
    sheet.put(top, 0, "Incident", "subheading right")
    sheet.put(top, 1, pages[0].record.incident, "input bold")
    names = table.range(DATA, "incident")
    sheet.validations.append(Validation(top=top, left=1, bottom=top, right=1, choices=names))
    by_name = {column.name: column for column in table.columns}

    def show(row: int, column: int, name: str, look: str = "") -> None:
        cells = table.range(DATA, name)
        at = f"INDEX({cells},MATCH({chosen},{names},0))"
        sheet.put(
            row,
            column,
            Formula(f'=IFERROR(IF({at}="","",{at}),"")', by_name[name].values[0]),
            look or by_name[name].style,
        )

    def listed(row: int, column: int, title: str, found: list[tuple[str, str]]) -> int:
        sheet.put(row, column, title, "heading")
        sheet.put(row, column + 1, "", "heading")
        for at, (label, name) in enumerate(found, row + 1):
            sheet.put(at, column, label, "label")
            show(at, column + 1, name)
        return row + 1 + len(found)

    show(top, 2, "title", "bold")
    money = next(name for name in by_name if name.startswith("yearly value"))
    tiles = ("customer minutes", "customers", "by depth", money)
    for number, name in enumerate(tiles):
        column = (0, 1, 3, 4)[number]
        sheet.put(top + 2, column, name, "label")
        show(top + 3, column, name, f"{by_name[name].style} big left")
    sheet.heights[top + 3] = 30
    left = listed(top + 5, 0, "As recorded", [(name, name) for name in (*RECORD[1:], "planned", "tickets")])
    marks = [name.removeprefix("at: ") for name in by_name if name.startswith("at: ")]
    sheet.line(top + 5, 3, ("When (UTC)", "", "minutes after"), "heading")
    for row, mark in enumerate(marks, top + 6):
        sheet.put(row, 3, mark, "label")
        show(row, 4, f"at: {mark}")
        show(row, 5, f"after: {mark}")
    waits = [name for name in by_name if name.endswith((" median", " p90"))]
    low = max(left, top + 6 + len(marks)) + 1
    end = listed(
        low,
        0,
        "How long customers waited, minutes",
        [(name.replace("p90", "90th percentile"), name) for name in (*waits, "untold minutes", "at least", "at most")],
    )
    at = low
    for key, title in FAR.items():
        found = [name for name in by_name if name.startswith(f"{key}: ")]
        if not found:
            continue
        after = listed(at, 3, title, [(name.partition(": ")[2], name) for name in found])
        sheet.charts.append(
            Chart(
                kind="bar",
                title=title,
                series=[
                    Series(
                        name=title,
                        categories=Range(INCIDENT, at + 1, 3, after - 1, 3),
                        values=Range(INCIDENT, at + 1, 4, after - 1, 4),
                    )
                ],
                row=max(end, low + 14) + 1,
                column=0 if key == "phase" else 3,
                width=560,
                height=250,
                described=f"{title} of the chosen incident.",
            )
        )
        at = after + 1
    sheet.widths = {0: 34, 1: 26, 2: 30, 3: 34, 4: 22, 5: 16}
    return sheet
