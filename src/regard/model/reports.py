"""The nouns of reports: what a report shows, section by section, before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass

from regard.model.time import Grain

PERIOD, INCIDENT = "period", "incident"
"""What a report may be about: a stretch of days, or one incident."""
LANDSCAPE, PORTRAIT = "landscape", "portrait"
PERIODS, MOST = 12, 10
"""Periods of a trend, and lines of a list, where a section does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a report.

    Attributes:
        show: what it shows, a word of the closed list of sections.
        title: above it, or "".
        text: sentences of its author, or "".
        metrics: ids or aliases, in the order in which they are shown.
        by: dimensions.
        where: test on dimensions, or "".
        parts: which parts of an incident, in order; () for all.
        kinds: kinds of findings; () for all.
        periods: how many a trend shows.
        most: lines that a list shows.
        new_page: whether it begins a page where there are pages.
        file, line: where it is written.
    """

    show: str
    title: str = ""
    text: str = ""
    metrics: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    where: str = ""
    parts: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    periods: int = PERIODS
    most: int = MOST
    new_page: bool = False
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTemplate:
    """A report as its author describes it (R116, R124).

    Attributes:
        id: its one id.
        title: at its head.
        means: what it is for.
        of: `period` or `incident`.
        grain: length of the period.
        paper: `landscape` or `portrait`.
        contents: whether a list of its sections stands at the head.
        sections: in order.
        own: whether the workspace wrote it.
        file, line: where it is written.
    """

    id: str
    title: str
    means: str = ""
    of: str = PERIOD
    grain: Grain = Grain.MONTH
    paper: str = PORTRAIT
    contents: bool = False
    sections: tuple[Section, ...] = ()
    own: bool = False
    file: str = ""
    line: int = 0
