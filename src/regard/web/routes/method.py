"""Help: how to read a number, and the method of every statistic, printed from the objects that compute (R034)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from regard.access import Permission
from regard.model import Status
from regard.present import words
from regard.web.routing import Area
from regard.web.views.tiles import STATES

if TYPE_CHECKING:
    from starlette.responses import Response

    from regard.web.visit import Visit

AREA = Area("method")


@AREA.page("/help", needs=Permission.VIEW, menu="Help")
def show_help(visit: Visit) -> Response:
    """Explain how numbers are made and read."""
    known = visit.workspace.catalogue
    metrics = [known.metric(name) for name in known.metrics]
    used = Counter(metric.interval.method for metric in metrics if metric.status is not Status.PLANNED)
    named = Counter(metric.method for metric in metrics if metric.method)
    terms = known.terms
    return visit.page(
        "help.html",
        intervals=[
            (name, terms.means.get(name, ""), terms.citations.get(name, ""), used[name]) for name in terms.intervals
        ],
        methods=[
            (name, terms.means.get(name, ""), terms.citations.get(name, ""), named[name]) for name in terms.methods
        ],
        flags=[(name, means, STATES.get(name, "")) for name, means in words.FLAGS.items()],
        statuses=words.STATUS,
        choices=known.choices.values(),
        policies=known.policies.values(),
    )
