"""A model's matrix products by oneDNN where torch would have MKL do them.

In float32 torch multiplies by MKL. oneDNN, which writes its code for the processor that it finds,
does twice as much in a second on the AMD processor that was tried. The sums are the same but for
the last bits. Weights are read where they lie, so nothing is held twice and nothing can go stale.
"""

from types import MethodType
from typing import Any

import torch

FEW_ROWS = 8
"""Fewer rows are a matter of reading the weights, which MKL does as quickly."""


def by_onednn(model: Any) -> None:
    """Have a loaded float32 model multiply by oneDNN, if this torch has it. No gradients then."""
    found = torch.backends.mkldnn.is_available()
    if not found or model.dtype is not torch.float32:
        return
    for layer in model.modules():
        if type(layer) is torch.nn.Linear:
            layer.forward = MethodType(_linear, layer)
    if model.config.hidden_act == "silu":
        for block in model.get_decoder().layers:
            block.mlp.forward = MethodType(_gated, block.mlp)


def _linear(layer: Any, states: Any) -> Any:
    """``torch.nn.Linear.forward``."""
    if _few(states):
        return torch.nn.functional.linear(states, layer.weight, layer.bias)
    return _product()(states, layer.weight, layer.bias, "none", [], "")


def _gated(block: Any, states: Any) -> Any:
    """``down(silu(gate(x)) * up(x))``; silu and product are taken while the sums are at hand."""
    if _few(states):
        return type(block).forward(block, states)
    gate, up = block.gate_proj, block.up_proj
    opened = _product()(states, gate.weight, gate.bias, "swish", [], "")
    return block.down_proj(_product().binary(states, opened, up.weight, up.bias, "mul"))


def _product() -> Any:
    """What torch's own compiler calls for a linear layer and what follows it, in one pass."""
    return torch.ops.mkldnn._linear_pointwise  # noqa: SLF001


def _few(states: Any) -> bool:
    return bool(states.numel() < FEW_ROWS * states.shape[-1])
