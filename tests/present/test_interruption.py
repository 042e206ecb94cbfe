"""How decisions read: lengths, counts with bounds, Markdown that stays text, proposals and claims in words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from regard.model.interruption import Bounds, Money, Scores, Tickets
from regard.plan import Calibration, Case, Estimate, Evidence, Improved, Improvement, Weight
from regard.present import effects, interruption
from regard.present.table import Cell, Column, Table


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(None, "-"), (0, "0 min"), (0.2, "12 s"), (42, "42 min"), (42.25, "42.2 min"), (150, "2.5 h"), (4320, "3.0 days")],
)
def test_lengths(minutes, told):
    """A length reads in the unit that people would say it in."""
    assert interruption.length(minutes) == told


def test_bounds_are_shown_where_they_differ():
    """Golden G2 reads as 49,200 (42,000 to 60,000); what is known exactly has no bounds."""
    assert interruption.bounds(Bounds(49_200, 42_000, 60_000)) == "49,200 (42,000 to 60,000)"
    assert interruption.bounds(Bounds(213, 213, 213)) == "213"
    assert interruption.bounds(None) == "-"


def test_instants_on_the_wall_clock():
    """An instant reads on the wall clock of the workspace."""
    assert interruption.when(1_772_668_800_000_000, ZoneInfo("Europe/Berlin")) == "2026-03-05 01:00"
    assert interruption.when(1_772_668_805_000_000, ZoneInfo("UTC")) == "2026-03-05 00:00:05"


def test_data_is_no_markdown():
    """A title of an incident can make neither a cell, nor a tag, nor emphasis."""
    assert interruption.escaped("a|b <i> *c* `d`\n[e]") == r"a\|b &lt;i> \*c\* \`d\` \[e]"
    made = interruption.markdown(Table("", (Column("x"), Column("n", right=True)), ((Cell("a|b"), Cell("1")),)))
    assert made == ["| x | n |", "| --- | ---: |", r"| a\|b | 1 |"]


def test_what_was_said_reads_as_sentences():
    """Tickets, satisfaction and money each read as one sentence, and say what cannot be told."""
    assert interruption.ticket_sentence(Tickets(linked=1, matched=0, usual=0, confidence=None)).startswith(
        "Tickets: 1 ticket names it; no other"
    )
    told = interruption.ticket_sentence(Tickets(linked=2, matched=40, usual=4, confidence=0.9))
    assert told.endswith("where 4 are usual, so 90 % of them are likely its.")
    changed = Scores(before=80, after=60, n_before=50, n_after=40, change=-20, lo=-25, hi=-15)
    assert interruption.score_sentence(changed).endswith("-20.0 points [-25.0, -15.0]: changed.")
    assert "hidden" in interruption.score_sentence(Scores(hidden=True))
    assert "nobody answered" in interruption.score_sentence(Scores())
    assert interruption.money_sentence(Money(amount=None, known=0), "USD") == ""


def test_a_proposal_is_held_between_nothing_and_all():
    """A weight that data put above 1 or below 0 is written as 1 or 0, with what data said beside it."""
    found = Calibration(
        policy="depth",
        version=3,
        now={"outage": 1.0, "degraded": 0.5, "cosmetic": 0.0},
        evidence=(Evidence(outcome="tickets", rows=100.0, weights={"degraded": Weight(1.2, 0.9, 1.5, 0.15)}),),
        proposed={"degraded": Weight(1.2, 0.9, 1.5, 0.15)},
    )
    lines = effects.policy(found).splitlines()
    assert "version: 4" in lines
    assert "  degraded: 1.00  # [0.90, 1.50], was 0.5" in lines
    assert "  cosmetic: 0  # kept: not told by data" in lines


def test_claims_in_words():
    """The verdict of a claim stands beside the change and its interval; points and percent are told apart."""
    found = Improved(
        metric="m",
        title="M",
        unit="percent",
        currency="",
        before=Estimate(value=60.0, lo=55, hi=65),
        after=Estimate(value=75.0, lo=70, hi=80),
        spans=("a", "b"),
        per_day=False,
        improvement=Improvement(1.25, 1.1, 1.4, True, 1.25, "too close to call"),
    )
    told = effects.improved_sentences(found)
    assert told[2] == "Relative change: +25 % [+10 %, +40 %]: changed."
    assert told[3] == "That is relative; in percentage points it is +15.0 pp."
    assert told[4] == "Claimed: +25 %: too close to call."


def test_a_case_that_may_never_pay():
    """Where it may avoid nothing the latest payback is never."""
    told = effects.case_sentences(Case(0.2, 4.8, 2.4, None, 5.0), minutes=10, months=12, currency="USD")
    assert "(from 2.4 to never, by the ranges told)" in told[1]
