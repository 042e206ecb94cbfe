"""The table of the metrics by method that are built: name in the closed list of methods -> what computes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.stats.major_days import major_days
from regard.stats.projection import projection
from regard.stats.shrinkage import shrinkage
from regard.stats.windows import worst_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from regard.stats.series import Found, Observed

BY_METHOD: Mapping[str, Callable[[Observed], Found]] = {
    "major_days": major_days,
    "projection": projection,
    "shrinkage": shrinkage,
    "worst_window": worst_windows,
}
