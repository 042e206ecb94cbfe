"""Surrogates: whole numbers made from keys, the same on every machine and in every load, with nothing to remember."""

from __future__ import annotations

import hashlib

from regard.model.tables import BUCKETS

MASK = (1 << 63) - 1


def surrogate(text: str) -> int:
    """Return the first eight bytes of a text's md5 as a whole number, masked to 63 bits.

    A party's is made of `system:key`. Two keys share one by chance in about n^2 / 2^64 of all loads of n keys.
    """
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[:8], "big") & MASK


def bucket(text: str) -> int:
    """Return the replicate (0 to 31) of a party's `system:key`, or of `source:source_id` where a row has no party."""
    return surrogate(text) % BUCKETS
