"""A draft is changed by what a person chooses for it: which column of a file fills which column of ours.

What is left alone stays as it was guessed, so that a draft that nobody changed is written as `regard init` writes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from regard.expr import Type
from regard.sources.arrival.headers import folded
from regard.sources.arrival.nouns import ADDED, LINE, Filled, Line
from regard.sources.arrival.propose import proposals
from regard.sources.arrival.reading import reading
from regard.sources.arrival.write import flow, text
from regard.sources.zones import known_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.model import Column as Declared, Table
    from regard.sources.arrival.arrive import Arrived
    from regard.sources.arrival.nouns import Draft
    from regard.sources.arrival.profile import Column

AS_CHOSEN = "as chosen"
EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A column of ours that a file may fill.

    Attributes:
        key: names it among all slots of the arrival.
        table, column: ours; the column "" stands for whose row it is.
        means: what the column says.
        needed: whether a row may not lack it.
        offered: columns of the file that could fill it.
        guess: the column that fills it now, "" for none, None for a rule that is more than a column.
        rule: the rule as written, "" for none.
        why: why that is a guess, "" when it is none.
    """

    key: str
    table: str
    column: str
    means: str
    needed: bool
    offered: tuple[str, ...]
    guess: str | None
    rule: str = ""
    why: str = ""


def begun(arrived: Arrived, table: Table) -> Arrived:
    """Begin a mapping of a file that nobody knows, for the table that a person chose: equal names go together."""
    draft = arrived.draft
    key = list(draft.profile.key or LINE)
    filled = Filled(table.name, lines=[Line("id", key[0] if len(key) == 1 else key)])
    draft.tables = [filled]
    by_name = {folded(name): name for name in reversed(list(draft.profile.columns))}
    for declared in _own(table):
        name = by_name.get(folded(declared.name))
        if name is not None:
            _fill(draft, filled, declared, name, "guessed: it has the same name")
    return replace(arrived, text=text(draft, arrived.place, proposals(draft)))


def slots(arrived: Arrived, tables: Mapping[str, Table]) -> tuple[Slot, ...]:
    """Return every column of ours that the file may fill, those that are needed or filled first."""
    draft, found = arrived.draft, []
    for place, filled in enumerate(draft.tables):
        table = tables[filled.table]
        lines = {line.name: line for line in filled.columns}
        if table.party and table.party in table.columns:
            party = next((line for line in filled.lines if line.name == "party"), None)
            found.append(_slot(draft, f"{draft.name}.{place}.", filled, _party(table), party))
        for declared in _own(table):
            line = lines.get(declared.name)
            found.append(_slot(draft, f"{draft.name}.{place}.{declared.name}", filled, declared, line))
    return tuple(sorted(found, key=lambda one: (one.table, not (one.needed or one.rule), bool(one.column))))


def chosen(arrived: Arrived, tables: Mapping[str, Table], choices: Mapping[str, str], *, zone: str = "") -> Arrived:
    """Return the arrival with what a person chose.

    A choice that is no offer is passed over: it came from no form of ours.

    Args:
        arrived: the file with its mapping; its draft is changed.
        tables: the tables of the catalogue.
        choices: slot -> column of the file, "" for none.
        zone: whose clock wrote times that carry no zone, "" to leave it as it is.
    """
    draft = arrived.draft
    for slot in slots(arrived, tables):
        said = choices.get(slot.key)
        if said is None or said == slot.guess or (said and said not in slot.offered) or (not said and not slot.rule):
            continue
        filled = draft.tables[int(slot.key.split(".")[-2])]
        table = tables[filled.table]
        if not slot.column:
            _whose(draft, filled, said)
            continue
        filled.columns = [line for line in filled.columns if line.name != slot.column]
        if said:
            _fill(draft, filled, table.columns[slot.column], said, AS_CHOSEN)
    if draft.zone is not None and known_zone(zone):
        draft.zone = Line("zone", zone, AS_CHOSEN)
    return replace(arrived, text=text(draft, arrived.place, proposals(draft)))


def lacking(arrived: Arrived, tables: Mapping[str, Table]) -> tuple[tuple[str, str], ...]:
    """Return (table, column) that must not be blank and nothing fills."""
    known = {(slot.table, slot.column) for slot in slots(arrived, tables) if slot.needed and not slot.rule}
    made = {
        (one.table, name)
        for one in arrived.draft.tables
        for name in (*(one.collapse["columns"] if one.collapse else ()), *_unpivoted(one))
    }
    return tuple(sorted(known - made))


def _own(table: Table) -> Sequence[Declared]:
    """Return the columns that a mapping may fill."""
    spare = ADDED | {table.party, "source_party"}
    return [column for column in table.columns.values() if column.name not in spare]


def _party(table: Table) -> Declared:
    declared = table.columns[table.party]
    return replace(declared, name="", type=Type.TEXT, blank=True, means="The key of the customer.")


def _slot(draft: Draft, key: str, filled: Filled, declared: Declared, line: Line | None) -> Slot:
    columns = draft.profile.columns
    offered = tuple(name for name, one in columns.items() if one.filled and _fits(one, declared))
    guess = "" if line is None else _plain(line.value, columns)
    return Slot(
        key=key,
        table=filled.table,
        column=declared.name,
        means=declared.means,
        needed=not declared.blank and declared.default is None,
        offered=offered if not guess or guess in offered else (guess, *offered),
        guess=guess,
        rule="" if line is None else flow(line.value),
        why="" if line is None else line.why.removeprefix("guessed: ") if line.why.startswith("guessed") else "",
    )


def _fits(column: Column, declared: Declared) -> bool:
    return reading(column, declared.type) is not None


def _plain(value: object, columns: Mapping[str, object]) -> str | None:
    """Return the column of the file behind a rule that only reads one; None for any other rule."""
    if isinstance(value, dict) and "from" in value and not {"lookup", "values", "bands"} & set(value):
        value = value["from"]
    return value if isinstance(value, str) and value in columns else None


def _fill(draft: Draft, filled: Filled, declared: Declared, name: str, why: str) -> None:
    column = draft.profile.columns[name]
    options = reading(column, declared.type)
    if options is None:
        return
    draft.used.add(name)
    filled.columns.append(Line(declared.name, {"from": name, **options} if options else name, why))
    if declared.type in (Type.INSTANT, Type.DAY) and column.naive and draft.zone is None:
        draft.zone = Line("zone", "UTC", "guessed: its times carry no zone; whose clock wrote them?")


def _whose(draft: Draft, filled: Filled, name: str) -> None:
    before = next((line.value for line in filled.lines if line.name == "party"), None)
    filled.lines = [line for line in filled.lines if line.name != "party"]
    if not name:
        return
    draft.used.add(name)
    mail = draft.profile.columns[name].personal == EMAIL
    system = EMAIL if mail else before["system"] if isinstance(before, dict) else "customer"
    value = {"system": system, "from": name} | ({"normalise": EMAIL} if mail else {})
    filled.lines.append(Line("party", value, AS_CHOSEN))


def _unpivoted(one: Filled) -> tuple[str, ...]:
    """Return what unpivoting fills."""
    names = [name for line in one.questions for name in (line.value if isinstance(line.value, dict) else ())]
    return (*names, "score") if one.questions else ()
