from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from regard.errors import AuthorError
from regard.model import instant

ORDER = """
source: shop
read: {csv: data.csv}
zone: Europe/Berlin
tables:
  - table: order
    id: id
    columns:
      ordered_at: {const: "1970-01-02T00:00:00Z"}
"""


def utc(*parts):
    """An instant by its UTC wall clock."""
    return instant(datetime(*parts, tzinfo=UTC))


def order(place, header, *rows, more=""):
    """Load orders with the mapping above and more columns."""
    place.mapping(ORDER + more)
    place.write("data.csv", "\n".join([header, *rows]) + "\n")
    return place.load()


def test_a_name_renames_and_a_constant_is_the_same_for_every_row(place):
    """A rule that is a name takes the raw column; `const` fills every row; the own id follows the row's id."""
    order(place, "id,Total Net", "a,1.5", "b,2", more="      net: Total Net\n      currency: {const: EUR}\n")

    assert place.column("order", "net") == [1.5, 2.0]
    assert place.column("order", "currency") == ["EUR", "EUR"]
    assert place.column("order", "order_id") == ["a", "b"]


def mapped(place, rule, cells, column="net", zone="zone: Europe/Berlin\n"):
    """What a rule makes of cells: (values, rules broken, notes)."""
    place.mapping(ORDER.replace("zone: Europe/Berlin\n", zone) + f"      {column}: {rule}\n")
    rows = place.mapped({"id": [str(n) for n in range(len(cells))], "n": cells, "m": [""] * len(cells)})
    return [row[column] for row in rows], [row["broken"] for row in rows], [row["notes"] for row in rows]


@pytest.mark.parametrize(
    ("rule", "cells", "values"),
    [
        ("n", ["1", " 2.50 ", "-3e2", "", ".5", None], [1.0, 2.5, -300.0, None, 0.5, None]),
        ('{from: n, decimal: ","}', ["1,5", "2", "-0,25"], [1.5, 2.0, -0.25]),
        ('{from: n, decimal: ",", thousands: "."}', ["1.234,5", "12.345.678", "1234"], [1234.5, 12345678.0, 1234.0]),
        ("{from: n, missing: [99, refused]}", ["99", " refused", "9"], [None, None, 9.0]),
        ('{from: n, values: {Good: 3, "Very good": 5}}', ["Good", " Very good ", ""], [3.0, 5.0, None]),
        ("{from: n, values: {A: 3}, unknown: blank}", ["A", "B"], [3.0, None]),
        ("{from: n, values: {A: 3}, unknown: keep}", ["A", "7"], [3.0, 7.0]),
        ("{first: [m, n]}", ["4", ""], [4.0, None]),
    ],
)  # fmt: skip
def test_numbers_are_read_as_they_are_written(place, rule, cells, values):
    """Decimal signs, thousands, missing codes and value maps give the numbers that were meant."""
    assert mapped(place, rule, cells) == (values, [""] * len(cells), [""] * len(cells))


def test_what_is_not_a_finite_number_is_turned_away(place):
    """Texts that look like numbers to some readers are refused; NaN and infinity never enter the lake."""
    wrong = {
        "x": "not-a-number", "1,234": "not-a-number", "1_000": "not-a-number", "0x10": "not-a-number",
        "--1": "not-a-number", "=1+1": "not-a-number", "1 2": "not-a-number", "\u0663": "not-a-number",
        "NaN": "not-finite", "inf": "not-finite", "-Infinity": "not-finite", "1e999": "not-finite",
    }  # fmt: skip
    values, broken, _ = mapped(place, "n", list(wrong))

    assert values == [None] * len(wrong)
    assert broken == [f"{rule}:net" for rule in wrong.values()]


def test_whole_numbers_may_end_in_a_decimal_point_and_zeros_only(place):
    """`5.0` is five; `4.5`, 1e3 and what does not fit 64 bits are refused for a whole column."""
    values, broken, _ = mapped(place, "n", ["5", "5.0", "-7.", "4.5", "1e3", "9223372036854775808"], "items")

    assert values == [5, 5, -7, None, None, None]
    assert broken == [""] * 3 + ["not-whole:items"] * 3


def test_truths_are_the_usual_words_in_any_case(place):
    """true/yes/y/t/1 and their opposites are read; any other word is refused."""
    cells = ["true", "YES", "y", "T", "1", "False", "no", "N", "f", "0", "", "ja"]
    values, broken, _ = mapped(place, "n", cells, "new_customer")

    assert values == [True] * 5 + [False] * 5 + [None] * 2
    assert broken == [""] * 11 + ["not-a-truth:new_customer"]


@pytest.mark.parametrize(
    ("rule", "times"),
    [
        ("n", {
            "2024-07-01T12:00:00Z": utc(2024, 7, 1, 12),
            "2024-07-01 12:00:00.5+02:00": utc(2024, 7, 1, 10, 0, 0, 500000),
            "2024-07-01 12:00 -0330": utc(2024, 7, 1, 15, 30),
            "2024-07-01 12:00:00 Z": utc(2024, 7, 1, 12),
            "2024-07-01 12:00:00": utc(2024, 7, 1, 10),
            "2024-01-01": utc(2023, 12, 31, 23),
        }),
        ("{from: n, zone: Asia/Tokyo}", {"2024-07-01T12:00": utc(2024, 7, 1, 3)}),
        ("{from: n, format: epoch_s}", {"1719835200": utc(2024, 7, 1, 12), "1719835200.5": utc(2024, 7, 1, 12, 0, 0, 500000)}),  # noqa: E501
        ("{from: n, format: epoch_ms}", {"1719835200123": utc(2024, 7, 1, 12, 0, 0, 123000)}),
        ("{from: n, format: excel}", {"45474.5": utc(2024, 7, 1, 10), "45474": utc(2024, 6, 30, 22)}),
        ("{from: n, format: ['%d/%m/%Y %H:%M', '%d.%m.%y']}", {
            "1/7/2024 12:00": utc(2024, 7, 1, 10), "01.07.24": utc(2024, 6, 30, 22),
        }),
        ("{from: n, format: '%d %b %Y %H:%M %z'}", {"01 Jul 2024 12:00 +0530": utc(2024, 7, 1, 6, 30)}),
    ],
)  # fmt: skip
def test_times_become_instants(place, rule, times):
    """ISO, epochs, serials and patterns give the instant that was meant, in the source's zone or their own (R040)."""
    values, broken, _ = mapped(place, rule, list(times), "promised_at")

    assert values == list(times.values())
    assert broken == [""] * len(times)


def test_what_is_not_a_time_is_turned_away(place):
    """A day that does not exist, and every form that was not said, is refused."""
    cells = [
        "2024-02-30", "yesterday", "2024-13-01 10:00", "12:00", "2024-07-01T25:00", "45474", "2024-7-1", "0000-00-00",
        "epoch", "infinity", "2024-07-01T12:00:00 Europe/Berlin",
    ]  # fmt: skip
    values, broken, _ = mapped(place, "n", cells, "promised_at")

    assert values == [None] * len(cells)
    assert broken == ["not-a-time:promised_at"] * len(cells)


def test_a_naive_time_needs_a_zone(place):
    """Without a zone a time that carries none is refused row by row, one that carries its own is taken (R040)."""
    values, broken, _ = mapped(place, "n", ["2026-07-01 12:00", "2026-07-01 12:00Z", "x"], "promised_at", zone="")

    assert values == [None, utc(2026, 7, 1, 12), None]
    assert broken == ["naive-time:promised_at", "", "not-a-time:promised_at"]


@pytest.mark.parametrize(
    ("zone", "times"),
    [
        ("Europe/Berlin", {
            "2026-03-29 01:59": (utc(2026, 3, 29, 0, 59), ""),
            "2026-03-29 02:30": (utc(2026, 3, 29, 1, 30), "clock-gap:promised_at"),
            "2026-03-29 03:00": (utc(2026, 3, 29, 1, 0), ""),
            "2026-10-25 01:59": (utc(2026, 10, 24, 23, 59), ""),
            "2026-10-25 02:30": (utc(2026, 10, 25, 0, 30), "clock-twice:promised_at"),
            "2026-10-25 03:00": (utc(2026, 10, 25, 2, 0), ""),
            "2026-10-25 02:30+01:00": (utc(2026, 10, 25, 1, 30), ""),
        }),
        ("America/New_York", {
            "2026-03-08 02:00": (utc(2026, 3, 8, 7, 0), "clock-gap:promised_at"),
            "2026-11-01 01:00": (utc(2026, 11, 1, 5, 0), "clock-twice:promised_at"),
            "1970-07-01 00:00": (utc(1970, 7, 1, 4, 0), ""),
        }),
        ("Asia/Kathmandu", {"2026-03-29 02:30": (utc(2026, 3, 28, 20, 45), "")}),
        ("UTC", {"2026-03-29 02:30": (utc(2026, 3, 29, 2, 30), "")}),
    ],
)  # fmt: skip
def test_days_on_which_the_clock_changes(place, zone, times):
    """A skipped time moves forward by the gap, a doubled one is its first occurrence; both are noted."""
    values, broken, notes = mapped(place, f"{{from: n, zone: {zone}}}", list(times), "promised_at")

    assert list(zip(values, notes, strict=True)) == list(times.values())
    assert broken == [""] * len(times)


def test_wall_clocks_agree_with_the_zone_rules_of_python(place):
    """Every half hour of a year, on the wall clock of four zones, is the instant that zoneinfo gives with fold 0."""
    for zone in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"):
        clock = [datetime(2025, 1, 1) + timedelta(minutes=30 * step) for step in range(17_520)]  # noqa: DTZ001
        values, _, _ = mapped(place, f"{{from: n, zone: {zone}}}", [str(one) for one in clock], "promised_at")

        assert values == [instant(one.replace(tzinfo=ZoneInfo(zone))) for one in clock]


def test_clock_changes_are_findings(place):
    """The counts of skipped and doubled times stand among the findings, as information."""
    order(place, "id,n", "a,2026-03-29 02:30", "b,2026-03-29 02:31", more="      promised_at: n\n")
    [finding] = place.store.findings()

    assert (finding.rule, finding.count, finding.severity) == ("clock-gap", 2, "info")


def test_texts_change_only_where_the_mapping_says_so(place):
    """Blanks, case and accents stay; `normalise` trims, lowers, composes or keeps digits where asked."""
    more = (
        "      channel: n\n      product: {from: n, normalise: [trim, lower]}\n"
        "      category: {from: n, normalise: nfc}\n      device: {from: n, normalise: digits}\n"
    )
    order(place, "id|n", "a|  Cafe\u0301 12 ", more=more)
    [row] = place.rows("order")

    assert row["channel"] == "  Cafe\u0301 12 "
    assert row["product"] == "cafe\u0301 12"
    assert row["category"] == "  Caf\u00e9 12 "
    assert row["device"] == "12"


def test_joined_first_looked_up_banded_and_computed_values(place):
    """`join`, `first`, `lookup`, `bands` and `expr` give what the reference says."""
    place.write("regions.csv", "iso,region\nDE,north\nIT,south\nXX,\n")
    place.mapping(
        ORDER.replace(
            "tables:",
            "fields:\n  price: {from: Unit Price, cast: number}\n  quantity: {from: Quantity, cast: integer}\n"
            "  gross_amount: {expr: price * quantity}\ntables:",
        )
        + "      gross: gross_amount\n      net: {expr: 'if(gross_amount > 10, gross_amount - 1, gross_amount)'}\n"
        "      channel: {join: [a, b], with: '-'}\n      product: {first: [b, a]}\n"
        "      category: {lookup: regions.csv, from: c, key: iso, value: region}\n"
        "      device: {from: Unit Price, bands: {cheap: 0, dear: 5}}\n"
    )
    place.write("data.csv", "id,a,b,c,Unit Price,Quantity\n1,x,y,DE,6,2\n2,x,,IT,-1,3\n3,,,XX,5,1\n4,x,y,FR,1,1\n")
    place.load()

    assert place.column("order", "gross") == [12.0, -3.0, 5.0]
    assert place.column("order", "net") == [11.0, -3.0, 5.0]
    assert place.column("order", "channel") == ["x-y", "x", None]
    assert place.column("order", "product") == ["y", "x", None]
    assert place.column("order", "category") == ["north", "south", None]
    assert place.column("order", "device") == ["dear", None, "dear"]
    assert place.rejects() == [("data.csv:5", "unknown-value", "category", "FR")]


def test_a_row_that_does_not_belong_is_left_out_and_one_that_cannot_tell_is_turned_away(place):
    """`where` chooses rows; where its field cannot be read the row is refused, not silently dropped."""
    place.mapping(
        ORDER.replace("tables:", "fields:\n  amount: {from: n, cast: number}\ntables:").replace(
            "    id: id\n", "    id: id\n    where: amount > 0\n"
        )
    )
    place.write("data.csv", "id,n\na,1\nb,-1\nc,x\nd,\n")
    report = place.load()

    assert place.column("order", "order_id") == ["a"]
    assert place.rejects() == [("data.csv:4", "not-a-number", "amount", "x")]
    assert report.sources[0].refused == 1


def test_one_bound_alone_is_turned_away(place):
    """R020: bounds without a count come together, as their middle is the estimate; one of them alone is no count."""
    place.mapping(
        "source: desk\nread: {csv: data.csv}\ntables:\n  - table: impact\n    id: id\n    columns:\n"
        "      impact_id: id\n      region: {const: EU}\n      start_at: at\n      kind: {const: outage}\n"
        "      n_parties: n\n      n_lo: lo\n      n_hi: hi\n      share: share\n"
    )
    place.write(
        "data.csv",
        "id,at,n,lo,hi,share\nboth,2026-01-01T00:00:00Z,,2,4,\nlow,2026-01-01T00:00:00Z,,2,,\n"
        "high,2026-01-01T00:00:00Z,,,4,\ncount,2026-01-01T00:00:00Z,3,2,,\npart,2026-01-01T00:00:00Z,,2,,0.5\n",
    )
    place.load()

    assert place.column("impact", "impact_id") == ["both", "count", "part"]
    assert place.rules() == [(3, "inconsistent", "n_parties"), (4, "inconsistent", "n_parties")]


def test_telemetry_given_as_requests_and_as_minutes_is_a_finding(place):
    """R016: who has minutes is measured by them alone; that requests count nowhere is said, until one of them goes."""
    columns = "    party: {system: crm, from: who}\n    columns: {at: at, kind: {const: %s}, %s}\n"
    for name, kind, more in (("edge", "request", "ok: ok"), ("rollup", "minute", "value: up")):
        place.mapping(
            f"source: {name}\nread: {{csv: {name}.csv}}\ntables:\n  - table: event\n    id: no\n"
            + columns % (kind, more),
            name,
        )
    place.mapping(
        "source: codes\nread: {csv: codes.csv}\ntables:\n  - table: code\n    id: code\n"
        "    columns: {dimension: {const: event_kind}, code: code, label: code}\n",
        "codes",
    )
    place.write("codes.csv", "code\nrequest\nminute\n")
    at = "2026-01-01T00:00"
    place.write(
        "edge.csv", f"no,who,at,ok\n1,a,{at}:01Z,true\n2,a,{at}:02Z,false\n3,b,{at}:03Z,true\n4,,{at}:04Z,true\n"
    )
    place.write("rollup.csv", f"no,who,at,up\n1,a,{at}:00Z,0.5\n2,c,{at}:00Z,1\n")
    place.load()

    [finding] = place.store.findings(status="open")
    assert (finding.rule, finding.severity, finding.count) == ("measured-twice", "warning", 2)
    assert finding.scope == {"source": "edge", "table": "event", "field": "kind"}
    assert "2 requests of edge count nowhere: its 1 customers have aggregated minutes" in finding.message

    place.write("rollup.csv", f"no,who,at,up\n1,a,{at}:00Z,7\n2,c,{at}:00Z,1\n")
    place.load()
    assert place.store.findings(rule="measured-twice", status="open") == ()


def test_a_party_is_its_system_and_normalised_key(place):
    """The same key in two sources is one party; a blank key is an anonymous row; the key as written is kept (R038)."""
    key = "    party: {system: email, from: mail, normalise: email}\n"
    place.mapping(ORDER.replace("    columns:", key + "    columns:"))
    place.mapping(
        "source: help\nread: {csv: help.csv}\ntables:\n  - table: case\n    id: no\n"
        "    party: {system: email, from: who, normalise: email}\n    columns: {opened_at: at}\n",
        "help",
    )
    place.write("data.csv", "id,mail\n1, Ann@X.org\n2,\n")
    place.write("help.csv", "no,who,at\n7,ann@x.org,2026-01-01T00:00:00Z\n")
    place.load()
    orders, [case] = place.rows("order"), place.rows("case")

    assert orders[0]["party_id"] == case["party_id"]
    assert orders[0]["source_party"] == " Ann@X.org"
    assert "party_id" not in orders[1]
    assert [(row["source_system"], row["source_key"], row["method"]) for row in place.rows("identity")] == [
        ("email", "ann@x.org", "exact")
    ]


def test_unpivot_makes_one_row_for_each_question(place):
    """Wide answers become one row a question, with the constants beside it; blank cells stay unanswered."""
    place.mapping("""
source: airport
read: {csv: survey.csv}
zone: America/Los_Angeles
missing: ["0"]
tables:
  - table: response
    id: [RESPNUM, question_id]
    unpivot:
      columns:
        Q7ART: {question_id: art, driver: art}
        Q7FOOD: {question_id: food}
      to: score
    columns:
      invite_id: RESPNUM
      question_kind: {const: driver}
      answered_at: DATE
      scale_min: {const: 1}
      scale_max: {const: 5}
""")
    place.write("survey.csv", "RESPNUM,DATE,Q7ART,Q7FOOD\n1,2026-05-01,5,4\n2,2026-05-02,0,6\n")
    place.load()

    assert [(r["source_id"], r.get("score"), r.get("driver")) for r in place.rows("response")] == [
        ("1:art", 5.0, "art"), ("1:food", 4.0, None), ("2:art", None, "art"),
    ]  # fmt: skip
    assert place.rejects() == [("survey.csv:3", "out-of-scale", "score", "6.0")]


COLLAPSE = """
source: shop
read: {csv: lines.csv}
zone: Europe/London
fields:
  invoice: InvoiceNo
  quantity: {from: Quantity, cast: integer}
  price: {from: Unit Price, cast: number}
  at: {from: InvoiceDate, cast: instant}
tables:
  - table: order
    where: quantity > 0
    collapse:
      by: [invoice]
      columns:
        net: sum(quantity * price)
        ordered_at: min(at)
        items: sum(quantity)
        product: last(Code, at)
        customer: min(Customer)
    party: {system: shop, from: customer}
  - table: order_line
    id: [invoice, $line]
    where: quantity > 0
    columns:
      order_id: invoice
      line_id: {join: [$line]}
      ordered_at: at
      product: Code
      quantity: quantity
      unit_price: price
"""


def test_lines_collapse_to_orders_and_feed_a_second_table(place):
    """One file gives one order per invoice, with sums over its lines, and the lines themselves."""
    place.mapping(COLLAPSE)
    place.write(
        "lines.csv",
        "InvoiceNo,Quantity,Unit Price,InvoiceDate,Code,Customer\n"
        "A,2,1.10,2026-06-01 10:00,p,7\nA,3,0.10,2026-06-01 09:00,q,7\nB,1,5,2026-06-02 10:00,p,\nB,-1,5,2026-06-02 10:00,p,\n",  # noqa: E501
    )
    place.load(chunk_rows=2)

    assert [(r["order_id"], r["net"], r["items"], r["ordered_at"], r["product"]) for r in place.rows("order")] == [
        ("A", 2.5, 5, utc(2026, 6, 1, 8), "p"), ("B", 5.0, 1, utc(2026, 6, 2, 9), "p"),
    ]  # fmt: skip
    assert [r.get("source_party") for r in place.rows("order")] == ["7", None]
    assert place.column("order_line", "source_id") == ["A:2", "A:3", "B:4"]
    assert place.rejects() == []


def test_a_group_with_a_line_that_cannot_be_read_is_turned_away_whole(place):
    """A partial sum would be a silent mistake: the line and its order are both listed."""
    place.mapping(COLLAPSE.split("  - table: order_line", maxsplit=1)[0])
    place.write(
        "lines.csv",
        "InvoiceNo,Quantity,Unit Price,InvoiceDate,Code,Customer\n"
        "A,2,1,2026-06-01 10:00,p,7\nA,3,x,2026-06-01 09:00,q,7\nB,1,5,2026-06-02 10:00,p,\n",
    )
    place.load()

    assert place.column("order", "order_id") == ["B"]
    assert place.rules() == [(2, "part-refused", "id"), (3, "not-a-number", "price")]


def test_mistakes_against_the_columns_stop_a_load_before_it_begins(place):
    """An unknown column, a text in a formula and a wrong type are all shown at once, with line and suggestion."""
    place.mapping(ORDER + "      net: totl\n      gross: {expr: n + 1}\n      promised_at: {expr: n}\n")
    place.write("data.csv", "id,n,total\n1,2,3\n")
    with pytest.raises(AuthorError) as caught:
        place.load()
    found = [(mistake.line, mistake.rule, mistake.hint) for mistake in caught.value.mistakes]

    assert found[0] == (10, "unknown-column", "did you mean 'total'?")
    assert [(line, rule) for line, rule, _ in found[1:]] == [(11, "wrong-type"), (12, "wrong-type")]
    assert "cast: number" in found[1][2]
    assert place.lake.version("order") is None
    assert place.store.runs() == ()
