"""One mapping as one readable statement: named steps from rows as they came to rows of a table, with their faults.

The steps: raw, fields, unpivot, where, collapse, columns (as given, as read, typed), checked. Every row that belongs to
the table comes out once, good or bad; `broken` lists `rule:field` for everything it breaks, "" for a good row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.expr import Call, Literal, Name, Type, Types, check, names as mentioned, parse, rewrite, walk
from regard.model.sources import PSEUDO, Cell, First, Formula, Joined, Lookup, PartyKey
from regard.sql.mapping import casts, words
from regard.sql.mapping.names import Names, Value, formula
from regard.sql.mapping.targets import Target, cell_text, key_number, target

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from regard.expr import Node
    from regard.model import Column, Table
    from regard.model.sources import Aggregate, Field, Rule, Source, TableMap

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=", "in")
ROW = '"$row"'
CARRIED = (ROW, '"$file"', '"$line"')
ADDED = ("source", "source_id", "loaded_at", "run_id", "bucket")
"""Columns that a load adds: no mapping names them."""
SCALE = ("scale_min", "scale_max")
RAW_ROWS = '"raw rows"'


@dataclass(frozen=True, slots=True)
class Statement:
    """What to run for one mapping.

    Attributes:
        sql: rows of the table from the relation `raw rows`: `$row`, `$file`, `$line`, `source_id`, the table's own
            columns (instants and days as whole numbers), `bucket`, one `<column> given` for each party column (its
            key), `broken` and `notes`.
        lines: for a collapse, the lines that are refused, as `$row`, `$file`, `$line`, `broken`; else "".
        columns: the table's own columns, in its order.
        parties: (column, system) of the columns that hold a party.
        origins: column or field -> raw columns its value comes from.
    """

    sql: str
    lines: str
    columns: tuple[str, ...]
    parties: tuple[tuple[str, str], ...]
    origins: Mapping[str, tuple[str, ...]]


def cells_of(rule: Rule) -> tuple[Cell, ...]:
    """Return the cells that a rule reads; none for a constant or formula."""
    if isinstance(rule, Cell):
        return (rule,)
    if isinstance(rule, (Joined, First, PartyKey)):
        return rule.cells
    return (rule.cell,) if isinstance(rule, Lookup) else ()


def used(rule: Rule) -> set[str]:
    """Return the names (fields or raw columns) that a rule mentions."""
    if isinstance(rule, Formula):
        return mentioned(rule.node)
    return {cell.name for cell in cells_of(rule)}


def completed(mapping: TableMap, table: Table) -> tuple[tuple[str, Rule], ...]:
    """Return the rules of a mapping with those that need not be written.

    These are: names made by `unpivot` and `collapse` that are columns of the table; the table's own id from `id`;
    `source_party` beside `party_id`: the key as the source wrote it.
    """
    rules = dict(mapping.columns)
    made: list[str] = []
    if mapping.unpivot:
        made += [*mapping.unpivot.constants, mapping.unpivot.to]
    if mapping.collapse:
        made = [*mapping.collapse.by, *(item.name for item in mapping.collapse.columns)]
    for name in made:
        if name in table.columns and name not in ADDED:
            rules.setdefault(name, Cell(name=name))
    for name, rule in tuple(rules.items()):
        beside = "source_" + name.removesuffix("_id")
        if isinstance(rule, PartyKey) and beside in table.columns and beside not in rules:
            cells = tuple(Cell(name=cell.name, missing=cell.missing) for cell in rule.cells)
            rules[beside] = Joined(cells=cells, by=":")
    own = own_id(table)
    if own and own not in rules and identifying(mapping):
        rules[own] = Joined(cells=tuple(Cell(name=name) for name in identifying(mapping)), by=":")
    return tuple((name, rules[name]) for name in table.columns if name in rules)


def joined(texts: list[str]) -> str:
    """Return words in one text, those that are NULL left out."""
    return "concat_ws(' ',\n      " + ",\n      ".join(texts) + ")" if texts else "''"


def own_id(table: Table) -> str:
    """Return the table's own text id (`order_id` of order), "" when it has none."""
    name = table.id or f"{table.name}_id"
    column = table.columns.get(name)
    return name if column is not None and column.type is Type.TEXT else ""


def identifying(mapping: TableMap) -> tuple[str, ...]:
    """Return the names that make `source_id`; () when the rule of the table's own id does."""
    return mapping.id or (mapping.collapse.by if mapping.collapse else ())


def build(
    source: Source,
    mapping: TableMap,
    table: Table,
    raw: Mapping[str, str],
    *,
    lookups: Mapping[str, str],
    clock: int,
) -> Statement:
    """Print one mapping.

    Args:
        source: the source, for its fields, zone and skew.
        mapping: what to make of it.
        table: the table to fill.
        raw: raw columns with their sort (`names.FAMILIES`), `$file` and `$line` left out.
        lookups: file, key and value column (joined by newlines) -> relation with columns `key` and `value`.
        clock: instant of the load, for the test on the future.
    """
    return _Printer(source, mapping, table, raw, lookups, clock).statement()


class _Printer:
    """Collects the steps of one statement."""

    def __init__(
        self,
        source: Source,
        mapping: TableMap,
        table: Table,
        raw: Mapping[str, str],
        lookups: Mapping[str, str],
        clock: int,
    ) -> None:
        self.source, self.mapping, self.table, self.clock = source, mapping, table, clock
        self.raw, self.lookups = raw, lookups
        self.rules = completed(mapping, table)
        self.fields = {field.name: field for field in source.fields}
        self.steps: list[tuple[str, str, str]] = []
        self.names = Names()
        self.made: dict[str, Target] = {}
        self.origins: dict[str, tuple[str, ...]] = {}

    def statement(self) -> Statement:
        needed = self._needed()
        self._raw(needed)
        self._fields(needed)
        self._unpivot()
        self._where()
        lines = ""
        if self.mapping.collapse:
            lines = self._lines()
            self._collapse()
        self._columns()
        return Statement(
            self._printed("checked", self._checked()),
            lines,
            tuple(name for name in self.table.columns if name not in ADDED),
            tuple((name, rule.system) for name, rule in self.rules if isinstance(rule, PartyKey)),
            self.origins,
        )

    # -- what is used ---------------------------------------------------------------------------------------------

    def _needed(self) -> set[str]:
        """Return the fields and raw columns that this mapping uses, those behind its fields included."""
        mapping = self.mapping
        wanted = {name for _, rule in self.rules for name in used(rule)} | set(mapping.id)
        if mapping.where is not None:
            wanted |= mentioned(mapping.where)
        if mapping.collapse:
            wanted = (mentioned(mapping.where) if mapping.where is not None else set()) | set(mapping.collapse.by)
            wanted |= {name for item in mapping.collapse.columns for arg in item.args for name in mentioned(arg)}
        if mapping.unpivot:
            wanted |= {column for column, _ in mapping.unpivot.columns}
        for field in reversed(self.source.fields):
            if field.name in wanted:
                wanted |= used(field.rule) - {field.name}
        return wanted

    # -- steps ----------------------------------------------------------------------------------------------------

    def _step(self, name: str, why: str, sql: str) -> str:
        self.steps.append((name, why, sql))
        return name

    @property
    def last(self) -> str:
        return self.steps[-1][0]

    def _printed(self, name: str, last: str) -> str:
        steps = ",\n".join(f"-- {words.comment(why)}\n{step} as (\n  {sql}\n)" for step, why, sql in self.steps)
        return f"with\n{steps}\n-- {name}\n{last}\n"

    def _raw(self, needed: set[str]) -> None:
        columns = []
        shadowed = {field.name for field in self.source.fields if field.name not in used(field.rule)}
        for name, family in self.raw.items():
            if name not in needed:
                continue
            columns.append(words.raw(name))
            if name not in shadowed:
                self.names.add_raw(name, family)
            self.origins[name] = (name,)
        self.names.values["$file"] = self._pseudo("$file")
        self.names.values["$line"] = self._pseudo("$line")
        self._step("raw", f"rows of {self.source.name} as they came", words.select((*CARRIED, *columns), RAW_ROWS))

    @staticmethod
    def _pseudo(name: str) -> Value:
        probe = Names()
        probe.add(name, Type.NUMBER if name == "$line" else Type.TEXT, whole=name == "$line")
        return probe.values[name]

    def _fields(self, needed: set[str]) -> None:
        """Fields are made in as few steps as their order allows: a field may use those above it."""
        done: set[str] = set()
        level = 0
        fields = [field for field in self.source.fields if field.name in needed]
        while fields:
            level += 1
            names = {field.name for field in fields}
            ready = [field for field in fields if not (used(field.rule) & names - {field.name})]
            targets = []
            for field in ready:
                view = self._view(field)
                made = target(
                    field.name, field.type, field.rule, view, self.lookups, whole=field.whole, zone=self.source.zone
                )
                targets.append(made)
                self.origins[field.name] = self._origin(used(field.rule))
            suffix = "" if level == 1 else f"_{level}"
            self._make(targets, f"fields{suffix}", "fields as they came, blanks made of missing codes", "fields, typed")
            for field, made in zip(ready, targets, strict=True):
                self.made[field.name] = made
                self.names.add(field.name, field.type, whole=field.whole, fields=made.fields | {field.name})
            done |= {field.name for field in ready}
            fields = [field for field in fields if field.name not in done]

    def _view(self, field: Field) -> Names:
        """Return the names as a field sees them: its own name is the raw column that it hides."""
        view = Names(dict(self.names.values))
        if field.name in self.raw and field.name in used(field.rule):
            view.add_raw(field.name, self.raw[field.name])
        return view

    def _origin(self, names: Iterable[str]) -> tuple[str, ...]:
        found = [raw for name in sorted(names) for raw in self.origins.get(name, ())]
        return tuple(dict.fromkeys(found))

    def _make(self, targets: list[Target], name: str, given: str, typed: str, keep: tuple[str, ...] = ("*",)) -> None:
        """Add the two steps that make fields or columns: what was given, and what it became."""
        firsts = [f"{sql} as {words.name(column)}" for item in targets for column, sql in item.given]
        before = self.last
        self._step(f"{name}_given", given, words.select((*keep, *firsts), before))
        joins = "\n  ".join(
            f"left join {words.name(relation)} as {alias} on {on}"
            for item in targets
            if item.join
            for relation, alias, on in [item.join]
        )
        # What helps a value (a clock time, a looked-up text) is made in a step of its own, so that it is made once.
        helps = [f"{sql} as {words.name(column)}" for item in targets for column, sql in item.typed[:-1]]
        if helps:
            self._step(
                f"{name}_read", f"{given}, and read", words.select((f"{name}_given.*", *helps), f"{name}_given", joins)
            )
        made = [f"{sql} as {words.name(item.typed[-1][0])}" for item in targets for sql in [item.typed[-1][1]]]
        self._step(name, typed, words.select((f"{self.last}.*", *made), self.last))

    def _unpivot(self) -> None:
        unpivot = self.mapping.unpivot
        if unpivot is None:
            return
        constants = unpivot.constants
        rows = []
        for number, (_, given) in enumerate(unpivot.columns, 1):
            said_ = dict(given)
            texts = ", ".join(words.value(said_[name]) if name in said_ else "null" for name in constants)
            rows.append(f"({number}{', ' if constants else ''}{texts})")
        names = ", ".join(words.name(name) for name in ("$item", *constants))
        arms = "\n      ".join(
            f"when {number} then {cell_text(self.names, Cell(name=column, missing=self.source.missing))}"
            for number, (column, _) in enumerate(unpivot.columns, 1)
        )
        value = f'case item."$item"\n      {arms}\n      end as {words.name(unpivot.to)}'
        items = ",\n      ".join(rows)
        kept = [f"item.{words.name(name)}" for name in constants]
        before = self.last
        sql = words.select(
            (f"{before}.*", *kept, value), f"{before}\n  cross join (values\n      {items}\n    ) as item({names})"
        )
        self._step("unpivoted", "one row for each question", sql)
        if not unpivot.blank:
            sql = f"select * from unpivoted where {words.name(unpivot.to)} is not null"
            self._step("answered", "without the blank cells", sql)
        for name in (*constants, unpivot.to):
            self.names.add(name, Type.TEXT)
        self.origins[unpivot.to] = tuple(column for column, _ in unpivot.columns)

    def _where(self) -> None:
        node = self.mapping.where
        if node is None:
            return
        test = self.names.formula(node)
        # A row whose test cannot be told because a field could not be read is kept, and refused by that field's rule.
        unread = [f"({self.made[name].refused})" for name in sorted(self._behind(mentioned(node)))]
        tests = "\n     or ".join([f"({test})", *unread])
        self._step("belonging", "rows that belong to this table", f"select * from {self.last}\n  where {tests}")

    def _behind(self, names: Iterable[str]) -> set[str]:
        """Return the fields behind some names that can fail."""
        values = self.names.values
        found = {item for name in names if name in values for item in values[name].fields}
        return {name for name in found if name in self.made and self.made[name].refused}

    def _field_failures(self) -> list[str]:
        return [
            f"case when {made.refused} then ({made.rule}) || {words.value(':' + name)} end"
            for name, made in self.made.items()
            if made.refused
        ]

    def _lines(self) -> str:
        """Refused lines of a collapse; leaves a step `lines` behind that marks them."""
        columns = (
            "*",
            f"{joined(self._field_failures())} as broken",
            f"{joined(self._notes(self.made.values()))} as notes",
        )
        self._step("lines", "lines, with what each breaks", words.select(columns, self.last))
        last = f"select {', '.join(CARRIED)}, broken, notes from lines\n"
        last += f"  where broken <> '' or notes <> ''\n  order by {ROW}"
        return self._printed("lines that were refused", last)

    def _collapse(self) -> None:
        collapse = self.mapping.collapse
        if collapse is None:
            return
        before, after = self.names, Names()
        columns, keys = [], []
        for name in collapse.by:
            value = before.values[name]
            keyed = value.sql
            if value.type is Type.TEXT and not value.clean:
                keyed = cell_text(before, Cell(name=name, missing=self.source.missing))
            columns.append(f"{keyed} as {words.name(name)}")
            keys.append(keyed)
            kind = value.type or Type.TEXT
            after.add(name, kind, whole=value.whole)
        for item in collapse.columns:
            sql, kind, whole = _aggregate(item, before)
            columns.append(f"{sql} as {words.name(item.name)}")
            after.add(item.name, kind, whole=whole)
            self.origins[item.name] = self._origin(name for arg in item.args for name in mentioned(arg))
        columns = [
            f"min({ROW}) as {ROW}",
            f'arg_min("$file", {ROW}) as "$file"',
            f'arg_min("$line", {ROW}) as "$line"',
            *columns,
            'count(*) as "$lines"',
            "count(*) filter (broken <> '') as \"$refused\"",
        ]
        for name in PSEUDO:
            after.values[name] = self._pseudo(name)
        group = ", ".join(keys)
        self._step("groups", "one row for each key", words.select(columns, "lines", f"group by {group}"))
        self.names, self.made = after, {}

    def _columns(self) -> None:
        targets = []
        for name, rule in self.rules:
            column = self.table.columns[name]
            made = target(name, column.type, rule, self.names, self.lookups, whole=column.whole, zone=self.source.zone)
            targets.append(made)
            self.origins[name] = self._origin(used(rule))
        key = self._key()
        failing, noted = self._field_failures(), self._notes(self.made.values())
        if failing or noted:
            seen = [
                f"{joined(texts)} as {name}" for texts, name in ((failing, '"$fields"'), (noted, '"$noted"')) if texts
            ]
            sql = words.select(("*", *seen), self.last)
            self._step("read", "what could not be read among the fields", sql)
        keep = [*CARRIED]
        if self.mapping.collapse:
            keep += ['"$lines"', '"$refused"']
        if noted:
            keep.append('"$noted"')
        if failing:
            keep.append('"$fields"')
            keep += [f"({self.made[name].refused}) as {words.name(name + ' lost')}" for name in self._lost(targets)]
        self._make(targets, "columns", "columns as they were given", "columns, typed", (*keep, *key))
        self.targets = {item.name: item for item in targets}
        self.failing, self.noted = bool(failing), bool(noted)

    def _lost(self, targets: Iterable[Target]) -> list[str]:
        """Return the fields on which columns or the id hang, and that can fail."""
        hanging = {name for item in targets for name in item.fields}
        for name in identifying(self.mapping):
            hanging |= self.names.values[name].fields
        return sorted(name for name in hanging if name in self.made and self.made[name].refused)

    def _key(self) -> list[str]:
        parts = identifying(self.mapping)
        if not parts:
            return []
        # A key with a blank part is no key: `||` makes it NULL.
        texts = [f"({cell_text(self.names, Cell(name=name, missing=self.source.missing))})" for name in parts]
        return [" || ':' || ".join(texts) + " as source_id"]

    def _checked(self) -> str:
        own = own_id(self.table)
        key = "source_id" if identifying(self.mapping) else words.name(own)
        rules = dict(self.rules)
        columns = [*CARRIED, key if key == "source_id" else f"{key} as source_id"]
        for name, column in self.table.columns.items():
            if name in ADDED:
                continue
            if name in rules:
                columns.append(self._filled(name, column))
            else:
                columns.append(self._unmapped(name, column))
        columns.append(f"{self._bucket(key)} as bucket")
        columns += [words.name(f"{name} given") for name, rule in self.rules if isinstance(rule, PartyKey)]
        tests = self._tests(key)
        columns.append(f"{joined(tests)} as broken")
        notes = self._notes(self.targets.values())
        if self.noted:
            notes.insert(0, "nullif(\"$noted\", '')")
        columns.append(f"{joined(notes)} as notes")
        shuffled = self.mapping.unpivot or self.mapping.collapse or any(item.join for item in self.targets.values())
        return words.select(columns, self.last, f"order by {ROW}, source_id" if shuffled else "")

    @staticmethod
    def _notes(targets: Iterable[Target]) -> list[str]:
        return [f"({item.note}) || {words.value(':' + item.name)}" for item in targets if item.note]

    def _filled(self, name: str, column: Column) -> str:
        default = self._default(column)
        return f"coalesce({words.name(name)}, {default}) as {words.name(name)}" if default else words.name(name)

    def _unmapped(self, name: str, column: Column) -> str:
        blank = f"cast(null as {casts.sql_type(column.type, whole=column.whole)})"
        return f"{self._default(column) or blank} as {words.name(name)}"

    @staticmethod
    def _default(column: Column) -> str:
        value = column.default
        if value is None or value == "":
            return ""
        sql = words.value(value) if isinstance(value, str) else str(value).lower()
        return f"cast({sql} as {casts.sql_type(column.type, whole=column.whole)})"

    def _bucket(self, key: str) -> str:
        alone = f"{key_number(words.value(self.source.name + ':') + ' || ' + key)} & 31"
        party = self.table.party
        if party and any(name == party for name, _ in self.rules):
            return f"coalesce({words.name(party)} & 31, {alone})"
        return alone

    # -- tests ----------------------------------------------------------------------------------------------------

    def _tests(self, key: str) -> list[str]:
        tests = ['"$fields"'] if self.failing else []
        tests = [f"nullif({test}, '')" for test in tests]
        if self.mapping.collapse:
            tests.append("case when \"$refused\" > 0 then 'part-refused:id' end")
        tests.append(self._case(f"{key} is null", "blank", "id", self._held(identifying(self.mapping))))
        for name, rule in self.rules:
            tests += self._column_tests(name, self.table.columns[name], rule)
        at = self.table.at
        if at in self.targets:
            late = self.clock + self.source.skew
            tests.append(self._case(f"{words.name(at)} > {late}", "future-time", at))
        for order in self.table.orders:
            tests += self._order(order)
        return tests

    def _held(self, names: Iterable[str]) -> str:
        """Return a test that the fields behind some names could be read, "" when they always can."""
        fields = {field for name in names for field in self.names.values[name].fields}
        lost = [words.name(f"{name} lost") for name in sorted(fields) if name in self.made and self.made[name].refused]
        held = [f"not coalesce({name}, false)" for name in lost]
        if self.mapping.collapse:
            held.append('"$refused" = 0')
        return " and ".join(held)

    @staticmethod
    def _case(test: str, rule: str, field: str, only: str = "") -> str:
        both = f"{test} and {only}" if only else test
        return f"case when {both} then {words.value(f'{rule}:{field}')} end"

    def _column_tests(self, name: str, column: Column, rule: Rule) -> list[str]:
        made, value = self.targets[name], words.name(name)
        tests = []
        if made.refused:
            tests.append(f"case when {made.refused} then ({made.rule}) || {words.value(':' + name)} end")
        # A blank id is told once, not again for the columns that are the id.
        derived = name == own_id(self.table) and name not in dict(self.mapping.columns)
        derived |= isinstance(rule, Cell) and rule.name in identifying(self.mapping)
        if not column.blank and not self._default(column) and not derived:
            given = words.name(f"{name} given")
            tests.append(self._case(f"{value} is null and {given} is null", "blank", name, self._held(used(rule))))
        low, high = column.lo, column.hi
        if low is not None or high is not None:
            outside = [f"{value} < {low!r}"] if low is not None else []
            outside += [f"{value} > {high!r}"] if high is not None else []
            tests.append(self._case(f"({' or '.join(outside)})", "out-of-range", name))
        if column.choices:
            tests.append(self._case(f"{value} not in ({words.values(column.choices)})", "unknown-code", name))
        return tests

    def _order(self, order: str) -> list[str]:
        """Print a test of the table that must not be false, with the source's tolerance on instants."""
        columns = self.table.columns
        node = parse(order, "row")
        names = mentioned(node)
        field = next((name for name in _in_order(node) if name in self.targets), "")
        timed = any(_timed(item, columns) for item in walk(node))
        rule = "out-of-sequence" if timed else "out-of-scale" if names & set(SCALE) else "inconsistent"
        absent = {name for name in names if name not in self.targets and columns[name].default is None}
        told = without(node, absent)
        if not field or told is True:
            return []
        if told is False:
            return [self._case("true", rule, field)]
        if self.source.skew:
            told = rewrite(told, lambda item: _tolerant(item, columns, self.source.skew))
        test = formula(told, lambda name: words.name(name) if name in self.targets else self._default(columns[name]))
        only = []
        for name in sorted(names & set(self.targets)):
            if not columns[name].blank and columns[name].default is None:
                only.append(f"{words.name(name)} is not null")
            elif self.targets[name].refused:
                only.append(f"not coalesce({self.targets[name].refused}, false)")
        return [self._case(f"not coalesce({test}, false)", rule, field, " and ".join(only))]


def without(node: Node, absent: set[str]) -> Node | bool:  # noqa: PLR0911 - one exit for each sort of node
    """Return a test over rows in which some columns are always blank: what is left of it, or true or false."""
    if not isinstance(node, Call):
        return node.value if isinstance(node, Literal) and isinstance(node.value, bool) else node
    if node.name in ("and", "or"):
        parts = [without(arg, absent) for arg in node.args]
        ends = node.name == "or"
        if any(part is ends for part in parts):
            return ends
        left = [part for part in parts if not isinstance(part, bool)]
        if not left:
            return not ends
        return left[0] if len(left) == 1 else Call(node.name, tuple(left), at=node.at)
    if node.name == "not":
        inner = without(node.args[0], absent)
        return (not inner) if isinstance(inner, bool) else Call("not", (inner,), at=node.at)
    if not mentioned(node) & absent:
        return node
    # A comparison with a blank is false; what else a blank may do is left to the engine's NULL.
    blank = any(isinstance(arg, Name) and arg.name in absent for arg in node.args)
    if blank and node.name in ("is blank", "is not blank"):
        return node.name == "is blank"
    return False if blank and node.name in COMPARISONS else node


def _in_order(node: Node) -> list[str]:
    """Return the names of a test, those of its last comparison first: there stands what it is about."""
    comparisons = [item for item in walk(node) if isinstance(item, Call) and item.name in COMPARISONS]
    chosen = comparisons[-1] if comparisons else node
    return [item.name for item in walk(chosen) if isinstance(item, Name)]


def _timed(node: Node, columns: Mapping[str, Column]) -> bool:
    if not isinstance(node, Call) or node.name not in ("<", "<=", ">", ">="):
        return False
    kinds = {columns[arg.name].type for arg in node.args if isinstance(arg, Name) and arg.name in columns}
    return bool(kinds) and kinds <= {Type.INSTANT, Type.DAY}


def _tolerant(node: Node, columns: Mapping[str, Column], skew: int) -> Node | None:
    """Let a comparison of two instants be wrong by as much as the source's clocks may be."""
    if not isinstance(node, Call) or not _timed(node, columns):
        return None
    left, right = node.args
    if not all(isinstance(arg, Name) and columns[arg.name].type is Type.INSTANT for arg in (left, right)):
        return None
    slack = Literal(skew, Type.DURATION)
    if node.name in ("<", "<="):
        return Call("<=", (left, Call("+", (right, slack))))
    return Call("<=", (right, Call("+", (left, slack))))


def _aggregate(item: Aggregate, names: Names) -> tuple[str, Type, bool]:  # noqa: PLR0911 - one exit for each function
    """Return one value of a group with its type; sums run in the order of the lines, so that they repeat exactly."""
    args = [names.formula(arg) for arg in item.args]
    kinds = names.types()
    kind = Type.NUMBER
    whole = False
    if item.args:
        first = item.args[0]
        kind = check(first, Types(kinds, clocks=False))[0] or Type.TEXT
        whole = isinstance(first, Name) and names.values[first.name].whole
    function = item.function
    if function == "count":
        return "count(*)", Type.NUMBER, True
    if function == "distinct":
        return f"count(distinct {args[0]})", Type.NUMBER, True
    if function in ("any", "all"):
        return f"bool_{'or' if function == 'any' else 'and'}(coalesce({args[0]}, false))", Type.TRUTH, False
    if function == "sum" and kind is Type.TRUTH:
        return f"count(*) filter ({args[0]})", Type.NUMBER, True
    if function in ("sum", "mean"):
        total = f"fsum({args[0]} order by {ROW})"
        if function == "mean":
            total = f"{total} / count({args[0]})"
        if kind is Type.DURATION:
            total = f"cast(round({total}) as bigint)"
        return total, kind, False
    if function in ("first", "last"):
        nulls = "nulls last" if function == "first" else "nulls first"
        return f"{function}({args[0]} order by {args[1]} {nulls}, {ROW})", kind, False
    sql = f"{function}({args[0]})"
    return (f"cast({sql} as bigint)" if whole else sql), kind, whole
