"""What is said beside a number so that nobody reads more into it than there is."""

from __future__ import annotations

from datetime import date

import pytest

from regard.cli import main
from regard.errors import QuestionError
from regard.model import Calendar, Grain, period
from regard.present import describe, table
from tests.workspace.alone import alone

TWO_MONTHS = ["1,A,2024-03-05,,10,,", "2,B,2024-04-05,,30,,", "3,B,2024-04-06,,50,,"]


@pytest.mark.parametrize(
    ("text", "start", "end", "grain"),
    [
        ("FY2027", date(2026, 4, 1), date(2027, 4, 1), Grain.YEAR),
        ("fy2027-q1", date(2026, 4, 1), date(2026, 7, 1), Grain.QUARTER),
        ("FY2027Q4", date(2027, 1, 1), date(2027, 4, 1), Grain.QUARTER),
        ("2026-Q1", date(2026, 1, 1), date(2026, 4, 1), Grain.QUARTER),
        ("2026-W10", date(2026, 3, 1), date(2026, 3, 8), Grain.WEEK),
        ("2026-03", date(2026, 3, 1), date(2026, 4, 1), Grain.MONTH),
    ],
)
def test_periods_are_read_as_they_are_labelled(text, start, end, grain):
    """A year from April, weeks from Sunday: what a label says is what somebody may type."""
    calendar = Calendar(week_start=6, fiscal_start=4)
    assert period(text, calendar) == (start, end, grain)
    if text == text.upper() and "-Q" in text and text.startswith("FY"):
        assert calendar.period_of(start, grain).label == text


def test_labels_of_every_grain_can_be_typed():
    """Whatever stands in the column `period` names the same days when it is given back."""
    for calendar in (Calendar(), Calendar(week_start=6, fiscal_start=4), Calendar(fiscal_start=10)):
        fiscal = calendar.fiscal_start != 1
        for grain in (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR):
            for day in (date(2026, 1, 1), date(2026, 2, 28), date(2026, 12, 31)):
                found = calendar.period_of(day, grain)
                assert period(found.label, calendar) == (found.start, found.end, grain), (fiscal, found.label)
    for wrong in ("FY27", "2026-W54", "FY2026-Q5", "soon"):
        with pytest.raises(QuestionError):
            period(wrong)


def test_the_first_period_is_compared_with_nothing(tmp_path):
    """Before the first order there is no 0 to rise from; the second month has the first before it."""
    workspace = alone(tmp_path / "it", "orders", lines=TWO_MONTHS)
    first, second = workspace.ask("new_customers", grain="month").cells
    assert (first.previous, first.verdict) == (None, None)
    assert second.previous is not None
    # The month that runs is held against the same part of the one before, and says so.
    [answer] = workspace.ask("aov", grain="month", until="2024-04-20")
    assert table.LIKE in table.of_answer(answer).notes


def test_amounts_in_two_currencies_are_not_added_in_silence(tmp_path):
    """Nobody said what a crown is in euros: the sum is given, with what is wrong with it."""
    workspace = alone(
        tmp_path / "it",
        "orders",
        lines=["1,A,2024-03-05,,10,EUR,", "2,B,2024-03-06,,900,CZK,"],
        columns="order_id: id, ordered_at: start, net: number, currency: score",
    )
    amounts, count = workspace.ask("aov", "new_customers", grain="all", compare="")
    assert "currencies" in amounts.cells[0].estimate.flags
    assert amounts.notes == (
        "Amounts of table order in CZK, EUR are added as they are: map what they are in EUR, with its rate.",
    )
    assert count.notes == ()


def test_ask_takes_a_period_and_says_how_to_read_it(tmp_path, capsys):
    """`--period` in place of first day, last day and grain; both are refused. The latest answer is said to count."""
    workspace = alone(tmp_path / "it", "survey", lines=["1,A,2024-03-05,,,5,", "2,A,2024-03-06,,,1,"])
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["-C", str(workspace.root), "ask", "csat_top2", "--period", "2024-Q1", "--compare", "none"])
    told = capsys.readouterr().out
    assert "2024-Q1" in told
    assert "Of several in a period the last counts, for each customer, survey, question." in told
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["-C", str(workspace.root), "ask", "csat_top2", "--period", "2024-Q1", "--grain", "day"])
    assert "leave out --from, --to and --grain" in capsys.readouterr().err
    metric = workspace.catalogue.metric("repeat_rate")
    assert describe.reading(metric) == ["A period holds what had its 365 d in it: ordered_at was 365 d before."]
