"""A streamed answer on its way through: bytes pass, ids are replaced, the end is held back.

Events go on as soon as they are whole. Every event's ``id`` and ``model`` become ours by replacing
the exact bytes seen in the first event; only where that does not fit is an event parsed on the way.
Text and usage are read once, when the answer has ended. ``[DONE]`` is held back, so that a client
that sees it has a recorded interaction.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

_MOST_COUNT = 2**53
DONE = b"data: [DONE]\n\n"
MOST_KEPT = 32 * 2**20
"""Longest streamed answer in bytes."""
_CUT = ("length", "content_filter")
# A line break cannot stand inside JSON text, so this matches whole lines of the stream only.
_DATA = re.compile(rb"(?:^|(?<=[\r\n]))data: ?(\{[^\r\n]*\})")
_ID = re.compile(rb'"id": ?"[^"\\]*"')
_MODEL = re.compile(rb'"model": ?"[^"\\]*"')


class Answer(NamedTuple):
    """What a backend answered, as it is recorded."""

    text: str
    finished: bool
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: str = ""
    cut: bool = False
    """Whether a choice ended at a limit or a filter."""


class AnswerStream:
    """Rewrites one streamed answer and remembers it."""

    def __init__(self, interaction: str, model: str) -> None:
        self.done = False
        """Whether ``[DONE]`` has come."""
        self.size = 0
        self._interaction = interaction
        self._model = model
        self._id = orjson.dumps(interaction)
        self._rest = b""
        self._kept: list[bytes] = []
        self._swaps: list[tuple[bytes, bytes]] = []

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that may go to the client now."""
        if self.done:
            return b""
        self.size += len(chunk)
        data = self._rest + chunk if self._rest else chunk
        cut = max(data.rfind(b"\n\n") + 2, data.rfind(b"\n\r\n") + 3)
        if cut < 3:
            self._rest = data
            return b""
        ready, self._rest = data[:cut], data[cut:]
        if (end := _end(ready)) >= 0:
            self.done = True
            ready = ready[:end]
        self._kept.append(ready)
        return self._ours(ready)

    def answer(self) -> Answer:
        """The whole answer so far."""
        return _join(b"".join(self._kept))

    def _ours(self, ready: bytes) -> bytes:
        if not self._swaps:
            self._swaps = self._learn(ready)
        for old, new in self._swaps:
            ready = ready.replace(old, new)
        # Each event must carry our id; a comment or a stray event sends us the slow way.
        if ready.count(self._id) == ready.count(b"\n\n") + ready.count(b"\n\r\n"):
            return ready
        return _DATA.sub(self._event, ready)

    def _learn(self, ready: bytes) -> list[tuple[bytes, bytes]]:
        first = _DATA.search(ready)
        if first is None:
            return []
        swaps = []
        for pattern, new in ((_ID, self._interaction), (_MODEL, self._model)):
            if found := pattern.search(first[1]):
                name = found[0].partition(b":")[0]
                swaps.append((found[0], name + b":" + orjson.dumps(new)))
        return swaps

    def _event(self, match: re.Match[bytes]) -> bytes:
        try:
            event = orjson.loads(match[1])
        except orjson.JSONDecodeError:
            return match[0]
        if "error" not in event:
            event["id"] = self._interaction
            if "model" in event:
                event["model"] = self._model
        return b"data: " + orjson.dumps(event)


def error_event(error: dict[str, Any]) -> bytes:
    """An error as a stream event; official clients raise on it."""
    return b"data: " + orjson.dumps(error) + b"\n\n"


def whole_answer(body: dict[str, Any]) -> Answer:
    """The answer in a body that was not streamed."""
    choices = _dicts(body.get("choices"))
    texts = [_say(_dict(choice.get("message"))) for choice in choices]
    cut = any(choice.get("finish_reason") in _CUT for choice in choices)
    return Answer(_one(texts), bool(texts), *_usage(body), cut=cut)


def _join(data: bytes) -> Answer:
    choices: dict[int, _Choice] = {}
    usage, error = (0, 0), ""
    for event in _events(data):
        if event.get("usage"):
            usage = _usage(event)
        if event.get("error"):
            error = _fault(event["error"])
        for choice in _dicts(event.get("choices")):
            choices.setdefault(_count(choice.get("index")), _Choice()).add(choice)
    texts = [choices[index].text() for index in sorted(choices)]
    finished = bool(choices) and all(choice.finished for choice in choices.values())
    cut = any(choice.cut for choice in choices.values())
    return Answer(_one(texts), finished, *usage, error, cut)


def _end(ready: bytes) -> int:
    """Where the line ``data: [DONE]`` begins, or -1; the same words in a text do not count."""
    at = ready.rfind(b"[DONE]")
    if at < 0:
        return -1
    line = ready.rfind(b"\n", 0, at) + 1
    return line if ready[line:at] in {b"data:", b"data: "} else -1


def _events(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.split(b"\n"):
        if line.startswith(b"data:"):
            try:
                event = orjson.loads(line[5:])
            except orjson.JSONDecodeError:
                continue
            if isinstance(event, dict):
                yield event


class _Choice:
    """One choice of a streamed answer, put together from its deltas."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.calls: dict[int, dict[str, Any]] = {}
        self.finished = False
        self.cut = False

    def add(self, choice: dict[str, Any]) -> None:
        delta = _dict(choice.get("delta"))
        self.parts.append(_text(delta.get("content")))
        for call in _dicts(delta.get("tool_calls")):
            kept = self.calls.setdefault(
                _count(call.get("index")),
                {
                    "id": call.get("id"),
                    "type": "function",
                    "function": {"name": "", "arguments": ""},
                },
            )
            function = _dict(call.get("function"))
            kept["function"]["name"] += _text(function.get("name"))
            kept["function"]["arguments"] += _text(function.get("arguments"))
        self.finished = self.finished or bool(choice.get("finish_reason"))
        self.cut = self.cut or choice.get("finish_reason") in _CUT

    def text(self) -> str:
        calls = [self.calls[index] for index in sorted(self.calls)]
        return _say({"content": "".join(self.parts), "tool_calls": calls})


def _say(message: dict[str, Any]) -> str:
    """A message's text; with tool calls, content and calls as JSON."""
    content = message.get("content") or ""
    calls = message.get("tool_calls")
    if not calls and isinstance(content, str):
        return content
    return orjson.dumps({"content": content, "tool_calls": calls or []}).decode()


def _one(texts: list[str]) -> str:
    """The only text, or all of them as a JSON list."""
    return texts[0] if len(texts) == 1 else orjson.dumps(texts).decode() if texts else ""


def _usage(body: dict[str, Any]) -> tuple[int, int]:
    usage = _dict(body.get("usage"))
    return _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))


def _dict(value: Any) -> dict[str, Any]:
    """What a backend gave, or nothing where it is of another kind; so the three below."""
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int:
    return value if type(value) is int and 0 <= value < _MOST_COUNT else 0


def _fault(error: object) -> str:
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)
