"""Who the customers are is in no cell of a workbook, unless somebody asked for their keys."""

from __future__ import annotations

from regard.excel.book import Formula
from regard.plan.margins import WHOLE
from regard.workspace.records import gathered as records_of
from tests.excel.parity import NOTHING, Edits, common, engine


def texts(book):
    """Return every text of a workbook, with the sheet that holds it."""
    for sheet in book.sheets:
        for cell in sheet.cells.values():
            value = cell.value.value if isinstance(cell.value, Formula) else cell.value
            if isinstance(value, str):
                yield sheet.name, value
        for table in sheet.tables:
            for column in table.columns:
                for value in column.values:
                    if isinstance(value, str):
                        yield sheet.name, value


def keys(workspace, column):
    """Return what the customer list has in a column."""
    connection = workspace.lake.connect()
    workspace.lake.view(connection, workspace.catalogue.tables["party"], workspace.lake.version("party"))
    return {str(value) for (value,) in connection.execute(f"select distinct {column} from party").fetchall() if value}


def test_customers_are_numbered_and_not_named(harbor, compiled):
    """R112: neither keys nor surrogates of the lake, by which somebody could find them again; comments neither."""
    known = keys(harbor, "source_party") | keys(harbor, "party_id")
    assert len(known) > 200
    held = [(sheet, text) for sheet, text in texts(compiled) if text in known or ("@" in text and "." in text)]
    assert held == []
    assert any(text.startswith("customer ") for sheet, text in texts(compiled) if sheet == "Union")


def test_their_keys_are_there_for_who_asks(harbor):
    """With names the ledger bears the keys that the numbers stood for, one for each."""
    named, numbered = (records_of(harbor, named=one).ledger for one in (True, False))
    assert {stage.customer for stage in named.stages} <= keys(harbor, "source_party")
    assert [stage.start for stage in sorted(named.stages, key=lambda s: (s.start, s.end, s.incident))] == [
        stage.start for stage in sorted(numbered.stages, key=lambda s: (s.start, s.end, s.incident))
    ]
    assert len({s.customer for s in named.stages}) == len({s.customer for s in numbered.stages})


def test_sums_of_few_people_stand_in_no_cube(harbor, gathered):
    """R130, K24: of a segment a cube has rows only where the engine would show one of the metrics made of them."""
    metrics = [one.metric for one in gathered.lowered.values() if not one.why and "segment" in one.dims]
    shown, hidden = set(), 0
    looked = common(gathered, "segment")
    for segment in looked:
        for (name, period), (_, n) in engine(harbor, gathered, Edits({}, {}, {"segment": segment})).items():
            hidden += n == NOTHING
            if n != NOTHING:
                shown.add((name, period, segment))
    assert hidden > 100
    cut = 0
    for rows in gathered.cubes:
        readers = [m.id for m in metrics if set(gathered.lowered[m.id].sums) & set(rows.cube.names)]
        others = [dim for dim in rows.dims if dim != "segment"]
        for i, period in enumerate(rows.stretch):
            segment = rows.dims.get("segment", (WHOLE,) * len(rows.stretch))[i]
            if segment not in looked or any(rows.dims[dim][i] != WHOLE for dim in others):
                continue
            cut += 1
            assert any((name, period, segment) in shown for name in readers), (rows.cube.table, period, segment)
    assert cut > 100
