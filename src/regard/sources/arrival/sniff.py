"""How a file of a stranger is to be read: kind, encoding, delimiter, what stands above the header. Guesses, said aloud.

A mapping says all of this; here it is found out once, so that somebody who arrives need not know it. What is found is
written into the mapping, where a person sees it and can change it: a load never guesses.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import python_calamine

from regard.errors import SourceError
from regard.sources.readers.delimited import DELIMITERS
from regard.sources.readers.lines import document, lined
from regard.sources.readers.parts import BLOCK, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

KINDS: Mapping[str, str] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".dat": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".xlsx": "excel", ".xlsm": "excel", ".xls": "excel", ".ods": "excel",
}  # fmt: skip
"""Ending of a file's name -> kind of reader; `.gz` after it is looked through."""
MARKS: Mapping[bytes, str] = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""First bytes that tell an encoding; that of UTF-8 is read over anyway."""
FALLBACK = "cp1252"
"""What is not UTF-8 was nearly always written by Windows."""
FOREIGN = (
    "; its letters look wrong so: say `encoding` under `read`, such as cp949 (Korean), cp932 (Japanese), gb18030 "
    "(Chinese), cp1251 (Cyrillic) or cp1253 (Greek), or export as UTF-8"
)
BEGINNING = 1 << 20
"""Characters that are looked at."""
ROWS = 200
MOST_ABOVE = 30
"""Rows above a header, at most."""
TYPED = re.compile(
    r"[-+]?[\d.,]*\d[\d.,]*%?\Z|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?\Z|(true|false)\Z", re.IGNORECASE
)
"""A cell that is data and no heading."""
FULL = 0.5
"""Share of cells that must be filled in a header."""


@dataclass(frozen=True, slots=True)
class Sniffed:
    """How to read a file.

    Attributes:
        kind: csv, parquet, jsonl or excel.
        options: options of that kind, as a mapping has them under `read`.
        notes: what was seen and what was made of it, in plain words.
    """

    kind: str
    options: Mapping[str, str | int | bool | tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Head:
    """Where the header stands: lines before it, its names when it cannot be read as it is, and what was seen."""

    skip: int = 0
    names: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)


def sniff(path: Path) -> Sniffed:
    """Look at a file.

    Raises:
        SourceError: it cannot be read, is empty, or is of no known kind.
    """
    suffixes = [one.lower() for one in path.suffixes]
    ending = suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else (suffixes or [""])[-1]
    kind = KINDS.get(ending)
    if kind is None:
        raise SourceError(f"{path.name}: no reader for '{ending or 'no ending'}'; known: {', '.join(KINDS)}")
    if not path.is_file():
        raise SourceError(f"there is no file {path}")
    if kind == "csv":
        return _text(path)
    if kind == "excel":
        return _sheet(path)
    return _document(path) if kind == "jsonl" and ending == ".json" else Sniffed(kind)


def _text(path: Path) -> Sniffed:
    options: dict[str, str | int | bool | tuple[str, ...]] = {}
    notes: list[str] = []
    with told(path.name):
        encoding = _encoding(path)
        text = _beginning(path, encoding)
    if "\x00" in text:
        raise SourceError(f"{path.name} is no text: it holds zero bytes; export it as CSV or .xlsx")
    if not text.strip("\r\n\ufeff ,;\t"):
        raise SourceError(f"{path.name} is empty: not even a header")
    if encoding != "utf-8":
        options["encoding"] = encoding
        notes.append(f"the text is not UTF-8; read as {encoding}{FOREIGN if _foreign(text) else ''}")
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    head = _head([cells for cells, _ in rows], [line for _, line in rows])
    if delimiter != "," or _by_header(text, head.skip) != delimiter:
        options["delimiter"] = delimiter
    if head.skip:
        options["skip"] = head.skip
    if head.names:
        options |= {"header": False, "names": head.names}
    return Sniffed("csv", options, (*notes, *head.notes))


def _document(path: Path) -> Sniffed:
    """Look at a JSON document: one object around a list of objects is taken apart at the longest list."""
    if lined(path):
        return Sniffed("jsonl")
    found = document(path, path.name)
    if len(found) != 1 or not isinstance(found[0], dict):
        return Sniffed("jsonl")
    lists = dict(_lists(found[0], ""))
    best = max(lists, key=lambda name: lists[name], default="")
    if not best:
        return Sniffed("jsonl")
    return Sniffed("jsonl", {"each": best}, (f"one document: a row for each of the {lists[best]:,} in '{best}'",))


def _lists(value: Mapping[str, object], path: str) -> Iterator[tuple[str, int]]:
    """Yield the lists of objects in an object, by their paths, with their lengths."""
    for key, inner in value.items():
        here = f"{path}.{key}" if path else key
        if isinstance(inner, dict):
            yield from _lists(inner, here)
        elif isinstance(inner, list) and inner and all(isinstance(one, dict) for one in inner):
            yield here, len(inner)


def _sheet(path: Path) -> Sniffed:
    with told(path.name):
        book = python_calamine.load_workbook(path.as_posix())
        sheets = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=ROWS) for name in book.sheet_names
        }
    filled = [name for name, rows in sheets.items() if any(cell != "" for row in rows for cell in row)]
    if not filled:
        raise SourceError(f"{path.name} is empty: not even a header")
    options: dict[str, str | int | bool | tuple[str, ...]] = {}
    notes = []
    chosen = next((name for name in filled if _tabular(sheets[name])), filled[0])
    if chosen != book.sheet_names[0]:
        options["sheet"] = chosen
    if len(filled) > 1:
        notes.append(f"other sheets that are not read: {', '.join(name for name in filled if name != chosen)}")
    cells = [[str(cell) for cell in row] for row in sheets[chosen]]
    head = _head(cells, range(1, len(cells) + 1))
    if head.names:  # a sheet cannot be given names: what stands below the header is turned away row by row
        head.notes.append("the first rows below the header are no data: they will be turned away")
    if head.skip:
        options["skip"] = head.skip
    return Sniffed("excel", options, (*notes, *head.notes))


def _tabular(rows: Sequence[Sequence[object]]) -> bool:
    """Whether a sheet holds rows of a table, and is no cover: a header and rows below it, of two cells or more."""
    return sum(sum(cell != "" for cell in row) > 1 for row in rows) > 1


def _encoding(path: Path) -> str:
    with _raw(path) as file:
        decoder = codecs.getincrementaldecoder("utf-8")()
        first = True
        while block := file.read(BLOCK):
            if first and (marked := next((name for mark, name in MARKS.items() if block.startswith(mark)), "")):
                return marked
            if first and (zeros := _zeros(block)):
                return zeros
            first = False
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return FALLBACK
    return "utf-8"


def _foreign(text: str) -> bool:
    """Whether most letters beyond ASCII of a text stand beside others such: no language of the West is written so."""
    beyond = re.findall(r"[^\x00-\x7f]+", text[:4000])
    return sum(len(run) for run in beyond if len(run) > 1) > FULL * sum(len(run) for run in beyond)


def _zeros(block: bytes) -> str:
    """Return the encoding of two bytes a letter that a text without a mark is in, told by where its zeros stand."""
    even, odd = block[0:400:2], block[1:400:2]
    if len(odd) > 1 and odd.count(0) > FULL * len(odd) and 0 not in even:
        return "utf-16-le"
    return "utf-16-be" if len(even) > 1 and even.count(0) > FULL * len(even) and 0 not in odd else ""


def _raw(path: Path) -> io.BufferedIOBase:
    return cast("io.BufferedIOBase", gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb"))


def _beginning(path: Path, encoding: str) -> str:
    with io.TextIOWrapper(
        cast("io.BufferedReader", _raw(path)), encoding=encoding, errors="replace", newline=""
    ) as file:
        return file.read(BEGINNING).removeprefix("\ufeff")


def _delimiter(text: str) -> str:
    """Return the delimiter by which most rows have the same number of cells, more than one; a comma when none does."""
    best, found = (0.0, 0), ","
    for delimiter in DELIMITERS:
        widths = Counter(len(cells) for cells, _ in _rows(text, delimiter) if len(cells) > 1)
        if widths:
            width, count = widths.most_common(1)[0]
            if (count, width) > best:
                best, found = (count, width), delimiter
    return found


def _by_header(text: str, skip: int) -> str:
    """Return the delimiter that a reader would take from the header line alone."""
    lines = text.splitlines()
    line = lines[skip] if skip < len(lines) else ""
    return max(DELIMITERS, key=line.count)


def _rows(text: str, delimiter: str) -> list[tuple[list[str], int]]:
    """Return the first rows with the number of the line on which each ends."""
    csv.field_size_limit(1 << 30)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    found: list[tuple[list[str], int]] = []
    try:
        for cells in reader:
            found.append((cells, reader.line_num))
            if len(found) == ROWS:
                break
    except csv.Error:
        pass  # what is broken is told by the reader that loads it, with its line
    return found


def _head(rows: Sequence[Sequence[str]], ends: Sequence[int]) -> _Head:
    """Find the header: the first row that is as wide as most and mostly filled; what is above it is skipped."""
    head = _Head()
    widths = Counter(_width(row) for row in rows if any(row))
    wide = max((width for width, count in widths.items() if count >= max(2, len(rows) // 4)), default=0)
    wide = wide or max(widths, default=0)
    at = next((i for i, row in enumerate(rows[:MOST_ABOVE]) if len(row) >= wide and _filled(row) >= FULL * wide), 0)
    if _grouped(rows, at):
        head.notes.append("two header lines: the upper one groups the columns of the lower one, which is taken")
        at += 1
    elif at:
        head.notes.append(f"{at} lines above the header are left out")
    below = at + 1
    while below < min(len(rows), at + 3) and _heading(rows, below):
        below += 1
    if below > at + 1:
        head.notes.append(f"{below - at} header lines: the first is taken, the others are left out")
        head.names = tuple(_unlike(rows[at]))
        head.skip = ends[below - 1]
    elif at:
        head.skip = ends[at - 1]
    return head


def _width(row: Sequence[str]) -> int:
    """Return how many cells a row has, blank ones at its end left out."""
    width = len(row)
    while width and not row[width - 1].strip():
        width -= 1
    return width


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _typed(row: Sequence[str]) -> set[int]:
    return {i for i, cell in enumerate(row) if TYPED.match(cell.strip())}


def _grouped(rows: Sequence[Sequence[str]], at: int) -> bool:
    """Whether a row is a merged heading over the real header: gaps or repeats above, distinct full names below."""
    if at + 2 >= len(rows) or _typed(rows[at]) or _typed(rows[at + 1]):
        return False
    upper = [cell.strip() for cell in rows[at]]
    lower = [cell.strip() for cell in rows[at + 1]]
    gaps = len(set(filter(None, upper))) < _width(lower)
    full = _filled(lower) == _width(lower) and len(set(lower[: _width(lower)])) == _width(lower)
    return gaps and full and any(_typed(row) for row in rows[at + 2 : at + 12])


def _heading(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Whether a row below the header is another heading: text where nearly all rows below it have numbers or times."""
    data = [_typed(row) for row in rows[place + 2 : place + 42] if any(row)]
    if len(data) < 2 or not any(rows[place]):  # noqa: PLR2004 - fewer rows show no rule
        return False
    always = {i for i in set.union(*data) if sum(i in row for row in data) >= 0.9 * len(data)}
    said = {i for i in always if i < len(rows[place]) and rows[place][i].strip()}
    return len(said) >= max(1, len(always) // 2) and not said & _typed(rows[place])


def _unlike(names: Sequence[str]) -> list[str]:
    """Return names for a file that is read without its header: blanks and doubles are told apart."""
    seen: Counter[str] = Counter()
    found = []
    for place, name in enumerate(names, 1):
        clean = " ".join(name.split()) or f"column {place}"
        seen[clean.casefold()] += 1
        found.append(clean if seen[clean.casefold()] == 1 else f"{clean} ({seen[clean.casefold()]})")
    return found
