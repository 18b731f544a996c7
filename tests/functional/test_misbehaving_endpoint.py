"""An endpoint that times out, limits, cuts off and says nothing: every case is told as it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.endpoint import Said, endpoint
from tests.fakes.small_project import edit, make_small
from tuneworthy.adapters import load_endpoint
from tuneworthy.cli.evaluate_suite import outcome_lines
from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.ports import ChatReply, ChatRequest
from tuneworthy.methods.canonical import short
from tuneworthy.workspace import Workspace

ARMS = 'plain: {arm: zero_shot, user: "{request}"}\n'


def asks(*texts: str) -> list[ChatRequest]:
    return [ChatRequest(messages=(Message(role="user", content=text),)) for text in texts]


def project(home: Path, url: str, *more: str) -> Path:
    """A small project over one endpoint with one prompt."""
    make_small(home)
    edit(home, "tuneworthy.yaml", "base_model: base", f"base_model: {url}#m")
    extra = ", ".join(["name: served", *more])
    with (home / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write(f"models: [{{at: '{url}#m', {extra}}}]\n")
    (home / "prompts.yaml").write_text(ARMS, encoding="utf-8")
    return home


def rows(workspace: Workspace, run: Any) -> list[dict[str, Any]]:
    blob = workspace._runtime.blobs.get(run.results)
    return [json.loads(line) for line in blob.splitlines()]


def third(text: str) -> int:
    """0, 1 or 2, the same for the same text."""
    return sum(text.encode()) % 3


def test_a_model_that_times_out_on_a_third_of_the_cases_gives_results_for_all(tmp_path):
    def answer(text: str, before: int) -> Said:
        return Said(text="x", seconds=4 if third(text) == 0 else 0)

    with endpoint(answer) as served:
        home = project(tmp_path / "p", served.url, "timeout_seconds: 1.5", "requests_at_once: 32")
        with Workspace(home) as workspace:
            workspace.build_data()
            run = workspace.run_alternatives()[0]
            results = rows(workspace, run)
            cases = {case.id: case for case in workspace.cases()}
        late = [row for row in results if third(cases[row["case"]].request) == 0]
        assert len(results) == run.score.n == len(cases)
        assert 0.15 * len(cases) < len(late) < 0.5 * len(cases)
        assert run.failed == len(late)
        for row in late:
            assert (row["score"], row["valid"], row["failed"]) == (0, False, True)
            assert row["error"] == "timed out"
        assert not any(row["failed"] for row in results if row not in late)
        assert run.latency is not None
        assert run.latency.n == len(results) - len(late), "a case that failed has no time"
        # Timeouts are tried twice, and a second command asks nobody.
        assert all(served.tries[text] == 2 for text in served.tries if third(text) == 0)
        asked = len(served.asked)
        with Workspace(home) as workspace:
            assert workspace.run_alternatives()[0] == run
        assert len(served.asked) == asked


def streamed(*pieces: str, wait: float = 0) -> Said:
    """The answer as server-sent events."""
    about = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    choices = [[{"index": 0, "delta": {"content": piece}}] for piece in pieces]
    lines = [f"data: {json.dumps({**about, 'choices': one})}\n\n" for one in choices]
    body = "".join([*lines, "data: [DONE]\n\n"]).encode()
    return Said(body=body, kind="text/event-stream", seconds=wait)


def test_the_first_token_of_an_endpoint_is_timed_where_it_is_asked_for(tmp_path):
    def answer(text: str, before: int) -> Said:
        return streamed("x", "y", wait=0.2) if before else Said(text="x")

    with endpoint(answer) as served:
        home = project(tmp_path / "p", served.url, "first_token_requests: 3")
        with Workspace(home) as workspace:
            workspace.build_data()
            run = workspace.run_alternatives()[0]
        assert run.latency is not None
        assert run.latency.first_p50 is not None
        assert 0.2 <= run.latency.first_p50 <= (run.latency.first_p99 or 0)
        assert sorted(served.tries.values())[-4:] == [1, 2, 2, 2]
        assert run.failed == 0


@pytest.mark.parametrize(
    "bad",
    [
        Said(status=400),
        Said(text="no stream"),
        Said(body=b"data: {nonsense\n\n", kind="text/event-stream"),
        Said(closed=True),
    ],
)
def test_an_endpoint_that_cannot_stream_loses_no_answer(tmp_path, bad):
    with endpoint(lambda _, before: bad if before else Said(text="x")) as served:
        home = project(tmp_path / "p", served.url, "first_token_requests: 3")
        with Workspace(home) as workspace:
            workspace.build_data()
            run = workspace.run_alternatives()[0]
    assert run.failed == 0
    assert run.latency is not None
    assert run.latency.first_p50 is None


def test_more_than_half_without_an_answer_stop_the_run_and_keep_the_rest(tmp_path):
    state = {"ill": True}

    def answer(text: str, before: int) -> Said:
        return Said(status=400) if state["ill"] and third(text) != 0 else Said(text="x")

    with endpoint(answer) as served:
        home = project(tmp_path / "p", served.url)
        with Workspace(home) as workspace:
            workspace.build_data()
            with pytest.raises(ModelProblem) as caught:
                workspace.run_alternatives()
            assert caught.value.code == "endpoint_failed"
            assert "could not be answered" in caught.value.why
            n = len(workspace.cases())
        answered = {text for text in served.asked if third(text) == 0}
        assert answered
        state["ill"] = False
        before = served.tries
        with Workspace(home) as workspace:
            run = workspace.run_alternatives()[0]
        assert (run.failed, run.score.n) == (0, n)
        assert run.remembered == len(answered)
        assert run.wall_seconds is None
        assert all(served.tries[text] == before[text] for text in answered), "kept, not asked"


def test_failed_cases_are_asked_once_more_when_told_to(tmp_path):
    state = {"ill": True}

    def answer(text: str, before: int) -> Said:
        return Said(status=400) if state["ill"] and third(text) == 0 else Said(text="x")

    with endpoint(answer) as served:
        home = project(tmp_path / "p", served.url)
        with Workspace(home) as workspace:
            workspace.build_data()
            first = workspace.run_alternatives()[0]
            assert first.failed > 0
            state["ill"] = False
            assert workspace.run_alternatives()[0] == first, "a finished run stands"
            second = workspace.run_alternatives(again=True)[0]
            asked = len(served.asked)
            assert workspace.run_alternatives(again=True)[0] == second
        assert second.id == first.id
        assert (second.failed, second.remembered) == (0, first.score.n - first.failed)
        assert asked == len(served.asked) == first.score.n + first.failed


def test_empty_cut_off_and_misshapen_answers_are_counted_and_score_nothing(tmp_path):
    def answer(text: str, before: int) -> Said:
        kinds = (Said(text=" \n"), Said(text="and so on " * 9, finish="length"), Said(text="{"))
        return kinds[third(text)]

    with endpoint(answer) as served:
        home = project(tmp_path / "p", served.url)
        edit(home, "tuneworthy.yaml", "metric: exact_match", "metric: json_match")
        with Workspace(home) as workspace:
            workspace.build_data()
            run = workspace.run_alternatives()[0]
            cases = workspace.cases()
    kinds = [third(case.request) for case in cases]
    assert run.empty == kinds.count(0) > 0
    assert run.cut_off == kinds.count(1) > 0
    assert run.invalid == kinds.count(1) + kinds.count(2)
    assert (run.failed, run.score.value, run.valid_share) == (0, 0, 0)


def test_a_suite_tells_what_was_not_answered_and_where_to_look(tmp_path):
    def answer(text: str, before: int) -> Said:
        return (Said(status=400), Said(text=""), Said(text="yes"))[third(text)]

    with endpoint(answer) as served:
        home = project(tmp_path / "p", served.url)
        cases = [
            {"id": str(n), "request": f"Is it {n}?", "expected": "yes", "segment": "s"}
            for n in range(40)
        ]
        kinds = [third(case["request"]) for case in cases]
        (home / "suites").mkdir()
        (home / "suites/asked.jsonl").write_text("\n".join(map(json.dumps, cases)))
        (home / "suites/asked.yaml").write_text(
            'cases: asked.jsonl\nmetrics: [{name: exact_match}]\nprompt: {user: "{request}"}\n'
        )
        with Workspace(home) as workspace:
            workspace.build_data()
            (found,) = workspace.run_suites(("asked",), tuned=False)
            told = found.base_run
            assert told is not None
            assert found.candidate_run is None
            assert (told.failed, told.empty) == (kinds.count(0), kinds.count(1))
            assert len(workspace.kept_cases(short(told.run))) == 40
        shown = "\n".join(outcome_lines([found]))
        assert f"asked, base: of 40 answers {told.failed} not answered (score 0; --again" in shown
        assert f"{told.empty} empty (score 0)" in shown
        assert f"tuneworthy eval show {short(told.run)} --cases" in shown


def test_a_limit_holds_every_thread_back_until_the_endpoint_is_ready(tmp_path):
    def answer(text: str, before: int) -> Said:
        if text == "0" and before == 0:
            return Said(status=429, headers={"retry-after": "3"})
        return Said(seconds=0.05)

    with endpoint(answer) as served:
        client = load_endpoint(served.url, "m", at_once=2)
        replies = client.chat(asks(*map(str, range(12))))
        client.close()
    assert all(reply.text == "ok" and not reply.error for reply in replies)
    assert served.tries["0"] == 2
    refused = served.moments[served.asked.index("0")]
    # On a busy machine the refusal is heard late; by then a request may be on its way.
    quiet = [at - refused for at in served.moments if 1 < at - refused < 2.95]
    assert quiet == [], "nobody asks while the endpoint said to wait"


def test_no_requests_left_is_kept_before_there_is_any_refusal(tmp_path):
    def answer(text: str, before: int) -> Said:
        left = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "600ms"}
        return Said(headers=left if text == "1" else {})

    with endpoint(answer) as served:
        client = load_endpoint(served.url, "m", at_once=1)
        client.chat(asks("0", "1", "2"))
        client.close()
    assert served.moments[2] - served.moments[1] >= 0.6
    assert served.moments[1] - served.moments[0] < 0.5


@pytest.mark.parametrize(
    "bad",
    [Said(status=500), Said(status=503, headers={"retry-after": "0"}), Said(closed=True)],
    ids=["500", "503", "cut"],
)
def test_what_passes_is_tried_again(bad):
    with endpoint(lambda _, before: bad if before == 0 else Said()) as served:
        client = load_endpoint(served.url, "m")
        assert client.chat(asks("a"))[0].text == "ok"
        client.close()
    assert served.tries == {"a": 2}


def test_what_will_not_pass_is_not_tried_again():
    with endpoint(lambda _, before: Said(status=422)) as served:
        client = load_endpoint(served.url, "m")
        with pytest.raises(ModelProblem) as caught:
            client.chat(asks("a"))
        client.close()
    assert caught.value.code == "endpoint_failed"
    assert served.tries == {"a": 1}


def test_a_refused_key_ends_the_asking_however_much_may_fail():
    with endpoint(lambda _, before: Said(status=401)) as served:
        client = load_endpoint(served.url, "m", at_once=2)
        heard: list[ChatReply] = []
        with pytest.raises(ModelProblem) as caught:
            client.answer_each(
                asks(*map(str, range(40))), lambda found: heard.extend(found.values()), may_fail=40
            )
        client.close()
    assert caught.value.code == "endpoint_refused_key"
    assert len(served.asked) < 10


def test_a_whole_batch_of_failures_does_not_go_on_for_ever():
    with endpoint(lambda _, before: Said(status=400)) as served:
        client = load_endpoint(served.url, "m", at_once=4)
        with pytest.raises(ModelProblem):
            client.answer_each(asks(*map(str, range(200))), lambda found: None, may_fail=100)
        client.close()
    assert len(served.asked) < 60


def test_half_a_character_is_no_reason_to_lose_the_answer():
    body = b'{"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", '
    said = Said(body=body + b'"content": "a\\ud83d"}}]}')
    with endpoint(lambda _, before: said) as served:
        client = load_endpoint(served.url, "m")
        text = client.chat(asks("a"))[0].text
        client.close()
    assert text == "a?"
