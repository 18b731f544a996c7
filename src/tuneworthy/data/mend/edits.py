"""Changes of a row's texts, wherever in the row they stand."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import ftfy

from tuneworthy.core.nouns.file_check import Edit
from tuneworthy.data.checks.rows.encoding import DAMAGE
from tuneworthy.methods import pii, secrets

Rewrite = Callable[[str], str]

PRIVATE = ("pii", "secret")
"""Codes whose texts are never repeated."""


class NotMended(Exception):
    """A text could not be brought into order. Carries the code and the path."""

    def __init__(self, code: str, path: str) -> None:
        super().__init__(f"{path} cannot be repaired")
        self.code = code


def edit_row(
    values: Mapping[str, Any], codes: tuple[str, ...], rewrites: Mapping[str, Rewrite], target: str
) -> tuple[dict[str, Any], tuple[Edit, ...]]:
    """A row with its texts rewritten, and what was changed.

    Args:
        values: The row as its file has it.
        codes: What is wrong with it.
        rewrites: How each code's texts are changed.
        target: The text that ``normalise`` must not touch; empty when it may touch all.

    Raises:
        NotMended: A damaged text stays damaged.
    """
    edits: list[Edit] = []

    def walk(value: Any, path: str) -> Any:
        if isinstance(value, str):
            return rewrite(value, path)
        if isinstance(value, dict):
            return {name: walk(item, f"{path}.{name}") for name, item in value.items()}
        if isinstance(value, list):
            return [walk(item, f"{path}[{i}]") for i, item in enumerate(value)]
        return value

    def rewrite(text: str, path: str) -> str:
        for code in codes:
            if code == "normalise" and target and text.strip() == target.strip():
                continue
            new = rewrites[code](text)
            if code == "encoding_damage" and DAMAGE.search(new):
                raise NotMended(code, path)
            if new != text:
                edits.append(_edit(code, path, text, new))
            text = new
        return text

    return walk(dict(values), "$"), tuple(edits)


def _edit(code: str, path: str, before: str, after: str) -> Edit:
    if code in PRIVATE:
        before = f"({len(before)} characters, not repeated)"
    return Edit(path=path, code=code, before=before[:2000], after=after[:2000])


def repair(text: str) -> str:
    """Text decoded as it should have been; control characters are taken out."""
    if not DAMAGE.search(text):
        return text
    mended = ftfy.fix_encoding(text)
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", mended)


def redact_pii(text: str) -> str:
    """Personal data of the kinds that block training, as ``[KIND]``."""
    return _cover(text, lambda: pii.find_pii(text))


def redact_secrets(text: str) -> str:
    """Secrets as ``[KIND]``."""
    return _cover(text, lambda: secrets.find_secrets(text))


def _cover(text: str, find: Callable[[], list[Any]]) -> str:
    for hit in sorted(find(), key=lambda hit: -hit.start):
        if hit.severity == "high":
            text = f"{text[: hit.start]}[{hit.kind.upper()}]{text[hit.end :]}"
    return text


def normalised(text: str) -> str:
    """Unicode in NFC, no white space at the ends of lines, line ends of Unix."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip() for line in lines.split("\n")).strip()


REWRITES: dict[str, Rewrite] = {
    "encoding_damage": repair,
    "pii": redact_pii,
    "secret": redact_secrets,
    "normalise": normalised,
}
