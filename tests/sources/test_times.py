"""Times as people's tools write them: what is proposed reads every one, in the profile and in a load alike."""

from __future__ import annotations

import duckdb
import pytest

from regard.expr import Type
from regard.model import moment
from regard.model.sources import Cell
from regard.sources import mend, read_sources
from regard.sources.arrival import arrive, times
from regard.sources.mend import MENDS
from regard.sql.mapping import casts, words

WAYS = {
    "Oct 1, 2026 03:39:11 PM": "2026-10-01T15:39:11",
    "1 Oct 2026 15:39": "2026-10-01T15:39:00",
    "October 1, 2026 at 3:39 PM": "2026-10-01T15:39:00",
    "Thu, 1 Oct 2026 15:39:11 +0200": "2026-10-01T13:39:11",
    "2026-10-01 15:39:11 UTC": "2026-10-01T15:39:11",
    "2026-10-01 15:39:11 GMT": "2026-10-01T15:39:11",
    "2026-10-01 15:39:11 EST": "2026-10-01T20:39:11",
    "2026-10-01 15:39:11 +0000": "2026-10-01T15:39:11",
    "2026-10-01 15:39:11 +0000 UTC": "2026-10-01T15:39:11",
    "2026-10-01 15:39:11.250 UTC": "2026-10-01T15:39:11.250000",
    "2026-10-01 03:39:11 PM": "2026-10-01T15:39:11",
    "2026-10-01T15:39:11-0400": "2026-10-01T19:39:11",
    "10/21/2026 3:39 PM": "2026-10-21T15:39:00",
    "21/10/2026, 15:39": "2026-10-21T15:39:00",
    "01.10.2026 15:39:11": "2026-10-01T15:39:11",
    "2026/10/01 15:39": "2026-10-01T15:39:00",
    "01-Oct-2026 15:39": "2026-10-01T15:39:00",
    "2026-W40-4": "2026-10-01T00:00:00",
    "1 October 2026": "2026-10-01T00:00:00",
}
"""A time as it is written -> the instant that it is, on a wall clock of UTC where it says no zone."""


@pytest.fixture
def loaded(place):
    """Return a function that lets orders with some times arrive, and returns what a load makes of these."""

    def come(*texts: str) -> list[str]:
        rows = "".join(f'{i},a@x.example,"{text}",10\n' for i, text in enumerate(texts))
        path = place.write("data/orders.csv", f"order_id,email,ordered_at,total\n{rows}")
        [found] = arrive([path], place.root, place.tables)
        place.mapping(found.text, "orders")
        assert place.mistakes() == []
        place.load()
        return [moment(row["ordered_at"]).isoformat().removesuffix("+00:00") for row in place.rows("order")]

    return come


@pytest.mark.parametrize("text", WAYS)
def test_each_way_is_read_as_the_load_reads_it(text):
    """Profile and cast agree on every way to write a time (R040)."""
    way = times.written([text])
    found = times.read(text, way.formats)
    assert found is not None
    assert found.isoformat().removesuffix("+00:00") == WAYS[text]
    made = casts.cast("moment", "t", Type.INSTANT, Cell(name="t", formats=way.formats, zone="UTC"))
    step = f"select {words.value(text)} as t"
    for name, sql in made.columns:
        step = f"select *, {sql} as {words.name(name)} from ({step})"
    with duckdb.connect() as connection:
        [(value,)] = connection.sql(f"select moment from ({step})").fetchall()
    assert moment(value) == found


@pytest.mark.parametrize("text", ["Oct 1, 2026 03:39:11 PM", "2026-10-01 15:39:11 EST", "2026-10-01 15:39:11 +0000"])
def test_a_column_arrives_whole(loaded, text):
    """What a stranger's tool writes becomes instants without a line by hand."""
    assert loaded(text, text.replace("-01 ", "-02 ").replace(" 1,", " 2,")) == [
        WAYS[text], WAYS[text].replace("01T", "02T"),
    ]  # fmt: skip


def test_several_ways_in_one_column(loaded):
    """A column that changed its way of writing is read whole: each shape by a pattern of its own."""
    assert loaded("2026-10-01 15:39:11 UTC", "1 Oct 2026 15:39", "2026-10-01T15:39:11Z") == [
        "2026-10-01T15:39:11", "2026-10-01T15:39:00", "2026-10-01T15:39:11",
    ]  # fmt: skip


def test_two_hands_are_told_and_what_could_be_either_is_refused(loaded, place):
    """A column with 13/01 and 01/13: 05/01 is nobody's to choose, so it is turned away by a rule of its own (R042)."""
    made = loaded("13/01/2026", "01/14/2026", "05/01/2026", "05/05/2026")
    assert [day[:10] for day in made] == ["2026-01-13", "2026-01-14", "2026-05-05"]
    assert [(rule, value) for _, rule, _, value in place.rejects()] == [("two-readings", "05/01/2026")]
    text = (place.root / "sources" / "orders.yaml").read_text()
    assert "written by two hands: 01/14/2026 has the month first, 13/01/2026 the day" in text


@pytest.mark.parametrize("value", ["32.13.2026", "Q4 2026", "2026-10-01 15:39:11 XYZT", "1st of May, 2026"])
def test_what_may_be_a_time_is_never_proposed_as_missing(value):
    """Only a text without any digit, or a known code for nothing, may stand for no value."""
    option, why = MENDS["not-a-time"]([value])
    assert (option, "format" in why) == ({}, True)
    assert MENDS["not-a-time"](["n. n."])[0] == {"missing": ["n. n."]}


def test_two_orders_are_never_proposed_together():
    """Values that contradict each other propose nothing: both patterns together would swap days and months."""
    option, why = MENDS["not-a-time"](["13/01/2026", "01/14/2026"])
    assert (option, "two hands" in why) == ({}, True)


def test_a_second_pattern_stands_beside_the_first(place):
    """A proposed line reads what the line read before, and the new values too."""
    place.mapping(
        "source: shop\nread: {csv: a.csv}\nzone: UTC\ntables:\n  - table: order\n    id: id\n    columns:\n"
        '      ordered_at: {from: at, format: "%d.%m.%Y"}\n      shipped_at: sent\n'
    )
    [source], _ = read_sources(place.root / "sources", place.tables)
    first = mend(source, "order", "not-a-time", "ordered_at", ["1 Oct 2026 15:39"], place.tables)
    second = mend(source, "order", "not-a-time", "shipped_at", ["1 Oct 2026 15:39"], place.tables)
    assert first.line == 'ordered_at: {from: at, format: ["%d.%m.%Y", "%d %b %Y %H:%M"]}'
    assert second.line == 'shipped_at: {from: sent, format: [iso, "%d %b %Y %H:%M"]}'


def test_a_sign_around_amounts(place):
    """$1,204.50, -$5 and 12 EUR are numbers where the mapping says what stands around them; other letters are not."""
    place.mapping(
        "source: shop\nread: {csv: a.csv}\nzone: UTC\ntables:\n  - table: order\n    id: id\n    columns:\n"
        '      ordered_at: at\n      net: {from: net, thousands: ",", around: ["$", EUR]}\n'
    )
    rows = place.mapped({"id": list("abcd"), "at": ["2026-01-01"] * 4, "net": ["$1,204.50", "-$5", "12 EUR", "12 USD"]})
    assert [row["net"] for row in rows] == [1204.5, -5, 12, None]
    assert "not-a-number:net" in rows[3]["broken"]


def test_rows_that_stand_there_twice_leave_the_key_alone(place):
    """Exact repeats collapse to one row, with a finding that counts them; the id stays the number of the order."""
    rows = "".join(f"{i},a@x.example,2026-01-{i:02d},10\n" for i in range(1, 9))
    path = place.write("data/orders.csv", f"number,email,ordered_at,total\n{rows}3,a@x.example,2026-01-03,10\n")
    [found] = arrive([path], place.root, place.tables)
    assert (found.draft.profile.key, found.draft.profile.repeats) == (("number",), 1)
    assert "1 row stands there once more, word for word; each counts once" in found.text
