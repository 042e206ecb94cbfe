"""The SQL of mappings: text to values, rows to tables, and the tests that every row passes on the way in."""

from regard.sql.mapping.casts import (
    exact_format as exact_format,
    other_order as other_order,
    written_zone as written_zone,
)
from regard.sql.mapping.crossing import (
    answered as answered,
    chosen as chosen,
    colliding as colliding,
    doubled as doubled,
    dropping as dropping,
    fresh as fresh,
    ids as ids,
    kept as kept,
    keyed as keyed,
    landed as landed,
    left as left,
    of_sources as of_sources,
    parties as parties,
    raw_lines as raw_lines,
    referring as referring,
    staged as staged,
    stale as stale,
    uncoded as uncoded,
)
from regard.sql.mapping.names import FAMILIES as FAMILIES, Names as Names
from regard.sql.mapping.statement import (
    ADDED as ADDED,
    RAW_ROWS as RAW_ROWS,
    Statement as Statement,
    build as build,
    cells_of as cells_of,
    completed as completed,
    identifying as identifying,
    own_id as own_id,
    used as used,
)
from regard.sql.mapping.targets import key_number as key_number
