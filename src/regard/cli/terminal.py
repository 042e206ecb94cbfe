"""Where things are written: tables and marks in a terminal, wide lines in a pipe, colours only where they are wanted.

A colour never says anything alone: every status has its mark and its word. `NO_COLOR` is respected.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bars, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as Drawn
from rich.text import Text

from regard.present import sparkline, table as tables, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from regard.errors import Mistake
    from regard.sources import Progress

WIDE = 200
"""Characters of a line where nobody said how many there are: a pipe or a file loses no column."""

STYLES = {
    words.GOOD: "green",
    words.BAD: "red",
    words.UNSURE: "yellow",
    words.FAINT: "dim",
    words.PLAIN: "",
}

ASCII = str.maketrans(
    {
        **{mark.sign: mark.plain for mark in (*words.STATUS.values(), words.UP, words.DOWN, words.NO_WORD)},
        **dict(zip(sparkline.BLOCKS, "_.,-~=+#", strict=True)),
    }
)
"""For terminals that know no other signs."""

GAP = 2
"""Characters between two columns."""

CONTROLS = {
    sign: f"\\u{sign:04x}"
    for sign in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    if chr(sign) not in "\n\t"
}
"""What a terminal would obey, or turn round, instead of showing it; data may hold it. Shown as JSON writes it."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """The two places to write to.

    Attributes:
        out: results.
        err: progress, remarks, errors.
    """

    out: Console
    err: Console

    @classmethod
    def standard(cls) -> Terminal:
        """Return stdout and stderr as they are now."""
        return cls(out=_console(stderr=False), err=_console(stderr=True))

    @property
    def width(self) -> int:
        """Characters of a line of results."""
        return self.out.width

    def table(self, made: tables.Table, *, err: bool = False) -> None:
        """Draw a table, leaving out its least weighty columns where there is no room."""
        console = self.err if err else self.out
        fitting = tables.fit(made, console.width, between=GAP)
        drawn = Drawn(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
        for column in fitting.columns:
            drawn.add_column(
                self._plain(column.title, console), justify="right" if column.right else "left", no_wrap=not column.wrap
            )
        for row in fitting.rows:
            drawn.add_row(*(Text(self._plain(cell.text, console), style=STYLES[cell.tone]) for cell in row))
        if made.title:
            self.say(made.title, style="bold", err=err)
        console.print(drawn)
        for note in fitting.notes:
            self.say(note, tone=words.FAINT, err=err)

    def say(self, text: str = "", *, tone: str = words.PLAIN, style: str = "", err: bool = False) -> None:
        """Write a line of results (of remarks with `err`), wrapped by the terminal alone so that it can be copied."""
        console = self.err if err else self.out
        console.print(Text(self._plain(text, console), style=style or STYLES[tone]), soft_wrap=True)

    def heading(self, text: str) -> None:
        """Write the head of a part of the results."""
        self.say(text, style="bold")

    def remark(self, text: str) -> None:
        """Say something beside the results."""
        self.say(text, tone=words.FAINT, err=True)

    def error(self, text: str) -> None:
        """Say what went wrong."""
        self.err.print(Text.assemble(("error: ", "bold red"), self._plain(text, self.err)), soft_wrap=True)

    def mistakes(self, found: Sequence[Mistake], *, err: bool = True) -> None:
        """Write every mistake with its place, what is wrong, what was written, the rule and what to write instead."""
        console = self.err if err else self.out
        for each in found:
            place = ":".join(str(part) for part in (each.file, each.line, each.column) if part)
            head = Text(self._plain(place or "here", console), style="bold")
            head.append(self._plain(f": {each.field}" if each.field else "", console), style="not bold")
            console.print(head, soft_wrap=True)
            said = [(f"  {words.STATUS['missed'].sign} {each.message} [{each.rule}]", "red")]
            if each.value and each.value not in each.message:
                said.append((f"    written: {each.value}", "dim"))
            if each.hint:
                said.append((f"    {each.hint}", "cyan"))
            for text, style in said:
                console.print(Text(self._plain(text, console), style), soft_wrap=True)

    def json(self, document: object) -> None:
        """Write exactly one JSON document, with neither colour nor wrapping.

        Raises:
            ValueError: it holds a NaN.
        """
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2, default=str)
        # In JSON they stand only in texts, where their escape says the same.
        self.raw(text.translate(CONTROLS) + "\n")

    def raw(self, text: str) -> None:
        """Write a text to stdout just as it is; to a terminal, without what the terminal would obey."""
        self.out.file.write(text.translate(CONTROLS) if self.out.is_terminal else text)
        self.out.file.flush()

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Show how far each of several things is; where stderr is no terminal nothing moves."""
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Bars(*columns, console=self.err, transient=True, disable=not self.err.is_terminal) as bars:
            tasks = {}

            def tell(source: str, done: int, total: int | None) -> None:
                if source not in tasks:
                    tasks[source] = bars.add_task(source, total=total)
                bars.update(tasks[source], completed=done, total=total)

            yield tell

    @staticmethod
    def _plain(text: str, console: Console) -> str:
        text = text.translate(CONTROLS)
        try:
            text.encode(console.encoding)
        except UnicodeEncodeError:
            text = text.translate(ASCII).encode(console.encoding, "backslashreplace").decode(console.encoding)
        return text


def beside(left: Iterable[str], right: Iterable[str], width: int) -> list[str]:
    """Return two columns of text as lines; the right one begins in the middle."""
    half = width // 2
    left, right = list(left), list(right)
    rows = max(len(left), len(right))
    left += [""] * (rows - len(left))
    right += [""] * (rows - len(right))
    return [f"{a}{' ' * (half - tables.columns_wide(a))}{b}".rstrip() for a, b in zip(left, right, strict=True)]


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDE
    return console
