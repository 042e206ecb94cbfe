"""Makes the app from the route table: each declared route behind its guard, and nothing else."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Route as Path

from regard.errors import AccessError, AuthorError, QuestionError, RegardError, SourceError
from regard.web.api.printing import problem
from regard.web.guard import Guard
from regard.web.routes import AREAS
from regard.web.security import Security
from regard.web.settings import Settings
from regard.web.static import static_file
from regard.web.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from regard.web.routing import Area
    from regard.workspace import Workspace

STATUSES: Mapping[type[Exception], int] = {
    AccessError: HTTPStatus.FORBIDDEN,
    QuestionError: HTTPStatus.BAD_REQUEST,
    AuthorError: HTTPStatus.BAD_REQUEST,
    SourceError: HTTPStatus.BAD_REQUEST,
    RegardError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Error -> status, the first that fits: what its author can mend, and what only whoever runs the server can."""


def make_app(workspace: Workspace, settings: Settings | None = None, *, areas: Sequence[Area] = AREAS) -> FastAPI:
    """Return the app of a workspace.

    Args:
        workspace: whose numbers it shows.
        settings: how it is served; by default to this machine alone.
        areas: the routes there are; by default all.

    Raises:
        ValueError: two routes have one path and method.
    """
    settings = settings or Settings()
    routes = [route for area in areas for route in area.routes]
    twice = {(r.path, r.method) for r in routes if sum((r.path, r.method) == (o.path, o.method) for o in routes) > 1}
    if twice:
        raise ValueError(f"declared twice: {sorted(twice)}")
    templates = Templates(settings, routes)
    guard = Guard(workspace, settings, templates)
    # No documentation pages of FastAPI's own: they load scripts from other hosts, and they would have no guard.
    app = Outside(
        title=f"{workspace.config.name}: regard",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    for route in routes:
        if route.api is None:
            app.router.routes.append(Path(route.path, guard.page(route), methods=[route.method]))
        else:
            app.add_api_route(
                route.path,
                route.endpoint,
                methods=[route.method],
                dependencies=[Depends(guard.api(route))],
                **route.api,
            )
    app.router.routes.append(Path("/static/{version}/{name}", static_file, methods=["GET"]))

    async def failed(request: Request, error: Exception) -> Response:
        response = problem(request, error, *told(error)) or await guard.failed(request, *told(error))
        response.headers.update(getattr(error, "headers", None) or {})
        return response

    for kind in (
        HTTPException,
        RegardError,
        RequestValidationError,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        Exception,
    ):
        app.add_exception_handler(kind, failed)
    app.security = settings
    return app


class Outside(FastAPI):
    """The app with what holds for every response outside of everything, the page of an unforeseen error included.

    Attributes:
        security: how it is served.
    """

    security = Settings()

    def build_middleware_stack(self) -> ASGIApp:
        """Return what answers requests; what is added to an app by `add_middleware` would stand further inside."""
        return Security(super().build_middleware_stack(), self.security)


def told(error: Exception) -> tuple[int, str]:
    """Return the status and the words for an error; of a mistake of ours nothing is told but that it is one."""
    if isinstance(error, HTTPException):
        return error.status_code, str(error.detail)
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            return status, str(error)
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        return HTTPStatus.UNPROCESSABLE_ENTITY, f"{field}: {first['msg']}"
    return HTTPStatus.INTERNAL_SERVER_ERROR, "This is a mistake of regard itself, not yours. The server's log shows it."
