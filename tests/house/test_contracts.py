"""The import contracts bite: each is broken on a copy of the source, and the linter must say so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FLOORS = (  # lowest first; the house of the design, said once more so that a quiet move of a room is seen
    ("errors",),
    ("expr",),
    ("model",),
    ("plan", "derived"),
    ("catalog", "lake", "store", "sql"),
    ("present",),
    ("engines", "excel", "stats", "sources", "stewardship", "governance", "watch", "loop", "access"),
    ("reports",),
    ("workspace",),
    ("web", "demo"),
    ("cli",),
)
OWNERS = {  # foreign library -> the one room that may import it
    "sqlglot": "sql",
    "duckdb": "lake",
    "deltalake": "lake",
    "yaml": "catalog",
    "sqlalchemy": "store",
    "scipy": "stats",
    "statsmodels": "stats",
    "adbc_driver_manager": "sources",
    "adbc_driver_postgresql": "sources",
    "adbc_driver_sqlite": "sources",
    "connectorx": "sources",
    "python_calamine": "sources",
    "psycopg": "engines",
    "pyspark": "engines",
    "openpyxl": "excel",
    "pyopenvba": "excel",
    "xlsxwriter": "excel",
    "click": "cli",
    "rich": "cli",
    "fastapi": "web",
    "flask": "web",
    "jinja2": "web",
    "markupsafe": "web",
    "pydantic": "web",
    "weasyprint": "reports",
    "argon2": "access",
    "authlib": "access",
    "httpx2": "access",
    "joserfc": "access",
    "starlette": "web",
    "uvicorn": "web",
    "pandas": "workspace",
}
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
NAMES = {contract["id"]: contract["name"] for contract in CONTRACTS}

UPWARD = [(lower[-1], upper[0]) for lower, upper in pairwise(FLOORS)]
SIBLINGS = [pair for floor in FLOORS for pair in zip(floor, floor[1:] + floor[:1], strict=True) if len(floor) > 1]


class Copy:
    """A copy of the source tree that may be broken.

    Attributes:
        root: folder that holds `src/regard` and `pyproject.toml`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / "src", root / "src", ignore=self._no_python)
        shutil.copy(ROOT / "pyproject.toml", root)

    @staticmethod
    def _no_python(folder: str, names: list[str]) -> list[str]:
        """Leave out data and byte code; only imports matter here."""
        keep = [name for name in names if name.endswith(".py") or Path(folder, name).is_dir()]
        return sorted(set(names) - set(keep))

    def write(self, room: str, text: str) -> None:
        """Add a line to a room; build the room when later work has not built it yet."""
        package = self.root / "src" / "regard" / room
        if package.with_suffix(".py").exists():
            with package.with_suffix(".py").open("a") as file:
                file.write(f"\n{text}\n")
            return
        package.mkdir(exist_ok=True)
        (package / "__init__.py").touch()
        (package / "newcomer.py").write_text(f"{text}\n")

    def lint(self) -> tuple[int, set[str], str]:
        """Return the exit code, the ids of the broken contracts and what was printed."""
        done = subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": str(self.root / "src"), "COLUMNS": "400", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        broken = {id_ for id_, name in NAMES.items() if f"{name} BROKEN" in done.stdout}
        return done.returncode, broken, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A fresh copy to break."""
    return Copy(tmp_path)


def test_unbroken_copy_passes(copy):
    """The copy itself keeps every contract, so what the other tests see comes from what they broke."""
    code, broken, printed = copy.lint()
    assert (code, broken) == (0, set()), printed
    assert f"{len(NAMES)} kept, 0 broken" in printed


def test_house_is_the_design():
    """The floors in the configuration are the floors of the design, in its order."""
    floors = next(contract for contract in CONTRACTS if contract["id"] == "floors")
    written = [tuple(room.strip(" ()") for room in line.split("|")) for line in floors["layers"]]
    assert written == list(reversed(FLOORS))
    assert floors["exhaustive"] is True
    assert floors["exhaustive_ignores"] == ["__main__"]


def test_libraries_are_the_design():
    """Each foreign library is forbidden everywhere but in its one room, and no contract is left untested here."""
    owned = {
        library: contract["ignore_imports"][0].removeprefix("regard.").split(" ")[0]
        for contract in CONTRACTS
        if contract["id"] not in {"floors", "root", "columns"}
        for library in contract["forbidden_modules"]
    }
    assert owned == OWNERS


@pytest.mark.parametrize(("lower", "upper"), UPWARD, ids="-".join)
def test_import_upwards_fails(copy, lower, upper):
    """No room imports a room of the floor above it."""
    copy.write(upper, "")
    copy.write(lower, f"import regard.{upper}")
    code, broken, printed = copy.lint()
    assert (code, "floors" in broken) == (1, True), printed
    assert f"regard.{lower} is not allowed to import regard.{upper}" in printed


@pytest.mark.parametrize(
    "text",
    [
        "def late():\n    from regard.workspace import open",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from regard.workspace import Workspace",
        "try:\n    import regard.workspace\nexcept ImportError:\n    pass",
        "from ..workspace import open",
    ],
    ids=["inside a function", "for types", "when it is there", "relative"],
)
def test_hidden_import_upwards_fails(copy, text):
    """An upward import inside a function, for types, in a try or by dots counts like any other."""
    copy.write("workspace", "")
    copy.write("model", text)
    code, broken, printed = copy.lint()
    assert (code, "floors" in broken) == (1, True), printed


@pytest.mark.parametrize(("one", "other"), SIBLINGS, ids="-".join)
def test_import_of_a_sibling_fails(copy, one, other):
    """Rooms of one floor meet by argument, not by import."""
    copy.write(other, "")
    copy.write(one, f"from regard import {other}")
    code, broken, printed = copy.lint()
    assert (code, "floors" in broken) == (1, True), printed
    assert f"regard.{one} is not allowed to import regard.{other}" in printed


@pytest.mark.parametrize("place", ["utils/__init__.py", "helpers.py"])
def test_room_without_a_floor_fails(copy, place):
    """A folder or file that nobody placed fails, even when nothing imports it."""
    file = copy.root / "src" / "regard" / place
    file.parent.mkdir(exist_ok=True)
    file.touch()
    code, _, printed = copy.lint()
    assert code == 1, printed
    assert Path(place).parts[0].removesuffix(".py") in printed


@pytest.mark.parametrize("library", OWNERS)
def test_library_in_a_wrong_room_fails(copy, library):
    """A foreign library outside its room fails and names the contract."""
    copy.write("present", f"def late():\n    import {library}")
    contract = next(each["id"] for each in CONTRACTS if library in each.get("forbidden_modules", ()))
    code, broken, printed = copy.lint()
    assert (code, contract in broken) == (1, True), printed


@pytest.mark.parametrize("library", ["duckdb", "numpy"])
@pytest.mark.parametrize("form", ["import {0}", "from {0}.part import name"])
def test_library_below_columns_fails(copy, library, form):
    """The language is plain Python: neither columns nor engines reach it, whatever the form of the import."""
    copy.write("expr", form.format(library))
    code, broken, printed = copy.lint()
    assert (code, ("columns" if library == "numpy" else "lake") in broken) == (1, True), printed


def test_library_in_the_root_fails(copy):
    """The root package is bound like every room (a contract over its children alone would miss it)."""
    with (copy.root / "src" / "regard" / "__init__.py").open("a") as file:
        file.write("\nimport duckdb\n")
    code, broken, printed = copy.lint()
    assert (code, "lake" in broken) == (1, True), printed


def test_libraries_in_their_own_rooms_pass(copy):
    """A foreign library in its own room, and a room above that uses that room, keep the contracts."""
    rooms = {room: [library for library in OWNERS if OWNERS[library] == room] for room in OWNERS.values()}
    for room, libraries in rooms.items():
        users = [f"import regard.{used}" for used in sorted(rooms) if room == "cli" and used != "cli"]
        copy.write(room, "\n".join([f"import {library}" for library in libraries] + users))
    code, broken, printed = copy.lint()
    assert (code, broken) == (0, set()), printed


@pytest.mark.parametrize("text", ["import regard", "from regard import open", "from .. import open"])
def test_import_of_the_root_fails(copy, text):
    """The root imports the workspace, so importing the root would close a circle."""
    copy.write("plan", text)
    code, broken, printed = copy.lint()
    assert (code, "root" in broken) == (1, True), printed


def test_main_may_import_the_root(copy):
    """`python -m regard` is the one exception: it stands on no floor and may import the root."""
    (copy.root / "src" / "regard" / "__main__.py").write_text("import regard\n")
    code, broken, printed = copy.lint()
    assert (code, broken) == (0, set()), printed
