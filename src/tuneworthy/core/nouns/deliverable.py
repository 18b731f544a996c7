"""A document that people send around: written once as facts, then shown as text, page or JSON."""

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.nouns.money import Tornado

SCHEMA = "tuneworthy.deliverable/1"
"""The shape of the JSON file. The number grows when a field changes its meaning or goes away."""

DeliverableName = Literal[
    "scorecard-and-gaps",
    "dataset-specification",
    "benchmark-and-thresholds",
    "training-plan",
    "deployment-and-monitoring-plan",
]

Value = bool | int | float | str | None
Tone = Literal["", "ok", "warn", "bad"]

Source = Literal["ledger", "settings", "answers", "rules"]
"""Where a value comes from: what was found, tuneworthy.yaml, typed answers, fixed rules."""


class EvidenceRef(Part):
    """A piece of evidence that a value rests on."""

    id: str
    about: str
    grade: str
    created_at: str
    age_days: float | None = None
    """Days between its making and the document's; None in the part that has no time."""
    signer: str = ""


class Blank(Part):
    """What nobody has found or decided yet. It is named here, never made up."""

    missing: str
    owner: str
    """Who owes it, by name and role."""
    command: str
    """What to type to fill it, words in capitals to be filled in; empty while nothing can."""


class Cell(Part):
    """One figure or word. ``value`` is as it is on record, ``text`` as people read it."""

    value: Value
    text: str
    tone: Tone = ""
    code: bool = False
    """A digest, command or name, to be shown letter by letter."""


class Row(Part):
    """One line of a table."""

    cells: tuple[Cell, ...]
    evidence: tuple[EvidenceRef, ...] = ()


class Table(Part):
    """Rows under named columns."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    first: int | None = None
    """How many rows matter most; where room is short, the others are left out first."""

    @model_validator(mode="after")
    def _square(self) -> Self:
        if any(len(row.cells) != len(self.columns) for row in self.rows):
            raise ValueError("A row has more or fewer cells than the table has columns")
        return self


class Item(Part):
    """One thing that a document says: a value, a table, a named blank, or a value not yet enough.

    ``id`` is stable, and unique within its section.
    """

    id: str
    label: str
    value: Value = None
    text: str = ""
    blank: Blank | None = None
    table: Table | None = None
    lines: tuple[str, ...] = ()
    """Further sentences: reasons, and what to know when reading it."""
    evidence: tuple[EvidenceRef, ...] = ()
    source: Source = "ledger"
    tone: Tone = ""
    code: bool = False
    tornado: Tornado | None = None
    """What a page draws above the table."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.value is None and self.blank is None and self.table is None:
            raise ValueError(f"Item '{self.id}' has neither a value, nor a table, nor a blank")
        if self.value is not None and not self.text:
            raise ValueError(f"Item '{self.id}' has a value and no text")
        return self


class Section(Part):
    """Items under one heading."""

    id: str
    title: str
    intro: str = ""
    items: tuple[Item, ...]


class Subjects(Part):
    """The digests that a document is about; empty where the thing is not made yet."""

    report: str
    dataset: str
    suite: str
    model: str
    rubric: str
    policy: str


class Document(Noun):
    """One deliverable. ``id`` is the digest of what it says, without times and ages."""

    kind: ClassVar[str] = "deliverable"
    name: DeliverableName
    title: str
    project: str
    use_case: str
    summary: str
    """One sentence for those who read no further."""
    tone: Tone
    as_of: str
    """The moment that ages are counted to, by the workspace's clock."""
    tool_version: str
    subjects: Subjects
    notes: tuple[str, ...] = ()
    sections: tuple[Section, ...]

    @property
    def items(self) -> Iterator[Item]:
        """Every item, in order."""
        return (item for section in self.sections for item in section.items)

    @property
    def blanks(self) -> tuple[Blank, ...]:
        """Every blank, in order."""
        return tuple(item.blank for item in self.items if item.blank is not None)
