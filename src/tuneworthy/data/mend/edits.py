"""Changes of a row's texts, wherever in the row they stand."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import ftfy

from tuneworthy.core.nouns.file_check import Edit
from tuneworthy.data.redact import Redaction
from tuneworthy.data.redact_row import redact_row
from tuneworthy.data.scan import leaves
from tuneworthy.methods.left_escapes import unescaped
from tuneworthy.methods.lost_apostrophes import with_apostrophes
from tuneworthy.methods.misread import reread
from tuneworthy.methods.text_damage import encoding_damage, mojibake
from tuneworthy.methods.wrong_page import in_its_page

PRIVATE = ("pii", "secret")
"""Codes whose texts are never repeated, and that no row may slip by."""
_CALLS = ("tool_calls", "function_call")
"""Fields of a turn that hold what is learned, in another spelling than the target."""
MOST = 2_000
"""Characters of a text that the ledger shows."""


class NotMended(Exception):
    """A text could not be brought into order. Carries the code and the path."""

    def __init__(self, code: str, path: str) -> None:
        super().__init__(f"{path} cannot be repaired")
        self.code = code


def edit_row(
    values: Mapping[str, Any], codes: tuple[str, ...], how: Redaction, target: str
) -> tuple[dict[str, Any], tuple[Edit, ...]]:
    """A row with its texts rewritten, and what was changed.

    Args:
        values: The row as its file has it.
        codes: What is wrong with it.
        how: How personal data and secrets are taken out.
        target: The text that ``normalise`` must not touch; empty when it may touch all.

    Raises:
        NotMended: A damaged text stays damaged or nothing is left of it, or a private one cannot
            be taken out.
    """
    row, edits = _rewritten(dict(values), codes, target)
    private = [code for code in codes if code in PRIVATE]
    if private:
        row, more = _redacted(row, private[0], how)
        edits += more
    return row, tuple(edits)


def _rewritten(row: Any, codes: tuple[str, ...], target: str) -> tuple[Any, list[Edit]]:
    edits: list[Edit] = []
    learned = _object(target)

    def walk(value: Any, path: str, held: bool) -> Any:
        held = held or (learned is not None and value == learned)
        if isinstance(value, str):
            return rewrite(value, path, held or bool(target and value.strip() == target.strip()))
        if isinstance(value, dict):
            return {
                name: walk(item, f"{path}.{name}", held or bool(target and name in _CALLS))
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [walk(item, f"{path}[{i}]", held) for i, item in enumerate(value)]
        return value

    def rewrite(text: str, path: str, held: bool) -> str:
        for code in codes:
            if code not in _REWRITES or (held and code == "normalise"):
                continue
            new = _REWRITES[code](text)
            emptied = text.strip() and not new.strip()
            if code == "encoding_damage" and (emptied or encoding_damage(new)):
                raise NotMended(code, path)
            if new != text:
                edits.append(Edit(path=path, code=code, before=text, after=new))
            text = new
        return text

    return walk(row, "$", False), edits


def _object(target: str) -> Any:
    """The target where it is an object or a list as JSON; else None."""
    if not target.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(target)
    except (ValueError, RecursionError):
        return None


def _redacted(row: Any, code: str, how: Redaction) -> tuple[Any, list[Edit]]:
    """All private texts of a row in one go, so that a request and its answer agree."""
    new, changes = redact_row(row, how)
    if new is None:
        raise NotMended(code, "$")
    before, after = dict(leaves(row, "$")), dict(leaves(new, "$"))
    codes = {change.path: change.code.partition("_")[0] for change in changes}
    edits = [
        Edit(
            path=path,
            code=kind,
            before=f"({len(before[path])} characters, not repeated)",
            after=after.get(path, "0"),
        )
        for path, kind in codes.items()
    ]
    return new, edits


def repair(text: str) -> str:
    """Text decoded as it should have been; control characters are taken out."""
    if not encoding_damage(text):
        return text
    mended = reread(text)
    mended = ftfy.fix_encoding(mended) if mojibake(mended) else mended
    mended = with_apostrophes(unescaped(in_its_page(mended)))
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", mended)


def normalised(text: str) -> str:
    """Unicode in NFC, no white space at the ends of lines, line ends of Unix."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip() for line in lines.split("\n")).strip()


_REWRITES: dict[str, Callable[[str], str]] = {
    "encoding_damage": repair,
    "normalise": normalised,
}
