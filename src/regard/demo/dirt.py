"""What is wrong in Harbor's exports, on purpose: a known number of bad rows of every kind, and where they stand.

Each bad row is an extra one, made from a good row of the last complete month, and breaks exactly one rule. So the
figures of the dashboard come out right exactly when every bad row is turned away and no good one is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from regard.demo.story import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from regard.demo.files import Csv, Lines, Parquet

IN = "2026-06"
"""Month whose rows are spoiled."""


class Dirt:
    """Plants bad rows and remembers them."""

    def __init__(self) -> None:
        """Nothing is planted yet."""
        self.planted: list[dict[str, str]] = []

    def plant(self, files: Mapping[str, Csv | Lines | Parquet]) -> None:
        """Append the bad rows of `data/dirt.csv` to files by name; each takes the last batch written as its model."""
        taken: dict[str, int] = {}
        for row in rows("dirt"):
            file = files[row["file"]]
            models = [
                model
                for model in file.recent
                if all(model[name] not in {None, ""} for name in row["needs"].split())
                and all(model[name] in {None, ""} for name in row["lacks"].split())
            ]
            spoiled: list[dict[str, Any]] = []
            for _ in range(int(row["count"])):
                place = taken[row["file"]] = taken.get(row["file"], -1) + 1
                if not models:
                    raise ValueError(f"no row of {row['file']} can model {row['kind']}")
                model = dict(models[(place * 7) % len(models)])
                prefix = str(model[row["key"]]).split("-", maxsplit=1)[0]
                width = len(str(model[row["key"]])) - len(prefix) - 1
                key = f"{prefix}-{9 * 10 ** (width - 1) + place + 1}"
                model[row["key"]] = key
                self._spoil(row, model)
                spoiled.append(model)
                self.planted.append(
                    {"file": row["file"], "kind": row["kind"], "key": row["key"], "id": key, "field": row["field"]}
                )
            file.write_rows(spoiled)

    @staticmethod
    def _spoil(row: Mapping[str, str], model: dict[str, Any]) -> None:
        for name in row["clear"].split():
            model[name] = None
        field, value = row["field"], row["value"]
        model[field] = _VALUES[value](model, field) if value in _VALUES else _typed(value, model[field])


def _typed(value: str, like: object) -> object:
    try:
        return type(like)(value) if isinstance(like, int | float) and not isinstance(like, bool) else value
    except ValueError:
        return value


def _later(moment: Any, year: int) -> Any:  # noqa: ANN401 - text in text files, an instant in typed ones
    return str(year) + moment[4:] if isinstance(moment, str) else moment.replace(year=year)


_VALUES: Mapping[str, Callable[[dict[str, Any], str], Any]] = {
    "<none>": lambda _model, _field: None,
    "<naive>": lambda model, field: str(model[field]).replace("T", " ").replace("Z", ""),
    "<future>": lambda model, field: _later(model[field], 2031),
    "<past>": lambda model, field: _later(model[field], 2020),
    "<earlier>": lambda model, field: f"{np.datetime64(model[field][:-1]) - np.timedelta64(20, 's')}Z",
}
