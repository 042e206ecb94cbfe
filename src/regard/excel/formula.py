"""The metric language as Excel formulas: a printer beside SQL and plain words, in functions that Excel has since 2010.

Blanks follow the evaluator. A blank cell is no number to Excel, but it adds as 0 and compares as something, so every
expression that may be blank is asked for its numbers first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.expr import Call, Clock, Literal, Name, Node, Parameter, Type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from regard.model import Table

COMPARISON = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
ARITHMETIC = {"+": "+", "-": "-", "*": "*", "/": "/"}
NOTHING = '""'


def cell(node: Node, said: Mapping[str, str]) -> str:
    """Return a cell expression; a division by zero and a blank among its names are errors that the caller catches.

    Args:
        node: arithmetic over names of sums and `length`.
        said: name -> how the formula refers to it.

    Raises:
        TypeError: for a node that cells do not have.
    """
    if isinstance(node, (Name, Clock)):
        return said[node.name]
    if isinstance(node, Literal):
        return number(node.value)
    if not isinstance(node, Call):
        raise TypeError(node)
    args = [cell(arg, said) for arg in node.args]
    if node.name in ARITHMETIC:
        return f"({args[0]}{ARITHMETIC[node.name]}{args[1]})"
    if node.name in ("min", "max"):
        # MIN and MAX pass over texts in cells, so a blank would not come through.
        sign = "<=" if node.name == "min" else ">="
        return f"IF({args[0]}-{args[1]}{sign}0,{args[0]},{args[1]})"
    if node.name == "negate":
        return f"(-{args[0]})"
    raise TypeError(node)


def number(value: object) -> str:
    """Return a number as a formula has it, with all its digits."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    text = repr(float(str(value)))
    return text.removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Said:
    """A row expression as text.

    Attributes:
        text: the formula.
        blank: whether it may be blank, which it then is as a text.
        test: whether it is true or false, and never blank.
    """

    text: str
    blank: bool = False
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """How a row expression names what it reads.

    Attributes:
        column: column -> reference and whether some rows lack it.
        parameter: `$parameter` -> defined name.
        lookup: call of `lookup` -> reference and whether it may be blank.
    """

    column: Callable[[str], Said]
    parameter: Callable[[str], str]
    lookup: Callable[[Call], Said]


def factor(node: Node, scope: Scope) -> str:
    """Return a factor as a number: 1 or 0 for a test, 0 where it is blank."""
    made = row(node, scope)
    if made.test:
        return f"IF({made.text},1,0)"
    return f"IFERROR(N({made.text}),0)" if made.blank else made.text


def sayable(node: Node, table: Table) -> bool:
    """Whether a workbook can say a factor over columns of a table: texts only as keys of a lookup, nothing else new."""

    def column(name: str) -> Said:
        kind = table.columns[name].type
        if kind is Type.TEXT:
            raise TypeError(name)
        return Said(name, test=kind is Type.TRUTH)

    def lookup(call: Call) -> Said:
        if not all(isinstance(arg, Name) for arg in call.args):
            raise TypeError(call)
        return Said("")

    try:
        row(node, Scope(column=column, parameter=str, lookup=lookup))
    except TypeError:
        return False
    return True


def row(node: Node, scope: Scope) -> Said:
    """Return a row expression.

    Raises:
        TypeError: for a node that no workbook can say.
    """
    if isinstance(node, Literal):
        if node.type is Type.TEXT:
            return Said('"' + str(node.value).replace('"', '""') + '"')
        if node.type is Type.TRUTH:
            return Said("TRUE" if node.value else "FALSE", test=True)
        return Said(number(node.value))
    if isinstance(node, Name):
        return scope.column(node.name)
    if isinstance(node, Parameter):
        return Said(scope.parameter(node.name))
    if isinstance(node, Call):
        return _call(node, scope)
    raise TypeError(node)


def _call(node: Call, scope: Scope) -> Said:
    if node.name == "lookup":
        return scope.lookup(node)
    made = CALLS.get(node.name)
    if made is None:
        raise TypeError(node)
    return made(node, [row(arg, scope) for arg in node.args])


def _joined(node: Call, args: list[Said]) -> Said:
    return Said(f"{node.name.upper()}({','.join(arg.text for arg in args)})", test=True)


def _asked(node: Call, args: list[Said]) -> Said:
    return _blank(args[0], there=node.name == "is not blank")


def _compared(node: Call, args: list[Said]) -> Said:
    return _numbers(args, f"{args[0].text}{COMPARISON[node.name]}{args[1].text}", "FALSE", test=True)


def _arithmetic(node: Call, args: list[Said]) -> Said:
    text = f"({args[0].text}{ARITHMETIC[node.name]}{args[1].text})"
    if node.name != "/" or _certain(node.args[1]):
        return _numbers(args, text, NOTHING)
    made = _numbers(args, f"IF({args[1].text}=0,{NOTHING},{text})", NOTHING)
    return Said(made.text, blank=True)


def _extreme(node: Call, args: list[Said]) -> Said:
    return _numbers(args, f"{node.name.upper()}({args[0].text},{args[1].text})", NOTHING)


def _negated(node: Call, args: list[Said]) -> Said:
    del node
    return _numbers(args, f"(-{args[0].text})", NOTHING)


def _chosen(node: Call, args: list[Said]) -> Said:
    del node
    test, yes, no = args
    return Said(f"IF({test.text},{yes.text},{no.text})", yes.blank or no.blank, yes.test and no.test)


def _blank(arg: Said, *, there: bool) -> Said:
    if not arg.blank:
        return Said("TRUE" if there else "FALSE", test=True)
    asked = f"ISNUMBER({arg.text})"
    return Said(asked if there else f"NOT({asked})", test=True)


def _numbers(args: list[Said], text: str, otherwise: str, *, test: bool = False) -> Said:
    """Return a text that holds only where every argument is a number."""
    asked = ",".join(f"ISNUMBER({arg.text})" for arg in dict.fromkeys(args) if arg.blank)
    if not asked:
        return Said(text, test=test)
    whole = f"AND({asked})" if "," in asked else asked
    return Said(f"IF({whole},{text},{otherwise})", blank=not test, test=test)


def _certain(node: Node) -> bool:
    return isinstance(node, Literal) and bool(node.value)


CALLS: Mapping[str, Callable[[Call, list[Said]], Said]] = {
    **dict.fromkeys(("and", "or", "not"), _joined),
    **dict.fromkeys(("is blank", "is not blank"), _asked),
    **dict.fromkeys(COMPARISON, _compared),
    **dict.fromkeys(ARITHMETIC, _arithmetic),
    **dict.fromkeys(("min", "max"), _extreme),
    "negate": _negated,
    "if": _chosen,
}
"""How each node of the language is printed, besides `lookup`."""
