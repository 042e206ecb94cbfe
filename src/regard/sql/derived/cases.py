"""Steps about the course of cases: linked ones made one, and the spans in which they stood open."""

from __future__ import annotations

from regard.derived.cases import DONE, LINKS, MACHINES
from regard.sql.derived.steps import FOREVER, Step, listed


def find(rows: str, column: str) -> str:
    """Return the test that a row of `address` is the case a row means: an id of one source is plain to all."""
    return f"address.case_id = {rows}.{column} AND (address.sources = 1 OR address.source = {rows}.source)"


def courses(until: int) -> list[Step]:
    """Return the steps that make `numbered`, `address`, `member`, `open_span` and `course`.

    `member`: case_no, root_no. `open_span`: root_no, number, start_at, end_at, machine (1 if a machine ended it).
    `course`: root_no, opened_at, resolved_at, spans.
    """
    return [
        Step(
            "numbered",
            "cases opened by then, numbered in the order of their keys",
            f"""
            SELECT
              ROW_NUMBER() OVER (ORDER BY source, source_id) AS case_no, source, source_id, case_id, parent_case_id,
              kind, party_id, opened_at, resolved_at, closed_at,
              first_voiced_at, first_reply_at, first_human_reply_at, escalated_at, reopened_count
            FROM "case"
            WHERE opened_at <= {until}
            """,
        ),
        Step(
            "address",
            "what a case id means: how many sources use it, and the case of each",
            """
            SELECT case_id, source, MIN(case_no) AS case_no, COUNT(*) OVER (PARTITION BY case_id) AS sources
            FROM numbered
            GROUP BY case_id, source
            """,
        ),
        Step(
            "link",
            "cases with a parent of the same kind and customer",
            f"""
            SELECT child.case_no, parent.case_no AS parent_no
            FROM numbered AS child
            JOIN address ON {find("child", "parent_case_id")}
            JOIN numbered AS parent ON parent.case_no = address.case_no
            WHERE parent.kind = child.kind AND COALESCE(parent.party_id, -1) = COALESCE(child.party_id, -1)
            """,
        ),
        Step(
            "climb",
            "every ancestor of a linked case",
            f"""
            SELECT case_no, parent_no AS above_no, 1 AS hops FROM link
            UNION ALL
            SELECT climb.case_no, link.parent_no, climb.hops + 1
            FROM climb
            JOIN link ON link.case_no = climb.above_no
            WHERE climb.hops < {LINKS}
            """,
        ),
        Step(
            "linked",
            "linked cases and the ancestor that has no parent; a chain that bites its tail has none",
            """
            SELECT climb.case_no, climb.above_no AS root_no
            FROM climb
            LEFT JOIN link ON link.case_no = climb.above_no
            WHERE link.case_no IS NULL
            """,
        ),
        Step(
            "member",
            "cases and their root, which is the case itself for most",
            """
            SELECT numbered.case_no, COALESCE(linked.root_no, numbered.case_no) AS root_no
            FROM numbered
            LEFT JOIN linked ON linked.case_no = numbered.case_no
            """,
        ),
        Step(
            "moment",
            "moments at which a case was opened or done, as its steps and the case itself say",
            f"""
            SELECT case_no, opened_at AS "at", 0 AS done, 0 AS machine FROM numbered
            UNION ALL
            SELECT case_no, resolved_at, 1, 0 FROM numbered WHERE resolved_at >= opened_at AND resolved_at <= {until}
            UNION ALL
            SELECT case_no, closed_at, 1, 0 FROM numbered WHERE closed_at >= opened_at AND closed_at <= {until}
            UNION ALL
            SELECT
              numbered.case_no, step."at",
              CASE WHEN step.status IN ({listed(DONE)}) THEN 1 ELSE 0 END,
              CASE WHEN step.actor IN ({listed(MACHINES)}) THEN 1 ELSE 0 END
            FROM case_step AS step
            JOIN address ON {find("step", "case_id")}
            JOIN numbered ON numbered.case_no = address.case_no
            WHERE step."at" >= numbered.opened_at AND step."at" <= {until}
            """,
        ),
        Step(
            "change",
            "the same with the state before; what is opened and done at one instant is done",
            """
            SELECT
              case_no, "at", done, machine,
              COALESCE(LAG(done) OVER (PARTITION BY case_no ORDER BY "at", done, machine DESC), 1) AS was_done
            FROM moment
            """,
        ),
        Step(
            "turn",
            "real changes of state, each with the one that follows",
            """
            SELECT
              case_no, "at", done,
              LEAD("at") OVER (PARTITION BY case_no ORDER BY "at", done) AS next_at,
              LEAD(machine) OVER (PARTITION BY case_no ORDER BY "at", done) AS next_machine
            FROM change
            WHERE done <> was_done
            """,
        ),
        Step(
            "stood",
            "spans in which a case stood open, by root, with how far the earlier ones reach",
            f"""
            SELECT
              member.root_no, turn."at" AS start_at, turn.next_at AS end_at, COALESCE(turn.next_machine, 0) AS machine,
              MAX(COALESCE(turn.next_at, {FOREVER})) OVER (
                PARTITION BY member.root_no ORDER BY turn."at", COALESCE(turn.next_at, {FOREVER})
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
              ) AS reached
            FROM turn
            JOIN member ON member.case_no = turn.case_no
            WHERE turn.done = 0
            """,
        ),
        Step(
            "island",
            "spans that overlap or touch share a number",
            f"""
            SELECT
              root_no, start_at, end_at, machine,
              SUM(CASE WHEN start_at <= reached THEN 0 ELSE 1 END) OVER (
                PARTITION BY root_no ORDER BY start_at, COALESCE(end_at, {FOREVER})
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS number
            FROM stood
            """,
        ),
        Step(
            "open_span",
            "whole spans of a root; of those that end last, a machine's end counts (the end doubled, plus the mark)",
            """
            SELECT
              root_no, CAST(number AS BIGINT) AS number, MIN(start_at) AS start_at,
              CASE WHEN COUNT(end_at) = COUNT(*) THEN MAX(end_at) END AS end_at,
              CASE WHEN COUNT(end_at) = COUNT(*) THEN MAX(end_at * 2 + machine) % 2 ELSE 0 END AS machine
            FROM island
            GROUP BY root_no, number
            """,
        ),
        Step(
            "course",
            "when a root was first opened and last resolved",
            """
            SELECT
              root_no, MIN(start_at) AS opened_at, COUNT(*) AS spans,
              CASE WHEN COUNT(end_at) = COUNT(*) THEN MAX(end_at) END AS resolved_at
            FROM open_span
            GROUP BY root_no
            """,
        ),
    ]
