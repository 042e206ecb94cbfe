"""What every reader gives: parts with columns and chunks, and the errors of engines and drivers in plain words."""

from __future__ import annotations

import hashlib
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from regard.errors import RegardError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

CHUNK_ROWS = 131_072
"""Rows that are read, mapped and put aside at a time."""
BLOCK = 1 << 20
MESSAGE = 300
"""Characters of a foreign message that are shown."""


class Part(Protocol):
    """One file, sheet or query."""

    @property
    def name(self) -> str:
        """How it is called in a message and in `$file`."""
        ...

    @property
    def digest(self) -> str:
        """Hash of its content; "" when only reading all of it could tell."""
        ...

    @property
    def columns(self) -> Mapping[str, str]:
        """Its columns with their sort (`regard.sql.mapping.FAMILIES`, or `clock`)."""
        ...

    @property
    def rows(self) -> int | None:
        """How many rows it has, about; None when nobody knows."""
        ...

    @property
    def lasting(self) -> bool:
        """Whether reading it again gives the same rows in the same order (a file does, a database need not)."""
        ...

    def chunks(self, wanted: Sequence[str], skip: int) -> Iterator[pa.Table]:
        """Yield rows in order, at most `CHUNK_ROWS` at a time.

        Args:
            wanted: columns that must be among those yielded; one that the part lacks is blank.
            skip: rows to leave out at the beginning.

        Yields:
            Tables with columns `[name]`, and `$row` (from 0 in this part) and `$line` (from 1).

        Raises:
            SourceError: the part is broken; the text names it and, where known, the line.
        """
        ...


@dataclass(frozen=True, slots=True)
class Room:
    """Where readers work.

    Attributes:
        root: the workspace, from which paths are told.
        spare: a folder for files on the way.
        connection: a DuckDB connection that keeps the order of rows and may read the source's files.
        rows: how many a chunk has at most.
    """

    root: Path
    spare: Path
    connection: Any
    rows: int = CHUNK_ROWS


def bracketed(name: str) -> str:
    """Return the name under which a raw column travels."""
    return f"[{name}]"


def distinct(names: Sequence[str]) -> list[str]:
    """Return column names that differ in any case: `name (1)`, `name (2)` for doubles, `column 3` for blank ones."""
    clean = [re.sub(r"[\x00-\x1f\x7f]+", " ", name).strip() or f"column {place}" for place, name in enumerate(names, 1)]
    folded = [name.casefold() for name in clean]
    seen: dict[str, int] = {}
    result = []
    for name, key in zip(clean, folded, strict=True):
        if folded.count(key) == 1:
            result.append(name)
            continue
        seen[key] = seen.get(key, 0) + 1
        result.append(f"{name} ({seen[key]})")
    return result


def counted(start: int, stop: int) -> pa.Array:
    """Return whole numbers from `start` to before `stop`."""
    return pa.array(np.arange(start, stop, dtype=np.int64))


def framed(columns: Mapping[str, pa.Array | pa.ChunkedArray], first: int, lines: pa.Array) -> pa.Table:
    """Return columns with `$row` counted from `first`, and `$line`."""
    count = len(lines)
    rows = counted(first, first + count)
    return pa.table({"$row": rows, "$line": lines, **columns})


def texts(rows: Sequence[Sequence[str | None]], names: Sequence[str], first: int, lines: Sequence[int]) -> pa.Table:
    """Return rows of texts as a chunk."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = {bracketed(name): pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)}
    return framed(arrays, first, pa.array(lines, pa.int64()))


@dataclass(frozen=True, slots=True)
class Print:
    """What one reading of a file's bytes tells.

    Attributes:
        digest: hash of its content.
        lines: line ends in it.
        quotes: whether a quote stands in it.
        mixed: whether some lines end as on Windows and others do not.
    """

    digest: str
    lines: int
    quotes: bool
    mixed: bool


def fingerprint(path: Path) -> Print:
    """Read a file's bytes once.

    Raises:
        SourceError: it cannot be read.
    """
    digest, lines, quotes, windows = hashlib.blake2b(digest_size=16), 0, False, 0
    last = b""
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
                lines += block.count(b"\n")
                quotes = quotes or b'"' in block
                windows += block.count(b"\r\n") + (last == b"\r" and block[:1] == b"\n")
                last = block[-1:]
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror}") from error
    return Print(digest.hexdigest(), lines, quotes, 0 < windows < lines)


def foreign(error: Exception) -> bool:
    """Whether an error came from an engine or driver and not from regard itself."""
    module = type(error).__module__ or ""
    return module.startswith(("duckdb", "_duckdb", "pyarrow", "adbc", "sqlite3", "python_calamine")) or isinstance(
        error, (OSError, ValueError, UnicodeError, RuntimeError, EOFError)
    )


@contextmanager
def told(name: str, hide: Sequence[str] = ()) -> Iterator[None]:
    """Say the errors of engines and drivers in one clear sentence that names the part and hides secrets.

    Raises:
        SourceError: instead of them.
    """
    try:
        yield
    except RegardError:
        raise
    except Exception as error:
        if not foreign(error):
            raise
        raise SourceError(f"{name}{_place(str(error))}: {hidden(_plain(error), hide)}") from None


def hidden(text: str, secrets: Sequence[str]) -> str:
    """Return a text without secrets and without passwords in urls."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return re.sub(r"(://[^\s:/@]+):[^\s@]+@", r"\1:***@", text)


def _place(text: str) -> str:
    found = re.search(r"(?:CSV Error on Line|in line|line|Line)[: ]+(\d+)", text)
    return f", line {found[1]}" if found else ""


PLAIN = (
    (r"Expected Number of Columns: (\d+) Found: (\d+)", "the row has {1} cells, {0} were expected"),
    (r"unterminated quote", "a quote is opened and never closed"),
    (
        r"Invalid unicode|not utf-8|can't decode",
        "a character is not of the encoding; say `encoding` (such as latin-1) or save it as UTF-8",
    ),
    (r"Malformed JSON.*?: (.*)", "not JSON: {0}"),
    (
        r"too small to be a Parquet file|smaller than the minimum|No magic bytes|magic",
        "not a Parquet file, or it is cut off",
    ),
    (r"(?i)gzip|gzipped|Compressed file|decompress|inflate|miniz", "the compressed file is broken or cut off"),
    (r"Maximum line size of (\d+) bytes exceeded", "a line is longer than {0} bytes: a quote may be open"),
)
"""What the messages of engines mean, in plain words; `{0}` is the first group."""


def _plain(error: Exception) -> str:
    text = str(error).replace("\x00", "?")
    for pattern, words in PLAIN:
        found = re.search(pattern, text, re.DOTALL)
        if found:
            return words.format(*(group.strip()[:MESSAGE] for group in found.groups()))
    first = re.sub(r"^[\w ]{0,60}(?:Error|Exception): ", "", text.strip().split("\n")[0])
    return first[:MESSAGE] or type(error).__name__
