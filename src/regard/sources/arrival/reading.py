"""As what columns of a file can be read, with the options that a mapping needs for it, and which tell rows apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.expr import Type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.sources.arrival.profile import Column, Profile

NUMBERS = ("whole", "number")
PLAIN_WORDS = frozenset({"true", "yes", "t", "y", "1", "false", "no", "f", "n", "0"})


def reading(column: Column, kind: Type) -> dict[str, object] | None:
    """Return the options by which a column of a file becomes values of a type; None when it cannot."""
    if kind is Type.TEXT:
        return {}
    found: dict[str, object] = {"missing": list(column.missing)} if column.missing else {}
    if kind in (Type.INSTANT, Type.DAY):
        if not column.timed:
            return None
        if column.formats:
            found["format"] = column.formats[0] if len(column.formats) == 1 else list(column.formats)
        return found
    if kind is Type.TRUTH:
        return found if {text.casefold() for text, _ in column.top} - set(column.missing) <= PLAIN_WORDS else None
    if kind is Type.DURATION or column.kind not in NUMBERS:
        return None
    return found | numeric(column)


def numeric(column: Column) -> dict[str, object]:
    """Return the options by which the numbers of a column are read."""
    found: dict[str, object] = {}
    if column.decimal != ".":
        found["decimal"] = column.decimal
    if column.thousands:
        found["thousands"] = column.thousands
    if column.sign:
        found["around"] = column.sign
    return found


def unique(profile: Profile, names: Sequence[str]) -> bool:
    """Whether no two rows have the same values of some columns, and none lacks one."""
    raw = [name for name in names if name in profile.columns]
    if len(raw) < len(names) or not raw:
        return "$line" in names
    if any(profile.columns[name].blank and profile.columns[name].blank > len(names) for name in raw):
        return len(raw) > 1
    pairs = profile.table.select(raw).group_by(raw).aggregate([])
    return bool(
        pairs.num_rows >= 0.99 * (profile.rows - profile.repeats)
    )  # a few repeats are dirt that a load tells, not another grain
