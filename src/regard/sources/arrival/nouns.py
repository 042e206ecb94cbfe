"""A mapping before it is written: its lines with why each is a guess, and the questions that a file leaves open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from regard.sources.arrival.profile import Profile
    from regard.sources.arrival.recognise import Recogniser

LINE = ("$file", "$line")
UNSAID = "?"
"""Stands where a person has to say something; `regard check` names its line until it is said."""
ADDED = frozenset({"source", "source_id", "loaded_at", "run_id", "bucket"})
"""Columns that a load adds."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a file cannot tell.

    Attributes:
        source: the source it is about.
        text: the question, in one sentence.
        choices: the answers, () for any that `valid` takes.
        guess: what is taken when nobody answers.
        valid: whether an answer will do.
    """

    source: str
    text: str
    choices: tuple[str, ...]
    guess: str
    valid: Callable[[str], bool] = field(default=lambda _: True, compare=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a mapping: what stands left, what stands right, and why."""

    name: str
    value: object
    why: str = ""


@dataclass(slots=True)
class Filled:
    """A table of a draft.

    Attributes:
        table: its name.
        lines, columns, questions, doubtful, collapse: as in a mapping.
        party: the column that says whose row it is, "" for none.
        into: what the rating of each question is called once it is a row.
    """

    table: str
    lines: list[Line] = field(default_factory=list)
    columns: list[Line] = field(default_factory=list)
    questions: list[Line] = field(default_factory=list)
    doubtful: list[Line] = field(default_factory=list)
    collapse: Mapping[str, Any] | None = None
    party: str = ""
    into: str = "score"


@dataclass(slots=True)
class Draft:
    """A mapping before it is written.

    Attributes:
        name: name of the source.
        profile: its file.
        recogniser: what it was taken for, None for nothing known.
        zone: zone and why, None where times carry one.
        fields, tables: as in a mapping.
        lacking: (table, column) that must not be blank and cannot be filled: why the table is not made.
        used: raw columns that are named.
        unread: raw column -> what of ours it was meant for, where its cells cannot be read so.
        last: newest time of what happened, None when nothing says.
        near: the table that a file which nobody knows is most like, for a person to complete.
        aside: tables that are written as comments, since no file says how many customers there are.
        note: why nothing is made of the file although it is known, "" when something is.
    """

    name: str
    profile: Profile
    recogniser: Recogniser | None
    zone: Line | None = None
    fields: list[Line] = field(default_factory=list)
    tables: list[Filled] = field(default_factory=list)
    lacking: list[tuple[str, str]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    unread: dict[str, str] = field(default_factory=dict)
    last: datetime | None = None
    note: str = ""
    near: Filled | None = None
    aside: list[Filled] = field(default_factory=list)
