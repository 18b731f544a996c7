"""JSON that is spread over many lines and holds no list of rows where one is looked for."""

import json
import re
import shlex
from pathlib import Path

from tuneworthy.core.errors import DataProblem
from tuneworthy.data.opened import NoHash, ending, opened

_WINDOW = 1 << 16
_SPREAD = re.compile(r"\ufeff?\s*([\[{])[ \t\r]*\n\s*")
_KEY = re.compile(r'"([^"\\]{1,200})"\s*:\s*')
_ROWS = re.compile(r"\[\s*\{")
_NEXT = re.compile(r"\s*,\s*")


def check_lines(path: Path) -> None:
    """Refuse a ``.json`` file whose first line opens an object or list and says no more.

    Such a file has no lines that are rows; to name each of them as broken would tell nobody why.

    Raises DataProblem, with the command that makes rows of it where one does.
    """
    if ending(path) != ".json":
        return
    with opened(path, NoHash()) as file:
        text = file.read(_WINDOW).decode("utf-8", "replace")
    start = _SPREAD.match(text)
    if start is None:
        return
    if start[1] == "[":
        raise DataProblem(
            "no_rows",
            f"{path} is a list whose items are no objects.",
            why="A row is an object with fields, such as prompt and completion.",
            fix=f"If each item is a text to learn from: {_jq(path, '.[] | {text: .}')}",
        )
    keys, rows = _keys(text, start.end())
    if rows:
        fix = f"Leave one list in the file: {_jq(path, f'.{rows}[]')}"
    else:
        fix = f"If the object is itself a row: {_jq(path, '.')}"
    raise DataProblem(
        "no_rows",
        f"{path} is one object, without a list of rows under data, rows, records, examples or"
        " items.",
        why=f"Its first fields are: {', '.join(keys) or 'none'}.",
        fix=fix,
    )


def _jq(path: Path, program: str) -> str:
    """The command that writes rows into another file."""
    packed = path.suffix.lower() == ".gz"
    bare = path.with_suffix("") if packed else path
    file, out = shlex.quote(str(path)), shlex.quote(str(bare.with_suffix(".rows.jsonl")))
    words = f"jq -c {shlex.quote(program)}"
    return f"gzip -cd {file} | {words} > {out}" if packed else f"{words} {file} > {out}"


def _keys(text: str, at: int) -> tuple[list[str], str]:
    """The first fields of an object, and the first that holds a list of objects, if one does."""
    keys: list[str] = []
    rows = ""
    while len(keys) < 10 and (key := _KEY.match(text, at)):
        keys.append(key[1])
        if not rows and key[1].isidentifier() and _ROWS.match(text, key.end()):
            rows = key[1]
        try:
            _, at = json.JSONDecoder().raw_decode(text, key.end())
        except (ValueError, RecursionError):
            break
        comma = _NEXT.match(text, at)
        if comma is None:
            break
        at = comma.end()
    return keys, rows
