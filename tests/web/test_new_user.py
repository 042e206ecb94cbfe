"""Somebody new, with a keyboard and nothing else, finds the answers that people come for (R111, R121, R123).

Each begins on the first page. Links are found by their words, as somebody would; how often a key is pressed is counted,
since a way that takes more presses than somebody makes in two minutes is no way.
"""

from __future__ import annotations

import re

import pytest

from regard.present import interruption
from regard.web.views import boards, ledger
from regard.web.views.look import Look

PATIENCE = 120
"""Presses of a key in two minutes: one a second, to read what was reached."""
FOCUS = """() => { const on = document.activeElement;
  return (on.getAttribute('aria-label') || on.innerText || on.name || '').trim(); }"""


class Newcomer:
    """Somebody with a keyboard.

    Attributes:
        page: that is open.
        presses: of keys, so far.
    """

    def __init__(self, page):
        self.page, self.presses = page, 0

    def press(self, key):
        """Press a key."""
        self.presses += 1
        self.page.keyboard.press(key)

    def find(self, words):
        """Move on until what has the focus says these words."""
        while self.presses < PATIENCE:
            self.press("Tab")
            if words in self.page.evaluate(FOCUS):
                return
        pytest.fail(f"'{words}' is not reached with {PATIENCE} presses")

    def follow(self, words):
        """Find a link by its words, and open it."""
        self.find(words)
        with self.page.expect_navigation(wait_until="load"):
            self.press("Enter")

    def skip(self):
        """Skip the menu, as the first link of every page lets one do."""
        self.press("Tab")
        self.press("Enter")

    @property
    def reads(self):
        """What stands on the page."""
        return re.sub(r"\s+", " ", self.page.locator("body").inner_text())


@pytest.fixture
def newcomer(watched):
    """Somebody on the first page."""
    return Newcomer(watched.open("/"))


def test_the_worst_incident_of_yesterday_and_its_minutes(newcomer, demo):
    """Incidents, yesterday; where there was none that is said, and last month has its worst in the first line."""
    newcomer.follow("Incidents")
    near = dict(ledger.days(demo, {}).near)
    for when in ("yesterday", "last month"):
        newcomer.skip()
        newcomer.follow(when)
        asked = dict(part.split("=") for part in near[when].split("&"))
        worst = [one for one in demo.stretch(asked["from"], asked["to"]).incidents if not one.record.planned][:1]
        if worst:
            first = newcomer.page.locator("tbody tr").first.inner_text()
            assert worst[0].record.incident in first
            assert interruption.minutes(worst[0].minutes) in first
        else:
            assert "No incident began or took minutes in these days" in newcomer.reads
    assert worst, "the example company had incidents last month"
    newcomer.skip()
    newcomer.follow(worst[0].record.incident)
    assert f"{interruption.minutes(worst[0].minutes)} customer minutes" in newcomer.reads


def test_whether_satisfaction_really_rose_last_month(newcomer, demo):
    """Its tile on the first page says so in words; opened, the same words stand beside the number."""
    [tile] = [
        one for g in boards.board(demo, "board", Look()).groups for one in g.tiles if one.metric == "csat_top2"
    ]  # fmt: skip
    newcomer.skip()
    newcomer.follow(tile.title)
    head = newcomer.page.locator(".metric-head article").inner_text()
    assert tile.verdict in head
    assert tile.figure in head
    assert tile.period in head


def test_which_channel_misses_its_target(newcomer, demo):
    """The dashboard has a line for each channel, with target and status in words."""
    newcomer.follow("Boards")
    newcomer.skip()
    newcomer.follow("Customer experience dashboard")
    made = boards.board(demo, "dashboard", Look())
    channels = [one for group in made.groups for one in group.tiles if one.part and one.status]
    assert channels
    for one in channels:
        line = newcomer.page.locator("tr", has_text=one.name).first.inner_text()
        assert one.status in line
        assert one.target in line


def test_what_nps_means_here(newcomer):
    """Metrics finds it by the word; its page has question, formula and choices."""
    newcomer.follow("Metrics")
    newcomer.skip()
    newcomer.find("q")
    newcomer.page.keyboard.type("NPS")
    newcomer.presses += 3
    with newcomer.page.expect_navigation(wait_until="load"):
        newcomer.press("Enter")
    newcomer.skip()
    newcomer.follow("Net Promoter Score")
    means = newcomer.page.locator("section[aria-labelledby=meaning]").inner_text()
    for words in ("promoters", "in plain words", "formula"):
        assert words in means


def test_how_fresh_the_numbers_are(newcomer, demo):
    """The foot of every page says as of when they are, and leads to when each source was read and may be."""
    assert "Numbers as of" in newcomer.reads
    newcomer.press("Shift+Tab")
    newcomer.press("Enter")
    newcomer.page.wait_for_url("**/data-quality")
    for one in demo.freshness().tables:
        line = newcomer.page.locator("tr", has=newcomer.page.get_by_role("rowheader", name=one.table, exact=True)).first
        assert one.state in line.inner_text()
