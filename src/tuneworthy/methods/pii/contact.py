"""E-mail addresses (RFC 5322 addr-spec, as people write it) and URLs (RFC 3986).

Harmless: the example domains of RFC 2606 and RFC 6761, and placeholders in place of credentials.
"""

import re
from collections.abc import Iterator

from tuneworthy.methods.pii.hit import HARMLESS, Hit, Recogniser

_CREDENTIALS = re.compile(
    r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://([^\s/:@'\"<>]{1,200}):([^\s/@'\"<>]{1,200})@[^\s'\"<>]+"
)
_PLACEHOLDER = re.compile(
    r"[<>{}$*%\[\]]|^(?:x+|\.+|password|passwd|pass|pwd|secret|token|changeme)$", re.I
)
_EMAIL = re.compile(
    r"(?<![\w.+{}-])[\w][\w.!#%&'*+=?^~-]{0,63}@"
    r"((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{1,62})(?![\w-])"
)
_EXAMPLE_DOMAIN = re.compile(
    r"(?:^|\.)(?:example(?:\.(?:com|org|net|edu))?|test|invalid|localhost|(?:contoso|fabrikam)\.\w+"
    r"|(?:(?:my|your)-?(?:domain|company|site|org)|domain)\.\w+)$",
    re.I,
)
_URL = re.compile(r"(?<![\w])(?:https?|ftp)://([^\s/?#'\"<>()\[\]{}]{1,253})[^\s'\"<>()\[\]{}]*")
_URL_END = ".,;:!?"


def _credentials(text: str) -> Iterator[Hit]:
    for match in _CREDENTIALS.finditer(text):
        kind = HARMLESS if _PLACEHOLDER.search(match[2]) else "url_credentials"
        yield Hit(kind, match.start(), match.end(), "high")


def _emails(text: str) -> Iterator[Hit]:
    for match in _EMAIL.finditer(text):
        kind = HARMLESS if _EXAMPLE_DOMAIN.search(match[1]) else "email"
        yield Hit(kind, match.start(), match.end(), "high")


def _urls(text: str) -> Iterator[Hit]:
    for match in _URL.finditer(text):
        if not _EXAMPLE_DOMAIN.search(match[1].rstrip(_URL_END).partition(":")[0]):
            end = match.start() + len(match[0].rstrip(_URL_END))
            yield Hit("url", match.start(), end, "low")


CREDENTIALS = Recogniser(_credentials, ("://[^ /]+:[^ /]+@",))
EMAILS = Recogniser(_emails, ("@",))
URLS = Recogniser(_urls, ("://",))
