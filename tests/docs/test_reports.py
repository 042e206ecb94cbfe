"""The how-to of reports works as it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.test_tutorial import Reader
from tests.workspace.outages import five

HOW_TO = Path(__file__).parents[2] / "docs/how-to/make-a-report.md"
pytestmark = pytest.mark.slow  # a few commands, each in a process of its own, and a browser that prints


def test_reports_go_as_shown(tmp_path):
    """Every line that the page shows comes; the files are there, the report written by hand among them."""
    reader = Reader(tmp_path / "home")
    folder = reader.here / "company"
    folder.mkdir()
    reader.here = five(folder).load().root
    (reader.here / "reports").mkdir()  # as `regard init` does
    assert reader.follow(HOW_TO) == []
    assert (reader.here / "june.pdf").read_bytes().startswith(b"%PDF")
    assert "How chat does" in (reader.here / "chat.html").read_text(encoding="utf-8")
