"""Which training settings suit the example `tools`? Cross-validation by function.

Folds are made of the training and validation rows alone; held-out rows are never touched, and no
function is in two folds. Each setting is trained on the other folds and judged on one, and is
compared in pairs with the first. The few-shot prompt is judged on the same rows.

    python bench/example_settings/run.py --folds 0 1

Finished folds are kept in build/bench/example_settings.json and are not run again.
"""

import argparse
import hashlib
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import tuneworthy
from tuneworthy.adapters import embedded_model_dir
from tuneworthy.adapters.local_model import TransformersModel
from tuneworthy.adapters.torch_runtime import dtype_name
from tuneworthy.adapters.trl_trainer import TrlTrainer
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.run import TrainSettings
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.core.ports import ModelClient, TrainRequest
from tuneworthy.evaluate import as_trained, metric_of, run_arm
from tuneworthy.evaluate.render import as_case
from tuneworthy.lifecycle import datasets
from tuneworthy.lifecycle.wiring import open_runtime
from tuneworthy.methods import paired
from tuneworthy.methods.intervals import mean_interval

FOLDS = 4
OUT = Path("build/bench/example_settings.json")
SETTINGS: dict[str, dict[str, Any]] = {
    "rate 1e-3, 2 epochs": {"learning_rate": 1e-3, "num_train_epochs": 2},
    "rate 1e-3, 3 epochs": {"learning_rate": 1e-3, "num_train_epochs": 3},
    "rate 2e-3, 2 epochs": {"learning_rate": 2e-3, "num_train_epochs": 2},
    "rate 3e-3, 2 epochs": {"learning_rate": 3e-3, "num_train_epochs": 2},
}
FEW_SHOT = "few-shot-3"


def main() -> None:
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, nargs="+", default=list(range(FOLDS)))
    folds = parser.parse_args().folds
    OUT.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(OUT.read_text()) if OUT.exists() else {}
    rows, arms, new = read_example()
    for name in (FEW_SHOT, *SETTINGS):
        for fold in folds:
            key = f"{dtype_name()} | {name} | {fold}"
            if key not in kept:
                kept[key] = judge(name, fold, rows, arms, new)
                OUT.write_text(json.dumps(kept))
                print(f"  {key}: {sum(kept[key]) / len(kept[key]):.3f}", flush=True)
    table(kept, folds)


def read_example() -> tuple[list[Example], dict[str, Arm], int]:
    """Training and validation rows of a fresh example project, its prompts, its answer length."""
    with tempfile.TemporaryDirectory() as folder:
        tuneworthy.init(folder, "tools")
        runtime = open_runtime(Path(folder))
        datasets.build(runtime)
        rows = [r for s in ("train", "validation") for r in datasets.examples(runtime, s)]
        arms = {arm.id: arm for arm in runtime.arms}
        new = runtime.project.max_new_tokens
        runtime.close()
    return rows, arms, new


def fold_of(row: Example) -> int:
    """By the function's name, so that no function is in two folds."""
    bare = re.sub(r"[^a-z0-9]", "", row.provenance.group.lower().split(".")[-1])
    return int(hashlib.sha256(b"fold:" + bare.encode()).hexdigest(), 16) % FOLDS


def judge(name: str, fold: int, rows: list[Example], arms: dict[str, Arm], new: int) -> list[float]:
    """Scores of one fold's rows in order, by a model that has seen the other folds only."""
    train = [row for row in rows if fold_of(row) != fold]
    cases = [as_case(row) for row in rows if fold_of(row) == fold]
    arm = arms["tuned"] if name in SETTINGS else arms[name]
    client = tuned(train, arm, SETTINGS[name]) if name in SETTINGS else base()
    result = run_arm(
        arm,
        cases,
        train,
        metric_of(MetricSettings(name="tool_call_match")),
        client=client,
        retriever=None,
        max_new_tokens=new,
        ends="json",
    )
    return [one.score for one in result.results]


def base() -> ModelClient:
    """The bare embedded model."""
    return TransformersModel(embedded_model_dir())


def tuned(train: list[Example], arm: Arm, settings: dict[str, Any]) -> ModelClient:
    """The embedded model with an adapter trained on these rows."""
    with tempfile.TemporaryDirectory() as folder:
        result = TrlTrainer().train(
            TrainRequest(
                base=embedded_model_dir(),
                train=tuple(as_trained(arm, row) for row in train),
                validation=(),
                arm=arm,
                settings=TrainSettings(per_device_train_batch_size=8, **settings),
                workspace=Path(folder),
            )
        )
        return TransformersModel(embedded_model_dir(), result.adapter)


def table(kept: dict[str, list[float]], folds: list[int]) -> None:
    """Score of each way over the folds, and its difference from the first setting in points."""

    def scores(name: str) -> list[float]:
        return [one for fold in folds for one in kept[f"{dtype_name()} | {name} | {fold}"]]

    first = next(iter(SETTINGS))
    print(f"\n{dtype_name()}, folds {folds} of {FOLDS}")
    for name in (FEW_SHOT, *SETTINGS):
        found = mean_interval(scores(name))
        line = f"{name:22} {found.value:6.1%}  [{found.low:.1%}, {found.high:.1%}]  n = {found.n}"
        if name != first:
            delta = paired.compare(scores(name), scores(first)).delta
            line += "  {:+.1f} [{:+.1f}, {:+.1f}]".format(
                *(100 * part for part in (delta.value, delta.low, delta.high))
            )
        print(line)


if __name__ == "__main__":
    main()
