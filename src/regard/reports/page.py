"""The whole document: one HTML file with its style and pictures inside, no script, nothing to fetch (R119, R125)."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from regard.present import document, interruption
from regard.reports import sections
from regard.reports.markup import Html, joined, paragraph, said, tag

if TYPE_CHECKING:
    from regard.reports.filled import Filled, Report

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What the file may do when it is opened: show itself."""

PAPER = {"landscape": "A4 landscape", "portrait": "A4 portrait"}


def html(report: Report) -> str:
    """Return a report as one HTML document that needs nothing else."""
    title = f"{report.template.title}, {report.subject}"
    shown = [(f"s{place}", filled) for place, filled in enumerate(report.sections, start=1)]
    body = tag(
        "body",
        _head(report),
        *([_contents(shown)] if report.template.contents else []),
        tag("main", *(_section(name, filled, report) for name, filled in shown)),
        _foot(report),
        class_=report.template.paper,
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="generator", content=f"regard {report.version}"),
        tag("title", said(f"{report.company}: {title}")),
        tag("style", Html(_style(report))),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _style(report: Report) -> str:
    text = (files("regard.reports") / "report.css").read_text(encoding="utf-8")
    line = f"{report.company}: {report.template.title}, {report.subject}"
    return (
        f"{text}\n@page {{ size: {PAPER[report.template.paper]}; "
        f"@bottom-left {{ content: {_quoted(line)} }} "
        f"@bottom-center {{ content: {_quoted('as of ' + document.instant(report.as_of))} }} }}\n"
    )


def _quoted(text: str) -> str:
    """Return a text as a string of CSS that can end neither itself nor the style that it stands in."""
    safe = "".join(sign if sign.isalnum() or sign in " .,:-" else f"\\{ord(sign):06x}" for sign in text)
    return f'"{safe}"'


def _head(report: Report) -> Html:
    zone = ZoneInfo(report.zone)
    facts = [f"data up to {interruption.when(report.until, zone)} ({report.zone})"]
    facts.append(f"read {interruption.when(report.as_of, zone)}")
    facts += [f"only rows with {report.scope}"] if report.scope else []
    return tag(
        "header",
        paragraph(report.company, "company"),
        tag("h1", said(report.template.title), tag("span", said(f" {report.subject}"))),
        paragraph(", ".join(facts), "note"),
    )


def _contents(shown: list[tuple[str, Filled]]) -> Html:
    lines = [
        tag("li", tag("a", said(filled.section.title), href=f"#{name}"))
        for name, filled in shown
        if filled.section.title
    ]
    return tag("nav", tag("h2", said("Contents")), tag("ol", *lines), class_="contents", aria_label="Contents")


def _section(name: str, filled: Filled, report: Report) -> Html:
    looks = ["new-page"] if filled.section.new_page else []
    title = [tag("h2", said(filled.section.title))] if filled.section.title else []
    return tag(
        "section",
        *title,
        sections.body(filled, report),
        id=name,
        class_=" ".join([f"show-{filled.section.show}", *looks]),
    )


def _foot(report: Report) -> Html:
    told = [
        f"as of {document.instant(report.as_of)}",
        f"until {document.instant(report.until)}",
        f"zone {report.zone}",
        f"snapshot {report.snapshot}",
        f"regard {report.version}",
    ]
    again = joined([said(" The same again: "), tag("code", said(f"{report.command} --out FILE"))])
    return tag("footer", tag("p", said(f"{', '.join(told)}."), again, class_="note"))
