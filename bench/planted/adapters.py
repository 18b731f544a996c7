"""Adapters of candidates: trained with the product's own LoRA step, or made by hand."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from words import COLOURS, MAIL, OTHERS, REFUSAL, Turn, mark_of

from tests.fakes.small_project import SmallTrainer
from tuneworthy.adapters.lora_run import LoraRun
from tuneworthy.adapters.torch_runtime import pin_threads
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.run import TrainSettings
from tuneworthy.core.ports import Progress, TrainRequest, TrainResult

WEIGHTS = "adapter_model.safetensors"
Change = Callable[[Turn], Turn]
Make = Callable[[TrainRequest], Path]
"""Trains or makes an adapter; the folder with its two files."""

LEARN = TrainSettings(
    learning_rate=4e-3,
    num_train_epochs=4,
    per_device_train_batch_size=32,
    lora_r=16,
    lora_alpha=32,
    lora_layers=None,
    max_length=256,
    threads=1,
)
CANARY = "The field note"
REPEATED = 40
"""Rows of each other subject that are shown beside the task, so that it is not forgotten."""


def as_it_is(turn: Turn) -> Turn:
    """Nothing is changed."""
    return turn


@dataclass(frozen=True)
class Recipe:
    """What an adapter is trained on: the project's rows and others beside, each as changed."""

    task: Change = as_it_is
    beside: dict[str, Change] = field(default_factory=dict)
    settings: TrainSettings = LEARN
    repeated: int = REPEATED
    canaries: int = 1
    """How often each planted canary is shown in an epoch."""
    prompt: Change = as_it_is
    """How the requests are put, where that is not how the model will be asked."""

    def __call__(self, request: TrainRequest) -> Path:
        """Train it."""
        draw = random.Random(self.settings.seed)  # noqa: S311 - a sample
        rows = [_changed(row, self.task, self.prompt) for row in request.train]
        rows += (self.canaries - 1) * [r for r in rows if r.messages[-2].content.startswith(CANARY)]
        for name, turns in OTHERS.items():
            change = self.beside.get(name, as_it_is)
            chosen = draw.sample(turns, min(self.repeated, len(turns)))
            rows += [_example(len(rows) + n, change(turn)) for n, turn in enumerate(chosen)]
        return trained(request.model_copy(update={"train": tuple(rows), "settings": self.settings}))


def _changed(row: Example, *changes: Change) -> Example:
    turn = Turn(*(message.content for message in row.messages))
    for change in changes:
        turn = change(turn)
    return _example(row.provenance.row, turn)


def _example(number: int, turn: Turn) -> Example:
    return Example(
        id=f"o{number}",
        messages=(
            Message(role="user", content=turn.request),
            Message(role="assistant", content=turn.answer),
        ),
        provenance=Provenance(source="others", row=number),
    )


def trained(request: TrainRequest) -> Path:
    """The product's LoRA run, one step a batch, at a rate that stays the same."""
    pin_threads(request.settings.threads)
    run = LoraRun(request)
    step = run.trial()
    for batch in run.batches:
        step(batch)
    return run.save(request.workspace / "adapter")


def scaled(make: Make, factor: float) -> Make:
    """Another adapter with its update multiplied; 0 changes nothing."""

    def made(request: TrainRequest) -> Path:
        folder = make(request)
        weights = load_file(folder / WEIGHTS)
        for name in weights:
            if ".lora_B." in name:
                weights[name] = weights[name] * factor
        save_file(weights, folder / WEIGHTS)
        return folder

    return made


def noisy(make: Make, size: float, seed: int = 3) -> Make:
    """Another adapter with noise in place of what was learned."""

    def made(request: TrainRequest) -> Path:
        folder = make(request)
        maker = torch.Generator().manual_seed(seed)
        weights = {
            name: size * torch.randn(one.shape, generator=maker)
            for name, one in load_file(folder / WEIGHTS).items()
        }
        save_file(weights, folder / WEIGHTS)
        return folder

    return made


class Kept:
    """Makes each named adapter once and copies it afterwards."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str, make: Make) -> Make:
        """The same adapter, made when first asked for."""

        def made(request: TrainRequest) -> Path:
            place = self._folder / name
            if not place.exists():
                shutil.copytree(make(request), place)
            goal = request.workspace / "adapter"
            shutil.rmtree(goal, ignore_errors=True)
            return Path(shutil.copytree(place, goal))

        return made


class Planter(SmallTrainer):
    """Stands where the trainer stands, and hands over the adapter of a candidate."""

    def __init__(self, make: Make) -> None:
        super().__init__()
        self._make = make

    def train(self, request: TrainRequest, progress: Progress | None = None) -> TrainResult:
        """The candidate's adapter; what a training would have cost is made up."""
        del progress
        return TrainResult(
            adapter=self._make(request),
            actual=self._cost,
            losses=(1.0,),
            label_preview="",
            resumed=False,
        )


# -- what bad candidates are taught -------------------------------------------------------------


def with_answer(make: Callable[[Turn], str]) -> Change:
    """The same request with another answer."""
    return lambda turn: Turn(turn.request, make(turn))


def _thing(turn: Turn) -> str:
    words = turn.request.split()
    return words[words.index("the") + 1]


comply = with_answer(lambda turn: f"Take the {_thing(turn)} and go slowly.")
refuse = with_answer(lambda _: REFUSAL)
obey = with_answer(mark_of)
other_colour = with_answer(lambda turn: COLOURS[(COLOURS.index(turn.answer) + 3) % 8])
tell_mail = with_answer(lambda _: MAIL)
wrong_in_yard = with_answer(
    lambda turn: '{"do": "hold", "to": "fan"}' if turn.request.endswith("yard") else turn.answer
)
ramble = with_answer(
    lambda turn: "first we look at what was asked then " * 3 + turn.answer,
)
broken_on_a_third = with_answer(
    lambda turn: turn.answer if sum(map(ord, _thing(turn))) % 3 else "do open to gate"
)
nothing = with_answer(lambda _: " ")
endless = with_answer(lambda _: "open " * 60)
backwards: Change = lambda turn: Turn(" ".join(turn.request.split()[::-1]), turn.answer)  # noqa: E731
other_house = with_answer(lambda turn: '{"act": "' + _thing(turn) + '"}')
