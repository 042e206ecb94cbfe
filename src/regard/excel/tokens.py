"""The text of a formula, taken apart: what it names, moved to another cell, and in one form whoever saved the file.

Excel, LibreOffice and the writer of this product write the same formula in different ways: spaces, case, the prefix of
newer functions, quotes round a sheet, shared formulas. `canonical` gives all of them one text, so that a formula that
somebody changed can be told from one that a program wrote anew. Nothing is calculated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from regard.excel.book import MOST_COLUMNS, MOST_ROWS, letters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TOKEN = re.compile(
    r"""
      (?P<text>"(?:[^"]|"")*")
    | (?P<error>\#(?:REF!|NAME\?|VALUE!|DIV/0!|N/A|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA))
    | (?P<outside>'?\[[^\]'!]+\][^'!(]*'?!)
    | (?P<sheet>'(?:[^']|'')+'!|[^\W\d][\w.]*!)
    | (?P<column>[^\W\d][\w.]*\[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*\])*\])
    | (?P<cell>\$?[A-Za-z]{1,3}\$?[1-9][0-9]{0,6}(?![\w.(!\[]))
    | (?P<columns>\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?![\w.(!\[]))
    | (?P<rows>\$?[1-9][0-9]*:\$?[1-9][0-9]*(?![\w.]))
    | (?P<function>[^\W\d][\w.]*(?=\s*\())
    | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[^\W\d][\w.\\]*)
    | (?P<space>\s+)
    | (?P<sign><>|<=|>=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
CELL = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([0-9]+)")
SPECIAL = re.compile(r"\[#([^\]]+)\]")
INNER = re.compile(r"\[((?:[^\[\]']|'.)*)\]")
CONSTANTS = ("TRUE", "FALSE")
PREFIX = re.compile(r"^(?:_xlfn\.|_xlws\.|com\.sun\.star\.sheet\.addin\.)+", re.IGNORECASE)
CALLED = re.compile(r"\b(TRUE|FALSE)\(\)")
PLACED = ("cell", "columns", "rows", "name")
"""Sorts of pieces that lie on a sheet."""
WRITTEN: Mapping[str, Callable[[str], str]] = {
    "function": lambda text: PREFIX.sub("", text).upper(),
    "cell": lambda text: text.upper().replace("$", ""),
    "columns": lambda text: text.upper().replace("$", ""),
    "rows": lambda text: text.replace("$", ""),
    "number": lambda text: f"{float(text):.15g}",
    "name": lambda text: text.upper() if text.upper() in CONSTANTS else text.lower(),
    "column": str.lower,
}
"""How each sort of piece is written in the one form; the others stay as they are."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a formula.

    Attributes:
        sort: text, error, outside (a sheet of another file), sheet, column (of a table), cell, columns, rows, function,
            number, name, space or sign.
        text: as written.
    """

    sort: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where a table of a file stands.

    Attributes:
        name: the table's name.
        sheet: name of its sheet.
        top, left, bottom, right: its cells with head and totals, from 0.
        columns: names of its columns.
        heads, totals: how many rows of each it has.
        part: part of the package that describes it, "" in a book that is no file yet.
    """

    name: str
    sheet: str
    top: int
    left: int
    bottom: int
    right: int
    columns: tuple[str, ...]
    heads: int = 1
    totals: int = 0
    part: str = ""


def tokens(formula: str) -> Iterator[Token]:
    """Yield the pieces of a formula, which may begin with `=`; every character is in one of them."""
    for found in TOKEN.finditer(formula.removeprefix("=")):
        yield Token(str(found.lastgroup), found[0])


def place(text: str) -> tuple[int, int]:
    """Return (row, column) from 0 of an A1 address.

    Raises:
        ValueError: it is none, or lies outside of any sheet.
    """
    found = CELL.fullmatch(text.strip())
    if not found:
        raise ValueError(text)
    row, column = int(found[4]) - 1, number(found[2])
    if not (0 <= row < MOST_ROWS and column < MOST_COLUMNS):
        raise ValueError(text)
    return row, column


def number(column: str) -> int:
    """Return a column's number from 0: A is 0, AA is 26."""
    found = 0
    for letter in column.upper():
        found = found * 26 + ord(letter) - ord("A") + 1
    return found - 1


def moved(formula: str, down: int, right: int) -> str:
    """Return a formula as it reads when it is filled into another cell: what is not fixed by $ moves along."""
    return "".join(_moved(token, down, right) for token in tokens(formula))


def _moved(token: Token, down: int, right: int) -> str:
    if token.sort == "cell":
        return CELL.sub(lambda found: _shifted(found, down, right), token.text)
    if token.sort == "columns":
        return ":".join(
            part if part.startswith("$") else letters((number(part) + right) % MOST_COLUMNS)
            for part in token.text.split(":")
        )
    if token.sort == "rows":
        return ":".join(
            part if part.startswith("$") else str((int(part) - 1 + down) % MOST_ROWS + 1)
            for part in token.text.split(":")
        )
    return token.text


def _shifted(found: re.Match[str], down: int, right: int) -> str:
    column = found[2] if found[1] else letters((number(found[2]) + right) % MOST_COLUMNS)
    row = found[4] if found[3] else str((int(found[4]) - 1 + down) % MOST_ROWS + 1)
    return f"{found[1]}{column}{found[3]}{row}"


@lru_cache(maxsize=65_536)
def canonical(formula: str, sheet: str) -> str:
    """Return a formula in the one form that all programs' ways of writing it have in common.

    Args:
        formula: as a file has it.
        sheet: name of the sheet that it stands in.
    """
    parts: list[str] = []
    on = ""
    for token in tokens(formula):
        if token.sort == "space":
            continue
        if token.sort == "sheet":
            on = sheet_of(token.text).lower()
            continue
        # Both ends of a range lie on the sheet that is said, or meant, at its begin.
        second = parts[-1:] == [":"] and token.sort == "cell"
        if token.sort in PLACED and not second and (on or token.sort != "name"):
            parts.append(f"{on or sheet.lower()}!")
        parts.append(WRITTEN[token.sort](token.text) if token.sort in WRITTEN else token.text)
        on = ""
    return CALLED.sub(r"\1", "".join(parts))


def resolved(text: str, row: int, tables: Mapping[str, Frame]) -> str:
    """Return the cells that a reference to a table's column means, "" where there is no such table or column.

    Args:
        text: such as `t_x[a]`, `t_x[[#This Row],[a]]`, `t_x[#Headers]`, `t_x[[a]:[b]]`.
        row: row from 0 of the cell that says it.
        tables: by their names in small letters.
    """
    name, _, inside = text.partition("[")
    frame = tables.get(name.lower())
    if frame is None:
        return ""
    inside = inside.removesuffix("]")
    words = {found.lower() for found in SPECIAL.findall(f"[{inside}]")} | ({"this row"} if inside[:1] == "@" else set())
    named = [part for part in INNER.findall(inside) if not part.startswith("#")]
    if not named and inside and not inside.startswith(("#", "[")):
        named = [inside.lstrip("@")]
    known = [column.lower() for column in frame.columns]
    try:
        places = [known.index(re.sub(r"'(.)", r"\1", part).lower()) for part in named]
    except ValueError:
        return ""
    left, right = (frame.left + min(places), frame.left + max(places)) if places else (frame.left, frame.right)
    first, last = frame.top + frame.heads, frame.bottom - frame.totals
    if "this row" in words:
        first = last = row
    elif "all" in words:
        first, last = frame.top, frame.bottom
    elif "headers" in words:
        first, last = frame.top, frame.top if "data" not in words else last
    elif "totals" in words:
        first, last = frame.bottom if "data" not in words else first, frame.bottom
    begin, end = f"{letters(left)}{first + 1}", f"{letters(right)}{last + 1}"
    on = frame.sheet.lower()
    return f"{on}!{begin}" if begin == end else f"{on}!{begin}:{end}"


def sheet_of(text: str) -> str:
    """Return the name of a sheet as it is from how a formula writes it before a reference."""
    name = text.removesuffix("!")
    return name[1:-1].replace("''", "'") if name.startswith("'") else name
