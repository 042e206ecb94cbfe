"""Boards and metrics as pages: they show what a question answers, and hand out numbers that say where they are from."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from regard.cli.demo import contradicted
from regard.present import document, numbers, table as present_table
from regard.web import Settings, make_app
from regard.web.views import boards, metric as metric_views, tiles as tile_views
from regard.web.views.look import Look
from regard.workspace import Workspace
from tests.cli.conftest import plain
from tests.web.people import somebody

CONTEXT = ("as_of", "until", "zone", "snapshot", "definition", "filters")
"""Columns by which a number is found again a month later (R125)."""


@pytest.fixture(scope="session")
def board(demo):
    """The executive board of the demo company."""
    return boards.board(demo, "board", Look())


def told(page):
    """Return the text of a page without its marks."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def test_a_tile_is_what_a_question_answers(demo, board):
    """Value, interval, status, change and verdict of each tile are those of `ask` (tile = API = CLI)."""
    shown = [one for group in board.groups for one in group.tiles if one.number is not None and not one.part]
    assert len(shown) > 10
    start, end = Look().days(demo)
    for answer in (demo.ask(one.metric, start=start, end=end)[0] for one in shown):
        [tile] = [one for one in shown if one.metric == answer.metric.id]
        [cell] = [cell for cell in answer.cells if cell.period.label == tile.period]
        for shown_end, end_of in zip(
            (tile.number, tile.lo, tile.hi), (cell.estimate.value, cell.estimate.lo, cell.estimate.hi), strict=True
        ):
            # To the order of addition: what is asked together is summed in another order.
            assert shown_end == (None if end_of is None else pytest.approx(end_of, rel=1e-9))
        assert tile.status == (cell.status or "")
        assert tile.verdict == (cell.verdict.word if cell.verdict else "")
        assert tile.value == numbers.value(
            cell.estimate.value, answer.metric.unit, lo=cell.estimate.lo, hi=cell.estimate.hi, currency=answer.currency
        )


def test_a_tile_at_hand_is_the_tile_drawn_anew(demo):
    """The same numbers looked at alike are the same tiles; another look, name or answer has tiles of its own."""
    start, end = Look().days(demo)
    names = tile_views.titles_of(demo)
    [target] = {one.metric for one in demo.catalogue.targets[:1]}
    [whole] = demo.ask(target, start=start, end=end)
    [parts] = demo.ask(target, start=start, end=end, by=whole.metric.dims[0])
    looks = (Look(), Look(compare="year"), Look(filters={"channel": ("web",)}), Look(start=start.isoformat()))
    seen = set()
    for answer in (whole, parts):
        for look in looks:
            for titles in (names, {name: f"{title}, called otherwise" for name, title in names.items()}):
                made = tile_views.tiles(answer, look, titles=titles)
                anew = [
                    tile_views.tile(answer, cells, look, titles=titles)
                    for cells in present_table.groups(answer).values()
                ]
                assert made == anew == tile_views.tiles(answer, look, titles=titles)
                seen |= {one.href for one in made}
    assert len(seen) >= 2 * len(looks)
    assert all(
        one is other
        for one, other in zip(tile_views.tiles(whole, Look()), tile_views.tiles(whole, Look()), strict=True)
    )


def test_every_number_is_in_the_text(client, board):
    """Without any script the page says each value, interval and n (JS off shows every number)."""
    page = told(client.get("/").text)
    for one in (one for group in board.groups for one in group.tiles if one.number is not None):
        for part in (one.figure, one.interval, one.n):
            assert part in page, (one.metric, part)
    assert board.summary in page


def test_a_board_says_what_it_does_not_know(board):
    """A tile without a value says why; no tile shows 0 or NaN for it."""
    for one in (one for group in board.groups for one in group.tiles):
        assert one.number is not None or one.why
        assert "nan" not in one.value.lower()


def test_the_dashboard_flags_what_its_sheet_contradicts(demo):
    """Twelve KPIs with target, current value and trend, the channels beside them (R111)."""
    made = boards.board(demo, "dashboard", Look())
    shown = [one for group in made.groups for one in group.tiles]
    assert len({one.metric for one in shown}) == 12
    assert all(one.target and one.labels and one.value for one in shown if one.number is not None)


def test_what_the_sheet_contradicts_stands_on_the_dashboard(tmp_path):
    """CLV:CAC is stated as 3.2, its own parts give 18.9: the board says so, another board does not (R111, X1)."""
    workspace = Workspace.open(plain(tmp_path / "tiny"))
    workspace.load()
    [found] = contradicted(workspace)
    app = make_app(workspace, Settings())
    client = somebody(workspace, app, "viewer")
    page = told(client.get("/board/dashboard").text)
    assert found.message in page
    assert "3.2" in found.message
    assert "18.87" in found.message
    assert found.message not in told(somebody(workspace, app, "viewer", "channel = chat").get("/board/dashboard").text)
    assert found.message not in told(client.get("/board/weekly").text)


def test_each_metric_is_in_one_category(demo):
    """Operational, sentiment and loyalty hold every metric once (R144)."""
    described = boards.template(demo, "categories")
    named = [name for section in described.sections for name in section.metrics]
    assert [section.title for section in described.sections] == ["Operational", "Sentiment", "Loyalty"]
    assert len(named) == len(set(named))
    assert len(named) <= 24


def test_a_filter_stands_in_the_address_and_in_what_is_handed_out(client, demo):
    """The CSV behind a filtered page holds the filter, and asking again gives the same numbers (R125)."""
    page = client.get("/metric/csat_top2?segment=family&from=2026-01&to=2026-06")
    assert page.status_code == 200
    link = next(
        unescape(each) for each in re.findall(r'href="([^"]+export\.csv[^"]*)"', page.text) if "by=" not in each
    )
    assert "segment=family" in link
    handed = client.get(link)
    assert handed.headers["content-disposition"] == 'attachment; filename="csat_top2.csv"'
    rows = list(csv.DictReader(io.StringIO(handed.content.decode("utf-8-sig"))))
    assert {row["filters"] for row in rows} == {"segment = 'family'"}
    assert all(row[name] for row in rows for name in CONTEXT)
    [answer] = demo.ask("csat_top2", start="2026-01-01", end="2026-07-01", where=rows[0]["filters"])
    assert [row["value"] for row in rows] == [
        "" if row["value"] is None else str(row["value"]) for row in document.rows([answer])
    ]


def test_a_table_equals_its_chart(demo):
    """Each point of the trend tells the value of a row of the table."""
    opened = metric_views.metric_page(demo, "csat_top2", Look())
    values = [row[1].text for row in opened.figures.rows]
    for picture in (opened.trend.wide, opened.trend.narrow):
        points = re.findall(r"<title>(\d{4}-\d{2}): ([^<\[,(]+?)(?: \[|, n|</title>)", unescape(str(picture)))
        assert [value for _, value in points] == values


def test_parts_make_the_whole(client, demo):
    """The table of parts ends in the whole: its n is the sum of theirs (R121)."""
    made = metric_views.parts(demo, "churn", "segment", Look())
    n = [int(row.n.replace(",", "")) for row in made.rows if row.n != "-"]
    if not any("hidden" in row.why for row in made.rows):
        assert sum(n) == int(made.whole[1].replace(",", ""))
    page = told(client.get("/metric/churn?dim=segment").text)
    assert all(row.value in page for row in made.rows)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/metric/no_such_metric", 400, "there is no metric"),
        ("/board/no_such_board", 400, "there is no board"),
        ("/metric/csat_top2?from=yesterday", 400, "no day, month or year"),
        ("/metric/csat_top2?grain=fortnight", 400, "there is no grain"),
        ("/metric/csat_top2/export.xml", 400, "csv, json, svg"),
        ("/metric/csat_top2?segment=<script>alert(1)</script>", 200, "no row"),
        ("/metric/csat_top2?segment=' or 1=1 --", 200, "no row"),
    ],
)
def test_what_cannot_be_is_told(client, path, status, words):
    """A page that cannot be made says what is wrong; what stands in an address is only ever a text."""
    shown = client.get(path)
    assert shown.status_code == status
    assert words in told(shown.text)
    assert "<script>alert" not in shown.text


def test_every_definition_can_be_found(client):
    """The catalogue finds a metric by words of its question, its alias or its family."""
    assert "/metric/nps" in client.get("/metrics?q=recommend").text
    assert "/metric/cml" in client.get("/metrics?q=interruption minutes").text
    assert "No metric has these words" in client.get("/metrics?q=zzz").text


def test_rows_are_what_n_counts(client, demo):
    """The rows behind a number are as many as its n says, within the filters of the address (R121)."""
    shown = client.get("/metric/csat_top2/rows?segment=family")
    assert shown.status_code == 200
    total = int(re.search(r"([\d,]+) rows", told(shown.text))[1].replace(",", ""))
    board = metric_views.metric_page(demo, "csat_top2", Look(filters={"segment": ("family",)}))
    [tile] = board.tiles
    assert tile.n == numbers.count(total)


def test_nothing_personal_is_in_the_rows(client, demo):
    """Columns of a personal or special class are named and left out."""
    page = client.get("/metric/unique_visitors/rows").text
    heads = re.findall(r'<th scope="col" title="[^"]*">([^<]+)</th>', page)
    personal = {
        name.replace("_", " ")
        for name, column in demo.catalogue.tables["visit"].columns.items()
        if column.sensitivity not in ("public", "internal")
    }
    assert personal
    assert not personal & set(heads)
    assert all(name.replace(" ", "_") in page for name in personal)


def test_two_periods_are_compared_as_everywhere(client, demo):
    """The comparison of two months has the values of `ask`, a verdict, and what could have been seen."""
    page = told(client.get("/compare?metric=csat_top2&a=2026-05&b=2026-06").text)
    for cell in demo.ask("csat_top2", start="2026-05-01", end="2026-07-01").cells:
        assert numbers.value(cell.estimate.value, "percent", lo=cell.estimate.lo, hi=cell.estimate.hi) in page
    assert "minimum detectable change" in page
    assert "two of: Segment" in page
    assert client.get("/compare?metric=csat_top2&dim=segment").status_code == 200


def test_what_is_explored_is_what_is_asked(client, demo):
    """Explore shows every cell of the same question."""
    page = told(client.get("/explore?metric=return_rate&by=segment&from=2026-04&to=2026-06").text)
    found = demo.ask("return_rate", by=["segment"], start="2026-04-01", end="2026-07-01")
    for cell in found.cells:
        e = cell.estimate
        assert numbers.value(e.value, "percent", lo=e.lo, hi=e.hi) in page


@pytest.mark.parametrize("method", ["proportion", "net_share", "compound_poisson_rate", "order", "greenwood"])
def test_every_method_is_explained(client, method):
    """The help has a place for each interval method, which a metric's page leads to (R034)."""
    assert f'id="{method}"' in client.get("/help").text
    assert 'href="/help#proportion"' in client.get("/metric/csat_top2").text


def test_what_is_saved_stands_on_a_board(tmp_path):
    """The form writes the section with its filters into `reports/`, and refuses what would not be a board (R116)."""
    (tmp_path / "regard.toml").write_text('name = "Acme"\n')
    app = make_app(Workspace.open(tmp_path), Settings(sign_in=False))
    client = TestClient(app, base_url="http://localhost", follow_redirects=False)
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/add").text)[1]
    form = {"csrf": token, "metric": "nps", "by": "segment", "show": "bars", "title": "By segment", "new": "Our week"}
    saved = client.post("/explore/save?grain=week&region=north", data=form)
    assert (saved.status_code, saved.headers["location"]) == (303, "/board/our_week")
    [section] = Workspace.open(tmp_path).catalogue.reports["our_week"].sections
    assert (section.show, section.metrics, section.by, section.where) == (
        "bars",
        ("nps",),
        ("segment",),
        "region = 'north'",
    )
    [entry] = Workspace.open(tmp_path).store.audit.entries(action="board.save")
    after = json.loads(entry.after)
    assert (entry.deed.object, after["show"], after["grain"]) == ("report:our_week", "bars", "week")
    assert client.post("/explore/save", data={**form, "csrf": "forged"}).status_code == 403
    assert client.post("/explore/save", data={**form, "show": "bars", "by": ""}).status_code == 400
    assert client.post("/explore/save", data={**form, "new": "../evil"}).headers.get("location") == "/board/evil"
    assert not (tmp_path.parent / "evil.yaml").exists()


def test_notes_stand_beside_a_number(tmp_path):
    """Written, changed and taken back on the page of a metric; masked; other people's are not one's own to change."""
    (tmp_path / "regard.toml").write_text('name = "Acme"\n')
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "notes.yaml").write_text(
        "notes:\n  - {kind: definition_change, start: 2026-03-01, metrics: [nps], reason: a new wording}\n"
    )
    workspace = Workspace.open(tmp_path)
    app = make_app(workspace, Settings())
    ada, bob, eve = (somebody(workspace, app, role, scope) for role, scope in (
        ("analyst", ""), ("analyst", ""), ("analyst", "channel = chat")))  # fmt: skip
    page = "/metric/nps/notes"
    assert "a new wording" in told(ada.get(page).text)
    assert 'href="/metric/nps/notes"' in ada.get("/metric/nps").text
    ada.post(f"{page}/comments", text="Ask ann@example.com about <b>May</b>.")
    [note] = workspace.store.comments.about("metric:nps")
    assert note.text == "Ask [email] about <b>May</b>."
    assert "Ask [email] about <b>May</b>." in told(bob.get(page).text)
    assert "[email]" not in eve.get(page).text
    assert "rows that you do not see" in told(eve.get(page).text)
    for forbidden in ("change", "withdraw"):
        refused = bob.post(f"{page}/comments/{forbidden}", comment=note.id, text="Mine now.")
        assert (refused.status_code, "of your own" in refused.text) == (400, True)
    assert ada.post(f"{page}/comments/change", comment=note.id, text="May was odd.").status_code == 303
    assert "May was odd." in told(bob.get(page).text)
    assert ada.post(f"{page}/comments", text=" ").status_code == 400
    ada.post(f"{page}/comments/withdraw", comment=note.id)
    assert "Nobody has written anything yet" in told(bob.get(page).text)
    assert somebody(workspace, app, "viewer").post(f"{page}/comments", text="x").status_code == 403
    assert {one.deed.action for one in workspace.store.audit.entries() if one.deed.object == "metric:nps"} == {
        "comment.write", "comment.change", "comment.withdraw",
    }  # fmt: skip


def test_before_the_first_load_pages_name_the_next_step(tmp_path):
    """Without data the first page, a metric and explore say what to do, and show no number."""
    (tmp_path / "regard.toml").write_text('name = "Acme"\n')
    client = TestClient(make_app(Workspace.open(tmp_path), Settings(sign_in=False)), base_url="http://localhost")
    first = client.get("/")
    assert first.status_code == 200
    assert "regard load" in told(first.text)
    for path in ("/metric/nps", "/explore", "/compare", "/board/board"):
        assert "regard load" in told(client.get(path).text), path
    assert (
        client.get("/metrics").status_code
        == client.get("/help").status_code
        == client.get("/boards").status_code
        == 200
    )
