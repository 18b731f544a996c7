"""The alternatives to tuning that were run, as their evidence records them."""

from collections.abc import Iterable, Sequence
from typing import Any

from tuneworthy.core.nouns.base import Interval, Part
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.project import Project

_RETRIEVAL = ("retrieval", "nearest_neighbour")
_PROMPTS = ("zero_shot", "few_shot", "decomposed")


class CeilingArm(Part):
    """One alternative on the frozen suite. ``model`` is empty for plain retrieval."""

    name: str
    kind: str
    score: Interval
    valid_share: float
    model: str
    prompt: str
    wording: str = ""
    """Digest of what the model is asked, whatever the arm is called."""
    words: str = ""
    """Digest by which variants are counted; near-identical prompts have the same."""
    structured: bool = False
    """Whether the prompt itself names persona, context, task and format."""
    structure_fault: str = ""
    """Why a prompt with some of those labels does not count as structured."""
    answers: str = ""
    """Digest of the answers' texts; empty where they were not digested."""

    @property
    def retrieves(self) -> bool:
        """Whether it looks answers or examples up."""
        return self.kind in _RETRIEVAL

    @property
    def prompts(self) -> bool:
        """Whether it is only a prompt to a model, with or without worked examples."""
        return self.kind in _PROMPTS and bool(self.model)

    def __str__(self) -> str:
        name = self.name.replace("_", " ")
        score = self.score
        return (
            f"{name[:1].upper()}{name[1:]} scores "
            f"{score.value:.2f} [{score.low:.2f}, {score.high:.2f}] (n={score.n})"
        )


def read_arms(evidence: Sequence[Evidence]) -> tuple[CeilingArm, ...]:
    """The newest measured run of every untuned arm on the newest frozen suite.

    The suite is the first subject of the newest ``suite.frozen`` evidence; an arm counts when it
    names that digest among its subjects. With no frozen suite nothing counts.
    """
    suite = _frozen_suite(evidence)
    if suite is None:
        return ()
    digest = suite.subjects[0]
    newest: dict[tuple[str, str, str], CeilingArm] = {}
    for item in sorted(evidence, key=lambda e: e.created_at):
        if item.about != "ceiling.arm" or item.grade is not Grade.MEASURED:
            continue
        if digest in item.subjects and item.result.get("kind") != "tuned":
            arm = _arm(item.result)
            newest[arm.name, arm.model, arm.prompt] = arm
    return tuple(newest.values())


def target_of(evidence: Sequence[Evidence], project: Project) -> float:
    """The target frozen with the suite; the project's own while no suite is frozen."""
    suite = _frozen_suite(evidence)
    frozen = None if suite is None else suite.result.get("target")
    return float(frozen) if isinstance(frozen, int | float) else project.target


def goal_of(evidence: Sequence[Evidence], project: Project) -> str:
    """The goal that the suite was frozen for; the project's own where none is on record."""
    suite = suite_of(evidence)
    said = [e for e in evidence if e.about == "suite.goal" and suite in e.subjects]
    newest = max(said, key=lambda e: e.created_at, default=None)
    return str((newest and newest.result.get("goal")) or project.goal)


def suite_of(evidence: Sequence[Evidence]) -> str:
    """The digest of the newest frozen suite; empty while none is frozen."""
    suite = _frozen_suite(evidence)
    return "" if suite is None else suite.subjects[0]


def distinct_models(asked: Iterable[tuple[str, str, str]]) -> int:
    """How many models were asked; ones that answer alike everywhere count once.

    Weights behind an address cannot be seen, so the same model under two names is told by its
    answers: two models are one if every prompt that both were asked has the same answers.

    Args:
        asked: Digests of model, prompt and answers, for each run.
    """
    by_model: dict[str, dict[str, str]] = {}
    for model, prompt, answers in asked:
        by_model.setdefault(model, {})[prompt] = answers
    counted: list[dict[str, str]] = []
    for answered in by_model.values():
        if not any(_alike(answered, other) for other in counted):
            counted.append(answered)
    return len(counted)


def _alike(one: dict[str, str], other: dict[str, str]) -> bool:
    both = one.keys() & other.keys()
    return bool(both) and all(one[prompt] and one[prompt] == other[prompt] for prompt in both)


def best_untuned(arms: Sequence[CeilingArm]) -> CeilingArm:
    """The arm with the highest score; of equals the one run first."""
    return max(arms, key=lambda arm: arm.score.value)


def best_prompt(arms: Sequence[CeilingArm]) -> CeilingArm | None:
    """The best arm that is only a prompt, with or without worked examples."""
    prompts = [arm for arm in arms if arm.prompts]
    return best_untuned(prompts) if prompts else None


def _frozen_suite(evidence: Sequence[Evidence]) -> Evidence | None:
    suites = [
        e
        for e in evidence
        if e.about == "suite.frozen" and e.subjects and e.grade is Grade.MEASURED
    ]
    return max(suites, key=lambda e: e.created_at, default=None)


def _arm(result: dict[str, Any]) -> CeilingArm:
    return CeilingArm(
        name=str(result["name"]),
        kind=str(result["kind"]),
        score=Interval(
            value=result["score"], low=result["low"], high=result["high"], n=result["n"]
        ),
        valid_share=result["valid_share"],
        model=str(result.get("model") or ""),
        prompt=str(result.get("prompt") or result["name"]),
        wording=str(result.get("wording") or result.get("prompt") or result["name"]),
        words=str(
            result.get("words") or result.get("wording") or result.get("prompt") or result["name"]
        ),
        structured=result.get("structured") is True,
        structure_fault=str(result.get("structure_fault") or ""),
        answers=str(result.get("answers") or ""),
    )
