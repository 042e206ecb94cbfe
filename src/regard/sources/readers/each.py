"""A column that holds a list: its row is read once for each element. Only here one raw row becomes several."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from regard.errors import SourceError, did_you_mean
from regard.sources.readers.parts import bracketed, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from regard.sources.readers.parts import Part

NUMBER = "n"
"""Which element it is, counted from 1, under the list's own name: `updates.n`."""


@dataclass(frozen=True, slots=True)
class Each:
    """A part whose rows are taken apart at one of their columns; all other columns stay what they are."""

    part: Part
    list: str
    split: str
    batch: int
    columns: Mapping[str, str]
    rows: int | None = None

    @classmethod
    def open(cls, part: Part, name: str, split: str, batch: int) -> Each:
        """Look at the first rows for what the elements hold.

        Args:
            part: what is read.
            name: column of the list: JSON such as `["a", "b"]`, or a text with `split` between its elements.
            split: what stands between two elements of a text; "" for JSON.
            batch: rows of a chunk.

        Raises:
            SourceError: there is no such column, or the part is broken.
        """
        if name not in part.columns:
            hint = did_you_mean(name, part.columns)
            raise SourceError(f"{part.name} has no column '{name}' to take apart{f' ({hint})' if hint else ''}")
        keys: dict[str, None] = {}
        for table in part.chunks([name], 0):
            for cell in _cells(table, name):
                for element in elements(cell, split):
                    keys.update(dict.fromkeys(element) if isinstance(element, dict) else {})
            break
        added = dict.fromkeys((f"{name}.{key}" for key in keys), "text")
        return cls(part, name, split, batch, {**part.columns, name: "text", **added, f"{name}.{NUMBER}": "whole"})

    @property
    def name(self) -> str:
        """Return how the part is called."""
        return self.part.name

    @property
    def digest(self) -> str:
        """Return the hash of the part."""
        return self.part.digest

    @property
    def lasting(self) -> bool:
        """Return whether the part gives the same rows again."""
        return self.part.lasting

    def chunks(self, wanted: Sequence[str], skip: int) -> Iterator[pa.Table]:
        """Yield rows; see `Part`. A row with an empty list is kept, with a blank element: nothing is dropped here."""
        own = [name for name in wanted if self._of_element(name)]
        asked = [*(name for name in wanted if name not in own), self.list]
        row = 0
        for table in self.part.chunks(tuple(dict.fromkeys(asked)), 0):
            lists = [elements(cell, self.split) or [None] for cell in _cells(table, self.list)]
            found = [element for each in lists for element in each]
            made = table.take(pa.array([place for place, each in enumerate(lists) for _ in each], pa.int64()))
            values: dict[str, pa.Array] = {"$row": counted(row, row + len(found))}
            values[bracketed(self.list)] = pa.array([_text(one) for one in found], pa.string())
            for name in own:
                values[bracketed(name)] = self._value(name, lists)
            for name, array in values.items():
                place = made.schema.get_field_index(name)
                made = made.append_column(name, array) if place < 0 else made.set_column(place, name, array)
            before, row = row, row + len(found)
            for start in range(max(0, skip - before), len(found), self.batch):
                yield made.slice(start, self.batch)

    def _value(self, name: str, lists: Sequence[Sequence[object]]) -> pa.Array:
        """Return a column of the elements: their number, or what they hold under a key."""
        key = name.removeprefix(f"{self.list}.")
        if key == NUMBER:
            return pa.array([number for each in lists for number, _ in enumerate(each, 1)], pa.int64())
        held = (one.get(key) if isinstance(one, dict) else None for each in lists for one in each)
        return pa.array([_text(one) for one in held], pa.string())

    def _of_element(self, name: str) -> bool:
        """Return whether a column is of the element and not of the row around it."""
        return name in self.columns and name.startswith(f"{self.list}.") and name not in self.part.columns


def elements(cell: str | None, split: str) -> list[object]:
    """Return the elements of a list; a text that is none is one element, a blank none.

    >>> elements('["a", {"at": 3}]', "")
    ['a', {'at': 3}]
    >>> elements("C-1; C-2;", ";")
    ['C-1', 'C-2']
    """
    if cell is None or not cell.strip():
        return []
    if split:
        return [one.strip() for one in cell.split(split) if one.strip()]
    try:
        value = json.loads(cell)
    except ValueError:
        return [cell]
    return value if isinstance(value, list) else [cell]


def _cells(table: pa.Table, name: str) -> list[str | None]:
    cells: list[str | None] = table.column(bracketed(name)).cast(pa.string()).to_pylist()
    return cells


def _text(value: object) -> str | None:
    """Return a value as JSON lines give it: a text as it is, anything nested as its JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
