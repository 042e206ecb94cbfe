"""Whether a zone is one, by the rules that Python ships."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=256)
def known_zone(name: str) -> bool:
    """Whether there is an IANA zone of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
