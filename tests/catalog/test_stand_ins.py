"""A policy that stands in for another: data, asked by an option or written in a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regard.catalog import load
from regard.expr import show

if TYPE_CHECKING:
    from pathlib import Path

METRIC = """metric: mine
like: cml_w
version: 1
title: Mine
policies: {POLICIES}
"""


def written(tmp_path: Path, policies: str) -> Path:
    """Return a workspace with one metric of that line."""
    (tmp_path / "metrics").mkdir(exist_ok=True)
    (tmp_path / "metrics" / "mine.yaml").write_text(METRIC.replace("POLICIES", policies))
    return tmp_path


def test_the_other_policy_is_looked_up_and_hashed(tmp_path: Path) -> None:
    """The formula looks up what stands in, so the definition is another one."""
    known = load(written(tmp_path, "depth: depth_own"))
    metric = known.metric("mine")
    assert known.mistakes == ()
    assert "lookup(depth_own, kinds)" in show(metric.leaves["lost_min"])
    assert metric.hash != known.metric("cml_w").hash


def test_an_option_lets_it_stand_in() -> None:
    """K06 does so for every weighted index, together with whatever else is chosen."""
    known = load()
    for name in ("cml_w", "cml_crit", "cml_segment"):
        assert "depth_own" in show(known.metric(name, {"K06": "custom"}).leaves["lost_min"]), name
    both = show(known.metric("cml_crit", {"K06": "custom", "K07": "tier"}).leaves["lost_min"])
    assert "depth_own" in both
    assert "criticality_tier" in both


@pytest.mark.parametrize("policies", ["depht: depth_own", "depth: depth_onw"])
def test_a_name_that_is_no_policy_is_a_mistake(tmp_path: Path, policies: str) -> None:
    """Either name may be misspelt; place and suggestion are told."""
    [mistake] = load(written(tmp_path, policies)).mistakes
    assert mistake.rule == "unknown-policy"
    assert mistake.line == 5
    assert "did you mean" in mistake.hint
