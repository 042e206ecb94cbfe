"""Add data: bring files, confirm how they are mapped, see what they become, load them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.datastructures import FormData, UploadFile

from regard.access import Permission
from regard.errors import AccessError, AuthorError, LoadError, QuestionError
from regard.sources import RejectsError
from regard.web.routing import Area
from regard.web.views import adding
from regard.workspace import receive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from regard.web.visit import Visit

AREA = Area("add")
MOST_FILES = 20
"""Files brought at once."""


@AREA.page("/add", needs=Permission.LOAD, menu="Add data", kept=False)
def add(visit: Visit) -> Response:
    """Show where files are dropped, and those that wait for a mapping."""
    _whole(visit)
    return visit.page("add.html", **adding.begin(visit.workspace), trouble=())


@AREA.form("/add", needs=Permission.LOAD)
def bring(visit: Visit) -> Response:
    """Keep the files; what cannot be kept is said, and the others are kept all the same."""
    _whole(visit)
    files = _files(visit)
    if not 0 < len(files) <= MOST_FILES:
        raise QuestionError(f"choose 1 to {MOST_FILES} files")
    names, trouble = [], []
    for file in files:
        try:
            names.append(receive.keep(visit.workspace.root, str(file.filename), file.file))
        except QuestionError as error:
            trouble.append(str(error))
    if trouble:
        return visit.page("add.html", status=400, **adding.begin(visit.workspace), trouble=trouble)
    return visit.go(f"/add/map?{urlencode([('file', name) for name in names])}")


@AREA.page("/add/map", needs=Permission.LOAD, kept=False)
def guessed(visit: Visit) -> Response:
    """Show how the files were taken, for a person to confirm."""
    _whole(visit)
    names = visit.request.query_params.getlist("file")
    return _mapped(visit, names) if names else visit.go("/add")


@AREA.form("/add/map", needs=Permission.LOAD)
def confirmed(visit: Visit) -> Response:
    """Take what a person chose: show what it makes of the files, or load them."""
    _whole(visit)
    form = visit.form
    names = [str(name) for name in form.getlist("file")] if isinstance(form, FormData) else []
    if form.get("do") != "load":
        return _mapped(visit, names, preview=True)
    arrived, _ = receive.look(visit.workspace, names, **adding.said(form))
    try:
        workspace, report = receive.take(visit.workspace, arrived)
    except (AuthorError, QuestionError) as error:
        return _mapped(visit, names, preview=True, trouble=[str(error)], status=400)
    except RejectsError as error:
        workspace, report = visit.workspace, error.report
    except LoadError as error:
        return _mapped(visit, names, preview=True, trouble=[str(error)], status=409)
    visit.record("data.add", ", ".join(names), after={"rows": report.rows, "turned away": report.refused})
    return visit.page("added.html", **adding.done(workspace, report))


def _mapped(
    visit: Visit, names: Sequence[str], *, preview: bool = False, trouble: Sequence[str] = (), status: int = 200
) -> Response:
    if not 0 < len(names) <= MOST_FILES:
        raise QuestionError(f"choose 1 to {MOST_FILES} files")
    said: dict[str, Any] = adding.said(visit.form)
    told = adding.mapping(visit.workspace, names, said, preview=preview)
    return visit.page("map.html", status=status, **told, files=names, preview=preview, trouble=trouble)


def _files(visit: Visit) -> list[UploadFile]:
    form = visit.form
    found = form.getlist("file") if isinstance(form, FormData) else []
    return [one for one in found if isinstance(one, UploadFile) and one.filename]


def _whole(visit: Visit) -> None:
    """Refuse whoever sees only some rows: what is loaded is there for everybody.

    Raises:
        AccessError: they do.
    """
    if visit.workspace.scope:
        raise AccessError("data are added for everybody, and you see only some rows: ask somebody who sees all")
