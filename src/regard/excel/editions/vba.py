"""The edition with functions: a workbook that carries CML_UNION and Kaplan-Meier for sheets of a person's own.

Their source is `functions.bas` beside this file, as text; the project that Excel wants round it is made by a library
that writes it without Excel. Programs block functions of files that come from elsewhere until somebody trusts them, so
this is an edition of its own and no figure of the workbook needs it.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regard.errors import SetupError, WorkbookError
from regard.excel.package import Package

if TYPE_CHECKING:
    from types import ModuleType

MODULE = "regard"
PROJECT = "xl/vbaProject.bin"
SOURCE = Path(__file__).with_name("functions.bas")
TYPES = "[Content_Types].xml"
PLAIN = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
WITH_MACROS = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
INSTALL = "pip install 'regard[query]'"


def library() -> ModuleType:
    """Return the library that writes VBA projects and queries.

    Raises:
        SetupError: it is not installed.
    """
    try:
        return import_module("pyopenvba")
    except ImportError:
        raise SetupError(f"this edition needs a library that is not installed: {INSTALL}") from None


def add_functions(path: Path) -> None:
    """Give a workbook its functions; it becomes one with macros, whose name must end in .xlsm.

    Raises:
        WorkbookError: the name ends otherwise: Excel would refuse to open it.
        SetupError: the library is not installed.
    """
    if path.suffix.lower() != ".xlsm":
        raise WorkbookError(f"a workbook with functions must be called .xlsm, not {path.name}")
    office = library()
    package = Package(path)
    package.rewritten(path, {TYPES: package.read(TYPES).replace(PLAIN, WITH_MACROS)})
    with _quiet(), office.ExcelFile(path) as file:
        file.add_vba_project()
        project: Any = file.vba_project()
        project.add_module(MODULE, source())
        file.save(path)


def source() -> str:
    """Return the functions as a VBA project holds them: lines end as on Windows."""
    return SOURCE.read_text(encoding="ascii").replace("\r\n", "\n").replace("\n", "\r\n")


def _quiet() -> warnings.catch_warnings[None]:
    return warnings.catch_warnings(action="ignore")
