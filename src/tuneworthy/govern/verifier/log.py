"""Follows the chain of records and the Merkle tree over them (RFC 6962)."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from tuneworthy.govern.verifier.forms import Fault, parse

GENESIS = "0" * 64
TEXTS = frozenset(
    {
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
)
FIELDS = {*TEXTS, "evidence_digests", "object", "seq"}
ROWS = "rows"  # absent in records of earlier releases


def leaf_hash(body: bytes) -> bytes:
    """RFC 6962: the hash of a leaf."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962: the hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Log:
    """The chain as read so far; ``roots`` has the tree's root at every size in ``wanted``."""

    def __init__(self, wanted: Iterable[int] = ()) -> None:
        self.size, self.head = 0, GENESIS
        self.peaks: list[bytes] = []
        self.wanted = set(wanted)
        self.roots = {0: hashlib.sha256(b"").digest()}

    def feed(self, line: bytes) -> dict[str, Any]:
        """Take in one line of the events file; gives the event. Raises Fault."""
        what = f"record {self.size + 1}"
        row = parse(line, what)
        if not isinstance(row, dict) or set(row) != {"body", "hash", "seq"}:
            raise Fault(f"{what}: other fields than a record has")
        body = row["body"].encode("utf-8") if isinstance(row["body"], str) else b""
        if type(row["seq"]) is not int or row["seq"] != self.size + 1:
            raise Fault(f"{what} was expected, another stands here")
        if hashlib.sha256(body).hexdigest() != row["hash"]:
            raise Fault(f"{what}: its bytes do not give its hash")
        event = parse(body, what)
        if not isinstance(event, dict) or set(event) - {ROWS} != FIELDS or not _typed(event):
            raise Fault(f"{what}: other fields than an event has")
        if event["seq"] != row["seq"] or event["prev"] != self.head:
            raise Fault(f"{what}: it does not follow from the record before it")
        self._grow(body)
        self.head = row["hash"]
        return dict(event)

    def root(self) -> bytes:
        """The root of the tree over everything read."""
        value = self.peaks[-1] if self.peaks else self.roots[0]
        for peak in self.peaks[-2::-1]:
            value = node_hash(peak, value)
        return value

    def _grow(self, body: bytes) -> None:
        value, size = leaf_hash(body), self.size
        while size & 1:
            value, size = node_hash(self.peaks.pop(), value), size >> 1
        self.peaks.append(value)
        self.size += 1
        if self.size in self.wanted:
            self.roots[self.size] = self.root()

    def hold(self, size: int, root: bytes, whose: str) -> None:
        """Compare the tree of a checkpoint. Raises Fault."""
        if size > self.size:
            raise Fault(f"{whose} covers {size} records, and {self.size} are here: the tail is cut")
        if self.roots.get(size) != root:
            raise Fault(f"{whose}: the first {size} records are not those that were signed")


def _typed(event: dict[str, Any]) -> bool:
    thing, evidence = event["object"], event["evidence_digests"]
    return (
        all(isinstance(event[name], str) for name in TEXTS)
        and type(event["seq"]) is int
        and event["decision"] in ("allow", "deny")
        and isinstance(thing, dict)
        and set(thing) == {"type", "id", "digest"}
        and all(isinstance(part, str) for part in thing.values())
        and isinstance(evidence, list)
        and all(isinstance(part, str) for part in evidence)
        and _rows(event.get(ROWS, []))
    )


def _rows(rows: object) -> bool:
    """Type, id and digest of each row that was written under the event."""
    return isinstance(rows, list) and all(
        isinstance(row, list) and len(row) == 3 and all(isinstance(part, str) for part in row)
        for row in rows
    )


def read_log(data: bytes, wanted: Iterable[int] = ()) -> tuple[Log, list[dict[str, Any]]]:
    """The chain of an events file, one record a line, and its events. Raises Fault."""
    log = Log(wanted)
    if data and not data.endswith(b"\n"):
        raise Fault("the events do not end with a whole line")
    return log, [log.feed(line) for line in data.split(b"\n")[:-1]]


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162, section 2.1.3.2: whether a leaf is number ``index`` of the tree of ``size``."""
    if not 0 <= index < size:
        return False
    node, last, value = index, size - 1, leaf_hash(leaf)
    for beside in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            value = node_hash(beside, value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = node_hash(value, beside)
        node, last = node >> 1, last >> 1
    return last == 0 and value == root


def grown(old: int, old_root: bytes, size: int, top: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2: whether a tree of ``size`` grew from the one of ``old``."""
    if old == size or not 0 < old < size:
        return old == size > 0 and not proof and old_root == top
    path = [old_root, *proof] if not old & (old - 1) else list(proof)
    if not path:
        return False
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    older = newer = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            older, newer = node_hash(beside, older), node_hash(beside, newer)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            newer = node_hash(newer, beside)
        node, last = node >> 1, last >> 1
    return last == 0 and older == old_root and newer == top
