"""The feed is OData 4 as a client reads it: described, typed, in pages that add up, and filtered like the whole."""

from __future__ import annotations

import re
from datetime import date, datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

from regard.web.odata import feed
from regard.web.odata.filters import read_filter
from regard.web.odata.model import METRICS, NUMBER, SETS
from regard.web.routes.odata import ROOT

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
EDMX = "{http://docs.oasis-open.org/odata/ns/edmx}"
TYPES = {
    "Edm.String": lambda value: isinstance(value, str),
    "Edm.Double": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "Edm.Int64": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "Edm.Date": date.fromisoformat,
    "Edm.DateTimeOffset": lambda value: datetime.fromisoformat(value).tzinfo is not None,
}


class Client:
    """A client that knows of the feed what its description says, and nothing else."""

    def __init__(self, client):
        self.client = client
        self.types, self.sets = {}, {}
        shown = client.get(f"{ROOT}/$metadata")
        assert shown.headers["content-type"] == "application/xml"
        assert shown.headers["odata-version"] == "4.0"
        root = ET.fromstring(shown.content)  # noqa: S314 - what we printed ourselves
        assert (root.tag, root.get("Version")) == (f"{EDMX}Edmx", "4.0")
        (schema,) = root.iter(f"{EDM}Schema")
        for kind in schema.findall(f"{EDM}EntityType"):
            columns = {one.get("Name"): one for one in kind.findall(f"{EDM}Property")}
            key = [one.get("Name") for one in kind.find(f"{EDM}Key")]
            assert key
            assert all(columns[name].get("Nullable") == "false" for name in key)
            assert all(one.get("Type") in TYPES for one in columns.values())
            self.types[f"{schema.get('Namespace')}.{kind.get('Name')}"] = (key, columns)
        for one in schema.iter(f"{EDM}EntitySet"):
            self.sets[one.get("Name")] = self.types[one.get("EntityType")]

    def rows(self, table, **options):
        """Return all rows of a table, page by page, each held to its description."""
        key, columns = self.sets[table]
        shown = self.client.get(f"{ROOT}/{table}", params={f"${name}": value for name, value in options.items()})
        found, pages = [], 0
        while True:
            assert shown.status_code == 200, shown.text
            told = shown.json()
            assert told["@odata.context"].startswith(f"http://localhost{ROOT}/$metadata#{table}")
            found += told["value"]
            pages += 1
            if "@odata.nextLink" not in told:
                break
            assert told["value"], "a page without rows that says there are more"
            shown = self.client.get(told["@odata.nextLink"])
        self.pages = pages
        if "select" not in options:
            for row in found:
                assert list(row) == list(columns)
                for name, value in row.items():
                    if value is None:
                        assert columns[name].get("Nullable") != "false", name
                    else:
                        assert TYPES[columns[name].get("Type")](value), (name, value)
            keys = [tuple(row[name] for name in key) for row in found]
            assert len(set(keys)) == len(keys)
        return found


@pytest.fixture(scope="session")
def reader(client):
    """A client that has read the description."""
    return Client(client)


def test_the_service_lists_its_tables(client, reader):
    """The service document and the description name the same tables."""
    told = client.get(f"{ROOT}/").json()
    assert [one["url"] for one in told["value"]] == list(reader.sets) == list(SETS)


def test_every_metric_is_in_the_table_of_metrics(demo, reader):
    """All definitions, in pages."""
    assert [row["metric"] for row in reader.rows(METRICS)] == list(demo.catalogue.metrics)


def test_numbers_are_those_of_the_answer(demo, reader):
    """A metric's rows are the whole and each of its cuts, value by value what a question gives."""
    found = reader.rows("NumbersByYear", filter="metric eq 'nps'")
    (whole,) = demo.ask("nps", grain="year")
    assert [row["value"] for row in found if row["dimension"] == ""] == [one.estimate.value for one in whole.cells]
    (cut,) = demo.ask("nps", by="channel", grain="year")
    told = {(row["period"], row["member"]): row["value"] for row in found if row["dimension"] == "channel"}
    assert told == {(one.period.label, one.dims["channel"] or "(blank)"): one.estimate.value for one in cut.cells}


def test_no_single_customer_is_in_the_feed(reader):
    """A feed is for everybody who may export: it is cut by no dimension of persons."""
    assert "party" not in {row["dimension"] for row in reader.rows("NumbersByYear", filter="metric in ('nps', 'aov')")}


def test_pages_add_up(reader, monkeypatch):
    """However small the pages, the rows are the same and come once; `$top` and `$skip` count over pages."""
    asked = "metric in ('nps', 'aov', 'csat_top2')"
    whole = reader.rows("NumbersByYear", filter=asked)
    monkeypatch.setattr(feed, "PAGE", 7)
    assert reader.rows("NumbersByYear", filter=asked) == whole
    assert reader.pages == -(-len(whole) // 7)
    assert reader.rows("NumbersByYear", filter=asked, top="20", skip="5") == whole[5:25]
    ordered = reader.rows("NumbersByYear", filter=asked, orderby="value desc,start")
    values = [row["value"] for row in ordered if row["value"] is not None]
    assert values == sorted(values, reverse=True)
    assert len(ordered) == len(whole)


FILTERS = {
    "dimension eq ''": lambda r: r["dimension"] == "",
    "dimension eq 'channel' and value gt 20": lambda r: r["dimension"] == "channel" and (r["value"] or 0) > 20,
    "start ge 2025-01-01 and not (member eq 'web')": lambda r: r["start"] >= "2025-01-01" and r["member"] != "web",
    "value eq null or n lt 100": lambda r: r["value"] is None or (r["n"] is not None and r["n"] < 100),
    "contains(title,'omoter') and status ne null": lambda r: "omoter" in r["title"] and r["status"] is not None,
    "member in ('web','app') or startswith(period, '2024')": lambda r: (
        r["member"] in ("web", "app") or r["period"].startswith("2024")
    ),
    "metric eq 'aov' or dimension eq 'segment'": lambda r: r["metric"] == "aov" or r["dimension"] == "segment",
}


@pytest.mark.parametrize(("text", "test"), FILTERS.items(), ids=FILTERS)
def test_a_filter_gives_the_rows_of_the_whole_that_pass(client, reader, text, test):
    """What is filtered here is what somebody filters after reading everything; `$count` says how many."""
    few = "metric in ('nps', 'aov')"
    expected = [row for row in reader.rows("NumbersByYear", filter=few) if test(row)]
    assert reader.rows("NumbersByYear", filter=f"{few} and ({text})") == expected
    shown = client.get(f"{ROOT}/NumbersByYear/$count", params={"$filter": f"{few} and ({text})"})
    assert shown.text == str(len(expected))


def test_a_row_is_read_by_its_key(client, reader):
    """Each row of a table stands under its key, whatever signs its parts have; of another key there is none."""
    rows = reader.rows("NumbersByYear", filter="metric eq 'nps'")
    for row in (rows[0], rows[-1]):
        parts = {"metric": row["metric"], "dimension": row["dimension"], "member": row["member"].replace("'", "''")}
        key = ",".join([*(f"{name}='{value}'" for name, value in parts.items()), f"start={row['start']}"])
        told = client.get(f"{ROOT}/NumbersByYear({quote(key, safe='')})").json()
        assert told.pop("@odata.context").endswith("$metadata#NumbersByYear/$entity")
        assert told == row
    told = client.get(f"{ROOT}/{METRICS}('nps')?$select=title").json()
    assert told["@odata.context"].endswith("#Metrics(title)/$entity")
    for path, status in ((f"{METRICS}('nsp')", 404), ("NumbersByYear('nps')", 400), ("Nothing('nps')", 404)):
        assert client.get(f"{ROOT}/{path}").status_code == status, path


def test_columns_are_chosen(reader):
    """`$select` gives the columns that are named, in that order."""
    assert [list(row) for row in reader.rows(METRICS, select="title,metric", top="1")] == [["title", "metric"]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("$filter=valeu gt 1", "did you mean 'value'?"),
        ("$filter=value gt", "a value was expected at its end"),
        ("$filter=value gt 'a'", "value is Edm.Double"),
        ("$filter=" + "(" * 40 + "value eq 1" + ")" * 40, "nests deeper"),
        ("$filter=" + "not " * 200 + "value eq 1", "nests deeper"),
        ("$filter=contains(value,'1')", "tests texts"),
        ("$filter=value eq 1;drop table x", "cannot be read"),
        ("$expand=Metric", "$expand"),
        ("$top=-1", "whole number"),
        ("$top=1e9", "whole number"),
        ("$skiptoken=x", "$skiptoken"),
        ("$orderby=value sideways", "asc or desc"),
        ("$select=nothing", "no column 'nothing'"),
        ("$format=xml", "JSON"),
    ],
)
def test_refusals_are_told_as_odata_tells_them(client, options, words):
    """What is not known is refused with the words that mend it, never left out in silence."""
    shown = client.get(f"{ROOT}/NumbersByYear?{options}")
    assert shown.status_code == 400
    assert words in shown.json()["error"]["message"]
    assert client.get(f"{ROOT}/Nothing").status_code == 404


def test_equality_narrows_what_is_computed():
    """Of a filter is told apart which metrics it can pass, through and, or, in and not."""
    cases = {
        "metric eq 'a' and value gt 1": {"a"},
        "metric eq 'a' or metric eq 'b'": {"a", "b"},
        "metric in ('a','b') and metric eq 'b'": {"b"},
        "metric eq 'it''s'": {"it's"},
        "metric eq 'a' or value gt 1": None,
        "not (metric eq 'a')": None,
    }
    for text, expected in cases.items():
        found = read_filter(text, NUMBER).wanted.get("metric")
        assert found == (None if expected is None else frozenset(expected)), text


def test_no_address_of_the_machine_is_told(client):
    """Rows name no file of the server."""
    assert not re.search(r"/(tmp|home|work)/", client.get(f"{ROOT}/{METRICS}").text)
