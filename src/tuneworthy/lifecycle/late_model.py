"""A model that is opened when it is first asked; what is remembered needs no weights loaded."""

from collections.abc import Callable, Iterator, Sequence

from tuneworthy.core.model_ports import Heard, Likelihood, LikelihoodClient, TellingClient
from tuneworthy.core.ports import BaseIdentity, ChatReply, ChatRequest, ModelClient, Progress
from tuneworthy.lifecycle.models import close_model


class LateModel:
    """A model known by its digest until it is asked."""

    def __init__(self, name: str, digest: str, opened: Callable[[], ModelClient]) -> None:
        self.name = name
        self.digest = digest
        self._opened = opened
        self._client: ModelClient | None = None

    def chat(
        self, requests: Sequence[ChatRequest], progress: Progress | None = None
    ) -> list[ChatReply]:
        """Answer every request, in the order given. Raises ModelProblem."""
        return self._open().chat(requests, progress)

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yield the answer's text in pieces. Raises ModelProblem."""
        return self._open().stream(request)

    def answer_each(
        self,
        requests: Sequence[ChatRequest],
        heard: Heard,
        progress: Progress | None = None,
        *,
        may_fail: int = 0,
    ) -> None:
        """Answer every request and hand each reply over as it comes. Raises ModelProblem."""
        client = self._open()
        if isinstance(client, TellingClient):
            client.answer_each(requests, heard, progress, may_fail=may_fail)
        else:
            heard(dict(enumerate(client.chat(requests, progress))))

    def close(self) -> None:
        """Release what is open."""
        if self._client is not None:
            close_model(self._client)
            self._client = None

    def _open(self) -> ModelClient:
        if self._client is None:
            self._client = self._opened()
        return self._client


class LateLocalModel(LateModel):
    """The same for weights that are here: their probabilities can be read."""

    def __init__(
        self,
        name: str,
        identity: BaseIdentity,
        computing_digest: str,
        opened: Callable[[], ModelClient],
    ) -> None:
        super().__init__(name, identity.base, opened)
        self.template_digest = identity.template
        self.tokenizer_digest = identity.tokenizer
        self.computing_digest = computing_digest

    def loglikelihood(
        self,
        pairs: Sequence[tuple[ChatRequest | str, str]],
        progress: Progress | None = None,
    ) -> list[Likelihood]:
        """How likely each text is after its prompt, in the order given."""
        client = self._open()
        if not isinstance(client, LikelihoodClient):
            raise TypeError(f"{client.name} does not tell likelihoods")
        return client.loglikelihood(pairs, progress)
