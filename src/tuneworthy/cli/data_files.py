"""Check and mend a file of examples, without a project."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from tuneworthy.cli.data_file_lines import check_lines, fix_command, fix_lines
from tuneworthy.cli.findings import print_findings
from tuneworthy.cli.render import progress, say
from tuneworthy.core.errors import BlockedProblem, DataProblem
from tuneworthy.workspace import FileOptions, check_file, fix_file


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """FILE and the options of every command that reads one, given to it as ``options``."""
    options = (
        click.argument("files", nargs=-1, metavar="FILE", type=click.Path(path_type=Path)),
        click.option(
            "--against",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Rows of FILE must not stand in this one; more than one may follow.",
        ),
        click.option(
            "--benchmark",
            "benchmarks",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="No row may hold a case of this public benchmark.",
        ),
        click.option(
            "--map",
            "columns",
            multiple=True,
            metavar="FIELD=COLUMN",
            help="What a field is called in the file, as request=question.",
        ),
        click.option(
            "--max-characters",
            type=click.IntRange(min=1),
            default=FileOptions.max_characters,
            show_default=True,
            help="Length of a row, its turns together, that training would cut.",
        ),
        click.option(
            "--no-embeddings",
            is_flag=True,
            help="Judge label noise by letters alone; quicker, and finds less.",
        ),
        click.option(
            "--strict-labels",
            is_flag=True,
            help="Doubt a label only where both models do: fewer rows, and fewer good ones.",
        ),
        click.option(
            "--names",
            default="",
            metavar="MODEL",
            help="Look for names and places with Presidio and this spaCy model.",
        ),
    )

    @wraps(command)
    def gathered(
        *given: Any,
        files: Sequence[Path],
        against: Sequence[Path],
        benchmarks: Sequence[Path],
        columns: Sequence[str],
        max_characters: int,
        no_embeddings: bool,
        strict_labels: bool,
        names: str,
        **more: Any,
    ) -> Any:
        # What follows the first file of --against is meant for it too: --against a.jsonl b.jsonl
        if len(files) > 1 and not against:
            raise click.UsageError(
                "One FILE at a time; to check several as one, name their folder or put a pattern in"
                " quotes; name files to compare with after --against."
            )
        told = _options_of(
            (*against, *files[1:]), benchmarks, columns, max_characters, no_embeddings
        )
        told = replace(told, names=names, strict_labels=strict_labels)
        return command(*given, file=files[0] if files else None, options=told, **more)

    wrapped: Callable[..., Any] = gathered
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped


def _options_of(
    against: Sequence[Path],
    benchmarks: Sequence[Path],
    columns: Sequence[str],
    max_characters: int,
    no_embeddings: bool,
) -> FileOptions:
    """The options as the SDK takes them. Raises click.UsageError for a mapping without ``=``."""
    pairs = [pair.partition("=") for pair in columns]
    wrong = [pair for pair in pairs if not (pair[0] and pair[2])]
    if wrong:
        raise click.UsageError(f"--map wants FIELD=COLUMN, not '{''.join(wrong[0])}'.")
    return FileOptions(
        columns={name: column for name, _, column in pairs},
        against=tuple(against),
        benchmarks=tuple(benchmarks),
        max_characters=max_characters,
        embeddings=not no_embeddings,
    )


def show_check(ctx: click.Context, path: Path, options: FileOptions, form: str) -> None:
    """Check a file or a folder and print what was found.

    Raises BlockedProblem when a finding blocks, else DataProblem when a file was left out.
    """
    checked = check_file(path, options, progress=progress(ctx))
    if form == "json":
        ctx.obj["json"] = True
        say(ctx, checked, [], ok=checked.clear)
    elif form == "text":
        say(ctx, checked, check_lines(checked), ok=checked.clear)
    else:
        clean = [check.code for check in checked.checks if check.ran and not check.rows]
        print_findings(checked.as_findings(), form, passed=clean)
    blocking = [found for found in checked.findings if found.severity == "block"]
    if blocking:
        first, _ = checked.place(blocking[0].rows[0])
        raise BlockedProblem(
            "checks_failed",
            f"{len(blocking)} of the checks block training on "
            f"{'these files' if len(checked.files) > 1 else 'this file'}.",
            why=f"{blocking[0].code}: {blocking[0].message}",
            fix=fix_command(Path(first), blocking, options),
        )
    if checked.left_out:
        left = checked.left_out
        raise DataProblem(
            "files_left_out",
            f"{len(left)} of {len(left) + len(checked.files)} files were left out.",
            why=f"{left[0].file}: {left[0].reason}",
            fix=left[0].fix or f"tuneworthy data preview {shlex.quote(left[0].file)}",
        )


def show_fix(
    ctx: click.Context,
    path: Path,
    codes: Sequence[str],
    out: Path | None,
    options: FileOptions,
    targets: bool,
) -> None:
    """Mend one file and print what became of its rows."""
    fix, changes = fix_file(path, codes, out, options, targets=targets, progress=progress(ctx))
    result: dict[str, Any] = fix.model_dump()
    if fix.preview:
        result["changes"] = [change.model_dump(exclude_none=True) for change in changes]
    say(ctx, result, fix_lines(fix, changes))
