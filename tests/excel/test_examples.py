"""The golden workbook: every worked example in cells, recalculated, and held to numbers that are written here."""

from __future__ import annotations

import pytest

from regard.catalog.examples import examples
from regard.excel.book import Book
from regard.excel.sheets.examples import example_sheets
from tests.excel.recalculation import differing, found, recalculate

BY_HAND = {
    "G5": {"up1": 99.9583333333, "up2": 99.9305555556, "up3": 99.8611111111, "up4": 100},
    "G8": {
        "score": 44.8,
        "se": 3.4388835397553086,
        "lo": 37.80917863923234,
        "hi": 51.25642772259668,
        "now": 52.4,
        "before": 49.2,
        "zc": 0.7320680507183737,
        "pc": 0.4641270332479759,
        "need": 3584,
        "wrong": 26.4,
    },
    "G9": {
        "top": 80,
        "index": 77,
        "net": 72,
        "floor": 81.6,
        "lo1": 85.09252474282142,
        "hi1": 89.22199907415616,
        "lo2": 79.01964855992357,
        "hi2": 92.24283257275948,
        "points": 85.2,
        "relative": 85.50440744368267,
    },
    "G10": {"mean": 2.2, "flip": 3.8, "ease": 70, "seed": 67.5, "net": 55},
    "G11": {
        "ratio": 18.87323943661972,
        "margin": 0.16955223880597017,
        "ratio0": 17.066666666666666,
        "change": 1.8065727699530534,
        "changem": 0.30630845771144255,
        "implied": 16.666666666666668,
        "annual": 0.40243368395300105,
        "life": 23.809523809523807,
        "before1": 4.5,
        "before2": 4.212637913741224,
    },
    "G12": {"e": 1050, "cohort": 86, "gross": 82, "netted": 86, "revived": 89},
    "G13": {"f0": 75, "f7": 63.75, "f30": 60, "fall": 62.5},
    "G14": {"mean": 3.2, "median": 0.9, "ninety": 4.2, "within": 90, "meand": 7, "km": 8, "cal": 66, "bus": 2},
    "G15": {"raw": 78, "post": 86, "neff": 60, "deff": 5 / 3},
    "G26": {"median": 35, "clock": 240, "lost": 140, "long": 40},
    "G27": {"points": -1.2, "relative": -15},
    "G28": {"ros": 17.272727272727273, "mor": 50},
}


@pytest.fixture(scope="module")
def calculated(tmp_path_factory):
    """The sheets of the examples, and what LibreOffice makes of them."""
    book = Book(title="examples", sheets=example_sheets(examples()))
    return book, recalculate(book, tmp_path_factory.mktemp("examples") / "examples.xlsx")


def test_every_example_is_asked_for():
    """The shipped examples are those whose numbers stand in this test."""
    assert [example.id for example in examples()] == list(BY_HAND)


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.id)
def test_the_cells_give_the_numbers_worked_by_hand(calculated, example):
    """R049, golden G5, G8 to G15, G26 to G28: each cell, recalculated, is the number by hand to 1e-9."""
    _, contents = calculated
    rows = {line.name: row for row, line in enumerate(example.lines, 5)}
    shown = {name: found(contents, example.id, rows[name], 1) for name in BY_HAND[example.id]}
    assert shown == {name: pytest.approx(value, rel=1e-9) for name, value in BY_HAND[example.id].items()}


def test_every_formula_gives_what_the_file_keeps_as_its_value(calculated):
    """What is shown before anything is calculated is right to the last line, and every check says yes."""
    book, contents = calculated
    assert differing(book, contents) == []
