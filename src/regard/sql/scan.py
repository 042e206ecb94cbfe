"""One scan of a plan as one statement: rows, then a histogram, then cells.

The histogram has a row for each element of time, group, replicate and value of the few-valued columns that tests and
leaves read. Parameters, policies and clocks are asked of the histogram, so they never reach the rows; what has many
values is summed under its own test on the way. Cells are the histogram, merged over the elements of each stretch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from regard.expr import MINUTE_US, Call, Clock, Literal, Name, Node, Type, conjuncts, names, rewrite, walk
from regard.plan import DAY, INCIDENT, VARIETY
from regard.sql import expression as e
from regard.sql.derived import WORKED
from regard.sql.facts import Facts, timed
from regard.sql.timeline import Timeline, search

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from regard.plan import Measure, Plan, Scan

ONE = Literal(1, Type.NUMBER)
ZERO = Literal(0, Type.NUMBER)
SPREAD = ("overlap", "part")
ANSWER = re.compile(r"answer\.(\w+)")


@dataclass(slots=True)
class _Column:
    """How one measure is got from the histogram.

    Attributes:
        tests: SQL tests on a histogram row.
        value: SQL of what is summed where they hold.
        unit: what the sum is divided by, so that whole microseconds are summed exactly and told in minutes.
    """

    tests: list[str]
    value: str
    unit: int = 1


@dataclass
class _Histogram:
    """The steps of one additive scan, being collected."""

    facts: Facts
    extra: dict[str, str] = field(default_factory=dict)
    """Columns that the row step hands on: alias -> SQL."""
    keys: dict[str, str] = field(default_factory=dict)
    """Keys of the histogram besides place, dimensions and replicate: SQL over the relation -> alias."""
    sums: dict[str, str] = field(default_factory=dict)
    """Sums of the histogram: SQL over `facts` -> alias."""
    clocks: set[str] = field(default_factory=set)
    spoken: dict[str, str] = field(default_factory=dict)
    """What a key says whatever bounds it was written with: alias -> text."""
    worked: dict[str, str] = field(default_factory=dict)
    """Columns worked out from keys once rows are counted: SQL over the histogram -> alias."""

    # -- names -------------------------------------------------------------------------------------------------------

    def key(self, sql: str) -> str:
        """Return the alias of a key."""
        if sql not in self.keys:
            alias = f"k{len(self.keys)}"
            self.keys[sql] = alias
            self.extra[alias] = sql
        return self.keys[sql]

    def told(self, node: Node) -> str:
        """Return the alias of a row expression: a key, or a column worked out from keys."""
        if not isinstance(node, Name) or node.name not in self.follows:
            return self.key(self.facts.say(node))
        sql = ANSWER.sub(lambda found: self.key(self.facts.say(Name(found[1]))), self.follows[node.name])
        return self.worked.setdefault(sql, f"w{len(self.worked)}")

    @cached_property
    def follows(self) -> Mapping[str, str]:
        """Columns that need not be read, since what they follow from is read anyway: fewer keys to group by."""
        known = WORKED.get(self.facts.scan.table, {})
        read = {
            name for m in self.facts.scan.measures for node in (*m.of, m.rows.where) if node for name in e.read(node)
        }
        wanted = read & set(known)
        missing = {name for column in wanted for name in ANSWER.findall(known[column])} - read
        return known if len(missing) < len(wanted) else {}

    def input(self, sql: str) -> str:
        """Return the alias of a column that the row step hands on to be summed."""
        known = {text: alias for alias, text in self.extra.items() if alias.startswith("x")}
        if sql not in known:
            alias = f"x{len(known)}"
            self.extra[alias] = sql
            return alias
        return known[sql]

    def sum(self, sql: str) -> str:
        """Return the alias of a sum over the rows of a histogram row."""
        return self.sums.setdefault(sql, f"s{len(self.sums)}")

    # -- tests -------------------------------------------------------------------------------------------------------

    def asked(self, node: Node, measure: Measure) -> str:
        """Return a test or number as SQL over the histogram, making keys of what it reads."""
        prepared = self._prepared(node)
        scope = e.Scope(
            name=e.column,
            clock={clock: e.column(clock.replace(".", "_"), "t") for clock in ("period.start", "period.end")}
            | {"until": e.literal(self.facts.plan.until)},
            parameters=dict(measure.parameters),
            policies=self.facts.plan.policies,
        )
        return e.text(e.row(prepared, scope))

    def _prepared(self, node: Node) -> Node:
        """Replace what a test reads by keys: columns by themselves, a blank test and a clock test by what they say."""

        def change(part: Node) -> Node | None:
            if isinstance(part, Name):
                return Name(self.told(part))
            if not isinstance(part, Call) or part.name == "lookup":
                return None
            if part.name in ("is blank", "is not blank") and not self.facts.few(part):
                return Name(self.key(self.facts.say(part)))
            return self._ranked(part)

        return _keeping_policies(node, change)

    def _ranked(self, part: Call) -> Node | None:
        """Return a comparison of a column with the period's start or end as a comparison of whole ranks.

        A column has few ranks among the starts (or ends) of all stretches, so the histogram stays small.
        """
        flipped = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
        if part.name not in flipped:
            return None
        left, right, name = part.args[0], part.args[1], part.name
        if isinstance(left, Clock):
            left, right, name = right, left, flipped[name]
        ranked = (
            isinstance(right, Clock) and right.name != "until" and not any(isinstance(n, Clock) for n in walk(left))
        )
        if not ranked or not isinstance(right, Clock) or name in ("=", "!="):
            return None
        values = sorted(set(self.facts.timeline.clock(right.name)))
        self.clocks.add(right.name)
        value = self.facts.say(left)
        # `>=` and `<` count the values at or below the column, `>` and `<=` those below it.
        bounds = values if name in (">=", "<") else [v + 1 for v in values]
        rank = search(value, bounds, list(range(len(bounds) + 1)))
        key = Name(self.key(f"CASE WHEN {value} IS NULL THEN NULL ELSE {rank} END"))
        own = Name(f"rank_{right.name.replace('.', '_')}")
        return Call(">" if name in (">=", ">") else "<=", (key, own))

    def kept(self, measure: Measure) -> list[str]:
        """Return the tests that keep the last row of a key in each stretch."""
        if measure.rows.keep is None:
            return []
        following = e.text(e.column("next_at", "f"))
        line = self.facts.timeline
        if line.disjoint or line.canonical:
            end = search(self.facts.time, line.bounds[1:-1], line.bounds[1:])
            key = self.key(f"({following} IS NULL OR {following} >= {end})")
            self.spoken[key] = "last of its element"
            return [key]
        ends = sorted({p.end_us for p in line.periods})
        rank = search(following, ends, list(range(len(ends) + 1)))
        low, high = self._ranks_of(line, ends)
        self.clocks.add("period.end")
        # Held between the ranks of the stretches that hold the row: beyond them all ranks say the same.
        key = self.key(f"greatest(least(coalesce({rank}, {len(ends)}), {high}), {low})")
        return [f"{key} > rank_period_end"]

    def _ranks_of(self, line: Timeline, ends: list[int]) -> tuple[str, str]:
        """Return SQL of the lowest rank and of the one above the highest, of the stretches that hold a row."""
        low, high = [], []
        for start, _ in zip(line.bounds, line.bounds[1:], strict=False):
            ranks = [ends.index(p.end_us) for p in line.periods if p.start_us <= start < p.end_us] or [0]
            low.append(min(ranks))
            high.append(max(ranks) + 1)
        inner = line.bounds[1:-1]
        return search(self.facts.time, inner, low), search(self.facts.time, inner, high)

    # -- measures ----------------------------------------------------------------------------------------------------

    def column(self, measure: Measure) -> _Column:
        """Return how a measure is got from the histogram."""
        if measure.what == VARIETY:
            tests = [self.asked(test, measure) for test in self.facts.own(measure)] + self.kept(measure)
            tests += [self.key(f"({test})") for test in self._ripe(measure)]
            parts = " || '|' || ".join(f"coalesce(cast({self.told(node)} as varchar), '')" for node in measure.of)
            return _Column(tests, f"distinct {parts}")
        value = measure.of[0]
        conditions = self.facts.own(measure)
        if self.facts.is_test(value):
            conditions, value = (*conditions, *conjuncts(value)), ONE
        while isinstance(value, Call) and value.name == "if" and value.args[2] == ZERO:
            # A sum of `if(test, x, 0)` is a sum of x under a test.
            conditions, value = (*conditions, *conjuncts(value.args[0])), value.args[1]
        spread = bool(measure.rows.over)
        moving = [test for test in conditions if timed(test)]
        plain = [test for test in conditions if not timed(test)]
        simple = not spread and not timed(value) and value == ONE and all(self.facts.few(test) for test in plain)
        keyed = timed(value) or (not spread and self.facts.few(value) and all(self.facts.few(test) for test in plain))
        asked = [self.asked(test, measure) for test in moving] + self.kept(measure)
        ripe = self._ripe(measure)
        if (simple or keyed) and not ripe:
            asked += [self.asked(test, measure) for test in plain]
            if value == ONE:
                return _Column(asked, "n")
            return _Column(asked, f"n * ({self.asked(value, measure)})")
        rows = [self.facts.say(test, measure) for test in plain] + ripe
        if spread:
            return _Column(asked, *self._spread(value, rows, measure))
        return _Column(asked, self._summed(value, rows, measure))

    def _ripe(self, measure: Measure) -> list[str]:
        if not measure.rows.matures:
            return []
        return [f"{self.facts.time} + {measure.rows.matures} <= {self.facts.plan.horizon(measure.rows)}"]

    def _summed(self, value: Node, rows: list[str], measure: Measure) -> str:
        if value == ONE:
            return self.sum(f"count({self._where(rows, '1')})")
        return self.sum(f"sum({self._where(rows, self.facts.say(value, measure))})")

    def _where(self, rows: list[str], value: str) -> str:
        """Return the alias of a value that is NULL where a test does not hold."""
        if not rows:
            return value if value == "1" else self.input(value)
        return self.input(f"CASE WHEN {' AND '.join(f'({row})' for row in rows)} THEN {value} END")

    def _spread(self, value: Node, rows: list[str], measure: Measure) -> tuple[str, int]:
        """Return the sum of a number over the part of each span that lies in a stretch, and what to divide it by.

        Linear in the overlap, so the sums of x, x * start and x * end over all rows that begin and end in the same
        elements are enough: the answer for any stretch is made of them, however many rows there are.
        """
        way, rest = _factored(value)
        factor = "1" if rest == ONE else self.facts.say(rest, measure)
        if way == "part":
            start, end = self.facts.span
            factor = f"({factor}) / nullif(cast({end} - {start} as double), 0)"
        if not way:
            return self.sum(f"sum({self._where(rows, factor)})"), 1
        x = self._where(rows, factor)
        self.extra["u0"], self.extra["u1"] = (f"{edge} - {self.facts.timeline.start}" for edge in self.facts.clipped)
        # Millions of customers times years of microseconds are more than a BIGINT holds.
        wide = ("u0", "u1") if factor == "1" else ("cast(u0 as hugeint)", "cast(u1 as hugeint)")
        total, starts, ends = (self.sum(f"sum({text})") for text in (x, *(f"{x} * {edge}" for edge in wide)))
        inside = (
            f"(case when i1 < t.last then {ends} else {total} * t.end_o end)"
            f" - (case when i0 >= t.first then {starts} else {total} * t.start_o end)"
        )
        return inside, MINUTE_US if way == "overlap" else 1


@dataclass(frozen=True, slots=True)
class Steps:
    """A scan in two steps.

    Attributes:
        histogram: query of the histogram over the relation.
        cells: query of the cells over a relation named `histogram`, giving the columns that `Results` says.
        keys, sums: columns of the histogram: what it is grouped by, and what adds up (`n` first).
        says: text that is the same for two histograms with the same rows, whatever was asked of them.
    """

    histogram: str
    cells: str
    keys: tuple[str, ...]
    sums: tuple[str, ...]
    says: str

    def __str__(self) -> str:
        """Read as one statement."""
        return self._with("how many rows of each kind: parameters and clocks are asked of these", self.histogram)

    def over(self, relation: str) -> str:
        """Return the statement of the cells over a relation that holds the histogram."""
        return self._with("kept", f"select * from {relation}")

    def _with(self, note: str, histogram: str) -> str:
        return f"with\nhistogram as ( -- {note}\n{histogram}\n),\n{self.cells.removeprefix('with').lstrip()}"


def steps(plan: Plan, scan: Scan, relation: str, canonical: tuple[int, ...] = ()) -> Steps:
    """Return the steps of an additive scan over a relation; `canonical` bounds make the histogram one to keep."""
    facts = Facts(plan, scan, relation, canonical)
    histogram = _Histogram(facts)
    columns = [histogram.column(measure) for measure in scan.measures]
    keys = [*facts.places, *(f"d{i}" for i in range(len(facts.dimensions))), *(["r"] if facts.replicate else [])]
    keys += histogram.keys.values()
    sums = ["count(*) as n", *(f"{sql} as {alias}" for sql, alias in histogram.sums.items())]
    query = (
        f"with\n{facts.step(histogram.extra)}\nselect {', '.join(keys)},\n       {', '.join(sums)}\nfrom facts\n"
        f"group by {', '.join(str(i + 1) for i in range(len(keys)))}"
    )
    cells = _cells(histogram, columns, scan)
    spoken = facts.said | histogram.extra | histogram.spoken
    said = [f"{alias}: {sql}" for alias, sql in spoken.items()]
    said += [f"{alias}: {sql}" for sql, alias in histogram.sums.items()] + facts.filters
    return Steps(query, cells, tuple(keys), ("n", *histogram.sums.values()), "\n".join(said))


def keepable(plan: Plan, scan: Scan) -> bool:
    """Whether the histogram of a scan says nothing of what was asked, so that it can be kept for other questions.

    It does not if every row stands at one instant, and no test looks at the period or at where the story is cut.
    """
    rows = scan.measures[0].rows
    if not scan.merges or not rows.at or any(plan.stretches[i].part for i in scan.stretches):
        return False
    clocks = any(isinstance(part, Clock) for node in _nodes(scan) for part in walk(node))
    windows = any(m.rows.window is not None and m.rows.keep is not None for m in scan.measures)
    return not clocks and not windows and not any(m.rows.matures for m in scan.measures) and scan.replicate != DAY


def reads(scan: Scan) -> frozenset[str]:
    """Return the columns of its table that the measures of a scan read."""
    return frozenset(name for node in _nodes(scan) for name in e.read(node))


def _nodes(scan: Scan) -> list[Node]:
    return [node for m in scan.measures for node in (*m.of, *conjuncts(m.rows.where))]


def daily(scan: Scan) -> bool:
    """Whether a kept histogram has an element for each day: not where rows are kept by period, nor with replicates."""
    return not scan.replicate and all(measure.rows.keep is None for measure in scan.measures)


def statement(plan: Plan, scan: Scan, relation: str) -> str:
    """Return the statement of an additive scan over a relation, giving the columns that `Results` says."""
    return str(steps(plan, scan, relation))


def stretches(facts: Facts, clocks: set[str]) -> str:
    """Return the step `stretches`: for each stretch its elements, its ends, and the rank of its clocks."""
    line = facts.timeline
    rows = facts.scan.measures[0].rows
    names_ = ["stretch", "first", "last", "period_start", "period_end", "start_o", "end_o"]
    columns: list[list[int]] = [list(facts.scan.stretches)]
    if rows.standing:
        columns += [line.places(), line.places()]
    else:
        columns += [list(run) for run in zip(*line.runs(), strict=True)]
    columns += [line.clock("period.start"), line.clock("period.end")]
    columns += [[p.start_us - line.start for p in line.periods], [p.end_us - line.start for p in line.periods]]
    for clock in sorted(clocks):
        values = line.clock(clock)
        distinct = sorted(set(values))
        names_.append(f"rank_{clock.replace('.', '_')}")
        columns.append([distinct.index(v) for v in values])
    lines = ",\n    ".join("(" + ", ".join(map(str, values)) + ")" for values in zip(*columns, strict=True))
    return (
        f"stretches({', '.join(names_)}) as ( -- the periods asked for, as runs of elements\n  values\n    {lines}\n)"
    )


def meets(facts: Facts) -> str:
    """Return the test that a row (or histogram row) stands in a stretch `t`."""
    rows = facts.scan.measures[0].rows
    if rows.at:
        return "e >= t.first and e < t.last" if not facts.timeline.disjoint else "e = t.first"
    if rows.standing:
        return "i0 <= t.first and i1 > t.first"
    return "i0 < t.last and i1 >= t.first"


def _cells(histogram: _Histogram, columns: list[_Column], scan: Scan) -> str:
    """Return the query of the cells: the histogram by stretch and all dimensions, and every set merged from that.

    What must be counted distinctly stands as a column of its own there: it has few values, and they do not add.
    """
    facts = histogram.facts
    sums: list[str] = []
    heads: list[str] = []
    merged: list[str] = []
    for i, column in enumerate(columns):
        tests = " and ".join(f"({test})" for test in column.tests)
        distinct = column.value.startswith("distinct ")
        inner = column.value.removeprefix("distinct ")
        chosen = f"case when {tests} then {inner} end" if tests else inner
        (heads if distinct else sums).append(f"{chosen if distinct else f'sum({chosen})'} as c{i}")
        whole = f"count(distinct c{i})" if distinct else f"coalesce(sum(c{i}), 0)"
        unit = f" / {column.unit}.0" if column.unit > 1 else ""
        merged.append(f"cast({whole} as double){unit} as m{i}")
    finest = ["stretch", *(f"d{i}" for i in range(len(facts.dimensions))), *(["r"] if facts.replicate else [])]
    groups = ", ".join(str(i + 1) for i in range(len(finest) + len(heads)))
    lines = ",\n         ".join([", ".join(finest), *heads, *sums])
    relation, known = "histogram", ""
    if histogram.worked:
        worked = "".join(f",\n         {sql} as {alias}" for sql, alias in histogram.worked.items())
        relation = "known"
        known = f"known as ( -- with columns that follow from the others\n  select *{worked}\n  from histogram\n),\n"
    finest_step = known + (
        "finest as ( -- by period and everything asked: what the cells of every set are merged from\n"
        f"  select {lines}\n  from {relation} join stretches as t on {meets(facts)}\n  group by {groups}\n)"
    )
    sets = []
    for place, labels in enumerate(scan.sets):
        for replicated in (False, True) if facts.replicate else (False,):
            leading, grouped = grouping(facts, place, labels, replicated=replicated)
            chosen = ",\n       ".join([", ".join(leading), *merged])
            sets.append(f"select {chosen}\nfrom finest as t\ngroup by {', '.join(grouped)}")
    return f"with\n{stretches(facts, histogram.clocks)},\n{finest_step}\n" + "\nunion all\n".join(sets)


def grouping(facts: Facts, place: int, labels: tuple[str, ...], *, replicated: bool) -> tuple[list[str], list[str]]:
    """Return the leading columns of a set's rows, as `Results` says, and what they are grouped by."""
    own = [f"d{facts.dimensions.index(label)}" for label in labels]
    wide = max(len(other) for other in facts.scan.sets)
    heads = [f"{place} as grouping", "t.stretch as stretch"]
    heads += [f"{own[i]} as d{i}" if i < len(own) else f"cast(null as varchar) as d{i}" for i in range(wide)]
    kind = "varchar" if facts.scan.replicate == INCIDENT else "bigint"
    heads.append(f"cast({'r' if replicated else 'null'} as {kind}) as replicate")
    return heads, ["t.stretch", *own, *(["r"] if replicated else [])]


def _keeping_policies(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """Rewrite, leaving the name of a policy alone."""

    def inner(part: Node) -> Node | None:
        if isinstance(part, Call) and part.name == "lookup":
            args = tuple(_keeping_policies(arg, change) for arg in part.args[1:])
            return Call("lookup", (part.args[0], *args))
        return change(part)

    return rewrite(node, inner)


def _factored(value: Node) -> tuple[str, Node]:
    """Split a number over a span into how it spreads (`overlap`, `part` or "") and the factor of the row."""
    if isinstance(value, Name) and value.name in SPREAD:
        return value.name, ONE
    if isinstance(value, Call) and value.name == "*":
        for spread, other in ((0, 1), (1, 0)):
            way, rest = _factored(value.args[spread])
            if way and not names(value.args[other]) & set(SPREAD):
                both = value.args[other] if rest == ONE else Call("*", (rest, value.args[other]))
                return way, both
    if isinstance(value, Call) and value.name == "/" and not names(value.args[1]) & set(SPREAD):
        way, rest = _factored(value.args[0])
        return way, Call("/", (rest, value.args[1]))
    return "", value
