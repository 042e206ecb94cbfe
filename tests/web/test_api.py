"""The API says what the pages and the command line say, strictly, in pages, and without harm to spreadsheets."""

from __future__ import annotations

import csv
import io

import pytest

from regard.present import document
from regard.web.routes.api import ROOT


def get(client, path, status=200):
    """Return the JSON of an address that answers with a status."""
    shown = client.get(path)
    assert shown.status_code == status, (path, shown.text[:500])
    return shown.json()


@pytest.fixture(scope="session")
def asked(demo):
    """A metric that has numbers by month, and its channels."""
    name = next(one["metric"] for one in ({"metric": n} for n in ("csat_top2", "nps", "aov")))
    return name, demo.ask(name, by="channel", grain="quarter")


def test_an_answer_has_the_shape_of_the_command_line(client, asked):
    """`/ask` prints what `regard ask --json` prints, value by value."""
    name, answers = asked
    told = get(client, f"{ROOT}/ask?metric={name}&by=channel&grain=quarter")
    assert told == answers.documents()[0]
    assert told["cells"]


def test_several_metrics_are_a_list(client):
    """One metric is an object, several are a list, as on the command line."""
    told = get(client, f"{ROOT}/ask?metric=nps&metric=aov&grain=all")
    assert [one["metric"] for one in told] == ["nps", "aov"]


def test_csv_is_for_spreadsheets(client, asked):
    """It is UTF-8 with its mark, a file by name, and the same rows as of the answer."""
    name, answers = asked
    shown = client.get(f"{ROOT}/ask?metric={name}&by=channel&grain=quarter&format=csv")
    assert shown.headers["content-type"] == "text/csv; charset=utf-8"
    assert shown.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
    assert shown.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(shown.content.decode("utf-8-sig"))))
    assert [float(row["value"] or "nan") for row in rows if row["value"]] == [
        cell.estimate.value for cell in answers.cells if cell.estimate.value is not None
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_csv_runs_nothing(text):
    """A text that a spreadsheet would run gets an apostrophe before it (CWE-1236)."""
    (_, row) = csv.reader(io.StringIO(document.csv(["a"], [[text]]), newline=""))
    assert row == [f"'{text}"]


def test_pages_add_up_to_the_whole(client, asked):
    """Following `Link` from page to page gives every number once."""
    name, answers = asked
    found, path = [], f"{ROOT}/ask?metric={name}&by=channel&grain=quarter&limit=7"
    while path:
        shown = client.get(path)
        found += shown.json()["cells"]
        path = shown.links.get("next", {}).get("url")
    assert found == answers.documents()[0]["cells"]
    items, path = [], f"{ROOT}/metrics?limit=50"
    while path:
        page = get(client, path)
        items += page["items"]
        path = page["next"]
    assert len(items) == page["total"] == len({one["metric"] for one in items})


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("metric=nps&groin=month", 422, "groin"),
        ("metric=nps&grain=fortnight", 422, "grain"),
        ("metric[$ne]=1", 422, "metric"),
        ("metric=nps&limit=100001", 422, "limit"),
        ("metric=nps&from=yesterday", 422, "from"),
        ("metric=nps&from=2026-02-30", 400, "2026-02-30"),
        ("metric=nsp", 400, "nsp"),
        ("metric=nps&by=colour", 400, "colour"),
        ("metric=nps&where=segment+%3D%3D%3D+1", 400, "segment"),
        ("metric=nps&set=K99=x", 400, "K99"),
        ("metric=nps&as_of=1999-01-01", 400, "nothing was loaded"),
    ],
)
def test_refusals_say_why(client, query, status, words):
    """Whatever is not declared is refused in words that name it, as problem details (RFC 9457)."""
    shown = client.get(f"{ROOT}/ask?{query}")
    assert shown.status_code == status
    assert shown.headers["content-type"] == "application/problem+json"
    told = shown.json()
    assert words in str(told)
    assert told["status"] == status


def test_what_is_not_there_is_404(client):
    """An unknown metric, incident or customer is 404, and says so in JSON."""
    for path in (
        "metrics/nosuch",
        "explain/nosuch?period=2026",
        "incidents/nosuch",
        "customers/nosuch/ledger",
        "nowhere",
    ):
        assert get(client, f"{ROOT}/{path}", 404)["status"] == 404


def test_definitions_are_opened(client, demo):
    """A definition is what `regard show --json` prints, without paths of the machine."""
    told = get(client, f"{ROOT}/metrics/nps")
    assert told["definition"]["hash"] == demo.catalogue.metric("nps").hash
    assert not told["file"].startswith("/")
    assert told["sql"]


def test_the_rest_answers(client, demo):
    """Every address of the table answers with its examples."""
    from regard.web.routes.api import AREA

    for route in AREA.routes:
        for path in route.paths(demo):
            assert client.get(path).status_code == 200, path


def test_it_describes_itself_without_outside_help(client):
    """The description is OpenAPI 3.1, and the page that shows it loads nothing from elsewhere."""
    told = get(client, f"{ROOT}/openapi.json")
    assert told["openapi"].startswith("3.1")
    assert set(told["paths"]) >= {f"{ROOT}/ask", f"{ROOT}/metrics/{{metric}}"}
    page = client.get("/api").text
    for path in told["paths"]:
        assert path in page
    assert "http://" not in page.replace("http://localhost", "")
    assert "https://" not in page
