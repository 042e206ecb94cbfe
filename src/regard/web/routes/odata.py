"""The OData feed: what it holds, its description, its tables in pages, and how many rows they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from regard.access import Permission
from regard.web.api.printing import as_json
from regard.web.odata.feed import page, read_options, total
from regard.web.odata.model import METRICS, SETS, metadata
from regard.web.routing import Area
from regard.web.views import feed
from regard.web.visit import Visiting

if TYPE_CHECKING:
    from regard.web.odata.model import EntityType

AREA = Area("odata")
ROOT = "/odata/v4"
VERSION = {"odata-version": "4.0"}
MEDIA = "application/json;odata.metadata=minimal"


@AREA.api(f"{ROOT}/", needs=Permission.EXPORT, include_in_schema=False)
def service(visit: Visiting) -> Response:
    """Answer which tables there are."""
    tables = [{"name": name, "kind": "EntitySet", "url": name} for name in SETS]
    return as_json({"@odata.context": f"{_root(visit)}/$metadata", "value": tables}, headers=VERSION, media=MEDIA)


@AREA.api(f"{ROOT}/$metadata", needs=Permission.EXPORT, include_in_schema=False)
def described(visit: Visiting) -> Response:
    """Answer the description of the tables."""
    del visit
    return Response(metadata(), headers=VERSION, media_type="application/xml")


@AREA.api(
    f"{ROOT}/{{table}}", needs=Permission.EXPORT, include_in_schema=False, examples=lambda _: (f"{ROOT}/{METRICS}",)
)
def table(visit: Visiting, table: str) -> Response:
    """Answer a page of a table."""
    of = _known(table)
    given = dict(visit.query)
    asked = read_options(given, of)
    told = page(feed.units(visit.workspace, table), asked, f"{_root(visit)}/{table}", given)
    context = f"{_root(visit)}/$metadata#{table}" + (f"({','.join(asked.select)})" if asked.select else "")
    return as_json({"@odata.context": context, **told}, headers=VERSION, media=MEDIA)


@AREA.api(
    f"{ROOT}/{{table}}/$count",
    needs=Permission.EXPORT,
    include_in_schema=False,
    examples=lambda _: (f"{ROOT}/{METRICS}/$count",),
)
def count(visit: Visiting, table: str) -> Response:
    """Answer how many rows of a table pass a filter."""
    asked = read_options(dict(visit.query), _known(table))
    return PlainTextResponse(str(total(feed.units(visit.workspace, table), asked)), headers=VERSION)


def _root(visit: Visiting) -> str:
    return f"{str(visit.request.base_url).rstrip('/')}{ROOT}"


def _known(table: str) -> EntityType:
    """Return the sort of a table's rows.

    Raises:
        HTTPException: 404, there is no such table.
    """
    if table not in SETS:
        raise HTTPException(404, f"the feed has no table '{table}'; it has {', '.join(SETS)}")
    return SETS[table]
