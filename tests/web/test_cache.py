"""What is kept, for how long, how much of it; and a workspace whose files change while it is served."""

from __future__ import annotations

import gzip
import threading
import time

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, StreamingResponse

from regard.web import Settings, make_app
from regard.web.cache import EARLIER, LONGEST, Pages
from regard.web.current import EVERY, Current
from regard.workspace import Workspace
from tests.cli.conftest import plain
from tests.web.people import nobody

KEY = ("who", "/", "data", "definitions")


def asks(**headers):
    """A request with headers."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})


def test_a_kept_page_is_packed_once_and_told_by_its_tag():
    """The body goes out as gzip where that is understood; who has it already is told so, without a body."""
    pages, body = Pages(), "<p>hello</p>" * 100
    first = pages.answer(KEY, asks(), lambda: HTMLResponse(body))
    again = pages.answer(KEY, asks(accept_encoding="gzip"), lambda: pytest.fail("it was kept"))
    assert first.body.decode() == gzip.decompress(again.body).decode() == body
    assert again.headers["content-encoding"] == "gzip"
    assert again.headers["content-type"] == first.headers["content-type"] == "text/html; charset=utf-8"
    had = pages.answer(KEY, asks(if_none_match=first.headers["etag"]), lambda: pytest.fail("it was kept"))
    assert (had.status_code, had.body) == (304, b"")


@pytest.mark.parametrize(
    "response",
    [
        lambda: RedirectResponse("/"),
        lambda: HTMLResponse("no", status_code=403),
        lambda: StreamingResponse(iter(["a"])),
        lambda: HTMLResponse("mine", headers={"set-cookie": "a=b"}),
    ],
)
def test_what_is_no_plain_page_is_not_kept(response):
    """An error, a redirect, a stream or a page that sets a cookie is made anew each time."""
    pages, made = Pages(), []
    for _ in range(2):
        pages.answer(KEY, asks(), lambda: made.append(1) or response())
    assert len(made) == 2
    assert pages._making == {}


def test_a_page_that_cannot_be_made_holds_nobody_up():
    """Whoever asks after a failure is not kept waiting, and gets an attempt of their own."""
    pages = Pages()
    with pytest.raises(ZeroDivisionError):
        pages.answer(KEY, asks(), lambda: HTMLResponse(str(1 / 0)))
    assert pages._making == {}
    assert pages.answer(KEY, asks(), lambda: HTMLResponse("x")).status_code == 200


def test_nothing_is_kept_too_long_or_without_end():
    """A page is made anew after a minute, and the oldest go where there is no more room."""
    now, made = [0.0], []
    pages = Pages(room=5000, clock=lambda: now[0])

    def page():
        made.append(1)
        return HTMLResponse("".join(chr(33 + i * 7919 % 90) for i in range(400)))

    pages.answer(KEY, asks(), page)
    now[0] = LONGEST + 1
    pages.answer(KEY, asks(), page)
    assert len(made) == 2
    for i in range(50):
        pages.answer((*KEY, str(i)), asks(), page)
    assert pages._size <= 5000
    assert len(pages._pages) < 20
    assert pages._making == {}


def test_pages_take_the_room_that_they_take_packed():
    """A page that packs well is kept as gzip alone, and a reader who cannot take that gets it as it was."""
    pages, body = Pages(room=50_000), "<p>hello</p>" * 5_000
    for i in range(40):
        pages.answer((*KEY, str(i)), asks(), lambda: HTMLResponse(body))
    assert len(pages._pages) == 40
    assert pages._size == sum(len(page.body) for page in pages._pages.values()) < len(body)
    again = pages.answer((*KEY, "0"), asks(), lambda: pytest.fail("it was kept"))
    assert again.body.decode() == body
    assert "content-encoding" not in again.headers
    assert again.headers["content-length"] == str(len(body))


def test_of_many_that_ask_at_once_one_makes_the_page():
    """A page that many ask for while it is being made is made once."""
    pages, made = Pages(), []

    def slow():
        made.append(1)
        time.sleep(0.1)
        return HTMLResponse("x")

    threads = [threading.Thread(target=pages.answer, args=(KEY, asks(), slow)) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(made) == 1


def test_new_data_hold_no_reader_up():
    """While one makes the page of new data, others read the earlier one; the next to ask gets the new one (R111)."""
    pages, begun, finish = Pages(), threading.Event(), threading.Event()
    pages.answer(KEY, asks(), lambda: HTMLResponse("earlier"), "first load")

    def slow():
        begun.set()
        assert finish.wait(10)
        return HTMLResponse("newer")

    maker = threading.Thread(target=pages.answer, args=(KEY, asks(), slow, "second load"))
    maker.start()
    assert begun.wait(10)
    read = pages.answer(KEY, asks(), lambda: pytest.fail("one makes it already"), "second load")
    other = pages.answer(("somebody else",), asks(), lambda: HTMLResponse("their own"), "second load")
    finish.set()
    maker.join()
    assert (read.body, other.body) == (b"earlier", b"their own")
    again = pages.answer(KEY, asks(), lambda: pytest.fail("it was kept"), "second load")
    assert again.body == b"newer"


def test_who_comes_first_after_a_load_does_not_wait_long():
    """The first reader, too, gets the earlier page where the newer one takes long; who has it open waits (R111)."""
    now, finish, made = [0.0], threading.Event(), []
    pages = Pages(patience=0.01, clock=lambda: now[0])
    pages.answer(KEY, asks(), lambda: HTMLResponse("earlier"), "first load")

    def slow():
        made.append(1)
        assert finish.wait(10)
        return HTMLResponse("newer")

    for _ in range(3):
        assert pages.answer(KEY, asks(), slow, "second load").body == b"earlier"
    opened = threading.Thread(
        target=lambda: made.append(pages.answer(KEY, asks(hx_request="true"), slow, "second load"))
    )
    opened.start()
    finish.set()
    opened.join()
    assert (len(made), made[1].body) == (2, b"newer")
    assert pages.answer(KEY, asks(), slow, "second load").body == b"newer"
    now[0] = EARLIER
    assert pages.answer(KEY, asks(), lambda: HTMLResponse("newest"), "third load").body == b"newest"


def test_an_error_behind_the_scenes_is_told_to_the_first_and_tried_again():
    """What cannot be made is told to who asked first, if it fails soon; the next to ask begins anew."""
    pages = Pages(patience=10)
    pages.answer(KEY, asks(), lambda: HTMLResponse("earlier"), "first load")
    with pytest.raises(ZeroDivisionError):
        pages.answer(KEY, asks(), lambda: HTMLResponse(str(1 / 0)), "second load")
    assert pages.answer(KEY, asks(), lambda: HTMLResponse("newer"), "second load").body == b"newer"


def test_changed_files_are_taken_in_while_serving(tmp_path):
    """A definition that somebody writes is there within a second; a file with mistakes leaves the earlier one."""
    folder = plain(tmp_path / "tiny")
    now = [0.0]
    current = Current(Workspace.open(folder), clock=lambda: now[0])
    before, version = current()
    assert current("channel in ('chat')")[0].scope == "channel in ('chat')"
    config = folder / "regard.toml"
    config.write_text(config.read_text().replace('"Tiny"', '"Bigger"'))
    assert current() == (before, version)
    now[0] += EVERY
    after, newer = current()
    assert (after.config.name, newer != version) == ("Bigger", True)
    assert current("channel in ('chat')")[0].config.name == "Bigger"
    config.write_text("name = ")
    now[0] += EVERY
    assert current()[0] is after


def test_over_tls_cookies_are_bound_and_browsers_told_to_stay(tmp_path):
    """Where browsers come over TLS the cookie is this host's alone and never sent without; the rest is told to stay."""
    app = make_app(Workspace.open(plain(tmp_path / "tiny")), Settings(secure=True))
    shown = nobody(app).get("/sign-in")
    assert shown.headers["strict-transport-security"].startswith("max-age=")
    from regard.web.signin import SignIn

    signing = SignIn(Workspace.open(tmp_path / "tiny"), Settings(secure=True))
    cookie = signing.remember(HTMLResponse(""), "x").headers["set-cookie"]
    assert cookie.startswith("__Host-regard=x;")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    same = {"origin": "https://localhost"}
    assert nobody(app).post("/sign-in", data={"name": "a", "password": "b"}, headers=same).status_code == 403
    other = nobody(app).post("/sign-in", headers={"origin": "http://localhost"})
    assert "another site" in other.text
