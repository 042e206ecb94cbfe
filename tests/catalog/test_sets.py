"""Policies that say what a set is worth, and metrics that look sets up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.catalog import load
from regard.errors import AuthorError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from regard.catalog import Catalogue
    from regard.errors import Mistake

METRIC = """metric: {name}
version: 1
title: Depth lost
kind: ordinary
rows: {{lost: {{table: ledger, over: [start_at, end_at]}}}}
leaves: {{minutes: "sum(lost, overlap * size * lookup({policy}, {column}))"}}
value: minutes
dims: []
"""
POLICY = """policy: single
version: 1
by: [kind]
values: {outage: 1}
means: own
citation: own
---
policy: counted
version: {version}
by: [kind]
sets: {sets}
values: {{outage: 1, 3: 0.5}}
means: own
citation: own
"""


def written(tmp_path: Path, column: str = "kinds", policy: str = "counted", **more: str) -> Catalogue:
    """The catalogue of a workspace with one metric that looks a column up in a policy."""
    (tmp_path / "metrics").mkdir(exist_ok=True)
    (tmp_path / "policies").mkdir(exist_ok=True)
    (tmp_path / "metrics" / "m.yaml").write_text(METRIC.format(name="m", policy=policy, column=column))
    single, counted = POLICY.split("---\n")
    counted = counted.format(**{"version": "1", "sets": "max", **more})
    (tmp_path / "policies" / "p.yaml").write_text(f"{single}---\n{counted}")
    return load(tmp_path)


def wrong(catalogue: Catalogue) -> list[Mistake]:
    """What is wrong with the metric."""
    try:
        catalogue.metric("m")
    except AuthorError as error:
        return list(error.mistakes)
    return []


def test_a_set_needs_a_policy_that_says_what_it_is_worth(tmp_path: Path) -> None:
    """A set in a policy of single keys, or anything but a text in a policy of sets, is a mistake at the column."""
    assert wrong(written(tmp_path)) == []
    [alone] = wrong(written(tmp_path, policy="single"))
    [number] = wrong(written(tmp_path, column="own_depth"))

    assert (alone.rule, alone.hint) == ("set-lookup", "write `sets: max` or `sets: sum` in the policy")
    assert number.rule == "wrong-type"


def test_the_members_of_a_set_are_texts(tmp_path: Path) -> None:
    """What looks like a number is a text where sets are looked up, and the rule goes with the policy everywhere."""
    found = written(tmp_path, sets="sum").lookups()["counted"]

    assert (found.values, found.sets) == ({("outage",): 1, ("3",): 0.5}, "sum")
    assert found.of(("3+3",)) == 1


def test_what_a_set_is_worth_is_part_of_the_definition(tmp_path: Path) -> None:
    """The largest and the sum are two definitions: words and hash differ."""
    largest, together = (written(tmp_path, sets=sets).metric("m") for sets in ("max", "sum"))

    assert "the largest counted among the kinds" in largest.words
    assert "the counted of all the kinds together" in together.words
    assert largest.hash != together.hash


def test_policies_of_sets_that_are_wrong(own: Callable[[], list[Mistake]]) -> None:
    """A set is looked up by one key, and no member holds what stands between members.

    policy: pairs
    version: 1
    by: [kind, tier]
    sets: max
    values: {outage: {gold: 1}}
    means: own
    citation: own
    ---
    policy: joined
    version: 1
    by: [kind]
    sets: sum
    values: {outage+degraded: 1}
    means: own
    citation: own
    """
    assert [(one.rule, one.field) for one in own()] == [("sets", "sets"), ("sets", "values.outage+degraded")]
