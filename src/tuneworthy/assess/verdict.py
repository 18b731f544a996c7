"""The verdict twice: as people declared it, and as the evidence bears it out."""

from collections.abc import Mapping, Sequence

from tuneworthy.assess.approach import approach_minimum
from tuneworthy.assess.arms import best_untuned, read_arms, target_of
from tuneworthy.assess.contradictions import contradictions
from tuneworthy.assess.decide import Opinion, decide
from tuneworthy.assess.factors import FACTORS, of_kind
from tuneworthy.assess.measured import Measured, measure, quality_examples
from tuneworthy.assess.recorded import read_signals, recorded_answers
from tuneworthy.assess.second_opinion import Circumstances, second_opinion, upkeep
from tuneworthy.assess.traffic import Answer as Recorded
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.decision import Decision, FactorAnswer, Verdict
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.project import Answers, Project

WAIVABLE = ("C2", "C3")
"""Ceiling questions that a written reason may waive (answers ``C2_reason``, ``C3_reason``)."""

_UNRECORDED: Recorded = (None, "not measured; the declared answer counts")
_UNPROVED = "not measured; a ceiling question without a run counts as no"


def declared_and_evidenced(
    project: Project, answers: Answers, evidence: Sequence[Evidence]
) -> tuple[Decision, Decision]:
    """Both decisions, side by side and never blended."""
    evidence = [e for e in evidence if e.project == project.id]
    minimum = approach_minimum(project.goal)
    waived = waivers(answers)
    typed = {f.id: answers.factors.get(f.id) for f in FACTORS}
    declared = decide(
        typed,
        basis="declared",
        approach_minimum=minimum,
        waived=waived,
    )
    found = measure(evidence, project)
    proved = _evidenced_answers(answers, found)
    count = quality_examples(evidence)
    evidenced = decide(
        proved,
        basis="evidenced",
        quality_examples=count,
        approach_minimum=minimum,
        waived=waived,
        solved=_solved(evidence, project),
    )
    marked = _marked(answers, found, recorded_answers(evidence, project))
    said = Circumstances(project.goal, None, *upkeep(None, answers.questions.get("E12", "")))
    known = Circumstances(project.goal, count, *upkeep(_operators(evidence)))
    return (
        declared.model_copy(update={"second_opinion": second_opinion(typed, declared, said)}),
        evidenced.model_copy(
            update={
                "factors": marked,
                "second_opinion": second_opinion(proved, evidenced, known),
                "signals": read_signals(evidence),
                "contradictions": contradictions(project, answers, evidence, found),
            }
        ),
    )


def alternatives_verdict(
    best_alternative: str, best_score: Interval, *, target: float, retrieves: bool
) -> Opinion | None:
    """What follows when an untuned alternative already reaches the target; None if it does not.

    The point estimate decides, because tuning carries the burden of proof; the lower bound is
    told beside it.

    Args:
        best_alternative: Its name, for people.
        best_score: Its score on the frozen suite.
        target: The score that the business needs.
        retrieves: Whether it looks answers up rather than prompting a model.
    """
    if best_score.value < target:
        return None
    name = best_alternative.replace("_", " ")
    name = name[:1].upper() + name[1:]
    bound = (
        "Its lower bound reaches the target too."
        if best_score.low >= target
        else "Its lower bound does not, so more cases would settle it."
    )
    verdict = Verdict.TRY_ALTERNATIVES if retrieves else Verdict.KEEP_OPTIMISING_PROMPTS
    return verdict, (
        f"{name} scores {best_score.value:.2f} [{best_score.low:.2f}, {best_score.high:.2f}], "
        f"target {target:g}: the target is reached without tuning. {bound}"
    )


def waivers(answers: Answers) -> dict[str, str]:
    """The ceiling questions waived in writing, with their reasons."""
    reasons = {id_: answers.questions.get(f"{id_}_reason", "").strip() for id_ in WAIVABLE}
    return {id_: reason for id_, reason in reasons.items() if reason}


def _operators(evidence: Sequence[Evidence]) -> int | None:
    """How many named people can operate the model, from the newest count of them."""
    counts = [
        (item.created_at, item.result["n"])
        for item in evidence
        if item.about == "people.operators" and isinstance(item.result.get("n"), int)
    ]
    return int(max(counts)[1]) if counts else None


def _solved(evidence: Sequence[Evidence], project: Project) -> Opinion | None:
    arms = read_arms(evidence)
    if not arms:
        return None
    best = best_untuned(arms)
    return alternatives_verdict(
        best.name, best.score, target=target_of(evidence, project), retrieves=best.retrieves
    )


def _evidenced_answers(answers: Answers, found: Measured) -> Mapping[str, bool | None]:
    ceiling = {f.id for f in of_kind("ceiling")}
    return {
        f.id: found[f.id][0]
        if f.id in found
        else (None if f.id in ceiling else answers.factors.get(f.id))
        for f in FACTORS
    }


def _marked(
    answers: Answers, found: Measured, recorded: Mapping[str, Recorded]
) -> tuple[FactorAnswer, ...]:
    return tuple(
        FactorAnswer(
            id=f.id,
            text=f.text,
            declared=answers.factors.get(f.id),
            measured=found[f.id][0] if f.id in found else None,
            basis=found[f.id][1]
            if f.id in found
            else (_UNPROVED if f.kind == "ceiling" else recorded.get(f.id, _UNRECORDED)[1]),
        )
        for f in FACTORS
    )
