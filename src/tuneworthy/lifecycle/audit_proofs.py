"""Proofs that single events are in the log that a checkpoint signs."""

from collections.abc import Sequence

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.checkpoint import Checkpoint
from tuneworthy.core.nouns.traced import AuditProof
from tuneworthy.lifecycle import checkpoints
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.merkle import inclusion_proofs

PROOF = "tuneworthy-audit-proof/1"


def proofs(
    runtime: Runtime, made: Checkpoint, bodies: Sequence[bytes], events: Sequence[int]
) -> list[AuditProof]:
    """That these events (counted from 1) are in a checkpoint's log, of which ``bodies`` are all."""
    key = key_of(runtime, made)
    paths = inclusion_proofs(bodies, [event - 1 for event in events])
    return [
        AuditProof(
            format=PROOF,
            body=bodies[event - 1].decode("utf-8"),
            checkpoint=made.note,
            index=event - 1,
            key=key,
            proof=tuple(one.hex() for one in path),
        )
        for event, path in zip(events, paths, strict=True)
    ]


def key_of(runtime: Runtime, made: Checkpoint) -> str:
    """The key on record that signed a checkpoint. Raises IntegrityProblem when there is none."""
    for key in checkpoints.keys(runtime):
        if checkpoints.is_signed(made, key):
            return key.id
    raise IntegrityProblem(
        "checkpoint_invalid", "No key on record has signed the newest checkpoint."
    )
