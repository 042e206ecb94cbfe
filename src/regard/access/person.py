"""A person as the product knows one: who, in which role, on which rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.access.permissions import PERMISSIONS, Role
from regard.access.scope import Scope

if TYPE_CHECKING:
    from regard.access.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is signed in, or the one person of a machine that asks nobody to sign in.

    Attributes:
        id: of the account, "" for the person of this machine.
        name: as they sign in, an e-mail address as a rule.
        role: what they may do.
        scope: on which rows.
    """

    id: str
    name: str
    role: Role
    scope: Scope = field(default_factory=Scope)

    def may(self, permission: Permission) -> bool:
        """Whether the role allows something."""
        return permission in PERMISSIONS[self.role]


LOCAL = Person(id="", name="this machine", role=Role.ADMIN)
"""Whoever sits at a machine that serves itself alone, without signing in."""
