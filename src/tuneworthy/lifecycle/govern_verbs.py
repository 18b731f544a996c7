"""The part of a Workspace that makes the record provable outside: keys, checkpoints, proofs."""

from collections.abc import Callable, Sequence
from pathlib import Path

from tuneworthy.core.nouns.api_key import KeyState, NewKey
from tuneworthy.core.nouns.checkpoint import AuditKey, Checkpoint
from tuneworthy.core.nouns.notice import PlaceState
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.report import PackReport
from tuneworthy.govern import Action
from tuneworthy.lifecycle import (
    api_keys,
    checkpoints,
    deliveries,
    outboxes,
    packing,
    soundness,
    withholding,
)
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.wiring import Runtime


class GovernVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    @needs(Action.CHECKPOINT)
    def make_audit_key(self) -> AuditKey:
        """Write a new key that signs checkpoints; its private half stays out of the database."""
        return checkpoints.make_key(self._runtime)

    @needs(Action.CHECKPOINT)
    def checkpoint(self) -> Checkpoint:
        """Sign the audit chain as it stands now, and send what has not arrived yet."""
        made = checkpoints.sign(self._runtime)
        self.send_checkpoints()
        return next((one for one in self.checkpoints() if one.id == made.id), made)

    def checkpoints(self) -> list[Checkpoint]:
        """Every checkpoint, oldest first."""
        return checkpoints.all_of(self._runtime)

    @needs(Action.CHECKPOINT)
    def send_checkpoints(self) -> list[Checkpoint]:
        """Send every checkpoint that has not arrived yet; those that wait still."""
        waiting = [one for one in self.checkpoints() if one.waiting]
        return deliveries.send(self._runtime, waiting, network=True, patient=False)

    @needs(Action.CHECKPOINT)
    def keep_checkpoints(self) -> None:
        """Sign and send what is due; for a process that runs on."""
        checkpoints.keep_up(self._runtime)

    @needs(Action.NOTIFY)
    def send_notices(self) -> list[PlaceState]:
        """Tell every place of ``notify`` what it has not heard; how they stand then."""
        outboxes.send(self._runtime)
        return self.notices()

    @needs(Action.NOTIFY)
    def keep_notices(self, ended: Callable[[], bool] | None = None) -> None:
        """Send what is due; a place that failed is left alone for a while. For what runs on.

        ``ended`` is asked before each notice; when true, the rest waits for another time.
        """
        outboxes.keep_up(self._runtime, ended)

    def notices(self) -> list[PlaceState]:
        """Every place that is told what happens, and what it has not heard yet."""
        return outboxes.states(self._runtime)

    def notice_faults(self) -> list[str]:
        """Places that could not be told at the last try, each with the reason."""
        return outboxes.faults(self._runtime)

    def evidence_out_of_time(self) -> list[str]:
        """Evidence that does not count because it is dated after now, each with its date."""
        return soundness.all_out_of_time(self._runtime)

    def evidence_without_bytes(self) -> list[str]:
        """Evidence that opens no gate because what it was found in is lost or was changed."""
        return soundness.all_without_bytes(self._runtime)

    @needs(Action.WITHHOLD_NAME, inside=True)
    def withhold_name(self, person: str, reason: str) -> Person:
        """Forget the name of a person who is out of duty; id and signatures stay."""
        return withholding.withhold(self._runtime, person, reason)

    @needs(Action.EXPORT_PACK)
    def export_audit(self, path: Path) -> PackReport:
        """Write the audit pack: the whole record, which can be checked without this system."""
        return packing.export(self._runtime, path)

    @needs(Action.EXPORT_PACK)
    def prove_event(self, event: int, path: Path) -> PackReport:
        """Write the proof that one event is in the log of the newest checkpoint."""
        return packing.prove(self._runtime, event, path)

    @needs(Action.MAKE_KEY)
    def create_api_key(self, name: str, scopes: Sequence[str], days: int = 90) -> NewKey:
        """A key for a program; its token is shown now and never again."""
        return api_keys.create(self._runtime, name, scopes, days)

    @needs(Action.REVOKE_KEY)
    def revoke_api_key(self, key: str, reason: str) -> KeyState:
        """End a key by its id or name; gateways refuse it within seconds."""
        return api_keys.revoke(self._runtime, key, reason)

    def api_keys(self) -> list[KeyState]:
        """Every key, oldest first; of its token only a digest is known."""
        return api_keys.states(self._runtime)
