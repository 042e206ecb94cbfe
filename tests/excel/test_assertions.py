"""What people assert about their workbook is held against a recalculation; every wrong test is told by place (R115)."""

from __future__ import annotations

import openpyxl
import pytest

from regard.catalog.assertions import beside, read_assertions
from regard.errors import AuthorError
from regard.excel.assertions import examine
from regard.excel.read import read
from regard.excel.recalculate import recalculated
from tests.excel.books import written

GOOD = """tests:
  - {name: February is a third, cell: Figures!C3, equals: 33.3, within: 0.05}
  - {name: exactly so, cell: Figures!B3, equals: 1}
  - {name: met or missed, cell: Figures!B9, equals: missed}
  - {name: shares are shares, range: "Figures!C2:C3", least: 0, most: 100, blank: no}
  - {name: scores lie on the scale, range: "t_x[score]", least: 0, most: 10}
  - {name: nothing stands here, cell: Figures!F9, blank: yes}
  - {name: the assumption, cell: p_from, least: 8}
  - {name: months add up, invariant: a + b = whole, where: {a: Figures!B2, b: Figures!B3, whole: "t_x[up]"}}
  - {name: in order, invariant: a <= whole and b <= whole, where: {a: Figures!B2, b: Figures!B3, whole: "t_x[up]"}}
"""
BAD = """tests:
  - {name: one, cell: Figures!C3, equals: 33.3}
  - {name: two, cell: Figures!B9, equals: met}
  - {name: three, range: "t_x[score]", least: 4}
  - {name: four, range: "t_x[score]", most: 9}
  - {name: five, cell: Figures!F9, blank: no}
  - {name: six, cell: Figures!B2, blank: yes}
  - {name: seven, invariant: a - b = whole, where: {a: Figures!B2, b: Figures!B3, whole: "t_x[up]"}}
  - {name: eight, cell: Figure!B2, equals: 1}
  - {name: nine, cell: Figures!A2, least: 1}
  - {name: ten, cell: Figures!F9, equals: 5}
  - {name: eleven, cell: "Figures!B2:B3", equals: 1}
"""
SAYS = {
    "one": "Figures!C3 is 33.3333333333, 33.3 was expected",
    "two": "Figures!B9 is 'missed', 'met' was expected",
    "three": "'The data'!B5 is 3, at least 4 was expected",
    "four": "'The data'!B4 is 10, at most 9 was expected",
    "five": "Figures!F9 is blank",
    "six": "Figures!B2 is 1, blank was expected",
    "seven": "0 = 2 does not hold: a is 1, b is 1, whole is 2",
    "eight": "small.xlsx has no sheet 'Figure'; did you mean 'Figures'?",
    "nine": "Figures!A2 is '2026-01', a number was expected",
    "ten": "Figures!F9 is blank",
    "eleven": "Figures!B2:B3 is 2 cells: write `range` instead of `cell`",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Return the small workbook."""
    return written(tmp_path_factory.mktemp("assertions"))


def asserted(folder, text):
    """Return tests from a file."""
    path = folder / "small.tests.yaml"
    path.write_text(text)
    return read_assertions(path)


def test_a_sound_workbook_passes(book, tmp_path):
    """Recalculated: cells, ranges, names, columns of tables, invariants; and what every workbook must pass."""
    results = examine(read(book), recalculated(book), asserted(tmp_path, GOOD))
    assert [one for one in results if not one.passed] == []
    assert [one.line for one in results] == [0, 0, 0, 0, 0, *range(2, 11)]


def test_each_wrong_assertion_says_what_is_there(book, tmp_path):
    """By cell, with what it holds and what was expected."""
    results = {one.name: one for one in examine(read(book), None, asserted(tmp_path, BAD)) if one.line}
    assert {name: one.what.replace(book.name, "small.xlsx") for name, one in results.items()} == SAYS
    assert not any(one.passed for one in results.values())


def test_values_are_those_calculated(book, tmp_path):
    """An edited assumption shows in a file that nobody recalculated; and is told as a difference from what it says."""
    file = openpyxl.load_workbook(book)
    file["Assumptions"]["B2"] = 8
    file.save(tmp_path / "small.xlsx")
    path = tmp_path / "small.xlsx"
    results = {one.name: one for one in examine(read(path), recalculated(path), asserted(tmp_path, GOOD))}
    assert results["exactly so"].what == "Figures!B3 is 2, 1 was expected"
    assert not results["every formula gives what the file says"].passed
    assert results["nothing but inputs was changed, and each holds what it may"].passed


def test_what_every_workbook_must_pass_fails_where_it_must(book, tmp_path):
    """An error, a lost name, a tampered formula."""
    file = openpyxl.load_workbook(book)
    file["Figures"]["B2"] = "=p_gone/0"
    file.save(tmp_path / "small.xlsx")
    path = tmp_path / "small.xlsx"
    failed = [one.name for one in examine(read(path), recalculated(path), ()) if not one.passed]
    assert failed == [
        "no cell shows an error",
        "every name, sheet and table column that a formula reads is there",
        "every formula gives what the file says",
        "nothing but inputs was changed, and each holds what it may",
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("tests: [{name: a}]", "one-subject"),
        ("tests: [{name: a, cell: B!A1, range: B!A1, equals: 1}]", "one-subject"),
        ("tests: [{name: a, cell: B!A1}]", "nothing-expected"),
        ("tests: [{cell: B!A1, equals: 1}]", "missing-field"),
        ("tests: [{name: a, cell: B!A1, equal: 1}]", "unknown-field"),
        ("tests: [{name: a, invariant: x = 1}]", "unknown-column"),
        ("tests: [{name: a, invariant: x + 1, where: {x: B!A1}}]", "wrong-type"),
        ("tests: [{name: a, cell: B!A1, equals: 1, within: -1}]", "out-of-range"),
        ("test: []", "missing-field"),
    ],
)
def test_mistakes_of_the_author_are_told(tmp_path, text, rule):
    """All at once, each at its place."""
    with pytest.raises(AuthorError) as error:
        asserted(tmp_path, text)
    assert rule in {mistake.rule for mistake in error.value.mistakes}
    assert all(mistake.line for mistake in error.value.mistakes)


def test_tests_stand_beside_their_workbook(tmp_path):
    """Under its name."""
    assert beside(tmp_path / "harbor.xlsm") == tmp_path / "harbor.tests.yaml"
