"""Lines that would mend a finding, each tried before it is shown."""

from __future__ import annotations

import pytest

from regard.sources import mend, read_sources
from regard.sources.mend import MENDS
from regard.sources.quarantine import REASONS

MAPPING = """\
source: shop
read: {csv: data/orders.csv}
fields:
  paid: {from: total, cast: number}
tables:
  - table: order
    id: id
    columns:
      ordered_at: {from: at, format: "%d.%m.%Y"}   # the day
      net: total
      channel: {from: shop, values: {WEB: web}}
      items:
        from: items
"""


def test_every_rule_has_a_mend():
    """Whatever turns a row away, something is said about what helps."""
    assert set(MENDS) == set(REASONS)


@pytest.mark.parametrize(
    ("rule", "field", "values", "line", "number"),
    [
        ("unknown-value", "channel", ["TEL"], 'channel: {from: shop, values: {WEB: web, TEL: "?"}}', 11),
        ("not-a-number", "net", ["1.021,84", "3,5"], 'net: {from: total, decimal: ","}', 10),
        ("not-a-number", "net", ["n. n."], "net: {from: total, missing: [n. n.]}", 10),
        ("not-a-number", "paid", ["3,5"], 'paid: {from: total, cast: number, decimal: ","}', 4),
        ("not-a-time", "ordered_at", ["-"], 'ordered_at: {from: at, format: "%d.%m.%Y", missing: ["-"]}', 9),
        ("naive-time", "ordered_at", ["2026-01-01"], "zone: UTC", 2),
        ("duplicate-key", "id", ["7"], "", 0),
    ],
)
def test_a_line_is_proposed_where_it_belongs(place, rule, field, values, line, number):
    """An option is put beside what stands on the line; where no line helps, it is told what does."""
    place.mapping(MAPPING)
    [source], _ = read_sources(place.root / "sources", place.tables)
    found = mend(source, "order", rule, field, values, place.tables)
    assert found is not None
    assert found.line == line
    assert found.place.endswith(f"shop.yaml:{number}") is bool(number)
    assert found.why


def test_a_rule_on_several_lines_is_told(place):
    """What is not written on one line is not rewritten: the option is named instead."""
    place.mapping(MAPPING)
    [source], _ = read_sources(place.root / "sources", place.tables)
    found = mend(source, "order", "not-whole", "items", ["many"], place.tables)
    assert found is not None
    assert (found.line, "missing: [many]" in found.why) == ("", True)


def test_a_rule_that_nobody_knows_has_no_mend(place):
    """Findings of other kinds are left alone."""
    place.mapping(MAPPING)
    [source], _ = read_sources(place.root / "sources", place.tables)
    assert mend(source, "order", "stated-ratio", "net", [], place.tables) is None
