"""SQL of the rows that a workbook shows: stages of loss of some customers, what the ledger makes of them, requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.loss import KINDS, RELIEFS
from regard.sql.derived.loss import losses
from regard.sql.derived.pieces import word
from regard.sql.derived.steps import FOREVER, query
from regard.sql.upkeep import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.derived import Arguments
    from regard.model import Table

NAMES = """
SELECT party_id, ARG_MAX(source_party, valid_from) AS name
FROM party WHERE party_id IN (SELECT UNNEST($parties)) GROUP BY party_id ORDER BY party_id
"""
"""What customers are called."""

PIECES = """
SELECT
  party_id, start_at, LEAST(COALESCE(end_at, $until), $until) AS end_at, planned_only, kinds, own_depth, size,
  party_size, criticality
FROM ledger WHERE party_id IN (SELECT UNNEST($parties)) ORDER BY party_id, start_at
"""
"""Pieces of the ledger."""

SHARES = """
SELECT
  party_id, start_at, LEAST(COALESCE(end_at, $until), $until) AS end_at, incident_id, SUM(share) AS share
FROM ledger_share WHERE party_id IN (SELECT UNNEST($parties)) AND NOT planned_only
GROUP BY party_id, start_at, end_at, incident_id
ORDER BY party_id, start_at, incident_id NULLS LAST
"""
"""Pieces shared among incidents."""

EPISODES = """
SELECT party_id, start_at, lost, relief, relieved, sustained
FROM episode WHERE party_id IN (SELECT UNNEST($parties)) ORDER BY party_id, start_at
"""
"""Interruptions."""

SERVED = """
SELECT
  COALESCE(SUM(size * (LEAST(COALESCE(end_at, $until), $until) - GREATEST(start_at, $since))), 0) / ($until - $since)
    AS served
FROM served WHERE start_at < $until AND COALESCE(end_at, $until) > $since
"""
"""Customers served on average from an instant to another."""

INCIDENTS = """
SELECT incident_id, BOOL_OR(planned) AS planned FROM incident GROUP BY incident_id ORDER BY incident_id
"""

REJECTED = """
SELECT place, rule FROM quarantine
WHERE source = $source AND target = $target AND mended_at IS NULL ORDER BY place, rule
"""
"""Rows of a source that were turned away."""

BUSY = """
SELECT "at" - "at" % 3600000000 AS hour, COUNT(*) FILTER (WHERE NOT ok) AS failed, COUNT(*) AS every
FROM event WHERE kind = 'request' AND party_id IS NOT NULL AND "at" < $until
GROUP BY 1 ORDER BY failed DESC, every DESC, hour LIMIT 1
"""
"""The hour with the most failed requests."""

REQUESTS = """
SELECT party_id, "at", ok
FROM event WHERE kind = 'request' AND party_id IS NOT NULL AND "at" >= $since AND "at" <= $until
ORDER BY party_id, "at", source, source_id
"""

SEGMENTS = """
SELECT party_id, start_at, end_at, up
FROM user_segment
WHERE NOT silent AND party_id IN (SELECT UNNEST($parties)) AND start_at >= $since AND end_at <= $until
ORDER BY party_id, start_at
"""
"""Time between requests, up or down."""

COSTLIEST = """
SELECT
  incident_id, SUM(share * size * (LEAST(COALESCE(end_at, $until), $until) - start_at)) AS lost
FROM ledger_share
WHERE incident_id IS NOT NULL AND start_at < $until AND incident_id IN (SELECT incident_id FROM incident)
GROUP BY incident_id ORDER BY lost DESC, incident_id LIMIT $most
"""
"""Incidents that took most."""

CODES = """
SELECT dimension, code, label, parent_code, owner_team, calendar FROM code ORDER BY dimension, code LIMIT $most
"""
"""The register of codes."""


def numbers(*, named: bool = False) -> str:
    """Return what each customer is called: a number among all in the order of their surrogates, or their key."""
    called = "ARG_MAX(source_party, valid_from)" if named else "ROW_NUMBER() OVER (ORDER BY party_id)"
    return f"SELECT party_id, {called} AS customer FROM party GROUP BY party_id"


def counted(table: str) -> str:
    """Return how many rows a table has."""
    return f"SELECT COUNT(*) AS n FROM {quoted(table)}"


def loaded(table: Table, columns: Sequence[str], *, named: bool = False) -> str:
    """Return rows of a loaded table as they are, those of [$since, $until); customers by `numbers`.

    Args:
        table: with an instant, or a span.
        columns: of it, in order; the customer's is given as `customer`.
        named: whether customers are called by their keys.
    """
    chosen = ", ".join("c.customer" if name == table.party else f"t.{quoted(name)}" for name in columns)
    if table.at:
        within = f"t.{quoted(table.at)} >= $since AND t.{quoted(table.at)} < $until"
        order = quoted(table.at)
    else:
        assert table.over  # noqa: S101 - for the type checker
        order, end = (quoted(name) for name in table.over)
        within = f"t.{order} < $until AND COALESCE(t.{end} > $since, TRUE)"
    beside = f" LEFT JOIN customers AS c ON c.party_id = t.{quoted(table.party)}" if table.party else ""
    return (
        f"WITH customers AS ({numbers(named=named)}) SELECT {chosen} FROM {quoted(table.name)} AS t{beside} "
        f"WHERE {within} ORDER BY t.{order}, t.source, t.source_id"
    )


def bearers(arguments: Arguments, until: int) -> str:
    """Return how many stages of loss each bearer has, and how many of them are not simply the customer's own.

    Those who lost by the incident `$incident` come first.
    """
    select = """
        SELECT
          bearer, COUNT(*) AS stages,
          SUM(CASE WHEN bearer < 0 OR row_no > 0 OR user_id IS NOT NULL THEN 1 ELSE 0 END) AS counted
        FROM loss LEFT JOIN blamed ON blamed.incident_rank = loss.incident_rank
        GROUP BY bearer
        ORDER BY MAX(CASE WHEN blamed.incident_id = $incident THEN 1 ELSE 0 END) DESC, bearer
    """
    return query(losses(arguments, until), select)


def stages(arguments: Arguments, until: int) -> str:
    """Return the stages of loss of some customers, as the ledger takes them."""
    select = f"""
        SELECT
          bearer AS party_id, blamed.incident_id, blamed.incident_no, planned, {word("kind", KINDS)} AS kind, depth,
          {word("relief", RELIEFS)} AS relief, start_at, NULLIF(end_at, {FOREVER}) AS end_at
        FROM loss LEFT JOIN blamed ON blamed.incident_rank = loss.incident_rank
        WHERE bearer IN (SELECT UNNEST($parties)) ORDER BY bearer, start_at
    """
    return query(losses(arguments, until), select)
