"""The ledger in plain formulas, second part: interruptions as customers lived them, and how soon relief came.

A row that begins later than the pause allows after all rows before it begins a new interruption. There are as many
places for interruptions as rows, so that a shorter pause finds room.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from typing import TYPE_CHECKING

from regard.excel.book import Chart, Formula, Series, Sheet
from regard.excel.sheets.union import GROUP, compared
from regard.excel.worked import Row, Worked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from regard.excel.records import Interruption
    from regard.excel.sheets.union import Union

EPISODES, RECOVERY = "Episodes", "Recovery"
ALMOST = 1e-12
"""A share of survivors this near to its mark has reached it."""


def numbered(union: Union) -> None:
    """Add to the rows of the union which interruption each belongs to, and when its stage brought relief.

    Must be called before the sheet of the union is put together: `Union` does.
    """
    rows, gap = union.rows, union.lost.gap * union.minute
    rows.formula(
        "begins",
        f"=IF(OR([planned]=1,[counts]=0),0,IF([before]=0,1,IF([from]-[before]>l_gap*{union.minute},1,0)))",
        lambda r, i: int(
            not r[i]["planned"] and bool(r[i]["counts"]) and (not r[i]["before"] or r[i]["from"] - r[i]["before"] > gap)
        ),
        "general",
        note="1 where a new interruption begins",
    )
    rows.formula(
        "number",
        "={up.number}+[begins]",
        lambda r, i: (r[i - 1]["number"] if i else 0) + r[i]["begins"],
        "general",
        first="=[begins]",
        note="running number of the interruption",
    )
    rows.formula(
        "ends",
        "=IF([planned]=1,0,[until])",
        lambda r, i: 0 if r[i]["planned"] else r[i]["until"],
        "whole",
    )
    rows.formula(
        "relief at",
        '=IF(OR([planned]=1,[counts]=0,[end]="",[relief]="none",[relief]=""),"",[until])',
        lambda r, i: (
            ""
            if r[i]["planned"]
            or not r[i]["counts"]
            or r[i]["end"] in (None, "")
            or r[i]["relief"] in ("none", "", None)
            else r[i]["until"]
        ),
        "whole",
        note="when this stage brought relief",
    )
    rows.formula(
        "open",
        '=IF(AND([planned]=0,[counts]=1,[end]=""),1,0)',
        lambda r, i: int(not r[i]["planned"] and bool(r[i]["counts"]) and r[i]["end"] in (None, "")),
        "general",
    )


class Episodes:
    """The sheet of interruptions.

    Attributes:
        sheet: the sheet.
        table: its table `t_episode`.
        people: its table `t_people`: what each customer had of them.
    """

    def __init__(self, union: Union) -> None:
        """Work out the table from the rows of the union."""
        self.union, self.lost = union, union.lost
        self.sheet = Sheet(
            name=EPISODES,
            title="Interruptions",
            purpose="Losses joined where the pause is short: what is one interruption, and whether it was sustained.",
            group=GROUP,
        )
        self.top = self.sheet.head(back="Cover")
        self.table = Worked(name="t_episode", row=self.top + 12)
        self._columns()
        self.people = Worked(name="t_people", row=self.table.row, column=len(self.table.columns) + 1)
        self._people()
        self._put()

    def _columns(self) -> None:
        found, r, minute = self.table, self.union.rows.rows, self.union.minute
        at_limit = self.lost.at_limit
        limit = self.lost.limit
        found.given("number", list(range(1, len(r) + 1)), "general")
        found.formula(
            "first",
            "=IFERROR(MATCH([number],t_loss[number],0),0)",
            _first(r),
            "general",
            note="its first row in the union; 0 for a place that is free",
        )
        found.formula(
            "last", "=IF([first]=0,0,MATCH([number],t_loss[number],1))", _last(r), "general", note="its last row"
        )
        spread = "INDEX(t_loss[{0}],[first]):INDEX(t_loss[{0}],[last])"

        def of(how: Callable[[list[Row]], object]) -> Callable[[list[Row], int], object]:
            return lambda e, i: "" if not e[i]["first"] else how(r[e[i]["first"] - 1 : e[i]["last"]])

        def column(name: str, formula: str, how: Callable[[list[Row]], object], style: str, note: str = "") -> None:
            found.formula(name, f'=IF([first]=0,"",{formula})', of(how), style, note=note)  # type: ignore[arg-type]  # a table of values of several types

        column("customer", "INDEX(t_loss[customer],[first])", lambda rows: rows[0]["customer"], "text")
        column("size", "INDEX(t_loss[size],[first])", lambda rows: rows[0]["size"], "general")
        column("from", "INDEX(t_loss[from],[first])", lambda rows: rows[0]["from"], "whole")
        column("until", f"MAX({spread.format('ends')})", lambda rows: max(row["ends"] for row in rows), "whole")
        column(
            "start", f"[from]/{self.union.per_day}", lambda rows: rows[0]["from"] / self.union.per_day, "instant", "UTC"
        )
        column(
            "lost",
            f"SUM({spread.format('minutes')})/[size]",
            lambda rows: sum(row["minutes"] for row in rows) / rows[0]["size"],
            "number",
            "minutes lost, pauses left out",
        )
        found.formula(
            "elapsed",
            f'=IF([first]=0,"",([until]-[from])/{minute})',
            lambda e, i: "" if not e[i]["first"] else (e[i]["until"] - e[i]["from"]) / minute,
            "number",
            note="minutes to the last end",
        )
        column("open", f"SUM({spread.format('open')})", lambda rows: sum(row["open"] for row in rows), "general")
        column(
            "relieved",
            f"IF(COUNT({spread.format('relief at')})>0,1,IF([open]=0,1,0))",
            lambda rows: int(any(row["relief at"] != "" for row in rows) or not sum(row["open"] for row in rows)),
            "general",
        )
        column(
            "relief",
            f"(IF(COUNT({spread.format('relief at')})>0,MIN({spread.format('relief at')}),[until])-[from])/{minute}",
            lambda rows: (
                (
                    min(
                        (row["relief at"] for row in rows if row["relief at"] != ""),
                        default=max(row["ends"] for row in rows),
                    )
                    - rows[0]["from"]
                )
                / minute
            ),
            "number",
            "minutes to the first workaround or restoration",
        )

        def sustained(rows: list[Row]) -> int:
            lost = round(sum(row["minutes"] for row in rows) / rows[0]["size"], 6)
            return int(lost > limit or (lost == limit and at_limit == "sustained"))

        column(
            "sustained",
            'IF(OR(ROUND([lost],6)>l_limit,AND(ROUND([lost],6)=l_limit,l_at_limit="sustained")),1,0)',
            sustained,
            "general",
        )
        column(
            "sustained minutes",
            "[lost]*[size]*[sustained]",
            lambda rows: sum(row["minutes"] for row in rows) * sustained(rows),
            "number",
            "customer minutes, of a sustained one",
        )
        engine: list[Interruption | None] = [*self.lost.interruptions]
        engine += [None] * (len(r) - len(engine))
        found.given("engine lost", [one.lost / 60_000_000 if one else "" for one in engine], "number stamped")
        found.given("engine relief", [one.relief / 60_000_000 if one else "" for one in engine], "number stamped")
        found.given("engine sustained", [int(one.sustained) if one else "" for one in engine], "general stamped")

    def _people(self) -> None:
        e = [row for row in self.table.rows if row["first"]]
        found = self.people
        found.given("customer", [row["customer"] for row in self.union.bearers.rows])
        sizes = {row["customer"]: row["size"] for row in self.union.rows.rows}
        found.formula(
            "size",
            "=INDEX(t_loss[size],MATCH([customer],t_loss[customer],0))",
            lambda p, i: sizes[p[i]["customer"]],
            "general",
        )
        for name, what, note in (
            ("sustained", "sustained", "sustained interruptions"),
            ("minutes", "sustained minutes", "minutes in them, of all that the customer stands for"),
        ):
            found.formula(
                name,
                f"=SUMIFS(t_episode[{what}],t_episode[customer],[customer])",
                _summed(e, what),
                "number" if name == "minutes" else "general",
                note=note,
            )

    def _put(self) -> None:
        sheet, top, e = self.sheet, self.top, [row for row in self.table.rows if row["first"]]
        engine = self.lost.interruptions
        sheet.line(top, 0, ("", "in formulas", "engine", "difference"), "head")
        sustained = sum(row["sustained"] * row["size"] for row in e)
        lines: Sequence[tuple[str, str, float | str, float | None]] = [
            ("Interruptions", '=COUNTIF(t_episode[first],">0")', len(e), len(engine)),
            (
                "sustained",
                "=SUM(t_episode[sustained])",
                sum(row["sustained"] for row in e),
                sum(one.sustained for one in engine),
            ),
            (
                "momentary",
                f"=B{top + 2}-B{top + 3}",
                len(e) - sum(row["sustained"] for row in e),
                sum(not one.sustained for one in engine),
            ),
            (
                "Minutes lost in them",
                "=SUM(t_episode[lost])",
                sum(row["lost"] for row in e),
                sum(one.lost for one in engine) / 60_000_000,
            ),
            (
                "Minutes in sustained ones",
                "=SUMIFS(t_episode[lost],t_episode[sustained],1)",
                sum(row["lost"] for row in e if row["sustained"]),
                sum(one.lost for one in engine if one.sustained) / 60_000_000,
            ),
            (
                "Sustained for each customer served",
                '=IFERROR(SUMIFS(t_episode[size],t_episode[sustained],1)/l_served,"")',
                sustained / self.lost.served if self.lost.served else "",
                None,
            ),
        ]
        for place, (label, text, value, told) in enumerate(lines, top + 1):
            compared(
                sheet, place, label, text, value, told, "number" if "inutes" in label or "each" in label else "whole"
            )
        self.table.add_to(sheet)
        self.people.add_to(sheet)
        sheet.freeze = (self.table.row + 1, 0)
        sheet.repeat = (self.table.row, self.table.row)
        sheet.printed = len(self.table.columns) - 1
        sheet.widths = {0: 34, 1: 13, 2: 13, 3: 22, 7: 17}


def recovery(episodes: Episodes) -> Sheet:
    """Return the sheet of how soon relief came: Kaplan-Meier, so that those who still wait count as waiting."""
    lost, e = episodes.lost, [row for row in episodes.table.rows if row["first"]]
    sheet = Sheet(
        name=RECOVERY,
        title="How soon relief came",
        purpose="From the first loss to the first workaround or restoration; who still waits counts as waiting.",
        group=GROUP,
    )
    top = sheet.head(back="Cover")
    table = Worked(name="t_relief", row=top + 17)
    waits = sorted(row["relief"] for row in e)
    done = Counter(row["relief"] for row in e if row["relieved"])
    places = len(episodes.table.rows)
    table.given("place", list(range(1, places + 1)), "general")
    table.formula(
        "minutes",
        '=IFERROR(SMALL(t_episode[relief],[place]),"")',
        lambda _r, i: waits[i] if i < len(waits) else "",
        "number",
        note="waits, the shortest first",
    )
    table.formula(
        "waiting",
        '=IF([minutes]="","",COUNTIF(t_episode[relief],">="&[minutes]))',
        lambda r, i: "" if r[i]["minutes"] == "" else len(waits) - bisect_left(waits, r[i]["minutes"]),
        "general",
        note="interruptions that lasted at least so long without relief",
    )
    table.formula(
        "relieved",
        '=IF([minutes]="","",COUNTIFS(t_episode[relief],[minutes],t_episode[relieved],1))',
        lambda r, i: "" if r[i]["minutes"] == "" else done[r[i]["minutes"]],
        "general",
        note="of them relieved exactly then",
    )
    table.formula(
        "still",
        '=IF([minutes]="","",IF([minutes]={up.minutes},{up.still},{up.still}*(1-[relieved]/[waiting])))',
        _still,
        "exact",
        first='=IF([minutes]="","",1-[relieved]/[waiting])',
        note="share that still waits after so many minutes (Kaplan-Meier)",
    )
    stills = [row["still"] for row in table.rows if row["still"] != ""]
    ended = sorted(row["relief"] for row in e if row["relieved"])

    def quantile(part: float) -> tuple[str, object]:
        place = sum(still > 1 - part + ALMOST for still in stills)
        text = f'=IFERROR(INDEX(t_relief[minutes],COUNTIF(t_relief[still],">"&({1 - part:.1f}+{ALMOST:.0E}))+1),"")'
        return text.replace("1E-12", "0.000000000001"), waits[place] if place < len(waits) else ""

    middle = len(ended) // 2
    median = "" if not ended else ended[middle] if len(ended) % 2 else (ended[middle - 1] + ended[middle]) / 2
    within = sum(row["size"] for row in e if row["relieved"] and row["relief"] <= lost.target)
    every = sum(row["size"] for row in e)
    lines = [
        ("Median wait (Kaplan-Meier)", *quantile(0.5), "relief_median"),
        ("90th percentile", *quantile(0.9), "relief_ninety"),
        (
            "Median of those relieved",
            '=IFERROR(MEDIAN(IF(t_episode[relieved]=1,t_episode[relief])),"")',
            median,
            "relief_ended",
        ),
        (
            "Relieved within the target, %",
            '=IFERROR(100*SUMIFS(t_episode[size],t_episode[relieved],1,t_episode[relief],"<="&l_target)/SUM(t_episode[size]),"")',
            100 * within / every if every else "",
            "relief_target",
        ),
    ]
    sheet.line(top, 0, ("", "in formulas", "engine", "difference"), "head")
    for place, (label, text, value, key) in enumerate(lines, top + 1):
        told = lost.figures[key].value if key in lost.figures else None
        sheet.put(place, 0, label)
        sheet.put(place, 1, Formula(text, value, array="MEDIAN" in text), "number bold")  # type: ignore[arg-type]  # a table of values of several types
        sheet.put(place, 2, told, "number stamped")
        if told is not None and value != "":
            sheet.put(place, 3, Formula(f"=B{place + 1}-C{place + 1}", float(str(value)) - told), "signed")
    if lost.left_out:
        sheet.put(table.row - 1, 0, lost.left_out, "label")
    table.add_to(sheet)
    if waits:
        cells = table.cells(RECOVERY, "still")
        shown = {"bottom": cells.top + len(waits) - 1}
        still = type(cells)(cells.sheet, cells.top, cells.left, shown["bottom"], cells.right)
        minutes = table.cells(RECOVERY, "minutes")
        axis = type(cells)(cells.sheet, minutes.top, minutes.left, shown["bottom"], minutes.right)
        sheet.charts.append(
            Chart(
                kind="scatter",
                title="Share of interruptions that still wait for relief",
                series=[Series(name="still waiting", categories=axis, values=still)],
                row=top,
                column=6,
                unit="share",
                number="0 %",
                described="Falls from 1 to 0 as relief comes; a step for each wait.",
            )
        )
    sheet.freeze = (table.row + 1, 0)
    sheet.repeat = (table.row, table.row)
    sheet.widths = {0: 34, 1: 14, 2: 14, 3: 14, 4: 14}
    return sheet


def _summed(e: list[Row], what: str) -> Callable[[list[Row], int], float]:
    sums: Counter[str] = Counter()
    for row in e:
        sums[row["customer"]] += row[what]
    return lambda p, i: sums[p[i]["customer"]]


def _first(r: list[Row]) -> Callable[[list[Row], int], int]:
    places: dict[int, int] = {}
    for place, row in enumerate(r, 1):
        places.setdefault(row["number"], place)
    return lambda _e, i: places.get(i + 1, 0)


def _last(r: list[Row]) -> Callable[[list[Row], int], int]:
    numbers = [row["number"] for row in r]
    return lambda e, i: bisect_right(numbers, i + 1) if e[i]["first"] else 0


def _still(r: list[Row], i: int) -> float | str:
    row = r[i]
    if row["minutes"] == "":
        return ""
    if i and row["minutes"] == r[i - 1]["minutes"]:
        return float(r[i - 1]["still"])
    before = r[i - 1]["still"] if i else 1.0
    return float(before * (1 - row["relieved"] / row["waiting"]))
