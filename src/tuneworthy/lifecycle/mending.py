"""Mends a file of examples; needs no project."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tuneworthy.core.errors import ConfigProblem, Problem
from tuneworthy.core.nouns.file_check import FileFix, RowChange
from tuneworthy.core.ports import Progress
from tuneworthy.data import Hits, Setting, Table, screen
from tuneworthy.data.kinds import check_name
from tuneworthy.data.mend import (
    AMONG,
    FIXABLE,
    Mended,
    Plan,
    plan_fix,
    write_ledger,
    write_mended,
)
from tuneworthy.data.mend.again import NOTHING, Again, read_again
from tuneworthy.data.mend.impute import fills_of, rules_of
from tuneworthy.data.mend.write import FORMULA
from tuneworthy.data.opened import ending
from tuneworthy.data.redact import Redaction
from tuneworthy.lifecycle.files import (
    DEFAULT,
    LIMITS,
    FileOptions,
    checks_told,
    heard_by,
    read_file,
    source_of,
)
from tuneworthy.lifecycle.wiring import silent


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
        ConfigProblem: Unknown codes, nothing to compare with, or ``out`` cannot be written.
        DataProblem: The file as a whole cannot be read.
    """
    path = Path(path)
    _check_codes(only)
    _check_rules(only, options)
    _check_others(only, options)
    how, place = _redaction(options), _place(path, out)
    read = read_file(path, options, progress)
    setting = checks_told([read], options, progress)
    source = source_of(path, options)
    fills = fills_of(path, source, rules_of(options.impute, source, read.seen.used), LIMITS)
    alone = [code for code in only if code not in AMONG]
    found = screen(read.table, setting, only=alone, heard=heard_by(progress))
    look = _Look(setting, progress)
    write = partial(
        write_mended,
        path,
        source=source,
        table=read.table,
        how=how,
        limits=LIMITS,
        targets_too=targets,
    )
    plan = partial(plan_fix, read.table, found, only, look, fills=fills)
    chosen, gone = plan(), dict[int, RowChange]()
    while more := _lost(chosen, write):
        gone |= more
        chosen = plan(lost=gone)
    mended = write(out=place, plan=chosen)
    again = _again(path, place, mended, read.table, setting, options, write, chosen)
    ledger = "" if place is None else f"{place}.ledger.jsonl"
    if ledger:
        write_ledger(Path(ledger), mended.changes)
    actions = [change.action for change in mended.changes]
    fix = FileFix(
        file=str(path),
        out=str(place or ""),
        ledger=ledger,
        rows_in=len(read.table),
        rows_out=mended.written,
        dropped=actions.count("dropped"),
        changed=actions.count("changed"),
        by_code=mended.by_code,
        not_run={hits.code: hits.skipped for hits in [*found, *look.heard] if hits.skipped},
        made_alike=again.alike,
        read_otherwise=again.otherwise,
        preview=place is None,
    )
    return fix, mended.changes


def _again(
    path: Path,
    place: Path | None,
    mended: Mended,
    table: Table,
    setting: Setting,
    options: FileOptions,
    write: "partial[Mended]",
    plan: Plan,
) -> Again:
    """What the new file says when it is read; only looked at where that can be another thing.

    A preview is written to a place of its own for that, and taken away.
    """
    edited = any(edit.code != FORMULA for change in mended.changes for edit in change.edits)
    turned = place is not None and ending(place) != ending(path)
    if not mended.written or not (edited or turned):
        return NOTHING
    with TemporaryDirectory() as folder:
        made = place or Path(folder) / "mended.jsonl"
        if place is None:
            write(out=made, plan=plan)
        try:
            after = read_file(made, options).table
        except Problem:
            after = Table.of([])
    return read_again(table, after, mended.changes, setting)


class _Look:
    """Looks for the rows that go for others, among those that are left."""

    def __init__(self, setting: Setting, progress: Progress) -> None:
        self._setting = setting
        self._progress = progress
        self.heard: list[Hits] = []

    def __call__(self, rows: Table, code: str) -> Hits:
        self._progress("check", 0, 0, code)
        self.heard += screen(rows, self._setting, only=[code])
        return self.heard[-1]


def _lost(plan: Plan, write: "partial[Mended]") -> dict[int, RowChange]:
    """Rows that others go for and that cannot be mended themselves: which, the writing tells."""
    if not {change.kept for change in plan.drops.values()} & plan.edits.keys():
        return {}
    changes = write(out=None, plan=plan).changes
    return {c.row: c for c in changes if c.action == "dropped" and c.row not in plan.drops}


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


def _check_others(only: Sequence[str], options: FileOptions) -> None:
    needs = {"leakage": ("--against", options.against)}
    needs["contamination"] = ("--benchmark", options.benchmarks)
    for code, (option, files) in needs.items():
        if code in only and not files:
            raise ConfigProblem(
                "nothing_to_compare",
                f"'{code}' needs a file to compare with.",
                why="Without one nothing would be left out, and nothing was looked for.",
                fix=f"--only {code} {option} FILE",
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
