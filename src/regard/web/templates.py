"""Prints pages: Jinja2 with everything escaped and nothing undefined forgiven, and the words that all pages share."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from regard.model import moment
from regard.present import numbers, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.web.routing import Route
    from regard.web.settings import Settings
    from regard.web.visit import Visit

STATIC = files("regard.web") / "static"
VERSIONS: Mapping[str, str] = {
    entry.name: sha256(entry.read_bytes()).hexdigest()[:12] for entry in STATIC.iterdir() if entry.is_file()
}
"""Static file -> hash of what it holds."""


MENU_FIRST = 9
"""Entries of the menu that always stand there: what people come to look at. The others open with a click."""


class Templates:
    """The templates of `web/templates/`."""

    def __init__(self, settings: Settings, routes: Sequence[Route]) -> None:
        """Read them; `routes` make the menu."""
        self._menu = [route for route in routes if route.menu]
        self._settings = settings
        self._environment = Environment(
            loader=PackageLoader("regard.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(coded=coded, count=numbers.count, share=numbers.share, when=when)
        self._environment.globals.update(static=static, STATUS=words.STATUS)

    def page(self, visit: Visit, template: str, values: Mapping[str, object]) -> str:
        """Return a template with its values, the menu of the visitor and what every page says."""
        return self._environment.get_template(template).render(
            visit=visit,
            menu_first=MENU_FIRST,
            menu=[route for route in self._menu if route.needs is not None and visit.may(route.needs)],
            here=visit.request.url.path,
            config=visit.workspace.config,
            settings=self._settings,
            csrf=lambda: _csrf(visit),
            **values,
        )


def _csrf(visit: Visit) -> Markup:
    """Return the hidden field that every form carries.

    Raises:
        ValueError: the page is kept and shown to others, so it must not hold anybody's secret.
    """
    if not visit.token:
        raise ValueError(f"{visit.request.url.path} has a form: declare it with kept=False")
    return Markup('<input type="hidden" name="csrf" value="{}">').format(visit.token)


def coded(text: str) -> Markup:
    """Return a text in which what stands between backticks is set as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one without its partner is a sign like any other
        return Markup("{}").format(text)
    plain, code = Markup("{}"), Markup("<code>{}</code>")
    return Markup("").join((code if i % 2 else plain).format(part) for i, part in enumerate(parts))


def when(instant: int | None, zone: str) -> Any:  # noqa: ANN401 - markup or text
    """Return an instant in microseconds as `2026-07-31 10:00` in a zone, marked up for machines."""
    if instant is None:
        return "never"
    return Markup('<time datetime="{}">{}</time>').format(moment(instant).isoformat(), local(instant, zone))


def local(instant: int, zone: str) -> str:
    """Return an instant in microseconds as people of a zone write it, to the minute."""
    return moment(instant).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def static(name: str) -> str:
    """Return the address of a static file, which changes when the file does, so that browsers may keep it for ever.

    Raises:
        FileNotFoundError: there is no such file.
    """
    return f"/static/{VERSIONS[name]}/{name}"
