"""The example company, fifty times smaller: made and loaded once for all tests of a run, in whatever process."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

from regard.demo import make
from regard.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SCALE = 0.02
PATIENCE_S = 900.0
"""How long a process waits for the one that makes it."""


def copied(factory: pytest.TempPathFactory) -> Workspace:
    """Return a copy of the loaded company for the tests of one process."""
    base = factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    whole, making = shared / "harbor-once", shared / "harbor-making"
    try:
        making.mkdir()
    except FileExistsError:
        end = time.monotonic() + PATIENCE_S
        while not whole.exists():
            assert time.monotonic() < end, f"another process began to make {whole} and did not end"
            time.sleep(0.2)
    else:
        _make(making / "harbor", whole)
    root = factory.mktemp("harbor") / "harbor"
    shutil.copytree(whole, root)
    return Workspace.open(root)


def _make(rough: Path, whole: Path) -> None:
    make(rough, scale=SCALE)
    workspace = Workspace.open(rough)
    workspace.load(limit=1)
    workspace.store.close()
    rough.rename(whole)
