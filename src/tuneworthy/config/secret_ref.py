"""Where a secret is kept: ``env:NAME`` or ``file:PATH``, never the secret itself."""

import os
from pathlib import Path

from tuneworthy.core.errors import ConfigProblem

FORM = r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:\S.*)$"
"""What a reference looks like."""

_MOST = 8_192


def read_secret(reference: str, what: str, folder: Path | None = None) -> str:
    """The secret behind a reference; a line break at a file's end is no part of it.

    Args:
        reference: ``env:NAME`` or ``file:PATH``.
        what: What it is the secret of, for the error.
        folder: Where a relative path begins.

    Raises:
        ConfigProblem: The variable is not set, or the file cannot be read; the secret is not in it.
    """
    kind, _, name = reference.partition(":")
    if kind == "env" and name:
        found, place = os.environ.get(name, ""), f"The environment variable {name}"
        fix = f"export {name}=..."
    elif kind == "file" and name:
        path = (folder or Path()) / name
        found, place = _read(path), f"The file {path}"
        fix = f"Write it into {path}, readable by this program's user alone."
    else:
        # What stands here may be the secret itself, so it is not repeated.
        raise ConfigProblem(
            "no_secret_reference",
            f"{what} is not kept in the open.",
            why="Only where a secret is kept may stand there.",
            fix="env:NAME or file:PATH",
        )
    if not found:
        raise ConfigProblem("no_secret", f"{place} does not hold {what}.", fix=fix)
    return found


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as opened:
            return opened.read(_MOST).rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        return ""
