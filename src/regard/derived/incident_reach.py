"""Reference of `incident_reach`: incidents as most tools report them, their length times whom they reached."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from regard.derived.loss import Incidents, losses, settled
from regard.derived.versions import version_at, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.derived.loss import Loss
    from regard.derived.reference import Arguments, Inputs
    from regard.derived.versions import History

CARRIED = ("source", "source_id", "incident_id", "planned", "severity", "cause", "service")
"""What a row takes from its incident as it is."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each described incident with an impact that began; see `Reference`."""
    incidents = Incidents(inputs["incident"])
    history = versions(inputs["party"], until)
    behind: dict[int, list[Loss]] = defaultdict(list)
    for loss in losses(inputs, arguments, until):
        if incidents.described(loss.incident) is not None and loss.incident is not None:
            behind[loss.incident[1]].append(loss)
    table = []
    for number, mine in behind.items():
        incident = incidents.rows[number]
        bearers: dict[tuple[int | None, str], list[Loss]] = defaultdict(list)
        for loss in mine:
            bearers[loss.party, loss.cohort].append(loss)
        ends = [loss.end for loss in mine]
        table.append(
            {name: incident[name] for name in CARRIED}
            | {
                "team": incident["owner_team"],
                "start_at": min(loss.start for loss in mine),
                "end_at": None if None in ends else max(end for end in ends if end is not None),
                "size": settled(sum(_reached(stages, history) for stages in bearers.values())),
            }
        )
    return table


def _reached(stages: Sequence[Loss], history: History) -> float:
    """Return how many customers of one bearer an incident reached: all, or what its distinct counts add up to."""
    people, counts = 0, set()
    for loss in stages:
        version = version_at(history, loss.party, loss.start)
        here = loss.population if loss.population is not None else version["size"] if version else 1
        n = loss.n if loss.n is not None or loss.share is None else loss.share * here
        people = max(people, here)
        counts.add((loss.start, loss.end, loss.kind, n))
    if any(n is None for *_, n in counts):
        return people
    return min(float(people), sum(n for *_, n in counts if n is not None))
