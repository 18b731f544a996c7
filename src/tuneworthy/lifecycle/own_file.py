"""A file beside the project file that takes the place of one that comes with the product."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from tuneworthy.config.text_file import read_text
from tuneworthy.core.errors import ConfigProblem

T = TypeVar("T")

_TOLD = 3
"""Faults that one message lists."""


def read(path: Path, make: Callable[[str], T], *, what: str, code: str, print_it: str) -> T | None:
    """What the file says; None where there is none, or it is empty.

    A shell empties ``FILE`` before ``COMMAND > FILE`` runs, so an empty file says nothing.

    Args:
        path: The file.
        make: What reads its text; raises ValueError.
        what: What it should be, as a message says it.
        code: The code of the problem.
        print_it: The command that prints one to start from.

    Raises:
        ConfigProblem: It is something else, cannot be read, or is not UTF-8.
    """
    if not path.exists():
        return None
    said = read_text(path, print_it)
    if not said.strip():
        return None
    try:
        return make(said)
    except ValueError as fault:
        raise ConfigProblem(
            code,
            f"{path} is no {what}.",
            why=_why(fault),
            fix=f"Mend it; {print_it} prints the one in force.",
        ) from fault


def _why(fault: ValueError) -> str:
    if not isinstance(fault, ValidationError):
        return str(fault).splitlines()[0]
    found = fault.errors()
    told = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}".lstrip(": ") for one in found]
    rest = len(told) - _TOLD
    return "; ".join(told[:_TOLD]) + (f"; and {rest} more" if rest > 0 else "") + "."
