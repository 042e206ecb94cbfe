"""What somebody proposes who sends a workbook back: the inputs that they changed, and nothing else.

A workbook that was changed anywhere but in its inputs is refused, with the cell named: a number that came out of a
changed formula or out of changed data must not travel under the name of a metric.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.errors import did_you_mean
from regard.excel.read import Failure, where
from regard.excel.seal import Broken, broken, told, unsealed
from regard.excel.verify import same, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regard.excel.book import Input
    from regard.excel.read import Contents, Kept

VIEW = "view"
"""Kind of an input that only chooses what is shown; a change of it proposes nothing."""
NUMBERS = ("parameter", "policy", "target")
"""Kinds of input that hold a number, except where the engine itself used a text."""
MAY_BE_EMPTY = ("target",)
"""Kinds of input that may be emptied: an end of a target may be taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An input that was changed.

    Attributes:
        input: the cell, and what it means.
        value: what it holds now; None where it was emptied.
    """

    input: Input
    value: float | str | bool | None

    @property
    def place(self) -> str:
        """Its cell, as people name it."""
        return where(self.input.sheet, (self.input.row, self.input.column))

    def __str__(self) -> str:
        """Read as one line."""
        one = self.input
        name = one.label or f"{one.subject} {one.key}".strip()
        return f"{self.place} {one.kind} {name}: {told(_plain(one.baseline))} -> {told(self.value)}"


@dataclass(slots=True)
class Proposal:
    """What a returned workbook proposes.

    Attributes:
        edits: the changed inputs, in the order of the seal.
        refused: places that were changed and are no input, and inputs that hold what they cannot mean.
    """

    edits: list[Edit] = field(default_factory=list)
    refused: list[Broken] = field(default_factory=list)


def proposal(contents: Contents) -> Proposal:
    """Return what a workbook that came back proposes.

    Raises:
        WorkbookError: it does not say what of it may be changed.
    """
    seal = unsealed(contents)
    found = Proposal(refused=broken(contents, seal))
    for one in seal.inputs:
        cell = contents.pages[one.sheet].cells.get((one.row, one.column)) if one.sheet in contents.pages else None
        value = value_at(contents, one.sheet, (one.row, one.column))
        if one.kind == VIEW or one.sheet not in contents.pages or same(_plain(one.baseline), value):
            continue
        formula = "a value is needed here, not a formula" if cell and cell.formula else ""
        why = formula or next(_complaints(one, value), "")
        if why:
            found.refused.append(Broken(place=where(one.sheet, (one.row, one.column)), what=why))
        else:
            found.edits.append(Edit(input=one, value=None if value == "" else value))
    return found


def _complaints(one: Input, value: Kept) -> Iterator[str]:
    """Yield why an input cannot hold a value."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(value, Failure):
        yield f"it holds the error {value}"
    elif value is None or value == "":
        if one.kind not in MAY_BE_EMPTY:
            yield f"it is empty; the engine used {told(_plain(one.baseline))}"
    elif one.options and str(value) not in one.options:
        yield f"'{value}' is none of its options; {did_you_mean(str(value), one.options)}"
    elif one.kind in NUMBERS and not isinstance(one.baseline, str) and not number:
        yield f"a number is needed, it holds {told(value)}"
    elif isinstance(value, float) and one.lo is not None and value < one.lo:
        yield f"{told(value)} is below {one.lo:g}, the least it may be"
    elif isinstance(value, float) and one.hi is not None and value > one.hi:
        yield f"{told(value)} is above {one.hi:g}, the most it may be"


def _plain(value: object) -> float | str | bool | None:
    """Return a baseline as a cell of a file has it."""
    if value is None or isinstance(value, (str, bool)):
        return value
    return float(str(value))
