"""`regard demo`: an example company, made, loaded, computed, shown."""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regard.cli import load, serve
from regard.cli.app import state
from regard.demo import make
from regard.demo.harbor import DATA, MERCHANTS
from regard.demo.kpi_sheet import figures
from regard.demo.tour import Told, draw, tour
from regard.errors import RegardError
from regard.expr import parse
from regard.model import add_months
from regard.present import document, numbers, sparkline, table, words
from regard.present.table import Cell, Column, Table
from regard.stewardship.reconcile import Stated, reconcile
from regard.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.cli.app import State
    from regard.plan import Answer
    from regard.store import Finding

SMALLEST = 0.02
SHEET = "Harbor's KPI sheet"
TOUR = "tour"
"""Folder of the tour's pictures within the workspace."""
BARS = 9
"""Bars of a picture that a terminal shows; the drawn one has all."""


@click.command("demo")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=Path("harbor"))
@click.option(
    "--scale",
    type=click.FloatRange(min=SMALLEST),
    default=1.0,
    show_default=True,
    help="Size of the company: 1 is some 12,000 customers and 900 merchants.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed and scale give the same company.")
@click.option(
    "--serve/--no-serve",
    "serves",
    default=None,
    help="Serve its pages afterwards, until Ctrl-C; by default where somebody sits at a terminal.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=serve.PORT, show_default=True, help="Port of the pages.")
@click.pass_context
def command(context: click.Context, folder: Path, scale: float, seed: int, serves: bool | None, port: int) -> None:
    """Make a complete example company in DIR (./harbor), load it, show its scorecard, and serve its pages.

    Harbor is a shop for small boats that never was: three years of orders, surveys, tickets, visits and costs as its
    tools would export them, with every kind of dirt that such exports have. Those who sell through it, with users and
    yearly contracts, are a workspace of their own in DIR/merchants.
    """
    found = state(context)
    folder = found.folder / folder
    _ours(folder, scale, seed)
    with found.terminal.progress() as tell:
        make(folder, scale=scale, seed=seed, told=lambda _, done: tell("making Harbor", round(100 * done), 100))
    found.folder = folder
    workspace = found.workspace()
    report = load.run(found, workspace)
    load.run(found, Workspace.open(folder / MERCHANTS))
    answers = scorecard(workspace)
    contradictions = contradicted(workspace)
    with found.terminal.progress() as tell:
        told = []
        for done, one in enumerate(tour(workspace), 1):
            tell("finding what was planted", done, None)
            told.append(one)
    draw(told, folder / TOUR)
    show(found, workspace, answers, contradictions, told)
    refused = f"{report.refused} of {report.rows} rows were turned away, as they should be"
    found.terminal.remark(f"{refused}: `regard -C {folder} findings` shows why.")
    if serves is None:
        serves = sys.stdin.isatty() and sys.stdout.isatty() and find_spec("uvicorn") is not None
    if serves:
        serve.run(found, port=port, sign_in=False, demo=True)
    else:
        found.terminal.remark(f"Its pages: regard -C {folder} serve --no-sign-in")


def scorecard(workspace: Workspace, periods: int = table.PERIODS) -> Sequence[Answer]:
    """Return the KPIs of the sheet by month: the last complete one, those that its trend needs, and the running one."""
    until = workspace.moment(workspace.config.until or None)
    snapshot = workspace.snapshot()
    end = workspace.calendar.day_of(until if until is not None else snapshot.at if snapshot else 0)
    start = add_months(end.replace(day=1), -periods)
    return workspace.ask(*dict.fromkeys(figure.metric for figure in figures()), grain="month", start=start)


def contradicted(workspace: Workspace) -> list[Finding]:
    """Hold the sheet's figures against each other, and write down what cannot be (X1)."""
    snapshot = workspace.snapshot()
    stated = {each.metric: Stated(each.text, each.value, each.step) for each in figures() if not each.scope}
    trees = {name: workspace.catalogue.definitions[name].tree.mapping.get("value") for name in stated}
    formulas = {name: parse(tree.text, "cell") for name, tree in trees.items() if tree is not None and "@" in tree.text}
    found = list(reconcile(stated, formulas, source=SHEET, at=snapshot.at if snapshot else 0))
    workspace.store.add_findings(found, run_id=snapshot.run_id if snapshot else "")
    return found


def show(
    found: State,
    workspace: Workspace,
    answers: Sequence[Answer],
    contradictions: Sequence[Finding],
    told: Sequence[Told],
) -> None:
    """Draw the scorecard, what the sheet contradicts, the tour, and where everything is."""
    terminal = found.terminal
    terminal.heading(f"{workspace.config.name}: scorecard")
    terminal.table(table.scorecard(answers))
    if answers:
        terminal.say(document.context(answers[0], definition=False), tone=words.FAINT)
    for each in contradictions:
        terminal.say()
        terminal.say(f"! {each.message} [{each.kind}: {each.rule}]", tone=words.UNSURE)
    for number, truth in enumerate(told, 1):
        terminal.say()
        terminal.heading(f"{number}. {truth.title}")
        terminal.say(truth.sentence)
        _picture(found, truth)
        terminal.say(f"regard -C {found.folder / truth.place} {truth.find}", tone=words.FAINT)
    terminal.say()
    terminal.heading("What was written")
    for path, what in (
        (found.folder / "regard.toml", "the workspace, with sources/ and policies/ beside it"),
        (found.folder / DATA, "the files as Harbor's tools export them"),
        (found.folder / DATA / "planted.json", "the truth about what was put where"),
        (found.folder / TOUR, "a picture of each of the truths above"),
        (found.folder / MERCHANTS, "the workspace of those who sell through Harbor, with contracts"),
        (found.folder / workspace.config.lake, "the data, as tables"),
        (found.folder / "regard.db", "runs, snapshots and findings"),
    ):
        terminal.say(f"  {path}  {what}")
    terminal.say()
    metric = answers[0].metric.id if answers else "METRIC"
    terminal.say(f"Next: regard -C {found.folder} ask {metric} --by channel; regard -C {found.folder} show {metric}")


def _picture(found: State, truth: Told) -> None:
    """Draw a picture as far as a terminal can: a line of blocks over time, or the largest bars."""
    picture = truth.picture
    if picture.over_time:
        values = [point.value for point in picture.points]
        labels = [point.label for point in picture.points]
        said = sparkline.spoken(labels, values, picture.unit, picture.currency)
        found.terminal.say(f"{sparkline.sparkline(values)}  {picture.title}: {said}")
        return
    largest = sorted(picture.points, key=lambda point: -(point.value or 0.0))[:BARS]
    most = max((point.value or 0.0 for point in largest), default=0.0)
    rows = tuple(
        (
            Cell(point.label),
            Cell(numbers.value(point.value, picture.unit, lo=point.lo, hi=point.hi, currency=picture.currency)),
            Cell(sparkline.bar(point.value, most)),
        )
        for point in picture.points
        if point in largest
    )
    columns = (Column("", weight=1), Column("", right=True), Column(""))
    found.terminal.table(Table(picture.title, columns, rows))


def _ours(folder: Path, scale: float, seed: int) -> None:
    """Refuse a folder that holds something else, or Harbor of another size: nothing of anybody's is overwritten.

    Raises:
        RegardError: it does.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise RegardError(f"{folder} is a file; choose a folder")
    planted, config = folder / DATA / "planted.json", folder / "regard.toml"
    if planted.is_file():
        told = json.loads(planted.read_text(encoding="utf-8"))
        if (told.get("scale"), told.get("seed")) != (scale, seed):
            size = f"scale {told.get('scale')} and seed {told.get('seed')}"
            raise RegardError(f"{folder} holds Harbor of {size}; remove it, or choose another folder")
        return
    text = (files("regard.demo") / "workspace" / "regard.toml").read_bytes()
    if any(folder.iterdir()) and not (config.is_file() and config.read_bytes() == text):
        raise RegardError(f"{folder} is not empty, and nothing is overwritten; choose another folder")
