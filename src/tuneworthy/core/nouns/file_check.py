"""What a check of one file says, and what mending it did; needs no project."""

from typing import Literal

from pydantic import Field

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.dataset import Finding


class CheckFigure(Part):
    """A check that ran, or why it did not, with its number."""

    code: str
    ran: bool
    rows: int = 0
    """Rows it found."""
    share: float = 0.0
    """The same as a share of all rows, 0..1."""
    figure: dict[str, float | str] = Field(default_factory=dict)
    """Further numbers of this check, by name."""
    why_not: str = ""


class FileFinding(Part):
    """Rows of a file that a check speaks against."""

    code: str
    severity: Literal["info", "warning", "block"]
    rows: tuple[int, ...]
    """Row numbers, from 0; blank lines of a JSON Lines file are not counted. Of several files the
    rows are numbered through."""
    message: str
    fix: str
    reasons: dict[int, str] = Field(default_factory=dict)
    """More about a row, where there is more to say than the message."""
    others: dict[int, int] = Field(default_factory=dict)
    """For a row the row of the same file that it was found with."""


class CheckedFile(Part):
    """One file of those that were checked together."""

    file: str
    sha256: str
    first: int
    """The number of its first row among the rows of all."""
    rows: int


class FileLeftOut(Part):
    """A file of several that cannot be used, and was not checked."""

    file: str
    code: str
    """Of the error that reading it by itself gives."""
    reason: str
    fix: str


class FileCheck(Part):
    """A file, or several together, after every check."""

    file: str
    """As it was named: a file, a folder or a pattern."""
    sha256: str
    """Of the file; of several, the digest of what ``sha256sum`` prints for them, in order."""
    rows: int
    files: tuple[CheckedFile, ...] = ()
    """Each file, in the order of its rows."""
    left_out: tuple[FileLeftOut, ...] = ()
    """Files that cannot be used, where the user chose to go on without them."""
    format: str
    """Rows of each shape, as text."""
    checks: tuple[CheckFigure, ...]
    findings: tuple[FileFinding, ...]
    lines: dict[int, int] = Field(default_factory=dict, exclude=True)
    """For a row that was found the line of the file that it starts on, from 1."""

    @property
    def blocked(self) -> bool:
        """Whether a finding stands that blocks training."""
        return any(finding.severity == "block" for finding in self.findings)

    @property
    def clear(self) -> bool:
        """Whether every file was checked and nothing found blocks training."""
        return not self.blocked and not self.left_out

    def place(self, row: int) -> tuple[str, int]:
        """The file and the line of a row that was found."""
        home = next((one for one in reversed(self.files) if one.first <= row), None)
        return home.file if home else self.file, self.lines[row]

    def as_findings(self) -> list[Finding]:
        """The findings with places, for people and for CI, and the files that were left out."""
        left_out = [
            Finding(
                code="file_left_out",
                severity="warning",
                message=f"The file was left out. {one.reason}",
                rows=(f"{one.file}:1",),
                count=1,
                fix=one.fix,
            )
            for one in self.left_out
        ]
        return left_out + [
            Finding(
                code=found.code,
                severity=found.severity,
                message=f"{len(found.rows)} rows. {found.message}",
                rows=tuple(f"{file}:{line}" for file, line in map(self.place, found.rows[:20])),
                count=len(found.rows),
                fix=found.fix,
            )
            for found in self.findings
        ]


class Edit(Part):
    """One text that was changed. Personal data and secrets are named by kind, never repeated."""

    path: str
    code: str
    before: str
    after: str


class RowChange(Part):
    """What became of one row: left out, or changed in some places. One line of the ledger."""

    row: int
    action: Literal["dropped", "changed"]
    code: str
    reason: str
    kept: int | None = None
    """Of copies, the row that stays."""
    edits: tuple[Edit, ...] = ()


class FileFix(Part):
    """A mended file. ``rows_in == rows_out + dropped``."""

    file: str
    out: str
    ledger: str
    rows_in: int
    rows_out: int
    dropped: int
    changed: int
    by_code: dict[str, int]
    """Rows that each code dropped or changed."""
    not_run: dict[str, str] = Field(default_factory=dict)
    """Codes that were named and whose check could not run, with the reason."""
    made_alike: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    """Rows that a change made copies of others, or contradict them, by the code that says so."""
    read_otherwise: tuple[int, ...] = ()
    """Rows that were not changed, and that the new file cannot say as they were."""
    preview: bool = False
    """Nothing was written."""
