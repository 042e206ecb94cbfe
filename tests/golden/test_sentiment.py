"""Sentiment from files to numbers: NPS, satisfaction, effort, who is asked and who answers."""

from __future__ import annotations

import math

import pytest

from regard.errors import QuestionError
from regard.model import Status
from regard.present import words
from tests.golden.company import BOTH, FEBRUARY, MAPPINGS, MARCH, Company, answers, at, customers, nps

Z = 1.959963984540054
LIKERT = {1: 20, 2: 20, 3: 60, 4: 200, 5: 200}
"""G9: five hundred answers on a scale of 1 to 5."""


def near(value):
    """Return a number up to rounding."""
    return pytest.approx(value, rel=1e-9)


def test_g8_nps_of_500_answers(company):
    """G8 (golden.txt; interval Rocks 2016): 310, 104 and 86 of 500 are 44.8 [37.809, 51.256]."""
    cell = company.has(survey=nps(310, 104, 86)).cell("nps", **MARCH)

    assert cell.estimate.value == near(44.8)
    assert (cell.estimate.lo, cell.estimate.hi) == (near(37.80917863923234), near(51.25642772259668))
    assert cell.estimate.se == near(3.4388835397553086)
    assert (cell.estimate.n, cell.estimate.flags) == (500, ())


def test_g8_a_rise_of_3_2_with_500_a_wave_is_no_detectable_change(company):
    """G8, R064: 49.2 to 52.4 at 500 a wave is z 0.732, p .464: "no detectable change", neither better nor worse."""
    waves = nps(306, 134, 60, wave="feb", when=at("2025-02-10")) + nps(316, 130, 54, wave="mar", first=501)

    before, now = company.has(survey=waves).cells("nps", **BOTH)

    assert (before.estimate.value, now.estimate.value) == (near(49.2), near(52.4))
    assert now.previous.value == near(49.2)
    assert (now.verdict.word, now.verdict.change, now.verdict.better) == ("no detectable change", near(3.2), None)
    assert now.verdict.p == near(0.4641270332479759)
    assert now.verdict.change / math.hypot(now.estimate.se, before.estimate.se) == near(0.7320680507183737)


def test_g8_x5_passives_are_subtracted_nowhere(company):
    """G8, X5, K23: of the mix that gives 52.4, no metric of the family with any option of its own reads 26.4."""
    company.has(survey=nps(316, 130, 54))
    known = company.workspace.catalogue
    family = [known.metric(name) for name in known.metrics if known.metric(name).family == "VOC"]
    shipped = [metric for metric in family if metric.status is Status.SHIPPED]
    options = {(c.id, option) for m in shipped for c in m.choices for option in c.options if option != c.default}

    read = [
        value
        for asked in ({}, *({choice: option} for choice, option in sorted(options)))
        for value in company.values(*(metric.id for metric in shipped), options=asked, **MARCH)
        if value is not None
    ]

    assert near(52.4) in read
    assert [value for value in read if abs(value - 26.4) < 1e-6] == []


def test_g9_satisfaction_of_500_answers(company):
    """G9: 80.0 by top boxes, index 77.0, net 72.0, mean 4.08, from the same answers; never the 81.6 of mean over 5."""
    company.has(survey=answers("csat", LIKERT, 1, 5))

    read = company.values("csat_top2", "csat_index", "csat_net", "csat_mean", **MARCH)

    assert read == [near(80.0), near(77.0), near(72.0), near(4.08)]


def test_g9_wilson_and_what_it_says_of_the_target(company):
    """G9 (Wilson as in Newcombe 1998): 873/1000 is [85.09, 89.22] and above 85; 87/100 is [79.02, 92.24], too close."""
    company.write(
        "policies/targets.yaml", 'targets:\n  - {metric: csat_top2, lo: 85, lo_incl: false, source: "S2:10"}\n'
    )
    company.has(
        survey=answers("csat", {5: 873, 2: 127}, 1, 5, survey="big", wave="big")
        + answers("csat", {5: 87, 2: 13}, 1, 5, survey="small", wave="small", first=2001)
    )

    cells = company.by("csat_top2", "survey", **MARCH)

    assert (cells["big"].estimate.lo, cells["big"].estimate.hi) == (near(85.09252474282142), near(89.22199907415616))
    assert (cells["small"].estimate.lo, cells["small"].estimate.hi) == (
        near(79.01964855992357),
        near(92.24283257275948),
    )
    assert (cells["big"].status, cells["small"].status) == ("met", "too close to call")


def test_g29_half_widths_of_a_satisfaction_near_87(company):
    """G29: 100, 400, 1000 and 5000 answers know a CSAT of 87 % to 6.59, 3.30, 2.08 and 0.93 points."""
    rows = []
    for n in (100, 400, 1000, 5000):
        rows += answers("csat", {5: n * 87 // 100, 1: n * 13 // 100}, 1, 5, survey=f"of {n}", wave=f"w{n}")

    cells = company.has(survey=rows).by("csat_top2", "survey", **MARCH)

    halves = {name: round(Z * cell.estimate.se, 2) for name, cell in cells.items()}
    assert halves == {"of 100": 6.59, "of 400": 3.3, "of 1000": 2.08, "of 5000": 0.93}


def test_x2_percentages_change_in_points(company):
    """X2, K50: 85.2 to 87.3 % is +2.1 points, written pp; read as relative it would have come from 85.50."""
    waves = answers("csat", {5: 852, 1: 148}, 1, 5, wave="feb", when=at("2025-02-10"))
    waves += answers("csat", {5: 873, 1: 127}, 1, 5, wave="mar", first=1001)
    company.has(survey=waves)

    answer = company.answer("csat_top2", **MARCH)

    [cell] = answer.cells
    assert (answer.metric.unit, cell.previous.value) == ("percent", near(85.2))
    assert cell.verdict.change == near(2.1)
    assert "(+2.1 pp)" in words.summary(answer, cell)


def test_x3_g10_effort_is_three_numbers_with_three_names(company):
    """X3, G10: on 1-5 with 1 very easy: native mean 2.2, ease 70, net ease 55; there is no plain "CES"."""
    company.has(survey=answers("ces", {1: 30, 2: 40, 3: 15, 4: 10, 5: 5}, 1, 5, "low"))

    assert company.values("ces_mean", "ces_ease", "ces_net", **MARCH) == [near(2.2), near(70), near(55)]
    assert company.value("ces_mean_high", **MARCH) is None
    with pytest.raises(QuestionError, match="ces_"):
        company.value("ces", **MARCH)


def test_x3_g10_the_seeds_effort_of_2_3_is_an_ease_of_67_5(company):
    """X3, G10: 2.3 on 1-5 with 1 very easy is 67.5 of 100, on the good side of the seed's 2.5 (62.5)."""
    company.has(survey=answers("ces", {2: 70, 3: 30}, 1, 5, "low"))

    assert company.values("ces_mean", "ces_ease", **MARCH) == [near(2.3), near(67.5)]


def test_x3_without_polarity_there_is_no_effort_score(company):
    """X3, K25: nobody guesses which end is good; every score of effort is blank, says why, and covers nothing."""
    company.has(survey=answers("ces", {1: 30, 2: 40}, 1, 5, None))

    for name in ("ces_mean", "ces_mean_high", "ces_ease", "ces_net"):
        estimate = company.cell(name, **MARCH).estimate
        assert (estimate.value, estimate.lo) == (None, None)
        # No source told a good end of any scale, or only these answers have none.
        assert estimate.why.startswith("unknown: needs column") or (estimate.flags[0], estimate.coverage) == (
            "empty",
            0,
        )


def test_x3_two_scales_are_never_averaged(company):
    """X3: answers on 1-5 and on 1-7 give one ease index; their native mean is blank, flagged mixed, until it is cut."""
    company.has(
        survey=answers("csat", {4: 40}, 1, 5, survey="five")
        + answers("csat", {4: 40}, 1, 7, survey="seven", wave="seven", first=101)
    )

    mixed = company.cell("csat_mean", **MARCH).estimate

    assert (mixed.value, mixed.flags[0]) == (None, "mixed")
    assert {k: c.estimate.value for k, c in company.by("csat_mean", "survey", **MARCH).items()} == {
        "five": 4,
        "seven": 4,
    }
    assert company.value("csat_index", **MARCH) == near((75 + 50) / 2)


def test_x4_satisfaction_has_two_names_and_no_third(company):
    """X4, K20: csat_top2 and csat_index are two metrics, the choice picks between them, "csat" alone is refused."""
    company.has(survey=answers("csat", LIKERT, 1, 5))

    assert company.value("csat_top2", options={"K20": "index"}, **MARCH) == near(77)
    with pytest.raises(QuestionError, match="csat_"):
        company.value("csat", **MARCH)


def test_x6_r042_three_answers_of_one_customer_count_once(company):
    """X6, R042, K22: the latest of three answers in a month counts, the others count with K22 = every."""
    thrice = [
        row
        for day, score in (("2025-03-02", 1), ("2025-03-10", 2), ("2025-03-20", 5))
        for row in answers("csat", {score: 1}, 1, 5, wave=day, when=at(day))
    ]
    company.has(survey=thrice + answers("csat", {1: 1}, 1, 5, first=2))

    latest = company.cell("csat_top2", **MARCH).estimate
    every = company.cell("csat_top2", options={"K22": "every"}, **MARCH).estimate

    assert (latest.value, latest.n) == (near(50), 2)
    assert (every.value, every.n) == (near(25), 4)


def test_x6_each_month_has_its_latest(company):
    """X6, K22: who answers in two months counts in each, and once, with the later answer, in the quarter."""
    rows = answers("csat", {1: 1}, 1, 5, wave="feb", when=at("2025-02-10")) + answers("csat", {5: 1}, 1, 5, wave="mar")
    company.has(survey=rows)

    assert [cell.estimate.value for cell in company.cells("csat_top2", **BOTH)] == [0, 100]
    quarter = company.cell("csat_top2", grain="quarter", start="2025-01-01", end="2025-04-01").estimate
    assert (quarter.value, quarter.n) == (100, 1)


def test_r042_a_double_submission_is_listed_and_does_not_count(company):
    """R042: of two answers to one invitation the latest is kept; the other stands in quarantine under its rule."""
    twice = answers("csat", {2: 1}, 1, 5, wave="same", when=at("2025-03-10", 9))
    twice += answers("csat", {5: 1}, 1, 5, wave="same", when=at("2025-03-10", 10))
    company.has(survey=twice)
    mapping = (MAPPINGS / "survey.yaml").read_text(encoding="utf-8")
    company.write("sources/survey.yaml", mapping.replace("[invitation, question]", "[$file, $line]"))

    every = company.cell("csat_top2", options={"K22": "every"}, **MARCH).estimate

    assert (every.value, every.n) == (100, 1)
    assert company.refused() == ["duplicate-response"]


def test_r054_another_question_on_0_to_10_is_not_nps(company):
    """R054 (PostHog posthog #19500): what a question measures is said, never guessed from its scale."""
    others = [
        row
        for kind in ("ces", "csat", "loyalty", "driver", "other")
        for row in answers(kind, {10: 50}, 0, 10, wave=kind)
    ]
    company.has(survey=nps(40, 30, 30, first=1001) + others)

    cell = company.cell("nps", **MARCH)

    assert (cell.estimate.value, cell.estimate.n) == (near(10), 100)


def test_r055_past_and_current_customers_are_weighted_by_their_answers(company):
    """R055: NPS of past (-20) and current (50) customers stand apart; the pooled 36 is their mean weighted by n."""
    people = customers(200, since="2024-01-01", status="active") + customers(50, first=201, status="past")
    waves = nps(120, 60, 20) + nps(15, 10, 25, first=201)
    company.has(customers=people, survey=waves)

    cells = company.by("nps", "lifecycle", **MARCH)
    pooled = company.cell("nps", **MARCH).estimate

    parts = {name: (cell.estimate.value, cell.estimate.n) for name, cell in cells.items()}
    assert parts == {"active": (near(50), 200), "past": (near(-20), 50)}
    assert (pooled.value, pooled.n) == (near((50 * 200 - 20 * 50) / 250), 250)


def test_r058_relationship_and_interaction_are_two_series(company):
    """R058: surveys sent for the relationship and after an interaction keep their own series and their own latest."""
    company.has(
        survey=nps(60, 20, 20, survey="yearly", trigger="relationship", wave="yearly")
        + nps(20, 20, 60, survey="after call", trigger="transaction", wave="call")
    )

    cells = company.by("nps", "trigger", **MARCH)

    assert {k: c.estimate.value for k, c in cells.items()} == {"relationship": near(40), "transaction": near(-40)}
    assert company.value("nps", where="trigger = 'relationship'", **MARCH) == near(40)


def test_r060_response_rate_is_answered_of_delivered(company):
    """R060: 1000 sent, 950 delivered, 190 answered is 20 %, not 19."""
    sent, arrived, said = at("2025-03-03", 8), at("2025-03-03", 9), at("2025-03-04", 9)
    rows = [
        {
            "invitation": f"i{n}",
            "question": "q",
            "kind": "csat",
            "customer": f"c{n}",
            "low": 1,
            "high": 5,
            "good_end": "high",
            "invited": sent,
            "delivered": arrived if n <= 950 else None,
            "answered": said if n <= 190 else None,
            "score": 5 if n <= 190 else None,
        }
        for n in range(1, 1001)
    ]
    company.has(survey=rows)

    estimate = company.cell("response_rate", **MARCH).estimate

    assert (estimate.value, estimate.n, estimate.flags) == (near(20), 950, ())
    assert company.value("csat_top2", **MARCH) == 100


def test_r063_contact_pressure_by_a_rule_of_one_in_90_days(company):
    """R063, G25: 1000 customers asked once are at a pressure of 1; ten asked three times more break the rule."""
    asked = [invitation(f"once-{n}", n, "2025-03-03") for n in range(1, 1001)]
    again = [
        invitation(f"{day}-{n}", n, day) for day in ("2025-03-13", "2025-03-20", "2025-03-27") for n in range(1, 11)
    ]
    company.has(survey=asked + again)

    assert company.value("contact_pressure", **MARCH) == near(1030 / 1000)
    assert company.value("contact_pressure_over", **MARCH) == near(1)


def test_r063_the_window_of_90_days_ends_with_the_period(company):
    """R063: an invitation of 2 January is within the 90 days that end with March; one of 31 December is not."""
    company.has(survey=[invitation("in", 1, "2025-01-02"), invitation("out", 2, "2024-12-31")])

    assert company.cell("contact_pressure", **MARCH).estimate.n == 1


def invitation(name, customer, day):
    """Return an invitation that nobody answered."""
    when = at(day, 9)
    return {
        "invitation": name,
        "question": "q",
        "kind": "csat",
        "customer": f"c{customer}",
        "invited": when,
        "delivered": when,
    }


def test_k24_small_numbers_are_flagged(company):
    """K24: 29 answers are flagged few, 30 are not; what is too few for a comparison is never called a change."""
    rows = answers("csat", {5: 29}, 1, 5, survey="few", wave="few")
    rows += answers("csat", {5: 20, 1: 10}, 1, 5, survey="enough", wave="enough")
    rows += answers("csat", {1: 29}, 1, 5, survey="few", wave="before", when=at("2025-02-10"))
    cells = company.has(survey=rows).by("csat_top2", "survey", **MARCH)

    assert "few" in cells["few"].estimate.flags
    assert "few" not in cells["enough"].estimate.flags
    assert (cells["few"].previous.value, cells["few"].verdict.word) == (0, "cannot say")
    assert company.by("csat_top2", "survey", **FEBRUARY)["few"].estimate.n == 29


def test_k24_a_part_of_nine_people_is_hidden(tmp_path):
    """K24: with a privacy minimum of 10, a part of 9 people is hidden, and the next smallest, lest the whole tell."""
    rows = [
        row
        for name, people in (("nine", 9), ("ten", 10), ("more", 30))
        for row in answers("csat", {5: people}, 1, 5, survey=name, wave=name)
    ]
    company = Company(tmp_path, settings="privacy_min = 10\n").has(survey=rows)
    cells = company.by("csat_top2", "survey", **MARCH)

    for name in ("nine", "ten"):
        estimate = cells[name].estimate
        assert (estimate.value, estimate.n, estimate.flags) == (None, None, ("hidden",))
    assert cells["more"].estimate.n == 30
    assert company.cell("csat_top2", **MARCH).estimate.n == 49
