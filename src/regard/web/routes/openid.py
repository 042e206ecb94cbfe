"""Signing in with an account of the organisation: to its OpenID provider, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from regard.errors import AccessError, SourceError
from regard.web.openid import BACK, HELD
from regard.web.routing import PUBLIC, Area
from regard.web.views.paths import back, nowhere

if TYPE_CHECKING:
    from starlette.responses import Response

    from regard.web.openid import Organisation
    from regard.web.visit import Visit

AREA = Area("openid")


@AREA.page("/sign-in/openid", needs=PUBLIC, kept=False, examples=nowhere)
def sign_in(visit: Visit) -> Response:
    """Send a browser to the provider; a link leads here, since the policy of our pages lets no form go elsewhere."""
    organisation = _organisation(visit)
    try:
        url, made = organisation.begin(visit.request, back(visit.query.get("next", "")))
    except SourceError as error:
        return _failed(visit, str(error), 503)
    response = visit.go(url)
    response.set_cookie(
        _cookie(visit), made, max_age=int(HELD), httponly=True, secure=organisation.settings.secure, samesite="lax"
    )
    return response


@AREA.page(BACK, needs=PUBLIC, kept=False, examples=nowhere)
def signed_in(visit: Visit) -> Response:
    """Take somebody whom the provider led back, or say why not."""
    organisation = _organisation(visit)
    made = visit.request.cookies.get(_cookie(visit), "")
    try:
        account, then = organisation.finish(visit.request, made)
    except AccessError as error:
        return _failed(visit, str(error), 403)
    except SourceError as error:
        return _failed(visit, str(error), 503)
    session = visit.signing.open(visit.request, account, organisation.config.issuer)
    response = visit.signing.remember(visit.go(then), session)
    response.delete_cookie(_cookie(visit), httponly=True, secure=organisation.settings.secure, samesite="lax")
    return response


def _failed(visit: Visit, words: str, status: int) -> Response:
    said = f"{words[:1].upper()}{words[1:]}."
    return visit.page("account/sign_in.html", status=status, next="/", name="", words=said)


def _organisation(visit: Visit) -> Organisation:
    if visit.signing.organisation is None:
        raise HTTPException(404, "Nobody signs in here with an account of an organisation.")
    return visit.signing.organisation


def _cookie(visit: Visit) -> str:
    return f"{visit.signing.cookie}-openid"
