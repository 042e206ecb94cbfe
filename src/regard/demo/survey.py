"""What customers answer: three surveys as the survey tool exports them, one wide row for each invitation.

After a purchase, after a support ticket, and twice a year about the relationship. Most stay silent, some letters never
arrive, some answer twice in a month. How pleased somebody is depends on the customer, on late parcels, slow tickets and
interruptions; how many of the answers that count (the latest of a customer, survey and month) are good is placed by
the plot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from regard.demo.customers import ANSWERS, LANGUAGES, Population
from regard.demo.files import Csv, ids, iso, words
from regard.demo.story import DAY, HOUR, NEVER, Month, pick, quota, rows
from regard.demo.trouble import FORGETS

if TYPE_CHECKING:
    from pathlib import Path

    from regard.demo.desk import Table
    from regard.demo.shop import Orders

PURCHASE, SUPPORT, RELATION = range(3)
"""Rows of `data/surveys.csv`; what each asks stands in `data/questions.csv`, with how its answers are placed: the share
that is satisfied, the mean effort, the net of those who recommend; a blank is a driver item from 1 to 5."""
BY = ("email", "app")
SILENT = -1


class Surveys:
    """Surveys month by month; answers that come in a later month wait in memory until it comes."""

    def __init__(self, folder: Path, people: Population, *, scale: float, seed: int, ends: int) -> None:
        """Open the three files."""
        self.people, self.scale, self.seed, self.ends = people, scale, seed, ends
        self._plan = rows("surveys")
        names = [row["survey"] for row in self._plan]
        self._questions = [[row for row in rows("questions") if row["survey"] == name] for name in names]
        self.files = [Csv(folder / "survey" / f"{name}.csv") for name in names]
        self._sent = [0, 0, 0]
        self._waiting: list[Table] = [{}, {}, {}]
        self._comments = [_comments(name) for name in names]
        self.truth: dict[str, dict[str, float]] = {}

    def month(self, month: Month, orders: Orders, solved: Table) -> None:
        """Let a month happen."""
        rng = month.rng(self.seed, 3)
        asked = [self._after_purchase(rng, month, orders), self._after_support(rng, solved), self._wave(rng, month)]
        answered: list[Table] = []
        for survey, table in enumerate(asked):
            everything = _join(self._waiting[survey], table)
            now = (everything["answered"] < month.end) & (everything["delivered"] < NEVER)
            silent = everything["answered"] == NEVER
            self._waiting[survey] = {name: column[~now & ~silent] for name, column in everything.items()}
            answered.append({name: column[now] for name, column in everything.items()})
            self._write(survey, {name: column[silent] for name, column in everything.items()}, rng)
        answered[PURCHASE] = self._silence(rng, answered)
        self._satisfaction(month, answered)
        self._effort(month, answered[SUPPORT])
        self._recommendation(rng, month, answered[RELATION])
        for survey, table in enumerate(answered):
            self._write(survey, table, rng)

    def _after_purchase(self, rng: np.random.Generator, month: Month, orders: Orders) -> Table:
        count = quota(float(self._plan[PURCHASE]["invited"]) * (month.end - month.start) / (30.4 * DAY), 1)
        chosen = pick(rng, np.flatnonzero(orders.delivered < self.ends - 2 * DAY), quota(count * self.scale, 1))
        mood = np.where(orders.late[chosen] > 0, -1.1, 0.15) - 0.5 * orders.returned[chosen]
        who = orders.who[chosen]
        keen = float(self._plan[PURCHASE]["answered"]) * self._ready(who)
        answers = rng.random(len(who)) < keen * (1 - 0.12 * np.abs(self.people["mood"][who] - 0.3))
        table = self._invite(rng, PURCHASE, who, orders.delivered[chosen] + DAY, mood, answers, orders.number[chosen])
        late = orders.number[chosen][orders.late[chosen] > 0]
        return table | {"late": np.isin(table["about"], late)}

    def _after_support(self, rng: np.random.Generator, solved: Table) -> Table:
        asked = solved["parent"] < 0
        who, at = solved["who"][asked], solved["resolved"][asked] + HOUR
        answers = rng.random(len(who)) < float(self._plan[SUPPORT]["answered"]) * self._ready(who)
        return self._invite(rng, SUPPORT, who, at, solved["pleased"][asked], answers, solved["number"][asked])

    def _wave(self, rng: np.random.Generator, month: Month) -> Table:
        people = self.people
        active = people.active(month.start)
        turn = active[active % 6 == month.index % 6]  # everybody's turn comes twice a year
        who = pick(rng, turn, quota(float(self._plan[RELATION]["invited"]) * self.scale, 1))
        at = month.start + 2 * DAY + (rng.random(len(who)) * DAY).astype(int)
        weight = np.exp(0.35 * people["tier"][who] + 0.1 * people["mood"][who]) * self._ready(who)
        answers = np.zeros(len(who), dtype=bool)
        size = min(len(who), quota(float(self._plan[RELATION]["wave"]) * self.scale, 1))
        answers[rng.choice(len(who), size, replace=False, p=weight / weight.sum())] = True
        return self._invite(rng, RELATION, who, at, np.zeros(len(who)), answers, np.full(len(who), -1))

    def _invite(
        self,
        rng: np.random.Generator,
        survey: int,
        who: np.ndarray,
        at: np.ndarray,
        mood: np.ndarray,
        answers: np.ndarray,
        about: np.ndarray,
    ) -> Table:
        order = np.argsort(at, kind="stable")
        who, at, mood, answers, about = (column[order] for column in (who, at, mood, answers, about))
        size = len(who)
        number = self._sent[survey] + 1 + np.arange(size)
        self._sent[survey] += size
        bounced = (rng.random(size) < 0.03) & ~answers
        delivered = np.where(bounced, NEVER, at + rng.integers(2, 90, size))
        delay = np.minimum(60 + rng.exponential(1.6 * DAY, size).astype(int), 13 * DAY)
        return {
            "number": number,
            "who": who,
            "about": about,
            "invited": at,
            "delivered": delivered,
            "answered": np.where(answers, delivered + delay, NEVER),
            "by": (self.people["app"][who] & (rng.random(size) < 0.5)).astype(int),
            "feeling": mood + self.people["mood"][who] + rng.normal(0, 0.8, size) - self._hurt(who, at),
            "late": np.zeros(size, dtype=bool),
            **{kind: np.full(size, SILENT) for kind in ("share", "mean", "net")},
        }

    def _ready(self, who: np.ndarray) -> np.ndarray:
        """How readily each answers, as a factor: those who are pleased least stay silent most."""
        ready: np.ndarray = np.array(ANSWERS)[self.people["segment"][who]]
        return ready

    def _hurt(self, who: np.ndarray, at: np.ndarray) -> np.ndarray:
        """How much less pleased those are who were interrupted not long before."""
        since = at - self.people["hurt"][who]
        hurt: np.ndarray = 0.9 * ((since >= 0) & (since < FORGETS))
        return hurt

    def _silence(self, rng: np.random.Generator, answered: list[Table]) -> Table:
        """Let some buyers not have answered after all: of 1,000 satisfaction answers, every share is exact."""
        table = answered[PURCHASE]
        counts = [_latest(each) for each in answered[:RELATION]]
        surplus = sum(int(each.sum()) for each in counts) - quota(float(self._plan[PURCHASE]["wave"]) * self.scale, 1)
        _, first, times = np.unique(table["who"], return_index=True, return_counts=True)
        silent = np.zeros(len(table["who"]), dtype=bool)
        silent[pick(rng, first[times == 1], max(0, surplus))] = True
        unanswered = {name: column[silent] for name, column in table.items()}
        unanswered["answered"] = np.full(int(silent.sum()), NEVER)
        self._write(PURCHASE, unanswered, rng)
        return {name: column[~silent] for name, column in table.items()}

    def _satisfaction(self, month: Month, answered: list[Table]) -> None:
        """Satisfaction from 1 to 5: exactly the planned share of the answers that count is 4 or 5."""
        both = answered[:RELATION]
        feeling = np.concatenate([table["feeling"] for table in both])
        counts = np.concatenate([_latest(table) for table in both])
        if not counts.any():
            return
        ranked = np.sort(feeling[counts])
        size = len(ranked)
        good = quota(month.goal["satisfied"] / 100, size)
        bars = [ranked[min(size - 1, max(0, size - good + int(good * part)))] for part in (0.0, 0.46)]
        low = [ranked[int((size - good) * part)] if good < size else -np.inf for part in (0.22, 0.52)]
        score = 1 + np.searchsorted(np.array([low[0], low[1], bars[0], bars[1]]), feeling, side="right")
        split = len(both[0]["who"])
        both[0]["share"], both[1]["share"] = score[:split], score[split:]
        truth = self.truth.setdefault(month.label, {})
        truth["satisfied_of"], truth["satisfied"] = size, int((score[counts] >= 4).sum())

    def _effort(self, month: Month, table: Table) -> None:
        """Effort from 1 (very easy) to 5: the mean of the answers that count is the planned one."""
        counts, feeling = _latest(table), table["feeling"]
        size = int(counts.sum())
        if not size:
            return
        ranked = np.sort(-feeling[counts])
        bars = ranked[(np.array([0.26, 0.62, 0.84, 0.95]) * size).astype(int).clip(0, size - 1)]
        score = 1 + np.searchsorted(bars, -feeling, side="right")
        place = np.flatnonzero(counts)[np.argsort(-feeling[counts], kind="stable")]
        missing = quota(month.goal["effort"], size) - int(score[counts].sum())
        step = int(np.sign(missing))
        while missing:
            able = place[(score[place] + step >= 1) & (score[place] + step <= 5)]
            moved = able[:: max(1, len(able) // abs(missing))][: abs(missing)]
            score[moved] += step
            missing -= step * len(moved)
        table["mean"] = score
        truth = self.truth.setdefault(month.label, {})
        truth["effort_of"], truth["effort_sum"] = size, int(score[counts].sum())

    def _recommendation(self, rng: np.random.Generator, month: Month, table: Table) -> None:
        """Recommendation from 0 to 10: exactly the planned promoters and detractors."""
        counts, feeling = _latest(table), table["feeling"]
        size = int(counts.sum())
        if not size:
            return
        against = quota(month.goal["against"] / 100, size)
        for_it = quota(month.goal["recommending"] / 100, size) + against
        rank = np.empty(size, dtype=int)
        rank[np.argsort(feeling[counts], kind="stable")] = np.arange(size)
        score = np.where(rank < against, rng.choice(7, size, p=(0.06, 0.04, 0.05, 0.10, 0.15, 0.28, 0.32)), 7)
        score = np.where((rank >= against) & (rng.random(size) < 0.6), 8, score)
        score = np.where(rank >= size - for_it, 9 + (rng.random(size) < 0.55), score)
        whole = rng.choice(11, len(feeling))
        whole[counts] = score
        table["net"] = whole
        truth = self.truth.setdefault(month.label, {})
        truth["recommending_of"], truth["promoters"], truth["detractors"] = size, for_it, against

    def _write(self, survey: int, table: Table, rng: np.random.Generator) -> None:
        if not len(table["number"]):
            return
        known = table["answered"] < self.ends
        sent = table["invited"] < self.ends
        table = {name: column[sent] for name, column in table.items()}
        known, size = known[sent], int(sent.sum())
        good, bad = self._comments[survey]
        says = known & (rng.random(size) < 0.18)
        text = np.where(table["feeling"] > -0.4, rng.choice(len(good), size), len(good) + rng.choice(len(bad), size))
        plan = self._plan[survey]
        about = ids(plan["about_prefix"], table["about"], int(plan["about_width"])) if plan["about"] else None
        answers = {}
        for question in self._questions[survey]:
            felt = table["feeling"] - (1.6 * table["late"] if question["of"] == "parcel" else 0)
            item = np.clip(np.round(3.7 + 0.55 * felt + rng.normal(0, 0.7, size)), 1, 5).astype(int)
            item = np.where(rng.random(size) < 0.93, item, SILENT)
            answers[question["column"]] = _score(table.get(question["placed"], item), known)
        self.files[survey].write(
            {
                "response_id": ids(f"{plan['prefix']}-", table["number"]),
                "invitation_id": ids(f"{plan['prefix']}I-", table["number"]),
                "customer_id": ids("C-", table["who"]),
                **({plan["about"]: about} if about is not None else {}),
                "sent_by": words(BY, table["by"]),
                "language": words(LANGUAGES, self.people["language"][table["who"]]),
                "invited_at": iso(table["invited"]),
                "delivered_at": iso(np.where(table["delivered"] < self.ends, table["delivered"], NEVER)),
                "answered_at": iso(np.where(known, table["answered"], NEVER)),
                **answers,
                "comment": words([*good, *bad], np.where(says, text, -1)),
            }
        )

    def close(self) -> None:
        """Write those who are still silent when the exports are pulled, and finish the files."""
        rng = np.random.default_rng([self.seed, 3])
        for survey, table in enumerate(self._waiting):
            if table:
                self._write(survey, table, rng)
            self.files[survey].close()


def _latest(table: Table) -> np.ndarray:
    """Whether an answer is the last of its customer within the table."""
    order = np.lexsort((table["answered"], table["who"]))
    last = np.ones(len(order), dtype=bool)
    last[order[:-1]] = table["who"][order[1:]] != table["who"][order[:-1]]
    return last


def _score(score: np.ndarray, known: np.ndarray) -> object:
    return words([str(number) for number in range(11)], np.where(known, score, -1))


def _comments(survey: str) -> tuple[list[str], list[str]]:
    texts = [row for row in rows("comments") if row["survey"] == survey]
    good, bad = ([row["text"] for row in texts if row["mood"] == mood] for mood in ("good", "bad"))
    return good, bad


def _join(first: Table, second: Table) -> Table:
    return {name: np.concatenate([first[name], column]) for name, column in second.items()} if first else second
