"""Label Studio's JSON export: a task's ``data`` and its ``annotations``.

The answer is a ``choices``, ``textarea`` or ``rating`` result. Of several annotators' answers, one
marked as ground truth counts; otherwise the one that more gave than any other. A tie is no answer.
Source: "Export annotations and data from Label Studio", Label Studio's documentation.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tuneworthy.core.nouns.example import Message
from tuneworthy.data.formats.format import Fields, Format, Parts
from tuneworthy.data.turns import read_messages
from tuneworthy.data.values import RowError, is_blank, name_of

_ASKED = ("text", "request", "prompt", "question", "messages", "conversation", "dialogue")


def read(fields: Fields) -> Parts:
    """The task's text with the answer that the annotators agree on."""
    data = fields.get("data")
    if not isinstance(data, dict):
        raise RowError("bad_type", "$.data", f"must be an object, not {name_of(data)}")
    given = _given(fields.get("annotations"))
    agreed = agreed_answer([text for text, _, _ in given], [truth for _, _, truth in given])
    people = tuple(sorted({who for _, who, _ in given if who}))
    messages = (*asked_of(data, "$.data"), Message(role="assistant", content=agreed))
    return Parts(messages, annotators=people, labels=data)


def asked_of(data: Mapping[str, Any], path: str) -> tuple[Message, ...]:
    """The turns that a record's texts are: by a known name, or the only text or chat there is."""
    texts = [name for name, value in data.items() if isinstance(value, str) and not is_blank(value)]
    known = [name for name in _ASKED if not is_blank(data.get(name))]
    chats = [name for name, value in data.items() if _is_chat(value)]
    name = next(iter(known or (texts or chats if len(texts or chats) == 1 else ())), "")
    if not name:
        told = ", ".join((texts or chats)[:8]) or "none"
        reason = f"which text is the request is not plain; there are: {told}"
        raise RowError("no_request", path, reason)
    if isinstance(data[name], list):
        return read_messages(data[name], f"{path}.{name}")
    return (Message(role="user", content=str(data[name])),)


def _is_chat(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(turn, dict) for turn in value)


def agreed_answer(answers: list[str], truths: list[bool]) -> str:
    """The answer that counts. Raises RowError when nobody answered, or as many say this as that."""
    if not answers:
        raise RowError("no_answer", "$.annotations", "no annotator has given an answer")
    counts = Counter(text for text, truth in zip(answers, truths, strict=True) if truth)
    counts = counts or Counter(answers)
    best = counts.most_common(2)
    if len(best) > 1 and best[0][1] == best[1][1]:
        reason = (
            f"annotators disagree: {best[0][1]} say {best[0][0]!r:.40}, as many {best[1][0]!r:.40}"
        )
        raise RowError("no_agreement", "$.annotations", reason)
    return best[0][0]


def _given(annotations: Any) -> list[tuple[str, str, bool]]:
    """Each annotator's answer, name, and whether it is marked as true."""
    if not isinstance(annotations, list):
        raise RowError("bad_type", "$.annotations", f"must be a list, not {name_of(annotations)}")
    found = []
    for at, one in enumerate(annotations):
        path = f"$.annotations[{at}]"
        if not isinstance(one, dict) or not isinstance(one.get("result", []), list):
            raise RowError("bad_type", path, "must be an object with a list of results")
        answer = "" if one.get("was_cancelled") else _answer(one.get("result", []))
        if answer:
            found.append((answer, _who(one.get("completed_by")), bool(one.get("ground_truth"))))
    return found


def _answer(results: list[Any]) -> str:
    for result in results:
        value = result.get("value") if isinstance(result, dict) else None
        if not isinstance(value, dict):
            continue
        said = value.get("choices", value.get("text", value.get("rating")))
        texts = [said] if isinstance(said, str | int) else said
        if isinstance(texts, list) and texts and all(isinstance(t, str | int) for t in texts):
            return ", ".join(map(str, texts))
    return ""


def _who(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("email") or value.get("id")
    return str(value) if isinstance(value, str | int) else ""


FORMAT = Format("label_studio", ("data", "annotations"), ("data", "annotations"), read)
