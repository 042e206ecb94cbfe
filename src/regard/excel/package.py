"""A workbook as what it is on disk: a zip of XML parts. Opened without trust, rewritten part by part.

Everything that reads an edited workbook comes through here, so the guards stand once: what a hostile or broken file may
cost is bounded before anything is unpacked, no part may declare entities, and nothing is ever written to a path that a
file names. A part that nobody changes keeps its bytes.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from xml.parsers import expat

from regard.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

OLD_FORMAT = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""First bytes of a compound file: the format before 2007, or a workbook with a password."""
SUFFIXES = (".xlsx", ".xlsm")
WORKBOOK = "xl/workbook.xml"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of a part that is written anew: zip's zero, so that the same content is the same file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a workbook may cost.

    Attributes:
        file: bytes of the file.
        parts: how many parts.
        unpacked: bytes of all parts together, and of any one, once unpacked.
        ratio: how many times larger than packed a part of more than a megabyte may become; cells repeat, so honest
            sheets reach 30.
        cells: how many cells all sheets may have together.
    """

    file: int = 512 << 20
    parts: int = 5_000
    unpacked: int = 2 << 30
    ratio: int = 250
    cells: int = 20_000_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Relation:
    """What a part points to.

    Attributes:
        kind: last word of its type, such as `worksheet` or `externalLink`.
        target: name of a part, or an address outside.
        outside: whether it points out of the package.
    """

    kind: str
    target: str
    outside: bool


class Package:
    """The parts of one file, read on demand.

    Attributes:
        path: the file.
        parts: names of the parts, in the order of the file.
    """

    def __init__(self, path: Path, limits: Limits = LIMITS) -> None:
        """Open a file and look at its table of contents; nothing is unpacked yet.

        Raises:
            WorkbookError: it is no workbook of Excel 2007 or later, has a password, or exceeds the limits.
        """
        self.path = path
        self.limits = limits
        _looked_at(path, limits)
        try:
            with zipfile.ZipFile(path) as file:
                infos = file.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise WorkbookError(f"{path.name} is no readable workbook: {error}") from error
        self._infos = _checked(path.name, infos, limits)
        self.parts = tuple(self._infos)
        if WORKBOOK not in self._infos:
            kind = (
                "a Word or PowerPoint file" if {"word/document.xml", "ppt/presentation.xml"} & set(self.parts) else ""
            )
            raise WorkbookError(f"{path.name} is {kind or 'a zip file, but'} no workbook: it has no {WORKBOOK}")

    def read(self, part: str) -> bytes:
        """Return a part, unpacked.

        Raises:
            WorkbookError: there is no such part, or it is damaged.
        """
        info = self._infos.get(part)
        if info is None:
            raise WorkbookError(f"{self.path.name} is incomplete: it has no part {part}")
        try:
            with zipfile.ZipFile(self.path) as file, file.open(info) as stream:
                data = stream.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
            raise WorkbookError(f"{self.path.name} is damaged: part {part} cannot be unpacked ({error})") from error
        if len(data) != info.file_size:
            raise WorkbookError(f"{self.path.name} is damaged: part {part} is not as long as it says")
        return data

    def relations(self, part: str) -> dict[str, Relation]:
        """Return what a part points to, by id."""
        folder, _, name = part.rpartition("/")
        listed = f"{folder}/_rels/{name}.rels".lstrip("/")
        found: dict[str, Relation] = {}
        if listed not in self._infos:
            return found

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            if local(tag) == "Relationship" and "Id" in attributes:
                outside = attributes.get("TargetMode") == "External"
                target = attributes.get("Target", "")
                kind = attributes.get("Type", "").rsplit("/", 1)[-1]
                found[attributes["Id"]] = Relation(kind, target if outside else _joined(folder, target), outside)

        self.parse(listed, start=start)
        return found

    def parse(
        self,
        part: str,
        *,
        start: Callable[[str, Mapping[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        """Read a part as XML and call back for every element.

        Raises:
            WorkbookError: it is not well formed, or declares a document type (and with it perhaps entities).
        """
        parse(self.read(part), f"{self.path.name}: part {part}", start=start, end=end, text=text)

    def rewritten(self, path: Path, changed: Mapping[str, bytes | None]) -> None:
        """Write a copy in which some parts are other ones; all others keep their bytes, packed as they were.

        Args:
            path: where; may be the file itself, which is then replaced in one step.
            changed: part -> its new bytes, or None to leave it out. A part that was not there comes last.
        """
        beside = path.with_name(f".{path.name}.part")
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as writer:
            for name in dict.fromkeys((*self.parts, *changed)):
                data = changed[name] if name in changed else self.read(name)
                if data is not None:
                    info = zipfile.ZipInfo(name, EPOCH)
                    info.compress_type = zipfile.ZIP_DEFLATED
                    writer.writestr(info, data)
        beside.replace(path)


def parse(
    data: bytes,
    place: str,
    *,
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Read bytes as XML and call back for every element; names keep their prefix.

    Raises:
        WorkbookError: not well formed, or with a document type.
    """
    reader = expat.ParserCreate()
    reader.buffer_text = True

    def refuse(*_: object) -> None:
        raise WorkbookError(f"{place} declares a document type: no workbook does, and entities could exhaust memory")

    reader.StartDoctypeDeclHandler = refuse
    reader.EntityDeclHandler = refuse
    reader.StartElementHandler = start
    if end is not None:
        reader.EndElementHandler = end
    if text is not None:
        reader.CharacterDataHandler = text
    try:
        reader.Parse(data, True)
    except expat.ExpatError as error:
        raise WorkbookError(f"{place} is damaged: {error}") from error


def local(tag: str) -> str:
    """Return an element's name without its prefix."""
    return tag.rsplit(":", 1)[-1]


def _looked_at(path: Path, limits: Limits) -> None:
    """Refuse what the first bytes and the size already give away."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            first = stream.read(8)
    except OSError as error:
        raise WorkbookError(f"{path} cannot be read: {error.strerror}") from error
    if first == OLD_FORMAT:
        raise WorkbookError(
            f"{path.name} is locked with a password, or of the format before Excel 2007: save it as .xlsx without one"
        )
    if size > limits.file:
        raise WorkbookError(f"{path.name} has {size >> 20:,} MiB; at most {limits.file >> 20:,} are read")


def _checked(name: str, infos: list[zipfile.ZipInfo], limits: Limits) -> dict[str, zipfile.ZipInfo]:
    """Return the parts by name, after looking at what their unpacking would cost."""
    if len(infos) > limits.parts:
        raise WorkbookError(f"{name} has {len(infos):,} parts; at most {limits.parts:,} are read")
    total = sum(info.file_size for info in infos)
    if total > limits.unpacked:
        raise WorkbookError(f"{name} would unpack to {total >> 20:,} MiB; at most {limits.unpacked >> 20:,} are read")
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        if info.file_size > 1 << 20 and info.file_size > limits.ratio * max(1, info.compress_size):
            raise WorkbookError(
                f"{name}: part {info.filename} would unpack to {info.file_size // max(1, info.compress_size):,} times "
                f"its size, which no honest part does; at most {limits.ratio} times are read"
            )
        if info.flag_bits & 1:
            raise WorkbookError(f"{name}: part {info.filename} is encrypted: save the workbook without a password")
        if info.filename in found:
            raise WorkbookError(f"{name} has two parts called {info.filename}: which is meant cannot be known")
        if not info.is_dir():
            found[info.filename] = info
    return found


def _joined(folder: str, target: str) -> str:
    """Return the name of a part that another part in a folder points to."""
    if target.startswith("/"):
        return target.lstrip("/")
    steps: list[str] = []
    for step in PurePosixPath(folder, target).parts:
        if step == "..":
            del steps[-1:]
        else:
            steps.append(step)
    return "/".join(steps)
