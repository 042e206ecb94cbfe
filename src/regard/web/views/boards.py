"""Boards: numbers that belong together, as a report file describes them (R111, R116, R144), as plain data."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from regard.errors import AccessError, QuestionError, did_you_mean
from regard.model.reports import PERIOD
from regard.present import document, summary
from regard.web.views.look import PERIODS, Look
from regard.web.views.tiles import ACT, WATCH, Tile, aged, ask_each, judged, tiles, titles_of, unanswered
from regard.workspace.freshness import STALE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from regard.model import Metric
    from regard.model.reports import ReportTemplate, Section
    from regard.plan import Answer
    from regard.workspace import Workspace

SHOWN = ("tiles", "scorecard", "trend", "bars", "table")
"""Sections of a report that a board shows, each metric as a tile or a line; the others are pages of their own."""
FIRST = "board"
"""The board behind the first page."""
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A section of a board.

    Attributes:
        title, text: above it.
        lines: whether its tiles are shown as lines of a table, with their definition.
        tiles: those that ask for something first.
    """

    title: str
    text: str = ""
    lines: bool = False
    tiles: tuple[Tile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A board.

    Attributes:
        id, title, means: as written.
        own: whether the workspace wrote it.
        summary: one sentence.
        exceptions: tiles that ask for action or a look, the most urgent first.
        groups: its sections.
        periods: labels of the periods that its numbers are of.
        context: snapshot, cut, zone and filters in one line.
        compared: how many changes were looked at together.
        conflicts: what figures stated elsewhere contradict among themselves (X1), where this board shows them.
        answers: all that its numbers are from.
    """

    id: str
    title: str
    means: str = ""
    own: bool = False
    summary: str = ""
    exceptions: tuple[Tile, ...] = ()
    groups: tuple[Group, ...] = ()
    periods: tuple[str, ...] = ()
    context: str = ""
    compared: int = 0
    conflicts: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()

    def plain(self) -> dict[str, object]:
        """Return what a program wants of it."""
        return {
            "board": self.id,
            "title": self.title,
            "summary": self.summary,
            "groups": [{"title": one.title, "tiles": [each.plain() for each in one.tiles]} for one in self.groups],
        }


def boards(workspace: Workspace) -> list[ReportTemplate]:
    """Return the reports that can be looked at as boards, the workspace's own first."""
    found = [one for one in workspace.catalogue.reports.values() if one.of == PERIOD and _sections(one)]
    return sorted(found, key=lambda one: (not one.own, one.title))


def template(workspace: Workspace, name: str) -> ReportTemplate:
    """Return the report of a board.

    Raises:
        QuestionError: there is none of that name.
    """
    known = {one.id: one for one in boards(workspace)}
    if name not in known:
        raise QuestionError(f"there is no board '{name}'; {did_you_mean(name, known)}".rstrip("; "))
    return known[name]


def metrics(workspace: Workspace, described: ReportTemplate) -> list[Metric]:
    """Return every metric of a board, in its order."""
    known = workspace.catalogue
    return [known.metric(known.find(each)) for section in described.sections for each in section.metrics]


def board(workspace: Workspace, name: str, look: Look) -> Board:
    """Make a board.

    Args:
        workspace: as far as somebody may see.
        name: id of the report that describes it.
        look: how it is looked at; filters hold for every section besides their own.

    Raises:
        QuestionError: there is no such board, or nothing was loaded yet.
    """
    described = template(workspace, name)
    long: dict[int, dict[str, object]] = {}
    sections = [(section, *_asked(workspace, section, look, long)) for section in _sections(described)]
    found_of = _together(workspace, [(section.metrics, asked) for section, _, asked in sections])
    stale = _stale(workspace)
    answers: list[Answer] = []
    made: list[tuple[Section, list[Tile]]] = []
    for (section, own, _), found_answers in zip(sections, found_of, strict=True):
        found: list[Tile] = []
        for metric, answer in found_answers.items():
            if isinstance(answer, str):
                found.append(unanswered(workspace, metric, answer, own))
            else:
                answers.append(answer)
                found += tiles(answer, own, titles=titles_of(workspace))
        made.append((section, [aged(one) if one.metric in stale else one for one in found]))
    everything = [one for _, found in made for one in found]
    checked = iter(judged(everything))
    groups = tuple(
        Group(
            title=section.title,
            text=section.text,
            lines=section.show == "scorecard",
            tiles=tuple(
                sorted((next(checked) for _ in found), key=_urgent)
                if section.show == "tiles"
                else [next(checked) for _ in found]
            ),
        )
        for section, found in made
    )
    shown = [one for group in groups for one in group.tiles]
    urgent = sorted((one for one in shown if one.action >= WATCH), key=_urgent)
    return Board(
        id=described.id,
        title=described.title,
        means=described.means,
        own=described.own,
        summary=sentence(shown),
        exceptions=tuple(urgent),
        groups=groups,
        periods=tuple(dict.fromkeys(one.period for one in shown if one.period)),
        context=document.context(answers[0], definition=False) if answers else "",
        compared=sum(one.p is not None for one in shown),
        conflicts=tuple(_conflicts(workspace, {one.metric for one in shown})),
        answers=tuple(answers),
    )


def _together(
    workspace: Workspace, wanted: Sequence[tuple[Sequence[str], dict[str, object]]]
) -> list[dict[str, Answer | str]]:
    """Return what sections ask, those that ask alike in one question: their scans are shared."""
    alike: dict[str, list[int]] = {}
    for place, (_, asked) in enumerate(wanted):
        alike.setdefault(repr(sorted(asked.items())), []).append(place)
    found: list[dict[str, Answer | str]] = [{} for _ in wanted]
    for places in alike.values():
        names = [name for place in places for name in wanted[place][0]]
        answers = ask_each(workspace, names, wanted[places[0]][1])
        for place in places:
            found[place] = {name: answers[name] for name in wanted[place][0]}
    return found


def _stale(workspace: Workspace) -> frozenset[str]:
    """Return the metrics that read a table whose source has not delivered lately; none to who may not see that."""
    try:
        tables = workspace.freshness().tables
    except AccessError:
        return frozenset()
    return frozenset(name for table in tables if table.state == STALE for name in table.metrics)


def _conflicts(workspace: Workspace, metrics: Collection[str]) -> list[str]:
    """Return the messages of findings that contradict a metric shown, each once; none to who may not see findings."""
    try:
        found = workspace.findings(kind="reconcile")
    except AccessError:
        return []
    named = frozenset(metrics)
    return list(dict.fromkeys(one.message for one in found if not named.isdisjoint(WORD.findall(one.message))))


def sentence(shown: Sequence[Tile]) -> str:
    """Return what the tiles of a board say together, in one sentence made of their verdicts."""
    known = [one for one in shown if one.number is not None]
    if not known:
        return "There is no number to show yet."
    judged_of = [summary.Judged(one.name, one.status, bool(one.change), one.real, one.better) for one in known]
    return summary.headline(next((one.period for one in known if one.period), ""), judged_of, names=True)


def _urgent(one: Tile) -> tuple[int, float, bool]:
    return (-one.action, -one.size if one.action == ACT or one.real else 0.0, one.number is None)


def _sections(described: ReportTemplate) -> list[Section]:
    return [section for section in described.sections if section.show in SHOWN and section.metrics]


def _asked(
    workspace: Workspace, section: Section, look: Look, long: dict[int, dict[str, object]]
) -> tuple[Look, dict[str, object]]:
    """Return the look with a section's own filter, and what to ask for it; `long` is what others as long asked."""
    both = " and ".join(f"({part})" for part in (section.where, look.where) if part)
    own = replace(look, where=both if section.where else look.where)
    periods = max(section.periods, PERIODS)
    if periods not in long:
        long[periods] = look.asked(workspace, periods=periods)
    return own, {**long[periods], "where": own.test, "by": list(section.by)}
