"""What the app itself saw: requests of its users, good or not, as the telemetry pipeline keeps them.

Requests lie between two orders of an open account, as all that customers do here. They fail for those whom an incident
of the app's journeys hit, for as long as it did, and once for people in the west whom no incident tells of.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from regard.demo.customers import REGIONS
from regard.demo.files import Parquet, blank, ids, stamp, words
from regard.demo.story import HOUR, ZONE, Month
from regard.demo.trouble import MINUTE, incidents

if TYPE_CHECKING:
    from pathlib import Path

    from regard.demo.customers import Population
    from regard.demo.shop import Orders
    from regard.demo.trouble import Trouble

KEPT_FROM = "2026-06"
"""First month that the pipeline still has."""
JOURNEYS = ("browse", "search", "checkout", "tracking", "sign_in")
SERVICES = ("shop", "search", "payments", "tracking", "accounts")
SEEN = (121, 125)
"""Numbers of the incidents that the app's own requests show."""
UNREPORTED_AT, UNREPORTED_MINUTES = "2026-06-18T20:10", 38
"""Search in the app fails in the west, and nobody notices."""
EVERY = 5 * MINUTE
"""How often somebody tries who waits for something to work again."""
PATIENCE = (15 * MINUTE, 60 * MINUTE)
"""How long somebody tries before giving up, at least and at most."""
SYNC = 14 * MINUTE
"""How often the app asks for something by itself while it is open."""
ROOM = 6 * HOUR
"""Longer than any session."""


class Telemetry:
    """Requests month by month."""

    def __init__(self, folder: Path, people: Population, trouble: Trouble, *, seed: int) -> None:
        """Open `ops/telemetry.parquet`."""
        self.people, self.trouble, self.seed = people, trouble, seed
        self.requests = Parquet(folder / "ops" / "telemetry.parquet")
        self._seen = 0
        self.unreported = 0
        self._incidents = [incident for incident in incidents() if incident.number in SEEN]

    def month(self, month: Month, orders: Orders) -> None:
        """Let a month happen."""
        if month.label < KEPT_FROM:
            return
        rng = month.rng(self.seed, 9)
        begun = np.maximum(orders.since, month.start)
        using = np.flatnonzero(self.people["app"][orders.who] & (orders.since < orders.at) & (orders.at - begun > ROOM))
        parts = [self._sessions(rng, orders, begun, using)]
        for incident in self._incidents:
            if month.start <= incident.at < month.end:
                hit, end, lost = self.trouble.hit[incident.number]
                felt = dict(zip(hit.tolist(), (end - lost).tolist(), strict=True))
                here = self._between(orders, begun, using, hit, incident.at, incident.end)
                start = np.array([felt[who] for who in orders.who[here].tolist()], dtype=int)
                journey = JOURNEYS.index(incident.told["journey"])
                parts.append(self._trying(rng, orders.who[here], start, np.full(len(here), incident.end), journey))
        dark = int(datetime.fromisoformat(UNREPORTED_AT).replace(tzinfo=ZoneInfo(ZONE)).timestamp())
        if month.start <= dark < month.end:
            west = np.flatnonzero(self.people["region"] == REGIONS.index("west"))
            light = dark + UNREPORTED_MINUTES * MINUTE
            who = orders.who[self._between(orders, begun, using, west, dark, light)]
            self.unreported = len(who)
            parts.append(self._trying(rng, who, np.full(len(who), dark), np.full(len(who), light), 1))
        self._write(parts)

    @staticmethod
    def _between(
        orders: Orders, begun: np.ndarray, using: np.ndarray, who: np.ndarray, start: int, end: int
    ) -> np.ndarray:
        """Orders of these customers before which the account was open, from an hour before to an hour after."""
        found: np.ndarray = using[
            np.isin(orders.who[using], who) & (begun[using] < start - HOUR) & (orders.at[using] > end + HOUR)
        ]
        return found

    @staticmethod
    def _sessions(
        rng: np.random.Generator, orders: Orders, begun: np.ndarray, using: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Everyday use: a session now and then, some ten requests each, of which hardly any fails."""
        often = np.repeat(using, rng.poisson(2.2, len(using)))
        start = begun[often] + (rng.random(len(often)) * (orders.at[often] - begun[often] - ROOM)).astype(int)
        length = rng.integers(4, 18, len(often))
        session = np.repeat(np.arange(len(often)), length)
        step = np.arange(len(session)) - np.repeat(np.cumsum(length) - length, length)
        at = start[session] + step * SYNC + rng.integers(0, 90, len(session))
        journey = rng.choice(5, len(session), p=(0.42, 0.24, 0.12, 0.14, 0.08))
        return orders.who[often][session], at, rng.random(len(session)) > 0.0002, journey

    @staticmethod
    def _trying(
        rng: np.random.Generator, who: np.ndarray, start: np.ndarray, end: np.ndarray, journey: int
    ) -> tuple[np.ndarray, ...]:
        """Requests every few minutes from before a failure: good, then bad until one gives up or it is over."""
        gives_up = start + rng.integers(*PATIENCE, len(who))
        tries = (np.minimum(end, gives_up) - start) // EVERY + 6
        row = np.repeat(np.arange(len(who)), tries)
        step = np.arange(len(row)) - np.repeat(np.cumsum(tries) - tries, tries)
        at = start[row] + (step - 3) * EVERY + np.where(step == 3, 0, rng.integers(0, 90, len(row)))
        good = (at < start[row]) | (at >= end[row])
        return who[row], at, good, np.full(len(row), journey)

    def _write(self, parts: list[tuple[np.ndarray, ...]]) -> None:
        who, at, good, journey = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        order = np.lexsort((who, at))
        number = self._seen + 1 + np.arange(len(order))
        self._seen += len(order)
        self.requests.write(
            {
                "request_id": ids("Q-", number, 8),
                "customer_id": ids("C-", who[order]),
                "happened_at": stamp(at[order]),
                "journey": words(JOURNEYS, journey[order]),
                "service": words(SERVICES, journey[order]),
                "ok": good[order],
                "milliseconds": blank(np.where(good[order], 180 + (at[order] * 7919) % 400, 0), ~good[order]),
            }
        )

    def close(self) -> None:
        """Finish the file."""
        self.requests.close()
