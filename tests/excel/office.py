"""A person before LibreOffice, for tests: opens a workbook, types into cells, reads what they show, saves.

Run by the Python that the bridge to LibreOffice is installed for, which need not be the one of the tests. Reads from
stdin one JSON document {"book", "save", "type": {"Sheet!B2": text}, "read": ["Sheet!C5"], "macros"}; writes what was
read.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

PYTHONS = ("/usr/bin/python3", sys.executable)
HINT = "the bridge to LibreOffice is not installed: apt-get install libreoffice-calc-nogui python3-uno"
SECONDS = 600
XLSX = {".xlsx": "Calc MS Excel 2007 XML", ".xlsm": "Calc MS Excel 2007 VBA XML"}


def at_the_desk(folder, book, *, save=None, type_=None, read=(), macros=False):
    """Open a workbook in a LibreOffice of its own, and return {cell: what it shows} for the cells read."""
    from regard.excel.recalculate import program, write_profile

    python = next((one for one in PYTHONS if has_bridge(one)), None)
    assert python, HINT
    profile = Path(folder) / "desk"
    if not profile.exists():
        write_profile(profile, macros=macros)
    asked = {
        "office": program(),
        "profile": profile.as_uri(),
        "book": Path(book).resolve().as_uri(),
        "save": Path(save).resolve().as_uri() if save else "",
        "filter": XLSX[Path(save).suffix] if save else "",
        "type": type_ or {},
        "read": list(read),
        "macros": macros,
    }
    done = subprocess.run(
        [python, __file__], input=json.dumps(asked), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def has_bridge(python):
    """Return whether a Python can talk to LibreOffice."""
    if not Path(python).exists():
        return False
    return subprocess.run([python, "-c", "import uno"], capture_output=True, check=False).returncode == 0


def main():
    """Sit down, do what is asked, leave."""
    import uno
    from com.sun.star.beans import PropertyValue

    asked = json.load(sys.stdin)
    pipe = f"regard{time.time_ns()}"
    office = subprocess.Popen(
        [
            asked["office"],
            f"-env:UserInstallation={asked['profile']}",
            "--headless",
            "--norestore",
            "--nologo",
            f"--accept=pipe,name={pipe};urp;",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
        for _ in range(600):
            try:
                context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
                break
            except Exception:  # noqa: BLE001 - it is not up yet
                time.sleep(0.1)
        else:
            raise SystemExit("LibreOffice did not answer")

        def named(**values):
            return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())

        desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        mode = 4 if asked["macros"] else 0  # ALWAYS_EXECUTE_NO_WARN, NEVER_EXECUTE
        document = desktop.loadComponentFromURL(
            asked["book"], "_blank", 0, named(Hidden=True, MacroExecutionMode=mode, UpdateDocMode=0)
        )

        def cell(name):
            if "!" not in name:  # as typed into the box left of the formula bar
                return document.NamedRanges.getByName(name).getReferredCells().getCellByPosition(0, 0)
            sheet, _, place = name.rpartition("!")
            return document.Sheets.getByName(sheet.strip("'")).getCellRangeByName(place)

        for name, text in asked["type"].items():
            # As a person types it: a number becomes a number, what begins with = a formula.
            cell(name).setFormula(str(text))
        document.calculateAll()
        shown = {}
        for name in asked["read"]:
            one = cell(name)
            shown[name] = (
                one.Value if not one.getError() and one.String.strip() != "" and is_number(one) else one.String
            )
        if asked["save"]:
            document.storeToURL(asked["save"], named(FilterName=asked["filter"]))
        document.close(True)
        print(json.dumps(shown))
        with contextlib.suppress(Exception):  # it goes away while it answers
            desktop.terminate()
    finally:
        office.wait(timeout=30)


def is_number(cell):
    """Return whether a cell shows a number."""
    kind = cell.Type.value
    return kind == "VALUE" or (kind == "FORMULA" and cell.FormulaResultType2 == 1)


if __name__ == "__main__":
    main()
