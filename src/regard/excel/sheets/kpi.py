"""A metric on a sheet of its own: definition, target, now, trend, interval, and the statistics behind them in cells.

An interval or a verdict is a formula where its arithmetic gives what the engine gives; where the engine draws samples
instead (few people, rare events) its number stands as it is, in italics.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.excel.book import Chart, Condition, Formula, Range, Series, Sheet, Sparkline, Validation, address
from regard.excel.sheets.intervals import CLOSE, SHARES, Said, adjusted_wald, wilson
from regard.excel.sheets.pages import floor
from regard.excel.style import FAINT, GREEN, PALETTE, of_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.excel.book import Book, Value
    from regard.excel.material import Material
    from regard.excel.records import Kpi, Part
    from regard.excel.sheets.intervals import Ends
    from regard.plan import AnswerCell

GROUP = "Key figures"
COLUMNS = (
    ("period", 10), ("value", 13), ("from", 9), ("to", 9), ("n", 9), ("n effective", 11), ("t", 9),
    ("std. error", 10), ("status", 17), ("before", 9), ("together", 10), ("change", 9), ("change from", 11),
    ("change to", 10), ("verdict", 22), ("target from", 11), ("target to", 10),
)  # fmt: skip
"""Heads of a block and their widths; the sums that the interval reads follow them."""
AT = {name: place for place, (name, _) in enumerate(COLUMNS)}
TOGETHER = "Correlation of the two periods where the same people are in both, from the engine's replicates."
LINE = 165
"""Characters of a line of the facts."""


def build(material: Material, book: Book) -> list[Sheet]:
    """Return a sheet for each metric of the list."""
    return [kpi_sheet(kpi, book) for kpi in material.records.kpis]


def kpi_sheet(kpi: Kpi, book: Book) -> Sheet:
    """Return the sheet of one metric."""
    metric, look = kpi.metric, of_unit(kpi.metric.unit)
    sheet = Sheet(name=kpi.sheet, title=metric.title, purpose=metric.question, group=GROUP)
    top = sheet.head(back="Cover")
    facts = (
        ("Definition", metric.words or kpi.formula),
        ("Formula", kpi.formula),
        ("Good", {"up": "more is better", "down": "less is better"}.get(metric.good.value, "neither end is good")),
        ("Decides", metric.decision),
        ("Source", f"{kpi.source}; {metric.citation}" if metric.citation else kpi.source),
        ("Interval", f"{metric.interval.method.replace('_', ' ')}, 95 %"),
    )
    for row, (label, text) in enumerate(facts, top):
        sheet.put(row, 0, label, "label")
        sheet.put(row, 1, text, "wrap")
        sheet.merges.append((row, 1, row, 14))
        sheet.heights[row] = 14.0 * (1 + len(text) // LINE)
    at = top + len(facts) + 1
    sheet.put(at, 0, "Period", "subheading")
    sheet.put(at, 1, kpi.chosen, "input bold")
    sheet.put(at, 2, "Smallest change that matters", "label indent")
    sheet.put(at, 6, metric.min_change, "general input")
    sheet.put(at, 8, "Smallest n that may speak", "label")
    sheet.put(at, 10, kpi.needed, "general input")
    least, needed = address(at, 6), address(at, 10)
    table, charts = at + 2, at + 4 + len(kpi.parts)
    blocks = charts + 17
    placed = []
    for number, part in enumerate(kpi.parts):
        first = blocks + number * (len(kpi.periods) + 4)
        block = _Block(sheet, kpi, part, first + 2, least, needed)
        sheet.put(first, 0, f"{metric.title}: {part.label}" if part.label else "Thirteen periods", "heading")
        block.write()
        placed.append(block)
    heads = (
        "",
        "now",
        "from",
        "to",
        "n",
        "",
        "",
        "trend",
        "status",
        "before",
        "",
        "change",
        "",
        "",
        "verdict",
        "target",
    )
    sheet.line(table, 0, heads, "head")
    for number, (part, block) in enumerate(zip(kpi.parts, placed, strict=True)):
        _now(sheet, table + 1 + number, at, part.label or "all", block, look, kpi.targets[number])
    if placed:
        periods = placed[0].range("period")
        sheet.validations.append(Validation(top=at, left=1, bottom=at, right=1, choices=periods))
    _charts(sheet, kpi, placed, charts)
    sheet.widths = {place: float(width) for place, (_, width) in enumerate(COLUMNS)}
    sheet.widths |= {len(COLUMNS) + i: 11.0 for i in range(len(kpi.roles))}
    sheet.freeze = (3, 0)
    sheet.printed = len(COLUMNS) - 1
    sheet.tall = len(kpi.parts) > 1
    book.names[f"k_{metric.id}"] = address(table + 1, 1, sheet=sheet.name)
    return sheet


def _now(sheet: Sheet, row: int, at: int, label: str, block: _Block, look: str, target: str) -> None:
    """Put the line of the chosen period."""
    kpi = block.kpi
    place = kpi.periods.index(kpi.chosen) if kpi.chosen in kpi.periods else 0
    sheet.put(row, 0, label, "bold")
    looks = {"now": f"{look} big", "n": "whole", "change": "signed", "status": "indent", "verdict": "indent"}
    heads = {"now": "value"}
    for column, head in (
        (1, "now"),
        (2, "from"),
        (3, "to"),
        (4, "n"),
        (8, "status"),
        (9, "before"),
        (11, "change"),
        (14, "verdict"),
    ):
        cells = block.range(heads.get(head, head))
        text = f'=IFERROR(INDEX({cells.local},MATCH({address(at, 1)},{block.range("period").local},0))&"","")'
        if head not in ("status", "verdict"):
            found = f"INDEX({cells.local},MATCH({address(at, 1)},{block.range('period').local},0))"
            text = f'=IFERROR(IF({found}="","",{found}),"")'
        sheet.put(row, column, Formula(text, block.values[heads.get(head, head)][place]), looks.get(head, look))
    sheet.put(row, 15, target, "label")
    sheet.heights[row] = 28
    values = block.range("value")
    sheet.sparklines.append(Sparkline(row=row, column=7, of=values))
    letter = address(row, 8)
    for word, style in (("met", "good"), ("missed", "bad"), ("too close to call", "unsure")):
        sheet.conditions.append(
            Condition(top=row, left=8, bottom=row, right=8, formula=f'={letter}="{word}"', style=style)
        )


def _charts(sheet: Sheet, kpi: Kpi, blocks: Sequence[_Block], row: int) -> None:
    if not blocks:
        return
    metric = kpi.metric
    periods = blocks[0].range("period")
    if len(blocks) == 1:
        block = blocks[0]
        series = [
            Series(name=metric.title, categories=periods, values=block.range("value"), colour=PALETTE[0]),
            Series(name="from", categories=periods, values=block.range("from"), colour=FAINT, dashed=True),
            Series(name="to", categories=periods, values=block.range("to"), colour=FAINT, dashed=True),
        ]
        series += [
            Series(name=end, categories=periods, values=block.range(end), colour=GREEN, dashed=True)
            for end in ("target from", "target to")
            if any(value != "" for value in block.values[end])
        ]
    else:
        series = [Series(name=b.part.label, categories=periods, values=b.range("value")) for b in blocks[:8]]
    sheet.charts.append(
        Chart(
            kind="line",
            title=f"{metric.title}, month by month" + (" with its interval and target" if len(blocks) == 1 else ""),
            series=series,
            floor=floor([block.values[name] for block in blocks for name in ("value", "from", "target from")]),
            row=row,
            column=0,
            width=1180,
            height=310,
            unit=metric.unit,
            described=f"{metric.title} over {len(kpi.periods)} periods.",
        )
    )


@dataclass
class _Block:
    """The periods of one part, a row each."""

    sheet: Sheet
    kpi: Kpi
    part: Part
    top: int
    least: str
    needed: str

    def __post_init__(self) -> None:
        self.values: dict[str, list[Value]] = {name: [] for name in AT}

    def range(self, name: str) -> Range:
        """Return the cells of a column."""
        last = self.top + len(self.kpi.periods) - 1
        return Range(self.sheet.name, self.top, AT[name], last, AT[name])

    def write(self) -> None:
        """Write heads and rows."""
        for column, (name, _) in enumerate(COLUMNS):
            self.sheet.put(
                self.top - 1, column, name, "head" if name in ("period", "status", "verdict") else "head right"
            )
        self.sheet.put(self.top - 1, AT["together"], "together", "head right", TOGETHER)
        for i, role in enumerate(self.kpi.roles):
            self.sheet.put(self.top - 1, len(COLUMNS) + i, role, "head right")
        for i in range(len(self.kpi.periods)):
            self.row(i)

    # -- a row -------------------------------------------------------------------------------------------------------

    def cell(self, name: str, i: int) -> str:
        """Return the address of a cell of a period."""
        return address(self.top + i, AT[name], fixed=False)

    def leaf(self, place: int, i: int) -> str:
        """Return the address of a sum."""
        return address(self.top + i, len(COLUMNS) + place, fixed=False)

    def put(self, name: str, i: int, text: str, twin: float | str | None, told: Value, look: str) -> None:
        """Put a formula where it gives what the engine says, else what the engine says."""
        told = "" if told is None else told
        same = text and (
            twin == told
            or (
                _number(twin)
                and _number(told)
                and math.isclose(float(str(twin)), float(str(told)), rel_tol=CLOSE, abs_tol=CLOSE)
            )
        )
        value: Value = twin if same else told
        self.values[name].append(value)
        if same:
            self.sheet.put(self.top + i, AT[name], Formula(text, value), look)
        else:
            self.sheet.put(self.top + i, AT[name], value, f"{look} stamped")

    def given(self, name: str, i: int, value: Value, look: str) -> None:
        """Put a plain value."""
        value = "" if value is None else value
        self.values[name].append(value)
        self.sheet.put(self.top + i, AT[name], value, look)

    def row(self, i: int) -> None:
        """Write the row of a period."""
        kpi, cell, look = self.kpi, self.part.cells[i], of_unit(self.kpi.metric.unit)
        found = cell.estimate if cell else None
        leaves = self.part.leaves[i]
        self.given("period", i, kpi.periods[i], "bold")
        self.given("value", i, found.value if found else "", f"{look} bold")
        for place, number in enumerate(leaves):
            self.sheet.put(self.top + i, len(COLUMNS) + place, number, "number stamped")
        target = cell.target if cell else None
        self.values["target from"].append("" if target is None or target.lo is None else target.lo)
        self.values["target to"].append("" if target is None or target.hi is None else target.hi)
        for name in ("target from", "target to"):
            self.sheet.put(self.top + i, AT[name], self.values[name][i], f"{look} label")
        self.given("n", i, found.n if found else "", "whole")
        self.given("n effective", i, found.n_eff if found else "", "one stamped")
        t = self.part.quantiles[i]
        df = found.df if found else None
        quantile = "=_xlfn.NORM.S.INV(0.975)" if df is None else f"=_xlfn.T.INV.2T(0.05,{df:.10g})"
        self.put("t", i, quantile if df is None or df == int(df) else "", t, t, "exact")
        self._error(i, cell, leaves)
        self._ends(i, cell, leaves, look)
        self._status(i, cell)
        self._change(i, cell, look)

    def _error(self, i: int, cell: AnswerCell | None, leaves: Sequence[float]) -> None:
        told = cell.estimate.se if cell else None
        text, twin = "", None
        if self.kpi.metric.interval.method == "mean" and len(leaves) == 3 and cell and cell.estimate.value:  # noqa: PLR2004 - as many leaves as its method takes
            total, squares, n = leaves
            if n > 1 and total:
                scale = cell.estimate.value * n / total
                twin = abs(scale) * math.sqrt(max(0.0, (squares - total**2 / n) / (n - 1))) / math.sqrt(n)
                a, b, c = (self.leaf(place, i) for place in range(3))
                text = f"=ABS({self.cell('value', i)}*{c}/{a})*SQRT(({b}-{a}^2/{c})/({c}-1))/SQRT({c})"
        self.put("std. error", i, text, twin, told, "exact")

    def _ends(self, i: int, cell: AnswerCell | None, leaves: Sequence[float], look: str) -> None:
        found = cell.estimate if cell else None
        made = None if found is None or found.value is None else self._interval(i, leaves)
        for name, place in (("from", 0), ("to", 1)):
            told = None if found is None else (found.lo, found.hi)[place]
            text, twin = made[place] if made else ("", None)
            self.put(name, i, text, twin, told, look)

    def _interval(self, i: int, leaves: Sequence[float]) -> Ends | None:
        """Return formula and number of both ends by the metric's method, or None."""
        method, scale = self.kpi.metric.interval.method, 100.0 if self.kpi.metric.unit in SHARES else 1.0
        value, n, t = (self.values[name][i] for name in ("value", "n effective", "t"))
        v, ne, z = (self.cell(name, i) for name in ("value", "n effective", "t"))
        if not isinstance(value, float) or not isinstance(t, float):
            return None
        found: Ends | None = None
        if method == "proportion" and isinstance(n, float) and n > 0:
            found = wilson(Said(v, value), Said(ne, n), Said(z, t), scale)
        if method == "net_share" and isinstance(n, float) and n > 0 and len(leaves) == 3:  # noqa: PLR2004 - as many leaves as its method takes
            up, down, every = (Said(self.leaf(place, i), number) for place, number in enumerate(leaves))
            found = adjusted_wald(Said(v, value), (up, down, every), Said(ne, n), Said(z, t))
        if found is not None:
            (low, lo), (high, hi) = found
            return (f"={low}", lo), (f"={high}", hi)
        se = self.values["std. error"][i]
        if method in ("mean", "ratio") and isinstance(se, float):
            s = self.cell("std. error", i)
            return (f"={v}-{z}*{s}", value - t * se), (f"={v}+{z}*{s}", value + t * se)
        return None

    def _status(self, i: int, cell: AnswerCell | None) -> None:
        told = (cell.status if cell else None) or ""
        target = cell.target if cell else None
        if target is None or not told:
            self.put("status", i, "", None, told, "")
            return
        low, high = (self.cell(name, i) for name in ("target from", "target to"))
        at = self.cell("value", i)
        lo = f'IF({self.cell("from", i)}="",{at},{self.cell("from", i)})'
        hi = f'IF({self.cell("to", i)}="",{at},{self.cell("to", i)})'
        above = {True: ">=", False: ">"}[target.lo_incl]
        below = {True: "<=", False: "<"}[target.hi_incl]
        inside = (
            ",".join(f'OR({low}="",{x}{above}{low})' for x in (lo, hi))
            + ","
            + ",".join(f'OR({high}="",{x}{below}{high})' for x in (lo, hi))
        )
        outside = f'AND({low}<>"",NOT({hi}{above}{low})),AND({high}<>"",NOT({lo}{below}{high}))'
        text = f'=IF({at}="","",IF(AND({inside}),"met",IF(OR({outside}),"missed","too close to call")))'
        self.put("status", i, text, told, told, "indent")

    # -- the change --------------------------------------------------------------------------------------------------

    def _change(self, i: int, cell: AnswerCell | None, look: str) -> None:
        verdict = cell.verdict if cell else None
        before = cell.previous.value if cell and cell.previous else None
        above = self.values["value"][i - 1] if i else ""
        same = (
            isinstance(above, float)
            and before is not None
            and math.isclose(above, before, rel_tol=1e-12, abs_tol=1e-12)
        )
        self.put("before", i, f"={self.cell('value', i - 1)}" if same else "", before if same else None, before, look)
        told = verdict.change if verdict else None
        value = self.values["value"][i]
        twin = value - before if isinstance(value, float) and before is not None else None
        text = f"={self.cell('value', i)}-{self.cell('before', i)}" if twin is not None else ""
        rho, ends = self._both(i) if same and verdict else (None, None)
        self.given("together", i, rho, "exact stamped")
        self.put("change", i, text, twin, told, "signed")
        for name, place in (("change from", 0), ("change to", 1)):
            end = None if verdict is None else (verdict.lo, verdict.hi)[place]
            formula, number = ends[place] if ends else ("", None)
            self.put(name, i, formula, number, end, "signed")
        self._verdict(i, cell)

    def _both(self, i: int) -> tuple[float | None, tuple[tuple[str, float], tuple[str, float]] | None]:
        """Return the correlation and both ends of the change: the arms of the two intervals as legs of a triangle."""
        cell = self.part.cells[i]
        verdict = cell.verdict if cell else None
        numbers = [self.values[name][k] for k in (i, i - 1) for name in ("value", "from", "to", "n effective")]
        if (
            verdict is None
            or verdict.lo is None
            or verdict.change is None
            or not all(isinstance(x, float) for x in numbers)
        ):
            return None, None
        v1, l1, h1, n1, v0, l0, h0, n0 = (float(str(x)) for x in numbers)
        a1, a0 = ({name: self.cell(name, k) for name in ("value", "from", "to", "n effective")} for k in (i, i - 1))
        r = self.cell("together", i)
        if self.kpi.compare == "centres":
            c1, c0 = v1 * n1 / (n1 + 3), v0 * n0 / (n0 + 3)
            f1, f0 = (f"{a['value']}*{a['n effective']}/({a['n effective']}+3)" for a in (a1, a0))
            d1 = u1 = max(c1 - l1, h1 - c1)
            d0 = u0 = max(c0 - l0, h0 - c0)
            g1, g0 = (f"MAX({f}-{a['from']},{a['to']}-({f}))" for f, a in ((f1, a1), (f0, a0)))
            legs = (g1, g0, g1, g0)
        elif self.kpi.compare in ("ends", "logs", "errors"):
            c1, c0, f1, f0 = v1, v0, a1["value"], a0["value"]
            d1, u1, d0, u0 = v1 - l1, h1 - v1, v0 - l0, h0 - v0
            legs = (f"{f1}-{a1['from']}", f"{a0['to']}-{f0}", f"{a1['to']}-{f1}", f"{f0}-{a0['from']}")
        else:
            return None, None
        if not d1 * u0:
            return None, None
        rho = (d1**2 + u0**2 - (c1 - c0 - verdict.lo) ** 2) / (2 * d1 * u0)
        rho = 0.0 if abs(rho) < CLOSE else rho
        low = c1 - c0 - math.sqrt(max(0.0, d1**2 + u0**2 - 2 * rho * d1 * u0))
        high = c1 - c0 + math.sqrt(max(0.0, u1**2 + d0**2 - 2 * rho * u1 * d0))
        p, q, s, t = (f"({leg})" for leg in legs)
        return rho, (
            (f"={f1}-({f0})-SQRT(MAX(0,{p}^2+{q}^2-2*{r}*{p}*{q}))", low),
            (f"={f1}-({f0})+SQRT(MAX(0,{s}^2+{t}^2-2*{r}*{s}*{t}))", high),
        )

    def _verdict(self, i: int, cell: AnswerCell | None) -> None:
        verdict = cell.verdict if cell else None
        if verdict is None:
            self.put("verdict", i, "", None, "", "")
            return
        change, lo, hi = (self.cell(name, i) for name in ("change", "change from", "change to"))
        n = self.cell("n", i)
        few = f"{n}<{self.needed}" + (f",{self.cell('n', i - 1)}<{self.needed}" if i else "")
        blind = f'AND({change}>0,{lo}=""),AND({change}<0,{hi}=""),AND({lo}="",{hi}="")'
        text = (
            f'=IF({change}="","",IF(OR({few},{blind}),"cannot say",'
            f'IF(IF({change}>0,{lo},IF({change}<0,-{hi},0))<=0,"no detectable change",'
            f'IF(ABS({change})<N({self.least}),"changed but small","changed"))))'
        )
        self.put("verdict", i, text if self._worded(i) == verdict.word else "", verdict.word, verdict.word, "indent")

    def _worded(self, i: int) -> str:
        """Return the verdict that the cells of a row give."""
        change, lo, hi = (self.values[name][i] for name in ("change", "change from", "change to"))
        if not isinstance(change, float):
            return ""
        counts = [self.values["n"][k] for k in (i, i - 1) if k >= 0]
        if any(isinstance(n, float) and n < self.kpi.needed for n in counts):
            return "cannot say"
        facing = lo if change > 0 else -hi if change < 0 and isinstance(hi, float) else "" if change else 0.0
        if facing == "" or (lo == "" and hi == ""):
            return "cannot say"
        if float(str(facing)) <= 0:
            return "no detectable change"
        return "changed but small" if abs(change) < (self.kpi.metric.min_change or 0.0) else "changed"


def _number(x: object) -> bool:
    return isinstance(x, (int, float)) and not isinstance(x, bool)
