"""Checks of rows: one file a check, each ``check(examples) -> list[Finding]``."""

from collections.abc import Callable, Sequence

from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks import (
    conflicts,
    empty_target,
    encoding,
    formats,
    long_rows,
    refusals,
    roles,
)

Check = Callable[[Sequence[Example]], list[Finding]]

CHECKS: tuple[Check, ...] = (
    roles.check,
    empty_target.check,
    long_rows.check,
    encoding.check,
    refusals.check,
    conflicts.check,
    formats.check,
)


def run_checks(examples: Sequence[Example]) -> list[Finding]:
    """What every check has to say, in the order of ``CHECKS``."""
    return [finding for check in CHECKS for finding in check(examples)]
