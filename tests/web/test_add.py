"""Files that people bring: kept safely, mapped as `regard init` maps them, changed by choice, loaded (R116)."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from starlette.testclient import TestClient

from regard.catalog import load as load_catalogue
from regard.cli.init import make
from regard.errors import QuestionError
from regard.sources.arrival import arrive
from regard.web import Settings, make_app
from regard.workspace import Workspace, receive
from tests.web.browser import Watched, serving

ORDERS = "order_id,created_at,customer_email,total,currency\n" + "".join(
    f"A{n},2026-0{1 + n % 6}-1{n % 9} 10:00:00,c{n % 7}@example.com,{20 + n}.50,EUR\n" for n in range(60)
)
ODD = "when,what,who,worth\n" + "".join(f"2026-03-{1 + n:02d},X{n},c{n % 3}@example.com,{n}\n" for n in range(20))


@pytest.fixture
def root(tmp_path):
    """A new workspace without sources."""
    make(tmp_path / "acme", "Acme")
    (tmp_path / "acme" / "sources" / "example.yaml").unlink()
    return tmp_path / "acme"


@pytest.fixture
def visitor(root):
    """A client of its pages, who need not sign in."""
    return TestClient(make_app(Workspace.open(root), Settings(sign_in=False)), base_url="http://localhost")


def token(page):
    """Return what the forms of a page carry."""
    return re.search(r'name="csrf" value="([^"]+)"', page.text)[1]


def bring(visitor, *files):
    """Drop files, as a browser does, and return the page that follows."""
    csrf = token(visitor.get("/add"))
    return visitor.post("/add", data={"csrf": csrf}, files=[("file", (name, content)) for name, content in files])


def test_a_file_is_dropped_confirmed_previewed_and_loaded(visitor, root):
    """The mapping is the one that `regard init --from` writes, nothing is written before it is loaded."""
    page = bring(visitor, ("orders.csv", ORDERS.encode()))
    assert page.url.path == "/add/map"
    assert "Confirm the mapping" in page.text
    fields = {"csrf": token(page), "file": "orders.csv"}
    seen = visitor.post("/add/map", data=fields | {"do": "look"})
    assert "60 rows looked at, 0 would be turned away" in seen.text
    assert list((root / "sources").glob("*")) == []
    assert "c1@example.com" not in seen.text.split("<details>")[0]
    done = visitor.post("/add/map", data=fields | {"do": "load"})
    assert "60 rows read, 0 turned away" in done.text
    (mine,) = arrive([root / "data" / "added" / "orders.csv"], root, load_catalogue().tables)
    assert (root / "sources" / "orders.yaml").read_text(encoding="utf-8") == mine.text
    assert Workspace.open(root).ask("aov", grain="all", compare="", intervals=False).cells[0].estimate.n == 60
    again = visitor.post("/add/map", data=fields | {"do": "load"})
    assert again.status_code == 200
    assert (root / "sources" / "orders_2.yaml").is_file()


def test_a_file_that_nobody_knows_is_mapped_by_choice(visitor, root):
    """A table is chosen, columns are chosen from those that could fill ours, and what is needed is said."""
    bring(visitor, ("odd.csv", ODD.encode()))
    page = visitor.get("/add/map?file=odd.csv")
    assert "Nobody knows this sort of file" in page.text
    fields = {"csrf": token(page), "file": "odd.csv", "into|odd": "order", "do": "look"}
    page = visitor.post("/add/map", data=fields)
    assert "order needs ordered_at" in page.text
    offered = re.search(r'name="fill\|odd\.0\.ordered_at">(.*?)</select>', page.text, re.DOTALL)[1]
    assert re.findall(r'<option value="(\w+)"', offered) == ["when"]
    fields |= {"fill|odd.0.order_id": "what", "fill|odd.0.ordered_at": "when", "fill|odd.0.net": "worth"}
    fields |= {"fill|odd.0.": "who", "fill|odd.0.cost": "what; drop", "ask|odd|zone": "Europe/Berlin"}
    page = visitor.post("/add/map", data=fields)
    assert "20 rows looked at, 0 would be turned away" in page.text
    assert "20 rows read" in visitor.post("/add/map", data=fields | {"do": "load"}).text
    text = (root / "sources" / "odd.yaml").read_text(encoding="utf-8")
    assert "ordered_at: when" in text
    assert "zone: Europe/Berlin" in text
    assert "drop" not in text
    assert "{system: email, from: who, normalise: email}" in text


def zipped(size):
    """Return a packed file that holds so many zero bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", bytes(size))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("evil.exe", b"MZ", "none of .csv"),
        ("noending", b"a,b\n1,2\n", "none of .csv"),
        ("empty.csv", b"", "is empty"),
        ("page.parquet", b"<html>", "is named .parquet and is none"),
        ("book.xlsx", b"a,b\n", "is named .xlsx and is none"),
        ("broken.xlsx", b"PK\x03\x04 and nothing", "broken workbook"),
        ("bomb.xlsx", zipped(40_000_000), "unpacks to"),
        ("binary.csv", b"a,b\n\0\0\0", "holds no text"),
    ],
)
def test_what_is_no_data_is_not_kept(root, name, content, words):
    """A file is what its name says, or it is refused in words; nothing of it stays."""
    with pytest.raises(QuestionError, match=re.escape(words)):
        receive.keep(root, name, io.BytesIO(content))
    assert [path.name for path in (root / receive.FOLDER).glob("*")] == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../regard.toml.csv", "regard_toml.csv"),
        ("..\\..\\boot.csv", "boot.csv"),
        ("/etc/passwd.csv", "passwd.csv"),
        (".hidden.csv", "hidden.csv"),
        ("a*b?[c].csv", "a_b_c.csv"),
        ("\u202egnp.csv", "gnp.csv"),
        ("x" * 300 + ".CSV", "x" * 80 + ".csv"),
        ("${HOME}.csv", "HOME.csv"),
    ],
)
def test_names_lead_nowhere(root, name, kept):
    """Whatever a name says, the file stands in its folder, under plain letters, and overwrites nothing."""
    assert receive.keep(root, name, io.BytesIO(b"a,b\n1,2\n")) == kept
    other = receive.keep(root, name, io.BytesIO(b"a,b\n3,4\n"))
    assert other != kept
    assert (root / receive.FOLDER / kept).read_bytes() == b"a,b\n1,2\n"
    assert sorted(path.name for path in (root / receive.FOLDER).iterdir()) == sorted([kept, other])
    for wrong in ("../regard.toml", "/etc/passwd", "nosuch.csv", "", "a/b.csv"):
        with pytest.raises(QuestionError):
            receive.kept(root, wrong)


def test_too_large_is_refused_while_it_comes(root, monkeypatch):
    """A file beyond the limit is given up on the way, and nothing of it stays."""
    monkeypatch.setattr(receive, "MOST_BYTES", 1000)
    with pytest.raises(QuestionError, match="larger than"):
        receive.keep(root, "large.csv", io.BytesIO(b"a\n" * 600))
    assert list((root / receive.FOLDER).glob("*")) == []


def test_a_broken_file_is_told_and_writes_nothing(visitor, root):
    """What cannot be read is said in words, as a refusal and not as a fault of the server."""
    bring(visitor, ("bad.parquet", b"PAR1 and no more"))
    shown = visitor.get("/add/map?file=bad.parquet")
    assert shown.status_code == 400
    assert "bad.parquet" in shown.text
    assert visitor.get("/add/map?file=../../regard.toml").status_code == 400


def test_a_browser_brings_and_confirms(browser, root, tmp_path):
    """In a real browser: files are chosen, the mapping confirmed by drop-downs, previewed, loaded; also on a phone."""
    paths = [tmp_path / "orders.csv", tmp_path / "odd.csv"]
    for path, text in zip(paths, (ORDERS, ODD), strict=True):
        path.write_text(text, encoding="utf-8")
    with serving(make_app(Workspace.open(root), Settings(sign_in=False))) as home:
        seen = Watched(browser.new_page(), home)
        page = seen.open("/add")
        assert seen.axe() == []
        page.set_input_files("input[type=file]", [str(path) for path in paths])
        page.click("text=Look at them")
        page.select_option('select[name="into|odd"]', "order")
        page.click("button[value=look]")
        page.wait_for_selector("text=60 rows looked at")
        for narrow in (False, True):
            seen.look(narrow=narrow)
            assert seen.axe() == []
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        page.select_option('select[name="fill|odd.0.order_id"]', "what")
        page.select_option('select[name="fill|odd.0.ordered_at"]', "when")
        page.click("button[value=look]")
        page.wait_for_selector("text=20 rows looked at")
        page.click("button[value=load]")
        page.wait_for_selector("text=80 rows read, 0 turned away")
        assert seen.axe() == []
        page.close()
        assert seen.faults == []
