"""Where a secret is kept, never the secret itself: ``env:NAME`` or ``file:PATH``.

``api_key_env`` and ``password_env`` also take the bare name of an environment variable.
"""

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from tuneworthy.core.errors import ConfigProblem

OPEN_SECRET = "secret_in_the_open"  # noqa: S105 - the name of a fault
"""The fault of a setting that holds something else than a reference; its value is not repeated."""

_FORM = re.compile(r"env:[A-Za-z_]\w*|file:\S.*", re.ASCII)
_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
"""A name with small letters may be a secret that somebody wrote down here."""

_MOST = 8_192


def _reference(value: str) -> str:
    if value and not _FORM.fullmatch(value):
        raise PydanticCustomError(OPEN_SECRET, "It must be env:NAME or file:PATH")
    return value


def _or_name(value: str) -> str:
    return value if _NAME.fullmatch(value) else _reference(value)


SecretRef = Annotated[str, AfterValidator(_reference)]
"""A reference to a secret; empty for none."""

NamedSecretRef = Annotated[str, AfterValidator(_or_name)]
"""The same, or the bare name of an environment variable."""


def read_secret(reference: str, what: str, folder: Path | None = None) -> str:
    """The secret behind a reference; a line break at a file's end is no part of it.

    Args:
        reference: What stands in the settings.
        what: What it is the secret of, for the error.
        folder: Where a relative path begins.

    Raises:
        ConfigProblem: The variable is not set, or the file cannot be read; the secret is not in it.
    """
    if _NAME.fullmatch(reference):
        reference = f"env:{reference}"
    if not _FORM.fullmatch(reference):
        # What stands here may be the secret itself, so it is not repeated.
        raise ConfigProblem(
            "no_secret",
            f"It is not said where to find {what}.",
            why="Only where a secret is kept may stand there.",
            fix="env:NAME or file:PATH",
        )
    kind, _, name = reference.partition(":")
    if kind == "file":
        path = (folder or Path()) / name
        if found := _read(path):
            return found
        fix = "Write it into that file, readable by this program's user alone."
        raise ConfigProblem("no_secret", f"The file {path} does not hold {what}.", fix=fix)
    if found := os.environ.get(name, ""):
        return found
    raise ConfigProblem(
        "no_secret",
        f"The environment variable {name} does not hold {what}.",
        fix=f"export {name}=...   (secrets are never kept in the project)",
    )


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as opened:
            return opened.read(_MOST).rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        return ""
