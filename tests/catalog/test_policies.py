"""Policies, calendars, targets and notes of a workspace; tables and configuration."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from regard.catalog import BUILTIN, Config, load, parse_yaml, read_config
from regard.catalog.tables import Tables
from regard.expr import Lookup
from regard.model import Grain

if TYPE_CHECKING:
    from pathlib import Path

    from regard.errors import Mistake

HOUR = 3_600_000_000


def test_policies(catalogue) -> None:
    """A policy is looked up by its keys, a calendar has hours and holidays, a target its ends, a note its days.

    policy: weights
    version: 3
    by: [kind, tier]
    values: {outage: {gold: 2, "no": 1.5}, degraded: {gold: 1}}
    default: 0.5
    means: own
    citation: own
    ---
    calendar: harbour
    zone: Europe/Berlin
    hours: {mon: "09:00-12:30, 13:00-17:00", sun: "00:00-24:00"}
    holidays: [2026-12-25]
    ---
    targets:
      - {metric: nps, lo: 40, lo_incl: no, source: council, scope: {channel: phone}, effective_from: 2026-01-01}
      - {metric: nps, lo: 38, source: a magazine, kind: benchmark, licence: public}
    ---
    notes:
      - {note: move, from: 2026-03-01, to: 2026-03-04, kind: release, metrics: nps, reason: a new site}
    """  # noqa: D405, D411 - `notes:` is YAML
    weights, harbour = catalogue.policies["weights"], catalogue.calendars["harbour"]

    assert catalogue.mistakes == ()
    assert weights.values == {("outage", "gold"): 2, ("outage", "no"): 1.5, ("degraded", "gold"): 1, (): 0.5}
    assert harbour.hours[0] == ((9 * HOUR, 12 * HOUR + HOUR // 2), (13 * HOUR, 17 * HOUR))
    assert harbour.hours[1] == ()
    assert harbour.hours[6] == ((0, 24 * HOUR),)
    assert harbour.holidays == {date(2026, 12, 25)}
    assert [(one.metric, one.lo, one.lo_incl, one.kind) for one in catalogue.targets] == [
        ("nps", 40, False, "target"),
        ("nps", 38, True, "benchmark"),
    ]
    assert catalogue.targets[0].scope == (("channel", "phone"),)
    assert (catalogue.notes[0].metrics, catalogue.notes[0].end) == (("nps",), "2026-03-04")
    assert catalogue.calendars["standard"].zone == ""


def test_wrong_policies(own) -> None:
    """What a policy, target or note gets wrong is said where it stands.

    policy: weights
    version: 1
    by: [kind, tier]
    values: {outage: 2, degraded: {gold: much}}
    means: own
    citation: own
    ---
    calendar: harbour
    zone: Mars
    hours: {mon: "9-17", tue: "09:00-17:00, 16:00-18:00"}
    holidays: [25.12.2026]
    ---
    targets:
      - {metric: nps, source: council}
      - {metric: nps, lo: 1, source: council, effective_from: 2026-02-01, effective_to: 2026-01-01}
      - {metric: none_such, lo: 1, source: council}
    ---
    notes:
      - {note: a, from: 2026-03-01, kind: release, metrics: [npss], reason: r, scope: {chanel: x}}
    """  # noqa: D405, D411 - `notes:` is YAML
    assert sorted((one.rule, one.value) for one in own()) == sorted(
        [
            ("wrong-type", "2"),
            ("wrong-type", "much"),
            ("unknown-zone", "Mars"),
            ("hours", "9-17"),
            ("hours", "09:00-17:00, 16:00-18:00"),
            ("day", "25.12.2026"),
            ("ends", "metric: nps"),
            ("ends", "2026-01-01"),
            ("unknown-metric", "none_such"),
            ("unknown-metric", "npss"),
            ("unknown-dimension", "x"),
        ]
    )


def test_a_policy_replaces_a_shipped_one(catalogue, own) -> None:
    """A workspace's policy of a shipped name takes its place; twice in one workspace it is a mistake.

    policy: top_boxes
    version: 2
    by: [points]
    values: {5: 1}
    means: only the best
    citation: own
    """
    assert own() == []
    assert catalogue.lookups()["top_boxes"] == Lookup({(5,): 1})
    assert catalogue.policies["top_boxes"].version == 2


def tables(text: str) -> tuple[Tables, list[Mistake]]:
    """Return tables of a text, and what is wrong with them."""
    mistakes: list[Mistake] = []
    read = Tables()
    for document in parse_yaml(text, "t.yaml", mistakes):
        read.add_table(document, mistakes)
    read.check(mistakes)
    return read, mistakes


def test_tables(text) -> None:
    """A table gets the spine and the bucket, and its columns what they say.

    table: parcel
    means: What was sent.
    grain: parcel
    id: parcel_id
    at: sent_at
    orders: [sent_at is blank or arrived_at is blank or sent_at <= arrived_at]
    columns:
      parcel_id:  {type: text, blank: no, means: Its id.}
      sent_at:    {type: instant, means: When it was sent.}
      arrived_at: {type: instant, means: When it came.}
      size:       {type: integer, default: 1, lo: 1, means: How many.}
      fragile:    {type: truth, default: no, means: Whether it breaks.}
      mark:       {type: text, default: no, choices: [yes, no], means: What stands on it.}
    """
    read, mistakes = tables(text)
    parcel = read.tables["parcel"]

    assert mistakes == []
    assert list(parcel.columns)[:5] == ["source", "source_id", "loaded_at", "run_id", "parcel_id"]
    assert (parcel.columns["size"].whole, parcel.columns["size"].default) == (True, 1)
    assert (parcel.columns["fragile"].default, parcel.columns["mark"].default) == (False, "no")
    assert not parcel.derived


def test_wrong_tables(text) -> None:
    """What a table gets wrong is said where it stands.

    table: parcel
    means: What was sent.
    grain: parcel
    at: size
    over: [sent_at]
    party: party_id
    dims: {chanel: channel}
    orders: [sent_at <= arived_at, size]
    columns:
      source:     {type: text, means: Where from.}
      sent_at:    {type: instnt, means: When it was sent.}
      arrived_at: {type: instant, lo: 1, means: When it came.}
      size:       {type: integer, default: many, refers: carton, means: How many.}
      mark:       {type: text, default: maybe, choices: [yes, no]}
      weight:     {type: number, choices: [a], means: How heavy.}
    """
    _, mistakes = tables(text)

    assert sorted((one.rule, one.field) for one in mistakes) == sorted(
        [
            ("wrong-type", "at"),
            ("span", "over"),
            ("unknown-column", "party"),
            ("unknown-dimension", "dims.chanel"),
            ("unknown-column", "dims.chanel"),
            ("unknown-column", "orders.0"),
            ("wrong-type", "orders.1"),
            ("spine", "columns.source"),
            ("bad-choice", "columns.sent_at.type"),
            ("no-number", "columns.arrived_at.lo"),
            ("wrong-type", "columns.size.default"),
            ("unknown-table", "columns.size.refers"),
            ("missing-field", "columns.mark.means"),
            ("bad-choice", "columns.mark.default"),
            ("no-text", "columns.weight.choices"),
        ]
    )


def configured(tmp_path, text: str) -> tuple[Config, list[Mistake]]:
    """Return the configuration that a text says, and what is wrong with it."""
    mistakes: list[Mistake] = []
    (tmp_path / "regard.toml").write_text(text, encoding="utf-8")
    return read_config(tmp_path, mistakes), mistakes


def test_config(tmp_path) -> None:
    """A configuration says whose clock, week and year; the rest has defaults (K24)."""
    text = 'name = "Acme"\nzone = "Asia/Tokyo"\nweek_start = "sunday"\nfiscal_start = "April"\ncurrency = "JPY"\n'
    text += '[roles.agent]\nsensitivity = "internal"\nmembers = ["a", "b"]\n'
    config, mistakes = configured(tmp_path, text)

    assert mistakes == []
    assert (config.name, config.week_start, config.fiscal_start) == ("Acme", 6, 4)
    assert (config.privacy_min, config.show_from_n, config.alert_from_n) == (10, 30, 100)
    assert config.calendar.period_of(date(2026, 3, 31), Grain.YEAR).label == "FY2026"
    assert config.roles is not None
    assert config.roles["agent"].members == ("a", "b")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("fiscal_start = 13", "month"),
        ('fiscal_start = "Juny"', "month"),
        ('currency = "euro"', "currency"),
        ('until = "30.6.2026"', "time"),
        ("privacy_min = -1", "out-of-range"),
        ("privacy_min = true", "wrong-type"),
        ('[roles.a]\nsensitivity = "secret"', "bad-choice"),
    ],
)
def test_wrong_config(tmp_path, text, rule) -> None:
    """What a configuration gets wrong is said with its line, and left at its default."""
    config, (one,) = configured(tmp_path, f'name = "Acme"\n{text}\n')

    assert one.rule == rule
    assert one.line in (2, 3)
    assert (config.fiscal_start, config.privacy_min) == (1, 10)


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """What ships, with few tables and one metric, so that it is read in no time."""
    folder = tmp_path_factory.mktemp("builtin")
    for name in ("dimensions.yaml", "choices.yaml", "terms.yaml", "policies"):
        (folder / name).symlink_to(BUILTIN / name)
    (folder / "tables").mkdir()
    for name in ("party", "response", "response_seq"):
        (folder / "tables" / f"{name}.yaml").symlink_to(BUILTIN / "tables" / f"{name}.yaml")
    (folder / "metrics").mkdir()
    text = (BUILTIN / "metrics" / "voc" / "nps.yaml").read_text(encoding="utf-8").split("---\n")[0]
    text = "\n".join(line for line in text.splitlines() if not line.startswith("drives") and "metric: nps_" not in line)
    (folder / "metrics" / "nps.yaml").write_text(text, encoding="utf-8")
    assert load(None, folder).mistakes == ()
    return folder


NAMES = "metric like version rows leaves value n options parameters target dims kind interval coverage repeat policy"
FIELDS = st.sampled_from([*NAMES.split(), "calendar", "targets", "notes", "values", "by", "hours", "table", "at"])
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 5),
        st.sampled_from(["nps", "none", "@nps", "count(a)", "a + b", "7 d", "default", "ordinary", "", "x y"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(FIELDS, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(metrics=st.dictionaries(FIELDS, VALUES, max_size=8), policies=st.dictionaries(FIELDS, VALUES, max_size=6))
def test_junk_never_raises(tmp_path_factory, small, metrics, policies) -> None:
    """Whatever stands in the fields of a metric or a policy is answered by mistakes, never by an exception."""
    folder = tmp_path_factory.mktemp("junk")
    for name, content in (("metrics", {"metric": "own"} | metrics), ("policies", policies)):
        (folder / name).mkdir()
        (folder / name / "own.yaml").write_text(as_yaml(content), encoding="utf-8")

    for one in load(folder, small).mistakes:
        assert one.file.startswith(str(folder))
        assert one.line >= 1


def as_yaml(value: object) -> str:
    """Write plain data as YAML in flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {as_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_yaml(item) for item in value) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "~"}[value]
    return f'"{value}"' if isinstance(value, str) else str(value)
