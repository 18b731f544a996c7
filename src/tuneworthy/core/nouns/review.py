"""Answers that people judge blind: what was drawn, what a person is shown, who may take part."""

from typing import ClassVar, Literal

from pydantic import Field

from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.nouns.judging import Criterion

Task = Literal["pairs", "ratings"]
"""Two answers beside each other, or one answer by written criteria."""

Said = Literal["left", "right", "tie", "both_bad"]
"""What a person says of two answers: by place, so that what is kept does not tell whose it was."""

Side = Literal["candidate", "baseline", "tie", "both_bad"]
"""The same once the places are known."""

SAID: tuple[Said, ...] = ("left", "right", "tie", "both_bad")


class Looked(Part):
    """That a person saw a result, or the key, before the end; they judge no more from then on."""

    person: str
    what: Literal["result", "key"]
    at: str


class Review(Noun):
    """A blind review; ``id`` is its name. Which answer is whose is in its ``ReviewKey`` alone."""

    kind: ClassVar[str] = "review"
    project: str
    task: Task
    question: str
    baseline: str
    """Id of the run, or digest of the file; empty where one run is rated alone."""
    candidate: str
    baseline_name: str
    candidate_name: str
    subject: str
    """What its claims are about: the candidate's version where it is one, else the run or file."""
    suite: str
    """Digest of the suite; empty for files."""
    criteria: tuple[Criterion, ...] = ()
    guide: str = ""
    """Digest of the criteria's file; the bytes are kept."""
    content: str
    """Blob digest of the drawn ReviewItem rows (JSONL)."""
    items: int
    cases: int
    """Cases that could be drawn and those whose answers are equal."""
    equal: int = 0
    """Cases in which both gave the same answer: ties that nobody is asked about."""
    raters: int = Field(ge=1)
    """How many people judge each item."""
    gain: float
    """The preference that the review is to show: share for the candidate less that against."""
    alpha: float
    needed: int
    """Pairs that show the gain with 80 % power; 0 for ratings."""
    seed: int
    lease_minutes: float
    key_digest: str
    """Digest of the key, so that it can be shown afterwards that no other was used."""
    makers: tuple[str, ...] = ()
    """Who submitted the training of what is judged."""
    makers_allowed: str = ""
    """Why they may judge all the same, in the words of who opened the review."""
    looked: tuple[Looked, ...] = ()
    created_by: str
    created_at: str
    closed_by: str = ""
    closed_at: str = ""
    judgements: int = 0
    """Judgements and skips until it was closed; what came later does not count."""

    @property
    def queue(self) -> str:
        """Under which name items, leases and judgements are kept; no labelling queue has it."""
        return f"review:{self.id}"

    @property
    def form(self) -> str:
        """Digest that every judgement is bound to."""
        return self.guide or self.content


class ReviewKey(Noun):
    """What decides, with a hash, which answer stands where; ``id`` is the review's name."""

    kind: ClassVar[str] = "review_key"
    key: str
    """32 bytes in hex."""


class ReviewItem(Part):
    """One thing to judge. Its answers are in an order that only the key explains."""

    id: str
    case: str
    segment: str = ""
    group: str = ""
    request: str
    reference: str = ""
    """What was expected, where people are to see it."""
    texts: tuple[str, ...]
    slot: int = 0
    """Of a rated answer: which of the two runs, mixed with the key."""


class HandedPair(Part):
    """What a person is asked next of two answers."""

    review: str
    item: str
    question: str
    request: str
    reference: str
    left: str
    right: str
    until: str


class HandedAnswer(Part):
    """What a person is asked next of one answer."""

    review: str
    item: str
    question: str
    request: str
    reference: str
    answer: str
    criteria: tuple[Criterion, ...]
    until: str


Handed = HandedPair | HandedAnswer


class ReviewStatus(Part):
    """How far a review is; it says nothing of who is ahead."""

    review: str
    task: Task
    items: int
    finished: int
    """Items that as many people judged as were asked for."""
    raters: int
    judgements: int
    skipped: int
    by_person: dict[str, int]
    closed: bool
