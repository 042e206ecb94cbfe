"""The nouns that every room speaks of: tables, metrics, periods. Plain frozen records, no reading, no computing."""

from regard.model.metrics import (
    FLAGS as FLAGS,
    Choice as Choice,
    Good as Good,
    Interval as Interval,
    Keep as Keep,
    Kind as Kind,
    Metric as Metric,
    Per as Per,
    RowSet as RowSet,
    Series as Series,
    Setting as Setting,
    Status as Status,
    Target as Target,
)
from regard.model.policies import (
    BusinessCalendar as BusinessCalendar,
    Note as Note,
    Policy as Policy,
)
from regard.model.said import first_day as first_day, last_day as last_day, period as period
from regard.model.tables import (
    BUCKETS as BUCKETS,
    SENSITIVITIES as SENSITIVITIES,
    SPINE as SPINE,
    Column as Column,
    Dimension as Dimension,
    Table as Table,
    Teller as Teller,
    has_dimension as has_dimension,
    table_for as table_for,
)
from regard.model.time import (
    DAY_US as DAY_US,
    Calendar as Calendar,
    Grain as Grain,
    Period as Period,
    Window as Window,
    add_months as add_months,
    day_number as day_number,
    instant as instant,
    moment as moment,
    offset_at as offset_at,
    offsets as offsets,
)
