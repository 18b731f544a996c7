"""Checkpoints of the audit chain: signed when due or asked for, kept until they arrived."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tuneworthy.core.errors import ConflictProblem, IntegrityProblem, Problem, UsageProblem
from tuneworthy.core.nouns.checkpoint import AuditKey, Checkpoint, Delivery
from tuneworthy.core.nouns.gate import AuditRecord
from tuneworthy.lifecycle import deliveries, sending
from tuneworthy.lifecycle.checkpoint_signer import Signer, read_key
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest_bytes
from tuneworthy.methods.signed_note import origin_of, verifier_key, verify
from tuneworthy.methods.signing import generate, public_of

log = logging.getLogger("tuneworthy.audit")

OWN = frozenset({"checkpoint.sign", "checkpoint.deliver"})
"""What checkpoints themselves write; it alone makes no new one due."""


def make_key(runtime: Runtime) -> AuditKey:
    """Write a new private key for checkpoints, and put its public half on record.

    Raises UsageProblem when a key is there already.
    """
    path = key_path(runtime)
    private, public = generate()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(private)
    except FileExistsError as fault:
        raise UsageProblem(
            "key_exists",
            f"{path} exists already.",
            why="A private key is never overwritten.",
            fix="Go on with it. To change keys, move it and its .signed file away first.",
        ) from fault
    except OSError as fault:
        raise UsageProblem(
            "key_not_written", f"{path} cannot be written: {fault.strerror}.", fix="audit.key: PATH"
        ) from fault
    return _register(runtime, public)


def keys(runtime: Runtime) -> list[AuditKey]:
    """Every key that has signed for this project, oldest first."""
    return [key for key in runtime.store.list(AuditKey) if key.project == runtime.project.id]


def all_of(runtime: Runtime) -> list[Checkpoint]:
    """Every checkpoint, oldest first."""
    return [one for one in runtime.store.list(Checkpoint) if one.project == runtime.project.id]


def newest(runtime: Runtime) -> Checkpoint | None:
    """The checkpoint over the most records."""
    return max(all_of(runtime), key=lambda one: one.size, default=None)


def sign(runtime: Runtime) -> Checkpoint:
    """Sign the chain as it stands; the newest one again when nothing has happened since.

    Raises:
        NeedsPersonProblem: The key is not here.
        IntegrityProblem: The chain does not go on from what was signed last.
    """
    _register(runtime, public_of(read_key(key_path(runtime))))
    signer, new = _unsigned(runtime)
    known = newest(runtime)
    if not _busy(new) and known is not None and known.size == signer.size:
        return known
    if known is not None and not signer.size:
        # What was signed is not remembered beside the key any more; the ledger still says it.
        signer.read(new[: known.size])
        signer.compare(known.size, known.root)
        new = new[known.size :]
    signer.read(new)
    note = signer.sign()
    made = Checkpoint(
        id=digest_bytes(note.encode()),
        project=runtime.project.id,
        size=signer.size,
        root=signer.root,
        head=signer.head,
        note=note,
        created_at=runtime.now(),
        deliveries=tuple(
            Delivery(to=sending.label(to)) for to in runtime.project.audit.checkpoints
        ),
    )
    try:
        with runtime.change("checkpoint.sign", ("checkpoint", made.id, made.id)) as change:
            change.put(made, expect=0)
    except ConflictProblem:
        pass  # Another process has signed the same records: the same bytes.
    signer.remember()
    return runtime.store.get(Checkpoint, made.id) or made


def keep_up(runtime: Runtime, *, network: bool = True) -> None:
    """Sign when it is due, and send what waits; what goes wrong is logged and tried again later.

    Args:
        runtime: The project; without a checkpoint key there is nothing to do.
        network: Also send to other machines, not to files alone.
    """
    if not key_path(runtime).is_file():
        return
    try:
        if due(runtime):
            sign(runtime)
        deliveries.send(runtime, all_of(runtime), network=network, patient=True)
    except Problem as problem:
        log.warning("%s %s", problem.message, problem.why)


def is_signed(checkpoint: Checkpoint, key: AuditKey) -> bool:
    """Whether this key signed that checkpoint."""
    try:
        return verify(checkpoint.note, key.id).size == checkpoint.size
    except IntegrityProblem:
        return False


def leave(runtime: Runtime) -> None:
    """``keep_up`` at the end of a command that looked at the ledger; it waits for no network."""
    if "store" in runtime.__dict__:
        keep_up(runtime, network=False)


def due(runtime: Runtime) -> bool:
    """Whether enough events, or an old enough one, are not signed yet."""
    settings = runtime.project.audit
    _, new = _unsigned(runtime)
    if not _busy(new):
        return False
    if len(new) >= settings.every_events:
        return True
    try:
        oldest = datetime.fromisoformat(str(_said(new[0]).get("ts")))
    except ValueError:
        return True
    return runtime.clock.now() - oldest >= timedelta(seconds=settings.every_seconds)


def key_path(runtime: Runtime) -> Path:
    """Where the private key lies."""
    return runtime.folder / runtime.project.audit.key


def _unsigned(runtime: Runtime) -> tuple[Signer, list[AuditRecord]]:
    signer = Signer(key_path(runtime), runtime.project.id)
    signer.require(runtime.store.last_event())
    return signer, list(runtime.store.audit(signer.size))


def _busy(records: Sequence[AuditRecord]) -> bool:
    return any(_said(record).get("action") not in OWN for record in records)


def _said(record: AuditRecord) -> dict[str, Any]:
    """An event; nothing of one that was damaged, which the signer will name."""
    try:
        event = json.loads(record.body)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _register(runtime: Runtime, public: str) -> AuditKey:
    """The key on record; one that was brought from elsewhere is put there on first use."""
    id_ = verifier_key(origin_of(runtime.project.id), public)
    if known := runtime.store.get(AuditKey, id_):
        return known
    made = AuditKey(id=id_, project=runtime.project.id, public_key=public, created_at=runtime.now())
    with runtime.change("audit.key", ("audit_key", made.id, public)) as change:
        change.put(made, expect=0)
    return made
