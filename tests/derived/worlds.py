"""Small worlds for the tests of derived tables: rows by hand, rows drawn at random, and DuckDB to run SQL on."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import count
from pathlib import Path

import duckdb
import pyarrow as pa
import yaml
from hypothesis import strategies as st

import regard.derived
from regard.derived import REFERENCES, WorkCalendar, calendar_days
from regard.model.time import DAY_US
from regard.sql.derived import STATEMENTS

TABLES = Path(regard.derived.__file__).parents[1] / "catalog" / "builtin" / "tables"
HOUR = 3_600_000_000
MINUTE = 60_000_000
START = 1_711_670_400_000_000
"""2024-03-29 00:00 UTC, two days before the clocks of Berlin go forward."""

ARROW = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "truth": pa.bool_(),
    "instant": pa.int64(),
    "day": pa.int32(),
    "duration": pa.int64(),
}
SPINE = {"source": "text", "source_id": "text", "loaded_at": "instant", "run_id": "text"}
CALENDAR_DAY = {"calendar": "text"} | dict.fromkeys(
    ("day", "before_us", "s1", "e1", "s2", "e2", "s3", "e3", "s4", "e4"), "integer"
)
OFFICE = tuple((day, ((540, 1020),)) for day in range(5))
CALENDARS = (
    WorkCalendar("standard", "UTC", dict(OFFICE)),
    WorkCalendar("late", "Europe/Berlin", dict.fromkeys(range(7), ((0, 150), (720, 1440)))),
)


class Engine:
    """The one connection of the tests, opened at first use."""

    connection = None

    @classmethod
    def query(cls, sql, tables=()):
        """Return what a query makes of tables given as (name, Arrow table)."""
        if cls.connection is None:
            cls.connection = duckdb.connect()
            cls.connection.execute("SET threads = 1")
        for name, table in tables:
            cls.connection.register(name, table)
        return cls.connection.sql(sql).to_arrow_table()

    @classmethod
    def close(cls):
        """Let go of the connection."""
        if cls.connection is not None:
            cls.connection.close()
            cls.connection = None


@cache
def declared(table):
    """Return the declaration of a table as written."""
    return yaml.safe_load((TABLES / f"{table}.yaml").read_text())


@cache
def types(table):
    """Return column -> type of a table, spine and bucket included."""
    if table == "calendar_day":
        return CALENDAR_DAY
    document = declared(table)
    own = {name: column["type"] for name, column in document["columns"].items()}
    return own if "from" in document else SPINE | own | {"bucket": "integer"}


WEIGHTS = "cosmetic=0.0, data_loss=1.0, degraded=0.5, outage=1.0, workaround=0.25"
"""Policy `depth`, as whoever plans a question writes it in the place of its name."""


def resolved(table, arguments):
    """Return the arguments of a derived table with the defaults it declares, policies by their values."""
    known = (declared(table).get("arguments") or {}) | arguments
    return {name: WEIGHTS if value == "policy depth" else value for name, value in known.items()}


numbers = count()


def row(table, **values):
    """Return a row of a loaded table: what is not given is its default or blank, the key is new."""
    columns = declared(table)["columns"]
    defaults = {name: column.get("default") for name, column in columns.items()}
    made = dict.fromkeys(types(table)) | defaults | {"source": "s", "source_id": f"{next(numbers):06}", "run_id": "r"}
    made |= values
    made["bucket"] = (made.get("party_id") or 0) % 32
    key = declared(table).get("id")
    if key and key in columns and key != "party_id" and made[key] is None:
        made[key] = made["source_id"]
    return made


def world(table, tables):
    """Return the inputs of a derived table: all that it is made from, empty where nothing is given."""
    inputs = {name: list(tables.get(name, ())) for name in declared(table)["from"]}
    if table == "case_clock":
        end = START + 60 * DAY_US
        inputs["calendar_day"] = [day for each in CALENDARS for day in calendar_days(each, START - 30 * DAY_US, end)]
    return inputs


def by_reference(table, until, tables, **arguments):
    """Return the rows that the reference makes."""
    return REFERENCES[table](world(table, tables), resolved(table, arguments), until)


def by_engine(table, until, tables, **arguments):
    """Return the Arrow table that the SQL makes, run by DuckDB."""
    inputs = [(name, arrow(name, rows)) for name, rows in world(table, tables).items()]
    return Engine.query(STATEMENTS[table](resolved(table, arguments), until), inputs)


def arrow(table, rows):
    """Return rows as an Arrow table of the declared types."""
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, ARROW[kind]) for name, kind in types(table).items()]))


def agree(table, until, tables, **arguments):
    """Check that reference and SQL make the same rows, exactly, in any order; return them."""
    expected = by_reference(table, until, tables, **arguments)
    made = by_engine(table, until, tables, **arguments).to_pylist()
    columns = types(table)

    assert not expected or set(expected[0]) == set(columns)
    assert not made or set(made[0]) == set(columns)
    ours = Counter(tuple(each[name] for name in columns) for each in made)
    theirs = Counter(tuple(each[name] for name in columns) for each in expected)
    differences = [[dict(zip(columns, one, strict=True)) for one in more] for more in (theirs - ours, ours - theirs)]
    assert differences == [[], []], differences

    return sorted(expected, key=lambda each: repr([each[name] for name in declared(table)["keys"]]))


# ---------------------------------------------------------------------------------------------------------------------
# Random rows: few values, so that ties, duplicates and edges that meet exactly are common.

instants = st.builds(
    lambda step, more: START + step * 6 * HOUR + more, st.integers(0, 9), st.sampled_from([0, 0, 0, 0, -1, 1])
)
"""Few instants, so that rows meet exactly, and their neighbours."""
maybe_instant = st.sampled_from([True, True, False]).flatmap(lambda known: instants if known else st.none())
texts = st.sampled_from([None, "a", "b", "ß", "日本", "o'clock"])
whole_texts = st.sampled_from(["a", "b", "ß"])
parties = st.sampled_from([None, 1, 1, 1, 2])
sources = st.sampled_from(["s", "s", "t"])
amounts = st.none() | st.integers(-40, 400).map(lambda quarters: quarters / 4)
truths = st.booleans()
maybe_truth = st.none() | truths
untils = st.sampled_from([4, 6, 8, 9, 10, 12, 20]).map(lambda step: START + step * 6 * HOUR)


@st.composite
def drawn(draw, table, **columns):
    """Draw a row: a strategy for each column that matters."""
    return row(table, source=draw(sources), **{name: draw(strategy) for name, strategy in columns.items()})


def rows_of(table, most=10, **columns):
    """Return a strategy of rows of a table."""
    return st.lists(drawn(table, **columns), min_size=most // 3, max_size=most)


versions = rows_of(
    "party",
    6,
    party_id=st.sampled_from([1, 2]),
    valid_from=instants,
    valid_to=maybe_instant,
    kind=st.sampled_from(["user", "account"]),
    parent_id=st.sampled_from([None, None, 3]),
    served_from=maybe_instant,
    served_to=maybe_instant,
    segment=texts,
    tier=texts,
    size=st.integers(1, 3),
    criticality=st.sampled_from([1.0, 2.5]),
    traffic_source=texts,
)
case_ids = st.sampled_from(["c0", "c1", "c2", "c3"])
cases = rows_of(
    "case",
    6,
    case_id=case_ids,
    parent_case_id=st.none() | case_ids,
    kind=st.sampled_from(["support", "support", "support", "support", "complaint"]),
    party_id=st.sampled_from([None, 1, 1, 1, 1]),
    opened_at=instants,
    first_voiced_at=maybe_instant,
    first_reply_at=maybe_instant,
    first_human_reply_at=maybe_instant,
    resolved_at=maybe_instant,
    closed_at=maybe_instant,
    escalated_at=maybe_instant,
    reopened_count=st.sampled_from([None, None, 0, 1]),
    channel_first=st.sampled_from([None, None, "a"]),
    team=texts,
)
case_steps = rows_of(
    "case_step",
    12,
    case_id=case_ids,
    at=instants,
    status=st.sampled_from(["pending", "resolved", "reopened", "resolved", "reopened", "closed", "merged"]),
    actor=st.sampled_from([None, "human", "bot", "system"]),
)
contacts = rows_of(
    "contact",
    8,
    case_id=st.none() | case_ids,
    party_id=st.sampled_from([None, None, 1, 2]),
    at=instants,
    channel=texts,
    direction=st.sampled_from(["in", "out"]),
    actor=st.sampled_from(["customer", "human", "human", "bot", "system"]),
    public=st.sampled_from([True, True, False]),
    handle_s=amounts.map(lambda value: None if value is None else abs(value) / 3),
    wait_s=amounts.map(lambda value: None if value is None else abs(value)),
    context_carried=maybe_truth,
)
codes = st.just(
    [
        row("code", dimension="team", code="a", calendar="late"),
        row("code", dimension="team", code="a", calendar="standard", valid_from=5),
        row("code", dimension="team", code="b", calendar="late", valid_from=5),
        row("code", dimension="team", code="b", calendar="standard", valid_from=40_000),
        row("code", dimension="team", code="ß", calendar="nobody wrote it"),
        row("code", dimension="event_kind", code="a", value_event=True),
        row("code", dimension="event_kind", code="b", value_event=False),
    ]
)
responses = rows_of(
    "response",
    14,
    invite_id=st.sampled_from(["i1", "i2", "i3"]),
    question_id=st.sampled_from(["q1", "q2"]),
    survey_id=st.sampled_from([None, "v", "v"]),
    question_kind=st.sampled_from(["nps", "csat"]),
    party_id=parties,
    scale_min=st.sampled_from([None, 0.0, 1.0, 0.5]),
    scale_max=st.sampled_from([None, 1.0, 5.0, 10.0]),
    polarity=st.sampled_from([None, "high_good", "low_good"]),
    score=st.sampled_from([None, 1.0, 3.0, 4.5, 10.0]),
    text=texts,
    answered_at=maybe_instant,
    delivered_at=maybe_instant,
    invited_at=maybe_instant,
    duplicate_of=st.sampled_from([None, None, None, "x"]),
    channel=texts,
    sampled_p=st.sampled_from([None, 0.25, 1.0]),
)
orders = rows_of(
    "order",
    8,
    order_id=st.sampled_from(["o1", "o2", "o3", "o4"]),
    party_id=parties,
    ordered_at=instants,
    is_credit=st.sampled_from([False, False, False, True]),
    cancelled_at=st.none() | maybe_instant,
    channel=texts,
    product=texts,
    category=texts,
    first_traffic_source=texts,
    net=amounts,
    discount=amounts,
    items=st.sampled_from([None, 1, 2]),
    promised_at=maybe_instant,
    shipped_at=maybe_instant,
    delivered_at=maybe_instant,
    delivery_promised_at=maybe_instant,
    returned_at=maybe_instant,
    returned_net=amounts,
    return_reason=texts,
)
order_lines = rows_of(
    "order_line",
    8,
    order_id=st.sampled_from(["o1", "o2", "o3", "o9"]),
    product=texts,
    category=texts,
    quantity=amounts,
    net=amounts,
    discount=amounts,
    returned_quantity=st.sampled_from([None, 0.0, 1.0]),
    returned_at=maybe_instant,
    return_reason=texts,
)
visits = rows_of(
    "visit",
    8,
    visitor_id=whole_texts,
    party_id=parties,
    started_at=instants,
    product_at=maybe_instant,
    cart_at=maybe_instant,
    checkout_at=maybe_instant,
    payment_at=maybe_instant,
    bought_at=st.none() | maybe_instant,
    order_id=st.sampled_from([None, None, None, "o1"]),
    p75_load_ms=st.sampled_from([None, 100.0, 2500.0, 2500.5]),
    is_bot=st.sampled_from([False, False, True]),
    device=texts,
)
events = rows_of(
    "event",
    14,
    at=instants,
    party_id=parties,
    kind=st.sampled_from(["login", "activation", "term_due", "term_due", "renew", "upsell", "cancel", "a", "b"]),
    ref_id=st.sampled_from([None, "k"]),
    value=amounts,
    product=texts,
)
logins = st.lists(
    st.builds(
        lambda party, week, hour: row(
            "event", at=START + week * 7 * DAY_US + hour * HOUR, party_id=party, kind="login"
        ),
        parties,
        st.integers(0, 9),
        st.integers(60, 76),
    ),
    max_size=40,
)

# ---------------------------------------------------------------------------------------------------------------------
# Interruption

families = rows_of(
    "party",
    9,
    party_id=st.integers(1, 5),
    valid_from=st.sampled_from([START - 9 * DAY_US, START]) | instants,
    valid_to=st.none() | st.none() | instants,
    kind=st.sampled_from(["user", "account"]),
    parent_id=st.sampled_from([None, None, 1, 1, 4, 5]),
    served_from=st.sampled_from([None, START - 9 * DAY_US, START - 9 * DAY_US]) | instants,
    served_to=st.none() | st.none() | instants,
    segment=st.sampled_from([None, "a", "b"]),
    region=st.sampled_from([None, "a", "b"]),
    lifecycle=texts,
    size=st.sampled_from([1, 1, 2, 4]),
    criticality=st.sampled_from([1.0, 2.5]),
    value_amount=amounts,
)
"""Versions of parties that belong to one another, in chains, in circles or not at all."""

incident_ids = st.sampled_from([None, "i1", "i1", "i2", "i3", "i9"])
incidents = rows_of(
    "incident",
    5,
    incident_id=st.sampled_from(["i1", "i2", "i3"]),
    planned=st.sampled_from([False, False, True]),
    started_at=instants,
    status_posted_at=maybe_instant,
    service=texts,
    cause=texts,
    owner_team=texts,
    severity=texts,
)
"""Incidents; two sources may use one id, and nobody describes `i9`."""

impacts = rows_of(
    "impact",
    9,
    incident_id=incident_ids,
    party_id=st.sampled_from([1, 1, 1, 2, 3]),
    n_parties=st.sampled_from([None, None, None, None, 0, 1, 2, 3]),
    share=st.sampled_from([None, None, None, 0.5, 1.0]),
    n_lo=st.sampled_from([None, None, None, 1]),
    n_hi=st.sampled_from([None, None, None, 3]),
    start_at=instants,
    end_at=st.none() | instants | instants | instants,
    kind=st.sampled_from(["outage", "degraded", "degraded", "workaround", "data_loss", "cosmetic"]),
    depth=st.sampled_from([None, None, None, 0.0, 0.25, 0.5]),
    journey=st.sampled_from([None, "a", "b"]),
    basis=st.sampled_from(["connected", "connected", "active", "expected"]),
    evidence=st.sampled_from(["observed", "listed", "estimated", "assumed"]),
    relief=st.sampled_from(["none", "workaround", "restored"]),
)
"""Stages of loss of parties: they nest, touch, repeat, last no time, or go on."""

cohort_impacts = rows_of(
    "impact",
    5,
    incident_id=incident_ids,
    segment=st.sampled_from([None, "a"]),
    region=st.sampled_from([None, None, "a", "b"]),
    tier=st.sampled_from([None, None, None, "a"]),
    n_parties=st.sampled_from([None, 0, 1, 2, 3, 9]),
    share=st.sampled_from([None, None, 0.25, 0.5]),
    n_lo=st.sampled_from([None, None, 1]),
    n_hi=st.sampled_from([None, None, 4]),
    start_at=instants,
    end_at=st.none() | instants | instants | instants,
    kind=st.sampled_from(["outage", "degraded", "workaround"]),
    journey=st.sampled_from([None, "a"]),
    evidence=st.sampled_from(["listed", "estimated"]),
    relief=st.sampled_from(["none", "restored"]),
)
"""Stages of loss of cohorts, some of them whole."""

twice = st.lists(st.integers(0, 8), max_size=3)


@st.composite
def losses(draw):
    """Draw the inputs of the ledger; some rows of `impact` come twice, under another key."""
    rows = draw(impacts) + draw(st.just([]) | cohort_impacts)
    again = [
        {**rows[i], "source_id": f"again {n}", "impact_id": f"again {n}"}
        for n, i in enumerate(draw(twice))
        if i < len(rows)
    ]
    parties = draw(st.just([]) | families | versions)
    return {"impact": rows + again, "incident": draw(incidents), "party": parties}
