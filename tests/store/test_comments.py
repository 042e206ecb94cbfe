"""Comments are kept by subject, in order, and only their author takes them back; each deed is in the audit log."""

from __future__ import annotations

import itertools

import pytest

from regard.store import Deed, Store


@pytest.fixture
def store(url):
    """A store whose clock ticks a second at each look."""
    ticks = itertools.count(1_000_000, 1_000_000)
    with Store(url, clock=lambda: next(ticks)) as opened:
        yield opened


def deed(actor: str, action: str = "comment.write") -> Deed:
    """Return a deed of somebody on an incident."""
    return Deed(actor=actor, action=action, object="incident:I1")


def test_comments_are_kept_in_order(store):
    """Each subject has its own; the oldest stands first, with who wrote it."""
    first = store.comments.add("incident:I1", "It was the cache.", deed("ada"))
    second = store.comments.add("incident:I1", "No, the disk.", deed("bob"))
    store.comments.add("incident:I2", "Another.", deed("ada"))
    assert store.comments.about("incident:I1") == (first, second)
    assert [one.author for one in store.comments.about("incident:I1")] == ["ada", "bob"]
    assert [entry.deed.actor for entry in store.audit.entries(action="comment.write")] == ["ada", "bob", "ada"]


def test_only_its_author_takes_a_comment_back(store):
    """Once, and its words go; the audit log says that it was taken back, and the chain holds."""
    made = store.comments.add("incident:I1", "Said too soon.", deed("ada"))
    assert not store.comments.withdraw(made.id, deed("bob", "comment.withdraw"))
    assert store.comments.withdraw(made.id, deed("ada", "comment.withdraw"))
    assert not store.comments.withdraw(made.id, deed("ada", "comment.withdraw"))
    assert store.comments.about("incident:I1") == ()
    assert len(store.audit.entries(action="comment.withdraw")) == 1
    assert store.audit.broken() == ()
    assert not any("too soon" in f"{entry.before}{entry.after}" for entry in store.audit.entries())


def test_a_comment_is_changed_by_its_author_alone(store):
    """Others cannot, a withdrawn one cannot be, and the audit log says that it was, not what it said."""
    made = store.comments.add("incident:I1", "Said too soon.", deed("ada"))
    assert not store.comments.change(made.id, "Mine now.", deed("bob", "comment.change"))
    assert store.comments.change(made.id, "It was the cache.", deed("ada", "comment.change"))
    assert [one.text for one in store.comments.about("incident:I1")] == ["It was the cache."]
    assert "too soon" not in str(list(store.audit.entries()))
    store.comments.withdraw(made.id, deed("ada", "comment.withdraw"))
    assert not store.comments.change(made.id, "Once more.", deed("ada", "comment.change"))
