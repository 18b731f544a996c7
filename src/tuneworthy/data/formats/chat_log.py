"""What a gateway logged: a chat-completions ``request`` and the ``response`` to it.

Either may be JSON text, and a response may be the answer's text alone, as in our own interactions.
An answer that failed, was cut at a limit or was filtered is no target.
Source: the chat-completions reference of the OpenAI API.
"""

from datetime import UTC, datetime
from typing import Any

from tuneworthy.core.nouns.example import Message
from tuneworthy.data.formats.format import Fields, Format, Parts
from tuneworthy.data.turns import read_message, read_messages
from tuneworthy.data.values import RowError, is_blank, name_of, parse_json

_WHOLE = (None, "stop", "tool_calls", "function_call")


def read(fields: Fields) -> Parts:
    """The request's turns with the answer."""
    request = _object(fields.get("request"), fields.path("request"))
    status = fields.get("status")
    if isinstance(status, int) and status >= 400:
        raise RowError("failed_answer", fields.path("status"), f"the call failed with {status}")
    if not is_blank(fields.get("error")):
        raise RowError("failed_answer", fields.path("error"), "the call failed")
    path = f"{fields.path('request')}.messages"
    turns = read_messages(request.get("messages"), path)
    answer, created = _answer(fields.get("response"), fields.path("response"))
    return Parts(
        (*turns, answer),
        rating=_rating(fields),
        tools=request.get("tools") or request.get("functions"),
        labels={"timestamp": created or fields.get("created_at")},
    )


def _rating(fields: Fields) -> bool | None:
    """From ``feedback`` as true or false, or a score from 0 to 1, as 0.5 and better is good."""
    value = fields.get("feedback")
    if isinstance(value, dict):
        value = value.get("score")
    if isinstance(value, bool):
        return value
    return value >= 0.5 if isinstance(value, int | float) else None


def _answer(value: Any, path: str) -> tuple[Message, str]:
    if isinstance(value, str) and not value.lstrip().startswith('{"'):
        return Message(role="assistant", content=value), ""
    try:
        response = _object(value, path)
    except RowError:
        if isinstance(value, str):
            return Message(role="assistant", content=value), ""
        raise
    if isinstance(value, str) and "choices" not in response:
        return Message(role="assistant", content=value), ""
    choices = response.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise RowError("failed_answer", f"{path}.choices", "holds no answer")
    if len(choices) > 1:
        reason = f"holds {len(choices)} answers; keep the one that was used"
        raise RowError("no_agreement", f"{path}.choices", reason)
    end = choices[0].get("finish_reason")
    if end not in _WHOLE:
        reason = f"the answer was cut: finish_reason is {end!r:.40}"
        raise RowError("failed_answer", f"{path}.choices[0].finish_reason", reason)
    message = read_message(choices[0].get("message"), f"{path}.choices[0].message")
    return message, _stamp(response.get("created"))


def _stamp(seconds: Any) -> str:
    if isinstance(seconds, int | float) and 0 < seconds < 2**34:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    return ""


def _object(value: Any, path: str) -> dict[str, Any]:
    if isinstance(value, str):
        value = parse_json(value, path)
    if not isinstance(value, dict):
        raise RowError("bad_type", path, f"must be an object, not {name_of(value)}")
    return value


def _is_log(fields: Fields) -> bool:
    request = fields.get("request")
    if isinstance(request, str):
        return '"messages"' in request[:1_000_000] and request.lstrip().startswith("{")
    return isinstance(request, dict) and "messages" in request


FORMAT = Format(
    "chat_log",
    ("request", "response", "status", "error", "feedback", "created_at"),
    ("request", "response"),
    read,
    _is_log,
)
