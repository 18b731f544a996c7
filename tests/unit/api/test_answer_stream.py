from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.api.sse import AnswerStream, whole_answer


def event(content: str | None = None, **more: object) -> bytes:
    delta = {} if content is None else {"content": content}
    body = {
        "id": "up-1",
        "model": "weights",
        "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
        **more,
    }
    return b"data: " + orjson.dumps(body) + b"\n\n"


LAST = event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
DONE = b"data: [DONE]\n\n"


def through(data: bytes, cuts: list[int]) -> tuple[AnswerStream, bytes]:
    stream, out, at = AnswerStream("chatcmpl-1", "titles"), b"", 0
    for cut in [*sorted(cuts), len(data)]:
        if cut > at:
            out += stream.feed(data[at:cut])
            at = cut
    return stream, out


def events_of(data: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line[6:]) for line in data.split(b"\n\n") if line.startswith(b"data: {")]


@settings(deadline=None)
@given(texts=st.lists(st.text(), min_size=1, max_size=6), cuts=st.lists(st.integers(0, 900)))
def test_any_cutting_gives_the_same_events_with_our_id(texts, cuts):
    data = b"".join(event(text) for text in texts) + LAST + DONE
    stream, out = through(data, [min(cut, len(data)) for cut in cuts])
    seen = events_of(out)
    assert {one["id"] for one in seen} == {"chatcmpl-1"}
    assert {one["model"] for one in seen} == {"titles"}
    said = "".join(one["choices"][0]["delta"].get("content", "") for one in seen)
    assert said == "".join(texts) == stream.answer().text
    assert stream.done
    assert stream.answer().finished
    assert b"[DONE]" not in out or "[DONE]" in said


@settings(deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_no_bytes_break_it(data, cuts):
    stream, _ = through(data, [min(cut, len(data)) for cut in cuts])
    assert isinstance(stream.answer().text, str)


def test_text_that_looks_like_the_end_is_text():
    stream, out = through(event("data: [DONE]\n\ndata: [DONE]") + LAST, [])
    assert not stream.done
    assert stream.answer().text == "data: [DONE]\n\ndata: [DONE]"
    assert len(events_of(out)) == 2


def test_events_without_or_with_other_ids_and_other_line_ends():
    data = (
        b": ping\r\n\r\n"
        b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\r\n\r\n'
        b'data:{"id":"up-2","model":"w","choices":[{"index":0,"delta":{"content":"b"}}]}\r\n\r\n'
        b"data:[DONE]\r\n\r\n"
    )
    stream, out = through(data, [])
    assert [one["id"] for one in events_of(out.replace(b"\r\n", b"\n"))] == ["chatcmpl-1"] * 2
    assert stream.answer().text == "ab"
    assert stream.done


def test_usage_errors_and_tool_calls_are_read():
    call = [{"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a"'}}]
    more = [{"index": 0, "function": {"arguments": ":1}"}}]
    data = (
        event(choices=[{"index": 0, "delta": {"tool_calls": call}}])
        + event(choices=[{"index": 0, "delta": {"tool_calls": more}, "finish_reason": "x"}])
        + event(choices=[], usage={"prompt_tokens": 7, "completion_tokens": 3})
        + b'data: {"error":{"message":"out of memory"}}\n\n'
    )
    answer = through(data, [])[0].answer()
    assert orjson.loads(answer.text)["tool_calls"][0]["function"] == {
        "name": "f",
        "arguments": '{"a":1}',
    }
    assert (answer.prompt_tokens, answer.completion_tokens) == (7, 3)
    assert answer.error == "out of memory"


def test_whole_answers():
    said = {"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": 2}}
    assert whole_answer(said)[:3] == ("x", True, 2)
    two = {"choices": [{"message": {"content": "x"}}, {"message": {"content": "y"}}]}
    assert whole_answer(two).text == '["x","y"]'


NAMES = [
    "choices", "message", "delta", "content", "usage", "prompt_tokens", "completion_tokens",
    "tool_calls", "function", "name", "arguments", "index", "finish_reason", "error", "id",
]  # fmt: skip
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=20,
)
BODIES = st.dictionaries(st.sampled_from(NAMES), ANY, max_size=6)


@settings(deadline=None)
@given(body=BODIES, deltas=st.lists(BODIES, max_size=3))
def test_a_backend_that_answers_anything_is_read(body, deltas):
    """What it gives is kept as far as it is an answer, and can be written down."""
    bodies = [body, *({"choices": [{"index": 0, "delta": one}]} for one in deltas)]
    lines = [b"data: " + orjson.dumps(one, default=str) + b"\n\n" for one in _writable(bodies)]
    stream, _ = through(b"".join(lines), [])
    for answer in (*map(whole_answer, _writable(bodies)), stream.answer()):
        assert orjson.loads(orjson.dumps(answer._asdict()))
        assert answer.prompt_tokens >= 0


def _writable(bodies: list[Any]) -> list[Any]:
    """Those that can stand in JSON as orjson reads it."""
    found = []
    for one in bodies:
        try:
            found.append(orjson.loads(orjson.dumps(one)))
        except TypeError:  # an integer of more than 64 bits
            continue
    return found
