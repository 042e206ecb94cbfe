"""The guard: who is it, may they, is it forged; before any page is made. Deny by default.

Authorisation is decided here for the route that matched, never by looking at an address.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request  # noqa: TC002 - FastAPI reads it when the app is made
from starlette.responses import RedirectResponse, Response

from regard.web.cache import Pages
from regard.web.current import Current
from regard.web.signin import Known, SignIn
from regard.web.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from regard.web.routing import Route
    from regard.web.settings import Settings
    from regard.web.templates import Templates
    from regard.workspace import Workspace

NOBODY = 401


class Guard:
    """Stands before every route of an app."""

    def __init__(self, workspace: Workspace, settings: Settings, templates: Templates) -> None:
        """Guard the routes of an app."""
        self._current = Current(workspace)
        self._store = workspace.store
        self._signing = SignIn(workspace, settings)
        self._templates = templates
        self._pages = Pages(patience=settings.patience_s)

    def page(self, route: Route) -> Callable[[Request], Awaitable[Response]]:
        """Return the page behind its guard."""

        async def answered(request: Request) -> Response:
            form: Mapping[str, Any] = {} if route.method == "GET" else await request.form()
            return await run_in_threadpool(self._answer, route, request, form)

        return answered

    def api(self, route: Route) -> Callable[[Request], None]:
        """Return the dependency that admits a request to a route of the API, or refuses it."""

        def admitted(request: Request) -> None:
            known = self._signing.program(request)
            self._admit(route, request, known, {})
            request.state.visit, _ = self._visit(request, known)

        return admitted

    def _answer(self, route: Route, request: Request, form: Mapping[str, Any]) -> Response:
        known = self._signing.browser(request)
        self._admit(route, request, known, form)
        visit, version = self._visit(request, known, form, kept=route.kept)

        def made() -> Response:
            snapshot = visit.workspace.snapshot()
            response: Response = route.endpoint(replace(visit, data=snapshot.id if snapshot else ""))
            return response

        if not route.kept or known.person is None:
            return made()
        address = f"{request.url.path}?{request.url.query}"
        return self._pages.answer((known.person.sees, address, version), request, made, self._store.state())

    def _admit(self, route: Route, request: Request, known: Known, form: Mapping[str, Any]) -> None:
        """Let a request pass, or refuse it.

        Raises:
            HTTPException: 401 nobody is signed in; 403 the person may not, or the form is forged.
        """
        if route.needs is not None and known.person is None:
            raise HTTPException(NOBODY, "Sign in first.")
        if route.needs is not None and known.person is not None and not known.person.may(route.needs):
            raise HTTPException(403, f"Your role, {known.person.role}, does not allow this; it needs '{route.needs}'.")
        if route.method != "GET" and known.forms:
            given = form.get("csrf", "") or request.headers.get("x-csrf-token", "")
            if not isinstance(given, str) or not secrets.compare_digest(given.encode(), known.forms.encode()):
                raise HTTPException(403, "This form is not from your present session; go back and load it again.")

    def _visit(
        self, request: Request, known: Known, form: Mapping[str, Any] | None = None, *, kept: bool = False
    ) -> tuple[Visit, str]:
        """Return the visit, whose workspace sees what its person may see, and the version of its definitions."""
        seen = (known.person.test, known.person.upto) if known.person else ()
        workspace, version = self._current(*seen)
        visit = Visit(
            request=request,
            person=known.person,
            workspace=workspace,
            templates=self._templates,
            signing=self._signing,
            token="" if kept else known.forms,
            session=known.session,
            form=form or {},
        )
        return visit, version

    async def failed(self, request: Request, status: int, words: str) -> Response:
        """Return the page that says what went wrong, or leads to where one signs in."""
        if status == NOBODY and request.method == "GET":
            back = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
            return RedirectResponse(f"/sign-in?next={quote(back)}", status_code=303)

        def made() -> Response:
            visit, _ = self._visit(request, self._signing.browser(request), kept=True)
            return visit.page("problem.html", status=status, words=words)

        return await run_in_threadpool(made)
