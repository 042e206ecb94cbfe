"""The two sheets of the edition that refreshes: where its numbers come from, and the numbers.

The figures of the workbook are formulas over what was loaded when it was made, and stay so. What refreshes is a table
of the headline numbers beside them, asked from a running `regard serve`; the first sheet says as of when both are, and
whether the workbook has fallen behind.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from regard.excel.book import Feed, Formula, Input, Sheet
from regard.present.document import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.excel.book import Book, Value
    from regard.excel.material import Material

NAME, NUMBERS, TABLE = "Refresh", "Numbers now", "t_now"
BASE = "feed_base"
"""Name of the cell with the address of the server."""
ADDRESS = "http://127.0.0.1:8000"
COLUMNS: Mapping[str, str] = {
    "metric": "text", "period": "text", "start": "date", "end": "date", "value": "number", "lo": "number",
    "hi": "number", "n": "number", "unit": "text", "status": "text", "as_of": "text", "snapshot": "text",
}  # fmt: skip
"""Columns of the table -> their type in the query language."""
AT_ONCE = 20
"""Metrics that the server answers in one question."""


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the sheets, and put the query down in the book."""
    metrics = [metric.id for metric in material.metrics if not metric.by_default]
    flat = rows(material.answers[metric] for metric in metrics)
    values = [[_plain(row[column]) for column in COLUMNS] for row in flat]
    sheet = Sheet(
        name=NAME,
        title="Refresh",
        purpose="Asks a running `regard serve` for the numbers of today; all other sheets stay as they were made.",
        group="Settings",
        widths={0: 34, 1: 44},
    )
    row = sheet.head()
    sheet.put(row, 0, "Address of the server", "label")
    book.names[BASE] = sheet.put(row, 1, ADDRESS, "input")
    book.inputs.append(
        Input(sheet=NAME, row=row, column=1, kind="view", subject=BASE, baseline=ADDRESS, label="address of the server")
    )
    sheet.put(row + 1, 0, "This workbook was made of data as of", "label")
    sheet.put(row + 1, 1, str(flat[0]["as_of"]) if flat else "")
    sheet.put(row + 2, 0, "Snapshot that it was made of", "label")
    stamped = sheet.put(row + 2, 1, material.snapshot)
    sheet.put(row + 3, 0, "The table has numbers as of", "label")
    sheet.put(row + 3, 1, Formula(f'=IFERROR(INDEX({TABLE}[as_of],1),"")', values[0][-2] if values else ""))
    sheet.put(row + 4, 0, "So the workbook is", "label")
    fresh = f"INDEX({TABLE}[snapshot],1)={stamped}"
    said = f'=IFERROR(IF({fresh},"as new as the table","STALE: newer data were loaded since"),"not refreshed yet")'
    sheet.put(row + 4, 1, Formula(said, "as new as the table" if values else "not refreshed yet"))
    for place, text in enumerate(STEPS):
        sheet.put(row + 6 + place, 0, text)
    book.feeds.append(
        Feed(
            name=TABLE,
            sheet=NUMBERS,
            query=query(metrics, material.periods[0].start, material.periods[-1].end) if material.periods else "",
            columns=tuple(COLUMNS),
            rows=values,
        )
    )
    return [sheet, Sheet(name=NUMBERS, group="Data", gridlines=True)]


STEPS = (
    "How to refresh: start `regard serve`, set its address above, then Data > Refresh All.",
    "Excel asks once how to sign in: choose Anonymous for a server on this machine, or Basic with a token as password.",
    "Excel asks once about privacy, since the address comes from the workbook: both are yours, so Organizational.",
    "Without a server nothing is lost: the table keeps the numbers with which the workbook was made.",
)


def query(metrics: list[str], start: date, end: date) -> str:
    """Return the query in M, the language of Power Query.

    It asks in portions that the server takes, in the order of the workbook, and gives every column its type whatever
    the language of the program is set to.
    """
    portions = [metrics[first : first + AT_ONCE] for first in range(0, len(metrics), AT_ONCE)]
    listed = ",\n        ".join("{" + ", ".join(f'"{metric}"' for metric in portion) + "}" for portion in portions)
    names = ", ".join(f'"{column}"' for column in COLUMNS)
    types = ", ".join(f'{{"{column}", type {sort}}}' for column, sort in COLUMNS.items())
    return f"""let
    Base = Excel.CurrentWorkbook(){{[Name="{BASE}"]}}[Content]{{0}}[Column1],
    Portions = {{
        {listed}
    }},
    Ask = (metrics) =>
        let
            Asked = [metric=metrics, from="{start}", to="{end}", grain="month", compare="none", format="csv"],
            Answer = Web.Contents(Base, [RelativePath="api/v1/ask", Query=Asked]),
            Lines = Csv.Document(Answer, [Delimiter=",", Encoding=65001])
        in
            Table.SelectColumns(Table.PromoteHeaders(Lines), {{{names}}}),
    Together = Table.Combine(List.Transform(Portions, Ask)),
    Blanks = Table.ReplaceValue(Together, "", null, Replacer.ReplaceValue, {{{names}}}),
    Typed = Table.TransformColumnTypes(Blanks, {{{types}}}, "en-US")
in
    Typed"""


def _plain(value: object) -> Value:
    """Return a value of an answer as a cell holds it."""
    return value if value is None or isinstance(value, (str, float, int, date)) else str(value)
