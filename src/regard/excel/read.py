"""What a workbook holds, whoever saved it last: cells with their formulas, tables, names, links.

Only reads; values are what the file keeps, never calculated. Guards against hostile files are in `package`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from regard.errors import WorkbookError, did_you_mean
from regard.excel.book import address
from regard.excel.package import LIMITS, WORKBOOK, Package, local
from regard.excel.tokens import Frame, moved, place, resolved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from regard.excel.package import Limits, Relation

Kept: TypeAlias = "float | str | bool | Failure | None"
"""What a cell shows as its file keeps it; a date is a number of days."""
SHEET_KINDS = ("worksheet", "chartsheet", "dialogsheet")
ONES = ("1", "true", "on")


class Failure(str):
    """An error that a formula gives, such as `#DIV/0!`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A cell of a file.

    Attributes:
        value: what it shows.
        formula: without `=`; "" where none stands in it.
        array: the cells of an array formula, in its first cell; "" elsewhere.
    """

    value: Kept
    formula: str = ""
    array: str = ""


@dataclass(slots=True, kw_only=True)
class Page:
    """A sheet of a file.

    Attributes:
        name: as its tab says.
        part: name of the part that holds it.
        state: visible, hidden or veryHidden.
        cells: (row, column) from 0 -> cell; empty ones are left out.
    """

    name: str
    part: str
    state: str = "visible"
    cells: dict[tuple[int, int], Found] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Contents:
    """Everything of a workbook that matters to what it says.

    Attributes:
        package: the file.
        pages: sheets by name, in the order of their tabs.
        names: defined name -> what it stands for; a name of one sheet is written `Sheet!name`.
        tables: by their names in small letters.
        outside: addresses that it reads from.
    """

    package: Package
    pages: dict[str, Page] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Frame] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)

    def page(self, name: str) -> Page:
        """Return a sheet.

        Raises:
            WorkbookError: there is none of that name.
        """
        found = next((page for known, page in self.pages.items() if known.lower() == name.lower()), None)
        if found is None:
            hint = did_you_mean(name, self.pages)
            raise WorkbookError(f"{self.package.path.name} has no sheet '{name}'; {hint}".rstrip("; "))
        return found

    def formulas(self) -> Iterator[tuple[Page, tuple[int, int], Found]]:
        """Yield every cell that has a formula."""
        for page in self.pages.values():
            for at, cell in page.cells.items():
                if cell.formula:
                    yield page, at, cell


def read(path: Path, limits: Limits = LIMITS) -> Contents:
    """Read a workbook.

    Raises:
        WorkbookError: it is damaged, hostile, too large or no workbook; the text says which.
    """
    package = Package(path, limits)
    contents = Contents(package=package)
    relations = package.relations(WORKBOOK)
    ids = _outline(contents)
    texts = _texts(package, relations)
    left = limits.cells
    for page, relation in ids:
        target = relations.get(relation)
        if target is None or target.kind not in SHEET_KINDS:
            raise WorkbookError(f"{path.name} is damaged: its sheet '{page.name}' has no part")
        page.part = target.target
        contents.pages[page.name] = page
        if target.kind == "worksheet":
            _Cells(package, page, texts, left).read()
            left -= len(page.cells)
            _tables(contents, page)
    contents.outside = [
        one.target
        for relation in relations.values()
        if relation.kind == "externalLink"
        for one in package.relations(relation.target).values()
    ]
    return contents


def _outline(contents: Contents) -> list[tuple[Page, str]]:
    """Read names of sheets and of cells; return the sheets with the ids of their parts."""
    sheets: list[tuple[Page, str]] = []
    named: list[tuple[str, str, list[str]]] = []
    inside: list[str] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        inside.append(local(tag))
        if inside[-1] == "sheet":
            relation = next((value for name, value in attributes.items() if local(name) == "id" and ":" in name), "")
            state = attributes.get("state", "visible")
            sheets.append((Page(name=attributes.get("name", ""), part="", state=state), relation))
        elif inside[-1] == "definedName":
            named.append((attributes.get("name", ""), attributes.get("localSheetId", ""), []))

    def end(tag: str) -> None:
        del tag
        inside.pop()

    def text(said: str) -> None:
        if inside and inside[-1] == "definedName":
            named[-1][2].append(said)

    contents.package.parse(WORKBOOK, start=start, end=end, text=text)
    for name, owner, parts in named:
        known = owner.isdecimal() and int(owner) < len(sheets)
        contents.names[f"{sheets[int(owner)][0].name}!{name}" if known else name] = "".join(parts)
    return sheets


def _texts(package: Package, relations: Mapping[str, Relation]) -> list[str]:
    """Return the shared texts; of a text with several looks its letters, without how Japanese is read aloud."""
    part = next((one.target for one in relations.values() if one.kind == "sharedStrings"), "")
    found: list[str] = []
    if not part:
        return found
    inside: list[str] = []

    def start(tag: str, _attributes: Mapping[str, str]) -> None:
        inside.append(local(tag))
        if inside[-1] == "si":
            found.append("")

    def end(tag: str) -> None:
        del tag
        inside.pop()

    def text(said: str) -> None:
        if inside[-1] == "t" and "si" in inside and "rPh" not in inside:
            found[-1] += said

    package.parse(part, start=start, end=end, text=text)
    return [unescaped(one) for one in found]


@dataclass(slots=True)
class _Cells:
    """Reads the cells of one sheet."""

    package: Package
    page: Page
    texts: list[str]
    most: int
    inside: list[str] = field(default_factory=list)
    at: tuple[int, int] = (0, -1)
    sort: str = "n"
    shown: list[str] = field(default_factory=list)
    formula: list[str] = field(default_factory=list)
    shape: Mapping[str, str] = field(default_factory=dict)
    shared: dict[str, tuple[tuple[int, int], str]] = field(default_factory=dict)

    def read(self) -> None:
        """Read them all."""
        self.package.parse(self.page.part, start=self.start, end=self.end, text=self.text)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin an element."""
        name = local(tag)
        self.inside.append(name)
        if name == "row":
            self.at = (self._whole(attributes.get("r"), self.at[0] + 2) - 1, -1)
        elif name == "c":
            self.at = self._place(attributes["r"]) if "r" in attributes else (self.at[0], self.at[1] + 1)
            self.sort = attributes.get("t", "n")
            self.shown, self.formula, self.shape = [], [], {}
        elif name == "f":
            self.shape = {"there": "yes", **attributes}

    def text(self, said: str) -> None:
        """Take text."""
        here = self.inside[-1]
        if here == "f":
            self.formula.append(said)
        elif (here == "v" and "c" in self.inside) or (here == "t" and "is" in self.inside and "rPh" not in self.inside):
            self.shown.append(said)

    def end(self, tag: str) -> None:
        """End an element."""
        self.inside.pop()
        if local(tag) != "c":
            return
        cell = Found(self._value(), self._formula(), self.shape.get("ref", "") if self._is("array") else "")
        if (cell.value is None or cell.value == "") and not cell.formula:
            return  # a text of no letters is an empty cell: some programs keep it, some do not
        self.page.cells[self.at] = cell
        if len(self.page.cells) > self.most:
            raise WorkbookError(f"{self.package.path.name} has more cells than are read")

    def _is(self, kind: str) -> bool:
        return self.shape.get("t") == kind

    def _formula(self) -> str:
        text = "".join(self.formula)
        if not self._is("shared"):
            return text
        key = self.shape.get("si", "")
        if text:
            self.shared[key] = (self.at, text)
            return text
        if key not in self.shared:
            raise WorkbookError(self._damaged("shares a formula that stands nowhere"))
        (row, column), first = self.shared[key]
        return moved(first, self.at[0] - row, self.at[1] - column)

    def _value(self) -> Kept:
        text = "".join(self.shown)
        try:
            return self._typed(text)
        except (ValueError, IndexError):
            raise WorkbookError(
                self._damaged(f"holds '{text[:40]}', which is no value of type '{self.sort}'")
            ) from None

    def _typed(self, text: str) -> Kept:
        if self.sort in ("str", "inlineStr"):
            return unescaped(text) if text or self.shape or self.sort == "inlineStr" else None
        if not text:
            return None
        if self.sort == "s":
            return self.texts[int(text)]
        if self.sort == "b":
            return text.strip().lower() in ONES
        if self.sort == "e":
            return Failure(text)
        return text if self.sort == "d" else float(text)

    def _place(self, text: str) -> tuple[int, int]:
        try:
            return place(text)
        except ValueError:
            raise WorkbookError(self._damaged(f"is followed by a cell called '{text[:20]}'")) from None

    def _whole(self, text: str | None, default: int) -> int:
        if text is None:
            return default
        if not text.isdecimal():
            raise WorkbookError(self._damaged(f"is followed by a row called '{text[:20]}'"))
        return int(text)

    def _damaged(self, what: str) -> str:
        return f"{self.package.path.name} is damaged: {where(self.page.name, self.at)} {what}"


def _tables(contents: Contents, page: Page) -> None:
    """Read the tables of a sheet."""
    for relation in contents.package.relations(page.part).values():
        if relation.kind != "table":
            continue
        frame: dict[str, str] = {}
        columns: list[str] = []

        def start(
            tag: str, attributes: Mapping[str, str], frame: dict[str, str] = frame, columns: list[str] = columns
        ) -> None:
            if local(tag) == "table":
                frame.update(attributes)
            elif local(tag) == "tableColumn":
                columns.append(unescaped(attributes.get("name", "")))

        contents.package.parse(relation.target, start=start)
        name = frame.get("displayName") or frame.get("name", "")
        first, _, last = frame.get("ref", "").partition(":")
        try:
            (top, left), (bottom, right) = place(first), place(last or first)
            heads, totals = int(frame.get("headerRowCount", "1")), int(frame.get("totalsRowCount", "0"))
        except ValueError:
            raise WorkbookError(
                f"{contents.package.path.name} is damaged: table '{name}' stands at '{frame.get('ref', '')}'"
            ) from None
        contents.tables[name.lower()] = Frame(
            name=name,
            sheet=page.name,
            top=top,
            left=left,
            bottom=bottom,
            right=right,
            columns=tuple(columns),
            heads=heads,
            totals=totals,
            part=relation.target,
        )


def where(sheet: str, at: tuple[int, int]) -> str:
    """Return how people name a cell: `Sheet!C5`."""
    plain = sheet.replace("_", "").isalnum() and not sheet[:1].isdigit()
    name = sheet if plain else "'" + sheet.replace("'", "''") + "'"
    return f"{name}!{address(*at, fixed=False)}"


def cells_of(text: str, contents: Contents) -> tuple[Page, list[tuple[int, int]]]:
    """Return the cells that a person names: `Sheet!C5`, `Sheet!C5:D9`, a defined name, or `table[column]`.

    Raises:
        WorkbookError: there is no such place, saying what is near.
    """
    said = text.strip().removeprefix("=")
    if "[" in said:
        said = _as_there(resolved(said, 0, contents.tables), contents)
    elif "!" not in said:
        known = {name.lower(): means for name, means in contents.names.items()}
        said = known.get(said.lower(), "")
    sheet, _, cells = said.rpartition("!")
    if not sheet:
        hint = did_you_mean(text, (*contents.names, *(frame.name for frame in contents.tables.values())))
        raise WorkbookError(
            f"'{text}' names no cells: write Sheet!C5, a defined name or table[column]; {hint}".rstrip("; ")
        )
    page = contents.page(sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet)
    first, _, last = cells.replace("$", "").partition(":")
    try:
        (top, left), (bottom, right) = place(first), place(last or first)
    except ValueError:
        raise WorkbookError(f"'{text}' names no cells: '{cells}' is no address such as C5 or C5:D9") from None
    rows, columns = sorted((top, bottom)), sorted((left, right))
    return page, [(r, c) for r in range(rows[0], rows[1] + 1) for c in range(columns[0], columns[1] + 1)]


def _as_there(cells: str, contents: Contents) -> str:
    """Return cells with their sheet's name written as its tab has it."""
    sheet, _, local_ = cells.rpartition("!")
    known = next((name for name in contents.pages if name.lower() == sheet), "")
    return f"{known}!{local_}" if known else ""


def unescaped(text: str) -> str:
    """Return a text with characters that XML cannot hold, which files write as `_x000D_`."""
    if "_x" not in text:
        return text
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)
