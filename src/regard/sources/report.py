"""What a load says about itself: for each source what came in, what was turned away and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.lake import Commit


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What became of one source.

    Attributes:
        name: the source.
        skipped: whether it was left alone because nothing had changed; the numbers are then those of its last load.
        rows: raw rows read.
        loaded: table -> good rows.
        rejected: (table, rule, field) -> rows turned away; a row that breaks two rules counts in both.
        refused: raw rows (rows of the table, for checks over several rows) turned away, each counted once.
        notes: (table, note, field) -> rows, such as `clock-gap`, `repeated`, `updated`.
        inputs: part (file, query) -> hash of its content.
    """

    name: str
    skipped: bool = False
    rows: int = 0
    loaded: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    refused: int = 0
    notes: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)

    def exceeds(self, limit: float) -> str:
        """Return in words that more was turned away than a share of the rows."""
        share = 100 * self.refused / self.rows if self.rows else 100.0
        return (
            f"source {self.name}: {self.refused} of {self.rows} rows were turned away ({share:.2f} %), "
            f"more than {100 * limit:g} %"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a load did.

    Attributes:
        run_id: the run.
        clock: instant of the load; of a resumed load, that at which it began.
        resumed: whether it continued one that was killed.
        sources: what became of each source.
        commits: what was written to each table.
        snapshot: id of the snapshot that shows it, "" when there is none.
    """

    run_id: str
    clock: int
    resumed: bool = False
    sources: tuple[SourceReport, ...] = ()
    commits: tuple[Commit, ...] = ()
    snapshot: str = ""

    @property
    def rows(self) -> int:
        """Raw rows read."""
        return sum(one.rows for one in self.sources if not one.skipped)

    @property
    def refused(self) -> int:
        """Rows turned away, each counted once."""
        return sum(one.refused for one in self.sources if not one.skipped)


class RejectsError(LoadError):
    """More rows of a source were turned away than its limit allows; the good rows are in, the report says which."""

    def __init__(self, message: str, report: Report) -> None:
        """Carry the report."""
        super().__init__(message)
        self.report = report
