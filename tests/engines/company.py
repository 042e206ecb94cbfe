"""Random little companies and random metrics over them, for tests that two engines agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from regard.expr import Lookup, Node, Type, parse
from regard.model import (
    DAY_US,
    Calendar,
    Column,
    Dimension,
    Grain,
    Interval,
    Keep,
    Kind,
    Metric,
    Per,
    RowSet,
    Setting,
    Status,
    Table,
    Window,
    day_number,
)
from regard.plan import Plan, Question, plan

Row = dict[str, Any]
HOUR = 3_600_000_000
FIRST = day_number(date(2026, 2, 20)) * DAY_US
LAST = day_number(date(2026, 4, 20)) * DAY_US
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]


def column(name: str, kind: Type, **more: Any) -> tuple[str, Column]:
    """A column by its name."""
    return name, Column(name=name, type=kind, **more)


FACT = Table(
    name="fact",
    grain="something that happened",
    columns=dict(
        [
            column("id", Type.NUMBER, whole=True),
            column("at", Type.INSTANT),
            column("done_at", Type.INSTANT),
            column("next_at", Type.INSTANT),
            column("party_id", Type.NUMBER, whole=True),
            column("bucket", Type.NUMBER, whole=True, few=True),
            column("kind", Type.TEXT, few=True),
            column("score", Type.NUMBER, few=True),
            column("amount", Type.NUMBER),
            column("good", Type.TRUTH),
            column("channel", Type.TEXT, few=True),
            column("kinds", Type.TEXT, few=True, set=True),
        ]
    ),
    keys=("id",),
    at="at",
    party="party_id",
    dims={"channel": "channel", "kind": "kind"},
)
SPAN = Table(
    name="span",
    grain="a stretch of being served",
    columns=dict(
        [
            column("party_id", Type.NUMBER, whole=True),
            column("start_at", Type.INSTANT),
            column("end_at", Type.INSTANT),
            column("size", Type.NUMBER, whole=True),
            column("rate", Type.NUMBER),
            column("tier", Type.TEXT, few=True),
            column("kinds", Type.TEXT, few=True, set=True),
            column("bucket", Type.NUMBER, whole=True, few=True),
        ]
    ),
    keys=("party_id", "start_at"),
    over=("start_at", "end_at"),
    party="party_id",
    dims={"tier": "tier"},
    arguments={"grain": "customer"},
    finer=("span_share", "share"),
)
SPAN_SHARE = replace(
    SPAN,
    name="span_share",
    grain="a part of a span",
    columns={
        **SPAN.columns,
        **dict(
            [
                column("share", Type.NUMBER, blank=False),
                column("incident_id", Type.TEXT),
                column("cause", Type.TEXT, few=True),
            ]
        ),
    },
    keys=("party_id", "start_at", "incident_id"),
    dims={"tier": "tier", "cause": "cause", "incident": "incident_id"},
    arguments={"grain": "customer", "sharing": "equal"},
    finer=None,
)
PARTY = Table(name="party", grain="version of a party", columns=dict([column("region", Type.TEXT, few=True)]))
TABLES = {"fact": FACT, "span": SPAN, "span_share": SPAN_SHARE, "party": PARTY}
DIMENSIONS = {
    name: Dimension(name=name, title=name, party=party)
    for name, party in (
        ("channel", False),
        ("kind", False),
        ("tier", True),
        ("region", True),
        ("cause", False),
        ("incident", False),
    )
}
POLICIES = {
    "boxes": Lookup({(1,): 1, (2,): 0.5, (): 0.25}),
    "weights": Lookup({("a", "x"): 2, ("b", "y"): 3, (): None}),
    "deepest": Lookup({("outage",): 1, ("data_loss",): 0.5, ("o",): -1}, "max"),
    "deepest_of": Lookup({("outage",): 1, ("data_loss",): 0.5, (): 0.75}, "max"),
    "depths": Lookup({("outage",): 1, ("data_loss",): 0.5, ("o",): -1}, "sum"),
    "depths_of": Lookup({("outage",): 1, ("data_loss",): 0.5, (): 0.25}, "sum"),
}

instants = st.integers(FIRST // HOUR, LAST // HOUR).map(lambda h: h * HOUR) | st.integers(FIRST, LAST)
maybe_instants = st.none() | instants
sets = st.sampled_from([None, "", "outage", "data_loss+outage", "outage+outage+x", "data_loss+o+o", "o+outage", "x+y"])
texts = st.sampled_from([None, "a", "b", "ü'\";--"])
PARTS = [
    [(1.0, None, None)],
    [(1.0, "i1", "deploy")],
    [(0.25, "i1", "deploy"), (0.75, "i2", "deploy")],
    [(0.5, "i2", None), (0.25, None, "dns"), (0.25, "i3", "dns")],
]
"""Ways in which a span is shared among incidents: share, incident, cause."""
numbers = st.sampled_from([None, 0.0, -1.5, 2.25, 1e6, 3.0])


@st.composite
def facts(draw: st.DrawFn) -> list[Row]:
    """Rows of `fact`, with `next_at` as the next row of the same party and kind."""
    n = draw(st.integers(0, 22))
    rows = [
        {
            "id": i,
            "at": draw(instants),
            "done_at": draw(maybe_instants),
            "party_id": (party := draw(st.sampled_from([None, 1, 2, 3, 4]))),
            "bucket": (party or i) % 32,
            "kind": draw(texts),
            "score": draw(st.sampled_from([None, 0.0, 1.0, 2.0, 5.0])),
            "amount": draw(numbers),
            "good": draw(st.sampled_from([None, True, False])),
            "channel": draw(st.sampled_from([None, "x", "y"])),
            "kinds": draw(sets),
        }
        for i in range(n)
    ]
    for row in rows:
        later = [
            r["at"]
            for r in rows
            if r["party_id"] == row["party_id"] and r["kind"] == row["kind"] and r["at"] > row["at"]
        ]
        row["next_at"] = min(later, default=None) if row["party_id"] else None
    return rows


@st.composite
def spans(draw: st.DrawFn) -> list[Row]:
    """Rows of `span`: some open, some empty, some beyond the story; `parts` are what `shares` makes of each."""
    return [
        {
            "party_id": (party := draw(st.integers(1, 4))),
            "start_at": (start := draw(instants)),
            "end_at": draw(st.none() | st.just(start) | instants.map(lambda t, s=start: max(t, s))),
            "size": draw(st.sampled_from([1, 1, 800])),
            "rate": draw(numbers),
            "tier": draw(st.sampled_from([None, "gold", "free"])),
            "bucket": party % 32,
            "kinds": draw(sets),
            "parts": draw(st.sampled_from(PARTS)),
        }
        for _ in range(draw(st.integers(0, 12)))
    ]


def shares(rows: list[Row]) -> list[Row]:
    """Rows of `span_share`: each span in its parts, whose shares sum to 1."""
    names = ("share", "incident_id", "cause")
    return [{**row, **dict(zip(names, part, strict=True))} for row in rows for part in row["parts"]]


@st.composite
def versions(draw: st.DrawFn) -> list[Row]:
    """Versions of parties, now and then overlapping or with a gap."""
    rows = []
    for party in range(1, 5):
        for i in range(draw(st.integers(0, 3))):
            start = draw(instants)
            rows.append(
                {
                    "source": "crm",
                    "source_id": f"{party}-{i}",
                    "party_id": party,
                    "valid_from": start,
                    "valid_to": draw(st.none() | instants.map(lambda t, s=start: max(t, s))),
                    "region": draw(st.sampled_from([None, "EU", "US"])),
                    "tier": draw(st.sampled_from([None, "gold", "free"])),
                }
            )
    return rows


ROW_TESTS = [
    "kind = 'a'", "score >= $from", "score > 1 and good", "not good", "amount > 0", "kind in ('a', 'b') or good",
    "channel is not blank", "not (score < 2)", "done_at is blank", "done_at - at < 3 d", "good = (score > 1)",
    "lookup(deepest, kinds) > 0.5", "not (lookup(depths_of, kinds) < 1)",
    "lookup(boxes, score) > 0.3", "amount is blank or amount < $from", "done_at >= period.end", "until - at > 10 d",
    "done_at is blank or done_at > period.start", "at < period.end", "kind != 'a'", "kind = 'ü''\";--'",
]  # fmt: skip
ROW_NUMBERS = [
    "score", "amount", "score * 2 + 1", "(done_at - at) / 1 h", "amount / score", "lookup(boxes, score)",
    "if(good, amount, score)", "min(amount, score)", "lookup(weights, kind, channel)", "max(score, $from)", "-amount",
    "score * amount", "lookup(deepest, kinds)", "lookup(deepest_of, kinds) * amount", "lookup(depths, kinds)",
    "min(1, lookup(depths_of, kinds))",
]  # fmt: skip
SPAN_NUMBERS = [
    "overlap",
    "overlap * size",
    "size * overlap / 2",
    "rate * part",
    "part",
    "overlap * rate",
    "size",
    "overlap * size * lookup(deepest, kinds)",
    "part * max(lookup(depths_of, kinds), rate)",
]
SPAN_TESTS = ["tier = 'gold'", "size > 1", "end_at is blank", "rate > 0", "end_at >= period.end", "tier != 'free'"]


def row_set(draw: st.DrawFn, table: str, *, second: bool) -> RowSet:
    """A random row set of a table."""
    tests = ROW_TESTS if table == "fact" else SPAN_TESTS
    where = draw(st.none() | st.sampled_from(tests).map(parse))
    window = draw(st.none() | st.none() | st.sampled_from([Window(2, "month"), Window(10, "day")]))
    if table == "fact":
        keep = draw(st.booleans()) and draw(st.booleans())
        return RowSet(
            table="fact",
            where=where,
            at="at",
            window=window,
            delay=draw(st.sampled_from([0, 0, 5 * DAY_US])),
            keep=Keep("at", ("party_id", "kind")) if keep else None,
            matures=draw(st.sampled_from([0, 0, 7 * DAY_US])),
            same=("score", "channel") if draw(st.booleans()) and not second else (),
            per=None,
        )
    if draw(st.booleans()) and not second:
        return RowSet(
            table="span",
            where=where,
            over=("start_at", "end_at"),
            window=window,
            shift=draw(st.sampled_from([0, 3 * DAY_US])),
        )
    if draw(st.booleans()):
        sums = (("visits", parse("size > 1")), ("spend", parse("rate")), ("wins", parse("1")))
        per = Per(("party_id",), sums) if second else None
        return RowSet(table="span", where=where, at="start_at", per=per, arguments=(("sharing", "first"),))
    return RowSet(
        table="span", where=where, standing=draw(st.sampled_from(["start", "end"])), span=("start_at", "end_at")
    )


@st.composite
def metrics(draw: st.DrawFn, number: int) -> Metric:
    """A random metric of one or two leaves."""
    second = draw(st.integers(0, 3)) == 0
    table = draw(st.sampled_from(["fact", "fact", "span"]))
    rows = row_set(draw, table, second=second)
    replicate = draw(st.sampled_from(["", "party", "day", "incident"]))
    kind = Kind.ORDINARY
    if second:
        x = draw(
            st.sampled_from(
                ["amount", "score", "done_at - at"] if table == "fact" else ["size", "rate", "period.end - start_at"]
            )
        )
        done = "good" if table == "fact" else "end_at is not blank"
        column_ = draw(st.sampled_from(["party_id", "kind"] if table == "fact" else ["party_id", "tier"]))
        weight = "score" if table == "fact" else "size"
        leaf = draw(
            st.sampled_from(
                [
                    f"distinct(r, {column_})", f"quantile(r, {x}, 0.9)", f"median(r, {x})",
                    f"quantile(r, {x}, 0.25, {weight})", f"survival(r, {x}, {done}, 0.5)",
                ]
            )
        )  # fmt: skip
        kind = Kind.GRAIN
        if rows.per:
            leaf = draw(
                st.sampled_from(["count(r)", "sum(r, visits >= 0.5)", "sum(r, spend)", "sum(r, wins * 2 + visits)"])
            )
        elif draw(st.booleans()) and table == "fact":
            sums = tuple((name, parse(text)) for name, text in (("visits", "1"), ("spend", "amount"), ("wins", "good")))
            rows = RowSet(table="fact", where=rows.where, at="at", window=rows.window, per=Per(("party_id",), sums))
            leaf = draw(
                st.sampled_from(["count(r)", "sum(r, visits >= 2)", "sum(r, spend)", "sum(r, wins * 2 + visits)"])
            )
    elif rows.over:
        leaf = f"sum(r, {draw(st.sampled_from(SPAN_NUMBERS))})"
    elif table == "span":
        leaf = draw(st.sampled_from(["count(r)", "sum(r, size)", f"sum(r, {draw(st.sampled_from(SPAN_TESTS))})"]))
    else:
        test, x = draw(st.sampled_from(ROW_TESTS)), draw(st.sampled_from(ROW_NUMBERS))
        leaf = draw(
            st.sampled_from(["count(r)", f"sum(r, {test})", f"sum(r, {x})", f"share(r, {test})", f"mean(r, {x})"])
        )
    merges = not second and not rows.per
    wider = ["leaf"] + ([f"leaf / total(leaf, {'channel' if table == 'fact' else 'cause'})"] if merges else [])
    wider += ["leaf / length", "100 * leaf / n - 3"] if merges else []
    wider += ["trailing(leaf, 20 d)"] if merges and not rows.standing else []
    simple = leaf.split("(")[0] in ("count", "sum")
    value = draw(st.sampled_from(wider if simple else ["leaf"]))
    leaves: dict[str, Node] = {"leaf": parse(leaf, "leaf")}
    if merges:
        leaves["n"] = parse("count(r)", "leaf")
    return Metric(
        id=f"metric_{number}",
        version=1,
        status=Status.LOCAL,
        kind=kind,
        title="random",
        rows={"r": rows},
        leaves=leaves,
        value=parse(value, "cell"),
        n=parse("n", "cell") if merges else None,
        parameters={"from": Setting(value=draw(st.sampled_from([1, 2.25, 9])))},
        flags={"open": parse("n - 2", "cell")} if merges else {},
        interval=Interval(method="compound_poisson_rate", of=("leaf",), replicate=replicate)
        if replicate == "incident" and not second and draw(st.booleans())
        else Interval(method="ratio", of=(), replicate=replicate),
    )


@st.composite
def questions(draw: st.DrawFn) -> Plan:
    """A random plan of one to three metrics; the data are drawn apart."""
    chosen = [draw(metrics(i)) for i in range(draw(st.integers(1, 3)))]
    facts_only = all(m.rows["r"].table == "fact" for m in chosen)
    spans_only = all(m.rows["r"].table == "span" for m in chosen)
    known = (
        ["channel", "kind", "region"]
        if facts_only
        else ["tier", "region", "cause", "incident"]
        if spans_only
        else ["region"]
    )
    breakdowns = draw(
        st.lists(
            st.lists(st.sampled_from(known), max_size=2, unique=True).map(tuple), min_size=1, max_size=3, unique=True
        )
    )
    start = date(2026, 2, draw(st.integers(20, 28)))
    end = date(2026, draw(st.sampled_from([3, 4])), draw(st.integers(1, 20)))
    calendar = Calendar(draw(st.sampled_from(ZONES)), draw(st.sampled_from([0, 6])), draw(st.sampled_from([1, 4])))
    tests = [None, None, "region = 'EU'", "region is blank or region != 'US'"]
    where = draw(
        st.sampled_from([*tests, "cause = 'dns'", "tier = 'gold' and cause is blank"] if spans_only else tests)
    )
    question = Question(
        metrics=tuple(m.id for m in chosen),
        breakdowns=tuple(breakdowns),
        grain=draw(st.sampled_from(list(Grain))),
        start=start,
        end=end,
        where=None if where is None else parse(where),
        as_now=draw(st.booleans()),
        compare=draw(st.sampled_from(["previous", "year", ""])),
        intervals=draw(st.booleans()),
    )
    return plan(
        question,
        chosen,
        calendar=calendar,
        until=draw(instants),
        whole=draw(st.booleans()),
        by_party=draw(st.booleans()),
        tables=TABLES,
        dimensions=DIMENSIONS,
        policies=POLICIES,
    )


def arrow(table: Table, rows: list[Row]) -> pa.Table:
    """Rows as an engine gets them: instants and whole numbers as 64-bit integers."""
    types = {
        Type.NUMBER: pa.float64(),
        Type.TEXT: pa.string(),
        Type.TRUTH: pa.bool_(),
        Type.INSTANT: pa.int64(),
        Type.DAY: pa.int64(),
        Type.DURATION: pa.int64(),
    }
    fields = [(name, pa.int64() if c.whole else types[c.type]) for name, c in table.columns.items()]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


VERSIONS = pa.schema(
    [
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("party_id", pa.int64()),
        ("valid_from", pa.int64()),
        ("valid_to", pa.int64()),
        ("region", pa.string()),
        ("tier", pa.string()),
    ]
)
