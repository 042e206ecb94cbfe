"""Reference of `served`: when customers were entitled to service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.derived.spans import entitled
from regard.derived.versions import stamp, versions

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs

CARRIED = ("kind", "parent_id", "size", "criticality", "value_amount", "bucket")
"""What a row takes from the version as it is."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each version and entitled span; see `Reference`."""
    pieces = entitled(versions(inputs["party"], until), arguments["grain"], until)
    return [
        {name: value for name, value in piece.items() if name != "version"}
        | {name: piece["version"][name] for name in CARRIED}
        | stamp(piece["version"])
        for piece in pieces
    ]
