"""One training request made ready: rows as tokens, the schedule, the model with its adapter."""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.trainer_utils import set_seed

from tuneworthy.adapters.base_weights import base_digest
from tuneworthy.adapters.lean_sft import MAX_GRAD_NORM, Trunk, batch_loss, collate
from tuneworthy.adapters.lora import CONFIG, WEIGHTS
from tuneworthy.adapters.torch_runtime import check_architecture, compute_dtype
from tuneworthy.adapters.training_data import rows_of, schedule
from tuneworthy.core.nouns.run import TrainSettings
from tuneworthy.core.ports import TrainRequest
from tuneworthy.methods.canonical import canonical

LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
TRUNK_LIMIT_MB = 1024
"""Above this the frozen layers' outputs are computed anew each time instead of kept."""


class LoraRun:
    """One request made ready: tokenised rows, the schedule, the model with its adapter."""

    def __init__(self, request: TrainRequest) -> None:
        settings = request.settings
        self.settings = settings
        self.workspace = request.workspace
        self.base = base_digest(request.base)
        self.tokenizer: Any = AutoTokenizer.from_pretrained(
            request.base, local_files_only=True, trust_remote_code=False
        )
        self.pad = int(self.tokenizer.pad_token_id or self.tokenizer.eos_token_id)
        self.rows = rows_of(request.train, self.tokenizer, settings.max_length)
        self.batches = schedule(self.rows, settings)
        self.tokens = sum(len(self.rows[row].ids) for batch in self.batches for row in batch)
        set_seed(settings.seed)
        model: Any = AutoModelForCausalLM.from_pretrained(
            request.base,
            dtype=compute_dtype(),
            attn_implementation="sdpa",
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        )
        check_architecture(model.config)
        layers = int(model.config.num_hidden_layers)
        self.frozen = max(0, layers - (settings.lora_layers or layers))
        self.model: Any = get_peft_model(
            model, _lora(settings, self.frozen, layers), autocast_adapter_dtype=False
        )
        self.trunk = self._trunk()

    @property
    def causal(self) -> Any:
        """The Hugging Face model below the adapter."""
        return self.model.get_base_model()

    @property
    def wanted(self) -> set[int]:
        """Rows that the schedule touches."""
        return {row for batch in self.batches for row in batch}

    def ready_trunk(self) -> None:
        """Compute the frozen layers' outputs of every row that the schedule touches."""
        if self.trunk is not None:
            self.trunk.fill(self.rows, self.wanted, self.pad)

    def trial(self) -> Callable[[list[int]], None]:
        """A function that makes one real training step on a batch, for timing."""
        trained = [weight for weight in self.model.parameters() if weight.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=self.settings.learning_rate)
        tensors = collate(self.rows, self.pad)
        self.model.train()

        def step(batch: list[int]) -> None:
            batch_loss(self.causal, self.trunk, tensors([{"labels": batch}])).backward()
            torch.nn.utils.clip_grad_norm_(trained, MAX_GRAD_NORM)
            optimizer.step()
            optimizer.zero_grad()

        return step

    def flop(self) -> float:
        """Floating-point operations of the whole run.

        Two per weight and token forward and two backward (through, not into, the frozen weights)
        in the adapted layers and, for labelled tokens only, in the vocabulary projection; two per
        weight in the frozen lower layers, once per row when their outputs are kept, else each time.
        """
        config = self.causal.config
        top = sum(p.numel() for p in self.causal.model.layers[self.frozen :].parameters())
        named = self.causal.model.layers[-1].named_parameters()
        below = self.frozen * sum(p.numel() for name, p in named if "lora_" not in name)
        head = int(config.vocab_size) * int(config.hidden_size)
        learned = sum(
            len(self.rows[row].ids) - self.rows[row].masked
            for batch in self.batches
            for row in batch
        )
        once = sum(len(self.rows[row].ids) for row in self.wanted)
        passed = self.tokens if self.trunk is None else once
        return float(4 * top * self.tokens + 4 * head * learned + 2 * below * passed)

    def save(self, folder: Path) -> Path:
        """Write the adapter; its bytes depend on nothing of this machine's paths."""
        work = Path(tempfile.mkdtemp(prefix=".adapter-", dir=folder.parent))
        self.model.save_pretrained(work, safe_serialization=True)
        config = json.loads((work / CONFIG).read_bytes())
        config["base_model_name_or_path"] = self.base
        config["target_modules"] = sorted(config["target_modules"])
        (work / CONFIG).write_bytes(canonical(config))
        for path in work.iterdir():
            if path.name not in {CONFIG, WEIGHTS}:
                path.unlink()
        work.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        work.rename(folder)
        return folder

    def _trunk(self) -> Trunk | None:
        config = self.causal.config
        width = int(config.hidden_size) * self.causal.dtype.itemsize
        kept = sum(len(self.rows[row].ids) for row in self.wanted) * width / 1e6
        if not self.frozen or kept > TRUNK_LIMIT_MB:
            return None
        return Trunk(self.causal, self.frozen)


def _lora(settings: TrainSettings, first: int, layers: int) -> Any:
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.lora_r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=list(LINEARS),
        layers_to_transform=list(range(first, layers)),
    )
