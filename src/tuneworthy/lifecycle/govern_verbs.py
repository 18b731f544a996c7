"""The part of a Workspace that makes the record provable outside: keys, checkpoints, proofs."""

from tuneworthy.core.nouns.checkpoint import AuditKey, Checkpoint
from tuneworthy.lifecycle import checkpoints, deliveries
from tuneworthy.lifecycle.wiring import Runtime


class GovernVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    def make_audit_key(self) -> AuditKey:
        """Write a new key that signs checkpoints; its private half stays out of the database."""
        return checkpoints.make_key(self._runtime)

    def checkpoint(self) -> Checkpoint:
        """Sign the audit chain as it stands now, and send what has not arrived yet."""
        made = checkpoints.sign(self._runtime)
        self.send_checkpoints()
        return next((one for one in self.checkpoints() if one.id == made.id), made)

    def checkpoints(self) -> list[Checkpoint]:
        """Every checkpoint, oldest first."""
        return checkpoints.all_of(self._runtime)

    def send_checkpoints(self) -> list[Checkpoint]:
        """Send every checkpoint that has not arrived yet; those that wait still."""
        waiting = [one for one in self.checkpoints() if one.waiting]
        return deliveries.send(self._runtime, waiting, network=True, patient=False)

    def keep_checkpoints(self) -> None:
        """Sign and send what is due; for a process that runs on."""
        checkpoints.keep_up(self._runtime)
