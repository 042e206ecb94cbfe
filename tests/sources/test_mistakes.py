from __future__ import annotations

import pytest

from regard.sources import read_sources, statements

RIGHT = """source: shop
read: {csv: data.csv}
tables:
  - table: order
    id: id
    columns:
      ordered_at: at
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "rule", "hint"),
    [
        ("source: shop", "source: My Shop", 1, "bad-name", "lower-case letters"),
        ("source: shop", "sorce: shop", 1, "unknown-field", "did you mean 'source'?"),
        ("source: shop", "source: shop\nzone: Europe/Berln", 2, "unknown-zone", "Europe/Berlin"),
        ("source: shop", "source: shop\nskew: soon", 2, "bad-length", "such as 5 min"),
        ("source: shop", "source: shop\nfields: {a: {from: x, cast: nummer}}", 2, "bad-choice", "did you mean 'number'?"),  # noqa: E501
        ("csv: data.csv", "cvs: data.csv", 2, "unknown-field", "did you mean 'csv'?"),
        ("csv: data.csv", "csv: a, parquet: b", 2, "one-place", "csv: ..."),
        ("csv: data.csv", "csv: a, sheet: b", 2, "unknown-option", "delimiter"),
        ("csv: data.csv", "csv: a, header: no", 2, "missing-field", "names: [a, b]"),
        ("csv: data.csv", "csv: a, delimiter: ab", 2, "bad-option", "such as"),
        ("csv: data.csv", "sql: postgresql://u:secret@h/d, table: t", 2, "password-in-file", "${NAME}"),
        ("csv: data.csv", "sql: oracle://h/d, table: t", 2, "unknown-database", "sqlite"),
        ("csv: data.csv", "sql: $URL", 2, "one-place", "table: orders"),
        ("table: order", "table: ordr", 4, "unknown-table", "did you mean 'order'?"),
        ("table: order", "table: order_seq", 4, "unknown-table", ""),
        ("    id: id\n", "", 4, "missing-field", "id: [column, ...]"),
        ("      ordered_at: at", "      net: n", 4, "unfilled", "ordered_at: ... under columns"),
        ("ordered_at: at", "orderd_at: at", 7, "unknown-column", "did you mean 'ordered_at'?"),
        ("ordered_at: at", "ordered_at: at\n      run_id: x", 8, "spine", "leave it out"),
        ("ordered_at: at", "ordered_at: {form: at}", 7, "no-rule", "const, expr"),
        ("ordered_at: at", "ordered_at: [at]", 7, "wrong-type", "{from: name}"),
        ("ordered_at: at", "ordered_at: {from: at, fromat: iso}", 7, "unknown-field", "did you mean 'format'?"),
        ("ordered_at: at", "ordered_at: {from: at, cast: instant}", 7, "unknown-field", "'cast' is for fields"),
        ("ordered_at: at", "ordered_at: {from: at, format: '%d/%Q'}", 7, "bad-format", "%d/%m/%Y"),
        ("ordered_at: at", "ordered_at: {from: at, zone: Mars}", 7, "unknown-zone", "IANA"),
        ("ordered_at: at", "ordered_at: {from: at, normalise: small}", 7, "bad-choice", ""),
        ("ordered_at: at", "ordered_at: {from: at, unknown: keep}", 7, "unused", "leave it out"),
        ("ordered_at: at", "ordered_at: at\n      net: {expr: 'a +'}", 8, "syntax", ""),
        ("ordered_at: at", "ordered_at: at\n      net: {from: n, values: {A: one}}", 8, "wrong-type", ""),
        ("ordered_at: at", "ordered_at: at\n      items: {const: 1.5}", 8, "wrong-type", ""),
        ("ordered_at: at", "ordered_at: at\n      channel: {lookup: a.csv, from: x}", 8, "missing-field", "{lookup: file.csv"),  # noqa: E501
        ("ordered_at: at", "ordered_at: at\n    party: email", 8, "wrong-type", "{system: email"),
        ("ordered_at: at", "ordered_at: at\n    party: {system: email, key: x}", 8, "unknown-field", ""),
        ("ordered_at: at", "ordered_at: at\n    collapse: {by: id, columns: {net: total(n)}}", 8, "unknown-function", ""),  # noqa: E501
        ("ordered_at: at", "ordered_at: at\n    collapse: {by: id, columns: {net: 'first(n)'}}", 8, "arguments", ""),
        ("ordered_at: at", "ordered_at: at\n    unpivot: {columns: {a: b}, to: score}", 8, "wrong-type", "{name: value, ...}"),  # noqa: E501
    ],
)  # fmt: skip
def test_each_mistake_has_line_rule_and_suggestion(place, old, new, line, rule, hint):
    """A mapping with one mistake gets that mistake, in its line, with what to write instead."""
    assert old in RIGHT
    place.mapping(RIGHT.replace(old, new))
    sources, found = read_sources(place.root / "sources", place.tables)
    if sources:
        from regard.sources import bind

        found = bind(sources[0], dict.fromkeys(("id", "at", "n", "x"), "text"), place.tables)[1]

    assert rule in {mistake.rule for mistake in found}
    [mistake] = [mistake for mistake in found if mistake.rule == rule]
    assert mistake.line == line
    assert hint in mistake.hint
    assert mistake.file.endswith("shop.yaml")
    assert "secret" not in str(mistake)


def test_all_mistakes_of_all_files_are_shown_at_once(place):
    """Three files with four mistakes give four messages and none of the sources."""
    place.mapping(RIGHT.replace("csv:", "cvs:"), "a")
    place.mapping(RIGHT.replace("ordered_at: at", "orderd_at: at\n      net: {expr: ')'}"), "b")
    place.mapping("source: [\n", "c")

    assert len({(mistake.file, mistake.line) for mistake in place.mistakes()}) >= 4


def test_a_source_is_described_once(place):
    """Two files for one source are a mistake that names the first."""
    place.mapping(RIGHT, "a")
    place.mapping(RIGHT, "b")
    [mistake] = place.mistakes()

    assert mistake.rule == "twice"
    assert "a.yaml" in mistake.message


def test_a_mapping_is_shown_as_one_statement_with_named_steps(place):
    """The SQL of a mapping says its steps in comments and quotes every foreign name."""
    place.mapping(RIGHT.replace("ordered_at: at", "ordered_at: {from: 'at\"; drop', zone: UTC}"))
    [source], _ = read_sources(place.root / "sources", place.tables)
    [(table, sql)] = statements(source, place.tables)

    assert table == "order"
    assert sql.count("with\n") == 1
    assert '"[at""; drop]"' in sql
    assert "-- rows of shop as they came" in sql
