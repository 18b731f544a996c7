"""A request as the model was trained and judged to be asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from tuneworthy.api.state import Prepare
from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.nouns.suite import Arm, Case
from tuneworthy.core.ports import ChatRequest
from tuneworthy.evaluate import answer_ends, render


def asker(arm: Arm, project: Project) -> Prepare:
    """Rewrites a request the way the model was trained and judged to be asked.

    A conversation whose author gave it a system turn, or turns that are more than text, is passed
    on as it is. What it gives raises UsageProblem for tools that are none.
    """

    def prepare(body: Mapping[str, Any]) -> Mapping[str, Any]:
        said = _turns(body.get("messages"))
        if not said:
            return body
        asked = _rendered(arm, said, body.get("tools"))
        turns = [message.model_dump() for message in asked.messages]
        changed = {k: v for k, v in body.items() if k not in ("tools", "tool_choice")}
        if "max_completion_tokens" not in changed:
            changed.setdefault("max_tokens", project.max_new_tokens)
        if answer_ends(project.scoring) == "json":
            changed.setdefault("response_format", {"type": "json_object"})
        if asked.prefill:
            turns.append(Message(role="assistant", content=asked.prefill).model_dump())
            changed |= {
                "continue_final_message": True,
                "add_generation_prompt": False,
                "echo": True,
            }
        return {**changed, "messages": turns}

    return prepare


def _rendered(arm: Arm, said: Sequence[Message], tools: Any) -> ChatRequest:
    """Raises UsageProblem: a client's own mistake must not count against who would answer."""
    try:
        case = Case(
            id="live",
            request=said[-1].content,
            expected="",
            tools=tuple(tools or ()),
            turns=tuple(said[:-1]),
        )
        return render(arm, case)
    except (TypeError, ValueError, LookupError, AttributeError) as fault:
        raise UsageProblem(
            "invalid_request",
            "`tools` is no list of tools.",
            fix="See the OpenAI chat completions format.",
        ) from fault


def _turns(messages: Any) -> list[Message]:
    """What was said, the request last; empty unless users and assistant spoke in plain text."""
    if not isinstance(messages, list) or not all(map(_plain, messages)):
        return []
    if not messages or messages[-1]["role"] != "user":
        return []
    return [Message(role=turn["role"], content=turn["content"]) for turn in messages]


def _plain(turn: Any) -> bool:
    return (
        isinstance(turn, dict)
        and turn.get("role") in ("user", "assistant")
        and isinstance(turn.get("content"), str)
        and not turn.get("tool_calls")
    )
