"""A small workbook as the product makes it: assumptions, a table with a live column, figures over it, and its seal."""

from __future__ import annotations

from pathlib import Path

from regard.excel import Book, Column, Formula, Input, Sheet, Table, write
from regard.excel.seal import seal

MONTHS = ("2026-01", "2026-01", "2026-02", "2026-02", "2026-02")
SCORES = (9, 6, 10, 3, 8)
UP = "=IF({this}[score]>=p_from,1,0)"


def small(scores=SCORES, months=MONTHS, since=9.0):
    """Return the book: how many of the scores are high, in all and by month."""
    up = [int(score >= since) for score in scores]
    assumptions = Sheet(name="Assumptions")
    assumptions.line(0, 0, ["assumption", "value"])
    assumptions.line(1, 0, ["high from", since])
    assumptions.line(2, 0, ["weight of a part", 0.5])
    assumptions.line(3, 0, ["target, at least", 50.0])
    assumptions.line(4, 0, ["channel", "All"])
    assumptions.put(6, 0, Formula('="of "&COUNT(t_x[score])&" answers"', f"of {len(scores)} answers"))
    data = Sheet(name="The data")
    data.tables.append(
        Table(
            name="t_x",
            columns=[
                Column(name="month", values=list(months)),
                Column(name="score", values=list(scores)),
                Column(name="up", values=up, formula=UP),
                Column(
                    name="so far",
                    values=[sum(up[: i + 1]) for i in range(len(up))],
                    formula="=D{above}+{this}[up]",
                    first="={this}[up]",
                ),
                Column(name="said", values=["=cmd|'/c calc'!A1", "Ünï\ncode", None, "x", "+1"]),
            ],
        )
    )
    figures = Sheet(name="Figures")
    figures.line(0, 0, ["month", "high", "share"])
    for row, month in enumerate(sorted(set(months)), 1):
        high = sum(u for u, m in zip(up, months, strict=True) if m == month)
        n = months.count(month)
        figures.put(row, 0, month)
        figures.put(row, 1, Formula(f"=SUMIFS(t_x[up],t_x[month],A{row + 1})", high))
        figures.put(row, 2, Formula(f'=IFERROR(100*B{row + 1}/COUNTIFS(t_x[month],A{row + 1}),"")', 100 * high / n))
    figures.put(8, 0, "met")
    share = 100 * sum(up) / len(up)
    figures.put(8, 1, Formula('=IF(100*SUM(t_x[up])/COUNT(t_x[score])>=p_target,"met","missed")', _status(share)))
    place = {"sheet": "Assumptions", "column": 1}
    return Book(
        title="Small",
        sheets=[assumptions, data, figures],
        names={"p_from": "'Assumptions'!$B$2", "p_weight": "'Assumptions'!$B$3", "p_target": "'Assumptions'!$B$4"},
        inputs=[
            Input(
                **place,
                row=1,
                kind="parameter",
                subject="high",
                key="from",
                baseline=since,
                lo=0,
                hi=10,
                label="high from",
            ),
            Input(
                **place,
                row=2,
                kind="policy",
                subject="part",
                key="half",
                baseline=0.5,
                lo=0,
                hi=1,
                label="weight of a part",
            ),
            Input(**place, row=3, kind="target", subject="high", key="lo", baseline=50.0, label="target, at least"),
            Input(
                **place,
                row=4,
                kind="view",
                subject="channel",
                baseline="All",
                options=("All", "phone"),
                label="channel",
            ),
        ],
    )


def _status(share):
    return "met" if share >= 50 else "missed"


def written(folder, name="small.xlsx", **differs):
    """Write the book with its seal, and return its path."""
    path = Path(folder) / name
    book = small(**differs)
    book.sheets.append(seal(book))
    write(book, path)
    return path
