"""Reading a LoRA adapter safely, and putting its update into a model's weights.

Only safetensors are read, never pickles. The update of a module is ``scale * B @ A``
(Hu et al., arXiv:2106.09685).
"""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from tuneworthy.adapters.safe_header import header_fault
from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.methods.canonical import digest, tree_table

ALLOWED = frozenset({".safetensors", ".json", ".txt", ".md"})
WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
_NAME = re.compile(r"base_model\.model\.(.+)\.lora_(A|B)\.weight")
_PLAIN = {"use_dora": False, "modules_to_save": None, "fan_in_fan_out": False, "lora_bias": False}


@dataclass(frozen=True)
class Adapter:
    """An adapter's digest, and per module its factors A, B and scale."""

    digest: str
    factors: dict[str, tuple[Any, Any, float]]

    def delta(self, module: str) -> Any:
        """The module's weight update in float32."""
        first, second, scale = self.factors[module]
        return (second.float() @ first.float()) * scale


def adapter_digest(folder: Path) -> str:
    """Tree digest of an adapter folder.

    Raises:
        IntegrityProblem: A file of a kind that may carry code, or a link.
    """
    if not folder.is_dir():
        raise _bad(folder, "There is no such folder.")
    _refuse_odd(folder)
    try:
        return digest(tree_table(folder))
    except ValueError as fault:
        raise _bad(folder, str(fault)) from fault


def _refuse_odd(folder: Path) -> None:
    """Refuse by name and kind alone, before any byte is read: a pipe would never end."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise _bad(folder, f"{name} is a symbolic link.")
        if not (path.is_file() or path.is_dir()):
            raise _bad(folder, f"{name} is neither a file nor a folder.")
        if path.is_file() and path.suffix not in ALLOWED:
            raise _bad(folder, f"A file of a kind that is not read: {name}.")


def read_adapter(folder: Path) -> Adapter:
    """Read and check an adapter folder.

    Raises:
        IntegrityProblem: A foreign file, a broken header, or something other than plain LoRA.
    """
    found = adapter_digest(folder)
    config = _config(folder)
    try:
        if fault := header_fault(folder / WEIGHTS):
            raise _bad(folder, f"{WEIGHTS}: {fault}.")
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as fault:
        raise _bad(folder, f"{WEIGHTS} cannot be read: {fault}.") from fault
    return Adapter(found, _factors(folder, tensors, config))


def _config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / CONFIG).read_bytes())
    except (OSError, ValueError) as fault:
        raise _bad(folder, f"{CONFIG} cannot be read: {fault}.") from fault
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        raise _bad(folder, f"{CONFIG} does not describe a LoRA adapter.")
    special = [key for key, plain in _PLAIN.items() if config.get(key, plain) not in (plain, [])]
    if config.get("bias", "none") != "none" or config.get("rank_pattern") or special:
        raise _bad(folder, f"Only plain LoRA is read; this adapter sets {special or 'bias/rank'}.")
    rank, alpha = config.get("r"), config.get("lora_alpha")
    if not (isinstance(rank, int) and rank > 0 and isinstance(alpha, (int, float))):
        raise _bad(folder, f"{CONFIG} has no sound r and lora_alpha.")
    return config


def _factors(
    folder: Path, tensors: dict[str, Any], config: dict[str, Any]
) -> dict[str, tuple[Any, Any, float]]:
    rank = config["r"]
    scale = config["lora_alpha"] / (math.sqrt(rank) if config.get("use_rslora") else rank)
    halves: dict[str, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        match = _NAME.fullmatch(name)
        if not match or tensor.dim() != 2 or not torch.isfinite(tensor).all():
            raise _bad(folder, f"Tensor {name!r} is not a sound LoRA factor.")
        halves.setdefault(match[1], {})[match[2]] = tensor
    for module, half in halves.items():
        ranks = {half[side].shape[axis] for side, axis in (("A", 0), ("B", 1)) if side in half}
        if len(half) != 2 or ranks != {rank}:
            raise _bad(folder, f"Module {module!r} lacks a factor of rank {rank}.")
    if not halves:
        raise _bad(folder, f"{WEIGHTS} holds no LoRA factors.")
    return {module: (half["A"], half["B"], scale) for module, half in sorted(halves.items())}


class Merged:
    """A model's adapted weights in two versions, base and base + update, switched by pointer.

    Switching is exact: the base is kept, not computed back.
    """

    def __init__(self, model: Any, adapter: Adapter, folder: Path) -> None:
        self._live: dict[str, Any] = {}
        self._base: dict[str, Any] = {}
        self._tuned: dict[str, Any] = {}
        for module in adapter.factors:
            try:
                weight = model.get_submodule(module).weight
            except AttributeError as fault:
                raise _bad(folder, f"The base model has no module {module!r}.") from fault
            delta = adapter.delta(module)
            if delta.shape != weight.shape:
                raise _bad(folder, f"Module {module!r} has another shape in the base model.")
            self._live[module] = weight
            self._base[module] = weight.data
            self._tuned[module] = (weight.data.float() + delta).to(weight.dtype)

    def use(self, tuned: bool) -> None:
        """Answer with the adapter, or without."""
        chosen = self._tuned if tuned else self._base
        for module, weight in self._live.items():
            weight.data = chosen[module]

    def norm(self) -> float:
        """Frobenius norm of live weights minus base, summed over modules."""
        pairs = ((self._live[module].data, base) for module, base in self._base.items())
        return math.fsum(float((live.float() - base.float()).norm()) for live, base in pairs)

    def matches(self, adapter: Adapter) -> bool:
        """Whether the live weights are the base plus exactly this adapter's update."""
        if set(adapter.factors) != set(self._live):
            return False
        for module, live in self._live.items():
            wanted = (self._base[module].float() + adapter.delta(module)).to(live.dtype)
            if wanted.shape != live.shape or not torch.allclose(live.data, wanted, atol=1e-5):
                return False
        return True


def _bad(folder: Path, why: str) -> IntegrityProblem:
    return IntegrityProblem(
        "bad_adapter",
        f"The adapter in {folder} is not usable.",
        why=why,
        fix="Train again, or restore the adapter that was approved.",
    )
