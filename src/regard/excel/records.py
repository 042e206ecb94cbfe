"""What a workbook shows besides metrics: rows of the ledger, requests, registers. Nouns only; the workspace gathers.

Instants are microseconds since 1970-01-01 UTC, durations microseconds, minutes are minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.model import Metric
    from regard.model.interruption import IncidentPage
    from regard.plan import AnswerCell

SECOND_US, DAY_US = 1_000_000, 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of loss of a customer.

    Attributes:
        customer: as people know it.
        incident: what is behind it, "" when nobody declared one.
        order: place of the incident in the engine's order; the undeclared come last.
        planned: whether that is planned work.
        kind, depth, relief: as recorded; depth None where the policy decides.
        start, end: when; None while it goes on.
        size: customers that the customer stands for.
        line: line of the raw file that it came from, 0 where that is not shown.
    """

    customer: str
    incident: str
    order: int
    planned: bool
    kind: str
    depth: float | None
    relief: str
    start: int
    end: int | None
    size: int = 1
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A row of the engine's attributed ledger: a piece of loss, and the part of it that is an incident's."""

    customer: str
    start: int
    end: int
    incident: str
    order: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """A row of the engine's interruptions; `lost` and `relief` in microseconds."""

    customer: str
    start: int
    lost: int
    relief: int
    relieved: bool
    sustained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """What one customer lost, as the engine has it, in minutes."""

    customer: str
    minutes: float
    index: float
    planned: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A period of the ledger: local days [start, end) as instants, and the engine's customer minutes in it."""

    label: str
    start: int
    end: int
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of a metric over the whole stretch of the ledger.

    Attributes:
        title: of the metric, and what it is called in the catalogue.
        unit: of the metric.
        value, lo, hi: what the engine says of everybody; None where it says nothing.
    """

    title: str
    unit: str
    value: float | None
    lo: float | None = None
    hi: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The ledger of some customers, whole: all that they lost, and what the engine makes of it.

    Attributes:
        stages: sorted by customer, start and end.
        shares, interruptions, tolls, months: what the engine makes of them.
        weights: kind of loss -> depth.
        criticality: customer -> weight, of those whose is not 1.
        since, until: the stretch of the figures.
        served: customers served in it on average.
        gap, limit: minutes of K10 and K09; `at_limit` what exactly `limit` minutes are.
        target, long: minutes within which relief must come; minutes that are too many.
        figures: key -> the engine's number, where the ledger here is of everybody; the keys are those of
            `sheets.figures`.
        left_out: what is not here and why, or "".
    """

    stages: tuple[Stage, ...]
    shares: tuple[Share, ...]
    interruptions: tuple[Interruption, ...]
    tolls: tuple[Toll, ...]
    months: tuple[Month, ...]
    weights: Mapping[str, float]
    criticality: Mapping[str, float] = field(default_factory=dict)
    since: int
    until: int
    served: float
    gap: float
    limit: float
    at_limit: str
    target: float
    long: float
    figures: Mapping[str, Figure] = field(default_factory=dict)
    left_out: str = ""

    @property
    def per_day(self) -> int:
        """Ticks of a day in which all its instants are whole: seconds, or milliseconds where they need it."""
        instants = [stage.start for stage in self.stages]
        instants += [stage.end for stage in self.stages if stage.end is not None]
        whole = all(instant % SECOND_US == 0 for instant in (*instants, self.until))
        return DAY_US // SECOND_US if whole else DAY_US // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request of a user: when, and whether it went well (None where nobody knows)."""

    customer: str
    at: int
    ok: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Requests of some users in some minutes, and what the engine makes of them.

    Attributes:
        requests: sorted by customer and instant.
        cutoff: minutes after which a pause is silence.
        up, down: the engine's minutes.
        since, minutes: first minute of the stretch of the worst windows, and how many it has.
        worst: (width in minutes, the engine's worst share or None).
        left_out: what is not here and why, or "".
    """

    requests: tuple[Request, ...]
    cutoff: float
    up: float
    down: float
    since: int
    minutes: int
    worst: tuple[tuple[int, float | None], ...]
    left_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """A row as its file has it, and what the load made of it.

    Attributes:
        line: of the file.
        cells: field -> text.
        rule: the rule that turned it away, "" where it was kept.
    """

    line: int
    cells: Mapping[str, str]
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """The file behind the ledger, row by row.

    Attributes:
        source: name of the source, and the path of its file.
        fields: field of the ledger -> column of the file.
        rows: in their order.
        kinds: kinds of loss that are known; `blank_kind` is what a blank is.
        incidents: incident -> whether it is planned.
        customers: keys that are described.
    """

    source: str
    path: str
    fields: Mapping[str, str]
    rows: tuple[RawRow, ...]
    kinds: tuple[str, ...]
    blank_kind: str
    reliefs: tuple[str, ...]
    blank_relief: str
    incidents: Mapping[str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One series of a metric on a sheet of its own: all of it, or one value of its dimension.

    Attributes:
        label: what it is of; "" for all.
        cells: what the engine says, a cell for each period, oldest first; None for a period without one.
        leaves: for each period the sums that the interval reads, in the order of `Kpi.roles`; () where there are none.
        quantiles: for each period the t, or z, that its interval is so many standard errors wide.
    """

    label: str
    cells: tuple[AnswerCell | None, ...]
    leaves: tuple[tuple[float, ...], ...]
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A metric on a sheet of its own.

    Attributes:
        sheet: name of the sheet.
        source: who asks for it.
        metric: its definition.
        formula: its value in words.
        targets: its target in words, for each part.
        compare: how two periods of its method are compared (`stats.Compare`).
        roles: what the leaves are.
        periods: labels, oldest first.
        chosen: the period that is shown first: the last whole one.
        needed: smallest n that may speak of a change.
        parts: its series.
    """

    sheet: str
    source: str
    metric: Metric
    formula: str
    targets: tuple[str, ...]
    compare: str
    roles: tuple[str, ...]
    periods: tuple[str, ...]
    chosen: str
    needed: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A list that is shown as it is: heads, rows, and what it is for.

    Attributes:
        name: of its sheet.
        title, purpose: what stands on top.
        heads: of its columns.
        rows: cells, text or numbers.
        widths: of the columns in characters.
        empty: what is said where there is no row.
    """

    name: str
    title: str
    purpose: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]
    widths: tuple[float, ...]
    empty: str = "Nothing to show."


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column of loaded rows.

    Attributes:
        name: of the column; `customer` for who it is.
        means: what it says.
        style: of its cells; instants stand as days since day 0 of a sheet, in UTC.
        values: one for each row.
    """

    name: str
    means: str
    style: str
    values: Sequence[str | float | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Rows of a table as they were loaded, without what is personal.

    Attributes:
        table: its name.
        means: what the table is for.
        grain: what one row is.
        fields: its columns, of equal length.
        left_out: what is not here and why, or "".
    """

    table: str
    means: str
    grain: str
    fields: tuple[Field, ...]
    left_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versus:
    """Two definitions side by side.

    Attributes:
        title: what they are taken for each other in.
        a, b: what each is called.
        unit: of the first.
        periods: labels.
        values: (value of a, value of b) for each period.
        why: what differs in words.
    """

    title: str
    a: str
    b: str
    unit: str
    periods: tuple[str, ...]
    values: tuple[tuple[float | None, float | None], ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Everything that a workbook shows besides metrics; what is not there has no sheets.

    Attributes:
        ledger: rows of the ledger.
        seen: requests of users.
        raw: the file behind the ledger.
        kpis: metrics with a sheet of their own.
        incidents: incidents, opened, the costliest first.
        versus: definitions side by side.
        registers: lists.
        loaded: rows as they were loaded.
        every_column: whether those have every column that may leave; None where no rows are shown.
    """

    ledger: Lost | None = None
    seen: Seen | None = None
    raw: Raw | None = None
    kpis: tuple[Kpi, ...] = ()
    incidents: tuple[IncidentPage, ...] = ()
    versus: tuple[Versus, ...] = ()
    registers: tuple[Register, ...] = ()
    loaded: tuple[Loaded, ...] = ()
    every_column: bool | None = None
