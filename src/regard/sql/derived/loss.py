"""Steps about what customers lose: stages of loss brought to those who bear them.

A bearer is one whole number: the party, or a cohort's number below zero. Texts are places in the lists of
`regard.derived.loss` until the last select: the least place is the worst kind and the best evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.loss import BASES, BUCKETS, EVERYBODY, EVIDENCE, KINDS, LEVELS, RELIEFS, SCOPE
from regard.sql.derived.steps import FOREVER, Step, columns, named, text
from regard.sql.derived.versions import of_grain, version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from regard.derived import Arguments

WRITTEN = (
    *("incident_rank", "planned", "kind", "depth", "journey", "basis", "evidence", "relief", "row_no", "bucket"),
)
"""What a stage of loss carries besides its bearer and its time.

`incident_rank` tells incidents apart, in the order of their ids. `row_no` is above zero for rows that count the
affected (`count_of` holds what they say), below zero for others that are added up, else zero.
"""

COUNTS = ("n_parties", "n_lo", "n_hi", "share")
"""How many were affected, as written."""


OF_INCIDENT = ("service", "cause", "severity", "status_posted_at")
"""What `blamed` tells of an incident, besides its team."""


def place(column: str, words: Sequence[str]) -> str:
    """Return SQL of the place of a text in a list."""
    whens = " ".join(f"WHEN {text(word)} THEN {number}" for number, word in enumerate(words))
    return f"CAST(CASE {column} {whens} END AS SMALLINT)"


def counted(table: str) -> str:
    """Return SQL of how many a row of impact says were affected: its count, else the middle of its bounds (R020)."""
    middle = f"({table}.n_lo + {table}.n_hi + 1) // 2"
    return f"COALESCE({table}.n_parties, CASE WHEN {table}.share IS NULL THEN {middle} END)"


def same(a: str, b: str, names: Iterable[str]) -> str:
    """Return the test that two rows are equal in some columns, blanks being equal."""
    return " AND ".join(f"{a}.{name} IS NOT DISTINCT FROM {b}.{name}" for name in names)


# ---------------------------------------------------------------------------------------------------------------------
# Who bears what


def losses(arguments: Arguments, until: int) -> list[Step]:
    """Return the steps that make `incident_label`, `blamed`, `version`, `count_of` and `loss`.

    `loss`: bearer, user_id (the user whose loss it was, where that matters), start_at, end_at (or FOREVER), `WRITTEN`.
    `count_of`: row_no, `COUNTS`, population (of a cohort).
    """
    return [
        *version(until),
        *incidents(),
        *_stages(arguments, until),
        *_customers(arguments),
        *cohorts(arguments["customer"]),
        *_suffered(),
        *_once(arguments),
        *_while_served("once" if arguments["overlap"] == "sum" else "suffered", until),
    ]


def incidents() -> list[Step]:
    """Return the steps that tell which incident a row of impact means.

    `incident_label`: incidents with their number. `address`: source and incident_id as rows of impact say them, which
    they join by `ADDRESSED`, with incident_no (blank where nobody describes it), planned and incident_rank. `blamed`:
    what each incident_rank stands for.
    """
    return [
        Step(
            "incident_label",
            "incidents, numbered in the order of their keys",
            "SELECT ROW_NUMBER() OVER (ORDER BY source, source_id) AS incident_no, * FROM incident",
        ),
        Step(
            "incident_source",
            "what an incident id means: how many sources use it, and the incident of each",
            """
            SELECT
              incident_id, source, MIN(incident_no) AS incident_no,
              COUNT(*) OVER (PARTITION BY incident_id) AS sources
            FROM incident_label
            GROUP BY incident_id, source
            """,
        ),
        Step(
            "said",
            "incident ids as each source of impact says them; that they are few is what HAVING tells planners",
            """
            SELECT source, incident_id
            FROM impact
            WHERE incident_id IS NOT NULL
            GROUP BY source, incident_id
            HAVING COUNT(*) > 0
            """,
        ),
        Step(
            "address",
            "the incident that each means: an id of one source is plain to all, else it is that of the row's source",
            """
            SELECT
              said.source, said.incident_id, incident_source.incident_no,
              CAST(CASE WHEN incident_label.planned THEN 1 ELSE 0 END AS SMALLINT) AS planned,
              CAST(
                DENSE_RANK() OVER (ORDER BY said.incident_id, COALESCE(incident_source.incident_no, 0)) AS INTEGER
              ) AS incident_rank
            FROM said
            LEFT JOIN incident_source ON incident_source.incident_id = said.incident_id
              AND (incident_source.sources = 1 OR incident_source.source = said.source)
            LEFT JOIN incident_label ON incident_label.incident_no = incident_source.incident_no
            """,
        ),
        Step(
            "blamed",
            "incidents by their rank, with what is known of them",
            f"""
            SELECT ranked.*, {columns("incident_label", OF_INCIDENT)}, incident_label.owner_team AS team
            FROM (SELECT DISTINCT incident_rank, incident_id, incident_no FROM address) AS ranked
            LEFT JOIN incident_label ON incident_label.incident_no = ranked.incident_no
            """,
        ),
    ]


ADDRESSED = "address.source = impact.source AND address.incident_id = impact.incident_id"
"""Which row of `address` tells the incident that a row of impact means."""


def _stages(arguments: Arguments, until: int) -> list[Step]:
    """Return the steps that make `stage`, of parties, and `cohort_stage`, with the numbers of `counted_stage`.

    Rows that count the affected are read apart from the others: few, and all their columns decide whether two are one.
    """
    basis = str(arguments["basis"])
    other = "" if basis == "all" else f" OR impact.basis <> {text(basis)}"
    harmful = f"COALESCE(impact.kind NOT IN ({named(arguments['harmless'])}), TRUE)"
    taking = f"""impact.start_at <= {until} AND CASE
            WHEN impact.end_at <= impact.start_at{other} THEN FALSE
            WHEN impact.depth IS NULL THEN {harmful}
            ELSE impact.depth <> 0
          END"""
    every = "impact.n_parties IS NULL AND impact.share IS NULL AND (impact.n_lo IS NULL OR impact.n_hi IS NULL)"
    told = f"""impact.start_at, CASE WHEN impact.end_at <= {until} THEN impact.end_at ELSE {FOREVER} END AS end_at,
          address.incident_rank, COALESCE(address.planned, 0) AS planned,
          {place("impact.kind", KINDS)} AS kind, impact.depth, impact.journey,
          {place("impact.basis", BASES)} AS basis, {place("impact.evidence", EVIDENCE)} AS evidence,
          {place("impact.relief", RELIEFS)} AS relief"""
    read = f"FROM impact\n        LEFT JOIN address ON {ADDRESSED}\n        WHERE {taking}"
    scope = ", ".join(f"CASE WHEN impact.party_id IS NULL THEN impact.{name} END AS {name}" for name in SCOPE)
    kept = f"start_at, end_at, {', '.join(WRITTEN)}"
    return [
        Step(
            "counted_stage",
            "stages of loss by then of which somebody counted the affected; equal ones are one, and have a number",
            f"""
            SELECT *, ROW_NUMBER() OVER (ORDER BY party_id, start_at) AS row_no FROM (
              SELECT DISTINCT
                impact.party_id, {scope}, {told},
                {counted("impact")} AS n_parties, impact.n_lo, impact.n_hi, impact.share,
                CASE WHEN impact.party_id IS NOT NULL THEN impact.bucket END AS bucket
              {read} AND NOT ({every})
            ) AS t
            """,
        ),
        Step(
            "stage",
            "stages of parties that take time and depth from somebody, with the incident that each means",
            f"""
            SELECT impact.party_id, {told}, 0 AS row_no, impact.bucket
            {read} AND impact.party_id IS NOT NULL AND {every}
            UNION ALL
            SELECT party_id, {kept} FROM counted_stage WHERE party_id IS NOT NULL
            """,
        ),
        Step(
            "cohort_stage",
            "the same of cohorts, with the cohort's name",
            f"""
            SELECT {cohort_name()} AS cohort, * FROM (
              SELECT {columns("impact", SCOPE)}, {told}, 0 AS row_no, impact.bucket,
                {", ".join(f"{value} AS {name}" for name, value in ALL_OF_IT.items())}
              {read} AND impact.party_id IS NULL AND {every}
              UNION ALL
              SELECT {", ".join(SCOPE)}, {kept}, {", ".join(COUNTS)} FROM counted_stage WHERE party_id IS NULL
            ) AS t
            """,
        ),
    ]


ALL_OF_IT = {
    "n_parties": "CAST(NULL AS BIGINT)", "n_lo": "CAST(NULL AS BIGINT)", "n_hi": "CAST(NULL AS BIGINT)",
    "share": "CAST(NULL AS DOUBLE)",
}  # fmt: skip
"""`COUNTS` of a row that means everybody."""


def cohort_name() -> str:
    """Return SQL of the name of a cohort, over `SCOPE`."""
    name = " || ".join(f"CASE WHEN {one} IS NULL THEN '' ELSE {text(f', {one}=')} || {one} END" for one in SCOPE)
    return f"COALESCE(NULLIF(SUBSTRING({name}, 3), ''), {text(EVERYBODY)})"


def _in_force(table: str, key: str, rows: str) -> str:
    """Return the test that a version is in force when a stage begins."""
    return f"{table}.party_id = {key} AND {table}.from_at <= {rows}.start_at AND {rows}.start_at < {table}.to_at"


def _customers(arguments: Arguments) -> list[Step]:
    """Return the steps that make `borne`: stages of parties, each of its customer (K01, K02)."""
    if arguments["customer"] == "all":
        select = f"""
        SELECT party_id AS bearer, CAST(NULL AS BIGINT) AS user_id, start_at, end_at, {", ".join(WRITTEN)}
        FROM stage
        """
        return [Step("borne", "stages of customers", select)]
    if arguments["customer"] != "top":
        select = f"""
        SELECT
          stage.party_id AS bearer, CAST(NULL AS BIGINT) AS user_id, stage.start_at, stage.end_at,
          {columns("stage", WRITTEN)}
        FROM stage
        JOIN version ON {_in_force("version", "stage.party_id", "stage")}
        WHERE {of_grain("version", arguments["customer"])}
        """
        return [Step("borne", "stages of customers of the grain asked", select)]
    levels = range(2, LEVELS + 1)
    joins = "\n            ".join(
        f"LEFT JOIN linked_above AS above{n} ON {_in_force(f'above{n}', f'above{n - 1}.parent_id', 'above1')}"
        for n in levels
    )
    parents = ", ".join(f"above{n}.parent_id" for n in reversed(levels))
    lifted = {
        "row_no": "CASE WHEN root.bearer IS NULL THEN stage.row_no ELSE 0 END",
        "bucket": "COALESCE(root.bucket, stage.bucket)",
    }
    kept = ", ".join(f"{lifted.get(name, f'stage.{name}')} AS {name}" for name in WRITTEN)
    user = "CAST(NULL AS BIGINT)" if arguments["lift"] == "any" else "root.party_id"
    return [
        Step(
            "linked",
            "versions that belong to another party",
            """
            SELECT party_id, from_at, to_at, parent_id, served_from, served_to FROM version WHERE parent_id IS NOT NULL
            """,
        ),
        Step(
            "linked_above",
            "those of them that others belong to",
            "SELECT * FROM linked WHERE party_id IN (SELECT parent_id FROM linked)",
        ),
        Step(
            "below",
            "parties that belong to another when a stage begins",
            f"""
            SELECT DISTINCT stage.party_id, stage.start_at, linked.parent_id
            FROM stage
            JOIN linked ON {_in_force("linked", "stage.party_id", "stage")}
            """,
        ),
        Step(
            "climbed",
            "the same with the customer at the top of the chain then",
            f"""
            SELECT above1.party_id, above1.start_at, COALESCE({parents}, above1.parent_id) AS bearer
            FROM below AS above1
            {joins}
            """,
        ),
        Step(
            "root",
            "the same with the replicate of that customer; a chain that bites its tail may end where it began",
            f"""
            SELECT climbed.*, version.bucket
            FROM climbed
            LEFT JOIN version ON {_in_force("version", "climbed.bearer", "climbed")}
            WHERE climbed.bearer <> climbed.party_id
            """,
        ),
        Step(
            "borne",
            "stages of customers: what a user loses, the customer loses",
            f"""
            SELECT
              COALESCE(root.bearer, stage.party_id) AS bearer, {user} AS user_id,
              stage.start_at, stage.end_at, {kept}
            FROM stage
            LEFT JOIN root ON root.party_id = stage.party_id AND root.start_at = stage.start_at
            """,
        ),
    ]


def cohorts(grain: str | float) -> list[Step]:
    """Return the steps that make `counted` and `befallen` of `cohort_stage` and `version`.

    `cohort_stage`: cohort (its name), `SCOPE`, start_at, n_parties, share, and what else a stage has. `counted`: the
    same with `members`, how many there were, and `n`, how many of them lost (blank for all). `befallen`: member_id and
    member_bucket of each member of a cohort that lost whole, with `counted`.

    How many members a cohort has is counted in running totals of those who came and went: no join by range over all.

    Args:
        grain: who is a customer (K01).
    """
    fits = " AND ".join(f"COALESCE(scope.{one} = kin.{one}, scope.{one} IS NULL)" for one in SCOPE)
    alike = same("member", "fitting", SCOPE)
    return [
        Step(
            "scope",
            "what each cohort is narrowed to",
            f"SELECT DISTINCT cohort, {', '.join(SCOPE)} FROM cohort_stage",
        ),
        Step(
            "member",
            "versions of customers entitled to service, if there is any cohort",
            f"""
            SELECT
              party_id, size, bucket, {", ".join(SCOPE)}, GREATEST(from_at, served_from) AS since_at,
              LEAST(to_at, COALESCE(served_to, {FOREVER})) AS left_at
            FROM version
            WHERE served_from IS NOT NULL AND {of_grain("version", grain)}
              AND EXISTS (SELECT 1 FROM scope)
            """,
        ),
        Step("kin", "how members differ", f"SELECT DISTINCT {', '.join(SCOPE)} FROM member"),
        Step(
            "fitting",
            "whom each cohort holds",
            f"SELECT scope.cohort, {columns('kin', SCOPE)} FROM scope JOIN kin ON {fits}",
        ),
        Step(
            "passage",
            "when members of each cohort came and went, and when it is asked how many there are",
            f"""
            SELECT fitting.cohort, member.since_at AS "at", SUM(member.size) AS come
            FROM fitting JOIN member ON {alike}
            WHERE member.since_at < member.left_at
            GROUP BY fitting.cohort, member.since_at
            UNION ALL
            SELECT fitting.cohort, member.left_at, -SUM(member.size)
            FROM fitting JOIN member ON {alike}
            WHERE member.since_at < member.left_at
            GROUP BY fitting.cohort, member.left_at
            UNION ALL
            SELECT DISTINCT cohort, start_at, 0 FROM cohort_stage
            """,
        ),
        Step(
            "passage_sum",
            "the same, one row for each instant",
            'SELECT cohort, "at", SUM(come) AS come FROM passage GROUP BY cohort, "at"',
        ),
        Step(
            "population",
            "how many members each cohort has from each of these instants on",
            """
            SELECT
              cohort, "at",
              CAST(SUM(come) OVER (
                PARTITION BY cohort ORDER BY "at" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS BIGINT) AS members
            FROM passage_sum
            """,
        ),
        Step(
            "counted",
            "stages of cohorts with how many members there were, and how many of them lost",
            """
            SELECT
              cohort_stage.*, population.members,
              COALESCE(cohort_stage.n_parties, cohort_stage.share * population.members) AS n
            FROM cohort_stage
            JOIN population ON population.cohort = cohort_stage.cohort AND population."at" = cohort_stage.start_at
            """,
        ),
        Step(
            "befallen",
            "members of cohorts that lost whole",
            f"""
            SELECT member.party_id AS member_id, member.bucket AS member_bucket, counted.*
            FROM counted
            JOIN fitting ON fitting.cohort = counted.cohort
            JOIN member ON {alike}
            WHERE member.since_at <= counted.start_at AND counted.start_at < member.left_at
              AND (counted.n IS NULL OR (counted.n >= counted.members AND counted.members > 0))
            """,
        ),
    ]


def _suffered() -> list[Step]:
    """Return the steps that make `suffered`: the stages of customers, and those of cohorts."""
    theirs = ", ".join(WRITTEN)
    of_cohort = {"bucket": f"cohort_no.cohort_no % {BUCKETS}"}
    of_member = {"row_no": "0", "bucket": "member_bucket"}
    counts = ", ".join(COUNTS)
    return [
        Step(
            "partial",
            "those of which not all members lost, or of which nobody describes a member: then the count is all we know",
            """
            SELECT
              *, CASE WHEN members > 0 THEN members
                ELSE GREATEST(CAST(CEIL(n) AS BIGINT), COALESCE(n_hi, 0)) END AS population
            FROM counted
            WHERE n < members OR (members = 0 AND n > 0)
            """,
        ),
        Step(
            "cohort_no",
            "numbers of these cohorts",
            """
            SELECT cohort, ROW_NUMBER() OVER (ORDER BY cohort) AS cohort_no
            FROM (SELECT DISTINCT cohort FROM partial) AS t
            """,
        ),
        Step(
            "count_of",
            "what rows say that count the affected, with how many members their cohort had",
            f"""
            SELECT row_no, {counts}, CAST(NULL AS BIGINT) AS population FROM counted_stage WHERE party_id IS NOT NULL
            UNION ALL
            SELECT row_no, {counts}, population FROM partial
            """,
        ),
        Step(
            "suffered",
            "stages of loss of each bearer: of customers, of cohorts, and of all members of cohorts that lost whole",
            f"""
            SELECT bearer, user_id, start_at, end_at, {theirs} FROM borne
            UNION ALL
            SELECT
              -cohort_no.cohort_no, NULL, partial.start_at, partial.end_at,
              {", ".join(of_cohort.get(name, f"partial.{name}") for name in WRITTEN)}
            FROM partial
            JOIN cohort_no ON cohort_no.cohort = partial.cohort
            UNION ALL
            SELECT member_id, NULL, start_at, end_at, {", ".join(of_member.get(name, name) for name in WRITTEN)}
            FROM befallen
            """,
        ),
    ]


def _once(arguments: Arguments) -> list[Step]:
    """Return the step that makes `once`: of rows whose depths are added up, equal ones are one.

    Where the deepest decides, a row that comes twice changes nothing, and none is sought.
    """
    if arguments["overlap"] != "sum":
        return []
    number = "CASE WHEN row_no > 0 THEN row_no ELSE -ROW_NUMBER() OVER (ORDER BY bearer, start_at) END AS row_no"
    written = ", ".join(number if name == "row_no" else name for name in WRITTEN)
    return [
        Step(
            "once",
            "the same, equal rows once, each with a number: their depths are added up",
            f"""
            SELECT bearer, user_id, start_at, end_at, {written}
            FROM (SELECT DISTINCT * FROM suffered) AS t
            """,
        ),
    ]


def _while_served(rows: str, until: int) -> list[Step]:
    """Return the steps that make `loss`: stages, as far as the customer was entitled to service.

    Args:
        rows: step that holds the stages.
        until: instant at which the story is cut.
    """
    versions = "PARTITION BY party_id ORDER BY from_at"
    left = f"CASE WHEN served_to <= {until} THEN served_to ELSE {FOREVER} END"
    return [
        Step(
            "entitled_version",
            "when each of several versions says that its party is served; time between them is the one before's",
            f"""
            SELECT
              party_id,
              GREATEST(
                CASE WHEN LAG(from_at) OVER ({versions}) IS NULL THEN {-FOREVER} ELSE from_at END,
                COALESCE(served_from, {-FOREVER})
              ) AS from_at,
              LEAST(COALESCE(LEAD(from_at) OVER ({versions}), {FOREVER}), {left}) AS to_at
            FROM version
            WHERE NOT is_only
            """,
        ),
        Step(
            "entitled_stretch",
            "the same, those that touch under one number",
            f"""
            SELECT
              *,
              CAST(SUM(CASE WHEN from_at = before_at THEN 0 ELSE 1 END) OVER (
                {versions} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS BIGINT) AS number
            FROM (
              SELECT *, LAG(to_at) OVER ({versions}) AS before_at FROM entitled_version WHERE from_at < to_at
            ) AS t
            """,
        ),
        Step(
            "entitlement",
            "when each party was served; one that never was has a row of no time",
            f"""
            SELECT party_id, COALESCE(served_from, {-FOREVER}) AS from_at, {left} AS to_at FROM version WHERE is_only
            UNION ALL
            SELECT party_id, MIN(from_at), MAX(to_at) FROM entitled_stretch GROUP BY party_id, number
            UNION ALL
            SELECT party_id, 0, 0 FROM entitled_version
            GROUP BY party_id
            HAVING MAX(CASE WHEN from_at < to_at THEN 1 ELSE 0 END) = 0
            """,
        ),
        Step(
            "loss",
            "stages as far as the customer was served; of cohorts, and of customers whom nobody describes, as they are",
            f"""
            SELECT
              {rows}.bearer, {rows}.user_id,
              GREATEST({rows}.start_at, COALESCE(entitlement.from_at, {rows}.start_at)) AS start_at,
              LEAST({rows}.end_at, COALESCE(entitlement.to_at, {rows}.end_at)) AS end_at,
              {columns(rows, WRITTEN)}
            FROM {rows}
            LEFT JOIN entitlement ON entitlement.party_id = {rows}.bearer
            WHERE entitlement.party_id IS NULL OR (
              entitlement.from_at < entitlement.to_at
              AND entitlement.from_at < {rows}.end_at AND {rows}.start_at < entitlement.to_at
            )
            """,
        ),
    ]
