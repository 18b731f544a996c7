"""Credentials by the published forms of their issuers, and passwords by what stands before them.

Harmless: placeholders, and the keys that the issuers' own documentation prints
(``AKIAIOSFODNN7EXAMPLE`` and its like). A password that is a plain word is reported low: it may
be an example; one that mixes letters and digits is reported high.
"""

import re
from typing import NamedTuple

from tuneworthy.methods.pii import Hit, Severity, claim

DETECTOR_VERSION = "secrets-1"


class _Form(NamedTuple):
    kind: str
    pattern: re.Pattern[str]
    """Group 1, where there is one, is the secret itself."""


_FORMS = (
    _Form(
        "private_key",
        re.compile(
            r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[^-]{0,16000}-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----)?"
        ),
    ),
    _Form("jwt", re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
    _Form("aws_access_key", re.compile(r"\b((?:AKIA|ASIA)[A-Z0-9]{16})\b")),
    _Form(
        "aws_secret_key",
        re.compile(r"(?i:secret_?access_?key)\W{1,6}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"),
    ),
    _Form("github_token", re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})\b")),
    _Form("gitlab_token", re.compile(r"\b(gl(?:pat|ptt|rt|dt)-[\w-]{20,255})")),
    _Form("slack_token", re.compile(r"\b(xox[abeoprs]-[A-Za-z0-9-]{10,255})")),
    _Form("slack_webhook", re.compile(r"https://hooks\.slack\.com/services/(T\w+/B\w+/\w{20,})")),
    _Form("anthropic_key", re.compile(r"\b(sk-ant-[\w-]{20,255})")),
    _Form("openai_key", re.compile(r"\b(sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,255})")),
    _Form("stripe_key", re.compile(r"\b([sr]k_live_[A-Za-z0-9]{16,255})")),
    _Form("google_key", re.compile(r"\b(AIza[\w-]{35})(?![\w-])")),
    _Form("huggingface_token", re.compile(r"\b(hf_[A-Za-z0-9]{30,255})\b")),
    _Form("azure_key", re.compile(r"AccountKey=([A-Za-z0-9+/]{86}==)")),
)
_NAMED = re.compile(
    r"(?<![A-Za-z])(?:[\w.-]{0,40}[_.-])?"
    r"(?i:password|passwd|pwd|passphrase|secret(?:[_-]?key)?|client[_-]?secret|api[_-]?key"
    r"|access[_-]?token|auth[_-]?token|token)"
    r"[\"']?(?:\s{0,3}[:=]\s{0,3}|\s+(?:is|was)\s+)[\"']?([^\s\"'<>,;&()]{6,200})"
)
_OPTION = re.compile(
    r"(?<!\S)-{1,2}(?:[a-z-]{0,40}-)?(?:password|passwd|pwd|secret|api-key|token)[ =][\"']?"
    r"([^\s\"'<>,;&()-][^\s\"'<>,;&()]{5,199})"
)
_PLACEHOLDER = re.compile(
    r"[{}$*%\[\]<>]|example|placeholder|change.?me|replace|redacted|dummy|sample|^your|^my[-_]"
    r"|^x{3,}|\.\.\.|^(?:none|null|true|false|string|undefined|required|optional)$|^@|://|^env[.:]",
    re.I,
)
_HINT = re.compile(
    r"PRIVATE KEY|eyJ|AKIA|ASIA|gh[pousr]_|github_pat_|gl(?:pat|ptt|rt|dt)-|xox|hooks\.slack"
    r"|sk[-_]|rk_live|AIza|hf_|AccountKey|(?i:pass|pwd|secret|token|api[_-]?key)"
)


def find_secrets(text: str) -> list[Hit]:
    """Credentials in a text, left to right, without overlaps and without placeholders."""
    if not _HINT.search(text):
        return []
    taken: list[Hit] = []
    for kind, pattern in _FORMS:
        for match in pattern.finditer(text):
            group = 1 if pattern.groups else 0
            if kind == "private_key" or _real(match[group]):
                claim(taken, Hit(kind, match.start(group), match.end(group), "high"))
    for pattern in (_OPTION, _NAMED):
        for match in pattern.finditer(text):
            if not _PLACEHOLDER.search(match[1]):
                claim(taken, Hit("password", match.start(1), match.end(1), _strength(match[1])))
    return taken


def _real(value: str) -> bool:
    """Whether an issuer's form holds more than a placeholder (``ghp_xxxxxxxx``, ``...EXAMPLE``)."""
    body = re.split(r"[-_]", value)[-1]
    return "EXAMPLE" not in value.upper() and len(set(body or value)) > 4


def _strength(value: str) -> Severity:
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return "high" if mixed else "low"
