"""The route table: every page and API route declares its permission, or the app does not start.

A file of `web/routes/` makes one `Area` and declares its routes on it; `web/routes/__init__.py` lists the areas in the
order of the menu. `web/app.py` builds the app from that list alone, so a route that is not declared does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.responses import Response

    from regard.access import Permission
    from regard.web.visit import Visit
    from regard.workspace import Workspace

Endpoint: TypeAlias = "Callable[[Visit], Response]"
"""A page: takes a visit and gives a response. It runs in a thread and may take its time."""
Examples: TypeAlias = "Callable[[Workspace], Sequence[str]]"
"""Gives paths of a route that exist in a workspace, for the tests that walk every route."""
F = TypeVar("F", bound="Callable[..., object]")

PUBLIC = None
"""The permission of a route that needs nobody to be signed in; said aloud, never by leaving it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line of the route table.

    Attributes:
        path: with parameters in braces, such as `/metric/{metric}`.
        endpoint: what answers.
        needs: the permission, or PUBLIC.
        method: GET or POST.
        menu: its title in the menu, "" to leave it out.
        kept: whether what it shows depends on nothing but scope, role, address and the data, so that it may be kept
            and shown to others of the same scope and role. A page with a form or with somebody's name is not kept.
        examples: paths of it in a workspace; by default the path itself.
        file: whether it hands out a file to be saved, not a page to be looked at.
        api: keywords of FastAPI for a route of the API, None for a page.
    """

    path: str
    endpoint: Callable[..., Any]
    needs: Permission | None
    method: str = "GET"
    menu: str = ""
    kept: bool = False
    examples: Examples | None = None
    file: bool = False
    api: dict[str, Any] | None = None

    def paths(self, workspace: Workspace) -> Sequence[str]:
        """Return paths of it that exist in a workspace.

        Raises:
            ValueError: its path has parameters and it gives no examples: then no test could walk it.
        """
        if self.examples is not None:
            return self.examples(workspace)
        if "{" in self.path:
            raise ValueError(f"the route {self.path} has parameters: say `examples=`, so that tests can walk it")
        return (self.path,)


@dataclass(frozen=True, slots=True)
class Area:
    """Routes that belong together: one file of `web/routes/`.

    Attributes:
        name: of the area.
        routes: in the order declared; the menu has the same.
    """

    name: str
    routes: list[Route] = field(default_factory=list)

    def page(
        self,
        path: str,
        *,
        needs: Permission | None,
        menu: str = "",
        kept: bool = True,
        examples: Examples | None = None,
    ) -> Callable[[F], F]:
        """Declare a page: a function that takes a `Visit` and returns `visit.page(template, ...)`.

        Args:
            path: its address, parameters in braces; they are in `visit.path`.
            needs: what somebody must be allowed to do, or PUBLIC.
            menu: its title in the menu, if it stands there.
            kept: see `Route`.
            examples: see `Route`.
        """

        def declared(function: F) -> F:
            self.routes.append(
                Route(path=path, endpoint=function, needs=needs, menu=menu, kept=kept, examples=examples)
            )
            return function

        return declared

    def file(self, path: str, *, needs: Permission | None, examples: Examples | None = None) -> Callable[[F], F]:
        """Declare a file that a page hands out: as `page`, ended by `downloads.download`."""

        def declared(function: F) -> F:
            self.routes.append(
                Route(path=path, endpoint=function, needs=needs, kept=True, examples=examples, file=True)
            )
            return function

        return declared

    def form(self, path: str, *, needs: Permission | None, examples: Examples | None = None) -> Callable[[F], F]:
        """Declare what a form posts to: as `page`, with `visit.form`; it changes something and then redirects."""

        def declared(function: F) -> F:
            self.routes.append(Route(path=path, endpoint=function, needs=needs, method="POST", examples=examples))
            return function

        return declared

    def api(
        self,
        path: str,
        *,
        needs: Permission | None,
        method: str = "GET",
        examples: Examples | None = None,
        **keywords: Any,  # noqa: ANN401 - FastAPI's own: response_model, summary, responses, ...
    ) -> Callable[[F], F]:
        """Declare a route of the API: a FastAPI function whose parameter `visit: Visiting` is the visit.

        Signed in by a token, or by the cookie of the page that asks.
        """

        def declared(function: F) -> F:
            self.routes.append(
                Route(path=path, endpoint=function, needs=needs, method=method, examples=examples, api=keywords)
            )
            return function

        return declared
