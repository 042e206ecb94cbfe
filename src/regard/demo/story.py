"""The plot: which months Harbor lives through, and the figure that each of its KPIs shows in each of them.

The figures are data (`data/story.csv`); the last complete month and the one before it are the dashboard of seed S2.
A blank figure means that the month is left to chance.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import numpy as np

ZONE = "America/New_York"
"""Where Harbor keeps its books: its months begin and end at local midnight."""

ENDS_AT = "2026-07-31T06:00:00-04:00"
"""When the exports were pulled. June 2026 is the last complete month, and every return of June has had its 30 days."""

TOLD_FROM = 12
"""Index of the first month in which all tools exist; before it, only the shop and the customer list."""

HOUR, DAY = 3_600, 86_400
"""Seconds. Harbor's tools all keep whole seconds."""

NEVER = 2**60
"""Stands for no instant in arrays of seconds: later than everything."""


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the plot.

    Attributes:
        index: 0 for the first month of the shop.
        label: such as `2026-06`.
        start, end: seconds since the epoch, half-open, local midnights; the last ends when the exports were pulled.
        goal: figure of each KPI by its column in `data/story.csv`; a blank one is missing.
        told: whether the tools beside the shop exist yet.
        complete: whether the month is over when the story ends.
    """

    index: int
    label: str
    start: int
    end: int
    goal: dict[str, float]
    told: bool
    complete: bool

    def rng(self, seed: int, story: int) -> np.random.Generator:
        """Draws of one story in this month; adding a story changes no other."""
        return np.random.default_rng([seed, story, self.index])


def rows(name: str) -> list[dict[str, str]]:
    """Rows of a data file of the demo, by its name without `.csv`."""
    text = (files("regard.demo") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def ends_at() -> int:
    """Second at which the story ends."""
    return int(datetime.fromisoformat(ENDS_AT).timestamp())


def months() -> list[Month]:
    """All months of the plot, in order."""
    zone, last = ZoneInfo(ZONE), ends_at()
    found = []
    for index, row in enumerate(rows("story")):
        year, month = (int(part) for part in row["month"].split("-"))
        start = int(datetime(year, month, 1, tzinfo=zone).timestamp())
        following = int(datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone).timestamp())
        goal = {name: float(value) for name, value in row.items() if name != "month" and value}
        found.append(
            Month(index, row["month"], start, min(following, last), goal, index >= TOLD_FROM, following <= last)
        )
    return found


def quota(share: float, of: int) -> int:
    """How many of a number a share is, rounded to the nearest."""
    return int(np.floor(share * of + 0.5))


def pick(rng: np.random.Generator, among: np.ndarray, count: int) -> np.ndarray:
    """`count` different members of an array, in its order; all of them when there are fewer."""
    if count >= len(among):
        return among
    return among[np.sort(rng.choice(len(among), size=count, replace=False))]
