from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from regard.present import table
from regard.present.sparkline import BLANK, BLOCKS, sparkline, spoken
from tests.present.answers import CHANGED, STILL, TARGET, answer, cell, metric, months

YEAR = months(date(2025, 7, 1), 13)


def texts(made: table.Table) -> list[list[str]]:
    """Return head and rows of a table."""
    return [[column.title for column in made.columns], *([each.text for each in row] for row in made.rows)]


def test_an_answer_is_a_row_for_each_cell():
    """All that is known of a cell stands in its row; columns in which nothing stands are left out."""
    found = answer(
        cell(YEAR[0], dims={"channel": "phone"}, target=TARGET, status="met", verdict=CHANGED),
        cell(YEAR[1], None, dims={"channel": None}, n=0.0),
        by=("channel",),
    )
    assert texts(table.of_answer(found, titles={"channel": "Channel"})) == [
        ["period", "Channel", "value", "95 % interval", "n", "target", "status", "change", "is it real?", "remarks"],
        [
            "2025-07", "phone", "87.3 %", "[85.3, 89.3]", "1,204", "\N{CHECK MARK} above 85 %", "met",
            "\N{BLACK UP-POINTING TRIANGLE} +2.1 pp", "changed", "",
        ],
        ["2025-08", "(blank)", "-", "-", "0", "", "", "", "", "no rows"],
    ]  # fmt: skip


def test_breakdowns_of_several_sizes_stand_in_one_table():
    """A dimension over which a cell goes reads `all`, which no value of it can be taken for."""
    found = answer(cell(YEAR[0]), cell(YEAR[0], dims={"tier": "all"}), by=("tier",))
    assert [row[1] for row in table.of_answer(found).rows] == [table.Cell("all", "faint"), table.Cell("all")]


def test_the_scorecard_shows_the_last_month_that_is_over():
    """The running month is no headline (R111); the trend ends with the month shown and has twelve."""
    cells = [cell(period, 80.0 + i, n=100.0 + i) for i, period in enumerate(YEAR[:-1])]
    running = cell(YEAR[-1], 10.0, flags=("partial",))
    made = table.scorecard([answer(*cells, running)])
    assert texts(made) == [
        ["metric", "now", "95 % interval", "last 12", "n"],
        ["Happy customers", "91.0 %", "[89.0, 93.0]", sparkline(list(range(12))), "111"],
    ]
    assert [note.partition(";")[0] for note in made.notes] == ["2026-06"]
    assert made.rows[0][3].spoken.startswith("12 periods, 80.0 % in 2025-07 to 91.0 % in 2026-06")


def test_a_running_month_is_better_than_none():
    """Where no period is over the running one is shown."""
    [only] = table.latest(answer(cell(YEAR[0], flags=("partial",))))
    assert only.period.label == "2025-07"


def test_the_scorecard_has_a_row_for_each_group():
    """A metric that is always cut, such as a channel mix, fills as many rows as it has groups."""
    found = answer(
        *(cell(period, 20.0, dims={"channel": name}) for name in ("phone", "chat") for period in YEAR[:3]),
        by=("channel",),
        metric=metric(title="Contacts"),
    )
    assert [row[0].text for row in table.scorecard([found]).rows] == [
        "Contacts: phone",
        "Contacts: chat",
    ]


def test_a_narrow_terminal_loses_the_least_weighty_columns():
    """Value, n and period stay however narrow it is; nothing is cut in the middle."""
    found = answer(cell(YEAR[0], target=TARGET, status="met", verdict=STILL, coverage=0.93, flags=("few",)))
    whole = table.of_answer(found)
    heads = [[c.title for c in table.fit(whole, width).columns] for width in (200, 90, 60, 10)]
    assert heads[0] == [c.title for c in whole.columns]
    assert heads[3] == ["period", "value", "n"]
    for wide, narrow in pairwise(heads):
        assert set(narrow) <= set(wide)


def test_width_is_counted_as_a_terminal_counts_it():
    """A sign of East Asia takes two columns, a combining one none."""
    assert table.columns_wide("ab") == 2
    assert table.columns_wide("\N{CJK UNIFIED IDEOGRAPH-6771}") == 2
    assert table.columns_wide("e\N{COMBINING ACUTE ACCENT}") == 1


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([1, 2, 3], BLOCKS[0] + BLOCKS[4] + BLOCKS[7]),
        ([5, 5], BLOCKS[3] * 2),
        ([None, 1, None, 2], BLANK + BLOCKS[0] + BLANK + BLOCKS[7]),
        ([None], BLANK),
        ([], ""),
        ([-1.7e308, 1.7e308], BLOCKS[0] + BLOCKS[7]),
    ],
)
def test_a_sparkline_keeps_its_gaps(values, line):
    """One character for each value; a period without a value is a gap, not a line across it."""
    assert sparkline(values) == line


@given(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False)))
def test_a_sparkline_is_as_long_as_its_trend(values):
    """However wild the values, there is one known character for each, and order is kept."""
    line = sparkline(values)
    assert len(line) == len(values)
    known = [(value, BLOCKS.index(sign)) for value, sign in zip(values, line, strict=True) if value is not None]
    assert [step for _, step in sorted(known)] == sorted(step for _, step in known)


def test_a_trend_can_be_heard():
    """The text alternative says first, last, lowest, highest and how many are missing."""
    assert spoken(["a", "b", "c", "d"], [2.0, 1.0, None, 3.0], "h") == (
        "4 periods, 2.0 h in a to 3.0 h in d, lowest 1.0 h in b, highest 3.0 h in d, 1 without a value"
    )
    assert spoken(["a"], [None]) == "no values"
    assert spoken(["a"], [1.5], "score") == "1.50 in a"
