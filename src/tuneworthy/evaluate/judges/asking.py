"""Asks the judging model: for a word by what it writes, or by how likely it holds each word."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.model_ports import LikelihoodClient
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.nouns.judging import JudgeIdentity, Reading
from tuneworthy.core.ports import ChatRequest, ModelClient, Progress
from tuneworthy.evaluate.judges.prompt import PromptName, prompts_digest
from tuneworthy.methods.canonical import digest

TOKENS = 64
"""Tokens that a judge may write."""


class Question(NamedTuple):
    """A prompt, how its answer begins, and the words that the answer may be."""

    prompt: str
    begins: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class JudgeModel:
    """A model that judges. ``reading`` is ``likelihood`` only where its probabilities are open."""

    client: ModelClient
    name: str
    reading: Reading = "text"

    def identity(self, prompt: PromptName, more: str = "") -> JudgeIdentity:
        """Who judges by this prompt; ``more`` is the digest of criteria, if there are any."""
        about = {
            "model": self.client.digest,
            "prompt": prompts_digest(prompt),
            "criteria": more,
            "reading": self.reading,
            "sampling": "greedy",
            "max_new_tokens": TOKENS,
        }
        return JudgeIdentity(
            name=self.name,
            model=self.client.digest,
            prompt=about["prompt"],
            reading=self.reading,
            digest=digest(about),
        )

    def ask(self, questions: Sequence[Question], progress: Progress | None = None) -> list[str]:
        """What the judge says to each: its text, or the likeliest word as a line of that text.

        An answer that did not come is empty, and so unreadable. Raises ModelProblem when the model
        cannot be asked at all.
        """
        if self.reading == "likelihood":
            return self._likeliest(questions, progress)
        requests = [
            ChatRequest(messages=_said(question.prompt), max_new_tokens=TOKENS)
            for question in questions
        ]
        return ["" if r.error else r.text for r in self.client.chat(requests, progress)]

    def _likeliest(
        self, questions: Sequence[Question], progress: Progress | None = None
    ) -> list[str]:
        """The likeliest words; a question that the model cannot hold has none, and stops none."""
        try:
            return self._told(questions, progress)
        except ModelProblem as problem:
            if problem.code != "prompt_too_long":
                raise
        if len(questions) == 1:
            return [""]
        middle = len(questions) // 2
        return [
            *self._likeliest(questions[:middle], progress),
            *self._likeliest(questions[middle:], progress),
        ]

    def _told(self, questions: Sequence[Question], progress: Progress | None) -> list[str]:
        if not isinstance(self.client, LikelihoodClient):
            raise ModelProblem(
                "no_probabilities",
                f"The judge '{self.name}' does not tell how likely its words are.",
                fix="Let it write its verdict: --reading text.",
            )
        pairs = [
            (ChatRequest(messages=_said(q.prompt), prefill=q.begins), " " + word)
            for q in questions
            for word in q.words
        ]
        told = iter(self.client.loglikelihood(pairs, progress))
        said = []
        for question in questions:
            # The mean over a word's tokens; of equals the first, in the order of the words.
            chances = {w: next(told) for w in question.words}
            best = max(chances, key=lambda w: chances[w].logprob / chances[w].tokens)
            said.append(f"{question.begins} {best}")
        return said


def _said(prompt: str) -> tuple[Message, ...]:
    return (Message(role="user", content=prompt),)
