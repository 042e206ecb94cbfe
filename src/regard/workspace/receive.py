"""Files that people bring: kept under a safe name, looked at, mapped as `regard init` maps them, previewed, loaded.

A file is what it is named, or it is not kept: what would be read as something else is refused before anybody reads it.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from regard import catalog
from regard.errors import AuthorError, QuestionError, did_you_mean
from regard.sources import preview, read_source
from regard.sources.arrival import Arrived, arrive, begun, chosen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from regard.errors import Mistake
    from regard.model.sources import Source
    from regard.sources import Preview, Report
    from regard.sources.arrival import Question
    from regard.workspace.workspace import Workspace

FOLDER = Path("data") / "added"
"""Where files stand that people brought."""
MOST_BYTES = 200 * 1024 * 1024
"""Bytes of a file, and of what a packed one holds."""
CHUNK = 1 << 20
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)
KINDS: Mapping[str, bytes] = {
    ".csv": b"",
    ".tsv": b"",
    ".txt": b"",
    ".jsonl": b"",
    ".ndjson": b"",
    ".json": b"",
    ".parquet": b"PAR1",
    ".xlsx": b"PK\x03\x04",
}
"""Ending of a name -> how such a file begins; b"" for text."""
MARKS = (b"\xff\xfe", b"\xfe\xff")
"""How text of two bytes a character begins: it alone may hold zero bytes."""
ZONE = "zone"
"""The answer that says whose clock wrote a file that nobody knows."""
PACKED = 200
"""A packed file may hold so many times its own size, as no workbook does."""


def keep(root: Path, name: str, content: IO[bytes]) -> str:
    """Keep a file; returns the name under which it stands. Nothing is ever overwritten.

    Args:
        root: the workspace.
        name: as its owner calls it; folders and odd characters in it are left out.
        content: what it holds.

    Raises:
        QuestionError: a sort of file that is not read, one that is not what its name says, or one too large.
    """
    safe, ending = _named(name)
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".new", delete=False) as file:
        beside = Path(file.name)
        try:
            size = 0
            while part := content.read(CHUNK):
                size += len(part)
                if size > MOST_BYTES:
                    raise QuestionError(f"{name} is larger than {MOST_BYTES >> 20} MB; name it in a mapping instead")
                file.write(part)
            if not size:
                raise QuestionError(f"{name} is empty")
            file.flush()
            _honest(beside, name, ending)
            return _placed(beside, folder, safe, ending)
        finally:
            beside.unlink(missing_ok=True)


def kept(root: Path, name: str) -> Path:
    """Return the path of a file that was brought.

    Raises:
        QuestionError: there is none of that name.
    """
    path = root / FOLDER / name
    if not NAME.fullmatch(name) or not path.is_file() or path.is_symlink():
        raise QuestionError(f"no file '{name[:100]}' was brought; add it first")
    return path


def waiting(workspace: Workspace) -> tuple[str, ...]:
    """Return the names of files that were brought and that no mapping reads yet."""
    folder = workspace.root / FOLDER
    read = {(workspace.root / source.read.place).resolve() for source in workspace.sources if source.read.kind != "sql"}
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return tuple(name for name in names if NAME.fullmatch(name) and (folder / name).resolve() not in read)


def look(
    workspace: Workspace,
    names: Sequence[str],
    *,
    answers: Mapping[tuple[str, str], str] | None = None,
    tables: Mapping[str, str] | None = None,
    choices: Mapping[str, str] | None = None,
) -> tuple[list[Arrived], list[Question]]:
    """Look at files and make their mappings; nothing is written.

    Args:
        workspace: whose.
        names: of files that were brought.
        answers: (source, question) -> what a person answers; the guess is taken where they do not.
        tables: source -> table, for files that nobody knows.
        choices: slot -> column of the file, "" for none.

    Returns:
        The mappings, and every question that was asked.

    Raises:
        QuestionError: there is no such file.
        SourceError: one cannot be read.
    """
    asked: list[Question] = []

    def ask(question: Question) -> str | None:
        asked.append(question)
        said = (answers or {}).get((question.source, question.text))
        fits = said is not None and (said in question.choices or not question.choices) and question.valid(said)
        return said if fits else None

    known = workspace.catalogue.tables
    found = arrive([kept(workspace.root, name) for name in names], workspace.root, known, ask=ask)
    taken = {source.name for source in workspace.sources}
    taken |= {path.stem for path in (workspace.root / "sources").glob("*.y*ml")}
    for place, one in enumerate(found):
        if one.name in taken:
            one.draft.name = _free(one.name, taken)
        taken.add(one.name)
        table = (tables or {}).get(one.name, "")
        made = begun(one, known[table]) if not one.draft.tables and table in loadable(workspace) else one
        found[place] = chosen(made, known, choices or {}, zone=(answers or {}).get((one.name, ZONE), ""))
    return found, asked


def loadable(workspace: Workspace) -> tuple[str, ...]:
    """Return the tables that a file may fill."""
    spare = ("identity", "quarantine")
    return tuple(name for name, table in workspace.catalogue.tables.items() if not table.derived and name not in spare)


def shown(workspace: Workspace, one: Arrived, *, rows: int = 5) -> tuple[Preview | None, list[Mistake]]:
    """Return what a load would make of a file under its mapping, and the mapping's mistakes; nothing is written.

    Raises:
        SourceError: the file cannot be read.
    """
    with _mapping(workspace, one) as (source, mistakes):
        if source is None:
            return None, mistakes
        try:
            clock = workspace.now()
            return preview(source, workspace.catalogue.tables, workspace.root, clock=clock, shown=rows), []
        except AuthorError as error:
            return None, list(error.mistakes)


def take(workspace: Workspace, arrived: Sequence[Arrived]) -> tuple[Workspace, Report]:
    """Write the mappings and load them; returns the workspace as it is then, and what the load says.

    Raises:
        AuthorError: a mapping has mistakes; nothing was written.
        QuestionError: nothing is mapped, or a source of that name is there already.
        LoadError: another load is running, or too many rows were turned away (the others are loaded).
    """
    made = [one for one in arrived if one.draft.tables]
    if not made:
        raise QuestionError("nothing is mapped: say of at least one file which table its rows are")
    mistakes: list[Mistake] = []
    for one in made:
        with _mapping(workspace, one) as (_, found):
            mistakes += found
        if (workspace.root / "sources" / f"{one.name}.yaml").exists():
            raise QuestionError(f"there is a source '{one.name}' already; nothing is overwritten")
    if mistakes:
        raise AuthorError(mistakes)
    folder = workspace.root / "sources"
    folder.mkdir(exist_ok=True)
    for one in made:
        with (folder / f"{one.name}.yaml").open("x", encoding="utf-8") as file:
            file.write(one.text)
    opened = type(workspace).open(workspace.root)
    return opened, opened.load([one.name for one in made], limit=1)


@contextmanager
def _mapping(workspace: Workspace, one: Arrived) -> Iterator[tuple[Source | None, list[Mistake]]]:
    """Read a mapping that is not written yet."""
    mistakes: list[Mistake] = []
    with tempfile.TemporaryDirectory() as spare:
        path = Path(spare) / f"{one.name}.yaml"
        path.write_text(one.text, encoding="utf-8")
        documents = catalog.read_yaml(path, mistakes)
        source = read_source(documents[0], workspace.catalogue.tables, mistakes) if documents else None
        yield source, [mistake.at(path.name, mistake.line, mistake.column, mistake.field) for mistake in mistakes]


def _named(name: str) -> tuple[str, str]:
    """Return a safe name without its ending, and the ending.

    Raises:
        QuestionError: files with such an ending are not read.
    """
    last = re.split(r"[\\/]", name)[-1]
    stem, dot, ending = last.rpartition(".")
    ending = f"{dot}{ending}".lower()
    if ending not in KINDS:
        hint = did_you_mean(ending, KINDS)
        raise QuestionError(f"'{last[:100]}' is none of {', '.join(KINDS)}; {hint}".rstrip("; "))
    safe = re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-")[:80]
    return safe or "file", ending


def _honest(path: Path, name: str, ending: str) -> None:
    """Refuse a file that is not what its name says, or that holds more than it seems to.

    Raises:
        QuestionError: it is such a file.
    """
    with path.open("rb") as file:
        begin = file.read(1 << 16)
    if not begin.startswith(KINDS[ending]):
        raise QuestionError(f"{name} is named {ending} and is none")
    if not KINDS[ending] and b"\0" in begin and not begin.startswith(MARKS):
        raise QuestionError(f"{name} is named {ending}, and holds no text")
    if ending == ".xlsx":
        try:
            with zipfile.ZipFile(path) as packed:
                size = sum(each.file_size for each in packed.infolist())
        except zipfile.BadZipFile:
            raise QuestionError(f"{name} is a broken workbook") from None
        if size > min(MOST_BYTES, PACKED * path.stat().st_size):
            raise QuestionError(f"{name} unpacks to {size >> 20} MB, more than a workbook of its size may")


def _placed(beside: Path, folder: Path, safe: str, ending: str) -> str:
    """Put a file under the first name that is free, without a moment in which another could take it."""
    for number in range(1, 10_000):
        name = f"{safe}{'' if number == 1 else f'_{number}'}{ending}"
        try:
            (folder / name).hardlink_to(beside)
        except FileExistsError:
            continue
        return name
    raise QuestionError(f"there are too many files named {safe}{ending}")


def _free(name: str, taken: set[str]) -> str:
    return next(f"{name}_{number}" for number in range(2, 10_000) if f"{name}_{number}" not in taken)
