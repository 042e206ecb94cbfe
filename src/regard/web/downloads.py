"""Files that a page hands out: each says its type, is saved and never opened in place, and runs nowhere."""

from __future__ import annotations

import json
import re

from starlette.responses import Response

TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "svg": "image/svg+xml"}
UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


def download(kind: str, name: str, body: str | object) -> Response:
    """Return a file.

    Args:
        kind: one of `TYPES`.
        name: of the file, without its ending; signs that a file name should not have are left out.
        body: its text; of JSON the value.

    Raises:
        ValueError: a number of the JSON is NaN or infinite.
    """
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, allow_nan=False, indent=1)
    # The mark at its beginning tells spreadsheets that it is UTF-8.
    data = ("\N{BYTE ORDER MARK}" if kind == "csv" else "") + text
    file = f"{UNSAFE.sub('-', name).strip('-.') or 'numbers'}.{kind}"
    return Response(
        data.encode(), media_type=TYPES[kind], headers={"content-disposition": f'attachment; filename="{file}"'}
    )
