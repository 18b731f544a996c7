"""What oneDNN computes for a model is what its layers compute by themselves."""

import types
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tuneworthy.adapters.products import by_onednn  # noqa: E402


def tiny(act: str = "silu", kind: Any = torch.float32) -> Any:
    torch.manual_seed(3)
    config = transformers.LlamaConfig(
        hidden_size=48,
        intermediate_size=80,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=60,
        hidden_act=act,
        mlp_bias=True,
        attention_bias=True,
    )
    model = transformers.LlamaForCausalLM(config).to(kind).eval()
    for name, weight in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(weight, std=0.1)
    return model


def outcome(model: Any, ids: list[list[int]]) -> Any:
    with torch.no_grad():
        return model(input_ids=torch.tensor(ids)).logits


PLAIN, QUICK = tiny(), tiny()
by_onednn(QUICK)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4).flatmap(lambda rows: st.tuples(st.just(rows), st.integers(1, 40))))
def test_a_model_says_the_same_whatever_the_number_of_rows(shape):
    rows, tokens = shape
    ids = [[(7 * row + 11 * place) % 60 for place in range(tokens)] for row in range(rows)]
    assert torch.allclose(outcome(QUICK, ids), outcome(PLAIN, ids), atol=1e-5)


def test_a_changed_weight_counts_at_once():
    model, ids = tiny(), [list(range(30))]
    by_onednn(model)
    before = outcome(model, ids)
    weight = model.model.layers[1].mlp.up_proj.weight
    kept = weight.data
    weight.data = kept * 1.5
    changed = outcome(model, ids)
    weight.data = kept
    assert not torch.allclose(changed, before, atol=1e-3)
    assert torch.equal(outcome(model, ids), before)


def layers(model: Any) -> list[Any]:
    return [one for one in model.modules() if "forward" in vars(one)]


@pytest.mark.parametrize(
    ("made", "replaced"),
    [
        (lambda: tiny(), 2 * 7 + 1 + 2),
        (lambda: tiny(act="gelu"), 2 * 7 + 1),
        (lambda: tiny(kind=torch.bfloat16), 0),
    ],
)
def test_only_what_is_known_to_be_the_same_is_replaced(
    made: Callable[[], Any], replaced: int
) -> None:
    model = made()
    by_onednn(model)
    assert len(layers(model)) == replaced


def test_without_onednn_nothing_is_replaced(monkeypatch):
    monkeypatch.setattr(torch.backends, "mkldnn", types.SimpleNamespace(is_available=lambda: False))
    model = tiny()
    by_onednn(model)
    assert not layers(model)
