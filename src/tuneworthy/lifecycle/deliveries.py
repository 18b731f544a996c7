"""Sends checkpoints to where the operator cannot rewrite them; what has not arrived waits."""

import os
import secrets
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tuneworthy import adapters
from tuneworthy.core.errors import ConflictProblem, Problem, ServeProblem
from tuneworthy.core.nouns.checkpoint import Checkpoint, Delivery
from tuneworthy.lifecycle import sending
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods import time_stamp

PATIENCE_SECONDS = 60.0
"""How long a destination that failed is left alone unless somebody asks; it doubles, to an hour."""

_failed: dict[tuple[str, str], tuple[int, float]] = {}
"""Project and destination to failures in a row, and the moment until which it is left alone."""


def forget_failures() -> None:
    """Try every destination again at the next chance, whatever failed before."""
    _failed.clear()


def send(
    runtime: Runtime, checkpoints: Sequence[Checkpoint], *, network: bool, patient: bool
) -> list[Checkpoint]:
    """Send whatever waits, oldest first, and say in the ledger what arrived.

    Args:
        runtime: Names the destinations.
        checkpoints: All that may be waiting.
        network: Also send to other machines, not to files alone.
        patient: Leave a destination alone for a while after it failed.

    Returns:
        The checkpoints that wait still.
    """
    places = {sending.label(one): one for one in runtime.project.audit.checkpoints}
    for to, place in places.items():
        waiting = [one for one in checkpoints if to in {w.to for w in one.waiting}]
        if waiting and (network or place.startswith("file:")):
            _send_all(runtime, to, place, waiting, patient=patient)
    now = (runtime.store.get(Checkpoint, one.id) or one for one in checkpoints)
    return [one for one in now if one.waiting]


def _send_all(
    runtime: Runtime, to: str, place: str, waiting: Sequence[Checkpoint], *, patient: bool
) -> None:
    key = (runtime.project.id, to)
    failures, until = _failed.get(key, (0, 0.0))
    if patient and time.monotonic() < until:
        return
    for checkpoint in waiting:
        try:
            receipt = _hand_over(runtime, place, checkpoint)
        except Problem as problem:
            pause = PATIENCE_SECONDS * 2 ** min(failures, 6)
            _failed[key] = (failures + 1, time.monotonic() + pause)
            _say(runtime, checkpoint.id, Delivery(to=to, error=sending.words(problem)))
            return
        _failed.pop(key, None)
        _say(runtime, checkpoint.id, Delivery(to=to, sent_at=runtime.now(), receipt=receipt))


def _hand_over(runtime: Runtime, place: str, checkpoint: Checkpoint) -> str:
    """Give a checkpoint to one destination, and keep its receipt if it gives one.

    Raises Problem when it did not arrive.
    """
    place = sending.resolved(place)
    settings = runtime.project.audit
    if place.startswith("tsa:"):
        return _time_stamped(runtime, place.removeprefix("tsa:"), checkpoint)
    if place.startswith("file:"):
        append(Path(unquote(urlsplit(place).path)), checkpoint.note)
    else:
        sending.tell(
            place,
            settings.mail,
            runtime.project.open_hosts(settings.internal_hosts),
            subject=f"Checkpoint of the audit chain of {runtime.project.id}: {checkpoint.size}",
            text="Keep this message. It shows later that the first "
            f"{checkpoint.size} records were not changed:\n"
            "tuneworthy audit verify PACK --checkpoint FILE\n\n"
            f"{checkpoint.note}",
            body={
                "text": f"Checkpoint of the audit chain of {runtime.project.id}\n"
                f"```\n{checkpoint.note}```",
                "checkpoint": checkpoint.note,
            },
        )
    return ""


def _time_stamped(runtime: Runtime, url: str, checkpoint: Checkpoint) -> str:
    """Have an authority say when the checkpoint was there; the digest of its answer."""
    stamped, nonce = sha256(checkpoint.note.encode()).digest(), secrets.randbits(63)
    kind = "application/timestamp-query"
    internal = runtime.project.open_hosts(runtime.project.audit.internal_hosts)
    answer = adapters.post(url, time_stamp.request(stamped, nonce), kind, internal)
    try:
        time_stamp.require_granted(answer, stamped, nonce)
    except ValueError as fault:
        raise ServeProblem(
            "not_delivered", f"{urlsplit(url).hostname} gave no time stamp: {fault}."
        ) from fault
    return runtime.blobs.put(answer)


def append(path: Path, note: str) -> None:
    """Add a note to a file, on the disk when this returns; one that ends it already is not doubled.

    Raises ServeProblem when it cannot be written.
    """
    block = (note + "\n").encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - len(block)))
            if file.read() != block:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        raise ServeProblem(
            "not_delivered", f"{path} cannot be written: {fault.strerror}."
        ) from fault


def _say(runtime: Runtime, id_: str, outcome: Delivery) -> None:
    """Record how it went; the same failure again says nothing new."""
    generation = runtime.store.generation(Checkpoint, id_)
    checkpoint = runtime.store.get(Checkpoint, id_)
    if checkpoint is None or outcome in checkpoint.deliveries:
        return
    after = tuple(outcome if one.to == outcome.to else one for one in checkpoint.deliveries)
    event = {
        "after": f"{'sent to' if outcome.sent_at else 'not sent to'} {outcome.to}",
        "reason": outcome.error,
    }
    try:
        with runtime.change("checkpoint.deliver", ("checkpoint", id_, id_), **event) as change:
            change.put(checkpoint.model_copy(update={"deliveries": after}), expect=generation)
    except ConflictProblem:
        pass  # Another process was there first, and says the same.
