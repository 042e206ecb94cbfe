"""The eight families as data: every catalogue line has its ids, every id says what a metric must say."""

from __future__ import annotations

from collections import Counter

import pytest

from regard.catalog.catalogue import BUILTIN
from regard.catalog.places import read_yaml
from regard.errors import QuestionError
from regard.model import Good, Status
from tests.catalog.asking import catalogue

CODES = {
    "INT": 24,
    "AVL": 5,
    "VOC": 13,
    "SUP": 12,
    "WEB": 9,
    "COM": 6,
    "FIN": 9,
    "LEAD": 6,
}
"""How many lines each family has in the metric catalogue (MODEL.md section 6); INT-23 is a page, not a number."""
IDS = {
    "INT-01": {"cml", "incident_minutes"},
    "INT-02": {"cml_w"},
    "INT-03": {"cml_crit", "cml_segment"},
    "INT-04": {"cml_per_customer", "saidi", "asai", "asai_sustained"},
    "INT-05": {"int_freq", "incident_count", "change_share"},
    "INT-06": {"momentary_freq", "momentary_event_freq"},
    "INT-07": {"air"},
    "INT-08": {"int_duration", "int_duration_p90", "caidi", "ctaidi", "caifi"},
    "INT-09": {"scope_n", "scope_pct", "scope_sustained_pct"},
    "INT-10": {"scope_value"},
    "INT-11": {"cemi", "cemi_more"},
    "INT-12": {"celid", "celid_single"},
    "INT-13": {"time_to_relief", "time_to_relief_ended", "time_to_relief_p90", "relief_in_target"},
    "INT-14": {"time_to_restore", "time_to_restore_ended", "time_to_restore_p90", "restore_in_target"},
    "INT-15": {"workaround_rate"},
    "INT-16": {
        "time_to_detect",
        "time_to_detect_p90",
        "time_to_know",
        "time_to_know_p90",
        "time_to_mitigate",
        "time_to_mitigate_p90",
    },
    "INT-17": {"reinterrupted_share"},
    "INT-18": {"cml_planned", "notice_met"},
    "INT-19": {"cml_ex_med", "med_threshold", "med_days"},
    "INT-20": {"burn_rate", "projected_min"},
    "INT-21": {"reduction_potential", "reduction_without_largest"},
    "INT-22": {"cost_per_cml"},
    "INT-24": {"unreported_min", "unreported_share"},
    "INT-25": {"impact_coverage"},
    "AVL-01": {"user_uptime"},
    "AVL-02": {"mcr_1m", "mcr_5m", "mcr_10m", "mcr_20m", "mcr_1h", "mcr_1d"},
    "AVL-03": {"success_ratio", "error_rate"},
    "AVL-04": {"incident_uptime"},
    "AVL-05": {"gap_to_experience"},
    "VOC-01": {"csat_top2", "csat_top2_weighted", "csat_net"},
    "VOC-02": {"csat_index", "csat_index_weighted", "csat_mean", "csat_mean_weighted"},
    "VOC-03": {"nps", "nps_weighted"},
    "VOC-04": {"ces_mean", "ces_mean_high"},
    "VOC-05": {"ces_ease", "ces_ease_weighted"},
    "VOC-06": {"ces_net"},
    "VOC-07": {"loyalty_index"},
    "VOC-08": {"driver_score", "driver_score_weighted", "driver_score_mean", "driver_score_mean_weighted"},
    "VOC-09": {"response_rate"},
    "VOC-10": {"contact_pressure", "contact_pressure_over"},
    "VOC-11": {"nonresponse_gap"},
    "VOC-12": {"sample_drift"},
    "VOC-13": {"verbatim_volume", "theme_share"},
    "SUP-01": {"frt", "frt_median", "frt_p90", "frt_km"},
    "SUP-02": {"resolution_time", "resolution_time_median", "resolution_time_p90", "resolution_time_km"},
    "SUP-03": {"customer_time", "customer_time_median"},
    "SUP-04": {"frt_in_target", "resolution_in_target"},
    "SUP-05": {"fcr", "fcr_seed", "fcr_30d", "fcr_of_all"},
    "SUP-06": {"channel_share", "channel_share_cases"},
    "SUP-07": {"channel_resolutions", "channel_resolution_rate"},
    "SUP-08": {"channel_usage"},
    "SUP-09": {"context_carried"},
    "SUP-10": {"ticket_rate"},
    "SUP-11": {"reopen_rate"},
    "SUP-12": {"backlog", "backlog_age", "backlog_age_p90"},
    "WEB-01": {"unique_visitors"},
    "WEB-02": {"visits"},
    "WEB-03": {"time_on_site", "time_on_site_median"},
    "WEB-04": {"pages_per_visit"},
    "WEB-05": {"source_share"},
    "WEB-06": {"conversion", "conversion_visitor"},
    "WEB-07": {"checkout_abandonment", "checkout_abandonment_slow"},
    "WEB-08": {"cart_abandonment"},
    "WEB-09": {"step_loss", "slow_share"},
    "COM-01": {"new_customers", "acquisition_rate", "reactivations"},
    "COM-02": {"retention", "retention_inactive", "retention_seed", "retention_gap"},
    "COM-03": {"churn", "churn_inactive", "churn_annual"},
    "COM-04": {"repeat_rate", "repeat_rate_ever"},
    "COM-05": {"return_rate", "return_rate_value", "return_rate_by_return"},
    "COM-06": {"on_time_ship", "on_time_delivery", "expedited_share"},
    "FIN-01": {"aov"},
    "FIN-02": {"purchase_freq"},
    "FIN-03": {"lifespan", "lifespan_12m"},
    "FIN-04": {"clv", "clv_margin", "gross_margin"},
    "FIN-05": {"cac", "cac_loaded"},
    "FIN-06": {"clv_cac", "clv_cac_margin", "clv_cac_loaded"},
    "FIN-07": {"renewal_rate", "renewal_p"},
    "FIN-08": {"upsell_rate"},
    "FIN-09": {"churn_risk"},
    "LEAD-01": {"adoption"},
    "LEAD-02": {"ttfv"},
    "LEAD-03": {"login_trend", "login_trend_own"},
    "LEAD-04": {"engagement_decline", "engagement_decline_n"},
    "LEAD-05": {"am_contact", "info_share"},
    "LEAD-06": {"lead_lag", "lead_power"},
}
"""Catalogue line -> its ids: one id, one number, so every named variant is an id of its own."""
PLANNED = {
    "nonresponse_gap",
    "sample_drift",
    "renewal_p",
    "churn_risk",
    "lead_lag",
    "lead_power",
}
"""Ids whose method comes later; they refuse politely."""
TARGETS = {
    "csat_top2": (85, None, False, True, "S2:10"),
    "nps": (50, None, False, True, "S2:17"),
    "ces_mean": (None, 2.5, True, False, "S2:24"),
    "frt": (None, 2, True, False, "S2:33"),
    "resolution_time": (None, 24, True, False, "S2:38"),
    "clv": (2500, None, True, True, "S2:52"),
    "cac": (None, 150, True, False, "S2:59"),
    "clv_cac": (3, None, False, True, "S2:65"),
    "repeat_rate": (60, None, False, True, "S2:73"),
    "churn": (None, 5, True, False, "S2:79"),
    "return_rate": (None, 8, True, False, "S2:85"),
}
"""Targets of the dashboard seed S2 (lo, hi, lo belongs, hi belongs, line); the twelfth KPI is the channel mix."""
CHANNELS = {
    "phone": (None, 40, True, False, "S2:43"),
    "email": (30, 50, True, True, "S2:44"),
    "chat": (20, 30, True, True, "S2:45"),
    "self_service": (10, None, False, True, "S2:46"),
}
OWN = [name for name, one in catalogue().definitions.items() if one.tree.mapping["family"].text in CODES]


def ends(target):
    """Return what a target says, in the order of the tables above."""
    return target.lo, target.hi, target.lo_incl, target.hi_incl, target.source


def test_nothing_is_wrong_with_the_families():
    """Each definition resolves, with every option that it offers, and without a mistake."""
    assert [str(one) for one in catalogue().mistakes if "/metrics/" in one.file] == []


def test_every_catalogue_line_has_its_ids():
    """Each line of the catalogue, and each named variant, is defined under the id that the catalogue gives it."""
    found: dict[str, set[str]] = {}
    for name in OWN:
        found.setdefault(catalogue().definitions[name].tree.mapping["code"].text, set()).add(name)

    assert found == IDS
    assert Counter(code.split("-")[0] for code in found) == CODES


def test_every_metric_is_in_exactly_one_family():
    """The family of a metric is that of its catalogue line, and it has one line only (R144)."""
    lines = Counter(name for names in IDS.values() for name in names)

    assert set(lines.values()) == {1}
    for code, names in IDS.items():
        for name in names:
            assert catalogue().definitions[name].tree.mapping["family"].text == code.split("-")[0], name


@pytest.mark.parametrize("name", [name for name in OWN if name not in PLANNED])
def test_a_shipped_metric_says_all_that_people_rely_on(name):
    """A shipped metric has owner, decision, unit, direction, citation, question and level (R033)."""
    metric = catalogue().metric(name)

    assert metric.status is Status.SHIPPED
    for said in ("title", "question", "unit", "level", "decision", "owner", "citation", "code", "family"):
        assert getattr(metric, said), said
    assert metric.question.endswith("?")
    assert metric.good in Good
    assert metric.n is not None
    assert metric.dims
    assert set(metric.by_default) <= set(metric.dims)
    assert set(metric.drives) <= set(catalogue().metrics)
    assert metric.min_change is not None or metric.unit == "count" or name == "channel_usage"


@pytest.mark.parametrize("name", sorted(PLANNED))
def test_a_planned_metric_says_what_it_waits_for(name):
    """A metric whose method comes later is planned, names the method and says why it cannot be computed."""
    metric = catalogue().metric(name)

    assert metric.status is Status.PLANNED
    assert metric.pending
    assert metric.method in catalogue().terms.methods


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_targets_of_the_seed_stand_with_their_ends(name):
    """Each KPI of the dashboard seed has its target, open or closed as written (X23, K55)."""
    (target,) = catalogue().metric(name).target

    assert ends(target) == TARGETS[name]


def test_the_channel_mix_has_four_targets():
    """The twelfth KPI is cut by channel, and each channel of the seed has a target of its own."""
    metric = catalogue().metric("channel_share")

    assert metric.by_default == ("channel",)
    assert {dict(target.scope)["channel"]: ends(target) for target in metric.target} == CHANNELS


def test_no_variant_inherits_a_target():
    """A target is judged by the number it was set for: the median and the share in target have none."""
    mine = {name for name in OWN if catalogue().metric(name).target}
    converted = {"ces_ease", "ces_net", "cart_abandonment"}
    ours = {"contact_pressure", "nonresponse_gap", "sample_drift"}

    assert mine == set(TARGETS) | {"channel_share"} | converted | ours


@pytest.mark.parametrize("code", sorted(IDS))
def test_a_catalogue_line_finds_its_first_id(code):
    """A line of the catalogue may be asked for by its number; it means the id that the catalogue names first."""
    first = {
        "VOC-02": "csat_index",
        "FIN-04": "clv",
        "COM-01": "new_customers",
        "WEB-09": "step_loss",
        "INT-01": "cml",
        "INT-05": "int_freq",
        "INT-11": "cemi",
    }

    found = catalogue().find(code)

    assert found in IDS[code]
    assert found == first.get(code, found)


def test_every_percent_is_a_share_times_a_hundred():
    """A share is written as 100 x k / n, so its unit is percent and its changes are in points (X2, K50)."""
    for name in OWN:
        metric = catalogue().metric(name)
        if metric.interval.method in ("proportion", "weighted_proportion"):
            assert metric.unit == "percent", name
    assert catalogue().terms.units["percent"] == "points"


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("FRT", "frt"),
        ("first response time", "frt"),
        ("First Contact Resolution", "fcr"),
        ("repeat purchase rate", "repeat_rate"),
        ("CLV:CAC", "clv_cac"),
        ("NPS", "nps"),
        ("SAIFI", "int_freq"),
        ("SAIDI", "saidi"),
        ("CAIDI", "caidi"),
        ("MAIFI", "momentary_freq"),
        ("MAIFI_E", "momentary_event_freq"),
        ("CML", "cml"),
        ("ASAI", "asai"),
        ("CEMI", "cemi"),
        ("CELID", "celid"),
        ("CTAIDI", "ctaidi"),
        ("CAIFI", "caifi"),
        ("AIR", "air"),
        ("uptime", "user_uptime"),
        ("availability", "user_uptime"),
    ],
)
def test_people_find_a_metric_by_the_name_they_know(word, name):
    """The names of the seeds, and the usual short ones, lead to the id, in whatever case."""
    assert catalogue().find(word) == name


def test_a_word_of_many_meanings_is_no_metric():
    """Words that name several numbers, or a misleading one, are not defined; there is a sentence on what to ask for."""
    words = read_yaml(BUILTIN / "aliases.yaml", [])[0].root.mapping["instead"].mapping

    for word in words:
        with pytest.raises(QuestionError):
            catalogue().find(word)
    assert "resolution_time" in words["MTTR"].text
    assert {"CSAT", "CES", "MTTR"} <= set(words)
