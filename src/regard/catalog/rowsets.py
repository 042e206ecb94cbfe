"""One row set as written -> `model.RowSet`: table, filter, and one answer to "in which period is this row?"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.catalog import shorthand
from regard.catalog.policies import POLICY_NAMED, told
from regard.errors import did_you_mean
from regard.expr import Type, Types
from regard.model import Keep, Per, RowSet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.catalog.fields import Written
    from regard.catalog.known import Known
    from regard.errors import Mistake
    from regard.model import Setting, Table, Window

WAYS = ("at", "over", "standing")
SPLIT = {"overlap": Type.NUMBER, "part": Type.NUMBER}
"""What a row of an `over` row set also has: minutes inside the period, and their share of the whole span."""


def row_set(
    written: Written,
    known: Known,
    parameters: Mapping[str, Setting],
    mistakes: list[Mistake],
) -> RowSet | None:
    """Return a row set, None when its table is not known."""
    table = known.tables.get(written.text("table"))
    if table is None:
        if "table" not in written.wrong and written.text("table") not in known.lost_tables:
            hint = did_you_mean(written.text("table"), known.tables)
            message = f"there is no table '{written.text('table')}'"
            mistakes.append(written.mistake("unknown-table", message, "table", hint=hint))
        return None
    return _Reader(written, table, known, parameters, mistakes).read()


def parameter_types(parameters: Mapping[str, Setting]) -> dict[str, Type]:
    """Return what each parameter is."""
    return {name: Type.TEXT if isinstance(one.value, str) else Type.NUMBER for name, one in parameters.items()}


def row_types(table: Table, known: Known, parameters: Mapping[str, Setting], *, split: bool) -> Types:
    """Return what an expression over the rows of a table may mention."""
    columns = {name: column.type for name, column in table.columns.items()}
    return Types(
        columns={**columns, **SPLIT} if split else columns,
        parameters=parameter_types(parameters),
        policies={name: len(policy.by) for name, policy in known.policies.items()},
        sets=frozenset(name for name, column in table.columns.items() if column.set),
        taking=frozenset(name for name, policy in known.policies.items() if policy.sets),
        of=f"table {table.name}",
    )


class _Reader:
    """Reads the fields of one row set."""

    def __init__(
        self,
        written: Written,
        table: Table,
        known: Known,
        parameters: Mapping[str, Setting],
        mistakes: list[Mistake],
    ) -> None:
        self.written = written
        self.table = table
        self.known = known
        self.parameters = parameters
        self.mistakes = mistakes

    def read(self) -> RowSet:
        ways = [way for way in WAYS if way in self.written.item.mapping]
        if len(ways) != 1:
            found = " and ".join(ways) or "none"
            message = f"a row set says in which period a row is by one of at, over and standing, found {found}"
            self._say("in-time", message, *ways[1:2], hint=self._way_hint())
        over = self._span("over")
        standing = self.written.text("standing")
        span = self._span("span")
        if standing and span is None and "span" not in self.written.item.mapping:
            span = self.table.over
            if span is None:
                message = f"table {self.table.name} has no span of its own"
                self._say("in-time", message, "standing", hint="say it: span: [start_at, end_at]")
        at = self.written.text("at")
        if at:
            self._column(at, "at", kinds=(Type.INSTANT,))
        types = row_types(self.table, self.known, self.parameters, split=over is not None)
        where = None
        if "where" in self.written.values:
            where = self.written.expression(("where",), types, Type.TRUTH, self.mistakes)
        for name, ways_needed in (("delay", ("at",)), ("matures", ("at",)), ("keep", ("at",)), ("span", ("standing",))):
            if name in self.written.values and len(ways) == 1 and ways[0] not in ways_needed:
                self._say("in-time", f"'{name}' goes with {ways_needed[0]}", name, hint="take it out")
        return RowSet(
            table=self.table.name,
            arguments=self._arguments(),
            where=where,
            at=at,
            delay=self._duration("delay"),
            over=over,
            standing=standing,
            span=span if standing else None,
            window=self._window(),
            keep=self._keep(),
            per=self._per(types),
            matures=self._duration("matures"),
            same=self._same(),
            shift=self._duration("shift"),
        )

    def _say(self, rule: str, message: str, *steps: str | int, hint: str = "") -> None:
        self.mistakes.append(self.written.mistake(rule, message, *steps, hint=hint))

    def _way_hint(self) -> str:
        if self.table.over:
            return f"such as over: [{', '.join(self.table.over)}]"
        return f"such as at: {self.table.at}" if self.table.at else ""

    def _column(self, name: str, *steps: str | int, kinds: tuple[Type, ...] = ()) -> None:
        column = self.table.columns.get(name)
        if column is None:
            message = f"table {self.table.name} has no column '{name}'"
            self._say("unknown-column", message, *steps, hint=did_you_mean(name, self.table.columns))
        elif kinds and column.type not in kinds:
            offered = [other for other, one in self.table.columns.items() if one.type in kinds]
            message = f"'{name}' is a {column.type}, an {kinds[0]} is needed"
            self._say("wrong-type", message, *steps, hint=did_you_mean(name, offered))

    def _span(self, name: str) -> tuple[str, str] | None:
        texts = self.written.texts(name)
        if name not in self.written.values:
            return None
        if len(texts) != 2:  # noqa: PLR2004 - a span has two ends
            hint = f"[{', '.join(self.table.over)}]" if self.table.over else "[start_at, end_at]"
            self._say("span", "a span has a start and an end", name, hint=hint)
            return None
        for place, text in enumerate(texts):
            self._column(text, name, place, kinds=(Type.INSTANT,))
        return texts[0], texts[1]

    def _duration(self, name: str) -> int:
        text = self.written.text(name)
        if not text:
            return 0
        found = shorthand.duration(text)
        if found is None:
            self._say("duration", f"'{text}' is no duration", name, hint="such as 7 d, 36 h or 30 min")
        return found or 0

    def _window(self) -> Window | None:
        text = self.written.text("window")
        found = shorthand.window(text) if text else None
        if text and found is None:
            self._say("window", f"'{text}' is no stretch of days or months", "window", hint="such as 12 months or 90 d")
        return found

    def _keep(self) -> Keep | None:
        text = self.written.text("keep")
        if not text:
            return None
        found = shorthand.keep(text)
        if found is None:
            hint = "such as last by answered_at per party, survey_id"
            self._say("keep", f"'{text}' does not say what is kept", "keep", hint=hint)
            return None
        by, per = found
        per = tuple(self.table.party if name == "party" and self.table.party else name for name in per)
        for name in (by, *per):
            self._column(name, "keep")
        if "next_at" not in self.table.columns:
            message = f"table {self.table.name} has no next_at, so nothing can be kept"
            self._say("keep", message, "keep", hint="use the table that has one, such as response_seq or order_seq")
        return Keep(by=by, per=per)

    def _per(self, types: Types) -> Per | None:
        inner = self.written.record("per")
        if inner is None:
            return None
        keys = tuple(self.table.party if key == "party" and self.table.party else key for key in inner.texts("keys"))
        for place, key in enumerate(keys):
            self._column(key, "per", "keys", place)
        sums = []
        for name in inner.named_texts("sums"):
            node = inner.expression(("sums", name), types, None, self.mistakes)
            if node is not None:
                sums.append((name, node))
        return Per(keys=keys, sums=tuple(sums))

    def _same(self) -> tuple[str, ...]:
        texts = self.written.texts("same")
        for place, text in enumerate(texts):
            self._column(text, "same", place)
        return texts

    def _arguments(self) -> tuple[tuple[str, str | float], ...]:
        found: dict[str, str | float] = {}
        if "arguments" not in self.written.values:
            return ()
        # How a finer table makes its shares is said here too, for the questions that read it.
        finer = self.known.tables.get(self.table.finer[0]) if self.table.finer else None
        known = {**(finer.arguments if finer else {}), **self.table.arguments}
        for name, item in self.written.at("arguments").mapping.items():
            default = known.get(name)
            if default is None:
                offered = did_you_mean(name, known)
                message = f"table {self.table.name} has no argument '{name}'"
                self._say("unknown-argument", message, "arguments", name, hint=offered)
                continue
            value: object = item.text if isinstance(default, str) else item.value
            if isinstance(value, str) and value.startswith(POLICY_NAMED):
                policy = value.removeprefix(POLICY_NAMED).strip()
                value, wrong = told(policy, self.known.policies)
                if wrong:
                    offered = did_you_mean(policy, self.known.policies)
                    self._say("unknown-policy", wrong, "arguments", name, hint=offered)
            if (
                isinstance(value, (str, int, float))
                and not isinstance(value, bool)
                and isinstance(value, str) == isinstance(default, str)
            ):
                found[name] = value
            else:
                message = f"argument '{name}' is a {'text' if isinstance(default, str) else 'number'}"
                self._say("wrong-type", message, "arguments", name, hint=f"such as {default}")
        return tuple(sorted(found.items()))
