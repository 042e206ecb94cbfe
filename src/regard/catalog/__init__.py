"""The catalogue: metrics, tables, dimensions, choices and policies as written in files, read and resolved.

The only room that reads YAML and TOML. What an author got wrong is collected as `errors.Mistake`, all at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.catalog.arguments import table_arguments as table_arguments, table_choices as table_choices
from regard.catalog.catalogue import (
    BUILTIN as BUILTIN,
    Catalogue as Catalogue,
    in_order as in_order,
    load as load,
)
from regard.catalog.config import CONFIG as CONFIG, Config as Config, Role as Role, read_config as read_config
from regard.catalog.fields import (
    Field as Field,
    Record as Record,
    Sort as Sort,
    Written as Written,
    read as read,
)
from regard.catalog.metrics import METRIC as METRIC, OVERRIDABLE as OVERRIDABLE, Definition as Definition
from regard.catalog.places import (
    Document as Document,
    Item as Item,
    Place as Place,
    parse_yaml as parse_yaml,
    read_toml as read_toml,
    read_yaml as read_yaml,
    yaml_files as yaml_files,
)
from regard.catalog.policies import (
    HEADS as HEADS,
    RegisteredChoice as RegisteredChoice,
    Terms as Terms,
)
from regard.catalog.reports import REPORT as REPORT, SHOWS as SHOWS
from regard.catalog.saving import named as named, save_section as save_section
from regard.catalog.shorthand import (
    day as day,
    duration as duration,
    hours as hours,
    window as window,
    zone_hint as zone_hint,
)
from regard.catalog.tables import TABLE as TABLE

if TYPE_CHECKING:
    from pathlib import Path

    from regard.errors import Mistake


def check(workspace: Path) -> list[Mistake]:
    """Return everything that is wrong in a workspace's configuration, metrics and policies, in file order."""
    mistakes: list[Mistake] = []
    read_config(workspace, mistakes)
    return list(in_order([*mistakes, *load(workspace).mistakes]))
