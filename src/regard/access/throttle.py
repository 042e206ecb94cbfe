"""How often somebody may try: after a few failures the wait doubles, for the account and for the address alike."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FREE = 5
"""Failures that cost nothing: people mistype."""
LONGEST = 900.0
"""Seconds of the longest wait, after which failures are forgotten too."""
MOST = 10_000
"""Names that are remembered; beyond, the oldest is forgotten, so that memory has an end."""


@dataclass
class Throttle:
    """Counts failures by name, in this process.

    Attributes:
        clock: gives seconds that only go forward.
        free: failures that cost nothing.
    """

    clock: Callable[[], float] = time.monotonic
    free: int = FREE
    _failed: OrderedDict[str, tuple[int, float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def wait(self, *names: str) -> float:
        """Return the seconds until somebody of these names may try again, 0 for now."""
        now = self.clock()
        with self._lock:
            return max([0.0, *(self._until(name) - now for name in names)])

    def failed(self, *names: str) -> None:
        """Count a failure for each name."""
        now = self.clock()
        with self._lock:
            for name in names:
                count, last = self._failed.pop(name, (0, now))
                self._failed[name] = ((count if now - last < LONGEST else 0) + 1, now)
            while len(self._failed) > MOST:
                self._failed.popitem(last=False)

    def passed(self, name: str) -> None:
        """Forget the failures of a name."""
        with self._lock:
            self._failed.pop(name, None)

    def undo(self, name: str) -> None:
        """Take back one failure of a name: it was counted before it was known to be none."""
        with self._lock:
            if name in self._failed:
                count, last = self._failed[name]
                self._failed[name] = (count - 1, last)

    def _until(self, name: str) -> float:
        count, last = self._failed.get(name, (0, 0.0))
        over = count - self.free
        return last + min(2.0**over, LONGEST) if over >= 0 else 0.0
