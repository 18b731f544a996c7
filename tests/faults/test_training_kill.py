import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("trl")

from tuneworthy.adapters import embedded_model_dir, load_trainer
from tuneworthy.adapters.checkpoints import MARKER
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.core.nouns.run import TrainSettings
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.core.ports import TrainRequest
from tuneworthy.methods.canonical import digest_tree

WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
CHILD = """
import os, sys
from pathlib import Path
from tuneworthy.adapters import load_trainer
from tuneworthy.core.ports import TrainRequest
request = TrainRequest.model_validate_json(sys.stdin.read())
def progress(step, done, total, note=""):
    print(done, flush=True)
load_trainer().train(request, progress)
"""


def request(workspace: Path) -> TrainRequest:
    examples = tuple(
        Example(
            id=word,
            messages=(
                Message(role="user", content=f"say {word}"),
                Message(role="assistant", content=word.upper()),
            ),
            provenance=Provenance(source="words.jsonl", row=row),
        )
        for row, word in enumerate(WORDS)
    )
    return TrainRequest(
        base=embedded_model_dir(),
        train=examples,
        validation=(),
        arm=Arm(id="a", arm="tuned"),
        settings=TrainSettings(
            num_train_epochs=3,
            per_device_train_batch_size=2,
            lora_r=4,
            lora_layers=2,
            lora_dropout=0.1,
            threads=1,
            save_steps=5,
            max_length=64,
        ),
        workspace=workspace,
    )


def kill_at_step(asked: TrainRequest, step: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(asked.model_dump_json())
        child.stdin.close()
        for line in child.stdout:
            if int(line) >= step:
                child.send_signal(signal.SIGKILL)
                break
        child.wait()
        assert child.returncode == -signal.SIGKILL


@pytest.mark.timeout(600)
def test_killed_training_goes_on_to_the_same_adapter(tmp_path: Path) -> None:
    whole = load_trainer().train(request(tmp_path / "whole"))
    assert len(whole.losses) == 12

    broken = request(tmp_path / "broken")
    kill_at_step(broken, 8)
    done = sorted(p.parent.name for p in (tmp_path / "broken").glob(f"checkpoint-*/{MARKER}"))
    assert done == ["checkpoint-5"]
    # What a kill in the middle of saving leaves: files without the marker.
    torn = tmp_path / "broken" / "checkpoint-10"
    torn.mkdir()
    (torn / "adapter_model.safetensors").write_bytes(b"half")

    start = time.monotonic()
    resumed = load_trainer().train(broken)
    assert time.monotonic() - start < 300
    assert resumed.resumed
    assert resumed.losses == whole.losses
    assert digest_tree(resumed.adapter) == digest_tree(whole.adapter)
    assert resumed.actual.tokens == whole.actual.tokens
