"""Static files: read once, packed once, kept by browsers for ever, since their address holds their hash."""

from __future__ import annotations

import gzip
from functools import cache
from mimetypes import guess_type
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

from regard.web.templates import STATIC, VERSIONS

if TYPE_CHECKING:
    from starlette.requests import Request

FOR_EVER = "public, max-age=31536000, immutable"


async def static_file(request: Request) -> Response:
    """Return a file of `web/static/`, whose version is the one asked for."""
    name, version = request.path_params["name"], request.path_params["version"]
    if VERSIONS.get(name) != version:
        raise HTTPException(404, f"there is no static file '{name}' of that version")
    packs = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"cache-control": FOR_EVER, "vary": "accept-encoding"} | ({"content-encoding": "gzip"} if packs else {})
    kind = guess_type(name)[0] or "application/octet-stream"
    return Response(_body(name, packs=packs), media_type=kind, headers=headers)


@cache
def _body(name: str, *, packs: bool) -> bytes:
    body = (STATIC / name).read_bytes()
    return gzip.compress(body, 9, mtime=0) if packs else body
