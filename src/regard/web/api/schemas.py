"""The schemas of the API: what may be asked, each value strict and plain; and what is answered.

Nothing structured is ever taken in: every parameter is a text of a known shape, a number within bounds or one of a
list, and a parameter that is not known is refused. Tests in the metric language are parsed by its own closed parser.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

T = TypeVar("T")

MOST_CELLS = 10_000
"""Numbers of one response, at most."""
MOST_ITEMS = 1_000
"""Items of one page of a list, at most."""
DEEPEST = 10_000_000
"""No list is longer: an offset beyond is a mistake."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_:.\- ]{0,79}$")]
"""A metric, an alias, a dimension, a source."""
Key = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
"""An id or key as a source wrote it."""
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")]
PeriodText = Annotated[
    str,
    StringConstraints(
        pattern=r"^([0-9]{4}(-?[Qq][1-4]|-?[Ww][0-9]{1,2}|-[0-9]{2}(-[0-9]{2})?)?|[Ff][Yy]-?[0-9]{4}(-?[Qq][1-4])?)$"
    ),
]
Instant = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{5,15}(Z|[+-][0-9:]{5})?)?$")
]
Setting = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,20}=[A-Za-z0-9_.\-]{1,60}$")]
Test = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f]*$")]
GrainName = Literal["day", "week", "month", "quarter", "year", "all"]
FormatName = Literal["json", "csv"]


class Strict(BaseModel):
    """Parameters: what is not declared is refused."""

    model_config = ConfigDict(extra="forbid")


class Paged(Strict):
    """Which part of a list."""

    limit: int = Field(100, ge=1, le=MOST_ITEMS, description="items of a page")
    offset: int = Field(0, ge=0, le=DEEPEST, description="items to pass over")
    format: FormatName = Field("json", description="json, or csv for spreadsheets")


class Span(Strict):
    """Which days, and what was known when."""

    from_: Day | None = Field(None, alias="from", description="first day, month or year")
    to: Day | None = Field(None, description="the day after the last; a month or year is taken in whole")
    as_of: Instant | None = Field(None, description="what we knew then")
    until: Instant | None = Field(None, description="where the story is cut")


class Asked(Span):
    """A question, as on the command line."""

    metric: list[Name] = Field(min_length=1, max_length=20, description="ids or aliases; may be repeated")
    by: list[Name] = Field([], max_length=4, description="dimensions to cut by; may be repeated")
    grain: GrainName = Field("month", description="length of the periods")
    where: Test = Field("", description="test on dimensions, such as segment = 'b2b'")
    set: list[Setting] = Field([], max_length=20, description="choices, such as K22=every")
    compare: Literal["previous", "year", "none"] = Field("previous", description="what each period is compared with")
    as_now: bool = Field(default=False, description="cut by what customers are today")
    intervals: bool = Field(default=True, description="whether to compute intervals")
    limit: int = Field(MOST_CELLS, ge=1, le=MOST_CELLS, description="numbers of a page")
    offset: int = Field(0, ge=0, le=DEEPEST, description="numbers to pass over")
    format: FormatName = Field("json", description="json, or csv for spreadsheets")


class Warehouse(Strict):
    """For which warehouse a script is printed."""

    dialect: Literal["postgres", "snowflake", "bigquery", "redshift", "databricks", "duckdb"] = "postgres"


class Opened(Strict):
    """Which number to open."""

    period: PeriodText = Field(description="2026-03, 2026-Q1, 2026, FY2027-Q1, 2026-W10 or 2026-03-05")
    set: list[Setting] = Field([], max_length=20, description="choices, such as K22=every")


class Chosen(Strict):
    """With which choices a definition is shown."""

    set: list[Setting] = Field([], max_length=20, description="choices, such as K22=every")


class MetricsAsked(Paged):
    """Which definitions."""

    q: Annotated[str, StringConstraints(max_length=80)] = Field("", description="words of id, title or question")
    family: Name | None = None


class FindingsAsked(Paged):
    """Which findings."""

    kind: Literal["dq", "anomaly", "alert", "reconcile", "privacy"] | None = None
    status: Literal["open", "ack", "resolved", "dismissed", "all"] = "open"
    rule: Name | None = None
    source: Name | None = None


class ReadyAsked(Paged):
    """Which metrics."""

    state: Literal["ready", "needs", "not applicable"] | None = None


class ImpactAsked(Span):
    """How to break minutes lost down."""

    by: list[Name] = Field(["cause"], min_length=1, max_length=4, description="dimensions; may be repeated")
    grain: GrainName = "all"


class Cut(Strict):
    """What was known when."""

    as_of: Instant | None = Field(None, description="what we knew then")
    until: Instant | None = Field(None, description="where the story is cut")


class Tickets(Cut):
    """Which tickets."""

    case: list[Key] = Field(min_length=1, max_length=50, description="ids of tickets; may be repeated")


class Looked(Strict):
    """How numbers are looked at, as in the address of a page."""

    grain: Literal["day", "week", "month", "quarter", "year"] | None = Field(None, description="length of the periods")
    from_: Day | None = Field(None, alias="from", description="first day, month or year")
    to: Day | None = Field(None, description="the day after the last; a month or year is taken in whole")
    where: Test = Field("", description="test on dimensions, such as segment = 'b2b'")
    compare: Literal["previous", "year"] = Field("previous", description="what each period is compared with")
    set: list[Setting] = Field([], max_length=20, description="choices, such as K22=every")
    as_of: Instant | None = Field(None, description="what we knew then")


class BoardAsked(Looked, Paged):
    """How a board is looked at."""


class PartsAsked(Looked, Paged):
    """Along which dimension a number is taken apart."""

    by: Name = Field(description="the dimension")


class CompareAsked(Looked):
    """Which two numbers are held against each other."""

    metric: Name = Field(description="id or alias")
    a: Key = Field(description="the earlier period, or the part that is held against")
    b: Key = Field(description="the later period, or the part that is asked about")
    by: Name | None = Field(None, description="the dimension of which a and b are parts; none where they are periods")
    format: FormatName = Field("json", description="json, or csv for spreadsheets")


class ReportAsked(Strict):
    """Which report, and in which form."""

    period: Day | None = Field(None, description="a day, month or year of the period; by default the last that is over")
    incident: Key | None = Field(None, description="the incident, where the report is about one")
    format: Literal["json", "html", "pdf"] = Field("json", description="json, or the document to keep")


# --- what is answered -------------------------------------------------------------------------------------------------


class Told(BaseModel):
    """What is answered; more may be added in later versions."""

    model_config = ConfigDict(extra="allow")


class TargetTold(Told):
    """A target: an interval of good values."""

    lo: float | None
    hi: float | None
    lo_incl: bool
    hi_incl: bool
    kind: str
    source: str


class CellTold(Told):
    """One number. A missing value is null with a flag that says why, never 0."""

    period: str
    dims: dict[str, str | None]
    value: float | None
    lo: float | None = Field(description="lower end of the 95 % interval")
    hi: float | None = Field(description="upper end of the 95 % interval")
    n: float | None = Field(description="what it rests on")
    n_eff: float | None
    coverage: float | None = Field(description="share of rows that could be used")
    flags: list[str]
    why: str | None = Field(None, description="what it needs that is not there, where that is why it is missing")
    target: TargetTold | None
    status: str | None = Field(description="met, missed or too close to call")
    previous: float | None
    change: float | None
    change_verdict: str | None


class AnswerTold(Told):
    """An answer: the numbers of one metric, with definition, snapshot and filters."""

    metric: str
    version: int
    unit: str
    good: str
    as_of: str
    zone: str
    cells: list[CellTold]
    definition: dict[str, Any]
    snapshot: str


class WorkspaceTold(Told):
    """What the workspace is, and what it knows."""

    name: str
    zone: str
    currency: str
    snapshot: str | None = Field(description="version of the data: equal means nothing changed")
    as_of: str | None
    metrics: int
    sources: int


class MetricTold(Told):
    """A definition in short."""

    metric: str
    version: int
    title: str
    question: str
    family: str
    unit: str
    good: str
    status: str
    dims: list[str]


class DimensionTold(Told):
    """A way to cut numbers."""

    dimension: str
    title: str
    means: str


class FindingTold(Told):
    """What somebody should look at."""

    id: str
    kind: str
    rule: str
    severity: str
    status: str
    scope: dict[str, str]
    count: int
    at: str
    message: str


class ReadyTold(Told):
    """Whether the data can answer a metric."""

    metric: str
    state: str
    why: str
    n: float | None


class SourceTold(Told):
    """How old a source is."""

    source: str
    state: str
    why: str
    read_at: str | None
    newest: str | None
    due_at: str | None
    every_s: float | None
    rows: int
    refused: int


class TableTold(Told):
    """How old a table is, and which metrics rest on it."""

    table: str
    state: str
    allowed_s: float
    read_at: str | None
    sources: list[str]
    metrics: list[str]


class FreshnessTold(Told):
    """How old everything is."""

    now: str
    sources: list[SourceTold]
    tables: list[TableTold]


class SnapshotTold(Told):
    """A version of the data."""

    snapshot: str
    at: str
    run: str


class BoardTold(Told):
    """A board, or a report, in short."""

    id: str
    title: str
    means: str
    of: str = Field(description="what it is about: a period, or an incident")
    grain: str
    own: bool = Field(description="whether the workspace wrote it")


class TileTold(Told):
    """One number of a board, with everything that is read with it."""

    group: str
    metric: str
    title: str
    part: str
    period: str
    value: float | None
    lo: float | None
    hi: float | None
    verdict: str
    real: bool = Field(description="whether the change is real, also beside all others of the board")
    status: str
    state: str
    why: str = Field(description="why there is no value, or empty")


class PartTold(Told):
    """A part of a number, beside all the rest."""

    member: str | None
    value: float | None
    lo: float | None
    hi: float | None
    n: float | None
    flags: list[str]
    rest: float | None
    difference: float | None
    difference_lo: float | None
    difference_hi: float | None
    verdict: str | None
    real: bool = Field(description="whether the difference is real, also beside all other parts")
    own: float | None = Field(description="what it added to the change of the whole by its own change")
    mix: float | None = Field(description="what it added by the change of its weight")


class SideTold(Told):
    """One of two numbers."""

    label: str
    value: float | None
    lo: float | None
    hi: float | None
    n: float | None
    flags: list[str]


class ComparedTold(Told):
    """Two numbers, held against each other."""

    metric: str
    version: int
    unit: str
    by: str | None
    period: str
    a: SideTold
    b: SideTold
    difference: float | None
    lo: float | None
    hi: float | None
    p: float | None
    verdict: str
    detectable: float | None = Field(description="the smallest true difference that these would show in 4 of 5 cases")


class Page(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    total: int
    next: str | None = Field(description="address of the next page, null on the last")


class BoardPage(Page[TileTold]):
    """The numbers of a board, and what they say together."""

    board: str
    title: str
    summary: str
    context: str = Field(description="snapshot, cut, zone and filters in one line")
    conflicts: list[str]


class PartsPage(Page[PartTold]):
    """A number taken apart along a dimension."""

    metric: str
    version: int
    unit: str
    dimension: str
    period: str
    whole: SideTold
    change: float | None
    context: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    mistakes: list[dict[str, Any]] = []
