"""Arguments of derived tables that name a policy: what the table is given is what the policy says."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from regard.catalog import BUILTIN, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from regard.catalog import Catalogue
    from regard.errors import Mistake

SHIPPED = "cosmetic=0.0, data_loss=1.0, degraded=0.5, outage=1.0, workaround=0.25"
METRIC = """metric: lost
version: 1
title: Minutes lost
kind: ordinary
rows: {lost: {table: ledger, over: [start_at, end_at]}}
leaves: {minutes: "sum(lost, overlap * size)"}
value: minutes
dims: [service]
"""
DEPTH = """policy: depth
version: 2
by: [kind]
sets: max
values: {outage: 1, degraded: 0.25}
default: 0.5
means: own
citation: own
"""


def test_a_default_is_what_the_policy_says() -> None:
    """The weights by which incidents share a piece are those of the policy, sorted and in full."""
    assert load().tables["ledger_share"].arguments["weights"] == SHIPPED


def test_a_policy_of_the_workspace_changes_table_and_hash(tmp_path: Path) -> None:
    """Whoever replaces the policy gets another derived table and another definition, at once."""
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "lost.yaml").write_text(METRIC)
    before = load(tmp_path).metric("lost")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "depth.yaml").write_text(DEPTH)
    after = load(tmp_path)

    assert after.mistakes == ()
    assert after.tables["ledger_share"].arguments["weights"] == "*=0.5, degraded=0.25, outage=1.0"
    assert after.metric("lost").hash != before.hash


def test_a_metric_names_another_policy(catalogue: Catalogue, own: Callable[[], list[Mistake]]) -> None:
    """A metric may have the shares made by another policy, or by weights written out.

    metric: other
    version: 1
    title: Minutes lost
    kind: ordinary
    rows: {lost: {table: ledger, over: [start_at, end_at], arguments: {weights: policy depth_least}}}
    leaves: {minutes: "sum(lost, overlap * size)"}
    value: minutes
    dims: [service]
    """
    assert own() == []
    weights = dict(catalogue.metric("other").rows["lost"].arguments)["weights"]
    assert weights == "cosmetic=0.0, data_loss=0.0, degraded=0.0, outage=1.0, workaround=0.0"


def test_policies_that_cannot_be_taken(own: Callable[[], list[Mistake]]) -> None:
    """A policy that is not there, and one of several keys, are mistakes at the argument.

    policy: pairs
    version: 1
    by: [kind, tier]
    values: {outage: {gold: 1}}
    means: own
    citation: own
    ---
    metric: first
    version: 1
    title: Minutes lost
    kind: ordinary
    rows: {lost: {table: ledger, over: [start_at, end_at], arguments: {weights: policy dept}}}
    leaves: {minutes: "sum(lost, overlap * size)"}
    value: minutes
    dims: []
    ---
    metric: second
    version: 1
    title: Minutes lost
    kind: ordinary
    rows: {lost: {table: ledger, over: [start_at, end_at], arguments: {weights: policy pairs}}}
    leaves: {minutes: "sum(lost, overlap * size)"}
    value: minutes
    dims: []
    """
    assert [(one.rule, one.field, one.message) for one in own()] == [
        ("unknown-policy", "rows.lost.arguments.weights", "there is no policy 'dept'"),
        ("unknown-policy", "rows.lost.arguments.weights", "policy pairs is looked up by 2 keys, a table takes one"),
    ]


def test_a_default_that_names_no_policy(tmp_path: Path) -> None:
    """A table whose default names a policy that is not there is a mistake where the default stands."""
    builtin = tmp_path / "builtin"
    shutil.copytree(BUILTIN, builtin)
    file = builtin / "tables" / "ledger_share.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("policy depth}", "policy deep}"), encoding="utf-8")

    [found] = [one for one in load(builtin=builtin).mistakes if one.rule == "unknown-policy"]

    assert (found.file, found.field) == (str(file), "arguments.weights")
