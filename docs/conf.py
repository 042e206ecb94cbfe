"""The documentation as a site: `make site` builds it with Sphinx. Links and examples are tested by the suite."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
JOINED = {"CONTRIBUTING.md": "contributing", "CHANGELOG.md": "changelog"}
"""Pages of the repository's root that join the site, by the names that they have there."""
SECTIONS = {
    "To begin": "tutorials/*",
    "To do": "how-to/*",
    "To understand": "explanation/*",
    "To look up": "reference/index\nreference/*\nreference/metrics/*",
    "Decisions": "adr/index\nadr/*",
    "To change something": "contributing\nchangelog",
}
"""Heading of the navigation -> pages under it."""
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)]*)?\)")

project = "regard"
author = "the authors of regard"
extensions = ["myst_parser"]
root_doc = "index"
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "regard"
myst_heading_anchors = 4
suppress_warnings = ["myst.header", "misc.highlighting_failure"]


def plain(app: Sphinx, page: str, source: list[str]) -> None:
    """Turn links to what is no page, such as code, into names; lead links to the root's pages into the site."""
    del app
    joined = {name: file for file, name in JOINED.items()}.get(page)
    here = ROOT if joined else (DOCS / page).parent
    up = "" if joined else "../" * page.count("/")

    def linked(found: re.Match[str]) -> str:
        picture, text, target, anchor = found.groups()
        path = (here / target).resolve()
        if path.is_relative_to(DOCS) and path.is_file():
            inside = path.relative_to(DOCS).as_posix() if joined else target
            return f"{picture}[{text}]({inside}{anchor or ''})"
        if path.parent == ROOT and path.name in JOINED:
            return f"[{text}]({up}{JOINED[path.name]}.md{anchor or ''})"
        return f"`{text.strip('`')}`"

    text = (ROOT / joined).read_text(encoding="utf-8") if joined else source[0]
    source[0] = LINK.sub(linked, text)
    if page == root_doc:
        for title, pages in SECTIONS.items():
            source[0] += f"\n```{{toctree}}\n:hidden:\n:glob:\n:caption: {title}\n\n{pages}\n```\n"


def setup(app: Sphinx) -> None:
    """Hear each page as it is read."""
    app.connect("source-read", plain)
