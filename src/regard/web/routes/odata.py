"""The OData feed: what it holds, its description, its tables in pages, and how many rows they have."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from regard.access import Permission
from regard.web.api.printing import as_json
from regard.web.odata.feed import page, read_options, selected, total
from regard.web.odata.filters import keyed
from regard.web.odata.model import METRICS, SETS, metadata
from regard.web.routing import Area
from regard.web.views import feed
from regard.web.visit import Visiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.web.odata.model import EntityType
    from regard.workspace import Workspace

AREA = Area("odata")
KEYED = re.compile(r"(?P<table>[A-Za-z]+)\((?P<key>.*)\)", re.DOTALL)
"""A table with the key of one of its rows."""
ROOT = "/odata/v4"
VERSION = {"odata-version": "4.0"}
MEDIA = "application/json;odata.metadata=minimal"


def _examples(workspace: Workspace) -> Sequence[str]:
    return (f"{ROOT}/{METRICS}", f"{ROOT}/{METRICS}('{next(iter(workspace.catalogue.metrics))}')")


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
    f"{ROOT}/{{table}}/$count",
    needs=Permission.EXPORT,
    include_in_schema=False,
    examples=lambda _: (f"{ROOT}/{METRICS}/$count",),
)
def count(visit: Visiting, table: str) -> Response:
    """Answer how many rows of a table pass a filter."""
    asked = read_options(dict(visit.query), _known(table))
    return PlainTextResponse(str(total(feed.units(visit.workspace, table), asked)), headers=VERSION)


@AREA.api(f"{ROOT}/{{table:path}}", needs=Permission.EXPORT, include_in_schema=False, examples=_examples)
def table(visit: Visiting, table: str) -> Response:
    """Answer a page of a table, or the row that a key in parentheses names."""
    named = KEYED.fullmatch(table)
    if named:
        return _row(visit, named["table"], named["key"])
    of = _known(table)
    given = dict(visit.query)
    asked = read_options(given, of)
    told = page(feed.units(visit.workspace, table), asked, f"{_root(visit)}/{table}", given)
    context = f"{_root(visit)}/$metadata#{table}{selected(asked)}"
    return as_json({"@odata.context": context, **told}, headers=VERSION, media=MEDIA)


def _row(visit: Visiting, table: str, key: str) -> Response:
    of = _known(table)
    rows = feed.units(visit.workspace, table)
    asked = read_options({**visit.query, "$filter": keyed(key, of)}, of)
    found = page(rows, replace(asked, count=False, top=1, skip=0), "", {})["value"]
    if not found:
        raise HTTPException(404, f"{table} has no row ({key})")
    context = f"{_root(visit)}/$metadata#{table}{selected(asked)}/$entity"
    return as_json({"@odata.context": context, **found[0]}, headers=VERSION, media=MEDIA)


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
