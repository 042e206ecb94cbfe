"""The live workbook of a company of some 200,000 rows: what it costs to build, to recalculate, and to dump the data.

    python -m bench.workbook [--scale X] [--work DIR]

Seconds are CPU of all threads, since a busy machine disturbs them least. The dump writes every row of the loaded tables
as plain values, what a table's first sixteen columns hold, in the leanest way of the same library.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD_CPU, BUILD_PEAK, OFFICE_CPU = 25.0, 1.0, 60.0
"""Aims: CPU seconds and GiB of building, CPU seconds of recalculating."""
COLUMNS = 16


def measured(*command: str) -> dict[str, float]:
    """Run a program and return its CPU seconds and peak memory in GiB, children included, and what it tells itself."""
    program = (
        "import json, resource, subprocess, sys; done = subprocess.run(sys.argv[1:], capture_output=True, text=True); "
        "u = resource.getrusage(resource.RUSAGE_CHILDREN); done.returncode and sys.exit(done.stderr); "
        "told = json.loads(done.stdout) if done.stdout.startswith('{') else {}; "
        "print(json.dumps({'cpu': u.ru_utime + u.ru_stime, 'peak': u.ru_maxrss / 2**20} | told))"
    )
    done = subprocess.run([sys.executable, "-c", program, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def regard(*words: str) -> tuple[str, ...]:
    """Return the command line of the product."""
    return (sys.executable, "-m", "regard", *words)


def dump(folder: Path, file: Path) -> dict[str, float]:
    """Write the rows of the loaded tables plainly, and return how many there are."""
    import xlsxwriter  # noqa: PLC0415 - a step in a process of its own

    from regard.workspace import Workspace  # noqa: PLC0415 - as above
    from regard.workspace.asking import Asking  # noqa: PLC0415 - as above

    workspace = Workspace.open(folder)
    asking = Asking(workspace)
    total = 0
    book = xlsxwriter.Workbook(str(file), {"constant_memory": True})
    for name, table in workspace.catalogue.tables.items():
        if table.derived or asking.snapshot.tables.get(name) is None:
            continue
        columns = list(table.columns)[:COLUMNS]
        chosen = ", ".join(f'"{column}"' for column in columns)
        view = asking.relations.name(name)
        rows = asking.relations.connection.execute(f'select {chosen} from "{view}"').fetchall()
        sheet = book.add_worksheet(name[:31])
        sheet.write_row(0, 0, columns)
        for place, row in enumerate(rows, 1):
            sheet.write_row(place, 0, row)
        total += len(rows)
    book.close()
    return {"rows": total}


def recalculate(file: Path) -> dict[str, float]:
    """Have LibreOffice calculate a workbook anew, and return what that alone cost."""
    from regard.excel.read import read  # noqa: PLC0415 - a step in a process of its own
    from regard.excel.recalculate import calculated  # noqa: PLC0415 - as above

    with calculated(file):
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    formulas = sum(1 for _ in read(file).formulas())
    return {"office cpu": spent.ru_utime + spent.ru_stime, "office peak": spent.ru_maxrss / 2**20, "formulas": formulas}


STEPS = {"dump": dump, "recalculate": lambda _folder, file: recalculate(file)}


def run(work: Path, scale: float) -> dict[str, object]:
    """Make a company, build its workbook, dump its data, recalculate the workbook."""
    folder, file = work / "harbor", work / "live.xlsx"
    here = [sys.executable, "-m", "bench.workbook", "--work", str(work), "--step"]
    if not folder.exists():
        subprocess.run(
            regard("demo", str(folder), "--scale", str(scale), "--no-serve"), check=True, capture_output=True
        )
    # Derived tables are made at the first question, whoever asks it: the second build is what a reader waits for.
    first = measured(*regard("-C", str(folder), "workbook", str(file)))
    build = measured(*regard("-C", str(folder), "workbook", str(file)))
    dumped = measured(*here, "dump")
    office = measured(*here, "recalculate")
    return {
        "scale": scale, "first build": first, "build": build, "dump": dumped, "recalculate": office,
        "build over dump": build["cpu"] / dumped["cpu"], "MB": file.stat().st_size / 1e6,
        "aims": {"build cpu": BUILD_CPU, "build peak": BUILD_PEAK, "office cpu": OFFICE_CPU},
    }  # fmt: skip


def main() -> None:
    """Run the benchmark, or one step of it."""
    parser = argparse.ArgumentParser(prog="bench.workbook", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.085, help="size of the company; 0.085 is some 200,000 rows")
    parser.add_argument("--work", type=Path, help="folder for the data; by default one that is thrown away")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.step:
        files = {"dump": "plain.xlsx", "recalculate": "live.xlsx"}
        print(json.dumps(STEPS[chosen.step](chosen.work / "harbor", chosen.work / files[chosen.step])))
        return
    work = chosen.work or Path(tempfile.mkdtemp())
    work.mkdir(parents=True, exist_ok=True)
    try:
        print(json.dumps(run(work.resolve(), chosen.scale), indent=1))
    finally:
        if chosen.work is None:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
