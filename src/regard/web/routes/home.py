"""The first page: what this workspace is, how fresh it is, and where to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.access import Permission
from regard.web.routing import Area

if TYPE_CHECKING:
    from starlette.responses import Response

    from regard.web.visit import Visit

AREA = Area("home")


@AREA.page("/", needs=Permission.VIEW, menu="Overview")
def home(visit: Visit) -> Response:
    """Show what the workspace holds; before the first load, what to do next."""
    workspace = visit.workspace
    return visit.page(
        "home.html",
        snapshot=workspace.snapshot(),
        metrics=len(workspace.catalogue.metrics),
        sources=workspace.sources,
    )
