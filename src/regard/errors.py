"""Everything that can go wrong, named once; imports nothing from regard.

Two kinds of wrong are kept apart. A mistake of an author (a metric file, a mapping, a row of data) is a *value*: a
`Mistake`, collected so that all of them are shown at once. A mistake of a caller raises:

    RegardError
    ├── AuthorError       carries the collected mistakes of files or of one expression
    ├── QuestionError     a question that cannot be answered (unknown metric, missing dimension, ...)
    ├── AccessError       what somebody's role or scope does not allow
    ├── SourceError       a source that cannot be read (missing file, wrong password, broken archive)
    ├── WorkbookError     a workbook that cannot be read, or that was changed where nothing may be changed
    ├── LoadError         a load that stopped (too many rejects, a concurrent writer)
    └── SetupError        a program, driver or extra that is not installed, with the command that installs it
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing that its author must mend.

    Attributes:
        rule: short stable name of the rule broken, such as `unknown-column`; documented in the reference.
        message: what is wrong, in one sentence that names the value.
        file: path of the file, or "" when there is none (a question typed at the prompt).
        line: line counted from 1, or 0 when unknown.
        column: character in the line counted from 1, or 0 when unknown.
        field: dotted path inside the file, such as `rows.answers.where`.
        value: the text as the author wrote it.
        hint: what to write instead, or "".
    """

    rule: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    field: str = ""
    value: str = ""
    hint: str = ""

    def at(self, file: str, line: int, column: int = 0, field: str = "") -> Mistake:
        """Return the same mistake, placed in a file."""
        return replace(self, file=file, line=line, column=column or self.column, field=field or self.field)

    def __str__(self) -> str:
        """Read as `file:line: field: message (hint) [rule]`, leaving out what is unknown."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        head = ": ".join(part for part in (place, self.field) if part)
        tail = f" ({self.hint})" if self.hint else ""
        return f"{head}: {self.message}{tail} [{self.rule}]" if head else f"{self.message}{tail} [{self.rule}]"


class RegardError(Exception):
    """Base of every error that regard raises on purpose."""

    exit_code = 1


class AuthorError(RegardError):
    """Files or an expression hold mistakes; `mistakes` has all of them, in file order."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        """Collect the mistakes; the text of the error is one line for each."""
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class QuestionError(RegardError):
    """The question cannot be answered as asked; the text says why and what would do."""


class AccessError(RegardError):
    """Somebody asked for what their role or scope does not allow; the text says which."""


class SourceError(RegardError):
    """A source cannot be read."""


class WorkbookError(RegardError):
    """A workbook cannot be read, or does not hold what it must; the text names the file, and the cell where one is."""


class LoadError(RegardError):
    """A load stopped before it was complete; what was committed before stays."""

    exit_code = 2


class SetupError(RegardError):
    """Something that must be installed is not there; the text holds the command."""

    exit_code = 3


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Suggest the nearest of the options, or list them when they are few, or return ""."""
    known = sorted(set(options))
    near = get_close_matches(word.lower(), [option.lower() for option in known], n=1, cutoff=0.6)
    if near:
        match = next(option for option in known if option.lower() == near[0])
        return f"did you mean '{match}'?"
    if 0 < len(known) <= 12:  # noqa: PLR2004 - a list longer than a line of text helps nobody
        return "one of: " + ", ".join(known)
    return ""
