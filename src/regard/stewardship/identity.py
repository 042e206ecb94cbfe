"""Parties by exact key: the same system and key is the same party, in every source and every load.

A party's surrogate is made of its key alone, so nothing is looked up while rows are mapped, loads can run in any order,
and a load that is killed resumes with the same numbers. What is written down is why: a row of `identity` for each key.
Two keys that share a surrogate by chance would be one party by mistake: that is found and told.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pyarrow as pa

from regard.model import BUCKETS
from regard.model.keys import bucket, surrogate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ALWAYS = 0
"""An exact key holds from 1970 on: it was never another's."""
ROWS = pa.schema(
    [
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("source_system", pa.string()),
        ("source_key", pa.string()),
        ("party_id", pa.int64()),
        ("method", pa.string()),
        ("confidence", pa.float64()),
        ("valid_from", pa.int64()),
        ("bucket", pa.int64()),
    ]
)


def party_id(system: str, key: str) -> int:
    """Return the surrogate of a key within a system."""
    return surrogate(f"{system}:{key}")


def identify(keys: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield rows of the table `identity` for keys.

    Args:
        keys: batches with columns `system`, `key` and `party_id`, each key once.

    Yields:
        Rows without the stamps of a load. The source of a row is the system, so that two sources that know the same
        customer write the same row; its id is a hash, because a key may be an address of a person.
    """
    for batch in keys:
        systems, names = batch.column("system").to_pylist(), batch.column("key").to_pylist()
        ids = [
            hashlib.md5(f"{system}:{key}".encode(), usedforsecurity=False).hexdigest()
            for system, key in zip(systems, names, strict=True)
        ]
        count = batch.num_rows
        numbers = batch.column("party_id")
        columns = [
            batch.column("system"),
            pa.array(ids, pa.string()),
            batch.column("system"),
            batch.column("key"),
            numbers,
            pa.repeat(pa.scalar("exact"), count),
            pa.repeat(pa.scalar(1.0), count),
            pa.repeat(pa.scalar(ALWAYS, pa.int64()), count),
            pa.array([number % BUCKETS for number in numbers.to_pylist()], pa.int64()),
        ]
        yield pa.Table.from_arrays(columns, schema=ROWS)


__all__ = ["ALWAYS", "ROWS", "bucket", "identify", "party_id"]
