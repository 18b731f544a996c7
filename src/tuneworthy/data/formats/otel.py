"""OpenTelemetry spans of model calls, by the semantic conventions for generative AI.

Attributes may stand at the top, under ``attributes``, or as OTLP's list of keys and values. Read
are ``gen_ai.input.messages`` / ``gen_ai.output.messages`` (their JSON schemas), and the older
``gen_ai.prompt.N.*`` / ``gen_ai.completion.N.*`` of OpenLLMetry.
Source: OpenTelemetry semantic conventions, "Generative AI"; opentelemetry-semantic-conventions-ai.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tuneworthy.core.nouns.example import Message
from tuneworthy.data.formats.format import Fields, Format, Parts
from tuneworthy.data.turns import calls_text, read_call, read_message
from tuneworthy.data.values import RowError, name_of, parse_json, text_of

_OLD = re.compile(r"gen_ai\.(prompt|completion)\.(\d{1,4})\.(.+)")
_CALL = re.compile(r"tool_calls\.(\d{1,3})\.(name|arguments)")
_CUT = ("length", "content_filter", "error", "max_tokens")


def read(fields: Fields) -> Parts:
    """The turns that went in, and the one that came out."""
    found = attributes(fields.values)
    tools = found.get("gen_ai.tool.definitions")
    labels = {"timestamp": _started(fields.values)}
    if "gen_ai.input.messages" in found:
        return Parts(_new(found), tools=tools, labels=labels)
    return Parts(_old(found), tools=tools, labels=labels)


def batch_hint(values: Mapping[str, Any]) -> str:
    """What to type over a batch of spans, as a collector writes them a line; else nothing."""
    if "resourceSpans" not in values:
        return ""
    take = "jq -c '.resourceSpans[].scopeSpans[].spans[]' FILE > spans.jsonl"
    return f"; it is a batch of spans: {take} makes a row of each"


def _started(values: Mapping[str, Any]) -> Any:
    """When the call began; OTLP has nanoseconds since 1970, as text."""
    nanoseconds = str(values.get("startTimeUnixNano", ""))
    if re.fullmatch(r"[0-9]{1,19}", nanoseconds):
        return datetime.fromtimestamp(int(nanoseconds) // 10**9, UTC).isoformat()
    return values.get("start_time") or values.get("timestamp")


def attributes(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The span's attributes by name, wherever they stand."""
    inner = values.get("attributes")
    if isinstance(inner, str) and inner.startswith(("{", "[")):
        inner = parse_json(inner, "$.attributes")
    if isinstance(inner, dict):
        return inner
    if isinstance(inner, list):
        return {
            str(item["key"]): _bare(item.get("value"))
            for item in inner
            if isinstance(item, dict) and "key" in item
        }
    return values


def _bare(value: Any) -> Any:
    """An OTLP value: ``{"stringValue": ...}`` and so on."""
    if isinstance(value, dict) and len(value) == 1:
        return next(iter(value.values()))
    return value


def _new(found: Mapping[str, Any]) -> tuple[Message, ...]:
    asked = _messages(found.get("gen_ai.input.messages"), "$.gen_ai.input.messages")
    given = _messages(found.get("gen_ai.output.messages"), "$.gen_ai.output.messages")
    if len(given) != 1:
        reason = f"must hold one answer, not {len(given)}"
        raise RowError("no_agreement", "$.gen_ai.output.messages", reason)
    system = found.get("gen_ai.system_instructions")
    first: tuple[Message, ...] = ()
    if system:
        item = {"role": "system", "parts": _list(system, "$.gen_ai.system_instructions")}
        first = (_message(item, "$.gen_ai.system_instructions"),)
    return (*first, *asked, *given)


def _list(value: Any, path: str) -> list[Any]:
    value = parse_json(value, path) if isinstance(value, str) else value
    if not isinstance(value, list):
        raise RowError("bad_type", path, f"must be a list, not {name_of(value)}")
    return value


def _messages(value: Any, path: str) -> list[Message]:
    return [_message(item, f"{path}[{at}]") for at, item in enumerate(_list(value, path))]


def _message(item: Any, path: str) -> Message:
    if not isinstance(item, dict) or not isinstance(item.get("parts"), list):
        return read_message(item, path)
    if item.get("finish_reason") in _CUT:
        reason = f"the answer was cut: finish_reason is {item['finish_reason']!r:.40}"
        raise RowError("failed_answer", f"{path}.finish_reason", reason)
    said, calls = [], []
    for at, part in enumerate(item["parts"]):
        place = f"{path}.parts[{at}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text":
            said.append(text_of(part.get("content"), f"{place}.content"))
        elif kind == "tool_call":
            calls.append(read_call(part, place))
        elif kind == "tool_call_response":
            said.append(text_of(part.get("response", part.get("result")), f"{place}.response"))
        elif kind != "reasoning":
            reason = f"must be text or a tool call, not {kind!r:.40}"
            raise RowError("bad_type", f"{place}.type", reason)
    text = "\n".join(part for part in ("".join(said), calls_text(calls)) if part)
    return read_message({"role": item.get("role"), "content": text}, path)


def _old(found: Mapping[str, Any]) -> tuple[Message, ...]:
    turns: dict[tuple[bool, int], dict[str, Any]] = {}
    for name, value in found.items():
        match = _OLD.fullmatch(name)
        if match:
            key = (match[1] == "completion", int(match[2]))
            turns.setdefault(key, {})[match[3]] = value
    if sum(answer for answer, _ in turns) > 1:
        raise RowError("no_agreement", "$.gen_ai.completion", "holds more than one answer")
    return tuple(_old_turn(turns[key], key) for key in sorted(turns))


def _old_turn(said: dict[str, Any], key: tuple[bool, int]) -> Message:
    path = f"$.gen_ai.{'completion' if key[0] else 'prompt'}.{key[1]}"
    if said.get("finish_reason") in _CUT:
        reason = f"the answer was cut: finish_reason is {said['finish_reason']!r:.40}"
        raise RowError("failed_answer", f"{path}.finish_reason", reason)
    calls: dict[int, dict[str, Any]] = {}
    for name, value in said.items():
        match = _CALL.fullmatch(name)
        if match:
            calls.setdefault(int(match[1]), {})[match[2]] = value
    role = said.get("role") or ("assistant" if key[0] else "user")
    text = said.get("content")
    body = calls_text([read_call(calls[at], f"{path}.tool_calls.{at}") for at in sorted(calls)])
    parts = [part for part in (text, body) if part]
    if not all(isinstance(part, str) for part in parts):
        raise RowError("bad_type", f"{path}.content", f"must be text, not {name_of(text)}")
    return read_message({"role": role, "content": "\n".join(parts)}, path)


def _is_span(fields: Fields) -> bool:
    try:
        found = attributes(fields.values)
    except RowError:
        return False
    new = {"gen_ai.input.messages", "gen_ai.output.messages"} <= found.keys()
    return (
        new
        or {"gen_ai.prompt.0.content", "gen_ai.completion.0.role"} <= found.keys()
        or (
            "gen_ai.prompt.0.content" in found
            and any(name.startswith("gen_ai.completion.0.") for name in found)
        )
    )


FORMAT = Format(
    "otel", ("attributes", "start_time", "startTimeUnixNano", "timestamp"), (), read, _is_span
)
