from __future__ import annotations

import gzip
import json
from datetime import datetime

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, strategies as st

from regard.errors import AuthorError, SourceError
from regard.sources.readers.each import Each
from regard.sources.readers.parquet import Columns
from regard.sources.readers.parts import Room

CODE = """
source: codes
read: {read}
tables:
  - table: code
    id: code
    columns:
      dimension: {{const: channel}}
      code: code
      label: {label}
"""


def codes(place, read, label="label"):
    """Load codes from a place."""
    place.mapping(CODE.format(read=read, label=label), "codes")
    return place.load()


def labels(place):
    """What was loaded."""
    return dict(zip(place.column("code", "source_id"), place.column("code", "label"), strict=True))


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.csv", b"code,label\nx,one\ny,two\n", ""),
        ("bom.csv", b"\xef\xbb\xbfcode,label\r\nx,one\r\ny,two\r\n", ""),
        ("semicolon.csv", b"label;code\none;x\ntwo;y", ""),
        ("tab.tsv", b"code\tlabel\nx\tone\ny\ttwo\n", ""),
        ("quote.csv", b"code,label\n'x','one'\n'y','two'\n", ", quote: \"'\""),
        ("latin.csv", "\nexport 2026\ncode|label\nx|one\ny|two\n".encode("utf-16"), ", encoding: utf-16, skip: 2"),
        ("bare.csv", b"x,one\ny,two\n", ", header: no, names: [code, label]"),
        ("a.csv.gz", gzip.compress(b"code,label\nx,one\ny,two\n", mtime=0), ""),
        ("blank.csv", b"code,label\n\nx,one\n\n\ny,two\n\n", ""),
    ],
)  # fmt: skip
def test_delimited_files_of_every_dialect(place, name, content, options):
    """Encodings, byte order marks, delimiters, quotes, lines before the header and compression make no difference."""
    place.write(name, content)
    codes(place, f"{{csv: {name}{options}}}")

    assert labels(place) == {"x": "one", "y": "two"}


def test_hostile_cells_arrive_as_they_are(place):
    """Formulas, SQL, quotes, line ends, emoji, NUL and a 1 MB cell are text like any other."""
    cells = {
        "formula": '=HYPERLINK("http://x")', "sql": "'; drop table \"order\"; --", "emoji": "👩‍👩‍👧 ok", "lines": "a\r\nb\nc",  # noqa: E501
        "nul": "a\x00b", "long": "x" * 1_000_000, "quote": 'say "hi"', "spaces": "  two  ", "slash": "a\\,b",
    }  # fmt: skip
    lines = ["code,label", *('{},"{}"'.format(code, text.replace('"', '""')) for code, text in cells.items())]
    place.write("a.csv", "\n".join(lines) + "\n")
    codes(place, "{csv: a.csv}")

    assert labels(place) == cells


def test_hostile_column_names_are_only_names(place):
    """Quotes, brackets, SQL, emoji and keywords in a header can be mapped by quoting them."""
    names = ['a"b', "x]; drop table code; --", "select", "naïve 👍", "$row", "a.b"]
    place.write(
        "a.csv", ",".join(["code", *('"' + name.replace('"', '""') + '"' for name in names)]) + "\nk,1,2,3,4,5,6\n"
    )
    for number, name in enumerate(names, 1):
        codes(place, "{csv: a.csv}", json.dumps(name, ensure_ascii=False))
        assert labels(place) == {"k": str(number)}


def test_lines_are_counted_where_cells_hold_line_ends(place):
    """A reject names the line on which its row begins, whatever the cells before it hold."""
    place.write("a.csv", 'code,label\nx,"one\ntwo\nthree"\n,"bad\none"\ny,ok\n,bad\n')
    codes(place, "{csv: a.csv}")

    assert place.rules() == [(5, "blank", "id"), (8, "blank", "id")]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "a.csv is empty: not even a header"),
        ("a.csv", b"code,label\nx,one\ny\n", "a.csv, line 3: the row has 1 cells, 2 were expected"),
        ("a.csv", b"code,label\nx,one,two\n", "a.csv, line 2: the row has 3 cells, 2 were expected"),
        ("a.csv", b'code,label\nx,"one\ny,two\n', "a.csv, line 2: a quote is opened and never closed"),
        ("a.csv", b"code,label\nx,\xff\xfe\n", "a.csv, line 2: a character is not of the encoding"),
        ("a.csv.gz", gzip.compress(b"code,label\n" + bytes(range(97, 123)) * 50, mtime=0)[:40], "a.csv.gz: the compressed file is broken"),  # noqa: E501
        ("a.jsonl", b'{"code": "x"}\n{"code": \n', "a.jsonl, line 2: not JSON"),
        ("a.jsonl", b"[1]\n", "a.jsonl, line 1: one object a line is needed"),
        ("a.parquet", b"PAR1 no", "a.parquet: not a Parquet file, or it is cut off"),
        ("a.xlsx", b"PK no", "a.xlsx"),
    ],
)  # fmt: skip
def test_a_broken_file_is_one_clear_error(place, name, content, said):
    """A truncated or garbled file stops the load with one sentence that names it and, where known, the line."""
    place.write(name, content)
    kind = {"gz": "csv", "xlsx": "excel"}.get(name.rpartition(".")[2], name.rpartition(".")[2])
    with pytest.raises(SourceError) as caught:
        codes(place, f"{{{kind}: {name}}}")

    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
    assert place.lake.version("code") is None


def test_a_character_that_an_encoding_has_not_is_placed(place):
    """Files of other encodings are refused with the line on which a byte means nothing."""
    place.write("a.csv", b"code,label\nx,one\ny,\x81\n")
    with pytest.raises(SourceError, match=r"a\.csv, line 3: a character is not of the encoding cp1252"):
        codes(place, "{csv: a.csv, encoding: cp1252}")


def test_a_missing_file_is_named(place):
    """A path or pattern without files is an error that repeats it."""
    with pytest.raises(SourceError, match=r"no file matches data/\*\.csv"):
        codes(place, "{csv: data/*.csv}")


def test_a_header_alone_is_no_rows(place):
    """A file with a header and nothing below loads nothing, and says so without an error."""
    place.write("a.csv", "code,label\n")
    report = codes(place, "{csv: a.csv}")

    assert report.sources[0].rows == 0
    assert place.rows("code") == []


def test_columns_of_one_name_are_numbered(place):
    """A doubled column must be said with its number; the mistake says how."""
    place.write("a.csv", "code,label,Label,\nx,one,two,three\n")
    with pytest.raises(AuthorError) as caught:
        codes(place, "{csv: a.csv}")
    [mistake] = caught.value.mistakes
    assert mistake.hint == "several columns have this name: say which, 'label (1)' or 'Label (2)'"

    codes(place, "{csv: a.csv}", "Label (2)")
    assert labels(place) == {"x": "two"}
    codes(place, "{csv: a.csv}", "column 4")
    assert labels(place) == {"x": "three"}


def test_a_column_may_be_lacking_where_the_mapping_says_so(place):
    """`optional` columns are blank in files without them; others stop the load and name the file."""
    place.write("d/1.csv", "code,label\nx,one\n")
    place.write("d/2.csv", "code\ny\n")
    with pytest.raises(AuthorError, match=r"d/2\.csv has no column 'label'"):
        codes(place, "{csv: d/*.csv}")
    place.mapping(CODE.format(read="{csv: d/*.csv}", label="label") + "optional: label\n", "codes")
    place.load()

    assert labels(place) == {"x": "one", "y": None}


def test_a_later_file_replaces_rows_of_an_earlier_one(place):
    """The same id in two files is an update, in the order of their names, and no fault."""
    place.write("d/1.csv", "code,label\nx,old\ny,one\n")
    place.write("d/2.csv", "code,label\nx,new\n")
    report = codes(place, "{csv: d/*.csv}")

    assert labels(place) == {"x": "new", "y": "one"}
    assert place.rejects() == []
    assert report.sources[0].notes == {("code", "updated", "id"): 1}


def test_json_lines_with_nested_values(place):
    """A nested value is named by its path, a list is its JSON text, a key may hold a dot; the reject keeps the line."""
    lines = [
        {"code": "a", "label": {"en": "one", "de": None}},
        {"code": "b", "label": {"en": [1, {"x": 2}]}},
        {"code": "c", "label.en": 3.5},
        {"label": {"en": "no code"}},
    ]
    place.write("a.jsonl", "\n".join(json.dumps(line) for line in lines))
    codes(place, "{jsonl: a.jsonl}", "label.en")

    assert labels(place) == {"a": "one", "b": '[1,{"x":2}]', "c": "3.5"}
    [reject] = place.rows("quarantine")
    assert (reject["place"], json.loads(reject["raw"])) == ("a.jsonl:4", lines[3])


def test_parquet_keeps_types_and_still_needs_a_zone(place):
    """Typed columns are taken as they are; a timestamp without a zone is refused unless the source states one."""
    clock = pa.array([1_767_225_600_000_000, None], pa.timestamp("us"))
    rows = pa.table(
        {
            "id": pa.array([1, 2]), "n": pa.array([1.5, float("nan")]), "items": pa.array([2, 3], pa.int32()),
            "naive": clock, "exact": clock.cast(pa.timestamp("ms", tz="UTC")), "new": pa.array([True, None]),
            "channel": pa.array(["web", "app"]).dictionary_encode(), "tags": pa.array([["a"], []]),
        }
    )  # fmt: skip
    pq.write_table(rows, place.root / "a.parquet")
    mapping = """
source: shop
read: {parquet: a.parquet}
tables:
  - table: order
    id: id
    columns:
      ordered_at: {const: "1970-01-02T00:00:00Z"}
      net: n
      items: items
      promised_at: naive
      shipped_at: exact
      new_customer: new
      channel: channel
      product: tags
      gross: {expr: items * n}
"""
    place.mapping(mapping)
    place.load()
    assert place.rejects() == [
        ("a.parquet:1", "naive-time", "promised_at", "2026-01-01 00:00:00"),
        ("a.parquet:2", "not-finite", "gross", "3, nan"),
        ("a.parquet:2", "not-finite", "net", "nan"),
    ]

    place.mapping(mapping.replace("read:", "zone: Europe/Berlin\nread:"))
    place.load()
    [row] = place.rows("order")
    assert row["promised_at"] == 1_767_225_600_000_000 - 3_600_000_000
    assert (row["shipped_at"], row["net"], row["items"], row["new_customer"]) == (1_767_225_600_000_000, 1.5, 2, True)
    assert (row["channel"], row["product"], row["gross"]) == ("web", '["a"]', 3.0)


def test_sheets_give_the_texts_that_people_see(place):
    """Numbers, dates, truths and serials of a sheet are read; rows without cells are left out; formulas do not run."""
    book = openpyxl.Workbook()
    book.active.title = "notes"
    sheet = book.create_sheet("orders")
    sheet.append(["export of today"])
    sheet.append(["no", "when", "serial", "net", "new"])
    sheet.append([7, datetime(2026, 7, 1, 12, 30), 46204.75, 12.5, True])  # noqa: DTZ001 - a sheet knows no zone
    sheet.append([])
    sheet.append(["8", "2026-07-01", None, "=1+1", None])
    book.save(place.root / "a.xlsx")
    place.mapping("""
source: shop
read: {excel: a.xlsx, sheet: orders, skip: 1}
zone: Europe/Berlin
tables:
  - table: order
    id: "no"
    columns:
      ordered_at: when
      promised_at: {from: serial, format: excel}
      net: net
      new_customer: new
""")
    place.load()
    first = place.rows("order")[0]

    assert first["source_id"] == "7"
    assert first["ordered_at"] == 1_782_901_800_000_000
    assert first["promised_at"] == 1_782_921_600_000_000
    assert (first["net"], first["new_customer"]) == (12.5, True)
    assert place.lake.version("order") is not None


def test_an_unknown_sheet_is_named_with_those_there_are(place):
    """A sheet that is not there is one error with a suggestion."""
    book = openpyxl.Workbook()
    book.active.title = "orders"
    book.save(place.root / "a.xlsx")
    with pytest.raises(SourceError, match="no sheet 'order' \\(did you mean 'orders'"):
        codes(place, "{excel: a.xlsx, sheet: order}")


def test_a_row_is_read_once_for_each_element_of_a_list(place):
    """Objects of a JSON list give columns of their own, numbered from 1; an empty list keeps its row, blank."""
    place.write(
        "a.jsonl",
        '{"id": "a", "said": [{"in": "en", "as": "one"}, {"in": "de", "as": "eins"}]}\n{"id": "b", "said": []}\n',
    )
    place.mapping(
        """
source: codes
read: {jsonl: a.jsonl, each: said}
tables:
  - table: code
    id: [id, said.n]
    columns: {dimension: {const: channel}, code: {first: [said.in, id]}, label: said.as}
""",
        "codes",
    )
    place.load()

    assert labels(place) == {"a:1": "one", "a:2": "eins", "b:1": None}
    assert dict(zip(place.column("code", "source_id"), place.column("code", "code"), strict=True))["b:1"] == "b"


@pytest.mark.parametrize(
    ("name", "content", "split"),
    [
        ("a.csv", b'ids,label\n"x; y",two\n', ', split: ";"'),
        ("json.csv", b'ids,label\n"[""x"", ""y""]",two\n', ""),
        ("a.jsonl", b'{"ids": ["x", "y"], "label": "two"}\n', ""),
        ("text.jsonl", b'{"ids": "x|y", "label": "two"}\n', ', split: "|"'),
    ],
)
def test_lists_are_taken_apart_in_every_kind_of_file(place, name, content, split):
    """A JSON list, or a text with something between its elements: each element is a row, the rest of the row stays."""
    place.write(name, content)
    kind = name.rsplit(".", 1)[1]
    place.mapping(
        CODE.format(read=f"{{{kind}: {name}, each: ids{split}}}", label="label")
        .replace("code: code", "code: ids")
        .replace("id: code", "id: ids"),
        "codes",
    )
    place.load()

    assert labels(place) == {"x": "two", "y": "two"}


@given(
    rows=st.lists(st.lists(st.text("abc", min_size=1, max_size=3), max_size=4), min_size=1, max_size=6),
    batch=st.integers(1, 5),
    skip=st.integers(0, 8),
)
def test_taking_apart_neither_adds_nor_loses_an_element(tmp_path_factory, rows, batch, skip):
    """Chunks of any size, begun anywhere, are the same rows in the same order, counted without a gap."""
    path = tmp_path_factory.mktemp("each") / "a.parquet"
    pq.write_table(pa.table({"ids": pa.array(rows, pa.list_(pa.string()))}), path)
    whole = Columns.open(path, "a.parquet", Room(path.parent, path.parent, None, rows=batch))
    got = [
        row
        for chunk in Each.open(whole, "ids", "", batch).chunks(["ids", "ids.n"], skip)
        for row in chunk.to_pylist()
        if chunk.num_rows <= batch
    ]
    every = [
        {"[ids]": element, "[ids.n]": number, "$line": line}
        for line, row in enumerate(rows, 1)
        for number, element in enumerate(row or [None], 1)
    ]

    assert [row.pop("$row") for row in got] == list(range(skip, len(every)))
    assert got == every[skip:]


def test_a_list_that_is_not_there_is_named(place):
    """A column to take apart that the file lacks is said with what was meant; `split` alone is an author's mistake."""
    place.write("a.jsonl", '{"code": "x", "label": "one"}\n')
    with pytest.raises(SourceError, match=r"a\.jsonl has no column 'lable' to take apart .*label"):
        codes(place, "{jsonl: a.jsonl, each: lable}")
    place.mapping(CODE.format(read='{jsonl: a.jsonl, split: ";"}', label="label"), "codes")
    assert [mistake.rule for mistake in place.mistakes()] == ["missing-field"]
