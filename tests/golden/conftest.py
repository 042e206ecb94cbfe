from __future__ import annotations

import pytest

from tests.golden.company import Company


@pytest.fixture
def company(tmp_path):
    """An empty workspace."""
    return Company(tmp_path)
