"""Labelling by people: what is asked, who answered what under which guide, and what was decided."""

from typing import ClassVar, Literal, NamedTuple

from pydantic import Field

from tuneworthy.core.nouns.base import Interval, Noun, Part

LabelScale = Literal["nominal", "ordinal", "interval", "text"]
"""Classes, classes in order, a number, or free text (agreement of text is word for word)."""

LabelValue = str | float
"""A number on the interval scale, text on all others."""

How = Literal["gold", "adjudicated", "agreed", "majority"]
"""How an item's one label came to be."""


class GuideWord(Part):
    """A person's word that labels given under an older guide still stand under a newer one."""

    older: str
    newer: str
    person: str
    reason: str


class LabelQueue(Noun):
    """Rows of one file with one question; ``id`` is its name."""

    kind: ClassVar[str] = "label_queue"
    project: str
    source: str
    """The file, as the project names it."""
    sha256: str
    """Digest of that file; the rows are those and no others."""
    question: str
    scale: LabelScale
    choices: tuple[str, ...] = ()
    """The classes; on the ordinal scale lowest first."""
    low: float | None = None
    high: float | None = None
    annotators: int = Field(ge=1)
    """How many people judge each of the overlapping items; every other item one."""
    overlap: float = Field(ge=0, le=1)
    """Share of the items that ``annotators`` people judge."""
    gold_rate: float = Field(ge=0, lt=1)
    """Share of what a person is handed that has a known answer."""
    seed: int
    lease_minutes: float = Field(gt=0)
    """How long an item that was handed out is kept for its person."""
    target_key: str = ""
    """The labelled row's target is ``{target_key: label}``; empty for the label itself."""
    items: int
    unread: int
    """Rows of the file that could not be read and are not in the queue."""
    guide: str
    """Path of the written guide, from the project's folder."""
    guide_digest: str
    """Digest of the guide as it was last read; the bytes are kept."""
    still_valid: tuple[GuideWord, ...] = ()
    created_by: str
    created_at: str

    @property
    def valid_guides(self) -> frozenset[str]:
        """Digests of the guides whose labels count: the newest, and those said to be as good."""
        found = {self.guide_digest}
        for word in reversed(self.still_valid):
            if word.newer in found:
                found.add(word.older)
        return frozenset(found)


class LabelItem(Part):
    """One row to judge. ``id`` is its row number in the source."""

    id: str
    position: int
    text: str
    need: int
    """How many people must judge it."""


class Place(NamedTuple):
    """What must be known of an item to hand it out."""

    id: str
    need: int


class Annotation(Part):
    """One person's judgement of one item; ``id`` is its digest over everything but the id."""

    id: str
    queue: str
    item: str
    person: str
    value: LabelValue | None
    """None when the person skipped the item."""
    skipped: str = ""
    """Why, in the person's words."""
    guide: str
    """Digest of the guide that stood when it was given."""
    replaces: str = ""
    """The person's earlier judgement of the same item, if there is one."""
    origin: Literal["tuneworthy", "label_studio", "sheet"] = "tuneworthy"
    created_at: str


class Judgement(NamedTuple):
    """What must be known of an annotation to hand out items: all but the label itself."""

    id: str
    item: str
    person: str
    guide: str
    replaces: str
    skipped: bool


class KeptAnnotation(Part):
    """An annotation with the digest of the batch that the audit chain names."""

    annotation: Annotation
    batch: str


class Lease(Part):
    """An item that was handed to a person and is kept for them until then."""

    queue: str
    item: str
    person: str
    guide: str
    until: str


class Adjudication(Noun):
    """The last word on an item, by somebody who did not judge it; ``id`` is ``queue:item``."""

    kind: ClassVar[str] = "adjudication"
    queue: str
    item: str
    value: LabelValue
    person: str
    reason: str
    guide: str
    annotations: tuple[str, ...]
    """Ids of the judgements that were seen."""
    created_at: str


class Gold(Noun):
    """An item with a known label, asked among the others; ``id`` is ``queue:item``."""

    kind: ClassVar[str] = "gold"
    queue: str
    item: str
    value: LabelValue
    person: str
    reason: str
    created_at: str


class Handed(Part):
    """What a person is asked next. It does not tell whether the answer is known."""

    queue: str
    item: LabelItem
    question: str
    scale: LabelScale
    choices: tuple[str, ...]
    low: float | None
    high: float | None
    guide: str
    until: str


class AnnotatorFigures(Part):
    """One person's work in a queue."""

    person: str
    labelled: int
    skipped: int
    older_guide: int
    shared: int
    """Items that somebody else judged too."""
    same: float | None
    """Mean share of the others' labels on those that are equal to the person's own, 0..1."""
    alpha: float | None
    """Agreement of this person's pairs over chance."""
    gold: Interval
    """Share of known answers that were hit, with Wilson's interval."""


class LabelReport(Part):
    """How a queue stands and how far people agree; only labels under a valid guide count."""

    queue: str
    scale: LabelScale
    guide: str
    guide_signed: bool
    """Whether these very bytes were signed as ``labelling_guide``."""
    items: int
    finished: int
    """Items that as many people judged as were asked for."""
    labelled: int
    """Items with one judgement or more."""
    overlapping: int
    """Items with two judgements or more, known answers left out: what agreement rests on."""
    annotations: int
    older_guide: int
    """Judgements that do not count, since the guide changed."""
    alpha: float | None
    alpha_low: float | None
    alpha_high: float | None
    annotators: tuple[AnnotatorFigures, ...]
    open_conflicts: int
    """Items whose judgements differ and that nobody has adjudicated."""
    adjudicated: int
    gold: int


class LabelConflict(Part):
    """An item that people judged differently."""

    item: LabelItem
    labels: dict[str, LabelValue]
    """Person to label."""


class ResolvedLabel(Part):
    """The one label of an item."""

    item: str
    value: LabelValue
    how: How
    annotators: tuple[str, ...]


class LabelledFile(Noun):
    """A file of labelled rows with the agreement they rest on; ``id`` is the file's digest."""

    kind: ClassVar[str] = "labelled_file"
    project: str
    queue: str
    path: str
    guide: str
    rows: int
    unresolved: int
    """Items without one label; they are not in the file."""
    how: dict[str, int]
    overlapping: int
    alpha: float | None
    alpha_low: float | None
    alpha_high: float | None
    scale: LabelScale
    annotators: tuple[str, ...]
    created_at: str


class RuleFigures(Part):
    """One labelling function. Shares are of all items, 0..1."""

    name: str
    covered: float
    overlaps: float
    conflicts: float
    accuracy: Interval | None
    """Estimated from agreement alone; ``n`` is the number of its votes. None where no other
    function votes on any of its rows: then nothing is known of it."""
    checked: Interval
    """Share right on items whose label people decided, with Wilson's interval."""


class WeakLabel(Part):
    """What the labelling functions together say of an item."""

    item: str
    value: str
    probability: float | None
    """None where only a function of unknown accuracy votes."""


class WeakReport(Part):
    """Labels from rules, with how far each rule may be trusted."""

    queue: str
    rules: tuple[RuleFigures, ...]
    covered: float
    labels: tuple[WeakLabel, ...]
    checked: Interval
    """Share of these labels that are right on items whose label people decided."""
