"""Excel files: every cell becomes the text that a person would type, dates as ISO texts, formulas never run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

import python_calamine

from regard.errors import SourceError, did_you_mean
from regard.sources.readers.parts import distinct, fingerprint, texts, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from regard.sources.readers.parts import Room

EXACT = 1e15
"""Below it, a whole number in a cell is written without a decimal point."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of one workbook."""

    name: str
    digest: str
    columns: Mapping[str, str]
    rows: int | None
    path: Path
    sheet: str
    skip: int
    batch: int
    lasting: bool = True

    @classmethod
    def open(cls, path: Path, name: str, options: Mapping[str, object], room: Room) -> Sheet:
        """Look at a workbook: its hash, its sheets, the header of the one that is asked for."""
        digest = fingerprint(path).digest
        asked = options.get("sheet", 1)
        skip = int(cast("int", options.get("skip", 0)))
        with told(name):
            book = python_calamine.load_workbook(path.as_posix())
            sheet = _chosen(asked, book.sheet_names, name)
            rows = cast("Any", book.get_sheet_by_name(sheet)).to_python(skip_empty_area=False)
        if len(rows) <= skip:
            raise SourceError(f"{name}: the sheet '{sheet}' is empty: not even a header")
        header = [_text(cell) or "" for cell in rows[skip]]
        while header and not header[-1]:
            header.pop()
        sorts = dict.fromkeys(distinct(header), "text")
        return cls(name, digest, sorts, len(rows) - skip - 1, path, sheet, skip, room.rows)

    def chunks(self, wanted: Sequence[str], skip: int) -> Iterator[pa.Table]:
        """Yield rows; see `Part`. Rows without any cell are left out, as people do."""
        names = [*self.columns, *(name for name in wanted if name not in self.columns)]
        width = len(self.columns)
        with told(self.name):
            book = python_calamine.load_workbook(self.path.as_posix())
            rows = cast("Any", book.get_sheet_by_name(self.sheet)).to_python(skip_empty_area=False)
        batch: list[list[str | None]] = []
        lines: list[int] = []
        row = 0
        for place, cells in enumerate(rows[self.skip + 1 :], self.skip + 2):
            said = [_text(cell) for cell in cells]
            if not any(said):
                continue
            row += 1
            if row <= skip:
                continue
            if any(said[width:]):
                raise SourceError(f"{self.name}, row {place}: a cell stands right of the last column that has a name")
            batch.append((said + [None] * len(names))[:width] + [None] * (len(names) - width))
            lines.append(place)
            if len(batch) == self.batch:
                yield texts(batch, names, row - len(batch), lines)
                batch, lines = [], []
        if batch:
            yield texts(batch, names, row - len(batch), lines)


def _chosen(asked: object, names: Sequence[str], name: str) -> str:
    if isinstance(asked, int) and not isinstance(asked, bool):
        if 1 <= asked <= len(names):
            return names[asked - 1]
        raise SourceError(f"{name} has {len(names)} sheets, not {asked}")
    if asked in names:
        return str(asked)
    raise SourceError(f"{name} has no sheet '{asked}' ({did_you_mean(str(asked), names) or ', '.join(names)})")


def _text(cell: object) -> str | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < EXACT else repr(cell)
    if isinstance(cell, timedelta):
        seconds = cell // timedelta(seconds=1)
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    return str(cell)
