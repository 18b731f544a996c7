"""A small audit chain with its signed checkpoint, as a pack holds them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tuneworthy.core.nouns.gate import AuditDraft, AuditRecord
from tuneworthy.methods.canonical import canonical
from tuneworthy.methods.chain import GENESIS, build
from tuneworthy.methods.merkle import root
from tuneworthy.methods.signed_note import Tree, sign, verifier_key
from tuneworthy.methods.signing import generate

ORIGIN = "tuneworthy/shop"


def make_chain(names: Sequence[str], prev: str = GENESIS, first: int = 1) -> list[AuditRecord]:
    """One record a name, the actor's."""
    records = []
    for number, name in enumerate(names, first):
        draft = AuditDraft(actor=name, action="go", object_type="thing", object_id="1")
        records.append(build(draft, number, "2026-01-01T00:00:00Z", prev, "1"))
        prev = records[-1].hash
    return records


def as_lines(records: Sequence[AuditRecord]) -> list[bytes]:
    """The lines of an events file."""
    return [
        canonical({"seq": r.seq, "hash": r.hash, "body": r.body.decode()}) + b"\n" for r in records
    ]


@dataclass
class KeyHolder:
    """Whoever holds a signing key."""

    pem: bytes
    key: str

    def sign(self, records: Sequence[AuditRecord]) -> str:
        top = root([record.body for record in records]).hex()
        return sign(Tree(origin=ORIGIN, size=len(records), root=top), self.pem)


@pytest.fixture(scope="session")
def holder() -> KeyHolder:
    return new_holder()


def new_holder() -> KeyHolder:
    pem, public = generate()
    return KeyHolder(pem, verifier_key(ORIGIN, public))


@pytest.fixture(scope="session")
def chain_of() -> Callable[..., list[AuditRecord]]:
    return make_chain


@pytest.fixture(scope="session")
def lines_of() -> Callable[..., list[bytes]]:
    return as_lines


@pytest.fixture(scope="session")
def another_holder() -> Callable[[], Any]:
    return new_holder
