"""The ledger in plain formulas, third part: a minute that several incidents take is shared among them and adds up.

Rows are the engine's pieces, in which nothing changes, one for each incident active. Depth, share and minutes are
formulas over the rows of the union.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.excel.book import Chart, Condition, Formula, Series, Sheet
from regard.excel.sheets.union import CLOSE, GROUP, NONE, SHARINGS, ticks
from regard.excel.worked import Row, Worked

if TYPE_CHECKING:
    from collections.abc import Callable

    from regard.excel.sheets.union import Union

ATTRIBUTION = "Attribution"
FAR = 10**15
"""Later than any instant in ticks."""


class Attribution:
    """The sheet of shares.

    Attributes:
        sheet: the sheet.
        rows: its table `t_share`.
        incidents: its table `t_by_incident`.
    """

    def __init__(self, union: Union) -> None:
        """Work out the tables from the rows of the union."""
        self.union, self.lost = union, union.lost
        self.sheet = Sheet(
            name=ATTRIBUTION,
            title="Minutes by incident",
            purpose="A minute that several incidents take is shared among them, so that the parts add up to the whole.",
            group=GROUP,
        )
        self.top = self.sheet.head(back="Cover")
        incidents = list(dict.fromkeys(s.incident or NONE for s in sorted(self.lost.shares, key=lambda s: s.order)))
        self.count = len(incidents)
        self.rows = Worked(name="t_share", row=self.top + 9 + self.count)
        self._shares()
        self.incidents = Worked(name="t_by_incident", row=self.top + 5)
        self._incidents(incidents)
        self._put()

    def _shares(self) -> None:
        found, per_day, minute = self.rows, self.union.per_day, self.union.minute
        shares, r = self.lost.shares, self.union.rows.rows
        pieces: dict[tuple[str, int], int] = {}
        for share in shares:
            pieces.setdefault((share.customer, share.start), len(pieces) + 1)
        bearers = {row["customer"]: row for row in self.union.bearers.rows}
        found.given("piece", [pieces[share.customer, share.start] for share in shares], "general")
        found.given("customer", [share.customer for share in shares])
        found.given("incident", [share.incident or NONE for share in shares])
        found.given("order", [share.order for share in shares], "general", "the engine's order of incidents")
        found.given("from", [ticks(share.start, per_day) for share in shares], "whole")
        found.given("until", [ticks(share.end, per_day) for share in shares], "whole")
        for name in ("first", "last"):
            found.formula(
                name,
                f"=INDEX(t_customer[{name}],MATCH([customer],t_customer[customer],0))",
                _look(bearers, name),
                "general",
                note=f"the customer's {name} row in the union",
            )

        def spread(name: str) -> str:
            return f"INDEX(t_loss[{name}],[first]):INDEX(t_loss[{name}],[last])"

        def active(row: Row, *, own: bool) -> list[Row]:
            mine = r[row["first"] - 1 : row["last"]]
            return [
                one
                for one in mine
                if not one["planned"]
                and (not own or one["incident"] == row["incident"])
                and one["from"] <= row["from"]
                and one["until"] >= row["until"]
            ]

        within = f"({spread('planned')}=0)*({spread('from')}<=[from])*({spread('until')}>=[until])*{spread('depth')}"
        found.formula(
            "depth",
            f"=SUMPRODUCT(MAX(({spread('incident')}=[incident])*{within}))",
            lambda f, i: max((one["depth"] for one in active(f[i], own=True)), default=0),
            "general",
            note="deepest loss of this incident",
        )
        found.formula(
            "deepest",
            f"=SUMPRODUCT(MAX({within}))",
            lambda f, i: max((one["depth"] for one in active(f[i], own=False)), default=0),
            "general",
            note="deepest loss of all",
        )
        found.formula(
            "since",
            f"={FAR}-SUMPRODUCT(MAX(({spread('incident')}=[incident])*({spread('planned')}=0)*({FAR}-{spread('from')})))",
            lambda f, i: min(
                one["from"]
                for one in r[f[i]["first"] - 1 : f[i]["last"]]
                if one["incident"] == f[i]["incident"] and not one["planned"]
            ),
            "whole",
            note="first loss of the customer by this incident",
        )
        piece = _pieces(found)
        found.formula(
            "together",
            "=SUMIFS(t_share[depth],t_share[piece],[piece])",
            lambda f, i: sum(one["depth"] for one in piece(f, i)),
            "general",
            note="depths of all incidents active",
        )
        found.formula(
            "among",
            "=COUNTIFS(t_share[piece],[piece])",
            lambda f, i: len(piece(f, i)),
            "general",
            note="incidents active",
        )
        found.formula(
            "earlier",
            '=COUNTIFS(t_share[piece],[piece],t_share[since],"<"&[since])+COUNTIFS(t_share[piece],[piece],t_share[since],[since],t_share[order],"<"&[order])',
            lambda f, i: sum((one["since"], one["order"]) < (f[i]["since"], f[i]["order"]) for one in piece(f, i)),
            "general",
            note="incidents active that began earlier for the customer",
        )
        found.formula(
            "share",
            '=IF(l_sharing="first",IF([earlier]=0,1,0),IF(OR(l_sharing="equal",[together]=0),1/[among],[depth]/[together]))',
            lambda f, i: f[i]["depth"] / f[i]["together"] if f[i]["together"] else 1 / f[i]["among"],
            "exact",
        )
        found.given("engine share", [share.share for share in shares], "exact stamped", "proportional to depth")
        size = {row["customer"]: row["size"] for row in r}
        found.formula(
            "minutes",
            f"=([until]-[from])/{minute}*INDEX(t_loss[size],[first])*[share]",
            lambda f, i: (f[i]["until"] - f[i]["from"]) / minute * size[f[i]["customer"]] * f[i]["share"],
            "number",
        )
        found.formula(
            "index",
            "=[minutes]*[deepest]",
            lambda f, i: f[i]["minutes"] * f[i]["deepest"],
            "number",
            note="minutes times the deepest loss",
        )

    def _incidents(self, names: list[str]) -> None:
        found, f, minute = self.incidents, self.rows.rows, self.union.minute
        size = {row["customer"]: row["size"] for row in self.union.rows.rows}
        mine = {name: [row for row in f if row["incident"] == name] for name in names}
        found.given("incident", names)
        for what in ("minutes", "index"):
            found.formula(what, f"=SUMIFS(t_share[{what}],t_share[incident],[incident])", _of(mine, what), "number")
        found.formula(
            "share",
            "=IF(SUM(t_by_incident[minutes])=0,0,[minutes]/SUM(t_by_incident[minutes]))",
            lambda i, k: i[k]["minutes"] / (sum(one["minutes"] for one in i) or 1),
            "exact",
        )
        engine = [
            sum(
                (row["until"] - row["from"]) / minute * size[row["customer"]] * row["engine share"]
                for row in mine[name]
            )
            for name in names
        ]
        deep = [
            sum(
                (row["until"] - row["from"]) / minute * size[row["customer"]] * row["engine share"] * row["deepest"]
                for row in mine[name]
            )
            for name in names
        ]
        found.given("engine minutes", engine, "number stamped", "proportional to depth")
        found.given("engine index", deep, "number stamped", "proportional to depth")
        found.formula(
            "differs",
            f'=IF(AND(l_sharing="{SHARINGS[0]}",'
            f"MAX(ABS([minutes]-[engine minutes]),ABS([index]-[engine index]))>{CLOSE}),1,0)",
            lambda i, k: int(
                max(abs(i[k]["minutes"] - i[k]["engine minutes"]), abs(i[k]["index"] - i[k]["engine index"])) > CLOSE
            ),
            "general",
        )

    def _put(self) -> None:
        sheet, top = self.sheet, self.top
        sheet.put(top, 0, "All of it")
        sheet.put(top, 1, Formula("=SUM(t_share[minutes])", self.rows.total("minutes")), "number bold")
        sheet.put(top, 2, Formula("=SUM(t_share[index])", self.rows.total("index")), "number bold")
        sheet.put(top + 1, 0, "of the union")
        sheet.put(top + 1, 1, Formula("=SUM(t_loss[minutes])", self.union.rows.total("minutes")), "number")
        sheet.put(top + 1, 2, Formula("=SUM(t_loss[index])", self.union.rows.total("index")), "number")
        sheet.put(top + 2, 0, "not shared out (must be 0)", "bold")
        for column, name in ((1, "minutes"), (2, "index")):
            letter = "BC"[column - 1]
            text = f"=ROUND({letter}{top + 1}-{letter}{top + 2},6)"
            value = round(self.rows.total(name) - self.union.rows.total(name), 6)
            sheet.put(top + 2, column, Formula(text, value), "number bold")
        sheet.put(
            top + 3,
            0,
            "The way of sharing is chosen on the sheet Ledger settings; the engine's column is proportional.",
            "label",
        )
        sheet.conditions.append(
            Condition(top=top + 2, left=1, bottom=top + 2, right=2, formula=f"=B${top + 3}<>0", style="alarm")
        )
        self.incidents.add_to(sheet)
        self.rows.add_to(sheet)
        if self.count:
            shown = min(self.count, 15)
            axis, values = (self.incidents.cells(ATTRIBUTION, name) for name in ("incident", "minutes"))
            sheet.charts.append(
                Chart(
                    kind="bar",
                    title="Customer minutes by incident",
                    series=[
                        Series(
                            name="minutes",
                            categories=type(axis)(axis.sheet, axis.top, axis.left, axis.top + shown - 1, axis.right),
                            values=type(axis)(
                                values.sheet, values.top, values.left, values.top + shown - 1, values.right
                            ),
                        )
                    ],
                    row=top,
                    column=8,
                    width=620,
                    height=280,
                )
            )
        sheet.repeat = (self.rows.row, self.rows.row)
        sheet.printed = 18
        sheet.widths = {0: 26, 1: 15, 2: 18}


def _look(bearers: dict[str, Row], name: str) -> Callable[[list[Row], int], int]:
    return lambda f, i: int(bearers[f[i]["customer"]][name])


def _of(mine: dict[str, list[Row]], what: str) -> Callable[[list[Row], int], float]:
    return lambda i, k: sum(row[what] for row in mine[i[k]["incident"]])


def _pieces(found: Worked) -> Callable[[list[Row], int], list[Row]]:
    by_piece: dict[int, list[Row]] = {}
    for row in found.rows:
        by_piece.setdefault(row["piece"], []).append(row)
    return lambda f, i: by_piece[f[i]["piece"]]
