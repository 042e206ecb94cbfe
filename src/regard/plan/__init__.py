"""From a question to cells: what must be computed, in how few scans, and the arithmetic that is done last, once."""

from regard.plan.answer import (
    Answer as Answer,
    AnswerCell as AnswerCell,
    Estimate as Estimate,
    Verdict as Verdict,
)
from regard.plan.build import plan as plan, replicates as replicates, stretch_of as stretch_of
from regard.plan.cells import (
    Cells as Cells,
    Group as Group,
    collect as collect,
    collect_rest as collect_rest,
    ran as ran,
)
from regard.plan.effects import (
    Calibration as Calibration,
    Case as Case,
    Dose as Dose,
    Evidence as Evidence,
    Improved as Improved,
    Improvement as Improvement,
    Lag as Lag,
    Response as Response,
    Weight as Weight,
)
from regard.plan.question import (
    DAY as DAY,
    DISTINCT as DISTINCT,
    INCIDENT as INCIDENT,
    PARTY as PARTY,
    QUANTILE as QUANTILE,
    ROWS as ROWS,
    SUM as SUM,
    SURVIVAL as SURVIVAL,
    VARIETY as VARIETY,
    Engine as Engine,
    Measure as Measure,
    Plan as Plan,
    Question as Question,
    Results as Results,
    Scan as Scan,
    Stretch as Stretch,
)
from regard.plan.ranks import EXACT_TO as EXACT_TO, Z as Z, order_ranks as order_ranks
from regard.plan.suppression import suppressed as suppressed
