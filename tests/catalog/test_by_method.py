"""Metrics by method: what must be written, and what is not built yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regard.catalog import load
from regard.errors import AuthorError
from regard.model import Series, Window

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

    assert found.series == Series(grain="day", window=Window(60, "month"))
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


PROJECTION = """metric: m
version: 1
title: Burn
kind: by method
method: projection
rows:
  now: {table: episode, standing: end, span: [start_at, end_at]}
  past: {table: episode, at: start_at, where: done, window: 12 months}
leaves:
  burn: "sum(now, size * lookup(depth, kind))"
  open_0: "sum(now, if(elapsed < 1 h, size * lookup(depth, kind), 0))"
  lasting_0: "count(past)"
  beyond_0: "sum(past, elapsed / 1 min)"
  open_60: "sum(now, if(elapsed >= 1 h, size * lookup(depth, kind), 0))"
  lasting_60: "sum(past, elapsed > 1 h)"
  beyond_60: "sum(past, if(elapsed > 1 h, (elapsed - 1 h) / 1 min, 0))"
value: burn
dims: [severity]
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("", "", ""),
        ("  beyond_60:", "  byond_60:", "projection lacks beyond_60"),
        ("  lasting_0:", "  lasting:", "projection lacks lasting_0"),
        ("_60:", "_hour:", "projection has a class 'hour' that is no number"),
    ],
)
def test_leaves_that_a_method_reads_by_name(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Of each class of age all that is read must be there, and a class is the number at which it begins."""
    text = PROJECTION.replace(old, new) if old else PROJECTION
    catalogue = written(tmp_path, text)
    if not message:
        assert set(catalogue.metric("m").leaves) > {"burn", "open_0", "open_60"}
        return
    with pytest.raises(AuthorError) as caught:
        catalogue.metric("m")

    assert [(one.rule, one.message) for one in caught.value.mistakes] == [("method-leaves", message)]


WINDOW = """metric: m
version: 1
title: Worst hour
kind: by method
method: worst_window
rows: {used: {table: user_segment, over: [start_at, end_at]}}
leaves: {up: "sum(used, overlap * up)", all: "sum(used, overlap)"}
value: 100 * up / all
series: {grain: minute}
parameters: {width: 60}
dims: [service]
"""


def test_a_method_is_told_its_settings(tmp_path: Path) -> None:
    """The worst window needs a width of at least a minute; without one it is the author's mistake."""
    (tmp_path / "right").mkdir()
    assert written(tmp_path / "right", WINDOW).metric("m").series == Series(grain="minute")
    for place, new in enumerate(("{width: 0}", "{}", "{wide: 60}")):
        (tmp_path / str(place)).mkdir()
        with pytest.raises(AuthorError) as caught:
            written(tmp_path / str(place), WINDOW.replace("{width: 60}", new)).metric("m")
        assert [one.rule for one in caught.value.mistakes] == ["missing-parameter"]
