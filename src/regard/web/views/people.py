"""Sessions and the audit log in words: which browser on what, and what an entry says was changed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regard.store import Entry

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
"""What a browser calls itself -> its name; the first that fits, since all of them claim to be the last."""
SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone|iPad", "iOS"), ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
"""What it calls its system -> its name."""


def browser(agent: str) -> str:
    """Return what a browser says of itself as people call it; as it is where nobody knows it."""
    name = next((known for pattern, known in BROWSERS if re.search(rf"{pattern}\w*/\d", agent)), "")
    system = next((known for pattern, known in SYSTEMS if re.search(pattern, agent)), "")
    return f"{name} on {system}" if name and system else name or agent[:60] or "unknown"


def changes(entry: Entry) -> list[tuple[str, str, str]]:
    """Return what an entry says was changed: (what, before, after), "" for nothing; only what differs."""
    before, after = _read(entry.before), _read(entry.after)
    names = dict.fromkeys([*before, *after])
    return [
        (name, _said(before.get(name)), _said(after.get(name))) for name in names if before.get(name) != after.get(name)
    ]


def _read(text: str) -> dict[str, Any]:
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {"": found}


def _said(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
