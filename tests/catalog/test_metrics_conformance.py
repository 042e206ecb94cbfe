"""Every shipped metric, with every option: the oracle and DuckDB give the same number on drawn companies."""

from __future__ import annotations

import random
from collections import defaultdict

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from regard.engines import Duck, Oracle
from regard.expr import Type
from regard.model import Status
from regard.plan import collect
from regard.workspace.estimates import Terms, answer_cells
from tests.catalog.asking import DAY, HOUR, Company, catalogue, instant
from tests.derived import worlds

START = instant("2026-01-01")
UNTIL = instant("2026-05-20 11:00")
LENGTH = 150
ARROW = {
    Type.TEXT: pa.string(),
    Type.NUMBER: pa.float64(),
    Type.TRUTH: pa.bool_(),
    Type.INSTANT: pa.int64(),
    Type.DAY: pa.int32(),
    Type.DURATION: pa.int64(),
}
SHIPPED = tuple(name for name in catalogue().metrics if catalogue().metric(name).status is Status.SHIPPED)
FIELDS = ("value", "n", "squares", "without", "lo", "hi", "coverage", "unripe", "mixed")


class Draw:
    """Rows of every loaded table, drawn: few values, so that ties, blanks and edges that meet are common."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.tables = {
            "party": [self.party(n) for n in range(1, 31)],
            "response": [self.response(n) for n in range(110)],
            "case": [self.case(n) for n in range(45)],
            "contact": [self.contact() for _ in range(90)],
            "order": [self.order() for _ in range(80)],
            "visit": [self.visit() for _ in range(80)],
            "event": [self.event() for _ in range(170)],
            "cost": [self.cost() for _ in range(12)],
            "incident": [self.incident(n) for n in range(14)],
            "impact": [self.impact() for _ in range(70)],
        }
        self.tables["event"] += [self.request() for _ in range(150)]

    def at(self, *, lo: float = 0, hi: float = LENGTH) -> int:
        """An instant, often on the hour."""
        return START + round(self.random.uniform(lo, hi) * 24) * HOUR + self.one(0, 0, 0, 1, -1, 777_777)

    def soon(self, start: int, most: float, miss: float = 0.2) -> int | None:
        """A later instant, or none."""
        return None if self.random.random() < miss else start + round(self.random.uniform(0, most) * 24) * HOUR

    def one(self, *choices):
        """One of these."""
        return self.random.choice(choices)

    def who(self) -> int | None:
        """A customer, or nobody known."""
        return None if self.random.random() < 0.1 else self.random.randint(1, 30)

    def party(self, number: int):
        """One version of a customer."""
        begin = START + round(self.random.uniform(-200, 100)) * DAY
        served = self.one(begin, begin, None)
        return worlds.row(
            "party",
            party_id=number,
            source_party=f"p{number}",
            valid_from=begin,
            served_from=served,
            served_to=self.soon(begin, 300, 0.5) if served else None,
            segment=self.one("a", "b", None),
            tier=self.one("x", "y"),
            region=self.one("n", "s"),
            plan=self.one("p", None),
            size=self.one(1, 1, 3),
            traffic_source=self.one("search", "email", None),
            kind="account",
        )

    def response(self, number: int):
        """An invitation, answered or not."""
        kind = self.one("nps", "csat", "csat", "ces", "loyalty", "driver", "verbatim")
        scales = {"nps": [(0, 10, "high_good")], "csat": [(1, 5, "high_good"), (1, 5, "high_good"), (1, 5, None)]}
        low, high, polarity = self.one(*scales.get(kind, [(1, 5, "low_good"), (1, 7, "high_good"), (1, 5, None)]))
        sent = self.at()
        answered = self.soon(sent, 20, 0.3)
        return worlds.row(
            "response",
            invite_id=f"i{number // 2}",
            question_id=self.one("q1", "q2"),
            survey_id=self.one("s1", "s2"),
            question_kind=kind,
            scale_min=float(low),
            scale_max=float(high),
            polarity=polarity,
            party_id=self.who(),
            invited_at=sent,
            delivered_at=self.one(sent, sent, None),
            answered_at=answered,
            score=None if answered is None or self.random.random() < 0.1 else float(self.random.randint(low, high)),
            text=self.one(None, "words"),
            theme=self.one("price", "speed", None),
            driver=self.one("d1", "d2", None),
            weight=self.one(None, 1.0, 2.5),
            channel=self.one("email", "app"),
            trigger=self.one("relationship", "transaction"),
        )

    def case(self, number: int):
        """A case."""
        opened = self.at()
        reply = self.soon(opened, 3)
        return worlds.row(
            "case",
            case_id=f"c{number}",
            source_id=f"c{number}",
            kind=self.one("support", "support", "complaint", "rca"),
            party_id=self.who(),
            opened_at=opened,
            first_human_reply_at=reply,
            first_reply_at=reply,
            resolved_at=self.soon(reply or opened, 20),
            reopened_count=self.one(None, 0, 0, 1),
            channel_first=self.one("phone", "email", None),
            product=self.one("a", "b", None),
            team=self.one("t1", "t2"),
            priority=self.one("high", "low"),
        )

    def contact(self):
        """A contact."""
        return worlds.row(
            "contact",
            case_id=f"c{self.random.randint(0, 70)}",
            party_id=self.who(),
            at=self.at(),
            channel=self.one("phone", "email", "chat", None),
            direction=self.one("in", "in", "out"),
            actor=self.one("customer", "human", "bot"),
            public=self.one(True, True, False),
            handle_s=self.one(None, 60.0, 90.5),
            wait_s=self.one(None, 0.0, 30.0),
            resolved_here=self.one(None, True, False),
            context_carried=self.one(None, True, False),
            product=self.one("a", None),
        )

    def order(self):
        """An order."""
        at = self.at(lo=-100)
        shipped = self.soon(at, 4)
        return worlds.row(
            "order",
            party_id=self.who(),
            ordered_at=at,
            is_credit=self.one(False, False, False, True),
            net=self.one(None, 10.0, 25.5, 99.0),
            cost=self.one(None, 5.0, 12.0),
            shipped_at=shipped,
            promised_at=self.soon(at, 4),
            delivered_at=self.soon(shipped or at, 5),
            delivery_promised_at=self.soon(at, 6),
            expedited=self.one(None, True, False),
            returned_at=self.soon(at, 40, 0.7),
            returned_net=self.one(None, 5.0),
            product=self.one("a", "b", None),
            channel=self.one("web", "app"),
            first_traffic_source=self.one("search", None),
            cancelled_at=self.soon(at, 2, 0.9),
        )

    def visit(self):
        """A visit."""
        at = self.at()
        return worlds.row(
            "visit",
            visitor_id=f"v{self.random.randint(1, 40)}",
            party_id=self.one(None, self.who()),
            started_at=at,
            ended_at=self.soon(at, 0.1),
            pages=self.one(None, 1, 4),
            cart_at=self.soon(at, 0.1, 0.5),
            checkout_at=self.soon(at, 0.1, 0.6),
            order_id=self.one(None, None, "o"),
            p75_load_ms=self.one(None, 900.0, 2500.0, 4000.0),
            is_bot=self.one(False, False, False, True),
            traffic_source=self.one("search", "email", None),
            device=self.one("phone", "desktop"),
        )

    def event(self):
        """An event."""
        kind = self.one(
            "login",
            "login",
            "login",
            "feature",
            "activation",
            "touch",
            "information",
            "term_due",
            "renew",
            "upsell",
            "cancel",
        )
        return worlds.row(
            "event",
            at=self.at(),
            party_id=self.who(),
            kind=kind,
            feature=self.one("f1", "f2"),
            ref_id=self.one(None, "k"),
            product=self.one("a", None),
        )

    def request(self):
        """A request, of a few customers within hours, so that there is time between them."""
        return worlds.row(
            "event",
            at=START + 60 * DAY + self.random.randint(0, 600) * 60_000_000,
            party_id=self.random.randint(1, 6),
            kind="request",
            ok=self.one(True, True, False, None),
            service=self.one("api", "web", None),
            journey=self.one("login", None),
            product=self.one("a", None),
        )

    def incident(self, number: int):
        """An incident; some have no impact."""
        at = self.at()
        return worlds.row(
            "incident",
            incident_id=f"i{number}",
            planned=self.one(False, False, False, True),
            notice_at=self.one(None, at - DAY, at + HOUR),
            change_triggered=self.one(None, True, False),
            started_at=at,
            detected_at=self.soon(at, 0.2),
            status_posted_at=self.soon(at, 0.3),
            mitigated_at=self.soon(at, 0.5),
            resolved_at=self.soon(at, 1),
            service=self.one("api", "web", None),
            cause=self.one("change", "load", "disk", "network", "dns", None),
            owner_team=self.one("t1", "t2", None),
            severity=self.one("s1", "s2"),
        )

    def impact(self):
        """A stage of loss, of a customer, of some that it stands for, or of a cohort."""
        at = self.at()
        whole = self.random.random() < 0.85
        return worlds.row(
            "impact",
            incident_id=self.one(None, *(f"i{n}" for n in range(11))),
            party_id=self.random.randint(1, 30) if whole else None,
            segment=None if whole else self.one("a", "b"),
            n_parties=None if whole else self.one(1, 2, 5),
            start_at=at,
            end_at=self.soon(at, 2, 0.1),
            kind=self.one("outage", "outage", "degraded", "workaround", "data_loss"),
            depth=self.one(None, None, None, 0.25),
            journey=self.one("login", None),
            basis="connected",
            evidence=self.one("observed", "listed", "estimated"),
            relief=self.one("none", "workaround", "restored"),
        )

    def cost(self):
        """A cost."""
        begin = self.at(hi=120)
        return worlds.row(
            "cost",
            kind=self.one("marketing", "sales", "support", "reliability"),
            period_start=begin,
            period_end=begin + self.one(7, 30) * DAY,
            amount=self.one(100.0, 99.5),
            channel=self.one("search", "email", None),
            segment=self.one("a", None),
            region=self.one("n", None),
        )


def arrow(table: str, rows) -> pa.Table:
    """Return rows as the lake's view shows them."""
    columns = catalogue().tables[table].columns.values()
    schema = pa.schema([(c.name, pa.int64() if c.whole else ARROW[c.type]) for c in columns])
    return pa.Table.from_pylist([{c.name: row.get(c.name) for c in columns} for row in rows], schema=schema)


def agree(company: Company, plans) -> int:
    """Check that both engines give the same cells; return how many cells have a value."""
    connection = duckdb.connect(config={"threads": 1})
    seen: dict[tuple, list] = {}
    names: dict[tuple, str] = {}

    def rows(table, arguments):
        key = (table, arguments)
        if key not in seen:
            seen[key] = company.rows(table, arguments)
        return seen[key]

    def relation(table, arguments):
        key = (table, arguments)
        if key not in names:
            names[key] = table if not arguments else f"{table}_{len(names)}"
            connection.register(names[key], arrow(table, rows(table, arguments)))
        return names[key]

    relation("party", ())
    filled = 0
    for asked in plans:
        fast = collect(asked, Duck(connection, relation).run(asked))
        slow = collect(asked, Oracle(rows, company.tables["party"]).run(asked))
        for left, right in zip(fast, slow, strict=True):
            assert left.groups == right.groups, left.metric.id
            for field in FIELDS:
                one, other = getattr(left, field), getattr(right, field)
                if one is None or other is None:
                    assert one is other, (left.metric.id, field)
                    continue
                assert np.allclose(one, other, rtol=1e-9, atol=1e-9, equal_nan=True), (
                    left.metric.id,
                    field,
                    one,
                    other,
                )
            filled += int(np.isfinite(left.value).sum())
    return filled


@pytest.mark.parametrize(("seed", "grain"), [(1, "month"), (2, "week")])
def test_the_oracle_and_duckdb_agree_on_every_shipped_metric(seed, grain):
    """Whole and cut as its file says, every shipped metric is the same number on both, replicates and ends included."""
    company = Company(Draw(seed).tables, UNTIL)
    cuts = defaultdict(list)
    for name in SHIPPED:
        metric = catalogue().metric(name)
        for cut in {(), metric.by_default, ("segment",) if "segment" in metric.dims else ()}:
            cuts[cut].append(name)

    plans = [company.planned(names, "2026-02-01", "2026-06-01", by=cut, grain=grain) for cut, names in cuts.items()]

    assert agree(company, plans) > 500


def test_the_oracle_and_duckdb_agree_on_every_option():
    """What an option of the choice register makes of a metric is the same number on both."""
    company = Company(Draw(4).tables, UNTIL)
    others = [
        (name, {choice.id: option})
        for name in SHIPPED
        for choice in catalogue().metric(name).choices
        for option in choice.options
        if option != choice.default
    ]
    plans = [company.planned([name], "2026-03-01", "2026-05-01", by=(), options=options) for name, options in others]

    assert len(plans) > 60
    assert agree(company, plans) > 60


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_metric_can_be_cut_by_what_it_offers(name):
    """Each dimension that a metric offers can be planned, alone and as a filter."""
    company = Company(Draw(1).tables, UNTIL)

    for dimension in catalogue().metric(name).dims:
        asked = company.planned([name], *("2026-03-01", "2026-05-01"), by=(dimension,), where=f"{dimension} = 'a'")
        assert asked.scans


def test_every_interval_is_of_its_own_number():
    """The leaves that an interval reads give the value itself: no interval is that of another number (R064)."""
    company = Company(Draw(5).tables, UNTIL)
    asked = company.planned(SHIPPED, "2026-02-01", "2026-05-01", by=(), grain="month")
    for cells in collect(asked, Oracle(company.rows, company.tables["party"]).run(asked)):
        estimates = [cell.estimate for cell in answer_cells(asked, cells, Terms())]
        flags = {flag for one in estimates for flag in one.flags}
        assert "mismatch" not in flags, cells.metric.id
        # Use by who is not served is a fault of the data, and what the flag is for.
        assert "out_of_range" not in flags or cells.metric.id == "adoption", cells.metric.id
        # Of what is counted in full nothing is open, and bounds that are alike are none.
        exact = cells.metric.interval.method in ("exact", "none", "bounds", "range") or cells.metric.method
        assert all(exact or one.flags or None not in (one.lo, one.hi) for one in estimates), cells.metric.id
