"""How commands print: one JSON object, or plain lines and tables; progress on a live line."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

import tuneworthy
from tuneworthy.cli import log_lines
from tuneworthy.core.ports import Progress
from tuneworthy.methods.visible import visible
from tuneworthy.workspace import Workspace

LONGEST = 100_000
"""Characters of one line of output; more is cut."""

QUIET_SECONDS = 10.0
"""Off a terminal, at most one progress line in so many seconds."""


def open_workspace(ctx: click.Context) -> Workspace:
    """The workspace of the folder the user named, closed when the command ends."""
    log_lines.install()
    options = ctx.obj
    workspace: Workspace = tuneworthy.open(
        Path(options["folder"]), actor=options["actor"], progress=progress(ctx)
    )
    ctx.call_on_close(workspace.close)
    return workspace


def progress(ctx: click.Context) -> Progress:
    """A live line on a terminal, a line now and then elsewhere, nothing with --json or -q."""
    if ctx.obj["json"] or ctx.obj["quiet"]:
        return _nothing
    return _Live() if sys.stderr.isatty() else _Slow()


def _nothing(step: str, done: int, total: int, note: str = "") -> None:
    """Say nothing."""


class _Live:
    """Rewrites one line of the terminal."""

    def __init__(self) -> None:
        self._step = ""
        self._started = 0.0
        self._width = 0

    def __call__(self, step: str, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        if step != self._step:
            self._step, self._started = step, now
        text = _text(step, done, total, note, now - self._started)[:100]
        click.echo("\r" + text.ljust(self._width), nl=False, err=True)
        self._width = len(text)
        if total and done >= total:
            click.echo("", err=True)
            self._width = 0


class _Slow:
    """One line at the start and the end of a step, and every ten seconds between."""

    def __init__(self) -> None:
        self._step = ""
        self._said = 0.0
        self._started = 0.0

    def __call__(self, step: str, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        new = step != self._step
        if new:
            self._step, self._started = step, now
        if new or (total and done >= total) or now - self._said >= QUIET_SECONDS:
            self._said = now
            click.echo(_text(step, done, total, note, now - self._started), err=True)


def _text(step: str, done: int, total: int, note: str, seconds: float) -> str:
    parts = [step]
    if total:
        parts.append(f"{done}/{total} ({done / total:.0%})")
        if 0 < done < total and seconds > 1:
            parts.append(f"{seconds / done * (total - done):.0f} s left")
    if note:
        parts.append(note)
    return "  ".join(parts)


def say(ctx: click.Context, value: Any, lines: Sequence[str], *, ok: bool = True) -> None:
    """One JSON object with --json, the lines otherwise; ``ok`` is false where a check says no."""
    if ctx.obj["json"]:
        click.echo(json.dumps({**_plain(value), "ok": ok}, ensure_ascii=False, allow_nan=False))
    else:
        for line in lines:
            click.echo(shown(line))


def shown(text: str) -> str:
    """Text that cannot steer a terminal, whatever the project's files or a model put into it."""
    return visible(text, LONGEST, lines=True)


def on_one_line(text: str) -> str:
    """The same, for a line of a list: what people typed begins no line of its own."""
    return shown(text).replace("\n", "\\n")


def _plain(value: Any) -> dict[str, Any]:
    plain = json.loads(json.dumps(value, default=_dump))
    return plain if isinstance(plain, dict) else {"items": plain}


def _dump(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a plain table; numbers that look so are set to the right."""
    cells = [list(head), *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    right = [
        all(_numeric(row[i]) for row in cells[1:]) and len(cells) > 1 for i in range(len(head))
    ]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if side else cell.ljust(width)
            for cell, width, side in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]


def _numeric(text: str) -> bool:
    return bool(text) and (text[0].isdigit() or text[0] in "+-")
