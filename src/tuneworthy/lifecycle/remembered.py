"""A model that remembers: what it answered once under the same conditions is not asked again.

An answer's key is the digest of all that decides it: model, tokenizer and chat template, number
format and libraries of a model that is here, the whole request with earlier turns, prefill and
length, and that decoding is greedy. Answers are written down as they come, so a run that was killed
goes on where it stopped. An endpoint's digest is of its address and the model's name: that another
model is served there now cannot be seen from here.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from tuneworthy.core.ledger_ports import AnswerRows
from tuneworthy.core.model_ports import Likelihood, LikelihoodClient, TellingClient
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.ports import ChatReply, ChatRequest, ModelClient, Progress
from tuneworthy.core.version import VERSION
from tuneworthy.methods.canonical import digest

P = TypeVar("P", bound=Part)

CHUNK = 32
"""Requests at a time, for a model that does not tell each answer by itself."""
PAIRS = 512
"""Pairs whose likelihoods are computed, and written down, together."""


def remembered(client: ModelClient, rows: AnswerRows) -> "Remembered":
    """The model with a memory; it tells likelihoods where the model does."""
    if isinstance(client, LikelihoodClient):
        return RememberedLikelihoods(client, rows)
    return Remembered(client, rows)


class Remembered:
    """Asks the model only what it has not answered yet, and keeps what it says.

    Up to half of the requests may fail; their replies say so, and are not kept.
    """

    def __init__(self, client: ModelClient, rows: AnswerRows) -> None:
        self.name = client.name
        self.digest = client.digest
        self._asked = client
        self._rows = rows
        self._about = _about(client)

    def chat(
        self, requests: Sequence[ChatRequest], progress: Progress | None = None
    ) -> list[ChatReply]:
        """Answer every request, in the order given; what was known has ``remembered`` set.

        Raises:
            ModelProblem: The model cannot be asked, or more than half of the requests failed.
        """
        keys = [self._key({"request": request.model_dump(mode="json")}) for request in requests]
        replies = {
            key: reply.model_copy(update={"remembered": True})
            for key, reply in self._known(keys, ChatReply).items()
        }
        first = {key: place for place, key in reversed(list(enumerate(keys)))}
        missing = [key for key in first if key not in replies]
        # The order in which they were given: a model may rely on it for its batches.
        missing.sort(key=first.__getitem__)

        def heard(found: Mapping[int, ChatReply]) -> None:
            named = {missing[number]: reply for number, reply in found.items()}
            self._keep({key: reply for key, reply in named.items() if not reply.error})
            replies.update(named)

        if missing:
            self._ask(
                [requests[first[key]] for key in missing],
                heard,
                _further(progress, len(requests) - len(missing), len(requests)),
                may_fail=len(requests) // 2,
            )
        return [
            replies[key] if first[key] == place else _again(replies[key])
            for place, key in enumerate(keys)
        ]

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yield the answer's text in pieces; nothing of it is remembered."""
        return self._asked.stream(request)

    def _ask(
        self, requests: Sequence[ChatRequest], heard: Any, progress: Progress | None, may_fail: int
    ) -> None:
        if isinstance(self._asked, TellingClient):
            self._asked.answer_each(requests, heard, progress, may_fail=may_fail)
            return
        for start in range(0, len(requests), CHUNK):
            part = requests[start : start + CHUNK]
            replies = self._asked.chat(part)
            heard({start + number: reply for number, reply in enumerate(replies)})
            if progress:
                progress("answer", start + len(part), len(requests))

    def _key(self, asked: Mapping[str, Any]) -> str:
        return digest({**self._about, **asked})

    def _known(self, keys: Sequence[str], shape: type[P]) -> dict[str, P]:
        found: dict[str, P] = {}
        for key, body in self._rows.known(keys).items():
            try:
                found[key] = shape.model_validate_json(body)
            except ValidationError:
                continue  # written by another release: it is asked again
        return found

    def _keep(self, found: Mapping[str, Part]) -> None:
        self._rows.keep({key: _body(one) for key, one in found.items()})


class RememberedLikelihoods(Remembered):
    """The same for a model whose probabilities can be read."""

    _asked: LikelihoodClient

    def __init__(self, client: LikelihoodClient, rows: AnswerRows) -> None:
        super().__init__(client, rows)

    def loglikelihood(
        self,
        pairs: Sequence[tuple[ChatRequest | str, str]],
        progress: Progress | None = None,
    ) -> list[Likelihood]:
        """How likely each text is after its prompt, in the order given."""
        keys = [self._key(_pair(*pair)) for pair in pairs]
        found = self._known(keys, Likelihood)
        missing = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in found}
        names = list(missing)
        known = len(pairs) - len(names)
        for start in range(0, len(names), PAIRS):
            part = names[start : start + PAIRS]
            told = self._asked.loglikelihood(
                [missing[key] for key in part], _further(progress, known + start, len(pairs))
            )
            fresh = dict(zip(part, told, strict=True))
            self._keep(fresh)
            found |= fresh
        return [found[key] for key in keys]


def _about(client: ModelClient) -> dict[str, Any]:
    """What decides an answer beside the request. How our own decoder works may change."""
    facts: dict[str, Any] = {"model": client.digest, "sampling": "greedy"}
    if isinstance(template := getattr(client, "template_digest", None), str):
        facts |= {
            "template": template,
            "tokenizer": getattr(client, "tokenizer_digest", ""),
            "computing": getattr(client, "computing_digest", ""),
            "release": VERSION,
        }
    return facts


def _pair(prompt: ChatRequest | str, text: str) -> dict[str, Any]:
    if isinstance(prompt, ChatRequest):
        said = {"messages": [m.model_dump() for m in prompt.messages], "prefill": prompt.prefill}
        return {"chat": said, "text": text}
    return {"prompt": prompt, "text": text}


def _body(one: Part) -> str:
    return json.dumps(one.model_dump(mode="json", exclude={"remembered"}))


def _again(reply: ChatReply) -> ChatReply:
    """The reply to a request that was given twice: only the first one's was waited for."""
    return reply if reply.error else reply.model_copy(update={"remembered": True})


def _further(progress: Progress | None, known: int, everything: int) -> Progress:
    """The same progress, with what was known counted as done."""

    def told(step: str, done: int, total: int, note: str = "") -> None:
        del total
        if progress:
            progress(step, known + done, everything, note)

    return told
