"""What Harbor spends to win customers and to look after them: the controller's sheet (Excel), one row a booking.

Marketing is booked so that the spend of a month, divided by its new customers, is what the plot says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from regard.demo.files import sheet
from regard.demo.story import Month, quota

if TYPE_CHECKING:
    from pathlib import Path

SHARES = {"search": 0.38, "social": 0.27, "affiliate": 0.13, "email": 0.07, "fairs": 0.15}
HEADER = ("booking", "from", "until", "kind", "source", "amount", "currency")


class Costs:
    """Bookings month by month; a month is booked when it is over."""

    def __init__(self, folder: Path, *, seed: int) -> None:
        """Remember where the sheet goes."""
        self.path, self.seed = folder / "finance" / "costs.xlsx", seed
        self.bookings: list[tuple[str | float | np.datetime64, ...]] = []

    def month(self, month: Month, first_orders: int, tickets: int) -> None:
        """Book a month."""
        if not month.complete:
            return
        rng = month.rng(self.seed, 7)
        first = np.datetime64(month.label, "D")
        until = (np.datetime64(month.label, "M") + 1).astype("datetime64[D]")
        share = np.array(list(SHARES.values())) * rng.uniform(0.85, 1.15, len(SHARES))
        cents = quota(month.goal["spend_per_customer"] * 100, first_orders)
        parts = np.floor(cents * share / share.sum()).astype(int)
        parts[0] += cents - parts.sum()
        for source, amount in zip(SHARES, parts.tolist(), strict=True):
            self._book(first, until, "marketing", source, amount / 100)
        self._book(first, until, "support", "", round(float(6.4 * tickets * rng.uniform(0.95, 1.05)), 2))
        self._book(first, until, "incentive", "", round(float(0.9 * tickets * rng.uniform(0.8, 1.2)), 2))

    def _book(self, first: np.datetime64, until: np.datetime64, kind: str, source: str, amount: float) -> None:
        number = f"B-{len(self.bookings) + 1:05d}"
        self.bookings.append((number, first, until, kind, source, amount, "USD"))

    def close(self) -> None:
        """Write the sheet."""
        sheet(self.path, "costs", HEADER, self.bookings)
