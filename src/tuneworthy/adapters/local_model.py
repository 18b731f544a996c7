"""A Hugging Face model in this process, base alone or with a LoRA adapter merged in."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from transformers import AutoModelForCausalLM, AutoTokenizer

from tuneworthy.adapters.base_weights import (
    base_digest,
    computing_digest,
    no_base,
    template_digest,
    tokenizer_digest,
)
from tuneworthy.adapters.decoding import Decoder, Prompt, Token
from tuneworthy.adapters.json_end import JsonEnd
from tuneworthy.adapters.likelihood import Scored, Scorer, encoded, joined
from tuneworthy.adapters.lora import Adapter, Merged, adapter_digest, read_adapter
from tuneworthy.adapters.products import by_onednn
from tuneworthy.adapters.side_by_side import run_batches
from tuneworthy.adapters.torch_runtime import (
    check_architecture,
    compute_dtype,
    pin_threads,
    quiet,
)
from tuneworthy.core.errors import IntegrityProblem, ModelProblem
from tuneworthy.core.model_ports import Heard, Likelihood
from tuneworthy.core.nouns.run import WeightsProof
from tuneworthy.core.ports import ChatReply, ChatRequest, Progress
from tuneworthy.methods.canonical import digest

PROBES = ("The capital of France is", '{"name": "', "Please help me with my order.")
OnText = Callable[[int, str], None]


class TransformersModel:
    """Answers chats greedily, and can prove which weights it answers with.

    Args:
        base: A folder with safetensors, config.json and a tokenizer.
        adapter: A folder with a plain LoRA adapter, or None for the base alone.
        threads: Threads to compute with.

    Raises:
        ModelProblem: The base cannot be loaded.
        IntegrityProblem: The adapter is broken or holds files that may carry code.
    """

    def __init__(self, base: Path, adapter: Path | None = None, threads: int = 2) -> None:
        pin_threads(threads)
        self._threads = threads
        self.name = base.name if adapter is None else f"{base.name}+{adapter.name}"
        self.base_digest = base_digest(base)
        self.tokenizer_digest = tokenizer_digest(base)
        self.computing_digest = computing_digest(base)
        self._tokenizer, self._model = _load(base)
        self.template_digest = template_digest(self._tokenizer)
        self._adapter: Adapter | None = None
        self._merged: Merged | None = None
        self.digest = self.base_digest
        if adapter is not None:
            self._adapter = read_adapter(adapter)
            self._merged = Merged(self._model, self._adapter, adapter)
            self._merged.use(tuned=True)
            self.digest = digest([self.base_digest, self._adapter.digest])
        self._decoder = Decoder(self._model, _ends(self._model, self._tokenizer))
        self._scorer = Scorer(self._model, self._decoder)
        # Weights are switched in place, so one thread at a time may compute.
        self._lock = threading.Lock()

    def chat(
        self, requests: Sequence[ChatRequest], progress: Progress | None = None
    ) -> list[ChatReply]:
        """Answer every request, in the order given."""
        return self.answer(requests, progress=progress)

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yield the answer's text in pieces as it is generated."""
        if request.prefill:
            yield request.prefill
        prompt = self._prompt(request)
        text = _Text(self._tokenizer)
        with self._lock:
            for tokens in self._decoder.steps([prompt]):
                for token in tokens:
                    piece = text.add(token)
                    if piece:
                        yield piece
        rest = text.rest()
        if rest:
            yield rest

    def answer(
        self,
        requests: Sequence[ChatRequest],
        *,
        tuned: bool = True,
        on_text: OnText | None = None,
        on_reply: Heard | None = None,
        progress: Progress | None = None,
    ) -> list[ChatReply]:
        """Answer requests with the adapter or (``tuned=False``) with the base alone.

        ``on_text`` hears (request index, piece of text) as answers grow, ``on_reply`` whole
        answers as they come.
        """
        prompts = [self._prompt(request) for request in requests]
        texts = [_Text(self._tokenizer) for _ in requests]

        def reply(index: int) -> ChatReply:
            return _reply(requests[index], prompts[index], texts[index])

        def finished(indices: list[int]) -> None:
            if on_reply is not None:
                on_reply({index: reply(index) for index in indices})

        tell = on_text or _nobody
        for index, request in enumerate(requests):
            tell(index, request.prefill)
        with self._lock:
            self._use(tuned)
            try:
                self._run(prompts, texts, on_text, finished, progress)
            finally:
                self._use(tuned=True)
        for index, text in enumerate(texts):
            tell(index, text.rest())
        return [reply(index) for index in range(len(requests))]

    def answer_each(
        self,
        requests: Sequence[ChatRequest],
        heard: Heard,
        progress: Progress | None = None,
        *,
        may_fail: int = 0,
    ) -> None:
        """Answer every request, telling each reply; see ``TellingClient``.

        Only a prompt that is too long, or that the template refuses, fails by itself.
        """
        failed: dict[int, ChatReply] = {}
        for index, request in enumerate(requests):
            try:
                self._prompt(request)
            except ModelProblem as problem:
                if len(failed) == may_fail:
                    raise
                failed[index] = _unanswered(problem)
        if failed:
            heard(failed)
        kept = [index for index in range(len(requests)) if index not in failed]
        self.answer(
            [requests[index] for index in kept],
            on_reply=lambda found: heard({kept[place]: one for place, one in found.items()}),
            progress=progress,
        )

    def loglikelihood(
        self,
        pairs: Sequence[tuple[ChatRequest | str, str]],
        progress: Progress | None = None,
    ) -> list[Likelihood]:
        """How likely each text is after its prompt; see ``LikelihoodClient``."""
        parts = [self._encoded(*pair) for pair in pairs]
        with self._lock:
            told = self._scorer.score(
                [one for part in parts for one in part], progress, self._threads
            )
        return joined(told, [len(part) for part in parts])

    def _encoded(self, prompt: ChatRequest | str, text: str) -> list[Scored]:
        if isinstance(prompt, ChatRequest):
            messages = [{"role": m.role, "content": m.content} for m in prompt.messages]
            prompt = as_text(self._tokenizer, messages, prompt.prefill)
        return encoded(
            self._tokenizer, prompt, text, int(self._model.config.max_position_embeddings)
        )

    def prove(self, adapter: Path | None, template: str) -> WeightsProof:
        """Check what is loaded; a failed check is told in the proof, not raised."""
        with self._lock:
            reason, found = self._same_adapter(adapter)
            norm = self._merged.norm() if self._merged else 0.0
            difference = self._difference()
        if not reason and adapter and norm <= 0:
            reason = "The adapter's update is zero: it would change nothing."
        if not reason and adapter and difference <= 0:
            reason = "The loaded model answers exactly like its base: the adapter has no effect."
        if not reason and template != self.template_digest:
            reason = "The chat template is not the one that was expected."
        return WeightsProof(
            adapter=found,
            delta_norm=norm,
            logit_difference=difference,
            template=self.template_digest,
            base=self.base_digest,
            passed=not reason,
            reason=reason,
        )

    def _same_adapter(self, folder: Path | None) -> tuple[str, str]:
        """A reason why the files are not what is loaded ('' if they are), and their digest."""
        if folder is None:
            loaded = self._adapter.digest if self._adapter else ""
            return ("An adapter is loaded and none was expected." if loaded else "", loaded)
        try:
            found = adapter_digest(folder)
            if self._adapter is None or self._merged is None:
                return "No adapter is loaded.", found
            if found != self._adapter.digest:
                return "The adapter's files are not the ones that were loaded.", found
            if not self._merged.matches(read_adapter(folder)):
                return "The loaded weights are not the base plus this adapter.", found
        except (IntegrityProblem, OSError) as fault:
            return f"{fault} {getattr(fault, 'why', '')}".strip(), ""
        return "", found

    def _difference(self) -> float:
        if self._merged is None:
            return 0.0
        probes = [self._tokenizer(text, add_special_tokens=False).input_ids for text in PROBES]
        tuned = [self._decoder.next_logits(ids) for ids in probes]
        self._use(tuned=False)
        try:
            base = [self._decoder.next_logits(ids) for ids in probes]
        finally:
            self._use(tuned=True)
        return max(float((a - b).abs().max()) for a, b in zip(tuned, base, strict=True))

    def _use(self, tuned: bool) -> None:
        if self._merged is not None:
            self._merged.use(tuned)

    def _run(
        self,
        prompts: list[Prompt],
        texts: list["_Text"],
        on_text: OnText | None,
        finished: Callable[[list[int]], None],
        progress: Progress | None,
    ) -> None:
        open_ = set(range(len(prompts)))

        def take(tokens: list[Token]) -> None:
            done = []
            for token in tokens:
                text = texts[token.index]
                piece = text.add(token, stream=on_text is not None)
                if on_text and piece:
                    on_text(token.index, piece)
                if text.ended or len(text.ids) >= prompts[token.index].limit:
                    done.append(token.index)
            # An answer that ends with its last token allowed is told twice.
            done = sorted(open_.intersection(done))
            if done:
                open_.difference_update(done)
                finished(done)
                if progress:
                    progress("answer", len(prompts) - len(open_), len(prompts))

        run_batches(self._decoder.batches(prompts), take, self._threads)

    def _prompt(self, request: ChatRequest) -> Prompt:
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        ids = render(self._tokenizer, messages, request.prefill)
        limit = max(1, request.max_new_tokens)
        room = int(self._model.config.max_position_embeddings)
        if len(ids) + limit > room:
            raise ModelProblem(
                "prompt_too_long",
                f"A prompt of {len(ids)} tokens and {limit} new ones exceed the model's {room}.",
                fix="Shorten the prompt, use fewer examples, or lower max_new_tokens.",
            )
        if request.ends != "json":
            return Prompt(ids, limit)
        closing = JsonEnd(request.prefill)
        decode = self._tokenizer.decode
        return Prompt(ids, limit, lambda token: closing.add(decode([token])))


class _Text:
    """The growing text of one answer; a character split over two tokens waits for its end."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._told = ""
        self.ids: list[int] = []
        self.ended = False

    def add(self, token: Token, stream: bool = True) -> str:
        if token.id is None:
            self.ended = True
            return ""
        self.ids.append(token.id)
        if not stream:
            return ""
        text = self.whole()
        return "" if text.endswith("\ufffd") else self._tell(text)

    def rest(self) -> str:
        return self._tell(self.whole())

    def whole(self) -> str:
        return str(self._tokenizer.decode(self.ids, skip_special_tokens=True))

    def _tell(self, text: str) -> str:
        piece, self._told = text[len(self._told) :], text
        return piece


def _reply(request: ChatRequest, prompt: Prompt, text: _Text) -> ChatReply:
    return ChatReply(
        text=request.prefill + text.whole(),
        prompt_tokens=len(prompt.ids),
        completion_tokens=len(text.ids),
        finish_reason="stop" if text.ended else "length",
    )


def _unanswered(problem: ModelProblem) -> ChatReply:
    return ChatReply(
        text="",
        prompt_tokens=0,
        completion_tokens=0,
        finish_reason="error",
        error=problem.code.replace("_", " "),
    )


def _nobody(index: int, piece: str) -> None:
    del index, piece


def render(tokenizer: Any, messages: list[dict[str, str]], prefill: str = "") -> list[int]:
    """Token ids of a chat up to where the assistant speaks, plus ``prefill``.

    Raises:
        ModelProblem: The model has no chat template, or it refuses these messages.
    """
    text = as_text(tokenizer, messages, prefill)
    return list(tokenizer(text, add_special_tokens=False).input_ids)


def as_text(tokenizer: Any, messages: list[dict[str, str]], prefill: str = "") -> str:
    """The same chat as text."""
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    except Exception as fault:
        raise ModelProblem(
            "template_refused",
            "The model's chat template does not accept these messages.",
            why=str(fault),
            fix="Use the roles system, user and assistant in turn.",
        ) from fault
    return str(text) + prefill


def _load(base: Path) -> tuple[Any, Any]:
    try:
        with quiet():
            tokenizer: Any = AutoTokenizer.from_pretrained(
                base, local_files_only=True, trust_remote_code=False
            )
            model: Any = AutoModelForCausalLM.from_pretrained(
                base,
                dtype=compute_dtype(),
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
            )
    except (OSError, ValueError, KeyError, RuntimeError) as fault:
        raise no_base(base, str(fault).partition("\n")[0]) from fault
    check_architecture(model.config)
    model.eval()
    # With frozen weights torch copies each weight once per row in batched products: three times
    # slower. Nothing is trained here; gradients are off while answering.
    model.requires_grad_(True)
    by_onednn(model)
    return tokenizer, model


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    named = model.generation_config.eos_token_id
    ends = {named} if isinstance(named, int) else set(named or ())
    return frozenset(ends | {tokenizer.eos_token_id} - {None})
