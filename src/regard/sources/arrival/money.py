"""In which currency amounts stand: said by a column, by a sign beside them, or by a header; never assumed."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from regard.sources.arrival.amounts import CODES, SIGNS
from regard.sources.arrival.nouns import Line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.model import Table
    from regard.sources.arrival.nouns import Draft, Filled
    from regard.sources.arrival.profile import Column

CODE = re.compile(r"[A-Z]{3}\Z")
MADE = re.compile(r"\w+\((\w+)\)\Z")
"""A collapsed column that reads one field."""


def currencies(draft: Draft, tables: Mapping[str, Table]) -> Counter[str] | None:
    """Return the currencies of a draft's amounts with how many rows say so; None when it has no amounts.

    Args:
        draft: the mapping.
        tables: the tables of the catalogue, whose columns say which are amounts.
    """
    seen: Counter[str] = Counter()
    amounts = False
    for one in draft.tables:
        money = [name for name, column in tables[one.table].columns.items() if column.unit == "money"]
        filled = [column for name in money if (column := _behind(draft, one, name)) is not None]
        amounts = amounts or bool(filled)
        said = _behind(draft, one, "currency")
        if said is not None and filled:
            seen.update({text: count for text, count in said.top if CODE.match(text)})
        for column in filled if not seen else ():
            code = SIGNS.get(column.sign, column.sign) or next(
                iter(CODES & set(re.findall(r"[A-Z]{3}", column.name))), ""
            )
            seen.update({code: column.filled} if code else {})
    return seen if amounts else None


def currency(drafts: Sequence[Draft], tables: Mapping[str, Table]) -> Line | None:
    """Return the reporting currency that files suggest, with why; "" when they do not say, None without amounts."""
    found = {draft.name: seen for draft in drafts if (seen := currencies(draft, tables)) is not None}
    if not found:
        return None
    total = sum(found.values(), Counter())
    if not total:
        return Line("currency", "", f"the amounts of {', '.join(found)} do not say theirs")
    code, _ = total.most_common(1)[0]
    others = ", ".join(sorted(set(total) - {code}))
    told = f"guessed: as the amounts of {', '.join(name for name, seen in found.items() if seen[code])} say"
    return Line("currency", code, told + (f"; others are in {others} and are not converted (K62)" if others else ""))


def _behind(draft: Draft, one: Filled, name: str) -> Column | None:
    """Return the column of the file that fills one of ours, through a field and a collapse that only read it."""
    value = next((line.value for line in one.columns if line.name == name), None)
    if value is None and one.collapse is not None:
        made = MADE.match(str(one.collapse["columns"].get(name, "")))
        value = made[1] if made else None
    raw = value.get("from") if isinstance(value, dict) else value
    for line in draft.fields:
        if line.name == raw and isinstance(line.value, dict):
            raw = line.value.get("from")
    return draft.profile.columns.get(str(raw))
