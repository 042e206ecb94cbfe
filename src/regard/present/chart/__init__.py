"""Charts of plain numbers as SVG: pure, byte-stable, no script, no font to fetch, readable by those who cannot see.

Every chart has a title and a description that says the same in words, and stands beside a table of its numbers; a page
restyles the classes (`svg.LOOKS`), a saved file keeps its own look.
"""

from __future__ import annotations

from regard.present.chart.course import course as course
from regard.present.chart.parts import (
    Phase as Phase,
    Step as Step,
    bars as bars,
    pareto as pareto,
    phases as phases,
    waterfall as waterfall,
)
from regard.present.chart.series import (
    End as End,
    Point as Point,
    Rule as Rule,
    Shade as Shade,
    bullet as bullet,
    sparkline as sparkline,
    trend as trend,
)
from regard.present.chart.svg import LOOKS as LOOKS, Frame as Frame, ticks as ticks
from regard.present.chart.timeline import Moment as Moment, Span as Span, timeline as timeline
