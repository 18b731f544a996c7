"""tuneworthy assess ceiling over several models: real weights, a real server, and bad endpoints."""

import json
import math
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tests.fakes.endpoint import Said, listening
from tuneworthy.adapters import embedded_model_dir, load_endpoint
from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.ports import ChatRequest
from tuneworthy.evaluate import asking

STRUCTURED = (
    "Persona: you sort the letters of a town.\\nContext: each letter is about one subject.\\n"
    "Task: name the subject of the letter.\\nFormat: one of these words, no more.\\n{labels}"
)
ARMS = f"""\
plain: {{arm: zero_shot, user: "PLAIN {{request}}"}}
structured: {{arm: zero_shot, system: "{STRUCTURED}", user: "STRUCTURED {{request}}"}}
nearest: {{arm: nearest_neighbour}}
tuned: {{arm: tuned}}
"""
N = 12
"""Held-out cases of the small project."""


def completion(text: str | None, **more: Any) -> dict[str, Any]:
    """A chat completion as the API has it."""
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
        **more,
    }


Answering = Callable[[str], tuple[int, str, bytes]]
"""Maps the last message to a status, a content type and a body."""


@dataclass
class Endpoint:
    """An endpoint and what it heard."""

    answer: Answering
    url: str = ""
    asked: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    most_at_once: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, text: str, key: str) -> tuple[int, str, bytes]:
        """Answer one request, counting how many are under way."""
        with self._lock:
            self.asked.append(text)
            self.keys.add(key)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            return self.answer(text)
        finally:
            with self._lock:
                self._now -= 1


def says(reply: Callable[[str], str], delay: float = 0.0) -> Answering:
    """Answers with what ``reply`` makes of the last message."""

    def answer(text: str) -> tuple[int, str, bytes]:
        time.sleep(delay)
        return 200, "application/json", json.dumps(completion(reply(text))).encode()

    return answer


@contextmanager
def serving(answer: Answering) -> Iterator[Endpoint]:
    """An endpoint on a free port of this machine."""
    heard = Endpoint(answer)

    def respond(text: str, key: str) -> Said:
        status, kind, data = heard.hear(text, key)
        return Said(status=status, kind=kind, body=data)

    with listening(respond) as heard.url:
        yield heard


Serving = Callable[[Answering], Endpoint]


@pytest.fixture
def endpoint() -> Iterator[Serving]:
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(serving(answer))


def copies(text: str) -> str:
    """The subject that stands in the request."""
    return text.split(" about ")[1].split()[0]


def settle(project: Path, *lines: str, base: str = "", arms: str = ARMS) -> None:
    path = project / "tuneworthy.yaml"
    text = path.read_text(encoding="utf-8").replace("max_new_tokens: 64", "max_new_tokens: 4")
    if base:
        text = text.replace("base_model: embedded", f"base_model: {base}")
    path.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
    (project / "prompts.yaml").write_text(arms, encoding="utf-8")


def claims(run: Any, project: Path, about: str) -> list[dict[str, Any]]:
    with tuneworthy.open(project) as workspace:
        return [e.result for e in workspace.evidence() if e.about == about]


# -- real models ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def other(
    tmp_path_factory: pytest.TempPathFactory, write_adapter: Callable[..., Path]
) -> Iterator[str]:
    """The URL of another model: the embedded one with a random adapter, served by ourselves."""
    pytest.importorskip("torch")
    adapter = write_adapter(tmp_path_factory.mktemp("served") / "adapter", size=0.5)
    command = [sys.executable, "-W", "ignore", "-m", "tuneworthy.adapters.model_server"]
    command += ["--base", str(embedded_model_dir()), "--adapter", str(adapter)]
    with subprocess.Popen(
        [*command, "--name", "other", "--threads", "1"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        yield f"http://127.0.0.1:{ready['port']}/v1"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_two_real_models_on_written_and_derived_prompts(run, project, other, monkeypatch):
    pytest.importorskip("torch")
    # A busy machine must not end the timing of single requests before the last.
    monkeypatch.setattr(asking, "LATENCY_SECONDS", math.inf)
    at = ("-C", str(project))
    prices = "prompt_price: 2, completion_price: 4"
    settle(project, "models:", f"  - {{at: '{other}', model: other, {prices}}}")
    rows = (project / "data" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    (project / "data" / "train.jsonl").write_text("\n".join(rows[:20]), encoding="utf-8")
    assert run(*at, "data", "build").code == 0
    done = run("--json", *at, "assess", "ceiling", "--derive")
    assert done.code == 0, done.err
    runs = done.json["runs"]
    by_name = {(one["arm"]["id"], one["model_name"]): one for one in runs}
    prompts = {"plain", "structured"}
    derived = {name for name, _ in by_name} - prompts - {"nearest"}
    assert len(derived) == 5
    assert set(by_name) == {
        ("nearest", ""),
        *((name, model) for name in prompts | derived for model in ("embedded", "other")),
    }
    for (name, model), one in by_name.items():
        assert one["score"]["n"] == 4
        assert bool(one["derived"]) is (name in derived)
        assert (one["latency"] is None) is (model == "")
        if model == "embedded":
            assert (one["latency"]["n"], one["latency"]["alone"]) == (4, True)
            assert (one["cost"], one["cost_per_success"]) == (None, None)
            assert one["cpu_seconds"] > 0
        if model == "other":
            assert (one["latency"]["n"], one["latency"]["alone"]) == (4, False)
            assert 0 < one["latency"]["p50"] <= one["latency"]["p95"] <= one["wall_seconds"]
            tokens = 2 * one["prompt_tokens"] + 4 * one["completion_tokens"]
            assert one["cost"] == pytest.approx(tokens / 1e6)
            assert one["cost_per_success"]["low"] > 0
    # As many worked examples as the training rows have labels, of the labels that there are.
    (few_shot,) = (name for name in derived if name.startswith("derived-few-shot-"))
    few = by_name[few_shot, "embedded"]["prompt_tokens"]
    assert few > by_name["derived-zero-shot", "embedded"]["prompt_tokens"]
    verdict = done.json["verdict"]
    assert verdict["prompts"] == 14
    assert verdict["sentence"].startswith(("A gap of", "Prompting reaches"))

    summary = claims(run, project, "ceiling.summary")[-1]
    assert (summary["models"], summary["prompt_variants"], summary["derived"]) == (2, 6, 10)
    assert summary["structured"] is True
    arms = claims(run, project, "ceiling.arm")
    assert len({arm["model"] for arm in arms}) == 3
    assert {arm["name"] for arm in arms if arm["structured"]} == {
        "structured",
        "derived-structured",
    }

    shown = run(*at, "eval", "show").out
    assert "derived-decomposed *" in shown
    assert "each sent alone" in shown
    again = run("--json", *at, "assess", "ceiling", "--derive")
    assert again.json == done.json, "finished runs are not run again"
    # What was derived once stays among the alternatives of a run that derives nothing.
    assert run(*at, "eval", "run").code == 0
    assert claims(run, project, "ceiling.summary")[-1] == summary
    assert run("--json", *at, "eval", "show").json["runs"] == runs


# -- endpoints --------------------------------------------------------------------------------


def test_endpoints_are_asked_at_the_same_time_within_their_bound(run, project, endpoint):
    slow = [endpoint(says(copies, 0.05)) for _ in range(2)]
    settle(
        project,
        f"models: [{{at: '{slow[1].url}', name: b, requests_at_once: 3}}]",
        base=slow[0].url + "#a",
    )
    at = ("-C", str(project))
    assert run(*at, "data", "build").code == 0
    begun = time.monotonic()
    done = run("--json", *at, "assess", "ceiling")
    assert done.code == 0, done.err
    assert [one.most_at_once for one in slow] == [8, 3]
    assert time.monotonic() - begun < 30
    assert done.json["verdict"]["reached"] is True
    assert done.json["verdict"]["sentence"].startswith("Prompting reaches the target")
    # They answer alike, so for all that can be seen they are one model.
    assert claims(run, project, "ceiling.summary")[-1]["models"] == 1
    text = run(*at, "assess", "ceiling").out
    assert "Prompting reaches the target" in text
    assert text.count("plain") >= 2


def test_stopped_in_the_middle_only_unfinished_arms_are_asked_again(start, run, project, endpoint):
    held = threading.Event()

    def answer(text: str) -> str:
        if text.startswith("STRUCTURED") and not held.is_set():
            held.wait(60)
        return copies(text)

    quick, slow = endpoint(says(copies)), endpoint(says(answer))
    settle(
        project,
        f"models: [{{at: '{slow.url}', name: slow}}]",
        base=quick.url + "#quick",
    )
    at = ("-C", str(project))
    assert run(*at, "data", "build").code == 0
    with start(*at, "assess", "ceiling") as process:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline and (
            len(quick.asked) < 2 * N or not any(t.startswith("STRUCT") for t in slow.asked)
        ):
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        time.sleep(0.5)  # until the quick one's last arm is written down
        process.kill()
        process.communicate(timeout=30)
    before = (len(quick.asked), len(slow.asked))
    assert before[0] == 2 * N
    assert N < before[1] <= N + 8
    held.set()
    done = run("--json", *at, "assess", "ceiling")
    assert done.code == 0, done.err
    assert len(done.json["runs"]) == 5
    again = [text.split()[0] for text in slow.asked[before[1] :]]
    assert again == ["STRUCTURED"] * N
    assert len(quick.asked) == before[0]
    assert run(*at, "audit", "verify").code == 0


def test_prices_may_be_set_after_the_run(run, project, endpoint):
    one = endpoint(says(copies))
    settle(project, base=one.url + "#a")
    at = ("-C", str(project))
    assert run(*at, "data", "build").code == 0
    assert "no price" not in run(*at, "assess", "ceiling").out
    asked = len(one.asked)
    settle(project, f"models: [{{at: '{one.url}#a', prompt_price: 1.5, completion_price: 3}}]")
    done = run("--json", *at, "assess", "ceiling")
    assert len(one.asked) == asked
    best = done.json["runs"][0]
    assert best["cost"] == pytest.approx(N * (10 * 1.5 + 2 * 3) / 1e6)
    assert best["cost_per_success"]["value"] == pytest.approx(best["cost"] / N)
    assert "Cost per success" in run(*at, "eval", "show").out


def test_tokens_that_nobody_counted_have_no_price(run, project, endpoint):
    def uncounted(text: str) -> tuple[int, str, bytes]:
        body = completion(copies(text), usage=None)
        return 200, "application/json", json.dumps(body).encode()

    one = endpoint(uncounted)
    settle(project, "prices: {prompt_per_million: 1, completion_per_million: 1}", base=one.url)
    at = ("-C", str(project))
    assert run(*at, "data", "build").code == 0
    best = run("--json", *at, "assess", "ceiling").json["runs"][0]
    assert (best["prompt_tokens"], best["cost"], best["cost_per_success"]) == (0, None, None)


# -- bad input --------------------------------------------------------------------------------


def closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_a_silent_endpoint_does_not_keep_the_others_from_finishing(run, project, endpoint):
    good = endpoint(says(copies))
    gone = f"http://127.0.0.1:{closed_port()}/v1"
    settle(project, f"models: [{{at: '{gone}', name: gone}}]", base=good.url + "#good")
    at = ("--json", "-C", str(project))
    assert run(*at, "data", "build").code == 0
    done = run(*at, "assess", "ceiling")
    assert (done.code, done.out) == (1, "")
    assert done.error["code"] == "endpoint_silent"
    assert "Model 'gone'" in done.error["message"]
    assert "3 runs are finished and kept" in done.error["why"]
    assert len(good.asked) == 2 * N
    kept = run(*at, "eval", "show").json["runs"]
    assert {one["arm"]["id"] for one in kept} == {"plain", "structured", "nearest"}
    assert claims(run, project, "ceiling.summary")[-1]["models"] == 1


HTML = b"<html><body>Welcome</body></html>"
NONSENSE = {
    "html": (200, "text/html", HTML),
    "html as json": (200, "application/json", HTML),
    "list": (200, "application/json", b"[1, 2]"),
    "text": (200, "application/json", b'"hello"'),
    "null": (200, "application/json", b"null"),
    "nothing": (200, "application/json", b""),
    "no choices": (200, "application/json", b'{"object": "chat.completion"}'),
    "choices of text": (200, "application/json", b'{"choices": "abc"}'),
    "choices of text in a list": (200, "application/json", b'{"choices": ["abc"]}'),
    "no message": (200, "application/json", b'{"choices": [{}]}'),
    "message of text": (200, "application/json", b'{"choices": [{"message": "hi"}]}'),
    "content of numbers": (200, "application/json", b'{"choices": [{"message": {"content": 3}}]}'),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_from_an_endpoint_is_a_clear_problem(endpoint, name):
    found = endpoint(lambda _: NONSENSE[name])
    client = load_endpoint(found.url, "m")
    request = ChatRequest(messages=(Message(role="user", content="hi"),))
    with pytest.raises(ModelProblem) as caught:
        client.chat([request])
    client.close()
    assert caught.value.code in ("endpoint_nonsense", "empty_answer")
    assert found.url in caught.value.message
    assert caught.value.fix


def test_counts_that_are_no_counts_are_not_believed(endpoint):
    odd = completion("hi", usage={"prompt_tokens": "many", "completion_tokens": -3})
    found = endpoint(lambda _: (200, "application/json", json.dumps(odd).encode()))
    client = load_endpoint(found.url, "m")
    reply = client.chat([ChatRequest(messages=(Message(role="user", content="hi"),))])[0]
    client.close()
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("hi", 0, 0)
    assert reply.seconds > 0


def test_one_bad_prompt_does_not_stop_the_model_and_two_bad_models_are_both_named(
    run, project, endpoint
):
    def picky(text: str) -> tuple[int, str, bytes]:
        if text.startswith("PLAIN"):
            return 400, "application/json", b'{"error": {"message": "too long"}}'
        return says(copies)(text)

    first, second = endpoint(picky), endpoint(lambda _: (200, "text/html", HTML))
    settle(project, f"models: [{{at: '{second.url}', name: page}}]", base=first.url + "#picky")
    at = ("--json", "-C", str(project))
    assert run(*at, "data", "build").code == 0
    done = run(*at, "assess", "ceiling")
    assert (done.code, done.error["code"]) == (1, "models_failed")
    assert "picky, page" in done.error["message"]
    assert "plain on picky" in done.error["why"]
    assert "structured on page" in done.error["why"]
    kept = run(*at, "eval", "show").json["runs"]
    assert {one["arm"]["id"] for one in kept} == {"structured", "nearest"}


def test_a_key_comes_from_the_environment_and_is_asked_for_first(
    run, project, endpoint, monkeypatch
):
    one = endpoint(says(copies))
    monkeypatch.delenv("CEILING_TEST_KEY", raising=False)
    settle(project, f"models: [{{at: '{one.url}#a', api_key_env: CEILING_TEST_KEY}}]")
    at = ("--json", "-C", str(project))
    assert run(*at, "data", "build").code == 0
    done = run(*at, "assess", "ceiling")
    assert (done.code, done.error["code"]) == (2, "no_api_key")
    assert "CEILING_TEST_KEY" in done.error["message"]
    assert one.asked == []
    assert not claims(run, project, "ceiling.arm"), "nothing is run before the key is there"
    monkeypatch.setenv("CEILING_TEST_KEY", "sk-secret")
    settle(project, base=f"{one.url}#a")
    assert run(*at, "assess", "ceiling").code == 0
    assert one.keys == {"sk-secret"}
    for path in (project / ".tuneworthy").rglob("*"):
        assert not path.is_file() or b"sk-secret" not in path.read_bytes()


def test_folders_that_are_not_there_are_told_together(run, project):
    settle(project, "models: [{at: ./nowhere}, {at: ./neither}]")
    at = ("--json", "-C", str(project))
    assert run(*at, "data", "build").code == 0
    done = run(*at, "assess", "ceiling")
    assert (done.code, done.error["code"]) == (2, "models_missing")
    assert "nowhere" in done.error["why"]
    assert "neither" in done.error["why"]


def test_the_same_weights_under_another_path_are_no_second_model(run, project):
    pytest.importorskip("torch")
    (project / "twin").symlink_to(embedded_model_dir())
    settle(project, "models: [{at: twin}]")
    at = ("--json", "-C", str(project))
    assert run(*at, "data", "build").code == 0
    done = run(*at, "assess", "ceiling")
    assert (done.code, done.error["code"]) == (2, "same_model_twice")
    assert "embedded and twin" in done.error["message"]


def test_duplicate_names_are_told_with_their_place(run, project):
    settle(project, "models: [{at: a, name: x}, {at: b, name: x}]")
    done = run("--json", "-C", str(project), "assess", "ceiling")
    assert (done.code, done.error["code"]) == (2, "bad_settings")
    assert "'x' is taken by another entry" in done.error["message"]
