"""E-mail addresses (RFC 5322 addr-spec, as people write it) and URLs (RFC 3986).

Harmless: the example domains of RFC 2606 and RFC 6761, and placeholders in place of credentials.
"""

import re
from collections.abc import Iterator, Sequence

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
    r"(?:[^.]*\.)?(?:example|test|invalid|localhost)|example\.(?:com|org|net|edu)"
    r"|(?:contoso|fabrikam|(?:my|your)-?(?:domain|company|site|org)|domain)\.\w+",
    re.I,
)
"""The last two labels of a domain."""
_URL = re.compile(r"(?<![\w])(?:https?|ftp)://([^\s/?#'\"<>()\[\]{}]{1,253})[^\s'\"<>()\[\]{}]*")
_URL_END = ".,;:!?"


def _credentials(text: str, _: Sequence[Hit]) -> Iterator[Hit]:
    for match in _CREDENTIALS.finditer(text):
        kind = HARMLESS if _PLACEHOLDER.search(match[2]) else "url_credentials"
        yield Hit(kind, match.start(), match.end(), "high")


def _emails(text: str, _: Sequence[Hit]) -> Iterator[Hit]:
    for match in _email_matches(text):
        kind = HARMLESS if _is_example(match[1]) else "email"
        yield Hit(kind, match.start(), match.end(), "high")


def _is_example(domain: str) -> bool:
    last_two = domain.rfind(".", 0, max(0, domain.rfind("."))) + 1
    return _EXAMPLE_DOMAIN.fullmatch(domain, last_two) is not None


def _email_matches(text: str) -> Iterator[re.Match[str]]:
    """Matches of ``_EMAIL``, looked for from the last space before each @ on."""
    end, at = 0, text.find("@")
    while at >= 0:
        match = _EMAIL.search(text, max(end, text.rfind(" ", end, at) + 1))
        if match is None:
            return
        yield match
        end = match.end()
        at = text.find("@", end)


def _urls(text: str, _: Sequence[Hit]) -> Iterator[Hit]:
    for match in _URL.finditer(text):
        if not _is_example(match[1].rstrip(_URL_END).partition(":")[0]):
            end = match.start() + len(match[0].rstrip(_URL_END))
            yield Hit("url", match.start(), end, "low")


CREDENTIALS = Recogniser(_credentials, ("://[^ /]+:[^ /]+@",))
EMAILS = Recogniser(_emails, ("@",))
URLS = Recogniser(_urls, ("://",))
