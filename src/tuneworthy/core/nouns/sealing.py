"""Recorded traffic as it is kept: what queries need in the clear, all else under a person's key."""

from typing import Literal, NamedTuple

from tuneworthy.core.nouns.base import Part


class SealedInteraction(Part):
    """An Interaction whose words and names nobody reads without the key called ``key``."""

    id: str
    route: str
    manifest: str
    arm: Literal["production", "canary", "shadow"]
    created_at: str
    status: int
    seconds: float
    key: str
    body: str
    """The whole Interaction as sealed JSON."""


class SealedFeedback(Part):
    """Feedback whose words nobody reads without the key called ``key``."""

    id: str
    interaction: str
    created_at: str
    key: str
    body: str


class DataKey(NamedTuple):
    """A key of the ring: 256 random bits under a random name."""

    id: str
    secret: bytes


class IdleKey(NamedTuple):
    """A key by its name, whom or what day it is for, and the last day that it sealed rows of."""

    id: str
    ref: str
    used_on: str


class SealState(Part):
    """How recorded traffic is kept; counts are rows of the ledger."""

    place: str
    """Where the keys lie."""
    keys: int
    sealed: int
    plain: int
    """Rows that were written before sealing began; ``tuneworthy retention seal`` seals them."""
    destroyed: int
    """Rows whose key was destroyed, such as come back with a backup of the ledger."""
    lost: int
    """Rows whose key is not in the ring although nobody destroyed it."""
    changed: int = 0
    """Rows that stand under another key than the one that sealed them. Nothing deletes them."""
    fault: str = ""
    """Why the keys cannot be used with this ledger; empty when they can."""
    fix: str = ""

    @property
    def losses(self) -> tuple[tuple[str, str], ...]:
        """What nobody ordered and must not be, and what to do or type; nothing while all is well.

        A key that was destroyed is no loss: that is what erasing and retention are for.
        """
        said = [(self.fault, self.fix)] if self.fault else []
        if self.lost:
            said.append(
                (
                    f"{self.lost} recorded rows cannot be read: their keys are not in "
                    f"{self.place}.",
                    "Put back the newest copy of the keys, or: tuneworthy retention renew-keys",
                )
            )
        if self.changed:
            said.append(
                (
                    f"{self.changed} recorded rows were changed outside the program: they stand "
                    "under another key than the one that sealed them, and nothing deletes them.",
                    "Put back a backup of the ledger; its keys are not concerned.",
                )
            )
        return tuple(said)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know, each with what to type; nothing while all is well."""
        said = [f"{what} {fix}".strip() for what, fix in self.losses]
        if self.destroyed:
            said.append(
                f"{self.destroyed} recorded rows cannot be read: their keys were destroyed. "
                "tuneworthy retention run"
            )
        if self.plain:
            said.append(f"{self.plain} recorded rows are not sealed yet: tuneworthy retention seal")
        return tuple(said)
