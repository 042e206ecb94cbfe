"""The route table: one file for each area, listed here in the order of the menu."""

from __future__ import annotations

from regard.web.routes import account, add, admin, api, home, incidents, odata, quality, reports

AREAS = (
    home.AREA,
    incidents.AREA,
    reports.AREA,
    quality.AREA,
    add.AREA,
    api.AREA,
    odata.AREA,
    admin.AREA,
    account.AREA,
)
"""Every area whose routes exist. A file that is not listed here has no address."""
