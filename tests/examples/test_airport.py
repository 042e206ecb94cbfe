"""`examples/airport`: what the product says of SFO's passengers against pandas on the published files."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.examples.conftest import EXAMPLES

YEARS = (2014, 2015, 2016)
EASE = ("Q13GETRATE", "Q14FIND", "Q14PASSTHRU")
DRIVERS = {"wifi": "Q7WIFI", "restaurants": "Q7FOOD", "clean_restrooms": "Q9RESTROOM", "safety": "Q10SAFE"}


@pytest.fixture(scope="module")
def passengers() -> dict[int, pd.DataFrame]:
    """The published respondents by year; 0 (blank) and 6 (never used) are no scores."""
    return {year: pd.read_csv(EXAMPLES / "airport" / "data" / f"{year}.csv", low_memory=False) for year in YEARS}


def scores(table: pd.DataFrame, question: str) -> pd.Series:
    """Answers to a question, on 1 to 5."""
    return table[question][table[question].between(1, 5)]


def yearly(workspace, metric, **question):
    """Values by year."""
    (answer,) = workspace.ask(metric, grain="year", intervals=False, **question)
    return {cell.period.start.year: cell.estimate.value for cell in answer.cells}


def test_every_respondent_arrives_with_every_question(airport, passengers):
    """8,863 respondents times 25 questions, none turned away; and `regard check` is silent."""
    workspace, report = airport
    assert workspace.check() == []
    assert report.refused == 0
    assert {source.name: source.loaded["response"] for source in report.sources} == {
        f"sfo_{year}": 25 * len(table) for year, table in passengers.items()
    }


def test_the_airport_as_a_whole(airport, passengers):
    """Top two boxes, mean and index of the overall question, without the codes for blank and never used (K20)."""
    workspace, _ = airport
    overall = {year: scores(table, "Q7ALL") for year, table in passengers.items()}
    assert yearly(workspace, "csat_top2") == pytest.approx({y: 100 * (s >= 4).mean() for y, s in overall.items()})
    assert yearly(workspace, "csat_mean") == pytest.approx({y: s.mean() for y, s in overall.items()})
    assert yearly(workspace, "csat_index") == pytest.approx({y: 100 * ((s - 1) / 4).mean() for y, s in overall.items()})


def test_the_published_weights(airport, passengers):
    """K26: the share with the weights with which the airport published the answers."""
    workspace, _ = airport
    expected = {}
    for year, table in passengers.items():
        good = table[table["Q7ALL"].between(1, 5)]
        expected[year] = 100 * good.loc[good["Q7ALL"] >= 4, "WEIGHT"].sum() / good["WEIGHT"].sum()
    assert yearly(workspace, "csat_top2", options={"K26": "weights"}) == pytest.approx(expected)


def test_ease_is_not_read_upside_down(airport, passengers):
    """X3, K25: 5 is easy here, so ease is counted, and the mean of effort (low is easy) has no answer at all."""
    workspace, _ = airport
    ease = {year: pd.concat([scores(table, question) for question in EASE]) for year, table in passengers.items()}
    assert yearly(workspace, "ces_mean_high") == pytest.approx({y: s.mean() for y, s in ease.items()})
    assert yearly(workspace, "ces_ease") == pytest.approx({y: 100 * ((s - 1) / 4).mean() for y, s in ease.items()})
    (effort,) = workspace.ask("ces_mean", grain="year")
    assert {cell.estimate.value for cell in effort.cells} == {None}


@pytest.mark.parametrize(("driver", "question"), DRIVERS.items())
def test_drivers(airport, passengers, driver, question):
    """Each service of the airport by itself, as a dimension of the answers."""
    workspace, _ = airport
    (answer,) = workspace.ask("driver_score_mean", by=["driver"], grain="year", intervals=False)
    got = {cell.period.start.year: cell.estimate.value for cell in answer.cells if cell.dims["driver"] == driver}
    expected = {year: 25 * (scores(table, question).mean() - 1) for year, table in passengers.items()}
    assert got == pytest.approx(expected)


def test_nobody_was_invited_by_name(airport):
    """An export without invitations has no response rate: blank, never 100 %."""
    workspace, _ = airport
    (answer,) = workspace.ask("response_rate", grain="year")
    assert {cell.estimate.value for cell in answer.cells} == {None}


def test_answers_fall_on_days_of_may(airport):
    """The day of May that two of the files hold, and the date that the third holds, both become local days."""
    workspace, _ = airport
    (answer,) = workspace.ask("csat_top2", grain="month", intervals=False)
    months = {(cell.period.start.year, cell.period.start.month) for cell in answer.cells if cell.estimate.n}
    assert months == {(year, 5) for year in YEARS}
