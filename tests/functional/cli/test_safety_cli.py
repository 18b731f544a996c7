"""Gaps that a model closes, each command typed: with the embedded model and a tuned version."""

import json
import math
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import tuneworthy
from tests.functional.test_whole_path import approve, arrange
from tuneworthy.adapters import embedded_model_dir
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import metric_of
from tuneworthy.evaluate.suites_shipped import NAMES, shipped_path
from tuneworthy.lifecycle import training
from tuneworthy.lifecycle.wiring import open_runtime

Run = Callable[..., Any]
ROWS = {"train": 24, "validation": 4, "test": 50}
GAPS = ("D3.4.general", "D4.3.safety", "D4.4.loss", "D4.4.canaries")


class Typed(NamedTuple):
    """A project after every command was typed, and what each command left open."""

    home: Path
    closed: dict[str, list[str]]
    left: dict[str, list[str]]


@pytest.fixture(scope="module")
def typed(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """The example `tools` on few rows, with two canaries: its gaps' commands, typed in order.

    So few rows allow no tuning, so the verdict alone is put on record.
    """
    pytest.importorskip("torch")
    home = tmp_path_factory.mktemp("project")
    cut(home)
    found = Typed(home, {}, {})
    type_in(run, found, "tuneworthy data build")
    type_in(run, found, "tuneworthy eval run")
    type_in(run, found, "tuneworthy train plan")
    with tuneworthy.open(home, actor="emeka") as work:
        work.register_people()
        arrange(home, "decision.verdict", allows_tuning=True, verdict="PILOT")
        work.attest("retention_class", home / "retention-class.md", "bruno")
        approve(work, "start")
        work.attest("labelling_guide", home / "labelling-guide.md", "ada")
        approve(work, "build")
    type_in(run, found, "tuneworthy train start")
    type_in(run, found, "tuneworthy eval run --tuned")
    return found


@pytest.fixture(scope="module")
def tuned(typed: Typed) -> Path:
    return typed.home


def cut(home: Path) -> None:
    tuneworthy.init(home, "tools")
    lines = (home / "data/calls.jsonl").read_text(encoding="utf-8").splitlines()
    left, kept = dict(ROWS), []
    for line in lines:
        split = json.loads(line)["split"]
        if left[split]:
            left[split] -= 1
            kept.append(line)
    (home / "data/calls.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    path = home / "tuneworthy.yaml"
    text = re.sub("max_new_tokens: .*", "max_new_tokens: 8", path.read_text(encoding="utf-8"))
    path.write_text(f"{text}\ncanaries: 2\n", encoding="utf-8")


def type_in(run: Run, typed: Typed, command: str) -> None:
    """Type a command, and sort the gaps that said it was enough: closed by it, or still open."""

    def gaps() -> dict[str, bool]:
        """Open gaps that name the command, and whether typing it is said to be enough."""
        card = run("--json", "-C", str(typed.home), "assess", "scorecard").json
        return {
            p["id"]: p["reachable"] and not p["first"]
            for d in card["dimensions"]
            for p in d["predicates"]
            if p["command"] == command and not p["held"]
        }

    before = {id_ for id_, enough in gaps().items() if enough}
    done = run("-C", str(typed.home), *command.split()[1:])
    assert done.code == 0, (command, done.err)
    after = set(gaps())
    typed.closed[command] = sorted(before - after)
    typed.left[command] = sorted(before & after)


def held(run: Callable[..., Any], home: Path) -> dict[str, tuple[bool, str]]:
    card = run("--json", "-C", str(home), "assess", "scorecard").json
    return {p["id"]: (p["held"], p["command"]) for d in card["dimensions"] for p in d["predicates"]}


def test_typing_the_command_of_a_gap_closes_it(typed):
    """What a gap says is enough is enough, but for one thing: whether the tuned model gains."""
    assert typed.left.pop("tuneworthy eval run --tuned") == ["D1.4.gain"]
    assert not any(typed.left.values()), typed.left
    closed = {gap for gaps in typed.closed.values() for gap in gaps}
    assert {"D1.2.baseline", "D1.3.prompts", "D1.3.retrieval", "D3.2.suite", "D3.3.base"} <= closed
    assert {"D5.2.estimate", "D5.3.run", "D5.3.digests", "D5.3.proof", "D4.3.compute"} <= closed


def test_what_measuring_again_cannot_mend_is_said(run, typed):
    card = run("--json", "-C", str(typed.home), "assess", "scorecard").json
    first = {p["id"]: p["first"] for d in card["dimensions"] for p in d["predicates"]}
    assert (
        first["D1.4.gain"] == "this version was measured and does not reach it; train another one"
    )
    assert "until 385 are in the test part; it has 50" in first["D3.4.power"]
    assert first["D5.4.estimates"].startswith("3 runs are needed")
    assert "Ctrl+C" in first["D5.4.resume"]
    assert first["D3.4.judge"] == "name a model under 'judges' in tuneworthy.yaml"


def test_typing_the_command_of_the_safety_gaps_closes_them(run, tuned):
    before = held(run, tuned)
    assert {before[gap] for gap in GAPS} == {(False, "tuneworthy eval run --safety")}
    done = run("--json", "-C", str(tuned), "eval", "suite", "add", "safety", "general")
    assert [Path(file).stem for file in done.json["files"]] == list(NAMES)
    for name in NAMES:  # three cases each, so that the test ends
        path = tuned / "suites" / f"{name}.jsonl"
        path.write_text("".join(path.read_text("utf-8").splitlines(True)[:3]), encoding="utf-8")
    said = run("--json", "-C", str(tuned), "eval", "run", "--safety")
    assert said.code == 0, said.err
    found = {one["name"]: one for one in said.json["suites"]}
    assert {name: one["n"] for name, one in found.items()} == dict.fromkeys(NAMES, 3)
    assert all(one["base"] and one["candidate"] for one in found.values())
    assert said.json["extraction"]["candidate"]["planted"] == 2
    assert said.json["leaks"]["n"] == 12
    after = held(run, tuned)
    assert {gap: after[gap][0] for gap in GAPS} == dict.fromkeys(GAPS, True)
    shown = run("-C", str(tuned), "eval", "run", "--safety")
    assert (
        "Extraction: 0 of 2 canaries come out of the tuned model, 0 out of the base." in shown.out
    )
    who = ("red-team", "run", "--by", "goran", "--owner", "farida")
    attacked = run("--json", "-C", str(tuned), "eval", *who).json
    assert (attacked["attacker"], attacked["automated"]) == ("goran", True)
    assert 3 < attacked["attempts"] + attacked["unanswered"] < 12
    plain = run("-C", str(tuned), "eval", "red-team", "show")
    assert f"goran attacked with the attacks that come with Tuneworthy: {attacked['attempts']}" in (
        plain.out
    )
    assert "its weights proved: measured." in plain.out
    assert "attempts >= 20 does not hold" in run("-C", str(tuned), "gate", "show", "proof").out


def test_safety_is_a_run_of_its_own(run, tuned):
    for other in ("--tuned", "--suite=refusal"):
        refused = run("--json", "-C", str(tuned), "eval", "run", "--safety", other)
        assert (refused.code, refused.error["code"]) == (2, "safety_alone")
    refused = run("--json", "-C", str(tuned), "eval", "suite", "add", "sfety")
    assert (refused.code, refused.error["code"]) == (2, "no_shipped_suite")
    refused = run(
        "--json", "-C", str(tuned), "eval", "garak", "--probes", "dan", "--garak", "no-such-garak"
    )
    assert (refused.code, refused.error["code"]) == (2, "no_garak")


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of PEFT, in the plain pass
def test_perplexity_of_the_tuned_model_is_that_of_a_plain_forward_pass(
    run, tuned, tmp_path, monkeypatch
):
    from tuneworthy.adapters.torch_runtime import DTYPE_VARIABLE  # noqa: PLC0415

    monkeypatch.setenv(DTYPE_VARIABLE, "float32")
    home = shutil.copytree(tuned, tmp_path / "project")
    texts = [f'{{"name": "find_{n}", "arguments": {{"id": {n}}}}}' for n in range(3)]
    (home / "texts.jsonl").write_text(
        "".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8"
    )
    at = ("--json", "-C", str(home), "eval", "perplexity")
    found = run(*at, str(home / "texts.jsonl"), "--tuned").json
    runtime = open_runtime(home, clock=SystemClock())
    version = training.current_version(runtime)
    adapter = runtime.blobs.get_tree(version.adapter, tmp_path / "adapter")
    runtime.close()
    for side, folder in (("base", None), ("candidate", adapter)):
        assert found[side]["bits_per_byte"] == pytest.approx(bits(texts, folder), abs=1e-4)
    assert found["candidate"]["bits_per_byte"] < found["base"]["bits_per_byte"]
    assert (found["verdict"], found["candidate"]["model"]) == ("too few cases", version.id)


def bits(texts: list[str], adapter: Path | None) -> float:
    """Bits per byte by transformers and PEFT alone."""
    import peft
    import torch
    import transformers

    base = embedded_model_dir()
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(base)
    model: Any = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    if adapter is not None:
        model = peft.PeftModel.from_pretrained(model, adapter)
    total = 0.0
    for text in texts:
        said = tokenizer(text, add_special_tokens=False).input_ids
        ids = torch.tensor([[tokenizer.bos_token_id, *said]])
        with torch.no_grad():
            total += float(model(ids, labels=ids).loss) * (ids.shape[1] - 1)
    return total / math.log(2) / sum(len(text.encode()) for text in texts)


def rows(name: str) -> list[dict[str, Any]]:
    text = shipped_path(name).with_suffix(".jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_suite_has_ten_cases_a_category_and_none_twice(name):
    cases = rows(name)
    by_category = Counter(case["segment"] for case in cases)
    assert min(by_category.values()) >= 10
    assert len({case["id"] for case in cases}) == len(cases)
    assert len({(case["request"], case.get("context", "")) for case in cases}) == len(cases)


def test_an_injected_order_never_holds_what_obeying_writes():
    metric = metric_of(MetricSettings(name="forbidden"))
    for row in rows("injection"):
        case = Case.model_validate(row)
        assert metric(f"{case.request} {case.context}", case).score == 1, case.id
        assert metric(case.forbidden[0].lower(), case).score == 0, case.id
