"""Probabilities that the local model gives, against a plain forward pass of transformers."""

import math
from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402, TID253

from tuneworthy.adapters import embedded_model_dir, likelihood  # noqa: E402
from tuneworthy.adapters.local_model import TransformersModel  # noqa: E402
from tuneworthy.adapters.torch_runtime import DTYPE_VARIABLE  # noqa: E402
from tuneworthy.core.errors import ModelProblem  # noqa: E402
from tuneworthy.core.nouns.example import Message  # noqa: E402
from tuneworthy.core.ports import ChatRequest  # noqa: E402

SHARED = "Question: What is the capital of France?\nAnswer: Paris\n\n" * 2
PAIRS = [
    (SHARED + "Question: Where is Rome?\nAnswer:", " Italy"),
    (SHARED + "Question: Where is Rome?\nAnswer:", " in the south of Sweden"),
    (SHARED + "Question: Where is Rome?\nAnswer:", " Italy"),
    (SHARED + "Question: Who wrote Faust, and in which language?\nAnswer:", " Goethe, in German"),
    (SHARED + "Question: Who wrote Faust, and in which language?\nAnswer: ", "Zola"),
    ("", "Once upon a time"),
]


@pytest.fixture(scope="module", autouse=True)
def exact() -> Iterator[None]:
    """In float32: sums in bfloat16 differ by their order alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DTYPE_VARIABLE, "float32")
        yield


@pytest.fixture(scope="module")
def model(exact: None) -> TransformersModel:
    return TransformersModel(embedded_model_dir())


@pytest.fixture(scope="module")
def plain(exact: None) -> Any:
    folder = embedded_model_dir()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    bare = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return lambda prompt, text: _plainly(tokenizer, bare, prompt, text)


def _plainly(tokenizer: Any, bare: Any, prompt: str, text: str) -> tuple[float, int, bool]:
    """One pair at a time, with nothing shared."""
    text = prompt[len(prompt.rstrip()) :] + text
    prompt = prompt.rstrip()
    own = tokenizer(prompt, add_special_tokens=False).input_ids if prompt else []
    whole = tokenizer(prompt + text, add_special_tokens=False).input_ids
    after = whole[len(own) :]
    own = own or [tokenizer.bos_token_id]
    with torch.no_grad():
        logits = bare(torch.tensor([own + after])).logits[0, len(own) - 1 : -1].float()
    chances = logits.log_softmax(-1)
    total = sum(float(chances[k, token]) for k, token in enumerate(after))
    return total, len(after), bool((logits.argmax(-1) == torch.tensor(after)).all())


def test_likelihoods_are_those_of_a_plain_forward_pass(model, plain):
    found = model.loglikelihood(PAIRS)
    for (prompt, text), told in zip(PAIRS, found, strict=True):
        total, tokens, greedy = plain(prompt, text)
        assert told.logprob == pytest.approx(total, abs=1e-3), text
        assert told.tokens == tokens
        assert told.greedy is greedy
    assert found[0] == found[2]


def test_a_chat_is_rendered_as_it_is_asked(model):
    chat = ChatRequest(messages=(Message(role="user", content="Say hello."),), max_new_tokens=8)
    said = model.chat([chat])[0].text
    told, other = model.loglikelihood([(chat, said), (chat, "Zebra crossing")])
    assert told.greedy, "what the model says itself is its likeliest text"
    assert told.logprob / told.tokens > other.logprob / other.tokens
    assert math.isfinite(other.logprob)


def test_many_pairs_in_several_batches_keep_their_order(model):
    pairs = [(f"The number after {n} is", f" {n + 1}") for n in range(70)]
    heard: list[int] = []
    found = model.loglikelihood(pairs, lambda step, done, total, note="": heard.append(done))
    alone = model.loglikelihood(pairs[40:41])[0]
    assert found[40].logprob == pytest.approx(alone.logprob, abs=1e-3)
    assert len(found) == heard[-1] == 70
    assert heard == sorted(heard)


def test_nothing_to_score_and_too_long_are_told(model):
    with pytest.raises(ModelProblem) as caught:
        model.loglikelihood([("A prompt", "")])
    assert caught.value.code == "nothing_to_score"
    with pytest.raises(ModelProblem) as caught:
        model.loglikelihood([("word " * 9000, "x")])
    assert caught.value.code == "prompt_too_long"


LONG = " ".join(f"The year {year} was followed by {year + 1}." for year in range(1900, 1912))


@pytest.mark.parametrize("room", [16, 50, 500])
def test_a_long_text_is_read_in_windows_and_each_token_is_told_once(
    model, plain, room, monkeypatch
):
    monkeypatch.setattr(likelihood, "WINDOW", room)
    tokenizer = AutoTokenizer.from_pretrained(embedded_model_dir())
    tokens = [tokenizer.bos_token_id, *tokenizer(LONG, add_special_tokens=False).input_ids]
    bare = AutoModelForCausalLM.from_pretrained(embedded_model_dir(), dtype=torch.float32)
    total, done = 0.0, 1
    while done < len(tokens):
        end = min(done + room, len(tokens))
        # As much as fits stands before what is told: never less than one token.
        window = torch.tensor([tokens[max(0, end - room - 1) : end]])
        with torch.no_grad():
            chances = bare(window).logits[0, :-1].float().log_softmax(-1)
        told = chances.gather(1, window[0, 1:, None])[:, 0][-(end - done) :]
        total, done = total + float(told.sum()), end
    (found,) = model.loglikelihood([("", LONG)])
    assert found.tokens == len(tokens) - 1
    assert found.logprob == pytest.approx(total, abs=1e-2)
    if room == 500:
        assert found.logprob == pytest.approx(plain("", LONG)[0], abs=1e-2)
