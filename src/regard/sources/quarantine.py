"""Rows that were turned away: the rule, the reason in plain words, and the row as it came."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from regard.expr import Type
from regard.model import moment
from regard.model.keys import bucket

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from regard.model import Table

REASONS: Mapping[str, str] = {
    "not-a-number": "{field} is not a number: {value}",
    "not-whole": "{field} is not a whole number: {value}",
    "not-finite": "{field} is not a finite number: {value}",
    "not-a-truth": "{field} is neither yes nor no: {value}",
    "not-a-time": "{field} is not a time as the mapping says times are written: {value}",
    "not-a-day": "{field} is not a day as the mapping says days are written: {value}",
    "two-readings": "{field} could be two days, since the mapping names both orders of day and month: {value}",
    "not-a-duration": "{field} is not a length of time: {value}",
    "naive-time": "{field} has no zone, and the source states none: {value}",
    "blank": "{field} must not be blank",
    "out-of-range": "{field} must lie between {lo} and {hi}: {value}",
    "out-of-scale": "{field} lies outside the row's own scale: {value}",
    "unknown-value": "{field} has a value that the mapping does not know: {value}",
    "unknown-code": "{field} has a value that is not among its codes: {value}",
    "missing-reference": "{field} refers to a {refers} that is neither stored nor in this load: {value}",
    "out-of-sequence": "{field} comes before what must precede it, or after what must follow: {value}",
    "inconsistent": "{field} contradicts another column of the row: {value}",
    "future-time": "{field} lies after the moment of the load: {value}",
    "duplicate-key": "a later row of the same file has the same id: {value}",
    "duplicate-response": "a later answer to the same invitation and question is kept: {value}",
    "part-refused": "a line of which this row is made was turned away: {value}",
}
"""Every rule with its reason; the reference of the mapping language explains them."""
READING = frozenset(rule for rule in REASONS if rule.startswith("not-")) | {
    "naive-time",
    "two-readings",
    "unknown-value",
}
"""Rules about a cell as it came; the others are about the value made of it."""
RAW_CHARACTERS = 100_000
"""Characters of a cell that are kept in quarantine; a longer one is cut, and says so."""
SHOWN_CHARACTERS = 200
"""Characters of a cell that a reason repeats."""

SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("target", pa.string()),
        ("rule", pa.string()),
        ("reason", pa.string()),
        ("field", pa.string()),
        ("value", pa.string()),
        ("place", pa.string()),
        ("raw", pa.string()),
        ("row_id", pa.string()),
        ("bucket", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True)
class Reject:
    """A row turned away by one rule.

    Attributes:
        table: the table it was meant for.
        rule, field: what it breaks, and where.
        value: what stood there.
        file, line: where it came from.
        raw: the row as it came, as JSON.
        row_id: the id it would have had in the table, "" when it has none.
    """

    table: str
    rule: str
    field: str
    value: str
    file: str
    line: int
    raw: str
    row_id: str = ""


def rows(source: str, rejects: Iterable[Reject], tables: Mapping[str, Table]) -> pa.Table:
    """Return rejects as rows of the table `quarantine`."""
    found = [_row(source, reject, tables[reject.table]) for reject in rejects]
    return pa.Table.from_pylist(found, schema=SCHEMA)


def _row(source: str, reject: Reject, table: Table) -> dict[str, object]:
    column = table.columns.get(reject.field)
    shown = reject.value if len(reject.value) <= SHOWN_CHARACTERS else reject.value[:SHOWN_CHARACTERS] + "..."
    reason = REASONS[reject.rule].format(
        field=reject.field,
        value=repr(shown) if shown else "(blank)",
        lo="any" if column is None or column.lo is None else f"{column.lo:g}",
        hi="any" if column is None or column.hi is None else f"{column.hi:g}",
        refers=column.refers if column else "row",
    )
    place = f"{reject.file}:{reject.line}"
    text = f"{reject.table}\n{place}\n{reject.rule}\n{reject.field}\n{reject.raw}"
    key = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return {
        "source": source,
        "source_id": key,
        "target": reject.table,
        "rule": reject.rule,
        "reason": reason,
        "field": reject.field,
        "value": reject.value,
        "place": place,
        "raw": reject.raw,
        "row_id": reject.row_id,
        "bucket": bucket(f"{source}:{key}"),
    }


def raw_json(row: Mapping[str, object]) -> str:
    """Return a raw row as JSON with its own column names; a line of JSON is returned as it was."""
    if "$raw" in row:
        return str(row["$raw"])[: RAW_CHARACTERS * 10]
    cells = {name[1:-1]: _cut(value) for name, value in row.items() if name.startswith("[")}
    return json.dumps(cells, ensure_ascii=False, default=str)


def listed(rows: pa.Table) -> list[dict[str, Any]]:
    """Return rows as Python values; times that Python's calendar does not reach are texts."""
    found: list[dict[str, Any]]
    try:
        found = rows.to_pylist()
    except OverflowError:
        texts = [column.cast(pa.string()) if pa.types.is_temporal(column.type) else column for column in rows.columns]
        found = pa.table(texts, names=rows.column_names).to_pylist()
    return found


def _cut(value: object) -> object:
    if isinstance(value, str) and len(value) > RAW_CHARACTERS:
        return f"{value[:RAW_CHARACTERS]}... ({len(value)} characters)"
    return value


def said(value: object, kind: Type | None) -> str:
    """Return a value as a person would write it."""
    if value is None:
        return ""
    if kind is Type.INSTANT and isinstance(value, int):
        try:
            return moment(value).isoformat().replace("+00:00", "Z")
        except OverflowError:
            return str(value)
    return str(_cut(value))


def explode(
    broken: Sequence[Mapping[str, object]],
    raws: Mapping[int, str],
    cells: Mapping[int, Mapping[str, object]],
    table: Table,
    origins: Mapping[str, tuple[str, ...]],
    own: str,
) -> list[Reject]:
    """Return one reject for each rule that each row breaks.

    Args:
        broken: rows of a statement whose `broken` is not empty.
        raws: `$row` -> raw row as JSON.
        cells: `$row` -> raw cells by name.
        table: the table they were meant for.
        origins: column or field -> raw columns it is made of.
        own: the table's own id, "" when it has none.
    """
    found = []
    for row in broken:
        number = row["$row"]
        if not isinstance(number, int):
            raise TypeError(number)
        raw = raws.get(number) or json.dumps(_mapped(row), ensure_ascii=False, default=str)
        row_id = row.get(own) or row.get("source_id") or ""
        for token in dict.fromkeys(str(row["broken"]).split(" ")):
            rule, _, name = token.partition(":")
            value = _value(rule, name, row, cells.get(number, {}), table, origins)
            line = row["$line"]
            place = (str(row["$file"]), line if isinstance(line, int) else 0)
            found.append(Reject(table.name, rule, name, value, *place, raw, str(row_id)))
    return found


def _value(
    rule: str,
    name: str,
    row: Mapping[str, object],
    cells: Mapping[str, object],
    table: Table,
    origins: Mapping[str, tuple[str, ...]],
) -> str:
    if rule in READING:
        parts = [cells[origin] for origin in origins.get(name, ()) if cells.get(origin) is not None]
        if parts:
            return ", ".join(said(part, None) for part in parts)
    if name == "id":
        return said(row.get("source_id"), None)
    column = table.columns.get(name)
    return said(row.get(name), column.type if column else None)


def _mapped(row: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value for name, value in row.items() if value is not None and not name.startswith("$") and " " not in name
    }
