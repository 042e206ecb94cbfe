"""SQL of effects: outcomes of customer-months beside the minutes that they lost.

For the embedded engine. A customer-month counts where the customer was served the whole month, so that months are alike
and nobody who left early looks as if it had lost less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.expr import MINUTE_US
from regard.sql.derived.steps import Step, double, query
from regard.sql.interruption import root
from regard.sql.upkeep import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.model import Period

POINTS = "100.0 * (score - scale_min) / NULLIF(scale_max - scale_min, 0)"

OUTCOMES: Mapping[str, tuple[Step, str]] = {
    "tickets": (
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
    "csat": (
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
    "leaving": (
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
    "renewal": (
        Step(
            "outcome",
            "contract terms that fell due in the month after, and were renewed or not",
            """
            SELECT root.top AS party_id, month.number, AVG(CASE WHEN renewed THEN 1.0 ELSE 0.0 END) AS y
            FROM contract_term JOIN root ON root.party_id = contract_term.party_id
            JOIN month ON due_at >= month.end_at AND due_at < month.next_at
            GROUP BY root.top, month.number
            """,
        ),
        "outcome.y",
    ),
}
"""Outcome -> the step that makes it, and its value for a customer-month (blank: none is known, so it is left out)."""

AHEAD = frozenset({"leaving", "renewal"})
"""Outcomes of the month after."""

KINDS = ("outage", "data_loss", "degraded", "workaround")
"""Kinds of loss that take minutes."""


def _panel(ledger: str, outcome: str, months: Sequence[Period], after: int) -> list[Step]:
    """Return the steps that make `known`: customer-months with minutes by kind, activity and the outcome `y`."""
    ends = [*(month.end_us for month in months[1:]), after]
    values = ", ".join(
        f"({i}, {month.start_us}, {month.end_us}, {end})"
        for i, (month, end) in enumerate(zip(months, ends, strict=True))
    )
    by_kind = ", ".join(f"SUM(lost) FILTER (WHERE kind = '{kind}') AS {kind}" for kind in KINDS)
    kinds = ", ".join(f"COALESCE(loss.{kind}, 0) AS {kind}" for kind in KINDS)
    step, y = OUTCOMES[outcome]
    return [
        Step("month", "months", f"SELECT * FROM (VALUES {values}) AS m (number, start_at, end_at, next_at)"),
        *root(),
        Step(
            "panel",
            "customers served the whole month",
            """
            SELECT span.party_id, span.bucket, span.left_at, month.number, month.start_at, month.end_at, month.next_at
            FROM (SELECT DISTINCT party_id, bucket, since_at, left_at FROM served) AS span
            JOIN month
              ON span.since_at <= month.start_at AND (span.left_at IS NULL OR span.left_at >= month.end_at)
            """,
        ),
        Step(
            "loss",
            "minutes that each customer lost in each month, of those that stand for several on average",
            f"""
            SELECT party_id, number, SUM(lost) AS lost, {by_kind}
            FROM (
              SELECT
                p.party_id, month.number, p.kind,
                (LEAST(COALESCE(p.end_at, $until), month.end_at) - GREATEST(p.start_at, month.start_at))
                  / {MINUTE_US}.0 * p.size / p.party_size AS lost
              FROM {quoted(ledger)} AS p
              JOIN month ON p.start_at < month.end_at AND COALESCE(p.end_at, $until) > month.start_at
              WHERE p.party_id IS NOT NULL AND NOT p.planned_only AND p.kind <> 'cosmetic' AND p.party_size > 0
            )
            GROUP BY party_id, number
            """,
        ),
        Step(
            "act",
            "what each customer did in each month",
            """
            SELECT root.top AS party_id, month.number, COUNT(*) AS activity
            FROM event JOIN root ON root.party_id = event.party_id
            JOIN month ON event.at >= month.start_at AND event.at < month.end_at
            GROUP BY root.top, month.number
            """,
        ),
        step,
        Step(
            "known",
            "customer-months whose outcome is known",
            f"""
            SELECT
              panel.party_id, panel.bucket, COALESCE(loss.lost, 0) AS x, COALESCE(act.activity, 0) AS activity,
              {kinds}, {y} AS y
            FROM panel
            LEFT JOIN loss USING (party_id, number)
            LEFT JOIN act USING (party_id, number)
            LEFT JOIN outcome USING (party_id, number)
            WHERE {y} IS NOT NULL
            """,
        ),
    ]


def dose(ledger: str, outcome: str, months: Sequence[Period], after: int, edges: Sequence[float]) -> str:
    """Return sums of an outcome by replicate, third of activity and band of minutes lost.

    Args:
        ledger: the relation of pieces of loss.
        outcome: a name in `OUTCOMES`.
        months: whole months, one after another.
        after: end of the month after the last.
        edges: upper ends of the bands but the last, each within its band; the first is 0.
    """
    band = " ".join(f"WHEN x <= {double(edge)} THEN {i}" for i, edge in enumerate(edges))
    return query(
        [
            *_panel(ledger, outcome, months, after),
            Step(
                "third",
                "activity that parts the least and the most active third",
                "SELECT QUANTILE_DISC(activity, 1 / 3.0) AS low, QUANTILE_DISC(activity, 2 / 3.0) AS high FROM known",
            ),
        ],
        f"""
        SELECT
          bucket, (activity > low)::INT + (activity > high)::INT AS stratum,
          CASE {band} ELSE {len(edges)} END AS band,
          COUNT(*) AS n, SUM(x) AS x, SUM(y) AS y, SUM(x * x) AS xx, SUM(x * y) AS xy
        FROM known CROSS JOIN third
        GROUP BY 1, 2, 3
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
