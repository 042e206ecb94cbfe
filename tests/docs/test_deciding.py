"""The how-to of deciding works as it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.test_tutorial import Reader
from tests.workspace.outages import five, measured

HOW_TO = Path(__file__).parents[2] / "docs/how-to/decide-with-impact.md"
pytestmark = pytest.mark.slow  # a dozen commands, each in a process of its own, as a reader types them


def test_deciding_goes_as_shown(tmp_path):
    """Every line that the page shows comes, in its order, from the commands above it."""
    reader = Reader(tmp_path / "home")
    folder = reader.here / "company"
    folder.mkdir()
    reader.here = five(folder).has(monitoring=measured()).load().root
    assert reader.follow(HOW_TO) == []
