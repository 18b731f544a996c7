"""LoRA training through TRL and PEFT, with an estimate beforehand and resumption after a kill."""

import math
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import PrinterCallback, TrainerCallback

from tuneworthy.adapters.base_weights import base_digest
from tuneworthy.adapters.checkpoints import (
    Checkpoint,
    mark_complete,
    newest_complete,
)
from tuneworthy.adapters.lean_sft import LeanSftTrainer, collate, sft_config
from tuneworthy.adapters.lora_run import LoraRun
from tuneworthy.adapters.meter import Meter, give_back_memory
from tuneworthy.adapters.probe import estimate_cost
from tuneworthy.adapters.torch_runtime import (
    dtype_name,
    pin_threads,
    quiet,
)
from tuneworthy.adapters.training_data import preview
from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.nouns.run import Cost, Environment, TrainSettings
from tuneworthy.core.ports import Progress, TrainRequest, TrainResult
from tuneworthy.methods.canonical import digest

PACKAGES = ("torch", "transformers", "peft", "trl", "accelerate", "datasets", "safetensors")


class TrlTrainer:
    """Trains plain LoRA adapters on the machine's processors."""

    def environment(self, settings: TrainSettings) -> Environment:
        """Versions, number format and threads the run would use."""
        packages = {name: version(name) for name in PACKAGES}
        packages["dtype"] = dtype_name()
        return Environment(
            python=platform.python_version(),
            platform=f"{platform.system()}-{platform.machine()}",
            packages=packages,
            threads=settings.threads,
        )

    def estimate(self, request: TrainRequest, progress: Progress | None = None) -> Cost:
        """Run a few real steps, longest batch first, and extrapolate."""
        pin_threads(request.settings.threads)
        with quiet(), Meter() as meter:
            run = LoraRun(request)
            cost = estimate_cost(run, meter, progress)
        del run
        give_back_memory()
        return cost

    def train(self, request: TrainRequest, progress: Progress | None = None) -> TrainResult:
        """Train, or go on from the newest checkpoint in ``request.workspace``.

        Raises:
            DataProblem: There is nothing to train on, or an example is too long.
            ModelProblem: The base cannot be loaded, or the loss is not a number any more.
        """
        settings = request.settings
        pin_threads(settings.threads)
        request.workspace.mkdir(parents=True, exist_ok=True)
        identity = _identity(request, self.environment(settings))
        checkpoint = newest_complete(request.workspace, identity)
        with quiet(), Meter() as meter:
            run = LoraRun(request)
            run.ready_trunk()
            trainer = _trainer(run, _Saver(meter, identity, checkpoint), progress)
            trainer.train(resume_from_checkpoint=str(checkpoint.folder) if checkpoint else None)
            losses = _losses(trainer.state.log_history)
            adapter = run.save(request.workspace / "adapter")
        actual = Cost(
            cpu_seconds=meter.cpu_seconds + (checkpoint.cpu_seconds if checkpoint else 0.0),
            wall_seconds=meter.wall_seconds + (checkpoint.wall_seconds if checkpoint else 0.0),
            peak_memory_mb=meter.peak_memory_mb,
            tokens=run.tokens,
            flop=run.flop(),
            steps=len(run.batches),
        )
        label_preview = preview(run.rows[0], run.tokenizer)
        del trainer, run
        give_back_memory()
        return TrainResult(
            adapter=adapter,
            actual=actual,
            losses=losses,
            label_preview=label_preview,
            resumed=checkpoint is not None,
        )


def _trainer(run: LoraRun, saver: "_Saver", progress: Progress | None) -> Any:
    trainer = LeanSftTrainer(
        trunk=run.trunk,
        on_checkpoint=saver,
        model=run.model,
        args=sft_config(run.settings, run.workspace, len(run.batches)),
        train_dataset=Dataset.from_dict({"labels": run.batches}),
        data_collator=collate(run.rows, run.pad),
        processing_class=run.tokenizer,
        callbacks=[_Report(progress, len(run.batches))],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


class _Saver:
    """Marks each checkpoint complete, with what the run has cost so far."""

    def __init__(self, meter: Meter, identity: str, before: Checkpoint | None) -> None:
        self._meter = meter
        self._identity = identity
        self._cpu = before.cpu_seconds if before else 0.0
        self._wall = before.wall_seconds if before else 0.0

    def __call__(self, folder: Path) -> None:
        cpu = self._cpu + self._meter.cpu_seconds
        mark_complete(folder, self._identity, cpu, self._wall + self._meter.wall_seconds)


class _Report(TrainerCallback):  # type: ignore[misc]
    """Tells progress with the loss, and stops a run whose loss is lost."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Called after every step (logging_steps is 1)."""
        del args, control
        loss = (logs or {}).get("loss")
        if loss is None:
            return
        if not math.isfinite(loss):
            raise ModelProblem(
                "training_diverged",
                f"The loss is {loss} at step {state.global_step}.",
                why="The learning rate is too high for this data.",
                fix="Halve training.learning_rate and train again.",
            )
        if self._progress:
            self._progress("train", state.global_step, self._total, f"loss {loss:.4f}")


def _identity(request: TrainRequest, environment: Environment) -> str:
    """Digest of everything that decides the run's bytes; checkpoints of another are not used."""
    settings = request.settings.model_dump(mode="json")
    # How often a run saves does not change what it learns.
    settings.pop("save_steps")
    return digest(
        {
            "base": base_digest(request.base),
            "rows": [
                [*(m.model_dump(mode="json") for m in example.messages)]
                for example in request.train
            ],
            "arm": request.arm.id,
            "settings": settings,
            "environment": environment.model_dump(mode="json"),
        }
    )


def _losses(history: Sequence[dict[str, Any]]) -> tuple[float, ...]:
    return tuple(float(entry["loss"]) for entry in history if "loss" in entry)
