"""What Harbor sells: orders, order lines and returns, as the shop exports them.

Counts that the dashboard shows are placed, not drawn: how many customers fall silent in a month, how many of a year's
first buyers come back, how many parcels return, and what an order is worth on average.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from regard.demo.customers import LAPSE, SOURCES, Crm, Population
from regard.demo.files import Parquet, blank, ids, money, stamp, words
from regard.demo.story import DAY, HOUR, NEVER, Month, pick, quota, rows

if TYPE_CHECKING:
    from pathlib import Path

CHANNELS = ("web", "app", "phone")
DEVICES = ("desktop", "phone", "tablet")
REASONS = ("damaged", "size", "late", "changed_mind", "wrong_item")
YEAR_OF_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders of a month in the order of time, for the other stories.

    Attributes:
        number: number of the order.
        who: index of the customer.
        at, delivered: seconds.
        late: seconds later than promised, or 0.
        net: amount.
        channel, source, device: indexes.
        returned: whether it comes back.
        since: the order before it if the account stayed open between them, else the order itself: logins and named
            visits lie in between, so that activity of any kind ends with an order.
    """

    number: np.ndarray
    who: np.ndarray
    at: np.ndarray
    delivered: np.ndarray
    late: np.ndarray
    net: np.ndarray
    channel: np.ndarray
    source: np.ndarray
    device: np.ndarray
    returned: np.ndarray
    since: np.ndarray


class Shop:
    """Orders month by month."""

    def __init__(self, folder: Path, people: Population, crm: Crm, *, scale: float, seed: int, ends: int) -> None:
        """Open the three files."""
        self.people, self.crm, self.scale, self.seed, self.ends = people, crm, scale, seed, ends
        self.orders = Parquet(folder / "shop" / "orders.parquet")
        self.lines = Parquet(folder / "shop" / "order_lines.parquet")
        self.returns = Parquet(folder / "shop" / "returns.parquet")
        products = rows("products")
        self.codes = [row["code"] for row in products]
        self.categories = sorted({row["category"] for row in products})
        self._category = np.array([self.categories.index(row["category"]) for row in products])
        self._price = np.array([float(row["price"]) for row in products])
        weight = np.array([float(row["weight"]) for row in products])
        self._weight = weight / weight.sum()
        self._sold = 0
        self._returned = 0
        self._counts: list[int] = []
        self._starts: list[int] = []
        self._leaving = 0.03
        self.truth: dict[str, dict[str, float]] = {}

    def month(self, month: Month, ahead: float | None) -> Orders:
        """Let a month happen; `ahead` is the share lost that is planned for three months later, in percent."""
        rng = month.rng(self.seed, 1)
        truth = self.truth.setdefault(month.label, {})
        standing = self.people.active(month.start)
        leaving = self._silence(rng, month, standing)
        truth["active_at_start"], truth["lost"] = len(standing), len(leaving)
        who, at, first, since = self._orders(rng, month, ahead, len(standing))
        gone = leaving[self.people["last"][leaving] + LAPSE < month.end]
        self.crm.lapse(gone)
        self._counts.append(len(who))
        self._starts.append(month.start)
        truth["orders"], truth["first_orders"] = len(who), int(first.sum())
        return self._write(rng, month, who, at, first, since)

    def _silence(self, rng: np.random.Generator, month: Month, standing: np.ndarray) -> np.ndarray:
        """Choose who falls silent: exactly the planned share of those standing at the start."""
        people = self.people
        due = people["last"][standing] + LAPSE
        pool = standing[(due > month.start) & (due < month.end)]
        silent = people["next"][pool] >= people["last"][pool] + LAPSE
        if "lost" not in month.goal:
            chance: np.ndarray = pool[silent]
            return chance
        free = people["orders"][pool] > 1
        wanted = quota(month.goal["lost"] / 100, len(standing))
        surplus = int(silent.sum()) - wanted
        if surplus > 0:
            saved = pick(rng, pool[silent & free & (people["last"][pool] + LAPSE > month.start + HOUR)], surplus)
            room = people["last"][saved] + LAPSE - month.start
            people["next"][saved] = month.start + (room * rng.uniform(0.05, 0.95, len(saved))).astype(int)
        elif surplus < 0:
            lost = pick(rng, pool[~silent & free], -surplus)
            people["next"][lost] = self._comeback(rng, people["last"][lost])
        found: np.ndarray = pool[people["next"][pool] >= people["last"][pool] + LAPSE]
        return found

    @staticmethod
    def _comeback(rng: np.random.Generator, last: np.ndarray) -> np.ndarray:
        """When those who fell silent return: one in four, more than a month after the account was closed."""
        back = last + (rng.uniform(125, 420, len(last)) * DAY).astype(int)
        planned: np.ndarray = np.where(rng.random(len(last)) < 0.25, back, NEVER)
        return planned

    def _orders(
        self, rng: np.random.Generator, month: Month, ahead: float | None, standing: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Place first orders and all orders that follow from them within the month."""
        people, length = self.people, month.end - month.start
        size = max(4, quota(month.goal["new"] * self.scale, 1))
        if not month.complete:
            size = quota(month.goal["new"] * self.scale * 0.94, 1)
        at = np.sort(month.start + (length * rng.random(size)).astype(int))
        fresh = people.add(rng, at, min(1.0, month.index / 48))
        self._plan_second(rng, month, fresh)
        parts = [(fresh, at, np.ones(size, dtype=bool), at)]
        repeats = 0
        while True:
            due = np.flatnonzero((people["next"] < month.end) & (people["next"] >= month.start))
            if not len(due):
                break
            at = people["next"][due].copy()
            back = ~people["open"][due]
            before = np.where(back, at, people["last"][due])
            self.crm.reopen(due[back], at[back])
            people["last"][due] = at
            people["orders"][due] += 1
            self.crm.upgrade(due, at)
            gap = np.clip(rng.gamma(2.4, people["pace"][due] / 2.4) / month.goal["season"] + 3 * DAY, 5 * DAY, 86 * DAY)
            leaves = rng.random(len(due)) < self._leaving
            people["next"][due] = np.where(leaves, self._comeback(rng, at), at + gap.astype(int))
            parts.append((due, at, np.zeros(len(due), dtype=bool), before))
            repeats += len(due)
        if ahead is not None and repeats:
            once = int(people["once"][fresh].sum())
            self._leaving = float(np.clip((ahead / 100 * standing - 1.12 * once) / repeats, 0.004, 0.12))
        who, when, first, since = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.lexsort((who, when))
        return who[order], when[order], first[order], since[order]

    def _plan_second(self, rng: np.random.Generator, month: Month, fresh: np.ndarray) -> None:
        """Plan the second order: exactly the planned share within 365 days of the first."""
        people, size = self.people, len(fresh)
        once = np.ones(size, dtype=bool)
        once[pick(rng, np.arange(size), quota(month.goal["second_order"] / 100, size))] = False
        gap = np.clip(rng.gamma(2.4, people["pace"][fresh] / 2.4) + 3 * DAY, 5 * DAY, 86 * DAY)
        gap = np.where(rng.random(size) < 0.08, rng.uniform(125, 330, size) * DAY, gap)
        much_later = np.where(rng.random(size) < 0.05, rng.uniform(400, 700, size) * DAY, NEVER)
        people["once"][fresh] = once
        following = people["since"][fresh] + np.where(once, much_later, gap).astype(int)
        people["next"][fresh] = np.minimum(following, NEVER)

    def frequency(self) -> float:
        """Orders of the last twelve months for each customer who ordered in them."""
        since = self._starts[-YEAR_OF_MONTHS:][0]
        return sum(self._counts[-YEAR_OF_MONTHS:]) / int((self.people["last"] >= since).sum())

    def _worth(self, month: Month) -> float:
        """What an order of the month is worth on average, so that value over a lifetime is as planned."""
        if "lifetime_value" not in month.goal:
            return month.goal["order_value"]
        truth = self.truth[month.label]
        lifespan = 1 / (12 * truth["lost"] / truth["active_at_start"])
        return month.goal["lifetime_value"] / (self.frequency() * lifespan)

    def _write(
        self,
        rng: np.random.Generator,
        month: Month,
        who: np.ndarray,
        at: np.ndarray,
        first: np.ndarray,
        since: np.ndarray,
    ) -> Orders:
        people, size = self.people, len(who)
        number = self._sold + 1 + np.arange(size)
        self._sold += size
        # lines: a basket of one to four products, priced so that the mean order is worth what the plot says
        lines = rng.choice(4, size, p=(0.50, 0.28, 0.15, 0.07)) + 1
        order = np.repeat(np.arange(size), lines)
        product = rng.choice(len(self.codes), len(order), p=self._weight)
        quantity = rng.choice(3, len(order), p=(0.80, 0.15, 0.05)) + 1
        reduced = np.where(rng.random(size) < 0.12, 0.10, 0.0)[order]
        base = self._price[product] * quantity * (1 - reduced)
        price = money(self._price[product] * self._worth(month) * size / base.sum())
        discount = money(price * quantity * reduced)
        net = money(price * quantity - discount)
        total = money(np.bincount(order, net, size))
        start = np.cumsum(lines) - lines
        # parcels
        express = rng.random(size) < 0.09
        promised = at + np.where(express, 1, 2) * DAY
        packing = np.where(express, 0.5, month.goal.get("slow", 1.0)) * rng.gamma(2.0, 0.55, size)
        shipped = at + (packing * DAY).astype(int) + 2 * HOUR
        delivered = shipped + (np.where(express, 0.4, 1.0) * rng.uniform(1.2, 4.2, size) * DAY).astype(int)
        due = promised + np.where(express, 2, 4) * DAY
        # returns: exactly the planned share, all within 30 days of the order
        returned = np.zeros(size, dtype=bool)
        returned[pick(rng, np.arange(size), quota(month.goal["returned"] / 100, size))] = True
        back_at = np.maximum(at + (rng.uniform(9, 28.5, size) * DAY).astype(int), delivered + HOUR)
        back_at = np.where(returned & (back_at < at + 29 * DAY) & (back_at < self.ends), back_at, NEVER)
        back_at = np.where(returned & (back_at == NEVER) & (at + 29 * DAY < self.ends), at + 29 * DAY, back_at)
        whole = rng.random(size) < 0.6
        line_number = np.arange(len(order)) - start[order]
        line_back = (back_at[order] < NEVER) & (whole[order] | (line_number == 0))
        back_net = money(np.bincount(order, np.where(line_back, net, 0), size))
        reason = rng.choice(5, size, p=(0.18, 0.30, 0.14, 0.28, 0.10))
        source = np.where(first, people["source"][who], rng.choice(6, size, p=(0.14, 0.10, 0.05, 0.27, 0.02, 0.42)))
        channel = np.where(people["app"][who] & (rng.random(size) < 0.6), 1, np.where(rng.random(size) < 0.05, 2, 0))
        device = np.where(channel == 1, 1, rng.choice(3, size, p=(0.55, 0.36, 0.09)))
        self.orders.write(
            {
                "order_id": ids("O-", number, 8),
                "customer_id": ids("C-", who),
                "created_at": stamp(at),
                "sales_channel": words(CHANNELS, channel),
                "traffic_source": words(SOURCES, source),
                "device": words(DEVICES, np.where(channel == 2, -1, device)),
                "single_product": words(self.codes, np.where(lines == 1, product[start], -1)),
                "single_category": words(self.categories, np.where(lines == 1, self._category[product[start]], -1)),
                "items": np.bincount(order, quantity, size).astype(int),
                "subtotal": money(np.bincount(order, price * quantity, size)),
                "discount": money(np.bincount(order, discount, size)),
                "net_sales": total,
                "cost_of_goods": money(total * rng.uniform(0.54, 0.66, size)),
                "currency": words(("USD",), np.zeros(size, dtype=int)),
                "first_order": first,
                "promised_ship_at": stamp(promised),
                "shipped_at": stamp(self._known(shipped)),
                "delivery_promised_at": stamp(due),
                "delivered_at": stamp(self._known(delivered)),
                "express": express,
                "returned_at": stamp(back_at),
                "returned_net": blank(back_net, back_at == NEVER),
                "return_reason": words(REASONS, np.where(back_at < NEVER, reason, -1)),
            }
        )
        self.lines.write(
            {
                "line_id": _line(number[order], line_number),
                "order_id": ids("O-", number[order], 8),
                "customer_id": ids("C-", who[order]),
                "ordered_at": stamp(at[order]),
                "sku": words(self.codes, product),
                "category": words(self.categories, self._category[product]),
                "sales_channel": words(CHANNELS, channel[order]),
                "quantity": quantity,
                "unit_price": price,
                "discount": discount,
                "net": net,
                "returned_quantity": blank(quantity, ~line_back),
                "returned_at": stamp(np.where(line_back, back_at[order], NEVER)),
                "return_reason": words(REASONS, np.where(line_back, reason[order], -1)),
            }
        )
        sent_back = np.flatnonzero(back_at < NEVER)
        self.returns.write(
            {
                "return_id": ids("RMA-", self._returned + 1 + np.arange(len(sent_back))),
                "order_id": ids("O-", number[sent_back], 8),
                "customer_id": ids("C-", who[sent_back]),
                "received_at": stamp(back_at[sent_back]),
                "refund": back_net[sent_back],
                "reason": words(REASONS, reason[sent_back]),
            }
        )
        self._returned += len(sent_back)
        truth = self.truth[month.label]
        truth["net"], truth["returned"] = float(np.round(total.sum(), 2)), int(returned.sum())
        late = np.maximum(delivered - due, 0)
        return Orders(number, who, at, delivered, late, total, channel, source, device, returned, since)

    def _known(self, at: np.ndarray) -> np.ndarray:
        """Leave out what had not happened yet when the exports were pulled."""
        return np.where(at < self.ends, at, NEVER)

    def close(self) -> None:
        """Finish the files."""
        for file in (self.orders, self.lines, self.returns):
            file.close()


def _line(order: np.ndarray, line: np.ndarray) -> object:
    return ids("L-", order * 10 + line + 1, 9)
