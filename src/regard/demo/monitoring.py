"""What the platform team measures of its own servers: two series of the card payments, minute by minute, for some days.

The slowest requests slow down a few minutes before customers do; how busy the processors are says nothing about it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from regard.demo.files import Csv, stamp, words
from regard.demo.story import DAY, ZONE, Month
from regard.demo.trouble import MINUTE

if TYPE_CHECKING:
    from pathlib import Path

    from regard.demo.trouble import Trouble

MEASURED = ("2026-06-02", "2026-06-07")
"""First local day that is kept, and the day after the last."""
SEEN = 121
"""Number of the incident that the slowest requests show."""
AHEAD = 3 * MINUTE
"""How long before a customer feels it."""
USUAL, SLOW, NOISE, RHYTHM = 240.0, 4_200.0, 9.0, 40.0
"""Milliseconds of the slowest percent: as a rule, more when all are hit, by chance, and between night and day."""
BUSY, SWING = 38.0, 14.0
"""Percent that the processors are busy, and the difference between night and day."""


class Monitoring:
    """Measurements, written in the month that has them."""

    def __init__(self, folder: Path, trouble: Trouble, *, seed: int) -> None:
        """Open `ops/monitoring.csv`."""
        self.trouble, self.seed = trouble, seed
        self.file = Csv(folder / "ops" / "monitoring.csv")

    def month(self, month: Month) -> None:
        """Let a month happen."""
        first, end = (int(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(ZONE)).timestamp()) for day in MEASURED)
        if not month.start <= first < month.end:
            return
        rng = month.rng(self.seed, 10)
        at = np.arange(first, end, MINUTE)
        rhythm = np.sin(2 * np.pi * (at - first) / DAY - np.pi / 2)
        series = {
            "p99_ms": USUAL + RHYTHM * rhythm + SLOW * self._hit(at + AHEAD) + rng.normal(0, NOISE, len(at)),
            "cpu_percent": BUSY + SWING * rhythm + rng.normal(0, 2, len(at)),
        }
        for name, values in series.items():
            self.file.write(
                {
                    "service": words(("payments",), np.zeros(len(at), dtype=int)),
                    "series": words((name,), np.zeros(len(at), dtype=int)),
                    "at": stamp(at),
                    "value": np.round(values, 1),
                }
            )

    def _hit(self, at: np.ndarray) -> np.ndarray:
        """Share of those whom the incident hit who feel it at these instants."""
        _, end, lost = self.trouble.hit[SEEN]
        begun, over = (np.searchsorted(np.sort(each), at, side="right") for each in (end - lost, end))
        share: np.ndarray = (begun - over) / len(end)
        return share

    def close(self) -> None:
        """Finish the file."""
        self.file.close()
