"""How the tools of Harbor write: CSV, JSON lines, Parquet and a small Excel sheet, each appended month by month.

Columns come in as numpy or Arrow arrays of one length. Nothing is held in memory after it is written.
"""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from regard.demo.story import NEVER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Columns = dict[str, Any]
"""Column name -> numpy or Arrow array."""


def ids(prefix: str, numbers: np.ndarray, width: int = 7) -> pa.Array:
    """Keys such as `C-0000042`; a negative number gives a blank."""
    text = pc.utf8_lpad(pc.cast(pa.array(np.asarray(numbers, dtype=np.int64)), pa.string()), width, "0")
    made = pc.binary_join_element_wise(pa.scalar(prefix), text, "")
    return pc.if_else(pa.array(np.asarray(numbers) >= 0), made, pa.scalar(None, pa.string()))


def iso(seconds: np.ndarray) -> pa.Array:
    """Instants as `2026-06-12T14:03:11Z`; NEVER gives a blank."""
    known = np.asarray(seconds) < NEVER
    whole = np.where(known, seconds, 0).astype("int64").astype("datetime64[s]")
    return pa.array(np.datetime_as_string(whole, timezone="UTC"), mask=~known)


def stamp(seconds: np.ndarray) -> pa.Array:
    """Instants as Arrow timestamps in UTC; NEVER gives a blank."""
    known = np.asarray(seconds) < NEVER
    micros = np.where(known, seconds, 0).astype("int64") * 1_000_000
    return pa.array(micros, mask=~known).cast(pa.timestamp("us", tz="UTC"))


def words(values: Sequence[str], index: np.ndarray) -> pa.Array:
    """Texts chosen by index; a negative index gives a blank."""
    index = np.asarray(index)
    return pa.array(values, pa.string()).take(pa.array(np.where(index < 0, 0, index), mask=index < 0))


def blank(values: np.ndarray, missing: np.ndarray) -> pa.Array:
    """Values with blanks where `missing` is true."""
    return pa.array(values, mask=missing)


def money(values: np.ndarray) -> np.ndarray:
    """Amounts to the cent."""
    rounded: np.ndarray = np.round(values, 2)
    return rounded


MODELS = 400
"""Rows of the last batch that a file remembers, as models of spoiled ones."""

PIECE = 20_000
"""Rows of JSON that are held as text at once."""


class Csv:
    """A CSV file with a header, appended in batches; quoted only where it must be.

    Attributes:
        path: where.
        rows: rows written.
        recent: some rows of the last batch, as dictionaries.
    """

    def __init__(self, path: Path) -> None:
        """Open nothing yet: the first batch says the columns."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.rows = path, 0
        self._writer: pacsv.CSVWriter | None = None
        self._last = pa.table({})

    @property
    def recent(self) -> list[dict[str, Any]]:
        """Rows to model others on."""
        return _sample(self._last)

    def write(self, columns: Columns) -> None:
        """Append rows; columns of every batch are the same."""
        table = pa.table({name: _text(column) for name, column in columns.items()})
        self._append(table)
        self._last = table if table.num_rows else self._last

    def write_rows(self, rows: list[dict[str, Any]]) -> None:
        """Append rows given one by one; they model nothing."""
        self._append(pa.Table.from_pylist(rows, schema=self._last.schema))

    def _append(self, table: pa.Table) -> None:
        if self._writer is None:
            options = pacsv.WriteOptions(quoting_style="needed")
            self._writer = pacsv.CSVWriter(str(self.path), table.schema, write_options=options)
        self._writer.write_table(table)
        self.rows += table.num_rows

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()


class Parquet:
    """A Parquet file, appended in row groups. Attributes as those of `Csv`."""

    def __init__(self, path: Path) -> None:
        """Open nothing yet: the first batch says the schema."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.rows = path, 0
        self._writer: pq.ParquetWriter | None = None
        self._last = pa.table({})

    @property
    def recent(self) -> list[dict[str, Any]]:
        """Rows to model others on."""
        return _sample(self._last)

    def write(self, columns: Columns) -> None:
        """Append one row group."""
        self._last = pa.table(columns)
        self._append(self._last)

    def write_rows(self, rows: list[dict[str, Any]]) -> None:
        """Append rows given one by one; they model nothing."""
        self._append(pa.Table.from_pylist(rows, schema=self._last.schema))

    def _append(self, table: pa.Table) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, table.schema, compression="zstd")
        self._writer.write_table(table.cast(self._writer.schema))
        self.rows += table.num_rows

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()


class Lines:
    """A file with one JSON object a line. Attributes as those of `Csv`."""

    def __init__(self, path: Path) -> None:
        """Open the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.rows = path, 0
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._last: Columns = {}

    @property
    def recent(self) -> list[dict[str, Any]]:
        """Rows to model others on."""
        return _sample(pa.table(self._last))

    def write(self, columns: Columns) -> None:
        """Append one object a row, with every column as a key; blanks are null."""
        count = len(next(iter(columns.values())))
        for start in range(0, count, PIECE):  # texts of a few rows at a time: a large month would not fit
            some = {name: column[start : start + PIECE] for name, column in columns.items()}
            encoded = [[f"{json.dumps(name)}: {text}" for text in _json(column)] for name, column in some.items()]
            self._file.writelines("{" + ", ".join(parts) + "}\n" for parts in zip(*encoded, strict=True))
        self.rows += count
        self._last = columns

    def write_rows(self, rows: list[dict[str, Any]]) -> None:
        """Append rows given one by one; they model nothing, and may hold values of any type."""
        self._file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        self.rows += len(rows)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def _text(column: Any) -> pa.Array:  # noqa: ANN401 - numpy or Arrow, as the caller has it
    array = column if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(column)
    return pc.cast(array, pa.string())


def _sample(table: pa.Table) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.slice(0, MODELS).to_pylist()
    return found


def _json(column: Any) -> list[str]:  # noqa: ANN401 - numpy or Arrow, as the caller has it
    values = column.to_pylist() if hasattr(column, "to_pylist") else np.asarray(column).tolist()
    if values and isinstance(values[0], int) and not isinstance(values[0], bool):
        return ["null" if value is None else str(value) for value in values]
    known: dict[Any, str] = {}
    return [known.get(value) or known.setdefault(value, json.dumps(value, ensure_ascii=False)) for value in values]


_PARTS: Mapping[str, str] = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/>'
    '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" '
    'Target="styles.xml"/></Relationships>',
    "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" xfId="0"/>'
    '<xf numFmtId="14" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


def sheet(
    path: Path, title: str, header: Sequence[str], table: Sequence[Sequence[str | float | np.datetime64]]
) -> None:
    """Write one Excel sheet: texts inline, numbers as numbers, days as dates of Excel's own (days since 1899-12-30)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = "".join(
        f'<row r="{number}">' + "".join(_cell(value) for value in row) + "</row>"
        for number, row in enumerate([header, *table], start=1)
    )
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        **_PARTS,
        "xl/workbook.xml": f'<workbook {space} xmlns:r="{relations}"><sheets>'
        f'<sheet name="{escape(title)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{body}</sheetData></worksheet>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(
                name, date_time=(2026, 7, 31, 6, 0, 0)
            )  # the clock of the story, not of the machine
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + text)


def _cell(value: str | float | np.datetime64) -> str:
    if isinstance(value, np.datetime64):
        return f'<c s="1"><v>{(value - np.datetime64("1899-12-30")).astype(int)}</v></c>'
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"
