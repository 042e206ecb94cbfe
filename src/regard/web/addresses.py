"""Where a request came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request


def address_of(request: Request) -> str:
    """Return the address of whoever asks, "" where there is none."""
    return request.client.host if request.client else ""
