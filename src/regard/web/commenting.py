"""Comments beside things: shown, written, changed and taken back. What has the form of personal data is never kept.

A page that has them declares their forms by `comments` and shows them with the template `comments.html`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from regard.access import Permission
from regard.stewardship.masking import masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from regard.store import Comment, Deed
    from regard.web.routing import Area, Examples
    from regard.web.visit import Visit

LONGEST = 2000
"""Signs of a comment."""
REFUSED = 400


def comments(
    area: Area,
    path: str,
    *,
    subject: Callable[[Visit], str],
    shown: Callable[[Visit, str, str], Response],
    examples: Examples,
) -> None:
    """Declare the forms of the comments on something.

    Args:
        area: the routes that they belong to.
        path: address of the page that shows them; its forms stand below it.
        subject: what they are about, as `noun:id`; raises where there is no such thing, or it may not be seen.
        shown: makes the page with words of what was wrong and the text that was typed.
        examples: gives addresses of the page.
    """

    def form(name: str, done: Callable[[Visit, str, str], str]) -> None:
        @area.form(f"{path}{name}", needs=Permission.COMMENT, examples=lambda ws: [f"{p}{name}" for p in examples(ws)])
        def answered(visit: Visit) -> Response:
            text = visit.text("text")
            trouble = done(visit, subject(visit), text)
            if trouble:
                return replaced(shown(visit, trouble, text))
            return visit.go(f"{visit.request.url.path.removesuffix(name)}#comments")

    form("/comments", _write)
    form("/comments/change", _change)
    form("/comments/withdraw", _withdraw)


def replaced(page: Response) -> Response:
    """Return a page as the answer to a form that was refused."""
    page.status_code = REFUSED
    return page


def about(visit: Visit, subject: str) -> tuple[Comment, ...]:
    """Return the comments that somebody may see: all, or where only some rows may be seen their own.

    What somebody else wrote may be about any row.
    """
    found = visit.workspace.store.comments.about(subject)
    mine = visit.person.name if visit.person else ""
    return tuple(one for one in found if not visit.workspace.scope or one.author == mine)


def _write(visit: Visit, subject: str, text: str) -> str:
    trouble = _wrong(text)
    if not trouble:
        visit.workspace.store.comments.add(subject, masked(text).text, visit.deed("comment.write", subject))
    return trouble


def _change(visit: Visit, subject: str, text: str) -> str:
    trouble = _wrong(text)
    if trouble:
        return trouble
    done = visit.workspace.store.comments.change(
        visit.text("comment"), masked(text).text, _deed(visit, "comment.change", subject)
    )
    return "" if done else "Only a comment of your own can be changed."


def _withdraw(visit: Visit, subject: str, text: str) -> str:
    del text
    done = visit.workspace.store.comments.withdraw(visit.text("comment"), _deed(visit, "comment.withdraw", subject))
    return "" if done else "Only a comment of your own can be taken back."


def _deed(visit: Visit, action: str, subject: str) -> Deed:
    return replace(visit.deed(action), object=subject)


def _wrong(text: str) -> str:
    if not text:
        return "Write something."
    return f"It has {len(text)} signs; {LONGEST} are the most." if len(text) > LONGEST else ""
