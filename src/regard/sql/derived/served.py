"""SQL of `served`: when customers were entitled to service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.served import CARRIED
from regard.derived.versions import DIMENSIONS
from regard.sql.derived.spans import entitled
from regard.sql.derived.steps import FOREVER, query
from regard.sql.derived.versions import version

if TYPE_CHECKING:
    from regard.derived import Arguments


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    select = f"""
    SELECT
      party_id, {", ".join(CARRIED)},
      start_at, NULLIF(end_at, {FOREVER}) AS end_at,
      since_at, NULLIF(left_at, {FOREVER}) AS left_at, number,
      {", ".join(DIMENSIONS)}
    FROM whole
    """
    return query([*version(until), *entitled(arguments["grain"], until)], select)
