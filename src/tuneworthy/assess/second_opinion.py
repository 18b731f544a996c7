"""The tree of the fine-tuning template, asked of the same answers; it changes no verdict.

The template asks four things that the other rules do not put in that way: is a consistent format
needed, is domain knowledge missing, are cost or latency critical, and can somebody maintain the
model. It does not say how its four answers combine; here the first one that speaks against tuning
gives the verdict, so that a model which nobody can maintain is never called feasible.
"""

from collections.abc import Mapping
from typing import NamedTuple

from tuneworthy.assess.approach import HARD_FLOOR
from tuneworthy.core.nouns.decision import Decision, Verdict
from tuneworthy.core.nouns.project import Goal
from tuneworthy.core.nouns.rules import SecondOpinion, SecondVerdict, TreeStep

OPERATORS = 2
"""Named people who must be able to operate a model before it counts as maintained."""

NOT_AN_ANSWER = frozenset({"no", "none", "n/a", "unknown", "?"})
"""Words that say that nobody can."""

_MAINTAIN = "Can you maintain the model?"
_FORMAT = "Do you need a consistent output format?"
_PROMPTS = "Can prompts and few-shot examples achieve it?"
_KNOWLEDGE = "Is domain knowledge missing from the base model?"
_CHANGING = "Do the facts keep changing?"
_EXAMPLES = f"Are there at least {HARD_FLOOR} quality examples?"
_COST = "Is cost or latency critical?"


class Circumstances(NamedTuple):
    """What the template's questions look at besides the factors."""

    goal: Goal | None = None
    quality_examples: int | None = None
    """Examples left after cleaning; None when they were not counted."""
    maintained: bool | None = None
    """Whether enough named people can operate the model; None when nobody said."""
    maintained_basis: str = ""
    """How that is known, in words."""


class _Reading(NamedTuple):
    """One branch: the steps taken, and what they say for or against tuning."""

    steps: tuple[TreeStep, ...]
    against: SecondVerdict | None = None
    speaks_for: bool = False


def upkeep(operators: int | None, typed: str = "") -> tuple[bool | None, str]:
    """Whether the model can be maintained, and how that is known.

    Args:
        operators: Named people on record who can operate it; None when there is no record.
        typed: The answer to E12 in words, for the declared decision; empty when there is none.
    """
    if operators is not None:
        return (
            operators >= OPERATORS,
            f"named people who can operate it: {operators}, needed: {OPERATORS}",
        )
    said = typed.strip().casefold()
    if not said:
        return None, ""
    return said not in NOT_AN_ANSWER, f"E12, as typed: {typed.strip()[:60]}"


def second_opinion(
    answers: Mapping[str, bool | None], ours: Decision, about: Circumstances
) -> SecondOpinion:
    """Walk the template's tree and say where it parts from our verdict.

    Args:
        answers: Factor id to yes, no or None, with what was measured put in.
        ours: The decision that the published rules came to.
        about: Goal, examples and operators.
    """
    needs = (_form(answers), _knowledge(answers, about), _cost(answers))
    upkeep = _maintained(about)
    branches = (*needs, upkeep)
    against = next((b.against for b in branches if b.against is not None), None)
    verdict: SecondVerdict
    if against is not None:
        verdict = against
    elif not any(b.speaks_for for b in needs):
        verdict = "TRY_STRUCTURED_PROMPTING"
    else:
        verdict = "TUNING_IS_FEASIBLE" if upkeep.speaks_for else "TUNING_IS_PROMISING"
    allowed = verdict in ("TUNING_IS_FEASIBLE", "TUNING_IS_PROMISING")
    agrees = allowed is ours.verdict.allows_tuning
    return SecondOpinion(
        verdict=verdict,
        path=tuple(step for b in branches for step in b.steps),
        agrees=agrees,
        difference=_agreement(verdict, ours) if agrees else _difference(verdict, ours),
    )


def _maintained(about: Circumstances) -> _Reading:
    said = about.maintained_basis
    if about.maintained is None:
        because = said or f"nobody named {OPERATORS} people who can operate it"
        return _Reading((TreeStep(question=_MAINTAIN, answer="not known", because=because),))
    step = _step(_MAINTAIN, about.maintained, said)
    against: SecondVerdict | None = None if about.maintained else "STAY_WITH_PROMPTED_MODELS"
    return _Reading((step,), against, about.maintained)


def _form(answers: Mapping[str, bool | None]) -> _Reading:
    needed = _asked(_FORMAT, answers.get("I1"), "I1")
    if needed.answer != "yes":
        return _Reading((needed,))
    achieved = _asked(_PROMPTS, answers.get("A5"), "A5")
    if achieved.answer == "yes":
        return _Reading((needed, achieved), "USE_PROMPTING")
    return _Reading((needed, achieved), None, True)


def _knowledge(answers: Mapping[str, bool | None], about: Circumstances) -> _Reading:
    missing = _asked(_KNOWLEDGE, answers.get("I2"), "I2")
    if missing.answer == "no":
        if about.goal == "knowledge":
            return _Reading((missing,), "TUNING_MAY_NOT_HELP")
        # A base model that knows the domain is no reason against teaching it a voice or a form.
        goal = f"the goal is {about.goal}" if about.goal else "no goal is given"
        because = f"I2, but {goal}, so a no here does not speak against tuning"
        return _Reading((missing.model_copy(update={"because": because}),))
    if missing.answer != "yes":
        return _Reading((missing,))
    steps = [missing]
    if about.goal == "knowledge":
        changing = _asked(_CHANGING, answers.get("A1"), "A1")
        steps.append(changing)
        if changing.answer == "yes":
            return _Reading(tuple(steps), "RETRIEVAL_MAY_BE_BETTER")
    examples = _examples(answers, about)
    against: SecondVerdict | None = "RETRIEVAL_MAY_BE_BETTER" if examples.answer == "no" else None
    return _Reading((*steps, examples), against, examples.answer == "yes")


def _examples(answers: Mapping[str, bool | None], about: Circumstances) -> TreeStep:
    count = about.quality_examples
    if count is not None:
        return _step(_EXAMPLES, count >= HARD_FLOOR, f"{count:,} after cleaning")
    if answers.get("A4") is False:
        return _step(_EXAMPLES, True, "A4 says that there are enough; they were not counted")
    return TreeStep(question=_EXAMPLES, answer="not known", because="they were not counted")


def _cost(answers: Mapping[str, bool | None]) -> _Reading:
    held = [id_ for id_ in ("I4", "I5") if answers.get(id_)]
    if held:
        return _Reading((_step(_COST, True, ", ".join(held)),), None, True)
    unknown = [id_ for id_ in ("I4", "I5") if answers.get(id_) is None]
    if unknown:
        because = f"{' and '.join(unknown)} not answered"
        return _Reading((TreeStep(question=_COST, answer="not known", because=because),))
    return _Reading((_step(_COST, False, "neither I4 nor I5"),))


def _asked(question: str, answer: bool | None, id_: str) -> TreeStep:
    if answer is None:
        return TreeStep(question=question, answer="not known", because=f"{id_} not answered")
    return _step(question, answer, id_)


def _step(question: str, yes: bool, because: str) -> TreeStep:
    return TreeStep(question=question, answer="yes" if yes else "no", because=because)


_OURS_IS_STRICTER = {
    Verdict.INCONSISTENT_ANSWERS: "it does not hold one answer against another",
    Verdict.STOP_DATA_FLOOR: "it asks for examples only where domain knowledge is missing",
    Verdict.KEEP_OPTIMISING_PROMPTS: (
        "it does not ask which prompts, models and retrieval were tried before tuning"
    ),
    Verdict.TRY_ALTERNATIVES: (
        "one reason is enough for it, while our tree needs more than 3 and no alternative that "
        "reaches the target"
    ),
    Verdict.ADDRESS_ANTI_INDICATORS: (
        "it does not count changing requirements, low volume, exploration or thin data together"
    ),
}
# Four reasons of six always hold one of format, cost and latency, and prompts that work contradict
# a reached ceiling: the template's other verdicts cannot stand beside a yes of ours.
_TEMPLATE_IS_STRICTER: dict[SecondVerdict, str] = {
    "STAY_WITH_PROMPTED_MODELS": (
        f"our rules do not count who can operate the model, and fewer than {OPERATORS} can; "
        "settle that before a version is released"
    ),
    "TUNING_MAY_NOT_HELP": (
        "the goal is knowledge and none is missing, while our rules count the other reasons"
    ),
    "RETRIEVAL_MAY_BE_BETTER": (
        "for facts that change or that too few examples show it prefers retrieval, while our "
        "rules count that as one reason among others"
    ),
}


def _agreement(verdict: SecondVerdict, ours: Decision) -> str:
    side = "for" if ours.verdict.allows_tuning else "against"
    open_ = ", though nobody said who can maintain it" if verdict == "TUNING_IS_PROMISING" else ""
    return f"It agrees with {ours.verdict.value}: both speak {side} tuning now{open_}."


def _difference(verdict: SecondVerdict, ours: Decision) -> str:
    why = (
        _TEMPLATE_IS_STRICTER[verdict]
        if ours.verdict.allows_tuning
        else _OURS_IS_STRICTER[ours.verdict]
    )
    return f"It differs from {ours.verdict.value}: {why}. {ours.verdict.value} stands."
