"""Pages that are kept: made once for all who see the same, packed once, and told apart by what they hold.

A page is kept under who sees the same (role and rows), its address with filters and the version of the definitions, so
nobody is shown what somebody else may see; and for one state of the data. When the data have changed, the page is made
anew behind the scenes; whoever asks meanwhile waits a moment, then gets the page of the earlier data, which says as of
when it is: a load holds no reader up.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request

Key: TypeAlias = tuple[str, ...]
LONGEST = 60.0
"""Seconds that a page is kept: how old something is grows without anything that changes."""
EARLIER = 300.0
"""Seconds after which a page is too old to be shown while a newer one is made."""
MAKERS = 2
"""Pages that are made anew at once while readers have the earlier ones: readers come first."""
ROOM = 16 * 1024 * 1024
"""Bytes of all pages that are kept, as packed: some thousands."""
MADE_ANEW = ("content-type", "content-length")
"""Headers that an answer from the cache gets anew."""
PACKED_FROM = 500
"""Bytes from which packing is worth it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is kept.

    Attributes:
        body: as it is kept.
        packed: whether that is gzip, as nearly all readers take it; one too small to gain is kept as it is.
        kind: media type, with the character set.
        headers: its own, such as a file name.
        tag: tells its content apart from any other.
        data: state of the data that it was made from.
        made: when, on the clock of the cache.
    """

    body: bytes
    packed: bool
    kind: str
    headers: dict[str, str]
    tag: str
    data: str
    made: float


class Pages:
    """Keeps pages, those asked for last as long as there is room."""

    def __init__(
        self, *, room: int = ROOM, patience: float = math.inf, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Keep nothing yet.

        Args:
            room: bytes of all pages.
            patience: seconds that a reader waits for a newer page where there is an earlier one.
            clock: seconds.
        """
        self._room, self._patience, self._clock = room, patience, clock
        self._makers = ThreadPoolExecutor(MAKERS, "page")
        self._begun: dict[Key, Future[Page | Response]] = {}
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._size = 0
        self._lock = Lock()
        self._making: dict[Key, Lock] = {}

    def answer(self, key: Key, request: Request, make: Callable[[], Response], data: str = "") -> Response:
        """Return a page, from what is kept or made now; of many that ask at once one makes it and all have it.

        Where there is a page of earlier data it is shown to whoever has waited long enough for the newer one, and to
        whoever comes while another makes it. An open page that asks for new numbers (htmx) waits for them: its reader
        has the earlier ones before their eyes.

        What is no plain page (an error, a redirect, a stream, one that sets a cookie) is handed on and not kept.
        """
        page = self._found(key, data)
        if page is None:
            earlier = None if "hx-request" in request.headers else self._earlier(key)
            made = self._anew(key, make, data) if earlier is None else self._behind(key, make, data, earlier)
            if not isinstance(made, Page):
                return made
            page = made
        return _response(page, request)

    def _anew(self, key: Key, make: Callable[[], Response], data: str) -> Page | Response:
        """Make a page, or wait for whoever makes it."""
        with self._turn(key):
            page = self._found(key, data)
            if page is None:
                response = make()
                page = self._keep(key, response, data)
                if page is None:
                    return response
        return page

    def _behind(self, key: Key, make: Callable[[], Response], data: str, earlier: Page) -> Page | Response:
        """Have a page made, and return it if that is done soon; else the earlier one."""
        with self._lock:
            making = self._making.get(key)
            if key in self._begun or (making is not None and making.locked()):
                # Only who comes first waits: many who wait are many threads that cannot answer others.
                return earlier
            begun = self._begun[key] = self._makers.submit(self._anew, key, make, data)
        begun.add_done_callback(lambda _: self._begun.pop(key, None))
        try:
            return begun.result(None if math.isinf(self._patience) else self._patience)
        except TimeoutError:
            return earlier

    @contextmanager
    def _turn(self, key: Key) -> Iterator[None]:
        """Let one after another make a page, so that those who wait find it made."""
        with self._lock:
            making = self._making.setdefault(key, Lock())
        try:
            with making:
                yield
        finally:
            with self._lock:
                self._making.pop(key, None)

    def _found(self, key: Key, data: str) -> Page | None:
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.data != data or self._clock() >= page.made + LONGEST:
                return None
            self._pages.move_to_end(key)
            return page

    def _earlier(self, key: Key) -> Page | None:
        """Return the page of earlier data, unless it is very old."""
        with self._lock:
            page = self._pages.get(key)
            return None if page is None or self._clock() >= page.made + EARLIER else page

    def _keep(self, key: Key, response: Response, data: str) -> Page | None:
        body = getattr(response, "body", None)
        if response.status_code != 200 or not isinstance(body, bytes) or "set-cookie" in response.headers:  # noqa: PLR2004 - OK
            return None
        kind = response.headers.get("content-type", "")
        own = {
            name: value for name, value in response.headers.items() if name not in ("content-type", "content-length")
        }
        tag = hashlib.sha256(body).hexdigest()[:32]
        packed = len(body) >= PACKED_FROM
        page = Page(gzip.compress(body, 6, mtime=0) if packed else body, packed, kind, own, tag, data, self._clock())
        with self._lock:
            self._drop(key)
            self._pages[key] = page
            self._size += len(page.body)
            while self._size > self._room and len(self._pages) > 1:
                self._drop(next(iter(self._pages)))
        return page

    def _drop(self, key: Key) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            self._size -= len(page.body)


def _response(page: Page, request: Request) -> Response:
    headers = page.headers | {
        "etag": f'W/"{page.tag}"',
        "cache-control": "private, no-cache",
        "vary": "accept-encoding, cookie, authorization",
    }
    if page.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if not page.packed:
        return Response(page.body, headers=headers, media_type=page.kind)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(page.body), headers=headers, media_type=page.kind)
    return Response(page.body, headers=headers | {"content-encoding": "gzip"}, media_type=page.kind)
