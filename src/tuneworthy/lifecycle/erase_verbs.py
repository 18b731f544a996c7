"""The part of a Workspace that is about erasing people, holds and retention."""

from collections.abc import Sequence
from pathlib import Path

from tuneworthy.core.nouns.erasure import (
    Erasure,
    ErasureAsked,
    ErasureOrder,
    Taint,
    TaintDecision,
)
from tuneworthy.core.nouns.retention import Due, LegalHold
from tuneworthy.core.nouns.sealing import SealState
from tuneworthy.govern import Action
from tuneworthy.lifecycle import (
    erasure,
    erasure_order,
    erasure_signing,
    holds,
    retention,
    sealing,
    taint_decisions,
    taints,
)
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.wiring import Runtime


class EraseVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    @needs(Action.ERASE, by="person")
    def erase(
        self,
        subjects: Sequence[str],
        *,
        person: str,
        reason: str,
        also: Sequence[str] = (),
        key: Path | None = None,
        dry_run: bool = False,
    ) -> Erasure:
        """Take people's rows out of everything kept here; a signed report says what became of it.

        Args:
            subjects: As the sources' ``subject`` and the requests' ``user`` name them.
            person: The compliance reviewer who orders and signs it.
            reason: Why; it stays in the audit chain, so it must not name them.
            also: Texts that are theirs wherever they stand.
            key: Their private key; else it is looked for in ``keys/``.
            dry_run: Say what would be done, and do nothing.
        """
        asked = _asked(subjects, also, person, reason)
        return erasure.erase(self._runtime, asked, key=key, dry_run=dry_run)

    @needs(Action.ERASE, by="person")
    def order_erasure(
        self,
        subjects: Sequence[str],
        *,
        person: str,
        reason: str,
        also: Sequence[str] = (),
        key: Path | None = None,
    ) -> ErasureOrder:
        """Sign that people are to be erased, for who signs with a passkey; nothing is done yet."""
        return erasure_order.order(self._runtime, _asked(subjects, also, person, reason), key)

    @needs(Action.ERASE, by="person")
    def erase_as_ordered(self, *, person: str) -> Erasure:
        """Do what this person ordered with their passkey; the report waits for their signature."""
        return erasure.erase(self._runtime, erasure_order.ordered(self._runtime, person))

    @needs(Action.ERASE, by="person")
    def sign_erasure(self, name: str, *, person: str, key: Path | None = None) -> Erasure:
        """Sign the report of an erasing that was ordered with a passkey."""
        return erasure_signing.sign(self._runtime, name, person, key)

    def erasures(self) -> list[Erasure]:
        """Every erasing, oldest first."""
        return erasure.erasures(self._runtime)

    def erasure_fault(self, report: Erasure) -> str:
        """Why a finished report is not what its person signed; empty when it is."""
        return erasure.fault_of(self._runtime, report)

    def taints(self) -> list[Taint]:
        """Model versions that were trained on rows that were erased since."""
        return taints.taints(self._runtime)

    @needs(Action.SETTLE_TAINT, by="person")
    def settle_taint(
        self,
        version: str,
        decision: TaintDecision,
        *,
        person: str,
        reason: str,
        document: Path | None = None,
    ) -> Taint:
        """The owner's choice for a tainted version: retire it, retrain, or sign a finding."""
        return taint_decisions.settle(
            self._runtime, version, decision, person=person, reason=reason, document=document
        )

    @needs(Action.HOLD, by="person")
    def hold(self, name: str, person: str, reason: str, *, version: bool = False) -> LegalHold:
        """Forbid to delete a person's rows, or a version."""
        return holds.hold(self._runtime, name, person, reason, version=version)

    @needs(Action.RELEASE_HOLD, by="person")
    def release_hold(self, name: str, person: str, reason: str) -> LegalHold:
        """End a hold."""
        return holds.release(self._runtime, name, person, reason)

    def holds(self, *, released: bool = False) -> list[LegalHold]:
        """The holds that stand; with ``released`` those that ended too."""
        return holds.holds(self._runtime, released=released)

    def retention_due(self) -> list[Due]:
        """Everything that has a day on which it is deleted, the first day first."""
        return retention.due(self._runtime)

    @needs(Action.RUN_RETENTION, by="person")
    def apply_retention(self, person: str = "") -> list[Due]:
        """Delete what is due and not held; returns what was deleted."""
        return retention.apply(self._runtime, person)

    def seal_state(self) -> SealState:
        """How recorded traffic is kept, where its keys lie, and what cannot be read."""
        return sealing.state(self._runtime)

    @needs(Action.RUN_RETENTION)
    def seal_traffic(self) -> int:
        """Seal what was recorded in the clear before there were keys; returns how many rows."""
        return sealing.seal(self._runtime)

    @needs(Action.ERASE, by="person")
    def renew_keys(self, person: str, reason: str) -> int:
        """Go on with the keys that are there, or new ones; returns how many are given up."""
        return sealing.renew(self._runtime, person, reason)


def _asked(subjects: Sequence[str], also: Sequence[str], person: str, reason: str) -> ErasureAsked:
    return ErasureAsked(
        subjects=tuple(dict.fromkeys(subjects)),
        also=tuple(dict.fromkeys(also)),
        person=person,
        reason=reason,
    )
