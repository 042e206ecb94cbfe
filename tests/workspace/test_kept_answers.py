"""What is kept of an answer is what would be computed, and nothing that decides a number is left out of its name."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from regard.catalog import Catalogue
from regard.plan import Answer
from regard.workspace import Asking, Workspace, kept_answers
from regard.workspace.kept_answers import KeptAnswers, Key
from tests.workspace.test_upkeep import ASKED, load, numbers

if TYPE_CHECKING:
    from pathlib import Path

    from regard.model import Metric

YEAR = {"start": "2026-01-01", "end": "2026-04-01"}
CONFIG = 'name = "t"\nzone = "Europe/Berlin"\nprivacy_min = 1\n'


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A loaded company, small enough that customers are drawn one by one for its intervals."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "regard.toml").write_text(CONFIG)
    load(
        Workspace(folder), random.Random(4), {"response": 300, "case": 60, "contact": 90, "order": 80, "party": 24}, 400
    )
    return folder


@pytest.fixture
def root(loaded: Path, tmp_path: Path) -> Path:
    """A company of which no answer is kept yet."""
    return shutil.copytree(loaded, tmp_path / "company")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the metrics that are computed, each time."""
    seen: list[str] = []
    computed = Asking._computed

    def noted(self: Asking, question: Any, metrics: Any) -> Any:
        seen.extend(metric.id for metric in metrics)
        return computed(self, question, metrics)

    monkeypatch.setattr(Asking, "_computed", noted)
    return seen


def test_kept_intervals_are_those_computed_anew(root: Path, counted: list[str]) -> None:
    """R061: what is read is what was computed, to the bit; a fresh start gives the same but for the order of sums."""
    asked: dict[str, Any] = {"breakdowns": [(), ("segment",), ("channel",)], **YEAR}
    names = [name for name in ASKED if name not in ("churn", "new_customers", "aov", "repeat_rate", "channel_share")]
    first = Workspace(root).ask(*names, **asked)
    again = Workspace(root).ask(*names, **asked)  # from the files, by a process that computed nothing
    assert counted == names
    shutil.rmtree(root / "lake" / "texts")
    fresh = Workspace(root).ask(*names, **asked)
    assert counted == names * 2
    assert tuple(first) == tuple(again)
    assert numbers(again) == numbers(fresh)
    shutil.rmtree(root / "lake" / "texts")
    apart = [Workspace(root).ask(name, **asked)[0] for name in names[::3]]  # what is asked beside changes nothing
    assert numbers(apart) == numbers(again[::3])
    assert [cell.verdict and cell.verdict.word for cell in again.cells] == [
        cell.verdict and cell.verdict.word for cell in fresh.cells
    ]
    assert any(cell.estimate.lo is not None for cell in again.cells)
    assert any(cell.verdict is not None and cell.verdict.lo is not None for cell in again.cells)


def test_each_metric_is_kept_alone(root: Path, counted: list[str]) -> None:
    """What is asked beside a metric computes nothing again, unless the data decide the days of all together."""
    workspace = Workspace(root)
    one = workspace.ask("nps", **YEAR)
    both = workspace.ask("frt", "nps", **YEAR)
    assert counted == ["nps", "frt"]
    assert both[1] == one[0]
    undated = workspace.ask("nps"), workspace.ask("nps", "frt")
    assert counted[2:] == ["nps", "nps", "frt"]
    assert undated[1][0].cells[0].period.start <= undated[0][0].cells[0].period.start


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the answers that are asked for; every one counts as kept, so that nothing is computed."""
    seen: list[str] = []

    def noted(_: KeptAnswers, key: Key, asking: Asking, metric: Metric) -> Answer:
        seen.append(key.text)
        return Answer(metric=metric, cells=(), calendar=asking.workspace.calendar, as_of=0, until=0)

    monkeypatch.setattr(KeptAnswers, "get", noted)
    return seen


ASIDE: tuple[dict[str, Any], ...] = (
    {"where": "channel = 'app'"},
    {"until": "2026-02-10"},
    {"options": {"K22": "every"}},
    {"compare": "year"},
    {"compare": ""},
    {"intervals": False},
    {"as_now": True},
    {"by": "channel"},
    {"grain": "week"},
    {"start": "2026-02-01"},
    {"end": "2026-03-01"},
    {"start": None},
)


def test_whatever_is_asked_otherwise_is_another_answer(root: Path, named: list[str]) -> None:
    """Nothing that is kept of one question is shown for another, or to somebody with other rights (R130)."""
    workspace = Workspace(root)
    for aside in ({}, *ASIDE):
        workspace.ask("nps", **YEAR | aside)
    for scope in ("channel = 'app'", "channel = 'email'"):
        workspace.within(scope).ask("nps", **YEAR)
    assert len(set(named)) == len(named) == len(ASIDE) + 3
    Workspace(root).ask("nps", **YEAR)
    assert named[-1] == named[0]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("regard.toml", CONFIG.replace("privacy_min = 1", "privacy_min = 20")),
        ("regard.toml", CONFIG.replace("Berlin", "London")),
        ("regard.toml", CONFIG + "show_from_n = 500\n"),
        ("regard.toml", CONFIG + 'currency = "EUR"\n'),
        ("regard.toml", CONFIG + 'until = "2026-03-01"\n'),
        ("policies/targets.yaml", "targets:\n  - {metric: nps, lo: 12, source: ours}\n"),
        ("metrics/nps.yaml", "metric: nps\nmin_change: 17\n"),
    ],
)
def test_another_definition_or_rule_is_another_answer(root: Path, named: list[str], file: str, text: str) -> None:
    """Whatever a file of the workspace says that bears on a number makes it anew."""
    Workspace(root).ask("nps", **YEAR)
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text(text)
    workspace = Workspace(root)
    assert workspace.check() == []
    workspace.ask("nps", **YEAR)
    assert named[0] != named[1]


def test_new_rows_and_other_rights_are_other_answers(root: Path, counted: list[str]) -> None:
    """R130: a load of a table makes its metrics anew and no others; what somebody may not see is kept apart."""
    (root / "regard.toml").write_text(CONFIG + 'until = "2026-03-20"\n')
    workspace = Workspace(root)
    before = workspace.ask("nps", "aov", **YEAR)
    own = workspace.within("channel = 'app'").ask("nps", **YEAR)
    assert own[0].cells != before[0].cells
    counted.clear()
    load(workspace, random.Random(8), {"response": 9}, 500)
    after = workspace.ask("nps", "aov", **YEAR)
    assert counted == ["nps"]
    assert after[0].cells != before[0].cells
    assert after[1].cells == before[1].cells
    assert after[1].snapshot == after[0].snapshot != before[1].snapshot


def test_other_code_is_another_answer(root: Path, counted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """After an upgrade nothing is shown that the earlier code computed."""
    Workspace(root).ask("csat_top2", **YEAR)
    counted.clear()
    monkeypatch.setattr(kept_answers, "code", lambda: "newer")
    Workspace(root).ask("csat_top2", **YEAR)
    assert counted == ["csat_top2"]


def test_a_text_cut_short_is_computed_again(root: Path, counted: list[str]) -> None:
    """A disk that was full leaves no answer behind that cannot be read."""
    Workspace(root).ask("ces_mean", **YEAR)
    for path in (root / "lake" / "texts").rglob("*.json"):
        path.write_text(path.read_text()[:-20])
    counted.clear()
    assert Workspace(root).ask("ces_mean", **YEAR).cells
    assert counted == ["ces_mean"]


def test_an_answer_at_hand_is_put_back_into_the_lake(
    root: Path, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a process has at hand needs no file, until it looks again whether there is one for others."""
    workspace = Workspace(root)
    first = workspace.ask("ces_mean", **YEAR)
    shutil.rmtree(root / "lake" / "texts")
    assert tuple(workspace.ask("ces_mean", **YEAR)) == tuple(first)
    assert counted == ["ces_mean"]
    monkeypatch.setattr(kept_answers, "LOOK_S", -1.0)
    assert numbers(workspace.ask("ces_mean", **YEAR)) == numbers(first)
    assert counted == ["ces_mean", "ces_mean"]
    assert tuple(Workspace(root).ask("ces_mean", **YEAR)) == tuple(workspace.ask("ces_mean", **YEAR))
    assert counted == ["ces_mean", "ces_mean"]


def test_memory_is_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the latest answers are at hand; a very large one is not kept at all."""
    monkeypatch.setattr(kept_answers, "ROOM", 40)
    workspace = Workspace(root)
    for name in ("nps", "frt", "csat_top2", "ces_mean"):
        workspace.ask(name, by="channel", **YEAR)
    assert workspace.kept_answers._size <= 40
    monkeypatch.setattr(kept_answers, "LARGEST", 1)
    shutil.rmtree(root / "lake" / "texts")
    Workspace(root).ask("nps", **YEAR)
    assert not list((root / "lake").glob("texts/**/*.json"))


def test_only_what_a_load_touched_is_looked_at_again(
    root: Path, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether metrics can be answered is found once for each state of their tables, and found the same (R034)."""
    monkeypatch.setattr(Catalogue, "metrics", ("nps", "resolution_time", "return_rate"))
    workspace = Workspace(root)
    first = workspace.ready()
    assert first[0].state == "ready"
    assert {one.state for one in first[1:]} <= {"ready", "needs", "not applicable"}
    counted.clear()
    assert Workspace(root).ready() == first
    assert counted == []
    load(workspace, random.Random(9), {"response": 9}, 500)
    again = workspace.ready()
    assert again[1:] == first[1:]
    assert set(counted) == {"nps"}
