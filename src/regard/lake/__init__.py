"""Where the rows are: Delta tables in pinned versions, kept results, rows on their way.

The only room that imports duckdb and deltalake. Files are Parquet; instants are UTC timestamps in the files and whole
microseconds in every view, so that no SQL ever sees a zone.
"""

from regard.lake.connection import (
    APART as APART,
    WHOLE as WHOLE,
    Connection as Connection,
    EngineError as EngineError,
    apart as apart,
)
from regard.lake.lake import Lake as Lake
from regard.lake.shelf import DAY_S as DAY_S, Gone as Gone
from regard.lake.staging import Staging as Staging
from regard.lake.upsert import Commit as Commit
