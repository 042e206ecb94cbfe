"""SQL of `case_clock`: how long each case took, on the clock chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.calendar import STRETCHES
from regard.derived.case_clock import CARRIED, REPLIERS, WRITTEN
from regard.model.time import DAY_US
from regard.sql.derived.cases import courses, find
from regard.sql.derived.steps import FOREVER, Step, columns, come, listed, query, sooner, text
from regard.sql.derived.versions import STAMP, stamped, version

if TYPE_CHECKING:
    from regard.derived import Arguments

DURATIONS = {
    "first_reply": ("reply_from", "first_reply_at"),
    "reply_elapsed": ("reply_from", "reply_stop"),
    "resolution": ("first_voiced_at", "resolved_at"),
    "resolution_elapsed": ("first_voiced_at", "stop"),
    "recontact": ("resolved_at", "next_contact_at"),
}
"""Duration -> the instants it lies between; blank when one of them is."""

ENDS = ("reply_from", "first_reply_at", "reply_stop", "first_voiced_at", "resolved_at", "stop", "next_contact_at")
"""Instants at which a business clock is read."""


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    reply = str(arguments["reply"])
    steps = [*version(until), *courses(until), *_talk(reply, until), *_timed(reply, until)]
    business = arguments["clock"] != "calendar"
    if business:
        steps += _team_calendar(until)
    select = f"""
    SELECT
      timed.source, timed.source_id, root.case_id, {columns("root", CARRIED)},
      timed.opened_at, timed.first_voiced_at, timed.reply_from, timed.first_reply_at, timed.resolved_at,
      timed.escalated_at, timed.next_contact_at,
      timed.first_reply_at IS NOT NULL AS replied,
      timed.resolved_at IS NOT NULL AS resolved,
      {_durations(business=business)},
      timed.reopened, timed.cases,
      timed.customer_time, timed.contacts, timed.in_contacts, timed.channels,
      timed.channels > 1 AS cross_channel,
      timed.context_carried,
      CASE
        WHEN timed.resolved_at IS NOT NULL AND timed.contacts > 0 THEN timed.reopened = 0 AND timed.in_before <= 1
      END AS one_contact,
      COALESCE(root.channel_first, timed.channel) AS channel,
      {STAMP}
    FROM timed
    JOIN "case" AS root ON root.source = timed.source AND root.source_id = timed.source_id
    {stamped("timed", "opened_at")}
    {_calendar_joins(str(arguments["calendar"])) if business else ""}
    """
    return query(steps, select, recursive=True)


def _talk(reply: str, until: int) -> list[Step]:
    """Return the steps about contacts and what cases say themselves; `said` and `wrote` have a row for each root."""
    seen = "contact.public AND contact.actor <> 'system'"
    written = ",\n              ".join(
        f"MIN(CASE WHEN numbered.{name} >= course.opened_at AND numbered.{name} <= {until} THEN numbered.{name} END)"
        f" AS {name}"
        for name in WRITTEN["any"]
    )
    return [
        Step(
            "talk",
            "contacts by then, with the root of their case; seen by the customer, heard from the customer, or a reply",
            f"""
            SELECT
              contact."at", contact.channel, contact.direction, contact.party_id, course.root_no, course.resolved_at,
              CASE WHEN {seen} THEN 1 ELSE 0 END AS seen,
              CASE WHEN {seen} AND contact.direction = 'in' THEN 1 ELSE 0 END AS heard,
              CASE
                WHEN contact.direction = 'out' AND contact.public AND contact."at" >= course.opened_at
                  AND contact.actor IN ({listed(REPLIERS[reply])}) THEN 1 ELSE 0
              END AS reply,
              CASE
                WHEN contact.handle_s IS NOT NULL OR contact.wait_s IS NOT NULL
                THEN COALESCE(CAST(FLOOR(contact.handle_s * 1000000 + 0.5) AS BIGINT), 0)
                  + COALESCE(CAST(FLOOR(contact.wait_s * 1000000 + 0.5) AS BIGINT), 0)
              END AS spent,
              CASE WHEN contact.context_carried THEN 1 WHEN NOT contact.context_carried THEN 0 END AS carried
            FROM contact
            LEFT JOIN address ON {find("contact", "case_id")}
            LEFT JOIN member ON member.case_no = address.case_no
            LEFT JOIN course ON course.root_no = member.root_no
            WHERE contact."at" <= {until}
            """,
        ),
        Step(
            "by_channel",
            "contacts of a root added up by channel",
            """
            SELECT
              root_no, channel,
              SUM(seen) AS contacts,
              SUM(heard) AS in_contacts,
              SUM(CASE WHEN "at" <= resolved_at THEN heard ELSE 0 END) AS in_before,
              MIN(CASE WHEN seen = 1 AND channel IS NOT NULL THEN "at" END) AS seen_at,
              MIN(CASE WHEN heard = 1 THEN "at" END) AS heard_at,
              MIN(CASE WHEN reply = 1 THEN "at" END) AS reply_at,
              MIN(CASE WHEN seen = 1 THEN carried END) AS carried,
              SUM(spent) AS spent
            FROM talk
            WHERE root_no IS NOT NULL
            GROUP BY root_no, channel
            """,
        ),
        Step(
            "by_time",
            "the same with when the root was first seen in any channel",
            "SELECT *, MIN(seen_at) OVER (PARTITION BY root_no) AS first_at FROM by_channel",
        ),
        Step(
            "said",
            "contacts of a root added up; of two channels at once, the first in the alphabet came first",
            """
            SELECT
              root_no,
              CAST(SUM(contacts) AS BIGINT) AS contacts,
              CAST(SUM(in_contacts) AS BIGINT) AS in_contacts,
              CAST(SUM(in_before) AS BIGINT) AS in_before,
              COUNT(seen_at) AS channels,
              MIN(CASE WHEN seen_at = first_at THEN channel END) AS channel,
              MIN(heard_at) AS heard_at,
              MIN(reply_at) AS reply_at,
              MIN(carried) AS carried,
              CAST(SUM(spent) AS BIGINT) AS spent
            FROM by_time
            GROUP BY root_no
            """,
        ),
        Step(
            "wrote",
            "what the cases of a root say themselves",
            f"""
            SELECT
              member.root_no,
              COUNT(*) AS cases,
              MAX(COALESCE(numbered.reopened_count, 0)) AS reopened,
              MIN({come("numbered.first_voiced_at", until)}) AS voiced_at,
              MIN({come("numbered.escalated_at", until)}) AS escalated_at,
              {written}
            FROM member
            JOIN numbered ON numbered.case_no = member.case_no
            JOIN course ON course.root_no = member.root_no
            GROUP BY member.root_no
            """,
        ),
    ]


def _timed(reply: str, until: int) -> list[Step]:
    """Return the steps that make `timed`: a row for each root with every instant and count."""
    first, *others = [f"wrote.{name}" for name in WRITTEN[reply]]
    for other in others:
        first = sooner(first, other)
    return [
        Step(
            "answered",
            "roots with what was said and written, and their first reply",
            f"""
            SELECT
              course.root_no, course.opened_at, course.resolved_at, wrote.cases, wrote.escalated_at,
              GREATEST(course.spans - 1, wrote.reopened) AS reopened,
              {sooner("course.opened_at", sooner("wrote.voiced_at", "said.heard_at"))} AS first_voiced_at,
              {sooner("said.reply_at", first)} AS first_reply_at,
              COALESCE(said.contacts, 0) AS contacts,
              COALESCE(said.in_contacts, 0) AS in_contacts,
              COALESCE(said.in_before, 0) AS in_before,
              COALESCE(said.channels, 0) AS channels,
              said.channel, said.carried = 1 AS context_carried, said.spent AS customer_time
            FROM course
            JOIN wrote ON wrote.root_no = course.root_no
            LEFT JOIN said ON said.root_no = course.root_no
            """,
        ),
        Step(
            "restart",
            "reopenings after an end made by a machine, while no reply had been given: the last one counts",
            """
            SELECT answered.root_no, MAX(later.start_at) AS restart_at
            FROM open_span AS earlier
            JOIN open_span AS later ON later.root_no = earlier.root_no AND later.number = earlier.number + 1
            JOIN answered ON answered.root_no = later.root_no
            WHERE earlier.machine = 1 AND later.start_at <= COALESCE(answered.first_reply_at, later.start_at)
            GROUP BY answered.root_no
            """,
        ),
        Step(
            "arrival",
            "incoming contacts and resolutions of each customer; an anonymous case is a customer of its own",
            """
            SELECT
              COALESCE(talk.party_id, numbered.party_id, -talk.root_no) AS customer_no,
              talk."at", talk."at" AS contact_at, CAST(NULL AS BIGINT) AS root_no
            FROM talk
            LEFT JOIN numbered ON numbered.case_no = talk.root_no
            WHERE talk.direction = 'in' AND COALESCE(talk.party_id, talk.root_no) IS NOT NULL
            UNION ALL
            SELECT COALESCE(numbered.party_id, -course.root_no), course.resolved_at, NULL, course.root_no
            FROM course
            JOIN numbered ON numbered.case_no = course.root_no
            WHERE course.resolved_at IS NOT NULL
            """,
        ),
        Step(
            "following",
            "the same, back in time, each with the next contact strictly after it",
            """
            SELECT
              root_no,
              MIN(contact_at) OVER (
                PARTITION BY customer_no ORDER BY "at" DESC, COALESCE(root_no, 0) DESC
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS next_contact_at
            FROM arrival
            """,
        ),
        Step(
            "timed",
            "every instant and count of a root",
            f"""
            SELECT
              numbered.source, numbered.source_id, numbered.party_id, answered.*,
              COALESCE(restart.restart_at, answered.opened_at) AS reply_from,
              COALESCE(answered.first_reply_at, answered.resolved_at, {until}) AS reply_stop,
              COALESCE(answered.resolved_at, {until}) AS stop,
              following.next_contact_at
            FROM answered
            JOIN numbered ON numbered.case_no = answered.root_no
            LEFT JOIN restart ON restart.root_no = answered.root_no
            LEFT JOIN following ON following.root_no = answered.root_no
            """,
        ),
    ]


def _durations(*, business: bool) -> str:
    """Return the columns that hold durations."""

    def read(end: str) -> str:
        if not business:
            return f"timed.{end}"
        day = f"at_{end}"
        worked = (f"GREATEST(0, LEAST(timed.{end}, {day}.e{n}) - {day}.s{n})" for n in range(1, STRETCHES + 1))
        return f"({day}.before_us + {' + '.join(worked)})"

    return ",\n      ".join(f"{read(end)} - {read(start)} AS {name}" for name, (start, end) in DURATIONS.items())


def _team_calendar(until: int) -> list[Step]:
    """Return the steps that make `team_calendar`: the calendar of each team that names one."""
    return [
        Step(
            "team_code",
            "teams with a calendar, the latest entry of the register first",
            f"""
            SELECT
              code AS team, calendar,
              ROW_NUMBER() OVER (
                PARTITION BY code ORDER BY COALESCE(valid_from, {-FOREVER}) DESC, source DESC, source_id DESC
              ) AS place
            FROM code
            WHERE dimension = 'team' AND calendar IS NOT NULL AND COALESCE(valid_from <= {until // DAY_US}, TRUE)
            """,
        ),
        Step("team_calendar", "the calendar of each team", "SELECT team, calendar FROM team_code WHERE place = 1"),
    ]


def _calendar_joins(default: str) -> str:
    """Return the joins that read the running totals of the team's calendar at each instant."""
    joins = ["LEFT JOIN team_calendar ON team_calendar.team = root.team"]
    joins += [
        f"LEFT JOIN calendar_day AS at_{end} ON at_{end}.day = timed.{end} // {DAY_US}"
        f" AND at_{end}.calendar = COALESCE(team_calendar.calendar, {text(default)})"
        for end in ENDS
    ]
    return "\n    ".join(joins)
