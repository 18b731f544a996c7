"""What some models can do beside answering: tell each answer as it comes, read probabilities."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.ports import ChatReply, ChatRequest, Embedder, ModelClient, Progress

Heard = Callable[[Mapping[int, ChatReply]], None]
"""Hears replies as they come, by the place of their request; what it raises ends the asking."""


@runtime_checkable
class TellingClient(ModelClient, Protocol):
    """A model that hands over each answer as soon as it is there."""

    def answer_each(
        self,
        requests: Sequence[ChatRequest],
        heard: Heard,
        progress: Progress | None = None,
        *,
        may_fail: int = 0,
    ) -> None:
        """Answer every request; ``heard`` gets each reply once, in any order, never two at a time.

        Args:
            requests: What is asked.
            heard: Gets the replies.
            progress: Hears how many are there.
            may_fail: So many requests may be left unanswered: their replies say the error. With
                one more, its problem is raised, and what was heard until then stands.

        Raises:
            ModelProblem: The model cannot be asked at all, or too many requests failed.
        """
        ...


class Likelihood(Part):
    """How likely a model holds a text to be, after a prompt."""

    logprob: float
    """Natural logarithm of the probability, summed over the text's tokens."""
    tokens: int
    greedy: bool
    """Whether every token was the likeliest one."""


@runtime_checkable
class LikelihoodClient(ModelClient, Protocol):
    """A model whose probabilities can be read."""

    def loglikelihood(
        self,
        pairs: Sequence[tuple[ChatRequest | str, str]],
        progress: Progress | None = None,
    ) -> list[Likelihood]:
        """How likely each text is after its prompt, in the order given.

        A chat is rendered with the model's template; a plain prompt is taken as it stands, and an
        empty one is the token that starts a text. A text after an empty prompt may have any length:
        it is read in windows.
        """
        ...


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An embedder that gives the vectors of single tokens too."""

    def embed_tokens(self, texts: Sequence[str]) -> list[Any]:
        """For each text unit rows, one a token: a float32 array of shape (tokens, d)."""
        ...
