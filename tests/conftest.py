"""How hard the suite tries: `quick` on the Python versions that are not tested fully, else `full`."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# No deadline and no complaint about slowness: the suite shares its machine, and what is slow is told by benchmarks.
# Continuous integration draws the same examples each time, so that a change is judged by what it changed.
settings.register_profile(
    "full",
    deadline=None,
    print_blob=True,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("quick", settings.get_profile("full"), max_examples=20)
settings.load_profile(os.environ.get("REGARD_TESTS", "full"))

PROGRAMS = frozenset({"browser", "watched"})
"""Fixtures behind which a program runs: a browser, a spreadsheet."""
ELSEWHERE = (
    *(f"tests/{room}/" for room in ("bench", "demo", "derived", "docs", "engines", "examples", "excel", "golden")),
    "tests/web/test_api_attacked.py",
)
"""Tests whose numbers a database engine or a spreadsheet works out, and those that try for long."""


def pytest_collection_modifyitems(items):
    """Mark as slow what no version of Python bears on: once, on the version that is tested fully, is enough."""
    for item in items:
        path = item.path.relative_to(item.config.rootpath).as_posix()
        if path.startswith(ELSEWHERE) or PROGRAMS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
