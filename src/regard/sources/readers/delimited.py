"""Delimited text: every cell stays the text that it is, so that the mapping alone decides what it means."""

from __future__ import annotations

import csv
import gzip
import io
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pyarrow as pa
import pyarrow.compute as pc

from regard.errors import SourceError
from regard.sources.readers.parts import BLOCK, bracketed, counted, distinct, fingerprint, framed, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from regard.sources.readers.parts import Room

DELIMITERS = ",;\t|"
LONGEST_LINE = 64 << 20
"""Bytes of a row; a longer one is a quote that was never closed."""
HEADER = 4 << 20
UTF8 = ("utf-8", "utf8", "utf-8-sig", "ascii")


@dataclass(frozen=True, slots=True)
class Delimited:
    """One CSV file."""

    name: str
    digest: str
    columns: Mapping[str, str]
    rows: int | None
    path: Path
    room: Room
    delimiter: str
    quote: str
    encoding: str
    skip: int
    header: bool
    folded: bool
    mixed: bool
    lasting: bool = True

    @classmethod
    def open(cls, path: Path, name: str, options: Mapping[str, object], room: Room) -> Delimited:
        """Look at a file: its hash, its header, its delimiter."""
        seen = fingerprint(path)
        encoding = str(options.get("encoding", "utf-8")).lower()
        quote = str(options.get("quote", '"'))
        skip = int(cast("int", options.get("skip", 0)))
        header = bool(options.get("header", True))
        given = cast("tuple[str, ...]", options.get("names", ()))
        with told(name):
            text = _beginning(path, encoding, skip)
        if not text.strip("\r\n\ufeff "):
            raise SourceError(f"{name} is empty: not even a header" if header else f"{name} is empty")
        delimiter = str(options.get("delimiter", "")).replace("\\t", "\t") or _delimiter(text, quote)
        try:
            first = next(csv.reader(io.StringIO(text), delimiter=delimiter, quotechar=quote, strict=True))
        except (csv.Error, StopIteration) as error:
            raise SourceError(f"{name}, line {skip + 1}: the header cannot be read: {error}") from None
        names = distinct(first) if header else list(given)
        if len(names) != len(first):
            raise SourceError(f"{name}: {len(given)} names are given, the first row has {len(first)} cells")
        compressed = path.suffix == ".gz"
        rows = None if compressed else max(0, seen.lines - skip - header)
        sorts = dict.fromkeys(names, "text")
        return cls(
            name, seen.digest, sorts, rows, path, room, delimiter, quote, encoding, skip, header,
            seen.quotes or compressed, seen.mixed or compressed,
        )  # fmt: skip

    def chunks(self, wanted: Sequence[str], skip: int) -> Iterator[pa.Table]:
        """Yield rows; see `Part`."""
        path, spares = self.path, []
        with told(self.name):
            try:
                if self.encoding not in UTF8:
                    path = _transcoded(self.path, self.encoding, self.room.spare)
                    spares.append(path)
                if self.mixed and _both_ends(path):
                    path = _one_end(path, self.quote.encode(), self.room.spare)
                    spares.append(path)
                yield from self._read(path, wanted, skip)
            finally:
                for spare in spares:
                    spare.unlink(missing_ok=True)

    def _read(self, path: Path, wanted: Sequence[str], skip: int) -> Iterator[pa.Table]:
        names = list(self.columns)
        parameters = {f"c{place}": "VARCHAR" for place in range(len(names))}
        connection = self.room.connection.cursor()
        # Each setting is said, so that nothing is guessed from the rows.
        reader = connection.sql(
            "select * from read_csv($path, auto_detect = false, columns = $columns, delim = $delimiter, "
            "quote = $quote, escape = $quote, header = $header, skip = $skip, strict_mode = true, nullstr = '', "
            "allow_quoted_nulls = false, max_line_size = $longest, compression = $compression)",
            params={
                "path": path.as_posix(),
                "columns": parameters,
                "delimiter": self.delimiter,
                "quote": self.quote,
                "header": self.header,
                "skip": self.skip,
                "longest": LONGEST_LINE,
                "compression": "gzip" if path.suffix == ".gz" else "none",
            },
        ).to_arrow_reader(self.room.rows)
        lacking = [name for name in wanted if name not in self.columns]
        row, line = 0, self.skip + self.header + 1
        for batch in reader:
            lines, line = self._lines(batch, line)
            before, row = row, row + batch.num_rows
            if row <= skip:
                continue
            columns = {bracketed(name): batch.column(place) for place, name in enumerate(names)}
            columns |= {bracketed(name): pa.nulls(batch.num_rows, pa.string()) for name in lacking}
            table = framed(columns, before, lines)
            yield table.slice(skip - before) if before < skip else table

    def _lines(self, batch: pa.RecordBatch, line: int) -> tuple[pa.Array, int]:
        """Return the line on which each row begins, and the one after the last: a quoted cell may hold line ends."""
        count = batch.num_rows
        if not self.folded:
            return counted(line, line + count), line + count
        high = pa.repeat(pa.scalar(1, pa.int64()), count)
        for column in batch.columns:
            ends = pc.fill_null(pc.count_substring(column, "\n"), 0)
            high = pc.add(high, ends.cast(pa.int64()))
        after = pc.cumulative_sum(high)
        last = after[-1].as_py() if count else 0
        return pc.add(pc.subtract(after, high), line), line + last


def _opened(path: Path, encoding: str, errors: str = "strict") -> io.TextIOWrapper:
    raw = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115 - closed by its wrapper
    name = "utf-8-sig" if encoding in UTF8 else encoding
    return io.TextIOWrapper(cast("io.BytesIO", raw), encoding=name, errors=errors, newline="")


def _beginning(path: Path, encoding: str, skip: int) -> str:
    """Return the text after the lines to skip, enough for a header."""
    try:
        # A wrong character is told later, with its line.
        with _opened(path, encoding, "replace") as file:
            for _ in range(skip):
                file.readline()
            return file.read(HEADER) if path.stat().st_size < HEADER else _record(file)
    except LookupError:
        raise SourceError(f"{path.name}: there is no encoding '{encoding}'") from None


def _record(file: io.TextIOWrapper) -> str:
    text = ""
    while (more := file.readline()) and len(text) < HEADER:
        text += more
        if text.count('"') % 2 == 0:
            break
    return text


def _delimiter(text: str, quote: str) -> str:
    """Return the delimiter that stands most often in the header, outside quotes; a comma when none does."""
    inside, counts = False, dict.fromkeys(DELIMITERS, 0)
    for letter in text:
        if letter == quote:
            inside = not inside
        elif letter == "\n" and not inside:
            break
        elif letter in counts and not inside:
            counts[letter] += 1
    return max(DELIMITERS, key=lambda letter: counts[letter])


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, unpacked; no block ends between the two characters of a line end of Windows."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        while block := file.read(BLOCK):
            while block.endswith(b"\r") and (more := file.read(1)):
                block += more
            yield block


def _both_ends(path: Path) -> bool:
    """Whether some lines of a file end as on Windows and others do not."""
    windows = others = False
    for block in _blocks(path):
        windows = windows or b"\r\n" in block
        others = others or block.count(b"\n") > block.count(b"\r\n")
        if windows and others:
            return True
    return False


def _one_end(path: Path, quote: bytes, spare: Path) -> Path:
    """Return a copy in which all rows end alike; line ends inside quotes are part of a cell, and stay."""
    spare.mkdir(parents=True, exist_ok=True)
    copy = spare / f"{uuid.uuid4().hex}.csv"
    inside = False
    with copy.open("wb") as out:
        for block in _blocks(path):
            pieces = block.split(quote)
            for place, piece in enumerate(pieces):
                if place:
                    inside = not inside
                    out.write(quote)
                out.write(piece if inside else piece.replace(b"\r\n", b"\n"))
    return copy


def _transcoded(path: Path, encoding: str, spare: Path) -> Path:
    """Return a copy in UTF-8: any encoding that Python knows may be read."""
    spare.mkdir(parents=True, exist_ok=True)
    copy = spare / f"{uuid.uuid4().hex}.csv"
    lines = 1
    try:
        with _opened(path, encoding) as file, copy.open("w", encoding="utf-8", newline="") as out:
            while block := file.read(BLOCK):
                lines += block.count("\n")
                out.write(block)
    except UnicodeDecodeError as error:
        copy.unlink()
        lines += error.object[: error.start].count(b"\n")
        raise SourceError(f"{path.name}, line {lines}: a character is not of the encoding {encoding}") from None
    return copy
