"""Secrets that are random, such as those of sessions, tokens and links: made here, kept as hashes only."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256

TOKEN = "rgd_"  # noqa: S105 - how a token begins, so that scanners of leaked secrets know one
SHOWN = len(TOKEN) + 4
"""Characters of a token that are shown, to tell tokens apart."""

LINK = 24 * 3600 * 1_000_000
"""Microseconds for which a one-time link holds."""


def new(prefix: str = "") -> str:
    """Return a secret of 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def key(secret: str) -> str:
    """Return the hash under which a secret is known. Random secrets need no slow one: nobody guesses 256 bits."""
    return sha256(secret.encode()).hexdigest()


def derived(secret: str, use: str) -> str:
    """Return another secret for one use, which whoever has the first can make again and nobody else can."""
    return urlsafe_b64encode(hmac.digest(secret.encode(), use.encode(), "sha256")).decode().rstrip("=")


def same(given: str, known: str) -> bool:
    """Whether two secrets are the same; how long that takes tells nothing."""
    return secrets.compare_digest(given.encode(), known.encode())
