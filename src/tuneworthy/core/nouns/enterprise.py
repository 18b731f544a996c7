"""What an enterprise must be able to say of a project, answered from the record."""

from typing import Literal

from tuneworthy.core.nouns.base import Part

Answer = Literal["yes", "no", "unknown"]
KnownBy = Literal["measured", "attested", "declared", ""]


class EnterpriseAnswer(Part):
    """One question with its answer, how it is known, and by what."""

    id: str
    text: str
    answer: Answer
    known_by: KnownBy = ""
    """Empty where nothing is known."""
    why: str = ""
    """What was found, in words with numbers."""
    evidence: tuple[str, ...] = ()
    """Ids of evidence and of other records that the answer rests on."""
    declared: str = ""
    """What people typed in; shown beside the record, never blended with it."""

    @property
    def stops(self) -> bool:
        """Whether the answer alone means that the project is not ready."""
        return self.id.startswith("U") and self.answer == "no"
