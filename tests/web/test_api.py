"""The API says what the pages and the command line say, strictly, in pages, and without harm to spreadsheets."""

from __future__ import annotations

import csv
import io

import pytest

from regard.present import document
from regard.web import Settings, make_app
from regard.web.api.declaring import ROOT
from regard.web.routes import api, api_pages
from regard.web.views import boards, compare, metric
from regard.web.views.look import Look
from tests.web.people import somebody


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
    for route in (*api.AREA.routes, *api_pages.AREA.routes):
        for path in route.paths(demo):
            assert client.get(path).status_code == 200, path


def pages(client, path):
    """Return the items of all pages of a list, and the last page."""
    items, told = [], {}
    while path:
        told = get(client, path)
        items += told["items"]
        path = told["next"]
    assert len(items) == told["total"]
    return items, told


def test_a_board_is_what_its_page_shows(client, demo):
    """Each tile with its value and verdict, in pages and as CSV."""
    made = boards.board(demo, "board", Look(filters={"segment": ("family",)}))
    shown = [one for group in made.groups for one in group.tiles]
    items, head = pages(client, f"{ROOT}/boards/board?where=segment+%3D+'family'&limit=9")
    assert head["summary"] == made.summary
    assert [(one["metric"], one["value"], one["real"], one["why"]) for one in items] == [
        (one.metric, one.number, one.real, one.why) for one in shown
    ]
    text = client.get(f"{ROOT}/boards/board?where=segment+%3D+'family'&format=csv").content.decode("utf-8-sig")
    assert [row["metric"] for row in csv.DictReader(io.StringIO(text))] == [one.metric for one in shown]
    listing = {one["id"] for one in pages(client, f"{ROOT}/boards?limit=2")[0]}
    assert listing == {one.id for one in boards.boards(demo)}


def test_parts_and_comparisons_are_those_of_the_pages(client, demo):
    """A number taken apart, and two numbers held against each other, with the verdicts that the pages show."""
    taken = metric.taken(demo, "csat_top2", "channel", Look())
    items, head = pages(client, f"{ROOT}/metrics/csat_top2/parts?by=channel&limit=2")
    assert head["whole"]["value"] == taken.whole.estimate.value
    assert [(one["member"], one["value"], one["difference"], one["real"], one["own"]) for one in items] == [
        (
            part.cell.dims["channel"],
            part.cell.estimate.value,
            None if part.difference is None else part.difference.change,
            part.real,
            part.own,
        )
        for part in taken.parts
    ]
    found = compare.compared(demo, demo.metric("csat_top2"), Look(), "2026-05", "2026-06")
    told = get(client, f"{ROOT}/compare?metric=csat_top2&a=2026-05&b=2026-06")
    assert (told["difference"], told["p"], told["verdict"]) == (
        found.verdict.change,
        found.verdict.p,
        found.verdict.word,
    )
    assert (told["a"]["value"], told["detectable"]) == (found.sides[0].cell.estimate.value, found.least)
    text = client.get(f"{ROOT}/compare?metric=csat_top2&a=2026-05&b=2026-06&format=csv").content.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text))
    assert float(row["b_value"]) == told["b"]["value"]


def test_a_report_is_its_numbers_or_its_document(client, demo):
    """As JSON the numbers of each section, as HTML the file of the page; what is not there is 404."""
    told = get(client, f"{ROOT}/reports/weekly?period=2026-06-15")
    filled = demo.report("weekly", day="2026-06-15")
    assert [one["show"] for one in told["sections"]] == [one.section.show for one in filled.sections]
    [causes, *_] = [one for one in told["sections"] if one["show"] == "causes"]
    [expected, *_] = [one for one in filled.sections if one.section.show == "causes"]
    assert causes["impact"]["totals"] == dict(expected.impact.totals)
    shown = client.get(f"{ROOT}/reports/weekly?period=2026-06-15&format=html")
    assert shown.headers["content-disposition"].startswith("attachment")
    assert shown.text.startswith("<!doctype html>")
    assert get(client, f"{ROOT}/reports/nosuch", 404)["status"] == 404
    assert "name its id" in get(client, f"{ROOT}/reports/incident", 400)["detail"]


def test_a_report_names_customers_to_those_who_may_see_rows(demo):
    """An approver may take reports away, not see rows: the worst served are not named to them (R130)."""
    app = make_app(demo, Settings())
    for role, named in (("analyst", True), ("approver", False)):
        told = somebody(demo, app, role).get(f"{ROOT}/reports/weekly?period=2026-06-15").json()
        [worst] = [one for one in told["sections"] if one["show"] == "worst_served"]
        assert ("stretch" in worst) is named
        assert ("missing" in worst) is not named


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
