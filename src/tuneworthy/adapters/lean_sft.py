"""TRL's SFTTrainer without the work that a LoRA run on few layers does not need.

Three changes, none of which alters the loss: the layers below the first adapted one are frozen and
computed once per row for the whole run; the vocabulary projection is computed only where there is
a label; and batches follow a schedule made beforehand. Padding is on the right, so causal attention
needs no padding mask.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from trl import SFTConfig, SFTTrainer

from tuneworthy.adapters.training_data import IGNORED, Row, padded
from tuneworthy.core.nouns.run import TrainSettings

TRUNK_BATCH_TOKENS = 4096
MAX_GRAD_NORM = 1.0


class Trunk:
    """Outputs of the frozen lower layers, kept per row.

    The layers are taken out of the model (replaced by one that passes its input on), so the model
    goes on from the kept outputs as if they were embeddings.
    """

    def __init__(self, causal_model: Any, frozen: int) -> None:
        self._core = causal_model.model
        self._layers = [self._core.layers[index] for index in range(frozen)]
        self._kept: dict[int, Any] = {}
        for index in range(frozen):
            self._core.layers[index] = _PassOn()

    def fill(self, rows: Sequence[Row], wanted: set[int], pad: int) -> None:
        """Compute and keep the outputs of the wanted rows, always in the same batches."""
        order = sorted(wanted - set(self._kept), key=lambda row: (-len(rows[row].ids), row))
        start = 0
        while start < len(order):
            count = max(1, TRUNK_BATCH_TOKENS // len(rows[order[start]].ids))
            self._fill(rows, order[start : start + count], pad)
            start += count

    def states(self, batch: Sequence[int], width: int) -> Any:
        """The batch's kept outputs, padded on the right with zeros to ``width``."""
        first = self._kept[batch[0]]
        out = first.new_zeros(len(batch), width, first.shape[-1])
        for place, row in enumerate(batch):
            kept = self._kept[row]
            out[place, : len(kept)] = kept
        return out

    def _fill(self, rows: Sequence[Row], batch: list[int], pad: int) -> None:
        ids, _ = padded(rows, batch, pad)
        with torch.no_grad():
            states = self._core.embed_tokens(torch.tensor(ids))
            positions = torch.arange(states.shape[1])[None]
            turned = self._core.rotary_emb(states, position_ids=positions)
            for layer in self._layers:
                states = layer(
                    states,
                    attention_mask=None,
                    position_ids=positions,
                    position_embeddings=turned,
                )
        for place, row in enumerate(batch):
            self._kept[row] = states[place, : len(rows[row].ids)].clone()


class _PassOn(torch.nn.Module):  # type: ignore[misc]
    def forward(self, states: Any, **_: Any) -> Any:
        return states


def batch_loss(causal: Any, trunk: Trunk | None, inputs: dict[str, Any]) -> Any:
    """Mean cross-entropy of a batch's labelled tokens under a causal language model."""
    labels = inputs["labels"][:, 1:]
    if trunk is None:
        start = {"input_ids": inputs["input_ids"]}
    else:
        width = inputs["input_ids"].shape[1]
        start = {"inputs_embeds": trunk.states(inputs["rows"].tolist(), width)}
    states = causal.model(**start, use_cache=False).last_hidden_state[:, :-1]
    learned = labels != IGNORED
    logits = causal.lm_head(states[learned])
    return cross_entropy(logits.float(), labels[learned])


class LeanSftTrainer(SFTTrainer):  # type: ignore[misc]
    """SFTTrainer over a fixed schedule of batches."""

    def __init__(self, *, trunk: Trunk | None, on_checkpoint: Callable[[Path], None], **kw: Any):
        super().__init__(**kw)
        self._trunk = trunk
        self._on_checkpoint = on_checkpoint

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Mean cross-entropy over the labelled tokens."""
        del return_outputs, num_items_in_batch
        causal = self.accelerator.unwrap_model(model).get_base_model()
        return batch_loss(causal, self._trunk, inputs)

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """No card: what a run was made of is in its manifest."""

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        """Load the weights in the number format that the run has; PEFT widens them to float32."""
        kinds = {name: weight.dtype for name, weight in self.model.named_parameters()}
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        for name, weight in self.model.named_parameters():
            weight.data = weight.data.to(kinds[name])

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        self._on_checkpoint(folder)


def sft_config(settings: TrainSettings, folder: Path, steps: int) -> Any:
    """Our settings as TRL's; one item of the data set is one whole batch of the schedule."""
    return SFTConfig(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=1,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.lr_scheduler_type,
        warmup_steps=int(settings.warmup_ratio * steps),
        weight_decay=settings.weight_decay,
        max_grad_norm=MAX_GRAD_NORM,
        seed=settings.seed,
        data_seed=settings.seed,
        save_strategy="steps",
        save_steps=settings.save_steps,
        save_total_limit=2,
        logging_steps=1,
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        bf16=False,
        fp16=False,
        gradient_checkpointing=False,
        train_sampling_strategy="sequential",
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
    )


def collate(rows: Sequence[Row], pad: int) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
    """A collator that turns one scheduled batch (row numbers) into tensors."""

    def tensors(items: list[dict[str, Any]]) -> dict[str, Any]:
        batch = [int(row) for item in items for row in item["labels"]]
        ids, labels = padded(rows, batch, pad)
        return {
            "input_ids": torch.tensor(ids),
            "labels": torch.tensor(labels),
            "rows": torch.tensor(batch),
        }

    return tensors
