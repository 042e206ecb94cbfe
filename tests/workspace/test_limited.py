"""Within a scope the ledger's pages are those of a company that has nobody else, or are refused (R130, ADR 14)."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from html import unescape

import pytest

from regard import reports
from regard.errors import AccessError, QuestionError
from regard.workspace import Asking
from regard.workspace.limited import Limited
from tests.workspace.outages import ANSWERS, CUSTOMERS, INCIDENTS, LOSSES, TICKETS, UNTIL, Outages, five, loss, served

COHORT = loss(9, "I2", None, 150, 200, region="US", kind="degraded", count=3, evidence="estimated")
"""All customers of a region, by count: it is known who they are."""
SCOPES = {
    "region = 'EU'": {"region": "EU"},
    "segment in ('b2b')": {"segment": "b2b"},
    "region = 'US'": {"region": "US"},
}
"""Scope -> what its customers have."""


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Five customers in two regions, three incidents, and a cohort."""
    made = five(tmp_path_factory.mktemp("five"))
    return made.has(losses=[*LOSSES, COHORT]).load()


@pytest.fixture(scope="module", params=SCOPES, ids=list(SCOPES))
def pair(request, company, tmp_path_factory):
    """The company within a scope, and a company in which there is nobody else."""
    people = [one for one in CUSTOMERS if all(one[key] == value for key, value in SCOPES[request.param].items())]
    names = {one["customer"] for one in people}
    cohort = [COHORT] if any(one["region"] == "US" for one in people) else []
    losses = [one for one in LOSSES if one["customer"] in names] + cohort
    led = {one["incident"] for one in losses}
    alone = Outages(tmp_path_factory.mktemp("alone"), until=UNTIL).has(
        customers=served(people),
        incidents=[one for one in INCIDENTS if one["incident"] in led],
        losses=losses,
        tickets=[one for one in TICKETS if one["customer"] in names],
        answers=[one for one in ANSWERS if one["customer"] in names],
    )
    return company.workspace.within(request.param), alone.load().workspace


def plain(told):
    """Return what a page says, with numbers as near as sums in another order are."""
    if is_dataclass(told):
        return plain(asdict(told))
    if isinstance(told, dict):
        return {key: plain(value) for key, value in told.items()}
    if isinstance(told, (list, tuple)):
        return [plain(value) for value in told]
    return round(told, 6) if isinstance(told, float) else told


def test_every_page_is_that_of_a_company_without_the_others(pair):
    """Lists, causes, the queue, incidents, customers and tickets: nothing of anybody else is in them."""
    limited, alone = pair
    days = ("2026-03-01", "2026-04-01")
    asked = {
        "stretch": lambda one: one.stretch(*days, worst=9),
        "causes": lambda one: one.impact(("cause", "region"), start=days[0], end=days[1]),
        "queue": lambda one: one.queue(until="2026-03-05T02:32:00Z"),
    }
    led = [one.record.incident for one in alone.stretch(*days).incidents]
    asked |= {name: lambda one, name=name: one.incident(name) for name in led}
    asked |= {f"course of {name}": lambda one, name=name: one.course(name) for name in led}
    for name in ("C", "D"):
        asked |= {f"customer {name}": lambda one, name=name: one.ledger(name)}
    asked |= {case: lambda one, case=case: one.escalation([case]) for case in ("t1", "t3")}
    for what, ask in asked.items():
        answers = []
        for one in (limited, alone):
            try:
                answers.append(plain(ask(one)))
            except QuestionError as error:
                answers.append(str(error))
        assert answers[0] == answers[1], what


def test_a_scope_that_a_table_cannot_tell_is_refused(company):
    """Losses have no channel, parties no service: what would need them says so, and what does not is shown."""
    chat, login = (company.workspace.within(test) for test in ("channel = 'chat'", "service = 'login'"))
    with pytest.raises(AccessError, match=r"'ledger_share', whose rows have no channel; you see only rows with"):
        chat.stretch()
    listed = login.stretch("2026-03-01", "2026-04-01")
    assert {one.record.incident for one in listed.incidents} == {"I1", "I3", "I5"}
    assert login.impact(("service",)).blind == ("I5",)
    with pytest.raises(AccessError, match="'party'"):
        login.incident("I1")
    with pytest.raises(AccessError):
        login.report("incident", incident="I1")


def test_a_statement_that_names_no_table_first_reads_nothing(company):
    """Within a scope the whole tables are not there: forgetting to limit one is a failure, not a leak."""
    asking = Asking(company.workspace.within("region = 'EU'"))
    asking.relations.name("incident")
    with pytest.raises(Exception, match="Table with name incident does not exist"):
        asking.limited.rows("SELECT * FROM incident")
    with pytest.raises(AccessError, match="you see only those"):
        asking.rows("SELECT 1")
    whole = Limited(asking.relations, "")
    assert len(whole.rows(f"SELECT * FROM {whole.name('incident')}")) == len(INCIDENTS)


def test_a_report_within_a_scope_says_what_is_not_in_it(company):
    """A section that cannot be limited gives its reason in place; the others are limited; the head says to what."""
    filled = company.workspace.within("region = 'EU'").report("weekly", day="2026-03-05")
    told = {section.section.show: section for section in filled.sections}
    assert [one.minutes.value for one in told["causes"].impact.rows] == pytest.approx([80, 40, 3])
    assert told["findings"].refused
    document = unescape(reports.html(filled))
    assert "only rows with region = 'EU'" in document
    assert "Not shown: the list of findings shows all rows" in document
    assert "Nothing is open" not in document
