"""What regard remembers beside the lake: runs, snapshots, findings.

The only room that imports SQLAlchemy. Instants are whole microseconds.
"""

from regard.store.nouns import (
    Finding as Finding,
    Run as Run,
    Snapshot as Snapshot,
)
from regard.store.store import Store as Store
