"""Passwords: hashed so slowly that guessing is dear, and checked so that a name that nobody has costs the same."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from regard.errors import QuestionError

LEAST, MOST = 12, 256
"""Characters of a password. NIST SP 800-63B asks for length, not for capitals and digits; the end keeps work small."""

_HASHER = PasswordHasher()  # RFC 9106, low memory: 64 MiB, three passes


def check_new(password: str, name: str) -> None:
    """Refuse a password that is too easy to guess.

    Raises:
        QuestionError: saying why.
    """
    if len(password) < LEAST:
        raise QuestionError(f"the password has {len(password)} characters; take at least {LEAST}: a sentence is best")
    if len(password) > MOST:
        raise QuestionError(f"the password has {len(password)} characters; take at most {MOST}")
    if password.casefold() in (name.casefold() * 3) or len(set(password)) < LEAST // 3:
        raise QuestionError("the password repeats itself or your name; a sentence is best")


def hashed(password: str) -> str:
    """Return the slow hash of a password; takes a tenth of a second and 64 MiB."""
    return _HASHER.hash(password)


@cache
def _nobody() -> str:
    """Return what is checked where there is no account, so that the time that it takes does not tell."""
    return _HASHER.hash("nobody has this password")


def verified(password: str, known: str) -> tuple[bool, bool]:
    """Return whether a password is the one that was hashed, and whether its hash is older than today's rules.

    Args:
        password: as typed.
        known: its hash, "" where there is no account or no password: then it takes as long, and is wrong.
    """
    try:
        _HASHER.verify(known or _nobody(), password[:MOST])
    except (VerificationError, InvalidHashError):
        return False, False
    return bool(known), bool(known) and _HASHER.check_needs_rehash(known)
