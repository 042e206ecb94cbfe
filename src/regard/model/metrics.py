"""The nouns of a metric: row set, leaf, interval, target, metric. All frozen, all resolved: no option is left open."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.expr import Node
    from regard.model.time import Window


class Kind(StrEnum):
    """The five kinds of metric (METRICS.md section 1)."""

    ORDINARY = "ordinary"
    ACROSS = "across tables"
    COMPOSED = "composed"
    GRAIN = "at the grain"
    METHOD = "by method"


class Status(StrEnum):
    """Where a definition stands; the last five are governance's."""

    PLANNED = "planned"
    SHIPPED = "shipped"
    LOCAL = "local"
    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class Good(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"
    BAND = "band"
    NONE = "none"


FLAGS = ("open", "estimated", "unknown")
"""Flags that a metric may raise by a formula of its own; the others are raised by what computes it."""


@dataclass(frozen=True, slots=True)
class Keep:
    """One row per key and period: the last by `by` among the rows with the same `per`.

    The derived table carries `next_at`, the time of the next row of the same key, so keeping is an ordinary filter:
    a row is kept if its `next_at` is blank or not before the period's end.
    """

    by: str
    per: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Per:
    """Reduce to one row per key and period with named sums, over which the leaves then run.

    Attributes:
        keys: columns, of which the first is the party.
        sums: name -> row expression that is summed.
    """

    keys: tuple[str, ...]
    sums: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSet:
    """One table, one filter, and one answer to "in which period is this row?".

    Exactly one of `at`, `over` and `standing` is set.

    Attributes:
        table: table or derived table.
        arguments: arguments of the derived table, as (name, value) pairs, sorted.
        where: test on a row, or None for every row.
        at: column with the instant whose period the row belongs to.
        delay: microseconds added to `at` (COM-04 counts an order at its first instant + 365 d).
        over: columns of the span that is split over periods (`overlap`, `part`).
        standing: `start` or `end`: the row counts if its span holds the period's first (last) instant.
        span: columns of the span of a standing row set.
        window: stretch that ends with the period, or None for the period itself.
        keep: one row per key and period, or None.
        per: reduce to one row per key and period, or None.
        matures: microseconds after `at` during which a row is not ripe; unripe rows are left out, cells flagged.
        same: columns that must not differ within a cell; where they do the cell is blank and flagged `mixed`.
        shift: microseconds by which a span is moved later (K43: spend precedes customers).
    """

    table: str
    arguments: tuple[tuple[str, str | float], ...] = ()
    where: Node | None = None
    at: str = ""
    delay: int = 0
    over: tuple[str, str] | None = None
    standing: str = ""
    span: tuple[str, str] | None = None
    window: Window | None = None
    keep: Keep | None = None
    per: Per | None = None
    matures: int = 0
    same: tuple[str, ...] = ()
    shift: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """How a metric's interval is made.

    Attributes:
        method: name of a method of `stats`: proportion, net_share, mean, ratio, rate, order, greenwood, exact, ...
        of: leaves the method reads, by role order of the method (such as successes, n).
        replicate: party, incident or day: the hidden grouping of the same leaves; "" for none.
    """

    method: str
    of: tuple[str, ...] = ()
    replicate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The value of a metric by method, by element of time.

    Attributes:
        grain: what an element is: `day`, or `minute` of what a span table says is up and down.
        window: how far before the year of a period it begins, or None for the period alone.
    """

    grain: str
    window: Window | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An interval a value should be in, with open or closed ends (K55).

    Attributes:
        metric: id of the metric.
        lo, hi: ends, None where there is none.
        lo_incl, hi_incl: whether the end itself is good.
        scope: dimension values the target is for, such as channel=phone; () for the whole.
        source: who says so.
        assumed: what had to be assumed to read it, or "".
        effective_from, effective_to: ISO days between which it holds, "" for no end.
        kind: target, benchmark, threshold or baseline; only a target and a threshold have a status.
        licence: under which a benchmark may be shown, or "".
    """

    metric: str
    lo: float | None = None
    hi: float | None = None
    lo_incl: bool = True
    hi_incl: bool = True
    scope: tuple[tuple[str, str], ...] = ()
    source: str = ""
    assumed: str = ""
    effective_from: str = ""
    effective_to: str = ""
    kind: str = "target"
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A `$parameter` of a metric: its value and between what it may be edited."""

    value: float | str
    lo: float | None = None
    hi: float | None = None
    editable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What one option of the choice register does to one metric.

    Attributes:
        id: K22.
        options: option name -> what it sets; the default sets nothing. What it sets is a mapping of dotted fields of
            the metric's file to new text, or `metric` to another metric's id.
        default: name of the option in force.
    """

    id: str
    options: Mapping[str, Mapping[str, object]]
    default: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A resolved metric: references expanded, options applied, every expression a checked tree.

    Attributes:
        id: its one id.
        version: the author's.
        status: where the definition stands.
        kind: which of the five kinds.
        title, question, words: for people; `words` is the plain-words printing of the tree.
        rows: row sets by name.
        leaves: leaves by name, each a call of a leaf or second-kind function on a row set.
        value, n: arithmetic over leaves.
        parameters: `$name` -> setting.
        unit: percent, points, money, h, min, s, days, years, ratio, count, score, ... ; percent changes in points.
        good: which way is better.
        interval: how its interval is made.
        target: the default target of the seeds, offered but never active by itself.
        coverage: leaf expressions (have, all): the share of rows that could be used, or None.
        flags: one of `FLAGS` -> arithmetic over leaves; a cell bears the flag where it is above 0.
        min_change: practical minimum of a change, in the metric's unit; None when none is set.
        show_from_n, alert_from_n: below the first the value is shown greyed, below the second it raises no alert.
        dims: dimensions it may be cut by.
        by_default: dimensions it is always cut by.
        repeat: row set -> dimensions over which the whole of it stands beside each group.
        family, level, grain, drives, decision, owner, citation: see MODEL.md section 2.5.
        sensitivity: public, internal, personal or special: whoever sees less does not see its numbers.
        choices: the options of the choice register that touch it, with the one in force.
        method: the named method of a metric by method, or "".
        series: the elements of time that its method reads, or None.
        methods_pending: why a planned metric cannot be computed yet, or "".
        options_set: options that differ from the default, as asked.
        differs: choices and fields in which a workspace's file differs from the shipped one, whose id it bears.
        hash: of the resolved tree with options, policies and derived-table arguments.
        file, line: where it is defined.
    """

    id: str
    version: int
    status: Status
    kind: Kind
    title: str
    question: str = ""
    words: str = ""
    rows: Mapping[str, RowSet]
    leaves: Mapping[str, Node]
    value: Node
    n: Node | None = None
    parameters: Mapping[str, Setting] = field(default_factory=dict)
    unit: str = ""
    good: Good = Good.NONE
    interval: Interval = Interval(method="exact")
    target: tuple[Target, ...] = ()
    coverage: tuple[Node, Node] | None = None
    flags: Mapping[str, Node] = field(default_factory=dict)
    min_change: float | None = None
    show_from_n: int = 30
    alert_from_n: int = 100
    dims: tuple[str, ...] = ()
    by_default: tuple[str, ...] = ()
    repeat: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    family: str = ""
    code: str = ""
    """Id of the catalogue line, such as VOC-03; named variants share it."""
    level: str = ""
    grain: str = ""
    drives: tuple[str, ...] = ()
    decision: str = ""
    owner: str = ""
    sensitivity: str = "internal"
    citation: str = ""
    choices: tuple[Choice, ...] = ()
    method: str = ""
    series: Series | None = None
    pending: str = ""
    options_set: tuple[tuple[str, str], ...] = ()
    differs: tuple[str, ...] = ()
    hash: str = ""
    file: str = ""
    line: int = 0
