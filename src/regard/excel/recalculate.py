"""Calculates a workbook anew with LibreOffice: an opinion that owes nothing to the engine or to Excel.

LibreOffice runs on a copy, in a profile of its own that is thrown away: nobody's settings matter, nothing that the file
links to is fetched and no macro runs. Before that every cached value of a formula is poisoned in the copy, so that a
value which nobody calculated cannot pass for one that was (files say that Excel wrote them, and LibreOffice believes
such values unless it is told not to).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from regard.errors import SetupError, WorkbookError
from regard.excel.read import Contents, read

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = (
    "soffice",
    "libreoffice",
    "/usr/lib/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
)
INSTALL = "apt-get install --no-install-recommends libreoffice-calc-nogui"
SECONDS = 900
"""How long a recalculation may take; a book of 360,000 formulas took 130."""
POISON = -987_654_321.125
"""Stands in place of every cached value before anything is calculated; exact in binary, and no honest number."""

SETTINGS = {
    ("Calc/Formula/Load", "OOXMLRecalcMode"): "0",  # always
    ("Calc/Formula/Load", "ODFRecalcMode"): "0",
    ("Calc/Content/Update", "Link"): "2",  # never
    ("Common/Security/Scripting", "MacroSecurityLevel"): "3",
    ("Common/Security/Scripting", "DisableMacrosExecution"): "true",
    ("Common/Misc", "FirstRun"): "false",
}
"""(path, name) -> value in the throw-away profile."""
FORMULA = re.compile(
    rb"(<(?:\w+:)?c\b[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|.*?</(?:\w+:)?f>)\s*)(<(?:\w+:)?v>.*?</(?:\w+:)?v>|<(?:\w+:)?v/>)?",
    re.DOTALL,
)
TYPE = re.compile(rb"""(<(?:\w+:)?c\b[^>]*?)\s+t=(?:"[^"]*"|'[^']*')""")


def program() -> str:
    """Return where LibreOffice is.

    Raises:
        SetupError: it is nowhere.
    """
    asked = os.environ.get("REGARD_SOFFICE", "")
    for name in (asked,) if asked else PROGRAMS:
        found = shutil.which(name)
        if found:
            return found
    looked = f"REGARD_SOFFICE says '{asked}', where there is no program" if asked else "LibreOffice is not installed"
    raise SetupError(f"{looked}; it recalculates workbooks here. On Debian and Ubuntu: {INSTALL}")


def recalculated(path: Path) -> Contents:
    """Return what LibreOffice makes of a workbook, every formula calculated anew.

    Raises:
        SetupError: LibreOffice is not installed.
        WorkbookError: it cannot open the file, or did not finish.
    """
    with calculated(path) as made:
        return read(made)


@contextmanager
def calculated(path: Path, to: str = "xlsx") -> Iterator[Path]:
    """Lend what LibreOffice makes of a workbook as a file, which goes when the block ends.

    Args:
        path: the workbook, which stays as it is.
        to: kind of file: xlsx or pdf.

    Raises:
        SetupError, WorkbookError: as `recalculated`.
    """
    office = program()
    with tempfile.TemporaryDirectory(prefix="regard-") as name:
        folder = Path(name)
        copy = folder / "in" / f"book{path.suffix.lower()}"
        copy.parent.mkdir()
        poisoned(path, copy)
        convert(office, copy, folder / "out", to)
        made = folder / "out" / f"book.{to}"
        if not made.is_file():
            raise WorkbookError(f"LibreOffice could not open {path.name}, though it reads as a workbook here")
        yield made


def convert(office: str, path: Path, out: Path, to: str) -> None:
    """Run LibreOffice once, in a profile that begins and ends beside the file."""
    profile = out.parent / "profile"
    write_profile(profile)
    command = [office, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nolockcheck"]
    command += ["--convert-to", to, "--outdir", str(out), str(path)]
    try:
        # Arguments are paths made here; no shell reads them.
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 - the office that was found, with files of ours
    except subprocess.TimeoutExpired:
        raise WorkbookError(f"LibreOffice had not recalculated the workbook after {SECONDS} seconds") from None
    if done.returncode:
        raise WorkbookError(f"LibreOffice stopped with code {done.returncode}: {done.stderr.strip()[:300]}")


def write_profile(folder: Path, *, macros: bool = False) -> None:
    """Write a profile in which everything is recalculated, and nothing is fetched or run.

    Args:
        folder: of the profile.
        macros: whether macros may run after all.
    """
    settings = dict(SETTINGS)
    if macros:
        settings["Common/Security/Scripting", "MacroSecurityLevel"] = "0"
        settings["Common/Security/Scripting", "DisableMacrosExecution"] = "false"
    items = "".join(
        f'<item oor:path="/org.openoffice.Office.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for (path, name), value in settings.items()
    )
    (folder / "user").mkdir(parents=True)
    (folder / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{items}</oor:items>",
        encoding="utf-8",
    )


def poisoned(path: Path, out: Path) -> None:
    """Write a copy of a workbook whose formulas all claim the same absurd result, `POISON`."""
    contents = read(path)
    package = contents.package
    changed: dict[str, bytes | None] = {
        page.part: FORMULA.sub(_poison, package.read(page.part)) for page in contents.pages.values()
    }
    package.rewritten(out, changed)


def _poison(found: re.Match[bytes]) -> bytes:
    return TYPE.sub(rb"\1", found[1], count=1) + b"<v>%s</v>" % repr(POISON).encode()
