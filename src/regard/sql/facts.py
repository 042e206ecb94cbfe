"""The rows that a scan can count: filters, dimensions, replicate and place in time, as one named step of SQL."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from regard.expr import Call, Clock, Name, Node, Type, conjuncts, names, parameters, walk
from regard.plan import DAY, INCIDENT, PARTY, ROWS
from regard.sql import expression as e
from regard.sql.timeline import Timeline, local_day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import exp

    from regard.plan import Measure, Plan, Scan


def timed(node: Node) -> bool:
    """Whether an expression reads the period's start or end, and so differs from stretch to stretch."""
    return any(isinstance(part, Clock) and part.name != "until" for part in walk(node))


NEVER = 1 << 62


def party_at(dimensions: Sequence[str], party: str = "party") -> str:
    """Return the step of the versions of each party, cut so that they never overlap, with some of its dimensions."""
    columns = ", ".join(e.text(e.column(name)) for name in dimensions)
    return (
        "party_at as ( -- versions of each party, cut so that they never overlap\n"
        f"  select party_id, {columns}, valid_from,\n"
        f"         least(coalesce(valid_to, {NEVER}), coalesce(lead(valid_from) over (\n"
        f"           partition by party_id order by valid_from, source, source_id), {NEVER})) as valid_to\n"
        f"  from {party}\n"
        ")"
    )


@dataclass(frozen=True)
class Facts:
    """The row step of one scan.

    Attributes:
        plan, scan: what is computed.
        relation: name of the view or table to read.
        canonical: bounds of elements to cut at whatever is asked, see `Timeline`.
    """

    plan: Plan
    scan: Scan
    relation: str
    canonical: tuple[int, ...] = ()

    @cached_property
    def timeline(self) -> Timeline:
        """How the stretches look to the scan."""
        return Timeline(self.plan, self.scan, self.canonical)

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Every dimension that a set of the scan groups by, in order."""
        return tuple(dict.fromkeys(dimension for labels in self.scan.sets for dimension in labels))

    @cached_property
    def joined(self) -> frozenset[str]:
        """Dimensions that are looked up in the party: those the table has no column for, or all when asked as now."""
        question = self.plan.question
        wanted = set(self.dimensions) | (names(question.where) if question.where is not None else set())
        table = self.plan.tables[self.scan.table]
        known = self.plan.dimensions
        return frozenset(
            d
            for d in wanted
            if d in known and known[d].party and table.party and (question.as_now or d not in table.dims)
        )

    @cached_property
    def common(self) -> tuple[Node, ...]:
        """Tests that every row set of the scan makes, alike in all (a `$parameter` may differ between metrics)."""
        tests = [conjuncts(measure.rows.where) for measure in self.scan.measures]
        return tuple(test for test in tests[0] if not parameters(test) and all(test in other for other in tests))

    def own(self, measure: Measure) -> tuple[Node, ...]:
        """Return the tests of a measure that not all share."""
        return tuple(
            test
            for test in conjuncts(measure.rows.where)
            if (test not in self.common or timed(test)) and not self.certain(test)
        )

    def scope(self, measure: Measure | None = None) -> e.Scope:
        """Return how names are said over the relation's rows."""
        return e.Scope(
            name=self.column,
            clock={"until": e.literal(self.plan.until)},
            parameters=dict(measure.parameters) if measure else {},
            policies=self.plan.policies,
        )

    def column(self, name: str) -> exp.Expression:
        """Return a column of the relation, or the SQL of a dimension of the party."""
        return e.column(name, "f")

    def say(self, node: Node, measure: Measure | None = None) -> str:
        """Return a row expression as SQL text over the relation's rows."""
        return e.text(e.row(node, self.scope(measure)))

    def dimension(self, name: str) -> exp.Expression:
        """Return a dimension of a row, as of the time of the row or as now."""
        if name in self.joined:
            return e.column(name, "p")
        return e.column(self.plan.tables[self.scan.table].dims[name], "f")

    def is_test(self, node: Node) -> bool:
        """Whether a row expression is a test, a truth column included."""
        table = self.plan.tables[self.scan.table]
        if isinstance(node, Name) and node.name in table.columns:
            return table.columns[node.name].type is Type.TRUTH
        return e.is_test(node)

    def few(self, node: Node) -> bool:
        """Whether everything a row expression reads has few values, so that it can be asked of the histogram."""
        columns = self.plan.tables[self.scan.table].columns
        return all(name in columns and (columns[name].few or columns[name].type is Type.TRUTH) for name in e.read(node))

    def certain(self, test: Node) -> bool:
        """Whether a test holds for every row that the step hands on: a column is known where it must be."""
        rows = self.scan.measures[0].rows
        known = isinstance(test, Call) and test.name == "is not blank" and isinstance(test.args[0], Name)
        if not known or not isinstance(test, Call) or not isinstance(test.args[0], Name):
            return False
        column = self.plan.tables[self.scan.table].columns.get(test.args[0].name)
        return test.args[0].name == rows.at or (column is not None and not column.blank)

    # -- the step ----------------------------------------------------------------------------------------------------

    @cached_property
    def time(self) -> str:
        """SQL of the instant that decides the period of a row with one instant."""
        rows = self.scan.measures[0].rows
        at = e.text(e.column(rows.at, "f"))
        return f"({at} + {rows.delay})" if rows.delay else at

    @cached_property
    def span(self) -> tuple[str, str]:
        """SQL of the span of a row, shifted, an open end being `until`."""
        rows = self.scan.measures[0].rows
        columns = rows.over or rows.span
        assert columns is not None  # noqa: S101 - for the type checker; a row set has one of at, over, standing
        shift = f" + {rows.shift}" if rows.shift else ""
        start, end = (
            f"({e.text(e.column(name, 'f'))}{shift})" if shift else e.text(e.column(name, "f")) for name in columns
        )
        return start, f"coalesce({end}, {self.plan.until})"

    @property
    def places(self) -> dict[str, str]:
        """Alias -> SQL of where a row stands in time."""
        rows, line = self.scan.measures[0].rows, self.timeline
        if rows.at:
            return {"e": line.element(self.time)}
        start, end = self.span
        if rows.standing:
            return {"i0": line.position(start), "i1": line.position(end)}
        return {"i0": line.element(self.clipped[0]), "i1": line.element(f"({self.clipped[1]} - 1)")}

    @cached_property
    def clipped(self) -> tuple[str, str]:
        """SQL of the part of a span that lies within the stretches."""
        start, end = self.span
        return f"greatest({start}, {self.timeline.start})", f"least({end}, {self.timeline.end})"

    @property
    def timely(self) -> list[str]:
        """Tests that keep the rows that stand somewhere in the stretches."""
        rows, line = self.scan.measures[0].rows, self.timeline
        if line.end <= line.start:
            return ["false"]
        if rows.at:
            known = [f"{self.time} <= {self.plan.horizon(rows)}"] if rows.delay else []
            return [f"{self.time} >= {line.start}", f"{self.time} < {line.end}", *known]
        start, end = self.span
        if rows.standing:
            return [f"{start} <= {max(line.instants)}", f"{end} > {min(line.instants)}"]
        # A span that is empty after clipping overlaps nothing.
        return [f"{start} < {line.end}", f"{end} > {line.start}", f"{start} < {end}"]

    @cached_property
    def replicate(self) -> str:
        """SQL of the replicate, or "" for none."""
        table = self.plan.tables[self.scan.table]
        if self.scan.replicate == PARTY:
            return e.text(e.column("bucket", "f"))
        if self.scan.replicate == ROWS:
            # Rows of nobody: their bucket stands for them, below every party.
            return f"coalesce({e.text(e.column(table.party, 'f'))}, -1 - {e.text(e.column('bucket', 'f'))})"
        if self.scan.replicate == DAY:
            return local_day(self.time, self.plan.calendar.zone, self.timeline.start, self.timeline.bounds[-1])
        if self.scan.replicate == INCIDENT:
            rows = self.scan.measures[0].rows
            start = e.text(e.column(rows.at or (rows.over or rows.span or ("",))[0], "f"))
            incident = e.text(e.column(table.dims[INCIDENT], "f"))
            return f"coalesce('i' || {incident}, 't' || cast({start} as varchar))"
        return ""

    @property
    def said(self) -> dict[str, str]:
        """What the step hands on besides its place in time and its extra columns: alias -> SQL."""
        chosen = {f"d{i}": f"cast({e.text(self.dimension(name))} as varchar)" for i, name in enumerate(self.dimensions)}
        return chosen | ({"r": self.replicate} if self.replicate else {})

    @property
    def filters(self) -> list[str]:
        """Tests that do not look at time: what all row sets ask, and what the question asks."""
        shared = [self.say(test) for test in self.common if not timed(test) and not self.certain(test)]
        return shared + self._asked()

    def step(self, extra: dict[str, str]) -> str:
        """Return the steps that end in `facts`, handing on place, dimensions, replicate and the extra columns."""
        chosen = self.places | self.said | extra
        tests = [*self.timely, *self.filters]
        columns = ",\n         ".join(f"{sql} as {alias}" for alias, sql in chosen.items())
        where = "\n    and ".join(f"({test})" for test in tests)
        return (
            f"{self._party()}facts as ( -- the rows of {self.scan.table} that can count, and where they stand\n"
            f"  select {columns}\n  from {e.text(e.column(self.relation))} as f{self._join()}\n  where {where}\n)"
        )

    def _asked(self) -> list[str]:
        """Return the question's own filter, over dimensions; a part that the table cannot tell stands whole."""
        found = []
        table = self.plan.tables[self.scan.table]
        for test in conjuncts(self.plan.question.where):
            used = names(test)
            if all(name in self.joined or name in table.dims for name in used):
                scope = e.Scope(name=self.dimension, policies=self.plan.policies)
                found.append(e.text(e.row(test, scope)))
        return found

    def _party(self) -> str:
        if not self.joined:
            return ""
        return f"{party_at(sorted(self.joined))},\n"

    def _join(self) -> str:
        if not self.joined:
            return ""
        party = e.text(e.column(self.plan.tables[self.scan.table].party, "f"))
        rows = self.scan.measures[0].rows
        then = e.text(e.column(rows.at, "f")) if rows.at else self.span[0]
        # As now: the version that holds at the end of the story.
        at = str(self.plan.until - 1) if self.plan.question.as_now else then
        return (
            f"\n  left join party_at as p on p.party_id = {party}\n    and p.valid_from <= {at} and {at} < p.valid_to"
        )
