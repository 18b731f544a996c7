"""Text that was decoded wrongly somewhere on its way."""

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks.check import RowCheck
from tuneworthy.methods.text_damage import encoding_damage


def fails(example: Example) -> bool:
    """A replacement character, UTF-8 read as another code page, or a control character."""
    return any(encoding_damage(m.content) for m in (*example.messages, *example.rejected))


CHECK = RowCheck(
    "encoding_damage",
    "warning",
    "The text looks wrongly decoded.",
    "Export the source again as UTF-8.",
    fails,
)
