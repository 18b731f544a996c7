"""Texts that were damaged on their way: wrongly decoded, cut off, or with a template left in.

Mojibake is found by undoing it: a run of non-ASCII characters that, written in a single-byte code
page, is valid UTF-8 of a shorter text was read in the wrong code page (the idea of ftfy, Speer
2019). Real words seldom pass: their bytes are not valid UTF-8.
"""

import json
import re
from collections.abc import Iterator

from tuneworthy.methods.left_escapes import left_escape
from tuneworthy.methods.lost_apostrophes import lost_apostrophe
from tuneworthy.methods.misread import misread
from tuneworthy.methods.wrong_page import wrong_page

_RUNS = re.compile(r"[^\x00-\x7f]{2,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\ufffe\uffff]")
_PAGES = ("cp1252", "latin-1", "cp1251", "cp1255", "mac-roman")
_LEADS = frozenset("\u00c2\u00c3\u00e2\u00f0\u00ef\u0393\u05d2\u0432\u0420\u0421\u221a\u00ac")
"""What the first byte of a UTF-8 sequence looks like in those code pages."""

_TEMPLATE = re.compile(
    r"<\|(?:im_start|im_end|endoftext|eot_id|start_header_id|end_header_id|begin_of_text|assistant"
    r"|user|system|end|end_of_turn)\|>|</?s>(?=\s|$|\[INST\])|\[/?INST\]|<</?SYS>>"
    r"|<(?:start|end)_of_turn>"
    r"|^#{2,3} (?:Instruction|Response|Input|Assistant|Human):?\s*$"
    r"|^(?:### )?(?:Human|Assistant|USER|ASSISTANT): ",
    re.M,
)
_ENDS = frozenset(".!?:;)]}>\"'`*|\u2026\u201d\u2019\u3002\uff01\uff1f")
_FENCE = re.compile(r"^\s*```", re.M)
_BARE_ENDS = re.compile(
    r"(?:\b(?:the|a|an|and|or|of|to|in|for|with|that|which|because|is|are|by|from|as)|[,(\[{\u2014])$"
)


def mojibake(text: str) -> str:
    """The first run of characters that is UTF-8 read in another code page; empty when none is."""
    if found := misread(text):
        return found
    for run in _RUNS.findall(text):
        if not _LEADS.isdisjoint(run) and any(_undone(run, page) for page in _PAGES):
            return str(run)
    return ""


def encoding_damage(text: str) -> str:
    """A damaged piece of the text, or empty.

    Mojibake, a control or a replacement character, an apostrophe that became a question mark, or
    an escape that was never read.
    """
    if control := _CONTROL.search(text):
        return control.group(0)
    return mojibake(text) or wrong_page(text) or left_escape(text) or lost_apostrophe(text)


def template_text(text: str) -> str:
    """The first piece of a chat template or prompt frame left in the text; or empty."""
    found = _TEMPLATE.search(text)
    return found.group(0).strip() if found else ""


def cut_off(text: str) -> str:
    """Why a text looks cut off (``JSON``, ``code fence``, ``sentence``), or empty.

    A sentence counts when the text has at least 20 words and ends in a comma, an open bracket, or a
    word that cannot end one. A text that stops after any other word is not seen.
    """
    bare = text.strip()
    if bare[:1] in ("{", "["):
        if _is_json(bare):
            return ""
        if _open_brackets(bare) > 0:
            return "JSON"
    if len(_FENCE.findall(bare)) % 2:
        return "code fence"
    if len(bare.split()) >= 20 and bare[-1] not in _ENDS and _BARE_ENDS.search(bare):
        return "sentence"
    return ""


def _undone(run: str, page: str) -> bool:
    for piece in _pieces(run):
        try:
            plain = piece.encode(page).decode("utf-8")
        except UnicodeError:
            continue
        if len(plain) < len(piece):
            return True
    return False


def _pieces(run: str) -> Iterator[str]:
    """The run, and what stands from each first-byte look-alike on, two to four characters long."""
    for i, character in enumerate(run[:200]):
        if character in _LEADS:
            for size in (2, 3, 4):
                if i + size <= len(run):
                    yield run[i : i + size]


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _open_brackets(text: str) -> int:
    """Brackets left open at the end, outside strings."""
    depth, inside, escaped = 0, False, False
    for character in text:
        if inside:
            inside = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            inside = True
        elif character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
    return depth
