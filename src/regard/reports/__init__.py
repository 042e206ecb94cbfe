"""Answers become documents: self-contained HTML with vector charts, and PDF. Asks nothing, decides nothing.

A report is filled by `workspace`; this room prints what it is given.
"""

from regard.reports.filled import (
    Filled as Filled,
    Fresh as Fresh,
    IncidentFacts as IncidentFacts,
    Report as Report,
    Seasonal as Seasonal,
)
from regard.reports.page import html as html
from regard.reports.printing import ENGINES as ENGINES, pdf as pdf
