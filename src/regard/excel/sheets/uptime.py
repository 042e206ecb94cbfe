"""Availability as users saw it, in plain formulas: the time between requests, and its worst windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.excel.book import Chart, Formula, Range, Series, Sheet, Validation
from regard.excel.sheets.union import GROUP, compared, instant, ticks
from regard.excel.worked import Row, Worked

if TYPE_CHECKING:
    from regard.excel.book import Book
    from regard.excel.records import Seen
    from regard.excel.worked import Twin

UPTIME, WORST = "User uptime", "Worst window"
LABELS = ("forward", "backward", "split")
MINUTE = 60
"""Seconds; requests are told to the second."""
NOTHING = 1e-9
"""Minutes so few are the rounding of sums."""


class Uptime:
    """The sheet of user uptime.

    Attributes:
        seen: what is shown.
        sheet: the sheet.
        rows: its table `t_request`.
    """

    def __init__(self, seen: Seen, book: Book) -> None:
        """Work out the table."""
        self.seen = seen
        self.sheet = Sheet(
            name=UPTIME,
            title="Uptime as users saw it",
            purpose="From a request to the user's next the time is up or down as it went; long pauses are silence.",
            group=GROUP,
        )
        self.top = self.sheet.head(back="Cover")
        self.rows = Worked(name="t_request", row=self.top + 11)
        self._columns()
        self._put(book)

    def _columns(self) -> None:
        rows, requests, cutoff = self.rows, self.seen.requests, self.seen.cutoff
        rows.given("customer", [request.customer for request in requests])
        rows.given("at", [instant(request.at) for request in requests], "instant", "UTC")
        rows.given(
            "ok",
            ["" if request.ok is None else int(request.ok) for request in requests],
            "general",
            "1 went well, 0 failed, blank unknown",
        )
        rows.formula("from", "=ROUND([at]*86400,0)", lambda _r, i: ticks(requests[i].at, 86_400), "whole")

        def pause(r: list[Row], i: int) -> float | str:
            if i + 1 == len(r) or r[i]["customer"] != r[i + 1]["customer"]:
                return ""
            return float((r[i + 1]["from"] - r[i]["from"]) / MINUTE)

        rows.formula(
            "pause",
            f'=IF([customer]={{down.customer}},({{down.from}}-[from])/{MINUTE},"")',
            pause,
            "number",
            note="minutes to the next request of the user",
        )
        rows.formula(
            "silent",
            '=IF([pause]="","",IF([pause]>u_cutoff,1,0))',
            lambda r, i: "" if r[i]["pause"] == "" else int(r[i]["pause"] > cutoff),
            "general",
        )

        def half(which: str) -> str:
            own = {"own": "forward", "next": "backward"}[which]
            return f'IF(u_label="{own}",1,IF(u_label="split",0.5,0))'

        rows.formula(
            "seen",
            f'=IF([pause]="","",IF([silent]=1,0,[pause]*({half("own")}*([ok]<>"")+{half("next")}*({{down.ok}}<>""))))',
            lambda r, i: "" if r[i]["pause"] == "" else 0.0 if r[i]["silent"] or r[i]["ok"] == "" else r[i]["pause"],
            "number",
            note="minutes that are up or down",
        )
        rows.formula(
            "up",
            f'=IF([pause]="","",IF([silent]=1,0,[pause]*({half("own")}*([ok]=1)+{half("next")}*({{down.ok}}=1))))',
            lambda r, i: "" if r[i]["pause"] == "" else 0.0 if r[i]["silent"] or r[i]["ok"] != 1 else r[i]["pause"],
            "number",
            note="minutes that are up",
        )

        # For the sheet of the worst windows: what a segment is, from when to when, labelled by its own request.
        rows.formula(
            "ends",
            '=IF([pause]="",[from],{down.from})',
            lambda r, i: r[i]["from"] if r[i]["pause"] == "" else r[i + 1]["from"],
            "whole",
        )
        rows.formula(
            "seen share",
            '=IF(OR([pause]="",[silent]=1,[ok]=""),0,1)',
            lambda r, i: int(r[i]["pause"] != "" and not r[i]["silent"] and r[i]["ok"] != ""),
            "general",
        )
        rows.formula(
            "up share",
            "=IF(AND([seen share]=1,[ok]=1),1,0)",
            lambda r, i: int(r[i]["seen share"] and r[i]["ok"] == 1),
            "general",
        )

    def _put(self, book: Book) -> None:
        sheet, top, seen = self.sheet, self.top, self.seen
        up, all_seen = self.rows.total("up"), self.rows.total("seen")
        silence = sum(r["pause"] for r in self.rows.rows if r["silent"] == 1)
        known = [request for request in seen.requests if request.ok is not None]
        sheet.line(top, 0, ("", "in formulas", "engine", "difference"), "head")
        lines = [
            ("Minutes up", "=SUM(t_request[up])", up, seen.up),
            ("Minutes down", "=SUM(t_request[seen])-SUM(t_request[up])", all_seen - up, seen.down),
            (
                "Uptime as users saw it, %",
                f'=IFERROR(100*B{top + 2}/(B{top + 2}+B{top + 3}),"")',
                100 * up / all_seen if all_seen else "",
                100 * seen.up / (seen.up + seen.down) if seen.up + seen.down else None,
            ),
            (
                "Requests that went well, %",
                '=IFERROR(100*SUM(t_request[ok])/COUNT(t_request[ok]),"")',
                100 * sum(bool(r.ok) for r in known) / len(known) if known else "",
                None,
            ),
            ("Minutes of silence", "=SUMIFS(t_request[pause],t_request[silent],1)", silence, None),
        ]
        for place, (label, text, value, engine) in enumerate(lines, top + 1):
            compared(sheet, place, label, text, value, engine)
        at = top + 1 + len(lines)
        sheet.put(at, 0, "Longer than so many minutes is silence (K16)")
        book.names["u_cutoff"] = sheet.put(at, 1, seen.cutoff, "general input")
        sheet.put(at + 1, 0, "A pause is labelled by its request (K16)")
        book.names["u_label"] = sheet.put(at + 1, 1, LABELS[0], "input")
        sheet.put(at, 2, "the engine's column is at 30 minutes, forward", "label")
        sheet.validations += [
            Validation(top=at, left=1, bottom=at, right=1, lo=0, hi=10_000),
            Validation(top=at + 1, left=1, bottom=at + 1, right=1, choices=LABELS),
        ]
        if seen.left_out:
            sheet.put(at + 2, 0, seen.left_out, "label")
        self.rows.add_to(sheet)
        sheet.freeze = (self.rows.row + 1, 0)
        sheet.repeat = (self.rows.row, self.rows.row)
        sheet.widths = {0: 42, 1: 17, 2: 13, 3: 13}


def worst(uptime: Uptime, book: Book) -> Sheet:
    """Return the sheet of the worst windows: minute by minute, cumulated, and a window of any width slid along."""
    seen, r = uptime.seen, uptime.rows.rows
    sheet = Sheet(
        name=WORST,
        title="The worst window",
        purpose="Availability in the worst stretch of so many minutes: it tells many short failures from a long one.",
        group=GROUP,
    )
    top = sheet.head(back="Cover")
    table = Worked(name="t_minute", row=top + max(16, 6 + len(seen.worst)))
    since = ticks(seen.since, 86_400)
    table.given(
        "minute", list(range(seen.minutes + 1)), "general", "minutes after the first; the row of 0 begins the sums"
    )
    for name, column in (("up", "up"), ("seen", "seen")):
        table.formula(
            name,
            f"=IF([minute]=0,0,SUMPRODUCT((t_request[from]<u_since+{MINUTE}*[minute])*(t_request[ends]>u_since+{MINUTE}*([minute]-1))"
            f"*((t_request[ends]+u_since+{MINUTE}*[minute]-ABS(t_request[ends]-u_since-{MINUTE}*[minute]))/2"
            f"-(t_request[from]+u_since+{MINUTE}*([minute]-1)+ABS(t_request[from]-u_since-{MINUTE}*([minute]-1)))/2)"
            f"*t_request[{column} share])/{MINUTE})",
            _minute(r, since, column),
            "number",
            note=f"user minutes {name} in this minute",
        )
        table.formula(f"{name} so far", f"={{up.{name} so far}}+[{name}]", _so_far(name), "number", first=f"=[{name}]")
    sheet.put(top, 0, "First minute (UTC)")
    book.names["u_first"] = sheet.put(top, 1, instant(seen.since), "instant")
    sheet.put(top + 1, 0, "in seconds since day 0", "label")
    book.names["u_since"] = sheet.put(top + 1, 1, Formula("=ROUND(u_first*86400,0)", since), "whole")
    sheet.line(top + 3, 0, ("window, minutes", "in formulas, %", "engine, %", "difference"), "head")
    count = seen.minutes
    for place, (width, told) in enumerate(seen.worst, top + 4):
        sheet.put(place, 0, width, "whole input")
        ups, alls = (_window(name, place, count) for name in ("up", "seen"))
        text = f'=IFERROR(100*MIN(IF({alls}>0.000000001,{ups}/{alls})),"")'
        value = _worst(table.rows, width)
        sheet.put(place, 1, Formula(text, "" if value is None else value, array=True), "number bold")
        sheet.put(place, 2, told, "number stamped")
        if told is not None and value is not None:
            sheet.put(place, 3, Formula(f"=B{place + 1}-C{place + 1}", value - told), "signed")
    table.add_to(sheet)
    first, last = top + 4, top + 3 + len(seen.worst)
    sheet.charts.append(
        Chart(
            kind="line",
            title="Worst availability by width of the window",
            series=[
                Series(
                    name="worst window, %",
                    categories=Range(WORST, first, 0, last, 0),
                    values=Range(WORST, first, 1, last, 1),
                )
            ],
            row=top,
            column=6,
            unit="%",
            described="Rises with the width: early where failures are short, late where one is long.",
        )
    )
    sheet.freeze = (table.row + 1, 0)
    sheet.repeat = (table.row, table.row)
    sheet.widths = {0: 24, 1: 16, 2: 13, 3: 15}
    return sheet


def _window(name: str, row: int, count: int) -> str:
    column, width = f"t_minute[{name} so far]", f"$A{row + 1}"
    return (
        f"(INDEX({column},{width}+1):INDEX({column},{count + 1})-INDEX({column},1):INDEX({column},{count + 1}-{width}))"
    )


def _minute(r: list[Row], since: int, column: str) -> Twin:
    def twin(m: list[Row], i: int) -> float:
        if not m[i]["minute"]:
            return 0.0
        left, right = since + MINUTE * (m[i]["minute"] - 1), since + MINUTE * m[i]["minute"]
        return float(
            sum(
                (min(row["ends"], right) - max(row["from"], left)) * row[f"{column} share"]
                for row in r
                if row["from"] < right and row["ends"] > left
            )
            / MINUTE
        )

    return twin


def _so_far(name: str) -> Twin:
    return lambda m, i: (m[i - 1][f"{name} so far"] if i else 0) + m[i][name]


def _worst(m: list[Row], width: int) -> float | None:
    found = []
    for end in range(width, len(m)):
        every = m[end]["seen so far"] - m[end - width]["seen so far"]
        if every > NOTHING:
            found.append((m[end]["up so far"] - m[end - width]["up so far"]) / every)
    return 100 * min(found) if found else None
