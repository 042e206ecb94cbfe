"""A visit: one request as a page sees it. Whose it is, what was asked, and the workspace as far as that person may see.

A page gets the workspace from its visit and from nowhere else: there every question carries the person's scope.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends
from starlette.requests import Request  # noqa: TC002 - FastAPI reads it when the app is made
from starlette.responses import HTMLResponse, RedirectResponse

from regard.store import Deed
from regard.web.addresses import address_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import FormData
    from starlette.responses import Response

    from regard.access import Permission, Person
    from regard.web.signin import SignIn
    from regard.web.templates import Templates
    from regard.workspace import Workspace

SEE_OTHER = 303


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request.

    Attributes:
        request: as it came.
        person: whose it is.
        workspace: as far as the person may see; every question asked of it carries their scope.
        templates: prints pages.
        token: what the person's forms must carry (CSRF), "" for a page that is kept for others too.
        form: what was posted.
        data: the snapshot that was newest before the page was made: an open page asks whether there is a newer one.
        session: key of the session, "" for none.
        signing: signs people in and out; only the pages for that need it.
    """

    request: Request
    person: Person | None
    workspace: Workspace
    templates: Templates
    signing: SignIn
    token: str = ""
    session: str = ""
    form: Mapping[str, Any] | FormData = field(default_factory=dict)
    data: str = ""

    @property
    def path(self) -> Mapping[str, str]:
        """The parameters in the path."""
        return self.request.path_params

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters after the question mark, the last of each name."""
        return self.request.query_params

    def text(self, name: str) -> str:
        """Return a text field of the form, without space around it; "" where it was not posted, or is a file."""
        given = self.form.get(name, "")
        return given.replace("\0", "").strip() if isinstance(given, str) else ""

    def deed(self, action: str, object: str = "", *, reason: str = "") -> Deed:  # noqa: A002 - the noun's own field
        """Return something that the person does, for the audit log: what is done as `noun.verb`, and to what."""
        actor = self.person.name if self.person else "nobody"
        return Deed(actor=actor, action=action, object=object, address=address_of(self.request), reason=reason)

    def record(
        self,
        action: str,
        object: str = "",  # noqa: A002 - as above
        *,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        reason: str = "",
    ) -> None:
        """Write into the audit log what the person did; every form that changes something does so."""
        self.workspace.store.audit.record(self.deed(action, object, reason=reason), before=before, after=after)

    def may(self, permission: Permission) -> bool:
        """Whether the person may do something."""
        return self.person is not None and self.person.may(permission)

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Print a template of `web/templates/` that extends `layout.html`."""
        return HTMLResponse(self.templates.page(self, template, values), status_code=status)

    def fragment(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Print a template that is a part of a page, for htmx to put in place."""
        return self.page(template, status=status, **values)

    def go(self, path: str) -> Response:
        """Lead the browser to another page, as after a form."""
        return RedirectResponse(path, status_code=SEE_OTHER)


def visiting(request: Request) -> Visit:
    """Return the visit that the guard of a route made; a route without a guard has none and fails."""
    made: Visit = request.state.visit
    return made


Visiting = Annotated[Visit, Depends(visiting)]
"""The type of an API function's parameter that is to be the visit."""
