"""How visitors move through Harbor's site: visits as web analytics exports them, for a sample of the visitors.

A visitor is known by name only between two orders of an account that stayed open, so that a visit never outlives the
last order: being active and having ordered are one thing at Harbor.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from regard.demo.customers import SOURCES, Population
from regard.demo.files import Lines, blank, ids, iso, words
from regard.demo.shop import DEVICES, Orders
from regard.demo.story import HOUR, NEVER, Month, pick, quota

if TYPE_CHECKING:
    from pathlib import Path

LANDINGS = ("home", "product", "campaign", "guide")
CHANNELS = ("web", "app")
VISITS = 3_800
"""Visits in the sample in an average month at scale 1."""
CONVERSION, NAMED, BOTS = 0.031, 0.16, 0.09
"""Shares of the visits: that end in an order, of a known customer, of machines."""
STEPS = (0.58, 0.115, 0.062, 0.050)
"""Shares of visits without an order that still reach product, cart, checkout and payment."""


class Web:
    """Visits month by month."""

    def __init__(self, folder: Path, people: Population, *, scale: float, seed: int) -> None:
        """Open `web/visits.jsonl`."""
        self.people, self.scale, self.seed = people, scale, seed
        self.visits = Lines(folder / "web" / "visits.jsonl")
        self._seen = 0

    def month(self, month: Month, orders: Orders) -> None:
        """Let a month happen."""
        rng = month.rng(self.seed, 4)
        size = max(50, quota(VISITS * self.scale * month.goal["season"], 1))
        online = np.flatnonzero((orders.channel < 2) & (orders.at > month.start + 2 * HOUR))
        bought = pick(rng, online, quota(CONVERSION, size))
        between = np.flatnonzero(orders.since < orders.at - 2 * HOUR)
        named = pick(rng, between, quota(NAMED, size))
        unnamed = size - len(bought) - len(named)
        kind = np.repeat([0, 1, 2], [len(bought), len(named), unnamed])
        about = np.concatenate([bought, named, np.full(unnamed, -1)])
        length = np.clip(rng.gamma(0.9, 260, size), 2, 5_000).astype(int) + np.where(kind == 0, 240, 0)
        early = np.maximum(orders.since[named], month.start)
        late = orders.at[named] - 2 * HOUR
        start = np.concatenate(
            [
                orders.at[bought] - (length[: len(bought)] * rng.uniform(0.55, 0.9, len(bought))).astype(int),
                np.maximum(early + (rng.random(len(named)) * (late - early)).astype(int), month.start),
                month.start + (rng.random(unnamed) * (month.end - month.start - 2 * HOUR)).astype(int),
            ]
        )
        bot = (kind == 2) & (rng.random(size) < BOTS / 0.8)
        reach = rng.random(size)
        at = [
            np.where(
                (kind == 0) | ((reach < share) & ~bot),
                start + (length * (0.1 + 0.1 * step) * rng.uniform(0.7, 1.0, size)).astype(int),
                NEVER,
            )
            for step, share in enumerate(STEPS)
        ]
        bought_at = np.concatenate([orders.at[bought], np.full(size - len(bought), NEVER)])
        for earlier, later in pairwise(at):
            np.maximum(earlier, later, out=later, where=later < NEVER)
        at = [np.where(bought_at < NEVER, np.minimum(moment, bought_at), moment) for moment in at]
        end = np.maximum(start + length, np.where(bought_at < NEVER, bought_at + 20, 0))
        deepest = sum((moment < NEVER).astype(int) for moment in at)
        load = np.round(rng.gamma(6.0, 230, size) * np.where(bot, 0.4, 1.0)).astype(int)
        app = self.people["app"][orders.who[about]] & (kind == 1) & (rng.random(size) < 0.5)
        device = np.where(kind == 0, orders.device[about], np.where(app, 1, rng.choice(3, size, p=(0.46, 0.46, 0.08))))
        channel = np.where(kind == 0, orders.channel[about], app.astype(int))
        source = np.where(kind == 0, orders.source[about], rng.choice(6, size, p=(0.30, 0.19, 0.09, 0.12, 0.01, 0.29)))
        order = np.argsort(start, kind="stable")
        visitor = np.where(kind < 2, orders.who[about], 5_000_000 + self._seen + rng.integers(0, 1 + size // 2, size))
        number = self._seen + 1 + np.arange(size)
        self._seen += size
        self.visits.write(
            {
                "visit_id": ids("V-", number, 8),
                "visitor": ids("a", visitor[order], 9),
                "customer_id": ids("C-", np.where(kind < 2, orders.who[about], -1)[order]),
                "started": iso(start[order]),
                "ended": iso(end[order]),
                "pages": (1 + deepest * 2 + rng.poisson(1.3, size))[order],
                "source": words(SOURCES, source[order]),
                "channel": words(CHANNELS, channel[order]),
                "device": words(DEVICES, device[order]),
                "landing": words(LANDINGS, rng.choice(4, size, p=(0.38, 0.34, 0.18, 0.10))),
                "product_seen": iso(at[0][order]),
                "cart": iso(at[1][order]),
                "checkout": iso(at[2][order]),
                "payment": iso(at[3][order]),
                "bought": iso(bought_at[order]),
                "order_id": ids("O-", np.where(kind == 0, orders.number[about], -1)[order], 8),
                "errors": rng.poisson(np.where(load > 2_400, 0.5, 0.03))[order],
                "p75_load_ms": blank(load[order], rng.random(size) < 0.04),
                "bot": bot[order],
            }
        )

    def close(self) -> None:
        """Finish the file."""
        self.visits.close()
