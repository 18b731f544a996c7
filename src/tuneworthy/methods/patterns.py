"""Regular expressions that users write, read by RE2: linear in the text, whatever the pattern."""

from functools import lru_cache
from typing import Any

import re2


@lru_cache(maxsize=256)
def compiled(pattern: str, *, case: bool = True) -> Any:
    """The compiled pattern (https://github.com/google/re2/wiki/Syntax).

    Raises:
        ValueError: RE2 cannot read it; look-arounds and back-references it does not have.
    """
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = case
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeError) as fault:
        said = fault.args[0] if fault.args else ""
        said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"It is no pattern that RE2 can read: {said[:200]}") from fault


def found_in(pattern: str, text: str) -> list[tuple[str, ...]]:
    """Every place of the pattern: its groups, or all of it where it has none."""
    places = compiled(pattern).findall(as_utf8(text))
    return [place if isinstance(place, tuple) else (place,) for place in places]


def without(pattern: str, text: str) -> str:
    """The text with every place of the pattern cut out."""
    return str(compiled(pattern).sub("", as_utf8(text)))


def as_utf8(text: str) -> str:
    """The text as RE2 can read it: half a surrogate pair becomes ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")
