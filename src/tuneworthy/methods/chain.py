"""The hash-chained audit record: how a link is made and how a chain is checked.

A record's body is RFC 8785 JSON that holds the hash of the record before it; a record's hash is
SHA-256 over the stored bytes of its body, as 64 lower-case hex digits. The chain shows any change,
removal or reordering inside it. It cannot show a cut tail or a history that was wholly rewritten:
for those, compare ``head`` with a checkpoint that is kept elsewhere.

A record names every row that its change wrote, with the digest of the row's bytes, so that a row
which was written past the program is found out. Records of earlier releases name none.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.gate import AuditDraft, AuditRecord
from tuneworthy.methods.canonical import canonical
from tuneworthy.methods.strict_json import strict_json

GENESIS = "0" * 64
"""What the first record names as its predecessor."""

_TEXTS = {
    "action",
    "actor_id",
    "after",
    "auth_method",
    "before",
    "decision",
    "on_behalf_of",
    "policy_version",
    "prev",
    "reason",
    "request_id",
    "session_id",
    "ts",
}
_FIELDS = _TEXTS | {"evidence_digests", "object", "seq"}
ROWS = "rows"
"""The field that names the rows a change wrote; absent in records of earlier releases."""
_OBJECT = {"type", "id", "digest"}


class WrittenRow(NamedTuple):
    """A row that a change wrote, and the digest of its bytes."""

    type: str
    id: str
    digest: str


class ChainFault(Part):
    """The first thing wrong with a chain: at which record, a stable code, and plain words."""

    seq: int
    code: str
    message: str


class ChainReport(Part):
    """What a check of the chain found.

    ``events`` counts the records that stand, ``seq`` and ``head`` are the number and the hash of
    the last of them. ``verified`` is true when no record was at fault.
    """

    events: int
    verified: bool
    head: str
    seq: int
    first_fault: ChainFault | None = None


def build(
    draft: AuditDraft,
    seq: int,
    ts: str,
    prev: str,
    policy_version: str,
    rows: Sequence[WrittenRow] | None = None,
) -> AuditRecord:
    """Make record number ``seq`` from a draft, with the rows that were written under it.

    Without ``rows`` it is a record as earlier releases made them. Raises ValueError for text that
    is not Unicode.
    """
    named = {} if rows is None else {ROWS: [list(row) for row in rows]}
    body = canonical(
        {
            **named,
            "seq": seq,
            "ts": ts,
            "actor_id": draft.actor,
            "auth_method": draft.auth_method,
            "session_id": draft.session_id,
            "on_behalf_of": draft.on_behalf_of,
            "action": draft.action,
            "object": {
                "type": draft.object_type,
                "id": draft.object_id,
                "digest": draft.object_digest,
            },
            "before": draft.before,
            "after": draft.after,
            "evidence_digests": list(draft.evidence),
            "decision": draft.decision,
            "reason": draft.reason,
            "policy_version": policy_version,
            "request_id": draft.request_id,
            "prev": prev,
        }
    )
    return AuditRecord(seq=seq, body=body, hash=hash_body(body))


def hash_body(body: bytes) -> str:
    """The hash of a record: SHA-256 over its stored bytes, 64 lower-case hex digits."""
    return hashlib.sha256(body).hexdigest()


def read(body: bytes) -> dict[str, Any]:
    """The content of a stored body.

    Raises:
        ValueError: It is not canonical JSON, has a key twice, a NaN, or other fields than a record.
    """
    try:
        value = strict_json(body.decode("utf-8"))
        same = canonical(value) == body
    except RecursionError as fault:
        raise ValueError("nested too deeply") from fault
    if not same:
        raise ValueError("not in canonical form (RFC 8785)")
    if not isinstance(value, dict) or set(value) - {ROWS} != _FIELDS:
        raise ValueError("other fields than an audit record has")
    if not _typed(value):
        raise ValueError("a field has the wrong type")
    return value


def verify(
    records: Iterable[AuditRecord], *, start_prev: str = GENESIS, start_seq: int | None = None
) -> ChainReport:
    """Check every record against its bytes and against the record before it, exactly.

    Args:
        records: The chain, oldest first.
        start_prev: Hash of the record before the first one; by default the chain's beginning.
        start_seq: Number of the first record. By default 1 at the chain's beginning; for a slice,
            the first record's own number.
    """
    head, events = start_prev, 0
    expected = 1 if start_seq is None and start_prev == GENESIS else start_seq
    seq = 0 if expected is None else expected - 1
    for record in records:
        if expected is None:
            expected = record.seq
        fault = _fault(record, expected, head)
        if fault is not None:
            return ChainReport(events=events, verified=False, head=head, seq=seq, first_fault=fault)
        head, seq, events = record.hash, record.seq, events + 1
        expected += 1
    return ChainReport(events=events, verified=True, head=head, seq=seq)


def _fault(record: AuditRecord, seq: int, prev: str) -> ChainFault | None:
    if record.seq != seq:
        code = "gap" if record.seq > seq else "out_of_order"
        return _say(
            record, code, f"record {seq} was expected here, record {record.seq} stands here"
        )
    if hash_body(record.body) != record.hash:
        return _say(record, "hash", f"record {seq}: its bytes do not give its hash")
    try:
        body = read(record.body)
    except ValueError as fault:
        return _say(record, "body", f"record {seq}: {fault}")
    if body["seq"] != seq:
        return _say(record, "number", f"record {seq}: its body says it is record {body['seq']}")
    if body["prev"] != prev:
        return _say(record, "link", f"record {seq}: it does not follow from the record before it")
    return None


def _say(record: AuditRecord, code: str, message: str) -> ChainFault:
    return ChainFault(seq=record.seq, code=code, message=message)


def _typed(value: dict[str, Any]) -> bool:
    thing, evidence = value["object"], value["evidence_digests"]
    return (
        all(isinstance(value[name], str) for name in _TEXTS)
        and type(value["seq"]) is int
        and value["decision"] in ("allow", "deny")
        and isinstance(thing, dict)
        and set(thing) == _OBJECT
        and all(isinstance(part, str) for part in thing.values())
        and isinstance(evidence, list)
        and all(isinstance(part, str) for part in evidence)
        and _rows(value.get(ROWS, []))
    )


def _rows(rows: object) -> bool:
    return isinstance(rows, list) and all(
        isinstance(row, list)
        and len(row) == len(WrittenRow._fields)
        and all(isinstance(p, str) for p in row)
        for row in rows
    )
