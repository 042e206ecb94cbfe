"""Harbor from end to end: lets its months happen in order and writes every export, the KPI sheet and the truth.

Memory holds the customers and one month; the history may be as long and the company as large as the disk allows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from regard.demo import merchants
from regard.demo.billing import Billing
from regard.demo.costs import Costs
from regard.demo.customers import Crm, Population
from regard.demo.desk import Desk
from regard.demo.dirt import IN, Dirt
from regard.demo.monitoring import Monitoring
from regard.demo.product import Product
from regard.demo.shop import Shop
from regard.demo.story import ENDS_AT, ZONE, ends_at, months
from regard.demo.survey import Surveys
from regard.demo.telemetry import Telemetry
from regard.demo.trouble import Trouble
from regard.demo.web import Web

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from regard.demo.files import Csv, Lines, Parquet

DATA = "data"
"""Folder of the raw files within the workspace."""

MERCHANTS = "merchants"
"""Folder of the merchants' workspace within the shop's."""


@dataclass(frozen=True, slots=True)
class Harbor:
    """What was made.

    Attributes:
        folder: where.
        rows: rows of each file by its path within the folder.
        planted: path of the truth.
    """

    folder: Path
    rows: Mapping[str, int]
    planted: Path


def make(
    folder: Path, *, scale: float = 1.0, seed: int = 7, told: Callable[[str, float], None] | None = None
) -> Harbor:
    """Write two complete workspaces: the shop's, and in `merchants/` that of those who sell through it.

    Each has its text, and the raw files in `data/`. Arguments as in `generate`, which writes those of the shop.
    """
    _copy(files("regard.demo") / "workspace", folder)
    made = generate(folder / DATA, scale=scale, seed=seed, told=told)
    merchants.generate(folder / MERCHANTS / DATA, scale=scale, seed=seed)
    return made


def generate(
    folder: Path, *, scale: float = 1.0, seed: int = 7, told: Callable[[str, float], None] | None = None
) -> Harbor:
    """Write Harbor's raw files.

    Args:
        folder: made if it is not there; files of the same names are written anew.
        scale: 1 is some 12,000 customers at the end, and 900 merchants; from 0.02 up.
        seed: the same seed and scale give the same files.
        told: called after each month with its label and the share that is done.

    Raises:
        ValueError: scale is too small to place any figure.
    """
    if not scale >= 0.02:
        raise ValueError(f"scale {scale} is below 0.02")
    ends = ends_at()
    people = Population()
    crm = Crm(folder, people)
    shop = Shop(folder, people, crm, scale=scale, seed=seed, ends=ends)
    desk = Desk(folder, people, seed=seed, ends=ends)
    surveys = Surveys(folder, people, scale=scale, seed=seed, ends=ends)
    web = Web(folder, people, scale=scale, seed=seed)
    product = Product(folder, people, seed=seed)
    trouble = Trouble(folder, people, scale=scale, seed=seed)
    telemetry = Telemetry(folder, people, trouble, seed=seed)
    monitoring = Monitoring(folder, trouble, seed=seed)
    billing = Billing(folder, people, seed=seed, ends=ends)
    costs = Costs(folder, seed=seed)
    dirt = Dirt()
    written: list[Csv | Lines | Parquet] = [crm.file, shop.orders, shop.lines, shop.returns]
    written += [desk.tickets, desk.contacts, desk.steps, *surveys.files, web.visits, product.events]
    written += [trouble.tracker, trouble.impacts, trouble.page, telemetry.requests, monitoring.file]
    named = {file.path.relative_to(folder).as_posix(): file for file in written}
    plot = months()
    ahead = [month.goal.get("lost") for month in plot[3:]] + [None] * 3
    for month, lost in zip(plot, ahead, strict=True):
        orders = shop.month(month, lost if lost is not None else 4.2)
        tickets = 0
        if month.told:
            solved = desk.month(month, orders, len(people.active(month.start)), trouble)
            surveys.month(month, orders, solved)
            web.month(month, orders)
            product.month(month, orders)
            telemetry.month(month, orders)
            monitoring.month(month)
            tickets = int(desk.truth[month.label]["opened"])
        billing.month(month, trouble)
        costs.month(month, int(shop.truth[month.label]["first_orders"]), tickets)
        if month.label == IN:
            dirt.plant(named)
        if told:
            told(month.label, (month.index + 1) / len(plot))
    for part in (shop, desk, surveys, web, product, trouble, telemetry, monitoring, billing, costs, crm):
        part.close()
    for place in ("finance/kpi_sheet.csv", "reference/codes.csv"):
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((files("regard.demo") / "data" / target.name).read_bytes())
    counts = {name: file.rows for name, file in named.items()}
    counts |= {"billing/billing.sqlite": billing.rows, "finance/costs.xlsx": len(costs.bookings)}
    truth = {
        label: shop.truth[label] | desk.truth.get(label, {}) | surveys.truth.get(label, {}) for label in shop.truth
    }
    planted = folder / "planted.json"
    planted.write_text(
        json.dumps(
            {
                "company": "Harbor",
                "seed": seed,
                "scale": scale,
                "zone": ZONE,
                "ends_at": ENDS_AT,
                "last_complete_month": IN,
                "rows": counts,
                "dirty": dirt.planted,
                "months": truth,
            },
            indent=1,
        )
        + "\n",
        encoding="utf-8",
    )
    return Harbor(folder, counts, planted)


def _copy(source: Traversable, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry.is_dir():
            _copy(entry, target / entry.name)
        else:
            (target / entry.name).write_bytes(entry.read_bytes())
