"""Compilation of kernels with numba; only modules that are imported late import this one."""

from collections.abc import Callable
from typing import TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """The function as machine code, kept on disk for the next process where a folder allows.

    Kernels hold no GIL and use one thread, so the same input gives the same bits.
    """
    try:
        made: F = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # no folder to keep it in
        made = njit(nogil=True, error_model="numpy")(function)
    return made
