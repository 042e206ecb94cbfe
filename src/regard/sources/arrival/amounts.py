"""How amounts are written: a number with the sign or the code of its currency before or after it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SIGNS: Mapping[str, str] = {
    "$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "CA$": "CAD", "AU$": "AUD", "NZ$": "NZD",
    "R$": "BRL",
}  # fmt: skip
"""Sign -> the currency (ISO 4217) that it most often stands for; $ and ¥ are those of several countries."""
CODES = frozenset({
    "AED", "AUD", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS",
    "INR", "JPY", "KRW", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "SAR", "SEK", "SGD", "THB", "TRY", "TWD",
    "UAH", "USD", "VND", "ZAR",
})  # fmt: skip
"""Currencies (ISO 4217) that are looked for beside numbers and in headers."""
_SIGN = "|".join(re.escape(sign) for sign in sorted((*SIGNS, *CODES), key=len, reverse=True))
PRICED = re.compile(rf"-?(?:({_SIGN}) ?\d[\d.,' ]*|\d[\d.,' ]*? ?({_SIGN}))\Z")


def sign(counts: Sequence[tuple[str, int]], filled: int) -> str:
    """Return what stands beside most numbers of a column, as it is written; "" for nothing.

    Args:
        counts: texts with how often each stands there.
        filled: how many of them say something.
    """
    seen: Counter[str] = Counter()
    for text, count in counts:
        found = PRICED.match(text)
        if found is not None:
            seen[found[1] or found[2]] += count
    best, often = seen.most_common(1)[0] if seen else ("", 0)
    return best if often > filled / 2 else ""


def bare(text: str, beside: str) -> str:
    """Return a number without what stands beside it."""
    before = "-" if text.startswith("-") else ""
    return before + text.removeprefix("-").removeprefix(beside).removesuffix(beside).strip()
