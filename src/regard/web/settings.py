"""How the pages are served: to which names, with or without signing in, over TLS or not."""

from __future__ import annotations

import math
from dataclasses import dataclass

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""Names by which a machine calls itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the pages are served.

    Attributes:
        hosts: names under which the server answers, without port; a request for any other is refused.
        sign_in: whether people sign in. Without, whoever reaches the server may do all that an admin may; so only a
            server that other machines cannot reach may be without.
        secure: whether browsers reach it over TLS: cookies are then bound to it, and browsers told to stay with it.
        demo: whether it shows the example company, and says so.
        patience_s: seconds that a reader waits for the page of newer data before the earlier one is shown; without end
            by default, so that whoever has just loaded sees it.
        look_s: seconds after which an open page looks for newer data again.
    """

    hosts: tuple[str, ...] = LOOPBACK
    sign_in: bool = True
    secure: bool = False
    demo: bool = False
    patience_s: float = math.inf
    look_s: int = 15
