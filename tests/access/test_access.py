"""Rights without a server: scopes become tests and nothing else, waits double, secrets are long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from regard.access import Person, Role, Scope, Throttle, secret
from regard.access.throttle import LONGEST, MOST
from regard.errors import QuestionError
from regard.expr import conjuncts, parse

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name not in {"and", "or", "not", "in", "is", "true", "false", "blank", "between"}
)
VALUES = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=3, unique=True)


@settings(max_examples=60)
@given(st.dictionaries(NAMES, VALUES, max_size=3))
def test_a_scope_says_exactly_its_values(values):
    """Whatever a value holds, quotes and words of the language included, the test names it and says nothing more."""
    scope = Scope({name: tuple(listed) for name, listed in values.items()})
    assert scope.everything == (not values)
    if scope.everything:
        assert scope.test == ""
        return
    parts = conjuncts(parse(scope.test))
    assert len(parts) == len(values)
    told = {part.args[0].name: {literal.value for literal in part.args[1:]} for part in parts}
    assert told == {name: set(listed) for name, listed in values.items()}


def test_a_scope_reads_as_people_write_it():
    """Dimensions are parted by semicolons, values by commas; spaces, order and repetition mean nothing."""
    scope = Scope.read(" segment=b2b ;channel = phone , chat,phone")
    assert str(scope) == "channel = chat, phone; segment = b2b"
    assert Scope.read(str(scope)) == scope
    assert scope.test == "channel in ('chat', 'phone') and segment in ('b2b')"
    assert str(Scope.read("")) == Scope.read(" ; ").test == ""


@pytest.mark.parametrize(
    "text", ["channel", "channel =", "channel = ,", "= x", "a b = c", "a = 1; a = 2", "Channel = x"]
)
def test_what_is_no_scope_is_refused(text):
    """Half a scope would leave out less than somebody meant, so it is refused with how one reads."""
    with pytest.raises(QuestionError, match=r"it reads like|a scope reads like"):
        Scope.read(text)


def test_who_sees_the_same_is_told_apart_from_who_does_not():
    """Role and rows decide what a page looks like; name and account do not."""
    ada = Person(id="1", name="ada", role=Role.VIEWER, scope=Scope.read("channel = chat"))
    assert ada.sees == Person(id="2", name="bo", role=Role.VIEWER, scope=Scope.read("channel=chat")).sees
    others = [
        Person(id="1", name="ada", role=Role.ANALYST, scope=ada.scope),
        Person(id="1", name="ada", role=Role.VIEWER),
        Person(id="1", name="ada", role=Role.VIEWER, scope=ada.scope, rows=("segment = 'b2b'",)),
    ]
    assert len({ada.sees, *(other.sees for other in others)}) == 4


def test_a_member_of_two_roles_sees_the_rows_of_both():
    """Roles of a workspace widen each other, the scope of the account narrows all; no test is all rows."""
    both = Person(id="1", name="a", role=Role.VIEWER, rows=("x = '1'", "y = '2'"))
    assert both.test == "(x = '1') or (y = '2')"
    narrow = Person(id="1", name="a", role=Role.VIEWER, scope=Scope.read("z = 3"), rows=("x = '1'", "y = '2'"))
    assert narrow.test == "(z in ('3')) and ((x = '1') or (y = '2'))"
    assert Person(id="1", name="a", role=Role.VIEWER, rows=("x = '1'", "")).test == ""


def test_waits_double_and_end():
    """After the free failures each wait is twice the last, up to a quarter of an hour; then all is forgotten."""
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0], free=2)
    waits = []
    for _ in range(14):
        throttle.failed("ada")
        waits.append(throttle.wait("ada"))
        now[0] += throttle.wait("ada")
    assert waits[:5] == [0.0, 1.0, 2.0, 4.0, 8.0]
    assert max(waits) == LONGEST
    assert throttle.wait("bo") == throttle.wait() == 0.0
    now[0] += 10 * LONGEST
    throttle.failed("ada")
    assert throttle.wait("ada") == 0.0


def test_a_success_takes_back_its_own_try_only():
    """Signing in forgets the failures of the pair, and of an address only the try that it was itself."""
    throttle = Throttle(clock=lambda: 0.0, free=1)
    throttle.failed("a", "b")
    throttle.failed("a", "b")
    throttle.passed("a")
    throttle.undo("b")
    assert throttle.wait("a") == 0.0
    assert throttle.wait("b") == 1.0


def test_failures_take_no_more_memory_than_there_is():
    """Names that somebody makes up push out old ones, not the machine's memory."""
    throttle = Throttle(clock=lambda: 0.0)
    throttle.failed(*(str(i) for i in range(MOST + 5)))
    assert len(throttle._failed) == MOST


def test_secrets_are_random_and_known_by_hash():
    """A secret has 256 random bits; its key tells nothing of it."""
    made = {secret.new(secret.TOKEN) for _ in range(50)}
    assert len(made) == 50
    assert all(each.startswith("rgd_") and len(each) == 47 for each in made)
    assert secret.key("a") != secret.key("b")
    assert len(secret.key("a")) == 64
