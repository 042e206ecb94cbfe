"""As written -> resolved: options applied, references expanded, expressions parsed and typed, names looked up.

Nothing is left open afterwards: a `model.Metric` needs no file, no option and no other metric.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING

from regard.catalog import shorthand
from regard.catalog.fields import Written, read
from regard.catalog.fingerprint import fingerprint
from regard.catalog.formulas import Formulas, Leaves
from regard.catalog.metrics import METRIC, Definition, without_nones
from regard.catalog.options import Options
from regard.catalog.policies import target
from regard.catalog.rowsets import row_set
from regard.errors import did_you_mean
from regard.expr import Call, Name, Node, rewrite, walk, words
from regard.model import (
    Choice,
    Good,
    Interval,
    Kind,
    Metric,
    Series,
    Setting,
    Status,
    Target,
    has_dimension,
    table_for,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.catalog.known import Known
    from regard.catalog.places import Item
    from regard.errors import Mistake
    from regard.model import RowSet

NEEDED = ("title", "question", "code", "family", "level", "unit", "good", "dims", "decision", "owner", "citation")
"""What a metric that people rely on must say (R033)."""
INCIDENT = "incident"
"""A dimension and a replicate: rows that know it can be told apart by incident."""
COMPOUND = "compound_poisson_rate"
"""The interval method that reads what each incident adds to its first leaf, and nothing else of it."""
PUBLISHED = frozenset({Status.SHIPPED, Status.APPROVED})


Asked = tuple[str, tuple[tuple[str, str], ...]]
"""The id of a definition, and the options in force."""
Resolved = tuple[Metric | None, tuple["Mistake", ...]]
"""A metric, None when it cannot be used, and what is wrong with it."""


AT_HAND = 4_096
"""Definitions with options in force that are at hand: people may ask for more combinations than anybody could hold."""


class Resolver:
    """Resolves definitions, each once; with options in force, once as long as it is among the last that were made."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.done: dict[Asked, Resolved] = {}
        self.made: deque[Asked] = deque()
        self.stack: list[str] = []
        self.turn = RLock()

    def resolve(self, metric: str, options: Mapping[str, str]) -> Resolved:
        """Return a metric with options in force, and its mistakes.

        Args:
            metric: id of a definition.
            options: choice -> option; those that neither it nor what it refers to knows are passed over.
        """
        key = (metric, tuple(sorted(options.items())))
        found = self.done.get(key)
        if found is None:
            # One at a time: what is being resolved stands on one stack, by which circles are found.
            with self.turn:
                found = self.done.get(key)
                if found is None:
                    self.stack.append(metric)
                    try:
                        found = _Metric(self, self.known.definitions[metric], options).resolve()
                    finally:
                        self.stack.pop()
                    self._keep(key, found)
        return found

    def _keep(self, key: Asked, found: Resolved) -> None:
        self.done[key] = found
        if key[1]:
            self.made.append(key)
            if len(self.made) > AT_HAND:
                self.done.pop(self.made.popleft(), None)

    def reference(self, metric: str, options: Mapping[str, str]) -> Metric | None:
        """Return the metric that another one refers to, None when it cannot be used."""
        return self.resolve(metric, options)[0]


class _Metric:
    """One definition with one combination of options."""

    def __init__(self, resolver: Resolver, definition: Definition, options: Mapping[str, str]) -> None:
        self.resolver = resolver
        self.known = resolver.known
        self.definition = definition
        self.options = options
        self.mistakes: list[Mistake] = []
        self.written = Written(definition.tree)
        self.chosen = Options(definition, self.known, options, self.mistakes)

    def resolve(self) -> Resolved:
        tree = self.definition.tree
        choices = self.chosen.choices(tree)
        for choice in choices:
            setting = choice.options[choice.default]
            other = setting.get("metric")
            if isinstance(other, str) and other in self.known.definitions and other not in self.resolver.stack:
                rest = {name: option for name, option in self.options.items() if name != choice.id}
                metric, _ = self.resolver.resolve(other, rest)
                if metric is None:
                    return None, tuple(self.mistakes)
                mine = (*metric.options_set, (choice.id, choice.default))
                return replace(metric, options_set=tuple(sorted(mine))), tuple(self.mistakes)
            if not isinstance(other, str):
                tree = self.chosen.applied(tree, choice)
        metric = self._metric(without_nones(tree), choices)
        return (None if self.mistakes else metric), tuple(self.mistakes)

    def _say(self, item: Item, rule: str, message: str, path: str, hint: str = "") -> None:
        self.mistakes.append(item.mistake(rule, message, field=path, hint=hint))

    def _metric(self, tree: Item, choices: list[Choice]) -> Metric | None:
        written = self.written = read(tree, METRIC, self.mistakes)
        status = Status(written.text("status", "shipped" if self.definition.shipped else "local"))
        self._lint(status)
        planned = status is Status.PLANNED
        if planned and "pending" not in written.item.mapping:
            message = "a planned metric says why it cannot be computed yet"
            self.mistakes.append(
                written.mistake("missing-field", message, "pending", hint="pending: what it waits for")
            )
        parameters = self._parameters()
        rows: dict[str, RowSet] = {}
        for name, inner in written.named("rows").items():
            made = row_set(inner, self.known, parameters, self.mistakes)
            if made is not None:
                rows[name] = made
        formulas = Formulas(written, self.known, parameters, rows, self.mistakes, self._reference)
        leaves = formulas.leaves()
        value = formulas.cell("value")
        n = formulas.cell("n") if "n" in written.values else None
        kind = Kind(written.text("kind", "ordinary"))
        if not planned:
            self._whole(kind, leaves, value)
        coverage = formulas.coverage()
        flags = formulas.flags()
        targets = tuple(target(one, self.definition.id, self.mistakes) for one in written.records("target"))
        repeat = self._repeat(leaves.rows)
        self._dims(leaves.rows, repeat, targets)
        interval = self._interval(leaves)
        self._words()
        own = tuple(choices)
        metric = Metric(
            id=self.definition.id,
            version=written.whole("version", 1),
            status=Status.LOCAL if self.definition.differs and status is Status.SHIPPED else status,
            kind=kind,
            title=written.text("title"),
            question=written.text("question"),
            words=_words(value, leaves, self.known) if value is not None else "",
            rows=leaves.rows,
            leaves=leaves.leaves,
            value=value if value is not None else Name(written.text("method") or "planned"),
            n=n,
            parameters=leaves.parameters,
            unit=written.text("unit"),
            good=Good(written.text("good", "none")),
            interval=interval,
            target=targets,
            coverage=coverage,
            flags=flags,
            min_change=written.number("min_change"),
            show_from_n=written.whole("show_from_n", 30),
            alert_from_n=written.whole("alert_from_n", 100),
            dims=written.texts("dims"),
            by_default=written.texts("by_default"),
            repeat=repeat,
            family=written.text("family"),
            code=written.text("code"),
            level=written.text("level"),
            grain=written.text("grain"),
            drives=written.texts("drives"),
            decision=written.text("decision"),
            owner=written.text("owner"),
            sensitivity=written.text("sensitivity", "internal"),
            citation=written.text("citation"),
            choices=(*own, *(c for c in leaves.choices if c.id not in {one.id for one in own})),
            method=written.text("method"),
            series=self._series(),
            pending=written.text("pending"),
            options_set=tuple(sorted(leaves.options_set | self.chosen.differing(own))),
            differs=self.definition.differs,
            file=self.definition.document.file,
            line=self.definition.document.root.entry.line,
        )
        if leaves.broken:
            return None
        return replace(metric, hash=fingerprint(metric, self.known))

    def _reference(self, metric: str) -> tuple[Metric | None, str]:
        """Return the metric behind `@metric` and what is wrong with the reference, "" when nothing or not news."""
        if metric in self.resolver.stack:
            circle = [*self.resolver.stack[self.resolver.stack.index(metric) :], metric]
            # Whoever comes first in the alphabet reports, so that one circle is one mistake.
            mine = self.definition.id == min(circle)
            return None, f"refers to itself: {' -> '.join(circle)}" if mine else ""
        if metric not in self.known.definitions:
            return None, "" if metric in self.known.lost else f"there is no metric '{metric}'"
        return self.resolver.reference(metric, self.options), ""

    def _lint(self, status: Status) -> None:
        if status not in PUBLISHED:
            return
        for name in NEEDED:
            if name not in self.written.item.mapping and name not in METRIC_REQUIRED:
                message = f"a metric that is {status} needs '{name}' (R033)"
                hint = f"{name}: {METRIC.fields[name].means}"
                self.mistakes.append(self.written.mistake("unfinished", message, name, hint=hint))

    def _parameters(self) -> dict[str, Setting]:
        found: dict[str, Setting] = {}
        for name, inner in self.written.named("parameters").items():
            value, low, high = inner.values.get("value"), inner.number("min"), inner.number("max")
            if isinstance(value, bool) or not isinstance(value, (int, float, str)):
                if "value" not in inner.wrong:
                    message = "a parameter is a number or a text"
                    self.mistakes.append(inner.mistake("wrong-type", message, "value"))
                continue
            number = isinstance(value, (int, float))
            below = number and low is not None and float(value) < low
            above = number and high is not None and float(value) > high
            if low is not None and high is not None and low > high:
                self.mistakes.append(inner.mistake("ends", f"no value lies between {low:g} and {high:g}", "min"))
            elif below or above:
                ends = [f"{end:g}" if end is not None else "any" for end in (low, high)]
                message = f"${name} is {value}, outside of {' to '.join(ends)}"
                self.mistakes.append(inner.mistake("out-of-range", message, "value", hint="change it, min or max"))
            found[name] = Setting(value=value, lo=low, hi=high, editable=inner.truth("editable"))
        return found

    def _whole(self, kind: Kind, leaves: Leaves, value: Node | None) -> None:
        """Check that the kind is what the formula is."""
        written = self.written
        if kind is Kind.METHOD:
            method = written.text("method")
            if not method and "method" not in written.wrong:
                hint = f"method: one of {', '.join(self.known.terms.methods)}"
                self.mistakes.append(written.mistake("missing-field", "a metric by method needs 'method'", hint=hint))
            elif method in self.known.terms.methods:
                self._method(method)
            return
        if "value" not in written.item.mapping:
            message = "a metric needs 'value'"
            self.mistakes.append(written.mistake("missing-field", message, hint="value: arithmetic over the leaves"))
        really = leaves.kinds()
        whole = value is not None and "kind" in written.values and not leaves.broken and not leaves.lost
        if whole and kind not in really:
            message = f"the formula is {really[0]}, not {kind}"
            self.mistakes.append(written.mistake("wrong-kind", message, "kind", hint=f"kind: {really[0]}"))
        texts = _texts(self.definition.tree)
        own = self.definition.document.root.get(("parameters",))
        for name in own.mapping if own else ():
            if not any(re.search(rf"\${name}\b", text) for text in texts):
                message = f"no expression uses ${name}"
                hint = "use it or take it out"
                self.mistakes.append(written.mistake("unused-parameter", message, "parameters", name, hint=hint))

    def _method(self, method: str) -> None:
        """Check that a method is built, and that it is told what it reads and gives."""
        written, terms = self.written, self.known.terms
        if not terms.methods[method]:
            message = f"{method} is not built yet"
            self.mistakes.append(written.mistake("not-built", message, "method", hint="status: planned"))
            return
        for name, needed in (("value", True), ("series", method in terms.in_series)):
            if needed and name not in written.item.mapping:
                message = f"{method} reads '{name}'"
                self.mistakes.append(
                    written.mistake("missing-field", message, hint=f"{name}: {METRIC.fields[name].means}")
                )
        self._read_by(method)
        for name in terms.settings[method]:
            one = written.named("parameters").get(name)
            value = one.number("value") if one else None
            if value is None or value < 1:
                hint = f"parameters: {{{name}: 60}}"
                message = f"{method} reads ${name}, a number from 1"
                self.mistakes.append(written.mistake("missing-parameter", message, "parameters", name, hint=hint))
        gives = written.named("parameters").get("gives")
        if gives is not None and gives.values.get("value") not in terms.methods[method]:
            hint = f"one of: {', '.join(terms.methods[method])}"
            message = f"{method} does not give '{gives.values.get('value')}'"
            self.mistakes.append(written.mistake("unknown-result", message, "parameters", "gives", hint=hint))

    def _read_by(self, method: str) -> None:
        """Check that the leaves which a method reads by name are there, of each class all."""
        named = self.written.named_texts("leaves")
        wanted = self.known.terms.leaves[method]
        heads = [name.removesuffix("*") for name in wanted if name.endswith("*")]
        classes = {name.removeprefix(head) for head in heads for name in named if name.startswith(head)}
        wrong = sorted(one for one in classes if not one.isdecimal())
        needed = [name for name in wanted if not name.endswith("*")]
        needed += [f"{head}{one}" for head in heads for one in sorted(classes) or ["0"]]
        lacking = [name for name in needed if name not in named]
        if lacking or wrong:
            told = f"lacks {', '.join(lacking)}" if lacking else f"has a class '{wrong[0]}' that is no number"
            hint = f"leaves: {', '.join(wanted)}, * being where a class begins"
            self.mistakes.append(self.written.mistake("method-leaves", f"{method} {told}", "leaves", hint=hint))

    def _series(self) -> Series | None:
        """Read the series of a metric by method."""
        inner = self.written.record("series")
        if inner is None:
            return None
        text = inner.text("window")
        window = shorthand.window(text) if text else None
        if text and window is None:
            message = f"'{text}' is no stretch of days or months"
            self.mistakes.append(inner.mistake("window", message, "window", hint="such as 5 years"))
        if self.written.text("method") not in self.known.terms.in_series:
            message = "only a method that reads a series has one"
            hint = f"method: {' or '.join(sorted(self.known.terms.in_series))}"
            self.mistakes.append(self.written.mistake("no-series", message, "series", hint=hint))
        return Series(grain=inner.text("grain", "day"), window=window)

    def _repeat(self, rows: Mapping[str, RowSet]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        item = self.written.at("repeat") if "repeat" in self.written.values else None
        for name, inner in item.mapping.items() if item else ():
            texts = [one.text for one in inner.items] or ([inner.text] if inner.text else [])
            if name not in rows:
                hint = did_you_mean(name, rows)
                message = f"there is no row set '{name}'"
                self.mistakes.append(self.written.mistake("unknown-rows", message, "repeat", name, hint=hint))
            for place, dimension in enumerate(texts):
                self._dimension(dimension, "repeat", name, place)
            found[name] = tuple(texts)
        if item is not None and not isinstance(item.value, dict):
            hint = "such as {served: [service, cause]}"
            self._say(item, "wrong-type", "repeat is written by row set", "repeat", hint)
        return found

    def _dimension(self, dimension: str, *steps: str | int) -> bool:
        if dimension in self.known.dimensions:
            return True
        hint = did_you_mean(dimension, self.known.dimensions)
        message = f"there is no dimension '{dimension}'"
        self.mistakes.append(self.written.mistake("unknown-dimension", message, *steps, hint=hint))
        return False

    def _dims(
        self,
        rows: Mapping[str, RowSet],
        repeat: Mapping[str, tuple[str, ...]],
        targets: tuple[Target, ...],
    ) -> None:
        for name in ("dims", "by_default"):
            for place, dimension in enumerate(self.written.texts(name)):
                if not self._dimension(dimension, name, place):
                    continue
                lacking = sorted(
                    {
                        f"'{r.table}'"
                        for key, r in rows.items()
                        if not self._has(r.table, dimension) and dimension not in repeat.get(key, ())
                    }
                )
                if lacking:
                    message = f"table {' and '.join(lacking)} has no {dimension}"
                    hint = f"take it out, or say over which row set it is repeated: repeat: {{...: [{dimension}]}}"
                    self.mistakes.append(self.written.mistake("no-such-cut", message, name, place, hint=hint))
        offered = {*self.written.texts("dims"), *self.written.texts("by_default")}
        for one, made in zip(self.written.records("target"), targets, strict=True):
            for dimension, _ in made.scope:
                if dimension not in offered:
                    hint = did_you_mean(dimension, offered)
                    message = f"the metric is not cut by '{dimension}'"
                    self.mistakes.append(one.mistake("unknown-dimension", message, "scope", dimension, hint=hint))

    def _has(self, table: str, dimension: str) -> bool:
        known = self.known.tables
        return has_dimension(
            table_for(known[table], (dimension,), known, self.known.dimensions), dimension, self.known.dimensions
        )

    def _interval(self, leaves: Leaves) -> Interval:
        inner = self.written.record("interval")
        if inner is None:
            return Interval(method="exact")
        method, of = inner.text("method"), inner.texts("of")
        roles = self.known.terms.intervals.get(method)
        if roles is None:
            if method:
                hint = did_you_mean(method, self.known.terms.intervals)
                message = f"there is no interval method '{method}'"
                self.mistakes.append(inner.mistake("unknown-method", message, "method", hint=hint))
            return Interval(method="exact")
        for place, leaf in enumerate(of):
            if leaf not in leaves.leaves and leaf not in leaves.lost:
                hint = did_you_mean(leaf, leaves.leaves)
                self.mistakes.append(
                    inner.mistake("unknown-leaf", f"there is no leaf '{leaf}'", "of", place, hint=hint)
                )
        least = sum(not role.endswith("?") for role in roles)
        if not least <= len(of) <= len(roles) and "of" not in inner.wrong:
            shown = ", ".join(role.rstrip("?") for role in roles) or "nothing"
            message = f"{method} reads {shown}; {len(of)} leaves are named"
            self.mistakes.append(inner.mistake("interval-leaves", message, "of", hint=f"of: [{shown}]"))
        replicate = inner.text("replicate")
        wanted = self.known.terms.replicated.get(method, ())
        hint = f"replicate: {' or '.join(wanted)}"
        if wanted and not replicate and "replicate" not in inner.wrong:
            self.mistakes.append(inner.mistake("no-replicate", f"{method} needs a replicate", "method", hint=hint))
        elif wanted and replicate and replicate not in wanted:
            message = f"{method} does not leave out one {replicate} after another"
            self.mistakes.append(inner.mistake("no-replicate", message, "replicate", hint=hint))
        elif replicate == INCIDENT:
            self._incidents(inner, method, of, leaves)
        return Interval(method=method, of=of, replicate=replicate)

    def _incidents(self, inner: Written, method: str, of: tuple[str, ...], leaves: Leaves) -> None:
        """Check that rows can be told apart by incident: those of the first leaf where only it is read so."""
        read = [leaves.leaves[name] for name in of[:1] if name in leaves.leaves] if method == COMPOUND else []
        nodes = read or list(leaves.leaves.values())
        used = {one.name for node in nodes for one in walk(node) if isinstance(one, Name) and one.name in leaves.rows}
        tables = {leaves.rows[name].table for name in used if not leaves.rows[name].per}
        if nodes and not any(self._has(table, INCIDENT) for table in tables):
            message = f"the rows of {', '.join(sorted(used)) or 'none'} cannot be told apart by incident"
            hint = "replicate: party, or rows that know their incident"
            self.mistakes.append(inner.mistake("no-incident", message, "replicate", hint=hint))
        if read and not (isinstance(read[0], Call) and read[0].name in ("count", "sum")):
            message = f"{method} reads what each incident adds to a sum, {of[0]} is none"
            self.mistakes.append(inner.mistake("interval-leaves", message, "of", 0, hint="name a count or a sum"))

    def _words(self) -> None:
        """Check the words that come from closed lists, and the ids of other metrics."""
        written, terms = self.written, self.known.terms
        lists = (("unit", terms.units, "unit"), ("family", terms.families, "family"), ("level", terms.levels, "level"))
        for name, known, called in (*lists, ("method", terms.methods, "method")):
            text = written.text(name)
            if text and text not in known:
                message = f"there is no {called} '{text}'"
                self.mistakes.append(
                    written.mistake(f"unknown-{called}", message, name, hint=did_you_mean(text, known))
                )
        for place, other in enumerate(written.texts("drives")):
            if other not in self.known.definitions and other not in self.known.lost:
                hint = did_you_mean(other, self.known.definitions)
                message = f"there is no metric '{other}'"
                self.mistakes.append(written.mistake("unknown-metric", message, "drives", place, hint=hint))


METRIC_REQUIRED = frozenset(name for name, one in METRIC.fields.items() if one.required)


def _texts(item: Item) -> list[str]:
    """Return every text of a tree, those that options set among them."""
    inner = [*item.mapping.values(), *item.items]
    return [item.text] if not inner else [text for one in inner for text in _texts(one)]


def _words(value: Node, leaves: Leaves, known: Known) -> str:
    """Return the formula in plain words, leaves written out."""

    def open_leaf(node: Node) -> Node | None:
        return leaves.leaves.get(node.name) if isinstance(node, Name) else None

    return words(rewrite(value, open_leaf), sets={name: policy.sets for name, policy in known.policies.items()})
