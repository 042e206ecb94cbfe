"""Steps that cut what customers lose into pieces in which nothing changes.

Most of the time that is lost is lost to one stage alone: such time makes pieces as it is, found in one pass. Only where
stages overlap are they swept: their ends cut that time into stretches, and each stretch is told what is active in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.loss import BASES, EVIDENCE, KINDS, LEVELS, SCOPE, SETTLED
from regard.derived.versions import DIMENSIONS
from regard.sql.derived.loss import COUNTS, WRITTEN, losses
from regard.sql.derived.steps import FOREVER, Step, columns, text
from regard.sql.derived.versions import timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.derived import Arguments

OF_VERSION = ("criticality", "value_amount", "bucket", *DIMENSIONS)
"""What a piece takes from the version of its customer."""

SAID = ("planned", "kinds", "own_depth", "kind", "evidence", "basis", "basis_hi", "incidents")
"""What the tables say of a piece besides its bearer, its time and its version."""

TOLD = (*SAID, "of_all", "bucket")
"""The same with whether a row says that all are affected, and the replicate."""

OF = ", ".join(f"of_{name}" for name in OF_VERSION)


def lift(arguments: Arguments) -> str:
    """Return how customers suffer what their users do (K02); at any other grain than the top nobody has users."""
    return str(arguments["lift"]) if arguments["customer"] == "top" else "any"


def word(column: str, words: Sequence[str]) -> str:
    """Return SQL of the text at a place."""
    whens = " ".join(f"WHEN {number} THEN {text(one)}" for number, one in enumerate(words))
    return f"CASE {column} {whens} END"


def settled(number: str) -> str:
    """Return SQL of a count without the noise of its last digits."""
    return f"FLOOR(({number}) * {SETTLED} + 0.5) / {SETTLED}"


def one_of(table: str) -> str:
    """Return SQL of the basis that all have, or `mixed`."""
    return f"CASE WHEN {table}.basis = {table}.basis_hi THEN {word(f'{table}.basis', BASES)} ELSE 'mixed' END"


def pieces(arguments: Arguments, until: int) -> list[Step]:
    """Return the steps that make `loss`, `clear`, `active` and `piece`.

    `clear`: the time of each stage in which it is the only one of its bearer; with user rows to be counted, none of
    theirs. `active`: the stages in each stretch of the other time. Both: bearer, start_at, end_at, row_start_at,
    row_end_at (those of the stage), `WRITTEN`; `active` also user_id.
    `piece`: bearer, cohort, since_at (where its stretch began), start_at, end_at (or FOREVER), `SAID`, party_size,
    is_whole (whether all are affected), size, size_lo, size_hi, `OF_VERSION`.
    """
    return [
        *losses(arguments, until),
        *_apart(arguments),
        *_swept(arguments),
        *_told(arguments),
        *_versioned(),
        *_counted(arguments),
    ]


def _apart(arguments: Arguments) -> list[Step]:
    """Return the steps that tell the time of one stage alone from the time of several."""
    written = ", ".join(WRITTEN)
    bearer = "PARTITION BY bearer ORDER BY start_at"
    users = lift(arguments) != "any"
    overlaps = "reached > start_at OR next_at < end_at"
    swept = "CASE WHEN user_id IS NULL THEN reached ELSE GREATEST(end_at, COALESCE(reached, end_at)) END"
    return [
        Step(
            "neighbour",
            "stages with how far the earlier ones of the bearer reach, and when the next begins",
            f"""
            SELECT
              bearer, {"user_id, " if users else ""}start_at, end_at, {written},
              MAX(end_at) OVER ({bearer} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached,
              LEAD(start_at) OVER ({bearer}) AS next_at
            FROM loss
            """,
        ),
        Step(
            "clear",
            "the time in which a stage is the only one: of most all of it",
            f"""
            SELECT * FROM (
              SELECT
                bearer, GREATEST(start_at, COALESCE(reached, start_at)) AS start_at,
                LEAST(end_at, COALESCE(next_at, end_at)) AS end_at,
                start_at AS row_start_at, end_at AS row_end_at, {written}
              FROM neighbour{" WHERE user_id IS NULL" if users else ""}
            ) AS t
            WHERE start_at < end_at
            """,
        ),
        Step(
            "tangled",
            "stages that overlap others, those that hang together under one number",
            f"""
            SELECT
              *,
              {swept if users else "reached"} AS swept_to,
              CAST(SUM(CASE WHEN reached > start_at THEN 0 ELSE 1 END) OVER (
                PARTITION BY bearer ORDER BY start_at, CASE WHEN reached > start_at THEN 1 ELSE 0 END
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS BIGINT) AS island
            FROM neighbour
            WHERE {overlaps}{" OR user_id IS NOT NULL" if users else ""}
            """,
        ),
    ]


def _swept(arguments: Arguments) -> list[Step]:
    """Return the steps that cut the time of several stages into stretches: `active`."""
    user = "held.user_id" if lift(arguments) != "any" else "CAST(NULL AS BIGINT) AS user_id"
    steps = [
        Step(
            "overlap",
            "the time from the beginning of a stage to the next in which earlier ones go on",
            """
            SELECT bearer, island, start_at AS from_at, LEAST(swept_to, COALESCE(next_at, swept_to)) AS to_at
            FROM tangled
            WHERE swept_to > start_at AND COALESCE(next_at > start_at, TRUE)
            """,
        ),
        Step(
            "held",
            "the same with each stage that is active at its beginning",
            """
            SELECT overlap.from_at, overlap.to_at, tangled.*
            FROM overlap
            JOIN tangled ON tangled.bearer = overlap.bearer AND tangled.island = overlap.island
              AND tangled.start_at <= overlap.from_at AND overlap.from_at < tangled.end_at
            """,
        ),
        Step(
            "stop",
            "instants at which one of them ends",
            "SELECT DISTINCT bearer, from_at, LEAST(end_at, to_at) AS end_at FROM held",
        ),
        Step(
            "stretch",
            "the time between these instants",
            """
            SELECT
              bearer, from_at, end_at,
              COALESCE(LAG(end_at) OVER (PARTITION BY bearer, from_at ORDER BY end_at), from_at) AS start_at
            FROM stop
            """,
        ),
        Step(
            "active" if lift(arguments) != "all" else "present",
            "stretches with each row that is active in them",
            f"""
            SELECT
              stretch.bearer, stretch.start_at, stretch.end_at, held.start_at AS row_start_at,
              held.end_at AS row_end_at, {user}, {columns("held", WRITTEN)}
            FROM stretch
            JOIN held ON {HOLDS}
            """,
        ),
    ]
    if lift(arguments) == "all":
        steps += _below("present", "FALSE")
        steps.append(
            Step(
                "active",
                "the same without rows of users, where not all of their customer's users lose something",
                """
                SELECT present.*
                FROM present
                LEFT JOIN user_share ON user_share.bearer = present.bearer AND user_share.start_at = present.start_at
                WHERE present.user_id IS NULL OR user_share.affected = 1
                """,
            )
        )
    return steps


HOLDS = "held.bearer = stretch.bearer AND held.from_at = stretch.from_at AND stretch.end_at <= held.end_at"
"""Whether a stage is active all through a stretch."""


def _unmixed(arguments: Arguments, rows: str, stretch: str) -> str:
    """Return the join that keeps the rows that count in a stretch: planned work only where nothing else is active."""
    apart = f" AND unmixed.planned = {rows}.planned" if arguments["planned"] == "apart" else ""
    return f"JOIN unmixed ON unmixed.bearer = {stretch}.bearer AND unmixed.start_at = {stretch}.start_at{apart}"


def chosen(arguments: Arguments) -> Step:
    """Return the step `chosen`: of each stretch of stages that overlap others, those that count in it.

    Columns: those of `active`.
    """
    return Step(
        "chosen",
        "stages that overlap others, once for each stretch in which they count",
        f"SELECT active.* FROM active {_unmixed(arguments, 'active', 'active')}",
    )


def _below(rows: str, planned: str) -> list[Step]:
    """Return the steps that make `user_share`: of each stretch with rows of users, the share of users affected.

    Args:
        rows: step that holds the rows.
        planned: test of a row of it that keeps it apart from others of its stretch.
    """
    levels = [
        Step(
            "lifted",
            "stretches with rows of users",
            f"SELECT DISTINCT bearer, start_at, {planned} AS planned FROM {rows} WHERE user_id IS NOT NULL",
        )
    ]
    for n in range(1, LEVELS + 1):
        above = "lifted.bearer" if n == 1 else "lifted.party_id"
        levels.append(
            Step(
                f"below{n}",
                f"parties {n} below the customer then, and until when they are entitled to service",
                f"""
                SELECT DISTINCT
                  lifted.bearer, lifted.start_at, linked.party_id,
                  COALESCE(linked.served_from <= lifted.start_at, FALSE)
                    AND lifted.start_at < COALESCE(linked.served_to, {FOREVER}) AS served
                FROM {"lifted" if n == 1 else f"below{n - 1} AS lifted"}
                JOIN linked ON linked.parent_id = {above}
                  AND linked.from_at <= lifted.start_at AND lifted.start_at < linked.to_at
                """,
            )
        )
    return [
        *levels,
        Step(
            "users",
            "users of each customer that are entitled to service then",
            "\nUNION\n".join(
                f"SELECT bearer, start_at, party_id FROM below{n} WHERE served AND party_id <> bearer"
                for n in range(1, LEVELS + 1)
            ),
        ),
        Step(
            "users_hit",
            "those of them that lose something",
            f"""
            SELECT DISTINCT
              users.bearer, users.start_at, users.party_id, {planned.replace("planned", "hit.planned")} AS planned
            FROM users
            JOIN {rows} AS hit ON hit.bearer = users.bearer AND hit.start_at = users.start_at
              AND hit.user_id = users.party_id
            """,
        ),
        Step(
            "users_all", "how many users", "SELECT bearer, start_at, COUNT(*) AS n FROM users GROUP BY bearer, start_at"
        ),
        Step(
            "users_some",
            "how many of them lose something",
            "SELECT bearer, start_at, planned, COUNT(*) AS n FROM users_hit GROUP BY bearer, start_at, planned",
        ),
        Step(
            "user_share",
            "the share of them; all where the customer has none",
            """
            SELECT
              lifted.bearer, lifted.start_at, lifted.planned,
              CASE WHEN users_all.n IS NULL THEN 1.0
                ELSE CAST(COALESCE(users_some.n, 0) AS DOUBLE) / users_all.n END AS affected
            FROM lifted
            LEFT JOIN users_all ON users_all.bearer = lifted.bearer AND users_all.start_at = lifted.start_at
            LEFT JOIN users_some ON users_some.bearer = lifted.bearer AND users_some.start_at = lifted.start_at
              AND users_some.planned = lifted.planned
            """,
        ),
    ]


def _told(arguments: Arguments) -> list[Step]:
    """Return the steps that make `whole_piece`: pieces with all that is active in them, before versions cut them."""
    planned = "planned" if arguments["planned"] == "apart" else "0"
    by_sum = arguments["overlap"] == "sum"
    share = lift(arguments) == "share"
    flags = [(kind, f"is_{kind}") for kind in sorted(KINDS)]
    own = ", ".join(
        f"MAX(CASE WHEN depth IS NULL AND kind = {KINDS.index(kind)} THEN 1 ELSE 0 END) AS {flag}"
        for kind, flag in flags
    )
    some = "SUM" if by_sum else "MAX"
    listed = " || ".join(f"REPEAT('+{kind}', CAST({some}({flag}) AS INTEGER))" for kind, flag in flags)
    depth = f"LEAST(1.0, {settled('SUM(own_depth)')})" if by_sum else "MAX(own_depth)"
    alone = " ".join(f"WHEN {number} THEN {text(kind)}" for number, kind in enumerate(KINDS))
    direct = "user_id IS NULL AND " if share else ""
    return [
        *(_below("active", planned) if share else []),
        Step(
            "cause",
            "what each incident does in each stretch; a loss that nobody declared stands for itself",
            f"""
            SELECT
              bearer, start_at, {planned} AS planned, incident_rank,
              MIN(end_at) AS end_at, {own}, COALESCE(MAX(depth), 0.0) AS own_depth,
              MIN(kind) AS kind, MIN(evidence) AS evidence, MIN(basis) AS basis, MAX(basis) AS basis_hi,
              MAX(CASE WHEN {direct}row_no <= 0 THEN 1 ELSE 0 END) AS of_all, MIN(bucket) AS bucket
            FROM active
            GROUP BY
              bearer, start_at, {"planned, " if planned == "planned" else ""}incident_rank,
              CASE WHEN incident_rank IS NULL THEN row_no END
            """,
        ),
        Step(
            "summed",
            "what is active in each stretch, planned work apart",
            f"""
            SELECT
              bearer, start_at, MIN(end_at) AS end_at, planned,
              COALESCE(SUBSTRING({listed}, 2), '') AS kinds, {depth} AS own_depth,
              MIN(kind) AS kind, MIN(evidence) AS evidence, MIN(basis) AS basis, MAX(basis_hi) AS basis_hi,
              COUNT(incident_rank) AS incidents, MAX(of_all) AS of_all, MIN(bucket) AS bucket
            FROM cause
            GROUP BY bearer, start_at, planned
            """,
        ),
        Step(
            "unmixed",
            "the same: planned work counts only where nothing else is active",
            """
            SELECT * FROM summed WHERE planned = 0
            UNION ALL
            SELECT * FROM summed
            WHERE planned = 1 AND NOT EXISTS (
              SELECT 1 FROM summed AS other
              WHERE other.bearer = summed.bearer AND other.start_at = summed.start_at AND other.planned = 0
            )
            """,
        ),
        Step(
            "whole_piece",
            "all pieces",
            f"""
            SELECT
              bearer, start_at, end_at, {planned} AS planned,
              CASE WHEN depth IS NULL THEN CASE kind {
                alone
            } END ELSE '' END AS kinds, COALESCE(depth, 0.0) AS own_depth,
              kind, evidence, basis, basis AS basis_hi, CASE WHEN incident_rank IS NULL THEN 0 ELSE 1 END AS incidents,
              CASE WHEN row_no <= 0 THEN 1 ELSE 0 END AS of_all, bucket
            FROM clear
            UNION ALL
            SELECT bearer, start_at, end_at, {", ".join(TOLD)} FROM unmixed
            """,
        ),
    ]


def _versioned() -> list[Step]:
    """Return the steps that make `met` and `placed`: pieces in which nothing changes, the others apart.

    Nearly all pieces lie within one version of a customer that loses whole: they pass by the other steps.
    """
    own = ", ".join(f"version.{name} AS of_{name}" for name in OF_VERSION)
    theirs = ", ".join(f"timeline.{name} AS of_{name}" for name in OF_VERSION)
    kept = f"bearer, since_at, start_at, end_at, {', '.join(TOLD)}, version_size, {OF}"
    return [
        Step(
            "met",
            "pieces with the version in force at their start; whether they lie within it, and lose whole",
            f"""
            SELECT whole_piece.*, whole_piece.start_at AS since_at, version.size AS version_size, {own},
              CASE WHEN version.to_at >= whole_piece.end_at AND whole_piece.of_all = 1 THEN 1 ELSE 0 END AS is_plain,
              CASE WHEN version.to_at >= whole_piece.end_at OR whole_piece.bearer < 0 THEN 1 ELSE 0 END AS fits
            FROM whole_piece
            LEFT JOIN version ON version.party_id = whole_piece.bearer
              AND version.from_at <= whole_piece.start_at AND whole_piece.start_at < version.to_at
            """,
        ),
        Step("special", "the others: few", "SELECT * FROM met WHERE is_plain = 0"),
        Step(
            "outlasting",
            "those of them that outlast the version, or begin outside all versions",
            "SELECT * FROM special WHERE fits = 0",
        ),
        Step(
            "version_cut",
            "versions of their customers",
            "SELECT * FROM version WHERE party_id IN (SELECT bearer FROM outlasting)",
        ),
        *timeline("version_cut", ("criticality", "value_amount", "bucket")),
        Step(
            "cut_piece",
            "the same, cut along the versions",
            f"""
            SELECT
              outlasting.bearer, outlasting.since_at,
              GREATEST(outlasting.start_at, COALESCE(timeline.from_at, outlasting.start_at)) AS start_at,
              LEAST(outlasting.end_at, COALESCE(timeline.to_at, outlasting.end_at)) AS end_at,
              {columns("outlasting", TOLD)}, timeline.size AS version_size, {theirs}
            FROM outlasting
            LEFT JOIN timeline ON timeline.party_id = outlasting.bearer
              AND timeline.from_at < outlasting.end_at AND timeline.to_at > outlasting.start_at
            """,
        ),
        Step(
            "placed",
            "special pieces in which nothing changes",
            f"SELECT {kept} FROM special WHERE fits = 1 UNION ALL SELECT {kept} FROM cut_piece",
        ),
    ]


def _counted(arguments: Arguments) -> list[Step]:
    """Return the steps that make `tally` and `piece`: how many are affected where not all are."""
    counts = {"n": "n_parties", "lo": "n_lo", "hi": "n_hi"}
    sums = ", ".join(
        f"SUM(COALESCE({column}, n_parties)) AS {name}_sum,"
        f" SUM(CASE WHEN COALESCE({column}, n_parties) IS NULL THEN share END) AS {name}_share"
        for name, column in counts.items()
    )
    count = "COALESCE(part.{0}_sum, 0) + in_part.party_size * COALESCE(part.{0}_share, 0.0)"
    worked = ",\n              ".join(
        f"LEAST(in_part.party_size, {settled(count.format(name))}) AS {name}" for name in counts
    )
    plain = ", ".join(f"of_{name} AS {name}" for name in DIMENSIONS)
    dims = ", ".join(
        f"COALESCE(sized.of_{name}, scope.{name})" if name in SCOPE else f"sized.of_{name}" for name in DIMENSIONS
    )
    sizes = ", ".join(
        f"CAST(COALESCE(estimate.{name}, sized.party_size) AS DOUBLE) AS {name}"
        for name in ("size", "size_lo", "size_hi")
    )
    number = "CASE WHEN incident_rank IS NULL THEN row_no ELSE 0 END"
    written = f"{columns('count_of', COUNTS)}, count_of.population"
    sources = f"""
    SELECT clear.bearer, clear.start_at AS since_at, clear.incident_rank,
      {number.replace("row_no", "clear.row_no")} AS own_no, {written}
    FROM clear
    JOIN count_of ON count_of.row_no = clear.row_no
    UNION ALL
    SELECT held.bearer, stretch.start_at, held.incident_rank, {number.replace("row_no", "held.row_no")}, {written}
    FROM stretch
    JOIN held ON {HOLDS} AND held.row_no > 0
    JOIN count_of ON count_of.row_no = held.row_no
    {_unmixed(arguments, "held", "stretch")}
    """
    if lift(arguments) == "share":
        sources += """
    UNION ALL
    SELECT user_share.bearer, user_share.start_at, NULL, -1, NULL, NULL, NULL, user_share.affected, NULL
    FROM user_share
    JOIN unmixed ON unmixed.bearer = user_share.bearer AND unmixed.start_at = user_share.start_at
      AND unmixed.planned = user_share.planned
    """
    return [
        Step("partial_row", "rows that count some", sources),
        Step(
            "part",
            "how many each incident affects by its rows: counts, and shares of all",
            f"""
            SELECT
              bearer, since_at, incident_rank, own_no, {sums}, MAX(n_parties) AS most_n,
              MAX(CASE WHEN n_parties IS NULL THEN share END) AS most_share, MAX(population) AS population
            FROM partial_row
            GROUP BY bearer, since_at, incident_rank, own_no
            """,
        ),
        Step(
            "most",
            "the most that one row of a piece counts, and members of the cohort",
            """
            SELECT
              bearer, since_at, MAX(most_n) AS most_n, MAX(most_share) AS most_share, MAX(population) AS population
            FROM part
            GROUP BY bearer, since_at
            """,
        ),
        Step(
            "sized",
            "pieces with how many customers the bearer stands for, and whether all are affected",
            """
            SELECT
              *,
              CASE WHEN of_all = 1 OR COALESCE(most_n >= party_size, FALSE)
                OR COALESCE(most_share * party_size >= party_size, FALSE) THEN 1 ELSE 0 END AS is_whole
            FROM (
              SELECT
                placed.*, most.most_n, most.most_share,
                COALESCE(most.population, placed.version_size, 1) AS party_size
              FROM placed
              LEFT JOIN most ON most.bearer = placed.bearer AND most.since_at = placed.since_at
            ) AS t
            """,
        ),
        Step("in_part", "those in which not all are", "SELECT * FROM sized WHERE is_whole = 0"),
        Step(
            "tally",
            "how many each incident affects in a piece",
            f"""
            SELECT
              in_part.bearer, in_part.start_at, in_part.party_size, part.incident_rank, part.own_no,
              {worked}
            FROM in_part
            JOIN part ON part.bearer = in_part.bearer AND part.since_at = in_part.since_at
            """,
        ),
        *together("tally", "bearer, start_at", "estimate"),
        Step(
            "piece",
            "all pieces with how many are affected, and what is known of the bearer",
            f"""
            SELECT
              bearer, since_at, start_at, end_at, '' AS cohort, version_size AS party_size, 1 AS is_whole,
              CAST(version_size AS DOUBLE) AS size, CAST(version_size AS DOUBLE) AS size_lo,
              CAST(version_size AS DOUBLE) AS size_hi, {", ".join(SAID)},
              of_criticality AS criticality, of_value_amount AS value_amount, of_bucket AS bucket, {plain}
            FROM met
            WHERE is_plain = 1
            UNION ALL
            SELECT
              sized.bearer, sized.since_at, sized.start_at, sized.end_at, COALESCE(scope.cohort, ''), sized.party_size,
              sized.is_whole, {sizes}, {columns("sized", SAID)},
              COALESCE(sized.of_criticality, 1.0), sized.of_value_amount,
              COALESCE(sized.of_bucket, sized.bucket), {dims}
            FROM sized
            LEFT JOIN estimate ON estimate.bearer = sized.bearer AND estimate.start_at = sized.start_at
            LEFT JOIN cohort_no ON -cohort_no.cohort_no = sized.bearer
            LEFT JOIN scope ON scope.cohort = cohort_no.cohort
            """,
        ),
    ]


def together(rows: str, group: str, name: str) -> list[Step]:
    """Return the steps that add up what several incidents affect: bounds, and between them what independence says.

    Args:
        rows: step with party_size, n, lo and hi of each incident.
        group: columns that tell apart what is added.
        name: of the step that holds size, size_lo and size_hi.
    """
    return [
        Step(
            f"{name}_sum",
            "how many several incidents affect together at least, at most, and if they were independent",
            f"""
            SELECT
              {group}, MAX(n) AS most, MAX(lo) AS lo,
              LEAST(MIN(party_size), {settled("SUM(n)")}) AS most_all,
              LEAST(MIN(party_size), {settled("SUM(hi)")}) AS hi,
              CASE WHEN MAX(n) >= MIN(party_size) THEN MIN(party_size) ELSE {
                settled(
                    "MIN(party_size) * (1 - EXP(SUM(LN(CASE WHEN n < party_size THEN 1 - n / party_size ELSE 1 END))))"
                )
            } END AS independent
            FROM {rows}
            GROUP BY {group}
            """,
        ),
        Step(
            name,
            "the same in order",
            f"""
            SELECT {group}, size, LEAST(size, lo) AS size_lo, GREATEST(size, hi) AS size_hi
            FROM (SELECT *, GREATEST(most, LEAST(most_all, independent)) AS size FROM {name}_sum) AS t
            """,
        ),
    ]


def ledger_columns() -> str:
    """Return the columns of `ledger` over the step `piece`."""
    return f"""
      CASE WHEN piece.bearer >= 0 THEN piece.bearer END AS party_id, piece.cohort,
      piece.start_at, NULLIF(piece.end_at, {FOREVER}) AS end_at,
      piece.kinds, {word("piece.kind", KINDS)} AS kind, CAST(piece.own_depth AS DOUBLE) AS own_depth,
      piece.planned = 1 AS planned_only, piece.incidents = 0 AS unreported,
      {word("piece.evidence", EVIDENCE)} AS evidence, {one_of("piece")} AS basis,
      CAST(piece.incidents AS BIGINT) AS incidents, piece.size, piece.size_lo, piece.size_hi, piece.party_size,
      piece.criticality, piece.value_amount, {columns("piece", DIMENSIONS)}, piece.bucket"""
