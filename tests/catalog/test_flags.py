"""Flags that metrics raise: as written, and as taken over by metrics that refer to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.expr import show

if TYPE_CHECKING:
    from collections.abc import Callable

    from regard.catalog import Catalogue
    from regard.errors import Mistake


def test_flags_of_a_metric_and_of_what_it_refers_to(catalogue: Catalogue, own: Callable[[], list[Mistake]]) -> None:
    """A flag is arithmetic over leaves; a composed metric bears the flags of its parts, and its own beside them.

    metric: base
    version: 1
    title: Minutes lost
    kind: ordinary
    rows: {lost: {table: ledger, over: [start_at, end_at]}}
    leaves: {minutes: "sum(lost, overlap * size)"}
    value: minutes
    flags: {open: "sum(lost, end_at is blank)", estimated: "sum(lost, size_lo < size_hi) - 0 * minutes"}
    dims: []
    ---
    metric: doubled
    version: 1
    title: Twice the minutes lost
    kind: composed
    rows: {cases: {table: case_clock, at: opened_at}}
    value: 2 * @base
    flags: {open: count(cases)}
    dims: []
    """
    assert own() == []
    assert {name: show(node) for name, node in catalogue.metric("base").flags.items()} == {
        "open": "sum(lost, end_at is blank)",
        "estimated": "sum(lost, size_lo < size_hi) - 0 * minutes",
    }
    assert {name: show(node) for name, node in catalogue.metric("doubled").flags.items()} == {
        "open": "max(sum(base.lost, end_at is blank), count(cases))",
        "estimated": "sum(base.lost, size_lo < size_hi) - 0 * base.minutes",
    }
    assert catalogue.metric("base").hash != catalogue.metric("doubled").hash


def test_flags_that_are_wrong(own: Callable[[], list[Mistake]]) -> None:
    """A flag that no metric raises, and a formula that names what is not there, are mistakes at their place.

    metric: base
    version: 1
    title: Minutes lost
    kind: ordinary
    rows: {lost: {table: ledger, over: [start_at, end_at]}}
    leaves: {minutes: "sum(lost, overlap * size)"}
    value: minutes
    flags: {opne: minutes, unknown: minuets}
    dims: []
    """
    assert [(one.rule, one.field, one.hint) for one in own()] == [
        ("unknown-flag", "flags.opne", "did you mean 'open'?"),
        ("unknown-leaf", "flags.unknown", "did you mean 'minutes'?"),
    ]
