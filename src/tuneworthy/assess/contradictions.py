"""What was typed in against what was measured, said at once and in plain words."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tuneworthy.assess.approach import approach_for
from tuneworthy.assess.arms import goal_of, target_of
from tuneworthy.assess.factors import FACTORS
from tuneworthy.assess.measured import Measured, quality_examples
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.project import Answers, Project

_WORDS = {True: "yes", False: "no"}

EXAMPLES = "quality_examples"
"""Under ``questions``: how many good examples somebody says there are."""


class Disagreement(NamedTuple):
    """A typed answer that a measurement denies."""

    id: str
    """The question."""
    text: str
    measured: str
    """The measured answer as it would be typed."""


def contradictions(
    project: Project,
    answers: Answers,
    evidence: Sequence[Evidence],
    found: Measured,
    *,
    declared_examples: int | None = None,
) -> tuple[str, ...]:
    """One sentence for each answer that a measurement contradicts, in the order of the questions.

    Args:
        project: Names the approach and so the number of examples that it needs.
        answers: What was typed in.
        evidence: Holds the count of examples.
        found: The measured answers.
        declared_examples: How many quality examples somebody says there are; by default what the
            answers say under ``questions.quality_examples``.
    """
    found_out = disagreements(project, answers, evidence, found, declared_examples)
    said = (one.text for one in found_out)
    return (*said, *_other_target(project, evidence), *_other_goal(project, evidence))


def _other_target(project: Project, evidence: Sequence[Evidence]) -> Iterator[str]:
    """A target is frozen with its suite; the file may say another one since."""
    frozen = target_of(evidence, project)
    if frozen != project.target:
        yield (
            f"tuneworthy.yaml says target {project.target:g}; the suite in force was frozen with "
            f"{frozen:g}, which counts until tuneworthy eval run freezes it anew."
        )


def _other_goal(project: Project, evidence: Sequence[Evidence]) -> Iterator[str]:
    """The goal says which approach is weighed, and how many examples it needs."""
    frozen = goal_of(evidence, project)
    if frozen != project.goal:
        yield (
            f"tuneworthy.yaml says goal {project.goal}; the suite in force was frozen for goal "
            f"{frozen}. Approach and examples are judged by {project.goal}: see that the cases ask "
            "for it too, then tuneworthy eval run puts it on record."
        )


def disagreements(
    project: Project,
    answers: Answers,
    evidence: Sequence[Evidence],
    found: Measured,
    declared_examples: int | None = None,
) -> Iterator[Disagreement]:
    """The same with the question and the measured answer; arguments as in ``contradictions``."""
    for factor in FACTORS:
        typed = answers.factors.get(factor.id)
        if typed is None or factor.id not in found or found[factor.id][0] == typed:
            continue
        measured, basis = found[factor.id]
        said = (
            f"You said {_WORDS[typed]} to {factor.id} ({factor.text.rstrip('?.')}); "
            f"measured: {_WORDS[measured]}: {basis}."
        )
        yield Disagreement(factor.id, said, _WORDS[measured])
    count = quality_examples(evidence)
    if declared_examples is None:
        declared_examples = whole_number(answers.questions.get(EXAMPLES, ""))
    if declared_examples is not None and count is not None and declared_examples > count:
        row = approach_for(project.goal)
        said = (
            f"You said {declared_examples:,} {row.unit}; {count:,} remain after cleaning, and "
            f"{row.approach} needs {row.minimum:,}."
        )
        yield Disagreement(EXAMPLES, said, str(count))


def whole_number(text: str) -> int | None:
    """A whole number, with or without separators of thousands; None for anything else."""
    plain = text.replace(",", "").replace("_", "").replace(" ", "")
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 16 else None
