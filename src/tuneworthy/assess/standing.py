"""What the record holds beside evidence: people, the dataset, versions that served, traces."""

from pydantic import Field

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.people import Person, Role


class TracedManifest(Part):
    """Recent responses under one serving manifest; ``fault`` is empty when the walk back ends."""

    manifest: str
    responses: int
    fault: str = ""


class ServedVersion(Part):
    """A version that took traffic, and what was on record before it did."""

    version: str
    manifest: str
    dataset: str
    promoted: bool
    approvers: tuple[str, ...] = ()
    """Who approved the dataset at the Start gate, by verified signature."""
    start_fault: str = ""
    """Why the Start approval of its dataset does not verify; empty when it does."""
    suite_run: str = ""
    """The evaluation run before its promotion, or before its canary; empty when there is none."""
    comparison: str = ""
    """The comparison evidence before it was promoted; empty when there is none."""


class Standing(Part):
    """The facts that the enterprise questions are judged by."""

    people: tuple[Person, ...] = ()
    """Everybody registered and active."""
    dataset: str = ""
    split: dict[str, int] = Field(default_factory=dict)
    version: str = ""
    lineage_fault: str | None = None
    """Where the line from source to tuned version breaks; empty when whole, None without one."""
    traced: tuple[TracedManifest, ...] = ()
    served: tuple[ServedVersion, ...] = ()
    gates: tuple[str, ...] = ()
    policy: str = ""
    """Digest of the gates' policy."""

    def holders(self, role: Role) -> tuple[Person, ...]:
        """The people who hold a role."""
        return tuple(person for person in self.people if role in person.roles)


def plural(count: int, noun: str) -> str:
    """A count with its noun: ``1 person``, ``3 people``."""
    many = {"person": "people"}.get(noun, f"{noun}s")
    return f"{count:,} {noun if count == 1 else many}"
