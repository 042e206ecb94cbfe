"""The numbers of the ledger, each as a formula over the sheets before, beside what the engine says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.excel.book import Condition, Formula, Sheet
from regard.excel.sheets.union import GROUP, ticks
from regard.excel.style import of_unit
from regard.excel.worked import Worked

if TYPE_CHECKING:
    from collections.abc import Callable

    from regard.excel.book import Book
    from regard.excel.records import Month
    from regard.excel.sheets.episodes import Episodes
    from regard.excel.sheets.union import Union
    from regard.excel.worked import Row

FIGURES = "Ledger figures"


def figures(union: Union, episodes: Episodes, book: Book) -> Sheet:
    """Return the sheet of the ledger's numbers, and of its minutes by month."""
    lost = union.lost
    sheet = Sheet(
        name=FIGURES,
        title="The ledger in numbers",
        purpose="Every number of interruption as a formula over the rows, beside the engine's.",
        group=GROUP,
    )
    top = sheet.head(back="Cover")
    sheet.line(top, 0, ("figure", "in formulas", "engine", "difference", "unit", "how it is made"), "head")
    at = top + 1
    for key, text, value, how in _lines(union, episodes):
        figure = lost.figures.get(key)
        if figure is None:
            continue
        look = "exact" if figure.unit == "score" else of_unit(figure.unit)
        told = {"lo": figure.lo, "hi": figure.hi}.get(key.rpartition(".")[2], figure.value)
        sheet.put(at, 0, figure.title)
        book.names[f"f_{key.replace('.', '_')}"] = sheet.put(at, 1, Formula(text, value), f"{look} bold")
        sheet.put(at, 2, told, f"{look} stamped")
        if told is not None and value != "":
            sheet.put(at, 3, Formula(f"=ROUND(B{at + 1}-C{at + 1},6)", round(value - told, 6)), "signed")
        sheet.put(at, 4, figure.unit, "label")
        sheet.put(at, 5, how, "label")
        at += 1
    sheet.conditions.append(
        Condition(
            top=top + 1, left=3, bottom=at - 1, right=3, formula=f'=AND(D{top + 2}<>"",D{top + 2}<>0)', style="alarm"
        )
    )
    if lost.months:
        sheet.put(at + 1, 0, "Customer minutes lost by month", "heading")
        _months(lost.months, union, at + 2).add_to(sheet)
    sheet.widths = {0: 44, 1: 17, 2: 15, 3: 13, 4: 18, 5: 62}
    return sheet


def _lines(union: Union, episodes: Episodes) -> list[tuple[str, str, Any, str]]:
    """Return (key, formula, value, how it is made) of each figure."""
    lost, r, b, p = union.lost, union.rows, union.bearers.rows, episodes.people.rows
    e = [row for row in episodes.table.rows if row["first"]]
    served = lost.served
    minutes, index, every = r.total("minutes"), r.total("index"), r.total("minutes with planned")
    sustained = sum(row["size"] for row in e if row["sustained"])
    momentary = sum(row["size"] for row in e if not row["sustained"])
    long = sum(row["sustained minutes"] for row in e)
    full = (
        sum(row["lost at level 1"] for row in r.rows) if max((row["depth"] for row in r.rows), default=0) == 1 else 0.0
    )
    hit = sum(one["size"] for one, row in zip(p, b, strict=True) if row["minutes"])
    critical = sum(row["index"] * row["criticality"] for row in b)
    over = sum(row["size"] for row in p if row["minutes"] / row["size"] >= lost.long)
    hit_long = sum(row["size"] for row in p if row["sustained"])
    count, brief = (f"SUMIFS(t_episode[size],t_episode[sustained],{which})" for which in (1, 0))
    spent = "SUM(t_episode[sustained minutes])"
    loss, people, hurt = "SUM(t_loss[minutes])", "t_people[size]", "(t_customer[minutes]>0)"
    every_hit = f"SUMPRODUCT({hurt}*{people})"
    length = (lost.until - lost.since) / 60_000_000
    return [
        ("minutes", f"={loss}", minutes, "union of the unplanned losses of each customer"),
        ("index", "=SUM(t_loss[index])", index, "each minute by the deepest loss in it"),
        ("index.lo", "=IF(l_depth_1=1,SUM(t_loss[lost at level 1]),0)", full, "mildest policy: only full losses count"),
        ("index.hi", f"={loss}", minutes, "strictest policy: every loss counts in full"),
        ("planned", f"=SUM(t_loss[minutes with planned])-{loss}", every - minutes, "minutes of planned work alone"),
        ("critical", "=SUMPRODUCT(t_customer[index],t_customer[criticality])", critical, "the index by criticality"),
        ("per_customer", *_over(loss, "l_served", minutes, served), "minutes / customers served"),
        ("frequency", *_over(count, "l_served", sustained, served), "sustained interruptions / customers served"),
        ("momentary", *_over(brief, "l_served", momentary, served), "momentary interruptions / customers served"),
        ("duration", *_over(spent, count, long, sustained), "minutes of sustained interruptions / their number"),
        ("sustained_per_customer", *_over(spent, "l_served", long, served), "the same minutes / customers served"),
        ("affected", f"={every_hit}", hit, "customers that lost any"),
        ("affected_share", *_over(f"100*{every_hit}", "l_served", 100 * hit, served), "of those served"),
        (
            "sustained_share",
            *_over(f"100*SUMPRODUCT((t_people[sustained]>0)*{people})", "l_served", 100 * hit_long, served),
            "customers with a sustained interruption, of those served",
        ),
        (
            "long_share",
            *_over(f"100*SUMPRODUCT((t_people[minutes]/{people}>=l_long)*{people})", "l_served", 100 * over, served),
            "customers that lost too many minutes, of those served",
        ),
        (
            "availability",
            *_over(
                f"100*(l_served*l_length-{loss})",
                "(l_served*l_length)",
                100 * (served * length - minutes),
                served * length,
            ),
            "1 - minutes lost / minutes of service",
        ),
    ]


def _over(top: str, bottom: str, above: float, below: float) -> tuple[str, float | str]:
    """Return a quotient as formula and number; blank over nothing."""
    return f'=IFERROR({top}/{bottom},"")', above / below if below else ""


def _months(months: tuple[Month, ...], union: Union, row: int) -> Worked:
    """Return minutes by month: of each row of the union what lies in the month."""
    r, per_day = union.rows.rows, union.per_day
    table = Worked(name="t_month", row=row)
    table.given("month", [month.label for month in months])

    def within(m: list[Row], i: int) -> float:
        left, right = m[i]["from"], m[i]["to"]
        inside = (max(0, min(one["until"], right) - max(one["since"], left)) * one["size"] for one in r)
        return float(sum(inside) / union.minute)

    low = "(t_loss[since]+[from]+ABS(t_loss[since]-[from]))/2"
    high = "(t_loss[until]+[to]-ABS(t_loss[until]-[to]))/2"
    test = "(t_loss[until]>[from])*(t_loss[since]<[to])"
    table.formula(
        "minutes",
        f"=SUMPRODUCT({test}*({high}-{low})*t_loss[size])/{union.minute}",
        _later(within, months, per_day),
        "number",
    )
    table.given("engine", [month.minutes for month in months], "number stamped")
    table.formula(
        "difference", "=ROUND([minutes]-[engine],6)", lambda m, i: round(m[i]["minutes"] - m[i]["engine"], 6), "signed"
    )
    table.given("from", [ticks(month.start, per_day) for month in months], "whole label")
    table.given("to", [ticks(month.end, per_day) for month in months], "whole label")
    return table


def _later(
    twin: Callable[[list[Row], int], float], months: tuple[Month, ...], per_day: int
) -> Callable[[list[Row], int], float]:
    """Return a twin that knows the ends of the months, which stand to its right."""

    def found(m: list[Row], i: int) -> float:
        m[i] |= {"from": ticks(months[i].start, per_day), "to": ticks(months[i].end, per_day)}
        return twin(m, i)

    return found
