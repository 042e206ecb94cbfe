"""What goes with minutes lost, on a simulated company from its files on: dose, depth, claims (R025, R031)."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from regard.errors import QuestionError
from regard.present import effects
from regard.workspace.effects import growth
from tests.golden.company import at
from tests.workspace.outages import UNTIL, Outages, loss, minute, served

CUSTOMERS, MONTHS = 300, ("2025-09", "2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03")
WEIGHTS = {"outage": 1.0, "degraded": 0.4, "workaround": 0.2}
SLOPE = 0.02
"""Tickets that a minute of full outage makes."""
POINTS = 0.1
"""Points of satisfaction that it takes."""


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Customers who lose minutes, write tickets, answer and leave by what they lost; the active lose and write more."""
    rng = np.random.default_rng(11)
    losses, tickets, answers, visits, people = [], [], [], [], []
    for n in range(CUSTOMERS):
        active, name, left = n % 3, f"c{n}", None
        for month in MONTHS:
            felt = 0.0
            for kind, weight in WEIGHTS.items():
                if rng.random() < 0.25 + 0.1 * active:
                    minutes = int(rng.integers(5, 200))
                    begin = int(rng.integers(0, 20 * 1440))
                    losses.append(
                        {"loss": f"L{len(losses)}", "customer": name, "start": minute(begin, f"{month}-01"),
                         "end": minute(begin + minutes, f"{month}-01"), "kind": kind}
                    )  # fmt: skip
                    felt += weight * minutes
            for _ in range(rng.poisson(0.2 + 0.3 * active + SLOPE * felt)):
                opened = at(f"{month}-{rng.integers(1, 28):02d}", int(rng.integers(24)))
                tickets.append({"ticket": f"t{len(tickets)}", "customer": name, "opened": opened})
            for _ in range(2 + 4 * active):
                when = at(f"{month}-{rng.integers(1, 28):02d}")
                visits.append({"visit": f"v{len(visits)}", "customer": name, "when": when, "kind": "login"})
            score = np.clip(75 - POINTS * felt + rng.normal(0, 10), 0, 100)
            answers.append(
                {"answer": f"a{len(answers)}", "customer": name, "answered": at(f"{month}-28"), "score": 1 + score / 25}
            )
            if rng.random() < 1 / (1 + np.exp(4 - 0.015 * felt)):
                # Who leaves does so in the month after the one that made it.
                year, number = divmod(int(month[:4]) * 12 + int(month[5:]), 12)
                left = at(f"{year}-{number + 1:02d}-15")
                break
        people.append({"customer": name, "left": left})
    kept = {row["customer"]: row["left"] for row in people}
    assert sum(left is not None for left in kept.values()) > 20
    company = Outages(tmp_path_factory.mktemp("simulated"), until=UNTIL)
    company.has(customers=served(people), losses=losses, tickets=tickets, answers=answers, visits=visits)
    return company.load()


def within(found, planted):
    """Say whether an interval holds a number."""
    return found.lo <= planted <= found.hi


def test_planted_weights_come_back_from_the_files(simulated):
    """From files to ledger to regression: the proposed weights hold the planted ones, and outages stay 1."""
    found = simulated.workspace.calibrate("depth")
    assert simulated.refused() == []
    assert {one.outcome: one.why for one in found.evidence} == {"tickets": "", "csat": "", "leaving": ""}
    assert within(found.proposed["degraded"], 0.4)
    assert within(found.proposed["workaround"], 0.2)
    assert found.proposed["data_loss"] is None
    for one in found.evidence[:2]:
        assert within(one.weights["degraded"], 0.4), one.outcome
        assert within(one.weights["workaround"], 0.2), one.outcome
        assert one.weights["degraded"].hi - one.weights["degraded"].lo < 0.4


def test_a_proposal_is_the_next_version_and_is_not_applied(simulated):
    """The proposal is a policy file of the next version; the policy in force stays as it is."""
    found = simulated.workspace.calibrate("depth")
    told = yaml.safe_load(effects.policy(found))
    assert (told["policy"], told["version"], told["sets"]) == ("depth", found.version + 1, "max")
    assert told["values"]["outage"] == 1
    assert told["values"]["data_loss"] == found.now["data_loss"]
    assert told["values"]["degraded"] == pytest.approx(found.proposed["degraded"].value, abs=0.005)
    assert simulated.workspace.catalogue.policies["depth"].version == found.version
    simulated.write("policies/depth.yaml", effects.policy(found))
    try:
        assert simulated.workspace.check() == []
    finally:
        (simulated.root / "policies/depth.yaml").unlink()


def test_the_dose_of_tickets_is_adjusted_for_activity(simulated):
    """Tickets rise with minutes lost; among customers of like activity by what was planted, raw by more."""
    found = simulated.workspace.dose("tickets")
    assert found.strata == 3
    raw = [one.value for one in found.response.raw]
    assert raw[0] < raw[2] < raw[4]
    assert found.response.slope_adjusted.value < found.response.slope.value
    # A minute lost is of a mixed kind: between the deepest and the shallowest of the planted effects.
    assert found.response.slope_adjusted.lo > 60 * SLOPE * 0.2
    assert found.response.slope_adjusted.hi < 60 * SLOPE


def test_the_dose_of_satisfaction_and_leaving(simulated):
    """Satisfaction falls with minutes lost, leaving in the month after rises; shares are percent within 0 and 100."""
    satisfied, leaving = (simulated.workspace.dose(name).response for name in ("csat", "leaving"))
    assert satisfied.slope_adjusted.hi < 0
    assert leaving.slope_adjusted.lo > 0
    assert all(0 <= one.lo <= one.value <= one.hi <= 100 for one in leaving.raw if one.lo is not None)
    assert sum(one.n for one in leaving.raw) > 1000


def test_only_months_whose_outcome_is_known_count(simulated):
    """Leaving is of the month after, so March, after which April is not over, does not count for it."""
    counts = {name: simulated.workspace.dose(name, start="2026-02-01").months for name in ("tickets", "leaving")}
    february = simulated.workspace.dose("tickets", start="2026-02-01", end="2026-03-01").months
    assert counts["leaving"] == february < counts["tickets"]


def test_effects_that_cannot_be_told(simulated):
    """An unknown outcome, days without a whole month, and outcomes of nobody are refused in words."""
    with pytest.raises(QuestionError, match="'csta' is no outcome; did you mean 'csat'"):
        simulated.workspace.dose("csta")
    with pytest.raises(QuestionError, match="no whole month"):
        simulated.workspace.dose("csat", start="2026-04-01")
    with pytest.raises(QuestionError, match="nothing to compare"):
        simulated.workspace.dose("renewal")
    with pytest.raises(QuestionError, match="cannot check the policy 'height'"):
        simulated.workspace.calibrate("height")


def test_no_outage_no_weights(tmp_path):
    """Without any minute of full outage nothing is proposed, and the page says why."""
    company = Outages(tmp_path, until=UNTIL).has(
        customers=served([{"customer": f"c{n}"} for n in range(40)]),
        losses=[loss(n, None, f"c{n}", 10, 40, kind="degraded") for n in range(20)],
        tickets=[{"ticket": f"t{n}", "customer": f"c{n}", "opened": minute(60)} for n in range(20)],
    )
    found = company.load().workspace.calibrate()
    assert set(found.proposed.values()) == {None}
    why = {one.outcome: one.why for one in found.evidence}
    assert why["tickets"] == "no minute of full outage is known with it"
    assert "no whole month" in why["leaving"]
    assert "kept: not told by data" in effects.policy(found)


def test_a_claim_about_a_metric(simulated):
    """Tickets of two stretches are compared by the day, and a claim far beyond what happened is missed."""
    before, after = ("2025-09-01", "2025-12-01"), ("2026-02-01", "2026-04-01")
    found = simulated.workspace.improve("ticket_rate", before=before, after=after, claim=0.1)
    counts = [one.value for one in (found.before, found.after)]
    assert found.per_day
    assert found.improvement.ratio == pytest.approx((counts[1] / 59) / (counts[0] / 91))
    assert found.improvement.lo < found.improvement.ratio < found.improvement.hi
    assert found.improvement.verdict == "missed"
    same = simulated.workspace.improve("ticket_rate", before=before, after=before)
    assert (same.improvement.ratio, same.improvement.changed, same.improvement.verdict) == (1, False, "")


@pytest.mark.parametrize(
    ("metric", "power"), [("ticket_rate", 1), ("csat_top2", 0), ("resolution_time", 0), ("churn", None)]
)
def test_what_grows_with_its_period(simulated, metric, power):
    """From its formula it follows whether a number is a total that has to be compared by the day."""
    found = simulated.workspace.metric(metric)
    assert growth(found, found.value) == power


def test_stretches_of_different_length(simulated):
    """A metric that neither stays nor grows evenly is compared over stretches of one length only."""
    with pytest.raises(QuestionError, match="stretches of the same length, not 30 and 61 days"):
        simulated.workspace.improve("churn", before=("2025-09-01", "2025-10-01"), after=("2025-11-01", "2026-01-01"))
