"""What an open page asks now and then: whether there are newer data than those that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.responses import Response

from regard.access import Permission
from regard.web.routing import Area

if TYPE_CHECKING:
    from regard.web.visit import Visit

AREA = Area("live")
NOTHING_NEW = 204


@AREA.page("/live", needs=Permission.VIEW, kept=False, examples=lambda _: ("/live?have=none",))
def live(visit: Visit) -> Response:
    """Answer nothing where the page shows the newest data; else a sentence that says so and takes new numbers in."""
    snapshot = visit.workspace.snapshot()
    if snapshot is None or visit.query.get("have") == snapshot.id:
        return Response(status_code=NOTHING_NEW)
    return visit.fragment("live.html", snapshot=snapshot, page=_asking(visit))


def _asking(visit: Visit) -> str:
    """Return the address, within this server, of the page that asks."""
    found = urlsplit(visit.request.headers.get("hx-current-url", "/"))
    path = f"/{found.path.lstrip('/')}"
    return f"{path}?{found.query}" if found.query else path
