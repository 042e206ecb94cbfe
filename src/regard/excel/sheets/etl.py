"""What a load does, in formulas: raw rows, the checks of the mapping, each id once, and on to the union (R049).

Each step has a sheet, and beside each step stands what the load made of the same row.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from regard.excel.book import Condition, Sheet
from regard.excel.sheets.union import NONE, compared
from regard.excel.worked import Row, Worked

if TYPE_CHECKING:
    from collections.abc import Callable

    from regard.excel.records import Lost, Raw, Stage

GROUP = "From raw rows to numbers"
RAW, CHECKS, ONCE = "Raw rows", "Mapping checks", "Each id once"
FIELDS = ("impact_id", "incident_id", "customer", "start_at", "end_at", "kind", "depth", "relief")
"""Columns of the raw sheet, in order; one that the file lacks is blank."""
SHORTEST = len("2025-03-10T01:40Z")


class Etl:
    """The sheets before the union.

    Attributes:
        raw: the file.
        rows, checks, once: their tables.
        sheets: the sheets, in order.
    """

    def __init__(self, raw: Raw, lost: Lost) -> None:
        """Work out the tables."""
        self.raw, self.lost = raw, lost
        self.sheets: list[Sheet] = []
        self.rows = self._raw()
        self.checks = self._checks()
        self.once = self._once()

    def _sheet(self, name: str, title: str, purpose: str) -> tuple[Sheet, int]:
        sheet = Sheet(name=name, title=title, purpose=purpose, group=GROUP)
        self.sheets.append(sheet)
        return sheet, sheet.head(back="Cover")

    # -- raw ---------------------------------------------------------------------------------------------------------

    def _raw(self) -> Worked:
        purpose = f"Every row of {self.raw.path} (source {self.raw.source}) as it came, as text."
        sheet, top = self._sheet(RAW, "1. Raw rows", purpose)
        table = Worked(name="t_raw", row=top)
        table.given("place", list(range(1, len(self.raw.rows) + 1)), "general")
        table.given("line", [row.line for row in self.raw.rows], "general", "line of the file")
        for name in FIELDS:
            table.given(
                name,
                [row.cells.get(name, "") for row in self.raw.rows],
                "as_text",
                f"column {self.raw.fields.get(name, 'that the file lacks')}",
            )
        table.add_to(sheet)
        sheet.freeze, sheet.repeat = (top + 1, 0), (top, top)
        sheet.widths = {0: 8, 1: 8, 5: 24, 6: 24}
        known = Worked(name="t_incident", row=top, column=len(table.columns) + 1)
        known.given("incident", list(self.raw.incidents), "as_text", "incidents that are described")
        known.given(
            "planned", [int(planned) for planned in self.raw.incidents.values()], "general", "1 for planned work"
        )
        known.add_to(sheet)
        return table

    # -- checks ------------------------------------------------------------------------------------------------------

    def _checks(self) -> Worked:
        raw = self.raw
        sheet, top = self._sheet(
            CHECKS, "2. Checks of the mapping", "Text becomes times and codes, or the row is turned away under a rule."
        )
        lists = Worked(name="t_kinds", row=top + 5)
        lists.given("kind", list(raw.kinds))
        reliefs = Worked(name="t_reliefs", row=top + 5, column=2)
        reliefs.given("relief", list(raw.reliefs))
        lists.add_to(sheet)
        reliefs.add_to(sheet)
        table = Worked(name="t_check", row=top + 8 + max(len(raw.kinds), len(raw.reliefs)))
        r = self.rows.rows
        table.given("place", list(range(1, len(r) + 1)), "general")

        def copied(name: str) -> str:
            return f"INDEX(t_raw[{name}],[place])"

        for name in ("impact_id", "incident_id", "customer"):
            table.formula(name, f'={copied(name)}&""', lambda _c, i, name=name: r[i][name], "text")  # type: ignore[misc]  # a default binds the loop's value
        for name in ("start", "end"):
            source = f"{name}_at"
            table.formula(f"{name} as text", f'={copied(source)}&""', lambda _c, i, source=source: r[i][source], "text")  # type: ignore[misc]  # a default binds the loop's value
            table.formula(
                name,
                _parsing(f"[{name} as text]"),
                _parsed(f"{name} as text"),
                "instant",
                note="UTC; `bad` where it is no time with a zone",
            )
        for name, default, known in (("kind", raw.blank_kind, raw.kinds), ("relief", raw.blank_relief, raw.reliefs)):
            table.formula(
                name,
                f'=IF({copied(name)}="","{default}",IF(COUNTIF(t_{name}s[{name}],{copied(name)})>0,{copied(name)},"bad"))',
                _coded(r, name, default, known),
                "text",
                note=f"blank is {default}",
            )
        table.formula(
            "depth", f'=IF({copied("depth")}="","",IFERROR(VALUE({copied("depth")}),"bad"))', _number(r), "general"
        )
        table.formula(
            "incident known",
            '=IF([incident_id]="",1,IF(COUNTIF(t_incident[incident],[incident_id])>0,1,0))',
            lambda c, i: int(c[i]["incident_id"] == "" or c[i]["incident_id"] in raw.incidents),
            "general",
        )
        table.formula("rule", _ruling(), _ruled, "text", note="the first rule that it breaks")
        fates = [row.rule for row in raw.rows]
        table.given(
            "load",
            ["" if rule == "duplicate-key" else rule for rule in fates],
            "text stamped",
            "the rule under which the load turned it away",
        )
        table.formula("differs", '=IF([rule]=[load]&"",0,1)', lambda c, i: int(c[i]["rule"] != c[i]["load"]), "general")
        table.add_to(sheet)
        refused = sum(bool(row["rule"]) for row in table.rows)
        sheet.line(top, 0, ("", "in formulas", "load", "difference"), "head")
        compared(
            sheet,
            top + 1,
            "Rows turned away",
            '=ROWS(t_check[rule])-COUNTIF(t_check[rule],"")',
            refused,
            sum(bool(row["load"]) for row in table.rows),
            "whole",
        )
        compared(
            sheet, top + 2, "Rows on which they differ", "=SUM(t_check[differs])", table.total("differs"), 0, "whole"
        )
        sheet.conditions.append(
            Condition(top=top + 2, left=1, bottom=top + 2, right=1, formula=f"=$B{top + 3}<>0", style="alarm")
        )
        sheet.freeze, sheet.repeat = (table.row + 1, 0), (table.row, table.row)
        sheet.widths = {0: 24, 4: 23, 5: 17, 6: 23, 7: 17, 12: 18, 13: 18}
        return table

    # -- once --------------------------------------------------------------------------------------------------------

    def _once(self) -> Worked:
        sheet, top = self._sheet(ONCE, "3. Each id once", "Of rows with the same id the last one of the file stands.")
        table = Worked(name="t_once", row=top + 6)
        checks, rules = self.checks.rows, [row.rule for row in self.raw.rows]
        later: dict[str, int] = {}
        for place, row in enumerate(checks):
            if not row["rule"]:
                later[row["impact_id"]] = place
        table.given("place", list(range(1, len(checks) + 1)), "general")
        table.formula("impact_id", "=INDEX(t_check[impact_id],[place])", lambda _o, i: checks[i]["impact_id"], "text")
        table.formula(
            "later",
            '=COUNTIFS(t_check[impact_id],[impact_id],t_check[rule],"",t_check[place],">"&[place])',
            lambda _o, i: sum(
                checks[i]["impact_id"] == row["impact_id"] and not row["rule"] for row in checks[i + 1 :]
            ),
            "general",
            note="good rows below with the same id",
        )
        table.formula(
            "kept",
            '=IF(AND(INDEX(t_check[rule],[place])="",[later]=0),1,0)',
            lambda o, i: int(not checks[i]["rule"] and not o[i]["later"]),
            "general",
        )
        table.given("load", [int(not rule) for rule in rules], "general stamped", "1 where the load kept it")
        table.formula("differs", "=IF([kept]=[load],0,1)", lambda o, i: int(o[i]["kept"] != o[i]["load"]), "general")
        table.add_to(sheet)
        sheet.line(top, 0, ("", "in formulas", "load", "difference"), "head")
        compared(sheet, top + 1, "Rows kept", "=SUM(t_once[kept])", table.total("kept"), table.total("load"), "whole")
        compared(
            sheet, top + 2, "Rows on which they differ", "=SUM(t_once[differs])", table.total("differs"), 0, "whole"
        )
        sheet.put(
            top + 3, 0, "Next: the union of those that take minutes, then interruptions, then the figures.", "label"
        )
        sheet.conditions.append(
            Condition(top=top + 2, left=1, bottom=top + 2, right=1, formula=f"=$B{top + 3}<>0", style="alarm")
        )
        sheet.freeze, sheet.repeat = (table.row + 1, 0), (table.row, table.row)
        sheet.widths = {0: 30, 1: 16}
        return table

    # -- on to the union ---------------------------------------------------------------------------------------------

    def linked(self) -> Callable[[Worked], None] | None:
        """Return what gives the rows of the union as formulas over these sheets; None where a stage has no raw row."""
        places = [self._place(stage) for stage in self.lost.stages]
        if not all(places):
            return None
        checks, once = self.checks.rows, self.once.rows

        def give(rows: Worked) -> None:
            def of(name: str) -> Callable[[list[Row], int], object]:
                return lambda r, i: checks[r[i]["raw"] - 1][name]

            rows.given("raw", places, "general", "its place among the raw rows")
            for name, column in (("customer", "customer"), ("incident", "incident_id")):
                text = f"INDEX(t_check[{column}],[raw])"
                text = f'=IF({text}="","{NONE}",{text})' if name == "incident" else f"={text}"
                rows.formula(name, text, lambda r, i, column=column: checks[r[i]["raw"] - 1][column] or NONE, "text")  # type: ignore[misc]  # a default binds the loop's value
            rows.formula(
                "planned",
                "=IFERROR(INDEX(t_incident[planned],MATCH([incident],t_incident[incident],0)),0)",
                lambda r, i: int(self.raw.incidents.get(r[i]["incident"], False)),
                "general",
                note="1 for planned work, kept apart (K11)",
            )
            for name, column, style in (
                ("kind", "kind", "text"),
                ("own depth", "depth", "general"),
                ("start", "start", "instant"),
                ("end", "end", "instant"),
                ("relief", "relief", "text"),
            ):
                rows.formula(name, f"=INDEX(t_check[{column}],[raw])", of(column), style)  # type: ignore[arg-type]  # a column's own type
            rows.formula(
                "counts",
                "=INDEX(t_once[kept],[raw])",
                lambda r, i: once[r[i]["raw"] - 1]["kept"],
                "general",
                note="0 for a row that is not kept",
            )

        return give

    def _place(self, stage: Stage) -> int:
        """Return the place of the kept raw row that a stage came from, 0 for none."""
        key = (stage.customer, stage.incident, stage.start, stage.end, stage.kind)
        if not hasattr(self, "_places"):
            self._places: dict[tuple[object, ...], int] = {}
            for check, once in zip(self.checks.rows, self.once.rows, strict=True):
                if once["kept"]:
                    told = (
                        check["customer"],
                        check["incident_id"],
                        _us(check["start"]),
                        _us(check["end"]),
                        check["kind"],
                    )
                    self._places.setdefault(told, check["place"])
        return self._places.get(key, 0)


def _us(at: object) -> int | None:
    """Return an instant of a cell in microseconds since 1970."""
    if not isinstance(at, datetime):
        return None
    return round((at.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def _parsing(text: str) -> str:
    """Return the formula that reads an ISO time with its zone."""
    day = f"DATE(VALUE(LEFT({text},4)),VALUE(MID({text},6,2)),VALUE(MID({text},9,2)))"
    clock = f'TIME(VALUE(MID({text},12,2)),VALUE(MID({text},15,2)),IF(MID({text},17,1)=":",VALUE(MID({text},18,2)),0))'
    sign = f'IF(MID({text},LEN({text})-5,1)="-",-1,1)'
    offset = f"{sign}*(VALUE(MID({text},LEN({text})-4,2))*60+VALUE(RIGHT({text},2)))/1440"
    zone = f'IF(RIGHT({text},1)="Z",0,{offset})'
    real = f"DAY({day})=VALUE(MID({text},9,2))"
    return f'=IF({text}="","",IF({_zoned(text)}=0,"naive",IFERROR(IF({real},{day}+{clock}-{zone},"bad"),"bad")))'


def _zoned(text: str) -> str:
    """Return the formula that is 1 where a text ends with a zone, or is no time at all."""
    ends = f'RIGHT({text},1)="Z",MID({text},MAX(1,LEN({text})-5),1)="+",MID({text},MAX(1,LEN({text})-5),1)="-"'
    return f"IF(OR(LEN({text})<16,ISERROR(VALUE(LEFT({text},4))),{ends}),1,0)"


def _parsed(name: str) -> Callable[[list[Row], int], datetime | str]:
    def twin(c: list[Row], i: int) -> datetime | str:
        text = c[i][name]
        if not text:
            return ""
        if len(text) >= SHORTEST - 1 and text[:4].isdigit() and not (text.endswith("Z") or text[-6] in "+-"):
            return "naive"
        if len(text) < SHORTEST:
            return "bad"
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return "bad"
        return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else "naive"

    return twin


def _coded(r: list[Row], name: str, default: str, known: tuple[str, ...]) -> Callable[[list[Row], int], str]:
    def twin(_c: list[Row], i: int) -> str:
        text = r[i][name]
        return default if text == "" else text if text in known else "bad"

    return twin


def _number(r: list[Row]) -> Callable[[list[Row], int], float | str]:
    def twin(_c: list[Row], i: int) -> float | str:
        try:
            return "" if r[i]["depth"] == "" else float(r[i]["depth"])
        except ValueError:
            return "bad"

    return twin


def _outside(c: Row) -> bool:
    return c["depth"] not in ("", "bad") and not 0 <= c["depth"] <= 1


RULES: tuple[tuple[str, str, Callable[[Row], bool]], ...] = (
    ("blank", '[impact_id]=""', lambda c: c["impact_id"] == ""),
    ("blank", '[start as text]=""', lambda c: c["start as text"] == ""),
    ("naive-time", 'OR([start]="naive",[end]="naive")', lambda c: "naive" in (c["start"], c["end"])),
    ("not-a-time", 'OR([start]="bad",[end]="bad")', lambda c: "bad" in (c["start"], c["end"])),
    ("unknown-code", 'OR([kind]="bad",[relief]="bad")', lambda c: "bad" in (c["kind"], c["relief"])),
    ("not-a-number", '[depth]="bad"', lambda c: c["depth"] == "bad"),
    ("out-of-range", 'AND([depth]<>"",OR(N([depth])<0,N([depth])>1))', _outside),
    ("out-of-sequence", 'AND([end]<>"",[start]>[end])', lambda c: c["end"] != "" and c["start"] > c["end"]),
    ("inconsistent", '[customer]=""', lambda c: c["customer"] == ""),
    ("missing-reference", "[incident known]=0", lambda c: not c["incident known"]),
)  # fmt: skip
"""The rules that a row may break, in the order in which they are told: name, test in formulas, the same in Python."""


def _ruling() -> str:
    text = '""'
    for rule, test, _ in reversed(RULES):
        text = f'IF({test},"{rule}",{text})'
    return f"={text}"


def _ruled(c: list[Row], i: int) -> str:
    return next((rule for rule, _, test in RULES if test(c[i])), "")
