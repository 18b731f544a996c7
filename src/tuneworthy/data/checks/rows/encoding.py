"""Text that was decoded wrongly somewhere on its way."""

import re

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks.check import RowCheck

DAMAGE = re.compile(
    "\ufffd"  # replacement character
    "|[\u00c2\u00c3][\u0080-\u00bf]"  # two-byte UTF-8 read as Latin-1
    "|\u00e2[\u0080-\u009f\u20ac\u2018-\u201e\u2020-\u2022\u0153\u017e\u02c6]"  # three-byte
    "|\u00f0\u0178"  # four-byte UTF-8 (emoji) read as Windows-1252
    "|\u05d2\u20ac"  # the same read as Windows-1255
    "|[\u0000-\u0008\u000b\u000c\u000e-\u001f]"  # control characters
)


def fails(example: Example) -> bool:
    """A replacement character, UTF-8 read as another code page, or a control character."""
    return any(DAMAGE.search(message.content) for message in example.messages)


CHECK = RowCheck(
    "encoding_damage",
    "warning",
    "The text looks wrongly decoded.",
    "Export the source again as UTF-8.",
    fails,
)
