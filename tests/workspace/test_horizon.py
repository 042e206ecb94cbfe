"""Nothing is counted before its wait is over in what is known: an export says nothing of the years after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.workspace.alone import alone

if TYPE_CHECKING:
    from regard.workspace import Workspace

FIRSTS = [
    "1,A,2024-01-10,,10,,",
    "2,A,2024-03-01,,10,,2024-03-20",
    "3,B,2024-02-10,,10,,",
    "4,C,2024-12-20,,10,,",
    "5,D,2025-02-25,,10,,",
]
"""A bought again within the year, B did not; of C and D nobody can say it yet. The year has 365 days, 2024 had 366."""


def told(workspace: Workspace, metric: str, grain: str, **asked: object) -> dict[str, tuple[float | None, float]]:
    """Return period -> value and n, of those on which anything rests."""
    cells = workspace.ask(metric, grain=grain, compare="", intervals=False, **asked).cells
    return {cell.period.label: (cell.estimate.value, cell.estimate.n) for cell in cells if cell.estimate.n}


@pytest.fixture(scope="module")
def export(tmp_path_factory) -> Workspace:
    """Orders exported on 25 February 2025 and loaded long after."""
    return alone(tmp_path_factory.mktemp("export") / "it", "orders", more="returned_at: back", lines=FIRSTS)


def test_by_year_by_month_and_all_together_are_the_same_buyers(export):
    """Without `until` the year of C, which ends after the export, is not taken for a year without a second order."""
    assert told(export, "repeat_rate", "month") == {"2025-01": (100, 1), "2025-02": (0, 1)}
    assert told(export, "repeat_rate", "year") == {"2025": (50, 2)}
    assert told(export, "repeat_rate", "all") == {"all": (50, 2)}


def test_a_period_that_goes_on_after_the_export_says_so(export):
    """What is left out is left out with a flag; the months before have none."""
    by_month = export.ask("repeat_rate", grain="month", compare="", intervals=False).cells
    assert [("immature" in cell.estimate.flags) for cell in by_month] == [False, True]
    [year] = export.ask("repeat_rate", grain="year", compare="", intervals=False).cells
    assert "immature" in year.estimate.flags


def test_an_order_is_ripe_when_its_thirty_days_are_over_in_the_export(export):
    """D's order of the last day could not have come back yet; C's could."""
    assert told(export, "return_rate", "year") == {"2024": (25, 4)}
    assert told(export, "return_rate", "all") == {"all": (25, 4)}


def test_who_says_how_far_the_story_goes_is_believed(export):
    """With `until` after C's year, nobody bought, and C is one more who did not come back."""
    assert told(export, "repeat_rate", "year", start="2025-01-01", end="2026-01-01", until="2025-12-31") == {
        "2025": (pytest.approx(100 / 3), 3)
    }


def test_a_running_period_holds_only_the_waits_that_are_over(export):
    """The story is cut on 10 December; C's year ends on the 20th of that month."""
    asked = {"start": "2025-01-01", "end": "2026-01-01", "until": "2025-12-10"}
    assert told(export, "repeat_rate", "year", **asked) == {"2025": (50, 2)}
    assert told(export, "repeat_rate", "month", **asked) == {"2025-01": (100, 1), "2025-02": (0, 1)}
