"""What merchants meet: failures of their portal and whom they hit, sign-ins, tickets and a survey every quarter.

The failures are data (`data/merchant_incidents.csv`). The old edition of the portal fails about once a month; a
merchant loses a minute when any of its users does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from regard.demo.files import Csv, Lines, Parquet, ids, iso, stamp, words
from regard.demo.story import DAY, HOUR, NEVER, pick, quota
from regard.demo.trouble import FOLLOWS, MINUTE, incidents, tracked

if TYPE_CHECKING:
    from pathlib import Path

    from regard.demo.story import Month
    from regard.demo.trouble import Incident

YEAR = 365 * DAY
EDITION = {"current": 0, "classic": 1}
"""Whom an incident hits, by the edition of their portal; all where it names none."""
SINCE = "2024-07"
"""First month of which the portal, the desk and the survey still have records."""
SIGN_INS = 0.35
"""Sign-ins of a user and month in the sample that is kept."""
ASKS, COMPLAINS = 0.0016, 0.014
"""Share of the users who write in a month about something else, and of those hit who write about it."""
INVITED, ANSWERS = 0.30, 0.42
"""Share of the accounts that are asked in a quarter, and of those that answer."""
HURT = 60 * MINUTE
"""Loss of a year from which on a merchant is less pleased."""
CHANNELS, ABOUT = ("email", "phone", "portal"), ("payouts", "listings", "access", "contract")
PRIORITIES = ("low", "normal", "high")

Table = dict[str, np.ndarray]


class Portal:
    """Failures, use and voices month by month; remembers which account lost what."""

    def __init__(self, folder: Path, *, seed: int, ends: int) -> None:
        """Open the files."""
        self.seed, self.ends = seed, ends
        self.tracker = Lines(folder / "ops" / "incidents.jsonl")
        self.impacts = Csv(folder / "ops" / "impacts.csv")
        self.sign_ins = Parquet(folder / "portal" / "sign_ins.parquet")
        self.tickets = Csv(folder / "desk" / "tickets.csv")
        self.answers = Csv(folder / "survey" / "merchants.csv")
        self._plot = incidents("merchant_incidents")
        self._hit: list[tuple[np.ndarray, np.ndarray, int]] = []
        self._now: list[tuple[Incident, np.ndarray]] = []
        self._written = {"impact": 0, "sign_in": 0, "ticket": 0, "answer": 0}

    def fail(self, month: Month, accounts: Table, users: Table, until: np.ndarray) -> None:
        """Let incidents of a month happen to users of accounts, each served until an instant."""
        self._now = []
        rng = month.rng(self.seed, 12)
        happened = [one for one in self._plot if month.start <= one.at < month.end]
        for one in happened:
            edition = EDITION.get(one.told["who"])
            serves = (until > one.at) & ((edition is None) | (accounts["edition"] == edition))
            among = np.flatnonzero(serves[users["account"]] & (users["added"] <= one.at) & (users["removed"] > one.at))
            who = pick(rng, among, quota(float(one.told["share"]), len(among)))
            if len(who):
                self._lose(rng, one, who, users["account"][who])
        if happened:
            self.tracker.write(tracked(happened))

    def _lose(self, rng: np.random.Generator, incident: Incident, who: np.ndarray, account: np.ndarray) -> None:
        """Write down what users lost: from some moment of the first minutes on until it is over."""
        size = len(who)
        start = incident.at + (rng.random(size) * min(6 * MINUTE, incident.end - incident.at - MINUTE)).astype(int)
        start[0] = incident.at
        told = np.zeros(size, dtype=int)
        self.impacts.write(
            {
                "impact_id": ids("MI-", self._number("impact", size)),
                "incident": ids("INC-", np.full(size, incident.number), 4),
                "user_id": ids("U-", who, 6),
                "from": iso(start),
                "to": iso(np.full(size, incident.end)),
                "kind": words((incident.told["kind"],), told),
                "journey": words((incident.told["journey"],), told),
            }
        )
        hit, place = np.unique(account, return_inverse=True)
        first = np.full(len(hit), NEVER)
        np.minimum.at(first, place, start)
        self._hit.append((hit, first, incident.end))
        self._now.append((incident, who))

    def lost(self, who: np.ndarray, until: np.ndarray) -> np.ndarray:
        """Seconds in which any user of each account lost something, in the 365 days before an instant of its own."""
        total = np.zeros(len(who), dtype=int)
        for hit, first, end in self._hit:
            place = np.minimum(np.searchsorted(hit, who), len(hit) - 1)
            lasted = np.minimum(end, until) - np.maximum(first[place], until - YEAR)
            total += np.where(hit[place] == who, np.maximum(0, lasted), 0)
        return total

    def days(self, month: Month, accounts: Table, users: Table) -> None:
        """Let merchants use the portal, write and answer."""
        if month.label < SINCE:
            return
        rng = month.rng(self.seed, 13)
        begin, end = np.maximum(users["added"], month.start), np.minimum(users["removed"], month.end)
        here = np.flatnonzero(begin < end)
        self._sign_in(rng, here, begin, end)
        self._write(rng, here, begin, end)
        if month.index % 3 == 2 and month.complete:
            self._ask(rng, month, accounts, users)

    def _sign_in(self, rng: np.random.Generator, here: np.ndarray, begin: np.ndarray, end: np.ndarray) -> None:
        who = np.repeat(here, rng.poisson(SIGN_INS, len(here)))
        at = begin[who] + (rng.random(len(who)) * (end[who] - begin[who])).astype(int)
        order = np.argsort(at, kind="stable")
        self.sign_ins.write(
            {
                "sign_in_id": ids("SI-", self._number("sign_in", len(who))),
                "user_id": ids("U-", who[order], 6),
                "happened_at": stamp(at[order]),
            }
        )

    def _write(self, rng: np.random.Generator, here: np.ndarray, begin: np.ndarray, end: np.ndarray) -> None:
        """Write tickets: about what failed, and about other things."""
        other = pick(rng, here, quota(ASKS, len(here)))
        parts = [(other, begin[other] + (rng.random(len(other)) * (end[other] - begin[other])).astype(int), -1)]
        for incident, hit in self._now:
            asks = pick(rng, hit, quota(COMPLAINS, len(hit)))
            parts.append((asks, incident.at + rng.integers(2 * MINUTE, FOLLOWS // 4, len(asks)), incident.number))
        who, at = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
        about = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])
        order = np.argsort(at, kind="stable")
        who, at, about = who[order], at[order], about[order]
        size = len(who)
        replied = at + np.maximum(MINUTE, rng.gamma(0.9, 3.2 * HOUR, size).astype(int))
        solved = replied + np.maximum(MINUTE, rng.gamma(0.8, 26 * HOUR, size).astype(int))
        known = [np.where(clock < self.ends, clock, NEVER) for clock in (replied, solved)]
        self.tickets.write(
            {
                "ticket_id": ids("MT-", self._number("ticket", size), 5),
                "user_id": ids("U-", who, 6),
                "created_at": iso(at),
                "first_reply_at": iso(known[0]),
                "resolved_at": iso(known[1]),
                "status": words(("open", "pending", "resolved"), np.sum([clock < NEVER for clock in known], axis=0)),
                "channel": words(CHANNELS, rng.choice(3, size, p=(0.5, 0.3, 0.2))),
                "category": words(ABOUT, np.where(about >= 0, 2, rng.choice(4, size, p=(0.34, 0.36, 0.16, 0.14)))),
                "priority": words(PRIORITIES, np.where(about >= 0, 2, rng.choice(3, size, p=(0.2, 0.65, 0.15)))),
                "incident": ids("INC-", about, 4),
            }
        )

    def _ask(self, rng: np.random.Generator, month: Month, accounts: Table, users: Table) -> None:
        """Ask owners whether they would recommend selling through Harbor."""
        owner = np.flatnonzero((users["role"] == 0) & (users["removed"] >= month.end) & (users["added"] < month.start))
        who = pick(rng, owner, quota(INVITED, len(owner)))
        at = month.start + 9 * DAY + (rng.random(len(who)) * DAY).astype(int)
        account = users["account"][who]
        hurt = self.lost(account, at) > HURT
        feeling = rng.normal(8.4, 1.7, len(who)) - 1.9 * hurt + 0.15 * accounts["tier"][account]
        answers = rng.random(len(who)) < ANSWERS
        answered = np.where(answers, at + HOUR + rng.exponential(1.5 * DAY, len(who)).astype(int), NEVER)
        answered = np.where(answered < month.end, answered, NEVER)
        score = np.clip(np.round(feeling), 0, 10).astype(int)
        self.answers.write(
            {
                "response_id": ids("MR-", self._number("answer", len(who)), 5),
                "user_id": ids("U-", who, 6),
                "invited_at": iso(at),
                "answered_at": iso(answered),
                "recommend": words([str(n) for n in range(11)], np.where(answered < NEVER, score, -1)),
            }
        )

    def _number(self, kind: str, count: int) -> np.ndarray:
        first = self._written[kind] + 1
        self._written[kind] += count
        return first + np.arange(count)

    def close(self) -> None:
        """Finish the files."""
        for file in (self.tracker, self.impacts, self.sign_ins, self.tickets, self.answers):
            file.close()
