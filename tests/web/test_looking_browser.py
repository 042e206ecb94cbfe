"""The looking pages in a real browser: printed, by keyboard alone, without scripts, and saved to a board."""

from __future__ import annotations

import io
import unicodedata

import pytest
from pypdf import PdfReader

from regard.web.views import boards
from regard.web.views.look import Look

A4_WIDE = (842, 595)


def test_the_executive_board_prints_on_two_pages(watched):
    """Two landscape pages hold every tile; bars of filters and menus stay on the screen (R111)."""
    page = watched.open("/")
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(printed.pages) == 2
    assert all((round(p.mediabox.width), round(p.mediabox.height)) == A4_WIDE for p in printed.pages)
    # Ligatures of the font are taken apart again.
    text = unicodedata.normalize("NFKC", "".join(p.extract_text() for p in printed.pages))
    assert "Compared with" not in text
    assert "Theme" not in text
    for title in page.locator(".tile h3 a").all_inner_texts():
        assert title.split()[0] in text


def test_the_keyboard_alone_reaches_everything(watched):
    """Tab leads from the first link through filters to every tile and to what can be taken away."""
    page = watched.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.getAttribute('href') || document.activeElement.name || ''"))
    wanted = {link.get_attribute("href") for link in page.locator(".tile h3 a").all()}
    assert wanted <= reached
    assert {"grain", "from", "to", "compare"} <= reached


def test_without_scripts_every_number_stands(watched, demo):
    """A browser that runs nothing shows the same figures, pictures and forms (JS off)."""
    context = watched.page.context.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(watched.home + "/")
    shown = page.locator("main").inner_text()
    made = boards.board(demo, "board", Look())
    tiles = [one for group in made.groups for one in group.tiles if one.number is not None]
    assert all(one.figure in shown for one in tiles)
    assert page.locator("main svg.chart").count() >= len(tiles)
    page.select_option("select[name=grain]", "quarter")
    page.locator("form.filters button").click()
    assert "grain=quarter" in page.url
    context.close()


@pytest.mark.parametrize(
    "path", ["/metric/csat_top2?dim=segment", "/explore?metric=channel_share", "/compare?dim=segment"]
)
def test_states_are_accessible_too(watched, path):
    """Pages in other states than their first are as quiet and accessible as these."""
    watched.look()
    watched.open(path)
    assert watched.axe() == []
    watched.look(narrow=True)
    assert watched.overflow() <= 0
