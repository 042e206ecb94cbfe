"""The route table: one file for each area, listed here in the order of the menu."""

from __future__ import annotations

from regard.web.routes import (
    account,
    add,
    admin,
    api,
    api_pages,
    boards,
    explore,
    incidents,
    live,
    method,
    metrics,
    odata,
    openid,
    quality,
    reports,
)

AREAS = (
    boards.AREA,
    metrics.AREA,
    explore.AREA,
    incidents.AREA,
    reports.AREA,
    quality.AREA,
    add.AREA,
    live.AREA,
    api.AREA,
    api_pages.AREA,
    odata.AREA,
    admin.AREA,
    method.AREA,
    account.AREA,
    openid.AREA,
)
"""Every area whose routes exist. A file that is not listed here has no address."""
