"""The guard: who is it, may they, is it forged; before any page is made. Deny by default.

Authorisation is decided here for the route that matched, never by looking at an address.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request  # noqa: TC002 - FastAPI reads it when the app is made

from regard.access import LOCAL
from regard.web.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.responses import Response

    from regard.access import Person
    from regard.web.routing import Route
    from regard.web.settings import Settings
    from regard.web.templates import Templates
    from regard.workspace import Workspace


class Guard:
    """Stands before every route of an app."""

    def __init__(self, workspace: Workspace, settings: Settings, templates: Templates) -> None:
        """Guard the routes of an app."""
        self._workspace = workspace
        self._settings = settings
        self._templates = templates
        self._local_token = secrets.token_urlsafe(32)

    def page(self, route: Route) -> Callable[[Request], Awaitable[Response]]:
        """Return the page behind its guard."""

        async def answered(request: Request) -> Response:
            form: Mapping[str, Any] = {}
            if route.method == "POST":
                form = await request.form()

            def made() -> Response:
                visit = self._admit(route, request, form)
                response: Response = route.endpoint(visit)
                return response

            return await run_in_threadpool(made)

        return answered

    def api(self, route: Route) -> Callable[[Request], None]:
        """Return the dependency that admits a request to a route of the API, or refuses it."""

        def admitted(request: Request) -> None:
            request.state.visit = self._admit(route, request, {})

        return admitted

    def _admit(self, route: Route, request: Request, form: Mapping[str, Any]) -> Visit:
        """Return the visit.

        Raises:
            HTTPException: 401 nobody is signed in; 403 the person may not, or the form is forged.
        """
        person, token = self._who(request)
        if route.needs is not None and person is None:
            raise HTTPException(401, "Sign in first.")
        if route.needs is not None and person is not None and not person.may(route.needs):
            raise HTTPException(403, f"Your role, {person.role}, does not allow this; it needs '{route.needs}'.")
        if route.method != "GET" and token:
            given = str(form.get("csrf", "")) or request.headers.get("x-csrf-token", "")
            if not secrets.compare_digest(given.encode(), token.encode()):
                raise HTTPException(403, "This form is not from your present session; go back and load it again.")
        return self._visit(request, person, "" if route.kept else token, form)

    def _who(self, request: Request) -> tuple[Person | None, str]:
        """Return whose request it is, and what their forms must carry."""
        del request
        return (None, "") if self._settings.sign_in else (LOCAL, self._local_token)

    def _visit(self, request: Request, person: Person | None, token: str, form: Mapping[str, Any]) -> Visit:
        return Visit(
            request=request,
            person=person,
            workspace=self._workspace.within(person.scope.test if person else ""),
            templates=self._templates,
            token=token,
            form=form,
        )

    async def failed(self, request: Request, status: int, words: str) -> Response:
        """Return the page that says what went wrong."""

        def made() -> Response:
            person, _ = self._who(request)
            return self._visit(request, person, "", {}).page("problem.html", status=status, words=words)

        return await run_in_threadpool(made)
