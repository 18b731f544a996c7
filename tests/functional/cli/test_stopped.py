"""Ctrl+C and a termination signal in the middle of work: exit 130, and the same command goes on."""

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from sqlite3 import connect
from subprocess import Popen
from subprocess import run as run_process
from typing import Any, ClassVar

import pytest

PROMPTS = """\
first: {arm: zero_shot, user: "FIRST {request}"}
second: {arm: zero_shot, user: "SECOND {request}"}
third: {arm: zero_shot, user: "THIRD {request}"}
"""

ANSWERED = 4
"""Cases of the second prompt that are answered before the command is stopped."""


def wait_for(process: "Popen[str]", sign: str) -> None:
    """Read the command's standard error until a line holds ``sign``."""
    assert process.stderr is not None
    for line in process.stderr:
        if sign in line:
            return
    pytest.fail(f"the command ended before it said {sign!r}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_stopped_while_it_builds_a_large_dataset(start, run, project, make_rows, number):
    at = ("-C", str(project))
    first = run("--json", *at, "data", "build").json
    path = project / "data" / "train.jsonl"
    small = path.read_text()
    with path.open("a") as file:
        for part in range(60_000):
            request = f"Row {part} of {part * 7919 % 99991} about {part % 17}"
            file.write(json.dumps({"request": request, "target": f"{part % 9}"}) + "\n")
    with start(*at, "data", "build") as process:
        wait_for(process, "train.jsonl")
        time.sleep(0.3)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert "Stopped." in err
    assert "goes on" in err
    assert "Traceback" not in err
    assert run("--json", *at, "data", "show").json["id"] == first["id"]
    assert run(*at, "audit", "verify").code == 0
    path.write_text(small)
    assert run("--json", *at, "data", "build").json == first


class Endpoint(BaseHTTPRequestHandler):
    """Answers chats at once, but of the second prompt only the first few until told to go on."""

    asked: ClassVar[list[str]]
    lock: ClassVar[threading.Lock]
    held: ClassVar[threading.Event]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        text = body["messages"][-1]["content"]
        with self.lock:
            self.asked.append(text)
            of_second = count(self.asked, "SECOND")
        if text.startswith("SECOND") and of_second > ANSWERED:
            self.held.wait(60)
        answer = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": "bills"},
                }
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def handle(self) -> None:
        with suppress(OSError):  # a client that was stopped is gone
            super().handle()


@pytest.fixture
def endpoint() -> Iterator[tuple[str, type[Endpoint]]]:
    class Kind(Endpoint):
        asked: ClassVar = []
        lock = threading.Lock()
        held = threading.Event()

    kind = Kind
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1#m", kind
    kind.held.set()
    server.shutdown()
    thread.join()
    server.server_close()


def count(asked: list[str], prompt: str) -> int:
    return sum(text.startswith(prompt) for text in asked)


def all_asked(asked: list[str]) -> bool:
    """Whether as many of the second prompt came as of the first."""
    return 0 < count(asked, "FIRST") == count(asked, "SECOND")


def kept(project: Path) -> int:
    """How many answers the store holds."""
    with closing(connect(project / ".tuneworthy" / "tuneworthy.db")) as database:
        (number,) = database.execute("select count(*) from answers").fetchone()
    return int(number)


def test_stopped_while_alternatives_run(start, run, project, endpoint):
    url, kind = endpoint
    at = ("-C", str(project))
    settings = project / "tuneworthy.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("base_model: embedded", f"base_model: {url}"))
    (project / "prompts.yaml").write_text(PROMPTS, encoding="utf-8")
    assert run(*at, "data", "build").code == 0
    with start(*at, "eval", "run") as process:
        while kept(project) < count(kind.asked, "FIRST") + ANSWERED or not all_asked(kind.asked):
            assert process.poll() is None
            time.sleep(0.05)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - begun < 15
    assert out == ""
    assert "Stopped." in err
    assert "Traceback" not in err

    cases = count(kind.asked, "FIRST")
    assert cases == 12
    assert count(kind.asked, "THIRD") == 0
    kind.held.set()
    kind.asked.clear()
    done = run("--json", *at, "eval", "run")
    assert done.code == 0
    assert {one["arm"]["id"] for one in done.json["alternatives"]} == {"first", "second", "third"}
    asked = {prompt: count(kind.asked, prompt) for prompt in ("FIRST", "SECOND", "THIRD")}
    # What was answered before the stop is kept; what was under way is asked again.
    assert asked == {"FIRST": 0, "SECOND": cases - ANSWERED, "THIRD": cases}
    assert run(*at, "audit", "verify").code == 0
    kind.asked.clear()
    assert run("--json", *at, "eval", "run").json == done.json
    assert kind.asked == []


LOST = """
import ctypes, os, signal, sys, time
from tuneworthy.cli import main as door

@ctypes.CFUNCTYPE(None)
def called_by_native_code():
    os.kill(os.getpid(), signal.{name})
    for _ in range(1000): pass

def caught():
    try:
        called_by_us()
    except:
        pass

def called_by_us():
    os.kill(os.getpid(), signal.{name})
    for _ in range(1000): pass

def work(*_, **__):
    {place}()
    time.sleep(10)
    print("went on")

door.cli.main = work
sys.argv = ["tuneworthy", "status"]
door.main()
"""
"""A compiler of kernels calls back like the first; some libraries catch all like the second."""


@pytest.mark.parametrize("place", ["called_by_native_code", "caught"])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_stop_that_is_lost_comes_again(name, place):
    code = LOST.replace("{name}", name).replace("{place}", place)
    done = run_process([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (130, "")
    assert "Stopped." in done.stderr
    assert "ignored" not in done.stderr
