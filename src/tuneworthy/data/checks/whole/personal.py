"""Personal data and secrets, of the kinds that must not be trained on."""

from collections import Counter
from collections.abc import Sequence

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Found, Table

_IN_ADDRESS = "pii_url_credentials"
"""A name with its password, in an address: the one is personal data, the other a secret."""


def _found(table: Table, prefix: str, *more: str) -> Outcome:
    why: dict[int, str] = {}
    kinds: Counter[str] = Counter()
    for at in table.with_findings.tolist():
        high = [hit for hit in table.found(at) if hit.high]
        hits = [hit for hit in high if hit.code.startswith(prefix) or hit.code in more]
        if hits:
            why[at] = held(hits)
            kinds.update(hit.code.partition("_")[2] for hit in hits)
    return Outcome(rows_of(list(why)), why=why, figure=dict(sorted(kinds.items())))


def held(hits: Sequence[Found]) -> str:
    """What a row holds and where. The value itself is never repeated: this is shown elsewhere."""
    first = hits[0]
    kind = first.code.split("_", 1)[1].replace("_", " ")
    more = f" and {len(hits) - 1} more" if len(hits) > 1 else ""
    where = f"{first.path}, characters {first.start} to {first.end}"
    return f"holds a real-looking {kind} ({where}){more}"


def _pii(table: Table, _: Setting) -> Outcome:
    return _found(table, "pii_")


def _secret(table: Table, _: Setting) -> Outcome:
    return _found(table, "secret_", _IN_ADDRESS)


PII = WholeCheck(
    "pii",
    "block",
    "The row holds personal data.",
    "Redact it: tuneworthy data fix --only pii",
    _pii,
)
SECRET = WholeCheck(
    "secret",
    "block",
    "The row holds a secret.",
    "Revoke the secret, then redact it: tuneworthy data fix --only secret",
    _secret,
)
