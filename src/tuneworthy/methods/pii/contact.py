"""E-mail addresses (RFC 5322 addr-spec, as people write it) and URLs (RFC 3986).

Harmless: the example domains of RFC 2606 and RFC 6761, and placeholders in place of credentials.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from tuneworthy.methods.pii.hit import HARMLESS, Found, Recogniser

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
_RESERVED = frozenset({"example", "test", "invalid", "localhost"})
_EXAMPLE_ENDS = frozenset({"com", "org", "net", "edu"})
_MADE_UP = frozenset({"contoso", "fabrikam", "domain"}).union(
    owner + hyphen + what
    for owner in ("my", "your")
    for hyphen in ("", "-")
    for what in ("domain", "company", "site", "org")
)
"""Last labels, last labels after ``example``, and labels before the last one."""
_URL = re.compile(r"(?<![\w])(?:https?|ftp)://([^\s/?#'\"<>()\[\]{}]{1,253})[^\s'\"<>()\[\]{}]*")
_URL_END = ".,;:!?"


def _credentials(text: str) -> Iterator[Found]:
    for match in _CREDENTIALS.finditer(text):
        kind = HARMLESS if _PLACEHOLDER.search(match[2]) else "url_credentials"
        yield kind, match.start(), match.end(), "high"


def _emails(text: str) -> Iterator[Found]:
    for match in _email_matches(text):
        start, end = match.span()
        yield HARMLESS if _is_example(match[1]) else "email", start, end, "high"


@lru_cache(maxsize=4096)  # Most addresses are at few domains.
def _is_example(domain: str) -> bool:
    *_, before, last = ["", *domain.casefold().rsplit(".", 2)]
    return (
        last in _RESERVED or before in _MADE_UP or (before == "example" and last in _EXAMPLE_ENDS)
    )


def _email_matches(text: str) -> Iterator[re.Match[str]]:
    """Matches of ``_EMAIL``, looked for from the last space before each @ on."""
    end, at = 0, text.find("@")
    while at >= 0:
        match = _EMAIL.search(text, text.rfind(" ", end, at) + 1 or end)
        if match is None:
            return
        yield match
        end = match.end()
        at = text.find("@", end)


def _urls(text: str) -> Iterator[Found]:
    for match in _URL.finditer(text):
        if not _is_example(match[1].rstrip(_URL_END).partition(":")[0]):
            end = match.start() + len(match[0].rstrip(_URL_END))
            yield "url", match.start(), end, "low"


CREDENTIALS = Recogniser(_credentials, ("://[^ /]+:[^ /]+@",))
EMAILS = Recogniser(_emails, ("@",))
URLS = Recogniser(_urls, ("://",))
