"""Flags that a metric raises by a formula of its own."""

from __future__ import annotations

from typing import Any

import pytest

from regard.expr import parse
from regard.model import FLAGS, RowSet
from regard.present import words
from regard.workspace.estimates import Terms, answer_cells
from tests.engines import company
from tests.engines.asking import cells, metric, planned

AT = RowSet(table="span", at="start_at")
START = company.FIRST + 20 * company.DAY_US


def asked(spans: list[dict[str, Any]], *breakdown: str) -> dict[tuple[str | None, ...], tuple[float | None, Any]]:
    """Group -> value and flags of March, for a count of spans that is open while one of them is."""
    flags = {"open": parse("sum(r, end_at is blank)", "cell"), "unknown": parse("1 - leaf", "cell")}
    made = planned(metric("count(r)", AT, value="leaf * leaf / leaf", flags=flags), breakdown)
    found = answer_cells(made, cells(made, spans)[0], Terms())
    return {
        tuple(cell.dims.values()): (cell.estimate.value, cell.estimate.flags)
        for cell in found
        if cell.period.label == "2026-03"
    }


def span(party: int, tier: str, end: int | None) -> dict[str, Any]:
    """A span that begins in March."""
    return {
        "party_id": party, "start_at": START, "end_at": end, "size": 1, "rate": 1.0, "tier": tier, "bucket": party,
        "parts": company.PARTS[0],
    }  # fmt: skip


def test_a_cell_bears_a_flag_where_its_formula_is_above_nought() -> None:
    """Each cell is judged by itself: one group is open, the other is not, and the whole is."""
    spans = [span(1, "gold", START + 1), span(2, "free", None)]

    assert asked(spans, "tier") == {("free",): (1.0, ("open",)), ("gold",): (1.0, ())}
    assert asked(spans) == {(): (2.0, ("open",))}


def test_a_value_that_is_unknown_is_blank_and_says_so_first() -> None:
    """The flag stands beside the blank, and is the reason that people read."""
    (value, flags) = asked([])[()]

    assert value is None
    assert flags[0] == "unknown"


@pytest.mark.parametrize("name", FLAGS)
def test_every_flag_that_a_metric_may_raise_has_plain_words(name: str) -> None:
    """A flag is never shown by its bare name."""
    assert words.flag(name) != name
