"""A load of two tables and their snapshot, as the workspace does it; started and killed by test_crash."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa

from regard.lake import Lake
from regard.store import Store
from tests.lake.tables import table

ROWS = 4_000
CHUNKS = 4
TABLES = tuple(
    table("source", "source_id", "loaded_at", "run_id", "size", "at", name=name) for name in ("visit", "order")
)


def rows(generation: int, chunk: int) -> pa.Table:
    """Return a quarter of the rows: those of an earlier generation changed, and some new."""
    keys = range(chunk, ROWS + generation * 100, CHUNKS)
    return pa.table(
        {
            "source": pa.repeat("shop", len(keys)),
            "source_id": pa.array(keys).cast(pa.string()),
            "size": pa.repeat(generation, len(keys)),
            "at": pa.array(keys),
        }
    )


def main(root: Path, generation: int) -> None:
    """Load a generation, resuming where a killed load of it stopped."""
    what = {"code_version": "1", "config_hash": "c", "input_hashes": {"generation": str(generation)}}
    with Store(root / "regard.db") as store:
        lake = Lake(root / "lake")
        with lake.writing("load"):
            run = store.resume_run("load", "shop", **what)
            run_id = run.id if run else store.begin_run("load", "shop", **what)
            staging = lake.staging(run_id)
            for at in TABLES:
                for chunk in range(CHUNKS):
                    if chunk not in staging.numbers(at.name):
                        staging.put(at.name, chunk, rows(generation, chunk))
            versions = {at.name: lake.upsert(at, staging.read(at.name), run_id=run_id).version for at in TABLES}
            store.add_snapshot(versions, run_id)
            store.finish_run(run_id, "done")
            staging.clear()


if __name__ == "__main__":
    print("ready", flush=True)
    main(Path(sys.argv[1]), int(sys.argv[2]))
