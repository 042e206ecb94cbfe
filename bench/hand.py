"""What a careful analyst would write: one query for each table and way in time, or one for each metric.

The best form found, on the same derived tables: sums of CASE (faster than FILTER), months by a printed search instead
of a zone cast in every row, grouping sets that name the finest set. Left out in its favour: coverage and the check for
mixed scales, which regard computes too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.data import END, START, ZONE
from regard.model import Calendar, Grain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SATISFIED = "case points when 3 then 1 when 10 then 3 when 11 then 3 else 2 end"
EASY = "case points when 3 then 1 when 7 then 3 when 10 then 4 when 11 then 4 else 2 end"
HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Form:
    """How it is written.

    Attributes:
        alone: one query for each metric, whose test is the query's WHERE, instead of one for each table.
        usual: as it is usually written: FILTER, and a zone cast of every instant.
    """

    alone: bool = False
    usual: bool = False


FORMS = {"whole": Form(), "apart": Form(alone=True), "usual": Form(usual=True)}


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as SQL.

    Attributes:
        rows: test that its rows pass, besides that of the way; "" for none.
        total: what is summed over them.
        n: what is counted where it is known.
        scale: what the quotient is multiplied by.
        squared: whether its interval needs the sum of squares.
    """

    rows: str
    total: str
    n: str
    scale: float = 100.0
    squared: bool = False

    def columns(self, name: str, form: Form, *, squares: bool) -> list[str]:
        """Return the aggregates as a form writes them."""

        def over(function: str, value: str) -> str:
            if form.alone or not self.rows:
                return f"{function}({value})"
            if form.usual:
                return f"{function}({value}) filter (where {self.rows})"
            return f"{function}(case when {self.rows} then {value} end)"

        found = [f"{over('sum', self.total)} as {name}_total", f"{over('count', self.n)} as {name}_n"]
        if squares and self.squared:
            found.append(f"{over('sum', f'{self.total} * {self.total}')} as {name}_squares")
        return found


@dataclass(frozen=True, slots=True)
class Way:
    """Metrics that one pass over one table can give.

    Attributes:
        table: the derived table.
        at: the instant that decides the month.
        rows: test that all their rows pass, "" for none.
        metrics: id -> SQL.
        latest: whether only a customer's last answer in a month counts.
    """

    table: str
    at: str
    rows: str
    metrics: dict[str, Metric]
    latest: bool = False


def _net(up: str, down: str) -> str:
    return f"case when {up} then 1 when {down} then -1 end"


def _boxes(boxes: str) -> str:
    return f"(case when from_top < {boxes} then 1 else 0 end) - (case when from_bottom < {boxes} then 1 else 0 end)"


KINDS = "kind in ('support', 'complaint')"
LOW = "question_kind = 'ces' and polarity = 'low_good'"

WAYS = (
    Way(
        "response_seq",
        "answered_at",
        "",
        {
            "nps": Metric("question_kind = 'nps'", _net("score >= 9", "score <= 6"), "score"),
            "csat_top2": Metric("question_kind = 'csat'", _net(f"from_top < {SATISFIED}", "false"), "from_top"),
            "csat_index": Metric("question_kind = 'csat'", "score01", "score01", squared=True),
            "csat_net": Metric("question_kind = 'csat'", _boxes(SATISFIED), "from_top"),
            "ces_mean": Metric(LOW, "score", "score", 1.0, squared=True),
            "ces_ease": Metric("question_kind = 'ces'", "score01", "score01", squared=True),
            "ces_net": Metric("question_kind = 'ces'", _boxes(EASY), "from_top"),
        },
        latest=True,
    ),
    Way(
        "case_clock",
        "opened_at",
        KINDS,
        {
            "frt": Metric("", f"first_reply / {HOUR}.0", "first_reply", 1.0),
            "frt_in_target": Metric(
                "",
                _net(f"first_reply <= {2 * HOUR}", "false"),
                f"case when first_reply is not null or reply_elapsed > {2 * HOUR} then 1 end",
            ),
        },
    ),
    Way(
        "case_clock",
        "resolved_at",
        KINDS,
        {
            "resolution_time": Metric("", f"resolution / {HOUR}.0", "resolution", 1.0),
            "resolution_in_target": Metric("", _net(f"resolution <= {24 * HOUR}", "false"), "resolution"),
            "customer_time": Metric("", f"customer_time / {HOUR}.0", "customer_time", 1.0),
            "reopen_rate": Metric("resolved", _net("reopened > 0", "false"), "1"),
            "fcr_seed": Metric("", _net("one_contact", "false"), "one_contact"),
        },
    ),
)
"""The scorecard. Medians and quantiles are left out: they do not add, and nothing can be shared between them."""

METRICS = tuple(name for way in WAYS for name in way.metrics)
SETS = (("segment", "channel"), ("segment",), ("channel",), ())


@dataclass(frozen=True, slots=True)
class Asked:
    """How the scorecard is asked.

    Attributes:
        latest: whether only a customer's latest answer in a month counts (K22), or every one.
        intervals: whether what intervals need is computed: squares, and the sums of 32 replicates.
    """

    latest: bool = True
    intervals: bool = False

    def replicated(self, way: Way) -> bool:
        """Whether a table's metrics need replicates: not where each customer has one row."""
        return self.intervals and not (way.latest and self.latest)


VARIANTS = {
    "plain": Asked(),
    "intervals": Asked(intervals=True),
    "every": Asked(latest=False, intervals=True),
}


def queries(asked: Asked, form: Form) -> list[str]:
    """Return one query for each metric, or for each table and way in time with every conditional aggregate."""
    if form.alone:
        return [
            _query(way, asked, [name], [way.rows, metric.rows], form)
            for way in WAYS
            for name, metric in way.metrics.items()
        ]
    return [_query(way, asked, way.metrics, [way.rows], form) for way in WAYS]


def bounds() -> list[int]:
    """Return the instants at which the months begin, and the end of the last."""
    periods = Calendar(ZONE).periods(START, END, Grain.MONTH)
    return [*(period.start_us for period in periods), periods[-1].end_us]


def _query(way: Way, asked: Asked, names: Iterable[str], rows: Iterable[str], form: Form) -> str:
    replicated = asked.replicated(way)
    squares = asked.intervals and not replicated
    columns = [c for name in names for c in way.metrics[name].columns(name, form, squares=squares)]
    edges = bounds()
    month, ends = (_search(way.at, edges[1:-1], found) for found in (range(len(edges) - 1), edges[1:]))
    last = f"next_at >= {ends}"
    if form.usual:
        month, after = (f"datediff('month', date '{START}', {_local(at)})" for at in (way.at, "next_at"))
        last = f"{after} > {month}"
    tests = [*(test for test in rows if test), f"{way.at} >= {edges[0]}", f"{way.at} < {edges[-1]}"]
    if way.latest and asked.latest:
        tests.append(f"(next_at is null or {last})")
    hidden = [("bucket",), ()] if replicated else [()]
    sets = [("month", *dims, *more) for more in hidden for dims in SETS]
    heads = ["month", "segment", "channel", *hidden[0]]
    grouped = [f"grouping({head}) as no_{head}" for head in heads[1:]]
    return (
        f"select {', '.join(heads)}, {', '.join(grouped)},\n  " + ",\n  ".join(columns) + "\n"
        f"from (\n  select *, {month} as month\n  from {way.table}\n"
        f"  where {' and '.join(tests)}\n)\n"
        f"group by grouping sets ({', '.join('(' + ', '.join(one) + ')' for one in sets)})"
    )


def _local(at: str) -> str:
    return f"timezone('{ZONE}', make_timestamptz({at}))"


def _search(value: str, edges: Sequence[int], results: Sequence[int]) -> str:
    """Return SQL of `results[number of edges <= value]`."""
    if not edges:
        return str(results[0])
    middle = len(edges) // 2
    low = _search(value, edges[:middle], results[: middle + 1])
    high = _search(value, edges[middle + 1 :], results[middle + 1 :])
    return f"case when {value} < {edges[middle]} then {low} else {high} end"
