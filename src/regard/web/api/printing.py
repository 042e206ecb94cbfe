"""How the API prints: JSON without NaN, CSV that no spreadsheet runs, pages of lists, refusals as problem details."""

from __future__ import annotations

import json
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from regard.errors import AuthorError
from regard.present import document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from regard.web.api.schemas import Paged

JSON, CSV, PROBLEM = "application/json", "text/csv; charset=utf-8", "application/problem+json"
ODATA = "/odata/"
PREFIXES = ("/api/", ODATA)
"""Below these addresses programs ask: what goes wrong is told in JSON."""
CHALLENGE = 'Bearer, Basic realm="regard", charset="UTF-8"'


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None, media: str = JSON) -> Response:
    """Return a JSON response.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    body = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(body.encode(), status, headers=dict(headers or {}), media_type=media)


def as_csv(text: str, name: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return CSV as a file of a name; the mark at its beginning tells spreadsheets that it is UTF-8."""
    file = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(b"\xef\xbb\xbf" + text.encode(), headers=file | dict(headers or {}), media_type=CSV)


def listed(
    request: Request,
    asked: Paged,
    items: Sequence[Mapping[str, object]],
    name: str,
    head: Mapping[str, object] | None = None,
) -> Response:
    """Return a page of a list, as JSON with the address of the next page or as CSV with a `Link` to it.

    Args:
        request: what is answered.
        asked: which page.
        items: the list.
        name: of the file.
        head: what JSON says besides of the whole list.
    """
    part = items[asked.offset : asked.offset + asked.limit]
    after = asked.offset + asked.limit
    following = address(request, offset=after) if after < len(items) else None
    if asked.format == "csv":
        return as_csv(lines(part), name, linked(following))
    return as_json({**(head or {}), "items": list(part), "total": len(items), "next": following})


def lines(items: Sequence[Mapping[str, object]]) -> str:
    """Return items as CSV, a line each; a column for every key that one of them has."""
    heads = list(dict.fromkeys(key for item in items for key in item))
    return document.csv(heads, ([flat(item.get(head)) for head in heads] for item in items))


def address(request: Request, **changed: object) -> str:
    """Return the address of a request with some parameters changed, from the root of the server."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changed]
    return f"{request.url.path}?{urlencode([*kept, *((name, str(value)) for name, value in changed.items())])}"


def linked(following: str | None) -> dict[str, str]:
    """Return the header that names the next page (RFC 8288)."""
    return {"link": f'<{following}>; rel="next"'} if following else {}


def flat(value: object) -> object:
    """Return a value as a cell: lists and records as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def problem(request: Request, error: Exception, status: int, words: str) -> Response | None:
    """Return what went wrong for a program, None where a person asked."""
    if not request.url.path.startswith(PREFIXES):
        return None
    mistakes: list[dict[str, object]] = []
    if isinstance(error, AuthorError):
        mistakes = [{key: value for key, value in asdict(one).items() if value} for one in error.mistakes]
    if isinstance(error, RequestValidationError):
        mistakes = [
            {"field": ".".join(str(part) for part in one["loc"][1:]), "message": one["msg"], "rule": one["type"]}
            for one in error.errors()
        ]
    # Spreadsheets ask for a name and a password: the token is the password (RFC 7617).
    headers = {"www-authenticate": CHALLENGE} if status == HTTPStatus.UNAUTHORIZED else {}
    if request.url.path.startswith(ODATA):
        return as_json({"error": {"code": str(status), "message": words}}, status, {**headers, "odata-version": "4.0"})
    told = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": words,
        "mistakes": mistakes,
    }
    return as_json(told, status, headers, PROBLEM)
