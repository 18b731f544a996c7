"""The shares that the values of a column should have, from the user's YAML."""

import math
from pathlib import Path
from typing import Any

from tuneworthy.config.yaml_file import read_yaml
from tuneworthy.core.errors import ConfigProblem

_EXAMPLE = "Write: COLUMN: {VALUE: 0.5, OTHER: 0.5}"


def declared_shares(path: Path) -> dict[str, dict[str, float]]:
    """Column to value to share; they need not add up to one.

    Raises:
        ConfigProblem: The file cannot be read, or a share is none.
    """
    found: dict[str, dict[str, float]] = {}
    for column, values in read_yaml(path, make=_EXAMPLE).items():
        if not isinstance(values, dict) or not values:
            raise _no_share(path, f"'{column}' must name values with their shares")
        for value, share in values.items():
            if not _is_share(share):
                raise _no_share(path, f"the share of '{value}' in '{column}' is {share!r:.40}")
        if not sum(values.values()) > 0:
            raise _no_share(path, f"the shares of '{column}' add up to nothing")
        found[str(column)] = {_spelled(value): float(share) for value, share in values.items()}
    return found


def _spelled(value: Any) -> str:
    """As the file's own true and false are written."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_share(share: Any) -> bool:
    number = isinstance(share, int | float) and not isinstance(share, bool)
    return number and math.isfinite(share) and share >= 0


def _no_share(path: Path, why: str) -> ConfigProblem:
    return ConfigProblem("bad_share", f"{path} has a share that is none.", why=why, fix=_EXAMPLE)
