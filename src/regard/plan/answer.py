"""What comes back: estimates with their interval, verdicts of change, the cells of an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.model import Calendar, Metric, Period, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with what is known about its chance.

    Attributes:
        value: in the metric's unit; None when it does not exist, and then a flag says why.
        lo, hi: ends of the 95 % interval, None when the method gives none.
        se: standard error in the metric's unit, None when the method gives none.
        n: what the metric says it rests on (answers, customers, orders, ...).
        n_eff: n after the loss to weights or clusters.
        coverage: share of the rows that could be used, None when the metric states none.
        flags: why a value is missing or to be read with care: empty, few, mixed, immature, partial, open, ...
        df: degrees of freedom behind its interval; None where they are without end, or there is no interval.
        why: what is lacking, in words, where the value is missing for more than a flag can say; else "".
    """

    value: float | None
    lo: float | None = None
    hi: float | None = None
    se: float | None = None
    n: float | None = None
    n_eff: float | None = None
    coverage: float | None = None
    flags: tuple[str, ...] = ()
    df: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a change is real (R064): statistical *and* practical.

    Attributes:
        word: `changed`, `changed but small`, `no detectable change`, or `cannot say`.
        change: now minus before, in the metric's own unit (points for percent).
        lo, hi: 95 % interval of the change, None when there is none.
        p: two-sided p value, None when there is none.
        better: True when the change goes the good way, False when it goes the bad way, None when neither is good.
    """

    word: str
    change: float | None = None
    lo: float | None = None
    hi: float | None = None
    p: float | None = None
    better: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCell:
    """One number of an answer.

    Attributes:
        period: the period it is of.
        dims: dimension -> value (None where the row had none); a dimension asked but not in this breakdown is absent.
        estimate: the number.
        target: the active target that applies, or None.
        status: `met`, `missed`, `too close to call`, or None without target or value.
        previous: the number it is compared with (K51), or None.
        verdict: what the comparison says, or None.
    """

    period: Period
    dims: Mapping[str, str | None]
    estimate: Estimate
    target: Target | None = None
    status: str | None = None
    previous: Estimate | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The cells of one metric, and all that is needed to open them.

    Attributes:
        metric: the resolved definition that was used.
        cells: in order of breakdown, dims, period.
        by: the dimensions asked.
        grain: the grain asked.
        calendar: whose days.
        as_of: instant of the snapshot that was read.
        until: instant at which the story is cut.
        snapshot: id of the snapshot, and the version of each table.
        sql: the statements that were run, in order.
        filters: the `--where` text, or "".
        currency: currency of money, or "".
    """

    metric: Metric
    cells: Sequence[AnswerCell]
    by: tuple[str, ...] = ()
    grain: str = "month"
    calendar: Calendar
    as_of: int
    until: int
    snapshot: str = ""
    sql: tuple[str, ...] = ()
    filters: str = ""
    currency: str = ""
    notes: tuple[str, ...] = field(default=())
