"""Metrics by method: what must be written, and what is not built yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regard.catalog import load
from regard.errors import AuthorError
from regard.model import Grain, Series, Window

if TYPE_CHECKING:
    from pathlib import Path

    from regard.catalog import Catalogue

METRIC = """metric: m
version: 1
title: Minutes without major days
kind: by method
method: {method}
rows: {{lost: {{table: episode, at: start_at}}}}
leaves: {{minutes: "sum(lost, lost / 1 min * size)"}}
value: minutes
series: {{grain: day, window: {window}}}
parameters: {{gives: {gives}}}
dims: [service]
"""


def written(tmp_path: Path, text: str) -> Catalogue:
    """The catalogue of a workspace with one metric."""
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "m.yaml").write_text(text)
    return load(tmp_path)


def test_a_metric_by_method_has_a_formula_and_a_series(tmp_path: Path) -> None:
    """The formula is that of an element of the series; the window says how far before the year it begins."""
    text = METRIC.format(method="major_days", window="5 years", gives="threshold")
    found = written(tmp_path, text).metric("m")

    assert found.series == Series(grain=Grain.DAY, window=Window(60, "month"))
    assert found.parameters["gives"].value == "threshold"


@pytest.mark.parametrize(
    ("old", "new", "rule", "field"),
    [
        ("major_days", "psi", "not-built", "method"),
        ("major_days", "shrinkage", "unknown-result", "parameters.gives"),
        ("series: {grain: day, window: 5 years}\n", "", "missing-field", ""),
        ("value: minutes\n", "", "missing-field", ""),
        ("5 years", "5 moons", "window", "series.window"),
        ("grain: day", "grain: hour", "bad-choice", "series.grain"),
        ("gives: threshold", "gives: thershold", "unknown-result", "parameters.gives"),
        ("kind: by method\nmethod: major_days", "kind: ordinary", "no-series", "series"),
    ],
)
def test_what_is_wrong_with_one(tmp_path: Path, old: str, new: str, rule: str, field: str) -> None:
    """A method that is not built, gives something else, or lacks what it reads is told where it stands."""
    text = METRIC.format(method="major_days", window="5 years", gives="threshold")
    assert old in text
    with pytest.raises(AuthorError) as caught:
        written(tmp_path, text.replace(old, new)).metric("m")

    assert (rule, field) in [(one.rule, one.field) for one in caught.value.mistakes]
