"""What ``data check FILE`` and ``data fix FILE`` print for people, and the command they advise."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from tuneworthy.cli.render import table
from tuneworthy.core.nouns.file_check import CheckFigure, FileCheck, FileFinding, FileFix, RowChange
from tuneworthy.workspace import FileOptions

SHOWN = 10
FIGURES = ("diversity", "balance", "attribute_balance", "tokenizer_fit")
"""Checks that measure the whole file, and whose figures are the point of them."""
MOST = 12
"""Figures of one check that are shown."""
WRITTEN = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet")
"""Endings of files that ``data fix`` writes."""


def check_lines(checked: FileCheck) -> list[str]:
    """The findings with their first rows, the figures, and what did not run."""
    lines = [f"{checked.file}: {checked.rows} rows ({checked.format})"]
    many = len(checked.files) > 1
    lines += [f"  from row {one.first}: {one.file}" for one in checked.files if many]
    lines += [f"  left out: {one.file} ({one.code}: {one.reason})" for one in checked.left_out]
    lines += [""]
    for found in checked.findings:
        lines.append(f"{found.severity:8} {found.code}: {len(found.rows)} rows. {found.message}")
        for row in found.rows[:3]:
            why = found.reasons.get(row, "")
            other = f" (see row {found.others[row]})" if row in found.others else ""
            lines.append(f"           row {row}{': ' + why if why else ''}{other}")
        lines.append(f"         fix: {found.fix}")
    told = [check for check in checked.checks if check.code in FIGURES and check.figure]
    lines += ["", "Figures", *map(_figures, told)] if told else []
    clean = [check.code for check in checked.checks if check.ran and not check.rows]
    lines += ["", f"Nothing found by: {', '.join(clean)}"] if clean else []
    skipped = {check.code: check.why_not for check in checked.checks if not check.ran}
    return lines + _not_run(skipped)


def fix_lines(fix: FileFix, changes: Sequence[RowChange]) -> list[str]:
    """How many rows went and changed, the first of them, and where the new file is."""
    said = "would be" if fix.preview else "were"
    lines = [
        f"{fix.rows_in} rows in, {fix.rows_out} out: {fix.dropped} {said} left out, "
        f"{fix.changed} changed."
    ]
    cells = [
        [str(change.row), change.action, change.code, change.reason[:90]]
        for change in changes[:SHOWN]
    ]
    lines += table(["Row", "What", "Code", "Reason"], cells) if cells else []
    if len(changes) > SHOWN:
        lines.append(f"and {len(changes) - SHOWN} more")
    lines += _not_run(fix.not_run)
    lines += [*_made_alike(fix), *_read_otherwise(fix)]
    if fix.preview:
        return [*lines, "", "Nothing was written. To write: give -o FILE."]
    return [*lines, "", f"Written: {fix.out}", f"Ledger:  {fix.ledger}"]


def _made_alike(fix: FileFix) -> list[str]:
    if not fix.made_alike:
        return []
    told = "; ".join(
        f"{code} {len(rows)} rows (first: row {rows[0]})" for code, rows in fix.made_alike.items()
    )
    said = "would make" if fix.preview else "made"
    lines = ["", f"The changes {said} rows alike that were not: {told}."]
    if fix.preview:
        return lines
    out = Path(fix.out)
    next_out = out.with_suffix(f".2{out.suffix}")
    words = ["tuneworthy", "data", "fix", fix.out, "--only", ",".join(fix.made_alike)]
    return [*lines, f"To mend that: {shlex.join([*words, '-o', str(next_out)])}"]


def _read_otherwise(fix: FileFix) -> list[str]:
    if not fix.read_otherwise:
        return []
    count, first = len(fix.read_otherwise), fix.read_otherwise[0]
    return [
        "",
        f"warning  {count} rows are not read back as they were (first: row {first}): the kind of "
        "the new file cannot say what they held. Write .jsonl to keep them whole.",
    ]


def fix_command(path: Path, blocking: Sequence[FileFinding], options: FileOptions) -> str:
    """The command that mends what blocks, with every option that it was found by."""
    inner = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    suffix = inner.suffix if inner.suffix.lower() in WRITTEN else ".jsonl"
    out = inner.with_suffix(f".fixed{suffix}")
    codes = ",".join(found.code for found in blocking)
    words = ["tuneworthy", "data", "fix", str(path), "--only", codes, *_given(options)]
    return shlex.join([*words, "-o", str(out)])


def _given(options: FileOptions) -> Iterator[str]:
    for file in options.against:
        yield from ("--against", str(file))
    for file in options.benchmarks:
        yield from ("--benchmark", str(file))
    for field, column in options.columns.items():
        yield from ("--map", f"{field}={column}")
    if options.max_characters != FileOptions.max_characters:
        yield from ("--max-characters", str(options.max_characters))
    if not options.embeddings:
        yield "--no-embeddings"
    if options.strict_labels:
        yield "--strict-labels"


def _figures(check: CheckFigure) -> str:
    said = [
        f"{name} {value if isinstance(value, str) else format(value, 'g')}"
        for name, value in check.figure.items()
    ]
    more = f"; {len(said) - MOST} more with --json" if len(said) > MOST else ""
    return f"  {check.code:18} {'; '.join(said[:MOST])}{more}"


def _not_run(skipped: dict[str, str]) -> list[str]:
    told = [f"{code} ({why})" for code, why in skipped.items()]
    return [f"Did not run: {'; '.join(told)}"] if told else []
