"""Text that was decoded wrongly somewhere on its way."""

import re
from collections.abc import Sequence

from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.example import Example
from tuneworthy.data.finding import rows_finding

_DAMAGE = re.compile(
    "\ufffd"  # replacement character
    "|[\u00c2\u00c3][\u0080-\u00bf]"  # two-byte UTF-8 read as Latin-1
    "|\u00e2[\u0080-\u009f\u20ac\u2018-\u201e\u2020-\u2022\u0153\u017e\u02c6]"  # three-byte
    "|\u00f0\u0178"  # four-byte UTF-8 (emoji) read as Windows-1252
    "|\u05d2\u20ac"  # the same read as Windows-1255
    "|[\u0000-\u0008\u000b\u000c\u000e-\u001f]"  # control characters
)


def check(examples: Sequence[Example]) -> list[Finding]:
    """No replacement characters, no UTF-8 read as another code page, no control characters."""
    return rows_finding(
        "encoding_damage",
        "warning",
        "The text looks wrongly decoded.",
        [e for e in examples if any(_DAMAGE.search(m.content) for m in e.messages)],
        "Export the source again as UTF-8.",
    )
