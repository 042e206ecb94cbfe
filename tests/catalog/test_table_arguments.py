"""Choices as arguments of derived tables: what metrics say that a choice does to the table that they read."""

from __future__ import annotations

import pytest

from regard.catalog import load, table_arguments, table_choices
from regard.errors import QuestionError

TABLES = ("ledger", "ledger_share", "episode")


@pytest.fixture(scope="module")
def known():
    """The shipped catalogue."""
    return load()


def test_choices_that_only_set_arguments_are_offered(known):
    """K01 to K03 and K05 make the ledger, K09 and K10 interruptions; K11 also counts other rows, so it is not there."""
    assert sorted(table_choices(known, TABLES)) == ["K01", "K02", "K03", "K05", "K09", "K10"]


def test_arguments_go_to_the_tables_that_have_them(known):
    """Sharing is the attributed ledger's alone; the customer's grain is everybody's; the default sets nothing."""
    found = table_arguments(known, TABLES, {"K05": "first", "K01": "user"})
    assert found == {
        "ledger": {"customer": "user"},
        "ledger_share": {"customer": "user", "sharing": "first"},
        "episode": {"customer": "user"},
    }
    assert table_arguments(known, TABLES, {"K05": "proportional"}) == {name: {} for name in TABLES}
    assert table_arguments(known, TABLES, {"K10": "none"})["episode"] == {"gap_min": 0}


def test_what_tables_cannot_follow_is_refused(known):
    """A choice of other numbers, or one that would count other rows, is named, with those that can be made."""
    for options, words in (({"K11": "included"}, "K01, K02, K03, K05"), ({"K05": "frist"}, "did you mean 'first'")):
        with pytest.raises(QuestionError, match=words):
            table_arguments(known, TABLES, options)
