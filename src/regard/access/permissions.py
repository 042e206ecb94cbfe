"""Who may do what: roles x permissions, as one table.

A permission is a verb on the product, not a page: pages and API routes name the one they need. A role is a set of
permissions; a person has one role, and a scope that says on which rows they act (`access.scope`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Permission(StrEnum):
    """One thing that somebody may do."""

    ACCOUNT = "account"
    """See and change one's own account: password, sessions, tokens."""
    VIEW = "view"
    """See numbers, their definitions and the method behind them."""
    EXPORT = "export"
    """Take numbers away: CSV, workbook, picture, report, the API."""
    ROWS = "rows"
    """See rows and single customers behind a number."""
    VERBATIMS = "verbatims"
    """Read what customers wrote, masked."""
    COMMENT = "comment"
    """Write notes on numbers and incidents."""
    BOARDS = "boards"
    """Save boards and reports."""
    IMPACT = "impact"
    """Record who was affected by an incident."""
    QUALITY = "quality"
    """See sources, findings and rows that were turned away."""
    LOAD = "load"
    """Add data: map files, load sources, refresh."""
    DEFINE = "define"
    """Propose definitions, targets and policies."""
    APPROVE = "approve"
    """Approve and freeze what somebody else proposed."""
    PEOPLE = "people"
    """Manage people, roles, scopes, sessions and tokens of others."""
    AUDIT = "audit"
    """Read the audit log."""


class Role(StrEnum):
    """What somebody is to the product."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    AGENT = "agent"
    STEWARD = "steward"
    APPROVER = "approver"
    ADMIN = "admin"


MEANS: Mapping[Role, str] = {
    Role.VIEWER: "looks at numbers and reports",
    Role.ANALYST: "explores, compares, saves boards, takes numbers away, opens numbers down to rows",
    Role.AGENT: "works with single customers and what they wrote",
    Role.STEWARD: "looks after data and definitions: loads, maps, mends, proposes",
    Role.APPROVER: "approves what stewards propose, and freezes it",
    Role.ADMIN: "manages people, and may do all that others may, except approve",
}
"""Role -> what it is for, in words that follow its name."""

_LOOKS = frozenset({Permission.ACCOUNT, Permission.VIEW})
_WORKS = _LOOKS | {Permission.EXPORT, Permission.COMMENT}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: _LOOKS,
    Role.ANALYST: _WORKS | {Permission.ROWS, Permission.VERBATIMS, Permission.BOARDS, Permission.QUALITY},
    Role.AGENT: _WORKS | {Permission.ROWS, Permission.VERBATIMS, Permission.IMPACT},
    Role.STEWARD: _WORKS
    | {Permission.ROWS, Permission.VERBATIMS, Permission.BOARDS, Permission.QUALITY}
    | {Permission.IMPACT, Permission.LOAD, Permission.DEFINE},
    Role.APPROVER: _WORKS | {Permission.QUALITY, Permission.APPROVE},
    Role.ADMIN: frozenset(Permission) - {Permission.APPROVE},
}
"""Role -> what it may do. A steward proposes and an approver approves: nobody holds both."""
