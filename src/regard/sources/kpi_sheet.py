"""A KPI sheet as somebody keeps it (Markdown, CSV, Excel): each figure with what is said of it, and the notes beside.

Nothing is interpreted here but the layout: which text is a name, which a value, a target, a trend. What they mean is
for `stewardship.audit`.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import python_calamine

from regard.errors import SourceError
from regard.sources.arrival.sniff import sniff
from regard.sources.readers.parts import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

FIELDS: Mapping[str, re.Pattern[str]] = {
    "name": re.compile(r"name|metric|kpi|indicator|measure", re.IGNORECASE),
    "value": re.compile(r"value|current|actual|result|now|this month", re.IGNORECASE),
    "target": re.compile(r"target|goal|objective|plan", re.IGNORECASE),
    "trend": re.compile(r"trend|change|delta|mom|yoy|vs", re.IGNORECASE),
    "definition": re.compile(r"definition|description|means", re.IGNORECASE),
    "calculation": re.compile(r"calculation|formula|computed", re.IGNORECASE),
    "period": re.compile(r"period|month|as of|date", re.IGNORECASE),
    "unit": re.compile(r"unit", re.IGNORECASE),
}
"""What a heading of a column or a label says its text is, the first that fits."""
HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\Z")
BULLET = re.compile(r"(\s*)[-*+]\s+(.*)\Z")
LABEL = re.compile(r"\*{0,2}([^:*]{1,60})\*{0,2}\s*:\s*\*{0,2}\s*(.*)\Z")
WITHIN = re.compile(r"\((target|goal)\s*:?\s*([^)]*)\)", re.IGNORECASE)
CELLS = 2
"""Columns that a table of figures has at least."""


@dataclass(slots=True)
class Figure:
    """A figure as a sheet states it; all texts as written.

    Attributes:
        name: what it is called.
        section: the heading above it.
        line: where it stands, counted from 1.
        said: value, target, trend, definition, calculation, period, unit -> text.
    """

    name: str
    section: str = ""
    line: int = 0
    said: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Sheet:
    """A KPI sheet.

    Attributes:
        name: of the file.
        figures: what it states, in its order.
        notes: (line, text) of what it says besides.
    """

    name: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)


def read_sheet(path: Path) -> Sheet:
    """Read a KPI sheet.

    Raises:
        SourceError: the file cannot be read, or states no figure.
    """
    sheet = Sheet(path.name)
    if path.suffix.lower() in (".md", ".markdown", ".txt"):
        with told(path.name):
            _markdown(path.read_text(encoding="utf-8-sig").splitlines(), sheet)
    else:
        _rows(_table(path), sheet)
    if not sheet.figures:
        raise SourceError(f"{path.name} states no figure: a name with a value or a target is needed")
    return sheet


def _table(path: Path) -> list[list[str]]:
    seen = sniff(path)
    skip = int(cast("int", seen.options.get("skip", 0)))
    with told(path.name):
        if seen.kind == "excel":
            book = python_calamine.load_workbook(path.as_posix())
            name = str(seen.options.get("sheet", book.sheet_names[0]))
            cells: Iterable[Sequence[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            return [[_text(cell) for cell in row] for row in list(cells)[skip:]]
        encoding = str(seen.options.get("encoding", "utf-8"))
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
            return list(csv.reader(file, delimiter=str(seen.options.get("delimiter", ","))))[skip:]


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _rows(rows: Sequence[Sequence[str]], sheet: Sheet, first: int = 1) -> None:
    """Read a table of figures: the first row says which column is what."""
    if not rows:
        return
    kinds = [_kind(cell) for cell in rows[0]]
    if "name" not in kinds:
        kinds[0] = "name"
    for line, row in enumerate(rows[1:], first + 1):
        said = {kind: cell.strip() for kind, cell in zip(kinds, row, strict=False) if kind and cell.strip()}
        name = said.pop("name", "")
        if name and (said.get("value") or said.get("target")):
            sheet.figures.append(Figure(name, "", line, said))
        elif name:
            sheet.notes.append((line, " ".join([name, *said.values()])))


def _kind(heading: str) -> str:
    return next((kind for kind, looks in FIELDS.items() if looks.search(heading)), "")


def _markdown(lines: Sequence[str], sheet: Sheet) -> None:
    section, open_figure, at = "", None, 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.lstrip().startswith("|"):
            block = [line, *_while(lines[at:])]
            cells = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in block]
            table = [row for row in cells if not all(set(cell) <= set("-: ") for cell in row)]
            if table and len(table[0]) >= CELLS:
                _rows(table, sheet, at)
            at += len(block) - 1
        elif heading := HEADING.match(line):
            open_figure = Figure(heading[2], section, at)
            section = heading[2] if len(heading[1]) < 3 else section  # noqa: PLR2004 - deeper ones name figures
            sheet.figures.append(open_figure)
        elif bullet := BULLET.match(line):
            open_figure = _bullet(bullet, open_figure, section, at, sheet)
        elif line.strip():
            sheet.notes.append((at, line.strip()))
    sheet.figures = [one for one in sheet.figures if one.said.get("value") or one.said.get("target")]


def _while(lines: Sequence[str]) -> list[str]:
    found = []
    for line in lines:
        if not line.lstrip().startswith("|"):
            break
        found.append(line)
    return found


def _bullet(bullet: re.Match[str], figure: Figure | None, section: str, line: int, sheet: Sheet) -> Figure | None:
    """Read a bullet: what is said of the figure above, a figure of its own, or a note."""
    labelled = LABEL.match(bullet[2])
    if labelled is None:
        sheet.notes.append((line, bullet[2]))
        return figure
    label, text = labelled[1].strip(), labelled[2].strip()
    exact = next((kind for kind, looks in FIELDS.items() if kind != "name" and looks.fullmatch(label)), "")
    if exact and figure is not None:
        figure.said.setdefault(exact, text)
        return figure
    inside = WITHIN.search(text)
    if inside or re.match(r"[$€£]?[+-]?\d", text):
        said = {"value": WITHIN.sub("", text).strip()} | ({"target": inside[2].strip()} if inside else {})
        sheet.figures.append(Figure(label, section, line, said))
        return figure
    sheet.notes.append((line, f"{label}: {text}"))
    opened = Figure(label, section, line, {"definition": text})
    sheet.figures.append(opened)
    return opened
