"""What a workbook shows besides metrics, gathered: the ledger's rows, requests, the raw file behind them."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from regard.catalog.boards import boards
from regard.errors import QuestionError
from regard.excel.records import Figure, Interruption, Lost, Month, Records, Request, Seen, Share, Stage, Toll
from regard.model import Grain, Status
from regard.sql import records as sql
from regard.stats.windows import worst_window
from regard.workspace import pages
from regard.workspace.asking import Asking
from regard.workspace.kpis import kpis
from regard.workspace.loaded import few, loaded
from regard.workspace.rawfile import raw_file
from regard.workspace.registers import registers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from regard.model import Metric, Period
    from regard.workspace.workspace import Workspace

MINUTE_US = 60_000_000
MOST_STAGES, FEW_STAGES = 2_000, 400
"""Rows of the ledger that are shown, of a company with few rows and with many; each is some fifty formulas."""
MOST_REQUESTS, STRETCH = 400, 120
"""Requests, and minutes, of the sheets of uptime."""
WIDTHS = (1, 5, 10, 20, 60)
"""Windows shown, in minutes."""
NOBODY = "Nobody lost anything that is known customer by customer."

DEPTH = "depth"
"""The policy of depth in force."""


def gathered(
    workspace: Workspace,
    told: Callable[[str, int, int], None] = lambda _what, _done, _all: None,
    *,
    shown: tuple[date, date] | None = None,
    span: tuple[date, date] | tuple[None, None] = (None, None),
    named: bool = False,
    rows: bool | None = None,
) -> Records:
    """Gather everything that a workbook shows besides metrics.

    Args:
        workspace: whose.
        told: hears what is being done.
        shown: first local day of the key figures and the day after the last; none of them without it.
        span: first local day of the ledger's figures and the day after the last; by default all of the ledger.
        named: whether customers bear their keys, and raw rows are shown; else they are numbered, and who they are is
            in no cell.
        rows: whether data sheets have every column that may leave; by default where there are few rows, and groups
            of few people are not hidden.
    """
    asking = Asking(workspace)
    told("reading the ledger", 0, 3)
    opened = pages.incidents(asking)
    first = opened[0].record.incident if opened else ""
    small = few(asking)
    # Rows tell of groups of few people what cubes leave out: where those are hidden, only who asks gets the rows.
    every = small and not workspace.config.privacy_min if rows is None else rows
    most = MOST_STAGES if small or rows else FEW_STAGES
    ledger = lost(asking, boards().ledger, span[0], span[1], most, named=named, first=first)
    told("reading requests", 1, 3)
    users = seen(asking, named=named)
    told("asking key figures", 2, 3)
    return Records(
        ledger=ledger,
        seen=users,
        raw=raw_file(asking) if named and ledger is not None else None,
        kpis=kpis(asking, *shown) if shown else (),
        incidents=opened,
        versus=pages.versus(asking, *shown) if shown else (),
        registers=registers(asking, *shown) if shown else (),
        loaded=loaded(asking, shown, every=every, named=named) if shown else (),
        every_column=every if shown else None,
    )


def lost(
    asking: Asking,
    figures: Mapping[str, str],
    start: date | None,
    end: date | None,
    most: int = MOST_STAGES,
    *,
    named: bool = False,
    first: str = "",
) -> Lost | None:
    """Return the ledger of as many customers as have room, each whole; None where nobody lost anything.

    Args:
        asking: the snapshot.
        figures: figure -> id of its metric.
        start: first local day of the figures; by default the first of the month of the first loss.
        end: the day after the last; by default where the story ends.
        most: rows that have room.
        named: as `gathered`.
        first: incident whose customers come first where not all have room, or "".
    """
    relations, until, calendar = asking.relations, asking.until, asking.workspace.calendar
    table = asking.workspace.catalogue.tables["ledger"]
    for name in ("impact", "incident", "party", "ledger", "ledger_share", "episode", "served"):
        relations.name(name)
    counts = asking.rows(sql.bearers(table.arguments, until), incident=first)
    chosen, left_out = _chosen(counts, most, first)
    if not chosen:
        return None
    rows = asking.rows(sql.stages(table.arguments, until), parties=chosen)
    pieces = asking.rows(sql.PIECES, parties=chosen, until=until)
    odd = _uneven(pieces)
    chosen = [party for party in chosen if party not in odd]
    rows, pieces = ([row for row in found if row["party_id"] not in odd] for found in (rows, pieces))
    if not rows:
        return None
    if odd:
        left_out += f" {len(odd)} customers whose size or criticality changed are left out too."
    names = _names(asking, chosen) if named else _numbers(asking, chosen)
    numbers = _order(rows)
    months = calendar.periods(
        start or calendar.day_of(min(row["start_at"] for row in rows)).replace(day=1),
        end or calendar.day_of(until - 1) + timedelta(days=1),
        Grain.MONTH,
    )
    settings = _settings(asking, figures)
    whole = not left_out
    span = (start or months[0].start, end or months[-1].end)
    since, last = calendar.midnight(span[0]), min(until, calendar.midnight(span[1]))
    [served] = asking.rows(sql.SERVED, since=since, until=last)
    size = {piece["party_id"]: piece["party_size"] for piece in pieces}
    return Lost(
        stages=_stages(rows, names, numbers, size),
        shares=_sorted(
            Share(
                customer=names[row["party_id"]],
                start=row["start_at"],
                end=row["end_at"],
                incident=row["incident_id"] or "",
                order=numbers.get(row["incident_id"], len(numbers) + 1),
                share=row["share"],
            )
            for row in asking.rows(sql.SHARES, parties=chosen, until=until)
        ),
        interruptions=_sorted(
            Interruption(
                customer=names[row["party_id"]],
                start=row["start_at"],
                lost=row["lost"],
                relief=row["relief"],
                relieved=row["relieved"],
                sustained=row["sustained"],
            )
            for row in asking.rows(sql.EPISODES, parties=chosen)
        ),
        tolls=_tolls(asking, pieces, names),
        months=_months(asking, pieces, months),
        weights={str(kind[0]): value for kind, value in asking.workspace.catalogue.policies[DEPTH].values.items()},
        criticality={names[p["party_id"]]: p["criticality"] for p in pieces if p["criticality"] != 1},
        since=since,
        until=last,
        served=float(served["served"]),
        **settings,
        figures=_figures(asking, figures, span, whole=whole),
        left_out=left_out.strip(),
    )


def _chosen(counts: Sequence[Mapping[str, Any]], most: int, first: str) -> tuple[list[int], str]:
    """Return customers whose losses all fit, the first of them first, and what is left out."""
    plain = [row for row in counts if row["bearer"] >= 0 and not row["counted"]]
    counted = len(counts) - len(plain)
    chosen, rows = [], 0
    for row in plain:
        if rows + row["stages"] <= most:
            chosen.append(row["bearer"])
            rows += row["stages"]
    told = ""
    if len(chosen) < len(plain):
        told = f"{len(chosen):,} of {len(plain):,} customers with a loss are shown, each with all of it"
        told += f"; who lost by {first} comes first." if first else "."
    if counted:
        told += f" {counted:,} customers or groups whose loss is known only as a count are left out here."
    return chosen, told


def _uneven(pieces: Sequence[Mapping[str, Any]]) -> set[int]:
    """Return customers whose size or criticality differs between pieces, or of whom not all lost."""
    seen: dict[int, set[tuple[float, ...]]] = defaultdict(set)
    for piece in pieces:
        seen[piece["party_id"]].add((piece["size"], piece["party_size"], piece["criticality"]))
    return {p for p, found in seen.items() if len(found) > 1 or any(size != every for size, every, _ in found)}


def _numbered(what: str, parties: Sequence[int]) -> dict[int, str]:
    """Return what to call customers whose keys nobody shall read: their place among those shown."""
    width = len(str(len(parties)))
    return {party: f"{what} {place:0{width}}" for place, party in enumerate(sorted(parties), 1)}


def _numbers(asking: Asking, parties: Sequence[int]) -> dict[int, str]:
    """Return what to call customers whose keys nobody shall read: their number among all, as data sheets have it."""
    numbers = {row["party_id"]: row["customer"] for row in asking.rows(sql.numbers())}
    width = len(str(len(numbers)))
    return {party: f"customer {numbers[party]:0{width}}" for party in parties}


def _names(asking: Asking, parties: Sequence[int]) -> dict[int, str]:
    """Return what to call customers: their key as written, made unlike every other whatever its case."""
    rows = asking.rows(sql.NAMES, parties=parties)
    written = {row["party_id"]: str(row["name"] or row["party_id"]) for row in rows}
    names = {party: written.get(party, str(party)) for party in parties}
    often = Counter(name.casefold() for name in names.values())
    return {p: f"{name} ({p})" if often[name.casefold()] > 1 else name for p, name in names.items()}


def _order(rows: Sequence[Mapping[str, Any]]) -> dict[str | None, int]:
    """Return incident -> its place in the engine's order, that of their ids."""
    found = sorted({(row["incident_id"], row["incident_no"] or 0) for row in rows if row["incident_id"] is not None})
    return {name: place for place, (name, _) in enumerate(found, 1)}


def _stages(
    rows: Sequence[Mapping[str, Any]],
    names: Mapping[int, str],
    numbers: Mapping[str | None, int],
    size: Mapping[int, int],
) -> tuple[Stage, ...]:
    return _sorted(
        Stage(
            customer=names[row["party_id"]],
            incident=row["incident_id"] or "",
            order=numbers.get(row["incident_id"], len(numbers) + 1),
            planned=bool(row["planned"]),
            kind=row["kind"],
            depth=row["depth"],
            relief=row["relief"],
            start=row["start_at"],
            end=row["end_at"],
            size=size[row["party_id"]],
        )
        for row in rows
    )


def _sorted(found: Any) -> tuple[Any, ...]:  # noqa: ANN401 - rows of one kind
    """Return rows by customer and start, those that end first before the others."""
    return tuple(
        sorted(
            found,
            key=lambda one: (
                one.customer.casefold(),
                one.start,
                getattr(one, "end", 0) is None,
                getattr(one, "end", 0) or 0,
                getattr(one, "order", 0),
            ),
        )
    )


def _tolls(asking: Asking, pieces: Sequence[Mapping[str, Any]], names: Mapping[int, str]) -> tuple[Toll, ...]:
    values = asking.workspace.catalogue.policies[DEPTH].values
    found: dict[int, list[float]] = {party: [0.0, 0.0, 0.0] for party in names}
    for piece in pieces:
        minutes = (piece["end_at"] - piece["start_at"]) / MINUTE_US * piece["size"]
        mine = found[piece["party_id"]]
        if piece["planned_only"]:
            mine[2] += minutes
            continue
        deep = max([float(piece["own_depth"]), *(values[(kind,)] for kind in piece["kinds"].split("+") if kind)])
        mine[0] += minutes
        mine[1] += minutes * deep
    return tuple(Toll(customer=names[party], minutes=m, index=i, planned=p) for party, (m, i, p) in found.items())


def _months(asking: Asking, pieces: Sequence[Mapping[str, Any]], months: Sequence[Period]) -> tuple[Month, ...]:
    calendar = asking.workspace.calendar
    found = []
    for month in months:
        start, end = calendar.midnight(month.start), min(asking.until, calendar.midnight(month.end))
        minutes = sum(
            max(0, min(piece["end_at"], end) - max(piece["start_at"], start)) / MINUTE_US * piece["size"]
            for piece in pieces
            if not piece["planned_only"]
        )
        found.append(Month(label=month.label, start=start, end=end, minutes=minutes))
    return tuple(found)


def _settings(asking: Asking, figures: Mapping[str, str]) -> dict[str, Any]:
    """Return the limits that the definitions of the figures have."""
    catalogue = asking.workspace.catalogue
    episode = catalogue.tables["episode"].arguments
    found = {
        "gap": float(episode["gap_min"]),
        "limit": float(episode["sustained_min"]),
        "at_limit": str(episode["at_limit"]),
        "target": 60.0,
        "long": 60.0,
    }
    for key, name in (("relief_target", "target"), ("long_share", "long")):
        if key in figures:
            [setting] = catalogue.metric(figures[key]).parameters.values()
            found[name] = float(setting.value)
    return found


def _figures(asking: Asking, figures: Mapping[str, str], span: tuple[date, date], *, whole: bool) -> dict[str, Figure]:
    """Return what the engine says of everybody over the whole stretch; no numbers where not everybody is here."""
    workspace = asking.workspace
    known = {key: workspace.catalogue.metric(name) for key, name in figures.items()}
    known = {key: metric for key, metric in known.items() if metric.status is not Status.PLANNED}
    values: dict[str, Figure] = {}
    answers: dict[str, Any] = {}
    if whole and known:
        try:
            asked = workspace.ask(
                *dict.fromkeys(metric.id for metric in known.values()),
                grain="all",
                start=span[0],
                end=span[1],
                compare="",
            )
            answers = {answer.metric.id: answer.cells[0].estimate for answer in asked if answer.cells}
        except QuestionError:
            answers = {}
    for key, metric in known.items():
        estimate = answers.get(metric.id)
        values[key] = _figure(metric, estimate, key)
    return values


def _figure(metric: Metric, estimate: Any, key: str) -> Figure:  # noqa: ANN401 - an estimate or nothing
    ends = {"lo": ", at least", "hi": ", at most"}
    title = metric.title + ends.get(key.rpartition(".")[2], "")
    if estimate is None:
        return Figure(title=title, unit=metric.unit, value=None)
    return Figure(title=title, unit=metric.unit, value=estimate.value, lo=estimate.lo, hi=estimate.hi)


def seen(asking: Asking, *, named: bool = False) -> Seen | None:
    """Return requests around the hour in which most failed, and what the engine makes of them; None without any.

    Args:
        asking: the snapshot.
        named: as `gathered`.
    """
    for name in ("event", "user_segment", "party"):
        asking.relations.name(name)
    hours = asking.rows(sql.BUSY, until=asking.until)
    if not hours:
        return None
    since = hours[0]["hour"]
    upto = since + STRETCH * MINUTE_US
    rows = asking.rows(sql.REQUESTS, since=since, until=min(upto, asking.until))
    many = Counter(row["party_id"] for row in rows)
    chosen: list[int] = []
    for party, count in sorted(many.items(), key=lambda pair: (-pair[1], pair[0])):
        if sum(many[one] for one in chosen) + count <= MOST_REQUESTS:
            chosen.append(party)
    names = _names(asking, chosen) if named else _numbered("user", chosen)
    mine = [row for row in rows if row["party_id"] in names]
    segments = asking.rows(sql.SEGMENTS, parties=chosen, since=since, until=min(upto, asking.until))
    cutoff = str(asking.workspace.catalogue.tables["user_segment"].arguments["cutoff"])
    up, down = (np.zeros(STRETCH), np.zeros(STRETCH))
    for row in segments:
        _spread(up, down, row, since)
    whole = [(row["end_at"] - row["start_at"]) / MINUTE_US for row in segments]
    well = sum(minutes * row["up"] for minutes, row in zip(whole, segments, strict=True))
    left = (
        "" if len(chosen) == len(many) else f"{len(chosen):,} of {len(many):,} users seen in these two hours are shown."
    )
    worst = {width: float(worst_window(up, down, width).ratio[0]) for width in WIDTHS}
    return Seen(
        requests=tuple(
            Request(customer=names[row["party_id"]], at=row["at"], ok=row["ok"])
            for row in sorted(mine, key=lambda row: (names[row["party_id"]].casefold(), row["at"]))
        ),
        cutoff=float(cutoff.split(maxsplit=1)[0]),
        up=well,
        down=sum(whole) - well,
        since=since,
        minutes=STRETCH,
        worst=tuple((width, None if np.isnan(ratio) else 100 * ratio) for width, ratio in worst.items()),
        left_out=left,
    )


def _spread(up: Any, down: Any, row: Mapping[str, Any], since: int) -> None:  # noqa: ANN401 - arrays
    """Spread a segment over the minutes that it touches."""
    first = (row["start_at"] - since) // MINUTE_US
    for minute in range(first, min(STRETCH, (row["end_at"] - since - 1) // MINUTE_US + 1)):
        left = since + minute * MINUTE_US
        part = (min(row["end_at"], left + MINUTE_US) - max(row["start_at"], left)) / MINUTE_US
        up[minute] += part * row["up"]
        down[minute] += part * (1 - row["up"])
