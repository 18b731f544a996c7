import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


from tuneworthy.adapters import (  # noqa: E402
    base_identity,
    computing_digest,
    decoding,
    embedded_model_dir,
    load_embedder,
)
from tuneworthy.adapters.decoding import Decoder, Prompt, common_prefix  # noqa: E402
from tuneworthy.adapters.local_model import TransformersModel  # noqa: E402
from tuneworthy.adapters.torch_runtime import quiet  # noqa: E402
from tuneworthy.core.clock import SystemClock  # noqa: E402
from tuneworthy.core.errors import IntegrityProblem, ModelProblem  # noqa: E402
from tuneworthy.core.nouns.example import Message  # noqa: E402
from tuneworthy.core.ports import ChatReply, ChatRequest  # noqa: E402
from tuneworthy.lifecycle.late_model import LateLocalModel  # noqa: E402
from tuneworthy.lifecycle.remembered import remembered  # noqa: E402
from tuneworthy.store import open_store  # noqa: E402

SYSTEM = "You are a terse assistant. Answer in one short sentence and never apologise for it."
QUESTIONS = (
    "What is the capital of France?",
    "Name a colour.",
    "Which planet do people live on, and what do they call its moon?",
    "What is 12 plus 30?",
)


@pytest.fixture(scope="module", autouse=True)
def float32() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNEWORTHY_DTYPE", "float32")
        yield


@pytest.fixture(scope="module")
def base() -> Path:
    return embedded_model_dir()


@pytest.fixture(scope="module")
def model(base: Path) -> TransformersModel:
    return TransformersModel(base, None, threads=1)


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory, write_adapter: Callable[..., Path]) -> Path:
    return write_adapter(tmp_path_factory.mktemp("adapters") / "good")


@pytest.fixture(scope="module")
def tuned(base: Path, adapter: Path) -> TransformersModel:
    return TransformersModel(base, adapter, threads=1)


def request(text: str, limit: int = 8, prefill: str = "") -> ChatRequest:
    messages = (Message(role="system", content=SYSTEM), Message(role="user", content=text))
    return ChatRequest(messages=messages, max_new_tokens=limit, prefill=prefill)


def plain_answers(base: Path, prompts: list[Prompt]) -> list[str]:
    """What Hugging Face's own generate() answers, one prompt at a time."""
    hf = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    hf.requires_grad_(True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    answers = []
    for prompt in prompts:
        out = hf.generate(
            torch.tensor([prompt.ids]),
            attention_mask=torch.ones(1, len(prompt.ids), dtype=torch.long),
            max_new_tokens=prompt.limit,
            do_sample=False,
        )
        answers.append(tokenizer.decode(out[0, len(prompt.ids) :], skip_special_tokens=True))
    return answers


def test_embedded_model_is_converted_once_and_knows_paris(
    base: Path, model: TransformersModel
) -> None:
    assert embedded_model_dir() == base
    assert {"model.safetensors", "tokenizer.json", "config.json"} <= {
        p.name for p in base.iterdir()
    }
    assert "Paris" in model.chat([request(QUESTIONS[0])])[0].text


def test_embedded_tokenizer_splits_digits(base: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    ids = tokenizer("\n\n1. one  23", add_special_tokens=False).input_ids
    assert [
        tokenizer.decode([token])
        for token in ids
        if any(c.isdigit() for c in tokenizer.decode([token]))
    ] == ["1", "2", "3"]
    assert tokenizer.decode(ids) == "\n\n1. one  23"


def test_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuneworthy.adapters.embedded.PACKAGE", "no-such-package-as-this")
    with pytest.raises(ModelProblem) as caught:
        embedded_model_dir()
    assert caught.value.code == "no_model"
    assert "pip install" in caught.value.fix


def test_batch_with_shared_prefix_answers_like_generate(
    base: Path, model: TransformersModel
) -> None:
    requests = [request(text, limit) for text, limit in zip(QUESTIONS, (8, 3, 8, 6), strict=True)]
    prompts = [model._prompt(each) for each in requests]
    assert common_prefix(prompts) > 16
    told: list[tuple[int, int]] = []
    replies = model.chat(requests, lambda step, done, total, note="": told.append((done, total)))
    assert [reply.text for reply in replies] == plain_answers(base, prompts)
    assert told[-1] == (4, 4)
    assert replies[1].finish_reason == "length"
    assert replies[1].completion_tokens == 3
    assert replies[0].prompt_tokens == len(prompts[0].ids)


@pytest.mark.parametrize("at_once", [1, 40, 10**6])
def test_sharing_and_batching_change_nothing(
    model: TransformersModel, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``at_once`` tokens of prompts are read together: each alone, two of three, all."""
    monkeypatch.setattr(decoding, "READ_TOKENS", at_once)
    prompts = [model._prompt(request(text, 6)) for text in QUESTIONS[:3]]
    alone = Decoder(model._model, model._decoder._ends, share=False)

    def run(decoder: Decoder, some: list[Prompt]) -> list[list[int | None]]:
        out: list[list[int | None]] = [[] for _ in some]
        for tokens in decoder.steps(some):
            for token in tokens:
                out[token.index].append(token.id)
        return out

    shared = run(model._decoder, prompts)
    assert shared == run(alone, prompts)
    assert shared == [run(alone, [prompt])[0] for prompt in prompts]


def test_stream_and_prefill_give_the_reply(model: TransformersModel) -> None:
    asked = request(QUESTIONS[0], prefill="The capital")
    reply = model.chat([asked])[0]
    pieces = list(model.stream(asked))
    assert "".join(pieces) == reply.text
    assert reply.text.startswith("The capital")
    assert len(pieces) > 2


def test_identical_prompts_in_one_batch(model: TransformersModel) -> None:
    replies = model.chat([request(QUESTIONS[0])] * 3)
    assert len({reply.text for reply in replies}) == 1
    assert model.chat([]) == []


def test_too_long_a_prompt_is_refused(model: TransformersModel) -> None:
    with pytest.raises(ModelProblem) as caught:
        model.chat([request("word " * 9000)])
    assert caught.value.code == "prompt_too_long"


def test_adapter_answers_like_peft(base: Path, adapter: Path, tuned: TransformersModel) -> None:
    peft = pytest.importorskip("peft")
    plain = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    with quiet():
        reference = peft.PeftModel.from_pretrained(plain, adapter).eval()
    ids = tuned._prompt(request(QUESTIONS[2])).ids
    with torch.no_grad():
        expected = reference(torch.tensor([ids])).logits[0, -1]
    assert torch.allclose(tuned._decoder.next_logits(ids), expected, atol=2e-3)


def test_adapter_can_be_left_off(model: TransformersModel, tuned: TransformersModel) -> None:
    requests = [request(text) for text in QUESTIONS[:2]]
    assert tuned.answer(requests, tuned=False) == model.chat(requests)
    ids = tuned._prompt(requests[0]).ids
    assert not torch.equal(tuned._decoder.next_logits(ids), model._decoder.next_logits(ids))


def test_proof_of_base_and_of_adapter(
    model: TransformersModel, tuned: TransformersModel, adapter: Path
) -> None:
    bare = model.prove(None, model.template_digest)
    assert (bare.passed, bare.adapter, bare.delta_norm) == (True, "", 0.0)
    proof = tuned.prove(adapter, tuned.template_digest)
    assert proof.passed
    assert proof.reason == ""
    assert proof.delta_norm > 0
    assert proof.logit_difference > 0
    assert proof.base == model.base_digest == tuned.base_digest
    assert tuned.digest not in {model.digest, proof.adapter}


def test_proof_fails_with_a_reason(
    tmp_path: Path,
    base: Path,
    model: TransformersModel,
    tuned: TransformersModel,
    adapter: Path,
    write_adapter: Callable[..., Path],
    flip_byte: Callable[..., None],
) -> None:
    other = write_adapter(tmp_path / "other")
    flip_byte(other / "adapter_model.safetensors")
    swapped = tuned.prove(other, tuned.template_digest)
    assert not swapped.passed
    assert "not the ones that were loaded" in swapped.reason
    assert not tuned.prove(None, tuned.template_digest).passed
    assert not model.prove(adapter, model.template_digest).passed
    assert not tuned.prove(tmp_path / "missing", tuned.template_digest).passed
    template = tuned.prove(adapter, "sha256:" + "0" * 64)
    assert "template" in template.reason
    empty = write_adapter(tmp_path / "zero", size=0.0)
    zero = TransformersModel(base, empty, threads=1).prove(empty, model.template_digest)
    assert not zero.passed
    assert "zero" in zero.reason


def test_proof_looks_at_the_weights_in_use(
    base: Path, adapter: Path, tuned: TransformersModel
) -> None:
    weight = tuned._model.model.layers[28].self_attn.q_proj.weight
    before = weight.data.clone()
    weight.data.add_(1e-3)
    changed = tuned.prove(adapter, tuned.template_digest)
    weight.data.copy_(before)
    assert not changed.passed
    assert tuned.prove(adapter, tuned.template_digest).passed


@pytest.mark.parametrize("name", ["adapter_model.bin", "evil.py", "weights.pt"])
def test_files_that_may_carry_code_are_refused(
    tmp_path: Path, base: Path, name: str, write_adapter: Callable[..., Path]
) -> None:
    folder = write_adapter(tmp_path / "a")
    (folder / name).write_bytes(b"x")
    with pytest.raises(IntegrityProblem):
        TransformersModel(base, folder, threads=1)


def test_broken_adapters_are_refused(
    tmp_path: Path, base: Path, write_adapter: Callable[..., Path], flip_byte: Callable[..., None]
) -> None:
    torn = write_adapter(tmp_path / "torn")
    weights = torn / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    linked = write_adapter(tmp_path / "linked")
    (linked / "more.json").symlink_to("/etc/passwd")
    header = write_adapter(tmp_path / "header")
    flip_byte(header / "adapter_model.safetensors", 6)
    for folder in (torn, linked, header, tmp_path / "missing"):
        with pytest.raises(IntegrityProblem) as caught:
            TransformersModel(base, folder, threads=1)
        assert caught.value.code == "bad_adapter"


def test_missing_base_is_a_model_problem(tmp_path: Path) -> None:
    with pytest.raises(ModelProblem) as caught:
        TransformersModel(tmp_path, None, threads=1)
    assert caught.value.code == "no_base_model"


def test_what_was_computed_in_another_number_format_is_asked_again(
    base: Path, model: TransformersModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/ledger.db", SystemClock())
    asked = [request("Say yes.", limit=1)]
    monkeypatch.setenv("TUNEWORTHY_DTYPE", "bfloat16")
    rough = TransformersModel(base, None, threads=1)
    late = LateLocalModel("late", base_identity(base), computing_digest(base), lambda: rough)
    assert not remembered(rough, store.answers).chat(asked)[0].remembered
    assert remembered(late, store.answers).chat(asked)[0].remembered
    assert not remembered(model, store.answers).chat(asked)[0].remembered
    store.close()


def test_replies_count_tokens(model: TransformersModel) -> None:
    reply = model.chat([request("Say yes.", limit=9)])[0]
    assert isinstance(reply, ChatReply)
    assert reply.finish_reason in {"stop", "length"}
    assert 0 < reply.completion_tokens <= 9


def test_embedder_gives_unit_rows_near_for_like_meaning() -> None:
    embedder = load_embedder(threads=1)
    texts = ["I lost my bank card.", "My debit card is missing.", "Play some jazz.", ""]
    rows = embedder.embed(texts)
    assert rows.shape == (4, 384)
    assert str(rows.dtype) == "float32"
    assert abs((rows**2).sum(1) - 1).max() < 1e-4
    likeness = rows @ rows.T
    assert likeness[0, 1] > 0.6 > 0.3 > likeness[0, 2]
    again = embedder.embed(texts[::-1])[::-1]
    assert abs(rows - again).max() < 1e-4
    assert embedder.embed([]).shape == (0, 384)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shared", [0, 5])
@pytest.mark.parametrize("new", [1, 7])
def test_attention_is_plain_attention_over_shared_and_own_tokens(kind, shared, new):
    """Against softmax over every score, with padding on the left and grouped heads."""
    maker = torch.Generator().manual_seed(new + shared)

    def some(*shape: int) -> Any:
        return torch.randn(*shape, generator=maker)

    rows, heads, groups, width, own = 3, 6, 2, 8, 9
    query, (key, value) = some(rows, heads, new, width), some(2, rows, groups, own, width)
    prefix = [(some(groups, shared, width), some(groups, shared, width))] if shared else None
    padded = torch.tensor([0, 2, 1])
    seen = torch.arange(own)[None, :] <= torch.arange(own - new, own)[:, None]
    seen = seen[None] & (torch.arange(own)[None, None] >= padded[:, None, None])
    mask = torch.zeros(rows, new, own).masked_fill(~seen, torch.finfo(kind).min)[:, None]
    layer = types.SimpleNamespace(layer_idx=0)
    cast = [(a.to(kind), b.to(kind)) for a, b in prefix] if prefix else None
    found, _ = decoding.grouped_attention(
        layer, query.to(kind), key.to(kind), value.to(kind), mask.to(kind), 0.3, cast
    )
    if prefix:
        key = torch.cat([prefix[0][0].expand(rows, -1, -1, -1), key], 2)
        value = torch.cat([prefix[0][1].expand(rows, -1, -1, -1), value], 2)
        mask = torch.nn.functional.pad(mask, (shared, 0))
    each = heads // groups
    scores = query @ key.repeat_interleave(each, 1).transpose(-1, -2) * 0.3 + mask
    wanted = torch.softmax(scores, -1) @ value.repeat_interleave(each, 1)
    close = 1e-5 if kind is torch.float32 else 0.05
    assert torch.allclose(found.float(), wanted.transpose(1, 2), atol=close)
