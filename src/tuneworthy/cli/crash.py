"""What to say when the fault is ours: where the trace lies, and nothing of it on the screen."""

import errno
import tempfile
import traceback
from pathlib import Path

import click

from tuneworthy.core.errors import Problem, StoreProblem

FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the system says when there is no room left to write."""


def crash_problem(fault: Exception, *, verbose: bool) -> Problem:
    """The Problem to print; the trace is written to a file that the message names."""
    if verbose:
        click.echo("".join(traceback.format_exception(fault)), err=True)
    if isinstance(fault, OSError) and fault.errno in FULL:
        return StoreProblem(
            "disk_full",
            "The disk is full.",
            why=f"Writing {fault.filename or 'a file'} failed: {fault.strerror}.",
            fix="Free some space and run the same command again; finished work is kept.",
        )
    if isinstance(fault, OSError) and fault.filename:
        return StoreProblem(
            "file_refused",
            f"{fault.filename} cannot be used: {fault.strerror}.",
            fix="Name another place, or give this user the right to read and write there.",
        )
    text = "".join(traceback.format_exception(fault))
    return _unexpected(f"{type(fault).__name__}: {fault}", text)


def job_problem(fault: Problem) -> Problem:
    """The same for a fault inside a job, which carries its trace as the cause."""
    return _unexpected(fault.message, fault.why)


def _unexpected(said: str, trace: str) -> Problem:
    return Problem(
        "unexpected",
        f"Something unexpected happened: {said}",
        why=f"The whole trace is in {_write(trace)}.",
        fix="Run it again with -v; if it stays, report it with that file.",
    )


def _write(text: str) -> str:
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
