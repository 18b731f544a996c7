"""Every error a user can meet, as one tree.

Problem
├── UsageProblem        2    the command or its arguments are wrong
├── ConfigProblem       2    tuneworthy.yaml or a file beside it is missing or wrong
├── DataProblem         1    a data file cannot be read as it stands
├── ModelProblem        1    a model is missing, or a backend does not answer
├── StoreProblem        1    the disk or the database refused
├── ServeProblem        1    the gateway cannot start or go on
├── ConflictProblem     1    somebody else changed it first (compare-and-swap lost)
├── BlockedProblem      3    a check or a gate says no
│   └── IntegrityProblem 3   bytes are not what was approved or recorded
├── NeedsPersonProblem  4    a person must decide, sign or answer
├── OfflineProblem      5    the network is needed and it is off
└── StoppedProblem    130    Ctrl+C or a termination signal

Each carries facts only: a stable code, what happened, why, and what to type next.
"""

from typing import ClassVar


class Problem(Exception):
    """A fault that a person can act on.

    Args:
        code: Stable snake_case name, for programs and for the docs.
        message: What happened, with the place (file:line, row, id) where there is one.
        why: The cause, if it is not plain from the message.
        fix: What to type or change next.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, message: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.why = why
        self.fix = fix

    def to_dict(self) -> dict[str, str]:
        """The same facts as a JSON object (the one shape of every error)."""
        return {"code": self.code, "message": self.message, "why": self.why, "fix": self.fix}


class UsageProblem(Problem):
    """The command or its arguments are wrong."""

    exit_code: ClassVar[int] = 2


class ConfigProblem(Problem):
    """The project file, or a file it names, is missing or wrong."""

    exit_code: ClassVar[int] = 2


class DataProblem(Problem):
    """A data file cannot be read as it stands."""


class ModelProblem(Problem):
    """A model is missing, cannot be loaded, or its backend does not answer."""


class StoreProblem(Problem):
    """The disk or the database refused."""


class ServeProblem(Problem):
    """The gateway cannot start or go on."""


class ConflictProblem(Problem):
    """Somebody else changed the same thing first; nothing was written."""


class BlockedProblem(Problem):
    """A check or a gate says no."""

    exit_code: ClassVar[int] = 3


class IntegrityProblem(BlockedProblem):
    """Bytes are not what was trained, approved or recorded."""


class NeedsPersonProblem(Problem):
    """A person must decide, sign or answer first."""

    exit_code: ClassVar[int] = 4


class OfflineProblem(Problem):
    """The network is needed and it is off."""

    exit_code: ClassVar[int] = 5


class StoppedProblem(Problem):
    """Stopped by Ctrl+C or a termination signal; finished work is kept."""

    exit_code: ClassVar[int] = 130
