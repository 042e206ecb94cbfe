"""What ships: no mistake in it, every option of every metric resolves."""

from __future__ import annotations

from functools import cache

import pytest

from regard.catalog import Catalogue, load
from regard.errors import AuthorError, QuestionError
from regard.expr import Reference, Type, parse, show, walk
from regard.model import BUCKETS, SPINE, Status

FAMILIES = {"VOC", "SUP", "WEB", "COM", "FIN", "LEAD"}


@cache
def shipped() -> Catalogue:
    """Read what ships, once."""
    return load()


def test_no_mistakes() -> None:
    """Nothing that ships has a mistake, whatever option is set (R033)."""
    assert [str(one) for one in shipped().mistakes] == []


def test_loaded_tables() -> None:
    """Every loaded table begins with the spine, ends with the bucket, and says what each column means."""
    for table in shipped().tables.values():
        assert all(column.means for column in table.columns.values())
        if not table.derived:
            assert tuple(table.columns)[: len(SPINE)] == SPINE
            assert tuple(table.columns)[-1] == "bucket"
            assert table.columns["bucket"].hi == BUCKETS - 1
            assert table.columns["loaded_at"].type is Type.INSTANT
        if not table.derived and table.party and table.name not in ("party", "identity"):
            assert table.columns["source_party"].sensitivity == "personal"


def test_lifecycle_order() -> None:
    """The life of a case, an order, an answer and a visit has an order that a load can test (R043)."""
    tables = shipped().tables

    assert "resolved_at is blank or resolved_at >= opened_at" in tables["case"].orders
    for name in ("case", "order", "response", "visit", "contact", "party"):
        assert tables[name].orders


def test_families() -> None:
    """Each family of this release is there, and the metrics of it can be asked or say why not."""
    catalogue = shipped()
    metrics = [catalogue.metric(name) for name in catalogue.metrics]

    assert {metric.family for metric in metrics} >= FAMILIES
    for metric in metrics:
        assert metric.hash
        assert metric.pending if metric.status is Status.PLANNED else metric.words


def test_nothing_is_left_open() -> None:
    """After resolving no reference is left, whatever is asked; every printed formula can be read again."""
    catalogue = shipped()
    for name in catalogue.metrics:
        metric = catalogue.metric(name)
        for node in (*metric.leaves.values(), metric.value):
            assert not any(isinstance(part, Reference) for part in walk(node))
        for node in metric.leaves.values():
            if "." not in show(node).partition("(")[2].partition(",")[0] and not any(
                "." in p for p in metric.parameters
            ):
                assert show(parse(show(node), "cell")) == show(node)


def test_options_change_the_hash() -> None:
    """Every option that changes what is computed changes the hash, and is printed with the metric (K22)."""
    catalogue = shipped()
    latest, every = catalogue.metric("nps"), catalogue.metric("nps", {"K22": "every"})

    assert latest.rows["answers"].keep is not None
    assert every.rows["answers"].keep is None
    assert latest.hash != every.hash
    assert every.options_set == (("K22", "every"),)
    assert {choice.id: choice.default for choice in every.choices}["K22"] == "every"


def test_codes_and_questions() -> None:
    """A metric can be asked by the code of its line; what is not there is refused with what is near."""
    catalogue = shipped()

    assert catalogue.metric("VOC-03").id == "nps"
    with pytest.raises(QuestionError, match="nps"):
        catalogue.metric("npss")
    with pytest.raises(QuestionError, match="every"):
        catalogue.metric("nps", {"K22": "evry"})
    with pytest.raises(QuestionError, match="does not depend on K31"):
        catalogue.metric("nps", {"K31": "business"})
    with pytest.raises(QuestionError, match="no choice 'K99'"):
        catalogue.metric("nps", {"K99": "x"})


def test_source_text() -> None:
    """The text of a metric is shown as written, comments included."""
    text = shipped().source_text("nps")

    assert text.startswith("metric: nps")
    assert "# " in text


def test_lookups() -> None:
    """Policies are read by their keys: two boxes are the top of a scale of five (K21)."""
    boxes = shipped().lookups()["top_boxes"]

    assert [boxes.of((points,)) for points in (3, 5, 7, 10, 11)] == [1, 2, 2, 3, 3]


def test_a_metric_with_mistakes_is_refused(tmp_path) -> None:
    """A metric with a mistake raises it when asked, and the others stay usable."""
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "own.yaml").write_text("metric: own\nversion: 1\nlike: nps\nvalue: promoter / n\n")
    catalogue = load(tmp_path)

    with pytest.raises(AuthorError, match="promoters"):
        catalogue.metric("own")
    assert catalogue.metric("nps").id == "nps"
