"""How routes of the API are declared: what they give, how all of them refuse, and the words that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import Path
from starlette.exceptions import HTTPException

from regard.errors import QuestionError
from regard.web.api import schemas as told
from regard.web.api.printing import PROBLEM

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from regard.access import Permission
    from regard.web.routing import Area, Examples
    from regard.workspace import Workspace

T = TypeVar("T")
F = TypeVar("F", bound="Callable[..., object]")

ROOT = "/api/v1"


def _refusals(**words: str) -> dict[int | str, dict[str, Any]]:
    """Return how the description tells refusals: status -> problem details, with words."""
    schema = {PROBLEM: {"schema": told.Problem.model_json_schema()}}
    return {int(status[1:]): {"description": said, "content": schema} for status, said in words.items()}


REFUSED = _refusals(
    _400="The question cannot be answered as asked; the text says why.",
    _401="Nobody is signed in, or the token is not valid.",
    _403="The role, the scope or the token does not allow this.",
    _422="A parameter is not of the shape that it must have, or not known.",
)
LOST = _refusals(_404="There is none of that name.")
METRIC = Annotated[told.Name, Path(description="id or alias of a metric")]
ID = Annotated[told.Key, Path(description="as its source wrote it")]


def getter(area: Area) -> Callable[..., Callable[[F], F]]:
    """Return what declares routes of an area that give a model, and refuse as all of them do."""

    def get(
        path: str,
        needs: Permission,
        model: Any,  # noqa: ANN401 - a model or a list of models
        summary: str,
        *,
        lost: bool = False,
        csv: bool = False,
        also: Mapping[str, Any] | None = None,
        examples: Examples | None = None,
    ) -> Callable[[F], F]:
        """Declare one.

        Args:
            path: below the root of the API.
            needs: the permission.
            model: what it gives.
            summary: in a line.
            lost: whether there may be none of the name that is asked.
            csv: whether it gives CSV too.
            also: other media types that it gives -> their schema.
            examples: addresses of it.
        """
        media = ({"text/csv": {"schema": {"type": "string"}}} if csv else {}) | dict(also or {})
        responses = REFUSED | (LOST if lost else {}) | ({200: {"content": media}} if media else {})
        return area.api(
            f"{ROOT}{path}",
            needs=needs,
            examples=examples,
            response_model=model,
            summary=summary,
            responses=responses,
        )

    return get


def first_metric(path: str) -> Examples:
    """Return what gives the address of the first metric of a workspace."""

    def found(workspace: Workspace) -> Sequence[str]:
        return (f"{ROOT}{path}".replace("{metric}", next(iter(workspace.catalogue.metrics))),)

    return found


def settings(chosen: Sequence[str]) -> dict[str, str]:
    """Return choice -> option.

    Raises:
        QuestionError: a choice is set twice.
    """
    found: dict[str, str] = {}
    for text in chosen:
        choice, _, option = text.partition("=")
        if found.setdefault(choice.upper(), option) != option:
            raise QuestionError(f"{choice} is set twice")
    return found


def known(workspace: Workspace, name: str) -> str:
    """Return the id of a metric.

    Raises:
        HTTPException: 404, there is none of that name.
    """
    return or_lost(lambda: workspace.catalogue.find(name))


def or_lost(look: Callable[[], T]) -> T:
    """Return what is looked for.

    Raises:
        HTTPException: 404, it is not there.
    """
    try:
        return look()
    except QuestionError as error:
        raise HTTPException(404, str(error)) from None
