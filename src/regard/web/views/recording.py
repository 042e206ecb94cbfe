"""The form that records impact: what was typed, what is wrong with it, and who would be affected; plain data (R019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from regard.errors import AuthorError, QuestionError
from regard.model import moment
from regard.present import numbers
from regard.present.interruption import BLANK, KINDS
from regard.present.table import Cell, Column, Table
from regard.workspace.added import Loss

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.workspace import Workspace
    from regard.workspace.added import Addition

FIELDS = ("who", "from", "to", "kind", "evidence", "n", "share")
EVIDENCE: Mapping[str, str] = {
    "observed": "observed: telemetry shows each of them",
    "listed": "listed: somebody made a list",
    "estimated": "estimated: a count or share is known",
    "assumed": "assumed: nobody knows, this is a guess",
}
"""Evidence -> how it reads in the form; other words of the table read by their own name."""
PERCENT = 100


def asked(workspace: Workspace, incident: str, form: Mapping[str, str]) -> dict[str, Any]:
    """Return the form with what was typed; of a form that is filled in also who matches, or what is wrong, by field."""
    columns = workspace.catalogue.tables["impact"].columns
    typed = {name: form.get(name, "").strip() for name in FIELDS} if form else _from_record(workspace, incident)
    typed["kind"] = typed["kind"] or next(iter(columns["kind"].choices))
    typed["evidence"] = typed["evidence"] or "listed"
    wrong: dict[str, str] = {}
    addition = _proposed(workspace, incident, typed, wrong) if form else None
    return {
        "incident": incident,
        "typed": typed,
        "kinds": [(kind, KINDS.get(kind, kind)) for kind in columns["kind"].choices],
        "evidences": [(name, EVIDENCE.get(name, name)) for name in columns["evidence"].choices],
        "wrong": wrong,
        "addition": addition,
        "matching": _matching(addition) if addition else None,
        "written": 0,
    }


def _from_record(workspace: Workspace, incident: str) -> dict[str, str]:
    """Return the form before anything is typed: the times are those of the operator's record, for want of better."""
    known = {mark.name: mark.at for mark in workspace.incident(incident).marks if mark.clock == "operator"}
    times = {"from": known.get("recorded beginning"), "to": known.get("resolved")}
    clock = ZoneInfo(workspace.calendar.zone)
    return dict.fromkeys(FIELDS, "") | {
        name: moment(at).astimezone(clock).strftime("%Y-%m-%dT%H:%M:%S") for name, at in times.items() if at is not None
    }


def _proposed(workspace: Workspace, incident: str, typed: Mapping[str, str], wrong: dict[str, str]) -> Addition | None:
    """Return what would be written, None after mistakes, which are added field by field."""
    began = _moment(workspace, typed, "from", wrong)
    ended = _moment(workspace, typed, "to", wrong)
    n, share = _number(typed, "n", wrong), _number(typed, "share", wrong)
    if began is None and "from" not in wrong:
        wrong["from"] = "Say when it began for them."
    if not typed["who"]:
        wrong["who"] = "Say who: a test such as segment = 'b2b', or: served_from is not blank (everybody)."
    if wrong or began is None:
        return None
    loss = Loss(
        incident=incident,
        who=typed["who"],
        start_at=began,
        end_at=ended,
        kind=typed["kind"],
        evidence=typed["evidence"],
        n=None if n is None else round(n),
        share=None if share is None else share / PERCENT,
    )
    try:
        return workspace.propose_impact(loss)
    except AuthorError as error:
        wrong["who"] = "; ".join(f"{one.message}. {one.hint}".strip() for one in error.mistakes)
    except QuestionError as error:
        wrong[""] = str(error)
    return None


def _moment(workspace: Workspace, typed: Mapping[str, str], name: str, wrong: dict[str, str]) -> int | None:
    try:
        return workspace.moment(typed[name] or None)
    except QuestionError as error:
        wrong[name] = str(error)
    return None


def _number(typed: Mapping[str, str], name: str, wrong: dict[str, str]) -> float | None:
    text = typed[name].replace(",", "").removesuffix("%").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        wrong[name] = f"'{typed[name]}' is no number; write 40 or leave it blank."
        return None
    if not 0 < number < float("inf"):
        wrong[name] = f"'{typed[name]}' is not above 0; leave it blank when all who match were affected."
        return None
    return number


def _matching(addition: Addition) -> Table:
    rows = tuple((Cell(name or BLANK), Cell(numbers.count(count))) for name, count in addition.segments.items())
    return Table("", (Column("segment"), Column("customers", right=True)), rows)
