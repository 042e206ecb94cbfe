"""The course of a case: linked cases made one, and the spans in which it stood open."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.derived.reference import by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.derived.reference import Inputs, Row

LINKS = 32
"""A chain of more parents than this, or one that bites its tail, links nothing."""

DONE = ("resolved", "closed", "merged")
"""Statuses in which nothing more is owed; all others are open."""

WRITTEN_ENDS = ("resolved_at", "closed_at")
"""Columns of the case itself that say when it was done."""

MACHINES = ("bot", "system")
"""Actors who are no person."""

Key = tuple[str, str]
"""(source, source_id) of a case."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in which a case stood open.

    Attributes:
        start: when it was opened or reopened.
        end: when it was done, or None while open.
        machine: whether a machine ended it.
    """

    start: int
    end: int | None
    machine: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """A root case with those linked to it.

    Attributes:
        root: row of the root case.
        members: rows of all its cases.
        spans: when it stood open, in order, disjoint and not touching.
    """

    root: Row
    members: tuple[Row, ...]
    spans: tuple[Span, ...]

    @property
    def opened_at(self) -> int:
        """Earliest opening."""
        return self.spans[0].start

    @property
    def resolved_at(self) -> int | None:
        """Last resolution, blank while open."""
        return self.spans[-1].end


class Register:
    """Finds the case, or whatever else has an id, that a row of another table refers to.

    An id that one source alone uses is plain; an id that several sources use means the one of the row's own source.
    Should a source use it twice, the first by key is meant.
    """

    def __init__(self, rows: Sequence[Row], column: str = "case_id") -> None:
        """Enter the rows under the ids in a column."""
        self.keys: dict[str, dict[str, Key]] = defaultdict(dict)
        for row in sorted(rows, key=key):
            self.keys[row[column]].setdefault(row["source"], key(row))

    def find(self, source: str, written: str | None) -> Key | None:
        """Return the key of the row meant by an id, or None."""
        sources = self.keys.get(written, {}) if written is not None else {}
        return next(iter(sources.values())) if len(sources) == 1 else sources.get(source)


def key(row: Row) -> Key:
    """Return the key of a loaded row."""
    return row["source"], row["source_id"]


def courses(inputs: Inputs, until: int) -> tuple[dict[Key, Course], dict[Key, Key], Register]:
    """Return the courses by root, the root of every case, and the register of cases."""
    cases = {key(case): case for case in inputs["case"] if case["opened_at"] <= until}
    register = Register(list(cases.values()))
    roots = {mine: _root(mine, cases, register) for mine in cases}
    steps = defaultdict(list)
    for step in inputs["case_step"]:
        case = register.find(step["source"], step["case_id"])
        if case and step["at"] <= until:
            steps[case].append(step)
    members = defaultdict(list)
    for mine, root in roots.items():
        members[root].append(mine)
    found = {
        root: Course(
            cases[root],
            tuple(cases[mine] for mine in linked),
            _united([span for mine in linked for span in _open_spans(cases[mine], steps[mine], until)]),
        )
        for root, linked in members.items()
    }
    return found, roots, register


def _root(mine: Key, cases: dict[Key, Row], register: Register) -> Key:
    """Climb to the case that has no parent of the same kind and customer."""
    here = mine
    for _ in range(LINKS + 1):
        case = cases[here]
        above = register.find(case["source"], case["parent_case_id"])
        if above is None or any(cases[above][name] != case[name] for name in ("kind", "party_id")):
            return here
        here = above
    return mine


def _open_spans(case: Row, steps: Sequence[Row], until: int) -> list[Span]:
    """Follow one case through its changes of status; what is opened and done at one instant is done."""
    changes = [(case["opened_at"], False, False)]
    changes += [(at, True, False) for name in WRITTEN_ENDS if (at := by(until, case[name])) is not None]
    changes += [(step["at"], step["status"] in DONE, step["actor"] in MACHINES) for step in steps]
    spans: list[Span] = []
    start: int | None = None
    # A machine's hand comes first among those who finish at one instant: it is the better known.
    for at, done, machine in sorted(changes, key=lambda change: (change[0], change[1], not change[2])):
        if at < case["opened_at"]:
            continue
        if not done and start is None:
            start = at
        elif done and start is not None:
            spans.append(Span(start, at, machine))
            start = None
    return spans if start is None else [*spans, Span(start, None)]


def _united(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Join spans that overlap or touch; of those that end last, a machine's end counts."""
    united: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end is None, span.end or 0)):
        last = united[-1] if united else None
        if last is None or (last.end is not None and span.start > last.end):
            united.append(span)
        elif last.end is None or span.end is None:
            united[-1] = Span(last.start, None)
        else:
            end = max(last.end, span.end)
            machine = any(each.machine for each in (last, span) if each.end == end)
            united[-1] = Span(last.start, end, machine)
    return tuple(united)


def restarts(course: Course) -> list[int]:
    """Return the reopenings that follow an end made by a machine."""
    return [span.start for before, span in zip(course.spans, course.spans[1:], strict=False) if before.machine]


def first_written(course: Course, names: Sequence[str], until: int) -> int | None:
    """Return the earliest instant that the cases themselves write in some columns, at or after the opening."""
    times = [by(until, member[name]) for member in course.members for name in names]
    return min((at for at in times if at is not None and at >= course.opened_at), default=None)
