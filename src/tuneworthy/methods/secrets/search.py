"""The search for credentials: one gate over the text, then the forms that it lets through.

Harmless: placeholders, the keys that the issuers' own documentation prints
(``AKIAIOSFODNN7EXAMPLE`` and its like), and tokens that page through a list or lock a request. A
password that is a plain word is reported low: it may be an example; one that mixes letters and
digits is reported high.
"""

import re
from collections.abc import Sequence

from tuneworthy.methods.gate import Gate
from tuneworthy.methods.pii.hit import Hit, Severity, claim
from tuneworthy.methods.secrets.forms import FORMS

DETECTOR_VERSION = "secrets-3"

_NAMED = re.compile(
    r"(?<![A-Za-z])(?<!\d:)(?:[\w.-]{0,40}[_.-])?"
    r"(?i:password|passwd|pwd|passphrase|secret(?:[_-]?key)?|client[_-]?secret|api[_-]?key"
    r"|access[_-]?token|auth[_-]?token|token)"
    r"[\"']?(?:\s{0,3}[:=]\s{0,3}|\s+(?:is|was)\s+)[\"']?([^\s\"'<>,;&()]{6,200})"
)
_OPTION = re.compile(
    r"(?<!\S)-{1,2}(?:[a-z-]{0,40}-)?(?:password|passwd|pwd|secret|api-key|token)[ =][\"']?"
    r"([^\s\"'<>,;&()-][^\s\"'<>,;&()]{5,199})"
)
_NAMED_GATE = (
    r"(?i)(?:pass|pwd|secret|token|api[_-]?key)[a-z_-]{0,8}[\"']?(?:[\s\pZ\x0b\x1c-\x1f\x{85}]*[:=]"
    r"|[\s\pZ\x0b\x1c-\x1f\x{85}]+(?:is|was)[\s\pZ\x0b\x1c-\x1f\x{85}])"
)
"""RE2's own blanks, and those that Python counts beside them."""
_OPTION_GATE = r"-[a-z-]*(?:password|passwd|pwd|secret|api-key|token)[ =]"
_PLACEHOLDER = re.compile(
    r"[{}$*%\[\]<>]|example|placeholder|change.?me|replace|redacted|dummy|sample|^your|^my[-_]"
    r"|^x{3,}|\.\.\.|^(?:none|null|true|false|string|undefined|required|optional)$|^@|://|^env[.:]",
    re.I,
)
_NO_KEY = re.compile(
    r"(?<![a-z])(?:next|page|pag(?:ing|ination)|start(?:ing)?|continuation|cursor|resume|request"
    r"|idempotency|change|lock|sequence|action)[_-]token\b",
    re.I,
)
"""What stands before a token that opens nothing; ``:secret:`` after digits is an address (ARN)."""
_GATE = Gate([(_OPTION_GATE,), (_NAMED_GATE,), *((form.gate,) for form in FORMS)])


def find_secrets(text: str) -> list[Hit]:
    """Credentials in a text, left to right, without overlaps and without placeholders."""
    found = _GATE.open_for(text)
    if not found:
        return []
    taken: list[Hit] = []
    for number in found:
        if number >= 2:
            _claim_form(taken, text, number - 2)
    for pattern in (p for n, p in enumerate((_OPTION, _NAMED)) if n in found):
        for match in pattern.finditer(text):
            if not (
                _PLACEHOLDER.search(match[1]) or _NO_KEY.search(text, match.start(), match.start(1))
            ):
                claim(taken, Hit("password", match.start(1), match.end(1), _strength(match[1])))
    return taken


def find_secrets_batch(texts: Sequence[str]) -> list[list[Hit]]:
    """``find_secrets`` of every text, in order."""
    return [find_secrets(text) for text in texts]


def _claim_form(taken: list[Hit], text: str, number: int) -> None:
    kind, pattern, _ = FORMS[number]
    group = 1 if pattern.groups else 0
    for match in pattern.finditer(text):
        if kind == "private_key" or _real(match[group]):
            claim(taken, Hit(kind, match.start(group), match.end(group), "high"))


def _real(value: str) -> bool:
    """Whether an issuer's form holds more than a placeholder (``ghp_xxxxxxxx``, ``...EXAMPLE``)."""
    body = max(re.split(r"[-_]", value), key=len)
    return "EXAMPLE" not in value.upper() and len(set(body)) > 4


def _strength(value: str) -> Severity:
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return "high" if mixed else "low"
