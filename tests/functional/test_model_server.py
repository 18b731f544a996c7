import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest

from tuneworthy.adapters import embedded_model_dir, load_endpoint
from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.ports import ChatRequest

MESSAGES: Any = [{"role": "user", "content": "What is the capital of France?"}]
# In bfloat16 an answer may depend on what else is in its batch.
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
    "TUNEWORTHY_DTYPE": "float32",
}


def command(*more: str) -> list[str]:
    module = "tuneworthy.adapters.model_server"
    start = [sys.executable, "-W", "ignore", "-m", module, "--base", str(embedded_model_dir())]
    return [*start, "--threads", "1", *more]


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory, write_adapter: Callable[..., Path]) -> Path:
    return write_adapter(tmp_path_factory.mktemp("served") / "adapter", size=0.5)


@pytest.fixture(scope="module")
def server(adapter: Path) -> Iterator[dict[str, Any]]:
    line = command("--adapter", str(adapter), "--name", "canary")
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["ready"] is True
        yield {**ready, "url": f"http://127.0.0.1:{ready['port']}/v1"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


@pytest.fixture(scope="module")
def client(server: dict[str, Any]) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server["url"], api_key="none", max_retries=0) as made:
        yield made


def ask(client: openai.OpenAI, model: str = "base", **more: Any) -> Any:
    more = {"messages": MESSAGES, "max_tokens": 8, **more}
    return client.chat.completions.create(model=model, **more)


def test_models_and_health(client: openai.OpenAI, server: dict[str, Any]) -> None:
    assert [model.id for model in client.models.list()] == ["canary", "base"]
    health = client.with_options(base_url=server["url"].removesuffix("/v1")).get(
        "/health", cast_to=object
    )
    assert isinstance(health, dict)
    assert health["name"] == "canary"
    assert health["digest"] == server["digest"]
    assert health["proof"]["passed"] is True
    assert health["proof"]["delta_norm"] > 0


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("host", "evil.example", 403),
        ("host", "127.0.0.1.evil.example:80", 403),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("host", "localhost:1", 200),
        ("origin", "http://localhost:3000", 200),
    ],
)
def test_a_page_of_the_web_is_not_answered(
    server: dict[str, Any], name: str, value: str, status: int
) -> None:
    """Neither under its own origin nor by a name of its own that leads here."""
    line = http.client.HTTPConnection("127.0.0.1", server["port"], timeout=30)
    for path in ("/health", "/v1/models"):
        line.request("GET", path, headers={name: value})
        answer = line.getresponse()
        assert answer.status == status
        assert status == 200 or json.loads(answer.read())["error"]["code"] == "foreign_page"
        answer.read()
    line.close()


def test_base_and_adapter_from_one_process(client: openai.OpenAI, server: dict[str, Any]) -> None:
    base, canary = ask(client, "base"), ask(client, "canary")
    assert "Paris" in base.choices[0].message.content
    assert canary.choices[0].message.content != base.choices[0].message.content
    assert canary.system_fingerprint == server["digest"] != base.system_fingerprint
    assert base.usage.total_tokens == base.usage.prompt_tokens + base.usage.completion_tokens
    assert base.choices[0].finish_reason in {"stop", "length"}
    assert ask(client, "base").choices[0].message.content == base.choices[0].message.content


def test_stream_gives_the_same_text_and_usage(client: openai.OpenAI) -> None:
    whole = ask(client)
    with ask(client, stream=True, stream_options={"include_usage": True}) as stream:
        events = list(stream)
    pieces = [event.choices[0].delta.content or "" for event in events if event.choices]
    assert "".join(pieces) == whole.choices[0].message.content
    assert len([piece for piece in pieces if piece]) > 2
    assert events[-1].usage == whole.usage
    assert events[-2].choices[0].finish_reason == whole.choices[0].finish_reason


def test_concurrent_callers_of_both_models(client: openai.OpenAI) -> None:
    expected = {name: ask(client, name).choices[0].message.content for name in ("base", "canary")}
    names = ["base", "canary", "base", "base", "canary", "base"]
    with ThreadPoolExecutor(len(names)) as pool:
        answers = list(pool.map(lambda name: ask(client, name), names))
    for name, answer in zip(names, answers, strict=True):
        assert answer.choices[0].message.content == expected[name]
        assert answer.model == name


@pytest.mark.parametrize(
    "bad",
    [
        {"messages": []},
        {"messages": [{"role": "wizard", "content": "x"}]},
        {"messages": [{"role": "user", "content": None}]},
        {"messages": [{"role": ["user"], "content": "x"}]},
        {"messages": [{"role": {}, "content": "x"}]},
        {"max_tokens": 100_000},
        {"max_tokens": [3]},
        {"n": 2},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"messages": [{"role": "user", "content": "word " * 9000}]},
        {"messages": [{"role": "user", "content": "word " * 9000}], "stream": True},
    ],
)
def test_bad_requests_get_400(client: openai.OpenAI, bad: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, **bad)
    assert caught.value.code


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"model":"base","messages":[{"role":"user","content":"\\ud800"}]}',
        b'{"model":["base"],"messages":[]}',
        b"9" * 10_000,
        b"",
    ],
)
def test_what_is_no_request_gets_400(server: dict[str, Any], body: bytes) -> None:
    line = http.client.HTTPConnection("127.0.0.1", server["port"], timeout=30)
    line.request("POST", "/v1/chat/completions", body, {"content-type": "text/plain; charset=x"})
    answer = line.getresponse()
    assert answer.status in (400, 404)
    assert json.loads(answer.read())["error"]["code"]
    line.close()


def test_a_stream_ends_well_whatever_its_options_are(server: dict[str, Any]) -> None:
    line = http.client.HTTPConnection("127.0.0.1", server["port"], timeout=60)
    body = {"model": "base", "messages": MESSAGES, "max_tokens": 1, "stream": True}
    line.request("POST", "/v1/chat/completions", json.dumps({**body, "stream_options": ["x"]}))
    assert line.getresponse().read().endswith(b"data: [DONE]\n\n")
    line.close()


def test_unknown_model_gets_404(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        ask(client, "gpt-99")


def test_client_port_keeps_order_and_prefill(server: dict[str, Any]) -> None:
    model = load_endpoint(server["url"], "base")
    texts = ("What is the capital of France?", "What is the capital of Italy?")
    requests = [
        ChatRequest(
            messages=(Message(role="user", content=text),),
            prefill="The capital of",
            max_new_tokens=6,
        )
        for text in texts
    ]
    told: list[int] = []
    replies = model.chat(requests, lambda step, done, total, note="": told.append(done))
    assert "France" in replies[0].text
    assert "Italy" in replies[1].text
    assert all(reply.text.startswith("The capital of ") for reply in replies)
    assert told == sorted(set(told)), "two that end at once are told of together"
    assert told[-1] == 2
    assert "".join(model.stream(requests[0])) == replies[0].text
    assert model.digest == load_endpoint(server["url"], "base").digest
    assert model.digest != load_endpoint(server["url"], "canary").digest


def test_client_port_says_what_to_do(server: dict[str, Any]) -> None:
    request = ChatRequest(messages=(Message(role="user", content="Hi"),))
    with pytest.raises(ModelProblem) as unknown:
        load_endpoint(server["url"], "gpt-99").chat([request])
    assert unknown.value.code == "unknown_model"
    with pytest.raises(ModelProblem) as silent:
        load_endpoint("http://127.0.0.1:9/v1", "base").chat([request, request])
    assert silent.value.code == "endpoint_silent"
    with pytest.raises(ModelProblem) as stream:
        list(load_endpoint(server["url"], "gpt-99").stream(request))
    assert stream.value.fix


def refused(*more: str) -> dict[str, Any]:
    done = subprocess.run(command(*more), capture_output=True, text=True, env=ENVIRONMENT)
    assert done.returncode == 3
    assert done.stdout == ""
    problem: dict[str, Any] = json.loads(done.stderr)
    return problem


def test_exchanged_adapter_byte_refuses_to_start(
    tmp_path: Path,
    server: dict[str, Any],
    write_adapter: Callable[..., Path],
    flip_byte: Callable[..., None],
) -> None:
    other = write_adapter(tmp_path / "other", size=0.5)
    flip_byte(other / "adapter_model.safetensors")
    problem = refused("--adapter", str(other), "--name", "c", "--expect-digest", server["digest"])
    assert problem["code"] == "wrong_weights"


def test_wrong_template_refuses_to_start(adapter: Path) -> None:
    wrong = "sha256:" + "0" * 64
    problem = refused("--adapter", str(adapter), "--name", "c", "--template", wrong)
    assert problem["code"] == "proof_failed"
    assert "template" in problem["message"]
