"""Non-Latin text in UTF-8 that was read as Windows-1252 or Latin-1, and how it read before.

Two letters of one non-Latin script in a row that come out of bytes so read are no accident: each
needs a lead and its continuation bytes (RFC 3629, section 3). One alone may be: "HABLÓ”" has the
two bytes of a Cyrillic letter. Bytes that Windows-1252 leaves open keep their number, as browsers
read them (WHATWG Encoding Standard, index-windows-1252).
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise


def _characters() -> dict[str, int]:
    """What the bytes from 0x80 on look like: in both pages, and as browsers have them."""
    told = {chr(byte): byte for byte in range(0x80, 0x100)}
    for byte in range(0x80, 0xA0):
        character = bytes([byte]).decode("cp1252", "ignore")
        told |= {character: byte} if character else {}
    return told


_BYTES = _characters()
_REST = "[" + "".join(re.escape(one) for one, byte in _BYTES.items() if byte < 0xC0) + "]"
_ANY = "[" + "".join(re.escape(one) for one in _BYTES) + "]"
_LETTERS = re.compile(
    f"(?:[\u00c3-\u00df]{_REST}|[\u00e0-\u00ef]{_REST}{{2}}|\u00f0{_REST}{{3}}){{2,}}"
)
_RUN = re.compile(f"{_ANY}+")
_LEAD = re.compile("[\u00c2-\u00f4]")
_JAPANESE = ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA")


def misread(text: str) -> str:
    """The first piece that was two or more letters of one non-Latin script; empty if none is."""
    return next((piece for piece in _pieces(text)), "")


def reread(text: str) -> str:
    """The text as it was before it was misread; unchanged where it was not, or bytes are lost."""
    if not misread(text):
        return text
    parts, at = [], 0
    for run in _RUN.finditer(text):
        plain = _decoded(run[0])
        if not plain:
            if _LEAD.search(run[0]):
                return text
            continue
        parts += [text[at : run.start()], plain]
        at = run.end()
    return "".join([*parts, text[at:]])


def _pieces(text: str) -> Iterator[str]:
    for found in _LETTERS.finditer(text):
        scripts = [_script(one) for one in _decoded(found[0])]
        if any(a and a == b for a, b in pairwise(scripts)):
            yield found[0]


def _decoded(piece: str) -> str:
    try:
        return bytes(_BYTES[one] for one in piece).decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _script(letter: str) -> str:
    """The name of a letter's script; empty for Latin, and for what is no letter."""
    if not letter.isalpha():
        return ""
    script = unicodedata.name(letter, "LATIN").split(" ")[0]
    return "" if script == "LATIN" else "CJK" if script in _JAPANESE else script
