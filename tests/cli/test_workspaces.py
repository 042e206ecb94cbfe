from __future__ import annotations

import json
import re

import pytest

from tests.cli.test_serving import got, server


def test_a_new_workspace_has_no_mistakes(run, tmp_path):
    """What `init` writes is commented, passes `check`, and is git's own except for what is generated."""
    told = run("-C", tmp_path, "init", "acme")
    assert told.code == 0
    folder = tmp_path / "acme"
    assert sorted(path.name for path in folder.iterdir()) == [
        ".gitignore", "metrics", "policies", "regard.toml", "reports", "sources",
    ]  # fmt: skip
    assert 'name = "acme"' in (folder / "regard.toml").read_text()
    assert "lake/" in (folder / ".gitignore").read_text()
    assert all("#" in path.read_text() for path in folder.rglob("*.*") if path.is_file())
    assert run("-C", folder, "check").code == 0


def test_the_commented_source_works_when_it_is_uncommented(run, tmp_path):
    """The example mapping is right: without its # it has no mistakes."""
    run("-C", tmp_path, "init", "acme")
    path = tmp_path / "acme" / "sources" / "example.yaml"
    *head, rest = path.read_text().partition("# source:")
    path.write_text(re.sub(r"^# ?", "", head[1] + rest, flags=re.MULTILINE))
    assert run("-C", tmp_path / "acme", "check").code == 0


def test_init_overwrites_nothing(run, tmp_path):
    """A folder that holds anything is refused politely, and left as it is."""
    (tmp_path / "mine.txt").write_text("mine")
    told = run("init", tmp_path)
    assert told.code == 1
    assert "not empty" in told.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_name_with_quotes_is_kept_harmless(run, tmp_path):
    """A company may be called anything; its regard.toml stays readable."""
    run("-C", tmp_path, "init", "acme", "--name", 'Ann "Ace" Co')
    assert run("-C", tmp_path / "acme", "check").code == 0


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Return where Harbor will be made."""
    return tmp_path_factory.mktemp("demo") / "shop"


def test_the_demo_shows_the_dashboard_of_the_seed(run, shop, monkeypatch):
    """The twelve KPIs with target, change and trend; the sheet's own ratio is refuted; what was written is named."""
    monkeypatch.setenv("COLUMNS", "200")
    told = run("demo", shop, "--scale", "0.02", "--no-serve")
    assert told.code == 0, told.err
    head, *rows = told.out.partition("\n")[2].splitlines()
    assert re.split(r" {2,}", head.strip()) == [
        "metric", "now", "95 % interval", "target", "status", "change", "is it real?", "last 12", "n",
    ]  # fmt: skip
    assert rows[15].startswith("2026-06; ")
    assert sum("Contacts by channel" in row for row in rows[:15]) == 4
    assert re.search(r"states \w+ as 3\.2:1, but .* \$2,680, .* \$142\) is 18\.87 \[reconcile: ", told.out)
    for line in told.out.partition("What was written\n")[2].splitlines()[:5]:
        assert (shop / line.split()[0]).exists()


def test_the_contradiction_is_a_finding(run, shop):
    """What the demo prints about the KPI sheet stands among the findings too (X1)."""
    [found] = json.loads(run("-C", shop, "findings", "--kind", "reconcile", "--json").out)
    assert (found["observed"], found["expected"]) == ("3.2:1", "18.87")


def test_the_demo_can_be_made_again(run, shop):
    """A second time nothing is read anew; another size, or a folder of somebody's, is refused."""
    again = run("demo", shop, "--scale", "0.02", "--no-serve")
    assert again.code == 0
    other = run("demo", shop, "--scale", "0.05")
    assert other.code == 1
    assert "scale 0.02 and seed 7" in other.err
    foreign = run("demo", shop.parent)
    assert foreign.code == 1
    assert "not empty" in foreign.err


def test_the_demo_serves_its_pages_on_this_machine(shop):
    """With --serve the demo goes on with its pages, open to this machine, and every page says what it is."""
    with server(shop.parent, "--scale", "0.02", "--serve", command=("demo", shop.name)) as (home, said):
        assert home.startswith("http://127.0.0.1:")
        assert "Nobody signs in" in "".join(said)
        status, page = got(f"{home}/metrics")
        assert (status, "This is an example company." in page) == (200, True)
