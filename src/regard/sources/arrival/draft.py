"""A recogniser meets a file: what it leaves open is filled from the profile, and what nobody can know is asked."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from regard.expr import Type, names as mentioned, parse
from regard.sources.arrival import times
from regard.sources.arrival.headers import Headers, choices, folded, known_words, unit, words
from regard.sources.arrival.nouns import ADDED, LINE, Draft, Filled, Line, Question
from regard.sources.arrival.ratings import TEN, Scale, averaged, codes, from_zero, measured, rated, scale
from regard.sources.arrival.reading import NUMBERS, numeric, reading, unique
from regard.sources.written import TYPES
from regard.sources.zones import known_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from regard.model import Column as Declared, Table
    from regard.sources.arrival.profile import Column, Profile
    from regard.sources.arrival.recognise import Recogniser

SCORE = "score"
"""The column of ratings: its scale and its codes are read off the file."""
QUESTION = "question_id"
KEY = "$key"
"""Stands in a recogniser for what the profile found to tell rows apart."""
AHEAD = re.compile(r"promised|due|valid_to|served_to|until")
"""Columns that may lie after the newest thing that happened."""
CLOSINGS = frozenset({"resolved_at", "closed_at"})
"""Columns that end what was opened: at the first moment of a day they would lie before it."""
OPENINGS = frozenset({"opened", "created"})
"""Fields of a layout or recogniser that say when a case was opened."""
NONE = "none"
LATER = timedelta(days=14)
"""What a label says happened, happened so long after the day that stands for the whole file."""


def drafted(
    name: str,
    profile: Profile,
    recogniser: Recogniser | None,
    peers: Mapping[str, tuple[Profile, str]],
    tables: Mapping[str, Table],
    ask: Callable[[Question], str | None],
    zone: str = "",
) -> Draft:
    """Fill a recogniser from a file.

    Args:
        name: name of the source.
        profile: what stands in the file.
        recogniser: what it was taken for.
        peers: other files of the same arrival, recogniser -> (profile, path as a mapping has it).
        tables: the tables of the catalogue.
        ask: asks a person; None takes the guess.
        zone: zone of times without one, "" to ask.
    """
    draft = Draft(name, profile, recogniser)
    if recogniser is not None:
        _Filling(draft, recogniser, peers, tables, ask, zone).run()
    elif zone:
        draft.zone = Line("zone", zone, "as said with --zone")
    return draft


class _Filling:
    """The work on one draft."""

    def __init__(
        self,
        draft: Draft,
        recogniser: Recogniser,
        peers: Mapping[str, tuple[Profile, str]],
        tables: Mapping[str, Table],
        ask: Callable[[Question], str | None],
        zone: str,
    ) -> None:
        self.draft, self.recogniser, self.peers, self.tables = draft, recogniser, peers, tables
        self.ask, self.zone = ask, zone
        self.profile = draft.profile
        self.headers = Headers(self.profile.columns, recogniser.about)
        self.fields: dict[str, str] = {}
        self.trimmed_from: dict[str, str] = {}
        self.naive = False
        self.collapsing: frozenset[str] = frozenset()
        self.scale: Scale | None = None
        self.rated = ""
        self.guess = (
            "" if recogniser.rank > 1 else "by the words of its header" if recogniser.about else "by its header"
        )

    def run(self) -> None:
        for name, spec in self.recogniser.fields.items():
            made = self.field(name, spec)
            if made is not None:
                self.draft.fields.append(made)
        for spec in self.recogniser.tables:
            self.table(spec)
        if self.naive:
            self.draft.zone = self.asked_zone()

    def answered(
        self, text: str, options: Sequence[str], guess: str, why: str, **more: Callable[[str], bool]
    ) -> tuple[str, str]:
        """Return what a person says, or the guess and why it is one."""
        said = self.ask(Question(self.draft.name, text, tuple(options), guess, **more))
        return (guess, f"guessed: {why}") if said is None else (said, "as answered")

    def asked_zone(self) -> Line:
        if self.zone:
            return Line("zone", self.zone, "as said with --zone")
        guess = self.recogniser.zone or "UTC"
        text = "Whose clock wrote the times that carry no zone (such as Europe/Berlin)?"
        said, why = self.answered(text, (), guess, "its times carry no zone; whose clock wrote them?", valid=known_zone)
        return Line("zone", said, why)

    # -- names -----------------------------------------------------------------------------------------------------

    def name(self, text: object, fits: Callable[[Column], bool] = lambda _: True) -> str | None:
        """Return the name of a field or raw column, or None.

        Args:
            text: the names that it may have.
            fits: whether a column can be meant, of those that only say the same in other words.
        """
        if str(text) in LINE or str(text) in self.fields:
            return str(text)
        found = self.headers.find(str(text), fits)
        if found is None:
            return None
        self.draft.used.add(found.name)
        return self.trimmed(found) if found.padded and found.kind in ("text", "whole") else found.name

    def trimmed(self, column: Column) -> str:
        """Return a field without the blanks that the file puts around cells: ` 7 ` and `7` are one customer."""
        name = "plain_" + re.sub(r"[\W_]+", "_", column.name.casefold()).strip("_")
        if name not in self.fields:
            self.fields[name] = "text"
            self.trimmed_from[name] = column.name
            self.draft.fields.append(
                Line(name, {"from": column.name, "normalise": "trim"}, "blanks stand around its cells")
            )
        return name

    def known(self, expression: str) -> bool:
        """Whether everything that an expression names is there."""
        there = self.collapsing or {*self.fields, *self.profile.columns}
        return all(name in there or name in LINE for name in mentioned(parse(expression, "row")))

    # -- rules -----------------------------------------------------------------------------------------------------

    def field(self, name: str, spec: object) -> Line | None:
        for one in spec if isinstance(spec, list) else [spec]:
            rule = dict(one) if isinstance(one, dict) else {"from": one}
            kind = TYPES.get(str(rule.get("cast", "text")), (Type.TEXT, False))[0]
            made = self.rule({key: value for key, value in rule.items() if key != "cast"}, kind)
            if made is None:
                continue
            value, why = made
            written = dict(value) if isinstance(value, dict) else {"from": value}
            if "cast" in rule:
                written["cast"] = rule["cast"]
            self.fields[name] = str(rule.get("cast", "text"))
            return Line(name, written, why)
        return None

    def rule(self, spec: object, kind: Type, declared: Declared | None = None) -> tuple[object, str] | None:
        """Return the first rule that the file can fill, and why it is a guess; None when it can fill none."""
        for one in spec if isinstance(spec, list) else [spec]:
            if one == KEY and self.profile.key:
                return self.keyed(), f"guessed: {self.guess}" if self.guess else ""
            rule = dict(one) if isinstance(one, dict) else {"from": one}
            why = str(rule.pop("guess", "") or self.guess)
            why = f"guessed: {why}" if why else ""
            form = next(name for name in FORMS if name in rule)
            made = FORMS[form](self, rule, kind, declared)
            if made is not None:
                value, more = made
                return value, more or why
        return None

    def _const(self, rule: dict[str, object], kind: Type, declared: Declared | None) -> tuple[object, str] | None:
        del declared
        word = str(rule["const"])
        if not word.startswith("$"):
            self.naive = self.naive or kind is Type.INSTANT
            return {"const": rule["const"]}, ""
        said, why = self.placeholder(word)
        return None if said is None else ({"const": said}, why)

    def placeholder(self, word: str) -> tuple[object | None, str]:
        """Return what a `$word` of a recogniser stands for in this file, and why."""
        if word in ("$day", "$later"):
            day, why = _day(self.profile)
            self.naive = True
            self.draft.last = max(filter(None, (self.draft.last, _month_end(day))))
            return (day if word == "$day" else day + LATER).date().isoformat(), why
        if word == "$polarity":
            guess = ("yes", "no")
            said, why = self.answered(
                "Is a high score good (yes) or bad (no)?", guess, "yes", "that a high score is good"
            )
            return ("high_good" if said == "yes" else "low_good"), why
        if word == "$kind":
            kind = self.measures(self.rated)
            return kind or "csat", f"guessed: {'by its name' if kind else 'what does it measure: csat, nps or ces?'}"
        if word in ("$scale_min", "$scale_max") and self.scale is not None:
            return (self.scale.lo if word == "$scale_min" else self.scale.hi), "guessed: by the numbers that occur"
        return None, ""

    def _expr(self, rule: dict[str, object], kind: Type, declared: Declared | None) -> tuple[object, str] | None:
        del kind, declared
        text = str(rule["expr"])
        if not self.known(text):
            return None
        self.draft.used |= {name for name in mentioned(parse(text, "row")) if name in self.profile.columns}
        return {"expr": text}, ""

    def _several(self, rule: dict[str, object], kind: Type, declared: Declared | None) -> tuple[object, str] | None:
        del declared
        form = "join" if "join" in rule else "first"
        listed = rule[form]
        found = [name for text in (listed if isinstance(listed, list) else [listed]) if (name := self.name(text))]
        if not found or (form == "join" and isinstance(listed, list) and len(found) < len(listed)):
            return None
        rest = {key: value for key, value in rule.items() if key != form}
        if form == "join":
            return {"join": found, **rest}, ""
        seen = {name: self.profile.columns[name] for name in found if name in self.profile.columns}
        readings = {name: self.reading(one, kind, rest) for name, one in seen.items()}
        lost = {name for name, made in readings.items() if made is None}
        self.draft.used -= lost
        found = [name for name in found if name not in lost]
        if not found:
            return None
        merged: dict[str, object] = {"first": found, **rest}
        for made in readings.values():
            merged |= made or {}
        return merged, ""

    def _lookup(self, rule: dict[str, object], kind: Type, declared: Declared | None) -> tuple[object, str] | None:
        del kind, declared
        peer = self.peers.get(str(rule["lookup"]))
        source = self.name(rule["from"])
        if peer is None or source is None or peer[0].read.kind != "csv" or set(peer[0].read.options):
            return None
        named = {folded(name): one for name, one in peer[0].columns.items()}
        key, value = (
            next((named[folded(n)] for n in choices(str(rule[k])) if folded(n) in named), None)
            for k in ("key", "value")
        )
        if key is None or value is None or key.distinct < peer[0].rows:
            return None
        self.naive = self.naive or value.naive
        more = {"unknown": rule.get("unknown", "blank")}
        return {"lookup": peer[1], "from": source, "key": key.name, "value": value.name, **more}, ""

    def _from(self, rule: dict[str, object], kind: Type, declared: Declared | None) -> tuple[object, str] | None:
        rest = {key: value for key, value in rule.items() if key not in ("from", "since")}
        rating = declared is not None and declared.name == SCORE

        def fits(one: Column) -> bool:
            if kind is Type.TEXT and one.timed:
                return False  # `survey_date` is no survey
            return "values" in rest or (self.answers(one) if rating else reading(one, kind)) is not None

        name = self.name(rule["from"], fits)
        if name is None and "since" in rule:
            return self.lasting(rule["from"], str(rule["since"]))
        if name is not None and (name in self.fields or name not in self.profile.columns):
            return ({"from": name, **rest} if rest else name), ""
        column = self.headers.find(str(rule["from"])) if name is None else self.profile.columns[name]
        made = None
        if name is not None and column is not None:
            made = self.answers(column) if rating and "values" not in rest else self.reading(column, kind, rest)
        if column is None or made is None:
            self.missed(column, declared)
            return None
        return self.cell(column, kind, rest, made, declared)

    def cell(
        self,
        column: Column,
        kind: Type,
        rest: dict[str, object],
        made: dict[str, object],
        declared: Declared | None,
    ) -> tuple[object, str] | None:
        """Return the rule that reads a column, and why it is a guess; None when its values are not among those known.

        Args:
            column: of the file.
            kind: type of what it fills.
            rest: options of the recogniser.
            made: options by which it becomes values of the type.
            declared: the column of ours that it fills, None for a field.
        """
        why = (
            "guessed: day and month could change places" if kind in (Type.INSTANT, Type.DAY) and column.doubtful else ""
        )
        if declared is not None and declared.name == SCORE and "values" not in rest:
            made, why = self.scored(column, made)
        if declared is not None and AHEAD.search(declared.name) and column.kind == "day":
            return self.whole_day(column, made), "guessed: a day is promised, so all of it counts"
        if declared is not None and declared.name in CLOSINGS and column.kind == "day" and self.timed_opening():
            self.newest(column.name)
            return self.whole_day(column, made), "guessed: its day has no time, so its end is taken"
        clock = self.clock_of(column) if kind is Type.INSTANT and column.kind == "day" else None
        if clock is not None:
            return self.joined(column, clock), why
        rest = rest | made
        if "values" in rest:
            values = self.valued(column, rest["values"])
            if not values:
                return None
            rest["values"] = values
        return ({"from": column.name, **rest} if rest else column.name), why

    def missed(self, column: Column | None, declared: Declared | None) -> None:
        """Remember a column whose header says what it is, and whose cells cannot be read so: that is told."""
        if column is not None:
            self.draft.used.discard(column.name)
            meant = declared.name if declared is not None else ""
            self.draft.unread[column.name] = self.draft.unread.get(column.name, "") or meant

    def lasting(self, text: object, since: str) -> tuple[object, str] | None:
        """Return a time from a ready-made duration since a field that is one; None when there is none."""
        column = self.headers.find(str(text), lambda one: one.kind in (*NUMBERS, "span"))
        if column is None or since not in self.fields:
            self.missed(self.headers.find(str(text)), None)
            return None
        self.draft.used.add(column.name)
        name = "after_" + re.sub(r"[\W_]+", "_", column.name.casefold()).strip("_")
        said = unit(column.name)
        why = "" if said or column.kind == "span" else "guessed: a duration, taken for seconds"
        if name not in self.fields:
            written: dict[str, object] = {"from": column.name, "cast": "duration", **(numeric(column) or {})}
            if column.kind != "span":
                written["unit"] = said or "s"
            self.fields[name] = "duration"
            self.draft.fields.append(Line(name, written))
        return {"expr": f"{since} + {name}"}, why

    def clock_of(self, day: Column) -> Column | None:
        """Return the column with the time of a day that stands in a column of its own: `Order Date`, `Order Time`."""
        about = words(day.name) - {"date"}
        for one in self.profile.columns.values():
            own = words(one.name)
            if "time" in own and own - {"time"} <= about and one.filled and one.kind in ("text", "span"):
                said = [text for text, _ in one.top]
                if said and all(times.patterns(f"2026-01-01 {text}") for text in said):
                    return one
        return None

    def joined(self, day: Column, clock: Column) -> dict[str, object]:
        """Return the rule that reads a day and its time, each in a column of its own, as one."""
        name = "when_" + re.sub(r"[\W_]+", "_", day.name.casefold()).strip("_")
        self.draft.used |= {day.name, clock.name}
        if name not in self.fields:
            self.fields[name] = "text"
            self.draft.fields.append(Line(name, {"join": [day.name, clock.name], "with": " "}))
        rows = zip(self.profile.texts(day.name), self.profile.texts(clock.name), strict=True)
        both = dict.fromkeys(" ".join(filter(None, row)) for row in rows if row[0])
        formats = times.written(both).formats
        return (
            {"from": name, "format": formats[0] if len(formats) == 1 else list(formats)} if formats else {"from": name}
        )

    def timed_opening(self) -> bool:
        """Whether cases are opened at a time of the day, or last a length of time: both end after a midnight."""
        made = next((line.value for line in self.draft.fields if line.name in OPENINGS), None)
        column = self.profile.columns.get(str(made.get("from"))) if isinstance(made, dict) else None
        lasted = any(kind == "duration" for kind in self.fields.values())
        return lasted or (column is not None and column.kind == "instant")

    def whole_day(self, column: Column, made: dict[str, object]) -> dict[str, object]:
        """Return the last second of a day: at its first moment, what came at noon would come late, or too early."""
        name = "day_" + re.sub(r"[\W_]+", "_", column.name.casefold()).strip("_")
        if name not in self.fields:
            self.fields[name] = "instant"
            self.draft.fields.append(Line(name, {"from": column.name, "cast": "instant", **made}))
        return {"expr": f"{name} + 24 h - 1 s"}

    def measures(self, name: str) -> str:
        """Return what a question measures by its name, else by that of the file; "" when neither says."""
        kind = measured(name) or measured(self.profile.path.stem)
        return "" if from_zero(kind) and (self.scale is None or self.scale.hi != TEN) else kind

    @staticmethod
    def answers(column: Column) -> dict[str, object] | None:
        """Return the options by which a column becomes ratings; None when its cells are none, or means of several."""
        if averaged(column):
            return None
        made = scale(column) if column.kind == "text" else None
        return reading(column, Type.NUMBER) if made is None else _valued(made)

    def scored(self, column: Column, made: dict[str, object]) -> tuple[dict[str, object], str]:
        """Read the scale off a column of ratings; what lies outside is blank."""
        self.scale, self.rated = scale(column), column.name
        if self.scale is not None and self.scale.hi == TEN and from_zero(self.measures(column.name)):
            self.scale = replace(self.scale, lo=0, codes=tuple(code for code in self.scale.codes if code != "0"))
        if self.scale is not None and self.scale.values:
            return made, "guessed: what number each text stands for"
        outside = self.scale.codes if self.scale else ()
        if not outside:
            return made, ""
        return made | {"missing": [*column.missing, *outside]}, "guessed: these numbers lie outside the scale"

    def reading(self, column: Column, kind: Type, rest: Mapping[str, object]) -> dict[str, object] | None:
        """Return the options by which a column becomes values of a type; None when it cannot."""
        if "values" in rest:
            return {"missing": list(column.missing)} if column.missing and "missing" not in rest else {}
        found = reading(column, kind)
        if found is None:
            return None
        self.naive = self.naive or (kind in (Type.INSTANT, Type.DAY) and column.naive)
        return {name: value for name, value in found.items() if name != "missing" or "missing" not in rest}

    @staticmethod
    def valued(column: Column, values: object) -> dict[str, object]:
        """Return the entries of a value map that occur in the file, as the file writes them."""
        known = {str(key).casefold(): value for key, value in values.items()} if isinstance(values, dict) else {}
        return {text: known[text.casefold()] for text, _ in column.top if text.casefold() in known}

    # -- tables ----------------------------------------------------------------------------------------------------

    def table(self, spec: Mapping[str, Any]) -> None:
        """Add a table to the draft, unless a column that must not be blank cannot be filled."""
        name = str(spec["table"])
        declared = self.tables[name]
        filled = Filled(name)
        self.scale = None
        self.collapsing = frozenset()
        guess, self.guess = self.guess, str(spec.get("guess", "")) or self.guess
        try:
            if not self.where(spec, filled) or not self.unpivot(spec, filled):
                return
            self.collapsed(spec, filled, declared)
            self.party(spec, filled, declared)
            self.columns(spec, filled, declared)
        finally:
            self.guess = guess
        made = {line.name for line in filled.columns} | {name for line in filled.questions for name in _constants(line)}
        made |= {SCORE} if filled.questions else set()
        made |= set(filled.collapse["columns"]) if filled.collapse else set()
        lacking = [
            one.name
            for one in declared.columns.values()
            if ((not one.blank and one.default is None) or one.name in spec.get("must", ()))
            and one.name not in made
            and one.name not in ADDED
            and not (one.name == declared.party and filled.party)
            and not (one.name == "source_party" and filled.party)
        ]
        if lacking:
            self.draft.lacking += [(name, column) for column in lacking]
            return
        self.identified(spec, filled)
        self.draft.tables.append(filled)

    def where(self, spec: Mapping[str, Any], filled: Filled) -> bool:
        wanted = spec.get("where")
        if wanted is None:
            return True
        if isinstance(wanted, dict):
            self.without(wanted, filled)
            return True
        for text in wanted if isinstance(wanted, list) else [wanted]:
            if text == NONE:
                return True
            if self.known(str(text)):
                filled.lines.append(Line("where", str(text)))
                return True
        return False

    def without(self, spec: Mapping[str, Any], filled: Filled) -> None:
        """Leave out rows by words in a column that make them none: an order that was declined is no order."""
        column = self.headers.find(str(spec["from"]))
        none: frozenset[str] = getattr(known_words(), str(spec["words"]))
        if column is None or column.kind != "text":
            return
        seen = dict.fromkeys(text.casefold() for text, _ in column.top)
        out = [text for text in seen if text.replace("_", " ").replace("-", " ").removeprefix("wc ") in none]
        if not out:
            return
        name = "state_of_row"
        self.draft.used.add(column.name)
        if name not in self.fields:
            self.fields[name] = "text"
            self.draft.fields.append(Line(name, {"from": column.name, "normalise": ["trim", "lower"]}))
        listed = ", ".join("'" + text.replace("'", "''") + "'" for text in out)
        first = f"{name} is not blank and " if filled.collapse is None and spec.get("first") and column.blank else ""
        kept = ", ".join(text for text in seen if text not in out)
        filled.lines.append(Line("where", f"{first}{name} not in ({listed})", f"guessed: no orders; kept: {kept}"))

    def identified(self, spec: Mapping[str, Any], filled: Filled) -> None:
        """Write what makes a row itself: as the recogniser says, else the key of the profile, else file and line."""
        if filled.collapse is not None:
            return
        wanted = spec.get("id", KEY)
        found: list[str] = []
        for text in wanted if isinstance(wanted, list) else [wanted]:
            # `question_id` is no column of the file: unpivoting makes it
            name = self.name(text) or (str(text) if filled.questions and text == QUESTION else "")
            found += [name] if name else self.key() if KEY in choices(str(text)) else []
        why = (
            "guessed: no column tells rows apart; a file whose lines move is read twice" if tuple(found) == LINE else ""
        )
        if (
            wanted != KEY
            and not unique(self.profile, [self.trimmed_from.get(name, name) for name in found])
            and not filled.questions
        ):
            found, why = [*LINE], f"guessed: {' and '.join(found)} stands on several rows"
        filled.lines.insert(0, Line("id", found[0] if len(found) == 1 else found, why))

    def key(self) -> list[str]:
        self.draft.used |= set(self.profile.key)
        return list(self.profile.key or LINE)

    def keyed(self) -> object:
        """Return the rule of a column that repeats the key."""
        key = self.key()
        return key[0] if len(key) == 1 else {"join": key, "with": ":"}

    def unpivot(self, spec: Mapping[str, Any], filled: Filled) -> bool:
        """Make one row of each rating of a wide survey; False when it has none."""
        asked = spec.get("questions")
        if not isinstance(asked, list):
            return True
        sure, doubtful = rated(self.profile)
        if not sure:
            return False
        filled.into = next(name for name in (SCORE, "answer", "answer_given") if name not in self.profile.columns)
        one = len({(made.lo, made.hi) for made in sure.values()}) == 1
        self.scale = next(iter(sure.values())) if one else None
        for listed, found in ((filled.questions, sure), (filled.doubtful, doubtful)):
            for name, made in found.items():
                constants = next(dict(each) for each in asked if re.search(str(each["like"]), name, re.IGNORECASE))
                constants.pop("like")
                ident = re.sub(r"[\W_]+", "_", name.casefold()).strip("_")
                constants = {"question_id": ident, **constants}
                if constants.get("question_kind") == "driver":
                    constants["driver"] = ident
                if not one:
                    constants |= {"scale_min": made.lo, "scale_max": made.hi}
                listed.append(Line(name, constants))
        self.draft.used |= set(sure)
        missing = codes(list(sure.values()))
        values = {text: number for made in sure.values() for text, number in made.values.items()}
        rule: dict[str, object] = {"missing": list(missing)} if missing else {}
        why = "guessed: numbers that lie outside the scale, or beyond its end" if missing else ""
        if values:
            rule |= {"values": values, "unknown": "keep"}
            why = "guessed: what number each text stands for"
        if rule or filled.into != SCORE:
            filled.columns.append(Line(SCORE, {"from": filled.into, **rule} if rule else filled.into, why))
        return True

    def collapsed(self, spec: Mapping[str, Any], filled: Filled, declared: Table) -> None:
        wanted = spec.get("collapse")
        if not isinstance(wanted, dict):
            return
        by = [name for text in wanted["by"] if (name := self.name(text))]
        columns = {
            name: text
            for name, text in wanted["columns"].items()
            if self.known(re.sub(r"^\w+\((.*)\)$", r"\1", str(text)).split(",")[0] or "0")
        }
        if by and columns:
            filled.collapse = {"by": by, "columns": columns}
            self.collapsing = frozenset((*by, *columns))
            for name, text in columns.items():
                ours, made = declared.columns.get(name), re.match(r"\w+\((\w+)\)\Z", str(text))
                if ours is not None and made and ours.type is Type.INSTANT and not AHEAD.search(name):
                    self.newest(made[1])

    def party(self, spec: Mapping[str, Any], filled: Filled, declared: Table) -> None:
        """Write whose row it is; which of several columns makes two rows the same customer is asked."""
        wanted = spec.get("party")
        if wanted is None or not declared.party:
            return
        found: dict[str, dict[str, object]] = {}
        whys: dict[str, str] = {}
        for one in wanted if isinstance(wanted, list) else [wanted]:
            name = self.collapsed_name(one["from"], filled) or self.name(one["from"])
            if name is not None:
                whys.setdefault(name, str(one.get("guess", "")) or self.guess)
                found.setdefault(name, {**{key: value for key, value in one.items() if key != "guess"}, "from": name})
        if not found:
            return
        first = next(iter(found))
        why = f"guessed: {whys[first]}" if whys[first] else ""
        if len(found) > 1:
            text = f"What makes two rows of {filled.table} the same customer?"
            first, why = self.answered(text, (*found, NONE), first, f"or one of {', '.join([*found][1:])}")
        if first != NONE:
            filled.party = first
            filled.lines.append(Line("party", found[first], why))

    def collapsed_name(self, text: object, filled: Filled) -> str | None:
        made = filled.collapse["columns"] if filled.collapse else {}
        return next((name for name in choices(str(text)) if name in made), None)

    def columns(self, spec: Mapping[str, Any], filled: Filled, declared: Table) -> None:
        wanted = spec.get("columns")
        rules = wanted if isinstance(wanted, dict) else {}
        ordered = sorted(rules, key=lambda name: name != SCORE)  # a scale is known once its column is
        made = {}
        for name in ordered:
            column = declared.columns[name]
            rule = rules[name]
            if filled.collapse is not None and (own := self.collapsed_name(rule, filled)):
                made[name] = Line(name, own)
            elif rule == KEY:
                made[name] = Line(name, self.keyed())
            elif (found := self.rule(rule, column.type, column)) is not None:
                made[name] = Line(name, *found)
                if column.type is Type.INSTANT and not AHEAD.search(name):
                    self.newest(found[0])
        filled.columns += [made[name] for name in rules if name in made]

    def newest(self, value: object) -> None:
        """Remember the newest time of what happened."""
        name = value.get("from") if isinstance(value, dict) else value
        made = {line.name: line.value for line in self.draft.fields if isinstance(line.value, dict)}
        while name in made:  # a field may be made of a field, and of a day and a clock
            name = made[name].get("from") or next(iter(made[name].get("join", ())), None)
        column = self.profile.columns.get(str(name))
        if column is not None and isinstance(column.high, datetime):
            self.draft.last = max(filter(None, (self.draft.last, column.high)))


FORMS: Mapping[str, Callable[..., tuple[object, str] | None]] = {
    "const": _Filling._const,  # noqa: SLF001 - the table of its own methods
    "expr": _Filling._expr,  # noqa: SLF001 - a table of its own methods
    "join": _Filling._several,  # noqa: SLF001 - a table of its own methods
    "first": _Filling._several,  # noqa: SLF001 - a table of its own methods
    "lookup": _Filling._lookup,  # noqa: SLF001 - a table of its own methods
    "from": _Filling._from,  # noqa: SLF001 - a table of its own methods
}


def _valued(made: Scale) -> dict[str, object]:
    """Return the options that turn texts into the ratings they say."""
    return {"values": dict(made.values), **({"missing": list(made.codes)} if made.codes else {})}


def _constants(line: Line) -> Mapping[str, object]:
    return line.value if isinstance(line.value, dict) else {}


def _day(profile: Profile) -> tuple[datetime, str]:
    """Return a day for rows that carry none: by the file's name, else of the month before it was written."""
    said = re.search(r"(?<!\d)((?:19|20)\d\d)(?:[-_](0[1-9]|1[0-2]))?(?!\d)", profile.path.stem)
    if said:
        day = datetime(int(said[1]), int(said[2] or 1), 1, tzinfo=UTC)
        return day, "guessed: no time in the rows; this one is from the file's name"
    written = datetime.fromtimestamp(profile.path.stat().st_mtime, UTC).replace(day=1)
    day = (written - timedelta(days=1)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return day, "guessed: no time in the rows; this is the month before the file was written"


def _month_end(day: datetime) -> datetime:
    return (day + timedelta(days=32)).replace(day=1) - timedelta(days=1)
