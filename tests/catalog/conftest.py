"""The document under test is the second part of the test's docstring."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from regard.catalog import Catalogue, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from regard.errors import Mistake


def document(request: pytest.FixtureRequest) -> str:
    """Return what stands in a test's docstring below its first sentence."""
    _, _, text = request.function.__doc__.partition("\n\n")
    return dedent(text)


@pytest.fixture
def text(request: pytest.FixtureRequest) -> str:
    """The document as text."""
    return document(request)


@pytest.fixture
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A workspace whose one metric file is the document; documents that begin with a policy go there."""
    (tmp_path / "metrics").mkdir()
    (tmp_path / "policies").mkdir()
    for place, one in enumerate(document(request).split("---\n")):
        folder = "metrics" if one.startswith("metric:") else "policies"
        (tmp_path / folder / f"{place}.yaml").write_text(one, encoding="utf-8")
    return tmp_path


@pytest.fixture
def catalogue(workspace: Path) -> Catalogue:
    """The catalogue of that workspace, on top of what ships."""
    return load(workspace)


@pytest.fixture
def own(catalogue: Catalogue, workspace: Path) -> Callable[[], list[Mistake]]:
    """The mistakes in the workspace's own files."""
    return lambda: [one for one in catalogue.mistakes if one.file.startswith(str(workspace))]
