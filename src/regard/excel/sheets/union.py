"""The ledger in plain formulas, first part: what customers lost, no minute twice.

Rows are sorted by customer, start and end. In each the running maximum of the ends before it says how much of it is
new. Depth is a layer cake: for each weight the time that is lost at least so deep, times its distance from the next.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from regard.excel.book import Condition, Formula, Sheet, Validation
from regard.excel.worked import Row, Worked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from regard.excel.book import Book
    from regard.excel.records import Lost, Stage

GROUP = "Ledger in plain formulas"
SETTINGS, UNION = "Ledger settings", "Union"
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - day 0 of a sheet, which knows no zones
UNIX = 2_209_161_600_000_000
"""Microseconds from day 0 of a sheet to 1970-01-01."""
SHARINGS = ("proportional", "equal", "first")
"""How a minute that several incidents take is shared among them (K05)."""
NONE = "(none declared)"
"""What stands for the incident where nobody declared one."""
COUNTED = "whole parts of a day since day 0 of the sheet: adding up loses nothing"
CLOSE = 1e-6
"""Minutes by which a formula may differ from the engine."""


def instant(at: int | None) -> datetime | None:
    """Return an instant as a cell holds it: UTC, without its zone."""
    return None if at is None else EPOCH + timedelta(microseconds=at + UNIX)


def ticks(at: int, per_day: int) -> int:
    """Return an instant in whole ticks since day 0 of a sheet."""
    return round((at + UNIX) * per_day / 86_400_000_000)


def settings(lost: Lost, book: Book) -> Sheet:
    """Return the sheet of what can be changed: depths, limits, sharing; names `l_*` and the table `t_depth`."""
    sheet = Sheet(
        name=SETTINGS,
        title="Ledger settings",
        purpose="What the ledger sheets stand on. Change a shaded cell: every sheet of the ledger follows.",
        group=GROUP,
        landscape=False,
    )
    top = sheet.head(back="Cover")
    sheet.line(top, 0, ("setting", "value", "unit", "what it says"), "head")
    rows: list[tuple[str, str, Any, str, str]] = [
        (
            "l_gap",
            "Pause that does not end an interruption",
            lost.gap,
            "min",
            "K10: a shorter pause joins two into one",
        ),
        ("l_limit", "Sustained from more than", lost.limit, "min", "K09: shorter interruptions are momentary"),
        ("l_at_limit", "Exactly so long is", lost.at_limit, "", "K09: sustained or momentary"),
        (
            "l_sharing",
            "A minute of several incidents is shared",
            SHARINGS[0],
            "",
            "K05: proportional to depth, equal, or the first's",
        ),
        ("l_target", "Relief must come within", lost.target, "min", "share of interruptions relieved in time"),
        (
            "l_long",
            "Too many minutes for one customer",
            lost.long,
            "min",
            "share of customers who lost so much or more",
        ),
        ("l_served", "Customers served on average", lost.served, "customers", "the engine's, whom every rate is per"),
        (
            "l_length",
            "Length of the stretch",
            (lost.until - lost.since) / 60_000_000,
            "min",
            "from the first to the last day shown",
        ),
        ("l_since", "The stretch begins", instant(lost.since), "UTC", "first day shown"),
        ("l_until", "The story is cut at", instant(lost.until), "UTC", "what is still open runs to here"),
    ]
    fixed = {"l_served", "l_length", "l_since", "l_until"}
    for place, (name, label, value, unit, means) in enumerate(rows, top + 1):
        sheet.put(place, 0, label)
        look = "instant" if unit == "UTC" else "one" if name == "l_served" else "general"
        book.names[name] = sheet.put(place, 1, value, look if name in fixed else f"{look} input")
        sheet.put(place, 2, unit, "label indent")
        sheet.put(place, 3, means, "label")
    for name, choices in (("l_at_limit", ("sustained", "momentary")), ("l_sharing", SHARINGS)):
        at = top + 1 + [row[0] for row in rows].index(name)
        sheet.validations.append(Validation(top=at, left=1, bottom=at, right=1, choices=choices))
    at = top + len(rows) + 3
    sheet.put(at - 1, 0, "How deep each kind of loss is (K06)", "heading")
    depths = Worked(name="t_depth", row=at)
    depths.given("kind", list(lost.weights))
    depths.given("weight", list(lost.weights.values()), "input")
    depths.add_to(sheet)
    sheet.validations.append(Validation(top=at + 1, left=1, bottom=at + len(lost.weights), right=1, lo=0, hi=1))
    sheet.widths = {0: 42, 1: 18, 2: 12, 3: 52}
    return sheet


class Union:
    """The sheet of the union, and the tables that later sheets stand on.

    Attributes:
        lost: what is shown.
        sheet: the sheet.
        rows: its table `t_loss`.
        bearers: its table `t_customer`.
        levels: how many depths the layer cake has.
    """

    def __init__(
        self,
        lost: Lost,
        *numbered: Callable[[Union], None],
        linked: Callable[[Worked], None] | None = None,
    ) -> None:
        """Work out the tables.

        Args:
            lost: the ledger.
            numbered: add further columns to its rows, for the sheets that stand on it.
            linked: adds the columns that say what was lost as formulas over sheets before; plain values without it.
        """
        self.lost = lost
        self.per_day = lost.per_day
        self.minute = self.per_day // 1440
        self.sheet = Sheet(
            name=UNION,
            title="Customer minutes lost: the union",
            purpose="Each row is a stage of loss; in order of time it adds what no row before it covers.",
            group=GROUP,
        )
        self.top = self.sheet.head(back="Cover")
        depths = {stage.depth for stage in lost.stages if stage.depth is not None}
        self.levels = min(8, max(2, len({stage.kind for stage in lost.stages} | depths)))
        self.rows = Worked(name="t_loss", row=self.top + 9 + self.levels)
        (linked or self._given)(self.rows)
        self._union()
        for more in numbered:
            more(self)
        self._depth()
        self.bearers = Worked(name="t_customer", row=self.rows.row, column=len(self.rows.columns) + 1)
        self._customers()
        self._put()

    # -- columns -----------------------------------------------------------------------------------------------------

    def _given(self, rows: Worked) -> None:
        stages = self.lost.stages
        rows.given("customer", [stage.customer for stage in stages])
        rows.given("incident", [stage.incident or NONE for stage in stages])
        rows.given(
            "planned", [int(stage.planned) for stage in stages], "general", "1 for planned work, kept apart (K11)"
        )
        rows.given("kind", [stage.kind for stage in stages])
        rows.given("own depth", [stage.depth for stage in stages], "general", "depth that the row itself states")
        rows.given("start", [instant(stage.start) for stage in stages], "instant", "UTC")
        rows.given("end", [instant(stage.end) for stage in stages], "instant", "UTC; blank while it goes on")
        rows.given("relief", [stage.relief for stage in stages])
        rows.given("counts", [1 for _ in stages], "general", "0 for a row that does not count")

    def _union(self) -> None:
        rows, per_day, weights = self.rows, self.per_day, self.lost.weights
        rows.given(
            "size", [stage.size for stage in self.lost.stages], "general", "customers that the customer stands for"
        )
        rows.given("order", [stage.order for stage in self.lost.stages], "general", "the engine's order of incidents")
        rows.formula(
            "depth",
            '=IF([own depth]="",IFERROR(INDEX(t_depth[weight],MATCH([kind],t_depth[kind],0)),0),[own depth])',
            lambda r, i: weights.get(r[i]["kind"], 0) if r[i]["own depth"] in (None, "") else r[i]["own depth"],
        )
        until = ticks(self.lost.until, per_day)
        rows.formula(
            "from", f"=ROUND([start]*{per_day},0)", lambda r, i: serial(r[i]["start"], per_day), "whole", note=COUNTED
        )
        rows.formula(
            "until",
            f'=IF([counts]=0,[from],MAX([from],IF([end]="",ROUND(l_until*{per_day},0),ROUND([end]*{per_day},0))))',
            lambda r, i: (
                r[i]["from"]
                if not r[i]["counts"]
                else max(r[i]["from"], until if r[i]["end"] in (None, "") else serial(r[i]["end"], per_day))
            ),
            "whole",
            note=COUNTED,
        )
        rows.formula(
            "before",
            "=IF([customer]={up.customer},MAX({up.before},IF({up.planned}=1,0,{up.until})),0)",
            lambda r, i: _before(r, i, "before", lambda row: not row["planned"]),
            "whole",
            first="=0",
            note="latest end of the customer's unplanned rows above",
        )
        rows.formula(
            "since",
            "=IF([planned]=1,[until],MIN([until],MAX([from],[before])))",
            lambda r, i: r[i]["until"] if r[i]["planned"] else min(r[i]["until"], max(r[i]["from"], r[i]["before"])),
            "whole",
            note="from when the row adds anything",
        )
        rows.formula(
            "minutes",
            f"=([until]-[since])/{self.minute}*[size]",
            lambda r, i: (r[i]["until"] - r[i]["since"]) / self.minute * r[i]["size"],
            "number",
            note="customer minutes that it adds",
        )
        rows.formula(
            "before with planned",
            "=IF([customer]={up.customer},MAX({up.before with planned},{up.until}),0)",
            lambda r, i: _before(r, i, "before with planned", lambda _row: True),
            "whole",
            first="=0",
            note="the same with planned work",
        )
        rows.formula(
            "minutes with planned",
            f"=MAX(0,[until]-MAX([from],[before with planned]))/{self.minute}*[size]",
            lambda r, i: (
                max(0, r[i]["until"] - max(r[i]["from"], r[i]["before with planned"])) / self.minute * r[i]["size"]
            ),
            "number",
        )

    def _depth(self) -> None:
        rows, weights = self.rows, self._weights()
        terms = []
        for level in range(1, self.levels + 1):
            least = weights[level - 1]
            rows.formula(
                f"before level {level}",
                f"=IF([customer]={{up.customer}},MAX({{up.before level {level}}},"
                f"IF(OR({{up.planned}}=1,{{up.depth}}<l_depth_{level}),0,{{up.until}})),0)",
                _deep(f"before level {level}", least),
                "whole",
                first="=0",
                note=f"latest end above that is at least as deep as level {level}",
            )
            rows.formula(
                f"lost at level {level}",
                f"=IF(OR([planned]=1,[depth]<l_depth_{level}),0,"
                f"MAX(0,[until]-MAX([from],[before level {level}])))/{self.minute}*[size]",
                self._lost(level, least),
                "number",
                note=f"minutes that it adds at least as deep as level {level}",
            )
            terms.append(f"[lost at level {level}]*(l_depth_{level}-l_depth_{level + 1})")
        steps = [a - b for a, b in zip(weights, [*weights[1:], 0.0], strict=True)]
        rows.formula(
            "index",
            f"={'+'.join(terms)}",
            lambda r, i: sum(r[i][f"lost at level {k}"] * step for k, step in enumerate(steps, 1)),
            "number",
            note="minutes times depth: level by level",
        )

    def _lost(self, level: int, least: float) -> Callable[[list[Row], int], float]:
        def twin(r: list[Row], i: int) -> float:
            row = r[i]
            if row["planned"] or row["depth"] < least:
                return 0.0
            return float(
                max(0, row["until"] - max(row["from"], row[f"before level {level}"])) / self.minute * row["size"]
            )

        return twin

    def _weights(self) -> list[float]:
        """Return the depths that occur, the deepest first, and 0 for levels beyond."""
        found = sorted({row["depth"] for row in self.rows.rows}, reverse=True)
        return [*found, *([0.0] * self.levels)][: self.levels]

    def _customers(self) -> None:
        found, lost, r = self.bearers, self.lost, self.rows.rows
        tolls = {toll.customer: toll for toll in lost.tolls}
        names = list(dict.fromkeys(stage.customer for stage in lost.stages))
        mine: dict[str, list[Row]] = {name: [] for name in names}
        places: dict[str, int] = {}
        for place, row in enumerate(r, 1):
            mine[row["customer"]].append(row)
            places.setdefault(row["customer"], place)
        found.given("customer", names)
        found.given("criticality", [lost.criticality.get(name, 1.0) for name in names], "general")
        found.formula(
            "first",
            "=MATCH([customer],t_loss[customer],0)",
            lambda b, i: places[b[i]["customer"]],
            "general",
            note="its first row",
        )
        found.formula(
            "last",
            "=[first]+COUNTIF(t_loss[customer],[customer])-1",
            lambda b, i: b[i]["first"] + len(mine[b[i]["customer"]]) - 1,
            "general",
            note="its last row",
        )
        for name, what in (
            ("minutes", "minutes"),
            ("index", "index"),
            ("minutes with planned", "minutes with planned"),
        ):
            found.formula(name, f"=SUMIFS(t_loss[{what}],t_loss[customer],[customer])", _sum(mine, what), "number")
        found.formula(
            "planned",
            "=[minutes with planned]-[minutes]",
            lambda b, i: b[i]["minutes with planned"] - b[i]["minutes"],
            "number",
            note="minutes of planned work alone",
        )
        for name in ("minutes", "index", "planned"):
            found.given(f"engine {name}", [getattr(tolls[customer], name) for customer in names], "number stamped")
        found.formula(
            "differs",
            f"=IF(MAX(ABS([minutes]-[engine minutes]),ABS([index]-[engine index]),"
            f"ABS([planned]-[engine planned]))>{CLOSE},1,0)",
            lambda b, i: int(max(abs(b[i][n] - b[i][f"engine {n}"]) for n in ("minutes", "index", "planned")) > CLOSE),
            "general",
        )

    # -- the sheet ---------------------------------------------------------------------------------------------------

    def _put(self) -> None:
        sheet, top = self.sheet, self.top
        heads = ("", "in formulas", "engine", "difference")
        sheet.line(top, 0, heads, "head")
        lost = self.lost
        lines: Sequence[tuple[str, str, float, float]] = [
            (
                "Customer minutes lost",
                "=SUM(t_loss[minutes])",
                self.rows.total("minutes"),
                sum(t.minutes for t in lost.tolls),
            ),
            (
                "The same by depth (index)",
                "=SUM(t_loss[index])",
                self.rows.total("index"),
                sum(t.index for t in lost.tolls),
            ),
            (
                "Minutes of planned work, apart",
                "=SUM(t_loss[minutes with planned])-SUM(t_loss[minutes])",
                self.rows.total("minutes with planned") - self.rows.total("minutes"),
                sum(t.planned for t in lost.tolls),
            ),
            (
                "Customers that lost any",
                '=COUNTIF(t_customer[minutes],">0")',
                sum(b["minutes"] > 0 for b in self.bearers.rows),
                sum(t.minutes > 0 for t in lost.tolls),
            ),
        ]
        for place, (label, text, value, engine) in enumerate(lines, top + 1):
            compared(sheet, place, label, text, value, engine)
        at = top + 1 + len(lines)
        sheet.put(at, 0, "Rows out of order (must be 0)", "bold")
        sheet.put(at, 1, Formula(self._sorted(), 0), "whole bold")
        sheet.put(at + 1, 0, "Customers that differ from the engine")
        sheet.put(at + 1, 1, Formula("=SUM(t_customer[differs])", self.bearers.total("differs")), "whole")
        alarm = Condition(top=at, left=1, bottom=at + 1, right=1, formula=f"=$B{at + 1}<>0", style="alarm")
        sheet.conditions.append(alarm)
        self.order_cell = (at, 1)
        sheet.put(top, 5, "depths, deepest first", "head")
        sheet.put(top, 6, "", "head")
        self._levels(top + 1)
        if lost.left_out:
            sheet.put(self.rows.row - 1, 0, lost.left_out, "label")
        self.rows.add_to(sheet)
        self.bearers.add_to(sheet)
        sheet.freeze = (self.rows.row + 1, 1)
        sheet.repeat = (self.rows.row, self.rows.row)
        sheet.printed = 16
        sheet.widths = {0: 30, 1: 16, 5: 18, 6: 16, 7: 12, self.bearers.column: 22}

    def _sorted(self) -> str:
        """Return the check that rows are sorted: customers torn apart, and neighbours of one customer out of order.

        Names are not compared by `>`: spreadsheets disagree on the order of texts.
        """
        first, last = self.rows.row + 2, self.rows.row + 1 + len(self.rows.rows)
        if first > last - 1:
            return "=0"

        def pair(name: str) -> tuple[str, str]:
            letter = self.rows.letter(name).lstrip("$")
            return f"{letter}{first}:{letter}{last - 1}", f"{letter}{first + 1}:{letter}{last}"

        (c1, c2), (s1, s2), (e1, e2) = pair("customer"), pair("from"), pair("until")
        return (
            f"=SUMPRODUCT(--({c1}<>{c2}))-ROWS(t_customer[customer])+1+SUMPRODUCT(({c1}={c2})*({s1}>{s2}))"
            f"+SUMPRODUCT(({c1}={c2})*({s1}={s2})*({e1}>{e2}))"
        )

    def _levels(self, top: int) -> None:
        weights = self._weights()
        for level in range(1, self.levels + 2):
            at = top + level - 1
            text = "=MAX(t_loss[depth])" if level == 1 else f"=SUMPRODUCT(MAX((t_loss[depth]<G{at})*t_loss[depth]))"
            value = weights[level - 1] if level <= self.levels else 0.0
            if level > self.levels:
                self.sheet.put(at, 5, "below the last", "label")
                self.sheet.put(at, 6, 0, "general")
            else:
                self.sheet.put(at, 5, f"level {level}", "label")
                self.sheet.put(at, 6, Formula(text, value), "general")

    def name_levels(self, book: Book) -> None:
        """Give the depths their names."""
        for level in range(1, self.levels + 2):
            book.names[f"l_depth_{level}"] = f"'{UNION}'!$G${self.top + 1 + level}"


def compared(
    sheet: Sheet, row: int, label: str, text: str, value: float | str, engine: float | None, look: str = "number"
) -> None:
    """Put a line: a label, its formula, what the engine says, and the difference."""
    sheet.put(row, 0, label)
    sheet.put(row, 1, Formula(text, value), f"{look} bold")
    sheet.put(row, 2, engine, f"{look} stamped")
    if engine is not None and not isinstance(value, str):
        sheet.put(row, 3, Formula(f"=B{row + 1}-C{row + 1}", value - engine), "signed")


def serial(at: Any, per_day: int) -> int:  # noqa: ANN401 - a date as a cell holds it
    """Return the ticks of an instant in a cell."""
    return round((at - EPOCH) / timedelta(days=1) * per_day) if isinstance(at, datetime) else 0


def _before(r: list[Row], i: int, name: str, counts: Callable[[Row], bool]) -> int:
    if i == 0 or r[i]["customer"] != r[i - 1]["customer"]:
        return 0
    above = r[i - 1]
    return int(max(above[name], above["until"] if counts(above) else 0))


def _deep(name: str, least: float) -> Callable[[list[Row], int], int]:
    return lambda r, i: _before(r, i, name, lambda row: not row["planned"] and row["depth"] >= least)


def _sum(mine: dict[str, list[Row]], what: str) -> Callable[[list[Row], int], float]:
    return lambda b, i: sum(row[what] for row in mine[b[i]["customer"]])


def stages_sorted(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Return stages in the order that the union needs; text as a sheet compares it, without regard to case."""
    last = max((stage.start for stage in stages), default=0) + 10**18
    return tuple(
        sorted(stages, key=lambda s: (s.customer.casefold(), s.customer, s.start, s.end if s.end is not None else last))
    )
