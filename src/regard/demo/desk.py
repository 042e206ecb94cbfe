"""What customers ask Harbor: tickets, what was said in them, how their status changed, as the help desk exports it.

Calls, mails, chats and the help centre; a bot that answers chats first and sometimes closes them too early; reopened
and linked tickets; customers who come back within the week. What the dashboard shows is placed: the mean first reply
by month of opening, the mean resolution by month of resolution, the share of each channel among the contacts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from regard.demo.customers import LANGUAGES, Population
from regard.demo.files import Csv, Lines, blank, ids, iso, words
from regard.demo.story import DAY, HOUR, NEVER, Month, pick, quota

if TYPE_CHECKING:
    from pathlib import Path

    from regard.demo.shop import Orders
    from regard.demo.trouble import Trouble

CHANNELS = ("phone", "email", "chat", "self_service")
CATEGORIES = ("delivery", "return", "account", "advice", "damage")
TEAMS = ("logistics", "logistics", "care", "care", "logistics")
PRIORITIES = ("low", "normal", "high")
ACTORS = ("customer", "human", "bot", "system")
STEPS = ("opened", "pending", "resolved", "reopened", "closed", "merged")
PHONE, EMAIL, CHAT, SELF = range(4)
CUSTOMER, HUMAN, BOT, SYSTEM = range(4)
OPENED, PENDING, RESOLVED, REOPENED, CLOSED, MERGED = range(6)

_REPLY_H = np.array([0.5, 3.9, 0.6, 0.0])
"""Mean hours to the first reply of a person by channel, before the month's mean is placed."""
_WORK_H = np.array([9.0, 28.0, 8.0, 0.1])
"""Mean hours from there to the resolution, likewise."""
TRIES = 12
"""How often the pace of a month is tried before the nearest is taken."""
CLOSES = 3 * DAY
"""How long after its resolution a ticket is closed for good."""

Table = dict[str, np.ndarray]


class Desk:
    """Tickets month by month; contacts and steps that lie in a later month wait in memory until it comes."""

    def __init__(self, folder: Path, people: Population, *, seed: int, ends: int) -> None:
        """Open the three files."""
        self.people, self.seed, self.ends = people, seed, ends
        self.tickets = Csv(folder / "desk" / "tickets.csv")
        self.contacts = Lines(folder / "desk" / "interactions.jsonl")
        self.steps = Lines(folder / "desk" / "status_changes.jsonl")
        self._numbered = {"ticket": 0, "contact": 0, "step": 0}
        self._waiting: Table = {}
        self._later_contacts: Table = {}
        self._later_steps: Table = {}
        self._pace = 1.0
        self.truth: dict[str, dict[str, float]] = {}

    def month(self, month: Month, orders: Orders, active: int, trouble: Trouble) -> Table:
        """Let a month happen, incidents too; returns the tickets that were resolved in it, for the surveys."""
        rng = month.rng(self.seed, 2)
        tickets = self._open(rng, month, orders, active)
        self._reply(rng, month, tickets)
        self._resolve(rng, month, tickets)
        self._link(rng, month, tickets)
        tickets["incident"] = trouble.month(month, tickets)
        contacts, steps = self._talk(rng, tickets), self._step(tickets)
        contacts, self._later_contacts = _split(_join(self._later_contacts, contacts), "at", month.end)
        steps, self._later_steps = _split(_join(self._later_steps, steps), "at", month.end)
        contacts = self._round(rng, contacts)
        self._share(rng, month, contacts, tickets)
        self._write(month, tickets, contacts, steps)
        return self._resolved(month, tickets)

    def _open(self, rng: np.random.Generator, month: Month, orders: Orders, active: int) -> Table:
        """Who asks, about which order, when and how."""
        size = max(20, quota(month.goal["contact_rate"] * (month.end - month.start) / (30.4 * DAY), active))
        early = np.flatnonzero(orders.at < month.end - DAY)
        weight = 1.0 + 4.0 * (orders.late[early] > 0) + 2.0 * orders.returned[early]
        about = early[rng.choice(len(early), size, p=weight / weight.sum())]
        earliest = orders.at[about] + 2 * HOUR
        latest = np.minimum(orders.at[about] + 16 * DAY, month.end)
        at = earliest + (rng.random(size) ** 1.5 * (latest - earliest)).astype(int)
        # one in eight comes back within the week, about the same thing
        again = np.flatnonzero((rng.random(size) < 0.125) & (at < month.end - 7 * DAY))
        about = np.concatenate([about, about[again]])
        at = np.concatenate([at, at[again] + (rng.uniform(1.0, 6.8, len(again)) * DAY).astype(int)])
        order = np.argsort(at, kind="stable")
        about, at = about[order], at[order]
        size = len(at)
        share = np.array([month.goal[name] for name in CHANNELS])
        share = share * (1, 1, 1, 1.1)  # one contact a ticket, where others have more: topped up later
        bounds = np.floor(np.cumsum(share) / share.sum() * size + 0.5).astype(int)
        channel = rng.permutation(np.searchsorted(bounds, np.arange(size), side="right"))
        late, returned = orders.late[about] > 0, orders.returned[about]
        category = np.where(late, 0, np.where(returned, 1, rng.choice(5, size, p=(0.24, 0.18, 0.22, 0.24, 0.12))))
        number = self._numbered["ticket"] + 1 + np.arange(size)
        self._numbered["ticket"] += size
        return {
            "number": number,
            "who": orders.who[about],
            "order": orders.number[about],
            "opened": at,
            "channel": channel,
            "category": category,
            "priority": rng.choice(3, size, p=(0.25, 0.6, 0.15)),
            "parent": np.full(size, -1),
        }

    def _reply(self, rng: np.random.Generator, month: Month, tickets: Table) -> None:
        """When each was answered, by the bot and by a person, so that the mean of the month comes out."""
        size, opened, channel = len(tickets["opened"]), tickets["opened"], tickets["channel"]
        self_served = channel == SELF
        botted = (channel == CHAT) & (rng.random(size) < month.goal.get("bot", 0.0) / 100)
        bot_closed = botted & (rng.random(size) < 0.30)
        awoken = bot_closed & (rng.random(size) < 0.6)  # closed by the bot, reopened by the customer minutes later
        by_person = ~self_served & (~bot_closed | awoken)
        bot_at = opened + rng.integers(8, 60, size)
        bot_close_at = bot_at + rng.integers(120, 600, size)
        reopen_at = bot_close_at + rng.integers(300, 2400, size)
        start = np.where(awoken, reopen_at, opened)  # a clock stopped by a machine starts again (K30)
        reply = rng.gamma(0.9, _REPLY_H[channel] / 0.9) * HOUR
        wanted = month.goal["first_reply_h"] * HOUR
        reply = reply * (wanted / reply[by_person].mean())
        reply = np.maximum(1, np.round(reply)).astype(int)
        tickets["self_served"] = self_served
        tickets["bot_at"] = np.where(botted, bot_at, NEVER)
        tickets["bot_close_at"] = np.where(bot_closed, bot_close_at, NEVER)
        tickets["awoken_at"] = np.where(awoken, reopen_at, NEVER)
        tickets["replied"] = np.where(by_person, start + reply, NEVER)
        # a few left a message before there was a ticket
        tickets["voiced"] = opened - np.where(rng.random(size) < 0.03, rng.integers(HOUR, 14 * HOUR, size), 0)
        truth = self.truth.setdefault(month.label, {})
        truth["opened"], truth["first_reply_s"] = size, float(reply[by_person].mean())

    def _resolve(self, rng: np.random.Generator, month: Month, tickets: Table) -> None:
        """When each was resolved, so that the mean of those resolved in the month comes out."""
        size, replied, voiced = len(tickets["opened"]), tickets["replied"], tickets["voiced"]
        by_person, bot_closed = replied < NEVER, tickets["bot_close_at"] < NEVER
        begun = np.where(by_person, replied, np.where(bot_closed, tickets["bot_close_at"], tickets["opened"]))
        work = rng.gamma(0.8, _WORK_H[tickets["channel"]] / 0.8) * HOUR + 120
        quick = np.where(bot_closed, 0, rng.integers(60, 900, size))
        never = by_person & (rng.random(size) < 0.004)
        before = np.zeros(0)
        if self._waiting:
            before = self._waiting["length"][(self._waiting["resolved"] < month.end) & (self._waiting["parent"] < 0)]
        tries = 0
        while True:  # those that may move without leaving the month are stretched until the mean is right
            tries += 1
            rest = np.where(by_person, work * self._pace, quick)
            resolved = np.where(never, NEVER, begun + np.round(rest).astype(int))
            inside = resolved < month.end
            free = inside & by_person & (begun + 1.6 * rest + HOUR < month.end)
            fixed = (resolved - voiced)[inside & ~free].sum() + before.sum() + (begun - voiced)[free].sum()
            need = (int(inside.sum()) + len(before)) * month.goal["resolved_h"] * HOUR - fixed
            stretch = float(need / rest[free].sum())
            if 0.6 < stretch < 1.5 or tries == TRIES:
                break
            self._pace *= float(np.clip(stretch, 0.5, 1.8))
        stretch = float(np.clip(stretch, 0.1, 1.6))
        self._pace = float(np.clip(self._pace * stretch, 0.1, 8.0))
        resolved = np.where(free, begun + np.round(rest * stretch).astype(int), resolved)
        left_over = round(need - float((resolved - begun)[free].sum()))
        if abs(left_over) < size:  # whole seconds that rounding left over, to the longest
            resolved[np.flatnonzero(free)[np.argmax((resolved - begun)[free])]] += left_over
        long = by_person & ~never & (resolved - replied > 3 * HOUR)
        tickets["resolved"] = resolved
        tickets["reopened"] = long & (rng.random(size) < 0.07)
        truth, done = self.truth[month.label], resolved < month.end
        truth["resolved"] = int(done.sum()) + len(before)
        truth["resolution_s"] = float((resolved - voiced)[done].sum() + before.sum()) / max(1, truth["resolved"])

    def _link(self, rng: np.random.Generator, month: Month, tickets: Table) -> None:
        """Give one ticket in fifty a second one about the same thing, merged into it while it is still open."""
        replied, resolved = tickets["replied"], tickets["resolved"]
        room = (
            (replied < month.end - 2 * HOUR)
            & (resolved < month.end)
            & (resolved - replied > 2 * HOUR)
            & ~tickets["reopened"]
        )
        parent = np.flatnonzero(room & (rng.random(len(room)) < 0.03))
        child = {name: column[parent].copy() for name, column in tickets.items()}
        size = len(parent)
        child["number"] = self._numbered["ticket"] + 1 + np.arange(size)
        self._numbered["ticket"] += size
        child["parent"] = tickets["number"][parent]
        child["opened"] = replied[parent] + rng.integers(600, 3600, size)
        child["voiced"] = child["opened"]
        child["replied"] = child["opened"] + rng.integers(300, 3000, size)
        for name in ("bot_at", "bot_close_at", "awoken_at"):
            child[name] = np.full(size, NEVER)
        for name, column in child.items():
            tickets[name] = np.concatenate([tickets[name], column])

    @staticmethod
    def _talk(rng: np.random.Generator, tickets: Table) -> Table:
        """What was said: the customer, the bot, the person, further questions, notes, the last word."""
        every = np.arange(len(tickets["opened"]))
        channel, replied, resolved, opened = (tickets[n] for n in ("channel", "replied", "resolved", "opened"))
        human = replied < NEVER
        done = resolved < NEVER
        more = np.flatnonzero(human & done & (resolved - replied > 2 * HOUR) & (rng.random(len(every)) < 0.38))
        span = resolved[more] - replied[more]
        ask = replied[more] + (rng.uniform(0.1, 0.5, len(more)) * span).astype(int)
        answer = ask + (rng.uniform(0.05, 0.4, len(more)) * span).astype(int)
        last = np.flatnonzero(human & done & (resolved - replied > 600))
        note = np.flatnonzero(human & done & (rng.random(len(every)) < 0.10))
        bot, closed, awoken = (np.flatnonzero(tickets[n] < NEVER) for n in ("bot_at", "bot_close_at", "awoken_at"))
        served = np.flatnonzero(tickets["self_served"])
        switched = rng.random(len(more)) < 0.25
        other = np.where(switched, rng.choice(3, len(more), p=(0.3, 0.5, 0.2)), channel[more])
        person = np.flatnonzero(human)
        short = person[~np.isin(person, last) & done[person]]
        parts = [
            # ticket, at, channel, direction, actor, public, move: 1 free with its ticket, 2 free alone, 0 bound
            (every, opened, channel, 0, CUSTOMER, True, 0),
            (bot, tickets["bot_at"][bot], channel[bot], 1, BOT, True, 0),
            (closed, tickets["bot_close_at"][closed], channel[closed], 1, BOT, True, 0),
            (awoken, tickets["awoken_at"][awoken], channel[awoken], 0, CUSTOMER, True, 0),
            (person, replied[person], channel[person], 1, HUMAN, True, 0),
            (more, ask, other, 0, CUSTOMER, True, 2),
            (more, answer, other, 1, HUMAN, True, 2),
            (last, resolved[last], channel[last], 1, HUMAN, True, 2),
            (note, np.maximum(replied[note] + 60, resolved[note] - 120), channel[note], 1, HUMAN, False, 2),
            (served, resolved[served], channel[served], 1, SYSTEM, True, 0),
        ]
        ticket = np.concatenate([part[0] for part in parts])
        made = {
            "ticket": tickets["number"][ticket],
            "who": tickets["who"][ticket],
            "at": np.concatenate([part[1] for part in parts]),
            "channel": np.concatenate([part[2] for part in parts]),
            **{
                name: np.concatenate([np.full(len(part[0]), part[index]) for part in parts])
                for index, name in ((3, "out"), (4, "actor"), (5, "public"), (6, "move"))
            },
        }
        kind = np.concatenate([np.full(len(part[0]), number) for number, part in enumerate(parts)])
        made["solved"] = np.isin(kind, (7, 9)) | ((kind == 4) & np.isin(ticket, short)) | (kind == 2)
        size = len(ticket)
        voice = np.isin(made["channel"], (PHONE, CHAT)) & (made["actor"] != SYSTEM)
        made["handle"] = np.where(voice, np.round(rng.gamma(2.0, 160, size)), 0).astype(int)
        waits = voice & (made["out"] == 0)
        made["wait"] = np.where(waits, np.round(rng.gamma(1.2, 150, size)), 0).astype(int)
        carried = np.concatenate([np.where(switched, rng.random(len(more)) < 0.62, -1), np.full(size, -1)])
        made["carried"] = np.full(size, -1)
        made["carried"][kind == 5] = carried[: len(more)]
        made["team"] = tickets["category"][ticket]
        return made

    @staticmethod
    def _step(tickets: Table) -> Table:
        """How the status changed."""
        every = np.arange(len(tickets["opened"]))
        replied, resolved = tickets["replied"], tickets["resolved"]
        solved = np.flatnonzero(resolved < NEVER)
        human = np.flatnonzero((replied < NEVER) & (resolved - replied > 900))
        again = np.flatnonzero(tickets["reopened"])
        span = resolved[again] - replied[again]
        first_try = replied[again] + (span * 0.45).astype(int)
        woken = np.flatnonzero(tickets["awoken_at"] < NEVER)
        linked = np.flatnonzero(tickets["parent"] >= 0)
        by = np.where(tickets["self_served"], SYSTEM, np.where(replied < NEVER, HUMAN, BOT))
        parts = [
            (every, tickets["opened"], OPENED, np.zeros(len(every), dtype=int)),
            (linked, tickets["opened"][linked] + 120, MERGED, np.full(len(linked), HUMAN)),
            (human, replied[human], PENDING, np.full(len(human), HUMAN)),
            (again, first_try, RESOLVED, np.full(len(again), HUMAN)),
            (again, first_try + (span * 0.2).astype(int), REOPENED, np.full(len(again), CUSTOMER)),
            (woken, tickets["bot_close_at"][woken], RESOLVED, np.full(len(woken), BOT)),
            (woken, tickets["awoken_at"][woken], REOPENED, np.full(len(woken), CUSTOMER)),
            (solved, resolved[solved], RESOLVED, by[solved]),
            (solved, resolved[solved] + CLOSES, CLOSED, np.full(len(solved), SYSTEM)),
        ]
        ticket = np.concatenate([part[0] for part in parts])
        return {
            "ticket": tickets["number"][ticket],
            "who": tickets["who"][ticket],
            "at": np.concatenate([part[1] for part in parts]),
            "status": np.concatenate([np.full(len(part[0]), part[2]) for part in parts]),
            "actor": np.concatenate([part[3] for part in parts]),
        }

    @staticmethod
    def _round(rng: np.random.Generator, contacts: Table) -> Table:
        """Leave out a few further questions: a multiple of twenty contacts, of which 20 % can be exact."""
        inbound = contacts["out"] == 0
        spare = pick(rng, np.flatnonzero(inbound & (contacts["move"] == 2)), int(inbound.sum()) % 20)
        kept = np.ones(len(inbound), dtype=bool)
        kept[spare] = False
        return {name: column[kept] for name, column in contacts.items()}

    @staticmethod
    def _share(rng: np.random.Generator, month: Month, contacts: Table, tickets: Table) -> None:
        """Move contacts between channels until each has its exact share, of those from customers and of the others."""
        goal = np.array([month.goal[name] for name in CHANNELS]) / 100
        inbound = contacts["out"] == 0
        # tickets of this month with one word from the customer and none from a machine: they move whole
        order = np.argsort(contacts["ticket"], kind="stable")
        _, start, count = np.unique(contacts["ticket"][order], return_index=True, return_counts=True)
        place = {number: row for row, number in enumerate(tickets["number"].tolist())}
        excess = _excess(contacts["channel"][inbound], goal)
        for index in rng.permutation(len(start)).tolist():
            if not np.any(excess):
                break
            rows = order[start[index] : start[index] + count[index]]
            said = rows[inbound[rows]]
            ticket = place.get(int(contacts["ticket"][rows[0]]))
            if len(said) != 1 or ticket is None or np.any(contacts["actor"][rows] > HUMAN):
                continue
            now = int(contacts["channel"][said[0]])
            if excess[now] > 0:
                to = int(np.argmin(excess))
                excess[now], excess[to] = excess[now] - 1, excess[to] + 1
                contacts["channel"][rows] = to
                tickets["channel"][ticket] = to
        for group in (contacts["public"] & ~inbound, ~contacts["public"]):
            excess = _excess(contacts["channel"][group], goal)
            loose = np.flatnonzero(group & (contacts["move"] == 2))
            for row in rng.permutation(loose).tolist():
                now = int(contacts["channel"][row])
                if excess[now] > 0:
                    to = int(np.argmin(excess))
                    excess[now], excess[to] = excess[now] - 1, excess[to] + 1
                    contacts["channel"][row] = to

    def _write(self, month: Month, tickets: Table, contacts: Table, steps: Table) -> None:
        people = self.people
        known = {name: np.where(tickets[name] < self.ends, tickets[name], NEVER) for name in ("replied", "resolved")}
        first_reply = np.minimum(tickets["bot_at"], known["replied"])
        first_reply = np.where(first_reply < self.ends, first_reply, NEVER)
        closed = np.where(known["resolved"] + CLOSES < self.ends, known["resolved"] + CLOSES, NEVER)
        status = np.where(
            closed < NEVER, 3, np.where(known["resolved"] < NEVER, 2, np.where(known["replied"] < NEVER, 1, 0))
        )
        self.tickets.write(
            {
                "ticket_id": ids("T-", tickets["number"]),
                "customer_id": ids("C-", tickets["who"]),
                "order_id": ids("O-", tickets["order"], 8),
                "created_at": iso(tickets["opened"]),
                "first_voiced_at": iso(np.where(tickets["voiced"] < tickets["opened"], tickets["voiced"], NEVER)),
                "first_reply_at": iso(first_reply),
                "first_agent_reply_at": iso(known["replied"]),
                "resolved_at": iso(known["resolved"]),
                "closed_at": iso(closed),
                "reopened": tickets["reopened"].astype(int) + (tickets["awoken_at"] < NEVER),
                "status": words(("open", "pending", "resolved", "closed"), status),
                "priority": words(PRIORITIES, tickets["priority"]),
                "channel": words(CHANNELS, tickets["channel"]),
                "category": words(CATEGORIES, tickets["category"]),
                "team": words(TEAMS, tickets["category"]),
                "merged_into": ids("T-", tickets["parent"]),
                "language": words(LANGUAGES, people["language"][tickets["who"]]),
                "incident": ids("INC-", tickets["incident"], 4),
            }
        )
        order = np.lexsort((contacts["actor"], contacts["ticket"], contacts["at"]))
        told = {name: column[order] for name, column in contacts.items()}
        voice = told["handle"] > 0
        self.contacts.write(
            {
                "interaction_id": ids("I-", self._number("contact", len(order))),
                "ticket_id": ids("T-", told["ticket"]),
                "customer_id": ids("C-", told["who"]),
                "at": iso(told["at"]),
                "ended_at": iso(np.where(voice, told["at"] + told["handle"] + told["wait"], NEVER)),
                "channel": words(CHANNELS, told["channel"]),
                "direction": words(("in", "out"), told["out"]),
                "author": words(ACTORS, told["actor"]),
                "public": told["public"],
                "handle_seconds": blank(told["handle"], ~voice),
                "wait_seconds": blank(told["wait"], ~voice | (told["out"] == 1)),
                "resolved_here": told["solved"],
                "context_carried": pa.array(told["carried"] == 1, mask=told["carried"] < 0),
                "team": words(TEAMS, told["team"]),
            }
        )
        order = np.lexsort((steps["status"], steps["ticket"], steps["at"]))
        told = {name: column[order] for name, column in steps.items()}
        self.steps.write(
            {
                "change_id": ids("S-", self._number("step", len(order))),
                "ticket_id": ids("T-", told["ticket"]),
                "customer_id": ids("C-", told["who"]),
                "at": iso(told["at"]),
                "status": words(STEPS, told["status"]),
                "changed_by": words(ACTORS, told["actor"]),
            }
        )
        self.truth[month.label]["contacts"] = len(contacts["at"])
        self.truth[month.label]["contacts_in"] = int((contacts["out"] == 0).sum())

    def _number(self, kind: str, count: int) -> np.ndarray:
        first = self._numbered[kind] + 1
        self._numbered[kind] += count
        return first + np.arange(count)

    def _resolved(self, month: Month, tickets: Table) -> Table:
        """Tickets resolved in the month: those that waited from before, and new ones; the others wait on."""
        asked = {
            "number": tickets["number"],
            "who": tickets["who"],
            "resolved": tickets["resolved"],
            "length": tickets["resolved"] - tickets["voiced"],
            "channel": tickets["channel"],
            "pleased": np.where(tickets["reopened"] | (tickets["bot_close_at"] < NEVER), -0.8, 0.2)
            - np.clip((tickets["replied"] - tickets["opened"]) / (8 * HOUR), 0, 1.5),
            "parent": tickets["parent"],
        }
        now, self._waiting = _split(_join(self._waiting, asked), "resolved", month.end)
        return now

    def close(self) -> None:
        """Finish the files."""
        for file in (self.tickets, self.contacts, self.steps):
            file.close()


def _excess(channel: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """How many contacts more than its share each channel has; adds up to 0."""
    count = np.bincount(channel, minlength=len(goal))
    exact = goal / goal.sum() * count.sum()
    wanted = np.floor(exact).astype(int)
    for index in np.argsort(wanted - exact, kind="stable")[: count.sum() - wanted.sum()]:
        wanted[index] += 1
    excess: np.ndarray = count - wanted
    return excess


def _join(first: Table, second: Table) -> Table:
    return {name: np.concatenate([first[name], column]) for name, column in second.items()} if first else second


def _split(table: Table, column: str, at: int) -> tuple[Table, Table]:
    before = table[column] < at
    return {n: c[before] for n, c in table.items()}, {n: c[~before] for n, c in table.items()}
