"""R049: the same steps in formulas as in the load, from raw rows to figures, on a company of 2,000 rows with dirt."""

from __future__ import annotations

import random
from datetime import date

import pytest

from regard.catalog.boards import boards
from regard.excel.book import Book
from regard.excel.sheets.ledger import ledger_sheets
from regard.workspace.records import gathered
from tests.excel.recalculation import differing, named, recalculate
from tests.golden.company import Company, at

pytestmark = pytest.mark.slow

ROWS, CUSTOMERS, INCIDENTS = 2_000, 90, 40
SPAN = (date(2025, 3, 1), date(2025, 4, 1))


def near(value):
    """Return a number up to rounding."""
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def rows(seed):
    """Return losses of a month, one in twelve of them wrong in one of ten ways."""
    draw = random.Random(seed)
    wrong = [
        *({"kind": "broken"}, {"from": "yesterday"}, {"from": None}, {"from": "2025-03-05 10:00"}, {"customer": None}),
        *({"depth": 2}, {"incident": "nobody's"}, {"relief": "perhaps"}, {"until": at("2025-02-01")}, {"impact": "x7"}),
    ]
    found = []
    for number in range(ROWS):
        start = draw.randrange(0, 30 * 24 * 60) / 60
        row = {
            "impact": f"x{number}",
            "incident": draw.choice([None, *(f"I{i}" for i in range(INCIDENTS))]),
            "customer": f"C{draw.randrange(CUSTOMERS)}",
            "from": at("2025-03-01", start),
            "until": at("2025-03-01", start + draw.choice([0, 2, 5, 17, 60, 200]) / 60),
            "kind": draw.choice(["outage", "degraded", "workaround", "cosmetic", None]),
            "depth": draw.choice([None, None, None, 0.75]),
            "relief": draw.choice(["restored", "workaround", None]),
        }
        found.append(row | draw.choice(wrong) if number > 10 and draw.random() < 1 / 12 else row)
    return found


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """A company that reads those rows."""
    served = [{"customer": f"C{i}", "from": at("2024-01-01"), "since": at("2024-01-01")} for i in range(CUSTOMERS)]
    incidents = [
        {"incident": f"I{i}", "started": at("2025-03-01"), "planned": "yes" if i % 9 == 0 else "no"}
        for i in range(INCIDENTS)
    ]
    made = Company(tmp_path_factory.mktemp("etl"))
    return made.has(customers=served, incidents=incidents, impacts=rows(49))


@pytest.fixture(scope="module")
def calculated(company, tmp_path_factory):
    """Its book, and what LibreOffice makes of it."""
    book = Book(title="etl")
    book.sheets = ledger_sheets(gathered(company.workspace, span=SPAN, named=True), book)
    return book, recalculate(book, tmp_path_factory.mktemp("book") / "etl.xlsx")


def column(book, table, name):
    """Return the values of a column of a table."""
    _, found = book.table(table)
    return next(one.values for one in found.columns if one.name == name)


def test_all_steps_are_there(calculated):
    """From the raw rows over checks, ids and the union to the figures, with every row of the file."""
    book, _ = calculated
    assert [sheet.name for sheet in book.sheets][:6] == [
        *("Raw rows", "Mapping checks", "Each id once", "Ledger settings", "Ledger figures", "Union"),
    ]
    assert len(column(book, "t_raw", "line")) == ROWS
    assert len(set(column(book, "t_check", "load"))) == 9


def test_every_formula_of_every_step_gives_what_python_gives(calculated):
    """R049: each formula on the way, recalculated, equals the same step in Python."""
    book, contents = calculated
    assert differing(book, contents) == []


def test_every_row_has_the_fate_that_the_load_gave_it(calculated):
    """R049: turned away under the same rule, kept as the same one of a doubled id."""
    book, _ = calculated
    assert set(column(book, "t_check", "differs")) == {0}
    assert set(column(book, "t_once", "differs")) == {0}
    assert sum(column(book, "t_once", "kept")) == company_rows(book)


def company_rows(book):
    """Return how many rows the load kept."""
    return sum(column(book, "t_once", "load"))


def test_the_figures_are_the_engines(calculated, company):
    """R049: each figure in cells equals the engine's to 1e-9, asked for the same month."""
    _, contents = calculated
    asked = {key: name for key, name in boards().ledger.items() if "." not in key and not key.startswith("relief")}
    answers = company.workspace.ask(*asked.values(), grain="all", start=SPAN[0], end=SPAN[1], compare="")
    engine = {key: answer.cells[0].estimate.value for key, answer in zip(asked, answers, strict=True)}
    assert {key: named(contents, f"f_{key}") for key in asked} == {key: near(value) for key, value in engine.items()}


def test_customers_incidents_and_months_are_the_engines(calculated):
    """R049: customer by customer, incident by incident and month by month nothing differs."""
    book, _ = calculated
    assert set(column(book, "t_customer", "differs")) == {0}
    assert set(column(book, "t_by_incident", "differs")) == {0}
    assert set(column(book, "t_month", "difference")) == {0}
