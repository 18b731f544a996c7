"""Recorded traffic and its keys: taken in, sealed afterwards, and what has become of the keys."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.sealing import IdleKey, SealState
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.lifecycle import holds
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.serve.intake import Notes, Rows, ingest

TRAFFIC = "traffic"
"""Folder of recorded interactions that the ledger has not read in yet, in the state folder."""

IDLE_DAYS = 2
"""The least days for which a key is kept after the rows that it sealed last: a gateway remembers it
for the day of those rows, and clocks may differ by another."""


def take_in(runtime: Runtime) -> int:
    """Move what gateways have recorded into the ledger; returns how many rows were new."""

    def rows(found: Rows) -> int:
        sealed = [row for row in found if not isinstance(row, Interaction)]
        clear = [row for row in found if isinstance(row, Interaction)]
        return runtime.store.record(sealed) + runtime.store.record(clear, was_plain=True)

    def notes(found: Notes) -> int:
        sealed = [note for note in found if not isinstance(note, Feedback)]
        clear = [note for note in found if isinstance(note, Feedback)]
        return runtime.store.record([], sealed) + runtime.store.record([], clear, was_plain=True)

    return ingest(runtime.state / TRAFFIC, rows, notes).added


def state(runtime: Runtime) -> SealState:
    """How recorded traffic is kept, and what cannot be read."""
    return runtime.store.seal_state()


def seal(runtime: Runtime) -> int:
    """Seal what was recorded before there were keys; returns how many rows. May be done again."""
    take_in(runtime)
    done = runtime.store.seal_plain()
    if done:
        what = ("traffic", runtime.project.id, "")
        runtime.store.note(runtime.event("traffic.seal", what, reason=f"{done} rows"))
        runtime.store.compact()
    return done


def renew(runtime: Runtime, person: str, reason: str) -> int:
    """Go on with the keys that lie there, or with new ones; returns how many are given up.

    Rows under keys that are not there count as destroyed from now on.
    """
    if not reason.strip():
        raise UsageProblem("no_reason", "Giving up keys needs a reason.", fix="--reason '...'")
    given_up = runtime.store.renew_ring()
    what = ("traffic", runtime.project.id, "")
    facts = {"actor": person or runtime.actor, "reason": f"{given_up} keys given up: {reason}"}
    runtime.store.note(runtime.event("traffic.renew_keys", what, **facts))
    return given_up


def remove_unreadable(
    runtime: Runtime, facts: Mapping[str, str], *, others: Sequence[str] = ()
) -> int:
    """Delete rows whose keys were destroyed, none of these routes; returns how many there were."""
    rows, words = runtime.store.unreadable(others)
    n = len(rows) + len(words)
    if n:
        what = ("traffic", runtime.project.id, "")
        more = {**facts, "reason": f"{facts['reason']}: {n} rows without a key"}
        with runtime.change("traffic.remove_unreadable", what, **more) as change:
            change.erase.interactions(rows)
            change.erase.feedback(words)
    return n


def idle_keys(runtime: Runtime) -> list[IdleKey]:
    """Keys that no row of any project is sealed under any more, and nobody is held by."""
    before = _idle_before(runtime)
    old = runtime.subject_keys.idle(before) if runtime.subject_keys.found() else []
    if not old:
        return []
    kept, held = runtime.store.keys_in_use(), holds.held_subjects(runtime, everywhere=True)
    return [key for key in old if key.id not in kept and key.ref not in held]


def destroy_idle(runtime: Runtime, actor: str) -> int:
    """Destroy them; returns how many were there."""
    keys = [key.id for key in idle_keys(runtime)]
    if not keys:
        return 0
    facts = {"actor": actor, "reason": f"retention: {len(keys)} keys that seal nothing any more"}
    runtime.store.note(runtime.event("keys.destroy", ("keys", runtime.project.id, ""), **facts))
    gone = runtime.subject_keys.destroy(keys, before=_idle_before(runtime))
    runtime.subject_keys.compact()
    return gone


def _idle_before(runtime: Runtime) -> str:
    """Rows of the days before are due, also such as a gateway elsewhere has not brought yet."""
    days = max(runtime.project.retention.interactions - 1, IDLE_DAYS)
    return (runtime.clock.now().date() - timedelta(days=days)).isoformat()
