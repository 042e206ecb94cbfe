"""Leaves, value and n: parsed, typed, and freed of references to other metrics."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from regard.catalog.rowsets import parameter_types, row_types
from regard.errors import AuthorError, Mistake, did_you_mean
from regard.expr import (
    UNITS_US,
    Call,
    Clock,
    Literal,
    Name,
    Node,
    Parameter,
    Reference,
    Type,
    Types,
    check,
    parse,
    rewrite,
    walk,
)
from regard.expr.nodes import GRAIN_FUNCTIONS, LEAF_FUNCTIONS
from regard.model import FLAGS, Kind, Per, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from regard.catalog.fields import Written
    from regard.catalog.known import Known
    from regard.model import Choice, Metric, RowSet, Setting

LEAF = frozenset({*LEAF_FUNCTIONS, *GRAIN_FUNCTIONS})
N, B = Type.NUMBER, Type.TRUTH
SIGNATURES: Mapping[str, tuple[tuple[Type, ...], ...]] = {
    "count": (),
    "sum": ((N, B),),
    "share": ((B,),),
    "mean": ((N, B),),
    "distinct": (tuple(Type),),
    "quantile": ((N,), (N,), (N,)),
    "median": ((N,),),
    "survival": ((N,), (B,), (N,)),
}
"""What each leaf function reads after its row set."""
HELP: Mapping[Type, str] = {
    Type.DURATION: "divide it by 1 h, 1 min or 1 d",
    Type.TEXT: "compare it with a text, such as = 'gold'",
    Type.INSTANT: "take the difference of two instants, divided by 1 h",
    Type.DAY: "take the difference of two days",
    Type.NUMBER: "write a test, such as > 0",
}
"""What to write instead of something of the wrong type."""
QUANTILE_AT = {"quantile": 2, "survival": 3}
"""Which argument says the quantile."""


@dataclass(slots=True)
class Leaves:
    """What a metric's formula stands on once its references are expanded.

    Attributes:
        leaves, rows, parameters: by name; those of another metric bear its id and a dot before them.
        choices: choices of the metrics it refers to.
        options_set: their options that differ from the default.
        lost: leaves that are written but wrong; naming them is no second mistake.
        references: ids it refers to.
        broken: whether a metric it refers to cannot be used.
        flags: flags that it raises, those of the metrics it refers to among them.
        own: leaf functions of the metric itself.
    """

    leaves: dict[str, Node] = field(default_factory=dict)
    rows: dict[str, RowSet] = field(default_factory=dict)
    parameters: dict[str, Setting] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    options_set: set[tuple[str, str]] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    references: set[str] = field(default_factory=set)
    broken: bool = False
    flags: dict[str, Node] = field(default_factory=dict)
    own: list[Call] = field(default_factory=list)

    def flag(self, name: str, node: Node) -> None:
        """Raise a flag where a formula is above 0, or another that raises it already."""
        known = self.flags.get(name, node)
        self.flags[name] = node if known == node else Call("max", (known, node))

    def kinds(self) -> tuple[Kind, ...]:
        """Return which kinds the formula may be called, the most telling first."""
        if self.references:
            return (Kind.COMPOSED,)
        used = {name.name for call in self.own for name in call.args[:1] if isinstance(name, Name)}
        sets = [self.rows[name] for name in used if name in self.rows]
        if any(call.name in GRAIN_FUNCTIONS for call in self.own) or any(rows.per for rows in sets):
            return (Kind.GRAIN,)
        plain = Kind.ACROSS if len(used) > 1 else Kind.ORDINARY
        return (plain, Kind.GRAIN) if any(rows.keep or rows.window for rows in sets) else (plain,)


class Formulas:
    """Reads the expressions of one metric."""

    def __init__(
        self,
        written: Written,
        known: Known,
        parameters: Mapping[str, Setting],
        rows: Mapping[str, RowSet],
        mistakes: list[Mistake],
        reference: Callable[[str], tuple[Metric | None, str]],
    ) -> None:
        """Take what has been read of the metric.

        Args:
            written: the metric as written.
            known: what it may refer to.
            parameters: its own, read already.
            rows: its own row sets, read already.
            mistakes: what is wrong is appended.
            reference: from an id to a resolved metric, or to what is wrong with naming it.
        """
        self.written = written
        self.known = known
        self.mistakes = mistakes
        self.reference = reference
        self.own_rows = rows
        self.own_parameters = parameters
        self.found = Leaves(rows=dict(rows), parameters=dict(parameters))
        self.lost_parameters = set(written.at("parameters").mapping) - set(parameters)
        self.lost_rows = set(written.at("rows").mapping) - set(rows)
        self.stands_in = self._stands_in()

    # ------------------------------------------------------------------------------------------------ fields

    def leaves(self) -> Leaves:
        """Read the leaves."""
        for name in self.written.named_texts("leaves"):
            node = self._cell(("leaves", name), references=False)
            if node is None:
                self.found.lost.add(name)
            else:
                self.found.leaves[name] = node
        if "leaves" in self.written.item.mapping:
            self.found.lost |= set(self.written.at("leaves").mapping) - set(self.found.leaves)
        return self.found

    def cell(self, name: str) -> Node | None:
        """Read `value` or `n`, None when it is not there or wrong."""
        if name not in self.written.values:
            return None
        return self._cell((name,), references=True)

    def coverage(self) -> tuple[Node, Node] | None:
        """Read the share of the rows that could be used, as (have, all)."""
        inner = self.written.record("coverage")
        if inner is None:
            return None
        if "have" in inner.values and "all" in inner.values:
            have, everything = (self._cell(("coverage", name), references=False) for name in ("have", "all"))
            return None if have is None or everything is None else (have, everything)
        if "of" not in inner.values or "share" not in inner.values:
            message = "coverage is written with `of` and `share`, or with `have` and `all`"
            self.mistakes.append(inner.mistake("missing-field", message, hint="of: a row set, share: a test"))
            return None
        return self._covered(inner)

    def flags(self) -> dict[str, Node]:
        """Read the flags, and add those of the metrics it refers to: their doubt is its doubt."""
        for name in self.written.named_texts("flags"):
            if name not in FLAGS:
                message = f"no metric raises a flag '{name}'"
                hint = did_you_mean(name, FLAGS) or f"one of: {', '.join(FLAGS)}"
                self.mistakes.append(self.written.mistake("unknown-flag", message, "flags", name, hint=hint))
            elif (node := self._cell(("flags", name), references=True)) is not None:
                self.found.flag(name, node)
        return self.found.flags

    def _covered(self, inner: Written) -> tuple[Node, Node] | None:
        """Return coverage by rows, or by minutes times size where rows are split over periods."""
        name = inner.text("of")
        rows = self.own_rows.get(name)
        if rows is None:
            self._unknown_rows(name, "coverage", "of")
            return None
        table = self.known.tables[rows.table]
        types = row_types(table, self.known, self.own_parameters, split=rows.over is not None)
        test = inner.expression(("share",), types, Type.TRUTH, self.mistakes)
        if test is None:
            return None
        if rows.over is None:
            return Call("sum", (Name(name), test)), Call("count", (Name(name),))
        minutes = Name("overlap")
        weight = Call("*", (minutes, Name("size"))) if "size" in table.columns else minutes
        covered = Call("if", (test, weight, Literal(0, Type.NUMBER)))
        return Call("sum", (Name(name), covered)), Call("sum", (Name(name), weight))

    # ------------------------------------------------------------------------------------------------ expressions

    def _stands_in(self) -> dict[str, str]:
        """Return which policy is looked up in place of which; a name that is no policy is a mistake."""
        found = self.written.named_texts("policies") if "policies" in self.written.values else {}
        for old, new in found.items():
            for name in (old, new):
                if name not in self.known.policies:
                    hint = did_you_mean(name, self.known.policies)
                    message = f"there is no policy '{name}'"
                    self.mistakes.append(
                        self.written.at("policies", old).mistake(
                            "unknown-policy", message, field=f"policies.{old}", hint=hint
                        )
                    )
        return {old: new for old, new in found.items() if new in self.known.policies}

    def _looked_up(self, part: Node) -> Node | None:
        """Return a lookup of the policy that stands in for the one written; None for every other part."""
        if not (isinstance(part, Call) and part.name == "lookup" and isinstance(part.args[0], Name)):
            return None
        first = part.args[0]
        if first.name not in self.stands_in:
            return None
        return replace(part, args=(replace(first, name=self.stands_in[first.name]), *part.args[1:]))

    def _cell(self, steps: tuple[str, ...], *, references: bool) -> Node | None:
        """Return a cell expression over leaves, None after mistakes."""
        item = self.written.at(*steps)
        found: list[Mistake] = []
        try:
            node = rewrite(parse(item.text, "cell"), self._looked_up)
        except AuthorError as error:
            cut = item.text.count("(") > item.text.count(")")
            hint = "between { and }, put a formula that holds a comma in quotes"
            self._place(steps, [replace(one, hint=hint) if cut else one for one in error.mistakes])
            return None
        silent = False
        calls: list[Call] = []

        def outline(part: Node) -> Node | None:
            """Check what stands below a leaf function, and leave a number in its place."""
            nonlocal silent
            if isinstance(part, Reference):
                silent = not self._referred(part, found, allowed=references) or silent
                return Literal(1, Type.NUMBER, at=part.at)
            if isinstance(part, Name) and part.name in self.found.lost:
                silent = True
                return Literal(1, Type.NUMBER, at=part.at)
            if not isinstance(part, Call):
                return None
            if part.name in LEAF:
                silent = not self._leaf(part, found) or silent
                calls.append(part)
                return Literal(1, Type.NUMBER, at=part.at)
            if part.name in ("total", "trailing"):
                self._stretched(part, found)
                return rewrite(part.args[0], outline)
            return None

        outlined = rewrite(node, outline)
        names = dict.fromkeys(self.found.leaves, Type.NUMBER) if references else {}
        types = Types(columns=names, parameters=self._parameters(), clocks=False, of="the metric")
        found += [
            replace(one, rule="unknown-leaf") if one.rule == "unknown-column" else one
            for one in check(outlined, types, Type.NUMBER)[1]
        ]
        self._place(steps, found)
        if found or silent:
            return None
        self.found.own += calls
        return self._expanded(node)

    def _place(self, steps: tuple[str, ...], found: list[Mistake]) -> None:
        item = self.written.at(*steps)
        self.mistakes += [
            item.mistake(one.rule, one.message, field=".".join(steps), hint=one.hint, column=one.column)
            for one in sorted(found, key=lambda one: one.column)
        ]

    def _parameters(self) -> dict[str, Type]:
        lost = dict.fromkeys(self.lost_parameters, Type.NUMBER)
        return {**lost, **parameter_types(self.own_parameters)}

    def _unknown_rows(self, name: str, *steps: str) -> None:
        if name not in self.lost_rows:
            hint = did_you_mean(name, self.own_rows)
            self.mistakes.append(
                self.written.mistake("unknown-rows", f"there is no row set '{name}'", *steps, hint=hint)
            )

    def _leaf(self, call: Call, found: list[Mistake]) -> bool:
        """Check one leaf function; False when it cannot be checked because of a mistake made elsewhere."""
        first = call.args[0]
        if not isinstance(first, Name):
            say(found, first, "unknown-rows", f"{call.name}() reads a row set first", did_you_mean("", self.own_rows))
            return True
        if first.name in self.lost_rows:
            return False
        rows = self.own_rows.get(first.name)
        if rows is None:
            hint = did_you_mean(first.name, self.own_rows)
            say(found, first, "unknown-rows", f"there is no row set '{first.name}'", hint)
            return True
        types = self._row_types(rows)
        for place, (argument, wanted) in enumerate(zip(call.args[1:], SIGNATURES[call.name], strict=False), start=1):
            kind, wrong = check(argument, types)
            found += wrong
            if kind is not None and kind not in wanted and not wrong:
                hint = HELP.get(kind, "")
                needed = " or a ".join(str(one) for one in wanted)
                say(found, argument, "wrong-type", f"{call.name}() reads a {needed} here, found a {kind}", hint)
            elif place == QUANTILE_AT.get(call.name) and isinstance(argument, Literal) and not share(argument):
                say(found, argument, "out-of-range", f"a quantile lies between 0 and 1, found {argument.value}", "0.5")
        if call.name == "distinct" and not isinstance(call.args[1], Name):
            say(found, call.args[1], "wrong-type", "distinct() counts the values of a column")
        return True

    def _row_types(self, rows: RowSet) -> Types:
        table = self.known.tables[rows.table]
        types = row_types(table, self.known, self.own_parameters, split=rows.over is not None)
        types = replace(types, parameters=self._parameters())
        if rows.per is None:
            return types
        keys = {key: types.columns[key] for key in rows.per.keys if key in types.columns}
        sums = {name: Type.NUMBER for name, _ in rows.per.sums}
        return replace(
            types, columns={**keys, **sums}, of=f"what is left of {table.name} per {', '.join(rows.per.keys)}"
        )

    def _stretched(self, call: Call, found: list[Mistake]) -> None:
        """Check `total(leaf, dimension)` and `trailing(leaf, stretch)`."""
        leaf, second = call.args
        if isinstance(leaf, Name) and leaf.name in self.found.leaves:
            leaf = self.found.leaves[leaf.name]
        if isinstance(leaf, Reference):
            metric, _ = self.reference(leaf.metric)
            if metric is not None and mentions_length(metric.value):
                message = f"@{leaf.metric} depends on the length of its period, so it has no {call.name}()"
                say(found, leaf, "one-leaf", message, "take the leaves one by one")
        whole = isinstance(leaf, Reference) or (isinstance(leaf, Call) and leaf.name in LEAF)
        if not whole and not isinstance(leaf, Name):
            say(found, call, "one-leaf", f"{call.name}() reads one leaf", "give the leaf a name of its own")
        if call.name == "total":
            offered = {*self.written.texts("dims"), *self.written.texts("by_default")}
            if not isinstance(second, Name):
                say(
                    found,
                    second,
                    "unknown-dimension",
                    "total() reads a leaf and a dimension",
                    did_you_mean("", offered),
                )
            elif second.name not in offered:
                message = f"the metric is not cut by '{second.name}'"
                say(found, second, "unknown-dimension", message, did_you_mean(second.name, offered))
        elif not is_stretch(second):
            say(found, second, "window", "trailing() reads a leaf and a stretch", "such as 28 d or 12 months")

    # ------------------------------------------------------------------------------------------------ references

    def _referred(self, node: Reference, found: list[Mistake], *, allowed: bool) -> bool:
        """Check `@metric`; False when the metric cannot be used because of a mistake made elsewhere."""
        if not allowed:
            message = f"@{node.metric} can stand only in value and n"
            say(found, node, "syntax", message, "use it there")
            return True
        metric, wrong = self.reference(node.metric)
        self.found.references.add(node.metric)
        if wrong:
            circle = wrong.startswith("refers")
            hint = "let one of them stand on leaves of its own"
            hint = hint if circle else did_you_mean(node.metric, self.known.definitions)
            say(found, node, "cycle" if circle else "unknown-metric", wrong, hint)
            return True
        if metric is None:
            self.found.broken = True
            return False
        if metric.status is Status.PLANNED or metric.kind is Kind.METHOD:
            if self.written.text("status") != Status.PLANNED:
                message = f"@{node.metric} is {'planned' if metric.status is Status.PLANNED else 'by method'}"
                say(found, node, "planned-reference", f"{message} and has no formula", "make this one planned too")
            return False
        return True

    def _expanded(self, node: Node) -> Node:
        """Return the tree with every reference replaced by the other metric's formula."""

        def change(part: Node) -> Node | None:
            if isinstance(part, Reference):
                metric, _ = self.reference(part.metric)
                return part if metric is None else self._taken(metric)
            if isinstance(part, Call) and part.name in ("total", "trailing") and isinstance(part.args[0], Reference):
                return stretched(part, rewrite(part.args[0], change))
            return None

        return rewrite(node, change)

    def _taken(self, metric: Metric) -> Node:
        """Take over another metric's leaves and row sets under its id, and return its formula."""
        prefix = metric.id
        for name, rows in metric.rows.items():
            self.found.rows[prefixed(prefix, name)] = rows_renamed(rows, prefix)
        for name, leaf in metric.leaves.items():
            self.found.leaves[prefixed(prefix, name)] = renamed(leaf, prefix)
        for name, setting in metric.parameters.items():
            self.found.parameters[prefixed(prefix, name)] = setting
        for name, raised in metric.flags.items():
            self.found.flag(name, renamed(raised, prefix))
        self.found.options_set |= set(metric.options_set)
        known = {choice.id for choice in self.found.choices}
        self.found.choices += [choice for choice in metric.choices if choice.id not in known]
        return renamed(metric.value, prefix)


def say(found: list[Mistake], node: Node, rule: str, message: str, hint: str = "") -> None:
    """Append a mistake at a node of an expression."""
    found.append(Mistake(rule=rule, message=message, column=node.at + 1, hint=hint))


def share(node: Literal) -> bool:
    """Whether a literal is a number from 0 to 1."""
    return isinstance(node.value, (int, float)) and 0 <= node.value <= 1


def is_stretch(node: Node) -> bool:
    """Whether a literal is a stretch of whole days or months."""
    if not isinstance(node, Literal):
        return False
    if node.type is Type.TEXT:
        return str(node.value).endswith(" months")
    return node.type is Type.DURATION and int(node.value) > 0 and int(node.value) % UNITS_US["d"] == 0


def prefixed(prefix: str, name: str) -> str:
    """Return a name under a metric's id; a name that bears one already keeps it, so that shared leaves stay one."""
    return name if "." in name else f"{prefix}.{name}"


def renamed(node: Node, prefix: str) -> Node:
    """Return a cell expression with its leaves, row sets and parameters under a metric's id; columns stay."""

    def row(part: Node) -> Node | None:
        return Parameter(prefixed(prefix, part.name), at=part.at) if isinstance(part, Parameter) else None

    def change(part: Node) -> Node | None:
        if isinstance(part, Name):
            return Name(prefixed(prefix, part.name), at=part.at)
        if isinstance(part, Parameter):
            return row(part)
        if isinstance(part, Call) and part.name in LEAF:
            rest = tuple(rewrite(argument, row) for argument in part.args[1:])
            return Call(part.name, (change(part.args[0]) or part.args[0], *rest), at=part.at)
        if isinstance(part, Call) and part.name in ("total", "trailing"):
            return Call(part.name, (rewrite(part.args[0], change), *part.args[1:]), at=part.at)
        return None

    return rewrite(node, change)


def rows_renamed(rows: RowSet, prefix: str) -> RowSet:
    """Return a row set with its parameters under a metric's id."""

    def row(part: Node) -> Node | None:
        return Parameter(prefixed(prefix, part.name), at=part.at) if isinstance(part, Parameter) else None

    per = rows.per and Per(rows.per.keys, tuple((name, rewrite(node, row)) for name, node in rows.per.sums))
    return replace(rows, where=rows.where and rewrite(rows.where, row), per=per)


def stretched(call: Call, formula: Node) -> Node:
    """Return `trailing(formula, stretch)` as the same formula over trailing leaves; likewise `total`."""

    def change(part: Node) -> Node | None:
        leaf = isinstance(part, Name) or (isinstance(part, Call) and part.name in LEAF)
        if leaf:
            return Call(call.name, (part, call.args[1]), at=call.at)
        return None

    return rewrite(formula, change)


def mentions_length(node: Node) -> bool:
    """Whether a cell expression depends on the length of its period."""
    return any(isinstance(part, Clock) and part.name == "length" for part in walk(node))
