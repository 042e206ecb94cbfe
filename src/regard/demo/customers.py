"""Who buys at Harbor: the population month by month, and the customer list as the CRM exports it.

The CRM keeps one row for each version of a customer. It closes an account 90 days after its last order and opens it
again with the next one, so being served and being active are one thing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from regard.demo.files import Csv, ids, iso, words
from regard.demo.story import DAY, NEVER, rows

if TYPE_CHECKING:
    from pathlib import Path

LAPSE = 90 * DAY
"""Silence after which the CRM closes an account (K41)."""

SEGMENTS = ("family", "racer", "cruiser", "club")
PLEASED = (0.0, 0.0, 0.0, -1.5)
"""How inclined to be pleased each segment is: clubs and schools are not served well."""
ANSWERS = (1.1, 1.1, 1.1, 0.4)
"""How readily each segment answers a survey: clubs and schools do so seldom."""
TIERS = ("bronze", "silver", "gold")
TIER_FROM = (0, 3, 10)
"""Orders from which a tier is reached."""
REGIONS = ("northeast", "south", "midwest", "west")
PLANS = ("none", "plus")
LIFECYCLES = ("onboarding", "active", "lapsed")
SOURCES = ("search", "social", "affiliate", "email", "fairs", "direct")
LANGUAGES = ("en", "es")

_COLUMNS: dict[str, str] = {
    "since": "i8",  # first order
    "last": "i8",  # last order so far
    "next": "i8",  # next order that is planned; NEVER when none is
    "orders": "i4",
    "once": "?",  # buys once, and not again within a year
    "pace": "f4",  # mean seconds between orders
    "segment": "i1",
    "region": "i1",
    "plan": "i1",
    "source": "i1",
    "language": "i1",
    "mood": "f4",  # lasting inclination to be pleased
    "app": "?",
    "open": "?",  # whether the account is open
    "tier": "i1",
    "version": "i4",
    "valid_from": "i8",
    "served_from": "i8",
    "served_to": "i8",
    "hurt": "i8",  # end of the last interruption; 0 when there was none
}


class Population:
    """All customers so far, as columns that grow; a customer is known by its index.

    Memory is some 100 bytes for each customer there ever was, however long the history.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self.count = 0
        self._columns = {name: np.zeros(1024, dtype=kind) for name, kind in _COLUMNS.items()}

    def __getitem__(self, name: str) -> np.ndarray:
        """The living column (a view: writing to it changes the population)."""
        return self._columns[name][: self.count]

    def add(self, rng: np.random.Generator, at: np.ndarray, age: float) -> np.ndarray:
        """New customers by the instants of their first orders; `age` is the share of the story told (mix shifts)."""
        new = np.arange(self.count, self.count + len(at))
        self.count += len(at)
        for name, column in self._columns.items():
            if len(column) < self.count:
                grown = np.zeros(max(self.count, 2 * len(column)), dtype=column.dtype)
                grown[: len(column)] = column
                self._columns[name] = grown
        size = len(at)
        for name in ("since", "last", "valid_from", "served_from"):
            self[name][new] = at
        self["next"][new] = NEVER
        self["served_to"][new] = NEVER
        self["orders"][new] = 1
        self["open"][new] = True
        self["version"][new] = 1
        self["segment"][new] = rng.choice(4, size, p=_mix((0.42, 0.18, 0.32, 0.08), (0.33, 0.20, 0.34, 0.13), age))
        self["region"][new] = rng.choice(4, size, p=_mix((0.46, 0.24, 0.18, 0.12), (0.36, 0.28, 0.17, 0.19), age))
        self["source"][new] = rng.choice(
            6, size, p=_mix((0.38, 0.12, 0.10, 0.08, 0.10, 0.22), (0.30, 0.24, 0.12, 0.08, 0.06, 0.20), age)
        )
        self["plan"][new] = rng.random(size) < 0.08 + 0.10 * age
        self["language"][new] = rng.random(size) < 0.09
        self["app"][new] = rng.random(size) < 0.22 + 0.18 * age
        self["mood"][new] = rng.normal(0, 0.6, size) + np.array(PLEASED)[self["segment"][new]]
        self["pace"][new] = 33 * DAY * rng.lognormal(0, 0.35, size)
        return new

    def active(self, at: int) -> np.ndarray:
        """Indexes of those whose account is open at an instant: an order within the 90 days before it."""
        found: np.ndarray = np.flatnonzero((self["last"] + LAPSE > at) & (self["since"] <= at))
        return found


def _mix(before: tuple[float, ...], after: tuple[float, ...], age: float) -> np.ndarray:
    mixed: np.ndarray = np.array(before) * (1 - age) + np.array(after) * age
    mixed /= mixed.sum()
    return mixed


class Crm:
    """The customer list: one row for each version that was ever true."""

    def __init__(self, folder: Path, people: Population) -> None:
        """Open `crm/customers.csv`."""
        self.people = people
        self.file = Csv(folder / "crm" / "customers.csv")
        names = rows("names")
        self._first, self._last = ([row[part].lower() for row in names] for part in ("first", "last"))

    def upgrade(self, who: np.ndarray, at: np.ndarray) -> None:
        """Begin a new version of those whose number of orders has taken them to another tier."""
        people = self.people
        tier = np.searchsorted(TIER_FROM, people["orders"][who], side="right") - 1
        higher = tier > people["tier"][who]
        self._turn(who[higher], at[higher])
        people["tier"][who[higher]] = tier[higher]

    def lapse(self, who: np.ndarray) -> None:
        """Close accounts 90 days after their last order."""
        at = self.people["last"][who] + LAPSE
        self._turn(who, at)
        self.people["open"][who] = False
        self.people["served_to"][who] = at

    def reopen(self, who: np.ndarray, at: np.ndarray) -> None:
        """Open lapsed accounts again."""
        self._turn(who, at)
        self.people["open"][who] = True
        self.people["served_from"][who] = at
        self.people["served_to"][who] = NEVER

    def close(self) -> None:
        """Write the versions that still hold, and finish the file."""
        everybody = np.arange(self.people.count)
        for part in np.array_split(everybody, max(1, len(everybody) // 250_000)):
            self._write(part, np.full(len(part), NEVER))
        self.file.close()

    def _turn(self, who: np.ndarray, at: np.ndarray) -> None:
        lasted = self.people["valid_from"][who] < at  # two changes at one instant are one version
        if lasted.any():
            self._write(who[lasted], at[lasted])
            self.people["version"][who[lasted]] += 1
            self.people["valid_from"][who[lasted]] = at[lasted]

    def _write(self, who: np.ndarray, valid_to: np.ndarray) -> None:
        people = self.people
        stage = np.where(~people["open"][who], 2, np.where(people["tier"][who] > 0, 1, 0))
        size = len(self._first)
        email = pc.binary_join_element_wise(
            words(self._first, who % size), words(self._last, who // size % size), ids("", who, 1), "."
        )
        self.file.write(
            {
                "customer_id": ids("C-", who),
                "version": people["version"][who].copy(),
                "email": pc.binary_join_element_wise(email, "example.com", "@"),
                "customer_since": iso(people["since"][who]),
                "valid_from": iso(people["valid_from"][who]),
                "valid_to": iso(valid_to),
                "open_from": iso(people["served_from"][who]),
                "open_to": iso(people["served_to"][who]),
                "segment": words(SEGMENTS, people["segment"][who]),
                "tier": words(TIERS, people["tier"][who]),
                "region": words(REGIONS, people["region"][who]),
                "membership": words(PLANS, people["plan"][who]),
                "status": words(LIFECYCLES, stage),
                "acquired_by": words(SOURCES, people["source"][who]),
                "language": words(LANGUAGES, people["language"][who]),
            }
        )
