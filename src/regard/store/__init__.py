"""What regard remembers beside the lake: runs, snapshots, findings, people and what they did.

The only room that imports SQLAlchemy. Instants are whole microseconds.
"""

from regard.store.audit import AuditLog as AuditLog
from regard.store.comments import Comments as Comments
from regard.store.nouns import (
    Account as Account,
    Comment as Comment,
    Deed as Deed,
    Entry as Entry,
    Finding as Finding,
    Run as Run,
    Session as Session,
    Snapshot as Snapshot,
    Token as Token,
)
from regard.store.people import People as People
from regard.store.store import Store as Store
