"""People, what they are signed in with, and the log of what they did; on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import sqlalchemy as sa

from regard.store import Deed, Store, schema

DEED = Deed(actor="root@example.com", action="person.change", address="192.0.2.1")


@pytest.fixture
def store(url):
    """A store whose clock ticks a second at each look."""
    ticks = itertools.count(1_000_000, 1_000_000)
    with Store(url, clock=lambda: next(ticks)) as opened:
        yield opened


@pytest.fixture
def ada(store):
    """An account."""
    return store.people.add("Ada@Example.com ", "admin", "", replace(DEED, action="person.add"))


def test_a_name_is_taken_once_in_any_case(store, ada):
    """Names are kept in one case; a second account of one name is not made, and leaves no trace in the log."""
    assert (ada.name, store.people.account(name=" ADA@example.com")) == ("ada@example.com", ada)
    assert store.people.add("ada@example.COM", "viewer", "", DEED) is None
    assert store.people.accounts() == (ada,)
    assert len(store.audit.entries()) == 1


def test_other_rights_end_every_session(store, ada):
    """A changed role, scope, password or a disabled account ends the sessions and links that the account had."""
    store.people.add("spare@example.com", "admin", "", DEED)
    for change in ({"role": "viewer"}, {"scope": "channel = chat"}, {"password": "h"}, {"disabled": True}):
        store.people.sign_in(ada, "k", "f", DEED)
        store.people.add_link(ada, "l", 10**15, DEED)
        assert store.people.session("k").account.id == ada.id
        store.people.change(ada.id, DEED, **change)
        assert store.people.sessions(ada.id) == ()
        assert store.people.link("l") is None


def test_somebody_always_manages_people(store, ada):
    """The last account that may manage people keeps its role and stays enabled; nothing is written for the attempt."""
    for change in ({"role": "viewer"}, {"disabled": True}):
        with pytest.raises(ValueError, match="nobody would be left"):
            store.people.change(ada.id, DEED, **change)
    assert store.people.account(id=ada.id) == ada
    assert len(store.audit.entries()) == 1
    assert store.people.change("nobody", DEED, role="viewer") is None


def test_tokens_end(store, ada):
    """A token is known by its hash until it expires, is dropped, or its account is disabled."""
    store.people.add("spare@example.com", "admin", "", DEED)
    made = store.people.add_token(ada, "sheet", "key", "rgd_abcd", 10**9, DEED)
    assert store.people.token("key") == made
    assert store.people.token("other") is None
    store.people.used(made.id)
    assert store.people.tokens(ada.id)[0].used_at > made.created_at
    assert not store.people.drop_token(made.id, DEED, account="somebody else")
    assert store.people.drop_token(made.id, DEED, account=ada.id)
    assert store.people.token("key") is None
    store.people.add_token(ada, "old", "old", "rgd_", 1, DEED)
    assert store.people.token("old") is None
    store.people.add_token(ada, "new", "new", "rgd_", 10**15, DEED)
    store.people.change(ada.id, DEED, disabled=True)
    assert store.people.token("new") is None


def test_the_log_tells_what_changed_and_no_secret(store, ada):
    """An entry says who did what to whom from where, before and after; of a password only that it was changed."""
    changed = {"password": "slow-hash", "scope": "a = b"}
    store.people.change(ada.id, replace(DEED, object=ada.name, reason="asked for it"), **changed)
    newest, first = store.audit.entries()
    assert (newest.number, newest.deed.actor, newest.deed.reason) == (2, "root@example.com", "asked for it")
    assert '"scope":""' in newest.before
    assert '"scope":"a = b"' in newest.after
    assert '"password":"changed"' in newest.after
    assert "slow-hash" not in newest.after
    assert newest.previous == first.hash
    assert store.audit.entries(search="ASKED") == (newest,)
    assert store.audit.entries(search="%") == ()
    assert store.audit.entries(action="person") == (newest, first)
    assert store.audit.entries(before=2, limit=5) == (first,)


def test_the_log_only_grows(store, ada, url):
    """The database itself refuses to change or delete an entry."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    for statement in ("UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"):
        with pytest.raises(sa.exc.DBAPIError, match="the log only grows"), engine.begin() as connection:
            connection.execute(sa.text(statement))
    engine.dispose()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE number = 2", "entry 2 was changed"),
        ("DELETE FROM audit WHERE number = 2", "entries 2 to 2 are missing"),
        ("UPDATE audit SET hash = 'x' WHERE number = 2", "entry 3 does not follow entry 2"),
    ],
)
def test_whoever_gets_round_that_breaks_the_chain(tmp_path, change, told):
    """An entry that was changed, taken out or sealed anew is told by number."""
    file = tmp_path / "regard.db"
    with Store(file) as store:
        for i in range(3):
            store.audit.record(replace(DEED, object=str(i)), after={"i": i})
        assert store.audit.broken() == ()
        engine = sa.create_engine(f"sqlite:///{file}")
        with engine.begin() as connection:
            for name in ("update", "delete"):
                connection.execute(sa.text(f"DROP TRIGGER audit_{name}"))
            connection.execute(sa.text(change))
        engine.dispose()
        assert any(told in each for each in store.audit.broken())


def test_a_failed_change_leaves_no_entry(store, ada):
    """An entry is written in the transaction that it tells of: what is undone was never told."""

    def undone():
        with store._database.writing() as connection:
            store.audit.within(connection, DEED)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    assert store.audit.head()[0] == 1


def test_a_store_from_before_there_were_people_gets_them(url):
    """A store of the first schema is brought up to date when it is opened."""
    with Store(url):
        pass
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for table in ("begun", "link", "session", "token", "account", "audit"):
            connection.execute(sa.text(f"DROP TABLE {table}"))
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("DROP FUNCTION audit_grows"))
        connection.execute(sa.text("ALTER TABLE snapshot DROP COLUMN gone_at"))
        connection.execute(sa.update(schema.SCHEMA).values(version=1))
    engine.dispose()
    with Store(url) as store:
        assert store.people.add("ada", "admin", "", DEED)
        assert store.audit.head()[0] == 1
