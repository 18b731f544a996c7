"""Which answers the record itself can give, each with its numbers in words."""

from collections.abc import Iterator, Sequence

from tuneworthy.assess.approach import HARD_FLOOR, approach_for
from tuneworthy.assess.arms import (
    CeilingArm,
    best_prompt,
    best_untuned,
    distinct_models,
    read_arms,
    target_of,
)
from tuneworthy.assess.recorded import recorded_answers
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.project import Project

ENOUGH_PROMPTS = 5
ENOUGH_MODELS = 2
CONSISTENT = 0.9
"""Share of answers in the right form from which the form counts as consistent."""

Measured = dict[str, tuple[bool, str]]
"""Factor id to the measured answer and its basis."""


def measure(evidence: Sequence[Evidence], project: Project) -> Measured:
    """The answers that measured evidence gives; what nothing measures is left out.

    Once one alternative has been run on the frozen suite, all five ceiling questions are
    measured: what has not been run is a measured no.
    """
    found: Measured = {}
    evidence = [e for e in evidence if e.project == project.id]
    arms = read_arms(evidence)
    if arms:
        found.update(_ceiling(arms))
        found.update(_success(arms, target_of(evidence, project)))
        found.update(_consistency(arms))
    found.update(_data(evidence, project))
    for id_, (answer, basis) in recorded_answers(evidence, project).items():
        if answer is not None:
            found[id_] = answer, basis
    return found


def quality_examples(evidence: Sequence[Evidence]) -> int | None:
    """Rows left after cleaning and removing duplicates, from the newest measurement."""
    for about, field in (("data.profile", "rows"), ("data.version", "rows_out")):
        result = _newest(evidence, about)
        if result is not None and isinstance(result.result.get(field), int):
            return int(result.result[field])
    return None


def _ceiling(arms: Sequence[CeilingArm]) -> Iterator[tuple[str, tuple[bool, str]]]:
    on_models = [arm for arm in arms if arm.model]
    prompts = {arm.words for arm in arms if arm.prompts}
    tried = len({arm.prompt for arm in arms if arm.prompts})
    alike = f" of {tried} prompts, near-identical ones counted once" if tried > len(prompts) else ""
    yield (
        "C1",
        (
            len(prompts) >= ENOUGH_PROMPTS,
            f"prompt variants run on the frozen suite: {len(prompts)}{alike}, "
            f"needed: {ENOUGH_PROMPTS}",
        ),
    )
    models = distinct_models((arm.model, arm.wording, arm.answers) for arm in on_models)
    yield (
        "C2",
        (
            models >= ENOUGH_MODELS,
            f"base models run on the frozen suite: {models}, needed: {ENOUGH_MODELS}",
        ),
    )
    retrieval = [arm for arm in arms if arm.retrieves]
    yield "C3", _ran("retrieval", retrieval)
    yield "C4", _ran("few-shot", [arm for arm in arms if arm.kind == "few_shot"])
    structured = [arm for arm in on_models if arm.structured]
    yield "C5", _ran("structured", structured) if structured else _unstructured(on_models)


def _unstructured(arms: Sequence[CeilingArm]) -> tuple[bool, str]:
    """No structured prompt ran; ones that come near are named with what they lack."""
    faults = {arm.name: arm.structure_fault for arm in arms if arm.structure_fault}
    said = "no prompt with a filled-in line each for Persona, Context, Task and Format ran"
    near = "; ".join(f"{name}: {fault}" for name, fault in faults.items())
    return False, f"{said} ({near})" if near else said


def _ran(what: str, arms: Sequence[CeilingArm]) -> tuple[bool, str]:
    if not arms:
        return False, f"no {what} arm ran on the frozen suite"
    best = max(arms, key=lambda arm: arm.score.value)
    return True, f"{what} arms run: {len(arms)}; best: {best}"


def _success(arms: Sequence[CeilingArm], target: float) -> Measured:
    best = best_untuned(arms)
    return {"A5": (best.score.value >= target, f"{best}, target {target:g}")}


def _consistency(arms: Sequence[CeilingArm]) -> Measured:
    # Only a yes can be measured: a sound format says nothing of tone or style.
    best = best_prompt(arms)
    if best is None or best.valid_share >= CONSISTENT:
        return {}
    share = f"{best.valid_share:.0%} of {best.score.n} answers"
    return {"I1": (True, f"the best prompt ({best.name}) gives the right form in {share} only")}


def _data(evidence: Sequence[Evidence], project: Project) -> Measured:
    count = quality_examples(evidence)
    if count is None:
        return {}
    row = approach_for(project.goal)
    basis = f"{count:,} {row.unit} after cleaning; {row.approach} needs {row.minimum:,}"
    curve = _newest(evidence, "eval.learning_curve")
    if HARD_FLOOR <= count < row.minimum and curve is not None:
        target = target_of(evidence, project)
        for field, words in (("target_met", "meets the target"), ("rising", "is still rising")):
            if field == "target_met" and curve.result.get("target", target) < target:
                continue
            if curve.result.get(field) is True:
                return {"A4": (False, f"{basis}, but the measured learning curve {words}")}
    return {"A4": (count < row.minimum, basis)}


def _newest(evidence: Sequence[Evidence], about: str) -> Evidence | None:
    found = [e for e in evidence if e.about == about and e.grade is Grade.MEASURED]
    return max(found, key=lambda e: e.created_at, default=None)
