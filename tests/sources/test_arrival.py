"""Files of a stranger: what is seen in them, what they are taken for, and mappings that load."""

from __future__ import annotations

import csv
import gzip
import io
import re
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from regard.catalog import parse_yaml
from regard.model import moment
from regard.sources.arrival import arrive, ends
from regard.sources.arrival.profile import profile
from regard.sources.arrival.recognise import read_recognisers, recognisers

EXPORTS = {
    "zendesk": {"case": 2},
    "freshdesk": {"case": 1},
    "intercom": {"case": 1},
    "jira_service": {"case": 1},
    "qualtrics": {"response": 27},
    "typeform": {"response": 11},
    "delighted": {"response": 1},
    "shopify_orders": {"order": 1},
    "woocommerce_orders": {"order": 1},
    "magento_orders": {"order": 1},
    "stripe_payments": {"order": 1},
    "hubspot_contacts": {"party": 1},
    "salesforce_cases": {"case": 1},
    "pagerduty": {"incident": 1},
    "status_page_history": {"incident": 2},
    "incidents": {"incident": 1, "impact": 1},
    "call_log": {"contact": 1},
    "visits": {"visit": 1},
    "ad_spend": {"cost": 2},
    "subscriptions": {"party": 2},
    "churn_labels": {"party": 3},
    "orders": {"order": 1},
    "customers": {"party": 1},
    "cases": {"case": 1},
    "survey_single": {"response": 20},
    "survey_nps": {"response": 20},
    "survey_questions": {"response": 63},
    "survey_wide": {"response": 63},
    "survey_undated": {"response": 3},
    "deliveries": {"order": 2},
    "facebook_ads": {"cost": 2},
    "online_shoppers": {"visit": 2},
    "power_outages": {"incident": 1, "impact": 1},
}
"""Name of the recogniser, and of a small file as the tool would export it -> the good rows by table."""


def export(name: str) -> str:
    """Return the small file of a tool."""
    return (Path(__file__).parent / "exports" / f"{name}.csv").read_text()


@pytest.fixture
def arrived(place):
    """Return a function that writes files, lets them arrive, and writes their mappings."""

    def come(**texts: str | bytes):
        names = {name if "." in name else f"{name}.csv": text for name, text in texts.items()}
        paths = [place.write(f"data/{name}", text) for name, text in names.items()]
        found = arrive(paths, place.root, place.tables)
        for one in found:
            place.mapping(one.text, one.name)
        return found

    return come


@pytest.mark.parametrize("name", EXPORTS)
def test_a_known_export_is_recognised_and_loads(arrived, place, name):
    """An export is taken for what it is; its mapping has no mistake, and every row gets into its table."""
    [found] = arrived(export=export(name))
    assert found.draft.recogniser is not None
    assert found.draft.recogniser.name == name
    assert place.mistakes() == []
    report = place.load()
    loaded = {table: count for table, count in report.sources[0].loaded.items() if count}
    assert (report.refused, loaded) == (0, EXPORTS[name])


def test_recognisers_name_tables_and_columns_that_are_there(place):
    """A recogniser that names a table or column that no longer is would be left out in silence: none does."""
    for one in recognisers():
        for table in one.tables:
            known = place.tables[table["table"]].columns
            assert set(table.get("columns", {})) <= set(known), one.name


def test_mistakes_of_recognisers_are_told(tmp_path):
    """A recogniser without headers to know a file by is a mistake with its line."""
    (tmp_path / "mine.yaml").write_text("recogniser: mine\nkind: shop\nmeans: Mine\ntables: [{table: order}]\n")
    mistakes = []
    read_recognisers(tmp_path, mistakes)
    assert [(one.field, one.line) for one in mistakes] == [("needs", 1)]


def test_no_two_recognisers_have_one_name():
    """Names are what lookups between files go by."""
    with as_file(files("regard.sources.arrival") / "recognisers") as folder:
        names = [
            name
            for path in folder.glob("*.yaml")
            for name in re.findall(r"^recogniser: (\w+)", path.read_text(), re.MULTILINE)
        ]
    assert len(names) == len(set(names)) == len(recognisers())


# -- what is seen ------------------------------------------------------------------------------------------------------


def test_a_scale_is_read_off_and_codes_beyond_it_are_no_answers(arrived, place):
    """Of answers 0 to 6, 6 is one above a scale of 5 and 0 below it: both are blank, as a marked guess."""
    rows = "".join(f"{i},a@x.example,2026-01-05,{i % 7}\n" for i in range(140))
    [found] = arrived(survey=f"id,email,answered,stars\n{rows}")
    assert 'score: {from: stars, missing: ["0", "6"]}' in found.text
    assert re.search(r"scale_max: \{const: 5\} +# guessed", found.text)
    place.load()
    assert [score for score in place.column("response", "score") if score is not None].count(5) == 20
    assert place.column("response", "score").count(None) == 40


def test_eleven_stands_for_no_answer_on_a_scale_to_ten(arrived):
    """0 to 10 with an 11 is the recommendation scale and a code."""
    rows = "".join(f"{i},a@x.example,2026-01-05,{i % 12}\n" for i in range(240))
    [found] = arrived(survey=f"id,email,answered,score\n{rows}")
    assert 'missing: ["11"]' in found.text
    assert "scale_min: {const: 0}" in found.text
    assert "scale_max: {const: 10}" in found.text


def test_a_slip_is_no_scale(arrived, place):
    """One 7 among a hundred answers of 1 to 5 is dirt: it is turned away, and not made blank in silence."""
    rows = "".join(f"{i},a@x.example,2026-01-05,{1 + i % 5}\n" for i in range(120)) + "999,a@x.example,2026-01-05,7\n"
    arrived(survey=f"id,email,answered,stars\n{rows}")
    place.load()
    assert [(rule, value) for _, rule, _, value in place.rejects()] == [("out-of-scale", "7.0")]


def test_customers_are_joined_over_files(arrived, place):
    """Orders of a shop whose customers' file came along belong to the person, and not to the number of the order."""
    customers = "customer_id,customer_unique_id,customer_state\nc1,ann,SP\nc2,ann,SP\nc3,ben,RJ\n"
    head = "order_id,customer_id,order_status,order_purchase_timestamp,"
    head += "order_delivered_customer_date,order_estimated_delivery_date\n"
    orders = head + "".join(
        f"o{i},c{i},delivered,2018-01-0{i} 10:00:00,2018-01-09 10:00:00,2018-01-09 00:00:00\n" for i in (1, 2, 3)
    )
    found = arrived(customers=customers, orders=orders)
    place.load()
    assert place.column("order", "source_party") == ["ann", "ann", "ben"]
    assert ends(found).isoformat() == "2018-01-10T00:00:00+00:00"


def test_the_same_rows_in_two_files_count_once(arrived):
    """A second export of the same incidents is not loaded, and its mapping says why."""
    text = export("status_page_history")
    first, second = arrived(a=text, b=text.replace("incident_id", "id"))
    assert first.draft.tables
    assert not second.draft.tables
    assert "the same rows as a.csv" in second.text


def test_of_two_files_with_the_same_rows_the_one_that_tells_more_is_loaded(arrived):
    """Whichever is named first: the file with more columns feeds the tables."""
    text = export("status_page_history")
    more = "\n".join(f"{line},{'owner' if not at else 'ops'}" for at, line in enumerate(text.strip().splitlines()))
    first, second = arrived(a=text, b=more + "\n")
    assert "the same rows as b.csv" in first.text
    assert second.draft.tables


def test_an_invoice_that_asks_for_no_money_is_no_order(arrived, place):
    """Lines become one order for each invoice; what its lines add up to tells a cancellation."""
    rows = ["1,A,2,5.0,2026-01-05,7", "1,B,1,3.0,2026-01-05,7", "C2,A,-2,5.0,2026-01-06,7", "3,B,1,3.0,2026-01-07,8"]
    [found] = arrived(lines="InvoiceNo,StockCode,Quantity,UnitPrice,InvoiceDate,CustomerID\n" + "\n".join(rows) + "\n")
    place.load()
    orders = {row["order_id"]: (row["net"], row["is_credit"]) for row in place.rows("order")}
    assert orders == {"1": (13.0, False), "C2": (-10.0, True), "3": (3.0, False)}
    assert "# guessed: an invoice that asks for no money is a credit" in found.text
    assert "is added once more" not in found.text


def test_lines_that_stand_there_twice_are_told_where_they_are_added(arrived, place):
    """Put together to an order, a repeated line counts twice: that is said above the mapping, and is so."""
    rows = ["1,A,2,5.0,2026-01-05,7", "1,A,2,5.0,2026-01-05,7", "3,B,1,3.0,2026-01-07,8"]
    [found] = arrived(lines="InvoiceNo,StockCode,Quantity,UnitPrice,InvoiceDate,CustomerID\n" + "\n".join(rows) + "\n")
    place.load()
    assert place.column("order", "net") == [20.0, 3.0]
    assert "word for word" in found.text
    assert "(`collapse`), each that stands there once more is added once more" in found.text


def test_two_years_of_a_survey_are_not_the_same_rows(arrived):
    """Respondents are numbered from 1 every year: equal numbers do not make two files one."""
    rows = [
        [f"{i},{1 + i % 5},{5 - i % 5},{1 + (i * 7) % 5}" for i in range(60)],
        [f"{i},{5 - i % 5},{1 + (i * 2) % 5},{1 + (i * 3) % 5}" for i in range(60)],
    ]
    first, second = arrived(**{f"s{year}": "respondent_id,Q1a,Q1b,Q1c\n" + "\n".join(rows[year]) for year in (0, 1)})
    assert first.draft.tables
    assert second.draft.tables


def test_a_file_that_nobody_knows_is_described_and_changes_nothing(arrived, place):
    """An unknown file gets a description and a mapping that is commented out: no source, no mistake."""
    [found] = arrived(stock="sku,shelf\n1,A\n2,B\n")
    assert "sku" in found.text
    assert all(line.startswith("#") for line in found.text.splitlines())
    stub = "\n".join(line[2:] for line in found.text.splitlines()).partition("columns of a table.\n")[2]
    assert parse_yaml(stub, "x", [])[0].data["source"] == "stock"
    assert place.mistakes() == []


def test_values_of_personal_columns_are_not_repeated(arrived):
    """A mapping is text that goes into version control: no address, name or telephone number stands in it."""
    text = "order_id,email,first name,phone,ordered_at,total\n" + "".join(
        f"{i},ann{i}@x.example,Ann{i},+49 151 234567{i},2026-01-0{1 + i},10\n" for i in range(3)
    )
    [found] = arrived(orders=text)
    for value in ("ann0", "Ann1", "+49"):
        assert value not in found.text
    assert found.text.count("personal (") == 3


def test_a_gap_is_proposed_from_gaps_between_orders(arrived):
    """Customers who order every 40 days are lost after 60: proposed as a comment, which changes nothing."""
    rows = "".join(
        f"{c}-{i},c{c}@x.example,2026-{1 + (40 * i) // 30:02d}-{1 + (40 * i) % 30 % 28:02d},10\n"
        for c in range(20)
        for i in range(6)
    )
    [found] = arrived(orders=f"order_id,email,ordered_at,total\n{rows}")
    assert re.search(r"^# .*gap_days: 60", found.text, re.MULTILINE)


def test_office_hours_are_proposed_from_replies(arrived):
    """Replies from Monday to Friday between 8 and 17 o'clock propose these hours, as a comment."""
    rows = "".join(
        f"{i},c@x.example,2026-01-{day:02d} 07:00,2026-01-{day:02d} {8 + i % 9:02d}:30\n"
        for i, day in ((i, 5 + i % 5 + 7 * (i % 3)) for i in range(300))
    )
    [found] = arrived(tickets=f"ticket_id,email,created_at,resolved_at\n{rows}")
    assert '#   hours: {mon: "08:00-17:00", tue: "08:00-17:00"' in found.text
    assert "sat" not in found.text


def test_times_are_read_as_their_neighbours_are(tmp_path):
    """05/01 could be May: a 13 in another column of the file settles that days come first, and leaves no doubt."""
    path = tmp_path / "a.csv"
    path.write_text("id,opened_at,closed_at\n1,05/01/2026,13/01/2026\n2,06/01/2026,14/01/2026\n")
    found = profile(path).columns["opened_at"]
    assert (found.formats, found.doubtful, found.high.isoformat()[:10]) == (("%d/%m/%Y",), False, "2026-01-06")


def test_codes_with_leading_zeros_stay_texts(tmp_path):
    """A postcode 04726 is no number: its zero would be lost."""
    path = tmp_path / "a.csv"
    path.write_text("zip\n04726\n12000\n")
    assert profile(path).columns["zip"].kind == "text"


def test_a_promised_day_counts_until_its_end(arrived, place):
    """What comes at noon of the promised day is on time: the day is read as its last second."""
    arrived(
        orders="order_id,email,ordered_at,total,promised,delivered_at\n"
        "1,a@x.example,2026-01-01 08:00,5,2026-01-03,2026-01-03 12:00\n"
    )
    place.load()
    [row] = place.rows("order")
    assert moment(row["delivery_promised_at"]).isoformat() == "2026-01-03T23:59:59+00:00"


# -- odd exports ------------------------------------------------------------------------------------------------------

HEAD = ["order_id", "email", "ordered_at", "total"]
ROWS = [
    ["1", "a@x.example", "2026-01-05 10:00", "21.84"],
    ["2", "b@x.example", "2026-01-13 11:00", "1021.5"],
    ["3", "c@x.example", "2026-01-14 11:00", "7"],
]


def wider(name: str, *cells: str) -> str:
    """Return the orders as CSV with one more column."""
    return sheet([*HEAD, name], [[*row, cell] for row, cell in zip(ROWS, cells, strict=True)])


def sheet(head=HEAD, rows=ROWS, **options) -> str:
    """Return rows as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator=options.pop("lineterminator", "\n"), **options).writerows([head, *rows])
    return out.getvalue()


def other(column: int, *cells: str) -> list[list[str]]:
    """Return the rows with other cells in one column."""
    return [[*row[:column], cell, *row[column + 1 :]] for row, cell in zip(ROWS, cells, strict=True)]


MARK = "\ufeff"
ODD = {
    "a byte order mark": (MARK + sheet()).encode(),
    "UTF-16": sheet().encode("utf-16"),
    "another alphabet of Windows": wider("straße", "Köln", "Ulm", "Bad Tölz").encode("cp1252"),
    "semicolons": sheet(delimiter=";").encode(),
    "semicolons and decimal commas": sheet(rows=other(3, "21,84", "1.021,50", "7"), delimiter=";").encode(),
    "tabs": sheet(delimiter="\t").encode(),
    "pipes": sheet(delimiter="|").encode(),
    "line ends of Windows": sheet(lineterminator="\r\n").encode(),
    "line ends of two systems": sheet().replace("\n", "\r\n", 2).encode(),
    "line ends of two systems, packed": gzip.compress(sheet().replace("\n", "\r\n", 2).encode()),
    "thousands with commas": sheet(rows=other(3, "21.84", "1,021.50", "7")).encode(),
    "a title above the header": ("Orders of January,,,\n,,,\n" + sheet()).encode(),
    "a merged header row": ("Order,,Details,\n" + sheet()).encode(),
    "two header lines": (sheet([*HEAD], [["Number", "Who", "When", "EUR"], *ROWS])).encode(),
    "blank lines at the end": (sheet() + "\n\n").encode(),
    "commas at the ends of all lines": "\n".join(line + "," for line in sheet().splitlines()).encode(),
    "emoji": wider("note 🎉", "👍🏽", "", "🧁").encode(),
    "a cell of ten megabytes": wider("note", "x" * 10_000_000, "y", "").encode(),
    "line ends in a cell": wider("note", "a\nb", "c", "d\n\ne").encode(),
    "two columns of one name": sheet([*HEAD, "note", "Note"], [[*row, "a", "b"] for row in ROWS]).encode(),
    "a column without a name": wider("", "a", "b", "c").encode(),
    "blanks around cells": sheet(rows=[[f" {cell} " for cell in row] for row in ROWS]).encode(),
    "gzip": gzip.compress(sheet().encode()),
    "words for nothing": sheet(rows=[*ROWS, ["4", "d@x.example", "2026-01-15 11:00", "N/A"]]).encode(),
    "serial numbers of a sheet": sheet(rows=other(2, "46027.416666667", "46035.458333333", "46036.458333333")).encode(),
    "seconds since 1970": sheet(rows=other(2, "1767607200", "1768302000", "1768388400")).encode(),
    "days first": sheet(rows=other(2, "05/01/2026 10:00", "13/01/2026 11:00", "14/01/2026 11:00")).encode(),
    "months first": sheet(rows=other(2, "1/5/2026 10:00 AM", "1/13/2026 11:00 AM", "1/14/2026 11:00 AM")).encode(),
    "zones in some rows": sheet(
        rows=other(2, "2026-01-05T10:00:00Z", "2026-01-13 11:00", "2026-01-14T12:00:00+01:00")
    ).encode(),
}  # fmt: skip
"""What is odd about a file -> the file; each holds the same three orders."""


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_export_loads_right(arrived, place, odd):
    """However it is written, each file gives the same three orders: numbers, times and customers."""
    arrived(**{"orders.csv.gz" if ODD[odd].startswith(b"\x1f\x8b") else "orders.csv": ODD[odd]})
    assert place.mistakes() == []
    report = place.load()
    assert report.refused == 0
    rows = [row for row in place.rows("order") if row["order_id"] != "4"]
    times = [f"{moment(row['ordered_at']):%m-%d %H}" for row in rows]
    assert times == ["01-05 10", "01-13 11", "01-14 11"]
    assert [(row["order_id"], row["source_party"][0], row["net"]) for row in rows] == [
        ("1", "a", 21.84), ("2", "b", 1021.5), ("3", "c", 7.0),
    ]  # fmt: skip


BROKEN = {
    "orders.csv": (b"", "empty"),
    "blank.csv": (b"\n\n", "empty"),
    "cut.csv.gz": (gzip.compress(sheet(rows=ROWS * 5000).encode())[:-20], "broken or cut off"),
    "cut.parquet": (b"PAR1nothing", "not a Parquet file, or it is cut off"),
    "open.csv": (b'order_id,total\n1,"never closed\n2,3\n', "quote"),
    "short.csv": (b"order_id,total\n1,2\n3\n4,5\n", "the row has 1 cells, 2 were expected"),
    "image.csv": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "zero bytes"),
    "book.xlsx": (b"PK\x03\x04nothing", "book.xlsx"),
    "notes.doc": (b"hello", "no reader for '.doc'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_clear_message(arrived, name):
    """A file that cannot be read is told in one line that names it, before anything is written."""
    content, said = BROKEN[name]
    with pytest.raises(Exception, match=re.escape(said)) as told:
        arrived(**{name: content})
    assert type(told.value).__name__ == "SourceError"
    assert name in str(told.value)
    assert "\n" not in str(told.value)
