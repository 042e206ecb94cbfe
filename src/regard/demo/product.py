"""What members do in Harbor's app: logins and features used, as product analytics exports them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from regard.demo.files import Parquet, ids, stamp, words
from regard.demo.story import HOUR, Month

if TYPE_CHECKING:
    from pathlib import Path

    from regard.demo.customers import Population
    from regard.demo.shop import Orders

KINDS = ("login", "feature")
FEATURES = ("wishlist", "order_tracking", "boat_profile", "reorder")


class Product:
    """App events month by month, each between two orders of an open account."""

    def __init__(self, folder: Path, people: Population, *, seed: int) -> None:
        """Open `app/events.parquet`."""
        self.people, self.seed = people, seed
        self.events = Parquet(folder / "app" / "events.parquet")
        self._seen = 0

    def month(self, month: Month, orders: Orders) -> None:
        """Let a month happen."""
        rng = month.rng(self.seed, 5)
        begun = np.maximum(orders.since, month.start)
        between = np.flatnonzero(
            self.people["app"][orders.who] & (orders.since < orders.at) & (orders.at - begun > HOUR)
        )
        often = np.repeat(between, rng.poisson(1.4, len(between)))
        login = begun[often] + (rng.random(len(often)) * (orders.at[often] - begun[often] - 600)).astype(int)
        used = np.flatnonzero(rng.random(len(often)) < 0.5)
        order = np.concatenate([often, often[used]])
        at = np.concatenate([login, login[used] + rng.integers(10, 500, len(used))])
        kind = np.repeat([0, 1], [len(often), len(used)])
        feature = np.where(kind == 1, rng.choice(4, len(order), p=(0.35, 0.4, 0.1, 0.15)), -1)
        sort = np.argsort(at, kind="stable")
        number = self._seen + 1 + np.arange(len(order))
        self._seen += len(order)
        self.events.write(
            {
                "event_id": ids("E-", number, 8),
                "customer_id": ids("C-", orders.who[order][sort]),
                "event": words(KINDS, kind[sort]),
                "feature": words(FEATURES, feature[sort]),
                "happened_at": stamp(at[sort]),
            }
        )

    def close(self) -> None:
        """Finish the file."""
        self.events.close()
