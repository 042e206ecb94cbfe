"""Exports of tools that no recogniser knows: what they are most like is found, and not a line is written by hand.

The headers are those of the tools; `exports/strangers` names them. Expected values are worked out by hand (R116).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from regard.catalog import parse_yaml
from regard.model import moment
from regard.sources import read_source, read_sources
from regard.sources.arrival import arrive, currency
from regard.sources.arrival.headers import Headers, unit, words
from regard.sources.arrival.profile import Column

EXPORTS = {
    "gorgias": ("cases", {"case": 3, "response": 2}),
    "front": ("cases", {"case": 2}),
    "surveysparrow": ("survey_questions", {"response": 8}),
    "nicereply": ("survey_single", {"response": 3}),
    "bigcommerce": ("orders", {"order": 2}),
    "squarespace": ("orders_by_line", {"order": 2}),
    "rootly": ("incidents", {"incident": 2, "impact": 1}),
    "kustomer": ("cases", {"case": 2, "response": 1}),
    "asknicely": ("survey_single", {"response": 4}),
    "wix": ("orders_by_line", {"order": 2}),
    "incidentio": ("incidents", {"incident": 1, "impact": 1}),
    "firehydrant": ("incidents", {"incident": 1, "impact": 1}),
}
"""Tool -> (the layout that its export is most like, the good rows by table)."""


def export(name: str) -> str:
    """Return the export of a tool, its line ends as they are."""
    return (Path(__file__).parent / "exports" / "strangers" / f"{name}.csv").read_bytes().decode()


@pytest.fixture
def arrived(place):
    """Return a function that lets one file arrive and loads it; nothing is written by hand."""

    def come(name: str, text: str):
        path = place.write(f"data/{name}.csv", text)
        [found] = arrive([path], place.root, place.tables)
        place.mapping(found.text, name)
        assert place.mistakes() == []
        return found, place.load()

    return come


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_that_nobody_knows_loads(arrived, name):
    """Each is taken for what it is most like, every row gets into its table, and every guess is marked."""
    layout, rows = EXPORTS[name]
    found, report = arrived(name, export(name))
    assert found.draft.recogniser.name == layout
    assert {table: count for table, count in report.sources[0].loaded.items() if count} == rows
    assert report.refused == 0
    assert found.guesses > 0


def test_a_first_response_is_made_of_a_duration(arrived, place):
    """Seconds in a header, or `2h 5m` in the cells: the first response is the opening and so much later."""
    arrived("gorgias", export("gorgias"))
    cases = {row["case_id"]: row for row in place.rows("case")}
    assert f"{moment(cases['9001']['first_human_reply_at']):%m-%d %H:%M}" == "10-01 16:39"
    assert cases["9001"]["first_reply_at"] == cases["9001"]["first_human_reply_at"]
    assert "first_human_reply_at" not in cases["9002"]
    assert "# guessed: that a person gave it, and no bot" in (place.root / "sources" / "gorgias.yaml").read_text()
    place.mapping("", "gorgias")
    (place.root / "sources" / "gorgias.yaml").unlink()
    arrived("front", export("front"))
    cases = {row["case_id"]: row for row in place.rows("case")}
    assert f"{moment(cases['cnv_1']['first_human_reply_at']):%m-%d %H:%M}" == "10-01 17:05"


def test_orders_that_are_none_are_left_out_by_their_state(arrived, place):
    """Declined, incomplete and voided orders are no orders; what is kept is told beside the line."""
    found, _ = arrived("bigcommerce", export("bigcommerce"))
    assert place.column("order", "net") == [1204.5, 20.0]
    assert "not in ('declined', 'incomplete')" in found.text
    assert "guessed: no orders; kept: shipped, completed" in found.text


def test_amounts_on_the_first_line_of_an_order_count_once(arrived, place):
    """An order of several lines is one order, with the amount of its first line."""
    arrived("squarespace", export("squarespace"))
    assert [(row["order_id"], row["net"], row["source_party"]) for row in place.rows("order")] == [
        ("00001", 30.0, "a@x.example"), ("00003", 12.5, "a@x.example"),
    ]  # fmt: skip


def test_a_day_and_its_time_in_two_columns_are_one_instant(arrived, place):
    """`Date created` and `Time` are read together; the story ends after the newest of them."""
    found, _ = arrived("wix", export("wix"))
    assert [f"{moment(at):%m-%d %H:%M:%S}" for at in place.column("order", "ordered_at")] == [
        "10-01 15:39:11", "10-02 09:00:00",
    ]  # fmt: skip
    assert f"{found.draft.last:%Y-%m-%d}" == "2026-10-02"


def test_the_customer_is_no_member_of_staff(arrived, place):
    """Of two columns of addresses, that of the agent is not the customer's."""
    arrived("nicereply", export("nicereply"))
    assert place.column("response", "source_party") == ["a@x.example", "b@x.example", "c@x.example"]


def test_the_currency_is_that_of_the_amounts(arrived, place):
    """A column of codes, or a sign beside the amounts, says the currency; where nothing does, that is said."""
    found, _ = arrived("bigcommerce", export("bigcommerce"))
    line = currency([found.draft], place.tables)
    assert (line.value, "amounts of bigcommerce" in line.why) == ("USD", True)
    other, _ = arrived("plain", "order_id,email,ordered_at,total\n1,a@x.example,2026-01-05,€5.00\n")
    assert currency([other.draft], place.tables).value == "EUR"
    silent, _ = arrived("silent", "order_id,email,ordered_at,total\n1,a@x.example,2026-01-05,5.00\n")
    assert currency([silent.draft], place.tables).value == ""
    both = currency([found.draft, other.draft], place.tables)
    assert "others are in EUR and are not converted" in both.why
    cases, _ = arrived("gorgias", export("gorgias"))
    assert currency([cases.draft], place.tables) is None


def test_a_column_that_cannot_be_read_is_told(arrived):
    """A header says that it is a time, its cells are none: above the mapping stands so, with examples."""
    text = (
        export("gorgias")
        .replace("86400", "a day or so")
        .replace(",3600,a@x", ",an hour,a@x")
        .replace('"Oct 2, 2026 03:39:11 PM"', "soon")
    )
    found, _ = arrived("gorgias", text.replace('"Oct 3, 2026 10:00:00 AM"', "later"))
    assert found.draft.unread.keys() == {"Closed date", "Resolution time (s)"}
    assert "# Not read: 'Closed date' for closed_at: its cells are text, such as later | soon." in found.text


def test_a_file_that_fits_nothing_gets_the_nearest_table_and_what_is_to_be_said(place):
    """Its mapping begins with the table it is most like; a `?` that is left in it is a mistake with its line."""
    path = place.write("data/odd.csv", "sku,Ordered on,Severity,Title\n1,2026-01-01,high,foo\n2,2026-01-02,low,bar\n")
    [found] = arrive([path], place.root, place.tables)
    stub = "\n".join(line[2:] for line in found.text.splitlines() if line.startswith("# ")).partition("source: odd")
    text = "source: odd" + stub[2]
    assert "- table: incident" in text
    assert "title: Title" in text
    place.mapping(text, "odd")
    [mistake] = place.mistakes()
    assert (mistake.rule, mistake.line) == ("unsaid", text[: text.index("started_at")].count("\n") + 1)
    place.mapping(text.replace('started_at: "?"', "started_at: Ordered on"), "odd")
    assert place.mistakes() == []


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('    columns: {order_id: no, ordered_at: at, channel: {from: via, values: {TEL: "?"}}}', "channel"),
        ('    columns: {order_id: no, ordered_at: {from: "?"}}', "ordered_at"),
    ],
)
def test_a_question_mark_is_never_accepted(place, line, field):
    """Wherever a value, a column or a table is still to be said, `check` names the line."""
    text = f"source: a\nread: {{csv: a.csv}}\nzone: UTC\ntables:\n  - table: order\n    id: no\n{line}\n"
    [mistake] = _mistakes(place, text)
    assert (mistake.rule, mistake.line, field in mistake.field) == ("unsaid", 7, True)
    [mistake] = _mistakes(place, text.replace("table: order", 'table: "?"'))
    assert (mistake.rule, mistake.line) == ("bad-name", 5)


def _mistakes(place, text):
    mistakes = []
    [document] = parse_yaml(text, "a.yaml", mistakes)
    read_source(document, place.tables, mistakes)
    return mistakes


def test_a_file_without_rows_says_so(place):
    """A header alone is no mistake, and no silence either."""
    path = place.write("data/orders.csv", "order_id,email,ordered_at,total\n")
    [found] = arrive([path], place.root, place.tables)
    assert found.draft.profile.rows == 0
    assert "there is a header and no row" in found.text
    assert read_sources(place.root / "sources", place.tables) == ((), [])


def test_headers_are_compared_by_what_they_say():
    """Words of the trade say nothing, some words mean the same, brackets and units are left out if they must."""
    columns = {
        name: Column(name=name, filled=1)
        for name in ("Ticket Created At (UTC)", "Initial Reply Time (min)", "Customer ID", "Order Total (inc. tax)")
    }
    headers = Headers(columns, ("ticket", "order"))
    assert headers.find("opened | created").name == "Ticket Created At (UTC)"
    assert headers.find("first response").name == "Initial Reply Time (min)"
    assert headers.find("id") is None
    assert headers.find("total").name == "Order Total (inc. tax)"
    assert (unit("Initial Reply Time (min)"), unit("Handle time, hrs"), unit("Created at")) == ("min", "h", "")
    assert words("createdAt") == words("Created_at") == {"created", "at"}
    assert Headers(columns).find("created") is None
