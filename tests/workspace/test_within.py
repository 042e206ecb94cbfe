"""Somebody who may see only some rows gets what a filter gives, and a refusal where none can tell (R130)."""

from __future__ import annotations

import pytest

from regard.errors import AccessError, AuthorError
from regard.workspace import Workspace
from tests.cli.conftest import plain

CHAT = "channel in ('chat')"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A workspace whose answers came by phone and by chat."""
    workspace = Workspace.open(plain(tmp_path_factory.mktemp("within") / "tiny"))
    workspace.load()
    return workspace


def numbers(answers):
    """What is told of each number."""
    return [(cell.period, dict(cell.dims), cell.estimate) for cell in answers.cells]


def test_a_scope_is_a_filter_that_nobody_can_leave_out(whole):
    """Within a scope every number is that of the filter; its own filters only narrow it, `or` included."""
    chat = whole.within(CHAT)
    filtered = whole.ask("csat_top2", where=CHAT)
    assert numbers(chat.ask("csat_top2")) == numbers(filtered)
    assert numbers(filtered) != numbers(whole.ask("csat_top2"))
    assert {cell.dims["channel"] for cell in chat.ask("csat_top2", by="channel").cells} == {"chat"}
    wide = chat.ask("csat_top2", where="channel = 'phone' or channel = 'chat'")
    assert numbers(wide) == numbers(filtered)
    assert sum(cell.estimate.n or 0 for cell in chat.ask("csat_top2", where="channel = 'phone'").cells) == 0


def test_what_was_asked_says_the_scope(whole):
    """An answer carries the scope among its filters, so an export says what it leaves out (R125)."""
    [answer] = whole.within(CHAT).ask("csat_top2", where="channel != 'phone'")
    assert answer.filters == f"{CHAT} and (channel != 'phone')"


def test_what_has_no_such_dimension_is_refused(whole):
    """A rate whose denominator lacks the dimension would be shown against all customers: it is refused instead."""
    chat = whole.within(CHAT)
    assert len(whole.ask("ticket_rate", where=CHAT, grain="all")) == 1
    with pytest.raises(AccessError, match="ticket_rate counts rows that have no channel"):
        chat.ask("ticket_rate", grain="all")


def test_what_is_no_question_is_refused(whole):
    """What reads rows other than by a question is refused to somebody who does not see them all."""
    chat = whole.within(CHAT)
    for reading in (chat.queue, lambda: chat.ledger("c1@example.com"), lambda: chat.dose("csat"), chat.impact):
        with pytest.raises(AccessError, match="you see only"):
            reading()


def test_a_scope_does_not_stick(whole):
    """The workspace itself stays as it is; no scope is all rows; a scope with a mistake is told at once."""
    before = numbers(whole.ask("csat_top2"))
    whole.within(CHAT).ask("csat_top2")
    assert numbers(whole.ask("csat_top2")) == before
    assert whole.within("") is whole
    with pytest.raises(AuthorError, match="chanel"):
        whole.within("chanel in ('chat')")
