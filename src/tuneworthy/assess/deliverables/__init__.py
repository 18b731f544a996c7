"""Five documents made of evidence: pure builders of one noun, so that content is written once."""

from tuneworthy.assess.deliverables.documents import NAMES, documents
from tuneworthy.assess.deliverables.facts import (
    Facts,
    Freezing,
    GatePolicy,
    NamedRun,
    RowTimes,
    Watch,
)
from tuneworthy.assess.deliverables.parts import SIGNED

__all__ = [
    "NAMES",
    "SIGNED",
    "Facts",
    "Freezing",
    "GatePolicy",
    "NamedRun",
    "RowTimes",
    "Watch",
    "documents",
]
