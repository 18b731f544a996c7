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


def read(
    path: Path, make: Callable[[str], T], print_it: str, refuse: Callable[[str], ConfigProblem]
) -> T | None:
    """What the file says; None where there is none, or it is empty.

    A shell empties ``FILE`` before ``COMMAND > FILE`` runs, so an empty file says nothing.

    Args:
        path: The file.
        make: What reads its text; raises ValueError.
        print_it: The command that prints one to start from.
        refuse: Makes the problem of a file that is something else, of what is wrong with it.

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
        raise refuse(_why(fault)) from fault


def _why(fault: ValueError) -> str:
    if not isinstance(fault, ValidationError):
        return str(fault).splitlines()[0]
    found = fault.errors()
    told = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}".lstrip(": ") for one in found]
    rest = len(told) - _TOLD
    return "; ".join(told[:_TOLD]) + (f"; and {rest} more" if rest > 0 else "") + "."
