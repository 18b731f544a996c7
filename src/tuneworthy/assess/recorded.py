"""Answers that come from the model's own outputs and from the logs, known or not."""

from collections.abc import Sequence
from typing import Any

from tuneworthy.assess.arms import suite_of
from tuneworthy.assess.traffic import Answer, cost, volume
from tuneworthy.core.nouns.ceiling_signal import CeilingSignal
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.project import Project

SIGNALS = "ceiling.signals"
"""The claim that holds the six signals of one suite."""

_CHANGES = (
    "not measured: changes of data, target or prompt on the record tell what the team tried, not "
    "whether the requirement changes each month; the declared answer counts"
)


def read_signals(evidence: Sequence[Evidence]) -> tuple[CeilingSignal, ...]:
    """S1 to S6 from the newest measured claim about the newest frozen suite."""
    claim = signals_claim(evidence)
    listed = [] if claim is None else claim["signals"]
    return tuple(CeilingSignal.model_validate(item) for item in listed)


def signals_claim(evidence: Sequence[Evidence]) -> dict[str, Any] | None:
    """The newest measured claim about the signals of the newest frozen suite."""
    suite = suite_of(evidence)
    found = [
        e
        for e in evidence
        if e.about == SIGNALS and e.grade is Grade.MEASURED and suite and suite in e.subjects
    ]
    return max(reversed(found), key=lambda e: e.created_at).result if found else None


def recorded_answers(evidence: Sequence[Evidence], project: Project) -> dict[str, Answer]:
    """A1, A2, I4 and I5 as the record has them: yes, no or None, each with its reason."""
    return {
        "I4": cost(evidence, project, signals_claim(evidence)),
        "I5": _delay(read_signals(evidence)),
        "A1": (None, _CHANGES),
        "A2": volume(evidence, project),
    }


def _delay(signals: Sequence[CeilingSignal]) -> Answer:
    found = next((item for item in signals if item.id == "S6"), None)
    if found is None:
        return None, "not measured; the declared answer counts"
    detail = found.detail.rstrip(".")
    if found.answer == "unknown":
        return None, f"{detail}; the declared answer counts"
    return found.answer == "yes", detail
