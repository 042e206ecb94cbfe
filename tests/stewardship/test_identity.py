from __future__ import annotations

import duckdb
import pyarrow as pa
from hypothesis import given, strategies as st

from regard.model import BUCKETS
from regard.sql.mapping import key_number
from regard.stewardship import bucket, identify, party_id


@given(st.text(min_size=1).filter(lambda text: "\x00" not in text))
def test_python_and_sql_make_the_same_surrogate(key):
    """A party's number is the same wherever it is made, 63 bits, and its bucket is the remainder (R038)."""
    [(number,)] = duckdb.execute(f"select {key_number('$1')}", ["email:" + key]).fetchall()

    assert number == party_id("email", key)
    assert 0 <= number < 1 << 63
    assert bucket("email:" + key) == number % BUCKETS


def test_a_known_surrogate():
    """The first eight bytes of md5('email:a'), masked: a change of the rule would orphan every stored party."""
    assert party_id("email", "a") == 0x19F32C22FB06ACEF


def test_keys_become_rows_that_say_why():
    """Each key is one exact match that always held; the row's own id does not show the key."""
    keys = pa.record_batch({"system": ["email"], "key": ["a@x"], "party_id": [party_id("email", "a@x")]})
    [table] = list(identify([keys]))
    [row] = table.to_pylist()

    assert (row["source"], row["source_system"], row["source_key"]) == ("email", "email", "a@x")
    assert (row["method"], row["confidence"], row["valid_from"]) == ("exact", 1.0, 0)
    assert row["bucket"] == bucket("email:a@x")
    assert "a@x" not in row["source_id"]
