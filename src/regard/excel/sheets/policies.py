"""What may be changed: parameters of metrics and tables of policies, each cell with a name; and what is looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from regard.excel.book import Condition, Formula, Input, Range, Sheet, Validation
from regard.excel.formula import number
from regard.expr import JOINT, Call, parameters as read_parameters, policy_name, walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.excel.book import Book
    from regard.excel.material import Material
    from regard.model import Policy

NAME, LOOKUPS = "Assumptions", "Lookups"
LIVE, ROWS, STAMPED = "live", "live with rows", "stamped"
CLASSES = {
    LIVE: "every figure that it touches follows at once",
    ROWS: "follows too, since this workbook holds a row for each value; a larger one could not",
    STAMPED: "figures stay as the engine gave them; propose a change to see its effect",
}
HEADS = ("what it is", "name in formulas", "value", "baseline", "from", "to", "class", "changed?", "note")


def parameter(metric: str, name: str) -> str:
    """Return the defined name of a metric's parameter."""
    return f"p_{_word(metric)}_{_word(name)}"


def weight(policy: str, key: tuple[object, ...]) -> str:
    """Return the defined name of a value of a policy; no key is the default."""
    return f"w_{_word(policy)}_{'_'.join(_word(str(part)) for part in key) or 'default'}"


def _word(text: str) -> str:
    return re.sub(r"\W", "_", text)


def used_policies(material: Material) -> dict[str, list[str]]:
    """Return the policies that live sums look up, each with the metrics whose sums do."""
    found: dict[str, list[str]] = {}
    for metric, one in material.lowered.items():
        for name in [] if one.why else one.sums:
            factor = material.sums.parts[name].factor
            for node in walk(factor) if factor is not None else ():
                if isinstance(node, Call) and node.name == "lookup":
                    users = found.setdefault(policy_name(node), [])
                    users.extend([metric] if metric not in users else [])
    return found


def touched(material: Material, metric: str) -> list[tuple[str, float]]:
    """Return the names of everything that can be changed and that a metric depends on, with its baseline."""
    one = material.lowered[metric]
    found: dict[str, float] = {}
    for name in [] if one.why else one.sums:
        factor = material.sums.parts[name].factor
        if factor is None:
            continue
        for key in sorted(read_parameters(factor)):
            owner = material.sums.owners[name]
            found[parameter(owner, key)] = float(material.lowered[owner].metric.parameters[key].value)
        for node in walk(factor):
            if isinstance(node, Call) and node.name == "lookup":
                policy = material.policies[policy_name(node)]
                found |= {weight(policy.name, key): float(value) for key, value in policy.values.items()}
    return list(found.items())


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the assumptions, and the sheet of lookups that the cubes fill."""
    sheet = Sheet(
        name=NAME,
        title="Assumptions",
        purpose="Change a yellow cell and every live figure follows; what differs from the definition says CHANGED.",
        group="Settings",
        widths={0: 46, 1: 30, 2: 12, 3: 12, 4: 8, 5: 8, 6: 15, 7: 11, 8: 70},
    )
    row = sheet.head(back="Cover")
    for name, says in CLASSES.items():
        sheet.put(row, 0, name, "bold")
        sheet.put(row, 1, says, "label")
        row += 1
    changed_at = row
    row = _parameters(material, book, sheet, row + 2)
    for policy, users in used_policies(material).items():
        row = _policy(material, book, sheet, material.policies[policy], users, row + 1)
    sheet.put(changed_at, 0, "Changed in all", "bold")
    sheet.put(changed_at, 2, Formula(f'=COUNTIF($H${changed_at + 2}:$H${row + 1},"CHANGED")', 0), "whole bold")
    book.names["changes"] = str(Range(NAME, changed_at, 2, changed_at, 2))
    sheet.freeze = (4, 1)
    lookups = Sheet(
        name=LOOKUPS,
        title="Lookups",
        purpose="What each set of keys in the data is worth under the policies on Assumptions. Do not type here.",
        group="Data",
        widths={0: 36, 1: 14},
        gridlines=True,
    )
    lookups.head(back="Cover")
    return [sheet, lookups]


def _class(material: Material, metric: str, name: str) -> str:
    """Return whether a parameter is live, live with rows, or stamped."""
    for sum_name, part in material.sums.parts.items():
        if material.sums.owners[sum_name] != metric or part.factor is None or name not in read_parameters(part.factor):
            continue
        columns = material.tables[part.base.rows.table].columns
        return LIVE if all(columns[column].few for column in part.hidden) else ROWS
    return STAMPED


def _parameters(material: Material, book: Book, sheet: Sheet, row: int) -> int:
    sheet.put(row, 0, "Parameters of metrics", "heading")
    sheet.line(row + 1, 0, HEADS, "head")
    row += 2
    for metric in material.metrics:
        for name, setting in metric.parameters.items():
            if not setting.editable or isinstance(setting.value, str):
                continue
            kind = _class(material, metric.id, name)
            what = Input(
                sheet=NAME, row=row, column=2, kind="parameter", subject=metric.id, key=name, baseline=setting.value,
                lo=setting.lo, hi=setting.hi, label=f"{metric.title}: {name.replace('_', ' ')}",
            )  # fmt: skip
            _line(book, sheet, parameter(metric.id, name), what, kind, metric.question)
            row += 1
    return row


def _policy(material: Material, book: Book, sheet: Sheet, policy: Policy, users: Sequence[str], row: int) -> int:
    sheet.put(row, 0, f"Policy {policy.name}, version {policy.version}", "heading")
    sheet.put(row, 1, policy.means, "label")
    titles = [material.lowered[metric].metric.title for metric in users]
    sheet.put(row + 1, 0, f"used by {', '.join(titles)}"[:250], "label")
    sheet.line(row + 2, 0, HEADS, "head")
    row += 3
    for key, value in policy.values.items():
        said = ", ".join(f"{by} {part}" for by, part in zip(policy.by, key, strict=False)) or "any other"
        what = Input(
            sheet=NAME, row=row, column=2, kind="policy", subject=policy.name, key=",".join(str(part) for part in key),
            baseline=value, lo=0, label=said,
        )  # fmt: skip
        _line(book, sheet, weight(policy.name, key), what, LIVE, policy.citation)
        row += 1
    return row


def _line(book: Book, sheet: Sheet, name: str, what: Input, kind: str, note: str) -> None:
    """Write the line of something that can be changed, and what a change of it would mean."""
    row, live = what.row, kind != STAMPED
    sheet.put(row, 0, what.label)
    sheet.put(row, 1, name, "small label")
    sheet.put(row, 2, what.baseline, "input general" if live else "stamped general")
    sheet.put(row, 3, what.baseline, "label general")
    sheet.put(row, 4, what.lo, "label general")
    sheet.put(row, 5, what.hi, "label general")
    sheet.put(row, 6, kind, "" if live else "stamped")
    sheet.put(row, 7, Formula(f'=IF(C{row + 1}=D{row + 1},"","CHANGED")', ""), "bold")
    sheet.put(row, 8, note, "label wrap")
    sheet.conditions.append(
        Condition(top=row, left=2, bottom=row, right=7, formula=f"=$C{row + 1}<>$D{row + 1}", style="unsure")
    )
    book.names[name] = str(Range(NAME, row, 2, row, 2))
    book.places["assumption", name] = Range(NAME, row, 2, row, 2)
    book.inputs.append(what)
    free = what.lo is None and what.hi is None
    sheet.validations.append(
        Validation(
            top=row, left=2, bottom=row, right=2, lo=-1e15 if free else what.lo, hi=what.hi, title=what.label[:32],
            message=f"Baseline {number(what.baseline)}.", error="A number between the ends beside it.",
        )
    )  # fmt: skip


# -- what is looked up -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Looked:
    """Cells that hold what some keys are worth.

    Attributes:
        name: defined name of the cells.
        place: key -> its number among them, from 1.
        blank: whether one of them is blank.
    """

    name: str
    place: Mapping[tuple[Any, ...], int]
    blank: bool


def lookup(
    material: Material, book: Book, policy: str, columns: Sequence[str], keys: Sequence[tuple[Any, ...]]
) -> Looked:
    """Write what each key is worth on the sheet of lookups, and return where."""
    sheet = book.sheet(LOOKUPS)
    row = max(row for row, _ in sheet.cells) + 2
    sheet.put(row, 0, f"{policy} by {', '.join(columns)}", "head")
    sheet.put(row, 1, "value", "head")
    place: dict[tuple[Any, ...], int] = {}
    blank = False
    for key in dict.fromkeys(keys):
        place[key] = len(place) + 1
        at = row + len(place)
        sheet.put(at, 0, ", ".join("(blank)" if part is None else str(part) for part in key) or "(none)")
        text = _worth(material.policies[policy], key)
        value = material.lookups[policy].of(key)
        blank |= value is None
        sheet.put(at, 1, Formula(text, "" if value is None else value), "general")
    name = f"lookup_{_word(policy)}_{row + 1}"
    book.names[name] = str(Range(LOOKUPS, row + 1, 1, row + max(1, len(place)), 1))
    return Looked(name, place, blank)


def _worth(policy: Policy, key: tuple[Any, ...]) -> str:
    """Return the formula of what a key is worth: a cell of the policy, or the largest or sum of several."""

    def one(part: tuple[Any, ...]) -> str:
        own = part if part in policy.values else ()
        return weight(policy.name, own) if own in policy.values else ""

    if None in key:
        return '=""'
    if not policy.sets:
        return f"={one(key) or chr(34) * 2}"
    if not key[0]:
        return "=0"
    members = [one((member,)) for member in key[0].split(JOINT)]
    if "" in members:
        return '=""'
    return f"={'MAX' if policy.sets == 'max' else 'SUM'}({','.join(members)})"
