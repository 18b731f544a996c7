"""A Hugging Face model in this process, base alone or with a LoRA adapter merged in."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from transformers import AutoModelForCausalLM, AutoTokenizer

from tuneworthy.adapters.decoding import Decoder, Prompt, Token
from tuneworthy.adapters.json_end import JsonEnd
from tuneworthy.adapters.lora import Adapter, Merged, adapter_digest, read_adapter
from tuneworthy.adapters.side_by_side import run_batches
from tuneworthy.adapters.torch_runtime import (
    check_architecture,
    compute_dtype,
    pin_threads,
    quiet,
)
from tuneworthy.core.errors import IntegrityProblem, ModelProblem
from tuneworthy.core.nouns.run import WeightsProof
from tuneworthy.core.ports import BaseIdentity, ChatReply, ChatRequest, Progress
from tuneworthy.methods.canonical import digest, digest_bytes, digest_file

PROBES = ("The capital of France is", '{"name": "', "Please help me with my order.")
# Keys of the configuration files that name a version or a place, or are digested elsewhere, and do
# not change what the model or its tokenizer computes.
_VOLATILE = frozenset(
    {
        "transformers_version",
        "_name_or_path",
        "_model_name_or_path",
        "name_or_path",
        "dtype",
        "use_cache",
        "local_files_only",
        "is_local",
        "backend",
        "chat_template",
    }
)
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
        self._tokenizer, self._model = _load(base)
        self.template_digest = digest_bytes((self._tokenizer.chat_template or "").encode())
        self._adapter: Adapter | None = None
        self._merged: Merged | None = None
        self.digest = self.base_digest
        if adapter is not None:
            self._adapter = read_adapter(adapter)
            self._merged = Merged(self._model, self._adapter, adapter)
            self._merged.use(tuned=True)
            self.digest = digest([self.base_digest, self._adapter.digest])
        self._decoder = Decoder(self._model, _ends(self._model, self._tokenizer))
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
        progress: Progress | None = None,
    ) -> list[ChatReply]:
        """Answer requests with the adapter or (``tuned=False``) with the base alone.

        ``on_text`` hears (request index, piece of text) as answers grow.
        """
        prompts = [self._prompt(request) for request in requests]
        texts = [_Text(self._tokenizer) for _ in requests]
        tell = on_text or _nobody
        for index, request in enumerate(requests):
            tell(index, request.prefill)
        with self._lock:
            self._use(tuned)
            try:
                self._run(prompts, texts, on_text, progress)
            finally:
                self._use(tuned=True)
        for index, text in enumerate(texts):
            tell(index, text.rest())
        return [
            ChatReply(
                text=request.prefill + text.whole(),
                prompt_tokens=len(prompt.ids),
                completion_tokens=len(text.ids),
                finish_reason="stop" if text.ended else "length",
            )
            for request, prompt, text in zip(requests, prompts, texts, strict=True)
        ]

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
        progress: Progress | None,
    ) -> None:
        told = -1

        def take(tokens: list[Token]) -> None:
            nonlocal told
            for token in tokens:
                piece = texts[token.index].add(token, stream=on_text is not None)
                if on_text and piece:
                    on_text(token.index, piece)
            if progress:
                pairs = zip(texts, prompts, strict=True)
                done = sum(t.ended or len(t.ids) >= p.limit for t, p in pairs)
                if done != told:
                    told = done
                    progress("answer", done, len(prompts))

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


def _nobody(index: int, piece: str) -> None:
    del index, piece


def render(tokenizer: Any, messages: list[dict[str, str]], prefill: str = "") -> list[int]:
    """Token ids of a chat up to where the assistant speaks, plus ``prefill``.

    Raises:
        ModelProblem: The model has no chat template, or it refuses these messages.
    """
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    except Exception as fault:
        raise ModelProblem(
            "template_refused",
            "The model's chat template does not accept these messages.",
            why=str(fault),
            fix="Use the roles system, user and assistant in turn.",
        ) from fault
    return list(tokenizer(text + prefill, add_special_tokens=False).input_ids)


def base_digest(base: Path) -> str:
    """Digest of a base model's weight files and of what its configuration computes."""
    weights = sorted(base.glob("*.safetensors"))
    try:
        config = json.loads((base / "config.json").read_bytes())
    except (OSError, ValueError) as fault:
        raise _no_base(base, f"config.json cannot be read: {fault}.") from fault
    if not weights:
        raise _no_base(base, "It holds no .safetensors file.")
    return digest({"weights": {w.name: digest_file(w) for w in weights}, "config": _stable(config)})


def tokenizer_digest(base: Path) -> str:
    """Digest of the files that decide how text becomes tokens."""
    path = base / "tokenizer.json"
    if not path.is_file():
        raise _no_base(base, "It holds no tokenizer.json.")
    settings = base / "tokenizer_config.json"
    config = json.loads(settings.read_bytes()) if settings.is_file() else {}
    return digest({"tokenizer.json": digest_file(path), "config": _stable(config)})


def _stable(config: dict[str, Any]) -> str:
    """Digest of a configuration without its volatile keys. Some hold integers beyond RFC 8785."""
    kept = {key: value for key, value in config.items() if key not in _VOLATILE}
    return digest_bytes(json.dumps(kept, sort_keys=True).encode())


def identity(base: Path) -> BaseIdentity:
    """The digests that a model of this folder would have, without loading its weights.

    Raises ModelProblem when the folder is no base model.
    """
    with quiet():
        try:
            tokenizer: Any = AutoTokenizer.from_pretrained(base, local_files_only=True)
        except (OSError, ValueError) as fault:
            raise _no_base(base, str(fault).splitlines()[0]) from fault
    return BaseIdentity(
        base=base_digest(base),
        tokenizer=tokenizer_digest(base),
        template=digest_bytes((tokenizer.chat_template or "").encode()),
    )


def _load(base: Path) -> tuple[Any, Any]:
    try:
        with quiet():
            tokenizer: Any = AutoTokenizer.from_pretrained(base, local_files_only=True)
            model: Any = AutoModelForCausalLM.from_pretrained(
                base, dtype=compute_dtype(), local_files_only=True, use_safetensors=True
            )
    except (OSError, ValueError, KeyError, RuntimeError) as fault:
        raise _no_base(base, str(fault).partition("\n")[0]) from fault
    check_architecture(model.config)
    model.eval()
    # With frozen weights torch copies each weight once per row in batched products: three times
    # slower. Nothing is trained here; gradients are off while answering.
    model.requires_grad_(True)
    return tokenizer, model


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    named = model.generation_config.eos_token_id
    ends = {named} if isinstance(named, int) else set(named or ())
    return frozenset(ends | {tokenizer.eos_token_id} - {None})


def _no_base(base: Path, why: str) -> ModelProblem:
    return ModelProblem(
        "no_base_model",
        f"The base model in {base} cannot be loaded.",
        why=why,
        fix="Set base_model to 'embedded' or to a folder with safetensors and a tokenizer.",
    )
