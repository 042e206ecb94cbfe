"""A person as the product knows one: who, in which role, on which rows."""

from __future__ import annotations

import hashlib
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
        rows: tests on dimensions of the workspace's own roles that they are members of; one of them must hold.
        upto: class of metrics up to which they see numbers.
    """

    id: str
    name: str
    role: Role
    scope: Scope = field(default_factory=Scope)
    rows: tuple[str, ...] = ()
    upto: str = "internal"

    def may(self, permission: Permission) -> bool:
        """Whether the role allows something."""
        return permission in PERMISSIONS[self.role]

    @property
    def test(self) -> str:
        """Which rows they may see, in the metric language; "" for all."""
        parts = [self.scope.test] if self.scope.test else []
        if self.rows and all(self.rows):  # a role without a test sees every row
            parts.append(" or ".join(f"({test})" for test in sorted(self.rows)))
        return " and ".join(f"({part})" for part in parts) if len(parts) > 1 else "".join(parts)

    @property
    def sees(self) -> str:
        """Equal for people to whom every page looks the same, different for all others: role, rows and metrics."""
        return hashlib.sha256(f"{self.role}\n{self.test}\n{self.upto}".encode()).hexdigest()[:16]


LOCAL = Person(id="", name="this machine", role=Role.ADMIN, upto="special")
"""Whoever sits at a machine that serves itself alone, without signing in."""
