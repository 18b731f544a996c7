"""The command line in this process or in one of its own, and a small project to run it on."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tuneworthy.cli.main import main

SUBJECTS = ("bills", "parcels", "locks", "trains", "bread", "boats", "tools", "birds")


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def error(self) -> dict[str, str]:
        """The one JSON object on standard error."""
        found = json.loads(self.err)
        assert set(found) == {"ok", "error"}
        assert found["ok"] is False
        error: dict[str, str] = found["error"]
        assert set(error) == {"code", "message", "why", "fix"}
        return error


def _leave(code: int) -> NoReturn:
    raise SystemExit(code)


def _run(*words: str) -> Outcome:
    """A command in this process; the door's hard exit is turned into a soft one."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(os, "_exit", _leave)
        with pytest.raises(SystemExit) as left:
            main(list(words))
    code = left.value.code
    assert isinstance(code, int)
    return _checked(Outcome(code, out.getvalue(), err.getvalue()))


def _checked(outcome: Outcome) -> Outcome:
    """What holds for every command whatever happens."""
    assert "Traceback" not in outcome.out + outcome.err
    assert "Something unexpected" not in outcome.err, outcome.err
    return outcome


def _start(*words: str, **more: Any) -> "subprocess.Popen[str]":
    """A command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tuneworthy", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def _spawn(*words: str, **more: Any) -> Outcome:
    with _start(*words, **more) as process:
        out, err = process.communicate(timeout=60)
    return _checked(Outcome(process.returncode, out, err))


def _rows(count: int = 60) -> list[dict[str, str]]:
    return [
        {
            "request": f"Please look at number {n * 7919 % 997} about {SUBJECTS[n % 8]} {'x' * n}",
            "target": SUBJECTS[n % 8],
        }
        for n in range(count)
    ]


@pytest.fixture(scope="session")
def run() -> Callable[..., Outcome]:
    return _run


@pytest.fixture(scope="session")
def start() -> Callable[..., "subprocess.Popen[str]"]:
    return _start


@pytest.fixture(scope="session")
def spawn() -> Callable[..., Outcome]:
    return _spawn


@pytest.fixture(scope="session")
def make_rows() -> Callable[..., list[dict[str, str]]]:
    return _rows


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project over sixty good rows, with licence and legal basis stated; nothing is built yet."""
    folder = tmp_path / "project"
    assert _run("init", str(folder)).code == 0
    settings = folder / "tuneworthy.yaml"
    text = settings.read_text(encoding="utf-8")
    text = text.replace('licence: ""  ', "licence: MIT")
    text = text.replace('legal_basis: ""  ', "legal_basis: contract")
    settings.write_text(text, encoding="utf-8")
    lines = [json.dumps(row) for row in _rows()]
    (folder / "data" / "train.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
