"""What an order is, as a test in SQL."""

from __future__ import annotations


def stands(until: int) -> str:
    """Return the test whether a row of `order` is no credit note and not cancelled by then."""
    return f"(NOT is_credit AND COALESCE(cancelled_at > {until}, TRUE))"
