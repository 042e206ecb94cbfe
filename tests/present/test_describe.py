"""Definitions in words: what n counts, where one customer may count several times (R001)."""

from __future__ import annotations

import pytest

from regard.catalog import load
from regard.present import describe


@pytest.mark.parametrize(
    ("metric", "each"),
    [
        ("cml", "piece of loss during which nothing changes"),
        ("incident_minutes", "incident with an impact"),
        ("int_freq", "interruption"),
        ("cac", ""),  # who began, each once
        ("csat_top2", ""),
        ("time_to_restore", ""),
        ("scope_n", ""),
    ],
)
def test_it_is_told_what_n_counts(metric, each):
    """Sums of customers over pieces, incidents or interruptions say so; a count of rows is plain."""
    catalogue = load()
    told = describe.counting(catalogue.metric(metric), catalogue.tables)
    assert told == (f"n counts a customer once for each {each}: of two, twice." if each else "")
