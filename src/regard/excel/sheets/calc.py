"""The calculations: one sheet for each family, one block for each metric, one row for each period.

Sums are looked up in the cubes under the slicers; value, n, target and status are arithmetic beside them. Each sum is
looked up once in the book and referred to from wherever it is needed again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.catalog.boards import family as known_as
from regard.excel.book import Condition, Formula, Range, Sheet, address
from regard.excel.formula import cell as said, number
from regard.excel.sheets import cubes, engine, policies, slicers
from regard.excel.sheets.intervals import SHARES, Said, adjusted_wald, close, wilson
from regard.excel.style import of_unit
from regard.expr import Name, show
from regard.plan.margins import MOST_CUTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from regard.excel.book import Book, Value
    from regard.excel.material import Material
    from regard.excel.sheets.intervals import Ends
    from regard.model import Target
    from regard.plan import AnswerCell
    from regard.plan.cube import Lowered

HEADS = (
    "period", "value", "n", "from", "to", "before", "change", "target from", "target to", "status", "engine",
    "difference", "why blank", "low", "high", "worth of n", "t",
)  # fmt: skip
PERIOD, VALUE, N, LO, HI, BEFORE, CHANGE, FROM, TO, STATUS, ENGINE, DIFFERENCE, WHY, LOW, HIGH, WORTH, T = range(
    len(HEADS)
)
SUMS = len(HEADS)
"""Columns of a block."""
KEYS = {
    "value": VALUE, "n": N, "lo": LO, "hi": HI, "before": BEFORE, "change": CHANGE, "target lo": FROM,
    "target hi": TO, "status": STATUS, "engine": ENGINE, "difference": DIFFERENCE,
}  # fmt: skip
INTERVALS = {
    "all": "interval: formula, follows slices and changes",
    "whole": "interval: formula, of the whole as defined",
    "": "interval: the engine's",
}
"""How far the interval of a metric is alive -> what is said of it."""
ALIVE = ("proportion", "net_share")
"""Methods of intervals that cells can do."""
FAR = "1E+300"
LONGEST_NOTE = 400
HOW_TO_READ = (
    "Left of each block the arithmetic, right of it the sums, looked up in the cubes. 'engine' is what the engine says "
    "of the whole; 'difference' compares while nothing is sliced or changed, and must be 0."
)


def sheet_of(family: str) -> str:
    """Return the name of the calculation sheet of a family."""
    return f"Calc {known_as(family).title.lower()}"


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the calculation sheets, and say where each metric stands."""
    calc = _Calc(material, book)
    return [calc.sheet(family) for family in material.families]


def alive(material: Material, one: Lowered) -> str:
    """Return how far the interval of a metric is a formula: of all slices and changes, of the whole, or not ("").

    Where people repeat among the rows, how much an answer is worth depends on who is in the slice, which sums do not
    tell; where each counts once, the sums tell everything.
    """
    if one.why or one.metric.interval.method not in ALIVE or not one.of:
        return ""
    estimates = [cell.estimate for cell in engine.whole_cells(material, one.metric.id).values()]
    return "whole" if any(found.df is not None for found in estimates if found.lo is not None) else "all"


@dataclass
class _Calc:
    material: Material
    book: Book
    sums: dict[tuple[str, str], list[tuple[str, float]]] = field(default_factory=dict)
    """(sum, moment) -> address and value, by period."""

    def sheet(self, family: str) -> Sheet:
        sheet = Sheet(
            name=sheet_of(family),
            title=f"{known_as(family).title}: how each number is made",
            purpose=f"{known_as(family).title} by period, under the slicers, with the sums that it is made of.",
            group="Calculation",
            widths={PERIOD: 14, STATUS: 17, WHY: 48, DIFFERENCE: 12},
            freeze=(4, 1),
            printed=WHY,
        )
        row = sheet.head(back="Cover")
        sheet.put(row, 0, HOW_TO_READ, "label")
        row += 2
        for metric in self.material.metrics:
            if metric.family == family:
                row = self.block(sheet, self.material.lowered[metric.id], row)
        return sheet

    def block(self, sheet: Sheet, one: Lowered, row: int) -> int:
        """Write the block of a metric and return the row after it."""
        metric = one.metric
        sheet.put(row, 0, metric.title, "heading")
        kind = policies.STAMPED if one.why else policies.LIVE
        sheet.put(row, WHY, f"{kind}: {one.why}" if one.why else kind, "label")
        sheet.put(row + 1, 0, metric.question or metric.id, "label")
        formula_text = metric.id if one.why else f"{metric.id} = {show(metric.value)}"
        sheet.put(row + 2, 0, metric.words or formula_text, "label small", formula_text[:LONGEST_NOTE])
        sheet.put(row, TO, INTERVALS[alive(self.material, one)], "label")
        self._switches(sheet, one, row)
        sheet.line(row + 3, 0, HEADS, "head")
        first = row + 4
        places = [] if one.why else self._sums(sheet, one, row + 3, first)
        cells = engine.whole_cells(self.material, metric.id)
        for i, stretch in enumerate(self.material.stretches):
            sheet.put(first + i, PERIOD, stretch.period.start, "month" if self.material.grain == "month" else "day")
            _Row(self, sheet, one, row, first, i, cells.get(stretch.period.label)).write(places)
        last = first + max(1, len(self.material.stretches)) - 1
        for key, column in KEYS.items():
            self.book.places[key, metric.id] = Range(sheet.name, first, column, last, column)
        self.book.places["block", metric.id] = Range(sheet.name, row, 0, row, 0)
        cell = address(first, DIFFERENCE, fixed=False)
        sheet.conditions.append(
            Condition(
                top=first, left=DIFFERENCE, bottom=last, right=DIFFERENCE,
                formula=f'=AND({cell}<>"",{cell}<>0)',
                style="alarm",
            )
        )  # fmt: skip
        return last + 2

    def _switches(self, sheet: Sheet, one: Lowered, row: int) -> None:
        """Write how many slicers of its own are set, how many that it lacks, and whether an assumption differs."""
        base = [dim for dim in self.material.slicers if dim in one.dims]
        lacking = [dim for dim in self.material.base_slicers if dim not in one.dims]
        chosen = "+".join(f"(1-{slicers.whole(dim)})" for dim in base) or "0"
        lacked = "+".join(f"(1-{slicers.whole(dim)})" for dim in lacking) or "0"
        touched = policies.touched(self.material, one.metric.id)
        same = ",".join(f"{name}={number(value)}" for name, value in touched)
        sheet.put(row + 1, STATUS, "slicers set", "label right")
        sheet.put(row + 1, ENGINE, Formula(f"={chosen}", 0), "label general")
        sheet.put(row + 1, DIFFERENCE, "changed", "label right")
        sheet.put(row + 1, WHY, Formula(f"=IF(AND({same}),0,1)" if touched else "=0", 0), "label general")
        sheet.put(row + 2, STATUS, "cannot be cut so", "label right")
        sheet.put(row + 2, ENGINE, Formula(f"={lacked}", 0), "label general")
        if one.why:
            offsets = engine.offsets(self.material)
            place = "+".join(f"(1-{slicers.whole(d)})*({offsets[d]}+number_{d})" for d in base) or "0"
            chosen_at, lacked_at = address(row + 1, ENGINE), address(row + 2, ENGINE)
            sheet.put(row + 2, DIFFERENCE, "slice", "label right")
            text = f"=IF({chosen_at}+2*{lacked_at}=0,1,IF({chosen_at}+2*{lacked_at}=1,1+{place},0))"
            sheet.put(row + 2, WHY, Formula(text, 1), "label general")

    # -- sums --------------------------------------------------------------------------------------------------------

    def _sums(self, sheet: Sheet, one: Lowered, head: int, first: int) -> list[dict[str, tuple[str, float]]]:
        """Write the sums of a metric; return, by period, name -> address and value (1 where scales differ)."""
        found: list[dict[str, tuple[str, float]]] = [{} for _ in self.material.stretches]
        at = SUMS
        for name in one.sums:
            variety = name in self.material.sums.varieties
            moments = ("sum", "sum 1", "sum 2") if variety else ("sum",)
            columns = []
            for moment in moments:
                columns.append(self._column(sheet, name, moment, head, first, at))
                at += 1
            if not variety:
                for i, place in enumerate(columns[0]):
                    found[i][name] = place
                continue
            sheet.put(head, at, "scales differ", "head")
            for i, (n, s, q) in enumerate(zip(*columns, strict=True)):
                mixed = float(n[1] * q[1] - s[1] * s[1] > 0)
                text = f"=IF({n[0]}*{q[0]}-{s[0]}*{s[0]}>0,1,0)"
                found[i][name] = (sheet.put(first + i, at, Formula(text, mixed), "label general"), mixed)
            at += 1
        return found

    def _column(self, sheet: Sheet, name: str, moment: str, head: int, first: int, at: int) -> list[tuple[str, float]]:
        base = self.material.sums.parts[name].base
        sheet.put(head, at, cubes.described(base)[:160] if moment == "sum" else moment, "head small")
        sheet.heights[head] = 40
        known = self.sums.get((name, moment))
        if known is not None:
            for i, (place, value) in enumerate(known):
                sheet.put(first + i, at, Formula(f"={place}", value), "label general")
            return known
        values = cubes.totals(self.material, self.book, name, moment)
        made = []
        for i, value in enumerate(values):
            text = cubes.lookup(self.material, self.book, name, moment, address(first + i, PERIOD, fixed=False))
            made.append((sheet.put(first + i, at, Formula(text, value), "general"), value))
        self.sums[name, moment] = made
        return made


@dataclass
class _Row:
    """One period of one metric."""

    calc: _Calc
    sheet: Sheet
    one: Lowered
    row: int
    first: int
    i: int
    cell: AnswerCell | None

    def at(self, column: int, row: int | None = None) -> str:
        return address(self.first + self.i if row is None else row, column, fixed=row is not None)

    def put(self, column: int, text: str, value: Value, style: str) -> None:
        self.sheet.put(self.first + self.i, column, Formula(text, value), style)

    def write(self, places: list[dict[str, tuple[str, float]]]) -> None:
        material, metric = self.calc.material, self.one.metric
        look = of_unit(metric.unit)
        estimate = self.cell.estimate if self.cell else None
        value = estimate.value if estimate else None
        n = estimate.n if estimate else None
        if self.one.why:
            self._stamped(value, n, look)
        else:
            self._live(places[self.i], value, n, look)
        chosen, lacked, changed = (
            self.at(ENGINE, self.row + 1),
            self.at(ENGINE, self.row + 2),
            self.at(WHY, self.row + 1),
        )
        plain = f"{chosen}+{lacked}+{changed}=0"
        self._interval(plain, places[self.i] if places else {}, look)
        stamp = self._engine("value")
        self.put(ENGINE, f'=IF({stamp}="","",{stamp})', "" if value is None else value, f"label {look}")
        v, k = self.at(VALUE), self.at(ENGINE)
        self.put(
            DIFFERENCE,
            f"=IF({plain},IF(AND(ISNUMBER({v}),ISNUMBER({k})),IF(ABS({v}-{k})<=1E-9*MAX(1,ABS({k})),0,{v}-{k}),"
            f'IF({v}={k},0,"differs")),"")',
            0,
            "label scientific",
        )
        self._before(value, look)
        self._target(material.targets.index(self.cell.target) if self.cell and self.cell.target else None, plain, look)

    def _interval(self, plain: str, places: dict[str, tuple[str, float]], look: str) -> None:
        """Write both ends: as formulas of the sums where those give what the engine says, else as it says them."""
        found = self.cell.estimate if self.cell else None
        told = (None, None) if found is None else (found.lo, found.hi)
        made = self._ends(places)
        if made is None or not all(close(twin, end) for (_, twin), end in zip(made, told, strict=True)):
            for column, key, end in zip((LO, HI), ("lo", "hi"), told, strict=True):
                stamp = self._engine(key)
                text = f'=IF(AND({plain},{stamp}<>""),{stamp},"")'
                self.put(column, text, "" if end is None else end, f"stamped {look}")
            return
        v = self.at(VALUE)
        shown = f"ISNUMBER({v})" + ("" if alive(self.calc.material, self.one) == "all" else f",{plain}")
        for column, (text, twin) in zip((LO, HI), made, strict=True):
            self.put(column, f'=IF(AND({shown}),IFERROR({text},""),"")', twin, look)

    def _ends(self, places: dict[str, tuple[str, float]]) -> Ends | None:
        """Return both ends as formulas, or None where the method's arithmetic is not that of a share."""
        found, of = self.cell.estimate if self.cell else None, self.one.of
        if not alive(self.calc.material, self.one) or found is None or not all(isinstance(one, Name) for one in of):
            return None
        local = f"'{self.sheet.name}'!"
        leaves = [Said(p.removeprefix(local), x) for p, x in (places[one.name] for one in of if isinstance(one, Name))]
        n = leaves[-1]
        if found.value is None or found.n_eff is None or not n.number:
            return None
        worth = found.n_eff / n.number
        t = (
            self.calc.material.quantiles.get(self.one.metric.id, {}).get(self.cell.period.label, 0.0)
            if self.cell
            else 0
        )
        self.sheet.put(self.first + self.i, WORTH, worth, "exact stamped")
        self.sheet.put(self.first + self.i, T, t, "exact stamped")
        v, size = Said(self.at(VALUE), found.value), Said(f"({n.text}*{self.at(WORTH)})", found.n_eff)
        quant = Said(self.at(T), t)
        if self.one.metric.interval.method == "proportion":
            return wilson(v, size, quant, 100.0 if self.one.metric.unit in SHARES else 1.0)
        up, down, every = leaves
        return adjusted_wald(v, (up, down, every), size, quant)

    def _engine(self, key: str) -> str:
        place = self.calc.book.places[f"engine {key}", self.one.metric.id]
        return address(place.top + self.i, place.left, sheet=place.sheet)

    def _live(self, places: dict[str, tuple[str, float]], value: float | None, n: float | None, look: str) -> None:
        material, one = self.calc.material, self.one
        minutes = self.calc.book.places["periods", "minutes"]
        names = {name: place for name, (place, _) in places.items()}
        local = f"'{self.sheet.name}'!"
        names = {name: place.removeprefix(local) for name, place in names.items()}
        names["length"] = address(minutes.top + self.i, minutes.left, sheet=minutes.sheet)
        lacked = self.at(ENGINE, self.row + 2)
        mixed = "+".join(names[name] for name in one.same)
        why = '""'
        people = f"IFERROR({said(one.n, names)},0)" if one.n is not None else ""
        if material.privacy_min and people and self._personal():
            chosen = self.at(ENGINE, self.row + 1)
            low = f"AND({chosen}>0,{people}<{number(material.privacy_min)})"
            why = f'IF({low},"none or too few people",{why})'
        if beside := cubes.withheld(material, self.calc.book, one.sums, self.at(PERIOD)):
            why = f'IF({beside}>0,"beside too few people",{why})'
        if mixed:
            why = f'IF({mixed}>0,"scales differ",{why})'
        if len(one.dims) > MOST_CUTS:
            why = f'IF({self.at(ENGINE, self.row + 1)}>{MOST_CUTS},"{MOST_CUTS} slices at a time",{why})'
        flags = self.cell.estimate.flags if self.cell else ()
        self.put(WHY, f'=IF({lacked}>0,"cannot be cut so",{why})', "scales differ" if "mixed" in flags else "", "label")
        blank = self.at(WHY)
        text = f'=IF({blank}<>"","",IFERROR({said(one.value, names)},""))'
        self.put(VALUE, text, "" if value is None else value, f"bold {look}")
        if one.n is None:
            return
        shown = f'OR({blank}="",{blank}="scales differ")'
        self.put(N, f'=IF({shown},IFERROR({said(one.n, names)},""),"")', "" if n is None else n, "whole")

    def _personal(self) -> bool:
        tables = self.calc.material.tables
        return any(tables[rows.table].party for rows in self.one.metric.rows.values())

    def _stamped(self, value: float | None, n: float | None, look: str) -> None:
        slice_ = self.at(WHY, self.row + 2)
        for column, key, own, style in (
            (VALUE, "slices", value, f"stamped {look}"),
            (N, "slices n", n, "stamped whole"),
        ):
            place = self.calc.book.places[key, self.one.metric.id]
            row = Range(place.sheet, place.top + self.i, place.left, place.top + self.i, place.right)
            found = f"INDEX({row},{slice_})"
            text = f'=IF({slice_}=0,"",IF({found}="","",{found}))'
            self.put(column, text, "" if own is None else own, style)
        self.put(WHY, f'=IF({slice_}=0,"one slice at a time","")', "", "label")

    def _before(self, value: float | None, look: str) -> None:
        """Write the period before and the change; a running period is not compared with a whole one."""
        material = self.calc.material
        if not self.i or material.stretches[self.i].running:
            return
        above = address(self.first + self.i - 1, VALUE, fixed=False)
        cells = engine.whole_cells(material, self.one.metric.id)
        earlier = cells.get(material.stretches[self.i - 1].period.label)
        before = earlier.estimate.value if earlier else None
        self.put(BEFORE, f"={above}", "" if before is None else before, f"label {look}")
        v, b = self.at(VALUE), self.at(BEFORE)
        change = "" if value is None or before is None else value - before
        self.put(CHANGE, f'=IF(AND(ISNUMBER({v}),ISNUMBER({b})),{v}-{b},"")', change, "signed")

    def _target(self, index: int | None, plain: str, look: str) -> None:
        """Write the target and whether it is met, which a target of the whole says of the whole alone."""
        del plain
        if index is None or self.cell is None or self.cell.target is None:
            return
        target = self.cell.target
        for column, side in ((FROM, "lo"), (TO, "hi")):
            place = str(self.calc.book.places[f"target {side}", str(index)])
            end = getattr(target, side)
            self.put(column, f'=IF({place}="","",{place})', "" if end is None else end, f"label {look}")
        v, lo, hi = self.at(VALUE), self.at(LO), self.at(HI)
        self.put(LOW, f"=IF(ISNUMBER({lo}),{lo},IF(ISNUMBER({hi}),-{FAR},{v}))", self._low(), "label general")
        self.put(HIGH, f"=IF(ISNUMBER({hi}),{hi},IF(ISNUMBER({lo}),{FAR},{v}))", self._high(), "label general")
        low, high = self.at(LOW), self.at(HIGH)
        cut = f"{self.at(ENGINE, self.row + 1)}+{self.at(ENGINE, self.row + 2)}>0"
        above, below = self._above(target), self._below(target)
        inside = f"AND({above(low)},{below(low)},{above(high)},{below(high)})"
        outside = f"OR(NOT({above(high)}),NOT({below(low)}))"
        text = f'=IF(OR({v}="",{cut}),"",IF({inside},"met",IF({outside},"missed","too close to call")))'
        self.put(STATUS, text, self.cell.status or "", "")

    def _low(self) -> Value:
        found = self.cell.estimate if self.cell else None
        if found is None or found.value is None:
            return ""
        return found.lo if found.lo is not None else -1e300 if found.hi is not None else found.value

    def _high(self) -> Value:
        found = self.cell.estimate if self.cell else None
        if found is None or found.value is None:
            return ""
        return found.hi if found.hi is not None else 1e300 if found.lo is not None else found.value

    def _above(self, target: Target) -> Callable[[str], str]:
        end, sign = self.at(FROM), (">=", "-") if target.lo_incl else (">", "+")
        return lambda x: f"IF(ISNUMBER({end}),{x}{sign[0]}{end}{sign[1]}1E-9*MAX(1,ABS({end})),TRUE)"

    def _below(self, target: Target) -> Callable[[str], str]:
        end, sign = self.at(TO), ("<=", "+") if target.hi_incl else ("<", "-")
        return lambda x: f"IF(ISNUMBER({end}),{x}{sign[0]}{end}{sign[1]}1E-9*MAX(1,ABS({end})),TRUE)"
