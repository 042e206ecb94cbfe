"""The only room that makes SQL: expressions, periods, scans, derived tables, printed for a dialect. It runs nothing."""

from regard.sql.expression import (
    Scope as Scope,
    column as column,
    is_test as is_test,
    literal as literal,
    row as row,
    text as text,
)
from regard.sql.facts import Facts as Facts
from regard.sql.minutes import SEGMENTS as SEGMENTS, asked_segments as asked_segments, minute_series as minute_series
from regard.sql.rows import ALL as ALL, rows_statement as rows_statement
from regard.sql.scan import Steps as Steps, daily as daily, keepable as keepable, reads as reads, steps as steps
from regard.sql.statement import scan_statement as scan_statement
from regard.sql.warehouse import DIALECTS as DIALECTS, warehouse as warehouse
from regard.sql.within import within as within
