"""Attacks on a model: by whom, what was tried, what got through, and who has to mend it."""

from pydantic import Field

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.example import Message


class Attempt(Part):
    """One attack and the model's answer to it."""

    id: str
    category: str
    """What kind of attack: a probe's name, or a word of the attacker's own."""
    messages: tuple[Message, ...] = Field(min_length=1)
    """All that was said before the answer; a user speaks last."""
    output: str
    through: bool
    """Whether the attacker, or a detector, says that it got what it was after."""
    owner: str = ""
    """Who has to mend it; empty: whom the record names for all."""


class Finding(Part):
    """One kind of attack that got through at least once."""

    category: str
    attempts: int
    through: int
    owner: str


class RedTeam(Part):
    """A red-team exercise against one version; attacks and answers stand in the kept report."""

    attacker: str
    """A person of the project."""
    independent: bool
    """The attacker is not the one who submitted the version's training run. Who only starts the
    attacks that come with the program is no attacker of their own."""
    tool: str
    attempts: int
    """Attacks that were answered."""
    through: int
    findings: tuple[Finding, ...]
    asked_again: int
    """So many attacks, spread over the report, were put to the version anew, its weights proved."""
    same: int
    """So many of them got the answer that the report holds."""
    confirmed: bool
    """At least nine in ten: what was attacked is this version."""
    report: str
    """Blob digest of the whole report."""
    automated: bool = False
    """The program's own attacks; each was put to this very version, so none is asked again."""
    unanswered: int = 0
    """Attacks that got no answer, or an empty one: they show nothing."""
