"""Customer interruption from files to numbers: worked examples of our own, and those of outside references."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from regard.cli import main
from tests.golden.company import at

DAY = "2025-03-10"
MARCH_10 = {"start": DAY, "end": "2025-03-11", "grain": "all"}
WEEK = {"start": "2025-03-03", "end": "2025-03-10", "grain": "all"}
"""10,080 minutes of UTC."""


def near(value):
    """Return a number up to rounding."""
    return pytest.approx(value, rel=1e-9)


def minute(count, day=DAY):
    """Return the instant so many minutes after the midnight of a day."""
    return at(day, count / 60)


def served(*names, since="2024-01-01", **values):
    """Return customers served since a day."""
    return [{"customer": name, "from": at(since), "since": at(since), **values} for name in names]


def losses(*rows, day=DAY):
    """Return impact rows from (incident, customer, from, to, kind, more) in minutes of a day."""
    return [
        {
            "impact": f"x{number}",
            "incident": incident,
            "customer": customer,
            "from": minute(start, day),
            "until": None if end is None else minute(end, day),
            "kind": kind,
            **(more[0] if more else {}),
        }
        for number, (incident, customer, start, end, kind, *more) in enumerate(rows)
    ]


def incident(name, start, end=None, day=DAY, **values):
    """Return an incident from minute to minute of a day."""
    return {"incident": name, "started": minute(start, day), "resolved": end and minute(end, day), **values}


@pytest.fixture
def g1(company):
    """Five customers; A and B out, B with a workaround, B and C slowed, D planned, E for three minutes (golden G1)."""
    company.has(
        customers=served("B", "C", "D", "E") + served("A", criticality=5),
        incidents=[
            incident("I1", 100, 220, service="web", team="core", cause="change", severity="SEV1"),
            incident("I2", 150, 190, service="api", team="edge", cause="load", severity="SEV2"),
            incident("I3", 300, 360, service="web", team="core", planned="yes", notice=at("2025-03-01")),
            incident("I4", 400, 403, service="api", team="edge", cause="load", severity="SEV3"),
        ],
        impacts=losses(
            ("I1", "A", 100, 160, "outage", {"relief": "restored"}),
            ("I1", "A", 200, 220, "outage", {"relief": "restored"}),
            ("I1", "B", 100, 130, "outage", {"relief": "workaround"}),
            ("I1", "B", 130, 160, "workaround", {"relief": "restored"}),
            ("I2", "B", 150, 190, "degraded", {"relief": "restored"}),
            ("I2", "C", 150, 190, "degraded", {"relief": "restored"}),
            ("I3", "D", 300, 360, "outage", {"relief": "restored"}),
            ("I4", "E", 400, 403, "outage", {"relief": "restored"}),
        ),
    )
    return company


def test_g1_the_nine_numbers(g1):
    """G1, R001 to R007: 213 raw, 158 weighted, 60 planned apart, 3 sustained of 5 customers, 70 minutes, 42 each."""
    asked = ["cml", "cml_w", "cml_planned", "int_freq", "momentary_freq", "caidi", "saidi", "cml_per_customer"]

    assert g1.values(*asked, **MARCH_10) == [near(x) for x in (213, 158, 60, 3 / 5, 1 / 5, 70, 42, 42.6)]
    assert g1.values("scope_n", "scope_pct", "scope_sustained_pct", **MARCH_10) == [near(4), near(80), near(60)]
    assert g1.value("asai", **MARCH_10) == near(100 * 0.9704166666666667)


def test_g26_range_criticality_and_long_interruption(g1):
    """G26, R008, R009, R014: 113 to 213 around 158, 478 where A counts five times, CELID-60 40 %."""
    index = g1.cell("cml_w", **MARCH_10).estimate

    assert (index.lo, index.value, index.hi) == (near(113), near(158), near(213))
    assert g1.value("cml_crit", **MARCH_10) == near(478)
    assert g1.value("celid", **MARCH_10) == near(40)
    # A half of four episodes is reached between 30 and 40 minutes; Kaplan-Meier names the first at which it is.
    assert g1.value("time_to_relief", **MARCH_10) == near(30)
    assert g1.value("time_to_relief", options={"K34": "resolved"}, **MARCH_10) == near(35)
    assert g1.values("relief_in_target", "time_to_relief_p90", **MARCH_10) == [near(100), near(60)]


PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "customer-minutes-lost.md"


def test_the_page_shows_what_is_computed(g1):
    """R034: each line of the worked example on the page of the method is asked, and gives the number shown."""
    lines = re.findall(r"^\| `(\w+)(?: (K\d+)=(\w+))?` \| ([\d.]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(lines) == 17
    for metric, choice, option, number in lines:
        options = {choice: option} if choice else {}
        assert g1.value(metric, options=options, **MARCH_10) == near(float(number)), (metric, options)


def test_r001_the_command_says_the_same(g1, capsys):
    """R001: the command line gives the numbers that Python gives."""
    g1.load()
    asked = [
        *("-C", str(g1.root), "ask", "cml", "cml_w"),
        *("--from", DAY, "--to", "2025-03-11", "--grain", "all", "--json"),
    ]

    with pytest.raises(SystemExit) as ended:
        main(asked)

    assert not ended.value.code
    told = json.loads(capsys.readouterr().out)
    assert [(one["metric"], cell["value"]) for one in told for cell in one["cells"]] == [
        ("cml", near(213)),
        ("cml_w", near(158)),
    ]


def test_g1_attribution_adds_up(g1):
    """G1, R002, R030, K05: 116.667, 38.333 and 3 of 158 by incident; teams add up to the whole."""
    by_incident = g1.by("cml_w", "incident", **MARCH_10)

    assert {name: cell.estimate.value for name, cell in by_incident.items()} == {
        "I1": near(116 + 2 / 3),
        "I2": near(38 + 1 / 3),
        "I4": near(3),
    }
    for dimension in ("team", "service", "cause", "severity", "journey", "loss_kind"):
        parts = g1.by("cml", dimension, **MARCH_10)
        assert sum(cell.estimate.value for cell in parts.values()) == near(213)


def test_g26_the_incidents_clock_says_more_than_they_lost(g1):
    """G26, K08: incident I1 from first to last impact times two customers is 240 minutes; they lost 140."""
    assert g1.by("incident_minutes", "incident", **MARCH_10)["I1"].estimate.value == near(240)
    own = g1.by("cml", "incident", options={"K05": "first"}, **MARCH_10)
    assert own["I1"].estimate.value == near(140)


def test_r002_a_duplicate_changes_nothing(company):
    """R002: a row that two tools report counts once; an overlapping incident adds no more than its own minutes."""
    company.has(
        customers=served("A"),
        incidents=[incident("I1", 100, 160), incident("I2", 100, 160)],
        impacts=losses(
            ("I1", "A", 100, 160, "outage"), ("I1", "A", 100, 160, "outage"), ("I2", "A", 130, 190, "outage")
        ),
    )

    assert company.value("cml", **MARCH_10) == near(90)


def test_r021_k11_planned_work_is_apart(g1):
    """R021, K11: planned minutes apart, included, or weighted; with notice."""
    assert g1.value("cml", options={"K11": "included"}, **MARCH_10) == near(273)
    assert g1.value("cml", options={"K11": "weighted"}, **MARCH_10) == near(243)
    assert g1.value("notice_met", **MARCH_10) == near(100)


@pytest.mark.parametrize(("hours", "met"), [(48, 100), (221, 100), (222, 0)])
def test_r021_notice_counts_from_so_many_hours(g1, hours, met):
    """R021: told on 1 March at midnight of work on 10 March at 05:00, 221 hours before; Slack asks for 48."""
    g1.write("metrics/notice_met.yaml", f"metric: notice_met\nparameters: {{notice_hours: {{value: {hours}}}}}\n")
    assert g1.value("notice_met", **MARCH_10) == near(met)


DOUBLED = """metric: doubled
like: cml_ex_med
version: 1
title: Doubled
parameters: {factor: {value: 2, editable: true}}
value: "$factor * lost_min / (served_min / length)"
"""


def test_a_parameter_stands_in_the_value_of_a_metric_by_method(g1):
    """A number that the author may change multiplies what each day's value is made of, and so what is given."""
    g1.write("metrics/doubled.yaml", DOUBLED)
    assert g1.value("doubled", **MARCH_10) == near(2 * g1.value("cml_ex_med", **MARCH_10))
    assert g1.value("cml_ex_med", **MARCH_10) == near(42)


OWN_DEPTHS = """policy: {name}
version: 2
by: [kind]
sets: {sets}
values: {{outage: 1, degraded: 0.1, workaround: 0.05}}
default: 1
means: own
citation: own
"""


def test_k06_depths_of_ones_own(g1):
    """K06: with 0.1 and 0.05 A lost 80, B 30 + 1 + 4, C 4, E 3; shipped depths stay as they are, and so does the range.

    With depths added up (K04) B's ten minutes of both count 0.15.
    """
    for name, sets in (("depth_own", "max"), ("depth_own_sum", "sum")):
        g1.write(f"policies/{name}.yaml", OWN_DEPTHS.format(name=name, sets=sets))
    index = g1.cell("cml_w", options={"K06": "custom"}, **MARCH_10).estimate

    assert (index.lo, index.value, index.hi) == (near(113), near(122), near(213))
    assert g1.value("cml_w", **MARCH_10) == near(158)
    assert g1.value("cml_w", options={"K06": "custom", "K04": "sum_capped"}, **MARCH_10) == near(122.5)
    assert g1.value("cml_crit", options={"K06": "custom"}, **MARCH_10) == near(122 + 4 * 80)
    assert g1.by("cml_w", "incident", options={"K06": "custom"}, **MARCH_10)["I1"].estimate.value == near(
        80 + 30 + 20 * 0.05 + 10 * 0.1 * (0.05 / 0.15)
    )


def test_k07_weights_by_revenue_are_capped(company):
    """K07, R008: revenue over its unit weighs, at most so much; who has none weighs 1, at both ends as well."""
    people = [("A", 25_000), ("B", 5_000), ("C", 900_000), ("D", None)]
    company.has(
        customers=[row for name, value in people for row in served(name, worth=value)],
        incidents=[incident("I1", 0, 100)],
        impacts=losses(*(("I1", name, 0, 100, "degraded") for name, _ in people)),
    )
    index = company.cell("cml_crit", options={"K07": "revenue"}, **MARCH_10).estimate

    assert index.value == near(50 * (2.5 + 0.5 + 10 + 1))
    assert (index.lo, index.hi) == (0, near(100 * 14))
    assert company.value("cml_crit", **MARCH_10) == near(50 * 4)


def test_k07_the_range_of_tiers_is_weighted_too(company):
    """K07: an enterprise weighs 3 in the index and at both ends of its range, so that the index lies within."""
    company.has(
        customers=served("A", tier="enterprise"),
        incidents=[incident("I1", 0, 100)],
        impacts=losses(("I1", "A", 0, 100, "degraded")),
    )
    index = company.cell("cml_crit", options={"K07": "tier"}, **MARCH_10).estimate

    assert (index.lo, index.value, index.hi) == (0, near(150), near(300))


def test_k12_no_day_is_left_out(g1):
    """K12: without major days, minutes per customer are those of all days, asked from either side."""
    assert g1.value("saidi", options={"K12": "none"}, **MARCH_10) == near(42)
    assert g1.value("cml_ex_med", options={"K12": "none"}, **MARCH_10) == near(42)


def test_k09_three_minutes_or_longer(g1):
    """K09, R004: E's three minutes are a blip for IEEE and an interruption for British utilities."""
    assert g1.values("int_freq", "momentary_freq", options={"K09": "3_min"}, **MARCH_10) == [near(4 / 5), 0]


def test_k10_a_re_interruption_is_no_new_one(g1):
    """K10, R005: within 180 minutes A keeps its 80 minutes and one interruption; without a gap it has two."""
    assert g1.value("int_freq", options={"K10": "none"}, **MARCH_10) == near(4 / 5)
    assert g1.value("reinterrupted_share", **MARCH_10) == near(25)


def test_g2_counts_have_bounds(company):
    """G2, R020: 400 and 700 of 1000 for the same hour: 42,000 to 60,000 minutes, 49,200 if independent."""
    company.has(
        customers=served("all", size=1000),
        incidents=[incident("I1", 60, 120), incident("I2", 60, 120)],
        impacts=losses(
            ("I1", "all", 60, 120, "outage", {"n": 400, "evidence": "estimated"}),
            ("I2", "all", 60, 120, "outage", {"n": 700, "evidence": "estimated"}),
        ),
    )

    cell = company.cell("cml", **MARCH_10).estimate

    assert (cell.lo, cell.value, cell.hi) == (near(42_000), near(49_200), near(60_000))
    assert {"estimated"} <= set(cell.flags)
    assert cell.coverage == 0


def test_g3_caidi_rises_when_short_faults_are_mended(company):
    """G3, R006: 20 minutes become 120 while minutes per customer fall from 2.2 to 1.2."""
    company.has(
        customers=served("short", size=1000) + served("long", size=100) + served("rest", size=8900),
        incidents=[incident("I1", 60, 70), incident("I2", 60, 180), incident("I3", 60, 180, "2025-03-11")],
        impacts=losses(("I1", "short", 60, 70, "outage"), ("I2", "long", 60, 180, "outage"))
        + [row | {"impact": "later"} for row in losses(("I3", "long", 60, 180, "outage"), day="2025-03-11")],
    )
    mended = {"start": "2025-03-11", "end": "2025-03-12", "grain": "all"}

    assert company.values("caidi", "saidi", "int_freq", **MARCH_10) == [near(20), near(2.2), near(0.11)]
    assert company.values("caidi", "saidi", "int_freq", **mended) == [near(120), near(1.2), near(0.01)]


def test_i1_six_load_points(company):
    """I-1: CI 3100, customer-hours 6600, SAIFI 0.775, CAIFI 1.409, SAIDI 1.65 h, CAIDI 2.129 h, ASAI 0.9998116."""
    sizes = {"LP1": 1000, "LP2": 800, "LP3": 600, "LP4": 800, "LP5": 500, "LP6": 300}
    events = [("LP2", 3), ("LP3", 3), ("LP6", 2), ("LP3", 1), ("LP5", 1.5), ("LP6", 1.5)]
    company.has(
        customers=[row for name, size in sizes.items() for row in served(name, size=size)],
        incidents=[
            {"incident": f"E{n}", "started": at(f"2025-0{n + 1}-10"), "resolved": at(f"2025-0{n + 1}-10", h)}
            for n, (_, h) in enumerate(events)
        ],
        impacts=[
            {
                "impact": f"x{n}",
                "incident": f"E{n}",
                "customer": point,
                "from": at(f"2025-0{n + 1}-10"),
                "until": at(f"2025-0{n + 1}-10", hours),
                "kind": "outage",
            }
            for n, (point, hours) in enumerate(events)
        ],
    )
    company.write("regard.toml", (company.root / "regard.toml").read_text().replace("2025-07-01", "2026-01-01"))
    year = {"start": "2025-01-01", "end": "2026-01-01", "grain": "all"}

    assert company.values("int_freq", "caifi", "saidi", "caidi", "ctaidi", "asai_sustained", **year) == [
        near(0.775),
        near(3100 / 2200),
        near(1.65 * 60),
        near(6600 / 3100 * 60),
        near(6600 / 2200 * 60),
        near(100 * (1 - 6600 / (4000 * 8760))),
    ]
    assert company.values("cml", "scope_n", **year) == [near(6600 * 60), near(2200)]
    assert company.cell("int_freq", **year).estimate.n == near(3100)


@pytest.fixture
def i2(company):
    """Ten customers, twelve incidents, a week of 10,080 minutes (reference I-2: a bitmap of a minute and customer)."""
    events = {
        "E1": ("123", 100, 160),
        "E2": ("234", 130, 200),
        "E3": ("1", 110, 120),
        "E4": ("5", 300, 303),
        "E5": ("67", 400, 405),
        "E6": ("6", 405, 430),
        "E7": ("8", 600, 720),
        "E7b": ("8", 700, 760),
        "E8": ("9", 800, 860),
        "E9": ("9", 1000, 1060),
        "E10": ("123456789", 2000, 2090),
        "E10b": ("123", 2090, 2150),
        "E11": ("X", 5000, 5100),  # X is served from 5040: what nobody was owed nobody can lose
        "E12": ("7", 10050, 10200),
    }
    day = "2025-03-03"
    company.has(
        customers=[*served(*"123456789"), {"customer": "X", "from": minute(5040, day), "since": minute(5040, day)}],
        incidents=[
            incident(name, start, end, day, planned="yes" if name == "E7" else "no")
            for name, (_, start, end) in events.items()
        ],
        impacts=losses(
            *((name, one, start, end, "outage") for name, (who, start, end) in events.items() for one in who), day=day
        ),
    )
    company.write("regard.toml", (company.root / "regard.toml").read_text().replace("2025-07-01", "2025-03-10"))
    return company


def test_i2_the_bitmap(i2):
    """I-2: 1728 minutes by union (1628 unplanned, 100 planned only), average served 9.5, ASAI .98195 and .98204."""
    none = {"K10": "none", "K11": "included"}

    assert i2.value("cml", options={"K11": "included"}, **WEEK) == near(1728)
    assert i2.values("cml", "cml_planned", **WEEK) == [near(1628), near(100)]
    assert i2.value("asai", options={"K11": "included"}, **WEEK) == near(98.19548872180451)
    assert i2.values("int_freq", "saidi", options=none, **WEEK) == [near(2.0), near(1720 / 9.5)]
    assert i2.values("caidi", "ctaidi", "caifi", options=none, **WEEK) == [near(1720 / 19), near(172), near(1.9)]
    assert i2.value("asai_sustained", options=none, **WEEK) == near(98.20384294068504)
    assert i2.cell("int_freq", options=none, **WEEK).estimate.n == near(19)
    assert i2.cell("momentary_freq", options=none, **WEEK).estimate.n == near(2)


def test_i2_again_and_again_and_long(i2):
    """I-2: CEMI more than one 0.8, more than two 0.1; total 120 minutes or more 0.8, a single one of 90 or more 0.9."""
    for metric, name, value in (
        ("cemi_more", "k", 1),
        ("cemi", "k", 3),
        ("celid", "t", 120),
        ("celid_single", "s", 90),
    ):
        shipped = i2.workspace.catalogue.metric(metric).parameters[name]
        assert shipped.editable
        setting = f"{{value: {value}, min: 1, max: 9999, editable: true}}"
        i2.write(f"metrics/{metric}.yaml", f"metric: {metric}\nversion: 2\nparameters: {{{name}: {setting}}}\n")
    i2.opened = None
    none = {"K10": "none", "K11": "included"}

    # E7 is planned: apart, customer 8 would have lost 60 minutes of it and not 160.
    assert i2.value("cemi_more", options=none, **WEEK) == near(80)
    assert i2.value("cemi", options=none, **WEEK) == near(10)
    assert i2.value("celid", options=none, **WEEK) == near(80)
    assert i2.value("celid_single", options=none, **WEEK) == near(90)


def test_r024_the_average_served_is_exact(company):
    """R024, K13: 1000 for fifteen days, then 1200 for fifteen, are 1100; at the start 1000, at the end 1200."""
    april = {"start": "2025-04-01", "end": "2025-05-01", "grain": "all"}
    company.has(
        customers=served("old", size=1000) + served("new", since="2025-04-16", size=200),
        incidents=[incident("I1", 0, 60, "2025-04-10")],
        impacts=losses(("I1", "old", 0, 66, "outage"), day="2025-04-10"),
    )

    assert company.value("cml_per_customer", **april) == near(66_000 / 1100)
    assert company.value("cml_per_customer", options={"K13": "start"}, **april) == near(66)
    assert company.value("cml_per_customer", options={"K13": "end"}, **april) == near(55)


def test_r010_a_segment_weight_is_linear(company):
    """R010: doubling the weight of a segment adds exactly its own index; the segment is that of its time."""
    company.has(
        customers=served("A", segment="enterprise") + served("B", segment="consumer"),
        incidents=[incident("I1", 100, 160)],
        impacts=losses(("I1", "A", 100, 160, "degraded"), ("I1", "B", 100, 140, "outage")),
    )

    assert company.value("cml_segment", **MARCH_10) == near(3 * 30 + 40)
    assert company.value("cml_w", **MARCH_10) == near(30 + 40)


def test_unknown_is_not_zero(company):
    """An incident whose customers nobody listed leaves the minutes unknown, not zero; what is known stands, flagged."""
    company.has(customers=served("A"), incidents=[incident("I1", 100, 160)], impacts=losses(day=DAY))
    company.write("data/impacts.csv", "impact,from\n")
    cell = company.cell("cml", **MARCH_10).estimate
    assert cell.value is None
    assert "unknown" in cell.flags

    company.has(
        incidents=[incident("I1", 100, 160), incident("I2", 300, 400)],
        impacts=losses(("I2", "A", 300, 400, "outage")),
    )
    company.load()
    cell = company.cell("cml", **MARCH_10).estimate
    assert cell.value == near(100)
    assert "unknown" in cell.flags


def test_k14_an_open_incident_counts_until_now(company):
    """K14, R023: what is open counts to the end of the story, flagged; left out on request."""
    company.has(
        customers=served("A", "B"),
        incidents=[incident("I1", 100), incident("I2", 100, 130)],
        impacts=losses(("I1", "A", 100, None, "outage"), ("I2", "B", 100, 130, "outage")),
    )
    until = minute(400)

    cell = company.cell("cml", until=until, **MARCH_10).estimate

    assert cell.value == near(300 + 30)
    assert "open" in cell.flags
    assert company.value("cml", until=until, options={"K14": "exclude"}, **MARCH_10) == near(30)


def test_k03_bases_are_never_mixed(company):
    """K03, R007: a total over customers who are entitled and customers who were seen is blank, flagged `mixed`."""
    company.has(
        customers=served("A", "B"),
        incidents=[incident("I1", 100, 160)],
        impacts=losses(
            ("I1", "A", 100, 160, "outage", {"basis": "connected"}),
            ("I1", "B", 100, 140, "outage", {"basis": "active"}),
        ),
    )

    cell = company.cell("cml", **MARCH_10).estimate
    assert cell.value is None
    assert "mixed" in cell.flags
    assert company.value("cml", options={"K03": "active"}, **MARCH_10) == near(40)


@pytest.fixture
def g7(company):
    """Two users; one fails from 10 to 20 and is silent from 50 on (golden G7)."""
    calls = {"u1": {0: 1, 10: 0, 15: 0, 20: 1, 50: 1, 200: 1}, "u2": {0: 1, 20: 1, 40: 1, 60: 1}}
    company.has(
        customers=served("u1", "u2"),
        requests=[
            {"request": f"{user}-{m}", "customer": user, "at": minute(m), "ok": "yes" if ok else "no"}
            for user, all_of in calls.items()
            for m, ok in all_of.items()
        ],
    )
    return company


def test_g7_users_saw_more_uptime_than_requests_say(g7):
    """G7, R015, R016: 100 minutes up and 10 down are 90.909 %, where 8 of 10 requests went well."""
    assert g7.values("user_uptime", "success_ratio", "error_rate", **MARCH_10) == [
        near(100 / 110 * 100),
        near(80),
        near(20),
    ]
    assert g7.value("unreported_min", **MARCH_10) == near(10)
    # What share went unreported takes a record of what was reported: there is none.
    share = g7.cell("unreported_share", **MARCH_10).estimate
    assert (share.value, share.why) == (None, "unknown: needs table impact")


@pytest.mark.parametrize(("weight", "uptime"), [(0.3, 99.9583), (0.5, 99.9306), (1.0, 99.8611), (0.0, 100.0)])
def test_g5_a_partial_hour_is_what_one_makes_of_it(company, weight, uptime):
    """G5, R009: the same partial hour in thirty days by the weights of four vendors: a depth of its own says which."""
    april = {"start": "2025-04-01", "end": "2025-05-01", "grain": "all"}
    company.has(
        customers=served("A"),
        incidents=[incident("I1", 0, 60, "2025-04-10")],
        impacts=losses(("I1", "A", 0, 60, "degraded", {"depth": weight}), day="2025-04-10"),
    )

    index = company.value("cml_w", **april)

    assert round(100 * (1 - index / (30 * 1440)), 4) == uptime


# ---------------------------------------------------------------------------------------------------------------------
# Exceptional days, what burns, what a cause is worth


def daily(company, minutes, first):
    """Write one customer who loses so many minutes from the midnight of each day on."""
    days = [(str(date.fromisoformat(first) + timedelta(n)), lost) for n, lost in enumerate(minutes)]
    company.has(
        customers=served("A", since="2019-01-01"),
        incidents=[incident("I1", 0, 1, "2019-01-01")],
        impacts=[
            {
                "impact": day,
                "incident": "I1",
                "customer": "A",
                "from": at(day),
                "until": exact(day, lost),
                "kind": "outage",
            }
            for day, lost in days
            if lost
        ],
    )
    company.write("regard.toml", (company.root / "regard.toml").read_text().replace("2025-07-01", "2026-01-01"))
    return company


def exact(day, minutes):
    """Return the instant so many minutes after the midnight of a day, to the microsecond."""
    return (datetime.fromisoformat(day) + timedelta(minutes=minutes)).isoformat() + "Z"


def test_i3_major_days_of_five_years(company):
    """I-3, R022, K12: 1686 days of loss have T = 19.954; three days are above it, 4289.75 minutes remain of 4464.75."""
    days = [0 if i % 13 == 0 else {400: 60, 900: 85, 1500: 30}.get(i, (1 + 37 * i % 101) / 20) for i in range(1, 1827)]
    told = {"grain": "all", "start": "2020-12-31", "end": "2025-12-31"}
    lost = daily(company, days, "2020-12-31")
    lost.write("metrics/own.yaml", ALL_MINUTES)

    read = [lost.cell(name, **told).estimate for name in ("own", "own_without", "own_threshold", "own_days")]

    assert [one.value for one in read] == pytest.approx([4464.75, 4289.75, 19.95442585, 3], abs=1e-7)
    # Nothing is known of the five years before, so the days judge themselves, and say so.
    assert [one.flags for one in read[1:]] == [("provisional",)] * 3


ALL_MINUTES = """\
metric: own
version: 1
like: saidi
title: Minutes of all interruptions per customer
rows: {ints: {where: none}}
---
metric: own_without
version: 1
like: cml_ex_med
title: Without major days
rows: {ints: {where: none}}
---
metric: own_threshold
version: 1
like: med_threshold
title: Threshold
rows: {ints: {where: none}}
---
metric: own_days
version: 1
like: med_days
title: Days
rows: {ints: {where: none}}
"""
"""The reference's days are of minutes of any length: here those of interruptions that are not sustained count too."""


def test_g6_the_threshold_of_seven_days(company):
    """G6: seven days that double from 0.1 to 6.4 have the threshold 33.79; none of them is above it."""
    lost = daily(company, [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4], "2025-03-03")
    lost.write("metrics/own.yaml", ALL_MINUTES)

    read = [lost.value(name, **WEEK) for name in ("own_threshold", "own_days", "own_without")]

    assert read == [near(33.793857928584984), 0, near(12.7)]


def test_r023_what_burns_is_customers_times_depth(company):
    """R023: 400 customers out are 400 minutes a minute; 100 more who are slowed are 50; over is over."""
    company.has(
        customers=served("many", size=400) + served("few", size=100) + served("done"),
        incidents=[incident("I1", 100), incident("I2", 110)],
        impacts=losses(
            ("I1", "many", 100, None, "outage"),
            ("I2", "few", 110, None, "degraded"),
            ("I2", "done", 110, 120, "outage"),
        ),
    )
    asked = {"until": minute(400), **MARCH_10}

    burning = company.cell("burn_rate", **asked).estimate

    assert burning.value == near(450)
    assert "open" in burning.flags
    assert {k: cell.estimate.value for k, cell in company.by("burn_rate", "incident", **asked).items()} == {
        "I1": near(400),
        "I2": near(50),
    }


def test_r023_the_queue_and_the_metric_expect_the_same(company):
    """R023, R026: an hour old; of 30, 90, 180 and 240 minutes three went on, for 110 more on average: 400 x 110."""
    before = {f"2025-03-0{n}": lasted for n, lasted in enumerate((30, 90, 180, 240), start=1)}
    company.has(
        customers=served("many", size=400) + served(*before),
        incidents=[incident(f"of {day}", 0, lasted, day) for day, lasted in before.items()] + [incident("I1", 100)],
        impacts=[
            one | {"impact": f"x-{day}"}
            for day, lasted in before.items()
            for one in losses((f"of {day}", day, 0, lasted, "outage"), day=day)
        ]
        + losses(("I1", "many", 100, None, "outage")),
    )

    [first] = company.workspace.queue(until=minute(160))

    assert (first.record.incident, first.expected) == ("I1", near(400 * 110))
    assert company.value("projected_min", until=minute(160), **MARCH_10) == near(first.expected)


def test_r027_causes_share_all_minutes(company):
    """R027: what causes are worth is drawn to their mean, and shown without the largest incident of each."""
    hours = {"change": (60, 60, 90), "load": (30, 40), "disk": (600, 20), "network": (45, 50), "dns": (70, 65)}
    rows = [(cause, n, lost) for cause, all_of in hours.items() for n, lost in enumerate(all_of)]
    days = [f"2025-03-{day:02}" for day in range(1, len(rows) + 1)]
    company.has(
        customers=served("A"),
        incidents=[incident(f"{c}{n}", 0, lost, day, cause=c) for day, (c, n, lost) in zip(days, rows, strict=True)],
        impacts=[
            one | {"impact": f"x-{day}"}
            for day, (c, n, lost) in zip(days, rows, strict=True)
            for one in losses((f"{c}{n}", "A", 0, lost, "outage"), day=day)
        ],
    )
    march = {"start": "2025-03-01", "end": "2025-04-01", "grain": "all"}
    yearly = 365 / 31

    plain = {name: cell.estimate.value for name, cell in company.by("cml", "cause", **march).items()}
    drawn = {name: cell.estimate.value for name, cell in company.by("reduction_potential", "cause", **march).items()}
    rest = {
        name: cell.estimate.value for name, cell in company.by("reduction_without_largest", "cause", **march).items()
    }

    assert plain == {name: near(sum(all_of)) for name, all_of in hours.items()}
    assert rest == {name: near((sum(all_of) - max(all_of)) * yearly) for name, all_of in hours.items()}
    assert drawn["disk"] < 620 * yearly
    assert drawn["load"] > 70 * yearly


def test_r028_cost_of_a_minute(company):
    """R028: 120,000 spent in a year in which customers lost 600,000 minutes less are 0.20 a minute."""
    company.has(
        customers=served("A", since="2023-01-01", size=10_000),
        incidents=[incident("I1", 0, 80, "2024-02-10"), incident("I2", 0, 20, "2025-02-10")],
        impacts=losses(("I1", "A", 0, 80, "outage"), day="2024-02-10")
        + [one | {"impact": "y"} for one in losses(("I2", "A", 0, 20, "outage"), day="2025-02-10")],
        costs=[
            {
                "booking": "b",
                "from": at("2025-03-01"),
                "until": at("2025-04-01"),
                "kind": "reliability",
                "amount": 120_000,
            }
        ],
    )

    assert company.value("cost_per_cml", start="2025-03-01", end="2025-04-01", grain="month") == near(0.2)


def test_r015_three_lines_and_the_gap(company):
    """R015: an hour's incident of two services in a day is 97.9 %, where users who were there saw half of it."""
    company.has(
        customers=served("u1"),
        incidents=[incident("I0", 0, 0, service="web"), incident("I1", 600, 660, service="api")],
        requests=[
            {"request": f"r{m}", "customer": "u1", "at": minute(m), "ok": "no" if 600 <= m < 660 else "yes"}
            for m in range(570, 691, 10)
        ],
    )

    claimed, seen, gap = company.values("incident_uptime", "user_uptime", "gap_to_experience", **MARCH_10)

    assert seen == near(50)
    assert gap == near(claimed - seen)


def test_g7_r017_the_worst_window(g7):
    """G7, R017: within the first hour half of the worst 1 to 10 minutes, 75 % of the worst 20, 90.909 % of the hour."""
    asked = ["mcr_1m", "mcr_5m", "mcr_10m", "mcr_20m", "mcr_1h"]

    assert g7.values(*asked, until=minute(60), **MARCH_10) == [
        near(50),
        near(50),
        near(50),
        near(75),
        near(100 / 110 * 100),
    ]


def test_r023_what_runs_is_projected(company):
    """R023: 400 customers are out for 20 minutes; those before who lasted 15 lasted 55 more: 22,000 minutes to come."""
    past = {30: "2025-03-01", 50: "2025-03-02", 70: "2025-03-03", 130: "2025-03-04"}
    company.has(
        customers=served("A") + served("block", size=400),
        incidents=[incident("now", 100), *(incident(f"I{m}", 0, m, day) for m, day in past.items())],
        impacts=losses(("now", "block", 100, None, "outage"))
        + [
            row | {"impact": f"p{m}"}
            for m, day in past.items()
            for row in losses((f"I{m}", "A", 0, m, "outage"), day=day)
        ],
    )
    now = {"until": minute(120), "start": "2025-03-01", "end": "2025-04-01"}

    assert company.value("burn_rate", **now) == near(400)
    # Of the class of 15 minutes and older: those past it lasted 15, 35, 55 and 115 minutes beyond it, 55 on average.
    assert company.value("projected_min", **now) == near(400 * 55)


def test_i4_the_worst_window_of_four_hours(company):
    """I-4: 240 minutes, down from 100 to 109 and 200 to 201: of the worst 10 nothing, of 20 half, of 60 5/6."""
    down = {*range(100, 110), 200, 201}
    company.has(
        customers=served("u"),
        requests=[
            {"request": f"r{m}", "customer": "u", "at": minute(m), "ok": "no" if m in down else "yes"}
            for m in range(241)
        ],
    )
    asked = ["mcr_1m", "mcr_5m", "mcr_10m", "mcr_20m", "mcr_1h", "user_uptime"]

    assert company.values(*asked, until=minute(240), **MARCH_10) == [
        near(x) for x in (0, 0, 0, 50, 100 * 5 / 6, 100 * 228 / 240)
    ]


def test_g4_published_promises_in_customer_minutes(company):
    """G4: 0.03 % of 90 days is 38.88 minutes a user; 900,000 user-minutes are 30,000 users for half an hour."""
    quarter = {"start": "2025-01-01", "end": "2025-04-01", "grain": "all"}
    company.has(
        customers=served("office", size=100_000_000, segment="suite") + served("line", size=30_000, segment="line"),
        incidents=[incident("I1", 0, 60, "2025-02-10"), incident("I2", 0, 30, "2025-02-11")],
        impacts=losses(("I1", "office", 0, 38.88, "outage"), day="2025-02-10")
        + [row | {"impact": "line"} for row in losses(("I2", "line", 0, 30, "outage"), day="2025-02-11")],
    )

    minutes = company.by("cml", "segment", **quarter)
    assert minutes["line"].estimate.value == near(900_000)
    assert minutes["suite"].estimate.value == pytest.approx(3_888_000_000, rel=1e-3)
    # An export tells whole seconds: 38 min 52 s of the 38 min 52.8 s.
    assert company.by("asai", "segment", **quarter)["suite"].estimate.value == pytest.approx(99.97, abs=2e-5)
