"""Pages for readers: the executive's, the week's, the month's, the quarter's; a period to choose, tiles and charts.

What they show stands once, on the sheet of board data, period by period.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.catalog.boards import boards as shipped
from regard.excel.book import Chart, Condition, Formula, Link, Range, Series, Sheet, Sparkline, Validation, address
from regard.excel.style import FAINT, GREEN, of_unit
from regard.present import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.catalog.boards import Board
    from regard.excel.book import Book, Value
    from regard.excel.material import Material
    from regard.model import Metric
    from regard.plan import Answer, AnswerCell

GROUP, DATA = "Reports", "Board data"
FIELDS = ("value", "from", "to", "n", "before", "change", "verdict", "status", "target from", "target to")
TITLES = {"from": "interval from", "to": "interval to", "before": "period before", "verdict": "is it real?"}
WORDED = ("verdict", "status")
TILES, TILE_ROWS = 4, 4
TILE_COLUMNS = ((0, 0), (2, 4), (5, 7), (8, 9))
"""First and last column of each tile."""
CHART_ROWS = 18
PAGE_ROWS = 50
"""Rows of board data that a printed page holds."""
CHARTED = 11
"""Columns of a board that two charts take."""
SHADES = (("met", "good"), ("missed", "bad"), ("too close to call", "unsure"))
NUMBERS = range(2, 8)
"""Columns of a board that hold numbers."""
HEADS = ("metric", "trend", "now", "from", "to", "n", "before", "change", "is it real?", "target", "status", "more")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A metric on a board.

    Attributes:
        metric: its definition.
        target: its target in words, or "".
        cells: what the engine says, a cell for each period; None where there is none.
    """

    metric: Metric
    target: str
    cells: tuple[AnswerCell | None, ...]


@dataclass(frozen=True, kw_only=True)
class Boards:
    """The metrics that stand on boards.

    Attributes:
        periods: labels, oldest first.
        chosen: the period that is shown first: the last whole one.
        lines: id -> the metric.
    """

    periods: tuple[str, ...]
    chosen: str
    lines: Mapping[str, Line]


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the boards and the sheet of their data."""
    boards = _boards(material)
    if not boards.lines or not boards.periods:
        return []
    data = _Data(boards, book)
    kpis = {kpi.metric.id: kpi.sheet for kpi in material.records.kpis}
    return [*(_page(page, boards, data, kpis) for page in shipped().boards), data.sheet]


def _boards(material: Material) -> Boards:
    """Return the metrics of the shipped boards that are in the book."""
    wanted = dict.fromkeys(name for board in shipped().boards for name in (*board.metrics, *board.charts))
    labels = tuple(period.label for period in material.periods)
    whole = [stretch.period.label for stretch in material.stretches if not stretch.running]
    return Boards(
        periods=labels,
        chosen=whole[-1] if whole else labels[-1] if labels else "",
        lines={name: _line(material, material.answers[name], labels) for name in wanted if name in material.answers},
    )


def _line(material: Material, answer: Answer, labels: Sequence[str]) -> Line:
    cells = {cell.period.label: cell for cell in answer.cells if not any(cell.dims.values())}
    aims = [cell.target for cell in cells.values() if cell.target is not None]
    target = words.target(aims[-1], answer.metric.unit, material.currency) if aims else ""
    return Line(metric=answer.metric, target=target, cells=tuple(cells.get(label) for label in labels))


@dataclass
class _Data:
    """The sheet that holds what boards show: a block for each field, a column for each metric, a row each period."""

    boards: Boards
    book: Book
    sheet: Sheet = field(init=False)
    tops: dict[str, int] = field(default_factory=dict)
    values: dict[tuple[str, str], list[Value]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sheet = Sheet(
            name=DATA,
            title="Board data",
            purpose="What the boards show by period: calculations where they are live, else the engine's numbers.",
            group=GROUP,
            across=3,
        )
        top = self.sheet.head(back="Cover")
        self.columns = {name: place for place, name in enumerate(self.boards.lines, 1)}
        together = max(1, PAGE_ROWS // (len(self.boards.periods) + 3))
        for number, name in enumerate(FIELDS):
            if number and number % together == 0:
                self.sheet.breaks.append(top)
            top = self._block(name, top)
        self.sheet.widths = {0: 14, **dict.fromkeys(self.columns.values(), 13.0)}
        self.sheet.freeze = (4, 1)

    def _block(self, name: str, top: int) -> int:
        sheet, periods = self.sheet, self.boards.periods
        sheet.put(top, 0, TITLES.get(name, name).capitalize(), "heading")
        sheet.put(top + 1, 0, "period", "head")
        self.tops[name] = top + 2
        for i, period in enumerate(periods):
            sheet.put(top + 2 + i, 0, period, "bold")
        for metric, column in self.columns.items():
            line = self.boards.lines[metric]
            sheet.put(top + 1, column, line.metric.title, "head", metric)
            self.values[name, metric] = [self._cell(name, line, i, top + 2 + i, column) for i in range(len(periods))]
        return top + 3 + len(periods)

    def _cell(self, name: str, line: Line, i: int, row: int, column: int) -> Value:
        value = _told(line, name, i)
        look = "" if name in WORDED else "whole" if name == "n" else of_unit(line.metric.unit)
        if name == "verdict" and self._judged_live(line, i, row, column, value):
            return value
        live = self._live(name, line.metric.id)
        if live is not None:
            at = address(live.top + i, live.left, sheet=live.sheet)
            # What stands there: the first period has none before it, and a running one is not compared.
            there = self.book.sheet(live.sheet).cells.get((live.top + i, live.left))
            value = there.value.value if there and isinstance(there.value, Formula) else ""
            self.sheet.put(row, column, Formula(f'=IF({at}="","",{at})', value), look)
        else:
            self.sheet.put(row, column, value, f"{look} stamped")
        return value

    def _judged_live(self, line: Line, i: int, row: int, column: int, value: Value) -> bool:
        """Put a verdict that says so when slicers or assumptions have changed the number that it is about."""
        metric, cell = line.metric.id, line.cells[i]
        live, engine = self._live("value", metric), self.book.places.get(("engine", metric))
        if live is None or engine is None or value == "" or cell is None or cell.estimate.value is None:
            return False
        there = self.book.sheet(live.sheet).cells.get((live.top + i, live.left))
        shown = there.value.value if there and isinstance(there.value, Formula) else None
        if shown != cell.estimate.value:
            return False
        now, told = (address(place.top + i, place.left, sheet=place.sheet) for place in (live, engine))
        same = f"ABS({now}-{told})<=0.000000001*MAX(1,ABS({told}))"
        text = f'=IF(ISNUMBER({now}),IF({same},"{value}","not judged: sliced or changed"),"")'
        self.sheet.put(row, column, Formula(text, value))
        return True

    def _live(self, name: str, metric: str) -> Range | None:
        """Return the cells of the calculation of a field, where there is one of as many periods."""
        keys = {
            "value": "value",
            "n": "n",
            "from": "lo",
            "to": "hi",
            "before": "before",
            "change": "change",
            "status": "status",
        }
        found = self.book.places.get((keys.get(name, ""), metric))
        if found is None or found.bottom - found.top + 1 != len(self.boards.periods):
            return None
        return found

    def range(self, name: str, metric: str) -> Range:
        """Return the cells of a metric's field over all periods."""
        top, column = self.tops[name], self.columns[metric]
        return Range(DATA, top, column, top + len(self.boards.periods) - 1, column)

    @property
    def periods(self) -> Range:
        """The cells of the periods."""
        top = self.tops["value"]
        return Range(DATA, top, 0, top + len(self.boards.periods) - 1, 0)


def _told(line: Line, name: str, i: int) -> Value:
    """Return what the engine says of a field."""
    cell = line.cells[i]
    if cell is None:
        return ""
    found, verdict, target = cell.estimate, cell.verdict, cell.target
    told: Value = {
        "value": found.value,
        "from": found.lo,
        "to": found.hi,
        "n": found.n,
        "before": cell.previous.value if cell.previous else None,
        "change": verdict.change if verdict else None,
        "verdict": _judged(verdict.word, verdict.better) if verdict else None,
        "status": cell.status,
        "target from": target.lo if target else None,
        "target to": target.hi if target else None,
    }[name]
    return "" if told is None else told


def _judged(word: str, better: bool | None) -> str:
    return word + {True: ": better", False: ": worse", None: ""}[better]


def _page(page: Board, boards: Boards, data: _Data, kpis: dict[str, str]) -> Sheet:
    sheet = Sheet(name=page.sheet, title=page.sheet, purpose=page.purpose, group=GROUP, tall=False)
    top = sheet.head(back="Cover")
    sheet.put(top, 0, "Period", "subheading right")
    sheet.put(top, 1, boards.chosen, "input bold")
    period = address(top, 1)
    sheet.validations.append(Validation(top=top, left=1, bottom=top, right=1, choices=data.periods))
    place = boards.periods.index(boards.chosen)

    def shown(name: str, metric: str) -> Formula:
        at = f"INDEX({data.range(name, metric)},MATCH({period},{data.periods},0))"
        return Formula(f'=IFERROR(IF({at}="","",{at}),"")', data.values[name, metric][place])

    tiles = top + 2
    metrics, charts = ([name for name in names if name in boards.lines] for names in (page.metrics, page.charts))
    for number, metric in enumerate(charts[:TILES]):
        (column, last), line = TILE_COLUMNS[number], boards.lines[metric]
        sheet.merges += [(tiles + row, column, tiles + row, last) for row in range(TILE_ROWS) if last > column]
        sheet.put(tiles, column, line.metric.title, "label")
        sheet.put(tiles + 1, column, shown("value", metric), f"{of_unit(line.metric.unit)} big left shrink")
        sheet.put(tiles + 2, column, shown("verdict", metric), "faint")
        sheet.put(tiles + 3, column, shown("status", metric), "")
        _shade(sheet, tiles + 3, column, tiles + 3)
    sheet.heights |= {tiles + 1: 30}
    table = tiles + 5
    for column, head in enumerate(HEADS):
        sheet.put(table, column, head, "head right" if column in NUMBERS else "head")
    for row, metric in enumerate(metrics, table + 1):
        line = boards.lines[metric]
        look = of_unit(line.metric.unit)
        sheet.put(row, 0, line.metric.title, "bold")
        sheet.sparklines.append(Sparkline(row=row, column=1, of=data.range("value", metric)))
        for column, name, style in (
            (2, "value", f"{look} bold"),
            (3, "from", f"{look} faint"),
            (4, "to", f"{look} faint"),
            (5, "n", "whole"),
            (6, "before", look),
            (7, "change", "signed"),
            (8, "verdict", "indent"),
            (10, "status", ""),
        ):
            sheet.put(row, column, shown(name, metric), style)
        sheet.put(row, 9, line.target, "label")
        sheet.put(row, 11, Link(kpis[metric], "its sheet") if metric in kpis else Link(DATA, "its data"), "link")
        sheet.heights[row] = 19
    last = table + len(metrics)
    _shade(sheet, table + 1, 10, last)
    for number, metric in enumerate(charts):
        sheet.charts.append(
            _chart(boards.lines[metric], metric, data, last + 2 + CHART_ROWS * (number // 2), number % 2)
        )
    sheet.widths = {0: 44, 1: 14, 2: 13, 3: 11, 4: 11, 5: 9, 6: 11, 7: 12, 8: 29, 9: 17, 10: 16, 11: 9}
    return sheet


def floor(columns: Sequence[Sequence[Value]]) -> float | None:
    """Return where the axis of a line chart begins: 0 where that is near, else a round number below all of it."""
    found = [value for column in columns for value in column if isinstance(value, (int, float))]
    if not found or min(found) <= 0:
        return None
    low, high = min(found), max(found)
    if low < high / 2:
        return 0.0
    step = 10 ** math.floor(math.log10(max(high - low, high / 100)))
    return float(math.floor((low - step / 2) / step) * step)


def _shade(sheet: Sheet, top: int, column: int, bottom: int) -> None:
    cell = address(top, column, fixed=False)
    for word, style in SHADES:
        sheet.conditions.append(
            Condition(top=top, left=column, bottom=bottom, right=column, formula=f'={cell}="{word}"', style=style)
        )


def _drawn(found: Sequence[Value], values: Sequence[Value], *, whole: bool) -> bool:
    """Return whether a series is drawn; a chart takes a blank for 0, so so `whole` asks for one beside each value."""
    there = [one != "" for one, value in zip(found, values, strict=True) if value != ""]
    return (all(there) if whole else any(there)) and bool(there)


def _chart(line: Line, metric: str, data: _Data, row: int, side: int) -> Chart:
    series = [Series(name=line.metric.title, categories=data.periods, values=data.range("value", metric))]
    for names, label, colour in ((("from", "to"), "", FAINT), (("target from", "target to"), "target", GREEN)):
        series += [
            Series(
                name=label or name,
                categories=data.periods,
                values=data.range(name, metric),
                colour=colour,
                dashed=True,
            )
            for name in names
            if _drawn(data.values[name, metric], data.values["value", metric], whole=not label)
        ]
    return Chart(
        kind="line",
        title=line.metric.title,
        unit=line.metric.unit,
        series=series,
        floor=floor([data.values[name, metric] for name in ("value", "from", "target from")]),
        row=row,
        column=(0, 5)[side],
        width=(655, 725)[side],
        height=340,
        described=f"{line.metric.title} by period, with its interval and target where there are any.",
    )
