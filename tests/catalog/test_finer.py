"""Tables whose rows a finer table has in parts: what the catalogue checks of them, and of metrics over them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from regard.catalog import BUILTIN, Catalogue, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from regard.errors import Mistake


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  evidence:       {type: text", "  evidenc:        {type: text", "column evidence"),
        ("harmless: cosmetic", "harmless: none", "argument harmless"),
        ("loss_kind: kind", "loss_kind: evidence", "dimension loss_kind"),
        ("over: [start_at, end_at]\n", "at: start_at\n", "at , over"),
        ("  share:          {type: number, blank: no", "  share:          {type: number", "has no share 'share'"),
    ],
)
def test_parts_have_what_their_rows_have(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Parts that lack a column, dimension, argument, way in time or share of their rows are the author's mistake."""
    builtin = tmp_path / "builtin"
    shutil.copytree(BUILTIN, builtin)
    file = builtin / "tables" / "ledger_share.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")

    found = [one for one in load(builtin=builtin).mistakes if one.rule == "finer"]

    assert [one.file.endswith("ledger.yaml") for one in found] == [True]
    assert message in found[0].message


def test_a_metric_is_cut_by_what_the_parts_have(catalogue: Catalogue, own: Callable[[], list[Mistake]]) -> None:
    """A metric over rows may be cut by a dimension of their parts, and may say how the shares are made.

    metric: lost
    version: 1
    title: Minutes lost
    kind: ordinary
    rows:
      lost: {table: ledger, over: [start_at, end_at], arguments: {sharing: first, customer: user}}
    leaves: {minutes: "sum(lost, overlap * size)"}
    value: minutes
    dims: [service, tier]
    """
    assert own() == []
    assert catalogue.metric("lost").rows["lost"].arguments == (("customer", "user"), ("sharing", "first"))


def test_a_metric_is_not_cut_by_what_neither_has(own: Callable[[], list[Mistake]]) -> None:
    """A dimension that neither rows nor parts have is a mistake, at the dimension.

    metric: lost
    version: 1
    title: Minutes lost
    kind: ordinary
    rows: {lost: {table: ledger, over: [start_at, end_at]}}
    leaves: {minutes: "sum(lost, overlap * size)"}
    value: minutes
    dims: [channel]
    """
    assert [(one.rule, one.field) for one in own()] == [("no-such-cut", "dims.0")]
