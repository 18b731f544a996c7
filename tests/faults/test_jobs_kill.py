"""A job whose process is killed goes on at its interrupted step in the next process, once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

WORKER = """
import sys, time, warnings
warnings.simplefilter("error")
from pathlib import Path
from tuneworthy.adapters.durable import Jobs

folder, name, mode = Path(sys.argv[1]), sys.argv[2], sys.argv[3]

def mark(line):
    with (folder / "marks").open("a") as file:
        file.write(line + "\\n")

def three(job, payload):
    one = job.step("one", lambda: mark("one") or 1)
    def second():
        mark("two begins")
        while not (folder / "go").exists():
            time.sleep(0.01)
        mark("two ends")
        return one + 1
    two = job.step("two", second)
    three = job.step("three", lambda: mark("three") or two + 1)
    return {"three": three, "payload": payload}

with Jobs(f"sqlite:///{folder}/jobs.db", "1.0", {name: three}) as jobs:
    if mode == "start":
        jobs.start(name, {"a": 1}, "job")
        print("started", flush=True)
    print(jobs.wait("job"), flush=True)
"""


def worker(folder: Path, name: str, mode: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder), name, mode],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": "src", "PATH": os.environ["PATH"]},
    )


def marks(folder: Path) -> list[str]:
    path = folder / "marks"
    return path.read_text().splitlines() if path.exists() else []


def wait_for(condition: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.mark.parametrize("name", ["three", "train.three"])
def test_killed_in_the_middle_of_step_two(tmp_path: Path, name: str) -> None:
    first = worker(tmp_path, name, "start")
    wait_for(lambda: "two begins" in marks(tmp_path))
    first.send_signal(signal.SIGKILL)
    first.communicate()
    (tmp_path / "go").touch()
    second = worker(tmp_path, name, "wait")
    output, errors = second.communicate(timeout=40)
    assert (second.returncode, errors) == (0, "")
    assert output == "{'three': 3, 'payload': {'a': 1}}\n"
    assert marks(tmp_path) == ["one", "two begins", "two begins", "two ends", "three"]


def test_a_living_process_keeps_its_job_and_a_dead_ones_is_taken_over(tmp_path: Path) -> None:
    first = worker(tmp_path, "three", "start")
    wait_for(lambda: "two begins" in marks(tmp_path))
    second = worker(tmp_path, "three", "wait")
    time.sleep(1.5)
    assert marks(tmp_path) == ["one", "two begins"], "a running job was started twice"
    first.send_signal(signal.SIGKILL)
    first.communicate()
    # The second one sees that the first one's seat is empty, and goes on with its job.
    wait_for(lambda: marks(tmp_path).count("two begins") == 2)
    (tmp_path / "go").touch()
    output, errors = second.communicate(timeout=40)
    assert (second.returncode, errors) == (0, "")
    assert output == "{'three': 3, 'payload': {'a': 1}}\n"
    assert marks(tmp_path) == ["one", "two begins", "two begins", "two ends", "three"]


def test_ctrl_c_while_waiting(tmp_path: Path) -> None:
    first = worker(tmp_path, "three", "start")
    wait_for(lambda: "two begins" in marks(tmp_path))
    first.send_signal(signal.SIGINT)
    time.sleep(0.7)  # until the signal has arrived
    (tmp_path / "go").touch()  # the step ends, but what comes after it must wait
    _, errors = first.communicate(timeout=40)
    assert first.returncode != 0
    assert errors.rstrip().endswith("KeyboardInterrupt")
    before = marks(tmp_path)
    assert before[:2] == ["one", "two begins"]
    assert "three" not in before
    second = worker(tmp_path, "three", "wait")
    output, _ = second.communicate(timeout=40)
    assert output == "{'three': 3, 'payload': {'a': 1}}\n"
    assert marks(tmp_path).count("one") == 1
    assert marks(tmp_path)[-1] == "three"
