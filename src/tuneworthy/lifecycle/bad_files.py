"""One bad file among many stops the work, or is left out and named: as the user chose."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from tuneworthy.core.errors import ConfigProblem, DataProblem
from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.project import Source

Fault = ConfigProblem | DataProblem
Read = TypeVar("Read")


class LeftOut(NamedTuple):
    """A file that cannot be used, with why."""

    file: str
    fault: Fault

    @property
    def reason(self) -> str:
        """What is wrong with it, in words."""
        return " ".join(filter(None, (self.fault.message, self.fault.why)))


def read_each(
    sources: Sequence[Source], read: Callable[[Source], Read], go_on: str
) -> tuple[list[Read], list[LeftOut]]:
    """What each file gave, and the files that were left out because their source says so.

    Args:
        sources: One a file.
        read: Reads one.
        go_on: How the user says to go on without such files, for the error.

    Raises:
        ConfigProblem, DataProblem: A file that cannot be used, unless its source says to leave such
            files out; or no file that can be used at all.
    """
    reads: list[Read] = []
    left: list[LeftOut] = []
    for source in sources:
        try:
            reads.append(read(source))
        except (ConfigProblem, DataProblem) as fault:
            if source.on_bad_file == "stop":
                raise _told(fault, go_on, among=len(sources)) from fault
            left.append(LeftOut(source.path, fault))
    if left and not reads:
        raise left[0].fault
    return reads, left


def finding_of(one: LeftOut) -> Finding:
    """The warning that a file was left out."""
    return Finding(
        code="file_left_out",
        severity="warning",
        message=f"{one.file}: the file was left out. {one.reason}",
        count=1,
        fix=one.fault.fix,
    )


def _told(fault: Fault, go_on: str, among: int) -> Fault:
    """The problem, and where there are other files the way to go on without this one."""
    if among < 2:
        return fault
    fix = " ".join(filter(None, (fault.fix, f"To go on without such files: {go_on}")))
    return type(fault)(fault.code, fault.message, why=fault.why, fix=fix)
