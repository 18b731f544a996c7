"""From an arm and a case to the exact chat that a model gets.

Templates know: ``{request}``, ``{tools}`` (one function a paragraph: a line with name and
description, then a line an argument), ``{skeleton}`` (an empty call of the first function),
``{name}`` (its name), ``{labels}`` (the distinct targets of the training data), ``{context}`` (the
text that the answer must rest on) and ``{choices}`` (the case's answers to choose from, each on a
line, as ``A. ...``). Braces that are no such name are left alone, so JSON can stand in a template.
Steps of a decomposed arm also know the answers of the steps before them: ``{step1}``, ``{step2}``,
...

What was said before the request stands between the worked examples and the request, as it was said:
the template is laid around the request alone.
"""

import itertools
import json
import re
import string
from collections.abc import Sequence
from typing import Any, Literal

from tuneworthy.core.nouns.example import Example, Message
from tuneworthy.core.nouns.suite import Arm, Case
from tuneworthy.core.ports import ChatRequest

_SLOT = re.compile(r"\{(request|tools|skeleton|name|labels|context|choices|step[1-9]\d?)\}")
STEP_TOKENS = 96
"""Room for the answer of a step that is not the last; a final answer may need far less."""


def render(
    arm: Arm,
    case: Case,
    shots: Sequence[Example] = (),
    *,
    labels: str = "",
    max_new_tokens: int = 64,
    ends: Literal["", "json"] = "",
) -> ChatRequest:
    """The chat for one case: system, worked examples as turns, earlier turns, the request."""
    messages = (
        [Message(role="system", content=_fill(arm.system, case, labels))] if arm.system else []
    )
    for shot in shots:
        messages += _asked(arm, as_case(shot), labels)
        messages.append(Message(role="assistant", content=shot.target))
    messages += _asked(arm, case, labels)
    return ChatRequest(
        messages=tuple(messages),
        prefill=_fill(arm.prefill, case, labels),
        max_new_tokens=max_new_tokens,
        ends=ends,
    )


def render_step(
    arm: Arm,
    case: Case,
    earlier: Sequence[str],
    *,
    labels: str = "",
    max_new_tokens: int = 64,
    ends: Literal["", "json"] = "",
) -> ChatRequest:
    """The chat for the step of a decomposed arm that follows ``earlier`` ones.

    Only the last step's answer has the form that the metric reads, so only it gets the arm's
    ``prefill`` and ``ends``.
    """
    last = len(earlier) == len(arm.steps) - 1
    text = _fill(arm.steps[len(earlier)], case, labels, earlier)
    system = [Message(role="system", content=_fill(arm.system, case, labels))] if arm.system else []
    return ChatRequest(
        messages=(*system, *case.turns, Message(role="user", content=text)),
        prefill=_fill(arm.prefill, case, labels) if last else "",
        max_new_tokens=max_new_tokens if last else max(STEP_TOKENS, max_new_tokens),
        ends=ends if last else "",
    )


def _asked(arm: Arm, case: Case, labels: str) -> list[Message]:
    """The turns before the request, and the request in the arm's words."""
    return [*case.turns, Message(role="user", content=_fill(arm.user, case, labels))]


def as_case(example: Example) -> Case:
    """The evaluation case that an example makes.

    The last turn of a user is the request, and what was said before it are the case's turns. A
    system turn is left out: how the model is told its task is the arm's to say.
    """
    return Case(
        id=example.id,
        request=example.request,
        expected=example.target,
        tools=example.tools,
        accepted=example.accepted,
        segment=example.provenance.segment,
        turns=_before_request(example),
    )


def _before_request(example: Example) -> tuple[Message, ...]:
    asks = [place for place, turn in enumerate(example.prompt) if turn.role == "user"]
    earlier = example.prompt[: asks[-1]] if asks else ()
    return tuple(turn for turn in earlier if turn.role != "system")


def as_trained(arm: Arm, example: Example, *, labels: str = "") -> Example:
    """The example rewritten as the arm will ask it, so that training and serving see the same."""
    request = render(arm, as_case(example), labels=labels)
    target = Message(role="assistant", content=example.target)
    return example.model_copy(update={"messages": (*request.messages, target)})


def label_list(examples: Sequence[Example], limit: int = 60) -> str:
    """The distinct targets, sorted, one a line; empty when there are more than ``limit``."""
    targets = sorted({example.target for example in examples})
    return "\n".join(targets) if len(targets) <= limit else ""


def _fill(template: str, case: Case, labels: str, earlier: Sequence[str] = ()) -> str:
    def slot(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("step"):
            number = int(name.removeprefix("step"))
            return earlier[number - 1].strip() if number <= len(earlier) else match[0]
        if name == "request":
            return case.request
        if name == "labels":
            return labels
        if name == "context":
            return case.context
        if name == "choices":
            return "\n".join(f"{letter}. {said}" for letter, said in lettered(case.choices))
        if name == "tools":
            return "\n\n".join(tool_text(tool) for tool in case.tools)
        first = _function(case.tools[0]) if case.tools else {}
        return str(first.get("name", "")) if name == "name" else skeleton(first)

    return _SLOT.sub(slot, template)


def lettered(choices: Sequence[str]) -> list[tuple[str, str]]:
    """Each choice with its letter: A, B, ... and, after Z, AA, AB, ..."""
    letters = (
        "".join(found)
        for length in itertools.count(1)
        for found in itertools.product(string.ascii_uppercase, repeat=length)
    )
    return list(zip(letters, choices, strict=False))


def tool_text(tool: dict[str, Any]) -> str:
    """A function's schema as plain lines: compact, and the same for every arm."""
    function = _function(tool)
    parameters = function.get("parameters", {})
    required = set(parameters.get("required", ()))
    lines = [f"{function.get('name', '')}: {_one_line(function.get('description', ''))}"]
    for name, schema in parameters.get("properties", {}).items():
        need = "required" if name in required else "optional"
        text = f"- {name} ({_type(schema)}, {need}): {_one_line(schema.get('description', ''))}"
        if schema.get("enum"):
            text += f" One of: {', '.join(map(str, schema['enum']))}."
        lines.append(text)
    return "\n".join(lines)


def skeleton(function: dict[str, Any]) -> str:
    """An empty call: every argument with its type in angle brackets."""
    properties = function.get("parameters", {}).get("properties", {})
    arguments = {name: f"<{_type(schema)}>" for name, schema in properties.items()}
    return json.dumps({"name": function.get("name", ""), "arguments": arguments})


def _function(tool: dict[str, Any]) -> dict[str, Any]:
    inner = tool.get("function", tool)
    return inner if isinstance(inner, dict) else tool


def _type(schema: dict[str, Any]) -> str:
    kind = str(schema.get("type", "any"))
    items = schema.get("items")
    if kind == "array" and isinstance(items, dict):
        return f"array of {items.get('type', 'any')}"
    return kind


def _one_line(text: str) -> str:
    return " ".join(str(text).split())
