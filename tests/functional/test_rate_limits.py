"""What one API key may ask of the gateway within a minute, told as OpenAI's clients expect it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

import tuneworthy
from tests.fakes.echo_model import echo_model
from tests.fakes.small_project import write_rows
from tuneworthy.api.hosting import Host, limits_of
from tuneworthy.api.server import GatewayServer
from tuneworthy.api.state import Backend, GatewayRuntime, Permit, Snapshot
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.errors import Problem
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.core.ports import BaseIdentity
from tuneworthy.lifecycle.backends import Address, Backends
from tuneworthy.serve.key_ring import ring_of
from tuneworthy.serve.segments import SegmentWriter
from tuneworthy.workspace import Workspace

WORDS: Any = [{"role": "user", "content": "x" * 400}]


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with echo_model() as url:
        yield url


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tuneworthy.init(tmp_path / "p")
    return tmp_path / "p"


@contextmanager
def gateway(work: Workspace, model: str) -> Iterator[GatewayServer]:
    """With what the project's file says."""
    manifest = ServingManifest(
        id="m", route="r", version="v", base="", adapter="", tokenizer="", template="",
        dataset="", training_run="", approvals=(), created_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    spool = work.folder / "spool"
    spool.mkdir()
    runtime = GatewayRuntime(
        Snapshot(
            {"r": Route(id="r", production="m", salt="s")},
            {"m": manifest},
            {"m": Backend(model, "echo")},
            {"m": Permit(True)},
        ),
        writer=SegmentWriter(spool),
        clock=SystemClock(),
        keys=lambda: ring_of(work.api_keys()),
        allowance=limits_of(work.project),
    )
    with GatewayServer(runtime) as server:
        yield server


def limited(home: Path, text: str) -> Workspace:
    with (home / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\ngateway: {text}\n")
    work: Workspace = tuneworthy.open(home)
    return work


def client(server: GatewayServer, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.url, api_key=key, max_retries=0)


def test_requests_of_one_key_are_limited_and_others_are_not(home: Path, model: str) -> None:
    with limited(home, "{requests_per_minute: 3}") as work:
        keys = [work.create_api_key(name, ["chat"]).token for name in ("shop", "desk")]
        with gateway(work, model) as server:
            with client(server, keys[0]) as shop, client(server, keys[1]) as desk:
                for _ in range(2):
                    shop.chat.completions.create(model="r", messages=WORDS)
                shop.models.list()
                for ask in (
                    lambda: shop.chat.completions.create(model="r", messages=WORDS),
                    lambda: shop.models.list(),
                ):
                    with pytest.raises(openai.RateLimitError) as refused:
                        ask()
                    body: Any = refused.value.body
                    assert refused.value.status_code == 429
                    assert 1 <= int(refused.value.response.headers["retry-after"]) <= 60
                    assert (body["type"], body["code"]) == (
                        "rate_limit_error",
                        "rate_limit_exceeded",
                    )
                    assert "3 requests of the last minute" in body["message"]
                    assert "gateway.requests_per_minute" in body["fix"]
                desk.chat.completions.create(model="r", messages=WORDS)
            with client(server, "twk_none") as nobody, pytest.raises(openai.AuthenticationError):
                nobody.models.list()


@pytest.mark.parametrize("streamed", [False, True])
def test_tokens_of_one_key_are_limited(home: Path, model: str, streamed: bool) -> None:
    """The backend does not count, so four bytes are a token: about 220 an exchange."""
    with limited(home, "{tokens_per_minute: 300}") as work:
        token = work.create_api_key("shop", ["chat"]).token
        with gateway(work, model) as server, client(server, token) as shop:
            for _ in range(2):  # the second overdraws
                shop.chat.completions.create(model="r", messages=WORDS)
            with pytest.raises(openai.RateLimitError) as refused:
                shop.chat.completions.create(model="r", messages=WORDS, stream=streamed)
            body: Any = refused.value.body
            assert "300 tokens of the last minute" in body["message"]


def test_an_open_gateway_counts_everybody_as_one(home: Path, model: str) -> None:
    with (
        limited(home, "{requests_per_minute: 1}") as work,
        gateway(work, model) as server,
        client(server, "a") as one,
        client(server, "b") as other,
    ):
        one.models.list()
        with pytest.raises(openai.RateLimitError):
            other.models.list()


def test_the_started_gateway_keeps_what_the_file_says(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = Address("http://127.0.0.1:1/v1", "base")
    monkeypatch.setattr(Backends, "address", lambda *_: nobody)
    write_rows(home)
    with limited(home, "{requests_per_minute: 1}") as work:
        work.build_data()
        given = BaseIdentity(base="b", tokenizer="t", template="c")
        work._runtime.__dict__["base_identity"] = given
        with Host(work) as host, openai.OpenAI(base_url=host.url, api_key="any") as one:
            one.models.list()
            with pytest.raises(openai.RateLimitError):
                one.with_options(max_retries=0).models.list()


def test_without_a_setting_nothing_is_counted(home: Path, model: str) -> None:
    with tuneworthy.open(home) as work:
        assert limits_of(work.project) is None
        with gateway(work, model) as server, client(server, "any") as one:
            for _ in range(50):
                one.models.list()


@pytest.mark.parametrize("text", ["{requests_per_minute: 0}", "{processes: 0}", "{tokens: 5}"])
def test_a_number_that_is_none_is_told_with_its_place(home: Path, text: str) -> None:
    with pytest.raises(Problem) as caught:
        limited(home, text)
    assert "gateway" in f"{caught.value} {caught.value.why}"
