"""New numbers into a workbook that somebody has made their own: only what the product wrote is written again.

A fresh workbook says what every cell of the product holds now. Those cells are changed in the file's own parts, in
place, with their looks left as they are; whatever a person added (sheets, charts, notes, looks) stays, and a part in
which nothing of the product changes keeps its bytes. Nothing is loaded into a program and saved again: that loses what
the program does not know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from xml.sax.saxutils import escape

from regard.errors import WorkbookError
from regard.excel.book import letters
from regard.excel.package import WORKBOOK
from regard.excel.read import Contents, Failure, Found, Kept, read, where
from regard.excel.seal import SHEET, broken, unsealed
from regard.excel.tokens import canonical, place, tokens
from regard.excel.verify import same, value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from regard.excel.seal import Seal
    from regard.excel.tokens import Frame

At: TypeAlias = tuple[int, int]
PREFIX = rb"(?P<prefix>(?:[A-Za-z][\w.-]*:)?)"
DATA = re.compile(rb"<" + PREFIX + rb"sheetData\b[^>]*?(?:/>|>(?P<inside>.*?)</(?P=prefix)sheetData>)", re.DOTALL)
ROW = re.compile(rb"<" + PREFIX + rb"row\b(?P<said>[^>]*?)(?:/>|>(?P<inside>.*?)</(?P=prefix)row>)", re.DOTALL)
CELL = re.compile(rb"<" + PREFIX + rb"c\b(?P<said>[^>]*?)(?:/>|>(?P<inside>.*?)</(?P=prefix)c>)", re.DOTALL)
FORMULA = re.compile(rb"<" + PREFIX + rb"f\b(?P<said>[^>]*?)(?:/>|>.*?</(?P=prefix)f>)", re.DOTALL)
ATTRIBUTE = re.compile(rb"""([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')""")
DIMENSION = re.compile(rb"<(?:[\w.-]+:)?dimension\b[^>]*?(?:/>|>\s*</(?:[\w.-]+:)?dimension>)")
REF = re.compile(rb"""(<(?:[\w.-]+:)?(?:table|autoFilter)\b[^>]*?\sref=)(["'])[^"']*\2""")
CHAIN = "xl/calcChain.xml"
MOST_TOLD = 8
"""Edited inputs that a refusal names."""
RELATIONS = "xl/_rels/workbook.xml.rels"
TYPES = "[Content_Types].xml"
ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")


def refresh(path: Path, fresh: Path, out: Path) -> int:
    """Write a workbook with the numbers of a fresh one.

    Args:
        path: the workbook that somebody has made their own.
        fresh: one that the product has just written, with the same options.
        out: where to write; may be `path`.

    Returns:
        How many cells hold something else than before.

    Raises:
        WorkbookError: something of the product was changed in it (each cell is named), the fresh one is laid out
            otherwise, or what a person wrote stands where new rows belong.
    """
    old, new = read(path), read(fresh)
    seal, coming = unsealed(old), unsealed(new)
    if wrong := broken(old, seal):
        said = "".join(f"\n  {one.place}: {one.what}" for one in wrong[:5])
        raise WorkbookError(
            f"{path.name} was changed in {len(wrong):,} places that a refresh would write over; take the changes back, "
            f"or move them to a sheet of your own:{said}"
        )
    _same_layout(old, new, seal, coming)
    changed: dict[str, bytes | None] = {}
    count = 0
    for name in (*coming.digests, SHEET):
        part = old.pages[name].part
        data = old.package.read(part)
        sheet = _Sheet(old=old, new=new, name=name, seal=seal)
        text = sheet.rewritten(data)
        if text != data:
            changed[part] = text
            count += sheet.count if name != SHEET else 0
    for frame in new.tables.values():
        was = old.tables[frame.name.lower()]
        if _ref(was) != _ref(frame):
            there = rf"\g<1>\g<2>{_ref(frame)}\g<2>".encode()
            changed[was.part] = REF.sub(there, old.package.read(was.part))
    changed |= _names(old, new, coming)
    changed |= _without_chain(old)
    old.package.rewritten(out, changed)
    return count


def revalued(path: Path, calculated: Contents, out: Path) -> None:
    """Write a workbook whose formulas say what was calculated for them; nothing else changes.

    Args:
        path: the workbook.
        calculated: the same, calculated anew.
        out: where to write; may be `path`.
    """
    old = read(path)
    changed: dict[str, bytes | None] = {}
    for name, page in old.pages.items():

        def one(at: At, found: re.Match[bytes], name: str = name) -> bytes | None:
            cell = old.pages[name].cells.get(at)
            if cell is None or not cell.formula:
                return None
            return _changed(found, at, _formula(found, cell), value_at(calculated, name, at))

        data = old.package.read(page.part)
        changed[page.part] = _each(data, one)
    old.package.rewritten(out, changed)


def edited(contents: Contents) -> bool:
    """Return whether an input of a workbook is not as the engine used it."""
    return any(
        not same(one.baseline, value_at(contents, one.sheet, (one.row, one.column)))
        for one in unsealed(contents).inputs
    )


def _same_layout(old: Contents, new: Contents, seal: Seal, coming: Seal) -> None:
    """Refuse a workbook whose sheets, tables or formulas are others than those of the fresh one."""
    name = old.package.path.name
    again = _again(old, seal)
    if gone := [
        sheet for sheet in (*seal.digests, *coming.digests) if sheet not in old.pages or sheet not in new.pages
    ]:
        raise WorkbookError(f"{name} is laid out otherwise than today's workbook (sheet '{gone[0]}'): {again}")
    for frame in new.tables.values():
        was = old.tables.get(frame.name.lower())
        if was is None or (was.sheet, was.top, was.left, was.columns) != (
            frame.sheet,
            frame.top,
            frame.left,
            frame.columns,
        ):
            more = _gained(old, new, frame.sheet)
            raise WorkbookError(
                f"{name} is laid out otherwise than today's workbook (table {frame.name}{more}): {again}"
            )
    for page, at, cell in new.formulas():
        was_cell = old.pages[page.name].cells.get(at)
        if was_cell is None or not was_cell.formula:
            if not any(_holds(frame, page.name, at) for frame in new.tables.values()):
                more = _gained(old, new, page.name)
                raise WorkbookError(
                    f"{name} has no formula in {where(page.name, at)}, today's workbook has{more}: {again}"
                )
        elif _shape(was_cell.formula, page.name) != _shape(cell.formula, page.name):
            raise WorkbookError(
                f"{name} is calculated otherwise than today's workbook ({where(page.name, at)}: ={was_cell.formula}, "
                f"now ={cell.formula}{_gained(old, new, page.name)}): {again}"
            )


def _again(old: Contents, seal: Seal) -> str:
    """Return how to go on where the layouts differ, and what somebody typed that would be lost."""
    typed = [
        (
            one.label or one.subject,
            value_at(old, one.sheet, (one.row, one.column)),
            where(one.sheet, (one.row, one.column)),
        )
        for one in seal.inputs
        if one.kind != "view" and not same(one.baseline, value_at(old, one.sheet, (one.row, one.column)))
    ]
    text = "make a new workbook (`regard workbook NEW.xlsx`), and move sheets of your own there"
    if not typed:
        return text
    said = "".join(f"\n  {label}: {value} (here {place})" for label, value, place in typed[:MOST_TOLD])
    more = f"\n  and {len(typed) - MOST_TOLD} more, that `regard workbook diff` lists" if len(typed) > MOST_TOLD else ""
    return f"{text}; type again what you changed, or hand it in first with `regard workbook propose`:{said}{more}"


def _gained(old: Contents, new: Contents, sheet: str) -> str:
    """Return which texts stand on a sheet of today's workbook alone, such as a kind of loss that nobody had before."""
    was, now = (
        dict.fromkeys(
            str(cell.value)
            for cell in (contents.pages[sheet].cells.values() if sheet in contents.pages else ())
            if not cell.formula and isinstance(cell.value, str)
        )
        for contents in (old, new)
    )
    more = [f"'{text}'" for text in now if text not in was]
    return f"; new there: {', '.join(more[:3])}" if more else ""


def _shape(formula: str, sheet: str) -> str:
    """Return a formula without the numbers of its rows, which grow with the data."""
    return "".join(
        re.sub(r"\d+", "", token.text) if token.sort in ("cell", "rows") else token.text
        for token in tokens(canonical(formula, sheet))
    )


def _holds(frame: Frame, sheet: str, at: At) -> bool:
    return frame.sheet == sheet and frame.top <= at[0] <= frame.bottom and frame.left <= at[1] <= frame.right


def _ref(frame: Frame) -> str:
    return f"{letters(frame.left)}{frame.top + 1}:{letters(frame.right)}{frame.bottom + 1}"


@dataclass(slots=True, kw_only=True)
class _Sheet:
    """Writes the cells of one sheet that are the product's."""

    old: Contents
    new: Contents
    name: str
    seal: Seal
    count: int = 0

    def rewritten(self, data: bytes) -> bytes:
        """Return the part with the product's cells as they are now."""
        page, fresh = self.old.pages[self.name], self.new.pages[self.name]
        own = {(one.row, one.column) for one in self.seal.inputs if one.sheet == self.name}
        ours = set(self.seal.digests.get(self.name, {})) if self.name != SHEET else set(page.cells)
        wanted = {at: cell for at, cell in fresh.cells.items() if at not in own}
        for at in wanted:
            if at in page.cells and at not in ours:
                raise WorkbookError(
                    f"{where(self.name, at)} of {self.old.package.path.name} is yours, and new rows belong there: "
                    "move it"
                )
        styles = self._styles(data)

        def one(at: At, found: re.Match[bytes]) -> bytes | None:
            cell, was = wanted.pop(at, None), page.cells.get(at)
            if at in own or (at not in ours and at in page.cells) or (cell is None and was is None):
                return None
            if cell is None:  # a row that is no more
                self.count += 1
                return _changed(found, at, b"", None)
            if was is not None and _alike(was, cell, self.name):
                return None
            self.count += 1
            same_text = was is not None and canonical(was.formula, self.name) == canonical(cell.formula, self.name)
            formula = _formula(found, was) if was and was.formula and same_text else _written(found["prefix"], cell)
            return _changed(found, at, formula, cell.value)

        text = _each(data, one)
        if wanted:
            self.count += len(wanted)
            text = added(text, {at: (cell, self._style(at, styles)) for at, cell in wanted.items()})
        return text

    def _styles(self, data: bytes) -> dict[At, bytes]:
        """Return the look of every cell that has one."""
        found: dict[At, bytes] = {}
        for cell in CELL.finditer(data):
            attributes = _attributes(cell["said"])
            if b"s" in attributes and b"r" in attributes:
                found[place(attributes[b"r"].decode())] = attributes[b"s"]
        return found

    def _style(self, at: At, styles: Mapping[At, bytes]) -> bytes:
        """Return the look of a new cell: that of the last row of its table before."""
        frame = next(
            (one for one in self.old.tables.values() if one.sheet == self.name and one.left <= at[1] <= one.right), None
        )
        if frame is not None and at[0] > frame.bottom:
            return styles.get((frame.bottom, at[1]), b"")
        return styles.get(at, b"")


def _alike(was: Found, now: Found, sheet: str) -> bool:
    return canonical(was.formula, sheet) == canonical(now.formula, sheet) and _exactly(was.value, now.value)


def _exactly(one: Kept, other: Kept) -> bool:
    return ("" if one is None else one) == ("" if other is None else other) and isinstance(one, bool) == isinstance(
        other, bool
    )


# -- XML ---------------------------------------------------------------------------------------------------------------

Change: TypeAlias = "Callable[[At, re.Match[bytes]], bytes | None]"
"""What becomes of a cell, by its place and its element: other bytes, or None for the same."""


def _each(data: bytes, change: Change) -> bytes:
    """Return a sheet's part with each cell as `change` says."""

    def one(found: re.Match[bytes]) -> bytes:
        at = _attributes(found["said"]).get(b"r", b"").decode()
        if not at:
            raise WorkbookError(
                "the file leaves out the addresses of its cells: save it in a spreadsheet program first"
            )
        said = change(place(at), found)
        return found[0] if said is None else said

    return DATA.sub(lambda found: CELL.sub(one, found[0]), data, count=1)


def added(data: bytes, cells: Mapping[At, tuple[Found, bytes]]) -> bytes:
    """Return a sheet's part with new cells, each with its look (the number of a style, or nothing)."""
    found = DATA.search(data)
    if found is None:
        raise WorkbookError("the file is damaged: a sheet has no place for cells")
    prefix = found["prefix"]
    rows: dict[int, dict[int, bytes]] = {}
    for at, (cell, look) in cells.items():
        style = b' s="%s"' % look if look else b""
        rows.setdefault(at[0], {})[at[1]] = _element(prefix, at, style, _written(prefix, cell), cell.value)
    parts: list[bytes] = []
    waiting = sorted(rows, reverse=True)
    last = 0
    inside = found["inside"] or b""
    for row in ROW.finditer(inside):
        number = int(_attributes(row["said"])[b"r"]) - 1
        parts.append(inside[last : row.start()])
        while waiting and waiting[-1] < number:
            parts.append(_row(prefix, waiting[-1], b"", rows[waiting.pop()]))
        if waiting and waiting[-1] == number:
            there = {
                place(_attributes(cell["said"])[b"r"].decode())[1]: cell[0]
                for cell in CELL.finditer(row["inside"] or b"")
            }
            parts.append(_row(prefix, number, row["said"], {**there, **rows[waiting.pop()]}))
        else:
            parts.append(row[0])
        last = row.end()
    parts.append(inside[last:])
    parts += [_row(prefix, number, b"", rows[number]) for number in reversed(waiting)]
    body = b"<%ssheetData>%s</%ssheetData>" % (prefix, b"".join(parts), prefix)
    # How far the cells reach need not be said, and would now be said wrongly.
    return DIMENSION.sub(b"", data[: found.start()]) + body + data[found.end() :]


def _row(prefix: bytes, number: int, said: bytes, cells: Mapping[int, bytes]) -> bytes:
    attributes = {b"r": str(number + 1).encode()} | {
        name: value for name, value in _attributes(said).items() if name != b"spans"
    }
    text = b"".join(b' %s="%s"' % pair for pair in attributes.items())
    body = b"".join(cells[column] for column in sorted(cells))
    return b"<%srow%s>%s</%srow>" % (prefix, text, body, prefix)


def _attributes(text: bytes) -> dict[bytes, bytes]:
    return {name: value[1:-1] for name, value in ATTRIBUTE.findall(text)}


def _changed(found: re.Match[bytes], at: At, formula: bytes, value: Kept) -> bytes:
    """Return a cell's element with another value; it keeps its look."""
    attributes = _attributes(found["said"])
    kept = b"".join(b' %s="%s"' % (name, text) for name, text in attributes.items() if name not in (b"r", b"t"))
    return _element(found["prefix"], at, kept, formula, value)


def _element(prefix: bytes, at: At, attributes: bytes, formula: bytes, value: Kept) -> bytes:
    sort, body = _value(prefix, value, calculated=bool(formula))
    kind = b' t="%s"' % sort if sort else b""
    address = f"{letters(at[1])}{at[0] + 1}".encode()
    return b'<%sc r="%s"%s%s>%s%s</%sc>' % (prefix, address, attributes, kind, formula, body, prefix)


def _value(prefix: bytes, value: Kept, *, calculated: bool) -> tuple[bytes, bytes]:
    """Return type and element of a value; texts stand in the cell, so that no shared list changes."""
    if value is None and not calculated:
        return b"", b""
    if isinstance(value, bool):
        return b"b", b"<%sv>%d</%sv>" % (prefix, value, prefix)
    if isinstance(value, float):
        return b"", b"<%sv>%s</%sv>" % (prefix, repr(value).removesuffix(".0").encode(), prefix)
    text = escape(ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", value or "")).encode()
    if isinstance(value, Failure):
        return b"e", b"<%sv>%s</%sv>" % (prefix, text, prefix)
    if calculated:
        return b"str", b"<%sv>%s</%sv>" % (prefix, text, prefix)
    return b"inlineStr", b'<%sis><%st xml:space="preserve">%s</%st></%sis>' % (prefix, prefix, text, prefix, prefix)


def _formula(found: re.Match[bytes], cell: Found) -> bytes:
    """Return the formula of a cell as it stands; one that was shared with others is written out."""
    there = FORMULA.search(found["inside"] or b"")
    shared = there is not None and _attributes(there["said"]).get(b"t") == b"shared"
    return _written(found["prefix"], cell) if there is None or shared else there[0]


def _written(prefix: bytes, cell: Found) -> bytes:
    if not cell.formula:
        return b""
    kind = f' t="array" ref="{cell.array}"'.encode() if cell.array else b""
    return b"<%sf%s>%s</%sf>" % (prefix, kind, escape(cell.formula).encode(), prefix)


def _names(old: Contents, new: Contents, coming: Seal) -> dict[str, bytes | None]:
    """Return the part with names, where one of the product's stands for something else now."""
    data = text = old.package.read(WORKBOOK)
    for name in coming.names:
        was, now = old.names.get(name, ""), new.names.get(name, "")
        if was and canonical(was, "") != canonical(now, ""):
            one = re.compile(
                rb"(<(?:[\w.-]+:)?definedName\b[^>]*?\sname=[\"']%s[\"'][^>]*>)[^<]*" % re.escape(name.encode())
            )
            text = one.sub(rb"\g<1>" + escape(now).encode().replace(b"\\", b"\\\\"), text)
    return {WORKBOOK: text} if text != data else {}


def _without_chain(old: Contents) -> dict[str, bytes | None]:
    """Return the parts that go when the order of calculation goes: programs find it anew, and refuse a wrong one."""
    if CHAIN not in old.package.parts:
        return {}
    drop = {RELATIONS: rb"<Relationship\b[^>]*calcChain[^>]*/>", TYPES: rb"<Override\b[^>]*calcChain[^>]*/>"}
    return {CHAIN: None, **{part: re.sub(what, b"", old.package.read(part)) for part, what in drop.items()}}
