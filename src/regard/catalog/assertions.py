"""What people assert about a workbook, in a YAML file beside it: `harbor.xlsx` is held against `harbor.tests.yaml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.catalog.fields import Field, Record, Sort, Written, read
from regard.catalog.places import read_yaml
from regard.errors import AuthorError
from regard.expr import Type, Types

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from regard.errors import Mistake
    from regard.expr import Node

SUFFIX = ".tests.yaml"
SUBJECTS = ("cell", "range", "invariant")
"""What an assertion is about; exactly one of them."""
EXPECTED = ("equals", "least", "most", "blank")
"""What may be expected of cells; at least one of them."""

ASSERTION = Record(
    name="a test",
    fields={
        "name": Field(sort=Sort.TEXT, required=True, means="what is asserted, in a sentence"),
        "cell": Field(sort=Sort.TEXT, means="Sheet!C5, or a defined name"),
        "range": Field(sort=Sort.TEXT, means="Sheet!C5:C17, a name, or table[column]: every cell of it"),
        "invariant": Field(sort=Sort.TEXT, means="a test between the names of `where`, such as a + b = total"),
        "where": Field(
            sort=Sort.NAMED_TEXTS, means="name -> cell, or range whose numbers are added up, for an invariant"
        ),
        "equals": Field(sort=Sort.SCALAR, means="the number or text it holds"),
        "least": Field(sort=Sort.NUMBER, means="the smallest number it may hold"),
        "most": Field(sort=Sort.NUMBER, means="the largest number it may hold"),
        "blank": Field(sort=Sort.TRUTH, means="whether it must be blank (yes) or must not be (no)"),
        "within": Field(
            sort=Sort.NUMBER, least=0, means="how far from equal still counts; 1e-9 of the number when not said"
        ),
    },
)
ASSERTIONS = Record(
    name="a file of tests",
    fields={"tests": Field(sort=Sort.LIST, required=True, record=ASSERTION, means="a list of tests")},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """Something that must hold of a workbook.

    Attributes:
        name: what is asserted, in a sentence.
        cells: where, as people name cells; "" for an invariant.
        each: whether it may be many cells.
        equals: number or text that is expected, or None.
        least, most: ends of what is expected, or None.
        blank: whether blank is expected, or None where nothing is said of it: then a blank cell passes any bound.
        within: absolute tolerance of a number, or None for the usual relative one.
        invariant: test between the names of `where`, or None.
        where: name -> cells.
        line: where it is written.
    """

    name: str
    cells: str = ""
    each: bool = False
    equals: float | str | bool | None = None
    least: float | None = None
    most: float | None = None
    blank: bool | None = None
    within: float | None = None
    invariant: Node | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


def beside(workbook: Path) -> Path:
    """Return where the tests of a workbook stand: beside it, under its name."""
    return workbook.with_name(f"{workbook.stem}{SUFFIX}")


def read_assertions(path: Path) -> tuple[Assertion, ...]:
    """Read the tests of a workbook.

    Raises:
        AuthorError: with everything that is wrong in the file.
    """
    mistakes: list[Mistake] = []
    found = [
        _assertion(written, mistakes)
        for document in read_yaml(path, mistakes)
        for written in read(document.root, ASSERTIONS, mistakes).records("tests")
    ]
    if mistakes:
        raise AuthorError(mistakes)
    return tuple(found)


def _assertion(written: Written, mistakes: list[Mistake]) -> Assertion:
    values = written.values
    about = [name for name in SUBJECTS if name in values]
    if len(about) != 1 and not written.wrong:
        message = f"a test is about one thing, here are {len(about)}"
        mistakes.append(written.mistake("one-subject", message, *about[1:2], hint=f"one of: {', '.join(SUBJECTS)}"))
    invariant = None
    if about == ["invariant"]:
        where = written.named_texts("where")
        types = Types(dict.fromkeys(where, Type.NUMBER), of="`where`", clocks=False)
        invariant = written.expression(("invariant",), types, Type.TRUTH, mistakes)
    elif about and not any(name in values for name in EXPECTED) and not written.wrong:
        mistakes.append(
            written.mistake("nothing-expected", "nothing is expected", hint=f"one of: {', '.join(EXPECTED)}")
        )
    equals = values.get("equals")
    return Assertion(
        name=written.text("name"),
        cells=written.text("cell") or written.text("range"),
        each="range" in values,
        equals=equals if isinstance(equals, (int, float, str, bool)) else None,
        least=written.number("least"),
        most=written.number("most"),
        blank=written.truth("blank") if "blank" in values else None,
        within=written.number("within"),
        invariant=invariant,
        where=written.named_texts("where"),
        line=written.item.entry.line,
    )
