"""Checks a file of examples, or several together; needs no project."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from tuneworthy import adapters
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.file_check import (
    CheckedFile,
    CheckFigure,
    FileCheck,
    FileFinding,
    FileLeftOut,
)
from tuneworthy.core.nouns.project import Source
from tuneworthy.core.nouns.run import TrainSettings
from tuneworthy.core.ports import Progress
from tuneworthy.data import Hits, Limits, ReadResult, Setting, Table, read_all, screen
from tuneworthy.data.attributes import column_values
from tuneworthy.data.checks import Tokens
from tuneworthy.data.examine import Seen
from tuneworthy.data.preview import preview
from tuneworthy.data.source_files import files_of
from tuneworthy.lifecycle.bad_files import LeftOut, read_each
from tuneworthy.lifecycle.declared_shares import declared_shares
from tuneworthy.lifecycle.sentences import sentence_vectors
from tuneworthy.lifecycle.tokenizers import tokenizer_named
from tuneworthy.lifecycle.wiring import silent
from tuneworthy.methods.canonical import digest_bytes
from tuneworthy.methods.placeholders import Mode

LIMITS = Limits(characters=4_000_000)
"""A file is looked at whole; how long a row may be is for the check of lengths to say."""

SKIP = "--on-bad-file skip"


@dataclass(frozen=True)
class FileOptions:
    """How a file is read and checked.

    Attributes:
        columns: Our field name to the file's column, where they differ.
        against: Files whose rows must not stand in this one.
        benchmarks: Public benchmarks of which no row may hold a case.
        max_characters: Length of a row that training may cut short.
        embeddings: Whether the embedded sentence model may be asked, where it is installed.
        redact: How personal data and secrets are taken out of a text.
        key: What ``pseudonymise`` makes its stand-ins from; 16 bytes or more, kept by the user.
        groups: Columns whose values are counted: who and what the rows are about.
        shares: YAML with the share that each value of a column should have.
        tokenizer: ``embedded`` or a model's folder, to count tokens by.
        max_tokens: Tokens that training keeps of a row.
        impute: How missing metadata is filled in: ``FIELD=constant:VALUE``,
            ``FIELD=most_frequent`` or ``FIELD=most_frequent:COLUMN``.
        strict_labels: Whether a label counts as wrong only where both models say so.
        vendi: Whether the sentence model measures how varied the requests are.
        names: A spaCy model with which Presidio looks for names and places; the built-in
            recogniser, which finds fewer, when empty.
        on_bad_file: Whether a file that cannot be used stops the check of several, or is left out
            and named.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    against: Sequence[Path] = ()
    benchmarks: Sequence[Path] = ()
    max_characters: int = Setting.max_characters
    embeddings: bool = True
    redact: Mode = "redact"
    key: bytes = b""
    groups: Sequence[str] = ()
    shares: Path | None = None
    tokenizer: str = ""
    max_tokens: int = TrainSettings().max_length
    impute: Sequence[str] = ()
    vendi: bool = False
    strict_labels: bool = False
    names: str = ""
    on_bad_file: Literal["stop", "skip"] = "stop"


DEFAULT = FileOptions()


def check_file(
    path: str | Path, options: FileOptions = DEFAULT, *, progress: Progress = silent
) -> FileCheck:
    """Run every check over one file of any format that is read, or over several together.

    Args:
        path: A file; or a folder or a pattern, whose files are checked as one.
        options: How they are read and checked.
        progress: Hears how far it is.

    Raises:
        ConfigProblem: No such file, or a kind that is not read.
        DataProblem: A file as a whole cannot be read; with ``on_bad_file="skip"``, none can.
    """
    reads, left_out = read_each(
        files_named(path, options.on_bad_file),
        lambda source: read_file(Path(source.path), options, progress),
        f"{SKIP}.",
    )
    setting = checks_told(reads, options, progress)
    table = Table.join([read.table for read in reads])
    found = screen(table, setting, heard=heard_by(progress))
    findings = tuple(_finding(hits) for hits in found if len(hits.rows))
    lines = table.columns.column("line")
    named = sorted({row for finding in findings for row in finding.rows})
    parts = tuple(_parts(reads))
    return FileCheck(
        file=str(path),
        sha256=parts[0].sha256 if len(parts) == 1 else _together(parts),
        rows=len(table),
        files=parts,
        left_out=tuple(_left_out(one) for one in left_out),
        format=Seen.join([read.seen for read in reads]).told,
        checks=tuple(_figure(hits, len(table)) for hits in found),
        findings=findings,
        lines={row: lines[row].as_py() for row in named},
    )


def files_named(path: str | Path, on_bad_file: Literal["stop", "skip"] = "stop") -> list[Source]:
    """The files that a path names: itself, those of a folder, or those that a pattern fits.

    Raises ConfigProblem for a folder without a file that is read, or a pattern that fits none.
    """
    return files_of(Path(), Source(path=str(path), on_bad_file=on_bad_file))


def _left_out(one: LeftOut) -> FileLeftOut:
    return FileLeftOut(file=one.file, code=one.fault.code, reason=one.reason, fix=one.fault.fix)


def _parts(reads: Sequence[ReadResult]) -> Iterator[CheckedFile]:
    first = 0
    for read in reads:
        file, rows = read.source.path, len(read.table)
        yield CheckedFile(file=file, sha256=read.sha256, first=first, rows=rows)
        first += rows


def _together(parts: Sequence[CheckedFile]) -> str:
    """The digest of several files: of what ``sha256sum`` prints for them."""
    told = "".join(f"{part.sha256.removeprefix('sha256:')}  {part.file}\n" for part in parts)
    return digest_bytes(told.encode())


def checks_told(reads: Sequence[ReadResult], options: FileOptions, progress: Progress) -> Setting:
    """What the checks of some files together are told."""
    others, cases = (
        [_compared(file, options, progress).table for file in files]
        for files in (options.against, options.benchmarks)
    )
    declared = declared_shares(options.shares) if options.shares else {}
    names = list(dict.fromkeys([*options.groups, *declared]))
    return Setting(
        max_characters=options.max_characters,
        against=Table.join(others) if others else None,
        benchmarks=Table.join(cases) if cases else None,
        embed=sentence_vectors() if options.embeddings else None,
        vendi=options.vendi,
        strict_labels=options.strict_labels,
        names=adapters.load_names(options.names) if options.names else None,
        tokens=_tokens(options),
        attributes=column_values([read.source for read in reads], names, LIMITS),
        declared=declared,
    )


def read_file(
    path: Path, options: FileOptions = DEFAULT, progress: Progress = silent
) -> ReadResult:
    """Every row of a file, by the mapping that was given or else the one that is likely.

    Raises ConfigProblem or DataProblem when the file as a whole cannot be read.
    """
    engine = adapters.load_engine("local")
    source = source_of(path, options)
    return read_all(path, source, limits=LIMITS, engine=engine, progress=progress)


def _compared(path: Path, options: FileOptions, progress: Progress) -> ReadResult:
    """A file to compare with: by the mapping that was given if it has those columns, or its own.

    Raises ConfigProblem when no row of it can be read, for then nothing would be found.
    """
    its_own = not set(options.columns.values()) <= set(preview(path, LIMITS).fields)
    read = read_file(path, replace(options, columns={}) if its_own else options, progress)
    if not len(read.table.good):
        raise ConfigProblem(
            "nothing_to_compare",
            f"No row of {path} can be read, so nothing can be compared with it.",
            why="; ".join(fate.reason for fate in read.fates[:1]),
            fix=f"tuneworthy data preview {path}",
        )
    return read


def heard_by(progress: Progress) -> Callable[[int, int, str], None]:
    """How the checks say how far they are."""
    return lambda done, total, code: progress("check", done, total, code)


def source_of(path: Path, options: FileOptions) -> Source:
    """The file with the mapping that was given, or else the one that is likely."""
    columns = dict(options.columns) or preview(path, LIMITS).detection.columns
    return Source(path=str(path), columns=columns)


def _tokens(options: FileOptions) -> Tokens | None:
    if not options.tokenizer:
        return None
    found = tokenizer_named(options.tokenizer)
    return Tokens(found.name, found.encode, options.max_tokens, found.unknown)


def _finding(hits: Hits) -> FileFinding:
    found = hits.rows.tolist()
    return FileFinding(
        code=hits.code,
        severity=hits.severity,
        rows=tuple(found),
        message=hits.message,
        fix=hits.fix,
        reasons={at: hits.why[at] for at in found if at in hits.why},
        others={at: hits.partner[at] for at in found if at in hits.partner},
    )


def _figure(hits: Hits, rows: int) -> CheckFigure:
    return CheckFigure(
        code=hits.code,
        ran=not hits.skipped,
        rows=len(hits.rows),
        share=round(len(hits.rows) / rows, 6) if rows else 0.0,
        figure=dict(hits.figure),
        why_not=hits.skipped,
    )
