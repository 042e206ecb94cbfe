"""Tables of answers, neutral: columns, rows, alignment and tone. A terminal and a page each draw them their own way."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from regard.present import numbers, words
from regard.present.sparkline import sparkline, spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from regard.plan import Answer, AnswerCell

PERIODS = 12
"""Periods that a trend shows."""

STATUS, REAL = "status", "is it real?"
"""Heads of the columns whose words the marks beside target and change say too."""

LIKE = "The change of a period that is not over is against the same part of the one before."
RUNNING = frozenset({"partial"})
"""Flags of a period that is not over: it is no headline while a complete one is there."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A text of a table.

    Attributes:
        text: what is shown.
        tone: how it may be coloured (`words.GOOD`, ...); never the only bearer of what it says.
        spoken: text alternative where the text is a picture, or "".
    """

    text: str
    tone: str = words.PLAIN
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        title: its head.
        right: whether its texts stand at the right, as numbers do.
        weight: the smaller, the sooner it is left out where there is no room; 0 is never left out.
        wrap: whether its texts may go on in the next line.
    """

    title: str
    right: bool = False
    weight: int = 0
    wrap: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        title: above it, or "".
        columns: its columns.
        rows: each with one cell a column.
        notes: sentences below it.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


def of_answer(answer: Answer, *, titles: Mapping[str, str] | None = None) -> Table:
    """Return all cells of an answer, one a row, without the columns in which nothing would stand.

    Args:
        answer: the answer.
        titles: dimension -> how people call it.
    """
    titles = titles or {}
    unit, currency = answer.metric.unit, answer.currency
    columns = [Column("period"), *(Column(titles.get(name, name)) for name in answer.by)]
    columns += [Column("value", right=True), Column("95 % interval", right=True, weight=6), Column("n", right=True)]
    columns += [Column("coverage", right=True, weight=3), Column("target", weight=7), Column(STATUS, weight=4)]
    columns += [
        Column("change", right=True, weight=5),
        Column(REAL, weight=5),
        Column("remarks", weight=2, wrap=True),
    ]
    rows = [
        (
            Cell(cell.period.label),
            *(_part(cell.dims, name) for name in answer.by),
            *_figures(cell, unit, currency),
            *_target(cell, unit, currency),
            *_change(cell, unit, currency),
            Cell(words.remarks(cell.estimate), words.FAINT),
        )
        for cell in answer.cells
    ]
    running = [cell for cell in answer.cells if RUNNING & set(cell.estimate.flags) and cell.verdict is not None]
    notes = (*answer.notes, *([LIKE] if running else []))
    return without_empty(Table(_title(answer), tuple(columns), tuple(rows), notes))


def scorecard(answers: Sequence[Answer], *, periods: int = PERIODS) -> Table:
    """Return one row for each metric and group: the latest complete period, with its trend (R111).

    Args:
        answers: each with enough periods for its trend.
        periods: how many the trend shows.
    """
    columns = (
        Column("metric", wrap=True),
        Column("now", right=True),
        Column("95 % interval", right=True, weight=4),
        Column("target", weight=7),
        Column(STATUS, weight=1),
        Column("change", right=True, weight=6),
        Column(REAL, weight=2),
        Column(f"last {periods}", weight=5),
        Column("n", right=True, weight=3),
    )
    rows = [_score(answer, series, periods) for answer in answers for series in groups(answer).values() if series]
    said = sorted(
        {series[headline(series)].period.label for answer in answers for series in groups(answer).values() if series}
    )
    notes = [f"{', '.join(said)}; {words.LEGEND}"] if said else []
    notes += list(dict.fromkeys(note for answer in answers for note in answer.notes))
    return without_empty(Table("", columns, tuple(rows), tuple(notes)))


def groups(answer: Answer) -> dict[tuple[tuple[str, str | None], ...], list[AnswerCell]]:
    """Return the cells of an answer by group, each group's in order of time."""
    found: dict[tuple[tuple[str, str | None], ...], list[AnswerCell]] = {}
    for cell in answer.cells:
        found.setdefault(tuple(cell.dims.items()), []).append(cell)
    return {dims: sorted(cells, key=lambda cell: cell.period.start_us) for dims, cells in found.items()}


def latest(answer: Answer) -> list[AnswerCell]:
    """Return for each group the cell of the last period that is over; of the running one where no other is there."""
    return [cells[headline(cells)] for cells in groups(answer).values() if cells]


def without_empty(table: Table) -> Table:
    """Leave out columns that may be left out and in which nothing stands in any row."""
    bare = ("", numbers.MISSING)
    keep = [
        i
        for i, column in enumerate(table.columns)
        if not column.weight or any(row[i].text not in bare for row in table.rows)
    ]
    return pick(table, keep)


def fit(table: Table, width: int, *, between: int = 2, wrapped: int = 24) -> Table:
    """Leave out the least weighty columns until a table fits into a width; marks without their words get a legend.

    Args:
        table: the table.
        width: characters of a line.
        between: characters between two columns.
        wrapped: the least that a column which may wrap needs.
    """
    keep = list(range(len(table.columns)))

    def needed() -> int:
        return sum(_width(table, i, wrapped) for i in keep) + between * (len(keep) - 1)

    while needed() > width:
        spare = [i for i in keep if table.columns[i].weight]
        if not spare:
            break
        keep.remove(min(spare, key=lambda i: table.columns[i].weight))
    fitting = pick(table, keep)
    heads = {column.title for column in table.columns} - {column.title for column in fitting.columns}
    told = any(words.LEGEND in note for note in table.notes)
    return fitting if told or not heads & {STATUS, REAL} else replace(fitting, notes=(*fitting.notes, words.LEGEND))


def pick(table: Table, keep: Iterable[int]) -> Table:
    """Return a table with some of its columns."""
    chosen = list(keep)
    return Table(
        table.title,
        tuple(table.columns[i] for i in chosen),
        tuple(tuple(row[i] for i in chosen) for row in table.rows),
        table.notes,
    )


def columns_wide(text: str) -> int:
    """Return how many columns of a terminal a text takes: signs of East Asia take two, combining ones none."""
    wide = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
    return wide - sum(1 for sign in text if unicodedata.combining(sign))


def _width(table: Table, column: int, wrapped: int) -> int:
    texts = [table.columns[column].title, *(row[column].text for row in table.rows)]
    widest = max(columns_wide(text) for text in texts)
    return min(widest, wrapped) if table.columns[column].wrap else widest


def _title(answer: Answer) -> str:
    filtered = f", where {answer.filters}" if answer.filters else ""
    return f"{answer.metric.title} ({answer.metric.id}, version {answer.metric.version}){filtered}"


def _part(dims: Mapping[str, str | None], name: str) -> Cell:
    if name not in dims:
        return Cell("all", words.FAINT)
    part = dims[name]
    return Cell("(blank)", words.FAINT) if part is None else Cell(part)


def _figures(cell: AnswerCell, unit: str, currency: str) -> tuple[Cell, Cell, Cell, Cell]:
    found = cell.estimate
    tone = words.FAINT if "few" in found.flags or found.value is None else words.PLAIN
    return (
        Cell(
            numbers.value(found.value, unit, lo=found.lo, hi=found.hi, currency=currency),
            tone,
            words.why_missing(found),
        ),
        Cell(numbers.interval(found.lo, found.hi, unit, number=found.value, currency=currency), tone),
        Cell(numbers.count(found.n)),
        Cell(numbers.share(found.coverage)),
    )


def _target(cell: AnswerCell, unit: str, currency: str) -> tuple[Cell, Cell]:
    said = words.target(cell.target, unit, currency)
    if cell.status is None:
        return Cell(said), Cell("")
    mark = words.status(cell.status)
    return Cell(f"{mark.sign} {said}", mark.tone), Cell(cell.status, mark.tone)


def _change(cell: AnswerCell, unit: str, currency: str) -> tuple[Cell, Cell]:
    found = cell.verdict
    if found is None:
        return Cell(""), Cell("")
    mark = words.arrow(found)
    size = numbers.change(found.change, unit, lo=found.lo, hi=found.hi, currency=currency)
    return Cell(size if size == numbers.MISSING else f"{mark.sign} {size}", mark.tone), Cell(found.word)


def headline(cells: Sequence[AnswerCell]) -> int:
    """Return the place of the last period that is over among the cells of a group; of the last where none is over."""
    over = [i for i, cell in enumerate(cells) if not RUNNING & set(cell.estimate.flags)]
    return over[-1] if over else len(cells) - 1


def _score(answer: Answer, cells: Sequence[AnswerCell], periods: int) -> tuple[Cell, ...]:
    unit, currency = answer.metric.unit, answer.currency
    at = headline(cells)
    now = cells[at]
    trend = cells[max(0, at + 1 - periods) : at + 1]
    values = [cell.estimate.value for cell in trend]
    alternative = spoken([cell.period.label for cell in trend], values, unit, currency)
    of = words.group(now.dims) if len(now.dims) > 1 else "".join(part or "(blank)" for part in now.dims.values())
    value, interval, n, _ = _figures(now, unit, currency)
    return (
        Cell(f"{answer.metric.title}: {of}" if of else answer.metric.title),
        value,
        interval,
        *_target(now, unit, currency),
        *_change(now, unit, currency),
        Cell(sparkline(values), spoken=alternative),
        n,
    )
