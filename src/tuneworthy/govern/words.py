"""Signed words: how one is made, and whether a row is what its person signed."""

import base64
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.words import SignedWord
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.signing import (
    STATEMENT_TYPE,
    PrivateKey,
    sign_statement,
    verify_envelope,
)

W = TypeVar("W", bound=SignedWord)


def make_word(kind: type[W], facts: Mapping[str, Any], private_pem: PrivateKey) -> W:
    """Sign the facts of a word; its id is the envelope's digest.

    Args:
        kind: Which word.
        facts: All its fields but ``id`` and ``envelope``.
        private_pem: The key of the person named in ``by``.

    Raises:
        UsageProblem: The key cannot be read.
    """
    draft = kind.model_validate({**facts, "id": "", "envelope": {}})
    envelope = sign_statement(_statement(draft), private_pem, draft.by)
    return draft.model_copy(update={"id": digest(envelope), "envelope": envelope})


def word_fault(word: SignedWord, person: Person | None) -> str:
    """Why a row is not what this person signed, in words; empty when it is."""
    if person is None or person.id != word.by:
        return f"there is no person {word.by}"
    try:
        signed = verify_envelope(word.envelope, person.public_key, keyid=person.id)
    except IntegrityProblem as problem:
        return problem.why
    if digest(word.envelope) != word.id:
        return "its id is not the digest of its envelope"
    return "" if signed == _statement(word) else "its fields are not what was signed"


def word_altered(word: SignedWord) -> bool:
    """Whether a row is not what its own envelope says, whoever signed that."""
    try:
        signed = json.loads(base64.b64decode(word.envelope["payload"]))
    except (LookupError, TypeError, ValueError):
        return True
    return digest(word.envelope) != word.id or signed != _statement(word)


def _statement(word: SignedWord) -> dict[str, Any]:
    facts = word.model_dump(mode="json", exclude={"id", "envelope"})
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": f"{word.project}/{word.kind}",
                "digest": {"sha256": digest(facts).removeprefix("sha256:")},
            }
        ],
        "predicateType": f"https://tuneworthy.dev/{word.kind}/v1",
        "predicate": facts,
    }
