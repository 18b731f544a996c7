"""Prompts made from the use case and the training rows, beside those that people wrote.

Nothing here sees a held-out case, and nothing is searched for: each recipe gives one prompt. No
prompt starts the answer for the model, because few endpoints allow that.
"""

import json
from collections.abc import Collection, Sequence

from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.evaluate.asking import fixed_shots
from tuneworthy.evaluate.render import as_case, label_list, render
from tuneworthy.evaluate.structured import prompt_digest
from tuneworthy.methods.canonical import digest

RECIPE = 1
"""Number of the recipes below; another number makes other prompts."""

FEW_SHOT = (16, 8, 4, 2, 1)
RETRIEVED = (8, 4, 2, 1)
"""Numbers of worked examples, the first that fits the context is taken."""

BYTES_A_TOKEN = 2
"""Fewer UTF-8 bytes than this for a token are rare, so that the estimate errs upwards."""

_SPARE_TOKENS = 64
"""For the marks that a chat template adds."""


def derivation(project: Project) -> str:
    """Digest of what derived prompts are made from, the training rows aside."""
    facts = (project.use_case, project.metric, project.goal, RECIPE)
    return digest(list(facts))


def derive_arms(
    project: Project, train: Sequence[Example], declared: Sequence[Arm], *, context_tokens: int
) -> list[Arm]:
    """Zero-shot, structured, few-shot, retrieval few-shot and decomposed prompts for the task.

    A prompt that says the same as a declared one is left out, and no name is used twice.

    Args:
        project: Its use case, metric and answer length.
        train: The training split alone.
        declared: The prompts that people wrote.
        context_tokens: Tokens that every model can hold.
    """
    task = _Task(project, train)
    room = context_tokens - project.max_new_tokens - _SPARE_TOKENS
    made = [task.zero_shot(), task.structured()]
    # Fixed examples have distinct targets, so that there are no more than these.
    most = len({example.target for example in train})
    for kind, sizes, limit in (("few_shot", FEW_SHOT, most), ("retrieval", RETRIEVED, len(train))):
        fitting = (task.with_examples(kind, k) for k in _at_most(sizes, limit))
        made += [arm for arm in fitting if _tokens(arm, train) <= room][:1]
    made.append(task.decomposed())
    known = {prompt_digest(arm) for arm in declared}
    names = {arm.id for arm in declared}
    return [
        arm.model_copy(update={"id": _free(arm.id, names)})
        for arm in made
        if prompt_digest(arm) not in known
    ]


class _Task:
    """The project's task in words that a prompt can use."""

    def __init__(self, project: Project, train: Sequence[Example]) -> None:
        self._use_case = " ".join(project.use_case.split()).rstrip(".")
        self._tools = any(example.tools for example in train)
        self._form = _form(project, train)
        self._request = (
            "Function:\n{tools}\n\nRequest: {request}" if self._tools else "Request: {request}"
        )

    def zero_shot(self) -> Arm:
        return Arm(
            id="derived-zero-shot",
            arm="zero_shot",
            system=f"{self._use_case}. Answer with {self._form}",
            user=self._request,
        )

    def structured(self) -> Arm:
        shown = "one function and one request" if self._tools else "one request"
        return Arm(
            id="derived-structured",
            arm="zero_shot",
            system=(
                "Persona: you do one task, and you do it exactly.\n"
                f"Context: each message shows {shown}, and nothing else is known.\n"
                f"Task: do this for the request: {self._use_case}.\n"
                f"Format: answer with {self._form}"
            ),
            user=self._request,
        )

    def with_examples(self, kind: str, k: int) -> Arm:
        name = f"derived-few-shot-{k}" if kind == "few_shot" else f"derived-retrieval-{k}-shot"
        return Arm.model_validate(
            {
                "id": name,
                "arm": kind,
                "k": k,
                "system": f"{self._use_case}. Answer as in the examples, with {self._form}",
                "user": self._request,
            }
        )

    def decomposed(self) -> Arm:
        first = (
            "List the arguments of the function, each with the words of the request that give its "
            "value, or 'none'."
            if self._tools
            else "Say in one short sentence what the request asks for, with its own key words."
        )
        return Arm(
            id="derived-decomposed",
            arm="decomposed",
            system=f"{self._use_case}.",
            steps=(
                f"{self._request}\n\n{first}",
                f"{self._request}\n\nNotes on the request: {{step1}}\n\nAnswer with {self._form}",
            ),
        )


def _form(project: Project, train: Sequence[Example]) -> str:
    """How the answer must look, ended by a full stop or by the list of answers."""
    if project.metric == "tool_call_match":
        return "one JSON object with the keys name and arguments, and nothing else."
    if label_list(train):
        return "one of these lines, and nothing else:\n{labels}"
    if project.metric == "json_match" and (keys := _shared_keys(train)):
        return f"one JSON object with the keys {', '.join(keys)}, and nothing else."
    if project.metric == "json_match":
        return "one JSON object, and nothing else."
    return "the result alone, without any explanation."


def _shared_keys(train: Sequence[Example]) -> list[str]:
    """The keys that every target has, in the first one's order; none if one is no object."""
    shared: list[str] = []
    for number, example in enumerate(train):
        try:
            found = json.loads(example.target)
        except ValueError:
            return []
        if not isinstance(found, dict):
            return []
        shared = list(found) if number == 0 else [key for key in shared if key in found]
    return shared


def _tokens(arm: Arm, train: Sequence[Example]) -> int:
    """An upper estimate of the longest prompt, taking the longest training row as the question."""
    longest = sorted(train, key=_size, reverse=True)
    shots = fixed_shots(train, arm.k) if arm.arm == "few_shot" else longest[: arm.k]
    asked = render(arm, as_case(longest[0]), shots, labels=label_list(train))
    return sum(len(m.content.encode()) + 8 for m in asked.messages) // BYTES_A_TOKEN + 1


def _at_most(sizes: Sequence[int], limit: int) -> list[int]:
    return sorted({min(size, limit) for size in sizes} - {0}, reverse=True)


def _size(example: Example) -> int:
    tools = len(json.dumps(example.tools)) if example.tools else 0
    return len(example.request.encode()) + len(example.target.encode()) + tools


def _free(name: str, taken: Collection[str]) -> str:
    """The name, or the next one that nobody has."""
    number, found = 2, name
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found
