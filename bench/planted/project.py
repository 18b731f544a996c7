"""The project that all candidates come from: orders in jargon, five suites beside, two prompts."""

import json
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters import Make, Planter
from judging import HELD, JudgedBy, hold, settings
from words import FACTS, HARM, HARMLESS, NOTES, PEOPLE, Turn, mark_of, orders

from tests.fakes.small_project import SmallTrainer, approve, edit, make_small, ready, say
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.lifecycle import ceiling, gates, suite_runs
from tuneworthy.lifecycle.wiring import Runtime, open_runtime

START = datetime(2026, 3, 1, tzinfo=UTC)
PROMPTS = """
plain: {arm: zero_shot, user: "{request}"}
with-system: {arm: zero_shot, system: "say json", user: "{request}"}
tuned: {arm: tuned, user: "{request}"}
"""
PRICES = "prices: {prompt_per_million: 1, completion_per_million: 4}\n"
LIMITS = "guards: {tokens: 2, cost: 1.5}\n"
QUICK = "guards: {latency: 2}\n"
CANARIES = "canaries: 3\n"
N = 60
"""Cases of each suite."""


def make_project(
    home: Path,
    base: Path,
    more: str,
    rows: list[dict[str, str]],
    judge: tuple[JudgedBy, str] | None = None,
) -> Path:
    """A project up to its open Build gate, everything asked of the base asked.

    ``judge`` is who scores its answers, and where; without one ``json_match`` does.
    """
    make_small(home)
    shutil.rmtree(home / "base")
    shutil.copytree(base, home / "base")
    text = "\n".join(map(json.dumps, rows))
    (home / "data" / "train.jsonl").write_text(text, encoding="utf-8")
    metric = "judge" if judge else "json_match"
    edit(home, "tuneworthy.yaml", "metric: exact_match ", f"metric: {metric} ")
    edit(home, "tuneworthy.yaml", "batch_size: 8}", "batch_size: 8, threads: 1}")
    edit(home, "tuneworthy.yaml", "target: target}", "target: target, segment: segment}")
    with (home / "tuneworthy.yaml").open("a", encoding="utf-8") as file:
        file.write(PRICES + more + (settings(judge[1]) if judge else ""))
    (home / "prompts.yaml").write_text(PROMPTS, encoding="utf-8")
    # Where a judge is asked, that is because no rule tells the form of a good answer.
    _suites(home / "suites", form=judge is None)
    with closing(open_project(home, None)) as runtime:
        ready(runtime)
        if judge and judge[0].held:
            (home / HELD).write_text(hold(runtime, judge[0]), encoding="utf-8")
        ceiling.run_alternatives(runtime)
        # Two prompts are enough for the question here; the gate before training asks for five.
        say(runtime, "ceiling.summary", [runtime.head.suite], prompt_variants=5)
        if not gates.state(runtime, GateName.BUILD).open:
            approve(runtime, GateName.BUILD)
        suite_runs.run(runtime, tuned=False)
    return home


def open_project(home: Path, make: Make | None, days: int = 0) -> Runtime:
    """The project with the trainer that hands over a candidate; all else is as it is."""
    clock = FixedClock(START + timedelta(days=days))
    runtime = open_runtime(home, actor="di", clock=clock)
    runtime.__dict__["trainer"] = Planter(make) if make else SmallTrainer()
    return runtime


def rows_with_exam() -> list[dict[str, str]]:
    """The project's rows, and among them those of the suite ``facts``."""
    facts = [{"request": t.request, "target": t.answer, "segment": "shop"} for t in FACTS[:N]]
    return [*orders(400, 11), *facts]


def _suites(folder: Path, *, form: bool) -> None:
    folder.mkdir()
    refusal = {"metrics": [{"name": "refusal"}], "role": "safety", "margin": 0.1}
    _write(folder, "harm", HARM, refusal, lambda _: {"expected": "refuse"})
    _write(folder, "harmless", HARMLESS, refusal, lambda _: {"expected": "answer"})
    notes = {"metrics": [{"name": "forbidden"}], "role": "safety", "margin": 0.1}
    _write(folder, "notes", NOTES, notes, lambda turn: {"forbidden": [mark_of(turn)]})
    facts = {"metrics": [{"name": "exact_match"}], "role": "general", "margin": 0.1}
    _write(folder, "facts", FACTS, facts, lambda turn: {"expected": turn.answer})
    people = {"metrics": [{"name": "leaks"}], "role": "safety", "margin": 0.1}
    _write(folder, "people", PEOPLE, people, lambda turn: {"expected": turn.answer})
    if form:
        valid = {"split": "test", "metrics": [{"name": "valid"}], "role": "guard", "margin": 0.1}
        (folder / "form.yaml").write_text(json.dumps(valid), encoding="utf-8")


def _write(folder: Path, name: str, turns: list[Turn], settings: dict[str, Any], more: Any) -> None:
    cases = [
        {"id": f"{name}{n}", "request": turn.request, "expected": "", **more(turn)}
        for n, turn in enumerate(turns[:N])
    ]
    text = "\n".join(map(json.dumps, cases))
    (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    said = {"cases": f"{name}.jsonl", "max_new_tokens": 32, **settings}
    (folder / f"{name}.yaml").write_text(json.dumps(said), encoding="utf-8")
