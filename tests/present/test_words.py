from __future__ import annotations

from datetime import date

import pytest

from regard.model import Target
from regard.plan import Estimate, Verdict
from regard.present import words
from tests.present.answers import CHANGED, STILL, TARGET, answer, cell, metric, months

MAY = months(date(2026, 5, 1), 1)[0]


@pytest.mark.parametrize(
    ("ends", "unit", "said"),
    [
        ({"lo": 85, "lo_incl": False}, "percent", "above 85 %"),
        ({"lo": 2500}, "money", "at least $2,500"),
        ({"hi": 24}, "h", "at most 24 h"),
        ({"hi": 40, "hi_incl": False}, "percent", "below 40 %"),
        ({"lo": 20, "hi": 30}, "percent", "20 to 30 %"),
        ({"lo": 20, "lo_incl": False, "hi": 30}, "percent", "above 20 %, at most 30 %"),
        ({"lo": 3, "lo_incl": False}, "ratio", "above 3 : 1"),
        ({"lo": 5, "hi": 5}, "count", "5"),
        ({}, "percent", ""),
    ],
)
def test_a_target_says_whether_its_ends_belong_to_it(ends, unit, said):
    """`above` and `at least` differ, so that chat at exactly 20 % can be judged (X23, K55)."""
    assert words.target(Target(metric="any", **ends), unit, "USD") == said


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (CHANGED, "up 2.1 pp: changed, for the better"),
        (
            Verdict(word="changed but small", change=-0.31, lo=-0.5, hi=-0.1, better=False),
            "down 0.3 pp: changed but small, for the worse",
        ),
        (STILL, "no detectable change (+0.4 pp)"),
        (Verdict(word="cannot say"), "cannot say"),
        (None, ""),
    ],
)
def test_a_verdict_says_size_and_certainty(verdict, said):
    """A change is told with its direction only where one was detected (R064)."""
    assert words.verdict(verdict, "percent") == said


def test_every_mark_differs_without_colour():
    """Status and direction can be told apart in black and white, and in plain ASCII."""
    marks = [*words.STATUS.values(), words.UP, words.DOWN, words.STILL, words.NO_WORD]
    assert len({mark.sign for mark in marks}) == len(marks)
    assert len({mark.plain for mark in marks}) == len(marks)
    assert all(mark.plain.isascii() for mark in marks)


def test_a_fall_can_be_good():
    """The arrow says which way, its tone whether that is good: two things."""
    fall = words.arrow(Verdict(word="changed", change=-8.0, better=True))
    assert (fall.sign, fall.tone) == (words.DOWN.sign, words.GOOD)
    assert words.arrow(STILL) == words.STILL
    assert words.arrow(Verdict(word="cannot say", change=1.0)) == words.NO_WORD


def test_a_missing_value_says_why():
    """A missing value is never bare: its flag is said in words, the most telling one first."""
    assert words.estimate(Estimate(value=None, flags=("empty",)), "percent") == "- (no rows)"
    assert words.why_missing(Estimate(value=None, flags=("partial", "mixed"))).startswith("scales or meanings differ")
    assert words.why_missing(Estimate(value=None)) == "cannot be computed from these rows"


def test_an_unknown_flag_is_read_by_its_name():
    """A flag that nobody has put into words yet still says something."""
    assert words.flags(["some_new_flag", "partial"]) == "some new flag; the period is not over"


def test_one_sentence_says_a_whole_cell():
    """Value, interval, n, target with status, change with verdict and remarks stand in one sentence."""
    june = cell(
        MAY, status="met", target=TARGET, verdict=CHANGED, dims={"channel": "phone", "tier": None}, flags=("partial",)
    )
    assert words.summary(answer(june), june) == (
        "Happy customers, 2026-05, channel phone, tier (blank): 87.3 % [85.3, 89.3], n 1,204; "
        "target above 85 %: met; up 2.1 pp: changed, for the better; the period is not over."
    )


def test_a_sentence_about_nothing_says_so():
    """Without a value there is no change and no remark, but the reason."""
    blank = cell(MAY, None, n=None, verdict=Verdict(word="cannot say"))
    assert words.summary(answer(blank, metric=metric(unit="h")), blank) == "Happy customers, 2026-05: - (no rows)."


def test_who_set_a_target_is_said():
    """What had to be assumed to read a target stands beside its source (X16)."""
    assert (
        words.target_source(Target(metric="any", lo=1, source="S2:52", assumed="a floor")) == "S2:52; assumed: a floor"
    )
    assert not words.target_source(None)
