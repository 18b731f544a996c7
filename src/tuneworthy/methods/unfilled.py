"""Values that were never filled in: ``<project-name>``, ``YOUR_API_KEY``, ``MyResourceGroup``.

A model that learns from them says them. Forms only, no list of names: a value that merely looks
made up (``mygroup``, ``test1``) is not seen.
"""

import re

_FORMS = (
    # <project-name>, <your name>, <KEY>; not a tag of HTML or XML: one word in small letters.
    r"<(?:[A-Za-z]\w{0,40}(?:[ _-][\w-]{1,40}){1,6}|[A-Z][A-Z0-9]{1,40})>",
    # {billingAccountName}, {SubID}; not ${name} of a shell, nor {name} of a format string.
    r"(?<![$%{\w])\{[A-Za-z][a-z0-9]{0,30}[A-Z]\w{0,40}\}",
    r"\[(?i:your|insert|enter)[ _-][\w -]{1,60}\]",
    r"\bYOUR[_-][A-Z0-9_-]{1,60}\b",
    r"\byour-[a-z0-9][a-z0-9-]{0,60}\b",
    r"\b[Mm]y[A-Z][a-z]\w{0,60}\b",
    r"(?<![\w-])my-[a-z][a-z0-9-]{0,60}\b",
    # The nil UUID (RFC 9562, section 5.9), and digits or letters crossed out.
    r"\b0{8}-0{4}-0{4}-0{4}-0{12}\b",
    r"(?<![A-Za-z])[xX]{4,}(?![A-Za-z])",
    # Account numbers and key endings of Amazon's own documentation.
    r"(?<!\d)(?:123456789012|111122223333|444455556666|210987654321)(?!\d)",
    r"\b\w{6,60}EXAMPLE(?:KEY)?\b",
)
_FORM = re.compile("|".join(_FORMS))


def unfilled(text: str) -> list[str]:
    """The placeholders in a text, in order, as they stand there."""
    return _FORM.findall(text)
