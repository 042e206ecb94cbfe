"""Who sells through Harbor: merchants with their users and yearly contracts, in a workspace of their own.

Accounts, users and contracts grow as planned, so that their numbers when the story ends are exact; how many contracts
are renewed is placed by the minutes lost in the year before they were due, and what those of the unlucky were worth.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from regard.demo.files import Csv, Lines, ids, iso, words
from regard.demo.portal import Portal
from regard.demo.story import DAY, HOUR, NEVER, ends_at, months, pick, quota, rows
from regard.demo.trouble import MINUTE

if TYPE_CHECKING:
    from pathlib import Path

    from regard.demo.story import Month

ACCOUNTS, USERS = 900, 7_000
"""Accounts and users at scale 1 when the story ends."""
GROWN, OLD = 11, 0.6
"""Month until which the first accounts came in, and their share of those of the end."""
YEAR = 365 * DAY
PATIENCE = 120 * 60
"""Seconds lost in the year before the term is due beyond which merchants renew less."""
RENEWS = (0.90, 0.71)
"""Share of the terms due that are renewed: of merchants who lost less, and of those who lost more."""
TOLD = ("2025-07", "2026-06")
"""First and last month of terms due: those that have a year of losses before them, and are over."""
AT_STAKE = 1_100_000
"""Yearly value of the contracts of those who lost more, at scale 1, that fell due in these months."""
SEGMENTS, TIERS = ("retailer", "maker", "sailmaker", "marina"), ("standard", "plus", "premium")
REGIONS, EDITIONS = ("northeast", "south", "midwest", "west"), ("current", "classic")
ROLES = ("owner", "sales", "stock", "finance")
SEATS, FEES = (3.4, 9.5, 21.0), (3_000, 7_000, 22_000)
"""Mean number of users after the first, and yearly fee before the value at stake is placed, by tier."""
NOUNS = ("Marine", "Sails", "Boat Supplies", "Chandlery", "Rigging", "Outfitters")
DUE, RENEW, CANCEL, UPSELL, START = range(5)
WHAT = ("term_due", "renew", "cancel", "upsell", "start")

Table = dict[str, np.ndarray]


class Merchants:
    """Accounts, their users and what became of their contracts; memory holds them all, some 100 bytes each.

    Attributes:
        accounts: signed, closed (NEVER while open), segment, tier, region, edition and yearly fee of each.
        users: account, added, removed (NEVER while there), and role of each.
        due, renewed: terms that fell due in the months told, of those who lost less, and of those who lost more.
        at_stake: fees of the latter.
    """

    def __init__(self, folder: Path, portal: Portal, *, scale: float, seed: int, ends: int) -> None:
        """Begin with nobody."""
        self.folder, self.portal, self.scale, self.seed, self.ends = folder, portal, scale, seed, ends
        names = ("signed", "closed", "segment", "tier", "region", "edition", "fee")
        self.accounts: Table = {name: np.zeros(0, dtype=float if name == "fee" else int) for name in names}
        self.users: Table = {name: np.zeros(0, dtype=int) for name in ("account", "added", "removed", "role")}
        self.due, self.renewed, self.at_stake = [0, 0], [0, 0], 0.0
        self._past: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []

    def month(self, month: Month) -> None:
        """Let a month happen: what fails, terms that fall due, new accounts, users who come and go."""
        rng = month.rng(self.seed, 11)
        signed, closed = self.accounts["signed"], self.accounts["closed"]
        due = signed + np.maximum(1, -((signed - month.start) // YEAR)) * YEAR
        falls = (closed == NEVER) & (due >= month.start) & (due < month.end)
        self.portal.fail(month, self.accounts, self.users, np.where(falls, due, closed))
        self._renew(rng, month, np.flatnonzero(falls), due[falls])
        self._join(rng, month)
        self._staff(rng, month)

    def _renew(self, rng: np.random.Generator, month: Month, who: np.ndarray, due: np.ndarray) -> None:
        """Renew as many terms as the plot wants, of those who lost much in the year before and of the others."""
        much = self.portal.lost(who, due) > PATIENCE
        told = TOLD[0] <= month.label <= TOLD[1]
        fee, draw = self.accounts["fee"], rng.random(len(who))
        renews = draw < RENEWS[0] - 0.04
        for group, share in enumerate(RENEWS if told else ()):
            among = np.flatnonzero(much == bool(group))
            self.due[group] += len(among)
            size = min(len(among), max(0, quota(share, self.due[group]) - self.renewed[group]))
            self.renewed[group] += size
            renews[among] = False
            renews[among[np.argsort(draw[among], kind="stable")[:size]]] = True
        self.at_stake += float(fee[who[much]].sum()) if told else 0.0
        self._note(who, due, DUE, fee[who])
        after = due + rng.integers(HOUR, 5 * DAY, len(who))
        self._note(who[renews], after[renews], RENEW, fee[who[renews]])
        grows = renews & (rng.random(len(who)) < np.where(much, 0.04, 0.11))
        self._note(who[grows], after[grows] + HOUR, UPSELL, 0.2 * fee[who[grows]])
        fee[who[grows]] *= 1.2
        gone, last = who[~renews], due[~renews]
        self._note(gone, last - rng.integers(DAY, 45 * DAY, len(gone)), CANCEL, fee[gone])
        self.accounts["closed"][gone] = last
        end = np.full(len(fee), NEVER)
        end[gone] = last
        self.users["removed"] = np.minimum(self.users["removed"], end[self.users["account"]])

    def _join(self, rng: np.random.Generator, month: Month) -> None:
        """Sign new accounts until there are as many as planned."""
        grown = OLD * (month.index + 1) / (GROWN + 1)
        share = min(1.0, grown if month.index <= GROWN else OLD + (1 - OLD) * (month.index - GROWN) / 36)
        size = max(0, quota(ACCOUNTS * self.scale * share, 1) - int((self.accounts["closed"] == NEVER).sum()))
        tier = rng.choice(3, size, p=(0.60, 0.30, 0.10))
        new = {
            "signed": np.sort(month.start + (rng.random(size) * (month.end - month.start - DAY)).astype(int)),
            "closed": np.full(size, NEVER),
            "segment": rng.choice(4, size, p=(0.48, 0.27, 0.10, 0.15)),
            "tier": tier,
            "region": rng.choice(4, size, p=(0.38, 0.27, 0.16, 0.19)),
            # Whoever comes later is seldom put on the old edition of the portal.
            "edition": (rng.random(size) < 0.36 - 0.32 * month.index / 48).astype(int),
            "fee": np.array(FEES)[tier] * rng.lognormal(0, 0.3, size),
        }
        first = len(self.accounts["signed"])
        self.accounts = _joined(self.accounts, new)
        who = first + np.arange(size)
        self._note(who, new["signed"], START, new["fee"])
        seats = 1 + rng.poisson(np.array(SEATS)[tier])
        account = np.repeat(who, seats)
        place = np.arange(len(account)) - np.repeat(np.cumsum(seats) - seats, seats)
        self._add(account, new["signed"][account - first] + place * MINUTE, np.where(place == 0, 0, 1 + place % 3))

    def _staff(self, rng: np.random.Generator, month: Month) -> None:
        """Let users come and go, so that there are as many as planned; the first of an account stays."""
        users = self.users
        here = users["removed"] == NEVER
        wanted = quota(USERS / ACCOUNTS, int((self.accounts["closed"] == NEVER).sum()))
        free = np.flatnonzero(here & (users["role"] > 0) & (users["added"] < month.start))
        leave = max(quota(0.012, len(free)), int(here.sum()) - wanted)
        gone = pick(rng, free, leave)
        # On the month's last day: nothing of the plot fails then.
        users["removed"][gone] = month.end - rng.integers(HOUR, DAY, len(gone))
        missing = max(0, wanted - int((users["removed"] == NEVER).sum()))
        settled = np.flatnonzero((self.accounts["closed"] == NEVER) & (self.accounts["signed"] < month.start))
        if missing and len(settled):
            account = np.sort(rng.choice(settled, missing))
            self._add(account, month.end - rng.integers(HOUR, DAY, missing), rng.choice(3, missing) + 1)

    def _add(self, account: np.ndarray, added: np.ndarray, role: np.ndarray) -> None:
        removed = np.full(len(account), NEVER)
        self.users = _joined(self.users, {"account": account, "added": added, "removed": removed, "role": role})

    def _note(self, who: np.ndarray, at: np.ndarray, what: int, value: np.ndarray) -> None:
        self._past.append((who, at, np.full(len(who), what), value.copy()))

    def close(self) -> dict[str, Any]:
        """Write accounts, users and contracts; returns what was placed."""
        placed = AT_STAKE * self.scale / self.at_stake if self.at_stake else 1.0
        self._accounts(placed)
        self._users()
        self._contracts(placed)
        groups = zip(("lost_less", "lost_more"), self.due, self.renewed, strict=True)
        return {
            "accounts": int((self.accounts["closed"] == NEVER).sum()),
            "users": int((self.users["removed"] == NEVER).sum()),
            **{name: {"due": due, "renewed": renewed} for name, due, renewed in groups},
            "at_stake": round(self.at_stake * placed),
        }

    def _accounts(self, placed: float) -> None:
        made = self.accounts
        number = np.arange(len(made["signed"]))
        last, noun = [row["last"] for row in rows("names")], len(NOUNS)
        file = Csv(self.folder / "crm" / "accounts.csv")
        file.write(
            {
                "account_id": ids("A-", number, 5),
                "name": [
                    f"{last[n % len(last)]} {NOUNS[n // len(last) % noun]} {n // (len(last) * noun) + 1}"
                    for n in number.tolist()
                ],
                "signed_at": iso(made["signed"]),
                "closed_at": iso(np.where(made["closed"] < self.ends, made["closed"], NEVER)),
                "segment": words(SEGMENTS, made["segment"]),
                "tier": words(TIERS, made["tier"]),
                "region": words(REGIONS, made["region"]),
                "portal": words(EDITIONS, made["edition"]),
                "yearly_value": np.round(made["fee"] * placed).astype(int),
            }
        )
        file.close()

    def _users(self) -> None:
        made = self.users
        number = np.arange(len(made["account"]))
        file = Csv(self.folder / "crm" / "users.csv")
        file.write(
            {
                "user_id": ids("U-", number, 6),
                "account_id": ids("A-", made["account"], 5),
                "email": [f"user{n}@merchant.example" for n in number.tolist()],
                "role": words(ROLES, made["role"]),
                "added_at": iso(made["added"]),
                "removed_at": iso(np.where(made["removed"] < self.ends, made["removed"], NEVER)),
            }
        )
        file.close()

    def _contracts(self, placed: float) -> None:
        who, at, what, value = (np.concatenate(column) for column in zip(*self._past, strict=True))
        order = np.lexsort((at, who))
        order = order[at[order] < self.ends]
        who, at, what, value = who[order], at[order], what[order], np.round(value[order] * placed)
        starts = np.searchsorted(who, np.arange(len(self.accounts["signed"]) + 1))
        told = list(zip(iso(at).to_pylist(), words(WHAT, what).to_pylist(), value.tolist(), strict=True))
        file = Lines(self.folder / "billing" / "contracts.jsonl")
        file.write_rows(
            [
                {
                    "contract": f"K-{number:05d}",
                    "account_id": f"A-{number:05d}",
                    "currency": "USD",
                    "history": [{"at": at, "what": what, "value": value} for at, what, value in told[start:end]],
                }
                for number, (start, end) in enumerate(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True))
            ]
        )
        file.close()


def generate(folder: Path, *, scale: float, seed: int) -> None:
    """Write the raw files of the merchants, and the truth about them; arguments as of the shop."""
    ends = ends_at()
    portal = Portal(folder, seed=seed, ends=ends)
    merchants = Merchants(folder, portal, scale=scale, seed=seed, ends=ends)
    for month in months():
        merchants.month(month)
        portal.days(month, merchants.accounts, merchants.users)
    portal.close()
    target = folder / "reference" / "codes.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes((files("regard.demo") / "data" / "merchant_codes.csv").read_bytes())
    planted = {"company": "Harbor for Merchants", "seed": seed, "scale": scale, **merchants.close()}
    (folder / "planted.json").write_text(json.dumps(planted, indent=1) + "\n", encoding="utf-8")


def _joined(first: Table, second: Table) -> Table:
    return {name: np.concatenate([first[name], column]) for name, column in second.items()}
