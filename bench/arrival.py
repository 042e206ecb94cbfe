"""Raw files of public data arrive: `python -m bench.arrival DATA`, with `--json` as one document.

For each set of `bench/arrival.yaml` the command line itself is run in a temporary folder: `regard init --from
FILE... --yes`, `regard check`, the edits of the set, `regard load`, `regard ask`. What is told: how many lines
were edited, found by comparing the workspace before and after, and whether each published number came out to its
digits. It ends with 1 when anything is off: a mistake that `check` finds, a load that fails, more than five edited
lines, another number.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".yaml")
MOST = 5
"""So many lines may be edited for a set."""
UNKNOWN = "unknown"
"""The value of a question whose answer must be that it has none."""


@dataclass
class Told:
    """What came of one question.

    Attributes:
        ask: as typed after `regard ask`, with the cell that is meant.
        value: what was published.
        got: what came out, to the same digits.
        says: who published it.
        wrong: why it is not right; empty when it is.
    """

    ask: str
    value: str
    got: str
    says: str
    wrong: str = ""


@dataclass
class Trial:
    """What came of one set.

    Attributes:
        name: of the set.
        files: their names.
        edited: file of the workspace -> lines changed or added.
        told: of each question.
        off: what else went wrong.
        not_asked: what was published and cannot be asked, and why.
    """

    name: str
    files: list[str] = field(default_factory=list)
    edited: dict[str, int] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    off: list[str] = field(default_factory=list)
    not_asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """How many lines were edited."""
        return sum(self.edited.values())

    @property
    def right(self) -> int:
        """How many questions were answered as published."""
        return sum(not one.wrong for one in self.told)

    @property
    def good(self) -> bool:
        """Whether everything is as it should be."""
        return not self.off and self.right == len(self.told) > 0


class OffError(Exception):
    """A step of a trial did not do what it should, so that nothing after it can be tried."""


def sets(kind: str = "files") -> list[dict[str, Any]]:
    """Return the sets that have `files` with the publisher, or `shipped` with the examples."""
    listed: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return [one for one in listed if one.get(kind)]


def tried(one: Mapping[str, Any], patterns: Sequence[str], root: Path, work: Path) -> Trial:
    """Let the files of a set arrive, and ask its questions.

    Args:
        one: the set, as in the table.
        patterns: of its files, below `root`.
        root: folder with the data.
        work: an empty folder that can be written to.
    """
    trial = Trial(one["set"], not_asked=one.get("not_asked", []))
    lost = [pattern for pattern in patterns if not any(root.glob(pattern))]
    if lost:
        trial.off.append(f"there is no {', '.join(lost)} in {root}")
        return trial
    paths = [path for pattern in patterns for path in sorted(root.glob(pattern)) if path.suffix not in {".md", ".txt"}]
    trial.files = [path.name for path in paths]
    folder = work / "workspace"
    try:
        _regard(work, "init", str(folder), "--zone", "UTC", "--yes", "--from", *map(str, paths))
        before = written(folder)
        for step in one["steps"]:
            for command in step.get("commands", ()):
                _regard(folder, *shlex.split(command))
                before |= {name: lines for name, lines in written(folder).items() if name not in before}
            for edit in step.get("edits", ()):
                edited(folder, edit, paths)
            _regard(folder, "check")
            _regard(folder, "load")
            asked = dict.fromkeys(question["ask"] for question in step["questions"])
            answers = {ask: json.loads(_regard(folder, "ask", *shlex.split(ask), "--json")) for ask in asked}
            trial.told += [told(answers[question["ask"]], question) for question in step["questions"]]
        trial.edited = compared(before, written(folder))
    except OffError as error:
        trial.off.append(str(error))
    if trial.lines > MOST:
        trial.off.append(f"{trial.lines} edited lines, and {MOST} may be")
    return trial


def _regard(folder: Path, *words: str) -> str:
    """Run the command line in a folder and return what it printed.

    Raises:
        OffError: it did not end with 0.
    """
    ways = os.pathsep.join(filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "regard", "-C", str(folder), *words]
    made = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ways, "NO_COLOR": "1"}
    )
    if made.returncode:
        raise OffError(f"`regard {shlex.join(words)}` ended with {made.returncode}: {made.stdout}{made.stderr}".strip())
    return made.stdout


def written(folder: Path) -> dict[str, list[str]]:
    """Return the lines of each file of a workspace that people write."""
    paths = [folder / "regard.toml", *folder.glob("sources/*.yaml"), *folder.glob("metrics/*.yaml")]
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8").splitlines() for path in sorted(paths)}


def edited(folder: Path, edit: Mapping[str, str], paths: Sequence[Path]) -> None:
    """Put lines into a file, `after` a line or `instead` of it.

    Args:
        folder: the workspace.
        edit: as in the table.
        paths: the data files, for lines that name one (`@orders.csv@`).

    Raises:
        OffError: the line does not stand there, or more than once.
    """
    path = folder / edit["in"]
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    mark = edit.get("instead", edit.get("after", ""))
    places = [place for place, line in enumerate(lines) if line == mark]
    if len(places) != 1:
        raise OffError(f"{edit['in']} has {len(places)} lines '{mark}', and one is to be edited")
    place = places[0]
    put = edit["put"]
    for data in paths:
        put = put.replace(f"@{data.name}@", data.resolve().as_posix())
    lines[place : place + 1] = [*([] if "instead" in edit else [mark]), *put.splitlines()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def compared(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> dict[str, int]:
    """Return how many lines of each file were changed, added or taken out."""
    found = {}
    for name in before | after:
        old, new = before.get(name, []), after.get(name, [])
        changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        count = sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in changes if tag != "equal")
        if count:
            found[name] = count
    return found


def told(answer: Mapping[str, Any], question: Mapping[str, Any]) -> Told:
    """Compare the answer to a question with what was published."""
    cells = list(_cells(answer, question.get("cell")))
    ask = question["ask"] + (f" ({question['cell']})" if "cell" in question else "")
    result = Told(ask, str(question["value"]), "", question["says"])
    if len(cells) != 1:
        result.wrong = f"{len(cells)} cells, and one is meant"
        return result
    [cell] = cells
    wanted = {name: question[name] for name in ("value", "lo", "hi") if name in question}
    got = {name: _scaled(cell[name], question, text) for name, text in wanted.items()}
    result.got = " ".join(got.values())
    result.value = " ".join(map(str, wanted.values()))
    if result.got != result.value:
        result.wrong = "another number"
    elif "n" in question and round(cell["n"]) != question["n"]:
        result.wrong = f"it rests on {cell['n']:,.0f}, not on {question['n']:,}"
    elif question.get("flag", "") not in ("", *cell["flags"]):
        result.wrong = f"it is not flagged '{question['flag']}'"
    return result


def _cells(answer: Mapping[str, Any], wanted: str | None) -> Iterator[Mapping[str, Any]]:
    """Yield the cells of an answer that a question means: of a period, or of the value of a dimension."""
    for cell in answer["cells"]:
        if wanted is None or wanted in (cell["period"], *cell["dims"].values()):
            yield cell


def _scaled(value: float | None, question: Mapping[str, Any], text: str) -> str:
    """Return a number as it was published: taken `from` another, or divided (`per`), to as many digits."""
    if value is None:
        return UNKNOWN
    scaled = (question["from"] - value if "from" in question else value) / question.get("per", 1)
    digits = len(str(text).partition(".")[2])
    return str(round(Decimal(scaled), digits)) if digits else str(round(scaled))


def printed(trials: Sequence[Trial]) -> str:
    """Return the table of sets, then what is off, then what could not be asked."""
    head = f"{'set':<24}{'files':>7}{'edited lines':>14}{'right':>8}{'asked':>7}"
    out = [head]
    for one in trials:
        mark = "" if one.good else "  OFF"
        out.append(f"{one.name:<24}{len(one.files):>7}{one.lines:>14}{one.right:>8}{len(one.told):>7}{mark}")
        out += [f"    {name}: {count}" for name, count in one.edited.items()]
    out += ["", f"{'':<4}{'asked':<72}{'published':>22}{'came out':>22}"]
    for one in trials:
        out.append(one.name)
        for told_ in one.told:
            out.append(f"{'':<4}{told_.ask:<72}{told_.value:>22}{told_.got:>22}  {told_.wrong or told_.says}")
        out += [f"    OFF: {text}" for text in one.off]
        out += [f"    not asked: {each['what']}: {each['why']}" for each in one.not_asked]
    return "\n".join(out)


def main() -> None:
    """Try every set, or some."""
    names = [one["set"] for one in sets()]
    parser = argparse.ArgumentParser(prog="bench.arrival", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with the raw files, one folder for each publisher")
    parser.add_argument("--only", choices=names, action="append", help="try this set alone; may be said several times")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    chosen = parser.parse_args()
    trials = []
    for one in sets():
        if one["set"] in (chosen.only or names):
            with tempfile.TemporaryDirectory() as work:
                trials.append(tried(one, one["files"], chosen.data.resolve(), Path(work)))
    good = all(one.good for one in trials)
    if chosen.json:
        shown = [asdict(one) | {"lines": one.lines, "good": one.good} for one in trials]
        print(json.dumps({"good": good, "sets": shown}, indent=1))
    else:
        print(printed(trials))
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
