"""A person's data found and taken out: what there was, what became of it, and who has said so."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from tuneworthy.core.nouns.base import Noun, Part

Disposition = Literal[
    "deleted", "key destroyed", "tombstoned", "rewritten", "rebuilt", "tainted", "kept", "outside"
]
"""What became of a node.

``tombstoned``: rows are gone, their digests stand in a Tombstone. ``rewritten``: the text is gone
and what is around it stays. ``kept``: it holds no more than digests and opaque ids. ``outside``:
this program does not reach it, and a person has to see to it by the deadline.
"""

TaintDecision = Literal["", "retire", "retrain", "finding"]
"""What the owner chose for a version that was trained on erased rows; empty while open."""
TAINT_CHOICES: tuple[TaintDecision, ...] = ("retire", "retrain", "finding")
"""What there is to choose."""


class ErasedNode(Part):
    """One thing that held, or was made from, the data of the people erased."""

    kind: str
    """``source``, ``dataset``, ``split``, ``suite``, ``evaluation``, ``model version``, ..."""
    id: str
    found: int
    """Rows, cases or texts of theirs; 0 where it only rests on such."""
    disposition: Disposition
    note: str = ""
    deadline: str = ""
    """Until when a person has to see to it; empty where nobody has to."""


class Erasure(Noun):
    """One erasing, of one or more people.

    ``envelope`` is a DSSE envelope over all the other fields, by the compliance reviewer's key;
    it is empty while the erasing is under way. ``subjects`` are opaque: each is an HMAC under a
    key that is destroyed at the end.
    """

    kind: ClassVar[str] = "erasure"
    project: str
    person: str
    """The compliance reviewer who ordered and signed it."""
    reason: str
    subjects: tuple[str, ...]
    state: Literal["begun", "done"]
    nodes: tuple[ErasedNode, ...]
    left: int
    """Texts of theirs that a search of every byte kept here still found at the end."""
    scanned_files: int = 0
    scanned_bytes: int = 0
    created_at: str
    finished_at: str = ""
    envelope: dict[str, Any] = Field(default_factory=dict)

    @property
    def open_nodes(self) -> tuple[ErasedNode, ...]:
        """What a person still has to see to."""
        return tuple(node for node in self.nodes if node.deadline)


class ErasureAsked(Part):
    """What an erasing is asked to take out."""

    subjects: tuple[str, ...]
    """As the sources' ``subject`` and the requests' ``user`` name them."""
    also: tuple[str, ...] = ()
    """Texts that are theirs wherever they stand: a name, an address, a number."""
    person: str = ""
    reason: str = ""


class ErasureOrder(Part):
    """That an erasing was ordered and signed for, and is to be carried out; it names nobody."""

    erasure: str
    person: str
    people: int
    reason: str


class Tombstone(Noun):
    """That bytes were kept under a digest, and that people's rows were taken out of them.

    ``id`` is the digest of the bytes that are gone.
    """

    kind: ClassVar[str] = "tombstone"
    project: str
    erasure: str
    instead: str
    """Digest of what is left of them; empty when nothing is."""
    rows: int
    """How many rows were taken out."""
    records: tuple[str, ...] = ()
    """Digests of the records taken out, where the rows were a dataset's."""
    requests: tuple[str, ...] = ()
    """What those records asked, each as an HMAC under the project's own key: a row of somebody
    else that asks the same stands in the split where they stood."""
    created_at: str


class Taint(Noun):
    """That a model version was trained on rows that were erased since; ``id`` is the version's."""

    kind: ClassVar[str] = "taint"
    project: str
    model: str
    """The version's digest, which gates decide on."""
    erasures: tuple[str, ...]
    rows: int
    owner: str
    """Who has to choose."""
    deadline: str
    decision: TaintDecision = ""
    person: str = ""
    reason: str = ""
    document: str = ""
    """Digest of the finding, where that is the choice."""
    decided_at: str = ""
    created_at: str

    @property
    def told(self) -> str:
        """One line: what is the matter, who has to choose until when, and what to type."""
        what = f"{self.id}: trained on {self.rows} erased rows; "
        if self.decision:
            return f"{what}{self.person} chose {self.decision}: {self.reason}"
        choices = "|".join(TAINT_CHOICES)
        return (
            f"{what}{self.owner} has to choose by {self.deadline}: "
            f"tuneworthy erasures settle {self.id} {choices} --reason ..."
        )


class Suppressed(Noun):
    """That rows of somebody must not come back; ``id`` is an HMAC under the project's own key."""

    kind: ClassVar[str] = "suppressed"
    project: str
    erasure: str
    created_at: str
