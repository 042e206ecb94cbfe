"""SQL of effects: outcomes of customer-months beside the minutes that they lost.

For the embedded engine. A customer-month counts where the customer was served all the while whose losses count, so that
stretches are alike and nobody who left early looks as if it had lost less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.expr import MINUTE_US
from regard.model import DAY_US
from regard.sql.derived.steps import Step, double, query
from regard.sql.interruption import root
from regard.sql.upkeep import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.model import Period

POINTS = "100.0 * (score - scale_min) / NULLIF(scale_max - scale_min, 0)"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an outcome of a customer-month is found.

    Attributes:
        step: makes `outcome`, by `party_id` and `number` of the month.
        value: of a customer-month; blank where none is known, so that it is left out.
        at: instant to which a longer stretch of losses runs.
        due: money that was at stake in it.
    """

    step: Step
    value: str
    at: str = "panel.end_at"
    due: str = "0"


OUTCOMES: Mapping[str, Outcome] = {
    "tickets": Outcome(
        Step(
            "outcome",
            "tickets and complaints of the month",
            """
            SELECT root.top AS party_id, month.number, CAST(COUNT(*) AS DOUBLE) AS y
            FROM "case" JOIN root ON root.party_id = "case".party_id
            JOIN month ON opened_at >= month.start_at AND opened_at < month.end_at
            WHERE "case".kind IN ('support', 'complaint')
            GROUP BY root.top, month.number
            """,
        ),
        "COALESCE(outcome.y, 0)",
    ),
    "csat": Outcome(
        Step(
            "outcome",
            "satisfaction told in the month, 0 worst to 100 best",
            f"""
            SELECT
              root.top AS party_id, month.number,
              AVG(CASE WHEN polarity = 'low_good' THEN 100 - {POINTS} ELSE {POINTS} END) AS y
            FROM response JOIN root ON root.party_id = response.party_id
            JOIN month ON answered_at >= month.start_at AND answered_at < month.end_at
            WHERE question_kind = 'csat' AND score IS NOT NULL AND duplicate_of IS NULL
            GROUP BY root.top, month.number
            """,
        ),
        "outcome.y",
    ),
    "leaving": Outcome(
        Step(
            "outcome",
            "who left in the month after",
            """
            SELECT party_id, number, CASE WHEN left_at < next_at THEN 1.0 ELSE 0.0 END AS y
            FROM panel
            """,
        ),
        "outcome.y",
    ),
    "renewal": Outcome(
        Step(
            "outcome",
            "contract terms that fell due in the month after, and were renewed or not",
            """
            SELECT
              root.top AS party_id, month.number, AVG(CASE WHEN renewed THEN 1.0 ELSE 0.0 END) AS y,
              MIN(due_at) AS due_at, SUM(COALESCE(amount, 0)) AS due
            FROM contract_term JOIN root ON root.party_id = contract_term.party_id
            JOIN month ON due_at >= month.end_at AND due_at < month.next_at
            GROUP BY root.top, month.number
            """,
        ),
        "outcome.y",
        at="outcome.due_at",
        due="outcome.due",
    ),
}
"""Outcome -> how it is found."""

AHEAD = frozenset({"leaving", "renewal"})
"""Outcomes of the month after."""

KINDS = ("outage", "data_loss", "degraded", "workaround")
"""Kinds of loss that take minutes."""


def _panel(
    ledger: str, outcome: str, months: Sequence[Period], after: int, days: int = 0, picked: str = "TRUE"
) -> list[Step]:
    """Return the steps that make `known`: customer-months with minutes by kind, activity and the outcome `y`.

    Minutes and activity are of the month, or of so many days to its end or to the instant that the outcome names;
    customers are picked by what they were when the stretch ended.
    """
    ends = [*(month.end_us for month in months[1:]), after]
    values = ", ".join(
        f"({i}, {month.start_us}, {month.end_us}, {end})"
        for i, (month, end) in enumerate(zip(months, ends, strict=True))
    )
    by_kind = ", ".join(f"SUM(lost) FILTER (WHERE kind = '{kind}') AS {kind}" for kind in KINDS)
    kinds = ", ".join(f"COALESCE(loss.{kind}, 0) AS {kind}" for kind in KINDS)
    told = OUTCOMES[outcome]
    since, to = (f"{told.at} - {days * DAY_US}", told.at) if days else ("panel.start_at", "panel.end_at")
    return [
        Step("month", "months", f"SELECT * FROM (VALUES {values}) AS m (number, start_at, end_at, next_at)"),
        *root(),
        Step(
            "panel",
            "customers served in each month",
            """
            SELECT span.*, month.number, month.start_at, month.end_at, month.next_at
            FROM (SELECT DISTINCT party_id, bucket, since_at, left_at FROM served) AS span
            JOIN month
              ON span.since_at < month.end_at AND (span.left_at IS NULL OR span.left_at >= month.end_at)
            """,
        ),
        told.step,
        Step(
            "stretch",
            "customer-months whose outcome is known, of customers served all the while whose losses count",
            f"""
            SELECT *
            FROM (
              SELECT
                panel.party_id, panel.number, panel.bucket, panel.since_at, panel.left_at,
                {since} AS from_at, {to} AS to_at, {told.value} AS y, {told.due} AS due
              FROM panel LEFT JOIN outcome USING (party_id, number)
            ) AS known
            WHERE y IS NOT NULL AND since_at <= from_at AND (left_at IS NULL OR left_at >= to_at)
              AND EXISTS (
                SELECT 1 FROM served
                WHERE served.party_id = known.party_id AND served.start_at < known.to_at
                  AND (served.end_at IS NULL OR served.end_at >= known.to_at) AND ({picked})
              )
            """,
        ),
        Step(
            "loss",
            "minutes that each customer lost in each stretch, of those that stand for several on average",
            f"""
            SELECT party_id, number, SUM(lost) AS lost, {by_kind}
            FROM (
              SELECT
                p.party_id, stretch.number, p.kind,
                (LEAST(COALESCE(p.end_at, $until), stretch.to_at) - GREATEST(p.start_at, stretch.from_at))
                  / {MINUTE_US}.0 * p.size / p.party_size AS lost
              FROM {quoted(ledger)} AS p
              JOIN stretch
                ON stretch.party_id = p.party_id
                AND p.start_at < stretch.to_at AND COALESCE(p.end_at, $until) > stretch.from_at
              WHERE NOT p.planned_only AND p.kind <> 'cosmetic' AND p.party_size > 0
            )
            GROUP BY party_id, number
            """,
        ),
        Step(
            "act",
            "what each customer did in each stretch",
            """
            SELECT stretch.party_id, stretch.number, COUNT(*) AS activity
            FROM event JOIN root ON root.party_id = event.party_id
            JOIN stretch
              ON stretch.party_id = root.top AND event.at >= stretch.from_at AND event.at < stretch.to_at
            GROUP BY stretch.party_id, stretch.number
            """,
        ),
        Step(
            "known",
            "customer-months with what was lost and done",
            f"""
            SELECT
              stretch.party_id, stretch.bucket, COALESCE(loss.lost, 0) AS x, COALESCE(act.activity, 0) AS activity,
              {kinds}, stretch.y, stretch.due
            FROM stretch
            LEFT JOIN loss USING (party_id, number)
            LEFT JOIN act USING (party_id, number)
            """,
        ),
    ]


def dose(
    ledger: str,
    outcome: str,
    months: Sequence[Period],
    after: int,
    edges: Sequence[float],
    *,
    days: int = 0,
    picked: str = "TRUE",
) -> str:
    """Return sums of an outcome by replicate, third of activity and band of minutes lost.

    A row without a replicate is of its whole band, and says of how many customers it is.

    Args:
        ledger: the relation of pieces of loss.
        outcome: a name in `OUTCOMES`.
        months: whole months, one after another.
        after: end of the month after the last.
        edges: upper ends of the bands but the last, each within its band.
        days: how long before minutes count, to the month's end or the instant the outcome names; 0 for the month.
        picked: which customers count: a condition on `served`, as they were when the minutes ended.
    """
    band = " ".join(f"WHEN x <= {double(edge)} THEN {i}" for i, edge in enumerate(edges))
    return query(
        [
            *_panel(ledger, outcome, months, after, days, picked),
            Step(
                "third",
                "activity that parts the least and the most active third",
                "SELECT QUANTILE_DISC(activity, 1 / 3.0) AS low, QUANTILE_DISC(activity, 2 / 3.0) AS high FROM known",
            ),
        ],
        f"""
        SELECT
          bucket, stratum, band,
          COUNT(*) AS n, SUM(x) AS x, SUM(y) AS y, SUM(x * x) AS xx, SUM(x * y) AS xy, SUM(due) AS due,
          COUNT(DISTINCT party_id) AS people
        FROM (
          SELECT
            *, (activity > low)::INT + (activity > high)::INT AS stratum, CASE {band} ELSE {len(edges)} END AS band
          FROM known CROSS JOIN third
        )
        GROUP BY GROUPING SETS ((bucket, stratum, band), (band))
        ORDER BY 1, 2, 3
        """,
        recursive=True,
    )


def by_kind(ledger: str, outcome: str, months: Sequence[Period], after: int) -> str:
    """Return customer-months that are alike in minutes by kind, outcome and replicate, and how many they are."""
    kinds = ", ".join(KINDS)
    return query(
        _panel(ledger, outcome, months, after),
        f"SELECT bucket, {kinds}, y, COUNT(*) AS n FROM known GROUP BY bucket, {kinds}, y ORDER BY ALL",
        recursive=True,
    )
