"""Personal data in free text: found by form, and replaced by what it was, before the text is kept.

What has a form is found (addresses, numbers); what has none, such as a name, cannot be. So texts that people write are
told beside the field that names do not belong there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DIGITS = re.compile(r"\D")
CARD = range(13, 20)
"""Digits of a payment card (ISO/IEC 7812)."""
PHONE = range(7, 16)
"""Digits of a telephone number (ITU-T E.164 allows 15)."""
NINE = 9
IBAN_MODULUS, IBAN_REST = 97, 1
"""ISO 13616: the number read with letters as 10 to 35 leaves 1 when divided by 97."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without the personal data that have a form.

    Attributes:
        text: what is left.
        found: what was taken out, kind by kind, such as ("email", 2).
    """

    text: str
    found: tuple[tuple[str, int], ...]


def masked(text: str) -> Masked:
    """Return a text in which e-mail addresses, cards, accounts, telephone and network addresses are replaced."""
    found: list[tuple[str, int]] = []
    for kind, (pattern, is_one) in FORMS.items():
        count = 0

        def replaced(match: re.Match[str], kind: str = kind, is_one: Callable[[str], bool] = is_one) -> str:
            nonlocal count
            if not is_one(match[0]):
                return match[0]
            count += 1
            return f"[{kind}]"

        text = pattern.sub(replaced, text)
        if count:
            found.append((kind, count))
    return Masked(text, tuple(found))


def _card(text: str) -> bool:
    """Whether digits are those of a card: its length, and its check digit (Luhn, ISO/IEC 7812-1)."""
    digits = [int(sign) for sign in DIGITS.sub("", text)]
    doubled = [2 * each - (NINE if 2 * each > NINE else 0) for each in digits[-2::-2]]
    return len(digits) in CARD and (sum(digits[::-2]) + sum(doubled)) % 10 == 0


def _iban(text: str) -> bool:
    plain = text.replace(" ", "").upper()
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % IBAN_MODULUS == IBAN_REST


def _phone(text: str) -> bool:
    """Whether digits are those of a telephone: enough of them, and neither a date nor a time."""
    return len(DIGITS.sub("", text)) in PHONE and not DATED.search(text)


def _always(text: str) -> bool:
    del text
    return True


DATED = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[.:]\d{2}\b")

FORMS = {
    "email": (re.compile(r"[^\s@<>,;:]+@[^\s@<>,;:]+\.[A-Za-z]{2,}"), _always),
    "account": (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _iban),
    "card": (re.compile(r"\b\d(?:[ -]?\d){12,18}\b"), _card),
    "network address": (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"), _always),
    "telephone": (re.compile(r"(?<![\w-])(?:\+|\(0|0)[\d ()/.-]{6,18}\d(?![\w-])"), _phone),
}
"""Kind -> how it is written, and what else must hold; the first that fits takes it."""
