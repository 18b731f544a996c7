"""Checks and mends a file of examples; needs no project."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tuneworthy import adapters
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.file_check import CheckFigure, FileCheck, FileFinding, FileFix, RowChange
from tuneworthy.core.nouns.project import Source
from tuneworthy.core.nouns.run import TrainSettings
from tuneworthy.core.ports import Progress
from tuneworthy.data import Hits, Limits, ReadResult, Setting, Table, read_all, screen
from tuneworthy.data.attributes import column_values
from tuneworthy.data.checks import Tokens
from tuneworthy.data.kinds import check_name
from tuneworthy.data.mend import FIXABLE, plan_fix, write_ledger, write_mended
from tuneworthy.data.mend.impute import fills_of, rules_of
from tuneworthy.data.preview import preview
from tuneworthy.data.redact import Redaction
from tuneworthy.lifecycle.declared_shares import declared_shares
from tuneworthy.lifecycle.sentences import sentence_vectors
from tuneworthy.lifecycle.tokenizers import tokenizer_named
from tuneworthy.lifecycle.wiring import silent
from tuneworthy.methods.placeholders import Mode

LIMITS = Limits(characters=4_000_000)
"""A file is looked at whole; how long a row may be is for the check of lengths to say."""


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


DEFAULT = FileOptions()


def check_file(
    path: str | Path, options: FileOptions = DEFAULT, *, progress: Progress = silent
) -> FileCheck:
    """Run every check over one file of any format that is read.

    Raises:
        ConfigProblem: No such file, or a kind that is not read.
        DataProblem: The file as a whole cannot be read.
    """
    path = Path(path)
    read, found = _screened(path, options, None, progress)
    table = read.table
    rows = table.values("row")
    lines = table.values("line")
    findings = tuple(_finding(hits, rows) for hits in found if len(hits.rows))
    named = {row for finding in findings for row in finding.rows}
    return FileCheck(
        file=str(path),
        sha256=read.sha256,
        rows=len(table),
        format=read.findings[0].message.split("rows read: ")[-1].rstrip("."),
        checks=tuple(_figure(hits, len(table)) for hits in found),
        findings=findings,
        lines={row: line for row, line in zip(rows, lines, strict=True) if row in named},
    )


def fix_file(
    path: str | Path,
    only: Sequence[str],
    out: str | Path | None,
    options: FileOptions = DEFAULT,
    *,
    targets: bool = False,
    progress: Progress = silent,
) -> tuple[FileFix, list[RowChange]]:
    """Write the file again without what the named checks find; the file itself is not touched.

    Beside ``out`` stands its ledger, ``<out>.ledger.jsonl``, with one line for every row that was
    changed or left out.

    Args:
        path: The file.
        only: Codes to mend.
        out: The new file; None for a preview, which writes nothing.
        options: As for ``check_file``.
        targets: Whether ``normalise`` may touch targets.
        progress: Hears how far it is.

    Raises:
        ConfigProblem: Unknown codes, or ``out`` cannot be written.
        DataProblem: The file as a whole cannot be read.
    """
    path = Path(path)
    _check_codes(only)
    _check_rules(only, options)
    place = _place(path, out)
    read, found = _screened(path, options, only, progress)
    source = _source(path, options)
    rules = rules_of(options.impute, source, read.seen.used)
    plan = plan_fix(read.table, found, only, fills_of(path, source, rules, LIMITS))
    mended = write_mended(
        path,
        place,
        source,
        read.table,
        plan,
        _redaction(options),
        limits=LIMITS,
        targets_too=targets,
    )
    ledger = "" if place is None else f"{place}.ledger.jsonl"
    if ledger:
        write_ledger(Path(ledger), mended.changes)
    dropped = sum(change.action == "dropped" for change in mended.changes)
    fix = FileFix(
        file=str(path),
        out=str(place or ""),
        ledger=ledger,
        rows_in=len(read.table),
        rows_out=mended.written,
        dropped=dropped,
        changed=len({one.row for one in mended.changes if one.action == "changed"}),
        by_code=mended.by_code,
        preview=place is None,
    )
    return fix, mended.changes


def _screened(
    path: Path, options: FileOptions, only: Sequence[str] | None, progress: Progress
) -> tuple[ReadResult, list[Hits]]:
    read = read_file(path, options, progress)
    others, cases = (
        [read_file(file, options, progress).table for file in files]
        for files in (options.against, options.benchmarks)
    )
    declared = declared_shares(options.shares) if options.shares else {}
    names = list(dict.fromkeys([*options.groups, *declared]))
    setting = Setting(
        max_characters=options.max_characters,
        against=Table.join(others) if others else None,
        benchmarks=Table.join(cases) if cases else None,
        embed=sentence_vectors() if options.embeddings else None,
        vendi=options.vendi,
        strict_labels=options.strict_labels,
        names=adapters.load_names(options.names) if options.names else None,
        tokens=_tokens(options),
        attributes=column_values(path, _source(path, options), names, LIMITS),
        declared=declared,
    )
    return read, screen(read.table, setting, only=only, heard=_heard(progress))


def read_file(
    path: Path, options: FileOptions = DEFAULT, progress: Progress = silent
) -> ReadResult:
    """Every row of a file, by the mapping that was given or else the one that is likely.

    Raises ConfigProblem or DataProblem when the file as a whole cannot be read.
    """
    engine = adapters.load_engine("local")
    source = _source(path, options)
    return read_all(path, source, limits=LIMITS, engine=engine, progress=progress)


def _heard(progress: Progress) -> Callable[[int, int, str], None]:
    return lambda done, total, code: progress("check", done, total, code)


def _source(path: Path, options: FileOptions) -> Source:
    columns = dict(options.columns) or preview(path, LIMITS).detection.columns
    return Source(path=str(path), columns=columns)


def _tokens(options: FileOptions) -> Tokens | None:
    if not options.tokenizer:
        return None
    found = tokenizer_named(options.tokenizer)
    return Tokens(found.name, found.encode, options.max_tokens, found.unknown)


def _redaction(options: FileOptions) -> Redaction:
    try:
        return Redaction(options.redact, options.key)
    except ValueError as fault:
        raise ConfigProblem(
            "no_key",
            f"Pseudonyms cannot be made: {fault}.",
            fix="head -c 32 /dev/urandom > pseudonyms.key, keep it safe, and give --key "
            "pseudonyms.key.",
        ) from fault


def _check_codes(only: Sequence[str]) -> None:
    unknown = [code for code in only if code not in FIXABLE]
    if unknown or not only:
        raise ConfigProblem(
            "unknown_code",
            f"{unknown[0]} is not a code that can be mended." if unknown else "No code is named.",
            fix=f"Name some of: {', '.join(FIXABLE)}.",
        )


def _check_rules(only: Sequence[str], options: FileOptions) -> None:
    if ("impute" in only) != bool(options.impute):
        raise ConfigProblem(
            "no_rule",
            "'impute' needs rules, and rules need 'impute'.",
            why="What is missing is filled in by the rule that you name, never by a guess.",
            fix="--only impute --impute segment=most_frequent",
        )


def _place(path: Path, out: str | Path | None) -> Path | None:
    if out is None:
        return None
    place = Path(out)
    check_name(place)
    if place.is_dir() or (place.exists() and path.exists() and place.samefile(path)):
        raise ConfigProblem(
            "same_file",
            f"{place} is {'a folder' if place.is_dir() else 'the file itself'}.",
            why="The file that is mended stays as it is, so that nothing is lost.",
            fix="Name another file after -o.",
        )
    return place


def _finding(hits: Hits, rows: list[int]) -> FileFinding:
    found = hits.rows.tolist()
    return FileFinding(
        code=hits.code,
        severity=hits.severity,
        rows=tuple(rows[at] for at in found),
        message=hits.message,
        fix=hits.fix,
        reasons={rows[at]: hits.why[at] for at in found if at in hits.why},
        others={rows[at]: rows[hits.partner[at]] for at in found if at in hits.partner},
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
