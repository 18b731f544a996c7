"""The mark an answer gets."""

from tuneworthy.core.nouns.base import Part


class Mark(Part):
    """``score`` in 0..1; ``valid`` says whether the answer had the form that was asked for."""

    score: float
    valid: bool
    error: str = ""
    """What was wrong, in a word or two; empty when right."""
