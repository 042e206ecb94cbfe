"""The membership *Harbor Plus*: starts, yearly terms, renewals and ends, in the billing system's database (SQLite).

The database keeps its times without a zone, in UTC, as many do: the mapping must say so.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import numpy as np

from regard.demo.files import ids
from regard.demo.story import DAY, HOUR, Month, quota

if TYPE_CHECKING:
    from pathlib import Path

    from regard.demo.customers import Population
    from regard.demo.trouble import Trouble

YEAR = 365 * DAY
PATIENCE = 120 * 60
"""Seconds lost in the year before the term is due beyond which members renew less."""
RENEWS = (0.90, 0.71)
"""Share of the terms due that are renewed: of members who lost less, and of those who lost more."""
PRICES = {"plus": 59.0, "plus_family": 89.0}
SCHEMA = """
create table membership (membership_id text primary key, customer_id text not null, plan text not null,
                         started_at text not null);
create table membership_event (event_id integer primary key, membership_id text not null, customer_id text not null,
                               kind text not null, at text not null, plan text not null, amount real);
"""


class Billing:
    """Memberships month by month."""

    def __init__(self, folder: Path, people: Population, *, seed: int, ends: int) -> None:
        """Make `billing/billing.sqlite`."""
        self.people, self.seed, self.ends = people, seed, ends
        path = folder / "billing" / "billing.sqlite"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._base = sqlite3.connect(path)
        self._base.executescript(SCHEMA)
        self._known = 0
        self._who = self._start = np.zeros(0, dtype=int)
        self._alive = np.zeros(0, dtype=bool)
        self._events = 0
        self._due, self._renewed = [0, 0], [0, 0]

    def month(self, month: Month, trouble: Trouble) -> None:
        """Let a month happen: new members, and terms that fall due; how many renew is placed by minutes lost."""
        rng = month.rng(self.seed, 6)
        people = self.people
        new = self._known + np.flatnonzero(people["plan"][self._known :] == 1)
        self._known = people.count
        start = people["since"][new] + HOUR
        self._base.executemany(
            "insert into membership values (?, ?, ?, ?)",
            zip(_membership(new), ids("C-", new).to_pylist(), ["plus"] * len(new), _naive(start), strict=True),
        )
        self._add(new, np.array(["start"] * len(new)), start, "plus")
        self._who, self._start = np.concatenate([self._who, new]), np.concatenate([self._start, start])
        self._alive = np.concatenate([self._alive, np.ones(len(new), dtype=bool)])
        age = month.start - self._start
        due = self._start + np.ceil(np.maximum(age, 1) / YEAR).astype(int) * YEAR
        falls = np.flatnonzero(self._alive & (due >= month.start) & (due < month.end) & (due > self._start))
        who, due = self._who[falls], due[falls]
        draw = rng.random(len(who)) / np.where(people["open"][who], 0.88, 0.35)
        renews = self._renew(draw, trouble.lost(who, due) > PATIENCE)
        grows = renews & (rng.random(len(who)) < 0.07)
        self._alive[falls[~renews]] = False
        self._add(who, np.array(["term_due"] * len(who)), due, "plus")
        after = due + rng.integers(HOUR, 3 * DAY, len(who))
        self._add(who[renews], np.array(["renew"] * int(renews.sum())), after[renews], "plus")
        self._add(who[grows], np.array(["upsell"] * int(grows.sum())), after[grows] + HOUR, "plus_family")
        self._add(
            who[~renews],
            np.array(["cancel"] * int((~renews).sum())),
            (due - rng.integers(DAY, 15 * DAY, len(who)))[~renews],
            "plus",
        )
        self._base.commit()

    def _renew(self, draw: np.ndarray, much: np.ndarray) -> np.ndarray:
        """Which terms are renewed: of those who lost much and of the others, as many as the plot wants by now."""
        renews = np.zeros(len(draw), dtype=bool)
        for group, share in enumerate(RENEWS):
            among = np.flatnonzero(much == bool(group))
            self._due[group] += len(among)
            size = min(len(among), max(0, quota(share, self._due[group]) - self._renewed[group]))
            self._renewed[group] += size
            renews[among[np.argsort(draw[among], kind="stable")[:size]]] = True
        return renews

    def _add(self, who: np.ndarray, kind: np.ndarray, at: np.ndarray, plan: str) -> None:
        past = at < self.ends
        who, kind, at = who[past], kind[past], at[past]
        number = range(self._events + 1, self._events + 1 + len(who))
        self._events += len(who)
        columns = (number, _membership(who), ids("C-", who).to_pylist(), kind.tolist(), _naive(at))
        self._base.executemany(
            "insert into membership_event values (?, ?, ?, ?, ?, ?, ?)",
            ((*row, plan, PRICES[plan]) for row in zip(*columns, strict=True)),
        )

    @property
    def rows(self) -> int:
        """Events so far."""
        return self._events

    def close(self) -> None:
        """Finish the database."""
        self._base.close()


def _membership(who: np.ndarray) -> list[str]:
    made: list[str] = ids("M-", who).to_pylist()
    return made


def _naive(at: np.ndarray) -> list[str]:
    text = np.datetime_as_string(at.astype("datetime64[s]"))
    return [moment.replace("T", " ") for moment in text.tolist()]
