"""The bar of period and filters above numbers: what is chosen, and what may be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.errors import AccessError, AuthorError, QuestionError
from regard.web.views.look import BLANK, GRAINS, Look
from regard.web.views.tiles import titles_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.model import Metric
    from regard.workspace import Workspace

MOST_VALUES, MOST_FILTERS = 40, 4
"""Values in a list, and lists in the bar of a board: more are read by nobody; the address takes all."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A dimension that may be filtered by: its values, and those chosen."""

    name: str
    title: str
    values: tuple[str, ...]
    chosen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar.

    Attributes:
        look: what is chosen.
        choices: the filters.
        spoken: the filters in force, in words.
        from_now, to_now: the days that are shown where none are chosen.
        hidden: parameters that the form must carry on.
        grains: lengths of a period.
    """

    look: Look
    choices: tuple[Choice, ...]
    spoken: tuple[str, ...]
    from_now: str
    to_now: str
    hidden: tuple[tuple[str, str], ...] = ()
    grains: tuple[str, ...] = GRAINS


def bar(workspace: Workspace, look: Look, metrics: Sequence[Metric], *, hidden: Sequence[tuple[str, str]] = ()) -> Bar:
    """Return the bar for metrics: the dimensions that most of them may be cut by."""
    known = workspace.catalogue.dimensions
    wanted = Counter(name for metric in metrics for name in metric.dims if name in known)
    chosen = [name for name, _ in wanted.most_common() if name != "party"][:MOST_FILTERS]
    chosen += [name for name in look.filters if name not in chosen]
    titles = titles_of(workspace)
    choices = []
    every = values(workspace, metrics, chosen)
    for name in chosen:
        found, own = every.get(name, []), look.filters.get(name, ())
        if found or own:
            choices.append(Choice(name, titles.get(name, name), tuple(dict.fromkeys([*found, *own])), own))
    start, end = look.days(workspace)
    kept = {choice.name for choice in choices} | {"grain", "from", "to", "compare"}
    more = [(name, value) for name, value in look.parameters() if name not in kept]
    return Bar(
        look=look,
        choices=tuple(choices),
        spoken=tuple(look.spoken(titles)),
        from_now=start.isoformat(),
        to_now=end.isoformat(),
        hidden=(*more, *hidden),
    )


def values(workspace: Workspace, metrics: Sequence[Metric], dimensions: Sequence[str]) -> dict[str, list[str]]:
    """Return dimension -> its values, most rows first, each as the first of some metrics that can tell has them."""
    found: dict[str, list[str]] = {}
    for metric in metrics:
        wanted = [name for name in dimensions if name in metric.dims and name not in found]
        if not wanted:
            continue
        try:
            [answer] = workspace.ask(
                metric.id, breakdowns=[(name,) for name in wanted], grain="year", compare="", intervals=False
            )
        except (QuestionError, AuthorError, AccessError):
            continue
        for name in wanted:
            counted: Counter[str] = Counter()
            for cell in answer.cells:
                if name in cell.dims:
                    value = cell.dims[name]
                    counted[BLANK if value is None else value] += int(cell.estimate.n or 0)
            if counted:
                found[name] = [value for value, _ in counted.most_common(MOST_VALUES)]
    return found
