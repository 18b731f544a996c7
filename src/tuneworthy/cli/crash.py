"""What to say when the fault is ours: where the trace lies, and nothing of it on the screen."""

import tempfile
import traceback
from pathlib import Path

import click

from tuneworthy.core.errors import Problem, StoreProblem

NO_SPACE = 28
"""errno of a full disk."""


def crash_problem(fault: Exception, *, verbose: bool) -> Problem:
    """The Problem to print; the trace is written to a file that the message names."""
    if verbose:
        click.echo("".join(traceback.format_exception(fault)), err=True)
    if isinstance(fault, OSError) and fault.errno == NO_SPACE:
        return StoreProblem(
            "disk_full",
            "The disk is full.",
            why=f"Writing {fault.filename or 'a file'} failed.",
            fix="Free some space and run the same command again; finished work is kept.",
        )
    return Problem(
        "unexpected",
        f"Something unexpected happened: {type(fault).__name__}: {fault}",
        why=f"The whole trace is in {_write(fault)}.",
        fix="Run it again with -v; if it stays, report it with that file.",
    )


def _write(fault: Exception) -> str:
    text = "".join(traceback.format_exception(fault))
    for folder in (Path(".tuneworthy"), Path(tempfile.gettempdir())):
        if not folder.is_dir():
            continue
        try:
            (folder / "log").mkdir(exist_ok=True)
            path = folder / "log" / f"crash-{abs(hash(text)):x}.txt"
            path.write_text(text, encoding="utf-8")
        except OSError:
            continue
        return str(path)
    return "no file (nowhere to write it)"
