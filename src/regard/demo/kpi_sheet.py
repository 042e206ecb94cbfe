"""Harbor's KPI sheet: what its old dashboard shows, figure by figure, and the metrics that stand for it here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from regard.demo.story import rows


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the sheet.

    Attributes:
        name: as the sheet has it.
        metric: id of the metric.
        scope: dimension -> value it is of, or nothing.
        text: what the sheet shows.
        value: the number in it.
        step: worth of its last digit.
    """

    name: str
    metric: str
    scope: dict[str, str]
    text: str
    value: float
    step: float


def figures() -> list[Figure]:
    """Return the lines of the sheet, in its order."""
    shown = {row["name"]: row["value"] for row in rows("kpi_sheet")}
    return [_figure(row["name"], row["metric"], row["channel"], shown[row["name"]]) for row in rows("scorecard")]


def _figure(name: str, metric: str, channel: str, text: str) -> Figure:
    number = re.search(r"[\d.,]+", text)
    assert number is not None  # noqa: S101 - data of our own: each line shows a number
    digits = number[0].replace(",", "")
    step = 10.0 ** -len(digits.partition(".")[2])
    return Figure(name, metric, {"channel": channel} if channel else {}, text, float(digits), step)
