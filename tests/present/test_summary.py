"""A summary says what the verdicts say and nothing else."""

from __future__ import annotations

from datetime import date

from regard.plan import Verdict
from regard.present import summary, words
from tests.present.answers import CHANGED, STILL, TARGET, answer, cell, months

JUNE = months(date(2026, 6, 1), 1)[0]


def told(*cells, **changes):
    """Return the texts of a summary of June."""
    return [one.text for one in summary.sentences([answer(*cells, **changes)], "2026-06")]


def test_the_count_comes_first():
    """How many targets are met, and how many numbers really changed; a change within chance is no sentence."""
    assert told(cell(JUNE, target=TARGET, status="met", verdict=STILL)) == [
        "2026-06: of 1 target 1 met; of 1 number compared with the period before none changed beyond chance."
    ]


def test_a_real_change_is_a_sentence_with_its_interval():
    """Which way, how much, between what, and to what."""
    first, second = told(cell(JUNE, target=TARGET, status="met", verdict=CHANGED))
    assert "1 really improved" in first
    assert second.startswith("Happy customers went up 2.1 pp: changed, for the better [0.3, 3.9], to 87.3 %")
    assert second.endswith("target above 85 % met.")


def test_a_miss_stands_before_a_change_and_once():
    """A number that misses and changed is told as a miss, with its change."""
    fell = Verdict(word="changed", change=-4.0, lo=-6.0, hi=-2.0, p=0.001, better=False)
    found = summary.sentences([answer(cell(JUNE, target=TARGET, status="missed", verdict=fell))], "2026-06")
    assert [one.tone for one in found] == [words.PLAIN, words.BAD]
    assert "misses its target" in found[1].text
    assert "down 4" in found[1].text


def test_what_is_missing_says_why():
    """A blank is named with its reason; other periods are left out."""
    may = months(date(2026, 5, 1), 1)[0]
    found = told(cell(may), cell(JUNE, None))
    assert found[0] == "2026-06: no number has a target or a period before."
    assert found[1] == "Without a number: Happy customers: no rows."


def test_chance_is_told_where_many_numbers_were_compared():
    """Of many comparisons some look real by chance; that is said beside them."""
    many = [answer(cell(JUNE, verdict=CHANGED)) for _ in range(12)]
    assert "By chance alone about 1 in 20" in summary.sentences(many, "2026-06")[0].text
    assert "at most 5 % are expected to be chance" in summary.sentences(many, "2026-06", rate=0.05)[0].text


def test_a_headline_names_a_few():
    """A board names what misses and what really moved, three of each; a report tells them in sentences of their own."""
    found = [summary.Judged(f"m{i}", "missed", compared=True, real=i < 2, better=i == 0) for i in range(5)]
    told = summary.headline("2026-06", found, names=True)
    assert told == (
        "2026-06: of 5 targets 5 missed (m0, m1, m2 and 2 more); of 5 numbers compared with the period before "
        "1 really improved (m0), 1 really got worse (m1)."
    )
    assert summary.headline("2026-06", found) == told.replace(" (m0, m1, m2 and 2 more)", "").replace(
        " (m0)", ""
    ).replace(" (m1)", "")
