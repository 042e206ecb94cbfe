"""SQL of `episode`: interruptions as customers lived them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.loss import EVIDENCE, KINDS, RELIEFS
from regard.derived.versions import DIMENSIONS
from regard.expr import MINUTE_US
from regard.sql.derived.pieces import chosen, one_of, pieces, together, word
from regard.sql.derived.steps import FOREVER, Step, columns, come, query

if TYPE_CHECKING:
    from regard.derived import Arguments

ONE = "bearer, number"
"""What tells interruptions apart."""

WORKAROUND = RELIEFS.index("workaround")


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    limit = round(float(arguments["sustained_min"]) * MINUTE_US)
    longer = ">=" if arguments["at_limit"] == "sustained" else ">"
    end = f"LEAST(spell.end_at, {until})"
    relief = f"COALESCE(relieved.mark // {len(RELIEFS)}, NULLIF(spell.end_at, {FOREVER}))"
    posted = come("first_row.status_posted_at", until)
    lost = "CASE WHEN estimate_spell.size > 0 THEN weighed.lost ELSE spell.lost END"
    lost = f"CASE WHEN spell.all_whole = 1 THEN spell.lost ELSE {lost} END"
    select = f"""
    SELECT
      CASE WHEN spell.bearer >= 0 THEN spell.bearer END AS party_id, first_piece.cohort, spell.number,
      spell.start_at, NULLIF(spell.end_at, {FOREVER}) AS end_at, spell.end_at < {FOREVER} AS done,
      {lost} AS lost, {end} - spell.start_at AS elapsed,
      COALESCE({relief}, {until}) - spell.start_at AS relief, {relief} IS NOT NULL AS relieved,
      COALESCE(relieved.mark % {len(RELIEFS)} = {WORKAROUND}, FALSE) AS by_workaround,
      GREATEST(0, COALESCE({posted}, {until}) - spell.start_at) AS know, {posted} IS NOT NULL AS known,
      {lost} {longer} {limit} AS sustained, spell.pieces > 1 AS reinterrupted, spell.pieces,
      {word("spell.kind", KINDS)} AS kind, {word("spell.evidence", EVIDENCE)} AS evidence, {one_of("spell")} AS basis,
      CAST(COALESCE(estimate_spell.size, first_piece.party_size) AS DOUBLE) AS size,
      CAST(COALESCE(estimate_spell.size_lo, first_piece.party_size) AS DOUBLE) AS size_lo,
      CAST(COALESCE(estimate_spell.size_hi, first_piece.party_size) AS DOUBLE) AS size_hi,
      first_piece.party_size, first_piece.criticality, first_piece.value_amount,
      {columns("first_row", ("incident_id", "service", "cause", "journey", "team", "severity"))},
      {columns("first_piece", DIMENSIONS)}, first_piece.bucket
    FROM spell
    JOIN piece AS first_piece ON first_piece.bearer = spell.bearer AND first_piece.start_at = spell.start_at
    JOIN first_row ON first_row.bearer = spell.bearer AND first_row.number = spell.number
    LEFT JOIN relieved ON relieved.bearer = spell.bearer AND relieved.number = spell.number
    LEFT JOIN estimate_spell ON estimate_spell.bearer = spell.bearer AND estimate_spell.number = spell.number
    LEFT JOIN weighed ON weighed.bearer = spell.bearer AND weighed.number = spell.number
    """
    steps = [*pieces(arguments, until), chosen(arguments), *_spells(arguments, until), *_rows(), *_sizes(until)]
    return query(steps, select)


def _spells(arguments: Arguments, until: int) -> list[Step]:
    """Return the steps that make `joined` (pieces with the number of their interruption) and `spell`."""
    gap = round(float(arguments["gap_min"]) * MINUTE_US)
    return [
        Step(
            "lived",
            "pieces of unplanned loss with the end of the one before",
            """
            SELECT *, LAG(end_at) OVER (PARTITION BY bearer ORDER BY start_at) AS before_at
            FROM piece
            WHERE planned = 0
            """,
        ),
        Step(
            "joined",
            "pieces without a pause over the gap share a number",
            f"""
            SELECT
              *,
              CAST(SUM(CASE WHEN start_at - before_at <= {gap} THEN 0 ELSE 1 END) OVER (
                PARTITION BY bearer ORDER BY start_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS BIGINT) AS number
            FROM lived
            """,
        ),
        Step(
            "spell",
            "interruptions: pieces added up",
            f"""
            SELECT
              {ONE}, MIN(start_at) AS start_at, MAX(end_at) AS end_at,
              CAST(SUM(LEAST(end_at, {until}) - start_at) AS BIGINT) AS lost,
              CAST(SUM(CASE WHEN start_at = before_at THEN 0 ELSE 1 END) AS BIGINT) AS pieces,
              MIN(kind) AS kind, MIN(evidence) AS evidence, MIN(basis) AS basis, MAX(basis_hi) AS basis_hi,
              MIN(is_whole) AS all_whole, MAX(is_whole) AS any_whole
            FROM joined
            GROUP BY {ONE}
            """,
        ),
    ]


def _rows() -> list[Step]:
    """Return the steps that make `first_row` and `relieved`: the first stage of each interruption, and its relief."""
    carried = "incident_rank, journey, relief"
    first = "row_start_at, CASE WHEN incident_rank IS NULL THEN 1 ELSE 0 END, incident_rank"
    return [
        Step(
            "stage_of",
            "stages that count, with the stretch in which they do",
            f"""
            SELECT bearer, start_at AS since_at, row_start_at, row_end_at, {carried} FROM chosen
            UNION ALL
            SELECT bearer, start_at, row_start_at, row_end_at, {carried} FROM clear
            """,
        ),
        Step(
            "spell_row",
            "stages of each interruption",
            """
            SELECT joined.number, stage_of.*
            FROM stage_of
            JOIN joined ON joined.bearer = stage_of.bearer AND joined.start_at = stage_of.since_at
            WHERE joined.since_at = joined.start_at
            """,
        ),
        Step(
            "in_order",
            "the same, the first first; of those that begin at once by incident and journey, blanks last",
            f"""
            SELECT
              {ONE}, incident_rank, journey,
              ROW_NUMBER() OVER (
                PARTITION BY {ONE} ORDER BY {first}, CASE WHEN journey IS NULL THEN 1 ELSE 0 END, journey
              ) AS place
            FROM spell_row
            """,
        ),
        Step(
            "first_row",
            "the first stage of each interruption, with what is known of its incident",
            """
            SELECT in_order.bearer, in_order.number, in_order.journey, blamed.*
            FROM in_order
            LEFT JOIN blamed ON blamed.incident_rank = in_order.incident_rank
            WHERE in_order.place = 1
            """,
        ),
        Step(
            "relieved",
            "when relief first came, and how: the instant times the number of ways, plus the way",
            f"""
            SELECT {ONE}, MIN(row_end_at * {len(RELIEFS)} + relief) AS mark
            FROM spell_row
            WHERE relief > 0 AND row_end_at < {FOREVER}
            GROUP BY {ONE}
            """,
        ),
    ]


def _sizes(until: int) -> list[Step]:
    """Return the steps that make `estimate_spell` and `weighed`: of interruptions in which not always all lost."""
    cause = f"{ONE}, incident_rank, own_no"
    most = ", ".join(f"MAX(LEAST({name}, party_size)) AS {name}" for name in ("n", "lo", "hi"))
    return [
        Step(
            "uneven",
            "interruptions in which not always all are affected, with how many the bearer stood for at first",
            """
            SELECT spell.bearer, spell.number, spell.any_whole, joined.party_size
            FROM spell
            JOIN joined ON joined.bearer = spell.bearer AND joined.start_at = spell.start_at
            WHERE spell.all_whole = 0
            """,
        ),
        Step(
            "uneven_piece",
            "their pieces",
            f"""
            SELECT
              joined.bearer, joined.number, joined.start_at, uneven.any_whole, uneven.party_size,
              (LEAST(joined.end_at, {until}) - joined.start_at)
                * (joined.size * uneven.party_size / joined.party_size) AS weight
            FROM joined
            JOIN uneven ON uneven.bearer = joined.bearer AND uneven.number = joined.number
            """,
        ),
        Step(
            "uneven_cause",
            "how many each incident affected",
            """
            SELECT
              uneven_piece.bearer, uneven_piece.number, uneven_piece.party_size, tally.incident_rank,
              tally.own_no, tally.n, tally.lo, tally.hi
            FROM uneven_piece
            JOIN tally ON tally.bearer = uneven_piece.bearer AND tally.start_at = uneven_piece.start_at
            WHERE uneven_piece.any_whole = 0
            """,
        ),
        Step(
            "most_cause",
            "the most that each affected at any time",
            f"SELECT {cause}, party_size, {most} FROM uneven_cause GROUP BY {cause}, party_size",
        ),
        *together("most_cause", ONE, "most_of"),
        Step(
            "estimate_spell",
            "how many are interrupted: all if ever all are",
            f"""
            SELECT {ONE}, size, size_lo, size_hi FROM most_of
            UNION ALL
            SELECT {ONE}, party_size, party_size, party_size FROM uneven WHERE any_whole = 1
            """,
        ),
        Step(
            "weighed",
            "time lost, the average of those affected",
            """
            SELECT
              uneven_piece.bearer, uneven_piece.number,
              CAST(FLOOR(SUM(uneven_piece.weight) / NULLIF(MIN(estimate_spell.size), 0) + 0.5) AS BIGINT) AS lost
            FROM uneven_piece
            JOIN estimate_spell ON estimate_spell.bearer = uneven_piece.bearer
              AND estimate_spell.number = uneven_piece.number
            GROUP BY uneven_piece.bearer, uneven_piece.number
            """,
        ),
    ]
